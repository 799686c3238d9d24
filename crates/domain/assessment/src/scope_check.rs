//! What contradicts itself in a scope, and what is likely too broad or too narrow.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use attesta_catalog::{Fault, Placed};
use attesta_kernel::{Place, Provenance};

use crate::{CarveOuts, Coverage, Environment, Flow, Inclusion, Scope, System, SystemId};

/// A kind of data that a scope may speak of; content says which there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataType {
    /// What it is.
    pub title: String,
    /// Whether handling it belongs into the scope of an assessment.
    pub protected: bool,
    /// Where that comes from.
    pub provenance: Provenance,
}

/// Every kind of data, by its word.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DataTypes(pub BTreeMap<Box<str>, DataType>);

/// Something about a scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScopeFinding {
    /// Whether it stops the assessment.
    pub weight: ScopeWeight,
    /// What kind of thing it is.
    pub concern: ScopeConcern,
    /// Where, what, and the mend.
    pub fault: Fault,
}

/// Whether a finding about a scope stops the assessment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScopeWeight {
    /// The scope contradicts itself, or names what is not there; it is refused.
    Contradiction,
    /// It is likely not what was meant.
    Warning,
}

/// What kind of thing is found in a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScopeConcern {
    /// More is in scope than the data ask for.
    TooBroad,
    /// Something that the data ask for is left out.
    TooNarrow,
    /// A name leads to nothing, or to something that is out of scope.
    Dangling,
    /// A provider's part is not covered, or covered in a way that the program refuses.
    Coverage,
    /// Something is missing that a report needs.
    Incomplete,
    /// Regulated data outside an isolated environment.
    Isolation,
}

impl ScopeConcern {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooBroad => "too-broad",
            Self::TooNarrow => "too-narrow",
            Self::Dangling => "dangling",
            Self::Coverage => "coverage",
            Self::Incomplete => "incomplete",
            Self::Isolation => "isolation",
        }
    }
}

impl fmt::Display for ScopeWeight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Contradiction => "contradiction",
            Self::Warning => "warning",
        })
    }
}

/// Everything that is found in a scope, contradictions first. `carve_outs` is the program and what it says of them.
pub fn check_scope(scope: &Scope, data: &DataTypes, carve_outs: Option<(&str, CarveOuts)>) -> Vec<ScopeFinding> {
    let mut check = Check { scope, data, found: Vec::new() };
    check.data_types();
    check.systems();
    check.components();
    check.facilities();
    check.providers(carve_outs);
    check.flows();
    check.found.sort();
    check.found
}

struct Check<'a> {
    scope: &'a Scope,
    data: &'a DataTypes,
    found: Vec<ScopeFinding>,
}

/// What an endpoint of a flow is.
enum End<'a> {
    System(&'a System),
    Provider,
    Outside,
    Nothing,
}

/// The word for people and systems outside the organisation, as an endpoint of a flow.
const OUTSIDE: &str = "outside";

impl Check<'_> {
    fn refuse(&mut self, concern: ScopeConcern, place: &Place, message: impl Into<String>, help: impl Into<String>) {
        let fault = Fault::new(place.clone(), message, help);
        self.found.push(ScopeFinding { weight: ScopeWeight::Contradiction, concern, fault });
    }

    fn warn(&mut self, concern: ScopeConcern, place: &Place, message: impl Into<String>, help: impl Into<String>) {
        let fault = Fault::new(place.clone(), message, help);
        self.found.push(ScopeFinding { weight: ScopeWeight::Warning, concern, fault });
    }

    fn protected<'b>(&self, kinds: &'b BTreeSet<Box<str>>) -> Vec<&'b str> {
        let is = |k: &&str| self.data.0.get(*k).is_some_and(|d| d.protected);
        kinds.iter().map(AsRef::as_ref).filter(is).collect()
    }

    fn kinds(&mut self, place: &Place, whose: &str, kinds: &BTreeSet<Box<str>>, declared: bool) {
        for kind in kinds {
            if !self.data.0.contains_key(kind) {
                let known: Vec<&str> = self.data.0.keys().map(AsRef::as_ref).collect();
                let help = format!("use {}", known.join(", "));
                self.refuse(
                    ScopeConcern::Dangling,
                    place,
                    format!("{whose} names `{kind}`, which is no kind of data"),
                    help,
                );
            } else if declared && !self.scope.data_types.contains(kind) {
                let message = format!("{whose} handles `{kind}`, which the scope's `data_types` does not name");
                self.refuse(ScopeConcern::Dangling, place, message, "add it there, or take it out here");
            }
        }
    }

    /// Where the scope begins, for findings about all of it.
    fn head(&self) -> Place {
        let file = self.scope.systems.values().map(|s| &s.place).next();
        Place::new(file.map_or("scope.yaml", |p| &p.file), None)
    }

    fn data_types(&mut self) {
        let (scope, head) = (self.scope, self.head());
        self.kinds(&head, "the scope", &scope.data_types, false);
        for kind in self.protected(&scope.data_types) {
            let touched = |s: &&Placed<System>| s.value.inclusion.is_in() && s.value.touches.contains(kind);
            if !scope.systems.values().any(|s| touched(&s)) {
                let message = format!("the organisation handles `{kind}`, but no system in scope touches it");
                let help = "put the systems that create, receive, keep or send it in scope, or take the kind out";
                self.warn(ScopeConcern::TooNarrow, &head, message, help);
            }
        }
        if !scope.systems.values().any(|s| s.value.inclusion.is_in()) {
            self.refuse(ScopeConcern::Incomplete, &head, "no system is in scope", "put at least one in scope");
        }
    }

    fn systems(&mut self) {
        let scope = self.scope;
        for (id, Placed { place, value: system }) in &scope.systems {
            self.kinds(place, &format!("system `{id}`"), &system.touches, true);
            for provider in system.providers.iter().filter(|p| !scope.providers.contains_key(*p)) {
                let message = format!("system `{id}` is run by `{provider}`, which is not among the providers");
                self.refuse(ScopeConcern::Dangling, place, message, "add it under `providers`, or mend the name");
            }
            if scope.providers.keys().any(|p| p.as_str() == id.as_str()) {
                let message = format!("`{id}` names a system and a provider, so flows cannot tell them apart");
                self.refuse(ScopeConcern::Dangling, place, message, "rename one");
            }
            let protected = self.protected(&system.touches).join(", ");
            match &system.inclusion {
                Inclusion::Out { because } => {
                    if because.trim().is_empty() {
                        let message = format!("system `{id}` is out of scope without a reason");
                        self.refuse(ScopeConcern::Incomplete, place, message, "say under `because` why");
                    }
                    if !protected.is_empty() {
                        let fed = self.fed_by(id);
                        let feeds =
                            if fed.is_empty() { String::new() } else { format!(" and feeds {}", fed.join(", ")) };
                        let message = format!("system `{id}` is out of scope, yet it touches {protected}{feeds}");
                        let help = "put it in scope, or show that it does not touch these data";
                        self.warn(ScopeConcern::TooNarrow, place, message, help);
                    }
                }
                Inclusion::In => {
                    let what = match system.environment {
                        Environment::Production => None,
                        Environment::Development => Some("a development system"),
                        Environment::BackOffice => Some("a back-office system"),
                    };
                    match what {
                        Some(what) if protected.is_empty() => {
                            let message = format!("{what}, `{id}`, is in scope although it touches no protected data");
                            let help =
                                "leave it out and say why: each system more is more to show for every requirement";
                            self.warn(ScopeConcern::TooBroad, place, message, help);
                        }
                        Some(what) => {
                            let message = format!("{what}, `{id}`, touches {protected}");
                            let help = "keep these data out of it (masked or made up), and it can leave the scope";
                            self.warn(ScopeConcern::TooBroad, place, message, help);
                        }
                        None => {}
                    }
                    if system.dedicated == Some(false) && !protected.is_empty() {
                        let message = format!("system `{id}` touches {protected} in an environment that it shares");
                        self.warn(ScopeConcern::Isolation, place, message, "run it in an isolated environment");
                    }
                }
            }
        }
    }

    /// Systems in scope that get protected data from this one.
    fn fed_by(&self, id: &SystemId) -> Vec<&str> {
        let flows = self.scope.flows.iter().map(|f| &f.value).filter(|f| *f.from == *id.as_str());
        let into = flows.filter(|f| !self.protected(&f.data).is_empty()).map(|f| f.to.as_ref());
        into.filter(|to| matches!(self.end(to), End::System(s) if s.inclusion.is_in())).collect()
    }

    fn components(&mut self) {
        let scope = self.scope;
        for (id, Placed { place, value: component }) in &scope.components {
            if component.systems.is_empty() && component.facilities.is_empty() {
                let message = format!("component `{id}` stands for no system and no facility");
                self.refuse(ScopeConcern::Incomplete, place, message, "name what it stands for");
            }
            let systems = component
                .systems
                .iter()
                .map(|s| (format!("system `{s}`"), scope.systems.get(s).map(|s| s.value.inclusion.is_in())));
            let facilities = component
                .facilities
                .iter()
                .map(|f| (format!("facility `{f}`"), scope.facilities.get(f).map(|f| f.value.inclusion.is_in())));
            for (what, included) in systems.chain(facilities).collect::<Vec<_>>() {
                match included {
                    None => {
                        let message = format!("component `{id}` stands for the {what}, which does not exist");
                        self.refuse(ScopeConcern::Dangling, place, message, "mend the name, or add it");
                    }
                    Some(false) => {
                        let message = format!("component `{id}` stands for the {what}, which is out of scope");
                        self.refuse(ScopeConcern::Dangling, place, message, "take it out here, or put it in scope");
                    }
                    Some(true) => {}
                }
            }
            let rationale = component.rationale.as_deref().unwrap_or_default();
            if component.systems.len() + component.facilities.len() > 1 && rationale.trim().is_empty() {
                let message = format!("component `{id}` stands for several things without saying why");
                let help = "say under `rationale` which process they share";
                self.warn(ScopeConcern::Incomplete, place, message, help);
            }
        }
    }

    fn facilities(&mut self) {
        let scope = self.scope;
        for (id, Placed { place, value: facility }) in &scope.facilities {
            match &facility.inclusion {
                Inclusion::Out { because } if because.trim().is_empty() => {
                    let message = format!("facility `{id}` is out of scope without a reason");
                    self.refuse(ScopeConcern::Incomplete, place, message, "say under `because` why");
                }
                Inclusion::Out { .. } => {}
                Inclusion::In => {
                    let tied = scope.components.values().any(|c| c.value.facilities.contains(id));
                    if !tied {
                        let message = format!("facility `{id}` is in scope, but no component ties it to anything");
                        let help = "name it in a component, or leave it out and say why";
                        self.warn(ScopeConcern::TooBroad, place, message, help);
                    }
                }
            }
        }
    }

    fn providers(&mut self, carve_outs: Option<(&str, CarveOuts)>) {
        let scope = self.scope;
        for (id, Placed { place, value: provider }) in &scope.providers {
            match (provider.coverage, carve_outs) {
                (None, _) => {
                    let message = format!("nothing says how the part of provider `{id}` is covered");
                    let help = "say under `coverage`: inheritance, report, tested or internal-assessor; \
                                without any, its part is scored not compliant";
                    self.warn(ScopeConcern::Coverage, place, message, help);
                }
                (Some(Coverage::CarvedOut), Some((program, CarveOuts::Refused))) => {
                    let message = format!("provider `{id}` is carved out, which `{program}` does not allow");
                    let help = "use inheritance, report, tested or internal-assessor";
                    self.refuse(ScopeConcern::Coverage, place, message, help);
                }
                _ => {}
            }
            let runs = scope.systems.values().any(|s| s.value.inclusion.is_in() && s.value.providers.contains(id));
            let flows = scope.flows.iter().any(|f| *f.value.from == *id.as_str() || *f.value.to == *id.as_str());
            if !runs && !flows {
                let message = format!("provider `{id}` runs no system in scope and no data flow to or from it");
                let help = "name it in a system or flow, or leave it out";
                self.warn(ScopeConcern::TooBroad, place, message, help);
            }
        }
    }

    fn end(&self, id: &str) -> End<'_> {
        let system = self.scope.systems.iter().find(|(key, _)| key.as_str() == id);
        if let Some((_, system)) = system {
            return End::System(&system.value);
        }
        let known = self.scope.providers.keys().any(|k| k.as_str() == id)
            || self.scope.facilities.keys().any(|k| k.as_str() == id);
        match id {
            _ if known => End::Provider,
            OUTSIDE => End::Outside,
            _ => End::Nothing,
        }
    }

    fn flows(&mut self) {
        for Placed { place, value: flow } in &self.scope.flows {
            let Flow { from, to, data } = flow;
            self.kinds(place, &format!("the flow from `{from}` to `{to}`"), data, true);
            let protected = self.protected(data);
            let mut complaints: Vec<(ScopeWeight, ScopeConcern, String, &str)> = Vec::new();
            for (end, word) in [(from, "from"), (to, "to")] {
                match self.end(end) {
                    End::Nothing => complaints.push((
                        ScopeWeight::Contradiction,
                        ScopeConcern::Dangling,
                        format!("a flow goes {word} `{end}`, which is no system, provider or facility"),
                        "mend the name, or write `outside` for people and systems of others",
                    )),
                    End::System(system) => {
                        let missing: Vec<&str> =
                            protected.iter().copied().filter(|kind| !system.touches.contains(*kind)).collect();
                        if !missing.is_empty() {
                            complaints.push((
                                ScopeWeight::Warning,
                                ScopeConcern::TooNarrow,
                                format!("{} flow {word} `{end}`, which is said not to touch them", missing.join(", ")),
                                "add them under its `touches`, or mend the flow",
                            ));
                        }
                    }
                    End::Provider | End::Outside => {}
                }
            }
            if from == to {
                let message = format!("a flow goes from `{from}` to itself");
                let mend = "name where it goes, or take it out";
                complaints.push((ScopeWeight::Contradiction, ScopeConcern::Dangling, message, mend));
            }
            for (weight, concern, message, help) in complaints {
                let fault = Fault::new(place.clone(), message, help);
                self.found.push(ScopeFinding { weight, concern, fault });
            }
        }
    }
}
