//! Other assessments' results, requests to use them, and what is still one's own.

#![allow(missing_docs, reason = "fields are the keys of the JSON, which the reference explains")]

use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{
    Inheritable, Matrix, Mine, PackRequirement, PersonId, Request, RequestCommand, RequestState, RequirementKey,
    Source, SourceId, Tailored, View, may_be_used, still_mine,
};
use attesta_catalog::Placed;
use attesta_kernel::Share;
use attesta_scoring::{Score, Scorecard};
use attesta_workspace::Change;
use serde::{Serialize, Serializer, ser::SerializeMap as _};

use crate::{
    deed::Deed,
    desk::Desk,
    failure::{Failure, Kind, unknown},
    points::Points,
};

#[derive(Serialize)]
pub struct SourceRow<'a> {
    pub id: &'a str,
    pub title: &'a str,
    pub relation: &'a str,
    #[serde(rename = "type")]
    pub program: &'a str,
    pub state: &'a str,
    pub usable: bool,
    pub because: Option<String>,
}
#[derive(Serialize)]
pub struct RequestRow<'a> {
    pub requirement: &'a str,
    pub source: &'a str,
    pub weight: String,
    pub state: &'a str,
    pub since: Option<String>,
}

/// Sources and requests.
#[derive(Serialize)]
pub struct Listed<'a> {
    pub sources: Vec<SourceRow<'a>>,
    pub requests: Vec<RequestRow<'a>>,
}

/// Sources, whether they may be used on the desk's day, and requests.
pub fn list(desk: &Desk) -> Listed<'_> {
    let register = &desk.dossier.inheritance;
    let sources: Vec<SourceRow<'_>> = register
        .sources
        .values()
        .map(|s| {
            let s = &s.value;
            let usable = may_be_used(&desk.inheritance, &desk.dossier.assessment.value, register, s, desk.at);
            SourceRow {
                id: s.id.as_str(),
                title: &s.title,
                relation: s.relation.as_str(),
                program: &s.program,
                state: s.state.as_str(),
                usable: usable.is_ok(),
                because: usable.err().map(|e| e.to_string()),
            }
        })
        .collect();
    let requests: Vec<RequestRow<'_>> = register
        .requests
        .iter()
        .map(|r| RequestRow {
            requirement: r.value.requirement.as_str(),
            source: r.value.source.as_str(),
            weight: r.value.weight.to_string(),
            state: r.value.state.as_str(),
            since: r.value.state.since().map(|d| d.to_string()),
        })
        .collect();
    Listed { sources, requests }
}

fn source<'d>(desk: &'d Desk, id: &SourceId) -> Result<&'d Source, Failure> {
    desk.dossier.inheritance.sources.get(id).map(|s| &s.value).ok_or_else(|| {
        let known: Vec<&str> = desk.dossier.inheritance.sources.keys().map(SourceId::as_str).collect();
        Failure::new(Kind::NotFound, format!("there is no source `{id}`"))
            .help(format!("describe it under inheritance/sources/; there are: {}", known.join(", ")))
    })
}

/// What is asked of a source.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The source.
    pub source: SourceId,
    /// Requirements; all that the matrix lets inherit where none is named.
    pub requirements: Vec<RequirementKey>,
    /// The source's id of the requirement, where it differs (one requirement only).
    pub stands_for: Option<RequirementKey>,
    /// How much of the score it makes; what the matrix suggests without.
    pub weight: Option<Score>,
    /// A shared responsibility matrix.
    pub matrix: Option<String>,
}

/// What was done with requests.
#[derive(Debug)]
pub struct Acted {
    /// What was done, one line each.
    pub done: Vec<String>,
    /// What could not be.
    pub notes: Vec<String>,
    /// What to write.
    pub change: Change,
}

/// Asks to use a source's results: drafts of requests.
///
/// # Errors
///
/// When the source may not be used, or a request will not do; nothing is changed.
pub fn request(desk: &Desk, ask: &Ask) -> Result<Acted, Failure> {
    let Ask { source: source_id, requirements, stands_for, weight, matrix: matrix_id } = ask;
    let (stands_for, weight, matrix_id) = (stands_for.as_ref(), *weight, matrix_id.as_deref());
    let source = source(desk, source_id)?;
    may_be_used(&desk.inheritance, &desk.dossier.assessment.value, &desk.dossier.inheritance, source, desk.at)
        .map_err(|e| Failure::new(Kind::Refused, e.to_string()))?;
    if stands_for.is_some() && requirements.len() != 1 {
        return Err(Failure::new(Kind::BadInput, "--stands-for goes with exactly one --requirement"));
    }
    let tailored = desk.tailored()?;
    let matrices = shipped(desk)?;
    let matrix = matrix_id.map(|id| find(desk, &matrices, id)).transpose()?;
    let asked: Vec<&PackRequirement> = match (requirements.as_slice(), matrix) {
        ([], Some(matrix)) => tailored
            .requirements
            .iter()
            .map(|a| a.requirement)
            .filter(|r| matrix.inheritable(r) != Inheritable::Not && source.results.contains_key(&r.id))
            .collect(),
        (named, _) => named
            .iter()
            .map(|key| {
                tailored.get(key).map(|a| a.requirement).ok_or_else(|| {
                    Failure::new(Kind::NotFound, format!("`{key}` is not asked in this assessment"))
                        .help("`attesta assess tailor DIR` lists what is")
                })
            })
            .collect::<Result<_, _>>()?,
    };
    let mut requests: Vec<Request> = desk.dossier.inheritance.requests.iter().map(|r| r.value.clone()).collect();
    let (mut made, mut wrong) = (Vec::new(), Vec::new());
    for requirement in asked {
        let there = stands_for.unwrap_or(&requirement.id);
        let open = |r: &&Request| {
            r.requirement == requirement.id
                && r.source == *source_id
                && !matches!(r.state, RequestState::Rejected { .. } | RequestState::Withdrawn { .. })
        };
        if let Some(existing) = requests.iter().find(open) {
            wrong.push(format!("`{}`: there is a request already, which is {}", requirement.id, existing.state));
            continue;
        }
        if !source.results.contains_key(there) {
            wrong.push(format!("`{}`: source `{source_id}` has no result for `{there}`", requirement.id));
            continue;
        }
        let suggested = || matrix.map(|m| percent(m.suggested(requirement)));
        let Some(weight) = weight.or_else(suggested).filter(|w| *w > Score::ZERO) else {
            wrong
                .push(format!("`{}`: the matrix gives the provider no element alone; name a --weight", requirement.id));
            continue;
        };
        if let Some(matrix) = matrix.filter(|m| weight > m.allowance(requirement)) {
            wrong.push(format!(
                "`{}`: a weight of {weight} % is more than the {} % that matrix `{}` allows",
                requirement.id,
                matrix.allowance(requirement),
                matrix.id
            ));
            continue;
        }
        made.push(format!("{} from {source_id}: {weight} %, draft", requirement.id));
        let stands_for = stands_for.cloned();
        let state = RequestState::Draft;
        requests.push(Request {
            requirement: requirement.id.clone(),
            source: source_id.clone(),
            stands_for,
            weight,
            state,
        });
    }
    if !wrong.is_empty() && (!requirements.is_empty() || made.is_empty()) {
        return Err(Failure::of(Kind::Refused, wrong).help("nothing was written"));
    }
    Ok(Acted { done: made, notes: wrong, change: save(requests) })
}

pub(crate) fn percent(share: Share) -> Score {
    let whole = share.percent().unwrap_or(0).saturating_mul(100);
    u16::try_from(whole).ok().and_then(Score::from_hundredths).unwrap_or(Score::ZERO)
}

fn save(mut requests: Vec<Request>) -> Change {
    requests.sort_by(|a, b| (&a.requirement, &a.source).cmp(&(&b.requirement, &b.source)));
    attesta_workspace::requests_change(&requests)
}

/// What was done with requests, as it is answered.
#[derive(Debug, Serialize)]
pub struct Said {
    /// What was done, one line each.
    pub done: Vec<String>,
    /// What could not be.
    pub notes: Vec<String>,
}

impl Acted {
    /// For whoever keeps the files with a log.
    pub fn deed(self, told: serde_json::Value) -> Deed<Said> {
        Deed { answer: Said { done: self.done, notes: self.notes }, changes: vec![self.change], told }
    }
}

/// Whose requests are treated.
#[derive(Debug, Clone)]
pub struct Which {
    /// The source.
    pub source: SourceId,
    /// Requirements; every request of the source that can be so treated where none is named.
    pub requirement: Vec<RequirementKey>,
    /// Who does it, from people.yaml.
    pub by: PersonId,
}

/// Does one thing with the requests that were named, all of them or none.
///
/// # Errors
///
/// When it may not be done with one of them; nothing is changed.
pub fn act(desk: &Desk, which: &Which, command: &RequestCommand) -> Result<Acted, Failure> {
    let source = source(desk, &which.source)?;
    let person = desk.dossier.people.get(&which.by).ok_or_else(|| {
        Failure::new(Kind::NotFound, format!("there is no person `{}`", which.by)).help("add them to people.yaml")
    })?;
    if matches!(command, RequestCommand::Apply) {
        may_be_used(&desk.inheritance, &desk.dossier.assessment.value, &desk.dossier.inheritance, source, desk.at)
            .map_err(|e| Failure::new(Kind::Refused, e.to_string()).help("nothing was applied"))?;
    }
    let mut requests: Vec<Request> = desk.dossier.inheritance.requests.iter().map(|r| r.value.clone()).collect();
    let (mut done, mut refused) = (Vec::new(), Vec::new());
    let over = |r: &Request| matches!(r.state, RequestState::Rejected { .. } | RequestState::Withdrawn { .. });
    let open: BTreeSet<RequirementKey> =
        requests.iter().filter(|r| r.source == which.source && !over(r)).map(|r| r.requirement.clone()).collect();
    for request in &mut requests {
        let named = which.requirement.is_empty() || which.requirement.contains(&request.requirement);
        // One that is over stands aside where a newer one took its place.
        if request.source != which.source || !named || over(request) && open.contains(&request.requirement) {
            continue;
        }
        match request.act(command, source.relation, &which.by, person.value.side, desk.at) {
            Ok((next, event)) => {
                done.push(format!("{} from {}: {} ({})", next.requirement, next.source, next.state, event.what));
                *request = next;
            }
            // Without names, requests that stand elsewhere are passed over once one could be treated.
            Err(_) if which.requirement.is_empty() && !done.is_empty() => {}
            Err(refusal) => refused.push(format!("`{}`: {refusal}", request.requirement)),
        }
    }
    for key in &which.requirement {
        if !requests.iter().any(|r| r.requirement == *key && r.source == which.source) {
            refused.push(format!("`{key}`: there is no request from `{}`", which.source));
        }
    }
    if done.is_empty() || !which.requirement.is_empty() && !refused.is_empty() {
        if refused.is_empty() {
            refused.push(format!("there is no request from `{}`", which.source));
        }
        return Err(Failure::of(Kind::Refused, refused).help("nothing was changed"));
    }
    if matches!(command, RequestCommand::Apply) {
        let mut register = desk.dossier.inheritance.clone();
        register.requests =
            requests.iter().map(|r| Placed::new(attesta_workspace::new_request_place(), r.clone())).collect();
        attesta_assessment::applied(&desk.inheritance, &desk.dossier.assessment.value, &register, desk.at)
            .map_err(|f| Failure { kind: Kind::Refused, ..unknown(&f) }.help("nothing was applied"))?;
    }
    Ok(Acted { done, notes: Vec::new(), change: save(requests) })
}

pub(crate) fn shipped(desk: &Desk) -> Result<Vec<Placed<Matrix>>, Failure> {
    attesta_content::matrices(desk.library.source()).map_err(Failure::from)
}

fn find<'m>(desk: &'m Desk, shipped: &'m [Placed<Matrix>], id: &str) -> Result<&'m Matrix, Failure> {
    let own = desk.dossier.inheritance.matrices.values();
    own.chain(shipped).map(|m| &m.value).find(|m| m.id.as_str() == id).ok_or_else(|| {
        let known: Vec<&str> =
            desk.dossier.inheritance.matrices.values().chain(shipped).map(|m| m.value.id.as_str()).collect();
        Failure::new(Kind::NotFound, format!("there is no matrix `{id}`"))
            .help(format!("there are: {}", known.join(", ")))
    })
}

/// An element that is still one's own.
#[derive(Serialize)]
pub struct MineRow<'a> {
    pub requirement: &'a str,
    pub element: u8,
    pub responsibility: &'a str,
    pub text: &'a str,
}

/// What is still one's own, element by element.
pub struct StillMine<'a> {
    pub matrices: Vec<Matrix>,
    /// By matrix, how many requirements can be inherited how.
    pub shares: Vec<BTreeMap<&'static str, usize>>,
    pub elements: usize,
    pub mine: Vec<MineRow<'a>>,
}

impl Serialize for StillMine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let told = self.matrices.iter().zip(&self.shares).map(|(m, shares)| {
            serde_json::json!({ "id": m.id.as_str(), "title": m.title, "notice": m.notice, "requirements": shares })
        });
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("matrices", &told.collect::<Vec<_>>())?;
        map.serialize_entry("elements", &self.elements)?;
        map.serialize_entry("mine", &self.mine)?;
        map.end()
    }
}

/// What is still one's own under matrices: those named, or those in the folder, or the illustrative one that ships.
///
/// # Errors
///
/// When a matrix is not there.
pub fn still_own<'a>(desk: &Desk, tailored: &Tailored<'a>, named: &[String]) -> Result<StillMine<'a>, Failure> {
    let shipped = shipped(desk)?;
    let matrices: Vec<&Matrix> = if named.is_empty() {
        let own: Vec<&Matrix> = desk.dossier.inheritance.matrices.values().map(|m| &m.value).collect();
        if own.is_empty() { shipped.iter().map(|m| &m.value).collect() } else { own }
    } else {
        named.iter().map(|id| find(desk, &shipped, id)).collect::<Result<_, _>>()?
    };
    let requirements = || tailored.requirements.iter().map(|a| a.requirement);
    let mine = still_mine(&matrices, requirements());
    let elements: usize = requirements().map(|r| r.elements.len()).sum();
    let shares = |matrix: &Matrix| {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        requirements().for_each(|r| *counts.entry(matrix.inheritable(r).as_str()).or_insert(0) += 1);
        counts
    };
    let rows = mine
        .iter()
        .map(|m| MineRow {
            requirement: m.requirement.id.as_str(),
            element: m.element,
            responsibility: m.responsibility.as_str(),
            text: text(m),
        })
        .collect();
    let shares = matrices.iter().map(|matrix| shares(matrix)).collect();
    Ok(StillMine { matrices: matrices.into_iter().cloned().collect(), shares, elements, mine: rows })
}

fn text<'a>(mine: &Mine<'a>) -> &'a str {
    mine.requirement.elements.iter().find(|e| e.number == mine.element).map_or("", |e| e.text.as_str())
}

#[derive(Serialize)]
pub struct EffectRow<'a> {
    pub domain: u8,
    pub title: &'a str,
    pub without: Points,
    pub with: Points,
    pub unanswered_without: usize,
}

/// Scores without and with what is inherited.
#[derive(Serialize)]
pub struct Effect<'a> {
    pub domains: Vec<EffectRow<'a>>,
    pub verdict_without: String,
    pub verdict_with: String,
}

/// Scores without and with what is inherited.
///
/// # Errors
///
/// What keeps the answers from being worked out.
pub fn effect(desk: &Desk) -> Result<Effect<'_>, Failure> {
    let with = desk.scored(View::Final)?;
    let without = desk.scored_with(desk.tailored()?, &desk.dossier, &BTreeMap::new(), View::Final)?;
    let open = |number: u8| {
        let of = |at: &&usize| without.tailored.requirements.get(**at).is_some_and(|a| a.requirement.domain == number);
        without.workings.unanswered.iter().filter(of).count()
    };
    let rows: Vec<EffectRow<'_>> = desk
        .catalog
        .domains()
        .filter_map(|domain| {
            let score = |card: &Scorecard| card.domains.get(&domain.number).and_then(|d| d.group.score);
            let (before, after) = (score(&without.card), score(&with.card));
            (before != after).then(|| EffectRow {
                domain: domain.number,
                title: &domain.title,
                without: Points(before),
                with: Points(after),
                unanswered_without: open(domain.number),
            })
        })
        .collect();
    Ok(Effect { domains: rows, verdict_without: without.verdict(), verdict_with: with.verdict() })
}
