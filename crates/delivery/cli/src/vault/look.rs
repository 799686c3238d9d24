//! `attesta evidence list`, `show`, `proof` and `get`.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::Path,
};

use attesta_evidence::{EvidenceId, Item, Kept, Rules, Standing, Target, Why, kept};
use attesta_kernel::{Confidence, Date};
use attesta_vault::{History, blob_digest};
use serde_json::{Value, json};

use super::{add, args::Place, failure, open};
use crate::{
    args::ListFormat,
    exit::{Exit, Failure},
    terminal,
};

pub(super) fn list(
    rules: &Rules,
    place: &Place,
    day: Date,
    target: Option<&Target>,
    format: ListFormat,
) -> Result<Exit, Failure> {
    let history = add::history(&open(place)?)?;
    let items: Vec<&Item> =
        history.shelf.items().filter(|item| target.is_none_or(|t| item.links.contains_key(t))).collect();
    match format {
        ListFormat::Json => {
            let list: Vec<Value> = items.iter().map(|item| told(rules, item, day)).collect();
            terminal::json(&json!({"schema": "attesta.evidence-list/1", "at": day.to_string(), "evidence": list}))?;
        }
        ListFormat::Table => {
            let rows = items.iter().map(|item| {
                let evidence = &item.evidence;
                let description = &evidence.description;
                [
                    evidence.id.to_string(),
                    standing_in_words(&rules.standing(item, day)),
                    description.kind.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
                    description.title.as_ref().unwrap_or(&evidence.file_name).to_string(),
                    item.links.keys().map(Target::id).collect::<Vec<_>>().join(" "),
                ]
            });
            terminal::table(["id", "standing", "kind", "what", "for"], rows)?;
            terminal::note(&format!("{} pieces of evidence, as of {day}", items.len()));
            let unverified = items.iter().any(|item| is_unverified(&rules.standing(item, day)));
            if unverified {
                terminal::note("* hangs on a freshness figure that nobody has verified");
            }
        }
    }
    Ok(Exit::Met)
}

fn is_unverified(standing: &Standing) -> bool {
    matches!(standing, Standing::Valid { why: Why::Kind(p), .. } | Standing::Stale { why: Why::Kind(p), .. }
        if p.confidence == Confidence::Unverified)
}

fn standing_in_words(standing: &Standing) -> String {
    let star = if is_unverified(standing) { "*" } else { "" };
    match standing {
        Standing::Valid { until, .. } => format!("valid until {until}{star}"),
        Standing::NotYet { from } => format!("not before {from}"),
        Standing::Stale { until, .. } => format!("stale since {until}{star}"),
        Standing::Superseded { by } => format!("superseded by {by}"),
        Standing::Retired => "retired".to_owned(),
        Standing::Unknown { missing } => format!("unknown: {missing} is missing"),
    }
}

fn standing_told(standing: &Standing) -> Value {
    let why = |why: &Why| match why {
        Why::ItsOwnDate => json!({"source": "its own date"}),
        Why::Kind(p) => json!({"source": p.source, "confidence": p.confidence.as_str()}),
    };
    let mut told = json!({"is": standing.as_str()});
    let more = match standing {
        Standing::Valid { until, why: w } | Standing::Stale { until, why: w } => {
            vec![("until", json!(until.to_string())), ("why", why(w))]
        }
        Standing::NotYet { from } => vec![("from", json!(from.to_string()))],
        Standing::Superseded { by } => vec![("by", json!(by.to_string()))],
        Standing::Retired => Vec::new(),
        Standing::Unknown { missing } => vec![("missing", json!(missing))],
    };
    if let Some(members) = told.as_object_mut() {
        members.extend(more.into_iter().map(|(key, value)| (key.to_owned(), value)));
    }
    told
}

fn told(rules: &Rules, item: &Item, day: Date) -> Value {
    let evidence = &item.evidence;
    let d = &evidence.description;
    fn text<T: ToString>(value: Option<T>) -> Option<String> {
        value.map(|v| v.to_string())
    }
    let links: Vec<Value> = item
        .links
        .values()
        .map(|link| {
            json!({
                "target": link.target.to_string(),
                "levels": link.levels.iter().map(|l| l.as_str()).collect::<Vec<_>>(),
                "elements": link.elements,
                "place": text(link.place.as_ref()),
            })
        })
        .collect();
    let holds = item
        .holds
        .values()
        .map(|h| json!({"matter": h.matter.as_str(), "why": h.why.as_str(), "on": h.on.to_string()}));
    json!({
        "id": evidence.id.to_string(),
        "version": evidence.version,
        "supersedes": text(evidence.supersedes),
        "standing": standing_told(&rules.standing(item, day)),
        "title": text(d.title.as_ref()),
        "kind": text(d.kind.as_ref()),
        "file": evidence.file_name.as_str(),
        "digest": evidence.digest.to_string(),
        "size": evidence.size,
        "type": evidence.media_type.as_str(),
        "effective": text(d.dates.effective),
        "collected": text(d.dates.collected),
        "received": d.dates.received.to_string(),
        "valid_until": text(d.dates.valid_until),
        "period": text(d.period),
        "system": text(d.source.system.as_ref()),
        "query": text(d.source.query.as_ref()),
        "collector": text(d.source.collector.as_ref()),
        "owner": text(d.source.owner.as_ref()),
        "role": text(d.role),
        "component": text(d.component.as_ref()),
        "attestation": d.attestation.as_ref().map(|a| json!({"organisation": a.organisation.as_str(), "report": a.report.as_str()})),
        "confidential": d.confidential,
        "retention": kept_told(rules, item, day),
        "links": links,
        "holds": holds.collect::<Vec<_>>(),
    })
}

fn kept_told(rules: &Rules, item: &Item, day: Date) -> Value {
    let class = rules.retention(&item.evidence);
    let kept = kept(item, rules.kind(&item.evidence), class, day);
    let (is, until) = match &kept {
        Kept::Free { since } => ("free", Some(since)),
        Kept::Held(_) => ("held", None),
        Kept::Until(until) => ("kept", Some(until)),
        Kept::InEffect => ("in-effect", None),
    };
    json!({
        "class": class.id.as_str(), "is": is, "until": until.map(ToString::to_string), "years": class.years,
        "source": class.provenance.source, "confidence": class.provenance.confidence.as_str(),
    })
}

pub(super) fn show(rules: &Rules, place: &Place, id: EvidenceId, day: Date) -> Result<Exit, Failure> {
    let history = add::history(&open(place)?)?;
    let mut told = told(rules, item(&history, id)?, day);
    let subject = id.to_string();
    let events: Vec<Value> = history
        .entries
        .iter()
        .filter(|entry| entry.leaf.subject.as_str() == subject)
        .map(|e| {
            json!({"leaf": e.index, "kind": e.leaf.kind.as_str(), "at": e.leaf.at.to_string(), "actor": e.leaf.actor.as_str()})
        })
        .collect();
    if let Some(members) = told.as_object_mut() {
        members.insert("events".to_owned(), Value::Array(events));
    }
    terminal::json(&told)?;
    Ok(Exit::Met)
}

pub(super) fn item(history: &History, id: EvidenceId) -> Result<&Item, Failure> {
    history
        .shelf
        .item(id)
        .map_err(|e| Failure::new(Exit::Usage, e.to_string()).help("`attesta evidence list` shows all"))
}

pub(super) fn proof(place: &Place, id: EvidenceId, output: &Path, size: Option<u64>) -> Result<Exit, Failure> {
    let vault = open(place)?;
    let history = add::history(&vault)?;
    item(&history, id)?;
    let checkpoint = vault.checkpoint_of(size).map_err(failure)?;
    let bundle = vault.bundle(&history, id, &checkpoint).map_err(failure)?;
    let wrong = |path: &Path, e: std::io::Error| {
        Failure::new(Exit::NotEvaluated, format!("{}: cannot be written: {e}", path.display()))
    };
    fs::create_dir_all(output).map_err(|e| wrong(output, e))?;
    let mut files = vec![
        ("leaf", bundle.leaf.clone()),
        ("key.vkey", bundle.key.clone().into_bytes()),
        ("item.tlog-proof", bundle.proof.to_string().into_bytes()),
    ];
    if let Some(stamp) = vault.anchor(bundle.size).map_err(failure)?.and_then(|anchor| anchor.timestamp) {
        files.push(("checkpoint", checkpoint.alone(vault.key()).into_bytes()));
        files.push(("checkpoint.tsr", stamp.reply));
        files.push(("checkpoint-roots.pem", stamp.roots.into_bytes()));
        files.push(("checkpoint-others.pem", stamp.others.into_bytes()));
    }
    for (name, bytes) in files {
        // Written beside and renamed, so that a proof is never seen half written.
        let (path, beside) = (output.join(name), output.join(format!(".{name}.new")));
        fs::write(&beside, &bytes).and_then(|()| fs::rename(&beside, &path)).map_err(|e| wrong(&path, e))?;
    }
    terminal::out(
        format!(
            "{}: leaf {} of {} in the log of {}\n",
            output.join("item.tlog-proof").display(),
            bundle.proof.index,
            bundle.size,
            vault.key().name()
        )
        .as_bytes(),
    )?;
    terminal::note("key.vkey lies there for convenience; a verifier takes the key from somewhere else");
    Ok(Exit::Met)
}

pub(super) fn get(place: &Place, id: EvidenceId, output: &Path) -> Result<Exit, Failure> {
    let vault = open(place)?;
    let history = add::history(&vault)?;
    let digest = item(&history, id)?.evidence.digest;
    let mut blob = vault.blob(&digest).map_err(failure)?;
    let wrong =
        |e: std::io::Error| Failure::new(Exit::NotEvaluated, format!("{}: cannot be written: {e}", output.display()));
    let mut file = OpenOptions::new().write(true).create_new(true).open(output).map_err(wrong)?;
    std::io::copy(&mut blob, &mut file).and_then(|_| file.flush()).map_err(wrong)?;
    drop(file);
    if blob_digest(output).map_err(failure)? != digest {
        let _ = fs::remove_file(output);
        return Err(Failure::new(Exit::Integrity, format!("{id}: its bytes were changed; nothing was written"))
            .help("`attesta fsck` names all that is wrong"));
    }
    Ok(Exit::Met)
}
