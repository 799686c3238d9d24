//! What of a principal's rights was used: granted patterns of actions beside acts that were recorded.

use std::collections::BTreeMap;

use crate::{Effect, Pattern, Statement};

/// Acts that a trail records only where its data events are asked for (CloudTrail user guide, "Data events"), with the
/// word by which selectors name them. Services have more of them over time; the document says so.
pub(crate) const DATA_EVENTS: [(&str, &str); 14] = [
    ("s3:getobject*", "AWS::S3::Object"),
    ("s3:putobject*", "AWS::S3::Object"),
    ("s3:deleteobject*", "AWS::S3::Object"),
    ("s3:restoreobject", "AWS::S3::Object"),
    ("s3:listbucket", "AWS::S3::Object"),
    ("lambda:invoke*", "AWS::Lambda::Function"),
    ("dynamodb:*item*", "AWS::DynamoDB::Table"),
    ("dynamodb:query", "AWS::DynamoDB::Table"),
    ("dynamodb:scan", "AWS::DynamoDB::Table"),
    ("sns:publish*", "AWS::SNS::Topic"),
    ("sqs:*message*", "AWS::SQS::Queue"),
    ("kinesis:putrecord*", "AWS::Kinesis::Stream"),
    ("kinesis:getrecords", "AWS::Kinesis::Stream"),
    ("kinesis:subscribetoshard", "AWS::Kinesis::Stream"),
];

/// Permissions that no event of their own records.
const SILENT: [&str; 2] = ["iam:passrole", "cloudwatch:putmetricdata"];

/// Whether a right was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Some act used it.
    Used,
    /// Every act that would have used it was recorded and is at hand, and none did.
    Unused,
    /// No act was seen that used it, and some may not have been recorded or are not at hand.
    NotSeen,
}

impl Verdict {
    /// The word used in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::Unused => "unused",
            Self::NotSeen => "not_seen",
        }
    }
}

/// One granted pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    /// The pattern of actions; with `not:` before it where all others are granted.
    pub grants: Box<str>,
    /// The policy that grants it.
    pub policy: Box<str>,
    /// Actions that were used of it, with how often.
    pub by: BTreeMap<Box<str>, u64>,
    /// The verdict.
    pub verdict: Verdict,
    /// Why no more can be said.
    pub because: Option<&'static str>,
}

/// Each pattern that these statements allow, beside the actions that were used, and the used ones that none of them
/// allows. `whole` says whether everything that was recorded is at hand; `recorded` whether a data event is recorded.
pub fn usage<'a>(
    statements: &[Statement],
    used: &'a BTreeMap<Box<str>, u64>,
    whole: bool,
    recorded: impl Fn(&str) -> bool,
) -> (Vec<Used>, Vec<(&'a str, u64)>) {
    let mut rows = Vec::new();
    let allows = || statements.iter().filter(|statement| statement.effect == Effect::Allow);
    for statement in allows() {
        let patterns: Vec<(String, Vec<&Pattern>)> = if statement.but_actions {
            let names: Vec<&str> = statement.actions.iter().map(Pattern::as_str).collect();
            vec![(format!("not:{}", names.join(",")), Vec::new())]
        } else {
            statement.actions.iter().map(|pattern| (pattern.as_str().to_owned(), vec![pattern])).collect()
        };
        for (grants, patterns) in patterns {
            let is_of = |action: &str| {
                patterns.first().map_or_else(|| statement.speaks_of(action), |pattern| pattern.covers(action))
            };
            let by: BTreeMap<Box<str>, u64> = used
                .iter()
                .filter(|(action, _)| is_of(action))
                .map(|(action, count)| (action.clone(), *count))
                .collect();
            let may = |pattern: &str| patterns.first().is_none_or(|mine| mine.meets(&Pattern::new(pattern)));
            let (verdict, because) = if !by.is_empty() {
                (Verdict::Used, None)
            } else if !whole {
                (Verdict::NotSeen, Some("the period was not seen whole"))
            } else if SILENT.iter().any(|action| may(action)) {
                (Verdict::NotSeen, Some("no event of its own records its use"))
            } else if DATA_EVENTS.iter().any(|(pattern, kind)| may(pattern) && !recorded(kind)) {
                (Verdict::NotSeen, Some("the trail does not record all of these acts"))
            } else {
                (Verdict::Unused, None)
            };
            rows.push(Used { grants: grants.into(), policy: statement.policy.clone(), by, verdict, because });
        }
    }
    let beyond = used.iter().filter(|(action, _)| !allows().any(|statement| statement.speaks_of(action)));
    (rows, beyond.map(|(action, count)| (&**action, *count)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Who;

    fn allow(actions: &[&str]) -> Statement {
        Statement {
            effect: Effect::Allow,
            who: Who::Holder,
            actions: actions.iter().map(|action| Pattern::action(action)).collect(),
            but_actions: false,
            resources: vec![Pattern::new("*")],
            but_resources: false,
            conditional: false,
            policy: "p".into(),
        }
    }

    #[test]
    fn unused_is_only_said_where_a_use_would_have_been_seen() {
        let used = BTreeMap::from([("ec2:describeinstances".into(), 3), ("sts:getcalleridentity".into(), 1)]);
        let statements = [allow(&["ec2:Describe*", "ec2:RunInstances", "s3:GetObject", "iam:PassRole", "*"])];
        let told = |whole, recorded: bool| {
            let (rows, _) = usage(&statements, &used, whole, |_| recorded);
            rows.iter().map(|row| row.verdict).collect::<Vec<_>>()
        };
        use Verdict::{NotSeen, Unused, Used};
        assert_eq!(told(true, true), [Used, Unused, Unused, NotSeen, Used]);
        assert_eq!(told(true, false), [Used, Unused, NotSeen, NotSeen, Used]);
        assert_eq!(told(false, true), [Used, NotSeen, NotSeen, NotSeen, Used]);
        let narrow = [allow(&["ec2:*"])];
        let (_, beyond) = usage(&narrow, &used, true, |_| true);
        assert_eq!(beyond, [("sts:getcalleridentity", 1)], "what was used and nothing here allows");
    }
}
