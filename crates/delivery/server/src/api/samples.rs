//! Samples: populations that are frozen, draws that repeat, replacements, findings, lead sheets.

use std::{collections::BTreeSet, sync::Arc};

use attesta_access::{AccountId, Action, ResourceKind};
use attesta_assessment::SampleId;
use attesta_desk::{
    Deed, Failure,
    samples::{self, Found, New, Sampled},
};
use attesta_interchange::process::{lead_sheet_csv, lead_sheet_markdown};
use attesta_workspace::{ANSWERS, document_place, sample_place};
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use crate::{
    House,
    api::{
        inheritance::{keys, parsed},
        phases::day,
    },
    caller::Caller,
    deed::{self, Ask, PageOf},
    page::Cursor,
    problem::{Body, Problem},
    sent::{Asked, Named, Sent},
};

/// A population to freeze, and what will be looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSample {
    /// Its id, of your choice.
    id: String,
    /// CSV with a heading, the items' ids in its first column.
    population: String,
    /// The system and query that it comes from.
    source: String,
    /// The day on which it was taken; today without.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    created: Option<String>,
    /// The first day of the time that it covers; what is there on the day without.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    from: Option<String>,
    /// The last day.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    to: Option<String>,
    /// How it was checked that nothing is missing.
    completeness: String,
    /// Why the source can show a failure.
    reveals_failures: String,
    /// The control that is tested, in a sentence.
    control: String,
    /// How often the control works.
    #[serde(default = "each")]
    frequency: String,
    /// The requirements.
    requirements: Vec<String>,
    /// What is true of an item that passes.
    attributes: Vec<AttributeText>,
}

fn each() -> String {
    "each".to_owned()
}

/// What is true of an item that passes, and which elements that covers.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttributeText {
    /// Elements, by number.
    elements: BTreeSet<u8>,
    /// What is true.
    text: String,
}

/// A draw.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draw {
    /// Any text, chosen once the population is frozen; the draw repeats from it.
    seed: String,
    /// More items than the table says.
    #[serde(default)]
    size: Option<u32>,
}

/// An item that cannot be tested.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Replacement {
    /// Which.
    item: String,
    /// Why; it is printed on the lead sheet.
    because: String,
}

/// What was found on one attribute of one item.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FindingText {
    /// Which item.
    item: String,
    /// Which attribute, by number; 1 without.
    #[serde(default = "one")]
    attribute: u8,
    /// Whether it holds.
    holds: bool,
    /// What was found instead, where it does not.
    #[serde(default)]
    deviation: Option<String>,
    /// What shows it, from evidence.yaml.
    #[serde(default)]
    evidence: Vec<String>,
}

fn one() -> u8 {
    1
}

/// How a lead sheet is printed.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Sheet {
    /// `markdown` (usual) or `csv`.
    #[serde(default)]
    format: String,
}

/// Every sample and what it says.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/samples",
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
    let seen = deed::look(&house, &caller, &assessment, ResourceKind::Sample).await?;
    let page = PageOf { list: "items", key: &["id"], cursor: &cursor };
    deed::shown(&seen, "", Some(page), |desk| Ok(json!({ "items": deed::json(&samples::list(desk)?)? }))).await
}

/// One sample whole: what was drawn and found. Its items in pages.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/samples/{sample}",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("sample" = String, Path),
        Cursor,
    ),
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn read(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment, sample)): Named<(String, String, String)>,
    Asked(cursor): Asked<Cursor>,
) -> Result<Response, Problem> {
    let id: SampleId = parsed(&sample)?;
    let seen = deed::look(&house, &caller, &assessment, ResourceKind::Sample).await?;
    let page = PageOf { list: "items", key: &["item"], cursor: &cursor };
    let view = move |desk: &_| deed::json(&samples::whole(&samples::held(desk, &id)?.sample));
    deed::shown(&seen, &format!("samples/{sample}.yaml"), Some(page), view).await
}

/// The lead sheet.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/samples/{sample}/lead-sheet",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("sample" = String, Path),
        Sheet,
    ),
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn lead_sheet(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment, sample)): Named<(String, String, String)>,
    Asked(sheet): Asked<Sheet>,
) -> Result<Response, Problem> {
    let id: SampleId = parsed(&sample)?;
    let seen = deed::look(&house, &caller, &assessment, ResourceKind::Sample).await?;
    let held = samples::held(&seen.desk, &id)?;
    let (media, bytes) = match sheet.format.as_str() {
        "" | "markdown" => ("text/markdown; charset=utf-8", lead_sheet_markdown(&held.sample).into_bytes()),
        "csv" => ("text/csv; charset=utf-8", lead_sheet_csv(&held.sample)),
        _ => return Err(Problem::bad("the format is `markdown` or `csv`")),
    };
    Ok(([(header::CONTENT_TYPE, media)], bytes).into_response())
}

/// Freezes a population; the ETag is that of the sample's own document, which is `"0"` before.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/samples",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("if-match" = String, Header, description = "The ETag of what was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = NewSample,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn create(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    sent: Sent<NewSample>,
) -> Result<Response, Problem> {
    let once = sent.once(&caller)?;
    let new = new(sent.value)?;
    if new.requirements.is_empty() || new.attributes.is_empty() {
        return Err(Problem::bad("a sample has at least one requirement and one attribute"));
    }
    let wanted = (Action::Create, ResourceKind::Population);
    let ask = Ask::of(&house, &caller, &assessment, wanted, "sample.frozen").await?;
    let about = sample_place(&new.id);
    ask.done((&sent.headers, once), &about, move |desk, by| done(samples::begin(desk, &new, by)?, "frozen")).await
}

fn new(text: NewSample) -> Result<New, Problem> {
    let window = match (day(text.from.as_deref())?, day(text.to.as_deref())?) {
        (Some(from), Some(to)) => Some((from, to)),
        (None, None) => None,
        _ => return Err(Problem::bad("`from` and `to` go together")),
    };
    Ok(New {
        id: parsed(&text.id)?,
        population: ("population".to_owned(), text.population),
        source: text.source,
        created: day(text.created.as_deref())?,
        window,
        completeness: text.completeness,
        reveals_failures: text.reveals_failures,
        control: text.control,
        frequency: parsed(&text.frequency)?,
        requirements: keys(&text.requirements)?,
        attributes: text.attributes.into_iter().map(|a| (a.elements, a.text)).collect(),
    })
}

fn done(after: Sampled, what: &str) -> Result<Deed<samples::Whole>, Failure> {
    let told = json!({ "sample": after.sample.id.as_str(), "what": what });
    Ok(Deed { answer: samples::whole(&after.sample), changes: after.changes, told })
}

/// Draws the sample, once; the size is the table's.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/samples/{sample}/draw",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("sample" = String, Path),
        ("if-match" = String, Header, description = "The ETag of what was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = Draw,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn draw(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment, sample)): Named<(String, String, String)>,
    sent: Sent<Draw>,
) -> Result<Response, Problem> {
    let once = sent.once(&caller)?;
    let (id, seed) = (parsed::<SampleId>(&sample)?, parsed(&sent.value.seed)?);
    let size = sent.value.size;
    let ask = asked(&house, &caller, &assessment, &id, Action::Create).await?;
    let deed = move |desk: &_, by: &_| done(samples::draw(desk, &id, &seed, size, by)?, "drawn");
    ask.done((&sent.headers, once), &format!("samples/{sample}.yaml"), deed).await
}

/// Replaces an item that cannot be tested by the next one of the draw.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/samples/{sample}/replacements",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("sample" = String, Path),
        ("if-match" = String, Header, description = "The ETag of what was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = Replacement,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn replace(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment, sample)): Named<(String, String, String)>,
    sent: Sent<Replacement>,
) -> Result<Response, Problem> {
    let once = sent.once(&caller)?;
    let id: SampleId = parsed(&sample)?;
    let Replacement { item, because } = sent.value;
    let ask = asked(&house, &caller, &assessment, &id, Action::Change).await?;
    let deed = move |desk: &_, by: &_| done(samples::replace(desk, &id, &item, &because, by)?, "replaced");
    ask.done((&sent.headers, once), &format!("samples/{sample}.yaml"), deed).await
}

/// Records what was found on one attribute of one item.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/samples/{sample}/findings",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("sample" = String, Path),
        ("if-match" = String, Header, description = "The ETag of what was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = FindingText,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn record(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment, sample)): Named<(String, String, String)>,
    sent: Sent<FindingText>,
) -> Result<Response, Problem> {
    let once = sent.once(&caller)?;
    let id: SampleId = parsed(&sample)?;
    let FindingText { item, attribute, holds, deviation, evidence } = sent.value;
    let says = deviation.as_deref().is_some_and(|what| !what.trim().is_empty());
    if holds == says {
        return Err(Problem::bad("either it holds, or `deviation` says what was found instead"));
    }
    let evidence = evidence.iter().map(|id| parsed(id)).collect::<Result<_, _>>()?;
    let found = Found { item, attribute, deviation: deviation.filter(|_| !holds), evidence };
    let ask = asked(&house, &caller, &assessment, &id, Action::Change).await?;
    let deed = move |desk: &_, by: &_| done(samples::record(desk, &id, &found, by)?, "recorded");
    ask.done((&sent.headers, once), &format!("samples/{sample}.yaml"), deed).await
}

/// Asks about a sample: nobody tests what they answered.
async fn asked<'a>(
    house: &'a House,
    caller: &'a Caller,
    assessment: &'a str,
    id: &SampleId,
    action: Action,
) -> Result<Ask<'a>, Problem> {
    let mut ask = Ask::of(house, caller, assessment, (action, ResourceKind::Sample), "sample.changed").await?;
    let seen = deed::look(house, caller, assessment, ResourceKind::Sample).await?;
    let mut worked: BTreeSet<AccountId> = BTreeSet::new();
    for requirement in samples::held(&seen.desk, id)?.sample.requirements {
        worked.extend(deed::editors(house, caller, assessment, &document_place(ANSWERS, &requirement)).await?);
    }
    ask.circumstance.worked_on_by = Some(worked);
    Ok(ask)
}
