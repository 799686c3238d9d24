//! The list of assessments, and where a new one begins.

use maud::{Markup, html};

use crate::parts::{Tone, empty, lead, state};

/// One assessment.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `open` or `archived`.
    pub state: String,
    /// When it was changed last.
    pub updated: String,
}

/// The list.
pub fn page(org: &str, rows: &[Row], may_create: bool) -> Markup {
    html! {
        (lead(&[], "Assessments", "Each is one type, scope and date: what it asks follows from them.", &html! {}))
        @if rows.is_empty() {
            (empty(
                "No assessment yet",
                "An assessment holds the scope, the answers and the scores. Begin one here, or send the folder that `attesta assess init` writes.",
                &html! { @if may_create { a.button.main href={ "/o/" (org) "/new" } { "Begin one" } } },
            ))
        } @else {
            table #assessments data-table data-live {
                caption.unseen { "Assessments" }
                thead { tr { th scope="col" { "Name" } th scope="col" { "Stands" } th scope="col" { "Changed" } } }
                tbody {
                    @for row in rows {
                        tr {
                            td { a href={ "/o/" (org) "/a/" (row.id) } { (row.name) } }
                            td { (state(if row.state == "open" { Tone::Good } else { Tone::Plain }, &row.state)) }
                            td { time datetime=(row.updated) { (row.updated) } }
                        }
                    }
                }
            }
        }
    }
}
