//! JUnit XML, for build servers: a suite per policy, a case per resource.
//!
//! What cannot be told and what is waived is *skipped*, with a message; a policy that could not run and an input that
//! could not be read are *errors*, so that "could not check" never looks like "checked". The file names no times.

use std::{fmt::Write as _, io};

use attesta_app::check::{CheckReport, Counts, Lines};
use attesta_evaluation::{Outcome, Policy, Reason, Status};

use super::{Options, groups, place};

/// Writes the report.
///
/// # Errors
///
/// When `out` refuses bytes.
pub fn write(
    report: &CheckReport<'_>,
    lines: &Lines,
    options: &Options<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut xml = Xml(out);
    let waivers = groups::waivers(report);
    let faults = waivers.iter().filter(|(_, _, fault)| fault.is_some()).count();
    let totals = Suite::of(&groups::totals(report)).and(Suite {
        tests: waivers.len().saturating_add(report.refused.len()),
        failures: faults,
        errors: report.refused.len(),
        skipped: 0,
    });
    xml.0.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")?;
    xml.suite("<testsuites", &format!("attesta {}", options.version), totals)?;
    let by_policy = by_policy(report);
    for ((policy, counts), outcomes) in report.policies.iter().zip(&report.counts).zip(&by_policy) {
        if outcomes.is_empty() {
            continue;
        }
        xml.suite("  <testsuite", policy.id.as_str(), Suite::of(counts))?;
        for outcome in outcomes.iter().filter_map(|index| report.outcomes.get(*index)) {
            xml.case(report, lines, policy, outcome)?;
        }
        xml.0.write_all(b"  </testsuite>\n")?;
    }
    xml.waivers(&waivers, faults)?;
    xml.refused(report)?;
    xml.0.write_all(b"</testsuites>\n")
}

/// Outcomes of each policy, by resource. Kept as indexes: the outcomes themselves are by resource.
fn by_policy(report: &CheckReport<'_>) -> Vec<Vec<usize>> {
    let mut by_policy = vec![Vec::new(); report.policies.len()];
    for (index, outcome) in report.outcomes.iter().enumerate() {
        if let Some(slot) = usize::try_from(outcome.policy.0).ok().and_then(|i| by_policy.get_mut(i)) {
            slot.push(index);
        }
    }
    by_policy
}

#[derive(Clone, Copy)]
struct Suite {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Suite {
    fn of(counts: &Counts) -> Self {
        let Counts { pass, fail, waived, unknown, errored, not_applicable: _ } = *counts;
        let size = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        let (failures, errors, skipped) = (size(fail), size(errored), size(waived).saturating_add(size(unknown)));
        Self {
            tests: size(pass).saturating_add(failures).saturating_add(errors).saturating_add(skipped),
            failures,
            errors,
            skipped,
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            tests: self.tests.saturating_add(other.tests),
            failures: self.failures.saturating_add(other.failures),
            errors: self.errors.saturating_add(other.errors),
            skipped: self.skipped.saturating_add(other.skipped),
        }
    }
}

struct Xml<'o>(&'o mut dyn io::Write);

impl Xml<'_> {
    /// Opens a suite: `tag` is the indented beginning of its tag.
    fn suite(&mut self, tag: &str, name: &str, of: Suite) -> io::Result<()> {
        let Suite { tests, failures, errors, skipped } = of;
        let name = attribute(name);
        writeln!(
            self.0,
            "{tag} name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\">"
        )
    }

    fn case(&mut self, report: &CheckReport<'_>, lines: &Lines, policy: &Policy, outcome: &Outcome) -> io::Result<()> {
        let Some(resource) = report.snapshot.resource(outcome.resource) else { return Ok(()) };
        let name = attribute(&resource.address);
        write!(self.0, "    <testcase classname=\"{}\" name=\"{name}\"", policy.id)?;
        let location = place::of_outcome(report, lines, outcome);
        if let Some(location) = &location {
            write!(self.0, " file=\"{}\"", attribute(&location.path))?;
            if let Some(line) = location.line {
                write!(self.0, " line=\"{line}\"")?;
            }
        }
        let leaf = report.main_reason(outcome).map_or_else(|| policy.title.clone(), leaf);
        match (outcome.status, outcome.waived.and_then(|w| report.waiver(w))) {
            (Status::Pass | Status::NotApplicable, _) => writeln!(self.0, "/>"),
            (Status::Fail, Some(waiver)) => {
                let why = format!("waived until {} by {}: {}", waiver.until, waiver.approved_by, waiver.reason);
                self.skipped(&why)
            }
            (Status::Fail, None) => {
                let message = attribute(&leaf);
                write!(self.0, ">\n      <failure type=\"{}\" message=\"{message}\">", policy.severity)?;
                self.0.write_all(content(&detail(policy, outcome, location.as_ref())).as_bytes())?;
                self.0.write_all(b"</failure>\n    </testcase>\n")
            }
            (Status::Unknown, _) => self.skipped(&format!("unknown: {leaf}")),
            (Status::Errored, _) => {
                writeln!(self.0, ">\n      <error type=\"errored\" message=\"{}\"/>\n    </testcase>", attribute(&leaf))
            }
        }
    }

    fn skipped(&mut self, why: &str) -> io::Result<()> {
        writeln!(self.0, ">\n      <skipped message=\"{}\"/>\n    </testcase>", attribute(why))
    }

    fn waivers(&mut self, waivers: &[groups::WaiverRow<'_>], faults: usize) -> io::Result<()> {
        if waivers.is_empty() {
            return Ok(());
        }
        let of = Suite { tests: waivers.len(), failures: faults, errors: 0, skipped: 0 };
        self.suite("  <testsuite", "waivers", of)?;
        for (waiver, _, fault) in waivers {
            let name = attribute(&format!("{} on {}", waiver.policy, waiver.resource));
            write!(self.0, "    <testcase classname=\"waivers\" name=\"{name}\"")?;
            match fault {
                None => writeln!(self.0, "/>")?,
                Some(fault) => {
                    let message = attribute(&groups::fault_text(waiver, *fault));
                    writeln!(self.0, ">\n      <failure type=\"waiver\" message=\"{message}\"/>\n    </testcase>")?;
                }
            }
        }
        self.0.write_all(b"  </testsuite>\n")
    }

    fn refused(&mut self, report: &CheckReport<'_>) -> io::Result<()> {
        let refused = &report.refused;
        if refused.is_empty() {
            return Ok(());
        }
        let of = Suite { tests: refused.len(), failures: 0, errors: refused.len(), skipped: 0 };
        self.suite("  <testsuite", "inputs", of)?;
        for of in refused {
            let (name, message) = (attribute(&of.path), attribute(&of.what));
            writeln!(self.0, "    <testcase classname=\"inputs\" name=\"{name}\">")?;
            writeln!(self.0, "      <error type=\"{}\" message=\"{message}\"/>\n    </testcase>", of.reason.as_str())?;
        }
        self.0.write_all(b"  </testsuite>\n")
    }
}

fn leaf(reason: &Reason) -> String {
    format!("{} is {}, wanted {}", reason.attribute, reason.found, reason.wanted)
}

fn detail(policy: &Policy, outcome: &Outcome, location: Option<&attesta_app::check::Location>) -> String {
    let mut text = policy.title.clone();
    if let Some(location) = location {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n{} {}", place::file_and_line(location), location.pointer);
    }
    for reason in &outcome.reasons {
        let _ = write!(text, "\n- {}", leaf(reason));
    }
    let _ = write!(text, "\nTo mend it: {}", policy.remediation.text.trim());
    text
}

/// Text inside a quoted attribute. Line ends are escaped too, because a reader would turn them into spaces.
fn attribute(text: &str) -> String {
    escape(text, true)
}

/// Text between tags.
fn content(text: &str) -> String {
    escape(text, false)
}

/// XML 1.0 has no way to write most control characters, not even escaped; they become U+FFFD.
fn escape(text: &str, quoted: bool) -> String {
    let mut escaped = String::with_capacity(text.len().saturating_add(16));
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' if quoted => escaped.push_str("&quot;"),
            '\n' if quoted => escaped.push_str("&#10;"),
            '\t' if quoted => escaped.push_str("&#9;"),
            '\r' => escaped.push_str("&#13;"),
            '\n' | '\t' => escaped.push(c),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        assert_eq!(attribute("a\"<b>&\n\u{1b}]]>"), "a&quot;&lt;b&gt;&amp;&#10;\u{fffd}]]&gt;");
        assert_eq!(content("a\n]]>\u{0}"), "a\n]]&gt;\u{fffd}");
    }
}
