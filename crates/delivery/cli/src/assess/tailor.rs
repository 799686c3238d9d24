//! `attesta assess tailor DIR`: what an assessment asks and why, and what another answer to a factor would change.

use std::{collections::BTreeSet, path::PathBuf};

use attesta_assessment::FactorAnswers;
use attesta_desk::tailor::{Report, WhatIf, what_if};
use clap::Args;

use crate::{
    args::{Common, ListFormat},
    assess::{
        desk::{self},
        points::shown,
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
        attesta_desk::whatif::set_factor(&mut dossier, text)?;
    }
    let factors: FactorAnswers = dossier.factors;
    let after = desk.tailored_with(&factors)?;
    let report = what_if(&desk, &options.what_if, &before, &after)?;
    match options.format {
        ListFormat::Json => terminal::json_of(&report)?,
        ListFormat::Table => what_if_table(&report)?,
    }
    Ok(Exit::Met)
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
