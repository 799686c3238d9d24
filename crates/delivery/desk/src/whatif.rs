//! How scores, plans and the decision move when something is answered otherwise. Nothing is written.
#![allow(missing_docs, reason = "fields are the keys of the JSON, which the reference explains")]

use std::collections::BTreeSet;

use attesta_assessment::{
    Answered, ChoiceId, Dossier, FactorAnswer, FactorId, Judgement, LevelAnswer, Part, Request, RequestState,
    RequirementKey, SourceId, View, applied, delta,
};
use attesta_catalog::Placed;
use attesta_scoring::{DomainScore, MaturityLevel, Score, Shortfall};
use serde::Serialize;

use crate::{
    desk::{Desk, Scored},
    failure::{Failure, Kind, unknown},
    plan,
    points::Points,
};

/// `ATT-12-01:implemented=100`; the requirement's id may hold colons itself.
fn answer(text: &str) -> Result<(RequirementKey, MaturityLevel, Score), Failure> {
    let form = || {
        Failure::new(Kind::BadInput, format!("`{text}` is no answer")).help("write it like ATT-12-01:implemented=100")
    };
    let (left, score) = text.rsplit_once('=').ok_or_else(form)?;
    let (key, level) = left.rsplit_once(':').ok_or_else(form)?;
    let usage = |e: String| Failure::new(Kind::BadInput, e);
    Ok((
        key.parse::<RequirementKey>().map_err(|e| usage(e.to_string()))?,
        level.parse::<MaturityLevel>().map_err(|e| usage(e.to_string()))?,
        score.parse::<Score>().map_err(|e| usage(e.to_string()))?,
    ))
}

fn set_answer(dossier: &mut Dossier, key: RequirementKey, level: MaturityLevel, score: Score) {
    let place = dossier.assessment.place.clone();
    if let Some(validated) = dossier.validation.get_mut(&key) {
        // The assessor's score would hide what is asked.
        validated.value.levels.remove(&level);
    }
    let blank = Answered {
        requirement: key.clone(),
        owner: None,
        not_applicable: None,
        levels: Default::default(),
        comment: String::new(),
        not_sampled: None,
    };
    let slot = dossier.answers.entry(key).or_insert_with(|| Placed::new(place, blank));
    slot.value.not_applicable = None;
    let judgement = Judgement::Given { score, because: "what if".to_owned() };
    let answer = LevelAnswer {
        parts: vec![Part { component: None, weight: 1, judgement }],
        weights_because: None,
        evidence: Vec::new(),
        in_place_since: None,
        tested_on: None,
        sample: None,
    };
    slot.value.levels.insert(level, answer);
}

/// Answers a factor otherwise: `FACTOR=CHOICE`; several choices with commas.
///
/// # Errors
///
/// When the text answers no factor.
pub fn set_factor(dossier: &mut Dossier, text: &str) -> Result<(), Failure> {
    let form =
        || Failure::new(Kind::BadInput, format!("`{text}` answers no factor")).help("write it like FACTOR=CHOICE");
    let (factor, choices) = text.split_once('=').ok_or_else(form)?;
    let factor: FactorId = factor.parse().map_err(|_| form())?;
    let choices: BTreeSet<ChoiceId> =
        choices.split(',').map(|c| c.trim().parse().map_err(|_| form())).collect::<Result<_, _>>()?;
    let place = dossier.assessment.place.clone();
    dossier.factors.0.insert(factor, Placed::new(place, FactorAnswer { choices, because: "what if".to_owned() }));
    Ok(())
}

fn set_weight(dossier: &mut Dossier, text: &str) -> Result<(), Failure> {
    let form = || {
        Failure::new(Kind::BadInput, format!("`{text}` is no weight")).help("write it like SOURCE:REQUIREMENT=PERCENT")
    };
    let (left, weight) = text.rsplit_once('=').ok_or_else(form)?;
    let (source, key) = left.split_once(':').ok_or_else(form)?;
    let source: SourceId = source.parse().map_err(|_| form())?;
    let weight: Score = weight.parse().map_err(|_| form())?;
    let requests = &mut dossier.inheritance.requests;
    let applied = |r: &&mut Placed<Request>| {
        r.value.source == source
            && r.value.requirement.as_str() == key
            && matches!(r.value.state, RequestState::Applied { .. })
    };
    let Some(request) = requests.iter_mut().find(applied) else {
        return Err(Failure::new(Kind::NotFound, format!("`{key}` has no applied request from `{source}`"))
            .help("`attesta assess inherit DIR list` shows them"));
    };
    if weight == Score::ZERO {
        request.value.state = RequestState::Draft;
    } else {
        request.value.weight = weight;
    }
    Ok(())
}

/// How things move.
#[derive(Serialize)]
pub struct Moved {
    pub comes: Vec<Row>,
    pub goes: Vec<Row>,
    pub domains: Vec<DomainRow>,
    pub caps_come: Vec<String>,
    pub caps_go: Vec<String>,
    pub verdict_before: String,
    pub verdict_after: String,
    pub certified_before: bool,
    pub certified_after: bool,
    /// How the cheapest way to certification changes.
    pub forecast: plan::Forecast,
}

#[derive(Serialize)]
pub struct Row {
    pub requirement: String,
    pub because: Vec<String>,
}

#[derive(Serialize)]
pub struct DomainRow {
    pub domain: u8,
    pub title: String,
    pub before: Points,
    pub after: Points,
    pub passes_before: bool,
    pub passes_after: bool,
}

fn moved(desk: &Desk, before: &Scored<'_>, after: &Scored<'_>) -> Moved {
    let delta = delta(&before.tailored, &after.tailored);
    let caps = |scored: &Scored<'_>| -> BTreeSet<String> {
        let rows = scored.workings.requirements.iter().zip(&scored.card.requirements);
        rows.filter(|(_, s)| s.shortfall == Shortfall::RequiredCap).map(|(r, _)| r.id.to_string()).collect()
    };
    let (was, is) = (caps(before), caps(after));
    let domains = desk.catalog.domains().filter_map(|domain| {
        let of = |scored: &Scored<'_>| scored.card.domains.get(&domain.number).copied();
        let (a, b) = (of(before), of(after));
        let score = |d: Option<DomainScore>| d.and_then(|d| d.group.score);
        (score(a) != score(b)).then(|| DomainRow {
            domain: domain.number,
            title: domain.title.clone(),
            before: Points(score(a)),
            after: Points(score(b)),
            passes_before: a.is_some_and(|d| d.passes),
            passes_after: b.is_some_and(|d| d.passes),
        })
    });
    Moved {
        comes: delta
            .comes
            .iter()
            .map(|a| Row {
                requirement: a.requirement.id.to_string(),
                because: a.because.iter().map(ToString::to_string).collect(),
            })
            .collect(),
        goes: delta
            .goes
            .iter()
            .map(|a| Row {
                requirement: a.requirement.id.to_string(),
                because: a.because.iter().map(ToString::to_string).collect(),
            })
            .collect(),
        domains: domains.collect(),
        caps_come: is.difference(&was).cloned().collect(),
        caps_go: was.difference(&is).cloned().collect(),
        verdict_before: before.verdict(),
        verdict_after: after.verdict(),
        certified_before: before.certified(),
        certified_after: after.certified(),
        forecast: plan::Forecast::default(),
    }
}

/// What is supposed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suppose {
    /// Other scores: `REQUIREMENT:LEVEL=POINTS`.
    pub answers: Vec<String>,
    /// Other answers to factors: `FACTOR=CHOICE`; several choices with commas.
    pub factors: Vec<String>,
    /// Other weights of what is inherited: `SOURCE:REQUIREMENT=PERCENT`; 0 takes it away.
    pub weights: Vec<String>,
}

/// How things would move.
///
/// # Errors
///
/// When a text makes no sense here, or what keeps the answers from being worked out.
pub fn what_if(desk: &Desk, suppose: &Suppose) -> Result<Moved, Failure> {
    if *suppose == Suppose::default() {
        return Err(Failure::new(Kind::BadInput, "nothing would change").help("give --set, --factor or --inherit"));
    }
    let before = desk.scored(View::Final)?;
    let mut dossier = desk.dossier.clone();
    for text in &suppose.factors {
        set_factor(&mut dossier, text)?;
    }
    let factors = dossier.factors.clone();
    let tailored = desk.tailored_with(&factors)?;
    for text in &suppose.answers {
        let (key, level, score) = answer(text)?;
        if tailored.get(&key).is_none() {
            return Err(Failure::new(Kind::NotFound, format!("`{key}` would not be asked")).help(
                "`attesta assess score DIR --format json` lists what is; change a factor too if that brings it",
            ));
        }
        set_answer(&mut dossier, key, level, score);
    }
    for text in &suppose.weights {
        set_weight(&mut dossier, text)?;
    }
    let inherited = applied(&desk.inheritance, &dossier.assessment.value, &dossier.inheritance, desk.at)
        .map_err(|f| unknown(&f))?;
    let after = desk.scored_with(tailored, &dossier, &inherited, View::Final)?;
    let moved = moved(desk, &before, &after);
    Ok(Moved { forecast: plan::changed(desk, before, after), ..moved })
}
