//! QC-14, QC-15, QC-17 and QC-38: what others contribute.

use std::collections::BTreeMap;

use attesta_assessment::{Coverage, RequirementKey};
use attesta_kernel::Place;
use attesta_scoring::{Exact, Score};

use super::{
    Allowance, Check, Inheritance, SourceSeen, Subject,
    case::days,
    look::{Found, Look, points},
};

pub(super) fn look(look: &mut Look<'_>) {
    match look.case.inheritance {
        Some(inheritance) => {
            beyond_allowance(look, inheritance);
            sources(look, inheritance);
        }
        None => {
            look.cannot(Check::InheritedBeyondAllowance, "what is inherited was not read");
            look.cannot(Check::SourceNotUsable, "what is inherited was not read");
        }
    }
    providers(look);
}

fn beyond_allowance(look: &mut Look<'_>, inheritance: &Inheritance) {
    let check = Check::InheritedBeyondAllowance;
    let mut sums: BTreeMap<&RequirementKey, (Exact, &Place)> = BTreeMap::new();
    for taken in &inheritance.taken {
        let (value, at) = (&taken.value, || Some(taken.place.clone()));
        let subject = Subject::Requirement(value.requirement.clone());
        let sum = sums.entry(&value.requirement).or_insert((Exact::ZERO, &taken.place));
        // A sum that does not fit is certainly more than all.
        sum.0 = sum.0.plus(value.weight.into()).unwrap_or_else(|| Exact::FULL.plus(Exact::FULL).unwrap_or(Exact::FULL));
        match value.allowance {
            Allowance::UpTo(most) if value.weight > most => {
                let says = if most == Score::ZERO {
                    format!("{} % is taken from `{}`; the matrix allows none", value.weight, value.source)
                } else {
                    format!("{} % is taken from `{}`; the matrix allows {most} %", value.weight, value.source)
                };
                look.add(Found::new(check, subject, at(), says));
            }
            Allowance::Unknown => {
                let says = format!(
                    "{} % is taken from `{}`, and no responsibility matrix says how much may be",
                    value.weight, value.source
                );
                look.add(Found::new(check, subject, at(), says));
            }
            Allowance::UpTo(_) | Allowance::Own => {}
        }
    }
    for (requirement, (sum, place)) in sums {
        if sum > Exact::FULL {
            let says = format!("{} % is taken in all; 100 % is everything", points(sum));
            look.add(Found::new(check, Subject::Requirement(requirement.clone()), Some(place.clone()), says));
        }
    }
}

fn sources(look: &mut Look<'_>, inheritance: &Inheritance) {
    let (case, check) = (look.case, Check::SourceNotUsable);
    for taken in inheritance.taken.iter().filter(|t| !inheritance.sources.contains_key(&t.value.source)) {
        let says = format!("{} inherits from it, and it is not known here", taken.value.requirement);
        let subject = Subject::Source(taken.value.source.clone());
        look.add(Found::new(check, subject, Some(taken.place.clone()), says));
    }
    for (id, source) in &inheritance.sources {
        let (subject, place) = (Subject::Source(id.clone()), Some(source.place.clone()));
        match source.value {
            SourceSeen::Certified { until } if until < case.at => {
                let says = format!("its certificate ended on {until}, before {}", case.at);
                look.add(Found::new(check, subject, place, says).fact(format!("until {until}")));
            }
            SourceSeen::Certified { .. } => {}
            SourceSeen::ValidatedOnly { reported } => {
                let window = case.windows.validated_only.as_ref();
                let Some(limit) = look.window(check, window, "the age of reports without a certificate") else {
                    continue;
                };
                let age = days(reported, case.at);
                if age > limit.value.into() {
                    let says = format!(
                        "it is not certified, and its report of {reported} is {age} days old on {}; at most {} [{}]",
                        case.at, limit.value, limit.provenance.confidence
                    );
                    let found = Found::new(check, subject, place, says);
                    look.add(found.fact(format!("reported {reported}")).by(limit));
                }
            }
            SourceSeen::Neither => {
                look.add(Found::new(check, subject, place, "it is neither certified nor validated"));
            }
        }
    }
}

fn providers(look: &mut Look<'_>) {
    let case = look.case;
    let program = &case.dossier.assessment.value.program;
    for (id, provider) in &case.dossier.scope.providers {
        let (subject, place) = (Subject::Provider(id.clone()), Some(provider.place.clone()));
        match provider.value.coverage {
            Some(Coverage::CarvedOut) => {
                let says = format!("`{}` is carved out, which {program} does not allow", provider.value.title);
                look.add(Found::new(Check::CarvedOut, subject, place, says));
            }
            None => {
                let says = format!("nobody says how the part of `{}` is covered", provider.value.title);
                look.add(Found::new(Check::ProviderUncovered, subject, place, says));
            }
            Some(Coverage::Inheritance | Coverage::Report | Coverage::Tested | Coverage::InternalAssessor) => {}
        }
    }
}
