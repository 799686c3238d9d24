//! `attesta assess`: an assessment as a folder of plain files, from scope to certificate.

pub(crate) mod across;
mod action;
mod calculator;
pub(crate) mod desk;
mod explain;
mod export;
mod gaps;
mod inherit;
pub(crate) mod points;
mod propose;
mod quality;
pub(crate) mod review;
mod score;
mod whatif;

use clap::Subcommand;

use crate::{
    args::Common,
    exit::{Exit, Failure},
};

#[derive(Debug, Subcommand)]
pub(crate) enum AssessCommand {
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
    /// Write the assessment for spreadsheets and programs, with a manifest of digests
    Export(export::ExportOptions),
    /// Inherit other assessments' results: requests, shared responsibility, what is still yours
    Inherit(inherit::InheritOptions),
    /// Look for what a reviewer would raise before a hand-off, with overrides and what could not be looked at
    ///
    /// Exit codes: 0 nothing stands in the way; 1 something does; 3 a check could not look, or the folder cannot be read.
    CheckQuality(quality::QualityOptions),
    /// Corrective action plans: list, show, begin those that are missing, progress since the certificate
    Action(action::ActionOptions),
    /// Let checks of infrastructure propose Implemented scores, and their history Measured and Managed
    Propose(propose::ProposeOptions),
    /// Accept what automation proposes; only then it counts
    Accept(propose::VerdictOptions),
    /// Reject what automation proposes
    Reject(propose::VerdictOptions),
}

pub(crate) fn run(common: &Common, command: &AssessCommand) -> Result<Exit, Failure> {
    match command {
        AssessCommand::Score(options) => score::run(common, options),
        AssessCommand::Explain(options) => explain::run(common, options),
        AssessCommand::Gaps(options) => gaps::run(common, options),
        AssessCommand::Whatif(options) => whatif::run(common, options),
        AssessCommand::Export(options) => export::run(common, options),
        AssessCommand::Inherit(options) => inherit::run(common, options),
        AssessCommand::CheckQuality(options) => quality::run(common, options),
        AssessCommand::Action(options) => action::run(common, options),
        AssessCommand::Propose(options) => propose::run(common, options),
        AssessCommand::Accept(options) => propose::accept(common, options),
        AssessCommand::Reject(options) => propose::reject(common, options),
    }
}
