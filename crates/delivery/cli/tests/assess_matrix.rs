//! `attesta assess inherit DIR import-matrix` as a user runs it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use std::{fs, io::Write as _, path::Path};

use serde_json::json;
use support::{Run, attesta};
use tempfile::TempDir;

const HEADER: &str = r#"schema: attesta.assessment/1
id: small
title: "Small platform"
organisation: "Example Clinic (fictional)"
type: r2
purpose: validated
csf: v11.8.0
created: 2026-06-01
"#;

/// Invented; the headers are likely ones, the provider does not exist.
const TABLE: &str = "Northgate Cloud (fictional),,,,\n\
    BUID,Evaluative Element,Inheritability,Weight,Rationale\n\
    ATT-12-01,1,Fully Inheritable,,\"keeps it, always\"\n\
    ATT-12-01,2,Partially Inheritable,,\n\
    ATT-12-01,2,partially  inheritable,,\n\
    ATT-16-03,,Shared,60%,\n\
    ATT-18-01,1,Mostly,,\n\
    ATT-99-01,1,Fully Inheritable,,\n";

fn folder(table: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("assessment.yaml"), HEADER).unwrap();
    fs::write(folder.path().join("table.csv"), table).unwrap();
    folder
}

fn import(folder: &TempDir, table: &str, more: &[&str]) -> Run {
    let path = |inside: &str| folder.path().join(inside).display().to_string();
    let (dir, table) = (path(""), path(table));
    let mut words = vec!["assess", "inherit", &dir, "import-matrix", &table, "--id", "host", "--title", "Host"];
    words.extend(more);
    attesta(&words)
}

fn written(folder: &TempDir) -> Option<String> {
    fs::read_to_string(folder.path().join("matrices/host.yaml")).ok()
}

#[test]
fn a_table_becomes_a_matrix_once_somebody_confirms_it() {
    let folder = folder(TABLE);
    let run = import(&folder, "table.csv", &["--dry-run", "--format", "json"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let told = run.json();
    assert_eq!(told["columns"]["says"], json!("Inheritability"));
    assert_eq!(told["sheets"], json!([{"sheet": "table.csv", "header_row": 2}]));
    assert_eq!(told["not_in_packs"], json!(["ATT-99-01"]));
    assert_eq!(told["left_out"], json!(["ATT-18-01"]));
    assert_eq!(told["writes"], json!(false));
    let counts = &told["counts"];
    assert_eq!((&counts["rows"], &counts["requirements"], &counts["repeats"]), (&json!(6), &json!(2), &json!(1)));

    let run = import(&folder, "table.csv", &[]);
    assert_eq!(run.code, 2, "{}", run.out);
    assert!(run.err.contains("confirm it with --accept, or with --profile shared-responsibility"), "{}", run.err);
    assert!(run.out.contains("`Mostly` does not say who answers for it"), "{}", run.out);
    assert_eq!(written(&folder), None);

    let run = import(&folder, "table.csv", &["--accept"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let text = written(&folder).unwrap();
    let rows = text.split_once("rows:\n").unwrap().1;
    assert_eq!(
        rows,
        "  - requirement: \"ATT-12-01\"\n    provider: [1]\n    shared: [2]\n    notes: \"keeps it, always\"\n\
         \u{20} - requirement: \"ATT-16-03\"\n    shared: [1, 2, 3, 4, 5]\n    most: 60\n"
    );
    let dir = folder.path().display().to_string();
    let mine = attesta(&["assess", "inherit", &dir, "mine", "--matrix", "host", "--format", "json"]).json();
    let of = |element: u8| {
        mine["mine"]
            .as_array()
            .unwrap()
            .iter()
            .find(|r| r["requirement"] == "ATT-12-01" && r["element"] == element)
            .cloned()
    };
    assert_eq!(of(1), None);
    assert_eq!(of(2).unwrap()["responsibility"], json!("shared"));
    assert_eq!(of(3).unwrap()["responsibility"], json!("customer"));

    // What stands there is not lost.
    let run = import(&folder, "table.csv", &["--accept"]);
    assert_eq!((run.code, written(&folder)), (3, Some(text.clone())), "{}", run.err);
    fs::write(folder.path().join("table.csv"), TABLE.replace("60%", "50%")).unwrap();
    let run = import(&folder, "table.csv", &["--accept", "--replace"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(written(&folder).unwrap().contains("most: 50"));
}

#[test]
fn what_contradicts_itself_or_fits_nothing_writes_nothing() {
    for (table, more, code, expected) in [
        (TABLE.replace("2,partially  inheritable", "2,None"), &["--accept"][..], 3, "rows contradict each other"),
        (TABLE.replace("Inheritability", "Kind"), &["--accept"], 3, "no profile fits its columns"),
        (
            TABLE.replace("Inheritability", "Kind"),
            &["--profile", "shared-responsibility"],
            3,
            "no sheet has the columns `requirement`, `says`",
        ),
        (TABLE.replace("ATT-1", "XTT-1"), &["--accept"], 3, "no row is about a requirement of this assessment's packs"),
        (TABLE.to_owned(), &["--accept", "--provider", "nobody"], 2, "there is no provider `nobody`"),
        (TABLE.to_owned(), &["--profile", "nothing.yaml"], 2, "`nothing.yaml` is no profile that ships"),
        (TABLE.replace("Mostly", "\0"), &["--accept"], 3, "it is neither UTF-8 nor UTF-16 text"),
        (format!("{TABLE}{}", ",".repeat(600)), &["--accept"], 3, "it has more than 500 columns"),
    ] {
        let folder = folder(&table);
        let run = import(&folder, "table.csv", more);
        assert_eq!(run.code, code, "{expected}: {}", run.err);
        assert!(run.err.contains(expected), "{}", run.err);
        assert_eq!(written(&folder), None, "{expected}");
    }
}

#[test]
fn a_profile_of_ones_own_says_what_headers_and_words_mean() {
    let folder = folder("Regel,Teil,Wer\nATT-12-01,1,Anbieter\nATT-12-01,2,Kunde\n");
    let profile = r#"schema: attesta.matrix-profile/1
id: own
title: "Own"
notice: "theirs"
columns: {requirement: [Regel], element: [Teil], says: [Wer]}
required: [requirement, says]
words: {anbieter: provider, kunde: customer}
"#;
    let path = folder.path().join("own.yaml");
    let path = path.display().to_string();
    for (text, expected) in [
        (profile.replace("says: [Wer]", "who: [Wer]"), "`who` is no field of a matrix; use requirement, element"),
        (profile.replace("kunde: customer", "kunde: client"), "own.yaml:7: `client` is no responsibility"),
        (profile.replace("[requirement, says]", "[requirement]"), "`required` does not name `says`"),
        (profile.replace("says]", "says, most]"), "own.yaml:6: `required` names `most`, which does not stand under"),
    ] {
        fs::write(&path, text).unwrap();
        let run = import(&folder, "table.csv", &["--profile", &path]);
        assert_eq!((run.code, written(&folder)), (3, None));
        assert!(run.err.contains(expected), "{}", run.err);
    }
    fs::write(&path, profile).unwrap();
    let run = import(&folder, "table.csv", &["--profile", &path]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(written(&folder).unwrap().contains("    provider: [1]\n    customer: [2]\n"));
}

/// A workbook with one sheet of texts, as small as Excel's format allows.
fn workbook(path: &Path, rows: &[&[&str]]) {
    let mut sheet =
        String::from(r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>"#);
    for (row, number) in rows.iter().zip(1..) {
        sheet.push_str(&format!("<row r=\"{number}\">"));
        for (cell, letter) in row.iter().zip('A'..) {
            sheet.push_str(&format!("<c r=\"{letter}{number}\" t=\"inlineStr\"><is><t>{cell}</t></is></c>"));
        }
        sheet.push_str("</row>");
    }
    sheet.push_str("</sheetData></worksheet>");
    let relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006";
    let parts = [
        (
            "[Content_Types].xml",
            format!(
                r#"<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>"#
            ),
        ),
        (
            "_rels/.rels",
            format!(
                r#"<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{relation}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                r#"<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{relation}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{relation}"><sheets><sheet name="SRM" sheetId="1" r:id="r1"/></sheets></workbook>"#
            ),
        ),
        ("xl/worksheets/sheet1.xml", sheet),
    ];
    let mut file = zip::ZipWriter::new(fs::File::create(path).unwrap());
    for (name, text) in parts {
        file.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }
    file.finish().unwrap();
}

#[test]
fn a_workbook_is_read_like_a_table() {
    let folder = folder("");
    let rows: [&[&str]; 3] = [&["", "EE #", "Responsibility", "BUID"], &["", "1-2", "Provider", "ATT-12-01"], &[]];
    workbook(&folder.path().join("srm.xlsx"), &rows);
    let run = import(&folder, "srm.xlsx", &["--accept"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("sheet `SRM`, headers in row 1"), "{}", run.out);
    assert!(written(&folder).unwrap().contains("    provider: [1, 2]\n"));
}
