//! Kleene's three-valued logic over a snapshot.

use std::{collections::BTreeMap, sync::OnceLock};

use attesta_resource::{Attribute, Kind, Record, Resource, ResourceIndex, Snapshot, Value};
use ipnet::IpNet;

use crate::{
    Body, Check, Leaf, Literal, Policy, PolicyIndex, Reason, Reasons, Status, Test, Version, outcome::Outcome,
};

/// True, false, or unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// Certainly holds.
    True,
    /// Certainly does not hold.
    False,
    /// Cannot be told here.
    Unknown,
}

impl Truth {
    fn of(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }

    fn negate(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }

    /// All of them: one false decides, else one unknown.
    fn all(truths: impl Iterator<Item = Self>) -> Self {
        let mut all = Self::True;
        for truth in truths {
            match truth {
                Self::False => return Self::False,
                Self::Unknown => all = Self::Unknown,
                Self::True => {}
            }
        }
        all
    }

    /// Any of them: one true decides, else one unknown.
    fn any(truths: impl Iterator<Item = Self>) -> Self {
        Self::all(truths.map(Self::negate)).negate()
    }
}

/// A snapshot with the indexes that lookups need.
#[derive(Debug)]
pub struct Context<'a> {
    snapshot: &'a Snapshot,
    /// Of the kinds that policies look up; each is indexed when it is first asked for.
    kinds: BTreeMap<Kind, OnceLock<Indexed<'a>>>,
}

/// Resources of one kind.
#[derive(Debug)]
struct Indexed<'a> {
    all: Vec<ResourceIndex>,
    by_name: BTreeMap<&'a str, ResourceIndex>,
}

impl<'a> Context<'a> {
    /// Prepares for the kinds that `policies` look up.
    pub fn new(snapshot: &'a Snapshot, policies: &[Policy]) -> Self {
        let mut wanted = Vec::new();
        for policy in policies {
            if let Body::Declarative { when, check } = &policy.body {
                check.other_kinds(&mut wanted);
                if let Some(when) = when {
                    when.other_kinds(&mut wanted);
                }
            }
        }
        Self { snapshot, kinds: wanted.into_iter().map(|kind| (kind, OnceLock::new())).collect() }
    }

    fn indexed(&self, kind: Kind) -> Option<&Indexed<'a>> {
        let snapshot = self.snapshot;
        Some(self.kinds.get(&kind)?.get_or_init(|| {
            let mut indexed = Indexed { all: Vec::new(), by_name: BTreeMap::new() };
            for (resource, index) in snapshot.resources.iter().zip(0_u32..).filter(|(r, _)| r.kind == kind) {
                indexed.all.push(ResourceIndex(index));
                for name in resource.names.iter().chain([&resource.address]) {
                    indexed.by_name.entry(name).or_insert(ResourceIndex(index));
                }
            }
            indexed
        }))
    }

    fn named(&self, kind: Kind, name: &str) -> Option<&'a Resource> {
        let last = name.rsplit([':', '/']).next().unwrap_or(name);
        let by_name = &self.indexed(kind)?.by_name;
        let index = by_name.get(name).or_else(|| by_name.get(last))?;
        self.snapshot.resource(*index)
    }

    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &'a Resource> {
        self.indexed(kind).into_iter().flat_map(|i| &i.all).filter_map(|index| self.snapshot.resource(*index))
    }
}

/// Judges one resource by one declarative policy. `None` where the policy is of another kind or another engine.
pub fn judge(
    context: &Context<'_>,
    policies: &[Policy],
    policy: PolicyIndex,
    resource: ResourceIndex,
) -> Option<Outcome> {
    let rule = policies.get(usize::try_from(policy.0).ok()?)?;
    let subject = context.snapshot.resource(resource)?;
    let Body::Declarative { when, check } = &rule.body else { return None };
    if subject.kind != rule.kind {
        return None;
    }
    let scope = Scope::Record(&subject.attributes);
    let applies = when.as_ref().map_or(Truth::True, |when| truth(context, when, scope));
    if applies == Truth::False {
        return Some(Outcome {
            policy,
            resource,
            status: Status::NotApplicable,
            reasons: Reasons::default(),
            waived: None,
        });
    }
    let holds = truth(context, check, scope);
    let status = match (applies, holds) {
        (_, Truth::True) => Status::Pass,
        (Truth::True, Truth::False) => Status::Fail,
        _ => Status::Unknown,
    };
    let mut reasons = Vec::new();
    if status != Status::Pass {
        if applies == Truth::Unknown
            && let Some(when) = when
        {
            gather(context, when, scope, Truth::Unknown, "", false, &mut reasons);
        }
        if holds != Truth::True {
            gather(context, check, scope, holds, "", false, &mut reasons);
        }
    }
    Some(Outcome { policy, resource, status, reasons: reasons.into(), waived: None })
}

/// What names inside a check refer to.
#[derive(Clone, Copy)]
enum Scope<'a> {
    /// Attributes of a resource or of a record.
    Record(&'a Record),
    /// A plain item of a list, under the name `item`.
    Item(&'a Attribute),
}

impl<'a> Scope<'a> {
    fn get(self, name: &str) -> Found<'a> {
        match self {
            Self::Record(record) => record.get(name).map_or(Found::Absent, Found::Here),
            Self::Item(item) => match &item.value {
                Value::Record(record) => record.get(name).map_or(Found::Absent, Found::Here),
                Value::Unknown(_) => Found::Here(item),
                _ if name == "item" => Found::Here(item),
                _ => Found::Absent,
            },
        }
    }
}

#[derive(Clone, Copy)]
enum Found<'a> {
    Here(&'a Attribute),
    Absent,
}

/// A list's items; an absent list is empty.
enum Items<'a> {
    Known(&'a [Attribute]),
    Unknown(&'a Attribute),
}

fn items<'a>(scope: Scope<'a>, list: &str) -> Items<'a> {
    match scope.get(list) {
        Found::Absent => Items::Known(&[]),
        Found::Here(attribute) => match &attribute.value {
            Value::List(items) => Items::Known(items),
            Value::Unknown(_) => Items::Unknown(attribute),
            _ => Items::Known(std::slice::from_ref(attribute)),
        },
    }
}

fn truth(context: &Context<'_>, check: &Check, scope: Scope<'_>) -> Truth {
    match check {
        Check::Leaf(leaf) => leaf_truth(leaf, scope),
        Check::All(checks) => Truth::all(checks.iter().map(|c| truth(context, c, scope))),
        Check::Any(checks) => Truth::any(checks.iter().map(|c| truth(context, c, scope))),
        Check::Not(check) => truth(context, check, scope).negate(),
        Check::Each { list, check } => match items(scope, list) {
            Items::Known(items) => Truth::all(items.iter().map(|i| truth(context, check, Scope::Item(i)))),
            Items::Unknown(_) => Truth::Unknown,
        },
        Check::Some { list, check } => match items(scope, list) {
            Items::Known(items) => Truth::any(items.iter().map(|i| truth(context, check, Scope::Item(i)))),
            Items::Unknown(_) => Truth::Unknown,
        },
        Check::Lookup { by, kind, check } => match looked_up(context, scope, by, *kind) {
            Some(other) => truth(context, check, Scope::Record(&other.attributes)),
            None => Truth::Unknown,
        },
        Check::Exists { kind, check } => {
            let some = Truth::any(context.of_kind(*kind).map(|r| truth(context, check, Scope::Record(&r.attributes))));
            match some {
                // Code shows what it declares, not what exists: none here may still be one elsewhere.
                Truth::False if !context.snapshot.complete_kinds.contains(kind) => Truth::Unknown,
                other => other,
            }
        }
    }
}

fn looked_up<'a>(context: &Context<'a>, scope: Scope<'_>, by: &str, kind: Kind) -> Option<&'a Resource> {
    match scope.get(by) {
        Found::Here(Attribute { value: Value::Text(name), .. }) => context.named(kind, name),
        _ => None,
    }
}

fn leaf_truth(leaf: &Leaf, scope: Scope<'_>) -> Truth {
    let value = match scope.get(&leaf.attribute) {
        Found::Here(attribute) => Some(&attribute.value),
        Found::Absent => None,
    };
    test_truth(&leaf.test, value)
}

fn test_truth(test: &Test, value: Option<&Value>) -> Truth {
    match (test, value) {
        (Test::HasAll(wanted), value) => has(wanted, value, true),
        (Test::HasAny(wanted), value) => has(wanted, value, false),
        (Test::Present(wanted), None) => Truth::of(!wanted),
        (_, Some(Value::Unknown(_))) => Truth::Unknown,
        (Test::Present(wanted), Some(value)) => Truth::of(is_set(value) == *wanted),
        (Test::IsNot(_) | Test::NotIn(_) | Test::NotMatches(_), None) => Truth::True,
        (_, None) => Truth::False,
        (Test::Is(wanted), Some(value)) => Truth::of(equals(value, wanted)),
        (Test::IsNot(wanted), Some(value)) => Truth::of(!equals(value, wanted)),
        (Test::In(wanted), Some(value)) => Truth::of(wanted.iter().any(|w| equals(value, w))),
        (Test::NotIn(wanted), Some(value)) => Truth::of(!wanted.iter().any(|w| equals(value, w))),
        (Test::AtLeast(least), Some(Value::Int(n))) => Truth::of(n >= least),
        (Test::AtMost(most), Some(Value::Int(n))) => Truth::of(n <= most),
        (Test::Matches(regex), Some(Value::Text(text))) => Truth::of(regex.is_match(text)),
        (Test::NotMatches(regex), Some(Value::Text(text))) => Truth::of(!regex.is_match(text)),
        (Test::VersionAtLeast(least), Some(Value::Text(text))) => {
            Version::read(text).map_or(Truth::Unknown, |version| Truth::of(version >= *least))
        }
        (Test::CidrWithin(nets), Some(Value::Text(text))) => {
            on_block(text, |block| nets.iter().any(|net| net.contains(&block)))
        }
        (Test::CidrOverlaps(nets), Some(Value::Text(text))) => {
            on_block(text, |block| nets.iter().any(|net| net.contains(&block) || block.contains(net)))
        }
        (Test::CidrBroaderThan(prefix), Some(Value::Text(text))) => on_block(text, |block| match block {
            IpNet::V4(v4) => v4.prefix_len() < *prefix,
            IpNet::V6(v6) => v6.prefix_len() < prefix.saturating_mul(2),
        }),
        // A value of another type than the dictionary says: nothing can be told from it.
        (_, Some(_)) => Truth::Unknown,
    }
}

/// A block that cannot be read (a name, a placeholder) tells nothing.
fn on_block(text: &str, test: impl FnOnce(IpNet) -> bool) -> Truth {
    let block = text.parse::<IpNet>().or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from));
    block.map_or(Truth::Unknown, |block| Truth::of(test(block)))
}

/// Whether a list holds all (or any) of these; an absent list is empty.
fn has(wanted: &[Literal], value: Option<&Value>, all: bool) -> Truth {
    let items = match value {
        None => &[][..],
        Some(Value::List(items)) => items.as_slice(),
        Some(_) => return Truth::Unknown,
    };
    let holds = |wanted: &Literal| {
        Truth::any(items.iter().map(|item| match &item.value {
            Value::Unknown(_) => Truth::Unknown,
            value => Truth::of(equals(value, wanted)),
        }))
    };
    let truths = wanted.iter().map(holds);
    if all { Truth::all(truths) } else { Truth::any(truths) }
}

fn is_set(value: &Value) -> bool {
    match value {
        Value::Text(text) => !text.is_empty(),
        Value::List(items) => !items.is_empty(),
        _ => true,
    }
}

fn equals(value: &Value, literal: &Literal) -> bool {
    match (value, literal) {
        (Value::Bool(a), Literal::Bool(b)) => a == b,
        (Value::Int(a), Literal::Int(b)) => a == b,
        (Value::Text(a), Literal::Text(b)) => a == b,
        _ => false,
    }
}

/// At most so many leaves are kept for one outcome; a list of a thousand bad rules need not be told a thousand times.
const REASONS: usize = 12;

/// Gathers the leaves that made `check` come out as `came_out`. Under a `not` the wanted text is turned around.
fn gather(
    context: &Context<'_>,
    check: &Check,
    scope: Scope<'_>,
    came_out: Truth,
    path: &str,
    negated: bool,
    reasons: &mut Vec<Reason>,
) {
    if reasons.len() >= REASONS {
        return;
    }
    match check {
        Check::Leaf(leaf) => {
            let reason = leaf_reason(leaf, scope, path, negated);
            // Several branches may hang on one attribute; it is told once.
            if !reasons.iter().any(|r| r.attribute == reason.attribute) {
                reasons.push(reason);
            }
        }
        Check::All(checks) | Check::Any(checks) => {
            for check in checks.iter().filter(|c| truth(context, c, scope) == came_out) {
                gather(context, check, scope, came_out, path, negated, reasons);
            }
        }
        Check::Not(check) => gather(context, check, scope, came_out.negate(), path, !negated, reasons),
        Check::Each { list, check } | Check::Some { list, check } => match items(scope, list) {
            Items::Unknown(attribute) => reasons.push(Reason {
                attribute: format!("{path}{list}"),
                found: attribute.value.to_string(),
                wanted: "a known list".to_owned(),
                origin: Some(attribute.origin.clone()),
            }),
            Items::Known([]) => reasons.push(Reason {
                attribute: format!("{path}{list}"),
                found: "an empty list".to_owned(),
                wanted: "an item that fits".to_owned(),
                origin: None,
            }),
            Items::Known(items) => {
                for (item, at) in items.iter().zip(0_usize..) {
                    if truth(context, check, Scope::Item(item)) == came_out {
                        let path = format!("{path}{list}/{at}/");
                        gather(context, check, Scope::Item(item), came_out, &path, negated, reasons);
                    }
                }
            }
        },
        Check::Lookup { by, kind, check } => match looked_up(context, scope, by, *kind) {
            Some(other) => {
                let path = format!("{path}{by}→");
                gather(context, check, Scope::Record(&other.attributes), came_out, &path, negated, reasons);
            }
            None => {
                let found = match scope.get(by) {
                    Found::Here(attribute) => attribute.value.to_string(),
                    Found::Absent => "not set".to_owned(),
                };
                let origin = match scope.get(by) {
                    Found::Here(attribute) => Some(attribute.origin.clone()),
                    Found::Absent => None,
                };
                reasons.push(Reason {
                    attribute: format!("{path}{by}"),
                    found,
                    wanted: format!("a {kind} of these inputs"),
                    origin,
                });
            }
        },
        Check::Exists { kind, check } => {
            let before = reasons.len();
            for resource in context.of_kind(*kind) {
                let path = format!("{path}{kind} {}→", resource.address);
                gather(context, check, Scope::Record(&resource.attributes), Truth::False, &path, negated, reasons);
            }
            if reasons.len() == before {
                reasons.push(Reason {
                    attribute: format!("{path}{kind}"),
                    found: format!("no {kind} in these inputs"),
                    wanted: format!("a {kind} that fits, here or elsewhere"),
                    origin: None,
                });
            }
        }
    }
}

fn leaf_reason(leaf: &Leaf, scope: Scope<'_>, path: &str, negated: bool) -> Reason {
    let (found, origin) = match scope.get(&leaf.attribute) {
        Found::Here(attribute) => (attribute.value.to_string(), Some(attribute.origin.clone())),
        Found::Absent => ("not set".to_owned(), None),
    };
    let attribute = match scope {
        // A plain item of a list has no name of its own.
        Scope::Item(item) if !matches!(item.value, Value::Record(_)) => path.trim_end_matches('/').to_owned(),
        _ => format!("{path}{}", leaf.attribute),
    };
    let wanted = if negated { format!("not {}", leaf.test) } else { leaf.test.to_string() };
    Reason { attribute, found, wanted, origin }
}
