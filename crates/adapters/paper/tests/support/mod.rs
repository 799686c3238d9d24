//! Data of reports, and the tools that read PDFs for the tests.

use std::process::Command;

use attesta_kernel::Date;
use serde_json::{Value, json};

pub(crate) fn day() -> Date {
    "2026-11-27".parse().unwrap()
}

pub(crate) fn about(organisation: &str) -> Value {
    json!({
        "organisation": organisation, "id": "asm_1", "assessment": "Riverbend r2", "what": "r2 validated, v11.5",
        "day": "2026-11-27", "made": "", "checkpoint": { "size": "42", "root": "qBvzWJ1sYk3N0d5xAAAAAAAAAAAAAAAAAAAAAAAAAAA=" },
        "rests": "ledger checkpoint of 42 leaves, root qBvzWJ1s",
    })
}

pub(crate) fn readiness() -> Value {
    let domain = |number: u8, title: &str, hundredths: Option<u32>, score: &str, reach: &str, unanswered: usize| json!({ "number": number, "title": title, "hundredths": hundredths, "score": score, "reach": reach, "unanswered": unanswered });
    json!({
        "title": "Readiness report",
        "about": about("Riverbend Telehealth"),
        "body": {
            "sentence": "It would not certify: Configuration Management is below the threshold.",
            "answered": { "count": 20, "of": 24 }, "domains_ready": { "count": 1, "of": 4 }, "plans": 1, "others": 2,
            "threshold": { "hundredths": 6200, "shown": "62", "unconfirmed": true },
            "domains": [
                domain(1, "Information Protection Program", Some(7150), "71.50", "reached", 0),
                domain(6, "Configuration Management", Some(4825), "48.25", "below", 0),
                domain(16, "Business Continuity & Disaster Recovery", Some(5500), "55", "not-known", 3),
                domain(19, "Data Protection & Privacy", None, "-", "not-answered", 1),
            ],
            "caps": [{ "requirement": "ATT-06-01", "title": "Settings are written down", "domain": 6, "score": "25" }],
            "says": ["20 of 24 requirements are answered.", "1 of 4 domains reach the threshold of 62, which nobody confirmed."],
            "basis": "The entity's own answers.",
            "unconfirmed": ["threshold of a domain (secondary source)"],
        },
    })
}

pub(crate) fn gaps(count: usize, open: usize) -> Value {
    let gap = |number: usize| {
        json!({
            "requirement": format!("G-{number:04}"), "title": "Access is reviewed each quarter by whoever owns the system",
            "domain": number % 19 + 1, "domain_passes": number.is_multiple_of(2), "score": "41.25",
            "below": ["policy 50", "implemented 25"],
            "unmet": ["1: every account has an owner", "3: accounts that nobody used for ninety days are closed"],
        })
    };
    let half = count.div_ceil(2);
    json!({
        "title": "Gap report",
        "about": about("Riverbend Telehealth"),
        "body": {
            "sentence": format!("{half} requirements need a corrective action plan; {} more fall short.", count - half),
            "says": [], "plans": (0..half).map(gap).collect::<Vec<_>>(), "others": (half..count).map(gap).collect::<Vec<_>>(),
            "unanswered": (0..open).map(|n| format!("OPEN-{n:04}")).collect::<Vec<_>>(),
            "basis": "The entity's own answers.", "unconfirmed": [],
        },
    })
}

/// What a tool says of a PDF. A developer's machine may lack it (then none); CI's may not.
pub(crate) fn tool(name: &str, before: &[&str], pdf: &[u8]) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("it.pdf");
    std::fs::write(&file, pdf).unwrap();
    let mut command = Command::new(name);
    command.args(before).arg(&file);
    if name == "pdftotext" {
        command.arg("-");
    }
    match command.output() {
        Ok(output) => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        Err(_) if std::env::var_os("ATTESTA_REQUIRE_PDF_READERS").is_none() => None,
        Err(e) => panic!("{name}: {e}; apt-get install poppler-utils qpdf"),
    }
}

/// The text of a PDF, lines as they stand on the page, without the places to break that nobody sees.
pub(crate) fn text(pdf: &[u8]) -> Option<String> {
    tool("pdftotext", &["-layout"], pdf).map(|text| text.replace('\u{200b}', ""))
}
