//! What automation proposes, and what people make of it.

use std::{collections::BTreeSet, sync::Arc};

use attesta_access::{AccountId, Action, ResourceKind};
use attesta_assessment::RequirementKey;
use attesta_desk::propose::{self, Acceptance, Which};
use attesta_kernel::Digest;
use attesta_scoring::MaturityLevel;
use attesta_workspace::PROPOSALS;
use axum::{extract::State, response::Response};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    House,
    api::{
        assignments,
        inheritance::{keys, parsed},
        phases,
    },
    caller::Caller,
    deed::{self, Ask, PageOf},
    page::Cursor,
    problem::{Body, Problem},
    sent::{Asked, Named, Sent},
};

/// A check of infrastructure whose report proposes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewProposals {
    /// What `attesta check PATH --format json` printed; absent to propose again from the checks on record.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    report: Option<serde_json::Value>,
    /// The part of the scope that was checked; all of it without.
    #[serde(default)]
    component: Option<String>,
}

/// What people make of proposals: of all that are named, or of none.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Judgement {
    /// `accept` or `reject`.
    verdict: String,
    /// Requirements whose proposals are judged.
    requirements: Vec<String>,
    /// The level; `implemented` without.
    #[serde(default = "implemented")]
    level: String,
    /// Elements that wait for people and that are met (one requirement only).
    #[serde(default)]
    met: BTreeSet<u8>,
    /// Evidence that shows it, from evidence.yaml.
    #[serde(default)]
    evidence: Vec<String>,
    /// Since when the control operates; a check sees one day only.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    since: Option<String>,
    /// Why, for a rejection.
    #[serde(default)]
    because: String,
}

fn implemented() -> String {
    MaturityLevel::Implemented.as_str().to_owned()
}

/// Proposals, by requirement and level.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/proposals",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        Cursor,
    ),
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    Asked(cursor): Asked<Cursor>,
) -> Result<Response, Problem> {
    let seen = deed::look(&house, &caller, &assessment, ResourceKind::Proposal).await?;
    let page = PageOf { list: "items", key: &["requirement", "level", "checked", "state", "says"], cursor: &cursor };
    deed::shown(&seen, PROPOSALS, Some(page), |desk| Ok(json!({ "items": propose::rows(&desk.proposals) }))).await
}

/// Takes in a check's report and proposes from it, together with the checks on record. Proposals that nobody judged make
/// room for newer ones; nothing counts until people accept it.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/proposals",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("if-match" = String, Header, description = "The ETag of what was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = NewProposals,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn create(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    sent: Sent<NewProposals>,
) -> Result<Response, Problem> {
    let once = sent.once(&caller)?;
    let NewProposals { report, component } = sent.value;
    let component = component.as_deref().map(parsed).transpose()?;
    let report = report.map(|report| report.to_string());
    // Nobody makes proposals: people bring in what checks found, and the engine proposes.
    let wanted = (Action::Create, ResourceKind::Finding);
    let ask = Ask::of(&house, &caller, &assessment, wanted, "proposals.made").await?;
    ask.done((&sent.headers, once), PROPOSALS, move |desk, _| {
        let run = report.as_deref().map(|text| propose::from_report(desk, text, component)).transpose()?;
        let told = json!({
            "report": report.as_deref().map(|text| Digest::of(text.as_bytes()).to_string()),
            "checked": run.as_ref().map(|run| run.on.to_string()),
        });
        propose::propose(desk, run)?.deed(desk, told)
    })
    .await
}

/// Accepts or rejects proposals: one, or many at once. What is accepted is an answer from then on.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/proposals/judgements",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("if-match" = String, Header, description = "The ETag of what was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = Judgement,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn judge(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    sent: Sent<Judgement>,
) -> Result<Response, Problem> {
    let once = sent.once(&caller)?;
    let asked = sent.value;
    let accepts = match asked.verdict.as_str() {
        "accept" => true,
        "reject" => false,
        _ => return Err(Problem::bad("the verdict is `accept` or `reject`")),
    };
    let requirements = keys(&asked.requirements)?;
    let level: MaturityLevel = parsed(&asked.level)?;
    let with = Acceptance {
        met: asked.met,
        evidence: asked.evidence.iter().map(|id| parsed(id)).collect::<Result<_, _>>()?,
        since: phases::day(asked.since.as_deref())?,
    };
    let wanted = (Action::Decide, ResourceKind::Proposal);
    let mut ask = Ask::of(&house, &caller, &assessment, wanted, "proposals.judged").await?;
    ask.circumstance.assigned_to = Some(assigned_to_all(&house, &caller, &assessment, &requirements).await?);
    ask.done((&sent.headers, once), PROPOSALS, move |desk, by| {
        let told = json!({
            "verdict": asked.verdict, "requirements": asked.requirements, "level": level.as_str(),
        });
        let which = Which { requirements, level, by: by.clone() };
        let judged = if accepts {
            propose::accept(desk, &which, &with)?
        } else {
            propose::reject(desk, &which, &asked.because)?
        };
        judged.deed(desk, told)
    })
    .await
}

/// To whom every one of these requirements is assigned.
pub(crate) async fn assigned_to_all(
    house: &House,
    caller: &Caller,
    assessment: &str,
    requirements: &[RequirementKey],
) -> Result<BTreeSet<AccountId>, Problem> {
    let mut all: Option<BTreeSet<AccountId>> = None;
    for key in requirements {
        let own = assignments::assigned(house, caller, assessment, key).await?;
        all = Some(match all {
            None => own,
            Some(before) => before.intersection(&own).copied().collect(),
        });
    }
    Ok(all.unwrap_or_default())
}
