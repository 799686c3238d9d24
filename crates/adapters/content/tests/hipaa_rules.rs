//! The figures of HIPAA's people side that ship, and what is said of figures that make no sense.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test helper may fail its test")]

use std::fs;

use attesta_content::{ContentSource, hipaa_rules, load};
use attesta_hipaa::{Condition, CountedFrom, Rules};
use attesta_kernel::Confidence;

fn shipped() -> Rules {
    let catalog = load(&ContentSource::Embedded).unwrap();
    hipaa_rules(&ContentSource::Embedded, &catalog).unwrap_or_else(|f| panic!("{f:?}"))
}

#[test]
fn the_lists_that_ship_are_whole() {
    let catalog = load(&ContentSource::Embedded).unwrap();
    let rules = shipped();
    let cited =
        |text: &str| rules.agreements.clauses.iter().filter(|c| c.citation.to_string().starts_with(text)).count();
    assert_eq!((cited("164.504(e)(2)(ii)("), cited("164.314(a)(2)(i)("), rules.agreements.clauses.len()), (10, 3, 13));
    assert_eq!(rules.decisions.factors.len(), 4);
    assert_eq!((rules.breach.factors.len(), rules.breach.exclusions.len()), (4, 3));
    assert_eq!(rules.decisions.retention_years, 6);
    for item in catalog.under(&"164.314(a)(1)".parse().unwrap()).filter(|i| i.citation.to_string().contains("(i)(")) {
        assert!(rules.agreements.clauses.iter().any(|c| c.citation == item.citation), "{}", item.citation);
    }
    assert!(rules.gates.iter().any(|g| g.item.to_string() == "164.308(a)(1)(ii)(A)"));
    assert_eq!(rules.risk.matrix.provenance.confidence, Confidence::Inferred);
    assert!(rules.risk.matrix.provenance.source.contains("choice"));
}

#[test]
fn the_thresholds_differ_as_in_the_rule() {
    let rules = shipped();
    let of = |id: &str| rules.breach.clocks.iter().find(|c| c.id.as_str() == id).unwrap();
    assert_eq!(of("media").when, Condition::ResidentsMoreThan(500));
    assert_eq!(of("hhs-large").when, Condition::IndividualsAtLeast(500));
    assert_eq!(of("hhs-small").when, Condition::IndividualsFewerThan(500));
    assert_eq!(of("hhs-small").counted_from, CountedFrom::YearEnd);
    assert!(rules.breach.clocks.iter().all(|c| c.days == 60));
    assert_eq!(rules.breach.oral_hold_days, 30);
}

#[test]
fn what_is_proposed_says_how_sure_we_are() {
    let rules = shipped();
    assert_eq!(rules.proposed.changes.len(), 33);
    assert!(rules.proposed.label.contains("binds nobody"));
    assert!(rules.proposed.changes.iter().all(|c| c.confidence != Confidence::Verified));
    assert!(rules.proposed.changes.iter().all(|c| c.citation_confidence == Confidence::Unverified));
    let unsure = rules.proposed.changes.iter().filter(|c| c.confidence == Confidence::Unverified).count();
    assert_eq!(unsure, 15);
}

#[test]
fn faults_name_file_and_line() {
    let rules = include_str!("../../../../content/hipaa/rules.yaml");
    let proposed = include_str!("../../../../content/hipaa/proposed-2025.yaml");
    let cases = [
        ("{years: 6, basis: security-rule}", "{years: 6, basis: hearsay}", "basis `hearsay` is not one of this file's"),
        ("{id: technical-infrastructure,", "{id: size-and-capabilities,  ", "`size-and-capabilities` stands twice"),
        ("{id: cost,", "{id: Cost,", "`Cost` is not a word of content"),
        ("[low, moderate, moderate, high, very-high]", "[low, moderate, low, high, very-high]", "the level falls"),
        ("[low, moderate, moderate, high, very-high]", "[low, moderate, high, very-high]", "one row for each"),
        ("[low, moderate, moderate, high, very-high]", "[low, dire, moderate, high, very-high]", "`dire` is not one"),
        ("with: individuals", "with: hhs-small", "`hhs-small` is not a clock above this one"),
        ("counted_from: year-end", "counted_from: new-year", "`new-year` is not a beginning of a clock"),
        ("{residents-more-than: 500}", "{residents-more: 500}", "residents-more"),
        ("{residents-more-than: 500}", "{residents-more-than: 1.5}", "not a whole number"),
        ("day: 2013-09-23", "day: soon", "`soon` is not a day"),
        ("{item: \"164.308(b)(3)\"", "{item: \"164.306(a)(1)\"", "is no required or addressable item"),
        ("register: agreements", "register: contracts", "`contracts` is not a register"),
        ("effect: \"HHS", "effects: \"HHS", "unknown key `effects`"),
    ];
    for (from, to, told) in cases {
        check("rules.yaml", rules, from, to, told, proposed);
    }
    check("proposed-2025.yaml", proposed, "basis: recalled", "basis: dreamt", "basis `dreamt` is not", rules);
}

fn check(name: &str, text: &str, from: &str, to: &str, told: &str, other: &str) {
    let broken = text.replacen(from, to, 1);
    assert_ne!(broken, text, "{from}");
    let line = u32::try_from(broken.lines().position(|line| line.contains(to)).unwrap() + 1).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("hipaa");
    fs::create_dir(&folder).unwrap();
    let beside = if name == "rules.yaml" { "proposed-2025.yaml" } else { "rules.yaml" };
    fs::write(folder.join(name), &broken).unwrap();
    fs::write(folder.join(beside), other).unwrap();
    let catalog = load(&ContentSource::Embedded).unwrap();
    let faults = hipaa_rules(&ContentSource::Folder(dir.path().to_owned()), &catalog).unwrap_err();
    let fault = faults.iter().find(|f| f.message.contains(told)).unwrap_or_else(|| panic!("{told}: {faults:?}"));
    assert!(fault.place.file.ends_with(name), "{fault}");
    let stated = fault.place.line.unwrap();
    let near = told.contains("level") || told.contains("one row") || told.contains("dire");
    assert!(stated == line || near, "{fault} is not at line {line}");
}
