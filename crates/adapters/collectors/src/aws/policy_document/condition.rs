//! Conditions of a statement: which of them narrow, and which narrow *who*.
//!
//! After the IAM user guide, "IAM JSON policy elements: Condition operators" and "AWS global condition context keys",
//! and the S3 user guide, "The meaning of public".

use attesta_resource::{Attribute, Origin, Unknown, Value};
use ipnet::IpNet;

use crate::{
    fact::{Fact, State},
    node::Node,
    view::{Items, View},
};

use super::{certain, one_or_more, repeats_a_key, some, unresolved};

/// Keys that say who calls, or from where. A key that callers choose for themselves (a tag, a user agent) is not one.
const WHO: &[&str] = &[
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:userid",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
    "elasticfilesystem:accessedviamounttarget",
    "elasticfilesystem:accesspointarn",
    "kms:calleraccount",
    "lambda:eventsourcetoken",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "sts:externalid",
];

/// Identity providers that anyone can get a token from, with the claims that do *not* say whose it is.
const SHARED_PROVIDERS: &[(&str, &[&str])] = &[
    ("token.actions.githubusercontent.com", &["aud"]),
    ("gitlab.com", &["aud"]),
    ("app.terraform.io", &["aud"]),
    ("accounts.google.com", &[]),
    ("cognito-identity.amazonaws.com", &["amr"]),
    ("www.amazon.com", &[]),
    ("graph.facebook.com", &[]),
];

/// The conditions of one statement; all of them must hold for the statement to apply.
#[derive(Debug)]
pub(super) struct Conditions {
    origin: Origin,
    tests: Vec<Test>,
    /// The block, or an operator in it, cannot be seen.
    unknown: Option<Unknown>,
}

/// One key under one operator.
#[derive(Debug)]
struct Test {
    /// In small letters.
    key: String,
    operator: Operator,
    /// Any one of these values makes the test hold.
    values: Result<Vec<Result<String, Unknown>>, Unknown>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Operator {
    /// Text, ARN or account equals or is like one of the values.
    Like,
    /// An address lies in one of the blocks.
    InBlock,
    /// A flag has the value.
    Flag,
    /// It holds for all but some, or also when the key is missing, or compares numbers and dates.
    Other,
}

impl Conditions {
    pub(super) fn read(view: &View<'_>, origin: &Origin) -> Self {
        let mut this = Self { origin: origin.clone(), tests: Vec::new(), unknown: view.unknown() };
        if view.node().is_some_and(|n| !matches!(n, Node::Map(_)) && !n.is_empty()) {
            this.unknown = Some(unresolved("a condition that is not an object"));
        }
        if repeats_a_key(view) {
            this.unknown = Some(unresolved("a key stands twice in one condition"));
        }
        for (operator, keys) in view.entries() {
            if let Some(why) = keys.unknown() {
                this.unknown = Some(why);
            }
            for (key, values) in keys.entries() {
                let values = match one_or_more(&values) {
                    Items::Unknown(why) => Err(why),
                    Items::Known(items) => Ok(items.iter().filter_map(value).collect()),
                };
                this.tests.push(Test { key: key.to_ascii_lowercase(), operator: Operator::read(operator), values });
            }
        }
        this
    }

    /// Whether any condition narrows the statement at all.
    pub(super) fn narrows(&self, origin: &Origin) -> Fact<bool> {
        self.any(origin, |test| match test.operator {
            Operator::Flag | Operator::Other => State::Known(true),
            Operator::Like | Operator::InBlock => test.narrows(),
        })
    }

    /// Whether some condition narrows who.
    pub(super) fn narrows_who(&self, origin: &Origin) -> Fact<bool> {
        self.any(origin, |test| if WHO.contains(&test.key.as_str()) { test.narrows() } else { State::Known(false) })
    }

    /// Whether the statement holds for every request without TLS and for no other reason.
    pub(super) fn are_plain_http(&self, origin: &Origin) -> Fact<bool> {
        let mut rest = self.tests.iter().filter(|test| !test.leaves_out_services());
        let state = match (&self.unknown, rest.next(), rest.next()) {
            (Some(why), ..) => State::Unknown(why.clone()),
            (None, Some(test), None) if test.key == "aws:securetransport" => match (test.operator, &test.values) {
                (Operator::Flag, Ok(values)) if values.iter().flatten().any(|v| v.eq_ignore_ascii_case("false")) => {
                    State::Known(true)
                }
                (Operator::Flag, Ok(values)) => match values.iter().find_map(|v| v.as_ref().err()) {
                    Some(why) => State::Unknown(why.clone()),
                    None => State::Known(false),
                },
                (Operator::Flag, Err(why)) => State::Unknown(why.clone()),
                _ => State::Known(false),
            },
            _ => State::Known(false),
        };
        Fact { state, origin: origin.clone() }
    }

    /// Whether a provider that everyone shares is let in without a claim that says whose token it is.
    pub(super) fn opens_shared_provider(&self, principals: &Fact<Vec<Attribute>>, origin: &Origin) -> Fact<bool> {
        SHARED_PROVIDERS.iter().fold(Fact::known(false, origin.clone()), |open, (issuer, idle_claims)| {
            let named = some(principals, origin, |who| {
                who.strip_prefix("federated:").is_some_and(|p| p == *issuer || p.ends_with(&format!("/{issuer}")))
            });
            if named.value() == Some(&false) {
                return open;
            }
            let narrowed =
                self.any(origin, |test| match test.key.strip_prefix(issuer).and_then(|k| k.strip_prefix(':')) {
                    Some(claim) if !idle_claims.contains(&claim) => test.narrows(),
                    _ => State::Known(false),
                });
            open.or(named.and(narrowed.negate()))
        })
    }

    /// The keys, as the dictionary's `condition_keys`.
    pub(super) fn into_keys(self) -> Fact<Vec<Attribute>> {
        let state = match self.unknown {
            Some(why) => State::Unknown(why),
            None if self.tests.is_empty() => State::Absent,
            None => State::Known(
                self.tests
                    .into_iter()
                    .map(|test| Attribute { value: Value::Text(test.key.into()), origin: self.origin.clone() })
                    .collect(),
            ),
        };
        Fact { state, origin: self.origin }
    }

    fn any(&self, origin: &Origin, decide: impl Fn(&Test) -> State<bool>) -> Fact<bool> {
        let fact = |state| Fact { state, origin: origin.clone() };
        let whole = self.unknown.clone().map_or(State::Known(false), State::Unknown);
        self.tests.iter().fold(fact(whole), |sofar, test| sofar.or(fact(decide(test))))
    }
}

impl Operator {
    fn read(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        // `ForAllValues:` also holds when the key is missing, and so does every `…IfExists`.
        if name.starts_with("forallvalues:") {
            return Self::Other;
        }
        match name.strip_prefix("foranyvalue:").unwrap_or(&name) {
            "stringequals" | "stringequalsignorecase" | "stringlike" | "arnequals" | "arnlike" => Self::Like,
            "ipaddress" => Self::InBlock,
            // A request always says whether it came by TLS, so that here `IfExists` changes nothing.
            "bool" | "boolifexists" => Self::Flag,
            _ => Self::Other,
        }
    }
}

impl Test {
    /// Calls of AWS's own services always use TLS, so that leaving them out leaves nothing open.
    fn leaves_out_services(&self) -> bool {
        matches!(self.key.as_str(), "aws:principalisawsservice" | "aws:viaawsservice")
            && self.operator == Operator::Flag
            && self.values.as_ref().is_ok_and(|values| {
                !values.is_empty() && values.iter().all(|v| v.as_ref().is_ok_and(|v| v.eq_ignore_ascii_case("false")))
            })
    }

    /// Whether the test keeps anything out: none of its values lets everything through.
    fn narrows(&self) -> State<bool> {
        if self.operator == Operator::Other {
            return State::Known(false);
        }
        let values = match &self.values {
            Err(why) => return State::Unknown(why.clone()),
            Ok(values) => values,
        };
        let mut unknown = None;
        for value in values {
            match value {
                Err(why) => unknown = Some(why.clone()),
                Ok(value) => match self.lets_all_through(value) {
                    Some(true) => return State::Known(false),
                    Some(false) => {}
                    None => unknown = Some(Unknown::Unresolved { what: value.as_str().into() }),
                },
            }
        }
        unknown.map_or(State::Known(!values.is_empty()), State::Unknown)
    }

    /// `None` when that cannot be told.
    fn lets_all_through(&self, value: &str) -> Option<bool> {
        if super::may_become_any(value) {
            return None;
        }
        match self.operator {
            Operator::InBlock => block_is_wide(value),
            // A flag may be compared as text.
            Operator::Like if self.key == "aws:principalisawsservice" => Some(!value.eq_ignore_ascii_case("true")),
            Operator::Flag => Some(!value.eq_ignore_ascii_case("true")),
            Operator::Like | Operator::Other => Some(is_hollow(value)),
        }
    }
}

/// A value; empty text is none.
fn value(view: &View<'_>) -> Option<Result<String, Unknown>> {
    match certain(view.text()).state {
        State::Known(text) => Some(Ok(text)),
        State::Unknown(why) => Some(Err(why)),
        State::Absent => None,
    }
}

/// Whether a block holds more than any one organisation: IANA never gave one more than a /8 of IPv4, and registries
/// give no one more than a /16 of IPv6. So two halves of the address space narrow as little as 0.0.0.0/0.
fn block_is_wide(text: &str) -> Option<bool> {
    if is_hollow(text) {
        return Some(true);
    }
    match text.parse::<IpNet>() {
        Ok(IpNet::V4(block)) => Some(block.prefix_len() < 8),
        Ok(IpNet::V6(block)) => Some(block.prefix_len() < 16),
        Err(_) => text.parse::<std::net::IpAddr>().ok().map(|_| false),
    }
}

/// Whether a pattern matches what anyone may have: nothing but wildcards, an ARN of which only partition and service
/// are named, a principal of any account, or any repository of a shared provider.
pub(super) fn is_hollow(pattern: &str) -> bool {
    let wild = |text: &str| text.chars().all(|c| matches!(c, '*' | '?' | ':' | '/'));
    if let Some(arn) = pattern.strip_prefix("arn:") {
        let parts: Vec<&str> = arn.splitn(5, ':').collect();
        return match parts.as_slice() {
            [_, service, _, account, _]
                if matches!(*service, "iam" | "sts") && !account.is_empty() && wild(account) =>
            {
                true
            }
            [_, _, region, account, rest] => wild(region) && wild(account) && wild(rest),
            _ => pattern.contains('*'),
        };
    }
    // The ids of organisations, roots, networks and endpoints begin alike.
    let tail = ["repo:", "project_path:", "organization:", "o-", "vpc-", "vpce-"]
        .iter()
        .find_map(|prefix| pattern.strip_prefix(prefix))
        .unwrap_or(pattern);
    wild(tail)
}
