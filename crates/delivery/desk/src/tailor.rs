//! What an assessment asks and why, and what other answers to factors would change.
#![allow(missing_docs, reason = "fields are the keys of the JSON, which the reference explains")]

use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{
    Asked, Delta, Factor, LeftOut, Movement, RequirementKey, Tailored, View, check_header, delta, movement,
};
use attesta_kernel::{Confidence, many};
use attesta_scoring::{Answer, Decision};
use attesta_workspace::{Change, Over};
use serde::Serialize;

use crate::{
    desk::Desk,
    failure::{Failure, Kind, unknown},
    points::Points,
};

/// How scores move; answers that are there already are scored by themselves, without asking what the new set would need.
fn moved(desk: &Desk, before: &Tailored<'_>, after: &Tailored<'_>) -> Result<Movement, Failure> {
    let inherited = desk.inherited()?;
    let mut answers: BTreeMap<RequirementKey, Answer> = BTreeMap::new();
    for tailored in [before, after] {
        let scored = desk.scored_with(tailored.clone(), &desk.dossier, &inherited, View::Final)?;
        for requirement in &scored.workings.requirements {
            let key = requirement.id.parse::<RequirementKey>().map_err(|e| unknown(&[e]))?;
            answers.insert(key, requirement.answer);
        }
    }
    movement(&desk.rules()?, before, after, |key| answers.get(key).copied()).map_err(|r| unknown(&r))
}

#[derive(Serialize)]
pub struct Report<'a> {
    pub schema: &'static str,
    pub assessment: &'a str,
    #[serde(rename = "type")]
    pub kind: &'a str,
    pub csf: &'a str,
    pub created: String,
    pub packs: Vec<PackRow<'a>>,
    pub asked: usize,
    pub core: usize,
    pub requirements: Vec<AskedRow<'a>>,
    pub left_out: Vec<LeftRow<'a>>,
    pub factors: Vec<FactorRow<'a>>,
    pub unanswered: Vec<&'a str>,
    pub notes: Vec<String>,
    pub unverified: Vec<String>,
    pub overridden: Vec<String>,
}

#[derive(Serialize)]
pub struct PackRow<'a> {
    pub id: &'a str,
    pub title: &'a str,
    pub notice: &'a str,
    pub requirements: usize,
}

#[derive(Serialize)]
pub struct AskedRow<'a> {
    pub id: &'a str,
    pub pack: &'a str,
    pub domain: u8,
    pub control_reference: String,
    pub title: &'a str,
    pub core: bool,
    pub required_for_certification: bool,
    pub sampled: bool,
    pub because: Vec<String>,
}

#[derive(Serialize)]
pub struct LeftRow<'a> {
    pub id: &'a str,
    pub pack: &'a str,
    pub domain: u8,
    pub title: &'a str,
    pub because: Vec<String>,
}

#[derive(Serialize)]
pub struct FactorRow<'a> {
    pub id: &'a str,
    pub group: &'static str,
    pub stands: &'static str,
    pub answer: Vec<String>,
    pub because: &'a str,
    pub confidence: &'static str,
}

fn asked<'a>(asked: &Asked<'a>) -> AskedRow<'a> {
    AskedRow {
        id: asked.requirement.id.as_str(),
        pack: asked.pack.as_str(),
        domain: asked.requirement.domain,
        control_reference: asked.requirement.control_reference.to_string(),
        title: &asked.requirement.title,
        core: asked.core,
        required_for_certification: asked.required_for_certification,
        sampled: asked.requirement.sampled,
        because: asked.because.iter().map(ToString::to_string).collect(),
    }
}

fn left<'a>(left: &LeftOut<'a>) -> LeftRow<'a> {
    LeftRow {
        id: left.requirement.id.as_str(),
        pack: left.pack.as_str(),
        domain: left.requirement.domain,
        title: &left.requirement.title,
        because: left.because.iter().map(ToString::to_string).collect(),
    }
}

impl<'a> Report<'a> {
    /// What is asked, and why.
    ///
    /// # Errors
    ///
    /// Every fault of the content.
    pub fn of(desk: &'a Desk, tailored: &Tailored<'a>) -> Result<Self, Failure> {
        let header = &desk.dossier.assessment.value;
        let overridden = desk.library.source().overridden()?;
        Ok(Self {
            schema: "attesta.tailored/1",
            assessment: header.id.as_str(),
            kind: &header.program,
            csf: &header.csf,
            created: header.created.to_string(),
            packs: desk
                .dossier
                .packs
                .iter()
                .map(|p| PackRow {
                    id: p.id.as_str(),
                    title: &p.title,
                    notice: &p.notice,
                    requirements: p.requirements.len(),
                })
                .collect(),
            asked: tailored.requirements.len(),
            core: tailored.core_count(),
            requirements: tailored.requirements.iter().map(asked).collect(),
            left_out: tailored.left_out.iter().map(left).collect(),
            factors: factors(desk),
            unanswered: tailored.unanswered.iter().map(|f| f.id.as_str()).collect(),
            notes: notes(desk, tailored)?,
            unverified: unverified(desk),
            overridden: overridden.into_iter().map(|o| o.path).collect(),
        })
    }
}

fn factors(desk: &Desk) -> Vec<FactorRow<'_>> {
    let header = &desk.dossier.assessment.value;
    let asked = desk.factors.iter().filter(|f| f.is_asked(&header.program, &header.additions, header.created));
    asked
        .map(|factor| {
            let given = desk.dossier.factors.0.get(&factor.id);
            let (stands, answer): (_, Vec<String>) = match (given, &factor.counts_as) {
                (Some(given), _) => ("answered", given.value.choices.iter().map(ToString::to_string).collect()),
                (None, Some(default)) => ("assumed", vec![default.to_string()]),
                (None, None) => ("open", Vec::new()),
            };
            FactorRow {
                id: factor.id.as_str(),
                group: factor.group.as_str(),
                stands,
                answer,
                because: given.map_or("", |g| &g.value.because),
                confidence: factor.choices_provenance.confidence.as_str(),
            }
        })
        .collect()
}

/// What a reader of the numbers alone might miss.
fn notes(desk: &Desk, tailored: &Tailored<'_>) -> Result<Vec<String>, Failure> {
    let header = &desk.dossier.assessment;
    let releases = desk.library.releases()?;
    let mut notes = check_header(&desk.kind, &releases, &desk.additions, &header.value, &header.place, desk.at)?;
    if let Ok(csf) = header.value.csf.parse()
        && let Some(difference) = desk.kind.core_difference(csf, tailored.core_count())
    {
        notes.push(difference.to_string());
    }
    for id in &header.value.additions {
        let brought = tailored.requirements.iter().filter(|r| r.requirement.brought_by.contains(id)).count();
        let size = desk.additions.0.get(id).and_then(|a| a.published_size);
        match size {
            Some(most) => {
                notes.push(format!("{id}: up to {most} requirements are published; these packs bring {brought}"))
            }
            None if brought == 0 => {
                notes.push(format!("{id}: these packs bring nothing for it; import a pack that does"))
            }
            None => {}
        }
    }
    notes.extend(tailored.notes.iter().map(ToString::to_string));
    Ok(notes)
}

/// Answered factors whose answers rest on figures that nobody confirmed.
fn unverified(desk: &Desk) -> Vec<String> {
    let unsure = |f: &&Factor| f.choices_provenance.confidence == Confidence::Unverified;
    let answered = desk.factors.iter().filter(|f| desk.dossier.factors.0.contains_key(&f.id));
    answered.filter(unsure).map(|f| format!("answers of {}: {}", f.id, f.choices_provenance.source)).collect()
}

/// What comes and goes, and how scores move.
#[derive(Serialize)]
pub struct WhatIf<'a> {
    pub schema: &'static str,
    pub what_if: &'a [String],
    pub asked_before: usize,
    pub asked_after: usize,
    pub comes: Vec<AskedRow<'a>>,
    pub goes: Vec<LeftRow<'a>>,
    pub stays: usize,
    pub domains: Vec<DomainMove>,
    pub caps_come: BTreeSet<String>,
    pub caps_go: BTreeSet<String>,
    pub unanswered_before: usize,
    pub unanswered_after: usize,
    pub decision_before: String,
    pub decision_after: String,
}

#[derive(Serialize)]
pub struct DomainMove {
    pub domain: u8,
    pub before: Points,
    pub after: Points,
    pub passes_before: Option<bool>,
    pub passes_after: Option<bool>,
}

impl<'a> WhatIf<'a> {
    fn new(
        what_if: &'a [String],
        before: &Tailored<'a>,
        after: &Tailored<'a>,
        change: &Delta<'a>,
        moved: &Movement,
    ) -> Self {
        let moves = moved.domains.iter().filter(|(_, (was, is))| was != is);
        Self {
            schema: "attesta.tailored-what-if/1",
            what_if,
            asked_before: before.requirements.len(),
            asked_after: after.requirements.len(),
            comes: change.comes.iter().map(|r| asked(r)).collect(),
            goes: change.goes.iter().map(|r| left(r)).collect(),
            stays: change.stays,
            domains: moves
                .map(|(domain, (was, is))| DomainMove {
                    domain: *domain,
                    before: Points(was.and_then(|d| d.group.score)),
                    after: Points(is.and_then(|d| d.group.score)),
                    passes_before: was.map(|d| d.passes),
                    passes_after: is.map(|d| d.passes),
                })
                .collect(),
            caps_come: moved.caps_come.iter().map(ToString::to_string).collect(),
            caps_go: moved.caps_go.iter().map(ToString::to_string).collect(),
            unanswered_before: moved.unanswered.0,
            unanswered_after: moved.unanswered.1,
            decision_before: decision(&moved.decision.0),
            decision_after: decision(&moved.decision.1),
        }
    }
}

fn decision(decision: &Decision) -> String {
    match decision {
        Decision::Certified => "every answered domain reaches the threshold".to_owned(),
        Decision::BelowThreshold(below) => {
            let names: Vec<String> = below.iter().map(ToString::to_string).collect();
            format!("below the threshold in domain {}", names.join(", "))
        }
        Decision::Incomplete(rows) => {
            many(rows.len(), "requirement is half answered", "requirements are half answered")
        }
        Decision::NothingScored => "nothing is answered".to_owned(),
    }
}

/// What comes and goes between two tailorings of one assessment, and how scores move; `what_if` is how the change is told.
///
/// # Errors
///
/// What keeps either set from being worked out.
pub fn what_if<'a>(
    desk: &'a Desk,
    what_if: &'a [String],
    before: &'a Tailored<'a>,
    after: &'a Tailored<'a>,
) -> Result<WhatIf<'a>, Failure> {
    let moved = moved(desk, before, after)?;
    Ok(WhatIf::new(what_if, before, after, &delta(before, after), &moved))
}

/// Other texts of scope and factors, before they are written.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// What scope.yaml would say.
    pub scope: Option<String>,
    /// What factors.yaml would say.
    pub factors: Option<String>,
}

/// What other texts of scope and factors would change: requirements that come and go, how scores move, and what is found in
/// the scope. Nothing is written.
///
/// # Errors
///
/// Every fault of the texts, or what keeps either set from being worked out.
pub fn preview(desk: &Desk, draft: &Draft) -> Result<serde_json::Value, Failure> {
    let texts = [("scope.yaml", &draft.scope), ("factors.yaml", &draft.factors)];
    let texts: Vec<Change> = texts
        .into_iter()
        .filter_map(|(path, text)| {
            let (inside, text) = (path.to_owned(), text.clone()?);
            Some(Change { inside, text, over: Over::Older })
        })
        .collect();
    let changed: Vec<String> = texts.iter().map(|change| change.inside.clone()).collect();
    if changed.is_empty() {
        return Err(Failure::new(Kind::BadInput, "nothing would change").help("send scope, factors or both"));
    }
    compared(desk, &crate::scoping::after(desk, &texts)?, &changed)
}

/// The desk beside another one of the same assessment.
pub(crate) fn compared(desk: &Desk, other: &Desk, changed: &[String]) -> Result<serde_json::Value, Failure> {
    let (before, after) = (desk.tailored()?, other.tailored()?);
    let told = what_if(desk, changed, &before, &after)?;
    let scope = crate::scope::Report::of(&other.folder, &desk.library)?;
    let json = |value: Result<serde_json::Value, serde_json::Error>| {
        value.map_err(|e| Failure::new(Kind::Unknown, e.to_string()))
    };
    Ok(serde_json::json!({
        "tailoring": json(serde_json::to_value(&told))?,
        "unanswered_factors": after.unanswered.iter().map(|f| f.id.as_str()).collect::<Vec<_>>(),
        "scope": json(serde_json::to_value(&scope))?,
    }))
}
