//! A provider's table becomes a matrix: nothing is guessed, and nothing is given to the provider that no row gives.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{
    Condition, Inheritable, Matrix, MatrixField, MatrixImport, MatrixProfile, Pack, PackElement, PackRequirement,
    Responsibility, Sheet, SheetRow, import_matrix, recognise_matrix,
};
use attesta_kernel::{Confidence, Provenance};
use proptest::prelude::*;

fn profile() -> MatrixProfile {
    let columns = [
        (MatrixField::Requirement, "Requirement"),
        (MatrixField::Element, "Element"),
        (MatrixField::Says, "Who"),
        (MatrixField::Most, "Most"),
        (MatrixField::Csf, "Version"),
        (MatrixField::Notes, "Notes"),
    ];
    MatrixProfile {
        id: "own".into(),
        title: "own".into(),
        notice: "own".into(),
        columns: columns.map(|(field, header)| (field, vec![header.to_owned()])).into(),
        required: [MatrixField::Requirement, MatrixField::Says].into(),
        words: [
            ("Fully inheritable", Responsibility::Provider),
            ("Partially inheritable", Responsibility::Shared),
            ("Not inheritable", Responsibility::Customer),
            ("Provider", Responsibility::Provider),
            ("Shared", Responsibility::Shared),
            ("Customer", Responsibility::Customer),
        ]
        .map(|(word, who)| (word.to_owned(), who))
        .into(),
    }
}

/// `A` has three elements; the elements of `B` are not known.
fn packs() -> Vec<Pack> {
    let requirement = |id: &str, elements: &[&str]| PackRequirement {
        id: id.parse().unwrap(),
        domain: 1,
        control_reference: "01.a".parse().unwrap(),
        title: String::new(),
        text: String::new(),
        elements: (1..)
            .zip(elements)
            .map(|(number, text)| PackElement { number, text: (*text).to_owned(), proven_by: None })
            .collect(),
        core_of: BTreeSet::new(),
        brought_by: BTreeSet::new(),
        brought_when: Condition::Always,
        when: Condition::Always,
        sampled: false,
        topics: BTreeSet::new(),
        hipaa: BTreeSet::new(),
        maps: BTreeMap::new(),
    };
    vec![Pack {
        id: "p".parse().unwrap(),
        title: "p".into(),
        notice: "p".into(),
        csf: None,
        provenance: Provenance { source: "p".into(), confidence: Confidence::Inferred },
        requirements: vec![requirement("A", &["one", "two", "three"]), requirement("B", &[""])],
    }]
}

fn sheet(rows: &[[&str; 6]]) -> Sheet {
    let head = ["Requirement", "ELEMENT:", " who", "Most", "Version", "Notes"];
    let above = [["A title above", "", "", "", "", ""], head];
    let rows = above.iter().chain(rows).zip(1..);
    Sheet {
        name: "t".into(),
        rows: rows.map(|(cells, number)| SheetRow { number, cells: cells.map(str::to_owned).to_vec() }).collect(),
    }
}

fn read(rows: &[[&str; 6]]) -> MatrixImport {
    import_matrix(&profile(), &[sheet(rows)], &packs(), "v11.8.0".parse().ok())
}

/// A row as text: elements by number, the most, and the notes.
fn told(import: &MatrixImport, id: &str) -> String {
    let Some(row) = import.rows.get(&id.parse().unwrap()) else { return "nothing".to_owned() };
    let elements: Vec<String> = row.elements.iter().map(|(n, who)| format!("{n}={who}")).collect();
    let most = row.most.map_or(String::new(), |m| format!(" most {m}"));
    let notes = if row.notes.is_empty() { String::new() } else { format!(" ({})", row.notes) };
    format!("{}{most}{notes}", elements.join(" "))
}

#[test]
fn rows_say_what_they_say() {
    for (rows, id, expected) in [
        (
            &[["A", "1", "Provider", "", "", ""], ["A", "2", "SHARED", "", "", "half"]][..],
            "A",
            "1=provider 2=shared (half)",
        ),
        (&[["A", "", "Fully  Inheritable", "", "", ""]], "A", "1=provider 2=provider 3=provider"),
        (&[["A", "all", "Partially inheritable", "60", "", ""]], "A", "1=shared 2=shared 3=shared most 60"),
        (&[["A", "", "Not inheritable", "", "", ""]], "A", "1=customer 2=customer 3=customer"),
        (&[["A", "", "100%", "", "", ""]], "A", "1=provider 2=provider 3=provider"),
        (&[["A", "", "0 %", "", "", ""]], "A", "1=customer 2=customer 3=customer"),
        (&[["A", "", "40%", "", "", ""]], "A", "1=shared 2=shared 3=shared most 40"),
        // 100 + 50 + 0 of three; an element without a row is the customer's.
        (&[["A", "1", "100%", "", "", ""], ["A", "2", "50%", "", "", ""]], "A", "1=provider 2=shared most 50"),
        (&[["A", "EE 1, EE 3", "Provider", "", "", ""]], "A", "1=provider 3=provider"),
        (&[["A", "1-2", "Provider", "", "", ""]], "A", "1=provider 2=provider"),
        // A row for the whole is a summary where elements have rows of their own.
        (&[["A", "", "Shared", "30", "", ""], ["A", "1", "Provider", "", "", ""]], "A", "1=provider most 30"),
        // Elements that the pack does not know are put together; two of three can be inherited.
        (
            &[["B", "1", "Provider", "", "", ""], ["B", "2", "Shared", "", "", ""], ["B", "3", "Customer", "", "", ""]],
            "B",
            "1=shared most 66",
        ),
        (&[["B", "1", "Provider", "", "", ""], ["B", "2", "Provider", "", "", ""]], "B", "1=provider most 100"),
        (&[["B", "", "Provider", "", "", ""]], "B", "1=provider"),
        (&[["A", "1", "Provider", "", "11.8", ""], ["A", "1", "Customer", "", "v9.6", ""]], "A", "1=provider"),
    ] {
        let import = read(rows);
        assert_eq!(told(&import, id), expected, "{rows:?}");
        let report = &import.report;
        assert!(report.unread.is_empty() && report.conflicts.is_empty(), "{rows:?}: {report:?}");
    }
}

#[test]
fn what_is_not_understood_is_told_and_stays_the_customers() {
    for (row, expected) in [
        (["", "", "Provider", "", "", ""], "t, row 4: it names no requirement"),
        (["A", "9", "Provider", "", "", ""], "t, row 4: `A`: it has no element 9; the last is 3"),
        (["A", "0", "Provider", "", "", ""], "t, row 4: `A`: `0` names no elements; write it like 3, or 1, 2, 4-6"),
        (["A", "2-1", "Provider", "", "", ""], "t, row 4: `A`: `2-1` names no elements; write it like 3, or 1, 2, 4-6"),
        (["A", "1", "Mostly", "", "", ""], "t, row 4: `A`: `Mostly` does not say who answers for it"),
        (["A", "1", "", "", "", ""], "t, row 4: `A`: it does not say who answers for it"),
        (["A", "1", "100", "", "", ""], "t, row 4: `A`: `100` does not say who answers for it"),
        (["A", "1", "101%", "", "", ""], "t, row 4: `A`: `101%` does not say who answers for it"),
        (["A", "1", "Shared", "0.5", "", ""], "t, row 4: `A`: `0.5` is no number of per cent"),
        (["A", "1", "Shared", "", "new", ""], "t, row 4: `new` is not a version of the CSF; write it like `v11.8.0`"),
    ] {
        let import = read(&[["A", "2", "Provider", "", "", ""], row]);
        let unread: Vec<String> = import.report.unread.iter().map(ToString::to_string).collect();
        assert_eq!(unread, [expected]);
        // A requirement of which a row is not understood is left out; otherwise what it holds might say too much.
        let rest = if row[0].is_empty() { "2=provider" } else { "nothing" };
        assert_eq!(told(&import, "A"), rest, "{row:?}");
    }
}

#[test]
fn contradictions_repeats_and_strangers_are_counted() {
    let import = read(&[
        ["A", "1", "Provider", "", "", ""],
        ["A", "1", "Provider", "", "", ""],
        ["A", "1", "Customer", "", "", ""],
        ["B", "", "Shared", "50", "", ""],
        ["B", "", "Shared", "60", "", ""],
        ["C", "1", "Provider", "", "", ""],
        ["C", "2", "Mostly", "", "", ""],
    ]);
    let report = &import.report;
    let conflicts: Vec<String> = report.conflicts.iter().map(ToString::to_string).collect();
    assert_eq!(
        conflicts,
        [
            "t, row 5: `A`: element 1 is customer, but an earlier row says provider",
            "t, row 7: `B`: at most 60 % can be inherited, but an earlier row says 50 %",
        ]
    );
    assert_eq!((report.rows, report.repeats, report.not_in_packs.len(), report.unread.len()), (7, 1, 1, 0));
}

#[test]
fn a_profile_fits_where_its_required_columns_stand() {
    let mut other = profile();
    other.required.insert(MatrixField::Element);
    let none = Sheet { name: "n".into(), rows: vec![SheetRow { number: 1, cells: vec!["Requirement".into()] }] };
    assert_eq!(recognise_matrix(&[profile(), other], std::slice::from_ref(&none)), None);
    assert!(recognise_matrix(&[profile()], &[none.clone(), sheet(&[])]).is_some());
    let import = import_matrix(&profile(), &[none, sheet(&[])], &packs(), None);
    assert_eq!(import.report.headers.left, ["n"]);
    assert_eq!(import.report.headers.sheets, [("t".to_owned(), 2)]);
}

proptest! {
    /// Whatever a table holds: no row stops it, every row is accounted for, and a requirement counts as fully the provider's only
    /// where a row says so of each of its elements or of the whole.
    #[test]
    fn nothing_is_given_that_no_row_gives(
        rows in prop::collection::vec(
            (prop::sample::select(vec!["A", "B", "C", ""]),
             prop::sample::select(vec!["", "1", "2", "3", "1-3", "7", "x"]),
             prop::sample::select(vec!["Provider", "Shared", "Customer", "50%", "100%", "?", ""])),
            0..8),
    ) {
        let table: Vec<[&str; 6]> = rows.iter().map(|(id, element, says)| [*id, *element, *says, "", "", ""]).collect();
        let import = read(&table);
        prop_assert_eq!(import.report.rows, rows.len());
        let (pack, provenance) = (packs().remove(0), Provenance { source: "s".into(), confidence: Confidence::Secondary });
        let matrix = Matrix {
            id: "m".parse().unwrap(), title: "m".into(), notice: "m".into(), provider: None, provenance,
            rows: import.rows.clone(),
        };
        for requirement in &pack.requirements {
            let own: Vec<_> = rows.iter().filter(|r| r.0 == requirement.id.as_str()).collect();
            if matrix.inheritable(requirement) == Inheritable::Fully {
                prop_assert!(own.iter().any(|r| matches!(r.2, "Provider" | "100%")), "{own:?}");
                prop_assert!(own.iter().all(|r| !matches!(r.2, "?" | "")), "{own:?}");
            }
            if own.iter().all(|r| r.2 == "Customer") {
                prop_assert_eq!(matrix.inheritable(requirement), Inheritable::Not);
            }
        }
    }
}
