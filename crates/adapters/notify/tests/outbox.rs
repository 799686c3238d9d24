//! An outbox loses nothing, whoever refuses and whenever it is cut off.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests, outside of the test functions")]

use std::{
    cell::RefCell,
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    rc::Rc,
    thread::JoinHandle,
};

use attesta_disk::{Disk, Failure};
use attesta_kernel::Timestamp;
use attesta_notify::{Key, Message, Outbox, Outcome, SIGNATURE, Sendmail, Transport, Webhook, backoff, verify};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).unwrap()
}

fn message(id: &str) -> Message {
    Message { id: id.into(), subject: format!("about {id}"), text: "text".into(), body: format!("{{\"id\":\"{id}\"}}") }
}

type Routes = BTreeMap<String, Box<dyn Transport>>;

/// Refuses so many times, then takes and remembers.
struct Picky(RefCell<u32>, Rc<RefCell<Vec<String>>>);

impl Transport for Picky {
    fn send(&self, message: &Message, _now: Timestamp) -> Result<(), String> {
        let mut left = self.0.borrow_mut();
        if *left > 0 {
            *left -= 1;
            return Err("not now".to_owned());
        }
        self.1.borrow_mut().push(message.id.clone());
        Ok(())
    }
}

fn picky(refusals: u32) -> (Routes, Rc<RefCell<Vec<String>>>) {
    let taken = Rc::new(RefCell::new(Vec::new()));
    let transport: Box<dyn Transport> = Box::new(Picky(RefCell::new(refusals), Rc::clone(&taken)));
    (BTreeMap::from([("ops".to_owned(), transport)]), taken)
}

#[test]
fn pauses_grow_up_to_six_hours() {
    let pauses: Vec<i64> = (1..=12).map(|n| backoff(n).as_secs() / 60).collect();
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360]);
    assert_eq!(backoff(u32::MAX).as_hours(), 6);
}

#[test]
fn what_is_refused_waits_and_is_tried_when_it_is_due() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = Outbox::open(folder.path(), &Disk::default()).unwrap();
    outbox.put("ops", &message("m1"), at(0)).unwrap();
    let (routes, taken) = picky(2);
    let first = outbox.deliver(&routes, at(0)).unwrap();
    assert_eq!(first[0].outcome, Outcome::Waits { why: "not now".into(), next: at(60) });
    assert!(outbox.deliver(&routes, at(59)).unwrap().is_empty(), "not due");
    assert_eq!(outbox.deliver(&routes, at(60)).unwrap().len(), 1);
    assert!(outbox.deliver(&routes, at(179)).unwrap().is_empty());
    assert_eq!(outbox.deliver(&routes, at(180)).unwrap()[0].outcome, Outcome::Delivered);
    assert_eq!(*taken.borrow(), ["m1"]);
    assert!(outbox.pending().unwrap().is_empty());
    // Put again, now or by a later process, it does not go out again.
    outbox.put("ops", &message("m1"), at(200)).unwrap();
    let mut later = Outbox::open(folder.path(), &Disk::default()).unwrap();
    later.put("ops", &message("m1"), at(200)).unwrap();
    assert!(later.deliver(&routes, at(300)).unwrap().is_empty());
    let log = std::fs::read_to_string(folder.path().join("deliveries.jsonl")).unwrap();
    let outcomes: Vec<String> = log
        .lines()
        .filter(|l| !l.is_empty())
        .map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap()["outcome"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(outcomes, ["failed", "failed", "delivered"]);
}

#[test]
fn what_nobody_takes_for_a_week_is_given_up_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = Outbox::open(folder.path(), &Disk::default()).unwrap();
    outbox.put("ops", &message("m1"), at(0)).unwrap();
    let (routes, _) = picky(u32::MAX);
    let mut outcomes = Vec::new();
    for hour in 0..=(7 * 24 + 6) {
        outcomes.extend(outbox.deliver(&routes, at(hour * 3600)).unwrap().into_iter().map(|a| a.outcome));
    }
    assert!(matches!(outcomes.last(), Some(Outcome::GivenUp { .. })));
    assert!(outbox.pending().unwrap().is_empty());
    assert_eq!(outbox.failed().unwrap()[0].message, message("m1"));
}

#[test]
fn a_route_that_is_gone_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = Outbox::open(folder.path(), &Disk::default()).unwrap();
    outbox.put("gone", &message("m1"), at(0)).unwrap();
    let (routes, _) = picky(0);
    let told = outbox.deliver(&routes, at(0)).unwrap();
    assert!(matches!(&told[0].outcome, Outcome::Waits { why, .. } if why.contains("no route `gone`")));
    assert_eq!(outbox.pending().unwrap().len(), 1);
}

#[test]
fn names_that_are_no_names_of_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(folder.path(), &Disk::default()).unwrap();
    for id in ["", "../x", "a/b", ".hidden", "A"] {
        assert!(outbox.put("ops", &message(id), at(0)).is_err(), "{id}");
        assert!(outbox.put(id, &message("m"), at(0)).is_err(), "{id}");
    }
}

/// Whatever step of the disk fails or is the last before a crash: the message goes out, and once it is in the log not again.
#[test]
fn no_crash_loses_a_message() {
    for failure in [Failure::CrashBefore, Failure::CrashAfter, Failure::Full] {
        for step in 0..40 {
            let folder = tempfile::tempdir().unwrap();
            let disk = Disk::failing(step, failure);
            let (routes, taken) = picky(1);
            let put = Outbox::open(folder.path(), &disk).and_then(|mut outbox| {
                outbox.put("ops", &message("m1"), at(0))?;
                let _ = outbox.deliver(&routes, at(0));
                let _ = outbox.deliver(&routes, at(60));
                Ok(())
            });
            // The next process: whoever was told that it was not put puts it again.
            let mut outbox = Outbox::open(folder.path(), &Disk::default()).unwrap();
            if put.is_err() {
                outbox.put("ops", &message("m1"), at(100)).unwrap();
            }
            for later in [1_000, 2_000, 3_000] {
                outbox.deliver(&routes, at(later)).unwrap();
            }
            let count = taken.borrow().len();
            assert!((1..=2).contains(&count), "{failure:?} at {step}: {count}");
            assert!(outbox.pending().unwrap().is_empty(), "{failure:?} at {step}");
        }
    }
}

/// A receiver that answers with these statuses, one connection each, and gives back what it heard.
fn receiver(statuses: &'static [u16]) -> (String, JoinHandle<Vec<(String, String)>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let handle = std::thread::spawn(move || {
        let mut heard = Vec::new();
        for status in statuses {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut signature, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                let line = line.trim_end();
                if line.is_empty() {
                    break;
                }
                let (name, value) = line.split_once(": ").unwrap_or((line, ""));
                if name.eq_ignore_ascii_case(SIGNATURE) {
                    signature = value.to_owned();
                }
                if name.eq_ignore_ascii_case("content-length") {
                    length = value.parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            heard.push((signature, String::from_utf8(body).unwrap()));
            let answer =
                format!("HTTP/1.1 {status} So\r\nContent-Length: 0\r\nConnection: close\r\nLocation: /x\r\n\r\n");
            stream.write_all(answer.as_bytes()).unwrap();
        }
        heard
    });
    (url, handle)
}

#[test]
fn a_receiver_that_fails_first_hears_it_again_signed() {
    let (url, handle) = receiver(&[500, 302, 204]);
    let key = Key::new("0123456789abcdef0123456789abcdef").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = Outbox::open(folder.path(), &Disk::default()).unwrap();
    outbox.put("hook", &message("m1"), at(0)).unwrap();
    let webhook: Box<dyn Transport> = Box::new(Webhook::new(&url, key.clone()).unwrap());
    let routes = BTreeMap::from([("hook".to_owned(), webhook)]);
    let mut outcomes = Vec::new();
    for time in [0, 60, 180] {
        outcomes.extend(outbox.deliver(&routes, at(time)).unwrap().into_iter().map(|a| a.outcome));
    }
    assert!(matches!(&outcomes[0], Outcome::Waits { why, .. } if why.contains("500")), "{outcomes:?}");
    assert!(matches!(&outcomes[1], Outcome::Waits { why, .. } if why.contains("302")), "no redirect is followed");
    assert_eq!(outcomes[2], Outcome::Delivered);
    let heard = handle.join().unwrap();
    assert_eq!(heard.len(), 3);
    for ((signature, body), time) in heard.iter().zip([0, 60, 180]) {
        assert_eq!(body, &message("m1").body);
        assert_eq!(verify(&key, signature, body.as_bytes(), at(time), 0), Ok(()));
    }
    // Nobody listens any more.
    outbox.put("hook", &message("m2"), at(200)).unwrap();
    assert!(matches!(outbox.deliver(&routes, at(200)).unwrap()[0].outcome, Outcome::Waits { .. }));
}

#[cfg(unix)]
#[test]
fn mail_goes_through_the_command_and_a_failing_one_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mail");
    let of = |script: &str| Sendmail {
        command: vec!["sh".into(), "-c".into(), script.into()],
        from: "attesta@example.org".into(),
        to: vec!["ops@example.org".into()],
    };
    of(&format!("cat > {}", file.display())).send(&message("m1"), at(0)).unwrap();
    assert!(std::fs::read_to_string(&file).unwrap().contains("Subject: about m1"));
    let error = of("echo no room >&2; exit 75").send(&message("m1"), at(0)).unwrap_err();
    assert!(error.contains("no room") && error.contains("75"), "{error}");
}
