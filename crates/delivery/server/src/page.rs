//! Pages of lists: a cursor and a limit.

use attesta_store::Page;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::problem::Problem;

/// Which part of a list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Cursor {
    /// The `next` of the page before; nothing to begin.
    #[serde(default)]
    pub(crate) after: String,
    /// At most so many: 1 to 500, 50 when nothing is said.
    #[serde(default = "usual")]
    #[param(minimum = 1, maximum = 500)]
    pub(crate) limit: u32,
}

fn usual() -> u32 {
    50
}

impl Cursor {
    pub(crate) fn page(&self) -> Page {
        Page { after: self.after.clone(), limit: self.limit.clamp(1, 500) }
    }
}

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Listed<T> {
    /// These.
    pub(crate) items: Vec<T>,
    /// The cursor of the next page; absent when this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

impl<T> Listed<T> {
    /// A page; when it is full there may be another, after the last one's key.
    pub(crate) fn of(items: Vec<T>, cursor: &Cursor, key: impl Fn(&T) -> String) -> Self {
        let full = items.len() >= usize::try_from(cursor.limit.clamp(1, 500)).unwrap_or(usize::MAX);
        let next = if full { items.last().map(key) } else { None };
        Self { items, next }
    }
}

/// Cuts a list of a report down to a page: what comes after the entry that `cursor` names, in the report's own order. `key`
/// are the members by which an entry is known. Where there is more, the report gets a `next`.
pub(crate) fn part(report: &mut Value, list: &str, key: &[&str], cursor: &Cursor) -> Result<(), Problem> {
    let limit = usize::try_from(cursor.limit.clamp(1, 500)).unwrap_or(500);
    let Some(Value::Array(items)) = report.get_mut(list) else { return Ok(()) };
    let known = |item: &Value| -> String {
        let of = |member: &&str| match item.get(member) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        };
        key.iter().map(of).collect::<Vec<_>>().join("|")
    };
    let begin = match cursor.after.as_str() {
        "" => 0,
        after => {
            items.iter().position(|item| known(item) == after).map(|at| at.saturating_add(1)).ok_or_else(|| {
                Problem::bad("`after` names nothing in this list; it may have been changed meanwhile")
                    .help("begin again without `after`")
            })?
        }
    };
    let more = items.len() > begin.saturating_add(limit);
    let part: Vec<Value> = items.drain(..).skip(begin).take(limit).collect();
    let next = part.last().filter(|_| more).map(&known);
    *items = part;
    if let (Some(next), Some(members)) = (next, report.as_object_mut()) {
        members.insert("next".to_owned(), next.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_pages_of_a_report_make_it_up() {
        let whole: Vec<Value> = (0..7).map(|n| json!({ "a": format!("x{n}"), "b": n })).collect();
        let (mut seen, mut after) = (Vec::new(), String::new());
        for _ in 0..10 {
            let mut report = json!({ "items": whole, "says": "kept" });
            part(&mut report, "items", &["a", "b"], &Cursor { after: after.clone(), limit: 3 }).unwrap();
            assert_eq!(report["says"], "kept");
            seen.extend(report["items"].as_array().unwrap().iter().cloned());
            match report["next"].as_str() {
                Some(next) => next.clone_into(&mut after),
                None => break,
            }
            assert!(report["items"].as_array().unwrap().len() == 3);
        }
        assert_eq!(seen, whole);
        let mut report = json!({ "items": whole });
        let gone = Cursor { after: "y|1".to_owned(), limit: 3 };
        assert!(part(&mut report, "items", &["a", "b"], &gone).is_err());
    }
}
