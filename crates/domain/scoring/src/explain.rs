use std::fmt;

use attesta_kernel::{ControlRef, Provenance};

use crate::{
    Answer, CapScope, Counted, Decision, Exact, GroupScore, MaturityLevel, Requirement, RequirementScore, RollUp,
    Rules, Scorecard, Shortfall,
};

/// A number, and what it follows from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The number and its rule, in one line.
    pub says: String,
    /// What it follows from.
    pub because: Vec<Explanation>,
}

/// What can be explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The certification decision.
    Decision,
    /// A domain's score.
    Domain(u8),
    /// A control reference's score.
    ControlReference(ControlRef),
    /// A requirement's score and shortfall, by its id.
    Requirement(String),
}

impl Explanation {
    fn leaf(says: impl Into<String>) -> Self {
        Self { says: says.into(), because: Vec::new() }
    }
}

impl fmt::Display for Explanation {
    /// One line each, deeper ones further in.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn write(e: &Explanation, depth: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            writeln!(f, "{:indent$}{}", "", e.says, indent = depth * 2)?;
            e.because.iter().try_for_each(|inner| write(inner, depth + 1, f))
        }
        write(self, 0, f)
    }
}

/// Explains a number of a scorecard; `None` where the scorecard has no such thing.
///
/// `requirements` must be those that were scored.
pub fn explain(
    rules: &Rules<'_>,
    requirements: &[Requirement],
    card: &Scorecard,
    subject: &Subject,
) -> Option<Explanation> {
    explain_with(rules, requirements, card, subject, &|_, _| Vec::new())
}

/// The same, with what lies below the answers: `below` tells, of a requirement (by its place among `requirements`) and a
/// level, what the answer follows from.
pub fn explain_with(
    rules: &Rules<'_>,
    requirements: &[Requirement],
    card: &Scorecard,
    subject: &Subject,
    below: &dyn Fn(usize, MaturityLevel) -> Vec<Explanation>,
) -> Option<Explanation> {
    let told = Told { rules, requirements, card, below };
    match subject {
        Subject::Decision => Some(told.decision()),
        Subject::Domain(number) => told.domain(*number),
        Subject::ControlReference(reference) => told.reference(reference),
        Subject::Requirement(id) => {
            let (at, requirement, own) = told.rows().find(|(_, r, _)| *r.id == **id)?;
            Some(told.requirement(at, requirement, own))
        }
    }
}

struct Told<'a> {
    rules: &'a Rules<'a>,
    requirements: &'a [Requirement],
    card: &'a Scorecard,
    below: &'a dyn Fn(usize, MaturityLevel) -> Vec<Explanation>,
}

impl<'a> Told<'a> {
    fn rows(&self) -> impl Iterator<Item = (usize, &'a Requirement, &'a RequirementScore)> + use<'a> {
        self.requirements.iter().zip(&self.card.requirements).enumerate().map(|(at, (r, own))| (at, r, own))
    }

    fn decision(&self) -> Explanation {
        let says = match &self.card.decision {
            Decision::Certified => "certified: every domain in which something counts reaches its threshold".to_owned(),
            Decision::BelowThreshold(below) => {
                format!("not certified: {} below the threshold", count(below.len(), "domain"))
            }
            Decision::Incomplete(rows) => format!("not certified: {} half answered", count(rows.len(), "requirement")),
            Decision::NothingScored => "not certified: nothing counts".to_owned(),
        };
        let rows = match &self.card.decision {
            Decision::Incomplete(rows) => rows.as_slice(),
            _ => &[],
        };
        let half = rows.iter().filter_map(|at| {
            let (requirement, own) = (self.requirements.get(*at)?, self.card.requirements.get(*at)?);
            Some(Explanation::leaf(format!("{} lacks {}", requirement.id, crate::assessment::words(&own.missing))))
        });
        let domains = self.card.domains.keys().filter_map(|number| self.domain(*number));
        let lines = domains.map(|domain| Explanation::leaf(domain.says));
        Explanation { says, because: half.chain(lines).collect() }
    }

    fn domain(&self, number: u8) -> Option<Explanation> {
        let domain = self.card.domains.get(&number)?;
        let rule = self.rules.domain.value;
        let verdict = match (domain.group.score, domain.passes) {
            (None, _) => "stands in nobody's way".to_owned(),
            (Some(_), true) => format!("reaches {}", rule.at_least),
            (Some(_), false) => format!("is below {}", rule.at_least),
        };
        let of = match rule.roll_up {
            RollUp::Flat => "requirement",
            RollUp::Nested => "requirement by way of control references",
        };
        let mut because =
            vec![Explanation::leaf(format!("threshold {} {}", rule.at_least, source(&self.rules.domain.provenance)))];
        for (at, requirement, own) in self.rows().filter(|(_, r, _)| r.domain == number) {
            let mut line = self.requirement(at, requirement, own);
            if own.score.is_some() && rule.counts == Counted::Core && !requirement.core {
                line.says.push_str("; not of the core, left out here");
            }
            because.push(line);
        }
        Some(Explanation { says: format!("domain {number}: {} {verdict}", mean(&domain.group, of)), because })
    }

    fn reference(&self, reference: &ControlRef) -> Option<Explanation> {
        let group = self.card.control_references.get(reference)?;
        let rows = self.rows().filter(|(_, r, _)| r.control_reference == *reference);
        let because = rows.map(|(at, r, own)| self.requirement(at, r, own)).collect();
        Some(Explanation { says: format!("control reference {reference}: {}", mean(group, "requirement")), because })
    }

    fn requirement(&self, at: usize, requirement: &Requirement, own: &RequirementScore) -> Explanation {
        let (Answer::Scored(levels), Some(score)) = (&requirement.answer, own.score) else {
            return Explanation::leaf(format!("{}: not applicable, left out of every mean", requirement.id));
        };
        let band = self.rules.bands.value.of(score);
        let mut because = Vec::new();
        for weight in self.rules.weights.value.iter() {
            because.push(match levels.get(weight.level) {
                Some(answer) => {
                    let part = Exact::weighted(weight.share, answer).map_or_else(String::new, |e| format!(" = {e}"));
                    Explanation {
                        says: format!("{} {answer} x {} %{part}", weight.level, weight.share),
                        because: (self.below)(at, weight.level),
                    }
                }
                None => Explanation::leaf(format!("{} not scored, adds nothing", weight.level)),
            });
        }
        because.push(Explanation::leaf(format!("weights {}", source(&self.rules.weights.provenance))));
        because.push(Explanation::leaf(format!("band {band} {}", source(&self.rules.bands.provenance))));
        because.extend(self.shortfall(requirement, own, |level| levels.get(level)));
        Explanation { says: format!("{}: {}", requirement.id, shown(score)), because }
    }

    fn shortfall(
        &self,
        requirement: &Requirement,
        own: &RequirementScore,
        answer: impl Fn(MaturityLevel) -> Option<Exact>,
    ) -> Option<Explanation> {
        let says = match own.shortfall {
            Shortfall::None => return None,
            Shortfall::Gap => "gap, no plan required",
            Shortfall::RequiredCap => "gap that requires a corrective action plan",
        };
        let rule = self.rules.cap.value;
        let short = |level: &&MaturityLevel| answer(**level).is_some_and(|s| s < Exact::FULL);
        let below: Vec<MaturityLevel> = self.rules.gap.value.iter().filter(short).copied().collect();
        let reference = self.card.control_references.get(&requirement.control_reference).and_then(|g| g.score);
        let weak = reference.is_some_and(|s| s < rule.reference_below.into());
        let concerned = match rule.only {
            CapScope::All => "every requirement is concerned".to_owned(),
            CapScope::Core => format!("of the core: {}", yes(requirement.core)),
            CapScope::RequiredForCertification => {
                format!("required for certification: {}", yes(requirement.required_for_certification))
            }
        };
        let because = [
            format!("below 100: {}", crate::assessment::words(&below)),
            format!("{} below 100: {}", rule.level, yes(below.contains(&rule.level))),
            format!(
                "control reference {} at {} below {}: {}",
                requirement.control_reference,
                reference.map_or_else(|| "nothing".to_owned(), shown),
                rule.reference_below,
                yes(weak)
            ),
            concerned,
            format!("rule {}", source(&self.rules.cap.provenance)),
        ];
        Some(Explanation { says: says.to_owned(), because: because.map(Explanation::leaf).to_vec() })
    }
}

/// The score as shown, and the fraction where showing it rounds.
fn shown(score: Exact) -> String {
    let rounded = score.rounded();
    if score == rounded.into() { rounded.to_string() } else { format!("{rounded} (exactly {score})") }
}

fn mean(group: &GroupScore, of: &str) -> String {
    let left_out = if group.left_out > 0 { format!(", {} left out", group.left_out) } else { String::new() };
    match group.score {
        Some(score) => format!("{}, the mean of {}{left_out},", shown(score), count(group.counted, of)),
        None => format!("no score, as nothing counts{left_out},"),
    }
}

fn count(number: usize, of: &str) -> String {
    let (noun, rest) = of.split_once(' ').map_or((of, String::new()), |(noun, rest)| (noun, format!(" {rest}")));
    format!("{number} {noun}{}{rest}", if number == 1 { "" } else { "s" })
}

fn yes(holds: bool) -> &'static str {
    if holds { "yes" } else { "no" }
}

fn source(provenance: &Provenance) -> String {
    format!("[{}: {}]", provenance.confidence, provenance.source)
}
