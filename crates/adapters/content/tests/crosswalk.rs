//! Crosswalks: what ships, overlays, reviews, and every kind of mistake in them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test helper may fail its test")]

use std::{collections::BTreeSet, fs, path::Path, sync::LazyLock, time::Instant};

use attesta_catalog::{Catalog, Fault, FrameworkId};
use attesta_content::{ContentSource, answers, crosswalk, files, load};
use attesta_crosswalk::{
    Basis, Coverage, Crosswalk, Document, NodeId, Relation, Standing, Standings, Status, View, cover, groups,
};
use attesta_kernel::Confidence;
use tempfile::TempDir;

const HEADER: &str = "FDE#,FDE Name,Focal Document Element (FDE),Confidence Levels,NIST IR-8477 Rational,STRM Rationale,STRM Relationship,Strength of Relationship,NIST Requirement Title,Target ID #,NIST Requirement Description,Notes\n";

fn catalog() -> &'static Catalog {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(|| load(&ContentSource::Embedded).unwrap());
    &CATALOG
}

fn shipped(catalog: &Catalog) -> Crosswalk {
    crosswalk(&ContentSource::Embedded, &[], catalog).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

fn overlay(files: &[(&str, &str)]) -> (TempDir, ContentSource) {
    let dir = TempDir::new().unwrap();
    for (name, text) in files {
        let path = dir.path().join("crosswalks").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let source = ContentSource::Folder(dir.path().to_owned());
    (dir, source)
}

fn node(document: Document, id: &str, catalog: &Catalog) -> NodeId {
    NodeId::find(document, id, catalog).unwrap()
}

#[test]
fn what_ships_is_proposed_and_says_its_gaps() {
    let catalog = catalog();
    let crosswalk = shipped(catalog);
    let of = |basis| crosswalk.mappings().iter().filter(move |m| m.basis == basis);
    assert_eq!(of(Basis::Stated).count(), 54);
    assert_eq!(of(Basis::Construction).count(), catalog.elements().count());
    assert!(crosswalk.mappings().iter().all(|m| !matches!(m.status, Status::Reviewed(_))), "nobody reviewed anything");
    for mapping in of(Basis::Listed) {
        assert_eq!(mapping.relation, Relation::IntersectsWith);
        assert!(mapping.provenance.confidence >= Confidence::Inferred, "{mapping:?}");
    }
    for mapping in of(Basis::Stated) {
        assert!(mapping.note.is_some() && mapping.place.is_some(), "{mapping:?}");
        let has_gap = mapping.gap.is_some();
        assert_eq!(has_gap, !matches!(mapping.relation, Relation::Equal | Relation::SupersetOf), "{mapping:?}");
        // A row of ours states what the wide lists already join, and contradicts none.
        assert_eq!(mapping.provenance.confidence, Confidence::Inferred);
    }
}

#[test]
fn every_stated_row_of_ours_names_a_pair_that_its_statement_serves() {
    let catalog = catalog();
    for mapping in shipped(catalog).mappings().iter().filter(|m| m.basis == Basis::Stated) {
        if mapping.source.document() != Document::Attesta {
            continue;
        }
        let citation = mapping.target.id().parse().unwrap();
        let served = match mapping.source.id().parse() {
            Ok(element) => catalog.element(&element).unwrap().element.hipaa.contains(&citation),
            Err(_) => catalog.statement(&mapping.source.id().parse().unwrap()).unwrap().hipaa.contains(&citation),
        };
        assert!(served, "{} to {}", mapping.source, mapping.target);
    }
}

#[test]
fn groups_hold_each_requirement_once() {
    let catalog = catalog();
    for document in Document::ALL {
        let groups = groups(document, catalog);
        let all: Vec<&NodeId> = groups.iter().filter(|g| g.level == 0).flat_map(|g| &g.targets).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{document}");
        for part in groups.iter().filter(|g| g.level == 1) {
            assert!(part.targets.iter().all(|t| all.contains(&t)), "{document} {}", part.key);
        }
        let expected = match document {
            Document::Attesta => 44,
            Document::Hipaa => 55,
            Document::Hitrust => 156,
            Document::Requirements => 0,
            Document::List(FrameworkId::Nist80053) => 1014,
            Document::List(FrameworkId::NistCsf) => 106,
            Document::List(FrameworkId::Soc2) => 61,
            Document::List(FrameworkId::Iso27001) => 118,
            Document::List(FrameworkId::PciDss) => 280,
        };
        assert_eq!(all.len(), expected, "{document}");
    }
    let names =
        |document| groups(document, catalog).into_iter().filter(|g| g.level == 0).map(|g| g.key).collect::<Vec<_>>();
    assert_eq!(names(Document::List(FrameworkId::NistCsf)), ["GV", "ID", "PR", "DE", "RS", "RC"]);
    assert_eq!(names(Document::List(FrameworkId::PciDss)).len(), 15);
    assert_eq!(names(Document::Hitrust).len(), 14);
}

/// 50 ms are the promise of a release build; a debug build, on a busy machine, may take more.
#[test]
fn all_frameworks_and_all_statements_are_fast() {
    let catalog = catalog();
    let crosswalk = shipped(catalog);
    let standings: Standings = catalog
        .statements()
        .map(|s| NodeId::statement(&s.id))
        .chain(catalog.elements().map(|e| NodeId::element(&e.element.id)))
        .map(|node| (node, Standing::Met))
        .collect();
    let targets: Vec<NodeId> = Document::ALL
        .into_iter()
        .flat_map(|d| groups(d, catalog).into_iter().filter(|g| g.level == 0).flat_map(|g| g.targets))
        .collect();
    let fastest = (0..3)
        .map(|_| {
            let start = Instant::now();
            assert_eq!(cover(&crosswalk, &targets, &standings, View::All).len(), targets.len());
            start.elapsed()
        })
        .min()
        .unwrap();
    let bound = if cfg!(debug_assertions) { 1_000 } else { 50 };
    assert!(fastest.as_millis() < bound, "{fastest:?}");
}

#[test]
fn a_review_counts_apart_and_holds_only_for_what_it_saw() {
    let catalog = catalog();
    let review = |relation: &str| {
        format!(
            "schema: attesta.crosswalk-reviews/1\nreviewed: {{by: \"A. Assessor\", on: 2026-12-01}}\nrows:\n  - {{crosswalk: hipaa-to-nist-800-53, source: \"164.308(a)(7)(ii)(A)\", target: CP-9, relation: {relation}}}\n"
        )
    };
    let (_dir, source) = overlay(&[("reviews/mine.yaml", &review("subset of"))]);
    let crosswalk = crosswalk(&ContentSource::Embedded, &[source], catalog).unwrap();
    let standings = Standings::from([(node(Document::List(FrameworkId::Nist80053), "CP-9", catalog), Standing::Met)]);
    let target = node(Document::Hipaa, "164.308(a)(7)(ii)(A)", catalog);
    let covered = cover(&crosswalk, &[target], &standings, View::All).remove(0);
    assert_eq!((covered.coverage, covered.reviewed), (Coverage::Full, Coverage::Full));
    let (_dir, source) = overlay(&[("reviews/mine.yaml", &review("equal"))]);
    let faults = attesta_content::crosswalk(&ContentSource::Embedded, &[source], catalog).unwrap_err();
    let [fault] = faults.as_slice() else { panic!("{faults:?}") };
    assert_eq!(fault.place.line, Some(4));
    assert!(fault.message.contains("the review saw `equal`, and the row now says `subset of`"), "{fault}");
}

fn manifest(change: (&str, &str)) -> String {
    let text = "schema: attesta.crosswalk/1\nid: mine\ntitle: \"Mine\"\nsource: hipaa\ntarget: nist-800-53\nlicence: \"Mine\"\nfile: mine.csv\nformat: strm\nproposed: {by: \"Me\", on: 2026-12-01}\nbases:\n  import: {source: \"A table\", confidence: secondary}\n";
    assert!(text.contains(change.0), "{}", change.0);
    text.replacen(change.0, change.1, 1)
}

fn strm(row: &str) -> String {
    format!(
        "{HEADER}164.312(b),Audit,\"Text, of two\nlines\",high,semantic,Both.,intersects_with,5,Events,AU-2,Text,Gap\n{row}\n"
    )
}

#[test]
fn a_customers_strm_file_is_read_where_it_stands() {
    let catalog = catalog();
    let table = strm("164.312(d),,,low,functional,Both verify.,Superset Of,9,,IA-2(1),,");
    let (_dir, source) = overlay(&[("mine.yaml", &manifest(("mine", "mine"))), ("mine.csv", &table)]);
    let crosswalk = crosswalk(&ContentSource::Embedded, &[source], catalog).unwrap();
    let rows: Vec<_> = crosswalk.mappings().iter().filter(|m| &*m.crosswalk == "mine").collect();
    assert_eq!(rows.len(), 2);
    let row = rows.iter().find(|m| m.target.id() == "IA-2(1)").unwrap();
    assert_eq!((row.relation, row.strength.get()), (Relation::SupersetOf, 9));
    assert_eq!(row.provenance.confidence, Confidence::Unverified);
    assert_eq!(row.place.as_ref().unwrap().line, Some(4), "the quoted field has two lines");
    assert_eq!(row.gap.as_deref(), Some("Both verify."), "without notes the rationale tells");
}

fn faults(files: &[(&str, &str)]) -> Vec<Fault> {
    let (dir, source) = overlay(files);
    let mut faults = crosswalk(&ContentSource::Embedded, &[source], catalog()).unwrap_err();
    for fault in &mut faults {
        fault.place.file = Path::new(&fault.place.file).strip_prefix(dir.path()).unwrap().display().to_string();
    }
    faults
}

#[test]
fn faults_of_a_strm_file_name_their_line() {
    let good = manifest(("mine", "mine"));
    for (table, line, message) in [
        (strm("164.312(z),,,high,semantic,Why.,equal,9,,AU-2,,"), 4, "`164.312(z)` is not in hipaa"),
        (strm("312b,,,high,semantic,Why.,equal,9,,AU-2,,"), 4, "`312b` is not a citation"),
        (strm("164.312(d),,,high,semantic,Why.,equal,9,,ZZ-2,,"), 4, "`ZZ-2` is not in nist-800-53"),
        (strm("164.312(d),,,high,semantic,Why.,equal,9,,AC-2(10),,"), 4, "`AC-2(10)` of nist-800-53 is withdrawn"),
        (strm("164.312(d),,,sure,semantic,Why.,equal,9,,AU-2,,"), 4, "`sure` is not a confidence level"),
        (strm("164.312(d),,,high,guess,Why.,equal,9,,AU-2,,"), 4, "`guess` is not a rationale"),
        (strm("164.312(d),,,high,semantic,Why.,covers,9,,AU-2,,"), 4, "`covers` is not a relation"),
        (strm("164.312(d),,,high,semantic,Why.,equal,12,,AU-2,,"), 4, "`12` is not a strength"),
        (strm("164.312(d),,,high,semantic,,equal,9,,AU-2,,"), 4, "`STRM Rationale` is empty"),
        (strm(",,,high,semantic,Why.,equal,9,,AU-2,,"), 4, "`FDE#` is empty"),
        (strm("164.312(b),,,high,semantic,Why.,equal,9,,AU-2,,"), 4, "row `164.312(b)` to `AU-2` stands twice"),
        (strm("164.312(d),,,high,semantic,Why.,equal,9,,AU-2"), 4, "has 10 fields where the header has 12"),
        (strm("").replace("Target ID #", "Target"), 1, "column `Target ID #` is missing"),
        (strm("").replace("Notes", "Notes,Notes"), 1, "column `Notes` stands twice"),
    ] {
        let found = faults(&[("mine.yaml", &good), ("mine.csv", &table)]);
        assert!(
            found.iter().any(|f| f.place.file == "crosswalks/mine.csv"
                && f.place.line == Some(line)
                && f.message.contains(message)),
            "{message}: {found:#?}"
        );
    }
}

#[test]
fn faults_of_a_manifest_name_their_line() {
    for (change, line, message) in [
        (("id: mine", "id: statements"), 2, "`statements` cannot be a crosswalk's id"),
        (("id: mine", "id: hipaa-to-nist-csf"), 2, "crosswalk `hipaa-to-nist-csf` stands twice"),
        (("source: hipaa", "source: hippa"), 4, "`hippa` is not a framework"),
        (("target: nist-800-53", "target: hipaa"), 2, "leads from hipaa to itself"),
        (("file: mine.csv", "file: ../mine.csv"), 7, "is not the name of a CSV file beside this one"),
        (("proposed: {by: \"Me\", on: 2026-12-01}", "x: 1"), 9, "unknown key `x`"),
        (("proposed: {by: \"Me\", on: 2026-12-01}\n", ""), 2, "says not once who stands for its rows"),
        (("on: 2026-12-01", "on: yesterday"), 9, "`yesterday` is not a date"),
        (("by: \"Me\"", "by: \"\""), 9, "`by` is empty"),
        (("format: strm", "format: xlsx"), 8, "unknown variant `xlsx`"),
        (("schema: attesta.crosswalk/1", "schema: attesta.mappings/1"), 1, "schema `attesta.mappings/1` is not what"),
    ] {
        let found = faults(&[("mine.yaml", &manifest(change)), ("mine.csv", &strm(""))]);
        assert!(
            found.iter().any(|f| f.place.file == "crosswalks/mine.yaml"
                && f.place.line == Some(line)
                && f.message.contains(message)),
            "{message}: {found:#?}"
        );
    }
    let found = faults(&[("mine.yaml", &manifest(("mine", "mine")))]);
    assert!(found.iter().any(|f| f.message.contains("missing from the pack")), "{found:?}");
    let found = faults(&[("notes.txt", "nothing")]);
    assert!(found.iter().any(|f| f.message.contains("holds no crosswalks and no reviews")), "{found:?}");
}

#[test]
fn faults_of_our_own_tables_and_lists_name_their_line() {
    for (file, from, to, line, message) in [
        ("crosswalks/hipaa-to-nist-csf.csv", "PR.AA-03,equal,8", "PR.AA-03,equal,0", 5, "`0` is not a strength"),
        (
            "crosswalks/hipaa-to-nist-csf.csv",
            "PR.AA-03,equal,8,semantic,reading",
            "PR.AA-03,equal,8,semantic,rumour",
            5,
            "basis `rumour` is not one",
        ),
        ("crosswalks/hipaa-to-nist-csf.csv", "PR.AA-03,equal", "PR.AA-03,intersects with", 5, "says no gap"),
        ("crosswalks/lists.yaml", "{strength: 4,", "{strength: 40,", 8, "`40` is not a strength"),
        ("crosswalks/lists.yaml", "least_strength: 3", "least_strength: none", 12, "`none` is not a strength"),
    ] {
        let dir = TempDir::new().unwrap();
        for f in files(&ContentSource::Embedded, "").unwrap() {
            let path = dir.path().join(&f.inside);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let text = if f.inside == file {
                assert!(f.text.contains(from), "{from}");
                f.text.replacen(from, to, 1)
            } else {
                f.text.into_owned()
            };
            fs::write(path, text).unwrap();
        }
        let found = crosswalk(&ContentSource::Folder(dir.path().to_owned()), &[], catalog()).unwrap_err();
        assert!(
            found
                .iter()
                .any(|f| f.place.file.ends_with(file) && f.place.line == Some(line) && f.message.contains(message)),
            "{message}: {found:#?}"
        );
    }
}

#[test]
fn answers_are_read_with_their_lines() {
    let catalog = catalog();
    let file = |text: &str| attesta_content::File {
        path: "a.csv".into(),
        inside: "a.csv".into(),
        text: text.to_owned().into(),
    };
    let good = "framework,id,standing\nhipaa,§164.312(b),met\nattesta,ATT-12-01.2,3 of 5\nhitrust,09.aa,unknown\nhitrust-requirements,1123.01q1System.2,unmet\n";
    let standings = answers(&file(good), catalog).unwrap();
    assert_eq!(standings.len(), 4);
    assert_eq!(standings[&node(Document::Hipaa, "164.312(b)", catalog)], Standing::Met);
    let bad = "framework,id,standing\nhipaa,164.312(b),mostly\nhippa,1,met\nsoc2,CC6.1,met\nsoc2,CC6.1,unmet\nattesta,ATT-99-01,met\n";
    let found: Vec<String> = answers(&file(bad), catalog).unwrap_err().iter().map(ToString::to_string).collect();
    let starts = [
        "a.csv:2: `mostly` is not a standing",
        "a.csv:3: `hippa` is not a framework",
        "a.csv:5: `soc2 CC6.1` is answered twice",
        "a.csv:6: `ATT-99-01` is not in attesta",
    ];
    assert_eq!(found.len(), starts.len(), "{found:#?}");
    assert!(found.iter().zip(starts).all(|(fault, start)| fault.starts_with(start)), "{found:#?}");
}
