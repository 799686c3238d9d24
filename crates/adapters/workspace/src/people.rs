//! `people.yaml`.

use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{Person, PersonId, Side};
use attesta_catalog::{Fault, Placed};
use attesta_content::{
    File,
    yaml::{self, Reading},
};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::index;

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
}

pub(crate) fn read(file: &File, faults: &mut Vec<Fault>) -> BTreeMap<PersonId, Placed<Person>> {
    let raw: Raw = match yaml::parse(file, "attesta.people/1") {
        Ok(raw) => raw,
        Err(fault) => {
            faults.push(fault);
            return BTreeMap::new();
        }
    };
    let reading = &mut Reading { file, faults };
    let people: Vec<_> = raw.people.iter().filter_map(|raw| person(reading, raw)).collect();
    index("person", people, |person| person.id.clone(), faults)
}

fn person(reading: &mut Reading<'_>, raw: &RawPerson) -> Option<Placed<Person>> {
    let place = reading.place(&raw.id);
    let id = reading.value::<PersonId>(&raw.id);
    let name = reading.says("name", &raw.name);
    let side = reading.value::<Side>(&raw.side);
    let implemented = reading.list(&raw.implemented);
    Some(Placed::new(
        place,
        Person {
            id: id?.value,
            name: name?,
            side: side?.value,
            role: raw.role.clone(),
            credentials: raw.credentials.clone(),
            implemented: implemented.into_iter().map(|k| k.value).collect(),
        },
    ))
}
