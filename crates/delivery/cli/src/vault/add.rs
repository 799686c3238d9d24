//! `attesta evidence add` and `supersede`.

use std::{fs::File, path::Path};

use attesta_evidence::{
    Attestation, Change, Dates, Description, Evidence, EvidenceId, Item, Link, Rules, Source, Standing, Status,
    media_type, suspicions,
};
use attesta_ledger::Hash;
use attesta_vault::{Entry, NewLeaf, Stored, Vault, Writer};
use serde_json::json;

use super::{
    args::{AddOptions, Described, Links},
    failure, now, open, random, unreadable, writer,
};
use crate::{
    args::ListFormat,
    exit::{Exit, Failure},
    terminal, workshop,
};

/// So much of a file is looked at to know its type.
const HEAD: usize = 1 << 16;

pub(super) fn add(rules: &Rules, options: &AddOptions) -> Result<Exit, Failure> {
    let vault = open(&options.place)?;
    let description = describe(rules, &options.described, None)?;
    let mut writer = writer(&vault)?;
    let (evidence, warnings) = take(rules, &mut writer, options, description, None)?;
    let mut leaves = vec![leaf(evidence.id, Change::Added(Box::new(evidence.clone())), Vec::new())?];
    for link in links(&options.links) {
        leaves.push(leaf(evidence.id, Change::Linked(link), Vec::new())?);
    }
    let entries = writer.commit(&options.actor.actor, now(), leaves).map_err(failure)?;
    told(rules, &evidence, &entries, &warnings, options.format)
}

pub(super) fn supersede(rules: &Rules, old: EvidenceId, options: &AddOptions) -> Result<Exit, Failure> {
    let vault = open(&options.place)?;
    let mut writer = writer(&vault)?;
    let history = vault.history().map_err(failure)?;
    let before = history.shelf.item(old).map_err(|e| Failure::new(Exit::Usage, e.to_string()))?;
    let description = describe(rules, &options.described, Some(&before.evidence.description))?;
    let (evidence, warnings) = take(rules, &mut writer, options, description, Some(&before.evidence))?;
    let on = evidence.description.dates.effective.unwrap_or(evidence.description.dates.received);
    let superseded = Change::Superseded { by: evidence.id, on };
    // Refused before anything is logged.
    before.clone().after(&superseded).map_err(|e| Failure::new(Exit::Findings, e.to_string()))?;
    let last: Vec<Hash> = history.last(old).into_iter().collect();
    let mut leaves = vec![leaf(evidence.id, Change::Added(Box::new(evidence.clone())), last.clone())?];
    for link in carried(before, &options.links) {
        leaves.push(leaf(evidence.id, Change::Linked(link), Vec::new())?);
    }
    leaves.push(leaf(old, superseded, last)?);
    let entries = writer.commit(&options.actor.actor, now(), leaves).map_err(failure)?;
    told(rules, &evidence, &entries, &warnings, options.format)
}

fn leaf(id: EvidenceId, change: Change, previous: Vec<Hash>) -> Result<NewLeaf, Failure> {
    NewLeaf::of_change(id, &change, previous).map_err(failure)
}

/// Links of the older version, and those given now in their place.
fn carried(before: &Item, given: &Links) -> impl Iterator<Item = Link> {
    let mut links = before.links.clone();
    links.extend(self::links(given).map(|link| (link.target.clone(), link)));
    links.into_values()
}

pub(super) fn links(given: &Links) -> impl Iterator<Item = Link> {
    given.targets.iter().map(|target| Link {
        target: target.clone(),
        levels: given.levels.iter().copied().collect(),
        elements: given.elements.iter().copied().collect(),
        place: given.place.clone(),
    })
}

/// What is known of a file; what is not said anew is as it was, but for the days.
fn describe(rules: &Rules, given: &Described, before: Option<&Description>) -> Result<Description, Failure> {
    let old = |field: fn(&Description) -> Option<attesta_evidence::Text>| before.and_then(field);
    let unknown = |what: &str, name: &str, known: Vec<&str>| {
        Failure::new(Exit::Usage, format!("`{name}` is no {what} of the content"))
            .help(format!("use {}", known.join(", ")))
    };
    let kind = given.kind.clone().or_else(|| before.and_then(|b| b.kind.clone()));
    if let Some(kind) = kind.as_ref().filter(|kind| !rules.kinds.contains_key(*kind)) {
        return Err(unknown("evidence kind", kind.as_str(), rules.kinds.keys().map(|k| k.as_str()).collect()));
    }
    let retention = given.retention.clone().or_else(|| before.and_then(|b| b.retention.clone()));
    if let Some(class) = retention.as_ref().filter(|class| !rules.retention.contains_key(*class)) {
        return Err(unknown("retention class", class.as_str(), rules.retention.keys().map(|k| k.as_str()).collect()));
    }
    let attestation = given.attested_by.clone().zip(given.attested_report.clone());
    Ok(Description {
        title: given.title.clone().or_else(|| old(|d| d.title.clone())),
        kind,
        dates: Dates {
            effective: given.effective,
            collected: given.collected,
            received: given.received.unwrap_or_else(workshop::today),
            valid_until: given.valid_until,
        },
        period: given.period,
        source: Source {
            system: given.system.clone().or_else(|| old(|d| d.source.system.clone())),
            query: given.query.clone().or_else(|| old(|d| d.source.query.clone())),
            collector: given.collector.clone(),
            owner: given.owner.clone().or_else(|| old(|d| d.source.owner.clone())),
        },
        role: given.role.or_else(|| before.and_then(|b| b.role)),
        component: given.component.clone().or_else(|| old(|d| d.component.clone())),
        attestation: attestation
            .map(|(organisation, report)| Attestation { organisation, report })
            .or_else(|| before.and_then(|b| b.attestation.clone())),
        confidential: given.confidential || before.is_some_and(|b| b.confidential),
        retention,
    })
}

/// Makes the file's bytes durable and looks at them.
fn take(
    rules: &Rules,
    writer: &mut Writer,
    options: &AddOptions,
    description: Description,
    before: Option<&Evidence>,
) -> Result<(Evidence, Warnings), Failure> {
    let path = &options.file;
    let mut file = File::open(path).map_err(|e| unreadable(path, &e))?;
    if file.metadata().is_ok_and(|m| m.is_dir()) {
        return Err(
            Failure::new(Exit::Usage, format!("{}: it is a folder", path.display())).help("add one file at a time")
        );
    }
    let scan = usize::try_from(rules.scan_bytes).unwrap_or(usize::MAX).max(HEAD);
    let most = options.max_size.unwrap_or(rules.most_bytes);
    let stored = writer.store(&mut file, most, scan).map_err(|error| {
        let mut failure = failure(error);
        failure.messages = failure.messages.iter().map(|m| format!("{}: {m}", path.display())).collect();
        failure
    })?;
    let id = EvidenceId::new(u64::try_from(now().as_millisecond()).unwrap_or(0), random()?);
    let whole = u64::try_from(stored.head.len()) == Ok(stored.size);
    let head = stored.head.get(..HEAD.min(stored.head.len())).unwrap_or_default();
    let media = media_type(head, whole && head.len() == stored.head.len());
    let evidence = Evidence {
        id,
        version: before.map_or(1, |b| b.version.saturating_add(1)),
        supersedes: before.map(|b| b.id),
        digest: stored.digest,
        size: stored.size,
        media_type: text(media.name)?,
        file_name: file_name(path)?,
        description,
    };
    let warnings = Warnings::of(rules, &evidence, &stored, media.is_text);
    Ok((evidence, warnings))
}

fn text(text: &str) -> Result<attesta_evidence::Text, Failure> {
    text.parse().map_err(|e| Failure::new(Exit::Usage, format!("`{text}`: {e}")))
}

/// The name without its folders, and without what no line can hold.
fn file_name(path: &Path) -> Result<attesta_evidence::Text, Failure> {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let name: String = name.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
    text(if name.trim().is_empty() { "unnamed" } else { &name })
}

struct Warnings {
    /// A word for programs and a sentence for people.
    list: Vec<(&'static str, String)>,
    /// What was looked at for PHI.
    scanned: &'static str,
}

impl Warnings {
    fn of(rules: &Rules, evidence: &Evidence, stored: &Stored, is_text: bool) -> Self {
        let mut list = Vec::new();
        let mut scanned = "not-text";
        if is_text {
            let looked_at = usize::try_from(rules.scan_bytes).unwrap_or(usize::MAX).min(stored.head.len());
            let text = String::from_utf8_lossy(stored.head.get(..looked_at).unwrap_or_default());
            for suspicion in suspicions(&rules.phi, &text) {
                let places =
                    if suspicion.count == 1 { "1 place".to_owned() } else { format!("{} places", suspicion.count) };
                list.push(("phi-suspected", format!(
                    "it may hold PHI: {} in {places}, first in line {} (a guess by patterns; look yourself, and add a redacted copy \
                     if it is so)",
                    suspicion.title, suspicion.line
                )));
            }
            scanned = if u64::try_from(looked_at) == Ok(stored.size) { "whole" } else { "beginning" };
        }
        if stored.size == 0 {
            list.push(("empty", "it has no bytes".to_owned()));
        }
        if stored.was_here {
            list.push(("same-bytes", "the same bytes were here before; they are kept once".to_owned()));
        }
        let item = fresh(evidence);
        if let Standing::Unknown { missing } = rules.standing(&item, evidence.description.dates.received) {
            list.push(("freshness-unknown", format!("nobody can tell how long it counts: {missing} is missing")));
        }
        Self { list, scanned }
    }
}

/// The item as it will be.
fn fresh(evidence: &Evidence) -> Item {
    Item { evidence: evidence.clone(), links: Default::default(), holds: Default::default(), status: Status::Current }
}

fn told(
    rules: &Rules,
    evidence: &Evidence,
    entries: &[Entry],
    warnings: &Warnings,
    format: ListFormat,
) -> Result<Exit, Failure> {
    let leaf = entries.first().map(|entry| entry.index);
    let standing = rules.standing(&fresh(evidence), workshop::today());
    match format {
        ListFormat::Json => terminal::json(&json!({
            "schema": "attesta.evidence-added/1",
            "id": evidence.id.to_string(),
            "version": evidence.version,
            "digest": evidence.digest.to_string(),
            "size": evidence.size,
            "type": evidence.media_type.as_str(),
            "file": evidence.file_name.as_str(),
            "leaf": leaf,
            "standing": standing.as_str(),
            "looked_at_for_phi": warnings.scanned,
            "warnings": warnings.list.iter().map(|(code, message)| json!({"code": code, "message": message})).collect::<Vec<_>>(),
        }))?,
        ListFormat::Table => {
            terminal::out(
                format!(
                    "{}  {} bytes  {}  leaf {}\n",
                    evidence.id,
                    evidence.size,
                    evidence.media_type,
                    leaf.map_or_else(|| "-".to_owned(), |l| l.to_string())
                )
                .as_bytes(),
            )?;
            for (_, message) in &warnings.list {
                terminal::note(message);
            }
        }
    }
    Ok(Exit::Met)
}

/// Everything that a vault knows.
pub(super) fn history(vault: &Vault) -> Result<attesta_vault::History, Failure> {
    vault.history().map_err(failure)
}
