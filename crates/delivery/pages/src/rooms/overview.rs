//! One assessment: how far it is, and the doors to its rooms.

use maud::{Markup, html};

use super::home::{Day, Readiness, dates, readiness};
use crate::{Door, parts::lead};

/// What the page shows.
#[derive(Debug, Clone, Default)]
pub struct Overview {
    /// The organisation's name and address.
    pub organisation: (String, String),
    /// How far it is.
    pub readiness: Readiness,
    /// Its address.
    pub address: String,
    /// The rooms that the visitor may enter.
    pub doors: Vec<Door>,
    /// The next days.
    pub days: Vec<Day>,
}

/// The page.
pub fn page(it: &Overview) -> Markup {
    let ready = &it.readiness;
    html! {
        (lead(
            &[(&it.organisation.0, &it.organisation.1)],
            &ready.assessment.1,
            &ready.what,
            &html! { a.button.main href={ (it.address) "/requirements" } { "Answer requirements" } },
        ))
        div.sheets #overview data-live {
            (readiness(ready, &it.address))
            section.sheet aria-labelledby="rooms-title" {
                h2 #rooms-title { "Rooms of this assessment" }
                ul.plain { @for door in &it.doors { li { a href=(door.href) { (door.label) } } } }
            }
            (dates(&it.days))
        }
        (crate::words::here(&["assessment domain", "CAP", "readiness", "hand-off"]))
    }
}
