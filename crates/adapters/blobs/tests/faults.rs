//! A store that fails at every step there is, and a disk that is full: what was acknowledged is there, and what stands
//! under a digest is whole.

#![allow(clippy::as_conversions, clippy::expect_used, reason = "small numbers of tests")]

#[path = "support/failing.rs"]
mod failing;
mod support;

use std::{path::Path, process::Command, sync::Arc};

use attesta_blobs::{BlobError, Blobs, Check, Limits, Phase, Receipt, TenantBlobs};
use attesta_kernel::{Digest, Timestamp};
use bytes::Bytes;
use failing::{Failing, Failure};
use futures_util::TryStreamExt as _;
use object_store::{ObjectStore, local::LocalFileSystem, memory::InMemory};
use support::{bytes, frames, in_folder};

const LIMITS: Limits = Limits { size: 1 << 20, chunk: 10_000, chunks: 100 };
const FAILURES: [Failure; 4] = [Failure::Once, Failure::Unheard, Failure::Dead, Failure::DeadAfter];
const SIZE: usize = 75_000;

/// What stands under any digest is what the digest says.
async fn whole(place: &TenantBlobs) -> usize {
    let kept: Vec<(Digest, u64)> = place.all().try_collect().await.expect("a list");
    for (digest, size) in &kept {
        assert_eq!(place.verify(digest).await.expect("bytes"), Check::Right { size: *size });
    }
    kept.len()
}

/// Sends until it is done, as a patient client does: after an error it asks how the upload stands. Gives up after so many
/// errors. What was acknowledged is told, whatever comes after.
async fn send(place: &TenantBlobs, sent: &Bytes, patience: u32, acknowledged: &mut u64) -> Result<Receipt, BlobError> {
    let mut errors = 0;
    loop {
        let tried = once(place, sent, acknowledged).await;
        errors += 1;
        match tried {
            Err(_) if errors < patience => {}
            tried => return tried,
        }
    }
}

async fn once(place: &TenantBlobs, sent: &Bytes, acknowledged: &mut u64) -> Result<Receipt, BlobError> {
    let mut upload = match place.state("upl_1").await {
        Err(BlobError::NoUpload(_)) => place.begin("upl_1", Some(SIZE as u64)).await?,
        state => state?,
    };
    assert!(upload.offset >= *acknowledged || !matches!(upload.phase, Phase::Receiving), "{upload:?}");
    while upload.phase == Phase::Receiving && upload.offset < SIZE as u64 {
        let at = upload.offset as usize;
        let piece = sent.slice(at..SIZE.min(at + 25_000));
        upload = place.append("upl_1", upload.offset, frames(&piece, 3000)).await?;
        *acknowledged = upload.offset;
    }
    place.finish("upl_1").await
}

fn stores() -> Vec<(Arc<dyn ObjectStore>, Option<tempfile::TempDir>)> {
    let folder = tempfile::tempdir().expect("a folder");
    // Without syncing: hundreds of rounds, and no power is cut here.
    let local = LocalFileSystem::new_with_prefix(folder.path()).expect("a folder");
    vec![(Arc::new(InMemory::new()), None), (Arc::new(local), Some(folder))]
}

#[tokio::test]
async fn an_upload_survives_a_failure_at_every_step() {
    let sent = bytes(1, SIZE);
    let mut failures = 0;
    for failure in FAILURES {
        for which in 0..2 {
            for at in 0.. {
                let (inner, _folder) = stores().swap_remove(which);
                let store = Failing::new(inner.clone(), at, failure);
                let broken = Blobs::over(Arc::new(store.clone()), LIMITS).of("ten_1").unwrap();
                let dead = matches!(failure, Failure::Dead | Failure::DeadAfter);
                let mut acknowledged = 0;
                let told = send(&broken, &sent, if dead { 1 } else { 4 }, &mut acknowledged).await;
                // Whoever comes after, with a store that works.
                let healthy = Blobs::over(inner, LIMITS).of("ten_1").unwrap();
                whole(&healthy).await;
                match told {
                    Ok(receipt) => assert_eq!(receipt.digest, Digest::of(&sent), "{failure:?} at {at}"),
                    Err(error) => assert!(dead, "{failure:?} at {at}: {error}"),
                }
                let receipt = send(&healthy, &sent, 1, &mut acknowledged).await;
                let receipt = receipt.unwrap_or_else(|error| panic!("{failure:?} at {at}: {error}"));
                assert_eq!((receipt.digest, receipt.size), (Digest::of(&sent), SIZE as u64));
                assert_eq!(whole(&healthy).await, 1);
                if store.steps() <= at {
                    assert!(at > 30, "{at} steps are too few to mean anything");
                    break;
                }
                failures += 1;
            }
        }
    }
    println!("{failures} failures");
    assert!(failures > 250, "{failures}");
}

#[tokio::test]
async fn bytes_in_one_go_are_there_or_are_not_at_every_step() {
    let mut failures = 0;
    for size in [500, SIZE] {
        let sent = bytes(2, size);
        for failure in FAILURES {
            for at in 0.. {
                let (inner, _folder) = stores().swap_remove(usize::from(at % 2 == 1));
                let store = Failing::new(inner.clone(), at, failure);
                let broken = Blobs::over(Arc::new(store.clone()), LIMITS).of("ten_1").unwrap();
                let healthy = Blobs::over(inner.clone(), LIMITS);
                let place = healthy.of("ten_1").unwrap();
                let told = broken.put_stream(frames(&sent, 3000)).await;
                let kept = whole(&place).await;
                match told {
                    Ok(receipt) => assert_eq!((receipt.digest, kept), (Digest::of(&sent), 1)),
                    Err(error) => assert!(kept <= 1, "{error}"),
                }
                assert_eq!(place.put_stream(frames(&sent, 3000)).await.unwrap().digest, Digest::of(&sent));
                // Nothing else stays, once it is swept.
                healthy.sweep(Timestamp::from_second(Timestamp::now().as_second() + 60).unwrap()).await.unwrap();
                assert_eq!(inner.list(None).try_collect::<Vec<_>>().await.unwrap().len(), 1, "{failure:?} at {at}");
                if store.steps() <= at {
                    break;
                }
                failures += 1;
            }
        }
    }
    println!("{failures} failures");
    assert!(failures > 20, "{failures}");
}

#[tokio::test]
async fn abandon_and_sweep_can_be_cut_anywhere_and_done_again() {
    let sent = bytes(3, SIZE);
    let soon = Timestamp::from_second(Timestamp::now().as_second() + 60).unwrap();
    for sweeps in [false, true] {
        for failure in FAILURES {
            for at in 0.. {
                let inner: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
                let healthy = Blobs::over(inner.clone(), LIMITS);
                let place = healthy.of("ten_1").unwrap();
                let kept = place.put_stream(frames(&bytes(4, 100), 100)).await.unwrap().digest;
                place.begin("upl_1", None).await.unwrap();
                place.append("upl_1", 0, frames(&sent, 3000)).await.unwrap();
                let store = Failing::new(inner.clone(), at, failure);
                let broken = Blobs::over(Arc::new(store.clone()), LIMITS);
                let told = match sweeps {
                    true => broken.sweep(soon).await.map(|_| ()),
                    false => broken.of("ten_1").unwrap().abandon("upl_1").await,
                };
                // Either the upload is whole or it is none; never one that lost bytes in the middle.
                match place.state("upl_1").await {
                    Ok(upload) => assert!(told.is_err() && upload.offset == SIZE as u64),
                    Err(error) => assert!(matches!(error, BlobError::NoUpload(_)), "{error}"),
                }
                // One of the same name begins with nothing, whatever was left.
                if place.state("upl_1").await.is_err() {
                    assert_eq!(place.begin("upl_1", None).await.unwrap().offset, 0);
                    place.append("upl_1", 0, frames(&sent.slice(..10_000), 3000)).await.unwrap();
                    assert_eq!(place.state("upl_1").await.unwrap().offset, 10_000);
                }
                healthy.sweep(soon).await.unwrap();
                let left: Vec<_> = inner.list(None).try_collect().await.unwrap();
                assert_eq!(left.len(), 1, "{left:?}");
                assert_eq!(place.verify(&kept).await.unwrap(), Check::Right { size: 100 });
                if store.steps() <= at {
                    break;
                }
            }
        }
    }
}

/// A small disk, for whoever may mount one.
struct Small(tempfile::TempDir);

impl Small {
    fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().ok()?;
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(folder.path());
        mount.output().ok()?.status.success().then_some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

#[tokio::test]
async fn a_full_disk_is_told_and_loses_nothing() {
    let Some(disk) = Small::mount("2m") else {
        println!("not root: no small disk could be mounted, and none was filled");
        return;
    };
    let limits = Limits { size: 8 << 20, chunk: 100_000, chunks: 1000 };
    let blobs = in_folder(disk.path(), limits);
    let place = blobs.of("ten_1").unwrap();
    let kept = place.put_stream(frames(&bytes(5, 150_000), 10_000)).await.unwrap().digest;
    let sent = bytes(6, 1_300_000);
    place.begin("upl_1", Some(sent.len() as u64)).await.unwrap();
    place.append("upl_1", 0, frames(&sent, 50_000)).await.unwrap();
    // The pieces fit; the whole beside them does not.
    let told = place.finish("upl_1").await;
    assert!(matches!(told, Err(BlobError::Full(_))), "{told:?}");
    assert_eq!(place.state("upl_1").await.unwrap().offset, sent.len() as u64);
    assert_eq!(whole(&place).await, 1);
    let told = place.put_stream(frames(&bytes(7, 3 << 20), 50_000)).await;
    assert!(matches!(told, Err(BlobError::Full(_))), "{told:?}");
    place.begin("upl_2", None).await.unwrap();
    let told = place.append("upl_2", 0, frames(&bytes(8, 1 << 20), 50_000)).await;
    assert!(matches!(told, Err(BlobError::Full(_))), "{told:?}");
    let offset = place.state("upl_2").await.unwrap().offset;
    assert!(offset > 0 && offset % 100_000 == 0, "what fitted is kept: {offset}");
    assert_eq!((whole(&place).await, place.verify(&kept).await.unwrap()), (1, Check::Right { size: 150_000 }));
    // With room again it goes on.
    place.abandon("upl_2").await.unwrap();
    let grown = Command::new("mount").args(["-o", "remount,size=8m"]).arg(disk.path()).status().unwrap();
    assert!(grown.success());
    assert_eq!(place.finish("upl_1").await.unwrap().digest, Digest::of(&sent));
    assert_eq!(whole(&place).await, 2);
}
