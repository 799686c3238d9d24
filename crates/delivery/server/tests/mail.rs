//! Mail: who is told of what, when, and what no mail ever says.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may stop at a surprise")]

mod support;

use std::{path::PathBuf, sync::Arc, time::Duration};

use attesta_server::{Config, MailConfig, jobs::Worker};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use support::{Browser, Instance, PASSWORD};

/// What no mail says.
const SECRET: &str = "Jane Roe's diagnosis";

/// An instance whose mail goes into a folder by a `sendmail` of the test's, which fails while a file says so.
struct Post {
    instance: Instance,
    letters: PathBuf,
}

/// A mail that went out.
#[derive(Debug)]
struct Letter {
    to: String,
    subject: String,
    text: String,
}

fn letter(raw: &str) -> Letter {
    let (head, body) = raw.split_once("\r\n\r\n").unwrap();
    let of = |name: &str| head.lines().find_map(|l| l.strip_prefix(name)).unwrap_or_default().to_owned();
    let text = STANDARD.decode(body.replace("\r\n", "")).unwrap();
    Letter { to: of("To: "), subject: of("Subject: "), text: String::from_utf8(text).unwrap() }
}

impl Post {
    async fn open() -> Self {
        Self::with(|_, _| {}).await
    }

    async fn with(more: impl FnOnce(&mut Config, &std::path::Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let letters = folder.path().join("letters");
        std::fs::create_dir(&letters).unwrap();
        let script = folder.path().join("sendmail.sh");
        let program = format!(
            "test -e {0}/closed && {{ echo it is closed >&2; exit 75; }}\nn=$(mktemp {0}/new.XXXXXX)\ncat > $n\nmv $n $n.eml\n",
            letters.display()
        );
        std::fs::write(&script, program).unwrap();
        let through = format!("sendmail:/bin/sh {}", script.display());
        let mut config = Config::laptop(folder.path().join("data"), "127.0.0.1:8686".parse().unwrap());
        config.sign_in_rate = 1_000;
        config.mail = Some(MailConfig { from: "Attesta <attesta@example.org>".to_owned(), through, secret: None });
        more(&mut config, folder.path());
        Self { instance: Instance::with(config, folder).await, letters }
    }

    fn close(&self, closed: bool) {
        let file = self.letters.join("closed");
        if closed { std::fs::write(file, "").unwrap() } else { std::fs::remove_file(file).unwrap() }
    }

    fn letters(&self) -> Vec<Letter> {
        let files = std::fs::read_dir(&self.letters).unwrap().map(|f| f.unwrap().path());
        let mails = files.filter(|f| f.extension().is_some_and(|e| e == "eml"));
        let mut read: Vec<Letter> = mails.map(|f| letter(&std::fs::read_to_string(f).unwrap())).collect();
        read.sort_by(|a, b| (&a.to, &a.subject).cmp(&(&b.to, &b.subject)));
        read
    }

    /// Works until nothing is left to do, and a little longer.
    async fn work(&self) {
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let worker = tokio::spawn(Worker::new(Arc::clone(&self.instance.house)).run(async { drop(stopped.await) }));
        let mut quiet = 0;
        for _ in 0..400 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let counts = self.instance.house.job_counts().await.unwrap();
            let of = |state: &str| counts.iter().find(|(s, _)| s == state).map_or(0, |(_, n)| *n);
            let due = of("taken") + if self.closed() { 0 } else { of("waiting") };
            quiet = if due == 0 { quiet + 1 } else { 0 };
            if quiet > 30 {
                break;
            }
        }
        drop(stop);
        worker.await.unwrap();
    }

    fn closed(&self) -> bool {
        self.letters.join("closed").exists()
    }
}

async fn task(who: &Browser, org: &str, owner: &str, due: &str) -> String {
    let new = json!({ "title": SECRET, "text": SECRET, "owner": owner, "due": due });
    let made = who.post(&format!("/api/v1/organisations/{org}/tasks"), new).await.is(201).json;
    made["id"].as_str().unwrap().to_owned()
}

async fn wish(who: &Browser, wishes: Value) -> support::Answer {
    who.send("PUT", "/api/v1/account/notifications", Some(wishes), &[]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_gets_something_to_do_hears_of_it_and_nobody_of_what_they_did() {
    let post = Post::open().await;
    let (owner, org) = post.instance.owner().await;
    let (con, _) = post.instance.member(&owner, &org, "con@example.org", json!({ "role": "contributor" })).await;
    let (off, _) = post.instance.member(&owner, &org, "off@example.org", json!({ "role": "contributor" })).await;
    wish(&off, json!({ "ways": { "assigned": "off" } })).await.is(200);
    let theirs = task(&owner, &org, &con.account, "").await;
    task(&owner, &org, &owner.account, "").await;
    task(&owner, &org, &off.account, "").await;
    // A change that leaves it theirs is no news; one that gives it to somebody is.
    let path = format!("/api/v1/organisations/{org}/tasks/{theirs}");
    owner.send("PATCH", &path, Some(json!({ "state": "in-progress" })), &[("if-match", "\"1\"")]).await.is(200);
    post.work().await;
    let letters = post.letters();
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert_eq!(
        (letters[0].to.as_str(), letters[0].subject.as_str()),
        ("con@example.org", "Something was assigned to you")
    );
    assert!(letters[0].text.contains(&theirs) && letters[0].text.contains("Clinic"), "{}", letters[0].text);
    assert!(!letters[0].text.contains(SECRET), "{}", letters[0].text);
    // Working again tells nobody twice.
    post.work().await;
    assert_eq!(post.letters().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_days_summary_counts_and_names_ids_alone() {
    let post = Post::open().await;
    let (owner, org) = post.instance.owner().await;
    let (con, _) = post.instance.member(&owner, &org, "con@example.org", json!({ "role": "contributor" })).await;
    wish(&con, json!({ "ways": { "assigned": "daily" }, "hour": 0 })).await.is(200);
    // The owner's day has not come so far.
    wish(&owner, json!({ "hour": 23, "time_zone": "UTC" })).await.is(200);
    let late = task(&owner, &org, &con.account, "2020-01-01").await;
    let comment = json!({ "about": format!("evidence/{late}"), "text": SECRET });
    con.post(&format!("/api/v1/organisations/{org}/comments"), comment.clone()).await.is(201);
    owner.post(&format!("/api/v1/organisations/{org}/comments"), comment).await.is(201);
    // The next day's tells what happened in this one, though the post office is closed for most of it.
    post.instance.house.clock.advance(86_400);
    let subject = format!("Attesta: your summary of {}", post.instance.house.clock.today());
    post.close(true);
    post.work().await;
    post.instance.house.clock.advance(20 * 3_600);
    post.close(false);
    post.work().await;
    let theirs = |l: &Letter| l.to == "con@example.org" && l.subject == subject;
    let letters: Vec<Letter> = post.letters().into_iter().filter(theirs).collect();
    assert_eq!(letters.len(), 1, "{letters:?}");
    let text = &letters[0].text;
    for line in [
        "Something was assigned to you: 1",
        "Something of yours is overdue: 1",
        "Somebody commented where you take part: 1",
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    assert!(text.contains(&late) && !text.contains(SECRET), "{text}");
    // Once a day, however often the hour strikes.
    post.instance.house.clock.advance(3_600);
    post.work().await;
    let again = post.letters().into_iter().filter(theirs).count();
    assert_eq!(again, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lockout_is_told_to_whose_account_it_is_and_to_the_owner_once() {
    let post = Post::open().await;
    let (owner, org) = post.instance.owner().await;
    let (con, _) = post.instance.member(&owner, &org, "con@example.org", json!({ "role": "contributor" })).await;
    wish(&con, json!({ "ways": { "lockout": "off" } })).await.says(400, "bad-request");
    for _ in 0..7 {
        let wrong = json!({ "email": "con@example.org", "password": "wrong wrong wrong" });
        post.instance.visitor().post("/api/v1/session", wrong).await;
    }
    let nobody = json!({ "email": "nobody@example.org", "password": "wrong wrong wrong" });
    for _ in 0..6 {
        post.instance.visitor().post("/api/v1/session", nobody.clone()).await;
    }
    post.work().await;
    let told: Vec<(String, String)> = post.letters().into_iter().map(|l| (l.to, l.subject)).collect();
    let subject = "Signing in failed several times and is slowed down now".to_owned();
    assert_eq!(told, [("ada@example.org".to_owned(), subject.clone()), ("con@example.org".to_owned(), subject)]);
    assert!(PASSWORD.len() > 12);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitations_link_goes_by_mail_and_lies_nowhere_in_the_clear() {
    let post = Post::open().await;
    let (owner, org) = post.instance.owner().await;
    let path = format!("/api/v1/organisations/{org}/invitations");
    let asked = json!({ "email": "new@example.org", "position": { "role": "contributor" } });
    assert_eq!(owner.post(&path, asked.clone()).await.is(201).json["mailed"], false, "only when it is asked for");
    let mut by_mail = asked;
    by_mail["mail"] = true.into();
    // The post is away at first; nothing is lost.
    post.close(true);
    let made = owner.post(&path, by_mail).await.is(201).json;
    assert_eq!(made["mailed"], true);
    let link = made["link"].as_str().unwrap();
    let data = post.instance.folder.path().join("data");
    for name in ["attesta.db", "attesta.db-wal"] {
        let bytes = std::fs::read(data.join(name)).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&bytes).contains("att_inv_"), "{name} holds a link");
    }
    post.work().await;
    assert!(post.letters().is_empty());
    post.close(false);
    post.instance.house.clock.advance(3_600);
    post.work().await;
    let letters = post.letters();
    assert_eq!((letters.len(), letters[0].to.as_str()), (1, "new@example.org"), "{letters:?}");
    assert!(letters[0].text.contains(link) && letters[0].text.contains("Clinic"), "{}", letters[0].text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_that_nobody_takes_lies_dead_and_can_be_revived() {
    let post = Post::open().await;
    let (owner, org) = post.instance.owner().await;
    let (con, _) = post.instance.member(&owner, &org, "con@example.org", json!({ "role": "contributor" })).await;
    post.close(true);
    task(&owner, &org, &con.account, "").await;
    let jobs = format!("/api/v1/organisations/{org}/jobs?state=dead");
    let mut owner = owner;
    let mut dead = Value::Null;
    for _ in 0..30 {
        post.work().await;
        post.instance.house.clock.advance(7 * 3_600);
        owner = owner.sign_in("ada@example.org", PASSWORD).await;
        dead = owner.get(&jobs).await.is(200).json;
        if dead["items"].as_array().is_some_and(|items| !items.is_empty()) {
            break;
        }
    }
    let one = &dead["items"][0];
    assert_eq!((&one["kind"], &one["attempts"]), (&json!("notice"), &json!(14)), "{dead}");
    assert!(one["told"].as_str().unwrap().contains("it is closed"), "{dead}");
    post.close(false);
    let revive = format!("/api/v1/organisations/{org}/jobs/{}/revive", one["id"].as_str().unwrap());
    owner.post(&revive, json!({})).await;
    post.work().await;
    assert!(post.letters().iter().any(|l| l.to == "con@example.org" && l.subject == "Something was assigned to you"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_boxed_guest_hears_of_their_assessments_alone() {
    let post = Post::open().await;
    let (owner, org) = post.instance.owner().await;
    let mut made = Vec::new();
    for name in ["Mine", "Theirs"] {
        let new = json!({ "name": name, "files": support::fixture("wellness-e1") });
        let answer = owner.post(&format!("/api/v1/organisations/{org}/assessments"), new).await.is(201).json;
        made.push(answer["id"].as_str().unwrap().to_owned());
    }
    let position = json!({ "role": "external-assessor", "until": "2999-01-01T00:00:00Z", "assessments": [made[0]] });
    let (asr, _) = post.instance.member(&owner, &org, "asr@example.org", position).await;
    let tasks = format!("/api/v1/organisations/{org}/tasks");
    for about in &made {
        owner.post(&tasks, json!({ "about": about, "title": "Look", "owner": asr.account })).await.is(201);
    }
    post.work().await;
    let letters = post.letters();
    assert_eq!(letters.iter().filter(|l| l.to == "asr@example.org").count(), 1, "{letters:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_watched_and_changes_is_told_to_those_who_run_it_once_a_look() {
    let estate = |encrypted: bool| {
        let volume = |n: u32| {
            json!({ "kind": "volume", "address": format!("vol-{n}"), "names": [format!("arn:vol-{n}")],
                "attributes": { "encryption_at_rest.enabled": encrypted } })
        };
        let header = json!({ "schema": "attesta.neutral-resources/1", "complete": ["volume"] });
        [header, volume(1), volume(2)].iter().map(|line| format!("{line}\n")).collect::<String>()
    };
    let mut place = PathBuf::new();
    let post = Post::with(|config, folder| {
        place = folder.join("infra");
        std::fs::create_dir(&place).unwrap();
        let allowed = attesta_server::Allowed { path: place.clone(), organisation: None };
        config.places.insert("infra".to_owned(), allowed);
    })
    .await;
    let (owner, org) = post.instance.owner().await;
    post.instance.member(&owner, &org, "con@example.org", json!({ "role": "contributor" })).await;
    let (lead, _) = post.instance.member(&owner, &org, "lead@example.org", json!({ "role": "compliance-lead" })).await;
    let (off, _) = post.instance.member(&owner, &org, "off@example.org", json!({ "role": "compliance-lead" })).await;
    wish(&off, json!({ "ways": { "drift": "off" } })).await.is(200);
    std::fs::write(place.join("estate.jsonl"), estate(true)).unwrap();
    let new =
        json!({ "name": "app-host", "origin": { "kind": "folder", "place": "infra" }, "schedule": { "every": "1h" } });
    let sources = format!("/api/v1/organisations/{org}/sources");
    let source = owner.post(&sources, new).await.is(201).json["id"].as_str().unwrap().to_owned();
    // A source always has its next look in the queue, so the worker goes on.
    let worker = tokio::spawn(Worker::new(Arc::clone(&post.instance.house)).run(std::future::pending()));
    let until = async |what: &str, holds: &dyn Fn(usize, usize) -> bool| {
        for _ in 0..1_200 {
            let runs = owner.get(&format!("/api/v1/organisations/{org}/runs")).await.is(200).json;
            if holds(runs["items"].as_array().unwrap().len(), post.letters().len()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("it took longer than two minutes until {what}");
    };
    until("it was looked at", &|runs, _| runs == 1).await;
    assert!(post.letters().is_empty(), "nothing has changed yet: {:?}", post.letters());
    std::fs::write(place.join("estate.jsonl"), estate(false)).unwrap();
    owner.post(&format!("{sources}/{source}/runs"), json!({})).await.is(202);
    until("the change was told", &|_, letters| letters >= 2).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let letters = post.letters();
    let told: Vec<(&str, &str)> = letters.iter().map(|l| (l.to.as_str(), l.subject.as_str())).collect();
    let subject = "What is watched has changed";
    assert_eq!(told, [("ada@example.org", subject), ("lead@example.org", subject)]);
    assert!(letters.iter().all(|l| l.text.contains(&source) && !l.text.contains("vol-1")), "{letters:?}");
    assert!(lead.account != owner.account);
    // Nobody sees it any more: that is told too.
    std::fs::remove_dir_all(&place).unwrap();
    owner.post(&format!("{sources}/{source}/runs"), json!({})).await.is(202);
    until("the loss was told", &|_, letters| letters >= 4).await;
    worker.abort();
    assert_eq!(post.letters().len(), 4, "{:?}", post.letters());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checkpoints_leave_by_mail_and_verify() {
    let auditor = "auditor@firm.example";
    let post = Post::with(|config, _| config.checkpoint_mail.push(auditor.to_owned())).await;
    let (owner, org) = post.instance.owner().await;
    task(&owner, &org, &owner.account, "").await;
    post.work().await;
    let log = owner.get(&format!("/api/v1/organisations/{org}/log")).await.is(200).json;
    let letters: Vec<Letter> = post.letters().into_iter().filter(|l| l.text.contains(&org)).collect();
    assert_eq!((letters.len(), letters[0].to.as_str()), (1, auditor), "{letters:?}");
    let text = letters[0].text.replace("\r\n", "\n");
    let checkpoint = text.split("-----\n").nth(1).unwrap();
    let key = log["key"].as_str().unwrap();
    let signed = attesta_ledger::SignedCheckpoint::open(checkpoint, &key.parse().unwrap()).unwrap();
    assert!(text.contains(key) && signed.checkpoint.size > 0 && !text.contains(SECRET), "{text}");
    // Once: nothing is new, so none leaves again.
    post.work().await;
    assert_eq!(post.letters().into_iter().filter(|l| l.text.contains(&org)).count(), 1);
    // To nobody's address, or with no mail, is told at start.
    for (to, mail) in [("auditor", true), (auditor, false)] {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::laptop(folder.path().join("data"), "127.0.0.1:8686".parse().unwrap());
        let (from, through) = ("a@example.org".to_owned(), "sendmail:/bin/true".to_owned());
        config.mail = mail.then_some(MailConfig { from, through, secret: None });
        config.checkpoint_mail.push(to.to_owned());
        let library = attesta_desk::Library::new(attesta_content::ContentSource::Embedded);
        let error = attesta_server::House::open(config, library).await.map(drop).unwrap_err().to_string();
        assert!(error.starts_with("the setting `mail`: "), "{to}: {error}");
    }
}

#[tokio::test]
async fn wishes_are_read_written_and_refused() {
    let post = Post::open().await;
    let (owner, _) = post.instance.owner().await;
    let usual = owner.get("/api/v1/account/notifications").await.is(200).json;
    assert_eq!((&usual["mail"], &usual["time_zone"], &usual["hour"]), (&json!(true), &json!("UTC"), &json!(8)));
    assert_eq!((&usual["ways"]["assigned"], &usual["ways"]["comment"]), (&json!("now"), &json!("daily")));
    let new = json!({ "ways": { "comment": "off" }, "time_zone": "Europe/Berlin", "hour": 7 });
    wish(&owner.clone().forged(), new.clone()).await.says(403, "csrf");
    wish(&owner, new).await.is(200);
    let now = owner.get("/api/v1/account/notifications").await.is(200).json;
    assert_eq!((&now["ways"]["comment"], &now["time_zone"]), (&json!("off"), &json!("Europe/Berlin")));
    for bad in [
        json!({ "ways": { "nonsense": "now" } }),
        json!({ "ways": { "comment": "sometimes" } }),
        json!({ "time_zone": "Mars/Olympus" }),
        json!({ "time_zone": "../../etc/passwd" }),
        json!({ "hour": 24 }),
        json!({ "ways": { "invitation": "off" } }),
    ] {
        wish(&owner, bad.clone()).await.says(400, "bad-request");
    }
    // What is told is no part of how one signs in, and stays when that changes.
    owner.send("POST", "/api/v1/account/app", None, &[]).await.is(200);
    assert_eq!(owner.get("/api/v1/account/notifications").await.json["hour"], 7);
}

#[tokio::test]
async fn settings_that_cannot_be_are_refused_at_start() {
    let tries = [
        ("Attesta", "sendmail:/bin/true", None),
        ("a@example.org", "sendmail:", None),
        ("a@example.org", "sendmail:/bin/true", Some("sealed/1:00000000:AAAA")),
        ("a@example.org", "nonsense", None),
        ("a@example.org", "smtps://ann@mail.example.org", Some("plain")),
    ];
    for (from, through, secret) in tries {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::laptop(folder.path().join("data"), "127.0.0.1:8686".parse().unwrap());
        let (from, through, secret) = (from.to_owned(), through.to_owned(), secret.map(str::to_owned));
        config.mail = Some(MailConfig { from, through: through.clone(), secret });
        let library = attesta_desk::Library::new(attesta_content::ContentSource::Embedded);
        let error = attesta_server::House::open(config, library).await.map(drop).unwrap_err().to_string();
        assert!(error.starts_with("the setting `mail`: "), "{through}: {error}");
    }
}

/// A mail server of the test's own that says "later" to the first conversation.
#[cfg(feature = "mail")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_goes_through_an_smtp_server_that_asks_to_come_again() {
    use std::sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    };

    use tokio::{
        io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
        net::TcpListener,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let came: Arc<Mutex<Vec<String>>> = Arc::default();
    let (kept, talks) = (Arc::clone(&came), AtomicUsize::new(0));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let first = talks.fetch_add(1, Ordering::Relaxed) == 0;
            let (read, mut write) = stream.into_split();
            let mut lines = BufReader::new(read).lines();
            write.write_all(b"220 test ESMTP\r\n").await.unwrap();
            let mut data: Option<String> = None;
            while let Ok(Some(line)) = lines.next_line().await {
                let answer: &[u8] = match &mut data {
                    Some(text) if line == "." => {
                        kept.lock().unwrap().push(std::mem::take(text));
                        data = None;
                        b"250 taken\r\n"
                    }
                    Some(text) => {
                        text.push_str(&line);
                        text.push_str("\r\n");
                        continue;
                    }
                    None if line.starts_with("MAIL") && first => b"451 come again\r\n",
                    None if line.starts_with("DATA") => {
                        data = Some(String::new());
                        b"354 go on\r\n"
                    }
                    None => b"250 yes\r\n",
                };
                if write.write_all(answer).await.is_err() {
                    break;
                }
            }
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::laptop(folder.path().join("data"), "127.0.0.1:8686".parse().unwrap());
    let through = format!("smtp://{address}");
    config.mail = Some(MailConfig { from: "Attesta <attesta@example.org>".to_owned(), through, secret: None });
    let post = Post { instance: Instance::with(config, folder).await, letters: PathBuf::from("/nowhere") };
    let (owner, org) = post.instance.owner().await;
    let (con, _) = post.instance.member(&owner, &org, "con@example.org", json!({ "role": "contributor" })).await;
    let task = task(&owner, &org, &con.account, "").await;
    let stop = tokio::time::sleep(Duration::from_secs(4));
    Worker::new(Arc::clone(&post.instance.house)).run(stop).await;
    assert!(came.lock().unwrap().is_empty(), "the first conversation was refused");
    post.instance.house.clock.advance(3_600);
    post.work().await;
    let came = came.lock().unwrap();
    assert_eq!(came.len(), 1, "{came:?}");
    let letter = letter(&came[0]);
    assert!(
        letter.to == "con@example.org" && letter.text.contains(&task) && !letter.text.contains(SECRET),
        "{letter:?}"
    );
}
