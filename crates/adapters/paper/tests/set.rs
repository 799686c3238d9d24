//! Reports as readers get them: text, tags, pages, and what must never happen to a name.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may stop at a surprise")]

mod support;

use attesta_paper::{MOST_BYTES, NotSet, Template, set};
use serde_json::{Value, json};
use support::{about, day, gaps, readiness, text, tool};

fn letter(organisation: &str, clause: &str) -> Value {
    json!({
        "title": "Management representation letter",
        "about": about(organisation),
        "body": { "note": "a template", "to": ["To the assessor", "[ name ]"], "opening": "We write.", "clauses": [clause], "signatures": ["a", "b", "c"] },
    })
}

#[test]
fn the_readiness_report_says_the_score_the_checkpoint_and_every_domain() {
    let pdf = set(Template::Readiness, &readiness().to_string(), day(), "attesta:asm_1:readiness").unwrap();
    assert!(pdf.bytes.starts_with(b"%PDF-1.7"), "{:?}", &pdf.bytes[..8]);
    let Some(text) = text(&pdf.bytes) else { return };
    for wanted in ["It would not certify", "71.50", "48.25", "not known yet", "unconfirmed", "ATT-06-01", "Page 1 of"] {
        assert!(text.contains(wanted), "{wanted} is missing in:\n{text}");
    }
    for page in text.split('\u{c}').filter(|page| !page.trim().is_empty()) {
        assert!(page.contains("ledger checkpoint of 42 leaves, root qBvzWJ1s"), "a page without its foot:\n{page}");
    }
    let info = tool("pdfinfo", &[], &pdf.bytes).unwrap();
    for wanted in ["Tagged:          yes", "Title:           Readiness report: Riverbend r2", "Nov 27", "612 x 792"] {
        assert!(info.contains(wanted), "{wanted} is missing in:\n{info}");
    }
    assert!(info.contains(&format!("Pages:           {}", pdf.pages)), "{info}");
}

/// `UPDATE_GOLDEN=1` writes it anew; look at the difference.
#[test]
fn the_readiness_report_reads_in_the_order_in_which_it_is_told() {
    let pdf = set(Template::Readiness, &readiness().to_string(), day(), "x").unwrap();
    let Some(text) = tool("pdftotext", &["-raw"], &pdf.bytes) else { return };
    let text = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n") + "\n";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/readiness.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&path).unwrap_or_default());
}

#[test]
fn a_gap_longer_than_a_page_loses_nothing() {
    let mut data = gaps(2, 0);
    let lines: Vec<String> =
        (0..150).map(|n| format!("L{n:03}: what nobody has shown yet, in a line of its own")).collect();
    data["body"]["plans"][0]["unmet"] = json!(lines);
    let pdf = set(Template::Gaps, &data.to_string(), day(), "x").unwrap();
    assert!(pdf.pages > 2, "{}", pdf.pages);
    let Some(text) = text(&pdf.bytes) else { return };
    for number in 0..150 {
        assert!(text.contains(&format!("L{number:03}:")), "line {number} is missing");
    }
}

#[test]
fn the_gap_report_says_every_gap_however_many_pages_it_takes() {
    let pdf = set(Template::Gaps, &gaps(120, 30).to_string(), day(), "attesta:asm_1:gaps").unwrap();
    assert!(pdf.pages > 3, "{}", pdf.pages);
    let Some(text) = text(&pdf.bytes) else { return };
    for number in 0..120 {
        assert!(text.contains(&format!("G-{number:04}")), "gap {number} is missing");
    }
    for number in 0..30 {
        assert!(text.contains(&format!("OPEN-{number:04}")), "requirement {number} without an answer is missing");
    }
    let heads = text.matches("What is unmet").count();
    assert!(heads > 3, "the head of the table stands on every page, and stood {heads} times");
}

#[test]
fn the_same_data_and_day_give_the_same_bytes() {
    let data = readiness().to_string();
    let once = set(Template::Readiness, &data, day(), "x").unwrap();
    assert_eq!(once, set(Template::Readiness, &data, day(), "x").unwrap());
    let other = set(Template::Readiness, &data, "2026-11-28".parse().unwrap(), "x").unwrap();
    assert_ne!(once.bytes, other.bytes, "the day is part of the document");
}

#[test]
fn a_name_full_of_markup_stays_a_name() {
    let name =
        r##"#panic("x") *bold* $ a^2 $ `raw` = Head #import "/etc/passwd" \u{1F4A9} <label> @ref // c /* d */ ] ) }"##;
    let pdf = set(Template::Letter, &letter(name, name).to_string(), day(), "x").unwrap();
    let Some(text) = text(&pdf.bytes) else { return };
    let flat = |words: &str| words.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat(&text).contains(r##"#panic("x") *bold* $ a^2 $ `raw` = Head #import"##), "{text}");
    assert!(flat(&text).contains("<label> @ref // c /* d */ ] ) }"), "{text}");
}

#[test]
fn letters_that_the_fonts_lack_are_named_and_counted() {
    let pdf = set(Template::Letter, &letter("健康 GmbH", "😀 yes").to_string(), day(), "x").unwrap();
    assert!(pdf.replaced >= 3, "{}", pdf.replaced);
    let Some(text) = text(&pdf.bytes) else { return };
    assert!(text.contains("[U+5065][U+5EB7] GmbH"), "{text}");
    assert!(text.contains("fonts lack"), "{text}");
}

#[test]
fn words_without_end_stay_on_the_page_and_whole() {
    let long = "x".repeat(300);
    let mut data = gaps(1, 0);
    data["body"]["plans"][0]["requirement"] = json!(long);
    let pdf = set(Template::Gaps, &data.to_string(), day(), "x").unwrap();
    let Some(text) = text(&pdf.bytes) else { return };
    assert!(text.matches('x').count() >= 300, "{text}");
}

#[test]
fn what_is_too_much_or_no_report_is_refused() {
    let big = "x".repeat(MOST_BYTES + 1);
    assert!(matches!(set(Template::Letter, &big, day(), "x"), Err(NotSet::TooLarge { what: "bytes", .. })));
    let many = letter("a", "b").as_object().unwrap().clone();
    let many = json!({ "title": "x", "about": many["about"], "body": vec!["a"; 100_001] });
    assert!(matches!(set(Template::Letter, &many.to_string(), day(), "x"), Err(NotSet::TooLarge { .. })));
    for broken in ["", "{", "[]", "7"] {
        assert!(matches!(set(Template::Letter, broken, day(), "x"), Err(NotSet::Data(_))), "{broken}");
    }
    assert!(matches!(set(Template::Letter, "{}", day(), "x"), Err(NotSet::Template(_))));
}

#[test]
fn qpdf_finds_nothing_wrong() {
    for (template, data) in [(Template::Readiness, readiness()), (Template::Gaps, gaps(40, 3))] {
        let pdf = set(template, &data.to_string(), day(), "x").unwrap();
        let Some(said) = tool("qpdf", &["--check"], &pdf.bytes) else { return };
        assert!(said.contains("No syntax or stream encoding errors found"), "{said}");
    }
}
