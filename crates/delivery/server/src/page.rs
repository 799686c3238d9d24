//! Pages of lists: a cursor and a limit.

use attesta_store::Page;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

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
