//! How fast bytes are kept, next to a plain file that is written and synced:
//! `cargo run --release -p attesta-blobs --example throughput [DIR [MIB]]`.
#![allow(clippy::print_stdout, clippy::as_conversions, clippy::float_arithmetic, reason = "a measurement for people")]

use std::{convert::Infallible, error::Error, fs, io::Write as _, path::Path, time::Instant};

use attesta_blobs::{Address, Blobs, Check, Limits, S3};
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt as _, stream};

const MIB: usize = 1 << 20;
/// As HTTP bodies come.
const FRAME: usize = 64 << 10;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().unwrap_or_else(|| "target/throughput".to_owned());
    let mib: usize = arguments.next().map_or(Ok(1024), |text| text.parse())?;
    fs::create_dir_all(&folder)?;
    let limits = Limits { size: 64 << 30, ..Limits::default() };
    let blobs = Blobs::open(&Address::Folder(Path::new(&folder).join("blobs")), &S3::default(), limits)?;
    let place = blobs.of("ten_bench")?;
    // Nothing that was kept before may be found again.
    let mut seed = [0; 8];
    getrandom::fill(&mut seed)?;
    let block = noise(u64::from_le_bytes(seed) | 1);

    let plain = Path::new(&folder).join("plain");
    let run = Run::start("a plain file, written and synced", mib);
    let mut file = fs::File::create(&plain)?;
    for n in 0..mib * MIB / FRAME {
        file.write_all(&frame(&block, n))?;
    }
    file.sync_all()?;
    run.end();
    fs::remove_file(plain)?;

    let run = Run::start("in one go", mib);
    let receipt = place.put_stream(frames(&block, 0, mib * MIB / FRAME)).await?;
    run.end();
    let run = Run::start("read again, with its digest", mib);
    let mut reading = place.read(&receipt.digest, None).await?.bytes;
    while reading.try_next().await?.is_some() {}
    run.end();
    let run = Run::start("verified", mib);
    let check = place.verify(&receipt.digest).await?;
    run.end();
    if check != (Check::Right { size: receipt.size }) {
        return Err("what was read is not what was written".into());
    }
    place.remove(&receipt.digest).await?;

    let id = format!("upl_{:x}", u64::from_le_bytes(seed));
    place.begin(&id, None).await?;
    let run = Run::start("an upload in requests of 64 MiB, to the last byte durable", mib);
    let (each, mut at) = (64 * MIB / FRAME, 0);
    while at < mib * MIB / FRAME {
        let end = (mib * MIB / FRAME).min(at + each);
        place.append(&id, (at * FRAME) as u64, frames(&block, at, end)).await?;
        at = end;
    }
    run.end();
    let run = Run::start("  and finished: hashed, written as one, synced", mib);
    let receipt = place.finish(&id).await?;
    run.end();
    place.abandon(&id).await?;
    place.remove(&receipt.digest).await?;

    let count = 500;
    let run = Run::start("500 blobs of 16 KiB, one after the other", count * 16 / 1024);
    let begun = Instant::now();
    for n in 0..count {
        place.put_stream(stream::iter([Ok::<_, Infallible>(frame(&block, n).slice(..16 << 10))])).await?;
    }
    run.end();
    println!("  {:.1} ms each", begun.elapsed().as_secs_f64() * 1000.0 / count as f64);
    Ok(())
}

struct Run {
    what: &'static str,
    mib: usize,
    begun: Instant,
    cpu: f64,
}

impl Run {
    fn start(what: &'static str, mib: usize) -> Self {
        Self { what, mib, begun: Instant::now(), cpu: cpu() }
    }

    fn end(self) {
        let (wall, cpu) = (self.begun.elapsed().as_secs_f64(), cpu() - self.cpu);
        let gib = self.mib as f64 / 1024.0;
        println!("{:60} {:7.0} MiB/s {:6.2} CPU s/GiB", self.what, self.mib as f64 / wall, cpu / gib);
    }
}

/// CPU seconds of this process, of all its threads (Linux counts hundredths).
fn cpu() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn noise(mut state: u64) -> Bytes {
    let words = std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.take(16 * MIB / 8).flatten().collect::<Vec<u8>>().into()
}

/// The frames differ by where they begin in 16 MiB of noise.
fn frame(block: &Bytes, n: usize) -> Bytes {
    let at = (n * 50_021) % (block.len() - FRAME);
    block.slice(at..at + FRAME)
}

fn frames(block: &Bytes, from: usize, to: usize) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + 'static {
    let block = block.clone();
    stream::iter((from..to).map(move |n| Ok(frame(&block, n))))
}
