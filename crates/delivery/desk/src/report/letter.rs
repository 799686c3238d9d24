//! The management representation letter, in our own words, with the assessment's facts filled in.
#![allow(missing_docs, reason = "fields are the keys of the JSON, which the reference explains")]

use serde::Serialize;

use super::{About, scope};
use crate::Desk;

/// A letter that somebody must check and sign.
#[derive(Debug, Default, Serialize)]
pub struct Letter {
    /// What it is, for whoever holds it before it is signed.
    pub note: &'static str,
    pub to: [&'static str; 2],
    /// The sentence before the clauses.
    pub opening: String,
    pub clauses: Vec<String>,
    pub signatures: [&'static str; 3],
}

/// The letter of an assessment.
pub fn letter(desk: &Desk, about: &About) -> Letter {
    let scope = scope(desk);
    let systems = scope.inside();
    let named = if systems.is_empty() { String::new() } else { format!(" ({})", systems.join(", ")) };
    let many = if systems.len() == 1 { "system is" } else { "systems are" };
    let record = match about.checkpoint {
        Some(_) => " The ledger's checkpoint in the foot of this letter fixes what was on record.",
        None => "",
    };
    Letter {
        note: "A template in our own words: HITRUST gives its own form. Read it, mend what is not so, and let somebody \
               sign who can answer for it. Nothing here was said by anybody until it is signed.",
        to: ["To the assessor", "[ name of the assessor's organisation ]"],
        opening: format!(
            "We write in connection with the assessment {} ({}), begun on {}.",
            about.assessment, about.what, desk.dossier.assessment.value.created
        ),
        clauses: vec![
            format!(
                "We are responsible for the controls of {}, for how they are run, and for the answers and evidence that \
                 we gave.",
                if about.organisation.is_empty() { "our organisation" } else { &about.organisation }
            ),
            format!(
                "The scope that we described is whole: {} {many} in it{named}, and what we left out we named with the \
                 reason.",
                systems.len()
            ),
            "To the best of our knowledge the answers are true on the day of this letter. What we do not know, we said we \
             do not know."
                .to_owned(),
            format!(
                "We gave every record that you asked for and that we hold, and changed none of them to look better.{record}"
            ),
            "We told you of incidents, of changes since the answers were given, and of findings of others that bear on the \
             scope, or there were none."
                .to_owned(),
            "Where another organisation does a part for us, we looked at what its report covers and kept the rest as ours."
                .to_owned(),
            "We will tell you without delay when something comes to light that would change an answer.".to_owned(),
        ],
        signatures: ["Signed for the organisation", "Name and title", "Date"],
    }
}
