//! Against a server that answers by a script: what AWS does on bad days.

use std::{
    io::{Read, Write},
    net::TcpListener,
    time::{Duration, Instant},
};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};

use super::*;
use crate::client::Bounds;

struct Quiet;

impl Progress for Quiet {
    fn called(&self, _region: &str, _call: &str) {}
}

/// What the server saw of each request, head and body.
type Log = Arc<Mutex<Vec<String>>>;

/// A server on a port of its own; the script is given the number of the request, from 0, and the request.
fn server(script: impl Fn(usize, &str) -> (u16, String, String) + Send + 'static) -> (String, Log) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let log = Log::default();
    let seen = Arc::clone(&log);
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let request = read(&mut stream);
            seen.lock().unwrap().push(request.clone());
            let (status, headers, body) = script(number, &request);
            let head =
                format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n", body.len());
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
        }
    });
    (url, log)
}

fn read(stream: &mut std::net::TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return text,
            Ok(read) => bytes.extend_from_slice(&chunk[..read]),
        }
    }
}

fn asker(url: &str, journal: Option<Journal>) -> Ask {
    let credentials = Credentials::new("key", "secret", None, None, "test");
    let bounds = Bounds {
        attempts: 4,
        connect: Duration::from_secs(2),
        answer: Duration::from_secs(2),
        bytes: 100_000,
        parallel: 4,
    };
    let client = Client::new(SharedCredentialsProvider::new(credentials), bounds);
    let model = Model::built_in().unwrap();
    Ask::new(model, client, Some(url.to_owned()), journal, 4, Arc::new(Quiet))
}

fn put(ask: &Ask, service: &'static str, operation: &'static str, input: Value) -> Reply {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(ask.one(Call::new(service, operation, "us-east-1", input)))
}

fn groups(ask: &Ask) -> Reply {
    put(ask, "logs", "DescribeLogGroups", json!({}))
}

fn ok(body: &str) -> (u16, String, String) {
    (200, String::new(), body.to_owned())
}

fn refused(status: u16, code: &str) -> (u16, String, String) {
    (status, String::new(), format!(r#"{{"__type":"{code}","message":"m"}}"#))
}

const PAGE: &str = r#"{"logGroups":[{"logGroupName":"a"}],"nextToken":"2"}"#;

#[test]
fn pages_are_walked_to_their_end() {
    let (url, log) = server(|number, request| match number {
        0 => ok(PAGE),
        1 if request.contains(r#""nextToken":"2""#) => ok(r#"{"logGroups":[{"logGroupName":"b"}],"nextToken":"3"}"#),
        2 if request.contains(r#""nextToken":"3""#) => ok(r#"{"logGroups":[{"logGroupName":"c"}]}"#),
        _ => refused(400, "Unexpected"),
    });
    let ask = asker(&url, None);
    let reply = groups(&ask);
    let (items, missing) = reply.list("/logGroups");
    assert_eq!((items.len(), missing), (3, None));
    let first = log.lock().unwrap()[0].to_ascii_lowercase();
    assert!(first.contains("x-amz-target: logs_20140328.describeloggroups"), "{first}");
    assert!(first.contains("credential=key/") && first.contains("/us-east-1/logs/aws4_request"), "{first}");
}

#[test]
fn a_page_walk_that_breaks_off_is_never_taken_for_complete() {
    for broken in ["denied", "html", "cut"] {
        let (url, _) = server(move |number, _| match (number, broken) {
            (0, _) => ok(PAGE),
            (_, "denied") => refused(400, "AccessDeniedException"),
            (_, "html") => ok("<!doctype html><html></html>"),
            _ => ok(r#"{"logGroups":[{"logGro"#),
        });
        let reply = groups(&asker(&url, None));
        let (items, missing) = reply.list("/logGroups");
        assert_eq!(items.len(), 1, "{broken}");
        assert!(missing.is_some(), "{broken}");
        // As a whole it is unknown, not the part that was seen.
        assert!(is_unknown(&reply.at("/logGroups")), "{broken}");
    }
}

#[test]
fn more_without_a_token_is_not_the_end() {
    let (url, _) = server(|_, _| ok(r#"{"Keys":[{"KeyId":"a"}],"Truncated":true}"#));
    let (items, missing) = put(&asker(&url, None), "kms", "ListKeys", json!({})).list("/Keys");
    assert_eq!(items.len(), 1);
    assert!(missing.unwrap().contains("says that there is more"));
    // Kinesis goes on from the last name.
    let (url, _) = server(|_, request| match request.contains(r#""ExclusiveStartStreamName":"a""#) {
        false => ok(r#"{"StreamNames":["a"],"HasMoreStreams":true}"#),
        true => ok(r#"{"StreamNames":["b"],"HasMoreStreams":false}"#),
    });
    let (items, missing) = put(&asker(&url, None), "kinesis", "ListStreams", json!({})).list("/StreamNames");
    assert_eq!((items, missing), (vec![json!("a"), json!("b")], None));
}

#[test]
fn pages_that_go_in_circles_end() {
    let (url, _) = server(|_, _| ok(PAGE));
    let reply = groups(&asker(&url, None));
    assert!(reply.missing().unwrap().contains("the pages do not end"), "{:?}", reply.missing());
}

#[test]
fn haste_is_forgiven_and_slows_down() {
    for (code, status) in
        [("ThrottlingException", 400), ("TooManyRequestsException", 429), ("RequestLimitExceeded", 503)]
    {
        let (url, log) =
            server(move |number, _| if number < 2 { refused(status, code) } else { ok(r#"{"logGroups":[]}"#) });
        let reply = groups(&asker(&url, None));
        assert_eq!(reply.missing(), None, "{code}");
        assert_eq!(log.lock().unwrap().len(), 3, "{code}");
    }
    let (url, log) = server(|_, _| refused(400, "ThrottlingException"));
    let reply = groups(&asker(&url, None));
    assert!(reply.missing().unwrap().contains("failed (ThrottlingException)"));
    assert_eq!(log.lock().unwrap().len(), 4);
}

#[test]
fn a_denial_is_told_at_once() {
    for code in ["AccessDeniedException", "UnauthorizedOperation"] {
        let (url, log) = server(move |_, _| refused(403, code));
        let ask = asker(&url, None);
        let reply = groups(&ask);
        assert_eq!(reply.missing(), Some(format!("logs:DescribeLogGroups: denied ({code})").as_str()));
        assert_eq!(log.lock().unwrap().len(), 1);
        let tally = ask.tally.lock().unwrap();
        let (_, told) = tally.iter().next().unwrap();
        assert_eq!(told.failed.get(&format!("denied ({code})")), Some(&1));
    }
}

#[test]
fn only_documented_codes_mean_that_there_is_none() {
    for (status, code, none) in [
        (404, "NoSuchBucketPolicy", true),
        (404, "NoSuchBucket", false),
        (403, "AccessDenied", false),
        (500, "InternalError", false),
    ] {
        let (url, _) = server(move |_, _| (status, String::new(), format!("<Error><Code>{code}</Code></Error>")));
        let reply = put(&asker(&url, None), "s3", "GetBucketPolicy", json!({"Bucket": "b"}));
        assert_eq!(reply.missing().is_none(), none, "{code}");
        assert_eq!(reply.at("/Policy").is_null(), none, "{code}");
    }
}

#[test]
fn a_list_that_is_not_there_is_not_an_empty_list() {
    let answer = |inner: &str| {
        format!(
            "<DescribeDBInstancesResponse><DescribeDBInstancesResult>{inner}</DescribeDBInstancesResult></DescribeDBInstancesResponse>"
        )
    };
    for (inner, complete) in [("<DBInstances/>", true), ("<Other/>", false)] {
        let body = answer(inner);
        let (url, _) = server(move |_, _| ok(&body));
        let (items, missing) = put(&asker(&url, None), "rds", "DescribeDBInstances", json!({})).list("/DBInstances");
        assert_eq!((items.len(), missing.is_none()), (0, complete), "{inner}");
    }
}

#[test]
fn answers_beyond_bounds_and_silence_are_failures() {
    let (url, _) = server(|_, _| ok(&format!(r#"{{"logGroups":[],"x":"{}"}}"#, "x".repeat(200_000))));
    assert!(groups(&asker(&url, None)).missing().unwrap().contains("larger than 100000 bytes"));
    let (url, _) = server(|_, _| {
        std::thread::sleep(Duration::from_secs(3));
        ok("{}")
    });
    let begun = Instant::now();
    assert!(groups(&asker(&url, None)).missing().unwrap().contains("failed"));
    assert!(begun.elapsed() < Duration::from_secs(12));
    assert!(groups(&asker("http://127.0.0.1:9", None)).missing().unwrap().contains("failed"));
}

#[test]
fn tokens_that_ran_out_are_renewed_once() {
    let (url, log) =
        server(|number, _| if number == 0 { refused(400, "ExpiredTokenException") } else { ok(r#"{"logGroups":[]}"#) });
    assert_eq!(groups(&asker(&url, None)).missing(), None);
    assert_eq!(log.lock().unwrap().len(), 2);
    let (url, log) = server(|_, _| refused(400, "ExpiredTokenException"));
    assert!(groups(&asker(&url, None)).missing().unwrap().contains("failed (ExpiredTokenException)"));
    assert_eq!(log.lock().unwrap().len(), 2);
}

#[test]
fn a_clock_that_is_off_is_corrected() {
    let (url, log) = server(|number, _| match number {
        0 => {
            let (status, _, body) = refused(403, "RequestTimeTooSkewed");
            (status, "date: Sat, 01 Jan 2000 00:00:00 GMT\r\n".to_owned(), body)
        }
        _ => ok(r#"{"logGroups":[]}"#),
    });
    assert_eq!(groups(&asker(&url, None)).missing(), None);
    let second = log.lock().unwrap()[1].to_ascii_lowercase();
    assert!(second.contains("x-amz-date: 20000101t0000"), "{second}");
}

#[test]
fn a_run_that_was_broken_off_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let open = |about: &str, resume| Some(Journal::open(&path, about, resume).unwrap());
    let (url, log) = server(|number, _| match number {
        0 => ok(PAGE),
        1 => refused(400, "AccessDeniedException"),
        _ => ok(r#"{"logGroups":[{"logGroupName":"b"}]}"#),
    });
    assert!(groups(&asker(&url, open("me", false))).missing().is_some());
    // A line that was cut short when the run was killed.
    std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"call\":\"us-east").unwrap();
    let (items, missing) = groups(&asker(&url, open("me", true))).list("/logGroups");
    assert_eq!((items.len(), missing), (2, None));
    // The first page was kept; only the second was asked for again.
    assert_eq!(log.lock().unwrap().len(), 3);
    // Answers of another account are not used.
    groups(&asker(&url, open("somebody else", true)));
    assert!(log.lock().unwrap().len() > 3);
}

#[test]
fn pages_go_on_by_the_names_that_stand_on_the_wire() {
    // JSON over REST: the model says `DetectorIds` and `NextToken`, the wire `detectorIds` and `nextToken`.
    let (url, _) = server(|number, request| match number {
        0 => ok(r#"{"detectorIds":["a"],"nextToken":"2"}"#),
        1 if request.contains("nextToken=2") => ok(r#"{"detectorIds":["b"]}"#),
        _ => refused(400, "Unexpected"),
    });
    let reply = put(&asker(&url, None), "guardduty", "ListDetectors", json!({}));
    assert_eq!(reply.list("/detectorIds"), (vec![json!("a"), json!("b")], None));

    // XML over REST: list and token stand one level down.
    let page = |id: &str, more: &str| {
        format!(
            "<?xml version=\"1.0\"?><DistributionList><IsTruncated>{}</IsTruncated>{more}<Items><DistributionSummary><Id>{id}</Id></DistributionSummary></Items></DistributionList>",
            !more.is_empty()
        )
    };
    let (url, _) = server(move |number, request| match number {
        0 => ok(&page("A", "<NextMarker>m</NextMarker>")),
        1 if request.contains("Marker=m") => ok(&page("B", "")),
        _ => refused(400, "Unexpected"),
    });
    let reply = put(&asker(&url, None), "cloudfront", "ListDistributions", json!({}));
    let (items, missing) = reply.list("/DistributionList/Items");
    let ids: Vec<&str> = items.iter().map(|one| one["Id"].as_str().unwrap()).collect();
    assert_eq!((ids, missing), (vec!["A", "B"], None));
}

#[test]
fn a_place_that_stays_silent_is_asked_no_more() {
    // Nobody listens there.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let ask = asker(&format!("http://127.0.0.1:{port}"), None);
    let reasons: Vec<String> = (0..4).map(|_| groups(&ask).missing().unwrap().to_owned()).collect();
    assert!(!reasons[0].contains("asked no more"), "{reasons:?}");
    assert!(reasons[3].contains("us-east-1 gave no answer and was asked no more"), "{reasons:?}");
}
