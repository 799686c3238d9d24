//! `matrices/*.yaml`: shared responsibility matrices, written by people or imported from a provider's table.

use std::fmt::Write as _;

use attesta_assessment::{Matrix, Responsibility};

use crate::{Change, Over, text};

/// Where matrices stand in an assessment's folder.
pub(crate) const MATRICES: &str = "matrices";

/// The change that writes a matrix into the folder. Reading it again gives the same matrix.
pub fn matrix_change(matrix: &Matrix, over: Over) -> Change {
    let mut out =
        format!("# Written by `attesta assess inherit import-matrix`.\nschema: attesta.matrix/1\nid: {}\n", matrix.id);
    let _ = writeln!(out, "title: {}\nnotice: {}", text(&matrix.title), text(&matrix.notice));
    if let Some(provider) = &matrix.provider {
        let _ = writeln!(out, "provider: {provider}");
    }
    let _ = writeln!(out, "source: {}\nconfidence: {}", text(&matrix.provenance.source), matrix.provenance.confidence);
    out.push_str(if matrix.rows.is_empty() { "rows: []\n" } else { "rows:\n" });
    for (key, row) in &matrix.rows {
        let _ = writeln!(out, "  - requirement: {}", text(key.as_str()));
        for who in Responsibility::ALL {
            let numbers: Vec<String> =
                row.elements.iter().filter(|(_, of)| **of == who).map(|(number, _)| number.to_string()).collect();
            if !numbers.is_empty() {
                let _ = writeln!(out, "    {who}: [{}]", numbers.join(", "));
            }
        }
        if let Some(most) = row.most {
            let _ = writeln!(out, "    most: {most}");
        }
        if !row.notes.is_empty() {
            let _ = writeln!(out, "    notes: {}", text(&row.notes));
        }
    }
    Change { inside: format!("{MATRICES}/{}.yaml", matrix.id), text: out, over }
}

#[cfg(test)]
mod tests {
    use attesta_content::File;

    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let shipped = attesta_content::matrices(&attesta_content::ContentSource::Embedded).unwrap();
        for matrix in shipped {
            let mut matrix = matrix.value;
            matrix.provider = "host".parse().ok();
            if let Some(row) = matrix.rows.values_mut().next() {
                row.most = "66.5".parse().ok();
                row.notes = "a \"b\": # c\n\u{85}d".into();
            }
            let change = matrix_change(&matrix, Over::Nothing);
            let mut faults = Vec::new();
            let file = File { path: "m".into(), inside: "m".into(), text: change.text.into() };
            let read = attesta_content::matrix(&file, &mut faults);
            assert_eq!((read.map(|m| m.value), faults), (Some(matrix), Vec::new()));
        }
    }
}
