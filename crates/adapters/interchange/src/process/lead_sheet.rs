//! A sample's lead sheet: population, draw, attributes, and what was found on each item (Handbook 11.3.1).

use std::fmt::Write as _;

use attesta_lifecycle::{Drawn, Finding, ItemOutcome, Sample, SampleResult, Window};

use crate::csv;

/// What is known of the sample, as pairs.
fn facts(sample: &Sample) -> Vec<(String, String)> {
    let p = &sample.population;
    let keys: Vec<&str> = sample.requirements.iter().map(|r| r.as_str()).collect();
    let mut facts = vec![
        ("sample", sample.id.to_string()),
        ("control", sample.control.clone()),
        ("requirements", keys.join(", ")),
        ("control works", sample.frequency.to_string()),
        ("population source", p.source.clone()),
        ("population taken on", p.created.to_string()),
        (
            "population time",
            match p.window {
                Window::Time { from, to } => format!("{from} to {to}"),
                Window::Items => "what is there on that day".to_owned(),
            },
        ),
        ("population size", p.size.to_string()),
        ("population file", p.file.to_string()),
        ("population SHA-256", p.digest.to_string()),
        ("completeness", p.completeness.clone()),
        ("reveals failures", p.reveals_failures.clone()),
    ];
    match &sample.drawn {
        Some(drawn) => facts.extend([
            ("sample size", drawn.size.count.to_string()),
            ("size by", drawn.size.rule.clone()),
            ("source of the rule", format!("{}: {}", drawn.size.provenance.confidence, drawn.size.provenance.source)),
            ("approach", "random, attesta.draw/1".to_owned()),
            ("seed", drawn.seed.to_string()),
            ("drawn", format!("on {} by {}", drawn.on, drawn.by)),
        ]),
        None => facts.push(("sample size", "not drawn yet".to_owned())),
    }
    facts.push(("result", result(sample)));
    facts.into_iter().map(|(what, value)| (what.to_owned(), value)).collect()
}

/// The sample's result in one sentence.
fn result(sample: &Sample) -> String {
    match sample.result() {
        SampleResult::NotDrawn => "nothing was drawn; it says nothing".to_owned(),
        SampleResult::Unfinished { next, missing } => {
            format!("not finished; {missing} findings are missing, the next on {next}; it says nothing yet")
        }
        SampleResult::Finished { passing, .. } => format!("every attribute holds on {passing} items"),
    }
}

fn finding<'a>(drawn: &'a Drawn, item: &str, attribute: u8) -> (&'static str, String, Option<&'a Finding>) {
    let found = drawn.results.get(&(item.into(), attribute));
    match found.map(|f| &f.outcome) {
        None => ("not looked at", String::new(), None),
        Some(ItemOutcome::Holds) => ("holds", String::new(), found),
        Some(ItemOutcome::Deviation { what }) => ("deviation", what.clone(), found),
    }
}

/// The lead sheet as CSV: facts first, then a row for each item and attribute, then replacements.
pub fn lead_sheet_csv(sample: &Sample) -> Vec<u8> {
    let mut rows: Vec<[String; 8]> = Vec::new();
    let mut row = |cells: [&str; 8]| rows.push(cells.map(str::to_owned));
    for (what, value) in facts(sample) {
        row(["fact", &what, &value, "", "", "", "", ""]);
    }
    for (number, attribute) in &sample.attributes {
        let elements: Vec<String> = attribute.elements.iter().map(ToString::to_string).collect();
        let number = number.to_string();
        row(["attribute", &number, &attribute.text, &elements.join(" "), "", "", "", ""]);
    }
    if let Some(drawn) = &sample.drawn {
        for item in &drawn.items {
            for number in sample.attributes.keys() {
                let (outcome, what, found) = finding(drawn, item, *number);
                let evidence: Vec<&str> = found.iter().flat_map(|f| &f.evidence).map(|e| e.as_str()).collect();
                let (on, by) = found.map_or_else(Default::default, |f| (f.on.to_string(), f.by.to_string()));
                let number = number.to_string();
                row(["item", item, &number, outcome, &what, &evidence.join(" "), &on, &by]);
            }
        }
        for r in &drawn.replacements {
            let on = r.on.to_string();
            row(["replaced", &r.item, &r.by_item, "", &r.because, "", &on, r.by.as_str()]);
        }
    }
    csv(&["row", "id", "attribute or value", "outcome or elements", "what", "evidence", "on", "by"], rows)
}

/// The lead sheet as Markdown.
pub fn lead_sheet_markdown(sample: &Sample) -> String {
    let mut out = format!("# Lead sheet {}\n\n| | |\n|---|---|\n", cell(sample.id.as_str()));
    for (what, value) in facts(sample) {
        let _ = writeln!(out, "| {what} | {} |", cell(&value));
    }
    out.push_str("\n## Attributes\n\n| | True of an item that passes | Elements |\n|---|---|---|\n");
    for (number, attribute) in &sample.attributes {
        let elements: Vec<String> = attribute.elements.iter().map(ToString::to_string).collect();
        let _ = writeln!(out, "| {number} | {} | {} |", cell(&attribute.text), elements.join(", "));
    }
    let Some(drawn) = &sample.drawn else { return out };
    let numbers: Vec<String> = sample.attributes.keys().map(ToString::to_string).collect();
    let _ = writeln!(out, "\n## Items\n\n| Item | {} | Evidence |", numbers.join(" | "));
    let _ = writeln!(out, "|---{}|---|", "|---".repeat(numbers.len()));
    for item in &drawn.items {
        let mut cells = Vec::new();
        let mut evidence = Vec::new();
        for number in sample.attributes.keys() {
            let (outcome, what, found) = finding(drawn, item, *number);
            cells.push(if what.is_empty() { outcome.to_owned() } else { format!("{outcome}: {}", cell(&what)) });
            evidence.extend(found.iter().flat_map(|f| &f.evidence).map(|e| e.as_str()));
        }
        evidence.sort_unstable();
        evidence.dedup();
        let _ = writeln!(out, "| {} | {} | {} |", cell(item), cells.join(" | "), evidence.join(", "));
    }
    if !drawn.replacements.is_empty() {
        out.push_str("\n## Replacements\n\n| Item | Stands in | Why | On | By |\n|---|---|---|---|---|\n");
        for r in &drawn.replacements {
            let (item, by_item, because) = (cell(&r.item), cell(&r.by_item), cell(&r.because));
            let _ = writeln!(out, "| {item} | {by_item} | {because} | {} | {} |", r.on, r.by);
        }
    }
    out
}

/// A text in a table's cell: what Markdown or HTML would take for its own is escaped.
fn cell(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '|' | '*' | '_' | '`' | '[' | ']' | '<' | '>' | '\\' | '#' | '&' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
