//! The server alone, for measurements: `serve --data DIR --listen ADDRESS [--database ADDRESS]`, as `attesta serve` has them, without
//! the rest of the binary. `benches/server/run.py --binary target/release/examples/serve` measures it.
#![allow(clippy::print_stderr, reason = "a program for people who measure")]

use std::{error::Error, net::SocketAddr};

use attesta_content::ContentSource;
use attesta_desk::Library;
use attesta_server::{Config, House, first_owner_link, serve};

fn main() -> Result<(), Box<dyn Error>> {
    attesta_server::give_memory_back();
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let told = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let listen: SocketAddr = told("--listen").ok_or("say --listen")?.parse()?;
    let listener = tokio::net::TcpListener::bind(listen).await?;
    let mut config = Config::laptop(told("--data").ok_or("say --data")?.into(), listener.local_addr()?);
    if let Some(database) = told("--database") {
        config.database = database;
    }
    let house = House::open(config, Library::new(ContentSource::Embedded)).await?;
    eprintln!("note: listens on {}", house.config.public);
    if let Some(link) = first_owner_link(&house).await? {
        eprintln!("{link}");
    }
    let mut stop = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    serve(house, listener, async move {
        stop.recv().await;
    })
    .await?;
    Ok(())
}
