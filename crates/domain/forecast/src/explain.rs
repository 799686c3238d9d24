use std::{collections::BTreeMap, fmt::Write as _};

use attesta_kernel::{Confidence, ControlRef, Provenance};
use attesta_scoring::{Exact, MaturityLevel, Score, Scorecard};

use crate::{Basis, Inputs, Item, Refusal, build::Weak, sums};

/// Something that is short today, and the items of the plan (by their place) that mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// A domain below its threshold.
    Domain {
        /// Its number.
        number: u8,
        /// What people call it.
        name: String,
        /// Today's exact mean.
        now: Option<Exact>,
        /// The exact mean when all is done.
        then: Option<Exact>,
        /// The threshold.
        at_least: Score,
        /// The points that it lacks, upwards to hundredths, so that it never looks nearer than it is.
        lacks: Score,
        /// Over how many requirements the mean is taken.
        counted: usize,
        /// The items on those requirements.
        items: Vec<usize>,
    },
    /// A control reference on which corrective action plans hang that this plan avoids.
    Caps {
        /// The reference.
        reference: ControlRef,
        /// Today's exact mean.
        now: Option<Exact>,
        /// The exact mean when all is done.
        then: Option<Exact>,
        /// The mean below which plans are required.
        limit: Score,
        /// How it is avoided.
        route: Route,
        /// The requirements whose plans are avoided.
        avoided: Vec<Box<str>>,
        /// The items on the reference's requirements.
        items: Vec<usize>,
    },
    /// A requirement without an answer on levels that the program asks for.
    Answer {
        /// Its id.
        requirement: Box<str>,
        /// The levels.
        levels: Vec<MaturityLevel>,
        /// The items on them.
        items: Vec<usize>,
    },
}

/// How required plans of a control reference are avoided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// Its mean reaches the limit.
    MeanReaches,
    /// Nothing on which a plan could hang stays below 100.
    LevelsFull,
}

/// A figure that shapes the plan and was not read in a primary source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsure {
    /// Which figure.
    pub what: String,
    /// Its value.
    pub value: String,
    /// Where it comes from and how sure we are.
    pub provenance: Provenance,
}

impl Need {
    /// The items of the plan that mend it.
    pub fn items(&self) -> &[usize] {
        match self {
            Self::Domain { items, .. } | Self::Caps { items, .. } | Self::Answer { items, .. } => items,
        }
    }

    /// It in one line: what is lacking and which of the plan's `items` to raise.
    pub fn says(&self, items: &[Item]) -> String {
        let mut says = match self {
            Self::Domain { number, name, lacks, counted, .. } => {
                format!("{} needs +{lacks} points over {}", domain(name, *number), count(*counted, "requirement"))
            }
            Self::Caps { reference, now, then, limit, route, avoided, .. } => {
                let mean = |mean: &Option<Exact>| mean.map_or_else(|| "nothing".to_owned(), |mean| below(mean, *limit));
                let (now, then) = (mean(now), mean(then));
                let moves = if now == then { now } else { format!("{now} -> {then}") };
                let how = match route {
                    Route::MeanReaches => format!("its mean {moves} reaches {limit}"),
                    Route::LevelsFull => {
                        format!("its mean {moves} stays below {limit}, but nothing that decides stays below 100")
                    }
                };
                let plans = count(avoided.len(), "required corrective action plan");
                format!("control reference {reference} avoids {plans} ({}): {how}", avoided.join(", "))
            }
            Self::Answer { requirement, levels, .. } => {
                let levels: Vec<&str> = levels.iter().map(|l| l.as_str()).collect();
                format!("{requirement} has no answer on {}", levels.join(", "))
            }
        };
        let raised: Vec<String> =
            self.items().iter().filter_map(|at| items.get(*at)).map(ToString::to_string).collect();
        if raised.is_empty() {
            says.push_str("; what is raised elsewhere is enough");
        } else {
            let _ = write!(says, ": raise {}", raised.join(", "));
        }
        says
    }
}

impl std::fmt::Display for Item {
    /// `1123.01q1System.2 implemented 50 -> 100 (16 h)`, and whether the hours are an assumption.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let from = self.from.map_or_else(|| "not scored".to_owned(), |from| below(from, self.to));
        let assumed = if self.basis == Basis::Assumed { " assumed" } else { "" };
        write!(f, "{} {} {from} -> {} ({} h{assumed})", self.requirement, self.level, self.to, self.work.hours)
    }
}

pub(crate) fn domain_name(inputs: &Inputs<'_>, number: u8) -> String {
    inputs.domain_names.get(&number).map_or_else(|| format!("domain {number}"), |name| format!("{name} ({number})"))
}

/// What is short today.
pub(crate) fn needs(
    inputs: &Inputs<'_>,
    items: &[Item],
    before: &Scorecard,
    after: &Scorecard,
    weak: &[Weak],
) -> Result<Vec<Need>, Refusal> {
    let mut needs = Vec::new();
    let on = |own: &dyn Fn(&Item) -> bool| -> Vec<usize> {
        items.iter().enumerate().filter(|(_, item)| own(item)).map(|(at, _)| at).collect()
    };
    for (requirement, own) in
        inputs.requirements.iter().zip(&before.requirements).filter(|(_, o)| !o.missing.is_empty())
    {
        needs.push(Need::Answer {
            requirement: requirement.id.clone(),
            levels: own.missing.clone(),
            items: on(&|item| item.requirement == requirement.id && own.missing.contains(&item.level)),
        });
    }
    let sums = sums::domains(inputs.rules, inputs.requirements)?;
    for (number, sum) in sums.iter().filter(|(_, sum)| sum.missing > 0) {
        let score = |card: &Scorecard| card.domains.get(number).and_then(|d| d.group.score);
        needs.push(Need::Domain {
            number: *number,
            name: inputs.domain_names.get(number).cloned().unwrap_or_default(),
            now: score(before),
            then: score(after),
            at_least: inputs.rules.domain.value.at_least,
            lacks: sum.lacks(),
            counted: sum.factors.len(),
            items: on(&|item| sum.factors.contains_key(&item.at)),
        });
    }
    let limit = inputs.rules.cap.value.reference_below;
    for weak in weak {
        let score = |card: &Scorecard| card.control_references.get(&weak.reference).and_then(|g| g.score);
        let reaches = score(after).is_some_and(|mean| mean >= limit.into());
        let ids = weak.avoidable.iter().filter_map(|at| inputs.requirements.get(*at)).map(|r| r.id.clone());
        needs.push(Need::Caps {
            reference: weak.reference.clone(),
            now: score(before),
            then: score(after),
            limit,
            route: if reaches { Route::MeanReaches } else { Route::LevelsFull },
            avoided: ids.collect(),
            items: on(&|item| item.control_reference == weak.reference),
        });
    }
    Ok(needs)
}

/// The program's figures behind a plan of which we are not sure.
pub(crate) fn unsure(inputs: &Inputs<'_>) -> Vec<Unsure> {
    let rules = inputs.rules;
    let weights: Vec<String> = rules.weights.value.iter().map(|w| format!("{} {}", w.level, w.share)).collect();
    let gap: Vec<&str> = rules.gap.value.iter().map(|l| l.as_str()).collect();
    let values: BTreeMap<&str, String> = [
        ("weights", weights.join(", ")),
        ("domain", format!("a domain passes at {}", rules.domain.value.at_least)),
        ("gap", gap.join(", ")),
        ("cap", format!("plans are required below {}", rules.cap.value.reference_below)),
    ]
    .into();
    let listed = rules.provenances().into_iter().filter(|(_, p)| p.confidence != Confidence::Verified);
    listed
        .filter_map(|(what, provenance)| {
            let value = values.get(what)?.clone();
            Some(Unsure { what: what.to_owned(), value, provenance: provenance.clone() })
        })
        .collect()
}

fn domain(name: &str, number: u8) -> String {
    if name.is_empty() { format!("domain {number}") } else { format!("{name} ({number})") }
}

/// Rounded, unless rounding would make it look as if it reached the limit.
fn below(score: Exact, limit: Score) -> String {
    let rounded = score.rounded();
    if rounded >= limit && score < limit.into() { format!("{rounded} (exactly {score})") } else { rounded.to_string() }
}

fn count(number: usize, of: &str) -> String {
    format!("{number} {of}{}", if number == 1 { "" } else { "s" })
}
