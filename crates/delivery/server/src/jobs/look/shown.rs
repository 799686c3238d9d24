//! What a run shows, as evidence: its exact inputs, what it was judged by, and what was said.

use std::collections::BTreeMap;

use attesta_access::TenantId;
use attesta_blobs::{Receipt, TenantBlobs};
use attesta_evidence::{Change, Dates, Description, Evidence, EvidenceId, Source};
use attesta_history::Run;
use attesta_kernel::{Digest, Timestamp};
use attesta_posture::{Reach, Tally, Verdict, Verdicts, day_of};
use attesta_store::{Blob, Work};
use serde_json::{Value, json};

use super::{Watched, ids, ten};
use crate::watching::{Origin, SourceBody};

/// Violations and unknowns that a statement names; it says how many there are.
const NAMED: usize = 10_000;

/// The evidence of a run.
pub(super) enum Shows {
    /// The same inputs and verdicts as an earlier run's of that day: its evidence stands for this one too.
    As(String),
    /// Its own.
    New(Receipt),
}

impl Shows {
    /// The evidence's id: one of its own follows from the run.
    pub(super) fn id(&self, run: &Run) -> String {
        match self {
            Self::As(id) => id.clone(),
            Self::New(_) => evidence_id(run).to_string(),
        }
    }
}

fn evidence_id(run: &Run) -> EvidenceId {
    EvidenceId::new(ids::milliseconds(run.at), ten(&Digest::of_parts([b"evidence", run.digest.to_string().as_bytes()])))
}

/// The statement of a run, and a digest of what it shows on its day: the same for a look that saw the same.
pub(super) fn statement(
    tenant: TenantId,
    id: &str,
    source: &SourceBody,
    run: &Run,
    verdicts: &Verdicts,
) -> (Vec<u8>, Digest) {
    let mut policies: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut open = Vec::new();
    for (key, verdict) in verdicts {
        let tally = policies.entry(key.policy.as_str()).or_default();
        *tally = tally.and(Tally::of([verdict]));
        if *verdict != Verdict::Pass {
            open.push(json!([key.policy.as_str(), verdict.as_str(), &*key.resource]));
        }
    }
    let counted = |t: &Tally| json!({ "pass": t.pass, "fail": t.fail, "waived": t.waived, "unknown": t.unknown, "errored": t.errored });
    let kind = match &source.origin {
        Origin::Folder { .. } => "folder",
        Origin::File { .. } => "file",
        Origin::Aws { .. } => "aws",
        Origin::Pushed {} => "pushed",
    };
    let count = open.len();
    open.truncate(NAMED);
    let judged: BTreeMap<&str, Value> = run
        .judged
        .iter()
        .map(|(policy, reach)| {
            let tally = policies.get(policy.as_str()).copied().unwrap_or_default();
            let mut said = counted(&tally);
            if let Some(members) = said.as_object_mut() {
                members.insert("saw_all".to_owned(), (*reach == Reach::All).into());
            }
            (policy.as_str(), said)
        })
        .collect();
    let shown = json!({
        "organisation": tenant.to_string(),
        "source": { "id": id, "name": source.name, "kind": kind },
        "content": run.content.to_string(),
        "tool": run.tool,
        "documents": run.documents.iter().map(|d| json!({ "path": d.path, "sha256": d.digest.to_string(), "bytes": d.bytes })).collect::<Vec<_>>(),
        "complete": run.complete,
        "not_seen": run.unseen.iter().take(NAMED).map(|n| json!([n.path, n.reason.as_str(), n.what, n.count])).collect::<Vec<_>>(),
        "resources": run.resources,
        "checks": counted(&run.tally),
        "policies": judged,
        "not_passing": { "count": count, "checks": open },
    });
    let shows = Digest::of_parts([shown.to_string().as_bytes(), day_of(run.at).to_string().as_bytes()]);
    let whole = json!({
        "schema": "attesta.run-statement/1",
        "run": run.id.to_string(),
        "at": run.at.to_string(),
        "digest": run.digest.to_string(),
        "previous": run.previous.map(|d| d.to_string()),
        "shown": shown,
    });
    (format!("{whole:#}\n").into_bytes(), shows)
}

/// Makes a statement durable.
pub(super) async fn kept(blobs: &TenantBlobs, statement: &[u8]) -> Result<Receipt, String> {
    let bytes = axum::body::Body::from(statement.to_vec()).into_data_stream();
    blobs.put_stream(bytes).await.map_err(|e| e.to_string())
}

/// Adds a run's statement as evidence.
pub(super) async fn add(
    work: &mut Work,
    source: &Watched,
    run: &Run,
    receipt: &Receipt,
    at: Timestamp,
) -> Result<(), String> {
    let blob = Blob {
        digest: receipt.digest.to_string(),
        size: receipt.size,
        media: receipt.media().name.to_owned(),
        verdict: "not-scanned".to_owned(),
        stored: at,
    };
    work.put_blob(&blob).await.map_err(|e| e.to_string())?;
    let text = |text: String| text.parse().map_err(|e: attesta_evidence::TextError| format!("evidence: {e}"));
    let evidence = Evidence {
        id: evidence_id(run),
        version: 1,
        supersedes: None,
        digest: receipt.digest,
        size: receipt.size,
        media_type: text(blob.media)?,
        file_name: text(format!("{}-{}.json", source.plan.name, run.id))?,
        description: Description {
            title: Some(text(format!("Checks of {}, {} at {}", source.plan.name, run.id, run.at))?),
            kind: Some("configuration".parse().map_err(|e: attesta_evidence::WordError| e.to_string())?),
            dates: Dates { effective: None, collected: Some(day_of(run.at)), received: day_of(at), valid_until: None },
            period: None,
            source: Source {
                system: Some(text(source.plan.name.to_string())?),
                query: Some(text(format!("{}, judged by content {}", run.tool, run.content))?),
                collector: Some(text("attesta monitor".to_owned())?),
                owner: None,
            },
            role: None,
            component: None,
            attestation: None,
            confidential: false,
            retention: None,
        },
    };
    let added = work.change_evidence(evidence.id, &Change::Added(Box::new(evidence)), 0).await;
    added.map(drop).map_err(|e| e.to_string())
}
