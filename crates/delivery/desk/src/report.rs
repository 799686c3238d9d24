//! Documents to print and to send, as plain values: pages and PDF say the same from the same data, in the same words.
#![allow(missing_docs, reason = "fields are the keys of the JSON, which the reference explains")]

mod letter;
#[cfg(feature = "pdf")]
mod pdf;
mod scope;

use std::{collections::BTreeSet, fmt, str::FromStr};

use attesta_assessment::View;
use attesta_kernel::Confidence;
use serde::Serialize;

#[cfg(feature = "pdf")]
pub use self::pdf::pdf;
pub use self::{
    letter::{Letter, letter},
    scope::{Scope, scope},
};
use crate::{
    Desk, Failure, Kind, Scored,
    gaps::{self, Gap},
    points::shown,
    score,
};

/// The documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    Readiness,
    Gaps,
    Scope,
    Letter,
}

impl Document {
    /// Every document.
    pub const ALL: [Self; 4] = [Self::Readiness, Self::Gaps, Self::Scope, Self::Letter];

    /// The word for it in addresses and commands.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Readiness => "readiness",
            Self::Gaps => "gaps",
            Self::Scope => "scope",
            Self::Letter => "letter",
        }
    }

    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Readiness => "Readiness report",
            Self::Gaps => "Gap report",
            Self::Scope => "Scope description",
            Self::Letter => "Management representation letter",
        }
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Document {
    type Err = Failure;

    fn from_str(word: &str) -> Result<Self, Failure> {
        Self::ALL.into_iter().find(|it| it.as_str() == word).ok_or_else(|| {
            Failure::new(Kind::NotFound, format!("there is no report `{word}`"))
                .help("reports: readiness, gaps, scope, letter")
        })
    }
}

/// The state of the records that a document tells of.
#[derive(Debug, Clone, Serialize)]
pub struct Checkpoint {
    pub size: String,
    pub root: String,
}

impl Checkpoint {
    /// Reads the text of a checkpoint (C2SP tlog-checkpoint): origin, size and root stand in its first three lines.
    pub fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines().skip(1);
        let size: u64 = lines.next()?.parse().ok()?;
        let root = lines.next().filter(|root| root.len() >= 8)?;
        Some(Self { size: size.to_string(), root: root.to_owned() })
    }

    /// What a foot has room for.
    pub fn short(&self) -> String {
        let first: String = self.root.chars().take(8).collect();
        format!("{} leaves, root {first}", self.size)
    }
}

/// What stands on every document.
#[derive(Debug, Clone, Serialize)]
pub struct About {
    pub organisation: String,
    /// The assessment's id, as the server or the folder knows it.
    pub id: String,
    pub assessment: String,
    /// Type, purpose and version.
    pub what: String,
    pub day: String,
    /// When it was made; empty for not told.
    pub made: String,
    /// None for a folder whose ledger nobody named.
    pub checkpoint: Option<Checkpoint>,
    /// The checkpoint as the foot says it.
    pub rests: String,
}

impl About {
    /// What the desk knows, with what it does not.
    pub fn of(desk: &Desk, organisation: &str, id: &str, made: String, checkpoint: Option<Checkpoint>) -> Self {
        let header = &desk.dossier.assessment.value;
        let rests = checkpoint.as_ref().map_or_else(
            || "no ledger checkpoint was given".to_owned(),
            |it| format!("ledger checkpoint of {}", it.short()),
        );
        Self {
            organisation: organisation.to_owned(),
            id: id.to_owned(),
            assessment: header.title.clone(),
            what: format!("{} {}, {}", header.program, header.purpose, header.csf),
            day: desk.at.to_string(),
            made,
            checkpoint,
            rests,
        }
    }
}

/// A document with all that it says.
#[derive(Debug, Serialize)]
pub struct Paper {
    pub schema: &'static str,
    pub document: &'static str,
    pub title: &'static str,
    pub about: About,
    pub body: Body,
}

/// What a document says.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Body {
    Readiness(Readiness),
    Gaps(Gaps),
    Scope(Scope),
    Letter(Letter),
}

impl Paper {
    /// The document of the entity's own view.
    ///
    /// # Errors
    ///
    /// What keeps the answers from being worked out.
    pub fn of(desk: &Desk, document: Document, about: About) -> Result<Self, Failure> {
        let body = match document {
            Document::Readiness => Body::Readiness(readiness(desk, &desk.scored(View::Entity)?)),
            Document::Gaps => Body::Gaps(Gaps::of(desk, &desk.scored(View::Entity)?)),
            Document::Scope => Body::Scope(scope(desk)),
            Document::Letter => Body::Letter(letter(desk, &about)),
        };
        Ok(Self { schema: "attesta.report/1", document: document.as_str(), title: document.title(), about, body })
    }
}

/// How many of how many.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Of {
    pub count: usize,
    pub of: usize,
}

/// How far the assessment is.
#[derive(Debug, Serialize)]
pub struct Readiness {
    /// The verdict as a sentence.
    pub sentence: String,
    pub answered: Of,
    pub domains_ready: Of,
    /// Requirements that need a corrective action plan, and those that fall short without.
    pub plans: usize,
    pub others: usize,
    pub threshold: Threshold,
    pub domains: Vec<DomainLine>,
    /// Requirements that need a plan.
    pub caps: Vec<CapLine>,
    /// What the result means, in sentences.
    pub says: Vec<String>,
    /// Whose word it is.
    pub basis: &'static str,
    /// Figures in use that nobody confirmed.
    pub unconfirmed: Vec<String>,
}

/// What a domain must reach.
#[derive(Debug, Clone, Serialize)]
pub struct Threshold {
    pub hundredths: u32,
    pub shown: String,
    /// Whether nobody confirmed it.
    pub unconfirmed: bool,
}

/// How a domain stands against the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    Reached,
    Below,
    /// Something is not answered, and what is does not reach it.
    NotKnown,
    /// Nothing is answered.
    NotAnswered,
}

#[derive(Debug, Serialize)]
pub struct DomainLine {
    pub number: u8,
    pub title: String,
    pub hundredths: Option<u32>,
    pub score: String,
    pub reach: Reach,
    pub unanswered: usize,
}

#[derive(Debug, Serialize)]
pub struct CapLine {
    pub requirement: String,
    pub title: String,
    pub domain: u8,
    pub score: String,
}

/// What every number of a document rests on, besides figures.
const BASIS: &str = "The entity's own answers, worked out anew for this document; no assessor has confirmed them. It is no \
                     certification and no promise of one.";

/// How far the assessment is.
pub fn readiness(desk: &Desk, scored: &Scored<'_>) -> Readiness {
    let report = score::Report::of(desk, scored);
    let rule = scored.rules.domain;
    let asked = scored.tailored.requirements.len();
    let domains: Vec<DomainLine> = report.domains.iter().map(domain).collect();
    let every = gaps::gaps(desk, scored);
    let plans = every.iter().filter(|g| g.required_cap).count();
    let mut it = Readiness {
        sentence: sentence(&report.verdict),
        answered: Of { count: asked.saturating_sub(report.unanswered.len()), of: asked },
        domains_ready: Of { count: report.domains.iter().filter(|d| d.passes).count(), of: domains.len() },
        plans,
        others: every.len().saturating_sub(plans),
        threshold: Threshold {
            hundredths: u32::from(rule.value.at_least.hundredths()),
            shown: rule.value.at_least.to_string(),
            unconfirmed: rule.provenance.confidence == Confidence::Unverified,
        },
        domains,
        caps: every.into_iter().filter(|g| g.required_cap).map(cap).collect(),
        says: Vec::new(),
        basis: BASIS,
        unconfirmed: unconfirmed(&report),
    };
    it.says = says(&it);
    it
}

fn domain(line: &score::DomainRow<'_>) -> DomainLine {
    let reach = match (line.score.0, line.passes) {
        (None, _) => Reach::NotAnswered,
        (_, true) => Reach::Reached,
        _ if line.unanswered > 0 => Reach::NotKnown,
        _ => Reach::Below,
    };
    DomainLine {
        number: line.domain,
        title: line.title.to_owned(),
        hundredths: line.score.0.map(|s| u32::from(s.rounded().hundredths())),
        score: shown(line.score.0),
        reach,
        unanswered: line.unanswered,
    }
}

fn cap(gap: Gap) -> CapLine {
    CapLine { requirement: gap.requirement, title: gap.title, domain: gap.domain, score: shown(gap.score.0) }
}

fn says(it: &Readiness) -> Vec<String> {
    let unsure = if it.threshold.unconfirmed { ", which nobody confirmed" } else { "" };
    vec![
        format!(
            "{} of {} requirements are answered. What is not answered counts as nothing, neither met nor missing.",
            it.answered.count, it.answered.of
        ),
        format!(
            "{} of {} domains reach the threshold of {}{unsure}.",
            it.domains_ready.count, it.domains_ready.of, it.threshold.shown
        ),
        format!("{}; {} more fall short.", planned(it.plans), it.others),
    ]
}

fn planned(count: usize) -> String {
    let words = if count == 1 { "requirement needs" } else { "requirements need" };
    format!("{count} {words} a corrective action plan")
}

/// Figures in use that nobody confirmed, each once.
fn unconfirmed(report: &score::Report<'_>) -> Vec<String> {
    let figures: BTreeSet<String> = report.unverified.iter().map(|u| format!("{} ({})", u.figure, u.source)).collect();
    figures.into_iter().collect()
}

/// A verdict as a sentence.
pub fn sentence(verdict: &str) -> String {
    let mut letters = verdict.chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// Every requirement that falls short.
#[derive(Debug, Serialize)]
pub struct Gaps {
    pub sentence: String,
    pub says: Vec<String>,
    /// Those that need a plan, and the others, each most urgent first.
    pub plans: Vec<GapLine>,
    pub others: Vec<GapLine>,
    /// Requirements without an answer.
    pub unanswered: Vec<String>,
    pub basis: &'static str,
    pub unconfirmed: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct GapLine {
    pub requirement: String,
    pub title: String,
    pub domain: u8,
    pub domain_passes: bool,
    pub score: String,
    /// Levels below 100, with their scores.
    pub below: Vec<String>,
    /// What is unmet, by elements; empty where it was not judged by them.
    pub unmet: Vec<String>,
}

impl Gaps {
    /// The gaps of one view.
    pub fn of(desk: &Desk, scored: &Scored<'_>) -> Self {
        let report = score::Report::of(desk, scored);
        let (plans, others): (Vec<Gap>, Vec<Gap>) =
            gaps::gaps(desk, scored).into_iter().partition(|gap| gap.required_cap);
        let unanswered: Vec<String> = report.unanswered.iter().map(|id| (*id).to_owned()).collect();
        let open = unanswered.len();
        let words = if open == 1 { "requirement is" } else { "requirements are" };
        let says = (open > 0)
            .then(|| format!("{open} {words} not answered: neither a gap nor a pass, and not among them."))
            .into_iter()
            .collect();
        Self {
            sentence: format!("{}; {} more fall short.", planned(plans.len()), others.len()),
            says,
            plans: plans.into_iter().map(line).collect(),
            others: others.into_iter().map(line).collect(),
            unanswered,
            basis: BASIS,
            unconfirmed: unconfirmed(&report),
        }
    }
}

fn line(gap: Gap) -> GapLine {
    GapLine {
        requirement: gap.requirement,
        title: gap.title,
        domain: gap.domain,
        domain_passes: gap.domain_passes,
        score: shown(gap.score.0),
        below: gap.below.iter().map(|b| format!("{} {}", b.level, shown(b.score.0))).collect(),
        unmet: gap.unmet.into_iter().map(|u| format!("{}: {}", u.element, u.text)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_read_or_not_there() {
        let read = Checkpoint::read("host/org\n42\nqBvzWJ1sYk3N0d=\n\n— host sig\n").unwrap();
        assert_eq!(read.short(), "42 leaves, root qBvzWJ1s");
        for broken in ["", "host\n", "host\nmany\nqBvzWJ1sYk\n", "host\n42\n", "host\n42\nshort\n"] {
            assert!(Checkpoint::read(broken).is_none(), "{broken:?}");
        }
    }

    #[test]
    fn a_document_is_one_of_four() {
        for document in Document::ALL {
            assert_eq!(document.as_str().parse::<Document>().unwrap(), document);
        }
        assert_eq!("readyness".parse::<Document>().unwrap_err().kind, Kind::NotFound);
    }
}
