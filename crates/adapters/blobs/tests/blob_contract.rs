//! What every blob store does, in a folder and in S3 (`ATTESTA_TEST_BLOBS`, set by `cargo xtask blobs`).

#![allow(clippy::as_conversions, reason = "small numbers of tests")]

mod support;

use std::{fmt::Write as _, time::Duration};

use attesta_blobs::{BlobError, Check, Limits, Phase};
use attesta_kernel::{Digest, Timestamp};
use bytes::Bytes;
use futures_util::{TryStreamExt as _, stream};
use support::{LIMITS, all, bytes, frames, fresh, store};

const MIB: usize = 1 << 20;

#[tokio::test]
async fn bytes_come_back_under_their_digest() {
    let (blobs, _folder) = store(LIMITS);
    blobs.probe().await.unwrap();
    let place = blobs.of(&fresh("ten")).unwrap();
    for size in [0, 1, 1000, MIB - 1, MIB, MIB + 1, 20 * MIB + 17] {
        let sent = bytes(1, size);
        let receipt = place.put_stream(frames(&sent, 70_001)).await.unwrap();
        assert_eq!((receipt.digest, receipt.size, receipt.here), (Digest::of(&sent), size as u64, false));
        assert_eq!(receipt.head, sent.slice(..size.min(64 << 10)));
        assert_eq!(all(place.read(&receipt.digest, None).await.unwrap()).await, sent);
        assert_eq!(place.verify(&receipt.digest).await.unwrap(), Check::Right { size: size as u64 });
        assert_eq!(place.exists(&receipt.digest).await.unwrap(), Some(size as u64));
        assert!(place.put_stream(frames(&sent, 70_001)).await.unwrap().here, "the second time it is here");
    }
    let mut kept: Vec<(Digest, u64)> = place.all().try_collect().await.unwrap();
    kept.sort_by_key(|(_, size)| *size);
    assert_eq!(kept.len(), 7);
    assert_eq!(kept[2], (Digest::of(&bytes(1, 1000)), 1000));
}

#[tokio::test]
async fn ranges_are_what_was_asked() {
    let (blobs, _folder) = store(LIMITS);
    let place = blobs.of(&fresh("ten")).unwrap();
    let sent = bytes(2, 3 * MIB);
    let digest = place.put_stream(frames(&sent, MIB)).await.unwrap().digest;
    for range in [0..1, 5..9, 0..sent.len() as u64, 1_000_000..2_000_001, 3_145_727..9_999_999] {
        let reading = place.read(&digest, Some(range.clone())).await.unwrap();
        let end = range.end.min(sent.len() as u64);
        assert_eq!((reading.size, reading.range.clone()), (sent.len() as u64, range.start..end));
        assert_eq!(all(reading).await, sent.slice(range.start as usize..end as usize));
    }
    #[expect(clippy::reversed_empty_ranges, reason = "that is what is refused")]
    for range in [3_145_728..3_145_729, 7..7, 9..7] {
        assert!(matches!(place.read(&digest, Some(range)).await, Err(BlobError::Range { size: 3_145_728, .. })));
    }
    assert_eq!(place.head(&digest, 4).await.unwrap(), sent.slice(..4));
    assert_eq!(place.head(&digest, u64::MAX).await.unwrap(), sent);
}

#[tokio::test]
async fn an_organisation_sees_nothing_of_another() {
    let (blobs, _folder) = store(LIMITS);
    let (one, other) = (blobs.of(&fresh("ten")).unwrap(), blobs.of(&fresh("ten")).unwrap());
    let sent = bytes(3, 5000);
    let digest = one.put_stream(frames(&sent, 999)).await.unwrap().digest;
    one.begin("upl_1", None).await.unwrap();
    assert_eq!(other.exists(&digest).await.unwrap(), None);
    assert!(matches!(other.read(&digest, None).await, Err(BlobError::NotFound(_))));
    assert_eq!(other.verify(&digest).await.unwrap(), Check::Missing);
    assert!(matches!(other.state("upl_1").await, Err(BlobError::NoUpload(_))));
    assert!(other.all().try_collect::<Vec<_>>().await.unwrap().is_empty());
    assert!(!other.put_stream(frames(&sent, 999)).await.unwrap().here, "it is no hint that somebody else has it");
    other.remove(&digest).await.unwrap();
    assert_eq!(one.exists(&digest).await.unwrap(), Some(5000));
    for bad in ["", "..", "a/b", "a\\b", "ten 1", "ten#1", "é", &"x".repeat(65)] {
        assert!(matches!(blobs.of(bad), Err(BlobError::Name { .. })), "{bad}");
        assert!(matches!(one.begin(bad, None).await, Err(BlobError::Name { .. })), "{bad}");
        assert!(matches!(one.state(bad).await, Err(BlobError::Name { .. })), "{bad}");
    }
}

#[tokio::test]
async fn an_upload_goes_on_where_it_stopped_even_elsewhere() {
    let (blobs, _folder) = store(LIMITS);
    let tenant = fresh("ten");
    let place = blobs.of(&tenant).unwrap();
    let sent = bytes(4, 7 * MIB + 12_345);
    let begun = place.begin("upl_1", Some(sent.len() as u64)).await.unwrap();
    assert_eq!((begun.offset, begun.phase), (0, Phase::Receiving));
    let mut at = 0;
    // Also pieces that are smaller and larger than a chunk.
    for size in [1, 100_000, 2 * MIB + 5, MIB, 3 * MIB] {
        let end = (at + size).min(sent.len());
        let elsewhere = blobs.of(&tenant).unwrap();
        assert_eq!(elsewhere.state("upl_1").await.unwrap().offset, at as u64);
        let upload = elsewhere.append("upl_1", at as u64, frames(&sent.slice(at..end), 65_536)).await.unwrap();
        assert_eq!(upload.offset, end as u64);
        at = end;
    }
    assert!(matches!(place.finish("upl_1").await, Err(BlobError::Incomplete { .. })));
    assert_eq!(place.exists(&Digest::of(&sent)).await.unwrap(), None, "nothing is there before all is");
    place.append("upl_1", at as u64, frames(&sent.slice(at..), 65_536)).await.unwrap();
    let receipt = blobs.of(&tenant).unwrap().finish("upl_1").await.unwrap();
    assert_eq!((receipt.digest, receipt.size, receipt.here), (Digest::of(&sent), sent.len() as u64, false));
    assert_eq!(place.finish("upl_1").await.unwrap(), receipt, "whoever missed the answer hears it again");
    let state = place.state("upl_1").await.unwrap();
    assert_eq!(state.phase, Phase::Finished { digest: receipt.digest, size: receipt.size });
    assert!(matches!(place.append("upl_1", 0, frames(&sent, MIB)).await, Err(BlobError::Sealed(_))));
    assert_eq!(all(place.read(&receipt.digest, None).await.unwrap()).await, sent);
    place.abandon("upl_1").await.unwrap();
    assert_eq!(place.exists(&receipt.digest).await.unwrap(), Some(receipt.size), "the blob stays");
    assert!(matches!(place.finish("upl_1").await, Err(BlobError::NoUpload(_))));
}

#[tokio::test]
async fn small_and_empty_uploads_are_uploads() {
    let (blobs, _folder) = store(LIMITS);
    let place = blobs.of(&fresh("ten")).unwrap();
    for (id, size) in [("upl_0", 0), ("upl_1", 1), ("upl_2", 4000)] {
        let sent = bytes(5, size);
        place.begin(id, None).await.unwrap();
        place.append(id, 0, frames(&sent, 1000)).await.unwrap();
        let receipt = place.finish(id).await.unwrap();
        assert_eq!((receipt.digest, receipt.size), (Digest::of(&sent), size as u64));
        assert_eq!(place.finish(id).await.unwrap(), receipt);
        assert_eq!(place.verify(&receipt.digest).await.unwrap(), Check::Right { size: size as u64 });
    }
}

#[tokio::test]
async fn a_wrong_offset_is_told_the_right_one() {
    let (blobs, _folder) = store(LIMITS);
    let place = blobs.of(&fresh("ten")).unwrap();
    let sent = bytes(6, 1000);
    assert!(matches!(place.append("upl_1", 0, frames(&sent, 100)).await, Err(BlobError::NoUpload(_))));
    place.begin("upl_1", None).await.unwrap();
    assert!(matches!(place.begin("upl_1", None).await, Err(BlobError::Begun(_))));
    for wrong in [1, 1 << 40] {
        let told = place.append("upl_1", wrong, frames(&sent, 100)).await;
        assert!(matches!(told, Err(BlobError::Offset { expected: 0 })));
    }
    place.append("upl_1", 0, frames(&sent, 100)).await.unwrap();
    for wrong in [0, 999, 1001] {
        let told = place.append("upl_1", wrong, frames(&sent, 100)).await;
        assert!(matches!(told, Err(BlobError::Offset { expected: 1000 })));
    }
}

#[tokio::test]
async fn of_two_senders_one_is_told_and_nothing_is_mixed() {
    let (blobs, _folder) = store(LIMITS);
    let place = blobs.of(&fresh("ten")).unwrap();
    for round in 0..8 {
        let id = format!("upl_{round}");
        place.begin(&id, None).await.unwrap();
        let sent: Vec<Bytes> = (0..4).map(|n| bytes(100 + n, 300_000)).collect();
        let appends = sent.iter().map(|sent| {
            let (place, id, sent) = (place.clone(), id.clone(), sent.clone());
            tokio::spawn(async move { place.append(&id, 0, frames(&sent, 50_000)).await })
        });
        let (mut acknowledged, appends) = (Vec::new(), appends.collect::<Vec<_>>());
        for (append, sent) in appends.into_iter().zip(&sent) {
            match append.await.unwrap() {
                Ok(_) => acknowledged.push(Digest::of(sent)),
                Err(BlobError::Offset { expected }) => assert_eq!(expected, 300_000),
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(acknowledged.len(), 1);
        // Two that finish at once say the same.
        let (one, other) = (place.clone(), place.clone());
        let (one_id, other_id) = (id.clone(), id.clone());
        let one = tokio::spawn(async move { one.finish(&one_id).await });
        let other = tokio::spawn(async move { other.finish(&other_id).await });
        let receipts = [one.await.unwrap(), other.await.unwrap()];
        assert!(receipts.iter().any(Result::is_ok), "{receipts:?}");
        assert_eq!(place.finish(&id).await.unwrap().digest, acknowledged[0]);
    }
}

#[tokio::test]
async fn a_sender_that_stops_loses_nothing_that_came() {
    let (blobs, _folder) = store(LIMITS);
    let place = blobs.of(&fresh("ten")).unwrap();
    let sent = bytes(7, 3 * MIB);
    place.begin("upl_1", None).await.unwrap();
    let broken = stream::iter([Ok(sent.slice(..MIB + 77)), Ok(sent.slice(MIB + 77..MIB + 78)), Err("cable cut")]);
    let told = place.append("upl_1", 0, broken).await;
    let Err(BlobError::Interrupted { offset, why }) = told else { panic!("{told:?}") };
    assert_eq!((offset, why.as_str()), (MIB as u64 + 78, "cable cut"));
    assert_eq!(place.state("upl_1").await.unwrap().offset, offset);
    place.append("upl_1", offset, frames(&sent.slice(offset as usize..), 50_000)).await.unwrap();
    assert_eq!(place.finish("upl_1").await.unwrap().digest, Digest::of(&sent));
    // In one go nothing is kept.
    for size in [1000, 2 * MIB] {
        let broken = stream::iter([Ok(bytes(8, size)), Err("cable cut")]);
        assert!(matches!(place.put_stream(broken).await, Err(BlobError::Interrupted { offset: 0, .. })));
        assert_eq!(place.exists(&Digest::of(&bytes(8, size))).await.unwrap(), None);
    }
    assert_eq!(place.all().try_collect::<Vec<_>>().await.unwrap().len(), 1);
}

#[tokio::test]
async fn limits_are_told_with_their_figures() {
    let limits = Limits { size: 3000, chunk: 1000, chunks: 4 };
    let (blobs, _folder) = store(limits);
    let place = blobs.of(&fresh("ten")).unwrap();
    assert!(matches!(place.begin("upl_1", Some(3001)).await, Err(BlobError::TooLarge { limit: 3000 })));
    assert!(matches!(place.put_stream(frames(&bytes(9, 3001), 700)).await, Err(BlobError::TooLarge { limit: 3000 })));
    place.put_stream(frames(&bytes(9, 3000), 700)).await.unwrap();
    place.begin("upl_2", Some(2000)).await.unwrap();
    let told = place.append("upl_2", 0, frames(&bytes(9, 2001), 100)).await;
    assert!(matches!(told, Err(BlobError::TooLarge { limit: 2000 })), "more than was announced");
    place.begin("upl_3", None).await.unwrap();
    for at in 0..4 {
        place.append("upl_3", at, frames(&bytes(9, 1), 1)).await.unwrap();
    }
    let told = place.append("upl_3", 4, frames(&bytes(9, 1), 1)).await;
    assert!(matches!(told, Err(BlobError::TooManyChunks { limit: 4 })));
    assert_eq!(place.finish("upl_3").await.unwrap().size, 4, "what was taken on can still be finished");
}

#[tokio::test]
async fn a_sweep_takes_what_nobody_finished_and_nothing_else() {
    let (blobs, _folder) = store(LIMITS);
    let place = blobs.of(&fresh("ten")).unwrap();
    let kept = place.put_stream(frames(&bytes(10, 2 * MIB), MIB)).await.unwrap().digest;
    for id in ["upl_old", "upl_done"] {
        place.begin(id, None).await.unwrap();
        place.append(id, 0, frames(&bytes(11, 1234), 1000)).await.unwrap();
    }
    let done = place.finish("upl_done").await.unwrap().digest;
    // S3 tells times in whole seconds.
    tokio::time::sleep(Duration::from_millis(2100)).await;
    let before = place.state("upl_old").await.unwrap().touched.as_millisecond() + 1100;
    place.begin("upl_new", None).await.unwrap();
    place.append("upl_new", 0, frames(&bytes(12, 1234), 1000)).await.unwrap();
    let swept = blobs.sweep(Timestamp::from_millisecond(before).unwrap()).await.unwrap();
    assert!(swept.uploads >= 2, "{swept:?}");
    for id in ["upl_old", "upl_done"] {
        assert!(matches!(place.state(id).await, Err(BlobError::NoUpload(_))), "{id}");
    }
    assert_eq!(place.finish("upl_new").await.unwrap().digest, Digest::of(&bytes(12, 1234)));
    assert!(place.exists(&kept).await.unwrap().is_some() && place.exists(&done).await.unwrap().is_some());
}

#[tokio::test]
async fn what_was_removed_is_gone_and_can_come_again() {
    let (blobs, _folder) = store(LIMITS);
    let place = blobs.of(&fresh("ten")).unwrap();
    let sent = bytes(13, 9000);
    place.begin("upl_1", None).await.unwrap();
    place.append("upl_1", 0, frames(&sent, 1000)).await.unwrap();
    let digest = place.finish("upl_1").await.unwrap().digest;
    place.remove(&digest).await.unwrap();
    place.remove(&digest).await.unwrap();
    assert_eq!(place.exists(&digest).await.unwrap(), None);
    assert!(matches!(place.finish("upl_1").await, Err(BlobError::NoUpload(_))), "a finish never names what is gone");
    assert!(!place.put_stream(frames(&sent, 1000)).await.unwrap().here);
}

#[tokio::test]
async fn bytes_say_what_they_are() {
    let (blobs, _folder) = store(LIMITS);
    let place = blobs.of(&fresh("ten")).unwrap();
    let mut json = String::from("[");
    for n in 0..20_000 {
        let _ = write!(json, "{n}, ");
    }
    let table: [(&[u8], &str); 3] = [
        (b"%PDF-1.7 x", "application/pdf"),
        (json.as_bytes(), "application/json"),
        (b"\0\x01", "application/octet-stream"),
    ];
    for (sent, name) in table {
        let receipt = place.put_stream(frames(&Bytes::copy_from_slice(sent), 5000)).await.unwrap();
        assert_eq!(receipt.media().name, name);
        assert_eq!(receipt.text().is_some(), name == "application/json");
    }
}
