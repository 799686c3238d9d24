//! `attesta assess`: an assessment as a folder of plain files, from scope to certificate.

pub(crate) mod across;
mod action;
mod advance;
mod advise;
mod calculator;
mod calendar;
pub(crate) mod desk;
mod event;
mod explain;
mod export;
mod gaps;
mod import;
mod import_matrix;
mod inherit;
mod init;
mod licensed;
mod plan;
pub(crate) mod points;
pub(crate) mod propose;
mod quality;
mod recheck;
mod redraw;
mod report;
mod sample;
mod scope;
mod score;
mod tailor;
mod whatif;

use clap::Subcommand;

use crate::{
    args::Common,
    exit::{Exit, Failure},
};

#[derive(Debug, Subcommand)]
pub(crate) enum AssessCommand {
    /// Tell which assessment type fits, from a short profile, and why
    Advise(advise::AdviseOptions),
    /// Begin an assessment: a new folder with commented files that load as they are
    Init(init::InitOptions),
    /// Check the scope: contradictions, and what looks too broad or too narrow
    ///
    /// Exit codes: 0 nothing found; 1 warnings; 3 the scope contradicts itself or cannot be read.
    Scope(scope::ScopeOptions),
    /// Show what is asked and why, or what another answer to a factor would change
    Tailor(tailor::TailorOptions),
    /// Import requirements (and answers) from a licensed export: XLSX or CSV
    ///
    /// Shows first how the file would be read; writing needs --accept or --profile. The words of an import stay in the
    /// assessment's folder.
    Import(import::ImportOptions),
    /// Give an imported pack back as CSV, with its ids as they came
    ExportPack(import::ExportOptions),
    /// Score an assessment: requirements, domains, decision, plans and gaps; or bare answers with --from-json
    ///
    /// With --from-json it is a bare calculator for other tools and spreadsheets: JSON in, JSON out
    /// (docs/reference/scoring.md). Scores are exact decimals; they are worked out from the answers given and are not a
    /// HITRUST score.
    ///
    /// Exit codes: 0 scored, certified or not; 2 usage; 3 the input cannot be scored.
    Score(score::ScoreOptions),
    /// Show how a number came about, down to elements, evidence and inheritance
    Explain(explain::ExplainOptions),
    /// List what falls short, worst first
    ///
    /// Exit codes: 0 nothing falls short; 1 something does; 3 it cannot be scored.
    Gaps(gaps::GapsOptions),
    /// How scores, plans and the decision would move if something were answered otherwise; nothing is written
    Whatif(whatif::WhatifOptions),
    /// The cheapest way to certification, proven, and the earliest day
    Plan(plan::PlanOptions),
    /// Write the assessment for spreadsheets and programs, with a manifest of digests
    Export(export::ExportOptions),
    /// Write a report to print or to send: readiness, gaps, scope, representation letter; as values or as tagged PDF
    ///
    /// Exit codes: 0 written, whatever it says; 2 usage; 3 it cannot be worked out or written.
    Report(report::ReportOptions),
    /// Inherit other assessments' results: requests, shared responsibility, what is still yours
    Inherit(inherit::InheritOptions),
    /// Look for what a reviewer would raise before a hand-off, with overrides and what could not be looked at
    ///
    /// Exit codes: 0 nothing stands in the way; 1 something does; 3 a check could not look, or the folder cannot be read.
    CheckQuality(quality::QualityOptions),
    /// Corrective action plans: list, show, begin those that are missing, progress since the certificate
    Action(action::ActionOptions),
    /// Show where an assessment stands, or move it on: hand-offs, QA tasks, decision; HITRUST's own acts are recorded as told
    ///
    /// COMMAND is what is done; without it, what can be done now is listed. Every gate that is shut is named with its mend.
    ///
    /// Exit codes: 0 moved, or shown; 1 refused, and nothing was changed; 2 usage; 3 it cannot be told; 4 the history was
    /// edited.
    Advance(Box<advance::AdvanceOptions>),
    /// Show every date with its rule and source, forward from what is recorded and back from a target
    ///
    /// Exit codes: 0 shown; 1 the target cannot be met; 3 it cannot be told.
    Calendar(calendar::CalendarOptions),
    /// Draw and test samples: frozen populations, seeded draws, replacements, findings, lead sheets
    ///
    /// Exit codes: 0 done; 1 refused, and nothing was changed; 2 usage; 3 it cannot be told.
    Sample(sample::SampleOptions),
    /// Tell whether an interim or bridge assessment keeps the certificate: scores, plans, changes and events since
    ///
    /// Exit codes: 0 nothing speaks against it; 1 something does; 3 not everything was looked at or told. HITRUST decides.
    Recheck(recheck::RecheckOptions),
    /// Record security events and significant changes, and see what HITRUST must be told when
    Event(event::EventOptions),
    /// Let checks of infrastructure propose Implemented scores, and their history Measured and Managed
    Propose(propose::ProposeOptions),
    /// Accept what automation proposes; only then it counts
    Accept(propose::VerdictOptions),
    /// Reject what automation proposes
    Reject(propose::VerdictOptions),
}

pub(crate) fn run(common: &Common, command: &AssessCommand) -> Result<Exit, Failure> {
    match command {
        AssessCommand::Advise(options) => advise::run(common, options),
        AssessCommand::Init(options) => init::run(common, options),
        AssessCommand::Scope(options) => scope::run(common, options),
        AssessCommand::Tailor(options) => tailor::run(common, options),
        AssessCommand::Import(options) => import::run(common, options),
        AssessCommand::ExportPack(options) => import::export(common, options),
        AssessCommand::Score(options) => score::run(common, options),
        AssessCommand::Explain(options) => explain::run(common, options),
        AssessCommand::Gaps(options) => gaps::run(common, options),
        AssessCommand::Whatif(options) => whatif::run(common, options),
        AssessCommand::Plan(options) => plan::run(common, options),
        AssessCommand::Export(options) => export::run(common, options),
        AssessCommand::Report(options) => report::run(common, options),
        AssessCommand::Inherit(options) => inherit::run(common, options),
        AssessCommand::CheckQuality(options) => quality::run(common, options),
        AssessCommand::Action(options) => action::run(common, options),
        AssessCommand::Advance(options) => advance::run(common, options),
        AssessCommand::Calendar(options) => calendar::run(common, options),
        AssessCommand::Sample(options) => sample::run(common, options),
        AssessCommand::Recheck(options) => recheck::run(common, options),
        AssessCommand::Event(options) => event::run(common, options),
        AssessCommand::Propose(options) => propose::run(common, options),
        AssessCommand::Accept(options) => propose::accept(common, options),
        AssessCommand::Reject(options) => propose::reject(common, options),
    }
}
