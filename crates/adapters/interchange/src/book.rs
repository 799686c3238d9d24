//! Tables as a workbook (`.xlsx`, ECMA-376): cells of text, no formulas, the same bytes for the same tables.

use std::io::{Cursor, Write as _};

use attesta_assessment::Sheet;
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

const TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>"#;
const RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">"#;
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
/// What a cell holds at most (Excel's own limit).
const LONGEST: usize = 32_767;

/// The tables as one workbook; each becomes a sheet of its name.
///
/// # Errors
///
/// When a sheet is too big to be packed.
pub fn workbook(sheets: &[Sheet]) -> Result<Vec<u8>, std::io::Error> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    let mut types = TYPES.to_owned();
    let mut relations = RELATIONS.to_owned();
    let mut book = format!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>"#
    );
    let mut put = |name: &str, text: &str| -> Result<(), std::io::Error> {
        zip.start_file(name, options).map_err(std::io::Error::other)?;
        zip.write_all(text.as_bytes())
    };
    for (number, sheet) in (1_u32..).zip(sheets) {
        types.push_str(&format!(r#"<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>"#));
        relations.push_str(&format!(
            r#"<Relationship Id="rId{number}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>"#
        ));
        book.push_str(&format!(
            r#"<sheet name="{}" sheetId="{number}" r:id="rId{number}"/>"#,
            escaped(&named(&sheet.name))
        ));
        put(&format!("xl/worksheets/sheet{number}.xml"), &written(sheet))?;
    }
    put("xl/workbook.xml", &format!("{book}</sheets></workbook>"))?;
    put("xl/_rels/workbook.xml.rels", &format!("{relations}</Relationships>"))?;
    put(
        "_rels/.rels",
        &format!(
            r#"{RELATIONS}<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
        ),
    )?;
    put("[Content_Types].xml", &format!("{types}</Types>"))?;
    Ok(zip.finish().map_err(std::io::Error::other)?.into_inner())
}

fn written(sheet: &Sheet) -> String {
    let mut out =
        format!(r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><worksheet xmlns="{MAIN}"><sheetData>"#);
    for row in &sheet.rows {
        out.push_str(&format!(r#"<row r="{}">"#, row.number));
        for cell in &row.cells {
            out.push_str(r#"<c t="inlineStr"><is><t xml:space="preserve">"#);
            out.push_str(&escaped(cell));
            out.push_str("</t></is></c>");
        }
        out.push_str("</row>");
    }
    out.push_str("</sheetData></worksheet>");
    out
}

/// A name as a sheet may have it: at most 31 characters, without those that Excel refuses.
fn named(name: &str) -> String {
    name.chars().map(|c| if "[]:*?/\\".contains(c) { ' ' } else { c }).take(31).collect()
}

/// A text for XML 1.0, without what XML cannot say.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().take(LONGEST) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at a surprise")]

    use attesta_assessment::SheetRow;

    use super::*;
    use crate::packs::{Limits, sheets};

    #[test]
    fn what_is_written_is_read_again() {
        let row = |number, cells: &[&str]| SheetRow { number, cells: cells.iter().map(|c| (*c).to_owned()).collect() };
        let tables = vec![
            Sheet {
                name: "gaps".to_owned(),
                rows: vec![row(1, &["id", "title"]), row(2, &["R1", "a <b> & \"c\"\n=1+1"])],
            },
            Sheet { name: "evidence".to_owned(), rows: vec![row(1, &["id"]), row(3, &["ärzte 日本"])] },
        ];
        let bytes = workbook(&tables).unwrap();
        assert_eq!(bytes, workbook(&tables).unwrap(), "the same tables are the same bytes");
        assert_eq!(sheets("x.xlsx", &bytes, Limits::default()).unwrap(), tables);
    }
}
