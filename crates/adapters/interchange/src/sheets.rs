//! Tables for spreadsheets.

/// A table as CSV (RFC 4180), with a byte order mark so that spreadsheets read UTF-8.
///
/// A cell that a spreadsheet would run as a formula (it begins with `=`, `+`, `-`, `@`, a tab or a carriage return) gets an
/// apostrophe in front, which spreadsheets take as "this is text"; plain numbers are left alone.
///
/// ```
/// let bytes = attesta_interchange::csv(&["id", "comment"], [["R1".to_owned(), "=1+1".to_owned()]]);
/// assert_eq!(String::from_utf8(bytes).unwrap(), "\u{feff}id,comment\r\nR1,'=1+1\r\n");
/// ```
pub fn csv<const N: usize>(heading: &[&str; N], rows: impl IntoIterator<Item = [String; N]>) -> Vec<u8> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer("\u{feff}".as_bytes().to_vec());
    // Writing to memory cannot fail, and every row has as many cells as the heading.
    let _ = writer.write_record(heading);
    for row in rows {
        let _ = writer.write_record(row.map(|cell| harmless(&cell)));
    }
    writer.into_inner().unwrap_or_default()
}

fn harmless(cell: &str) -> String {
    let number = cell.strip_prefix('-').unwrap_or(cell).bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !(number && cell.len() > 1) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_are_text() {
        for (cell, wanted) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("a \"b\"\nc", "\"a \"\"b\"\"\nc\""),
            ("-5.25", "-5.25"),
            ("-", "'-"),
            ("-1+cmd", "'-1+cmd"),
            ("@SUM(1)", "'@SUM(1)"),
            ("\t=1", "'\t=1"),
        ] {
            let text = String::from_utf8(csv(&["x"], [[cell.to_owned()]])).unwrap();
            assert_eq!(text, format!("\u{feff}x\r\n{wanted}\r\n"));
        }
    }
}
