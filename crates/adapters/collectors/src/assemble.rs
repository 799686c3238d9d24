//! From a document's entries to neutral resources: satellites joined, names gathered, unknowns kept.

use std::collections::{BTreeSet, HashMap};

use attesta_resource::{DocumentIndex, Reason, Record, Resource, Source, SourceIndex, Unknown};
use rayon::prelude::*;

use crate::{
    aws,
    draft::{Draft, Joined},
    inventory::{Inventory, LeftOut},
    neutral,
    node::Node,
    pulumi::PHYSICAL_ID,
    registry::{Alone, Main, Role, role},
    view::{Items, Raw, View},
};

/// What one document gives to a snapshot.
#[derive(Default)]
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

/// A resource to be built.
struct Job {
    /// The entry that it is, or the first of the satellites that it is gathered from.
    entry: usize,
    main: &'static Main,
    satellites: Vec<usize>,
    /// Set where the satellites stand alone.
    alone: Option<&'static Alone>,
}

/// What one satellite belongs to.
struct Linked {
    satellite: usize,
    /// Main resources of this document.
    owners: Vec<usize>,
    /// Where there are none: for which sort of owner the satellite may stand, and how it names it.
    outside: Option<(&'static Alone, Option<Named>)>,
}

/// How a link names an owner outside the document. Only what is certainly the same for the same owner counts: two
/// values that cannot be seen may differ, however alike they are described.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Named {
    Text(Box<str>),
    Reference(Box<str>, Box<str>),
}

/// Normalises every entry of one document. `first_source` is the index that its first source will have.
pub(crate) fn assemble(
    inventory: &Inventory<'_>,
    document: DocumentIndex,
    first_source: u32,
    keep_raw: bool,
) -> Assembled {
    let mut left_out = Vec::new();
    let roles: Vec<Option<&Role>> = inventory.entries.iter().map(|entry| role(&entry.canonical)).collect();

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
            _ => return Err(no_entry(index)),
        };
        let node = inventory
            .loader
            .load(index)
            .map_err(|why| LeftOut { reason: Reason::Unreadable, what: format!("{}: {why}", entry.address) })?;
        Ok(Raw { address: entry.address.clone(), type_name: entry.canonical.clone(), source, node })
    };

    let names = gather_names(inventory, &roles, &load);
    let jobs = jobs(inventory, &roles, link_satellites(inventory, &roles, &names, &load), &mut left_out);

    let built: Vec<Result<(Resource, Option<serde_json::Value>), LeftOut>> = jobs
        .par_iter()
        .map(|job| {
            let mut joined = Joined::default();
            for satellite in &job.satellites {
                joined.satellites.push(load(*satellite)?);
            }
            let stated = if job.alone.is_none() { Some(load(job.entry)?) } else { None };
            let lone = job.alone.zip(joined.satellites.first()).map(|(alone, first)| owner_outside(alone, first));
            let raw = stated.as_ref().or(lone.as_ref()).ok_or_else(|| no_entry(job.entry))?;
            let mut pulled = pulled_by(raw, &joined, &names, inventory);
            job.satellites.iter().for_each(|satellite| _ = pulled.remove(satellite));
            for entry in pulled {
                joined.satellites.push(load(entry)?);
            }
            let resource = build(job.main, raw, &joined, job.alone);
            let kept = || stated.as_ref().or(joined.satellites.first()).map(|source| source.node.to_json());
            Ok((resource, if keep_raw { kept() } else { None }))
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

fn no_entry(index: usize) -> LeftOut {
    LeftOut { reason: Reason::Unresolved, what: format!("entry {index}") }
}

/// What is to be built, in the order of the document: every main resource with its satellites, and the satellites that
/// stand alone, those of one owner together.
fn jobs(
    inventory: &Inventory<'_>,
    roles: &[Option<&Role>],
    links: Vec<Result<Linked, LeftOut>>,
    left_out: &mut Vec<LeftOut>,
) -> Vec<Job> {
    let mut satellites_of: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut alone: Vec<Job> = Vec::new();
    let mut outside: HashMap<(&'static str, Named), usize> = HashMap::new();
    for link in links {
        let Linked { satellite, owners, outside: stands_for } = match link {
            Ok(link) => link,
            Err(out) => {
                left_out.push(out);
                continue;
            }
        };
        for owner in &owners {
            satellites_of.entry(*owner).or_default().push(satellite);
        }
        let is_judged_as_itself = roles.get(satellite).copied().flatten().is_some_and(|role| role.main.is_some());
        if !owners.is_empty() || is_judged_as_itself {
            continue;
        }
        let Some((sort, main, named)) =
            stands_for.and_then(|(sort, named)| Some((sort, role(sort.owner)?.main?, named)))
        else {
            let orphan = inventory.entries.get(satellite);
            left_out.extend(orphan.map(|entry| LeftOut {
                reason: Reason::Orphan,
                what: format!("{} ({})", entry.address, entry.type_name),
            }));
            continue;
        };
        let next = alone.len();
        let place = named.map_or(next, |named| *outside.entry((sort.owner, named)).or_insert(next));
        match alone.get_mut(place) {
            Some(job) => job.satellites.push(satellite),
            None => alone.push(Job { entry: satellite, main, satellites: vec![satellite], alone: Some(sort) }),
        }
    }
    let mains = roles.iter().enumerate().filter_map(|(entry, role)| {
        let satellites = satellites_of.remove(&entry).unwrap_or_default();
        Some(Job { entry, main: (*role)?.main?, satellites, alone: None })
    });
    let mut jobs: Vec<Job> = mains.collect();
    jobs.append(&mut alone);
    jobs.sort_by_key(|job| job.entry);
    jobs
}

/// The owner for which satellites stand: nothing of it can be seen, and what they say of it is found where they are.
fn owner_outside(alone: &Alone, first: &Raw) -> Raw {
    let what = format!("{} is not found in this document", alone.what);
    Raw {
        address: first.address.clone(),
        type_name: alone.owner.into(),
        source: first.source,
        node: Node::Unknown(Unknown::Unresolved { what: what.into() }),
    }
}

/// Properties under this key are attributes of the neutral model already: what a live account tells and no dialect of
/// code has a word for (the age of a key, a second factor).
pub(crate) const ATTRIBUTES: &str = "$attributes";

/// What a live account did not show: every attribute is unknown, and none is absent.
fn unseen(main: &Main, raw: &Raw, why: &Unknown) -> Resource {
    Resource {
        kind: main.kind,
        source: raw.source,
        address: raw.address.clone(),
        names: Vec::new(),
        attributes: Record::unseen(why.clone(), raw.origin()),
    }
}

fn build(main: &Main, raw: &Raw, joined: &Joined, alone: Option<&Alone>) -> Resource {
    if let Node::Unknown(why @ Unknown::NotCollected { .. }) = &raw.node {
        return unseen(main, raw, why);
    }
    let mut draft = Draft::default();
    let mut named = None;
    for text in aliases(raw, main.names) {
        named.get_or_insert_with(|| text.clone());
        draft.names.push(text.into());
    }
    for id in aliases(raw, &[PHYSICAL_ID]) {
        if !draft.names.iter().any(|name| **name == *id) {
            draft.names.push(id.into());
        }
    }
    aws::common(raw, named, &mut draft);
    if let (Some(alone), Some(first)) = (alone, joined.satellites.first()) {
        name_after_link(&mut draft, alone, first);
    }
    (main.build)(raw, joined, &mut draft);
    for (name, told) in raw.at(ATTRIBUTES).entries() {
        if let Some(attribute) = neutral::attribute(&told) {
            draft.attributes.put(name.to_owned(), attribute);
        }
    }
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

/// An owner outside the document is called what its satellites call it.
fn name_after_link(draft: &mut Draft, alone: &Alone, satellite: &Raw) {
    for link in alone.links.iter().map(|link| step(satellite.root(), link)) {
        let Items::Known(items) = link.items() else { continue };
        for text in items.iter().filter_map(|item| item.node().and_then(Node::as_text)).filter(|text| !text.is_empty())
        {
            if draft.names.is_empty() {
                draft.put("name", link.derive(last_part(text)));
            }
            draft.names.extend([text, last_part(text)].map(Into::into));
        }
    }
    draft.names.sort_unstable();
    draft.names.dedup();
}

fn aliases<'a>(raw: &'a Raw, names: &'a [&'static str]) -> impl Iterator<Item = String> + 'a {
    names
        .iter()
        .filter_map(|key| raw.at(key).node().and_then(Node::as_text).filter(|t| !t.is_empty()).map(str::to_owned))
}

/// Names of every entry that another may be joined to.
fn gather_names(
    inventory: &Inventory<'_>,
    roles: &[Option<&Role>],
    load: &(impl Fn(usize) -> Result<Raw, LeftOut> + Sync),
) -> Names {
    let found: Vec<(usize, Vec<String>)> = roles
        .par_iter()
        .enumerate()
        .filter_map(|(index, role)| {
            let keys = (*role)?.names?;
            let raw = load(index).ok()?;
            let found: Vec<String> = aliases(&raw, keys).chain(aliases(&raw, &[PHYSICAL_ID])).collect();
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

/// For every satellite, the main resources it belongs to; where they are not in this document, for what it may stand.
fn link_satellites(
    inventory: &Inventory<'_>,
    roles: &[Option<&Role>],
    names: &Names,
    load: &(impl Fn(usize) -> Result<Raw, LeftOut> + Sync),
) -> Vec<Result<Linked, LeftOut>> {
    roles
        .par_iter()
        .enumerate()
        .filter_map(|(index, role)| {
            let role = (*role)?;
            let satellite = role.satellite?;
            let raw = match load(index) {
                Ok(raw) => raw,
                // A resource of its own is loaded once more, and told of then.
                Err(out) => return role.main.is_none().then_some(Err(out)),
            };
            let mut owners = Vec::new();
            for link in satellite.links {
                owners.extend(resolve(&step(raw.root(), link), satellite.owners, names, inventory));
            }
            // In the order of the document; one owner may be named twice.
            owners.sort_unstable();
            owners.dedup();
            let outside = if owners.is_empty() { stands_for(&role.alone, &raw) } else { None };
            Some(Ok(Linked { satellite: index, owners, outside }))
        })
        .collect()
}

/// The sort of owner that a satellite names. One that can only have one sort stands for that, even if it names none: a
/// link that cannot be seen must not hide what it says.
fn stands_for(sorts: &[&'static Alone], raw: &Raw) -> Option<(&'static Alone, Option<Named>)> {
    for sort in sorts {
        for link in sort.links.iter().map(|link| step(raw.root(), link)) {
            if link.unknown().is_some() || link.node().is_some_and(|node| !node.is_empty()) {
                return Some((*sort, named(&link)));
            }
        }
    }
    match sorts {
        [only] => Some((*only, None)),
        _ => None,
    }
}

fn named(link: &View<'_>) -> Option<Named> {
    let node = match link.node()? {
        Node::List(items) if items.len() == 1 => items.first()?,
        node => node,
    };
    match node {
        Node::Text(text) => Some(Named::Text(text.clone())),
        Node::Reference(to) => Some(Named::Reference(to.address.clone(), to.attribute.clone())),
        _ => None,
    }
}

/// Entries that a resource and its satellites name besides.
fn pulled_by(raw: &Raw, joined: &Joined, names: &Names, inventory: &Inventory<'_>) -> BTreeSet<usize> {
    let mut pulled = BTreeSet::new();
    for one in std::iter::once(raw).chain(&joined.satellites) {
        for pull in role(&one.type_name).into_iter().flat_map(|role| &role.pulls) {
            pulled.extend(resolve(&step(one.root(), pull.link), pull.types, names, inventory));
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

/// What an ARN or a queue's address names: `arn:aws:s3:::bucket` names `bucket`, `…:key/id` names `id`.
fn last_part(name: &str) -> &str {
    if name.starts_with("arn:") || name.starts_with("https://sqs.") {
        name.rsplit([':', '/']).next().unwrap_or(name)
    } else {
        name
    }
}

#[cfg(test)]
mod tests;
