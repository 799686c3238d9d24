//! The requirements of a framework that somebody can meet, and the groups in which people look at them.

use std::collections::{BTreeMap, BTreeSet};

use attesta_catalog::{Catalog, Entry, Framework, FrameworkId};

use crate::{Document, NodeId};

/// Requirements that are looked at together: a function, a series, a family, a theme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its short name.
    pub key: String,
    /// Its title.
    pub title: String,
    /// 0 for a group of the framework, 1 for a part of the group before it.
    pub level: u8,
    /// What it holds; a part's requirements are its group's too.
    pub targets: Vec<NodeId>,
}

/// The groups of a framework, in its own order. HIPAA: specifications and standards without specifications, by section.
/// HITRUST: control references by category. NIST CSF: by function and category. SOC 2: by series. PCI DSS: by
/// requirement. ISO 27001: by theme. NIST SP 800-53: by family. Our own statements: by assessment domain.
pub fn groups(document: Document, catalog: &Catalog) -> Vec<Group> {
    match document {
        Document::Attesta => gathered(catalog.statements().map(|statement| {
            let title = catalog.domain(statement.domain).map_or_else(String::new, |domain| domain.title.clone());
            (format!("{:02}", statement.domain), title, NodeId::statement(&statement.id))
        })),
        Document::Hipaa => {
            let binding: BTreeSet<_> =
                catalog.required().chain(catalog.addressable()).map(|item| &item.citation).collect();
            gathered(
                catalog
                    .hipaa()
                    .filter(|item| binding.contains(&item.citation))
                    .map(|item| (item.group.to_string(), String::new(), NodeId::of(Document::Hipaa, &item.citation))),
            )
        }
        Document::Hitrust => gathered(catalog.references().map(|reference| {
            let category = reference.objective.category;
            let title = catalog.category(category).map_or_else(String::new, |c| c.title.clone());
            (format!("{category:02}"), title, NodeId::of(Document::Hitrust, &reference.id))
        })),
        Document::Requirements => Vec::new(),
        Document::List(id) => catalog.framework(id).map_or_else(Vec::new, |framework| list(id, framework)),
    }
}

fn list(id: FrameworkId, framework: &Framework) -> Vec<Group> {
    let headings = match id {
        // A control stands for itself, with enhancements or without.
        FrameworkId::Nist80053 | FrameworkId::Soc2 => 0,
        // Clauses.
        FrameworkId::Iso27001 => 1,
        // Functions and categories; requirements and sections.
        FrameworkId::NistCsf | FrameworkId::PciDss => 2,
    };
    let parents: BTreeSet<&str> = framework.entries().iter().filter_map(|e| e.parent.as_deref()).collect();
    let kept = framework.entries().iter().filter(|entry| {
        !entry.withdrawn && (ancestors(framework, entry).len() >= headings || !parents.contains(&*entry.id))
    });
    let node = |entry: &Entry| NodeId::of(Document::List(id), &entry.id);
    let title = |entry: &Entry| entry.title.as_deref().unwrap_or_default().to_owned();
    match id {
        FrameworkId::Nist80053 => gathered(kept.map(|entry| {
            (entry.id.split('-').next().unwrap_or_default().to_owned(), entry.group.to_string(), node(entry))
        })),
        FrameworkId::Soc2 => gathered(kept.map(|entry| {
            (entry.id.split('.').next().unwrap_or_default().to_owned(), entry.group.to_string(), node(entry))
        })),
        FrameworkId::Iso27001 => gathered(kept.map(|entry| (entry.group.to_string(), String::new(), node(entry)))),
        FrameworkId::PciDss => gathered(kept.map(|entry| {
            let above = ancestors(framework, entry);
            let top = above.last().copied().unwrap_or(entry);
            (top.id.to_string(), title(top), node(entry))
        })),
        FrameworkId::NistCsf => {
            let kept: Vec<&Entry> = kept.collect();
            let at = |level: usize| {
                let kept = kept.iter().map(|entry| {
                    let above = ancestors(framework, entry);
                    let group = above.iter().rev().nth(level).copied().unwrap_or(entry);
                    (group.id.to_string(), title(group), node(entry))
                });
                gathered(kept)
            };
            let mut parts = at(1).into_iter().map(|part| Group { level: 1, ..part }).collect::<Vec<_>>();
            let mut groups = Vec::new();
            for function in at(0) {
                let (own, rest): (Vec<_>, Vec<_>) =
                    parts.into_iter().partition(|part| part.targets.iter().all(|t| function.targets.contains(t)));
                parts = rest;
                groups.push(function);
                groups.extend(own);
            }
            groups
        }
    }
}

/// Groups in the order in which their first requirement comes.
fn gathered(rows: impl Iterator<Item = (String, String, NodeId)>) -> Vec<Group> {
    let mut groups = Vec::<Group>::new();
    let mut at = BTreeMap::<String, usize>::new();
    for (key, title, target) in rows {
        let index = *at.entry(key.clone()).or_insert_with(|| {
            groups.push(Group { key, title, level: 0, targets: Vec::new() });
            groups.len().saturating_sub(1)
        });
        if let Some(group) = groups.get_mut(index) {
            group.targets.push(target);
        }
    }
    groups
}

/// What an entry stands under, nearest first.
fn ancestors<'a>(framework: &'a Framework, entry: &'a Entry) -> Vec<&'a Entry> {
    std::iter::successors(Some(entry), |entry| framework.entry(entry.parent.as_deref()?)).skip(1).collect()
}
