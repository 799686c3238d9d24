//! Which leaves of the log somebody sees whose access names assessments.

use std::collections::{BTreeMap, BTreeSet};

use attesta_access::{AssessmentId, Permit, Reach};
use attesta_store::{LeafRow, Room};

use crate::problem::Problem;

/// What evidence ids begin with.
const EVIDENCE: &str = "evd_";

/// The leaves that a permit reaches. What is of no assessment (people, settings, webhooks) is not of theirs.
pub(crate) async fn reached(permit: &Permit, room: &mut Room, rows: Vec<LeafRow>) -> Result<Vec<LeafRow>, Problem> {
    let Reach::Named(named) = permit.reach() else { return Ok(rows) };
    let evidence = rows.iter().map(|row| row.subject.as_str()).filter(|s| s.starts_with(EVIDENCE));
    let (first, last) = (evidence.clone().min().map(str::to_owned), evidence.max().map(str::to_owned));
    let mut standing: BTreeMap<String, BTreeSet<AssessmentId>> = BTreeMap::new();
    if let Some((first, last)) = first.zip(last) {
        for (id, assessment) in room.evidence_in_assessments(&first, &last).await? {
            standing.entry(id).or_default().extend(assessment.parse::<AssessmentId>().ok());
        }
    }
    let inside = |row: &LeafRow| match standing.get(&row.subject) {
        Some(assessments) => assessments.iter().any(|a| named.contains(a)),
        None => of(row).is_some_and(|assessment| named.contains(&assessment)),
    };
    Ok(rows.into_iter().filter(inside).collect())
}

/// The assessment of a leaf: its subject, or what its record says that it is about.
fn of(row: &LeafRow) -> Option<AssessmentId> {
    let begins = |text: &str| text.split('/').next().and_then(|id| id.parse().ok());
    let said = || {
        let record: serde_json::Value = serde_json::from_str(&row.record).ok()?;
        let member = |name: &str| record.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
        begins(&member("assessment").or_else(|| member("about"))?)
    };
    begins(&row.subject).or_else(said)
}
