//! Rows whose leaves say the same: what people do beside an assessment, who belongs to an organisation, its name, and the
//! index by which evidence is found.

use std::collections::{BTreeMap, BTreeSet};

use attesta_kernel::Digest;
use attesta_ledger::{Note, VerifierKey};
use attesta_store::{IMPORTED, KEY_CHANGED, Page, Room};
use attesta_vault::Entry;
use serde_json::Value;

use super::{Audit, LOOK};
use crate::UpkeepError;

/// The members of a leaf's record that tells of a record.
const RECORD: [&str; 6] = ["about", "state", "owner", "due", "rev", "body"];
/// What stands in a leaf's record for a secret.
const SECRET: &str = "\"(sealed)\"";

/// What leaves said last of a record.
struct Said {
    digest: Digest,
    /// Whether it may have stayed behind: an archive takes no sealed secrets along.
    maybe_gone: bool,
    holds_secret: bool,
}

/// What the leaves of a log say that rows must say too.
#[derive(Default)]
pub(super) struct Rows {
    name: Option<String>,
    kind: Option<String>,
    settings: Option<String>,
    records: BTreeMap<(String, String), Said>,
    /// Digest, and the leaf that said it.
    members: BTreeMap<String, (Digest, u64)>,
    /// Leaves that tell of another key without the word of the key before.
    unvouched: Vec<u64>,
}

/// Whether the key that signed before says so itself.
fn is_vouched(record: &Value) -> bool {
    let word = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
    let (Ok(former), Ok(note)) = (word("former_key").parse::<VerifierKey>(), Note::parse(word("note"))) else {
        return false;
    };
    note.stated(&former).is_ok_and(|stated| stated == format!("{KEY_CHANGED} {}", word("key")))
}

fn digest(value: &Value) -> Digest {
    Digest::of(value.to_string().as_bytes())
}

impl Rows {
    pub(super) fn hear(&mut self, entry: &Entry) {
        let Ok(mut value) = serde_json::from_str::<Value>(&entry.record) else { return };
        let Some(members) = value.as_object_mut() else { return };
        // From where it came stands in the log alone.
        members.remove("from");
        let is_record = members.len() == RECORD.len() && RECORD.iter().all(|name| members.contains_key(*name));
        let (kind, subject) = (entry.leaf.kind.as_str(), entry.leaf.subject.as_str());
        match kind {
            "organisation.founded" | "organisation.changed" => {
                let word = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
                self.name = word("name");
                self.kind = word("kind").or(self.kind.take());
                self.settings = word("settings");
            }
            // Whom the import makes the owner, the leaf before this one says.
            IMPORTED => self.travel(entry.index.checked_sub(1)),
            "member.added" | "member.changed" => {
                self.members.insert(subject.to_owned(), (digest(&value), entry.index));
            }
            KEY_CHANGED if !is_vouched(&value) => self.unvouched.push(entry.index),
            "member.removed" => drop(self.members.remove(subject)),
            _ if is_record => {
                let Some((whose, what)) = kind.rsplit_once('.') else { return };
                let key = (whose.to_owned(), subject.to_owned());
                if what == "removed" {
                    self.records.remove(&key);
                } else {
                    let holds_secret = value.to_string().contains(SECRET);
                    self.records.insert(key, Said { digest: digest(&value), maybe_gone: false, holds_secret });
                }
            }
            _ => {}
        }
    }

    /// Everything moved to another instance: roles stayed behind, all but what one leaf says, and so did sealed secrets.
    pub(super) fn travel(&mut self, but: Option<u64>) {
        for said in self.records.values_mut() {
            said.maybe_gone = said.maybe_gone || said.holds_secret;
        }
        self.members.retain(|_, (_, leaf)| Some(*leaf) == but);
    }

    pub(super) async fn compare(&self, tenant: &str, audit: &mut Audit, room: &mut Room) -> Result<(), UpkeepError> {
        let here = room.organisation().await?;
        for (what, told, found) in [
            ("name", &self.name, &here.name),
            ("kind", &self.kind, &here.kind),
            ("settings", &self.settings, &here.settings()),
        ] {
            if told.as_ref().is_some_and(|told| told != found) {
                audit.find(tenant, "organisation", format!("its {what} is not what the log tells of it"));
            }
        }
        for leaf in &self.unvouched {
            audit.find(tenant, format!("leaf {leaf}"), "the key that signed before does not state the new one");
        }
        self.records(tenant, audit, room).await?;
        self.members(tenant, audit, room).await
    }

    async fn records(&self, tenant: &str, audit: &mut Audit, room: &mut Room) -> Result<(), UpkeepError> {
        let (mut after, mut here) = ((String::new(), String::new()), BTreeSet::new());
        loop {
            let some = room.every_record((&after.0, &after.1), LOOK).await?;
            for record in &some {
                audit.records += 1;
                let key = (record.kind.clone(), record.id.clone());
                let place = format!("{} {}", record.kind, record.id);
                match self.records.get(&key) {
                    Some(said) if said.digest == digest(&record.told()) => {}
                    Some(_) => audit.find(tenant, place, "it is not what the log tells of it"),
                    None => audit.find(tenant, place, "the log does not tell of it"),
                }
                here.insert(key);
            }
            match some.into_iter().next_back() {
                Some(last) => after = (last.kind, last.id),
                None => break,
            }
        }
        for ((kind, id), _) in self.records.iter().filter(|(key, said)| !said.maybe_gone && !here.contains(*key)) {
            audit.find(tenant, format!("{kind} {id}"), "the log tells of it, and it is missing");
        }
        Ok(())
    }

    async fn members(&self, tenant: &str, audit: &mut Audit, room: &mut Room) -> Result<(), UpkeepError> {
        let (mut page, mut here) = (Page::first(LOOK), BTreeSet::new());
        loop {
            let some = room.members(&page).await?;
            for member in &some {
                audit.members += 1;
                let place = format!("member {}", member.account);
                match self.members.get(&member.account) {
                    Some((said, _)) if *said == digest(&member.told()) => {}
                    Some(_) => audit.find(tenant, place, "they are not what the log tells of them"),
                    None => audit.find(tenant, place, "the log does not tell of them"),
                }
                here.insert(member.account.clone());
            }
            match some.into_iter().next_back() {
                Some(last) => page.after = last.account,
                None => break,
            }
        }
        for account in self.members.keys().filter(|account| !here.contains(*account)) {
            audit.find(tenant, format!("member {account}"), "the log tells of them, and they are missing");
        }
        Ok(())
    }
}

/// Compares the index of what evidence is for with what its events say.
pub(super) async fn links(
    tenant: &str,
    audit: &mut Audit,
    room: &mut Room,
    mut told: BTreeSet<(String, String)>,
) -> Result<(), UpkeepError> {
    let mut after = (String::new(), String::new());
    loop {
        let some = room.evidence_links((&after.0, &after.1), LOOK).await?;
        for link in &some {
            audit.links += 1;
            if !told.remove(link) {
                let (target, id) = link;
                audit.find(
                    tenant,
                    format!("evidence {id}"),
                    format!("it is found for `{target}`, and its events say nothing of that"),
                );
            }
        }
        match some.into_iter().next_back() {
            Some(last) => after = last,
            None => break,
        }
    }
    for (target, id) in told {
        audit.find(tenant, format!("evidence {id}"), format!("it is for `{target}`, and is not found there"));
    }
    Ok(())
}
