//! A document as PDF.

use attesta_paper::{NotSet, Template, set};

use super::{About, Document, Paper};
use crate::{Desk, Failure, Kind, to_json};

/// Sets a document as PDF. It takes a while, and cannot be stopped half way.
///
/// # Errors
///
/// What keeps the answers from being worked out, and a report that is larger than what is set.
pub fn pdf(desk: &Desk, document: Document, about: About) -> Result<Vec<u8>, Failure> {
    let ident = format!("attesta:{}:{document}", about.id);
    let data = to_json(&Paper::of(desk, document, about)?)?;
    set(template(document), &data, desk.at, &ident).map(|pdf| pdf.bytes).map_err(|not| {
        let help = match &not {
            NotSet::TooLarge { .. } => {
                "print the page of the report, or take the workbook or the files of `assess export`"
            }
            NotSet::Data(_) | NotSet::Template(_) => {
                "this is a fault of Attesta's; the page of the report says the same"
            }
        };
        Failure::new(Kind::Unknown, not.to_string()).help(help)
    })
}

fn template(document: Document) -> Template {
    match document {
        Document::Readiness => Template::Readiness,
        Document::Gaps => Template::Gaps,
        Document::Scope => Template::Scope,
        Document::Letter => Template::Letter,
    }
}
