//! `attesta evidence link`, `hold`, `release` and `retire`.

use attesta_evidence::{Change, EvidenceId, Hold, Rules, Text};
use attesta_vault::{NewLeaf, Vault, Writer};

use super::{
    add,
    args::{Actor, HoldOptions, LinkOptions, Place},
    failure, now, open, writer,
};
use crate::{
    exit::{Exit, Failure},
    terminal, workshop,
};

pub(super) fn link(options: &LinkOptions) -> Result<Exit, Failure> {
    let changes: Vec<Change> = if options.remove {
        options.links.targets.iter().cloned().map(Change::Unlinked).collect()
    } else {
        add::links(&options.links).map(Change::Linked).collect()
    };
    if changes.is_empty() {
        return Err(Failure::new(Exit::Usage, "nothing to link to").help("say what it is for with --for TARGET"));
    }
    let vault = open(&options.workspace)?;
    let mut writer = writer(&vault)?;
    happen(&vault, &mut writer, options.id, changes, &options.actor)
}

pub(super) fn hold(options: &HoldOptions) -> Result<Exit, Failure> {
    let hold = Hold { matter: options.matter.clone(), why: options.why.clone(), on: workshop::today() };
    let vault = open(&options.place)?;
    let mut writer = writer(&vault)?;
    happen(&vault, &mut writer, options.id, vec![Change::Held(hold)], &options.actor)
}

pub(super) fn release(options: &HoldOptions) -> Result<Exit, Failure> {
    let change = Change::Released { matter: options.matter.clone(), why: options.why.clone() };
    let vault = open(&options.place)?;
    let mut writer = writer(&vault)?;
    happen(&vault, &mut writer, options.id, vec![change], &options.actor)
}

pub(super) fn retire(rules: &Rules, id: EvidenceId, why: &Text, actor: &Actor, place: &Place) -> Result<Exit, Failure> {
    let vault = open(place)?;
    let mut writer = writer(&vault)?;
    let history = add::history(&vault)?;
    let item = history.shelf.item(id).map_err(|e| Failure::new(Exit::Usage, e.to_string()))?;
    let class = rules.retention(&item.evidence);
    let change = rules.retire(item, workshop::today(), why.clone()).map_err(|e| {
        Failure::new(Exit::Findings, e.to_string()).help(format!(
            "its retention class is `{}`: {} ({}, {})",
            class.id, class.title, class.provenance.source, class.provenance.confidence
        ))
    })?;
    let digest = item.evidence.digest;
    happen(&vault, &mut writer, id, vec![change], actor)?;
    // The leaf stands; now the bytes go, unless something else needs them.
    if add::history(&vault)?.shelf.needs(&digest) {
        terminal::note("other evidence has the same bytes, so they stay");
    } else {
        writer.remove_blob(&digest).map_err(failure)?;
    }
    Ok(Exit::Met)
}

/// Makes changes to one piece of evidence happen, all or none.
fn happen(
    vault: &Vault,
    writer: &mut Writer,
    id: EvidenceId,
    changes: Vec<Change>,
    actor: &Actor,
) -> Result<Exit, Failure> {
    let history = add::history(vault)?;
    let mut item = history.shelf.item(id).map_err(|e| Failure::new(Exit::Usage, e.to_string()))?.clone();
    let mut leaves = Vec::new();
    for change in changes {
        item = item.after(&change).map_err(|e| Failure::new(Exit::Findings, e.to_string()))?;
        let previous = history.last(id).into_iter().collect();
        leaves.push(NewLeaf::of_change(id, &change, previous).map_err(failure)?);
    }
    let entries = writer.commit(&actor.actor, now(), leaves).map_err(failure)?;
    for entry in entries {
        terminal::out(format!("{id}  {}  leaf {}\n", entry.leaf.kind, entry.index).as_bytes())?;
    }
    Ok(Exit::Met)
}
