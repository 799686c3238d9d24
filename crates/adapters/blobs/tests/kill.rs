//! `kill -9` during uploads, at random moments: every byte that was acknowledged is there, and what stands under a digest is
//! whole.

#![allow(clippy::as_conversions, clippy::expect_used, reason = "small numbers of tests")]

mod support;

use std::{
    env,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use attesta_blobs::{BlobError, Check, Limits, Phase, TenantBlobs};
use attesta_kernel::{Digest, Timestamp};
use futures_util::TryStreamExt as _;
use support::{bytes, frames, in_folder};

const LIMITS: Limits = Limits { size: 1 << 30, chunk: 40_000, chunks: 10_000 };
const KILLS: u32 = 150;
const SIZE: usize = 900_000;

/// The process that is killed: sends uploads one after the other, in pieces, goes on with what it finds, and says what was
/// acknowledged. Only the other test starts it.
#[tokio::test]
#[ignore = "the other test starts it"]
async fn sender() {
    let Ok(folder) = env::var("ATTESTA_KILL_FOLDER") else { return };
    let place = in_folder(&PathBuf::from(folder), LIMITS).of("ten_1").unwrap();
    let say = |line: String| {
        let mut out = std::io::stdout().lock();
        out.write_all(line.as_bytes()).and_then(|()| out.flush()).expect("a parent that listens");
    };
    let mut number: u64 = env::var("ATTESTA_KILL_NUMBER").unwrap().parse().unwrap();
    say("\nbegun\n".to_owned());
    loop {
        let (id, sent) = (format!("upl_{number}"), bytes(number, SIZE));
        let mut upload = match place.state(&id).await {
            Err(BlobError::NoUpload(_)) => place.begin(&id, Some(SIZE as u64)).await.unwrap(),
            state => state.unwrap(),
        };
        while upload.phase == Phase::Receiving && upload.offset < SIZE as u64 {
            let at = upload.offset as usize;
            let end = SIZE.min(at + 30_000 + (number as usize * 7919 + at) % 90_000);
            upload = place.append(&id, upload.offset, frames(&sent.slice(at..end), 16_000)).await.unwrap();
            say(format!("\nacknowledged {number} {}\n", upload.offset));
        }
        let receipt = place.finish(&id).await.unwrap();
        say(format!("\nfinished {number} {}\n", receipt.digest));
        let once = place.put_stream(frames(&bytes(number + 1_000_000, 100_000), 16_000)).await.unwrap();
        say(format!("\nkept {number} {}\n", once.digest));
        number += 1;
    }
}

/// What a sender said before it died.
#[derive(Default)]
struct Said {
    acknowledged: Option<(u64, u64)>,
    digests: Vec<Digest>,
    number: u64,
}

fn run(folder: &Path, number: u64, lives: Duration) -> Said {
    let mut command = Command::new(env::current_exe().expect("this test"));
    command.args(["--exact", "sender", "--ignored", "--nocapture", "--test-threads=1"]);
    command.env("ATTESTA_KILL_FOLDER", folder).env("ATTESTA_KILL_NUMBER", number.to_string());
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a child");
    let out = BufReader::new(child.stdout.take().expect("its output"));
    let (begun, begins) = mpsc::channel();
    let listening = thread::spawn(move || {
        let mut said = Said { number, ..Said::default() };
        for line in out.lines().map_while(Result::ok) {
            match line.split(' ').collect::<Vec<_>>().as_slice() {
                ["begun"] => begun.send(()).expect("a parent that waits"),
                ["acknowledged", number, offset] => {
                    said.number = number.parse().expect("a number");
                    said.acknowledged = Some((said.number, offset.parse().expect("an offset")));
                }
                ["finished" | "kept", number, digest] => {
                    said.number = number.parse().expect("a number");
                    said.digests.push(digest.parse().expect("a digest"));
                }
                _ => {}
            }
        }
        said
    });
    begins.recv_timeout(Duration::from_secs(60)).expect("a sender that begins");
    thread::sleep(lives);
    assert!(child.try_wait().expect("a child").is_none(), "the sender ended by itself");
    child.kill().and_then(|()| child.wait()).expect("it can be killed");
    listening.join().expect("what it said")
}

async fn whole(place: &TenantBlobs) -> Vec<Digest> {
    let kept: Vec<(Digest, u64)> = place.all().try_collect().await.expect("a list");
    for (digest, size) in &kept {
        assert_eq!(place.verify(digest).await.expect("bytes"), Check::Right { size: *size });
    }
    kept.into_iter().map(|(digest, _)| digest).collect()
}

#[tokio::test]
async fn kill_dash_nine_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = in_folder(folder.path(), LIMITS);
    let place = blobs.of("ten_1").unwrap();
    let (mut number, mut finished, mut acknowledged) = (0, 0, 0);
    let mut promised: Vec<Digest> = Vec::new();
    for kill in 0..KILLS {
        let mut chance = [0];
        getrandom::fill(&mut chance).unwrap();
        let said = run(folder.path(), number, Duration::from_millis(u64::from(chance[0]) / 2));
        number = said.number;
        promised.extend(&said.digests);
        finished += said.digests.len();
        if let Some((number, offset)) = said.acknowledged {
            acknowledged += 1;
            let state = place.state(&format!("upl_{number}")).await.unwrap();
            let there = state.offset >= offset || matches!(state.phase, Phase::Finished { .. });
            assert!(there, "kill {kill}: byte {offset} of upload {number} was acknowledged: {state:?}");
        }
        let kept = whole(&place).await;
        for digest in &promised {
            assert!(kept.contains(digest), "kill {kill}: {digest} was promised");
        }
    }
    // Whoever comes after finishes what is there, to the right digest.
    let mut completed = 0;
    for number in 0..=number {
        let (id, sent) = (format!("upl_{number}"), bytes(number, SIZE));
        let Ok(mut upload) = place.state(&id).await else { continue };
        if upload.phase == Phase::Receiving {
            let rest = sent.slice(upload.offset as usize..);
            upload = place.append(&id, upload.offset, frames(&rest, 16_000)).await.unwrap();
        }
        assert!(upload.offset == SIZE as u64 || matches!(upload.phase, Phase::Finished { .. }));
        assert_eq!(place.finish(&id).await.unwrap().digest, Digest::of(&sent));
        completed += 1;
    }
    let kept = whole(&place).await.len();
    let swept = blobs.sweep(Timestamp::from_second(Timestamp::now().as_second() + 60).unwrap()).await.unwrap();
    assert_eq!(whole(&place).await.len(), kept, "a sweep takes no blob");
    println!(
        "{KILLS} kills: {acknowledged} after an acknowledgement, {finished} blobs promised, {completed} uploads, {swept:?}"
    );
    assert!(acknowledged > KILLS as usize / 4 && finished > 4, "it was killed too early to mean anything");
}
