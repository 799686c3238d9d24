//! Mappings as the public twelve-column CSV of set-theory mappings (NIST IR 8477). Who proposed or reviewed a row, and
//! from which list it comes, stands in the notes: the convention has no columns for them.

use std::{borrow::Cow, io};

use attesta_catalog::Catalog;
use attesta_crosswalk::{Document, Mapping, Relation};
use attesta_kernel::Confidence;

/// Writes mappings that all lead from one document to `target`.
///
/// # Errors
///
/// When `out` refuses bytes.
pub fn write(mappings: &[Mapping], target: Document, catalog: &Catalog, out: &mut dyn io::Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    let title = format!("{target} Requirement Title");
    let description = format!("{target} Requirement Description");
    csv.write_record([
        "FDE#",
        "FDE Name",
        "Focal Document Element (FDE)",
        "Confidence Levels",
        "NIST IR-8477 Rational",
        "STRM Rationale",
        "STRM Relationship",
        "Strength of Relationship",
        &title,
        "Target ID #",
        &description,
        "Notes",
    ])?;
    for mapping in mappings {
        let text = |text: Option<&str>| guarded(text.unwrap_or_default()).into_owned();
        let provenance = &mapping.provenance;
        let why = mapping.note.as_deref().unwrap_or(match mapping.relation {
            Relation::IntersectsWith => "A list names the two together; no relation is stated.",
            _ => "By construction.",
        });
        let gap = mapping.gap.as_deref().map_or(String::new(), |gap| format!("Gap: {}. ", gap.trim_end_matches('.')));
        let notes = format!(
            "{gap}{}. {}: {} ({}).",
            mapping.status, mapping.crosswalk, provenance.source, provenance.confidence
        );
        let confidence = match provenance.confidence {
            Confidence::Verified | Confidence::Secondary => "high",
            Confidence::Inferred => "medium",
            Confidence::Unverified => "low",
        };
        csv.write_record([
            text(Some(mapping.source.id())),
            text(mapping.source.title(catalog)),
            text(mapping.source.text(catalog)),
            confidence.to_owned(),
            mapping.rationale.to_string(),
            text(Some(why)),
            relation(mapping.relation).to_owned(),
            mapping.strength.to_string(),
            text(mapping.target.title(catalog)),
            text(Some(mapping.target.id())),
            text(mapping.target.text(catalog)),
            text(Some(&notes)),
        ])?;
    }
    csv.flush()
}

/// The convention's words.
fn relation(relation: Relation) -> &'static str {
    match relation {
        Relation::Equal => "equal",
        Relation::SubsetOf => "subset_of",
        Relation::SupersetOf => "superset_of",
        Relation::IntersectsWith => "intersects_with",
        Relation::NoRelationship => "not_related",
    }
}

/// A cell that no spreadsheet takes for a formula.
fn guarded(cell: &str) -> Cow<'_, str> {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => Cow::Owned(format!("'{cell}")),
        false => Cow::Borrowed(cell),
    }
}
