//! Who can sign in, with what, and the secrets that give power: accounts, passkeys and accounts at providers, sessions,
//! API tokens, invitations, share links. Of each the log tells a digest of the row as it stands. Leaves of before
//! 27 November 2026 tell none; of what they tell last, only that it is there is compared.

use std::collections::{BTreeMap, BTreeSet};

use attesta_store::{Account, BearerKind, HOUSE, IMPORTED, Room};
use attesta_vault::Entry;
use serde_json::Value;

use super::{Audit, LOOK};
use crate::UpkeepError;

/// What leaves said last of a secret that gives power.
struct Power {
    kind: BearerKind,
    account: String,
    stands: Option<String>,
    ended: bool,
}

/// What the leaves of a log say of people's ways in.
#[derive(Default)]
pub(super) struct People {
    accounts: BTreeMap<String, Option<String>>,
    /// By the digest of kind and id: whose, and how it stands.
    logins: BTreeMap<String, (String, String)>,
    /// How many of whose were told without a name.
    unnamed: BTreeMap<String, u64>,
    powers: BTreeMap<String, Power>,
    /// Rows that were not what had been told when the program changed them: what, and by which leaf that shows.
    behind: Vec<(String, u64)>,
}

const NOT_TOLD: &str = "the log does not tell of it";
const OTHERWISE: &str = "it is not what the log tells of it";
const GONE: &str = "the log tells of it, and it is missing";

impl People {
    pub(super) fn hear(&mut self, entry: &Entry) {
        let (kind, subject) = (entry.leaf.kind.as_str(), entry.leaf.subject.as_str());
        // Tokens, links and invitations stayed where they were.
        if kind == IMPORTED {
            self.powers.clear();
            return;
        }
        let Some((whose, what)) = kind.split_once('.') else { return };
        let power = BearerKind::ALL.into_iter().find(|power| power.as_str() == whose);
        if whose != "account" && power.is_none() {
            return;
        }
        let Ok(record) = serde_json::from_str::<Value>(&entry.record) else { return };
        let word = |name: &str| record.get(name).and_then(Value::as_str).map(str::to_owned);
        let told = match power {
            Some(_) => self.powers.get(subject).and_then(|power| power.stands.clone()),
            None if what == "login-used" => {
                word("login").and_then(|login| self.logins.get(&login)).map(|(_, stands)| stands.clone())
            }
            None => self.accounts.get(subject).cloned().flatten(),
        };
        if told.zip(word("before")).is_some_and(|(told, before)| told != before) {
            self.behind.push((format!("{whose} {subject}"), entry.index));
        }
        match power {
            Some(kind) => self.hear_power((kind, what), subject, &word),
            None => self.hear_account(what, subject, &word),
        }
    }

    fn hear_account(&mut self, what: &str, subject: &str, word: &dyn Fn(&str) -> Option<String>) {
        match what {
            "added" | "changed" => drop(self.accounts.insert(subject.to_owned(), word("stands"))),
            "login-added" | "login-used" => match word("login").zip(word("stands")) {
                Some((login, stands)) => {
                    let before = self.logins.insert(login, (subject.to_owned(), stands));
                    if what == "login-used" && before.is_none() {
                        self.one_less(subject);
                    }
                }
                None => *self.unnamed.entry(subject.to_owned()).or_default() += 1,
            },
            "login-removed" => {
                let known = word("login").and_then(|login| self.logins.remove(&login));
                if known.is_none() {
                    self.one_less(subject);
                }
            }
            _ => {}
        }
    }

    /// One that was told without a name has one now, or is gone.
    fn one_less(&mut self, account: &str) {
        if let Some(count) = self.unnamed.get_mut(account) {
            *count = count.saturating_sub(1);
        }
    }

    fn hear_power(&mut self, (kind, what): (BearerKind, &str), subject: &str, word: &dyn Fn(&str) -> Option<String>) {
        match what {
            "made" => {
                let account = word("account").unwrap_or_default();
                let power = Power { kind, account, stands: word("stands"), ended: false };
                self.powers.insert(subject.to_owned(), power);
            }
            "changed" => {
                if let Some(power) = self.powers.get_mut(subject) {
                    power.stands = word("stands");
                }
            }
            "ended" => {
                if let Some(power) = self.powers.get_mut(subject) {
                    power.ended = true;
                }
            }
            "all-ended" => {
                // One that stays is named; where none is named, none is known to have ended but by a word for all.
                let but = word("but");
                let all = subject == "all";
                for (id, power) in &mut self.powers {
                    let meant = power.kind == kind && (all || power.account == subject);
                    let named = all || but.as_ref().is_some_and(|but| but != id);
                    power.ended = power.ended || (meant && named);
                }
            }
            _ => {}
        }
    }

    pub(super) async fn compare(&self, tenant: &str, audit: &mut Audit, room: &mut Room) -> Result<(), UpkeepError> {
        for (place, leaf) in &self.behind {
            audit.find(tenant, place.as_str(), format!("leaf {leaf} shows that it had been changed behind the log"));
        }
        if tenant == HOUSE {
            self.accounts(tenant, audit, room).await?;
            self.logins(tenant, audit, room).await?;
        }
        self.powers(tenant, audit, room).await
    }

    async fn accounts(&self, tenant: &str, audit: &mut Audit, room: &mut Room) -> Result<(), UpkeepError> {
        let (mut after, mut here) = (String::new(), BTreeSet::new());
        loop {
            let some = room.every_account(&after, LOOK).await?;
            for account in &some {
                audit.accounts += 1;
                let place = format!("account {}", account.id);
                match self.accounts.get(&account.id) {
                    Some(Some(stands)) if *stands != account.stands() => audit.find(tenant, place, OTHERWISE),
                    Some(_) => {}
                    None if came_with_an_import(account) => {}
                    None => audit.find(tenant, place, NOT_TOLD),
                }
                here.insert(account.id.clone());
            }
            match some.into_iter().next_back() {
                Some(last) => after = last.id,
                None => break,
            }
        }
        for id in self.accounts.keys().filter(|id| !here.contains(*id)) {
            audit.find(tenant, format!("account {id}"), GONE);
        }
        Ok(())
    }

    async fn logins(&self, tenant: &str, audit: &mut Audit, room: &mut Room) -> Result<(), UpkeepError> {
        let (mut after, mut here) = ((String::new(), String::new()), BTreeSet::new());
        let mut unnamed = self.unnamed.clone();
        loop {
            let some = room.every_login((&after.0, &after.1), LOOK).await?;
            for login in &some {
                audit.logins += 1;
                let place = format!("way to sign in of account {}", login.account);
                let named = login.named();
                match self.logins.get(&named) {
                    Some((account, stands)) if *account != login.account || *stands != login.stands() => {
                        audit.find(tenant, place, OTHERWISE);
                    }
                    Some(_) => {}
                    None => match unnamed.get_mut(&login.account).filter(|count| **count > 0) {
                        Some(count) => *count -= 1,
                        None => audit.find(tenant, place, NOT_TOLD),
                    },
                }
                here.insert(named);
            }
            match some.into_iter().next_back() {
                Some(last) => after = (last.kind, last.id),
                None => break,
            }
        }
        for (_, (account, _)) in self.logins.iter().filter(|(named, _)| !here.contains(*named)) {
            audit.find(tenant, format!("way to sign in of account {account}"), GONE);
        }
        Ok(())
    }

    async fn powers(&self, tenant: &str, audit: &mut Audit, room: &mut Room) -> Result<(), UpkeepError> {
        let (mut after, mut here) = (String::new(), BTreeSet::new());
        loop {
            let some = room.every_bearer(&after, LOOK).await?;
            for bearer in &some {
                audit.powers += 1;
                let place = format!("{} {}", bearer.kind, bearer.id);
                match self.powers.get(&bearer.id) {
                    None => audit.find(tenant, place, NOT_TOLD),
                    Some(told) => {
                        if told.kind != bearer.kind || told.stands.as_ref().is_some_and(|s| *s != bearer.stands()) {
                            audit.find(tenant, place, OTHERWISE);
                        } else if told.ended && bearer.ended.is_none() {
                            audit.find(tenant, place, "the log tells that it ended, and it is in force");
                        } else if !told.ended && bearer.ended.is_some() && told.kind != BearerKind::Session {
                            // A session may also be ended by an organisation, whose own log tells of that.
                            audit.find(tenant, place, "it has ended, and the log does not tell of that");
                        }
                    }
                }
                here.insert(bearer.id.clone());
            }
            match some.into_iter().next_back() {
                Some(last) => after = last.id,
                None => break,
            }
        }
        for (id, power) in self.powers.iter().filter(|(id, _)| !here.contains(*id)) {
            audit.find(tenant, format!("{} {id}", power.kind), GONE);
        }
        Ok(())
    }
}

/// A name that came with another instance's archive: nobody who can sign in, and no log tells of it here.
fn came_with_an_import(account: &Account) -> bool {
    account.state == "closed"
        && account.body == "{}"
        && account.email == format!("{}@imported.invalid", account.id.to_lowercase())
}
