//! Findings of other tools beside ours: as JSON (`attesta.foreign/1`), Markdown, or plain text for a terminal.

use std::{collections::BTreeMap, io};

use attesta_app::check::CheckReport;
use attesta_evaluation::{Beside, Claim, Compared, ForeignReport, Policy};
use attesta_kernel::Date;
use serde_json::{Map, Value, json};

use super::{
    markdown::{code, plain},
    visible::visible,
};

/// What each of our reports says about other tools' words.
const NOTICE: &str = "Findings of other tools are their words. They change no outcome of ours: a tool's pass is no proof, and \
     a failure that we cannot see ourselves is shown as that tool's.";

/// What is written.
pub struct View<'a> {
    /// The files that were read.
    pub reports: &'a [ForeignReport],
    /// Their findings beside ours.
    pub compared: &'a [Compared<'a>],
    /// Our policies, in order.
    pub policies: &'a [Policy],
    /// Our own check, where one was made.
    pub check: Option<&'a CheckReport<'a>>,
    /// The day of the report.
    pub at: Date,
    /// The version that writes.
    pub version: &'a str,
    /// Most entries of a list in the formats for people.
    pub limit: usize,
}

/// Checks of one tool that no row maps.
#[derive(Default)]
struct Unmapped<'a> {
    title: &'a str,
    by_claim: BTreeMap<Claim, u32>,
}

impl<'a> View<'a> {
    fn counts(&self) -> BTreeMap<Beside, u32> {
        let mut counts: BTreeMap<Beside, u32> = Beside::ALL.into_iter().map(|beside| (beside, 0)).collect();
        for one in self.compared {
            let count = counts.entry(one.beside).or_default();
            *count = count.saturating_add(1);
        }
        counts
    }

    fn tool(&self, one: &Compared<'_>) -> &'a str {
        self.reports.get(one.report).map_or("", |report| &report.tool)
    }

    fn policy(&self, one: &Compared<'_>) -> Option<&'a Policy> {
        self.policies.get(usize::try_from(one.policy?.0).ok()?)
    }

    fn unmapped(&self) -> BTreeMap<(&'a str, &'a str), Unmapped<'a>> {
        let mut unmapped: BTreeMap<(&str, &str), Unmapped<'_>> = BTreeMap::new();
        for one in self.compared.iter().filter(|one| one.row.is_none()) {
            let entry = unmapped.entry((self.tool(one), &one.finding.check)).or_default();
            entry.title = &one.finding.title;
            let count = entry.by_claim.entry(one.finding.claim).or_default();
            *count = count.saturating_add(1);
        }
        unmapped
    }

    fn muted(&self, at: usize) -> usize {
        self.reports.get(at).map_or(0, |report| report.findings.iter().filter(|finding| finding.muted).count())
    }
}

/// Writes everything.
///
/// # Errors
///
/// When `out` refuses bytes.
pub fn json(view: &View<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let inputs = view.reports.iter().enumerate().map(|(at, report)| {
        json!({
            "path": report.path, "format": report.format, "tool": report.tool, "version": report.version,
            "sha256": report.digest.to_string(), "findings": report.findings.len(), "muted": view.muted(at),
        })
    });
    let ours = view.check.map(|check| {
        let documents = check.snapshot.documents.iter();
        let documents: Vec<Value> = documents
            .map(|d| json!({ "path": d.path, "format": d.format.as_str(), "sha256": d.digest.to_string() }))
            .collect();
        json!({ "snapshot": check.snapshot.digest().to_string(), "complete": check.complete(), "documents": documents })
    });
    let counts: Map<String, Value> =
        view.counts().into_iter().map(|(beside, count)| (beside.as_str().to_owned(), json!(count))).collect();
    let unmapped: Vec<Value> = view
        .unmapped()
        .into_iter()
        .map(|((tool, check), told)| {
            let count = |claim| told.by_claim.get(&claim).copied().unwrap_or(0);
            json!({
                "tool": tool, "check": check, "title": told.title, "pass": count(Claim::Pass), "fail": count(Claim::Fail),
                "open": count(Claim::Open), "not_applicable": count(Claim::NotApplicable),
            })
        })
        .collect();
    let findings: Vec<Value> = view.compared.iter().map(|one| entry(view, one)).collect();
    let document = json!({
        "schema": "attesta.foreign/1",
        "attesta": view.version,
        "at": view.at.to_string(),
        "notice": NOTICE,
        "inputs": inputs.collect::<Vec<_>>(),
        "ours": ours,
        "counts": counts,
        "unmapped": unmapped,
        "findings": findings,
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    out.write_all(b"\n")
}

fn entry(view: &View<'_>, one: &Compared<'_>) -> Value {
    let finding = one.finding;
    let policy = view.policy(one);
    let mapped = one.row.map(|row| {
        json!({
            "relation": row.relation.as_str(), "source": row.provenance.source,
            "confidence": row.provenance.confidence.as_str(),
            "elements": row.elements.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    });
    let ours = policy.map(|policy| {
        json!({
            "policy": policy.id.as_str(),
            "status": one.ours.map_or("not_asked", |status| status.as_str()),
            "hipaa": policy.hipaa.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "controls": policy.controls.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "elements": policy.proves.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    });
    json!({
        "input": one.report, "pointer": finding.pointer, "id": finding.id, "check": finding.check,
        "title": finding.title, "claim": finding.claim.as_str(), "word": finding.word,
        "severity": finding.severity.map(|severity| severity.as_str()), "resource": finding.resource,
        "seen_at": finding.at.map(|at| at.to_string()), "muted": finding.muted, "beside": one.beside.as_str(),
        "mapped": mapped, "ours": ours,
    })
}

/// What a group of entries is called, and what it means.
fn told(beside: Beside) -> (&'static str, &'static str) {
    match beside {
        Beside::Conflict => ("In conflict", "both spoke and cannot both be right; look at the resource"),
        Beside::TheirsAlone => ("Theirs alone", "they found it; ours is unknown, did not see it, or has no policy"),
        Beside::BothFail => ("Found by both", "see `attesta check`"),
        Beside::OursAsksMore => ("Ours fails, theirs passes", "ours asks more or another thing"),
        Beside::TheirsAsksMore => ("Theirs fails, ours passes", "theirs asks more or another thing"),
        Beside::BothPass => ("Held by both", "nothing to do"),
        Beside::NoProof => ("Passed by them alone", "no proof: ours stays unknown or not asked"),
        Beside::NotTold => ("Not told", "the tool could not tell, or says that it does not concern"),
    }
}

/// Groups that are shown entry by entry, for people.
const SHOWN: [Beside; 4] = [Beside::Conflict, Beside::TheirsAlone, Beside::TheirsAsksMore, Beside::OursAsksMore];

/// Writes for a pull request or a page.
///
/// # Errors
///
/// When `out` refuses bytes.
pub fn markdown(view: &View<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "## Findings of other tools, beside ours\n\n{NOTICE}\n")?;
    writeln!(out, "| File | Tool | Findings | Muted there | SHA-256 |\n|:--|:--|--:|--:|:--|")?;
    for (at, report) in view.reports.iter().enumerate() {
        let version = report.version.as_deref().unwrap_or("version not told");
        let digest = report.digest.to_string();
        let (path, tool, count) = (code(&report.path), plain(&report.tool), report.findings.len());
        writeln!(out, "| {path} | {tool} {} | {count} | {} | `{digest}` |", plain(version), view.muted(at))?;
    }
    match view.check {
        Some(check) => writeln!(out, "\nOurs: snapshot `{}`, {}.\n", check.snapshot.digest(), view.at)?,
        None => writeln!(out, "\nOurs: nothing was checked (`--beside`), so every finding stands alone.\n")?,
    }
    writeln!(out, "| Beside ours | Entries | Meaning |\n|:--|--:|:--|")?;
    for (beside, count) in view.counts() {
        let (name, meaning) = told(beside);
        writeln!(out, "| {name} | {count} | {} |", plain(meaning))?;
    }
    for beside in SHOWN {
        let entries: Vec<&Compared<'_>> = view.compared.iter().filter(|one| one.beside == beside).collect();
        if entries.is_empty() {
            continue;
        }
        writeln!(
            out,
            "\n### {}\n\n| Their check | Says | Ours | Says | Resource |\n|:--|:--|:--|:--|:--|",
            told(beside).0
        )?;
        for one in entries.iter().take(view.limit) {
            let policy = view.policy(one).map_or_else(|| "no policy".to_owned(), |policy| code(policy.id.as_str()));
            let ours = one.ours.map_or("not asked", |status| status.as_str());
            let theirs = format!("{}{}", plain(&one.finding.word), if one.finding.muted { " (muted)" } else { "" });
            let resource = one.finding.resource.as_deref().map_or_else(|| "none named".to_owned(), code);
            writeln!(out, "| {} | {theirs} | {policy} | {ours} | {resource} |", code(&one.finding.check))?;
        }
        more(entries.len(), view.limit, out)?;
    }
    let unmapped = view.unmapped();
    if !unmapped.is_empty() {
        writeln!(out, "\n### Checks that nothing maps ({})\n", unmapped.len())?;
        writeln!(out, "| Tool | Check | Fail | Pass | Open |\n|:--|:--|--:|--:|--:|")?;
        for ((tool, check), told) in unmapped.iter().take(view.limit) {
            let count = |claim| told.by_claim.get(&claim).copied().unwrap_or(0);
            let (fail, pass, open) = (count(Claim::Fail), count(Claim::Pass), count(Claim::Open));
            writeln!(out, "| {} | {} | {fail} | {pass} | {open} |", plain(tool), code(check))?;
        }
        more(unmapped.len(), view.limit, out)?;
    }
    Ok(())
}

/// Writes for a terminal.
///
/// # Errors
///
/// When `out` refuses bytes.
pub fn table(view: &View<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    for (at, report) in view.reports.iter().enumerate() {
        let version = report.version.as_deref().unwrap_or("(version not told)");
        let muted = view.muted(at);
        let (path, tool, count) = (visible(&report.path), visible(&report.tool), report.findings.len());
        writeln!(out, "{path}: {tool} {}, {count} findings, {muted} muted there", visible(version))?;
    }
    if view.check.is_none() {
        writeln!(out, "nothing of ours was checked (--beside), so every finding stands alone")?;
    }
    writeln!(out)?;
    for (beside, count) in view.counts() {
        let (name, meaning) = told(beside);
        writeln!(out, "{count:>6}  {name:<26} {meaning}")?;
    }
    for beside in SHOWN {
        let entries: Vec<&Compared<'_>> = view.compared.iter().filter(|one| one.beside == beside).collect();
        if entries.is_empty() {
            continue;
        }
        writeln!(out, "\n{}", told(beside).0.to_uppercase())?;
        for one in entries.iter().take(view.limit) {
            let policy = view.policy(one).map_or("no policy", |policy| policy.id.as_str());
            let ours = one.ours.map_or("not asked", |status| status.as_str());
            let muted = if one.finding.muted { " (muted)" } else { "" };
            let (check, word) = (visible(&one.finding.check), visible(&one.finding.word));
            writeln!(out, "  {check}: {word}{muted}; {policy}: {ours}")?;
            writeln!(out, "    {}", visible(one.finding.resource.as_deref().unwrap_or("no resource is named")))?;
        }
        more(entries.len(), view.limit, out)?;
    }
    let unmapped = view.unmapped();
    if !unmapped.is_empty() {
        writeln!(out, "\nCHECKS THAT NOTHING MAPS ({})", unmapped.len())?;
        for ((tool, check), told) in unmapped.iter().take(view.limit) {
            let count = |claim| told.by_claim.get(&claim).copied().unwrap_or(0);
            let (fail, pass, open) = (count(Claim::Fail), count(Claim::Pass), count(Claim::Open));
            writeln!(out, "  {} {}: {fail} fail, {pass} pass, {open} open", visible(tool), visible(check))?;
        }
        more(unmapped.len(), view.limit, out)?;
    }
    writeln!(out, "\n{NOTICE}")
}

fn more(all: usize, limit: usize, out: &mut dyn io::Write) -> io::Result<()> {
    match all.checked_sub(limit).filter(|left| *left > 0) {
        Some(left) => writeln!(out, "\n  … and {left} more; --limit shows them, --format json has all"),
        None => Ok(()),
    }
}
