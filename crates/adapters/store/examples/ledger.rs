//! The log of one organisation at 100,000 leaves: `cargo run --release -p attesta-store --example ledger [ADDRESS [LEAVES]]`.
#![allow(clippy::print_stdout, clippy::as_conversions, clippy::float_arithmetic, reason = "a measurement for people")]

use std::{error::Error, fs, time::Instant};

use attesta_access::{Action, Circumstance, Permit, ResourceKind, SystemActor, authorise_system};
use attesta_kernel::{Digest, Timestamp};
use attesta_ledger::SigningKey;
use attesta_store::{NewLog, Store};

const TENANT: &str = "ten_00000000000000000000000001";

fn permit() -> Result<Permit, Box<dyn Error>> {
    let inside = Circumstance::within(TENANT.parse().map_err(|_| "an id")?);
    Ok(authorise_system(SystemActor::Setup, Action::Create, ResourceKind::Organisation, &inside)?)
}

/// CPU of this process so far, in seconds; the system's clock ticks are hundredths.
fn cpu() -> Result<f64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |n: usize| fields.get(n).and_then(|t| t.parse::<f64>().ok()).unwrap_or_default();
    Ok((ticks(11) + ticks(12)) / 100.0)
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "sqlite:target/ledger.db".to_owned());
    let leaves: u64 = arguments.next().map_or(Ok(100_000), |text| text.parse())?;
    let store = Store::open(&address, 4).await?;
    let key =
        SigningKey::from_seed("example.org/bench".parse().map_err(|_| "a name")?, Digest::of(b"bench").as_bytes());
    let at = Timestamp::from_second(1_795_000_000)?;
    let mut work = store.work(&permit()?).await?;
    let log = NewLog { origin: key.name().as_str(), vkey: &key.verifier().to_string(), sealed_key: "sealed" };
    work.found("Bench", "assessed-entity", "{}", &log, at).await?;
    work.commit("bench", at, &key).await?;
    let run = |what: String, begun: Instant, before: f64, count: u64| -> Result<(), Box<dyn Error>> {
        let (wall, cpu) = (begun.elapsed().as_secs_f64(), cpu()? - before);
        let each = 1000.0 / count as f64;
        println!("{what}: {cpu:.2} s CPU, {wall:.1} s; {:.3} ms CPU and {:.3} ms each", cpu * each, wall * each);
        Ok(())
    };
    for (batch, total) in [(1_000, leaves), (1, 500)] {
        let (begun, before) = (Instant::now(), cpu()?);
        for first in (0..total).step_by(batch) {
            let mut work = store.work(&permit()?).await?;
            for n in first..(first + batch as u64).min(total) {
                work.tell("task.added", &format!("tsk_{batch}_{n}"), &serde_json::json!({ "title": "bench", "n": n }))?;
            }
            work.commit("bench", at, &key).await?;
        }
        run(format!("{total} leaves, {batch} in a transaction, signed and durable"), begun, before, total)?;
    }
    let proofs = 10_000.min(leaves);
    let (begun, before) = (Instant::now(), cpu()?);
    for n in 0..proofs {
        let mut room = store.room(&permit()?).await?;
        let entry = room.entry(n * 7_919 % leaves).await?;
        let log = room.log().await?;
        room.inclusion(&log, &entry).await?;
    }
    run(format!("{proofs} proofs, each verified against the signed root"), begun, before, proofs)?;
    let (begun, before) = (Instant::now(), cpu()?);
    for n in 1..=1_000 {
        let mut room = store.room(&permit()?).await?;
        let log = room.log().await?;
        room.consistency(&log, n * 97 % leaves + 1, leaves).await?;
    }
    run("1000 proofs that it only grew".to_owned(), begun, before, 1_000)?;
    store.close().await;
    Ok(())
}
