//! The shipped policies, and how they stand here.

use std::{collections::BTreeMap, sync::Arc};

use attesta_evaluation::Topic;
use attesta_pages::{
    page as framed,
    rooms::{
        findings::Choose,
        policies::{self as pages, One, Policies, Policy},
    },
};
use attesta_posture::Tally;
use axum::{extract::State, response::Html};
use serde::Deserialize;

use super::{Guest, Page, cloud::counted, findings::words, frame};
use crate::{
    House,
    api::posture::views,
    problem::Problem,
    sent::{Asked, Named},
    watching::broken,
};

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sought {
    topic: String,
    severity: String,
    stands: String,
    text: String,
}

/// How each policy stands over every fresh source.
async fn standing(house: &Arc<House>, guest: &Guest) -> Result<BTreeMap<String, Tally>, Problem> {
    let mut all: BTreeMap<String, Tally> = BTreeMap::new();
    for (stand, view) in views(house, &guest.caller, "", house.clock.now()).await? {
        if stand.counts() {
            for (policy, tally) in &view.policies {
                let said = all.entry(policy.clone()).or_default();
                *said = said.and(*tally);
            }
        }
    }
    Ok(all)
}

fn line(policy: &attesta_evaluation::Policy, standing: &BTreeMap<String, Tally>) -> Policy {
    Policy {
        id: policy.id.to_string(),
        title: policy.title.clone(),
        topic: policy.topic.as_str(),
        severity: policy.severity.to_string(),
        kind: policy.kind.as_str(),
        controls: policy.controls.iter().map(ToString::to_string).collect(),
        hipaa: policy.hipaa.iter().map(ToString::to_string).collect(),
        checks: standing.get(policy.id.as_str()).filter(|t| t.total() > 0).map(counted),
    }
}

/// The browser.
pub(crate) async fn list(State(house): State<Arc<House>>, guest: Guest, Asked(sought): Asked<Sought>) -> Page {
    let standing = standing(&house, &guest).await?;
    let judge = house.judge().map_err(broken)?;
    let text = sought.text.to_lowercase();
    let fits = |policy: &Policy| {
        let checks = policy.checks.unwrap_or_default();
        (sought.topic.is_empty() || policy.topic == sought.topic)
            && (sought.severity.is_empty() || policy.severity == sought.severity)
            && (text.is_empty() || policy.id.contains(&text) || policy.title.to_lowercase().contains(&text))
            && match sought.stands.as_str() {
                "fails" => checks.fail > 0,
                "unknown" => checks.unknown + checks.errored > 0,
                "holds" => policy.checks.is_some() && checks.pass == checks.total(),
                "judged-nothing" => policy.checks.is_none(),
                _ => true,
            }
    };
    let mut rows: Vec<Policy> = judge.policies().iter().map(|p| line(p, &standing)).filter(fits).collect();
    let severity = |row: &Policy| row.severity.parse::<attesta_kernel::Severity>().ok();
    rows.sort_by(|a, b| {
        let failing = |row: &Policy| row.checks.map_or(0, |c| c.fail) > 0;
        (failing(b), severity(b), &a.id).cmp(&(failing(a), severity(a), &b.id))
    });
    let page = Policies {
        org: guest.org(),
        filter: vec![
            Choose {
                label: "Here",
                name: "stands",
                options: words("any", ["fails", "unknown", "holds", "judged-nothing"]),
                chosen: sought.stands.clone(),
            },
            Choose {
                label: "Severity",
                name: "severity",
                options: words("any", ["low", "medium", "high", "critical"]),
                chosen: sought.severity.clone(),
            },
            Choose {
                label: "Topic",
                name: "topic",
                options: words("all", Topic::ALL.iter().filter(|t| **t != Topic::Waivers).map(|t| t.as_str())),
                chosen: sought.topic.clone(),
            },
        ],
        all: judge.policies().len(),
        rows,
        text: sought.text,
    };
    Ok(Html(framed(&frame(&house, &guest, "Policies", "cloud", ""), &pages::list(&page)).into_string()))
}

/// One policy.
pub(crate) async fn one(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, id)): Named<(String, String)>,
) -> Page {
    let standing = standing(&house, &guest).await?;
    let judge = house.judge().map_err(broken)?;
    let catalog = judge.catalog();
    let found = judge.policies().iter().find(|p| p.id.as_str() == id);
    let policy = found.ok_or_else(|| Problem::not_found("no shipped policy has this id"))?;
    let mend = &policy.remediation;
    let code = [("Terraform", &mend.terraform), ("CloudFormation", &mend.cloudformation), ("Pulumi", &mend.pulumi)];
    let one = One {
        org: guest.org(),
        line: line(policy, &standing),
        why: policy.rationale.clone(),
        mend: mend.text.clone(),
        code: code.into_iter().filter_map(|(name, code)| Some((name, code.clone()?))).collect(),
        proves: policy
            .proves
            .iter()
            .filter_map(|e| catalog.element(e))
            .map(|e| (e.element.id.to_string(), e.element.text.clone()))
            .collect(),
        controls: policy
            .controls
            .iter()
            .map(|c| (c.to_string(), catalog.reference(c).map_or(String::new(), |r| r.title.clone())))
            .collect(),
        hipaa: policy
            .hipaa
            .iter()
            .map(|c| (c.to_string(), catalog.hipaa_item(c).map_or(String::new(), |i| i.title.clone())))
            .collect(),
        nist: policy.nist_800_53.clone(),
        source: (policy.provenance.source.clone(), policy.provenance.confidence.to_string()),
        text: text(&house, &id)?,
    };
    Ok(Html(framed(&frame(&house, &guest, &one.line.title, "cloud", ""), &pages::one(&one)).into_string()))
}

/// The file in which a policy is written: its path in the content, and what it holds.
fn text(house: &House, id: &str) -> Result<(String, String), Problem> {
    let files = attesta_content::files(house.library.source(), "policies")
        .map_err(|faults| Problem::internal(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))?;
    let named = format!("/{id}.yaml");
    let found = files.into_iter().find(|file| file.inside.ends_with(&named));
    Ok(found.map(|file| (file.inside.clone(), file.text.to_string())).unwrap_or_default())
}
