//! Archives that are made to harm, and those that are not.

#![allow(clippy::as_conversions, clippy::unwrap_used, reason = "small numbers and archives of tests")]

mod support;

use std::{
    io::{Cursor, Write as _},
    sync::LazyLock,
};

use attesta_blobs::{ArchiveLimits, ArchiveRefusal, Contents, Inspected, inspect};
use bytes::Bytes;
use support::{LIMITS, bytes, frames, fresh, store};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// 17 MiB of zeros.
static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| archive(&[("zeros", &vec![0; ZEROS])]));
const ZEROS: usize = 17 << 20;

fn look(bytes: &[u8], limits: &ArchiveLimits) -> Result<Contents, ArchiveRefusal> {
    inspect(Cursor::new(bytes), limits)
}

const SMALL: ArchiveLimits = ArchiveLimits { entries: 5, bytes: 64 << 20, ratio: 50, depth: 2, inner: 100_000 };

#[test]
fn a_plain_archive_is_counted() {
    let inner = archive(&[("word/document.xml", &[b'x'; 3000])]);
    let outer = archive(&[("a.txt", b"hello"), ("folder/b.docx", &inner), ("empty", b"")]);
    let want = Contents { entries: 4, bytes: 5 + inner.len() as u64 + 3000, depth: 2, ..Contents::default() };
    assert_eq!(look(&outer, &SMALL), Ok(want));
    assert_eq!(look(&archive(&[]), &SMALL), Ok(Contents { depth: 1, ..Contents::default() }));
}

#[test]
fn names_that_lead_out_are_refused() {
    for name in ["../a", "a/../../b", "/etc/passwd", "\\windows\\a", "C:\\a", "c:a", "a\\..\\b", "a/.."] {
        let refused = look(&archive(&[("fine", b""), (name, b"x")]), &SMALL);
        assert!(matches!(refused, Err(ArchiveRefusal::Escapes(_))), "{name}: {refused:?}");
    }
    for name in ["a..b", "..a/b", "a/...", "é/ü"] {
        assert!(look(&archive(&[(name, b"x")]), &SMALL).is_ok(), "{name}");
    }
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("link", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let link = writer.finish().unwrap().into_inner();
    assert_eq!(look(&link, &SMALL), Err(ArchiveRefusal::Link("link".to_owned())));
}

#[test]
fn too_many_entries_are_refused_before_they_are_read() {
    let entries: Vec<String> = (0..6).map(|n| format!("{n}")).collect();
    let entries: Vec<(&str, &[u8])> = entries.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
    assert!(look(&archive(&entries[..5]), &SMALL).is_ok());
    assert_eq!(look(&archive(&entries), &SMALL), Err(ArchiveRefusal::Entries(5)));
    // A directory that is megabytes long is not read to the end.
    let many: Vec<String> = (0..40_000).map(|n| format!("{n:050}")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
    assert_eq!(look(&archive(&many), &SMALL), Err(ArchiveRefusal::Entries(5)));
}

#[test]
fn a_bomb_is_refused_whatever_it_states() {
    let bomb = &*BOMB;
    assert!(bomb.len() < 100_000);
    assert_eq!(look(bomb, &SMALL), Err(ArchiveRefusal::Ratio(50)));
    assert!(look(bomb, &ArchiveLimits { ratio: 2000, ..SMALL }).is_ok());
    assert_eq!(look(bomb, &ArchiveLimits { bytes: 1 << 20, ..SMALL }), Err(ArchiveRefusal::Bytes(1 << 20)));
    // One that states a size of 10 bytes in both its headers.
    let mut liar = bomb.clone();
    let size = u32::try_from(ZEROS).unwrap().to_le_bytes();
    let places: Vec<usize> = liar.windows(4).enumerate().filter(|(_, at)| *at == size).map(|(at, _)| at).collect();
    assert!(places.len() >= 2, "local and central header: {places:?}");
    for at in places {
        liar[at..at + 4].copy_from_slice(&10_u32.to_le_bytes());
    }
    assert!(look(&liar, &SMALL).is_err(), "{:?}", look(&liar, &SMALL));
    // Small archives may well shrink a lot.
    assert!(look(&archive(&[("log", &vec![b'a'; 1 << 20])]), &SMALL).is_ok());
}

#[test]
fn archives_in_archives_are_followed_so_deep() {
    let mut nested = archive(&[("core.txt", b"x")]);
    for level in ["one.zip", "two.zip"] {
        nested = archive(&[(level, &nested)]);
    }
    let entry = "one.zip".to_owned();
    assert_eq!(look(&nested, &SMALL), Err(ArchiveRefusal::Depth { limit: 2, entry }));
    assert_eq!(look(&nested, &ArchiveLimits { depth: 3, ..SMALL }).unwrap().depth, 3);
    // A bomb inside counts for the whole.
    let bomb = archive(&[("inner.zip", &BOMB)]);
    assert_eq!(look(&bomb, &SMALL), Err(ArchiveRefusal::Ratio(50)));
    let large = archive(&[("inner.zip", &archive(&[("noise", &bytes(1, 200_000))]))]);
    assert!(matches!(look(&large, &SMALL), Err(ArchiveRefusal::Inner { limit: 100_000, .. })));
}

#[test]
fn two_entries_under_one_name_are_refused() {
    let mut twice = archive(&[("aa", b"harmless"), ("ab", b"hidden")]);
    let places: Vec<usize> = twice.windows(2).enumerate().filter(|(_, two)| *two == b"ab").map(|(at, _)| at).collect();
    for at in places {
        twice[at..at + 2].copy_from_slice(b"aa");
    }
    assert_eq!(look(&twice, &SMALL), Err(ArchiveRefusal::Twice));
}

#[test]
fn what_is_cut_or_changed_is_refused_and_never_panics() {
    let whole = archive(&[("a.txt", &bytes(2, 5000)), ("b.txt", b"hello")]);
    for cut in (0..whole.len()).step_by(37) {
        assert!(look(&whole[..cut], &SMALL).is_err(), "cut at {cut}");
    }
    let mut changed = whole.clone();
    changed[100] ^= 1;
    assert!(matches!(look(&changed, &SMALL), Err(ArchiveRefusal::Broken(_))), "its checksum is wrong");
    let mut panics = 0;
    for at in 0..whole.len().min(400) {
        for bit in [1, 0x80, 0xff] {
            let mut bad = whole.clone();
            let from_end = bad.len() - 1 - at;
            bad[from_end] ^= bit;
            panics += usize::from(std::panic::catch_unwind(|| look(&bad, &SMALL).is_ok()).is_err());
        }
    }
    assert_eq!(panics, 0);
}

#[tokio::test]
async fn a_stored_archive_is_looked_into_where_it_lies() {
    let (blobs, _folder) = store(LIMITS);
    let place = blobs.of(&fresh("ten")).unwrap();
    let limits = ArchiveLimits::default();
    let put = async |bytes: Vec<u8>| place.put_stream(frames(&Bytes::from(bytes), 60_000)).await.unwrap().digest;
    let plain = put(archive(&[("noise", &bytes(3, 3 << 20)), ("inner.zip", &archive(&[("b", b"x")]))])).await;
    let Inspected::Archive(contents) = place.inspect(&plain, limits).await.unwrap() else { panic!() };
    assert_eq!((contents.entries, contents.depth), (3, 2));
    let bad = put(archive(&[("../x", b"x")])).await;
    let refused = place.inspect(&bad, limits).await.unwrap();
    assert_eq!(refused, Inspected::Refused(ArchiveRefusal::Escapes("../x".to_owned())));
    let text = put(b"no archive".to_vec()).await;
    assert_eq!(place.inspect(&text, limits).await.unwrap(), Inspected::NoArchive);
    let empty = put(Vec::new()).await;
    assert_eq!(place.inspect(&empty, limits).await.unwrap(), Inspected::NoArchive);
}
