//! `attesta assess score DIR`: what the answers come to.

use std::path::PathBuf;

use attesta_assessment::{AdditionOutcome, View};
use attesta_kernel::Date;
use attesta_scoring::Shortfall;
use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::{
    args::{Common, ListFormat},
    assess::{
        additions, calculator,
        desk::{self, Desk, Scored},
        points::{Points, bar, shown},
    },
    exit::{Exit, Failure},
    terminal,
};

#[derive(Debug, Args)]
pub(crate) struct ScoreOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR", required_unless_present = "from_json", conflicts_with = "from_json")]
    pub(crate) dir: Option<PathBuf>,
    /// Whose scores: the entity's own, or final ones with the assessor's where there are any
    #[arg(long, value_enum, default_value_t = Whose::Final)]
    pub(crate) view: Whose,
    /// The day on which inherited results must hold [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) at: Option<Date>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    pub(crate) format: ListFormat,
    /// The bare calculator: answers as JSON from a file, or `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) from_json: Option<PathBuf>,
    /// With --from-json: the day on which the assessment was created; it picks the figures that hold [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) created: Option<Date>,
    /// With --from-json: show how a number came about instead: `decision`, a domain's number, a control reference or a requirement's id
    #[arg(long, value_name = "SUBJECT", requires = "from_json")]
    pub(crate) explain: Option<String>,
}

/// Whose scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Whose {
    Entity,
    Final,
}

impl From<Whose> for View {
    fn from(whose: Whose) -> Self {
        match whose {
            Whose::Entity => Self::Entity,
            Whose::Final => Self::Final,
        }
    }
}

pub(crate) fn run(common: &Common, options: &ScoreOptions) -> Result<Exit, Failure> {
    let Some(dir) = &options.dir else { return calculator::run(common, options) };
    let desk = desk::open(common, dir, options.at)?;
    let scored = desk.scored(options.view.into())?;
    match options.format {
        ListFormat::Table => table(&desk, &scored)?,
        ListFormat::Json => terminal::json_of(&Report::of(&desk, &scored))?,
    }
    Ok(Exit::Met)
}

/// The scorecard as JSON. The keys of the bare calculator come first, with the same meaning.
#[derive(Serialize)]
pub(crate) struct Report<'a> {
    schema: &'static str,
    assessment: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    purpose: &'a str,
    created: String,
    requirements: Vec<Row>,
    control_references: Vec<ReferenceRow>,
    domains: Vec<DomainRow<'a>>,
    certified: bool,
    verdict: String,
    caps: Vec<String>,
    gaps: Vec<String>,
    incomplete: Vec<Missing>,
    unanswered: Vec<&'a str>,
    additions: Vec<AdditionRow<'a>>,
    unverified: Vec<Unverified<'a>>,
}

#[derive(Serialize)]
struct AdditionRow<'a> {
    addition: &'a str,
    title: &'a str,
    granted: Option<bool>,
    says: String,
}

#[derive(Serialize)]
struct Row {
    id: String,
    score: Points,
    /// The PRISMA band of the score.
    band: Option<String>,
    levels: std::collections::BTreeMap<&'static str, Points>,
    not_applicable: bool,
}

#[derive(Serialize)]
struct ReferenceRow {
    control_reference: String,
    score: Points,
}

#[derive(Serialize)]
struct DomainRow<'a> {
    domain: u8,
    title: &'a str,
    score: Points,
    passes: bool,
    counted: usize,
    left_out: usize,
    unanswered: usize,
}

#[derive(Serialize)]
struct Missing {
    id: String,
    levels: Vec<&'static str>,
}

#[derive(Serialize)]
struct Unverified<'a> {
    figure: String,
    source: &'a str,
}

impl<'a> Report<'a> {
    pub(crate) fn of(desk: &'a Desk, scored: &'a Scored<'a>) -> Self {
        let header = &desk.dossier.assessment.value;
        let rows = || scored.workings.requirements.iter().zip(&scored.card.requirements);
        let short =
            |wanted: Shortfall| rows().filter(|(_, s)| s.shortfall == wanted).map(|(r, _)| r.id.to_string()).collect();
        Self {
            schema: "attesta.assessment-scorecard/1",
            assessment: header.id.as_str(),
            kind: &header.program,
            purpose: header.purpose.as_str(),
            created: header.created.to_string(),
            requirements: rows().map(|(r, s)| row(scored, r, s)).collect(),
            control_references: scored
                .card
                .control_references
                .iter()
                .map(|(r, g)| ReferenceRow { control_reference: r.to_string(), score: Points(g.score) })
                .collect(),
            domains: domains(desk, scored),
            certified: scored.certified(),
            verdict: scored.verdict(),
            caps: short(Shortfall::RequiredCap),
            gaps: short(Shortfall::Gap),
            incomplete: rows()
                .filter(|(_, s)| !s.missing.is_empty())
                .map(|(r, s)| Missing { id: r.id.to_string(), levels: s.missing.iter().map(|l| l.as_str()).collect() })
                .collect(),
            unanswered: unanswered(scored),
            additions: additions::outcomes(desk, scored)
                .into_iter()
                .map(|added| AdditionRow {
                    addition: added.id,
                    title: added.title,
                    granted: added.outcome.as_ref().map(|(o, _)| matches!(o, AdditionOutcome::Granted { .. })),
                    says: said(&added),
                })
                .collect(),
            unverified: scored
                .unverified(&desk.rubric)
                .into_iter()
                .map(|(figure, p)| Unverified { figure, source: &p.source })
                .collect(),
        }
    }
}

fn row(
    scored: &Scored<'_>,
    requirement: &attesta_scoring::Requirement,
    own: &attesta_scoring::RequirementScore,
) -> Row {
    use attesta_scoring::{Answer, MaturityLevel};
    let levels = match &requirement.answer {
        Answer::NotApplicable => Default::default(),
        Answer::Scored(levels) => {
            MaturityLevel::ALL.into_iter().filter_map(|l| Some((l.as_str(), Points(Some(levels.get(l)?))))).collect()
        }
    };
    let not_applicable = matches!(requirement.answer, Answer::NotApplicable);
    let band = own.score.map(|s| scored.rules.bands.value.of(s).to_owned());
    Row { id: requirement.id.to_string(), score: Points(own.score), band, levels, not_applicable }
}

fn unanswered<'a>(scored: &'a Scored<'_>) -> Vec<&'a str> {
    let of = |at: &usize| scored.tailored.requirements.get(*at).map(|a| a.requirement.id.as_str());
    scored.workings.unanswered.iter().filter_map(of).collect()
}

/// What comes of an addition, in a line, with the confidence of its rule.
fn said(added: &additions::Added<'_>) -> String {
    match &added.outcome {
        Some((outcome, provenance)) => format!("{outcome} [{}: {}]", provenance.confidence, provenance.source),
        None => "no rule grants anything; its requirements are told apart in the scorecard".to_owned(),
    }
}

/// One row for each assessment domain in which something is asked.
fn domains<'a>(desk: &'a Desk, scored: &'a Scored<'_>) -> Vec<DomainRow<'a>> {
    let open = |number: u8| {
        let of = |at: &&usize| scored.tailored.requirements.get(**at).is_some_and(|a| a.requirement.domain == number);
        scored.workings.unanswered.iter().filter(of).count()
    };
    desk.catalog
        .domains()
        .filter_map(|domain| {
            let unanswered = open(domain.number);
            let own = scored.card.domains.get(&domain.number);
            if own.is_none() && unanswered == 0 {
                return None;
            }
            Some(DomainRow {
                domain: domain.number,
                title: &domain.title,
                score: Points(own.and_then(|d| d.group.score)),
                passes: own.is_some_and(|d| d.passes) && unanswered == 0,
                counted: own.map_or(0, |d| d.group.counted),
                left_out: own.map_or(0, |d| d.group.left_out),
                unanswered,
            })
        })
        .collect()
}

fn table(desk: &Desk, scored: &Scored<'_>) -> Result<(), Failure> {
    let header = &desk.dossier.assessment.value;
    let rule = scored.rules.domain.value;
    terminal::out(
        format!(
            "{} \"{}\" of {} ({}, {}), figures of {}\n\n",
            header.program, header.title, header.organisation, header.purpose, header.csf, header.created
        )
        .as_bytes(),
    )?;
    let rows = domains(desk, scored).into_iter().map(|row| {
        let stands = match (row.score.0, row.passes, row.unanswered) {
            (None, _, 0) => "nothing counts",
            (None, ..) => "not answered",
            (_, true, _) => "passes",
            (Some(s), _, n) if n > 0 && s >= rule.at_least.into() => "passes as far as answered",
            _ => "below",
        };
        [
            row.domain.to_string(),
            row.title.to_owned(),
            bar(row.score.0, rule.at_least.into(), 25),
            shown(row.score.0),
            stands.to_owned(),
            row.counted.to_string(),
            row.left_out.to_string(),
            row.unanswered.to_string(),
        ]
    });
    let threshold = format!("score (threshold {})", rule.at_least);
    terminal::table(["no", "domain", &threshold, "points", "stands", "counted", "left out", "open"], rows)?;
    let count = |wanted| scored.card.requirements.iter().filter(|s| s.shortfall == wanted).count();
    let mut text = format!(
        "\n{}\nrequired corrective action plans: {}   gaps without one: {}\n",
        scored.verdict(),
        count(Shortfall::RequiredCap),
        count(Shortfall::Gap)
    );
    for added in additions::outcomes(desk, scored) {
        text.push_str(&format!("addition {} ({}): {}\n", added.id, added.title, said(&added)));
    }
    let proposed = desk.proposals.iter().filter(|p| p.verdict == attesta_assessment::ProposalVerdict::Proposed).count();
    if proposed > 0 {
        text.push_str(&format!(
            "{proposed} proposals of automation wait for a person; they count for nothing until then\n"
        ));
    }
    let unverified = scored.unverified(&desk.rubric);
    if !unverified.is_empty() {
        let names: Vec<&str> = unverified.iter().map(|(name, _)| name.as_str()).collect();
        text.push_str(&format!(
            "unverified figures in use (replace them with `attesta program override`): {}\n",
            names.join(", ")
        ));
    }
    text.push_str("Worked out by Attesta from the answers given; it is not a HITRUST score.\n");
    terminal::out(text.as_bytes())
}
