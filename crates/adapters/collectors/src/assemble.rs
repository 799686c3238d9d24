//! From a document's entries to neutral resources: satellites joined, names gathered, unknowns kept.

use std::collections::HashMap;

use attesta_resource::{DocumentIndex, Reason, Resource, Source, SourceIndex};
use rayon::prelude::*;

use crate::{
    aws,
    draft::{Draft, Joined},
    inventory::{Inventory, LeftOut},
    node::Node,
    registry::{Main, Role, role},
    view::{Items, Raw, View},
};

/// What one document gives to a snapshot.
pub(crate) struct Assembled {
    pub(crate) sources: Vec<Source>,
    pub(crate) resources: Vec<Resource>,
    pub(crate) left_out: Vec<LeftOut>,
    /// Source documents of main resources, when asked for.
    pub(crate) raw: Vec<(SourceIndex, serde_json::Value)>,
}

/// Names under which an entry may be referred to, each with the entries that bear it.
#[derive(Default)]
struct Names(HashMap<Box<str>, Vec<usize>>);

impl Names {
    fn add(&mut self, name: &str, entry: usize) {
        let bearers = self.0.entry(name.into()).or_default();
        if bearers.last() != Some(&entry) {
            bearers.push(entry);
        }
    }

    fn of(&self, name: &str) -> &[usize] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }
}

/// Normalises every entry of one document. `first_source` is the index that its first source will have.
pub(crate) fn assemble(
    inventory: &Inventory<'_>,
    document: DocumentIndex,
    first_source: u32,
    keep_raw: bool,
) -> Assembled {
    let mut left_out = Vec::new();
    let roles: Vec<Option<Role>> = inventory.entries.iter().map(|entry| role(&entry.canonical)).collect();

    let mut sources = Vec::new();
    let mut source_of = vec![None; inventory.entries.len()];
    for ((entry, role), slot) in inventory.entries.iter().zip(&roles).zip(&mut source_of) {
        if role.is_none() {
            left_out.push(LeftOut { reason: Reason::UncoveredType, what: entry.type_name.to_string() });
            continue;
        }
        let offset = u32::try_from(sources.len()).unwrap_or(u32::MAX);
        *slot = Some(SourceIndex(first_source.saturating_add(offset)));
        sources.push(Source {
            document,
            address: entry.address.clone(),
            type_name: entry.type_name.clone(),
            pointer: entry.pointer.clone(),
        });
    }

    let load = |index: usize| -> Result<Raw, LeftOut> {
        let (entry, source) = match (inventory.entries.get(index), source_of.get(index).copied().flatten()) {
            (Some(entry), Some(source)) => (entry, source),
            _ => {
                return Err(LeftOut { reason: Reason::Unresolved, what: format!("entry {index}") });
            }
        };
        let node = inventory
            .loader
            .load(index)
            .map_err(|why| LeftOut { reason: Reason::Unreadable, what: format!("{}: {why}", entry.address) })?;
        Ok(Raw { address: entry.address.clone(), type_name: entry.canonical.clone(), source, node })
    };

    let names = gather_names(inventory, &roles, &load);
    let mut satellites_of: HashMap<usize, Vec<usize>> = HashMap::new();
    for (satellite, owners) in link_satellites(inventory, &roles, &names, &load) {
        if owners.is_empty() {
            if let Some(entry) = inventory.entries.get(satellite) {
                left_out
                    .push(LeftOut { reason: Reason::Orphan, what: format!("{} ({})", entry.address, entry.type_name) });
            }
        }
        for owner in owners {
            satellites_of.entry(owner).or_default().push(satellite);
        }
    }

    let built: Vec<Result<(Resource, Option<serde_json::Value>), LeftOut>> = roles
        .par_iter()
        .enumerate()
        .filter_map(|(index, role)| match role {
            Some(Role::Main { main, .. }) => Some((index, *main)),
            _ => None,
        })
        .map(|(index, main)| {
            let raw = load(index)?;
            let mut joined = Joined::default();
            for satellite in satellites_of.get(&index).into_iter().flatten() {
                joined.satellites.push(load(*satellite)?);
            }
            for pulled in pulled_by(&raw, main, &names, inventory) {
                joined.satellites.push(load(pulled)?);
            }
            let resource = build(main, &raw, &joined);
            Ok((resource, keep_raw.then(|| raw.node.to_json())))
        })
        .collect();

    let mut resources = Vec::with_capacity(built.len());
    let mut raw = Vec::new();
    for result in built {
        match result {
            Ok((resource, kept)) => {
                raw.extend(kept.map(|json| (resource.source, json)));
                resources.push(resource);
            }
            Err(out) => left_out.push(out),
        }
    }
    Assembled { sources, resources, left_out, raw }
}

fn build(main: &Main, raw: &Raw, joined: &Joined) -> Resource {
    let mut draft = Draft::default();
    let mut named = None;
    for text in aliases(raw, main.names) {
        named.get_or_insert_with(|| text.clone());
        draft.names.push(text.into());
    }
    aws::common(raw, named, &mut draft);
    (main.build)(raw, joined, &mut draft);
    draft.attributes.shrink();
    draft.names.shrink_to_fit();
    Resource {
        kind: main.kind,
        source: raw.source,
        address: raw.address.clone(),
        names: draft.names,
        attributes: draft.attributes,
    }
}

fn aliases<'a>(raw: &'a Raw, names: &'a [&'static str]) -> impl Iterator<Item = String> + 'a {
    names
        .iter()
        .filter_map(|key| raw.at(key).node().and_then(Node::as_text).filter(|t| !t.is_empty()).map(str::to_owned))
}

/// Names of every entry that another may be joined to.
fn gather_names(
    inventory: &Inventory<'_>,
    roles: &[Option<Role>],
    load: &(impl Fn(usize) -> Result<Raw, LeftOut> + Sync),
) -> Names {
    let found: Vec<(usize, Vec<String>)> = roles
        .par_iter()
        .enumerate()
        .filter_map(|(index, role)| {
            let keys: &[&'static str] = match role {
                Some(Role::Main { main, referred_to: true }) => main.names,
                Some(Role::Pulled) => aws::pulled_names(&inventory.entries.get(index)?.canonical),
                _ => return None,
            };
            let raw = load(index).ok()?;
            let found: Vec<String> = aliases(&raw, keys).collect();
            Some((index, found))
        })
        .collect();
    let mut names = Names::default();
    for (index, texts) in found {
        if let Some(entry) = inventory.entries.get(index) {
            names.add(&entry.address, index);
        }
        for text in texts {
            names.add(&text, index);
        }
    }
    names
}

/// For every satellite, the main resources it belongs to; empty when they are not in this document.
fn link_satellites(
    inventory: &Inventory<'_>,
    roles: &[Option<Role>],
    names: &Names,
    load: &(impl Fn(usize) -> Result<Raw, LeftOut> + Sync),
) -> Vec<(usize, Vec<usize>)> {
    roles
        .par_iter()
        .enumerate()
        .filter_map(|(index, role)| {
            let Some(Role::Satellite(satellite)) = role else {
                return None;
            };
            let raw = load(index).ok()?;
            let mut owners = Vec::new();
            for link in satellite.links {
                for owner in resolve(&step(raw.root(), link), satellite.owners, names, inventory) {
                    if !owners.contains(&owner) {
                        owners.push(owner);
                    }
                }
            }
            Some((index, owners))
        })
        .collect()
}

fn pulled_by(raw: &Raw, main: &Main, names: &Names, inventory: &Inventory<'_>) -> Vec<usize> {
    let mut pulled = Vec::new();
    for pull in main.pulls {
        for index in resolve(&step(raw.root(), pull.link), pull.types, names, inventory) {
            if !pulled.contains(&index) {
                pulled.push(index);
            }
        }
    }
    pulled
}

fn step<'a>(root: View<'a>, path: &'static str) -> View<'a> {
    path.split('/').fold(root, |view, key| view.at(key))
}

/// Entries of one of `types` that the value at `link` names.
fn resolve(link: &View<'_>, types: &[&str], names: &Names, inventory: &Inventory<'_>) -> Vec<usize> {
    let mut found = Vec::new();
    let mut look_up = |name: &str| {
        let fits = |index: &&usize| inventory.entries.get(**index).is_some_and(|e| types.contains(&&*e.canonical));
        let direct = names.of(name);
        let bearers = if direct.is_empty() { names.of(last_part(name)) } else { direct };
        found.extend(bearers.iter().filter(fits).copied());
    };
    match link.items() {
        Items::Known(items) => {
            for item in &items {
                match (item.node(), item.late()) {
                    (Some(Node::Text(text)), _) => look_up(text),
                    (Some(Node::Reference(to)), _) => look_up(&to.address),
                    (_, Some(from)) => from.iter().for_each(|address| look_up(address)),
                    _ => {}
                }
            }
        }
        Items::Unknown(_) => {
            for address in link.late().unwrap_or_default() {
                look_up(address);
            }
        }
    }
    found
}

/// What an ARN names: `arn:aws:s3:::bucket` names `bucket`, `…:key/id` names `id`.
fn last_part(name: &str) -> &str {
    if name.starts_with("arn:") { name.rsplit([':', '/']).next().unwrap_or(name) } else { name }
}
