//! Answers from elsewhere: where requirements stand, one row each.

use attesta_catalog::{Catalog, Fault};
use attesta_crosswalk::{Document, NodeId, Standing, Standings};
use serde::Deserialize;

use super::{bounded, fits, rows::value};
use crate::{File, table};

const COLUMNS: [&str; 3] = ["framework", "id", "standing"];

#[derive(Deserialize)]
struct RawAnswer {
    framework: String,
    id: String,
    standing: String,
}

/// Reads answers: `framework,id,standing`, where a standing is `met`, `unmet`, `unknown` or a part such as `3 of 5`.
///
/// # Errors
///
/// Every fault, by line.
pub fn answers(file: &File, catalog: &Catalog) -> Result<Standings, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut standings = Standings::new();
    if fits(file, &mut faults) {
        let rows = table::rows::<RawAnswer>(file, &COLUMNS, &mut faults);
        for (place, raw) in bounded(file, rows, &mut faults) {
            let document = value::<Document>(&raw.framework, &place, &mut faults);
            let standing = value::<Standing>(&raw.standing, &place, &mut faults);
            let (Some(document), Some(standing)) = (document, standing) else { continue };
            match NodeId::find(document, &raw.id, catalog) {
                Err(error) => faults.push(Fault::plain(place, error.to_string())),
                Ok(node) => {
                    let twice = format!("`{node}` is answered twice");
                    if standings.insert(node, standing).is_some() {
                        faults.push(Fault::new(place, twice, "remove one"));
                    }
                }
            }
        }
    }
    if faults.is_empty() { Ok(standings) } else { Err(faults) }
}
