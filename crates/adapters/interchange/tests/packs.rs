//! Exports as people have them: every row is accounted for, nothing is guessed, nothing is too big.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

use std::{collections::BTreeMap, io::Write as _, path::PathBuf};

use attesta_assessment::{Import, LevelSays, import, recognise};
use attesta_catalog::Catalog;
use attesta_content::{ContentSource, import_profiles, load};
use attesta_interchange::packs::{Limits, ReadError, export_csv, sheets};
use attesta_scoring::MaturityLevel;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures/packs").join(name)).unwrap()
}

fn catalog() -> &'static Catalog {
    static CATALOG: std::sync::OnceLock<Catalog> = std::sync::OnceLock::new();
    CATALOG.get_or_init(|| load(&ContentSource::Embedded).unwrap())
}

fn read(name: &str, bytes: &[u8]) -> (String, Import) {
    let sheets = sheets(name, bytes, Limits::default()).unwrap();
    let profiles = import_profiles(&ContentSource::Embedded).unwrap();
    let profile = recognise(&profiles, &sheets).unwrap();
    let read = import(profile, &sheets, catalog(), "own".parse().unwrap(), "a test".into()).unwrap();
    (profile.id.to_string(), read)
}

#[test]
fn a_report_is_read_wherever_its_columns_stand() {
    let (profile, read) = read("report-column.xlsx", &fixture("report-column.xlsx"));
    assert_eq!(profile, "report-column");
    let report = &read.report;
    assert_eq!(
        (report.headers.sheets.clone(), report.headers.left.clone()),
        (vec![("Report".into(), 3)], vec!["Cover".into()])
    );
    assert_eq!(report.headers.unknown, ["Assessor Notes"]);
    assert_eq!((report.rows, report.repeats, report.conflicts.len()), (6, 1, 0));
    assert_eq!(report.unread_rows.iter().map(ToString::to_string).collect::<Vec<_>>(), ["Report, row 9: it has no id"]);
    assert_eq!(
        report.unread_cells.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["Report, row 7: `TBD` on measured is no score"]
    );
    let told: Vec<(String, u8, String)> =
        read.pack.requirements.iter().map(|r| (r.id.to_string(), r.domain, r.control_reference.to_string())).collect();
    let expected = [
        ("1123.01q1System.2", 11, "01.q"),
        ("0836.09.n2Organizational.1", 8, "09.n"),
        ("0410.01x1System.12-01.xMobile Computing and Communications", 4, "01.x"),
        ("06.10jAISecSystem.1", 6, "10.j"),
    ];
    assert_eq!(told, expected.map(|(id, domain, reference)| (id.to_owned(), domain, reference.to_owned())));
    let says = |id: &str, level| read.maturity[&id.parse().unwrap()].get(&level).map(|l| l.says);
    assert_eq!(says("1123.01q1System.2", MaturityLevel::Policy), Some(LevelSays::Scored("50".parse().unwrap())));
    assert_eq!(says("0836.09.n2Organizational.1", MaturityLevel::Implemented), Some(LevelSays::Inherited));
    assert_eq!(says("0836.09.n2Organizational.1", MaturityLevel::Measured), None, "an empty cell says nothing");
    assert_eq!(says("06.10jAISecSystem.1", MaturityLevel::Procedure), Some(LevelSays::NotScored));
    assert_eq!(says("06.10jAISecSystem.1", MaturityLevel::Policy), Some(LevelSays::Scored("0".parse().unwrap())));
}

#[test]
fn ids_and_cells_go_back_as_they_came() {
    let (_, read) = read("report-column.xlsx", &fixture("report-column.xlsx"));
    let levels = [MaturityLevel::Policy, MaturityLevel::Implemented];
    let cells: BTreeMap<_, _> = read
        .maturity
        .iter()
        .map(|(key, m)| (key.clone(), levels.map(|l| m.get(&l).map(|c| c.text.clone()).unwrap_or_default()).to_vec()))
        .collect();
    let text = export_csv(&read.pack, &["Maturity - Policy", "Maturity - Implementation"], &cells).unwrap();
    let (_, again) = self::read("back.csv", text.as_bytes());
    assert_eq!(
        again.pack.requirements.iter().map(|r| &r.id).collect::<Vec<_>>(),
        read.pack.requirements.iter().map(|r| &r.id).collect::<Vec<_>>()
    );
    for (key, cells) in &again.maturity {
        for (level, cell) in cells {
            assert_eq!(Some(cell), read.maturity[key].get(level), "{key}");
        }
    }
    let mut hostile = read.pack.clone();
    hostile.requirements[0].text = "=cmd|' /C calc'!A0".into();
    assert!(export_csv(&hostile, &[], &BTreeMap::new()).unwrap().contains("'=cmd|"));
    hostile.requirements[0].id = "=1+1".parse().unwrap();
    assert!(export_csv(&hostile, &[], &BTreeMap::new()).unwrap_err().to_string().contains("begins with `=`"));
}

#[test]
fn rows_that_contradict_each_other_are_told() {
    let (profile, read) = read("e1.csv", &fixture("e1.csv"));
    assert_eq!(profile, "e1-requirements");
    assert_eq!(read.pack.requirements.len(), 2);
    assert_eq!(
        read.report.conflicts[0].to_string(),
        "e1.csv, row 4: `0605.10h1System.12` stands in e1.csv, row 3, with something else"
    );
    assert_eq!(
        read.report.unread_rows[0].to_string(),
        "e1.csv, row 5: `0101.00a1Organizational.9` is of 00.a, but its row says 09.b"
    );
    let first = &read.pack.requirements[0];
    assert_eq!(first.title, "Information Security Management Program");
    assert!(first.core_of.contains("e1") && first.core_of.contains("r2"));
}

#[test]
fn a_library_is_read_by_the_shape_of_its_cells_and_without_repeats() {
    let bytes = fixture("csf-library.csv");
    let (profile, read) = read("CSFLibraryReport_v11.7.csv", &bytes);
    assert_eq!((profile.as_str(), read.report.rows, read.report.repeats), ("csf-library", 3, 1));
    let ids: Vec<&str> = read.pack.requirements.iter().map(|r| r.id.as_str()).collect();
    assert_eq!(ids, ["01.a Level 1 Implementation", "01.b Level 2 Implementation"]);
    // The same without any header that is known: shapes alone.
    let text = String::from_utf8(bytes).unwrap();
    let text = text
        .replace("Textbox52", "Textbox7")
        .replace("Textbox108", "Textbox8")
        .replace("Level_Implementation", "Textbox9");
    let (profile, read) = self::read("library.csv", text.as_bytes());
    assert_eq!((profile.as_str(), read.pack.requirements.len()), ("csf-library", 2));
}

#[test]
fn tables_of_text_are_read_in_every_form_and_nothing_else_is() {
    let text = "Unique ID;Related HITRUST CSF Control;HITRUST CSF Requirement Statement\n1123.01q1System.2;01.q User;Invented; with a blank\n";
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for bytes in
        [text.as_bytes().to_vec(), format!("\u{feff}{text}").into_bytes(), utf16, text.replace(';', "\t").into_bytes()]
    {
        let (profile, read) = read("a.csv", &bytes);
        assert_eq!((profile.as_str(), read.pack.requirements.len()), ("e1-requirements", 1));
    }
    let refused = |bytes: &[u8]| sheets("a", bytes, Limits::default()).unwrap_err().to_string();
    assert!(refused(b"\xD0\xCF\x11\xE0old").contains("save it as .xlsx"));
    assert!(refused(b"<html><table>").contains("HTML page"));
    assert!(refused(b"a,b\n\xE9,1\n").contains("neither UTF-8 nor UTF-16"));
    assert!(refused(b"PK\x03\x04broken").contains("not a workbook"));
}

#[test]
fn what_is_too_big_is_refused_before_it_hurts() {
    let refused = |bytes: &[u8], limits: Limits| sheets("a", bytes, limits).unwrap_err();
    let small = Limits { unpacked: 1_000, ..Limits::default() };
    assert_eq!(
        refused(&fixture("report-column.xlsx"), small),
        ReadError::TooBig { what: "bytes unpacked", most: 1_000 }
    );
    // One cell in row 900,000 is no reason to make 900,000 rows.
    assert_eq!(
        refused(&fixture("far-away.xlsx"), Limits::default()),
        ReadError::TooBig { what: "rows", most: 100_000 }
    );
    // A bomb: 12 MB of zeros in some 12 kB.
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("xl/workbook.xml", zip::write::SimpleFileOptions::default()).unwrap();
    for _ in 0..12 {
        zip.write_all(&vec![0; 1 << 20]).unwrap();
    }
    let bomb = zip.finish().unwrap().into_inner();
    assert!(bomb.len() < 100_000);
    let eight = Limits { unpacked: 8 << 20, ..Limits::default() };
    assert!(matches!(refused(&bomb, eight), ReadError::TooBig { what: "bytes unpacked", .. }));
    let wide = format!("{}\n", ",".repeat(600));
    assert!(matches!(refused(wide.as_bytes(), Limits::default()), ReadError::TooBig { what: "columns", .. }));
    let bytes = Limits { bytes: 3, ..Limits::default() };
    assert!(matches!(refused(b"a,b\n", bytes), ReadError::TooBig { what: "bytes", .. }));
}
