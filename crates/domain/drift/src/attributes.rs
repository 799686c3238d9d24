//! Attribute by attribute: what a resource says now and said before. Where a value was written is no difference.

use attesta_resource::{Attribute, Record, Value};

/// One attribute that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeChange {
    /// Its path, list positions included: `ingress/0/cidr`.
    pub path: String,
    /// What it was, as text; `None` where it was not set.
    pub before: Option<String>,
    /// What it is, as text; `None` where it is not set.
    pub after: Option<String>,
}

/// The name of what holds for everything that a source did not show.
const REST: &str = "(everything else)";

/// Every attribute that differs, by path. The order of a list is no difference, because no check looks at it.
pub fn changes(before: &Record, after: &Record) -> Vec<AttributeChange> {
    let mut found = Vec::new();
    records(before, after, "", &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Whether two records say the same.
pub(crate) fn same_record(a: &Record, b: &Record) -> bool {
    let rest = match (a.rest(), b.rest()) {
        (None, None) => true,
        (Some(a), Some(b)) => same(&a.value, &b.value),
        _ => false,
    };
    rest && a.len() == b.len()
        && a.iter().all(|(name, one)| stated(b, name).is_some_and(|other| same(&one.value, &other.value)))
}

/// An attribute that was put, leaving aside what stands for all that was not.
fn stated<'r>(record: &'r Record, name: &str) -> Option<&'r Attribute> {
    record.iter().find(|(n, _)| *n == name).map(|(_, attribute)| attribute)
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Record(a), Value::Record(b)) => same_record(a, b),
        (Value::List(a), Value::List(b)) => a.len() == b.len() && unmatched(a, b).is_none(),
        (Value::List(_) | Value::Record(_), _) | (_, Value::List(_) | Value::Record(_)) => false,
        (a, b) => a == b,
    }
}

fn records(before: &Record, after: &Record, path: &str, found: &mut Vec<AttributeChange>) {
    for (name, was) in before.iter() {
        values(Some(&was.value), stated(after, name).map(|a| &a.value), &format!("{path}{name}"), found);
    }
    for (name, is) in after.iter().filter(|(name, _)| stated(before, name).is_none()) {
        values(None, Some(&is.value), &format!("{path}{name}"), found);
    }
    if before.rest().is_some() || after.rest().is_some() {
        let rest = |record: &Record| record.rest().map(|attribute| attribute.value.clone());
        values(rest(before).as_ref(), rest(after).as_ref(), &format!("{path}{REST}"), found);
    }
}

fn values(before: Option<&Value>, after: Option<&Value>, path: &str, found: &mut Vec<AttributeChange>) {
    match (before, after) {
        (None, None) => {}
        (Some(a), Some(b)) if same(a, b) => {}
        (Some(Value::Record(a)), Some(Value::Record(b))) => records(a, b, &format!("{path}/"), found),
        (Some(Value::List(a)), Some(Value::List(b))) => lists(a, b, path, found),
        _ => found.push(AttributeChange {
            path: path.to_owned(),
            before: before.map(ToString::to_string),
            after: after.map(ToString::to_string),
        }),
    }
}

/// Positions in either list.
type Positions = Vec<usize>;

/// Items of each list that have no equal in the other; `None` where all have.
fn unmatched(a: &[Attribute], b: &[Attribute]) -> Option<(Positions, Positions)> {
    let in_place = a.iter().zip(b).all(|(a, b)| same(&a.value, &b.value));
    if in_place && a.len() == b.len() {
        return None;
    }
    let mut free: Vec<bool> = vec![true; b.len()];
    let mut left = Vec::new();
    for (at, item) in a.iter().enumerate() {
        let mut candidates = b.iter().zip(&mut free);
        match candidates.find(|(other, free)| **free && same(&item.value, &other.value)) {
            Some((_, free)) => *free = false,
            None => left.push(at),
        }
    }
    let right: Positions = free.iter().enumerate().filter(|(_, free)| **free).map(|(at, _)| at).collect();
    (!left.is_empty() || !right.is_empty()).then_some((left, right))
}

/// Items without an equal: as many as both sides have are taken for the same item, changed; the others came or went.
fn lists(a: &[Attribute], b: &[Attribute], path: &str, found: &mut Vec<AttributeChange>) {
    let Some((left, right)) = unmatched(a, b) else { return };
    let item = |list: &[Attribute], at: Option<&usize>| at.and_then(|at| list.get(*at)).map(|i| i.value.clone());
    for at in 0..left.len().max(right.len()) {
        let (was, is) = (item(a, left.get(at)), item(b, right.get(at)));
        let position = if was.is_some() { left.get(at) } else { right.get(at) };
        let position = position.copied().unwrap_or_default();
        values(was.as_ref(), is.as_ref(), &format!("{path}/{position}"), found);
    }
}
