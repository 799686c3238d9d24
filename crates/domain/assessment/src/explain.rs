use attesta_kernel::Provenance;
use attesta_scoring::{Exact, Explanation, MaturityLevel, Rubric, Score};

use crate::{
    Dossier, EvidenceUse, Judgement, LevelAnswer, Met, PackRequirement, Part, Strength, WorkedLevel, WorkedPart,
};

/// What a level's score follows from: the assessor, inheritance, parts of the scope, elements, strength, the rubric's cell
/// and evidence.
pub fn explain_level(
    dossier: &Dossier,
    rubric: &Rubric,
    requirement: &PackRequirement,
    level: MaturityLevel,
    worked: &WorkedLevel,
) -> Vec<Explanation> {
    let told = Told { dossier, rubric, requirement, level };
    let mut because = Vec::new();
    if let Some(score) = worked.assessor {
        because.push(told.assessor(score));
    }
    let mut rest = Some(u32::from(Score::FULL.hundredths()));
    for (source, weight, score) in &worked.inherited {
        rest = rest.and_then(|r| r.checked_sub(u32::from(weight.hundredths())));
        let title = dossier.inheritance.sources.get(source).map_or("", |s| s.value.title.as_str());
        let part = Exact::weighted(*weight, *score).map_or_else(String::new, |e| format!(" = {e}"));
        because.push(leaf(format!("inherited from `{source}` ({title}): {score} x {weight} %{part}")));
    }
    let answer = dossier.answers.get(&requirement.id).and_then(|a| a.value.levels.get(&level));
    match (worked.own, answer) {
        (Some(own), Some(answer)) => because.push(told.own(worked, answer, own, rest)),
        _ if worked.assessor.is_none() && rest != Some(0) => {
            because.push(leaf("no own answer, and inheritance does not cover all of it".to_owned()));
        }
        _ => {}
    }
    because
}

struct Told<'a> {
    dossier: &'a Dossier,
    rubric: &'a Rubric,
    requirement: &'a PackRequirement,
    level: MaturityLevel,
}

impl Told<'_> {
    fn assessor(&self, score: Score) -> Explanation {
        let said = self.dossier.validation.get(&self.requirement.id).map(|v| &v.value);
        let by = said.map_or_else(String::new, |v| format!(" by `{}` on {}", v.tester, v.tested_on));
        let comment = said.filter(|v| !v.comment.trim().is_empty()).map(|v| leaf(format!("comment: {}", v.comment)));
        Explanation {
            says: format!("the external assessor scored {score}{by}, which replaces the answer below"),
            because: comment.into_iter().collect(),
        }
    }

    fn own(&self, worked: &WorkedLevel, answer: &LevelAnswer, own: Exact, rest: Option<u32>) -> Explanation {
        let share = match rest {
            Some(rest) if !worked.inherited.is_empty() => {
                let weight = u16::try_from(rest).ok().and_then(Score::from_hundredths).unwrap_or(Score::ZERO);
                format!(" x {weight} %")
            }
            _ => String::new(),
        };
        let of = if worked.parts.len() > 1 {
            format!(", the mean of {} parts of the scope", worked.parts.len())
        } else {
            String::new()
        };
        let mut because: Vec<Explanation> =
            worked.parts.iter().zip(&answer.parts).map(|(worked, part)| self.part(worked, part)).collect();
        if let Some(why) = &answer.weights_because {
            because.push(leaf(format!("weights: {why}")));
        }
        if worked.parts.iter().any(|p| p.rated.is_some()) {
            because.extend(self.figures());
        }
        because.extend(answer.evidence.iter().map(|used| self.evidence(used)));
        if answer.evidence.is_empty() {
            because.push(leaf("no evidence is named".to_owned()));
        }
        if let Some(since) = answer.in_place_since {
            because.push(leaf(format!("in place since {since}")));
        }
        if let Some(tested) = answer.tested_on {
            because.push(leaf(format!("tested on {tested}")));
        }
        Explanation { says: format!("own answer {own}{share}{of}"), because }
    }

    fn part(&self, worked: &WorkedPart, part: &Part) -> Explanation {
        let name = match &part.component {
            Some(component) => format!("component `{component}` (weight {})", worked.weight),
            None => "all of the scope".to_owned(),
        };
        match (&part.judgement, worked.rated) {
            (Judgement::Rated { met, inapplicable, strength }, Some((count, of, tier))) => {
                let tier_name = self.rubric.tier_name(self.level, tier).unwrap_or("");
                let strongest = self.rubric.matrices.get(&self.level).map_or(0, |m| m.value.strongest());
                let mut because = self.elements(met, inapplicable);
                because.push(leaf(self.strength(strength, tier_name, tier, strongest)));
                let says = format!("{name}: {}; {count} of {of} elements met, strength {tier_name}", worked.rating);
                Explanation { says, because }
            }
            (Judgement::Given { because, .. }, _) => {
                leaf(format!("{name}: {} given outright: {because}", worked.rating))
            }
            _ => leaf(format!("{name}: {}", worked.rating)),
        }
    }

    fn elements(&self, met: &Met, inapplicable: &std::collections::BTreeSet<u8>) -> Vec<Explanation> {
        let line = |element: &crate::PackElement| {
            let stands = match met {
                _ if inapplicable.contains(&element.number) => "does not apply",
                Met::All => "met",
                Met::These(these) if these.contains(&element.number) => "met",
                Met::These(_) => "not met",
            };
            leaf(format!("element {} {stands}: {}", element.number, element.text))
        };
        self.requirement.elements.iter().map(line).collect()
    }

    fn strength(&self, strength: &Strength, name: &str, tier: usize, strongest: usize) -> String {
        match strength {
            Strength::Tier(_) => format!("strength {name}: tier {tier} of {strongest}"),
            Strength::Share(share) => format!("strength {share}: {name}, tier {tier} of {strongest}"),
            Strength::Sample(id) => {
                let share =
                    self.dossier.samples.get(id).map_or_else(String::new, |s| format!(", {s} drawn items hold"));
                format!("strength by sample `{id}`{share}: {name}, tier {tier} of {strongest}")
            }
            Strength::Measure(id) => {
                let missing = self.dossier.measures.get(id).map(|m| m.value.missing()).unwrap_or_default();
                let lacks =
                    if missing.is_empty() { String::new() } else { format!("; it lacks {}", missing.join(", ")) };
                format!("measure `{id}`: {name}, tier {tier} of {strongest}{lacks}")
            }
        }
    }

    fn figures(&self) -> Vec<Explanation> {
        let table = self.rubric.matrices.get(&self.level).map(|m| &m.provenance);
        let strengths = self.rubric.strengths.get(&self.level).map(|m| &m.provenance);
        let told = [
            ("rubric's cells", table),
            ("tiers of strength", strengths),
            ("coverage bands", Some(&self.rubric.coverage.provenance)),
        ];
        told.into_iter()
            .filter_map(|(what, from)| {
                let Provenance { source, confidence } = from?;
                Some(leaf(format!("{what} [{confidence}: {source}]")))
            })
            .collect()
    }

    fn evidence(&self, used: &EvidenceUse) -> Explanation {
        let id = &used.evidence;
        let Some(evidence) = self.dossier.evidence.get(id).map(|e| &e.value) else {
            return leaf(format!("evidence `{id}` is not in the register"));
        };
        let mut says = format!("evidence `{id}`: {}", evidence.title);
        if let Some(at) = &used.at {
            says.push_str(&format!(", {at}"));
        }
        for (word, day) in
            [("effective", evidence.effective), ("collected", evidence.collected), ("good until", evidence.valid_until)]
        {
            if let Some(day) = day {
                says.push_str(&format!("; {word} {day}"));
            }
        }
        leaf(says)
    }
}

fn leaf(says: String) -> Explanation {
    Explanation { says, because: Vec::new() }
}
