//! `attesta verify` and `attesta fsck`.

use std::path::{Path, PathBuf};

use attesta_ledger::{Claim, Policy, SignedCheckpoint, Trust, Verified, VerifierKey, verify as prove};
use attesta_vault::{Audit, Finding, Repair, Vault, blob_digest};
use serde_json::json;

use super::{
    args::{FsckOptions, VerifyOptions},
    failure, read, read_text,
};
use crate::{
    args::ListFormat,
    exit::{Exit, Failure},
    terminal,
};

const PROOF: &str = "item.tlog-proof";

pub(super) fn verify(options: &VerifyOptions) -> Result<Exit, Failure> {
    let key = options.key.as_deref().map(key).transpose()?;
    let policy = options.policy.as_deref().map(policy).transpose()?;
    let trust = match (key, policy) {
        (Some(key), Some(policy)) => Trust::Both(key, policy),
        (Some(key), None) => Trust::Key(key),
        (None, Some(policy)) => Trust::Policy(policy),
        (None, None) => {
            return Err(Failure::new(Exit::Usage, "whom to trust is missing").help("give --key or --policy"));
        }
    };
    let proof = if options.proof.is_dir() { options.proof.join(PROOF) } else { options.proof.clone() };
    let evidence = blob_digest(&options.evidence).map_err(|error| match error {
        attesta_vault::VaultError::Io { error, .. } => super::unreadable(&options.evidence, &error),
        other => failure(other),
    })?;
    let text = read_text(&proof)?;
    let beside = leaf_beside(&proof).map(|path| read(&path)).transpose()?;
    let verified = prove(Claim { evidence, proof: &text, leaf: beside.as_deref() }, &trust);
    match (verified, options.format) {
        (Ok(verified), ListFormat::Table) => {
            terminal::out(in_words(&verified, &evidence.to_string()).as_bytes())?;
            Ok(Exit::Met)
        }
        (Ok(verified), ListFormat::Json) => {
            terminal::json(&told(&verified, &evidence.to_string()))?;
            Ok(Exit::Met)
        }
        (Err(why), format) => {
            if format == ListFormat::Json {
                let told = json!({"schema": "attesta.verification/1", "verified": false, "why": why.to_string()});
                terminal::json(&told)?;
            }
            Err(Failure::new(Exit::Integrity, format!("not verified: {why}")))
        }
    }
}

/// The leaf that was written with the proof.
fn leaf_beside(proof: &Path) -> Option<PathBuf> {
    let ours = proof.file_name().is_some_and(|name| name == PROOF);
    Some(proof.with_file_name("leaf")).filter(|leaf| ours && leaf.is_file())
}

fn in_words(verified: &Verified, digest: &str) -> String {
    let Verified { leaf, index, checkpoint, witnessed } = verified;
    let head = &checkpoint.checkpoint;
    let mut text = format!(
        "verified\n  file        sha256 {digest}\n  leaf        {index}: {} {} by {} at {}\n  inclusion   in the tree of {} leaves, \
         root {}\n  checkpoint  signed by {}\n",
        leaf.kind, leaf.subject, leaf.actor, leaf.at, head.size, head.root, head.origin,
    );
    for cosignature in witnessed {
        let at = i64::try_from(cosignature.time).ok().and_then(|t| attesta_kernel::Timestamp::from_second(t).ok());
        let at = at.map_or_else(|| cosignature.time.to_string(), |at| at.to_string());
        text.push_str(&format!("  witness     {} at {at}\n", cosignature.witness));
    }
    if witnessed.is_empty() {
        text.push_str("  witness     none asked for: the log's owner could show others another history\n");
    }
    text
}

fn told(verified: &Verified, digest: &str) -> serde_json::Value {
    let Verified { leaf, index, checkpoint, witnessed } = verified;
    let head = &checkpoint.checkpoint;
    let witnesses: Vec<_> = witnessed.iter().map(|w| json!({"name": w.witness.as_str(), "time": w.time})).collect();
    json!({
        "schema": "attesta.verification/1",
        "verified": true,
        "digest": digest,
        "leaf": {
            "index": index, "kind": leaf.kind.as_str(), "subject": leaf.subject.as_str(), "actor": leaf.actor.as_str(),
            "at": leaf.at.to_string(),
        },
        "checkpoint": {"origin": head.origin.as_str(), "size": head.size, "root": head.root.to_string()},
        "witnesses": witnesses,
    })
}

/// A key as it is, or the file that holds it.
pub(super) fn key(text: &str) -> Result<VerifierKey, Failure> {
    let path = Path::new(text);
    if !path.is_file() {
        return text.parse().map_err(|e| {
            Failure::new(Exit::Usage, format!("`{text}` is neither a file nor a key: {e}"))
                .help("give the log's key (`name+id+base64`) or a file that holds it and nothing else")
        });
    }
    let whole = read_text(path)?;
    // One line, and nothing that was changed on the way.
    let line = whole.strip_suffix("\r\n").or_else(|| whole.strip_suffix('\n')).unwrap_or(&whole);
    line.parse().map_err(|e| {
        Failure::new(Exit::Integrity, format!("{}: {e}", path.display()))
            .help("it should hold the log's key (`name+id+base64`) and nothing else")
    })
}

fn policy(path: &Path) -> Result<Policy, Failure> {
    Policy::parse(&read_text(path)?).map_err(|e| {
        Failure::new(Exit::Usage, format!("{}: {e}", path.display()))
            .help("its form is told in docs/how-to/verify-offline.md")
    })
}

pub(super) fn fsck(options: &FsckOptions) -> Result<Exit, Failure> {
    let vault = Vault::open(&options.dir).map_err(failure)?;
    let mut trusted = vault.key().clone();
    if let Some(text) = &options.key {
        trusted = key(text)?;
        if trusted != *vault.key() {
            return Err(Failure::new(Exit::Integrity, "key.vkey: it is not the key that was given"));
        }
    }
    let mut others = Vec::new();
    for path in &options.against {
        let other = SignedCheckpoint::open(&read_text(path)?, &trusted)
            .map_err(|e| Failure::new(Exit::Integrity, format!("{}: {e}", path.display())))?;
        others.push(other);
    }
    let repair = if options.repair { Repair::Yes } else { Repair::No };
    let audit = attesta_vault::fsck(&vault, &others, repair).map_err(failure)?;
    match options.format {
        ListFormat::Json => terminal::json(&audit_told(&audit))?,
        ListFormat::Table => {
            for finding in &audit.repaired {
                terminal::out(format!("repaired  {}: {}\n", finding.place, finding.what).as_bytes())?;
            }
            for finding in &audit.notes {
                terminal::out(format!("note      {}: {}\n", finding.place, finding.what).as_bytes())?;
            }
            let Audit { leaves, evidence, blobs, anchors, faults, .. } = &audit;
            terminal::out(
                format!(
                    "{leaves} leaves, {evidence} pieces of evidence, {blobs} files hashed, {anchors} older checkpoints continued, \
                     {} faults\n",
                    faults.len()
                )
                .as_bytes(),
            )?;
            if faults.is_empty() && audit.anchors == 0 {
                terminal::note(
                    "sound in itself; only a checkpoint that left earlier (--against) can show that nothing was made anew",
                );
            }
        }
    }
    if audit.faults.is_empty() {
        return Ok(Exit::Met);
    }
    let messages: Vec<String> = audit.faults.iter().map(|f| format!("{}: {}", f.place, f.what)).collect();
    Err(Failure::many(Exit::Integrity, &messages))
}

fn audit_told(audit: &Audit) -> serde_json::Value {
    let list = |findings: &[Finding]| -> Vec<serde_json::Value> {
        findings.iter().map(|f| json!({"place": f.place, "what": f.what})).collect()
    };
    json!({
        "schema": "attesta.audit/1",
        "sound": audit.faults.is_empty(),
        "leaves": audit.leaves,
        "evidence": audit.evidence,
        "files_hashed": audit.blobs,
        "checkpoints_continued": audit.anchors,
        "timestamps": audit.timestamps,
        "faults": list(&audit.faults),
        "notes": list(&audit.notes),
        "repaired": list(&audit.repaired),
    })
}
