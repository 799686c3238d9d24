//! A scope as its page shows it, with the picture of systems and data flows.

use std::collections::BTreeSet;

use attesta_assessment::{Inclusion, ScopeWeight};
use attesta_desk::{Desk, Failure, scope::Report};
use attesta_pages::{
    chart::{Arrow, Lane, Node},
    rooms::{
        scope::{Component, Facility, Flow, Provider, Scope, System},
        scoping::Around,
    },
};
use attesta_workspace::{coverage, environment};

/// The word for people and systems outside, as an endpoint of a flow.
const OUTSIDE: &str = "outside";

fn out(inclusion: &Inclusion) -> Option<String> {
    match inclusion {
        Inclusion::In => None,
        Inclusion::Out { because } => Some(because.clone()),
    }
}

fn words<T: ToString>(set: &BTreeSet<T>) -> Vec<String> {
    set.iter().map(ToString::to_string).collect()
}

/// The page of a desk's scope.
pub(super) fn scope(desk: &Desk, around: Around, etag: u64) -> Result<Scope, Failure> {
    let scope = &desk.dossier.scope;
    let kinds = desk.library.data_types()?;
    // One that nobody wrote yet is not looked at.
    let found = match scope.systems.is_empty() {
        true => Vec::new(),
        false => Report::of(&desk.folder, &desk.library)?.found,
    };
    Ok(Scope {
        may: around.closed.is_empty(),
        around,
        etag,
        description: scope.description.clone(),
        kinds: kinds
            .0
            .iter()
            .map(|(word, kind)| (word.to_string(), kind.title.clone(), kind.protected, scope.data_types.contains(word)))
            .collect(),
        systems: scope
            .systems
            .iter()
            .map(|(id, system)| System {
                name: (id.to_string(), system.value.title.clone()),
                environment: environment(system.value.environment).to_owned(),
                touches: words(&system.value.touches),
                out: out(&system.value.inclusion),
                providers: words(&system.value.providers),
                dedicated: system.value.dedicated,
            })
            .collect(),
        facilities: scope
            .facilities
            .iter()
            .map(|(id, facility)| Facility {
                name: (id.to_string(), facility.value.title.clone()),
                place: facility.value.place.clone(),
                out: out(&facility.value.inclusion),
            })
            .collect(),
        components: scope
            .components
            .iter()
            .map(|(id, component)| Component {
                name: (id.to_string(), component.value.title.clone()),
                systems: words(&component.value.systems),
                facilities: words(&component.value.facilities),
                rationale: component.value.rationale.clone().unwrap_or_default(),
            })
            .collect(),
        providers: scope
            .providers
            .iter()
            .map(|(id, provider)| Provider {
                name: (id.to_string(), provider.value.title.clone()),
                services: provider.value.services.clone(),
                coverage: provider.value.coverage.map(coverage).unwrap_or_default().to_owned(),
                ephi: provider.value.ephi,
            })
            .collect(),
        flows: scope
            .flows
            .iter()
            .map(|flow| Flow {
                from: flow.value.from.to_string(),
                to: flow.value.to.to_string(),
                data: words(&flow.value.data),
            })
            .collect(),
        found: found
            .into_iter()
            .map(|f| (f.weight == ScopeWeight::Contradiction, f.fault.message, f.fault.help.unwrap_or_default()))
            .collect(),
        picture: picture(desk, &kinds),
    })
}

type Picture = (Vec<Node>, Vec<Arrow>, Vec<(String, String)>);

fn picture(desk: &Desk, kinds: &attesta_assessment::DataTypes) -> Picture {
    let scope = &desk.dossier.scope;
    let protected = |data: &BTreeSet<Box<str>>| data.iter().any(|k| kinds.0.get(k).is_some_and(|k| k.protected));
    let mut nodes = Vec::new();
    if scope.flows.iter().any(|f| [&*f.value.from, &*f.value.to].contains(&OUTSIDE)) {
        nodes.push(Node {
            id: OUTSIDE.to_owned(),
            title: "People and systems".to_owned(),
            note: "outside the organisation".to_owned(),
            lane: Lane::Outside,
            out: false,
            protected: false,
            group: String::new(),
        });
    }
    // Systems that are scored together stand in one frame; a system stands once, with the first part that names it.
    let mut drawn: BTreeSet<&str> = BTreeSet::new();
    let mut system = |id: &str, group: &str| -> Option<Node> {
        let (key, placed) = scope.systems.iter().find(|(key, _)| key.as_str() == id)?;
        if !drawn.insert(key.as_str()) {
            return None;
        }
        let system = &placed.value;
        let touches = words(&system.touches).join(", ");
        Some(Node {
            id: id.to_owned(),
            title: system.title.clone(),
            note: if system.inclusion.is_in() { touches } else { format!("left out; {touches}") },
            lane: Lane::Systems,
            out: !system.inclusion.is_in(),
            protected: protected(&system.touches),
            group: group.to_owned(),
        })
    };
    for component in scope.components.values() {
        let places: Vec<&str> = component
            .value
            .facilities
            .iter()
            .filter_map(|f| scope.facilities.get(f).map(|f| f.value.title.as_str()))
            .collect();
        let at = if places.is_empty() { String::new() } else { format!(", at {}", places.join(", ")) };
        let group = format!("{}{at}", component.value.title);
        nodes.extend(component.value.systems.iter().filter_map(|id| system(id.as_str(), &group)));
    }
    let included = |wanted: bool| scope.systems.iter().filter(move |(_, s)| s.value.inclusion.is_in() == wanted);
    let rest: Vec<&str> = included(true).chain(included(false)).map(|(id, _)| id.as_str()).collect();
    nodes.extend(rest.into_iter().filter_map(|id| system(id, "")));
    nodes.extend(scope.providers.iter().map(|(id, provider)| Node {
        id: id.to_string(),
        title: provider.value.title.clone(),
        note: provider.value.services.join(", "),
        lane: Lane::Providers,
        out: false,
        protected: provider.value.ephi,
        group: String::new(),
    }));
    let arrows = scope.flows.iter().map(|flow| Arrow {
        from: flow.value.from.to_string(),
        to: flow.value.to.to_string(),
        data: words(&flow.value.data).join(", "),
        protected: protected(&flow.value.data),
    });
    let runs = scope
        .systems
        .iter()
        .flat_map(|(id, system)| system.value.providers.iter().map(move |p| (id.to_string(), p.to_string())));
    (nodes, arrows.collect(), runs.collect())
}
