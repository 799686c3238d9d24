//! The contract of the blob store against an S3 that answers: moto (PyPI), as `cargo xtask live` starts it. The same tests
//! run against a folder with all others.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
};

use crate::{
    live::{moto, venv},
    run::{Step, target},
};

const BUCKET: &str = "attesta-evidence";

pub(crate) fn check(features: &str) -> Result<(), String> {
    let folder = target().join("live");
    fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    venv(&folder)?;
    let (_moto, port) = moto(&folder)?;
    make_bucket(port).map_err(|e| format!("moto makes no bucket: {e}"))?;
    // The contract, a whole server that keeps its evidence there, and one whose S3 fails half way.
    for (title, test, which) in [
        ("blobs in S3", "blob_contract", None),
        ("a server with S3", "operate", Some("in_s3")),
        ("an S3 that fails", "faults", Some("an_s3")),
    ] {
        let mut arguments = vec!["test", "--workspace", "--locked", "--features", features, "--test", test];
        arguments.extend(which);
        if test == "faults" {
            arguments.extend(["--", "--nocapture"]);
        }
        Step::cargo(title, &arguments)
            .with("ATTESTA_TEST_BLOBS", &format!("s3://{BUCKET}/some/prefix"))
            .with("AWS_ENDPOINT_URL", &format!("http://127.0.0.1:{port}"))
            .with("AWS_REGION", "us-east-1")
            .with("AWS_ACCESS_KEY_ID", "testing")
            .with("AWS_SECRET_ACCESS_KEY", "testing")
            .with("NO_PROXY", "127.0.0.1")
            .run()?;
    }
    Ok(())
}

fn make_bucket(port: u16) -> std::io::Result<()> {
    let mut socket = TcpStream::connect(("127.0.0.1", port))?;
    let host = format!("127.0.0.1:{port}");
    write!(socket, "PUT /{BUCKET} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer)?;
    match answer.split_whitespace().nth(1) {
        Some("200") => Ok(()),
        _ => Err(std::io::Error::other(answer)),
    }
}
