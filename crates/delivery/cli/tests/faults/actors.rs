//! Programs that write as fast as they are answered, and remember what they were promised. An error of the connection ends
//! their day; the next day they ask again for what was not answered.

use std::{
    collections::BTreeMap,
    io,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use attesta_kernel::Digest;
use attesta_testkit::{Answer, Chance, Client};
use serde_json::{Value, json};

use crate::{
    ledger::Audit,
    stage::{Org, items, text},
};

/// What a program has been through.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Tally {
    /// Answers that it may rely on.
    pub(crate) acknowledged: u64,
    /// Requests without an answer that were asked again.
    pub(crate) again: u64,
    /// Times that it was told to come back later.
    pub(crate) later: u64,
    /// Times that there was no room.
    pub(crate) full: u64,
    /// Uploads that went on where they stopped.
    pub(crate) resumed: u64,
    /// Times that somebody else had been faster.
    pub(crate) beaten: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Self) {
        self.acknowledged += other.acknowledged;
        self.again += other.again;
        self.later += other.later;
        self.full += other.full;
        self.resumed += other.resumed;
        self.beaten += other.beaten;
    }
}

/// A program with a memory.
pub(crate) trait Actor: Send {
    /// Does one thing.
    fn step(&mut self, client: &mut Client) -> io::Result<()>;

    /// Whether what was promised since the last look is there.
    fn look(&mut self, client: &mut Client);

    /// Whether all of it is, once, and nothing else.
    fn settle(&mut self, client: &mut Client, audit: &Audit);

    /// Which of the organisation's programs it is.
    fn number(&self) -> usize;

    fn org(&self) -> &Org;

    fn tally(&self) -> Tally;

    /// Works until nobody answers.
    fn live(&mut self, address: &str) {
        let mut client = self.org().program(self.number(), address);
        while self.step(&mut client).is_ok() {}
    }

    /// Works until it is told to stop. A server that says no before it has read all that is sent hangs up; that is no
    /// answer, and it is asked again.
    fn live_until(&mut self, address: &str, stop: &AtomicBool) {
        let mut client = self.org().program(self.number(), address);
        while !stop.load(Ordering::Relaxed) {
            if let Err(error) = self.step(&mut client) {
                let hung_up = [io::ErrorKind::BrokenPipe, io::ErrorKind::ConnectionReset, io::ErrorKind::UnexpectedEof];
                assert!(hung_up.contains(&error.kind()), "{error}");
                thread::sleep(Duration::from_millis(20));
            }
        }
    }
}

/// The answer with this status; nothing when it is to be asked again later.
fn told(tally: &mut Tally, answer: Answer, status: u16) -> Option<Answer> {
    if [503, 507].contains(&answer.status) {
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{answer:?}");
        if answer.status == 503 {
            assert!(answer.header("retry-after").is_some(), "{answer:?}");
            tally.later += 1;
        } else {
            assert_eq!(answer.json()["type"], "urn:attesta:problem:full");
            tally.full += 1;
        }
        thread::sleep(Duration::from_millis(20));
        return None;
    }
    Some(answer.is(status).unwrap())
}

/// Says things about the assessment.
pub(crate) struct Commenter {
    org: Org,
    number: usize,
    next: u64,
    pending: Option<u64>,
    said: BTreeMap<u64, String>,
    new: Vec<u64>,
    tally: Tally,
}

impl Commenter {
    pub(crate) fn new(org: &Org, number: usize) -> Self {
        let (pending, said, new) = (None, BTreeMap::new(), Vec::new());
        Self { org: org.clone(), number, next: 0, pending, said, new, tally: Tally::default() }
    }

    fn words(&self, n: u64) -> String {
        format!("program {} says {n}", self.number)
    }

    fn is_said(&self, client: &mut Client, n: u64) {
        let found = client.get(&format!("{}/comments/{}", self.org.base(), self.said[&n])).unwrap().is(200).unwrap();
        assert_eq!(text(&found.json(), "text"), self.words(n));
    }
}

impl Actor for Commenter {
    fn step(&mut self, client: &mut Client) -> io::Result<()> {
        let n = match self.pending {
            Some(n) => {
                self.tally.again += 1;
                n
            }
            None => {
                self.next += 1;
                self.next
            }
        };
        self.pending = Some(n);
        let key = format!("comment-{}-{n}", self.number);
        let body = json!({ "about": self.org.assessment, "text": self.words(n) });
        let answer = client.post(&format!("{}/comments", self.org.base()), &body, &[("idempotency-key", &key)])?;
        if let Some(answer) = told(&mut self.tally, answer, 201) {
            self.said.insert(n, text(&answer.json(), "id"));
            self.new.push(n);
            self.pending = None;
            self.tally.acknowledged += 1;
        }
        Ok(())
    }

    fn look(&mut self, client: &mut Client) {
        for n in std::mem::take(&mut self.new) {
            self.is_said(client, n);
        }
    }

    fn settle(&mut self, client: &mut Client, audit: &Audit) {
        while self.pending.is_some() {
            self.step(client).unwrap();
        }
        for (n, id) in &self.said {
            self.is_said(client, *n);
            assert_eq!(audit.count("comment.added", id).max(u64::from(*n == self.next)), 1, "leaf of comment {n}");
        }
        // Each was said once, however often it was asked.
        let (mut after, mut found) = (String::new(), BTreeMap::<String, u64>::new());
        loop {
            let page = client.get(&format!("{}/comments?limit=500&after={after}", self.org.base())).unwrap();
            let page = page.is(200).unwrap().json();
            for comment in items(&page) {
                *found.entry(text(comment, "text")).or_default() += 1;
            }
            match page["next"].as_str() {
                Some(next) => after = next.to_owned(),
                None => break,
            }
        }
        let own: BTreeMap<_, _> =
            found.into_iter().filter(|(words, _)| words.starts_with(&format!("program {} ", self.number))).collect();
        assert!(own.values().all(|times| *times == 1), "something was said twice: {own:?}");
        assert_eq!(own.len(), self.said.len(), "something was said that nobody was told of");
    }

    fn number(&self) -> usize {
        self.number
    }

    fn org(&self) -> &Org {
        &self.org
    }

    fn tally(&self) -> Tally {
        self.tally
    }
}

/// Answers requirements, over and over.
pub(crate) struct Responder {
    org: Org,
    number: usize,
    chance: Chance,
    known: BTreeMap<String, (u64, String)>,
    pending: Option<(String, String)>,
    count: u64,
    new: Vec<String>,
    tally: Tally,
}

impl Responder {
    pub(crate) fn new(org: &Org, number: usize, seed: u64) -> Self {
        let (chance, known, tally) = (Chance::new(seed), BTreeMap::new(), Tally::default());
        Self { org: org.clone(), number, chance, known, pending: None, count: 0, new: Vec::new(), tally }
    }

    fn path(&self, requirement: &str) -> String {
        format!("{}/assessments/{}/responses/{requirement}", self.org.base(), self.org.assessment)
    }

    fn is_answered(&self, client: &mut Client, requirement: &str) {
        let (rev, words) = &self.known[requirement];
        let found = client.get(&self.path(requirement)).unwrap().is(200).unwrap().json();
        let now = text(&found["entry"], "comment");
        let asked = self.pending.as_ref().filter(|(pending, _)| pending == requirement);
        // What was asked and not answered may have happened, and nothing else.
        let happened = asked.is_some_and(|(_, asked)| *asked == now) && found["rev"] == rev + 1;
        assert!(happened || (now == *words && found["rev"] == *rev), "{requirement}: {rev} {words}, but {found}");
    }
}

impl Actor for Responder {
    fn step(&mut self, client: &mut Client) -> io::Result<()> {
        let (requirement, words) = match self.pending.clone() {
            Some(pending) => {
                self.tally.again += 1;
                pending
            }
            None => {
                self.count += 1;
                // A few of them, so that each has many revisions.
                let nth = self.chance.below(self.org.requirements.len().min(6) as u64) as usize;
                (self.org.requirements[nth].0.clone(), format!("answer {}", self.count))
            }
        };
        self.pending = Some((requirement.clone(), words.clone()));
        let entry = json!({ "owner": "lena", "comment": words,
            "implemented": { "met": "all", "strength": "very-high", "evidence": ["handbook"], "since": "2026-02-02" } });
        let begun = self.org.requirements.iter().find(|(id, _)| *id == requirement).unwrap().1;
        let before = self.known.get(&requirement).map_or(begun, |(rev, _)| *rev);
        let read = format!("\"{before}\"");
        let key = format!("answer-{}-{}", self.number, self.count);
        let headers = [("if-match", read.as_str()), ("idempotency-key", key.as_str())];
        let answer = client.json("PUT", &self.path(&requirement), &json!({ "entry": entry }), &headers)?;
        if let Some(answer) = told(&mut self.tally, answer, 200) {
            let now = answer.json()["rev"].as_u64().unwrap();
            self.known.insert(requirement.clone(), (now, words));
            assert_eq!(now, before + 1, "a write was done twice, or lost");
            self.new.push(requirement);
            self.pending = None;
            self.tally.acknowledged += 1;
        }
        Ok(())
    }

    fn look(&mut self, client: &mut Client) {
        for requirement in std::mem::take(&mut self.new) {
            self.is_answered(client, &requirement);
        }
    }

    fn settle(&mut self, client: &mut Client, _: &Audit) {
        while self.pending.is_some() {
            self.step(client).unwrap();
        }
        for requirement in self.known.keys() {
            self.is_answered(client, requirement);
        }
    }

    fn number(&self) -> usize {
        self.number
    }

    fn org(&self) -> &Org {
        &self.org
    }

    fn tally(&self) -> Tally {
        self.tally
    }
}

/// A file on its way.
struct Sending {
    bytes: Vec<u8>,
    name: String,
    upload: Option<String>,
    acknowledged: usize,
    sha256: Option<String>,
    asked: bool,
}

/// Uploads evidence in pieces.
pub(crate) struct Uploader {
    org: Org,
    number: usize,
    chance: Chance,
    count: u64,
    sending: Option<Sending>,
    fresh: bool,
    kept: BTreeMap<String, Digest>,
    new: Vec<String>,
    tally: Tally,
}

impl Uploader {
    pub(crate) fn new(org: &Org, number: usize, seed: u64) -> Self {
        let (chance, kept, tally) = (Chance::new(seed), BTreeMap::new(), Tally::default());
        Self { org: org.clone(), number, chance, count: 0, sending: None, fresh: true, kept, new: Vec::new(), tally }
    }

    fn is_kept(&self, client: &mut Client, id: &str) {
        let bytes = client.get(&format!("{}/evidence/{id}/content", self.org.base())).unwrap().is(200).unwrap().body;
        assert_eq!(Digest::of(&bytes), self.kept[id], "evidence {id}");
    }

    fn sent(&mut self, sending: &mut Sending, client: &mut Client) -> io::Result<bool> {
        let uploads = format!("{}/uploads", self.org.base());
        let Some(upload) = sending.upload.clone() else {
            let answer = client.post(&uploads, &json!({ "size": sending.bytes.len() }), &[])?;
            sending.upload = told(&mut self.tally, answer, 201).map(|answer| text(&answer.json(), "id"));
            return Ok(false);
        };
        if sending.sha256.is_none() {
            let path = format!("{uploads}/{upload}");
            let Some(state) = told(&mut self.tally, client.get(&path)?, 200).map(|answer| answer.json()) else {
                return Ok(false);
            };
            let offset = state["offset"].as_u64().unwrap() as usize;
            let receiving = state["phase"] == "receiving";
            assert!(
                !receiving || offset >= sending.acknowledged,
                "{} were acknowledged: {state}",
                sending.acknowledged
            );
            if self.fresh && receiving && offset > 0 {
                self.tally.resumed += 1;
            }
            self.fresh = false;
            if receiving && offset < sending.bytes.len() {
                let end = sending.bytes.len().min(offset + 1 + self.chance.below(120_000) as usize);
                let at = offset.to_string();
                let answer = client.send("PATCH", &path, &[("upload-offset", &at)], &sending.bytes[offset..end])?;
                if answer.status == 409 {
                    // The store has what it could not say that it has: the next look tells how far.
                    assert_eq!(answer.json()["type"], "urn:attesta:problem:upload-offset", "{answer:?}");
                    self.tally.beaten += 1;
                    return Ok(false);
                }
                if let Some(answer) = told(&mut self.tally, answer, 200) {
                    sending.acknowledged = answer.json()["offset"].as_u64().unwrap() as usize;
                    assert_eq!(sending.acknowledged, end);
                    self.tally.acknowledged += 1;
                }
                return Ok(false);
            }
            let answer = client.send("POST", &format!("{path}/finish"), &[], &[])?;
            if let Some(answer) = told(&mut self.tally, answer, 200) {
                let sha256 = text(&answer.json(), "sha256");
                assert_eq!(sha256, Digest::of(&sending.bytes).to_string());
                sending.sha256 = Some(sha256);
                self.tally.acknowledged += 1;
            }
            return Ok(false);
        }
        if std::mem::replace(&mut sending.asked, true) {
            self.tally.again += 1;
        }
        let body = json!({ "sha256": sending.sha256, "file_name": sending.name });
        let path = format!("{}/evidence", self.org.base());
        let answer = client.post(&path, &body, &[("idempotency-key", &sending.name)])?;
        let Some(answer) = told(&mut self.tally, answer, 201) else { return Ok(false) };
        let id = text(&answer.json()["evidence"], "id");
        self.kept.insert(id.clone(), Digest::of(&sending.bytes));
        self.new.push(id);
        self.tally.acknowledged += 1;
        Ok(true)
    }
}

impl Actor for Uploader {
    fn step(&mut self, client: &mut Client) -> io::Result<()> {
        let mut sending = self.sending.take().unwrap_or_else(|| {
            self.count += 1;
            let size = 1 + self.chance.below(400_000) as usize;
            let (bytes, name) = (self.chance.bytes(size), format!("file-{}-{}", self.number, self.count));
            Sending { bytes, name, upload: None, acknowledged: 0, sha256: None, asked: false }
        });
        let done = self.sent(&mut sending, client);
        if !matches!(done, Ok(true)) {
            self.sending = Some(sending);
        }
        done.map(drop)
    }

    fn look(&mut self, client: &mut Client) {
        self.fresh = true;
        for id in std::mem::take(&mut self.new) {
            self.is_kept(client, &id);
        }
    }

    fn settle(&mut self, client: &mut Client, audit: &Audit) {
        while self.sending.is_some() {
            self.step(client).unwrap();
        }
        for id in self.kept.keys() {
            self.is_kept(client, id);
        }
        let newest = format!("file-{}-{}", self.number, self.count);
        // All that is shown was promised; nothing else is visible.
        let (mut after, mut found) = (String::new(), 0);
        loop {
            let page = client.get(&format!("{}/evidence?limit=500&after={after}", self.org.base())).unwrap();
            let page = page.is(200).unwrap().json();
            for evidence in items(&page) {
                let (id, name) = (text(evidence, "id"), text(evidence, "file_name"));
                if name.starts_with(&format!("file-{}-", self.number)) {
                    assert!(self.kept.contains_key(&id), "evidence {id} that nobody was told of");
                    found += 1;
                    assert_eq!(audit.count("evidence.added", &id).max(u64::from(name == newest)), 1);
                }
            }
            match page["next"].as_str() {
                Some(next) => after = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(found, self.kept.len());
    }

    fn number(&self) -> usize {
        self.number
    }

    fn org(&self) -> &Org {
        &self.org
    }

    fn tally(&self) -> Tally {
        self.tally
    }
}

/// Counts on one task with others: reads it, and adds one where nobody was faster.
pub(crate) struct Counter {
    org: Org,
    number: usize,
    task: String,
    pub(crate) added: u64,
    tally: Tally,
}

impl Counter {
    pub(crate) fn new(org: &Org, number: usize, task: &str) -> Self {
        Self { org: org.clone(), number, task: task.to_owned(), added: 0, tally: Tally::default() }
    }

    /// The task, and what was counted on it.
    pub(crate) fn task(org: &Org, client: &mut Client) -> String {
        let made = client.post(&format!("{}/tasks", org.base()), &json!({ "title": "counted", "text": "0" }), &[]);
        text(&made.unwrap().is(201).unwrap().json(), "id")
    }

    pub(crate) fn counted(org: &Org, task: &str, client: &mut Client) -> u64 {
        let found = client.get(&format!("{}/tasks/{task}", org.base())).unwrap().is(200).unwrap().json();
        text(&found, "text").parse().unwrap()
    }
}

impl Actor for Counter {
    fn step(&mut self, client: &mut Client) -> io::Result<()> {
        let path = format!("{}/tasks/{}", self.org.base(), self.task);
        let Some(read) = told(&mut self.tally, client.get(&path)?, 200) else { return Ok(()) };
        let count: u64 = text(&read.json(), "text").parse().unwrap();
        let etag = read.header("etag").unwrap().to_owned();
        let body: Value = json!({ "text": (count + 1).to_string() });
        let answer = client.json("PATCH", &path, &body, &[("if-match", &etag)])?;
        if answer.status == 412 {
            self.tally.beaten += 1;
            return Ok(());
        }
        if told(&mut self.tally, answer, 200).is_some() {
            self.added += 1;
            self.tally.acknowledged += 1;
        }
        Ok(())
    }

    fn look(&mut self, _: &mut Client) {}

    fn settle(&mut self, _: &mut Client, _: &Audit) {}

    fn number(&self) -> usize {
        self.number
    }

    fn org(&self) -> &Org {
        &self.org
    }

    fn tally(&self) -> Tally {
        self.tally
    }
}
