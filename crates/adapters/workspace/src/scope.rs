//! `scope.yaml`.

use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};

use attesta_assessment::{
    Component, Coverage, Environment, Facility, Flow, Inclusion, NotAnId, Provider, ProviderId, Scope, System,
};
use attesta_catalog::{Fault, Placed};
use attesta_content::{
    File,
    yaml::{self, Reading},
};
use serde::Deserialize;
use serde_saphyr::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    data_types: BTreeSet<String>,
    #[serde(default)]
    systems: Vec<RawSystem>,
    #[serde(default)]
    facilities: Vec<RawFacility>,
    #[serde(default)]
    components: Vec<RawComponent>,
    #[serde(default)]
    providers: Vec<RawProvider>,
    #[serde(default)]
    flows: Vec<Spanned<RawFlow>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSystem {
    id: Spanned<String>,
    title: Spanned<String>,
    environment: RawEnvironment,
    #[serde(default)]
    touches: BTreeSet<String>,
    in_scope: Spanned<bool>,
    because: Option<String>,
    #[serde(default)]
    providers: Vec<Spanned<String>>,
    dedicated: Option<bool>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RawEnvironment {
    Production,
    Development,
    BackOffice,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFacility {
    id: Spanned<String>,
    title: Spanned<String>,
    place: Spanned<String>,
    in_scope: Spanned<bool>,
    because: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawComponent {
    id: Spanned<String>,
    title: Spanned<String>,
    #[serde(default)]
    systems: Vec<Spanned<String>>,
    #[serde(default)]
    facilities: Vec<Spanned<String>>,
    rationale: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProvider {
    id: Spanned<String>,
    title: Spanned<String>,
    #[serde(default)]
    services: Vec<String>,
    coverage: Option<RawCoverage>,
    #[serde(default)]
    ephi: bool,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RawCoverage {
    Inheritance,
    Report,
    Tested,
    InternalAssessor,
    CarvedOut,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFlow {
    from: String,
    to: String,
    data: BTreeSet<String>,
}

pub(crate) fn read(file: &File, faults: &mut Vec<Fault>) -> Scope {
    let raw: Raw = match yaml::parse(file, "attesta.scope/1") {
        Ok(raw) => raw,
        Err(fault) => {
            faults.push(fault);
            return Scope::default();
        }
    };
    let mut rows = Rows { reading: Reading { file, faults } };
    let systems = raw.systems.iter().map(|s| (&s.id, system(s, &mut rows), Some(s.in_scope.value))).collect();
    let facilities = raw.facilities.iter().map(|f| (&f.id, facility(f, &mut rows), Some(f.in_scope.value))).collect();
    let components = raw.components.iter().map(|c| (&c.id, component(c, &mut rows), None)).collect();
    let providers = raw.providers.iter().map(|p| (&p.id, provider(p, &mut rows), None)).collect();
    let flows = raw.flows.iter().map(|row| {
        let flow = &row.value;
        let flow = Flow { from: flow.from.as_str().into(), to: flow.to.as_str().into(), data: words(&flow.data) };
        Placed::new(rows.reading.place(row), flow)
    });
    let flows = flows.collect();
    Scope {
        description: raw.description,
        data_types: words(&raw.data_types),
        systems: rows.index("system", systems),
        facilities: rows.index("facility", facilities),
        components: rows.index("component", components),
        providers: rows.index("provider", providers),
        flows,
    }
}

fn words(given: &BTreeSet<String>) -> BTreeSet<Box<str>> {
    given.iter().map(|w| w.as_str().into()).collect()
}

/// What a row is called, what it says, and whether it is in scope, where that can be asked.
type Row<'a, T> = (&'a Spanned<String>, Option<T>, Option<bool>);

struct Rows<'a> {
    reading: Reading<'a>,
}

impl Rows<'_> {
    /// Rows by id; one that stands twice is a fault, and another one where it is in scope and out.
    fn index<K, T>(&mut self, what: &str, rows: Vec<Row<'_, T>>) -> BTreeMap<K, Placed<T>>
    where
        K: Ord + FromStr<Err = NotAnId>,
    {
        let mut seen: BTreeMap<&str, (Option<u32>, Option<bool>)> = BTreeMap::new();
        let mut found = BTreeMap::new();
        for (id, row, included) in rows {
            let place = self.reading.place(id);
            if let Some((line, before)) = seen.insert(&id.value, (place.line, included)) {
                let first = line.map_or_else(String::new, |l| format!(" in line {l}"));
                let message = if before == included {
                    format!("{what} `{}` stands twice", id.value)
                } else {
                    format!("{what} `{}` is in scope and out of scope", id.value)
                };
                self.reading.complain(id, message, format!("it stands first{first}; keep one"));
            }
            if let (Some(key), Some(row)) = (self.reading.value::<K>(id), row) {
                found.insert(key.value, Placed::new(place, row));
            }
        }
        found
    }

    fn inclusion(
        &mut self,
        what: &str,
        id: &str,
        included: &Spanned<bool>,
        because: Option<&str>,
    ) -> Option<Inclusion> {
        let reason = because.map(str::trim).filter(|b| !b.is_empty());
        match (included.value, reason) {
            (true, None) => Some(Inclusion::In),
            (false, Some(reason)) => Some(Inclusion::Out { because: reason.to_owned() }),
            (true, Some(_)) => {
                let message = format!("{what} `{id}` is in scope, and `because` says why it is out");
                self.reading.complain(included, message, "take `because` away, or write `in_scope: false`");
                None
            }
            (false, None) => {
                let message = format!("{what} `{id}` is out of scope without a reason");
                self.reading.complain(included, message, "say under `because` why");
                None
            }
        }
    }
}

fn system(raw: &RawSystem, rows: &mut Rows<'_>) -> Option<System> {
    let title = rows.reading.says("title", &raw.title);
    let inclusion = rows.inclusion("system", &raw.id.value, &raw.in_scope, raw.because.as_deref());
    let providers = rows.reading.list::<ProviderId>(&raw.providers);
    Some(System {
        title: title?,
        environment: match raw.environment {
            RawEnvironment::Production => Environment::Production,
            RawEnvironment::Development => Environment::Development,
            RawEnvironment::BackOffice => Environment::BackOffice,
        },
        touches: words(&raw.touches),
        inclusion: inclusion?,
        providers: providers.into_iter().map(|p| p.value).collect(),
        dedicated: raw.dedicated,
    })
}

fn facility(raw: &RawFacility, rows: &mut Rows<'_>) -> Option<Facility> {
    let title = rows.reading.says("title", &raw.title);
    let place = rows.reading.says("place", &raw.place);
    let inclusion = rows.inclusion("facility", &raw.id.value, &raw.in_scope, raw.because.as_deref());
    Some(Facility { title: title?, place: place?, inclusion: inclusion? })
}

fn component(raw: &RawComponent, rows: &mut Rows<'_>) -> Option<Component> {
    let title = rows.reading.says("title", &raw.title);
    let systems = rows.reading.list(&raw.systems);
    let facilities = rows.reading.list(&raw.facilities);
    Some(Component {
        title: title?,
        systems: systems.into_iter().map(|s| s.value).collect(),
        facilities: facilities.into_iter().map(|f| f.value).collect(),
        rationale: raw.rationale.clone(),
    })
}

fn provider(raw: &RawProvider, rows: &mut Rows<'_>) -> Option<Provider> {
    let coverage = raw.coverage.map(|coverage| match coverage {
        RawCoverage::Inheritance => Coverage::Inheritance,
        RawCoverage::Report => Coverage::Report,
        RawCoverage::Tested => Coverage::Tested,
        RawCoverage::InternalAssessor => Coverage::InternalAssessor,
        RawCoverage::CarvedOut => Coverage::CarvedOut,
    });
    let title = rows.reading.says("title", &raw.title)?;
    Some(Provider { title, services: raw.services.clone(), coverage, ephi: raw.ephi })
}
