use std::collections::BTreeMap;

use attesta_assessment::{Pack, RequirementKey};
use attesta_kernel::Place;

/// A pack cannot be exported without changing an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: the id `{id}` begins with `{}`, which a spreadsheet would run as a formula", .place, .id.chars().next().unwrap_or_default())]
pub struct ExportRefusal {
    /// The pack.
    pub place: Place,
    /// The id.
    pub id: String,
}

/// Characters that make a spreadsheet take a text for a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A pack as a CSV table: ids as they came, byte for byte, then what was imported on each level, as it stood. Texts that a
/// spreadsheet would run are kept from it by a leading apostrophe.
///
/// # Errors
///
/// When an id would be run by a spreadsheet: ids are not changed.
pub fn export_csv(
    pack: &Pack,
    columns: &[&str],
    cells: &BTreeMap<RequirementKey, Vec<String>>,
) -> Result<String, ExportRefusal> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let head = ["Baseline Unique ID", "Control Reference", "Requirement Statement"];
    let _ = writer.write_record(head.iter().chain(columns));
    for requirement in &pack.requirements {
        let id = requirement.id.as_str();
        if id.starts_with(FORMULA) {
            let place = Place::new(format!("pack {}", pack.id), None);
            return Err(ExportRefusal { place, id: id.to_owned() });
        }
        let mut row = vec![id.to_owned(), requirement.control_reference.to_string(), safe(&requirement.text)];
        let levels = cells.get(&requirement.id);
        row.extend((0..columns.len()).map(|at| levels.and_then(|l| l.get(at)).map_or_else(String::new, |c| safe(c))));
        let _ = writer.write_record(&row);
    }
    // Writing to memory does not fail, and everything that was written is text.
    Ok(writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default())
}

fn safe(text: &str) -> String {
    if text.starts_with(FORMULA) { format!("'{text}") } else { text.to_owned() }
}
