//! `attesta assess whatif DIR`: how scores, plans and the decision move when something is answered otherwise. Nothing is
//! written.

use std::{collections::BTreeSet, path::PathBuf};

use attesta_assessment::{
    Answered, ChoiceId, Dossier, FactorAnswer, FactorAnswers, FactorId, Judgement, LevelAnswer, Part, RequestState,
    RequirementKey, SourceId, View, applied, delta,
};
use attesta_catalog::Placed;
use attesta_kernel::Date;
use attesta_scoring::{MaturityLevel, Score, Shortfall};
use clap::Args;
use serde::Serialize;

use crate::{
    args::{Common, ListFormat},
    assess::{
        desk::{self, Desk, Scored, refuse},
        points::{Points, shown},
    },
    exit::{Exit, Failure},
    terminal,
};

#[derive(Debug, Args)]
pub(crate) struct WhatifOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Another score: REQUIREMENT:LEVEL=POINTS, e.g. ATT-12-01:implemented=100
    #[arg(long, value_name = "ANSWER")]
    set: Vec<String>,
    /// Another answer to a factor: FACTOR=CHOICE; several choices with commas
    #[arg(long, value_name = "ANSWER")]
    factor: Vec<String>,
    /// Another weight of what is inherited: SOURCE:REQUIREMENT=PERCENT; 0 takes it away
    #[arg(long, value_name = "WEIGHT")]
    inherit: Vec<String>,
    /// The day on which inherited results must hold [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    at: Option<Date>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
}

pub(crate) fn run(common: &Common, options: &WhatifOptions) -> Result<Exit, Failure> {
    if options.set.is_empty() && options.factor.is_empty() && options.inherit.is_empty() {
        return Err(Failure::new(Exit::Usage, "nothing would change").help("give --set, --factor or --inherit"));
    }
    let desk = desk::open(common, &options.dir, options.at)?;
    let before = desk.scored(View::Final)?;
    let mut dossier = desk.dossier.clone();
    for text in &options.factor {
        set_factor(&mut dossier, text)?;
    }
    let factors: FactorAnswers = dossier.factors.clone();
    let tailored = desk.tailored_with(&factors)?;
    for text in &options.set {
        let (key, level, score) = answer(text)?;
        if tailored.get(&key).is_none() {
            return Err(Failure::new(Exit::Usage, format!("`{key}` would not be asked")).help(
                "`attesta assess score DIR --format json` lists what is; change a factor too if that brings it",
            ));
        }
        set_answer(&mut dossier, key, level, score);
    }
    for text in &options.inherit {
        set_weight(&mut dossier, text)?;
    }
    let inherited =
        applied(&desk.inheritance, &dossier.assessment.value, &dossier.inheritance, desk.at).map_err(|f| refuse(&f))?;
    let after = desk.scored_with(tailored, &dossier, &inherited, View::Final)?;
    let moved = moved(&desk, &before, &after);
    match options.format {
        ListFormat::Json => terminal::json_of(&moved)?,
        ListFormat::Table => table(&moved)?,
    }
    Ok(Exit::Met)
}

/// `ATT-12-01:implemented=100`; the requirement's id may hold colons itself.
fn answer(text: &str) -> Result<(RequirementKey, MaturityLevel, Score), Failure> {
    let form =
        || Failure::new(Exit::Usage, format!("`{text}` is no answer")).help("write it like ATT-12-01:implemented=100");
    let (left, score) = text.rsplit_once('=').ok_or_else(form)?;
    let (key, level) = left.rsplit_once(':').ok_or_else(form)?;
    let usage = |e: String| Failure::new(Exit::Usage, e);
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

pub(crate) fn set_factor(dossier: &mut Dossier, text: &str) -> Result<(), Failure> {
    let form = || Failure::new(Exit::Usage, format!("`{text}` answers no factor")).help("write it like FACTOR=CHOICE");
    let (factor, choices) = text.split_once('=').ok_or_else(form)?;
    let factor: FactorId = factor.parse().map_err(|_| form())?;
    let choices: BTreeSet<ChoiceId> =
        choices.split(',').map(|c| c.trim().parse().map_err(|_| form())).collect::<Result<_, _>>()?;
    let place = dossier.assessment.place.clone();
    dossier.factors.0.insert(factor, Placed::new(place, FactorAnswer { choices, because: "what if".to_owned() }));
    Ok(())
}

fn set_weight(dossier: &mut Dossier, text: &str) -> Result<(), Failure> {
    let form =
        || Failure::new(Exit::Usage, format!("`{text}` is no weight")).help("write it like SOURCE:REQUIREMENT=PERCENT");
    let (left, weight) = text.rsplit_once('=').ok_or_else(form)?;
    let (source, key) = left.split_once(':').ok_or_else(form)?;
    let source: SourceId = source.parse().map_err(|_| form())?;
    let weight: Score = weight.parse().map_err(|_| form())?;
    let requests = &mut dossier.inheritance.requests;
    let applied = |r: &&mut Placed<attesta_assessment::Request>| {
        r.value.source == source
            && r.value.requirement.as_str() == key
            && matches!(r.value.state, RequestState::Applied { .. })
    };
    let Some(request) = requests.iter_mut().find(applied) else {
        return Err(Failure::new(Exit::Usage, format!("`{key}` has no applied request from `{source}`"))
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
struct Moved {
    comes: Vec<Row>,
    goes: Vec<Row>,
    domains: Vec<DomainRow>,
    caps_come: Vec<String>,
    caps_go: Vec<String>,
    verdict_before: String,
    verdict_after: String,
    certified_before: bool,
    certified_after: bool,
}

#[derive(Serialize)]
struct Row {
    requirement: String,
    because: Vec<String>,
}

#[derive(Serialize)]
struct DomainRow {
    domain: u8,
    title: String,
    before: Points,
    after: Points,
    passes_before: bool,
    passes_after: bool,
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
        let score = |d: Option<attesta_scoring::DomainScore>| d.and_then(|d| d.group.score);
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
    }
}

fn table(moved: &Moved) -> Result<(), Failure> {
    let mut text = String::new();
    for (sign, rows) in [('+', &moved.comes), ('-', &moved.goes)] {
        for row in rows {
            text.push_str(&format!("{sign} {}: {}\n", row.requirement, row.because.join("; ")));
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    terminal::out(terminal::plain(&text).as_bytes())?;
    if moved.domains.is_empty() {
        terminal::out(b"no domain's score moves\n")?;
    } else {
        let word = |passes: bool| if passes { "passes" } else { "below" };
        terminal::table(
            ["no", "domain", "before", "after", ""],
            moved.domains.iter().map(|d| {
                let stands = match (d.passes_before, d.passes_after) {
                    (a, b) if a == b => word(a).to_owned(),
                    (a, b) => format!("{} -> {}", word(a), word(b)),
                };
                [d.domain.to_string(), d.title.clone(), shown(d.before.0), shown(d.after.0), stands]
            }),
        )?;
    }
    let list = |ids: &[String]| if ids.is_empty() { "none".to_owned() } else { ids.join(", ") };
    terminal::out(
        format!(
            "\nrequired corrective action plans that come: {}\nand that go: {}\nbefore: {}\nafter:  {}\n",
            list(&moved.caps_come),
            list(&moved.caps_go),
            moved.verdict_before,
            moved.verdict_after
        )
        .as_bytes(),
    )
}
