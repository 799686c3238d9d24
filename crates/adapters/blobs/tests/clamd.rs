//! A clamd that follows the protocol of clamd(8), and ones that do not. The real one is not started here: its signatures
//! alone are some 300 MB.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a fake of tests")]

mod support;

use std::time::Duration;

use attesta_blobs::{Clamd, Verdict};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use support::{LIMITS, bytes, frames, fresh, store};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, UnixListener},
};

/// The longest stream that the fake takes.
const MOST: usize = 5 << 20;
const EVIL: &[u8] = b"EVIL-BYTES-OF-A-TEST";

/// Answers one command as clamd does: found where the bytes hold `EVIL`, wherever pieces are cut.
async fn answer(mut socket: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin) -> std::io::Result<()> {
    let mut command = Vec::new();
    loop {
        match socket.read_u8().await? {
            0 => break,
            byte => command.push(byte),
        }
    }
    if command == b"zPING" {
        return socket.write_all(b"PONG\0").await;
    }
    if command != b"zINSTREAM" {
        return socket.write_all(b"UNKNOWN COMMAND\0").await;
    }
    let mut seen = Vec::new();
    loop {
        let size = usize::try_from(socket.read_u32().await?).unwrap();
        if size == 0 {
            break;
        }
        if seen.len() + size > MOST {
            return socket.write_all(b"INSTREAM size limit exceeded. ERROR\0").await;
        }
        let start = seen.len();
        seen.resize(start + size, 0);
        socket.read_exact(&mut seen[start..]).await?;
    }
    let evil = seen.windows(EVIL.len()).any(|at| at == EVIL);
    socket.write_all(if evil { b"stream: Test.Evil FOUND\0" } else { b"stream: OK\0" }).await
}

async fn tcp() -> Clamd {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("tcp:{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(answer(socket));
        }
    });
    Clamd::new(address.parse().unwrap(), Duration::from_secs(10))
}

/// One that reads so many bytes, says this, and closes.
async fn rude(reads: usize, says: &'static [u8], then_waits: bool) -> Clamd {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("tcp:{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut read = vec![0; reads];
            let _ = socket.read_exact(&mut read).await;
            let _ = socket.write_all(says).await;
            if then_waits {
                tokio::time::sleep(Duration::from_secs(60)).await;
            }
        }
    });
    Clamd::new(address.parse().unwrap(), Duration::from_millis(300))
}

fn with_evil(size: usize, at: usize) -> Bytes {
    let mut sent = bytes(1, size).to_vec();
    sent[at..at + EVIL.len()].copy_from_slice(EVIL);
    sent.into()
}

#[tokio::test]
async fn clean_and_found_are_told_apart_wherever_pieces_are_cut() {
    let clamd = tcp().await;
    clamd.ping().await.unwrap();
    for size in [0, 1, 65_536, 1_000_000] {
        for frame in [1000, 65_536, 300_000] {
            assert_eq!(clamd.scan(frames(&bytes(1, size), frame)).await, Verdict::Clean);
        }
    }
    for at in [0, 65_530, 131_070, 999_980] {
        for frame in [1000, 65_536, 300_000] {
            let found = clamd.scan(frames(&with_evil(1_000_000, at), frame)).await;
            assert_eq!(found, Verdict::Found("Test.Evil".to_owned()));
        }
    }
}

#[tokio::test]
async fn a_socket_file_does_too_and_a_stored_blob_is_scanned_where_it_lies() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clamd.ctl");
    let listener = UnixListener::bind(&path).unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(answer(socket));
        }
    });
    let clamd = Clamd::new(format!("unix:{}", path.display()).parse().unwrap(), Duration::from_secs(10));
    let (blobs, _folder) = store(LIMITS);
    let place = blobs.of(&fresh("ten")).unwrap();
    for (sent, want) in
        [(bytes(2, 3 << 20), Verdict::Clean), (with_evil(3 << 20, 2 << 20), Verdict::Found("Test.Evil".to_owned()))]
    {
        let digest = place.put_stream(frames(&sent, 100_000)).await.unwrap().digest;
        assert_eq!(clamd.scan(place.read(&digest, None).await.unwrap().bytes).await, want);
    }
}

#[tokio::test]
async fn whatever_goes_wrong_is_not_scanned_and_never_clean() {
    let sent = bytes(3, 2 << 20);
    let nobody = Clamd::new("tcp:127.0.0.1:1".parse().unwrap(), Duration::from_secs(1));
    let no_file = Clamd::new("unix:/nowhere/clamd".parse().unwrap(), Duration::from_secs(1));
    // More than the buffers of a socket hold, where it matters that not all was read.
    let (small, large) = (1, 48);
    let table = [
        (nobody, small, "cannot be reached"),
        (no_file, small, "cannot be reached"),
        (rude(0, b"", false).await, large, "clamd stopped listening"),
        (rude(10, b"", true).await, large, "stopped listening: timed out"),
        (rude(100, b"stream: OK\0", false).await, large, "clamd stopped listening"),
        (rude(100, b"stream: OK\0", true).await, large, "clamd stopped listening"),
        (rude(100, b"INSTREAM size limit exceeded. ERROR\0", true).await, large, "size limit exceeded"),
        (rude(2 << 20, b"stream: OK", true).await, small, "no answer: timed out"),
        (rude(2 << 20, b"stream: OK", false).await, small, "clamd"),
        (rude(2 << 20, &[b'x'; 9000], true).await, small, "does not end"),
    ];
    for (clamd, times, want) in table {
        let bytes = stream::iter(vec![sent.clone(); times].into_iter().map(Ok::<_, String>));
        let verdict = clamd.scan(bytes).await;
        let Verdict::NotScanned(why) = &verdict else { panic!("{want}: {verdict:?}") };
        assert!(why.contains(want), "{want}: {why}");
    }
    let clamd = tcp().await;
    let large = clamd.scan(frames(&bytes(4, MOST + 1), 100_000)).await;
    assert!(matches!(large, Verdict::NotScanned(_)), "{large:?}");
    let broken = stream::iter([Ok(bytes(5, 100)), Err("the blob store does not answer")]).boxed();
    let verdict = clamd.scan(broken).await;
    assert_eq!(verdict.to_string(), "not-scanned: the bytes could not be read: the blob store does not answer");
}
