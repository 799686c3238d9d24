//! `attesta serve`: the server on a laptop, or on PostgreSQL for many.

use std::{net::SocketAddr, path::PathBuf};

use attesta_content::ContentSource;
use attesta_desk::Library;
use attesta_server::{Config, House};
use clap::Args;
use tracing_subscriber::EnvFilter;

use crate::{
    args::Common,
    exit::{Exit, Failure},
    terminal, workshop,
};

/// Serves the REST API over one folder, or over PostgreSQL.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// The folder for the database, the keys and the evidence
    #[arg(long, value_name = "DIR", default_value = "attesta-data", env = "ATTESTA_DATA")]
    data: PathBuf,
    /// The address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8686", env = "ATTESTA_LISTEN")]
    listen: SocketAddr,
    /// The address that people type, where it differs (behind a proxy that speaks TLS)
    #[arg(long, value_name = "URL", env = "ATTESTA_PUBLIC")]
    public: Option<String>,
    /// `sqlite:PATH` or `postgres://USER@HOST/NAME`
    #[arg(long, value_name = "ADDRESS", env = "ATTESTA_DATABASE")]
    database: Option<String>,
    /// Where evidence bytes are kept: `file:DIR`
    #[arg(long, value_name = "ADDRESS", env = "ATTESTA_BLOBS")]
    blobs: Option<String>,
    /// A virus scanner (clamd): `tcp:HOST:PORT` or `unix:PATH`; without it uploads are told as not scanned
    #[arg(long, value_name = "ADDRESS", env = "ATTESTA_CLAMD")]
    clamd: Option<String>,
    /// Takes the caller's address from `X-Forwarded-For`: only behind a proxy that sets it
    #[arg(long, env = "ATTESTA_BEHIND_PROXY")]
    behind_proxy: bool,
    /// Leaves jobs (mail, webhooks, daily things) to `attesta worker`
    #[arg(long, env = "ATTESTA_NO_WORKER")]
    no_worker: bool,
    /// Lets webhooks go to this machine and to networks of one's own, and in plain text
    #[arg(long, env = "ATTESTA_PRIVATE_TARGETS")]
    private_targets: bool,
    /// Writes the API's description to standard output and ends
    #[arg(long)]
    openapi: bool,
}

pub(crate) fn run(common: &Common, args: &ServeArgs) -> Result<Exit, Failure> {
    if args.openapi {
        terminal::out(attesta_server::openapi().as_bytes())?;
        return Ok(Exit::Met);
    }
    let failed = |what: String| Failure::new(Exit::NotEvaluated, what);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|e| failed(format!("no threads can be had: {e}")))?;
    runtime.block_on(serve(workshop::source(common), args)).map_err(|e| failed(e.to_string()))?;
    Ok(Exit::Met)
}

async fn serve(content: ContentSource, args: &ServeArgs) -> Result<(), Box<dyn std::error::Error>> {
    log();
    // Bound first, so that port 0 has its number, and a port that is taken is told before anything is made.
    let listener = tokio::net::TcpListener::bind(args.listen).await;
    let listener = listener.map_err(|e| format!("cannot listen on {}: {e}", args.listen))?;
    let mut config = Config::laptop(args.data.clone(), listener.local_addr()?);
    config.database = args.database.clone().unwrap_or(config.database);
    config.public = args.public.as_ref().map_or(config.public, |url| url.trim_end_matches('/').to_owned());
    config.behind_proxy = args.behind_proxy;
    config.blobs = args.blobs.clone().unwrap_or(config.blobs);
    config.clamd.clone_from(&args.clamd);
    config.works = !args.no_worker;
    config.private_targets = args.private_targets;
    let house = House::open(config, Library::new(content)).await?;
    terminal::note(&format!("Attesta listens on {}", house.config.public));
    if let Some(link) = attesta_server::first_owner_link(&house).await? {
        terminal::note(&format!(
            "Nobody can sign in yet. This one-time link makes the owner, within a day; there are no pages yet, so send what \
             follows the # to /api/v1/first (docs/how-to/serve.md):\n  {link}"
        ));
    }
    attesta_server::serve(house, listener, stopped()).await?;
    Ok(())
}

/// Does jobs beside servers on the same database.
#[derive(Debug, Args)]
pub(crate) struct WorkerArgs {
    /// The folder for the database, the keys and the evidence: the servers' own
    #[arg(long, value_name = "DIR", default_value = "attesta-data", env = "ATTESTA_DATA")]
    data: PathBuf,
    /// The address that people type: the servers' own
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8686", env = "ATTESTA_PUBLIC")]
    public: String,
    /// `sqlite:PATH` or `postgres://USER@HOST/NAME`
    #[arg(long, value_name = "ADDRESS", env = "ATTESTA_DATABASE")]
    database: Option<String>,
    /// Lets webhooks go to this machine and to networks of one's own, and in plain text
    #[arg(long, env = "ATTESTA_PRIVATE_TARGETS")]
    private_targets: bool,
}

pub(crate) fn worker(common: &Common, args: &WorkerArgs) -> Result<Exit, Failure> {
    let failed = |what: String| Failure::new(Exit::NotEvaluated, what);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|e| failed(format!("no threads can be had: {e}")))?;
    let work = async {
        log();
        let mut config = Config::laptop(args.data.clone(), ([127, 0, 0, 1], 0).into());
        config.database = args.database.clone().unwrap_or(config.database);
        args.public.trim_end_matches('/').clone_into(&mut config.public);
        config.private_targets = args.private_targets;
        let house = House::open(config, Library::new(workshop::source(common))).await?;
        terminal::note("Attesta does jobs");
        attesta_server::work(house, stopped()).await;
        Ok::<_, Box<dyn std::error::Error>>(())
    };
    runtime.block_on(work).map_err(|e| failed(e.to_string()))?;
    Ok(Exit::Met)
}

/// Lines of JSON on standard error.
fn log() {
    let filter = EnvFilter::try_from_env("ATTESTA_LOG").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    tracing_subscriber::fmt().json().with_writer(std::io::stderr).with_env_filter(filter).init();
}

/// Waits until somebody asks the process to end.
async fn stopped() {
    let interrupt = async { drop(tokio::signal::ctrl_c().await) };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! { () = interrupt => {}, () = terminate => {} }
}
