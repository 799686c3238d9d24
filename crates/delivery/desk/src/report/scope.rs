//! What is assessed and what is not, as the scope says it.
#![allow(missing_docs, reason = "fields are the keys of the JSON, which the reference explains")]

use std::collections::BTreeSet;

use attesta_assessment::{Coverage, Environment, Inclusion};
use serde::Serialize;

use crate::Desk;

/// What is assessed.
#[derive(Debug, Default, Serialize)]
pub struct Scope {
    /// What the organisation does.
    pub description: String,
    /// Kinds of data.
    pub data: Vec<String>,
    /// Systems: title, what for, data that it touches, why left out (empty for in scope).
    pub systems: Vec<[String; 4]>,
    /// Facilities: title, place, why left out (empty for in scope).
    pub facilities: Vec<[String; 3]>,
    /// Providers: title, services, whether they touch ePHI, how their part is covered.
    pub providers: Vec<[String; 4]>,
    /// How many flows of data are described.
    pub flows: usize,
}

impl Scope {
    /// The titles of what is in it.
    pub fn inside(&self) -> Vec<&str> {
        self.systems.iter().filter(|[_, _, _, out]| out.is_empty()).map(|[title, ..]| title.as_str()).collect()
    }
}

/// The scope of an assessment.
pub fn scope(desk: &Desk) -> Scope {
    let it = &desk.dossier.scope;
    let words = |words: &BTreeSet<Box<str>>| words.iter().map(|w| &**w).collect::<Vec<_>>().join(", ");
    Scope {
        description: it.description.clone(),
        data: it.data_types.iter().map(ToString::to_string).collect(),
        systems: it
            .systems
            .values()
            .map(|s| &s.value)
            .map(|s| [s.title.clone(), environment(s.environment).to_owned(), words(&s.touches), out(&s.inclusion)])
            .collect(),
        facilities: it
            .facilities
            .values()
            .map(|f| &f.value)
            .map(|f| [f.title.clone(), f.place.clone(), out(&f.inclusion)])
            .collect(),
        providers: it
            .providers
            .values()
            .map(|p| &p.value)
            .map(|p| {
                let ephi = if p.ephi { "touches it" } else { "does not" };
                [p.title.clone(), p.services.join(", "), ephi.to_owned(), covered(p.coverage).to_owned()]
            })
            .collect(),
        flows: it.flows.len(),
    }
}

fn out(inclusion: &Inclusion) -> String {
    match inclusion {
        Inclusion::In => String::new(),
        Inclusion::Out { because } => because.clone(),
    }
}

fn environment(environment: Environment) -> &'static str {
    match environment {
        Environment::Production => "serves customers or patients",
        Environment::Development => "development and test",
        Environment::BackOffice => "back office",
    }
}

fn covered(coverage: Option<Coverage>) -> &'static str {
    match coverage {
        None => "nobody said",
        Some(Coverage::Inheritance) => "its results are inherited",
        Some(Coverage::Report) => "a report is relied upon",
        Some(Coverage::Tested) => "the assessor tests it",
        Some(Coverage::InternalAssessor) => "internal assessors' testing is relied upon",
        Some(Coverage::CarvedOut) => "carved out",
    }
}
