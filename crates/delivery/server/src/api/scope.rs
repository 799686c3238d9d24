//! Scope and factors: how they stand, what other answers would change before they are given, and giving them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use attesta_access::{Action, ResourceKind};
use attesta_assessment::{
    AdditionId, ChoiceId, Component, Coverage, Environment, Facility, FactorAnswer, FactorId, Flow, Inclusion,
    Provider, ProviderId, System,
};
use attesta_desk::{
    scope,
    scoping::{self, Answers, Row, ScopeChange},
    tailor,
};
use attesta_workspace::{ASSESSMENT, FACTORS, SCOPE};
use axum::{extract::State, response::Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    House,
    api::inheritance::parsed,
    caller::Caller,
    deed::{self, Ask},
    problem::{Body, Problem},
    sent::{Named, Sent},
};

/// No list in a body is longer.
const MOST: usize = 1_000;

/// An answer to a factor.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenFactor {
    /// The choices; most factors take one.
    is: Vec<String>,
    /// Why; some choices need a reason.
    #[serde(default)]
    because: String,
}

/// Other answers to factors: those that are named, the rest stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FactorsChange {
    /// By factor; `null` takes an answer back.
    #[serde(default)]
    #[schema(value_type = Object)]
    answers: BTreeMap<String, Option<GivenFactor>>,
    /// Every compliance factor and add-on that is chosen; what is chosen now without.
    #[serde(default)]
    additions: Option<Vec<String>>,
}

fn answers(given: BTreeMap<String, Option<GivenFactor>>, additions: Option<Vec<String>>) -> Result<Answers, Problem> {
    let answer = |given: GivenFactor| -> Result<FactorAnswer, Problem> {
        let choices = given.is.iter().map(|c| parsed::<ChoiceId>(c)).collect::<Result<_, _>>()?;
        Ok(FactorAnswer { choices, because: given.because })
    };
    let factors = given.into_iter().map(|(id, given)| Ok((parsed::<FactorId>(&id)?, given.map(answer).transpose()?)));
    let chosen = |ids: Vec<String>| ids.iter().map(|id| parsed::<AdditionId>(id)).collect::<Result<BTreeSet<_>, _>>();
    let factors = factors.collect::<Result<_, Problem>>()?;
    Ok(Answers { factors, additions: additions.map(chosen).transpose()? })
}

/// Factors as questions with their answers, and what can be added. The ETag is that of factors.yaml; `revisions` has that of
/// assessment.yaml, which a change of additions names.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/factors",
    tag = "assessments",
    params(("org" = String, Path, description = "The organisation's id"), ("assessment" = String, Path)),
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn factors(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let seen = deed::look(&house, &caller, &assessment, ResourceKind::Factor).await?;
    let revisions = json!({ FACTORS: seen.of(FACTORS), ASSESSMENT: seen.of(ASSESSMENT) });
    deed::shown(&seen, FACTORS, None, move |desk| {
        let question = |q: &scoping::Question<'_>| {
            let factor = q.factor;
            let choices = factor.choices.iter().map(|c| json!({ "id": c.id.as_str(), "title": c.title }));
            let answer = q.answer.map(|a| GivenFactor {
                is: a.choices.iter().map(ToString::to_string).collect(),
                because: a.because.clone(),
            });
            json!({
                "id": factor.id.as_str(), "group": factor.group.as_str(), "title": factor.title, "asks": factor.asks,
                "choices": choices.collect::<Vec<_>>(), "several": factor.several, "required": factor.required,
                "needs_reason": factor.rationale.iter().map(ChoiceId::as_str).collect::<Vec<_>>(),
                "counts_as": factor.counts_as.as_ref().map(ChoiceId::as_str), "applies": q.applies, "answer": answer,
                "source": factor.choices_provenance.source.to_string(),
                "confidence": factor.choices_provenance.confidence.as_str(),
            })
        };
        let additions = scoping::additions(desk).into_iter().map(|(addition, chosen)| {
            json!({
                "id": addition.id.as_str(), "title": addition.title, "yields": addition.yields.as_str(),
                "chosen": chosen,
            })
        });
        Ok(json!({
            "questions": scoping::questions(desk).iter().map(question).collect::<Vec<_>>(),
            "additions": additions.collect::<Vec<_>>(),
            "revisions": revisions,
        }))
    })
    .await
}

/// Answers factors and chooses additions. What comes and goes is answered; `tailoring/preview` tells it before.
#[utoipa::path(
    patch,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/factors",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("if-match" = String, Header, description = "The revision of factors.yaml that was read; with `additions`, that of assessment.yaml"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = FactorsChange,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn answer(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    sent: Sent<FactorsChange>,
) -> Result<Response, Problem> {
    let once = sent.once(&caller)?;
    let about = if sent.value.additions.is_some() { ASSESSMENT } else { FACTORS };
    let answers = answers(sent.value.answers, sent.value.additions)?;
    let wanted = (Action::Change, ResourceKind::Factor);
    let ask = Ask::of(&house, &caller, &assessment, wanted, "factors.changed").await?;
    ask.done((&sent.headers, once), about, move |desk, _| scoping::answered(desk, &answers)).await
}

/// What a system is for.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SystemFor {
    /// Serves customers or patients.
    Production,
    /// Development, test, staging.
    Development,
    /// Finance, human resources and the like.
    BackOffice,
}

/// A system in or out of scope.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScopeSystem {
    /// Its id; made of the title for a new one.
    #[serde(default)]
    id: String,
    title: String,
    environment: SystemFor,
    /// Kinds of data.
    #[serde(default)]
    touches: Vec<String>,
    in_scope: bool,
    /// Why it is out of scope.
    #[serde(default)]
    because: String,
    /// Providers that host or run a part of it.
    #[serde(default)]
    providers: Vec<String>,
    /// Whether it runs in an isolated environment.
    #[serde(default)]
    dedicated: Option<bool>,
}

/// A facility in or out of scope.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScopeFacility {
    /// Its id; made of the title for a new one.
    #[serde(default)]
    id: String,
    title: String,
    /// Where it is.
    place: String,
    in_scope: bool,
    /// Why it is out of scope.
    #[serde(default)]
    because: String,
}

/// A part that is scored by itself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScopeComponent {
    /// Its id; made of the title for a new one.
    #[serde(default)]
    id: String,
    title: String,
    #[serde(default)]
    systems: Vec<String>,
    #[serde(default)]
    facilities: Vec<String>,
    /// Why several stand together.
    #[serde(default)]
    rationale: String,
}

/// How a provider's part is covered.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CoveredBy {
    Inheritance,
    Report,
    Tested,
    InternalAssessor,
    CarvedOut,
}

/// A service provider.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScopeProvider {
    /// Its id; made of the title for a new one.
    #[serde(default)]
    id: String,
    title: String,
    #[serde(default)]
    services: Vec<String>,
    #[serde(default)]
    coverage: Option<CoveredBy>,
    /// Whether it touches electronic protected health information.
    #[serde(default)]
    ephi: bool,
}

/// Data that moves. A flow between the same two is replaced.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScopeFlow {
    /// A system's or provider's id, or `outside`.
    from: String,
    to: String,
    #[serde(default)]
    data: Vec<String>,
}

/// What the organisation does.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScopeWords {
    #[serde(default)]
    description: String,
    /// Kinds of data that it handles.
    #[serde(default)]
    data_types: Vec<String>,
}

/// What is taken out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScopeRemoval {
    /// `system`, `facility`, `component`, `provider` or `flow`.
    kind: String,
    /// Its id; a flow's is `from to`.
    id: String,
}

/// One thing that changes in the scope: exactly one member is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScopeChanged {
    #[serde(default)]
    words: Option<ScopeWords>,
    #[serde(default)]
    system: Option<ScopeSystem>,
    #[serde(default)]
    facility: Option<ScopeFacility>,
    #[serde(default)]
    component: Option<ScopeComponent>,
    #[serde(default)]
    provider: Option<ScopeProvider>,
    #[serde(default)]
    flow: Option<ScopeFlow>,
    #[serde(default)]
    remove: Option<ScopeRemoval>,
}

fn kinds(given: Vec<String>) -> Result<BTreeSet<Box<str>>, Problem> {
    if given.len() > MOST {
        return Err(Problem::bad(format!("a list has at most {MOST} entries")));
    }
    Ok(given.iter().map(|kind| kind.as_str().into()).collect())
}

fn ids<T: std::str::FromStr<Err: std::fmt::Display> + Ord>(given: &[String]) -> Result<BTreeSet<T>, Problem> {
    if given.len() > MOST {
        return Err(Problem::bad(format!("a list has at most {MOST} entries")));
    }
    given.iter().map(|id| parsed::<T>(id)).collect()
}

/// The id that was sent, or one made of the title.
fn named<T: std::str::FromStr<Err: std::fmt::Display>>(id: &str, title: &str) -> Result<T, Problem> {
    if title.trim().is_empty() {
        return Err(Problem::bad("the `title` is empty").help("say what people call it"));
    }
    if id.is_empty() { parsed(&scoping::slug(title)) } else { parsed(id) }
}

fn inclusion(what: &str, in_scope: bool, because: &str) -> Result<Inclusion, Problem> {
    match (in_scope, because.trim()) {
        (true, _) => Ok(Inclusion::In),
        (false, "") => {
            Err(Problem::bad(format!("the {what} is out of scope without a reason")).help("say under `because` why"))
        }
        (false, because) => Ok(Inclusion::Out { because: because.to_owned() }),
    }
}

impl ScopeChanged {
    fn meant(self) -> Result<ScopeChange, Problem> {
        let Self { words, system, facility, component, provider, flow, remove } = self;
        let mut changes: Vec<ScopeChange> = Vec::new();
        if let Some(words) = words {
            changes.push(ScopeChange::Describe(words.description, kinds(words.data_types)?));
        }
        if let Some(system) = system {
            let id = named(&system.id, &system.title)?;
            let meant = System {
                environment: match system.environment {
                    SystemFor::Production => Environment::Production,
                    SystemFor::Development => Environment::Development,
                    SystemFor::BackOffice => Environment::BackOffice,
                },
                touches: kinds(system.touches)?,
                inclusion: inclusion("system", system.in_scope, &system.because)?,
                providers: ids::<ProviderId>(&system.providers)?,
                dedicated: system.dedicated,
                title: system.title,
            };
            changes.push(ScopeChange::Put(Row::System(id, meant)));
        }
        if let Some(facility) = facility {
            let id = named(&facility.id, &facility.title)?;
            let inclusion = inclusion("facility", facility.in_scope, &facility.because)?;
            let meant = Facility { title: facility.title, place: facility.place, inclusion };
            changes.push(ScopeChange::Put(Row::Facility(id, meant)));
        }
        if let Some(component) = component {
            let id = named(&component.id, &component.title)?;
            let rationale = component.rationale.trim();
            let meant = Component {
                systems: ids(&component.systems)?,
                facilities: ids(&component.facilities)?,
                rationale: (!rationale.is_empty()).then(|| rationale.to_owned()),
                title: component.title,
            };
            changes.push(ScopeChange::Put(Row::Component(id, meant)));
        }
        if let Some(provider) = provider {
            let id = named(&provider.id, &provider.title)?;
            let coverage = provider.coverage.map(|coverage| match coverage {
                CoveredBy::Inheritance => Coverage::Inheritance,
                CoveredBy::Report => Coverage::Report,
                CoveredBy::Tested => Coverage::Tested,
                CoveredBy::InternalAssessor => Coverage::InternalAssessor,
                CoveredBy::CarvedOut => Coverage::CarvedOut,
            });
            let ScopeProvider { title, services, ephi, .. } = provider;
            changes.push(ScopeChange::Put(Row::Provider(id, Provider { title, services, coverage, ephi })));
        }
        if let Some(flow) = flow {
            let meant = Flow { from: flow.from.into(), to: flow.to.into(), data: kinds(flow.data)? };
            changes.push(ScopeChange::Put(Row::Flow(meant)));
        }
        if let Some(ScopeRemoval { kind, id }) = remove {
            changes.push(ScopeChange::Remove(kind, id));
        }
        match (changes.pop(), changes.is_empty()) {
            (Some(change), true) => Ok(change),
            _ => Err(Problem::bad("one thing changes at a time")
                .help("send exactly one of words, system, facility, component, provider, flow and remove")),
        }
    }
}

/// Changes one thing of the scope; what would contradict itself is refused. What looks too broad or too narrow afterwards is
/// answered.
#[utoipa::path(
    patch,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/scope",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("if-match" = String, Header, description = "The revision of scope.yaml that was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = ScopeChanged,
    responses((status = 200, body = Object, description = "`attesta.scope-findings/1`"), (status = "4XX", body = Body))
)]
pub(crate) async fn change(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    sent: Sent<ScopeChanged>,
) -> Result<Response, Problem> {
    let once = sent.once(&caller)?;
    let change = sent.value.meant()?;
    let wanted = (Action::Change, ResourceKind::Scope);
    let ask = Ask::of(&house, &caller, &assessment, wanted, "scope.changed").await?;
    ask.done((&sent.headers, once), SCOPE, move |desk, _| scoping::scoped(desk, change)).await
}

/// Other texts or other answers, before they are written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    /// What scope.yaml would say.
    #[serde(default)]
    scope: Option<String>,
    /// What factors.yaml would say.
    #[serde(default)]
    factors: Option<String>,
    /// Other answers to factors, by factor, in place of texts; `null` takes an answer back.
    #[serde(default)]
    #[schema(value_type = Object)]
    answers: BTreeMap<String, Option<GivenFactor>>,
    /// Every addition that would be chosen, in place of texts.
    #[serde(default)]
    additions: Option<Vec<String>>,
}

/// What contradicts itself in the scope, and what looks too broad or too narrow.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/scope",
    tag = "reports",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
    ),
    responses((status = 200, body = Object, description = "`attesta.scope-findings/1`; the ETag is that of scope.yaml"), (status = "4XX", body = Body))
)]
pub(crate) async fn read(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let seen = deed::look(&house, &caller, &assessment, ResourceKind::Scope).await?;
    deed::shown(&seen, "scope.yaml", None, |desk| deed::json(&scope::Report::of(&desk.folder, &desk.library)?)).await
}

/// What other texts of scope and factors would change, or other answers. Nothing is written; to write a text, put the document
/// with the revision that was read.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/tailoring/preview",
    tag = "reports",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
    ),
    request_body = Draft,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn preview(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    sent: Sent<Draft>,
) -> Result<Response, Problem> {
    let seen = deed::look(&house, &caller, &assessment, ResourceKind::Scope).await?;
    let Draft { scope, factors, answers: given, additions } = sent.value;
    if !given.is_empty() || additions.is_some() {
        if scope.is_some() || factors.is_some() {
            return Err(Problem::bad("either texts or answers are sent").help("send the other one by itself"));
        }
        let answers = answers(given, additions)?;
        return deed::shown(&seen, FACTORS, None, move |desk| scoping::preview(desk, &answers)).await;
    }
    let draft = tailor::Draft { scope, factors };
    deed::shown(&seen, "factors.yaml", None, move |desk| tailor::preview(desk, &draft)).await
}
