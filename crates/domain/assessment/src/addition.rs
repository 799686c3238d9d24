use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use attesta_catalog::FrameworkId;
use attesta_kernel::Provenance;
use attesta_scoring::{Decision, Exact, Score, Timeline};

use crate::{AdditionId, CsfVersion};

/// Something that is added to an assessment: a compliance factor, AI security, the NIST CSF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addition {
    /// Its id.
    pub id: AdditionId,
    /// What it is, in our own words.
    pub title: String,
    /// What comes of it.
    pub yields: Yields,
    /// The programs that it can be added to.
    pub programs: BTreeSet<Box<str>>,
    /// The first version of the CSF that has it, where that is known.
    pub since: Option<CsfVersion>,
    /// How many requirements the published one has, at most.
    pub published_size: Option<u16>,
    /// When what comes of it is granted.
    pub rule: Option<Timeline<AdditionRule>>,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// What comes of an addition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Yields {
    /// A certification of its own beside the base one.
    Certification,
    /// A report on what is covered; no certification.
    InsightsReport,
    /// More requirements and nothing else.
    Requirements,
}

impl Yields {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Certification, Self::InsightsReport, Self::Requirements];

    /// The word used in content and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Certification => "certification",
            Self::InsightsReport => "insights-report",
            Self::Requirements => "requirements",
        }
    }
}

/// When what comes of an addition is granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdditionRule {
    /// Over what the mean is taken.
    pub over: Over,
    /// The least exact mean.
    pub at_least: Score,
    /// Whether the base assessment must be certified too.
    pub needs_base: bool,
}

/// Over what a mean is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// The requirements that the addition brought.
    Brought,
    /// Each function and each category of a framework, over the requirements that serve its ids.
    EachGroup(FrameworkId),
}

/// Every addition, by id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Additions(pub BTreeMap<AdditionId, Addition>);

/// A requirement's part in an addition.
#[derive(Debug, Clone)]
pub struct AdditionRow<'a> {
    /// Whether the addition brought it.
    pub brought: bool,
    /// The ids of the rule's framework that it serves.
    pub serves: &'a BTreeSet<Box<str>>,
    /// Its exact score.
    pub standing: RowStanding,
}

/// How a requirement stands for a mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowStanding {
    /// It has this score.
    Scored(Exact),
    /// It is not applicable and left out of every mean.
    NotApplicable,
    /// Nobody answered it.
    Unanswered,
}

/// Whether what comes of an addition is granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdditionOutcome {
    /// It is; with the lowest mean that was looked at.
    Granted {
        /// The lowest mean.
        lowest: Exact,
    },
    /// These means are too low: the group (or `all`) and its mean.
    TooLow(Vec<(Box<str>, Exact)>),
    /// The means suffice, but the base assessment is not certified.
    BaseNotCertified,
    /// So many requirements are unanswered, and the answer hangs on them.
    Unanswered(usize),
    /// Nothing that counts was scored for these groups (or `all`).
    NothingScored(Vec<Box<str>>),
}

impl fmt::Display for AdditionOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Granted { lowest } => write!(f, "granted; the lowest mean is {}", lowest.rounded()),
            Self::TooLow(means) => {
                let words: Vec<String> =
                    means.iter().map(|(group, mean)| format!("{group} {}", mean.rounded())).collect();
                write!(f, "not granted; too low: {}", words.join(", "))
            }
            Self::BaseNotCertified => f.write_str("not granted; the base assessment is not certified"),
            Self::Unanswered(count) => write!(f, "open; {count} requirements are unanswered"),
            Self::NothingScored(groups) => write!(f, "open; nothing was scored for {}", groups.join(", ")),
        }
    }
}

/// Decides an addition. `groups` are the functions and categories of the rule's framework; they are not looked at where the
/// mean is over what was brought.
///
/// A mean that is too low decides at once; otherwise what is unanswered, or a group that nothing was scored for, leaves it
/// open: neither is a pass.
pub fn decide_addition(
    rule: &AdditionRule,
    base: &Decision,
    rows: &[AdditionRow<'_>],
    groups: &[Box<str>],
) -> AdditionOutcome {
    let all: Box<str> = "all".into();
    let (names, concerned): (Vec<&Box<str>>, Vec<&AdditionRow<'_>>) = match rule.over {
        Over::Brought => (vec![&all], rows.iter().filter(|r| r.brought).collect()),
        Over::EachGroup(_) => (groups.iter().collect(), rows.iter().filter(|r| !r.serves.is_empty()).collect()),
    };
    let mut means: Vec<(Box<str>, Exact)> = Vec::new();
    let mut empty = Vec::new();
    for name in names {
        let inside = |row: &&&AdditionRow<'_>| match rule.over {
            Over::Brought => true,
            Over::EachGroup(_) => row.serves.iter().any(|id| stands_under(id, name)),
        };
        let scores = concerned.iter().filter(inside).filter_map(|row| match row.standing {
            RowStanding::Scored(score) => Some(score),
            RowStanding::NotApplicable | RowStanding::Unanswered => None,
        });
        match Exact::mean(scores) {
            Some(mean) => means.push((name.clone(), mean)),
            None => empty.push(name.clone()),
        }
    }
    let low: Vec<_> = means.iter().filter(|(_, mean)| *mean < rule.at_least.into()).cloned().collect();
    let unanswered = concerned.iter().filter(|r| r.standing == RowStanding::Unanswered).count();
    let lowest = means.iter().map(|(_, mean)| *mean).min();
    match lowest {
        _ if !low.is_empty() => AdditionOutcome::TooLow(low),
        _ if unanswered > 0 => AdditionOutcome::Unanswered(unanswered),
        Some(_) if empty.is_empty() && rule.needs_base && *base != Decision::Certified => {
            AdditionOutcome::BaseNotCertified
        }
        Some(lowest) if empty.is_empty() => AdditionOutcome::Granted { lowest },
        _ => AdditionOutcome::NothingScored(empty),
    }
}

/// Whether an id such as `PR.PS-04` stands under a group such as `PR` or `PR.PS`.
fn stands_under(id: &str, group: &str) -> bool {
    id.strip_prefix(group).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(text: &str) -> RowStanding {
        RowStanding::Scored(text.parse::<Score>().unwrap().into())
    }

    fn rule(over: Over, at_least: &str, needs_base: bool) -> AdditionRule {
        AdditionRule { over, at_least: at_least.parse().unwrap(), needs_base }
    }

    fn ids(ids: &[&str]) -> BTreeSet<Box<str>> {
        ids.iter().map(|i| (*i).into()).collect()
    }

    #[test]
    fn an_ai_mean_needs_its_threshold_and_the_base() {
        // hitrust-process 11, K: ai1 82.9 fails, 83 passes only if the base passes; ai2 62.
        let none = ids(&[]);
        let told = |rule: &AdditionRule, base: &Decision, standing: &[RowStanding]| {
            let mut rows: Vec<AdditionRow<'_>> =
                standing.iter().map(|s| AdditionRow { brought: true, serves: &none, standing: *s }).collect();
            rows.push(AdditionRow { brought: false, serves: &none, standing: points("0") });
            decide_addition(rule, base, &rows, &[]).to_string()
        };
        let below = Decision::BelowThreshold(vec![3]);
        let ai1 = rule(Over::Brought, "83", true);
        assert_eq!(told(&ai1, &Decision::Certified, &[points("82.9")]), "not granted; too low: all 82.9");
        assert_eq!(told(&ai1, &Decision::Certified, &[points("66"), points("100")]), "granted; the lowest mean is 83");
        assert_eq!(told(&ai1, &below, &[points("83")]), "not granted; the base assessment is not certified");
        let ai2 = rule(Over::Brought, "62", true);
        assert_eq!(told(&ai2, &Decision::Certified, &[points("61.99")]), "not granted; too low: all 61.99");
        assert_eq!(
            told(&ai2, &Decision::Certified, &[points("62"), RowStanding::NotApplicable]),
            "granted; the lowest mean is 62"
        );
        assert_eq!(
            told(&ai2, &Decision::Certified, &[points("62"), RowStanding::Unanswered]),
            "open; 1 requirements are unanswered"
        );
        assert_eq!(
            told(&ai2, &Decision::Certified, &[points("61"), RowStanding::Unanswered]),
            "not granted; too low: all 61"
        );
        assert_eq!(told(&ai2, &Decision::Certified, &[]), "open; nothing was scored for all");
    }

    #[test]
    fn every_function_and_category_must_reach_it() {
        let nist = rule(Over::EachGroup(FrameworkId::NistCsf), "70", false);
        let groups: Vec<Box<str>> = ["PR", "PR.PS", "PR.AA", "RS"].map(Into::into).to_vec();
        let (ps, aa, rs) = (ids(&["PR.PS-04"]), ids(&["PR.AA-01", "PR.PS-01"]), ids(&["RS.MA-01"]));
        let told = |a: &str, b: &str, c: Option<&str>| {
            let mut rows = vec![
                AdditionRow { brought: false, serves: &ps, standing: points(a) },
                AdditionRow { brought: false, serves: &aa, standing: points(b) },
            ];
            rows.extend(c.map(|c| AdditionRow { brought: false, serves: &rs, standing: points(c) }));
            decide_addition(&nist, &Decision::NothingScored, &rows, &groups).to_string()
        };
        assert_eq!(told("100", "70", Some("75")), "granted; the lowest mean is 70");
        assert_eq!(told("100", "69.9", Some("75")), "not granted; too low: PR.AA 69.9");
        assert_eq!(told("60", "70", Some("75")), "not granted; too low: PR 65, PR.PS 65");
        assert_eq!(told("100", "70", None), "open; nothing was scored for RS");
        assert!(!stands_under("PR.PS-04", "PR.P") && stands_under("PR.PS-04", "PR"));
    }
}
