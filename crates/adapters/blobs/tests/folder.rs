//! What a folder has and S3 has not: files that can be looked at, changed and left behind.

mod support;

use std::{fs, path::PathBuf, time::Duration};

use attesta_blobs::{ArchiveLimits, BlobError, Check, Clamd, Verdict};
use attesta_kernel::{Digest, Timestamp};
use futures_util::TryStreamExt as _;
use support::{LIMITS, bytes, frames, in_folder};

#[tokio::test]
async fn a_new_folder_is_its_owners_alone_and_files_lie_by_organisation() {
    use std::os::unix::fs::PermissionsExt as _;
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("new/blobs");
    let place = in_folder(&folder, LIMITS).of("ten_1").unwrap();
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    let sent = bytes(1, 100);
    place.put_stream(frames(&sent, 10)).await.unwrap();
    let text = Digest::of(&sent).to_string();
    let path = folder.join("ten_1/sha256").join(&text[..2]).join(&text[2..]);
    assert_eq!(fs::read(path).unwrap(), sent);
}

#[tokio::test]
async fn a_flipped_byte_is_seen_by_whoever_reads_it_all() {
    let folder = tempfile::tempdir().unwrap();
    let place = in_folder(folder.path(), LIMITS).of("ten_1").unwrap();
    let sent = bytes(2, 700_000);
    let digest = place.put_stream(frames(&sent, 70_000)).await.unwrap().digest;
    let text = digest.to_string();
    let path = folder.path().join("ten_1/sha256").join(&text[..2]).join(&text[2..]);
    let mut changed = sent.to_vec();
    changed[600_000] ^= 1;
    fs::write(&path, &changed).unwrap();
    let found = Digest::of(&changed);
    assert_eq!(place.verify(&digest).await.unwrap(), Check::Changed { found, size: 700_000 });
    let read = place.read(&digest, None).await.unwrap().bytes.try_collect::<Vec<_>>().await;
    assert!(matches!(read, Err(BlobError::Changed { expected, .. }) if expected == digest));
    // A file of another size is not taken for the blob: it is put right by who sends the bytes again.
    fs::write(&path, &changed[..1000]).unwrap();
    assert!(!place.put_stream(frames(&sent, 70_000)).await.unwrap().here);
    assert_eq!(place.verify(&digest).await.unwrap(), Check::Right { size: 700_000 });
}

#[tokio::test]
async fn what_killed_writers_left_is_swept_when_it_is_old() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = in_folder(folder.path(), LIMITS);
    let place = blobs.of("ten_1").unwrap();
    let digest = place.put_stream(frames(&bytes(3, 100), 100)).await.unwrap().digest;
    place.begin("upl_1", None).await.unwrap();
    place.abandon("upl_1").await.unwrap();
    let left: Vec<PathBuf> =
        ["ten_1/incoming/aa#1", "ten_1/incoming/bb", "ten_1/sha256/ab/cd#2", "ten_1/uploads/u/x/0#1"]
            .map(|name| folder.path().join(name))
            .to_vec();
    for path in &left {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "half").unwrap();
    }
    assert_eq!(place.all().try_collect::<Vec<_>>().await.unwrap().len(), 1, "they are never seen");
    let hour_ago = Timestamp::from_second(Timestamp::now().as_second() - 3600).unwrap();
    assert_eq!(blobs.sweep(hour_ago).await.unwrap().leftovers, 0, "somebody may be writing them");
    let soon = Timestamp::from_second(Timestamp::now().as_second() + 60).unwrap();
    assert_eq!(blobs.sweep(soon).await.unwrap().leftovers, 4);
    assert!(left.iter().all(|path| !path.exists()));
    blobs.sweep(soon).await.unwrap();
    assert!(!folder.path().join("ten_1/uploads/upl_1").exists(), "the empty folder of an upload goes too");
    assert_eq!(place.verify(&digest).await.unwrap(), Check::Right { size: 100 });
}

/// A server hands these to its threads.
#[tokio::test]
async fn every_call_can_be_handed_to_another_thread() {
    fn on_any_thread<T: Send>(call: T) -> T {
        call
    }
    let folder = tempfile::tempdir().unwrap();
    let blobs = in_folder(folder.path(), LIMITS);
    let place = blobs.of("ten_1").unwrap();
    let sent = bytes(9, 10);
    let digest = on_any_thread(place.put_stream(frames(&sent, 3))).await.unwrap().digest;
    on_any_thread(place.begin("upl_1", None)).await.unwrap();
    on_any_thread(place.append("upl_1", 0, frames(&sent, 3))).await.unwrap();
    on_any_thread(place.state("upl_1")).await.unwrap();
    assert!(on_any_thread(place.finish("upl_1")).await.unwrap().here);
    on_any_thread(place.abandon("upl_1")).await.unwrap();
    on_any_thread(place.head(&digest, 3)).await.unwrap();
    on_any_thread(place.exists(&digest)).await.unwrap();
    on_any_thread(place.verify(&digest)).await.unwrap();
    on_any_thread(place.inspect(&digest, ArchiveLimits::default())).await.unwrap();
    let reading = on_any_thread(place.read(&digest, None)).await.unwrap();
    let clamd = Clamd::new("unix:/nowhere".parse().unwrap(), Duration::from_secs(1));
    assert!(matches!(on_any_thread(clamd.scan(reading.bytes)).await, Verdict::NotScanned(_)));
    assert!(on_any_thread(clamd.ping()).await.is_err());
    on_any_thread(place.remove(&digest)).await.unwrap();
    on_any_thread(blobs.probe()).await.unwrap();
    on_any_thread(blobs.sweep(Timestamp::UNIX_EPOCH)).await.unwrap();
}
