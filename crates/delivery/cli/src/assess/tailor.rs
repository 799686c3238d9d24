//! `attesta assess tailor DIR`: what an assessment asks and why, and what another answer to a factor would change.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use attesta_assessment::{
    Asked, Delta, FactorAnswers, LeftOut, Movement, RequirementKey, Tailored, View, check_header, delta, movement,
};
use attesta_kernel::Confidence;
use attesta_scoring::{Answer, Decision};
use clap::Args;
use serde::Serialize;

use crate::{
    args::{Common, ListFormat},
    assess::{
        desk::{self, Desk, refuse},
        points::{Points, shown},
        whatif::set_factor,
    },
    exit::{Exit, Failure},
    terminal,
};

#[derive(Debug, Args)]
pub(crate) struct TailorOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Another answer to a factor, to see what comes and goes: FACTOR=CHOICE; may be given several times
    #[arg(long, value_name = "ANSWER")]
    what_if: Vec<String>,
    /// Show what is not asked, too, and why
    #[arg(long)]
    left_out: bool,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
}

pub(crate) fn run(common: &Common, options: &TailorOptions) -> Result<Exit, Failure> {
    let desk = desk::open(common, &options.dir, None)?;
    let before = desk.tailored()?;
    if options.what_if.is_empty() {
        let report = Report::of(&desk, &before)?;
        match options.format {
            ListFormat::Json => terminal::json_of(&report)?,
            ListFormat::Table => table(&report, options.left_out)?,
        }
        return Ok(Exit::Met);
    }
    let mut dossier = desk.dossier.clone();
    for text in &options.what_if {
        set_factor(&mut dossier, text)?;
    }
    let factors: FactorAnswers = dossier.factors;
    let after = desk.tailored_with(&factors)?;
    let change = delta(&before, &after);
    let moved = moved(&desk, &before, &after)?;
    let report = WhatIf::of(options, &before, &after, &change, &moved);
    match options.format {
        ListFormat::Json => terminal::json_of(&report)?,
        ListFormat::Table => what_if_table(&report)?,
    }
    Ok(Exit::Met)
}

/// How scores move; answers that are there already are scored by themselves, without asking what the new set would need.
fn moved(desk: &Desk, before: &Tailored<'_>, after: &Tailored<'_>) -> Result<Movement, Failure> {
    let inherited = desk.inherited()?;
    let mut answers: BTreeMap<RequirementKey, Answer> = BTreeMap::new();
    for tailored in [before, after] {
        let scored = desk.scored_with(tailored.clone(), &desk.dossier, &inherited, View::Final)?;
        for requirement in &scored.workings.requirements {
            let key = requirement.id.parse::<RequirementKey>().map_err(|e| refuse(&[e]))?;
            answers.insert(key, requirement.answer);
        }
    }
    movement(&desk.rules()?, before, after, |key| answers.get(key).copied()).map_err(|r| refuse(&r))
}

#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    assessment: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    csf: &'a str,
    created: String,
    packs: Vec<PackRow<'a>>,
    asked: usize,
    core: usize,
    requirements: Vec<AskedRow<'a>>,
    left_out: Vec<LeftRow<'a>>,
    factors: Vec<FactorRow<'a>>,
    unanswered: Vec<&'a str>,
    notes: Vec<String>,
    unverified: Vec<String>,
    overridden: Vec<String>,
}

#[derive(Serialize)]
struct PackRow<'a> {
    id: &'a str,
    title: &'a str,
    notice: &'a str,
    requirements: usize,
}

#[derive(Serialize)]
struct AskedRow<'a> {
    id: &'a str,
    pack: &'a str,
    domain: u8,
    control_reference: String,
    title: &'a str,
    core: bool,
    required_for_certification: bool,
    sampled: bool,
    because: Vec<String>,
}

#[derive(Serialize)]
struct LeftRow<'a> {
    id: &'a str,
    pack: &'a str,
    domain: u8,
    title: &'a str,
    because: Vec<String>,
}

#[derive(Serialize)]
struct FactorRow<'a> {
    id: &'a str,
    group: &'static str,
    stands: &'static str,
    answer: Vec<String>,
    because: &'a str,
    confidence: &'static str,
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
    fn of(desk: &'a Desk, tailored: &Tailored<'a>) -> Result<Self, Failure> {
        let header = &desk.dossier.assessment.value;
        let overridden = desk.library.source().overridden().map_err(|f| refuse(&f))?;
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
    let releases = desk.library.releases().map_err(|f| refuse(&f))?;
    let mut notes = check_header(&desk.kind, &releases, &desk.additions, &header.value, &header.place, desk.at)
        .map_err(|f| refuse(&f))?;
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
    let unsure = |f: &&attesta_assessment::Factor| f.choices_provenance.confidence == Confidence::Unverified;
    let answered = desk.factors.iter().filter(|f| desk.dossier.factors.0.contains_key(&f.id));
    answered.filter(unsure).map(|f| format!("answers of {}: {}", f.id, f.choices_provenance.source)).collect()
}

fn table(report: &Report<'_>, left_out: bool) -> Result<(), Failure> {
    let head = format!(
        "{} \"{}\" asks {} requirements ({} of the core); {} of the packs are not asked\n\n",
        report.kind,
        report.assessment,
        report.asked,
        report.core,
        report.left_out.len()
    );
    terminal::out(head.as_bytes())?;
    let row = |id: &str, domain: u8, title: &str, because: &[String]| {
        [id.to_owned(), domain.to_string(), title.to_owned(), because.join(" / ")]
    };
    let rows = report.requirements.iter().map(|r| row(r.id, r.domain, r.title, &r.because));
    terminal::table(["requirement", "domain", "title", "asked because"], rows)?;
    if left_out {
        terminal::out(b"\n")?;
        let rows = report.left_out.iter().map(|r| row(r.id, r.domain, r.title, &r.because));
        terminal::table(["not asked", "domain", "title", "because"], rows)?;
    }
    let mut text = String::from("\n");
    if !report.unanswered.is_empty() {
        text.push_str(&format!(
            "factors that must be answered ({}): {}\n",
            report.unanswered.len(),
            report.unanswered.join(", ")
        ));
    }
    let assumed: Vec<String> = report
        .factors
        .iter()
        .filter(|f| f.stands == "assumed")
        .map(|f| format!("{}={}", f.id, f.answer.join(",")))
        .collect();
    if !assumed.is_empty() {
        text.push_str(&format!("unanswered factors that count as their default: {}\n", assumed.join(", ")));
    }
    for note in &report.notes {
        text.push_str(&format!("note: {note}\n"));
    }
    if !report.unverified.is_empty() {
        text.push_str(&format!("unverified: {}\n", report.unverified.join("; ")));
    }
    for pack in &report.packs {
        text.push_str(&format!("{}: {}\n", pack.id, pack.notice));
    }
    terminal::out(terminal::plain(&text).as_bytes())
}

#[derive(Serialize)]
struct WhatIf<'a> {
    schema: &'static str,
    what_if: &'a [String],
    asked_before: usize,
    asked_after: usize,
    comes: Vec<AskedRow<'a>>,
    goes: Vec<LeftRow<'a>>,
    stays: usize,
    domains: Vec<DomainMove>,
    caps_come: BTreeSet<String>,
    caps_go: BTreeSet<String>,
    unanswered_before: usize,
    unanswered_after: usize,
    decision_before: String,
    decision_after: String,
}

#[derive(Serialize)]
struct DomainMove {
    domain: u8,
    before: Points,
    after: Points,
    passes_before: Option<bool>,
    passes_after: Option<bool>,
}

impl<'a> WhatIf<'a> {
    fn of(
        options: &'a TailorOptions,
        before: &Tailored<'a>,
        after: &Tailored<'a>,
        change: &Delta<'a>,
        moved: &Movement,
    ) -> Self {
        let moves = moved.domains.iter().filter(|(_, (was, is))| was != is);
        Self {
            schema: "attesta.tailored-what-if/1",
            what_if: &options.what_if,
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
        Decision::Incomplete(rows) => format!("{} requirements are half answered", rows.len()),
        Decision::NothingScored => "nothing is answered".to_owned(),
    }
}

fn what_if_table(report: &WhatIf<'_>) -> Result<(), Failure> {
    let head = format!(
        "if {}: {} requirements instead of {}; {} come, {} go, {} stay\n\n",
        report.what_if.join(", "),
        report.asked_after,
        report.asked_before,
        report.comes.len(),
        report.goes.len(),
        report.stays
    );
    terminal::out(terminal::plain(&head).as_bytes())?;
    let row = |sign: &str, id: &str, domain: u8, title: &str, because: &[String]| {
        [format!("{sign} {id}"), domain.to_string(), title.to_owned(), because.join(" / ")]
    };
    let comes = report.comes.iter().map(|r| row("+", r.id, r.domain, r.title, &r.because));
    let goes = report.goes.iter().map(|r| row("-", r.id, r.domain, r.title, &r.because));
    if report.comes.len() + report.goes.len() > 0 {
        terminal::table(["requirement", "domain", "title", "because"], comes.chain(goes))?;
        terminal::out(b"\n")?;
    }
    if !report.domains.is_empty() {
        let rows = report.domains.iter().map(|d| {
            [d.domain.to_string(), shown(d.before.0), shown(d.after.0), passes(d.passes_before), passes(d.passes_after)]
        });
        terminal::table(["domain", "before", "after", "stood", "stands"], rows)?;
        terminal::out(b"\n")?;
    }
    let list = |set: &BTreeSet<String>| {
        if set.is_empty() { "none".to_owned() } else { set.iter().cloned().collect::<Vec<_>>().join(", ") }
    };
    let text = format!(
        "required corrective actions that come: {}; that go: {}\n\
         unanswered: {} before, {} after (in no mean)\n\
         decision over what is answered: {}; then: {}\n",
        list(&report.caps_come),
        list(&report.caps_go),
        report.unanswered_before,
        report.unanswered_after,
        report.decision_before,
        report.decision_after,
    );
    terminal::out(terminal::plain(&text).as_bytes())
}

fn passes(passes: Option<bool>) -> String {
    match passes {
        None => "-",
        Some(true) => "passes",
        Some(false) => "below",
    }
    .to_owned()
}
