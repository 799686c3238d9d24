//! Unknowns, gathered by why they cannot be told: a plan, a secret, an input that was not given.

use std::collections::BTreeMap;

use attesta_app::check::CheckReport;
use attesta_evaluation::{Outcome, PolicyIndex, Reason, Status};

/// Why outcomes are unknown, and which.
pub(super) struct Cause {
    /// The cause, as a phrase.
    pub(super) text: String,
    /// What would answer it.
    pub(super) help: &'static str,
    /// How many outcomes.
    pub(super) count: usize,
    /// Outcomes per policy, with the index of the first one.
    pub(super) policies: BTreeMap<PolicyIndex, (usize, usize)>,
}

/// Causes, the most frequent first.
pub(super) fn causes(report: &CheckReport<'_>) -> Vec<Cause> {
    let mut causes: BTreeMap<(String, &'static str), Cause> = BTreeMap::new();
    for (index, outcome) in report.outcomes.iter().enumerate() {
        let Some((text, help)) = cause(report, outcome) else { continue };
        let key = (text.to_owned(), help);
        let cause = causes.entry(key).or_insert_with(|| Cause {
            text: text.to_owned(),
            help,
            count: 0,
            policies: BTreeMap::new(),
        });
        cause.count = cause.count.saturating_add(1);
        let (count, _) = cause.policies.entry(outcome.policy).or_insert((0, index));
        *count = count.saturating_add(1);
    }
    let mut causes: Vec<Cause> = causes.into_values().collect();
    causes.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.text.cmp(&b.text)));
    causes
}

fn cause<'o>(report: &CheckReport<'_>, outcome: &'o Outcome) -> Option<(&'o str, &'static str)> {
    match outcome.status {
        Status::Unknown => Some(report.main_reason(outcome).map_or((NO_REASON, ASK), classify)),
        Status::Errored => Some(("the policy could not be run", "mend the policy; until then it proves nothing")),
        Status::Pass | Status::Fail | Status::NotApplicable => None,
    }
}

const NO_REASON: &str = "no reason was given";
const ASK: &str = "ask the policy's author for a reason";

/// The cause of one reason. The words are those of [`attesta_resource::Unknown`] and of the evaluation's reasons; a
/// test holds them together.
fn classify(reason: &Reason) -> (&str, &'static str) {
    let found = reason.found.as_str();
    let unknown = found.strip_prefix("unknown: ").unwrap_or_default();
    if unknown.starts_with("known only after apply") {
        ("decided only when the plan is applied", "check the state after applying, beside or instead of the plan")
    } else if unknown == "hidden as a secret" {
        ("hidden as a secret", "show the setting by other evidence; secrets stay hidden")
    } else if unknown.starts_with("cannot be resolved here") {
        (
            "an expression, parameter or import that cannot be resolved here",
            "give values for parameters, or check what was deployed",
        )
    } else if let Some(why) = unknown.strip_prefix("not collected: ") {
        (why, "let the collector read it, and run again")
    } else if found.starts_with("no ") && found.ends_with(" in these inputs") {
        ("nothing of the kind in these inputs; it may exist elsewhere", "add the code or state that declares it")
    } else if reason.wanted.ends_with(" of these inputs") {
        ("refers to a resource outside these inputs", "add the code or state that declares it")
    } else {
        ("a value that could not be read as what it should be", "compare the value with the attribute's meaning")
    }
}

#[cfg(test)]
mod tests {
    use attesta_resource::{Unknown, Value};

    use super::*;

    #[test]
    fn causes_follow_the_words_of_the_model() {
        let check = |unknown: Unknown, expected: &str| {
            let reason = Reason {
                attribute: "a".to_owned(),
                found: Value::Unknown(unknown).to_string(),
                wanted: "true".to_owned(),
                origin: None,
            };
            assert_eq!(classify(&reason).0, expected);
        };
        check(Unknown::AfterApply { from: "".into() }, "decided only when the plan is applied");
        check(Unknown::AfterApply { from: "aws_kms_key.k".into() }, "decided only when the plan is applied");
        check(Unknown::Hidden, "hidden as a secret");
        check(
            Unknown::Unresolved { what: "!ImportValue k".into() },
            "an expression, parameter or import that cannot be resolved here",
        );
        check(Unknown::NotCollected { why: "access denied".into() }, "access denied");
    }
}
