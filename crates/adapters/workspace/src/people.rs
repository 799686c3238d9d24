//! `people.yaml`, and `people/*.yaml`, which a server writes: one for each account that takes part.

use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{Person, PersonId, Side};
use attesta_catalog::{Fault, Placed};
use attesta_content::{
    File,
    yaml::{self, Reading},
};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    folder::{Change, Over},
    index, text,
};

/// The folder of people with accounts.
pub(crate) const PEOPLE: &str = "people";

const SCHEMA: &str = "attesta.people/1";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    people: Vec<RawPerson>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPerson {
    id: Spanned<String>,
    name: Spanned<String>,
    side: Spanned<String>,
    #[serde(default)]
    role: String,
    #[serde(default)]
    credentials: BTreeSet<String>,
    #[serde(default)]
    implemented: Vec<Spanned<String>>,
    account: Option<Spanned<String>>,
}

/// No name of an account is longer.
const LONGEST_ACCOUNT: usize = 80;

/// Everybody in the files; somebody who stands twice is a fault, and so is an account that two people have.
pub(crate) fn read(files: &[File], faults: &mut Vec<Fault>) -> BTreeMap<PersonId, Placed<Person>> {
    let rows: Vec<_> = files.iter().flat_map(|file| one(file, faults)).collect();
    let people = index("person", rows, |person| person.id.clone(), faults);
    let mut accounts: BTreeMap<&str, &PersonId> = BTreeMap::new();
    for placed in people.values() {
        let Some(account) = placed.value.account.as_deref() else { continue };
        if let Some(first) = accounts.insert(account, &placed.value.id) {
            let message = format!("account `{account}` is that of `{first}` too");
            faults.push(Fault::new(placed.place.clone(), message, "let one account be one person"));
        }
    }
    people
}

fn one(file: &File, faults: &mut Vec<Fault>) -> Vec<Placed<Person>> {
    let raw: Raw = match yaml::parse(file, SCHEMA) {
        Ok(raw) => raw,
        Err(fault) => {
            faults.push(fault);
            return Vec::new();
        }
    };
    let reading = &mut Reading { file, faults };
    raw.people.iter().filter_map(|raw| person(reading, raw)).collect()
}

fn person(reading: &mut Reading<'_>, raw: &RawPerson) -> Option<Placed<Person>> {
    let place = reading.place(&raw.id);
    let id = reading.value::<PersonId>(&raw.id);
    let name = reading.says("name", &raw.name);
    let side = reading.value::<Side>(&raw.side);
    let implemented = reading.list(&raw.implemented);
    let account = account(reading, raw.account.as_ref());
    Some(Placed::new(
        place,
        Person {
            id: id?.value,
            name: name?,
            side: side?.value,
            role: raw.role.clone(),
            credentials: raw.credentials.clone(),
            implemented: implemented.into_iter().map(|k| k.value).collect(),
            account: account?,
        },
    ))
}

fn account(reading: &mut Reading<'_>, raw: Option<&Spanned<String>>) -> Option<Option<Box<str>>> {
    let Some(raw) = raw else { return Some(None) };
    let fits = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c == b'-';
    if (1..=LONGEST_ACCOUNT).contains(&raw.value.len()) && raw.value.bytes().all(fits) {
        return Some(Some(raw.value.as_str().into()));
    }
    reading.complain(raw, "an account's id has letters, digits, `-` and `_`", "copy it as it is");
    None
}

/// The document of somebody who takes part with an account.
pub fn person_change(person: &Person) -> Change {
    let mut body = format!("schema: {SCHEMA}\npeople:\n  - id: {}\n    name: {}\n", person.id, text(&person.name));
    body.push_str(&format!("    side: {}\n    role: {}\n", person.side, text(&person.role)));
    if let Some(account) = &person.account {
        body.push_str(&format!("    account: {}\n", text(account)));
    }
    Change { inside: format!("{PEOPLE}/{}.yaml", person.id), text: body, over: Over::Nothing }
}
