//! Other assessments' results: sources, requests to use them, what is still one's own, and what it does to the score.

use std::sync::Arc;

use attesta_access::{Action, ResourceKind};
use attesta_assessment::{PersonId, RequestCommand, RequirementKey, SourceId};
use attesta_desk::inherit::{self, Ask as Asking, Which};
use attesta_scoring::Score;
use attesta_workspace::REQUESTS;
use axum::{extract::State, response::Response};
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use crate::{
    House,
    api::inbox,
    caller::Caller,
    deed::{self, Ask, PageOf},
    jobs::carry,
    page::Cursor,
    problem::{Body, Problem},
    sent::{Asked, Named, Sent},
};

/// No more requirements are named at once.
const MOST_AT_ONCE: usize = 2_000;

/// What is asked of a source.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRequests {
    /// The source.
    source: String,
    /// Requirements; with a matrix and none named, all that it lets inherit.
    #[serde(default)]
    requirements: Vec<String>,
    /// The source's id of the requirement, where it differs (one requirement only).
    #[serde(default)]
    stands_for: Option<String>,
    /// How much of the score it makes, in per cent; what the matrix suggests without.
    #[serde(default)]
    weight: Option<String>,
    /// A shared responsibility matrix.
    #[serde(default)]
    matrix: Option<String>,
}

/// What is done with requests: with all that are named, or with none.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestAct {
    /// `reweigh`, `submit`, `approve`, `reject`, `apply` or `withdraw`.
    act: String,
    /// The source.
    source: String,
    /// Requirements; every request of the source that can be so treated where none is named.
    #[serde(default)]
    requirements: Vec<String>,
    /// Why, for a rejection or a withdrawal.
    #[serde(default)]
    because: String,
    /// The new weight, to reweigh.
    #[serde(default)]
    weight: Option<String>,
    /// Who gave the provider's answer, from people.yaml.
    #[serde(default)]
    told_of: Option<String>,
    /// And by which message or ticket.
    #[serde(default)]
    reference: Option<String>,
    /// To submit to a provider that uses this server too: its organisation's id. It finds them in its inbox, and its answer
    /// comes by itself.
    #[serde(default)]
    to: Option<String>,
}

/// Which matrices.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Matrices {
    /// Ids with commas; those of the assessment, or else the illustrative one that ships, without.
    #[serde(default)]
    matrix: String,
    /// The `next` of the page before.
    #[serde(default)]
    after: String,
    /// At most so many: 1 to 500, 50 when nothing is said.
    #[serde(default)]
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// An id of the domain as it is sent.
pub(crate) fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|e: T::Err| Problem::bad(e.to_string()))
}

pub(crate) fn keys(texts: &[String]) -> Result<Vec<RequirementKey>, Problem> {
    if texts.len() > MOST_AT_ONCE {
        return Err(Problem::bad(format!("at most {MOST_AT_ONCE} requirements are named at once")));
    }
    texts.iter().map(|text| parsed(text)).collect()
}

/// Sources, whether they may be used today, and requests.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/inheritance",
    tag = "assessments",
    params(("org" = String, Path, description = "The organisation's id"), ("assessment" = String, Path), Cursor),
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    Asked(cursor): Asked<Cursor>,
) -> Result<Response, Problem> {
    let seen = deed::look(&house, &caller, &assessment, ResourceKind::InheritanceRequest).await?;
    let page = PageOf { list: "requests", key: &["requirement", "source", "state", "since"], cursor: &cursor };
    deed::shown(&seen, REQUESTS, Some(page), |desk| deed::json(&inherit::list(desk))).await
}

/// Scores without and with what is inherited.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/inheritance/effect",
    tag = "assessments",
    params(("org" = String, Path, description = "The organisation's id"), ("assessment" = String, Path)),
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn effect(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let seen = deed::look(&house, &caller, &assessment, ResourceKind::InheritanceRequest).await?;
    deed::shown(&seen, REQUESTS, None, |desk| deed::json(&inherit::effect(desk)?)).await
}

/// What is still one's own under shared responsibility matrices, element by element.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/inheritance/own",
    tag = "assessments",
    params(("org" = String, Path, description = "The organisation's id"), ("assessment" = String, Path), Matrices),
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn own(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    Asked(which): Asked<Matrices>,
) -> Result<Response, Problem> {
    let seen = deed::look(&house, &caller, &assessment, ResourceKind::InheritanceRequest).await?;
    let named: Vec<String> = which.matrix.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect();
    let cursor = Cursor { after: which.after, limit: which.limit.unwrap_or(50) };
    let page = PageOf { list: "mine", key: &["requirement", "element"], cursor: &cursor };
    deed::shown(&seen, REQUESTS, Some(page), move |desk| {
        let tailored = desk.tailored()?;
        deed::json(&inherit::still_own(desk, &tailored, &named)?)
    })
    .await
}

/// Asks to use a source's results: writes drafts of requests.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/inheritance",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("if-match" = String, Header, description = "The ETag of the list as it was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = NewRequests,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn request(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    sent: Sent<NewRequests>,
) -> Result<Response, Problem> {
    let once = sent.once(&caller)?;
    let new = sent.value;
    let asking = Asking {
        source: parsed(&new.source)?,
        requirements: keys(&new.requirements)?,
        stands_for: new.stands_for.as_deref().map(parsed).transpose()?,
        weight: new.weight.as_deref().map(parsed::<Score>).transpose()?,
        matrix: new.matrix,
    };
    let wanted = (Action::Create, ResourceKind::InheritanceRequest);
    let ask = Ask::of(&house, &caller, &assessment, wanted, "inheritance.requested").await?;
    ask.done((&sent.headers, once), REQUESTS, move |desk, _| {
        let told = json!({ "source": new.source, "requirements": new.requirements, "matrix": asking.matrix });
        Ok(inherit::request(desk, &asking)?.deed(told))
    })
    .await
}

fn command(sent: &RequestAct) -> Result<RequestCommand, Problem> {
    Ok(match sent.act.as_str() {
        "reweigh" => {
            let weight = sent.weight.as_deref().ok_or_else(|| Problem::bad("to reweigh, say the `weight`"))?;
            RequestCommand::Reweigh(parsed(weight)?)
        }
        "submit" => RequestCommand::Submit,
        "approve" => RequestCommand::Approve,
        "reject" => RequestCommand::Reject(sent.because.clone()),
        "apply" => RequestCommand::Apply,
        "withdraw" => RequestCommand::Withdraw(sent.because.clone()),
        _ => return Err(Problem::bad("the act is reweigh, submit, approve, reject, apply or withdraw")),
    })
}

/// Does one thing with requests. A provider's answer is told by the entity, with a reference.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/inheritance/acts",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("if-match" = String, Header, description = "The ETag of the list as it was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = RequestAct,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn act(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    sent: Sent<RequestAct>,
) -> Result<Response, Problem> {
    let once = sent.once(&caller)?;
    let command = command(&sent.value)?;
    let RequestAct { source, requirements, told_of, reference, to, .. } = sent.value;
    let (source, requirement) = (parsed::<SourceId>(&source)?, keys(&requirements)?);
    let answers = matches!(command, RequestCommand::Approve | RequestCommand::Reject(_));
    // The provider is not in this room: whoever asks for the entity tells what it answered.
    let told_of: Option<PersonId> = match (answers, told_of.as_deref(), reference.as_deref()) {
        (true, Some(person), Some(words)) if !words.trim().is_empty() => Some(parsed(person)?),
        (true, ..) => {
            return Err(Problem::bad("who decided for the provider, and by which message, is missing")
                .help("send `told_of`, a person of the provider from people.yaml, and `reference`"));
        }
        (false, None, None) => None,
        (false, ..) => return Err(Problem::bad("`told_of` and `reference` go with a provider's answer")),
    };
    let to = match to {
        None => None,
        Some(_) if command != RequestCommand::Submit => return Err(Problem::bad("`to` goes with submitting")),
        Some(to) => Some(inbox::provider(&house, &caller, &to).await?),
    };
    let action = if matches!(command, RequestCommand::Withdraw(_)) { Action::Withdraw } else { Action::Change };
    let wanted = (action, ResourceKind::InheritanceRequest);
    let mut ask = Ask::of(&house, &caller, &assessment, wanted, "inheritance.changed").await?;
    if matches!(command, RequestCommand::Withdraw(_)) {
        let taken = (source.as_str(), requirements.as_slice());
        for (provider, load) in carry::withdrawn(&house, &caller, &assessment, taken).await? {
            ask = ask.and(provider, carry::WITHDRAW, load);
        }
    }
    ask.carried_to(to, carry::ASK).done((&sent.headers, once), REQUESTS, move |desk, by| {
        let mut told = json!({
            "act": command.as_str(), "source": source.as_str(), "requirements": requirements, "reference": reference,
            "told_of": told_of.as_ref().map(PersonId::as_str),
        });
        if let (Some(to), Some(members)) = (to, told.as_object_mut()) {
            members.insert("to".to_owned(), to.to_string().into());
            let asked = inbox::asked(desk, &source, &requirement);
            members.insert("asked".to_owned(), serde_json::to_value(asked).unwrap_or_default());
        }
        let which = Which { source, requirement, by: told_of.unwrap_or_else(|| by.clone()) };
        Ok(inherit::act(desk, &which, &command)?.deed(told))
    })
    .await
}
