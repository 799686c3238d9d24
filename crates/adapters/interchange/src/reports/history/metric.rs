//! One metric's evidence, as Markdown: what it is, what it gave, what people did, and what it rests on.

use std::fmt::Write as _;

use attesta_kernel::Date;
use attesta_posture::{Metric, MetricResult, PeriodState, Value, in_words};

use crate::reports::{visible::visible, words};

/// What the document says.
#[derive(Debug)]
pub struct MetricPage<'a> {
    /// Attesta's version.
    pub version: &'a str,
    /// Up to which day it was worked out.
    pub at: Date,
    /// The metric.
    pub metric: &'a Metric,
    /// What it gave.
    pub result: &'a MetricResult,
    /// Whether Measured is shown, in words.
    pub measured: &'a str,
    /// Whether Managed is shown, in words.
    pub managed: &'a str,
    /// The runs that count.
    pub inputs: &'a [MetricInput],
    /// The newest run of the history, and its digest.
    pub newest: Option<(String, String)>,
}

/// A run that counts.
#[derive(Debug)]
pub struct MetricInput {
    /// The run.
    pub run: String,
    /// When it looked.
    pub at: String,
    /// Its digest.
    pub digest: String,
    /// The digest of the policies and the catalog.
    pub content: String,
    /// Whether it saw everything.
    pub complete: bool,
    /// What it read: path and SHA-256.
    pub documents: Vec<(String, String)>,
}

/// A value in words.
pub fn metric_value(value: &Value) -> String {
    match value {
        Value::Count(count) => count.to_string(),
        Value::Share(share) => format!("{share} ({} %)", share.percent().unwrap_or(0)),
        Value::Mean(mean) => format!("{} (mean of {})", in_words(mean.whole()), mean.of),
        Value::Nothing => "nothing was mended".to_owned(),
    }
}

/// Text in a cell of a table or a line: nothing in it can end the cell, begin a link or hide.
fn cell(text: &str) -> String {
    let mut out = String::new();
    for c in visible(&words::on_one_line(text)).chars() {
        if matches!(c, '|' | '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '#' | '&') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The document.
pub fn metric_markdown(page: &MetricPage<'_>) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(page, &mut out);
    out
}

fn write(page: &MetricPage<'_>, out: &mut String) -> std::fmt::Result {
    let MetricPage { metric, result, .. } = page;
    writeln!(out, "# Metric {}: {}\n", cell(metric.id.as_str()), cell(&metric.describes))?;
    writeln!(
        out,
        "Worked out by Attesta {} over the runs kept up to {}. What was unknown or not looked at counts as passing nowhere.\n",
        page.version, page.at
    )?;
    writeln!(out, "- Measured: {}\n- Managed: {}\n", cell(page.measured), cell(page.managed))?;
    writeln!(
        out,
        "A person decides what this shows of a requirement; this document proposes nothing by itself.\n\n## Definition\n"
    )?;
    let policies: Vec<&str> = metric.policies.iter().map(|p| p.as_str()).collect();
    let requirements: Vec<&str> = metric.requirements.iter().map(String::as_str).collect();
    let rows = [
        ("What is measured", metric.describes.clone()),
        ("Requirements", requirements.join(", ")),
        ("Data", format!("checks of {} in runs of {}", policies.join(", "), metric.source)),
        ("How it is worked out", metric.counts.calculation().to_owned()),
        ("Threshold", metric.threshold.to_string()),
        ("Taken", format!("{}, since {}", metric.frequency, metric.starts)),
        ("Taken by", metric.owner.clone()),
        ("Independent of the control", if metric.independent { "yes" } else { "no" }.to_owned()),
        ("Reviewed by", format!("{}, {}", metric.reviewer, metric.review_frequency)),
        ("Process for breaches", metric.treatment.clone().unwrap_or_else(|| "none named".to_owned())),
    ];
    writeln!(out, "| | |\n|---|---|")?;
    for (name, text) in rows {
        writeln!(out, "| {name} | {} |", cell(&text))?;
    }
    writeln!(
        out,
        "\n## Results\n\n| Period | Stands | Value | Pass | Fail | Waived | Unknown | Runs | Last run |\n|---|---|---|---|---|---|---|---|---|"
    )?;
    for p in &result.periods {
        let stands = match &p.state {
            PeriodState::NotTold(why) => format!("not told: {why}"),
            other => other.as_str().to_owned(),
        };
        let value = p.value.as_ref().map_or(String::new(), metric_value);
        let last = p.last.map_or(String::new(), |m| format!("{}, {}", m.run, m.at));
        let [pass, fail, waived, unknown] = [p.tally.pass, p.tally.fail, p.tally.waived, p.tally.untold()];
        writeln!(
            out,
            "| {} to {} | {} | {} | {pass} | {fail} | {waived} | {unknown} | {} | {last} |",
            p.period.from,
            p.period.to,
            cell(&stands),
            cell(&value),
            p.runs
        )?;
    }
    let missing: Vec<String> =
        result.periods.iter().filter(|p| p.state == PeriodState::Missing).map(|p| p.period.from.to_string()).collect();
    if missing.is_empty() {
        writeln!(out, "\nNo period is missing.")?;
    } else {
        writeln!(out, "\n**Missing, no run looked:** the periods from {}.", missing.join(", "))?;
    }
    writeln!(out, "\n## Breaches and reactions\n")?;
    let mut any = false;
    for p in result.periods.iter().filter(|p| p.state == PeriodState::Breached) {
        any = true;
        let reaction = p.reaction.and_then(|index| metric.reactions.get(index));
        let told = match reaction {
            Some(r) => {
                let action = r.action.as_ref().map_or(String::new(), |a| format!(" (corrective action {})", cell(a)));
                let works = p.effective.map_or("no later period shows yet that it worked".to_owned(), |e| {
                    format!("the period from {} shows that it worked", e.from)
                });
                format!("{} by {}{action}: {}; {works}", r.on, cell(&r.by), cell(&r.what))
            }
            None => "**no reaction is recorded**".to_owned(),
        };
        writeln!(out, "- {} to {}: {told}.", p.period.from, p.period.to)?;
    }
    if !any {
        writeln!(out, "Nothing was breached.")?;
    }
    writeln!(out, "\n## Reviews\n")?;
    for review in &metric.reviews {
        writeln!(out, "- {} by {}: {}", review.on, cell(&review.by), cell(&review.says))?;
    }
    let left_out: Vec<String> = result.unreviewed.iter().map(|p| p.from.to_string()).collect();
    if !left_out.is_empty() {
        writeln!(out, "- **Left out:** the periods of review from {}.", left_out.join(", "))?;
    }
    writeln!(
        out,
        "\n## What it rests on\n\nThe last run of each period. Each digest is a SHA-256; that of a run covers everything kept of it and of every run before it.\n"
    )?;
    for input in page.inputs {
        let seen = if input.complete { "everything was seen" } else { "part of it was not seen" };
        writeln!(
            out,
            "- {} at {}, {seen}\n  - run `{}`\n  - policies and catalog `{}`",
            input.run, input.at, input.digest, input.content
        )?;
        for (path, digest) in &input.documents {
            writeln!(out, "  - read `{digest}` {}", cell(path))?;
        }
    }
    if let Some((run, digest)) = &page.newest {
        writeln!(
            out,
            "\nThe newest run by then is {run}, digest `{digest}`. To verify: `attesta history fsck DIR --known {digest}`, and `attesta history show DIR RUN --documents OUT` brings out what a run read."
        )?;
    }
    Ok(())
}
