//! One document for each requirement's answer and for each of the assessor's results, as a store keeps them, so that two
//! people who answer two requirements never meet. Reading a document again gives the same answer.

use std::{collections::BTreeMap, fmt::Write as _};

use attesta_assessment::{
    Answered, EvidenceUse, Judgement, LevelAnswer, Met, Part, RequirementKey, Strength, Validated,
};
use attesta_catalog::{Fault, Placed};
use attesta_content::File;

use crate::{
    answers::{SCHEMA as ANSWERS_SCHEMA, read as read_answers},
    folder::{Change, Folder, Over},
    memo::Memo,
    text,
    validation::{SCHEMA as RESULTS_SCHEMA, read as read_results},
};

/// Where answers stand in an assessment's folder.
pub const ANSWERS: &str = "answers";
/// Where the assessor's results stand.
pub const VALIDATION: &str = "validation";
/// Names of files are no longer than most systems allow.
const LONGEST_NAME: usize = 200;

/// What the entity answered, by requirement, with places.
///
/// # Errors
///
/// Every fault of the files below `answers/`.
pub fn answers(folder: &Folder) -> Result<BTreeMap<RequirementKey, Placed<Answered>>, Vec<Fault>> {
    whole(&folder.files(ANSWERS)?, folder.memo(), read_answers)
}

/// What the assessor found, by requirement, with places.
///
/// # Errors
///
/// Every fault of the files below `validation/`.
pub fn results(folder: &Folder) -> Result<BTreeMap<RequirementKey, Placed<Validated>>, Vec<Fault>> {
    whole(&folder.files(VALIDATION)?, folder.memo(), read_results)
}

/// The answers of one document.
///
/// # Errors
///
/// Every fault.
pub fn answers_of(document: File) -> Result<BTreeMap<RequirementKey, Placed<Answered>>, Vec<Fault>> {
    whole(&[document], &Memo::default(), read_answers)
}

/// The assessor's results of one document.
///
/// # Errors
///
/// Every fault.
pub fn results_of(document: File) -> Result<BTreeMap<RequirementKey, Placed<Validated>>, Vec<Fault>> {
    whole(&[document], &Memo::default(), read_results)
}

fn whole<T>(files: &[File], memo: &Memo, read: impl Fn(&[File], &Memo, &mut Vec<Fault>) -> T) -> Result<T, Vec<Fault>> {
    let mut faults = Vec::new();
    let found = read(files, memo, &mut faults);
    faults.sort();
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

/// The document of a requirement's answer, or of its result: `below` is [`ANSWERS`] or [`VALIDATION`].
///
/// Letters, digits, dashes and dots stay as they are; all else is written as `%` and two hexadecimal digits of each byte. A
/// long id ends in its digest instead.
pub fn document_place(below: &str, key: &RequirementKey) -> String {
    let mut name = String::new();
    for byte in key.as_str().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
            b'.' if !name.is_empty() => name.push('.'),
            _ => {
                let _ = write!(name, "%{byte:02x}");
            }
        }
    }
    if name.len() > LONGEST_NAME {
        let short: String = name.chars().take(LONGEST_NAME / 2).collect();
        name = format!("{short}-{}", attesta_kernel::Digest::of(key.as_str().as_bytes()));
    }
    format!("{below}/{name}.yaml")
}

/// The document of one answer.
pub fn answer_change(answered: &Answered, over: Over) -> Change {
    let mut out = format!("schema: {}\nanswers:\n  - requirement: {}\n", ANSWERS_SCHEMA, key(&answered.requirement));
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(out, "    {name}: {value}");
    };
    if let Some(owner) = &answered.owner {
        line("owner", &text(owner.as_str()));
    }
    if let Some(why) = &answered.not_applicable {
        line("not_applicable", &text(why));
    }
    for (level, answer) in &answered.levels {
        line(level.as_str(), &level_text(answer));
    }
    if !answered.comment.is_empty() {
        line("comment", &text(&answered.comment));
    }
    if let Some(why) = &answered.not_sampled {
        line("not_sampled", &text(why));
    }
    Change { inside: document_place(ANSWERS, &answered.requirement), text: out, over }
}

/// The document of one result of the assessor.
pub fn result_change(validated: &Validated, over: Over) -> Change {
    let mut out = format!("schema: {}\nresults:\n  - requirement: {}\n", RESULTS_SCHEMA, key(&validated.requirement));
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(out, "    {name}: {value}");
    };
    line("tester", &text(validated.tester.as_str()));
    line("tested", &validated.tested_on.to_string());
    for (level, score) in &validated.levels {
        line(level.as_str(), &score.to_string());
    }
    if let Some(agrees) = validated.not_applicable {
        line("not_applicable", if agrees { "true" } else { "false" });
    }
    if !validated.comment.is_empty() {
        line("comment", &text(&validated.comment));
    }
    if validated.complete {
        line("complete", "true");
    }
    Change { inside: document_place(VALIDATION, &validated.requirement), text: out, over }
}

fn key(key: &RequirementKey) -> String {
    text(key.as_str())
}

fn level_text(answer: &LevelAnswer) -> String {
    let mut fields = Vec::new();
    match answer.parts.as_slice() {
        [Part { component: None, weight: 1, judgement }] => judge(&mut fields, judgement),
        parts => {
            let parts: Vec<String> = parts.iter().map(part_text).collect();
            fields.push(format!("parts: [{}]", parts.join(", ")));
        }
    }
    if let Some(why) = &answer.weights_because {
        fields.push(format!("weights_because: {}", text(why)));
    }
    if !answer.evidence.is_empty() {
        let uses: Vec<String> = answer.evidence.iter().map(use_text).collect();
        fields.push(format!("evidence: [{}]", uses.join(", ")));
    }
    for (name, day) in [("since", answer.in_place_since), ("tested", answer.tested_on)] {
        fields.extend(day.map(|day| format!("{name}: {day}")));
    }
    fields.extend(answer.sample.as_ref().map(|sample| format!("sample: {}", text(sample.as_str()))));
    format!("{{{}}}", fields.join(", "))
}

fn part_text(part: &Part) -> String {
    let mut fields: Vec<String> =
        part.component.iter().map(|component| format!("component: {}", text(component.as_str()))).collect();
    if part.weight != 1 {
        fields.push(format!("weight: {}", part.weight));
    }
    judge(&mut fields, &part.judgement);
    format!("{{{}}}", fields.join(", "))
}

fn judge(fields: &mut Vec<String>, judgement: &Judgement) {
    let (met, inapplicable, strength) = match judgement {
        Judgement::Given { score, because } => {
            fields.push(format!("score: {score}, because: {}", text(because)));
            return;
        }
        Judgement::Rated { met, inapplicable, strength } => (met, inapplicable, strength),
    };
    fields.push(match met {
        Met::All => "met: all".to_owned(),
        Met::These(these) => format!("met: {}", numbers(these)),
    });
    if !inapplicable.is_empty() {
        fields.push(format!("inapplicable: {}", numbers(inapplicable)));
    }
    fields.push(match strength {
        Strength::Tier(tier) => format!("strength: {}", text(tier)),
        Strength::Share(share) => format!("strength: {} of {}", share.part, share.whole),
        Strength::Measure(measure) => format!("measure: {}", text(measure.as_str())),
        Strength::Sample(_) => "strength: sample".to_owned(),
    });
}

fn use_text(used: &EvidenceUse) -> String {
    let id = text(used.evidence.as_str());
    if used.at.is_none() && used.elements.is_empty() {
        return id;
    }
    let at = used.at.as_ref().map_or_else(String::new, |at| format!(", at: {}", text(at)));
    let elements =
        if used.elements.is_empty() { String::new() } else { format!(", elements: {}", numbers(&used.elements)) };
    format!("{{id: {id}{at}{elements}}}")
}

fn numbers(of: &std::collections::BTreeSet<u8>) -> String {
    let numbers: Vec<String> = of.iter().map(ToString::to_string).collect();
    format!("[{}]", numbers.join(", "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn doc(change: &Change) -> File {
        File { path: change.inside.clone(), inside: change.inside.clone(), text: change.text.clone().into() }
    }

    #[test]
    fn places_are_names_of_files_and_differ_where_ids_do() {
        let place = |id: &str| document_place(ANSWERS, &id.parse().unwrap());
        assert_eq!(place("1123.01q1System.2"), "answers/1123.01q1System.2.yaml");
        assert_eq!(place("../a/b"), "answers/%2e.%2fa%2fb.yaml");
        assert_eq!(place("ü 1"), "answers/%c3%bc%201.yaml");
        assert!(place(&"ü".repeat(200)).len() < 255);
        assert_ne!(place(&"ü".repeat(200)), place(&"ü".repeat(201)));
    }

    fn words() -> impl Strategy<Value = String> {
        "[a-z\\n\\t\u{85}\u{2028}\u{7f}\"\\\\ #:'&*!|>%@`{}\\[\\],-]{0,8}x"
    }

    fn judgement() -> impl Strategy<Value = Judgement> {
        let numbers = || prop::collection::btree_set(1..9u8, 0..4);
        let met = prop_oneof![Just(Met::All), numbers().prop_map(Met::These)];
        let strength = prop_oneof![
            "[a-z-]{1,9}".prop_filter("a word of its own", |w| w != "sample").prop_map(|w| Strength::Tier(w.into())),
            (0..9u32).prop_map(|part| Strength::Share(attesta_kernel::Share::new(part, 9))),
            Just(Strength::Measure("m-1".parse().unwrap())),
            Just(Strength::Sample("s-1".parse().unwrap())),
        ];
        prop_oneof![
            (0..=10_000u16, words()).prop_map(|(points, because)| Judgement::Given {
                score: attesta_scoring::Score::from_hundredths(points).unwrap(),
                because
            }),
            (met, numbers(), strength).prop_map(|(met, inapplicable, strength)| Judgement::Rated {
                met,
                inapplicable,
                strength
            }),
        ]
    }

    prop_compose! {
        fn level()(
            judgements in prop::collection::vec((judgement(), 1..5u32), 1..3), parts in any::<bool>(),
            why in prop::option::of(words()), at in prop::option::of(words()),
            elements in prop::collection::btree_set(1..9u8, 0..3), days in any::<(bool, bool)>(),
        ) -> LevelAnswer {
            let day = |given: bool| given.then(|| "2026-02-28".parse().unwrap());
            let parts = if parts || judgements.len() > 1 {
                let part = |(judgement, weight)| Part { component: "c-1".parse().ok(), weight, judgement };
                judgements.into_iter().map(part).collect()
            } else {
                judgements.into_iter().map(|(judgement, _)| Part { component: None, weight: 1, judgement }).collect()
            };
            LevelAnswer {
                parts,
                weights_because: why,
                evidence: vec![
                    EvidenceUse { evidence: "e-1".parse().unwrap(), at, elements },
                    EvidenceUse { evidence: "e-2".parse().unwrap(), at: None, elements: Default::default() },
                ],
                in_place_since: day(days.0),
                tested_on: day(days.1),
                sample: "s-1".parse().ok(),
            }
        }
    }

    proptest! {
        #[test]
        fn an_answer_is_read_as_it_was_written(
            id in "\\PC{1,40}", owner in any::<bool>(), comment in prop_oneof![Just(String::new()), words()],
            why in prop::option::of(words()),
            levels in prop::collection::btree_map(prop::sample::select(&attesta_scoring::MaturityLevel::ALL[..]), level(), 0..4),
        ) {
            let Ok(requirement) = id.parse::<RequirementKey>() else { return Ok(()) };
            let answered = Answered {
                requirement: requirement.clone(),
                owner: owner.then(|| "otis".parse().unwrap()),
                not_applicable: levels.is_empty().then(|| why.clone()).flatten(),
                levels,
                comment,
                not_sampled: why,
            };
            let read = answers_of(doc(&answer_change(&answered, Over::Nothing)));
            prop_assert_eq!(read.map(|r| r.into_values().map(|p| p.value).collect::<Vec<_>>()), Ok(vec![answered]));
        }

        #[test]
        fn a_result_is_read_as_it_was_written(
            levels in prop::collection::btree_map(prop::sample::select(&attesta_scoring::MaturityLevel::ALL[..]), 0..=10_000u16, 0..4),
            applies in prop::option::of(any::<bool>()), comment in words(), complete in any::<bool>(),
        ) {
            let validated = Validated {
                requirement: "A-1".parse().unwrap(),
                tester: "sofia".parse().unwrap(),
                tested_on: "2026-10-06".parse().unwrap(),
                not_applicable: applies.filter(|applies| !applies || levels.is_empty()),
                levels: levels.into_iter().map(|(l, p)| (l, attesta_scoring::Score::from_hundredths(p).unwrap())).collect(),
                comment,
                complete,
            };
            let read = results_of(doc(&result_change(&validated, Over::Nothing)));
            prop_assert_eq!(read.map(|r| r.into_values().map(|p| p.value).collect::<Vec<_>>()), Ok(vec![validated]));
        }
    }
}
