//! One piece of news, for people and for programs (`attesta.alert/1`).

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use attesta_app::drift::DriftReport;
use attesta_drift::{AttributeChange, ChangeEvent, Effect, News, Notice, ResourceKey, Watched, Who};
use attesta_evaluation::Policy;
use attesta_kernel::Timestamp;
use serde_json::{Value, json};

use super::{
    visible::visible,
    words::{self, texts},
};

/// The name and version of the format.
pub const SCHEMA: &str = "attesta.alert/1";
/// How many checks a message for people names.
const NAMED: usize = 20;
/// How many checks a message for programs names.
const LISTED: usize = 1000;
/// How many attributes of one resource are told.
const ATTRIBUTES: usize = 6;

/// What a message is about.
pub struct Alert<'a> {
    /// The source.
    pub source: &'a str,
    /// The run that showed it.
    pub run: &'a str,
    /// When it looked.
    pub at: Timestamp,
    /// The news.
    pub notice: &'a Notice,
    /// What changed since the run before.
    pub report: &'a DriftReport<'a>,
    /// Who changed a resource, as far as events tell.
    pub who: &'a dyn Fn(&ResourceKey, &Watched) -> Who,
}

/// An alert, written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertText {
    /// One line.
    pub subject: String,
    /// For people.
    pub text: String,
    /// For programs: JSON.
    pub body: String,
}

/// Writes an alert.
pub fn alert(alert: &Alert<'_>) -> AlertText {
    let policy = alert.notice.policy.as_ref().and_then(|id| alert.report.after.policies.iter().find(|p| p.id == *id));
    let touched = touched(alert);
    AlertText {
        subject: subject(alert, policy),
        text: text(alert, policy, &touched),
        body: format!("{}\n", body(alert, policy, &touched)),
    }
}

/// What a source that cannot be read, or can be read again, is told as.
pub fn source_alert(source: &str, at: Timestamp, since: Timestamp, why: Option<&str>) -> AlertText {
    let (news, subject) = match why {
        Some(_) => ("source_lost", format!("[attesta] {source}: cannot be looked at")),
        None => ("source_back", format!("[attesta] {source}: can be looked at again")),
    };
    let text = match why {
        Some(why) => format!(
            "Since {since} this source cannot be looked at. Nothing is known of what changes there meanwhile.\n\n{}\n",
            why.lines().map(|l| visible(l).into_owned()).collect::<Vec<_>>().join("\n")
        ),
        None => format!("It could not be looked at since {since}.\n"),
    };
    let body = json!({ "schema": SCHEMA, "source": source, "at": at.to_string(), "news": news,
        "since": since.to_string(), "why": why });
    AlertText { subject, text, body: format!("{body}\n") }
}

fn subject(alert: &Alert<'_>, policy: Option<&Policy>) -> String {
    let Notice { news, severity, checks, .. } = alert.notice;
    let count = words::counted(checks.len(), "check");
    let title = policy.map_or(String::new(), |p| format!(": {}", words::on_one_line(&p.title)));
    let what = match news {
        News::Violated => format!("{severity} violation, {}{title}", words::counted(checks.len(), "resource")),
        News::Untold => format!("{count} can no longer be told"),
        News::Waived => format!("waived now, {}{title}", words::counted(checks.len(), "resource")),
        News::Mended => format!("mended, {}{title}", words::counted(checks.len(), "resource")),
        News::Gone => format!("{count} gone with their resources"),
        News::ToldAgain => format!("{count} can be told again, and hold"),
    };
    visible(&format!("[attesta] {}: {what}", alert.source)).into_owned()
}

/// What the news touches.
struct Touched {
    controls: Vec<String>,
    hipaa: Vec<String>,
    statements: Vec<String>,
    domains: Vec<(u8, String)>,
}

fn touched(alert: &Alert<'_>) -> Touched {
    let after = alert.report.after;
    let ids: BTreeSet<&str> = alert.notice.checks.iter().map(|((policy, _), _)| policy.as_str()).collect();
    let policies: Vec<&Policy> = after.policies.iter().filter(|p| ids.contains(p.id.as_str())).collect();
    let entries = policies.iter().flat_map(|p| &p.proves).filter_map(|e| after.catalog.element(e));
    let statements: BTreeSet<(u8, String)> =
        entries.map(|e| (e.statement.domain, e.statement.id.to_string())).collect();
    let numbers: BTreeSet<u8> = statements.iter().map(|(domain, _)| *domain).collect();
    let title = |number: u8| after.catalog.domain(number).map_or(String::new(), |d| d.title.clone());
    let controls: BTreeSet<String> = policies.iter().flat_map(|p| texts(&p.controls)).collect();
    let hipaa: BTreeSet<String> = policies.iter().flat_map(|p| texts(&p.hipaa)).collect();
    Touched {
        controls: controls.into_iter().collect(),
        hipaa: hipaa.into_iter().collect(),
        statements: statements.into_iter().map(|(_, id)| id).collect(),
        domains: numbers.into_iter().map(|n| (n, title(n))).collect(),
    }
}

/// What changed of a resource, of that which the check looked at first.
fn changes<'a>(alert: &'a Alert<'_>, key: &ResourceKey) -> &'a [AttributeChange] {
    alert.report.drift.attributes_of(key)
}

fn text(alert: &Alert<'_>, policy: Option<&Policy>, touched: &Touched) -> String {
    // Writing to a String cannot fail.
    let mut out = String::new();
    if let Some(policy) = policy {
        let _ = writeln!(out, "{}\nPolicy {}, {}.", words::on_one_line(&policy.title), policy.id, policy.severity);
    }
    let domains: Vec<String> = touched.domains.iter().map(|(n, title)| format!("{n} {title}")).collect();
    for (word, list) in [
        ("HITRUST control references", touched.controls.join(", ")),
        ("HITRUST assessment domains", domains.join(", ")),
        ("Statements", touched.statements.join(", ")),
        ("HIPAA", touched.hipaa.join(", ")),
    ] {
        if !list.is_empty() {
            let _ = writeln!(out, "{word}: {list}");
        }
    }
    if let Some(effect) = &alert.report.effect {
        let _ = writeln!(out, "Certification: {}", super::drift::risk(effect));
    }
    // By resource: one that is gone takes all of its checks with it.
    let mut resources: BTreeMap<&ResourceKey, Vec<(&str, &Watched)>> = BTreeMap::new();
    for ((policy, key), watched) in &alert.notice.checks {
        resources.entry(key).or_default().push((policy.as_str(), watched));
    }
    for (key, checks) in resources.iter().take(NAMED) {
        let Some((_, watched)) = checks.first() else { continue };
        let name = visible(&key.to_string()).into_owned();
        let since = match watched.before {
            Some(before) => format!("since {}, otherwise at {before}", watched.since),
            None => format!("since {} at the latest", watched.since),
        };
        let _ = writeln!(out, "\n- {} {name}: {since}", key.kind);
        if alert.notice.policy.is_none() {
            let policies: Vec<&str> = checks.iter().map(|(policy, _)| *policy).collect();
            let _ = writeln!(out, "    {}", policies.join(", "));
        }
        for change in changes(alert, key).iter().take(ATTRIBUTES) {
            let said = |text: &Option<String>| text.as_deref().map_or("not set".into(), |t| visible(t).into_owned());
            let _ = writeln!(out, "    {}: {} -> {}", change.path, said(&change.before), said(&change.after));
        }
        let _ = writeln!(out, "    changed by: {}", said(&(alert.who)(key, watched)));
    }
    match resources.len().saturating_sub(NAMED) {
        0 => {}
        more => drop(writeln!(out, "\n… and {}", words::counted(more, "more resource"))),
    }
    if alert.notice.news == News::Violated
        && let Some(policy) = policy
    {
        let _ = writeln!(out, "\nHow to mend it: {}", words::on_one_line(&policy.remediation.text));
    }
    let _ = writeln!(out, "\nSource {}, {} of {}.", alert.source, alert.run, alert.at);
    out
}

fn said(who: &Who) -> String {
    let event = |e: &ChangeEvent| visible(&format!("{} ({} at {})", e.actor, e.operation, e.at)).into_owned();
    match who {
        Who::Known(one) => event(one),
        Who::Perhaps(some) => format!("one of {}", some.iter().map(event).collect::<Vec<_>>().join("; ")),
        Who::NotKnown => "not known".to_owned(),
    }
}

fn body(alert: &Alert<'_>, policy: Option<&Policy>, touched: &Touched) -> Value {
    let event = |e: &ChangeEvent| json!({ "actor": e.actor, "service": e.service, "operation": e.operation, "at": e.at.to_string() });
    let check = |((policy, key), watched): &((attesta_kernel::PolicyId, ResourceKey), Watched)| {
        let who = match (alert.who)(key, watched) {
            Who::Known(one) => json!({ "known": event(&one) }),
            Who::Perhaps(some) => json!({ "perhaps": some.iter().map(event).collect::<Vec<_>>() }),
            Who::NotKnown => json!("not known"),
        };
        let change = |c: &AttributeChange| json!({ "path": c.path, "before": c.before, "after": c.after });
        json!({
            "policy": policy.as_str(),
            "severity": watched.severity.as_str(),
            "resource": { "kind": key.kind.as_str(), "address": key.address, "document": key.document },
            "was_told": watched.told.as_str(),
            "now": watched.now.as_str(),
            "since": watched.since.to_string(),
            "otherwise_at": watched.before.map(|t| t.to_string()),
            "changes": changes(alert, key).iter().map(change).collect::<Vec<_>>(),
            "changed_by": who,
        })
    };
    let domains = touched.domains.iter().map(|(n, title)| json!({ "domain": n, "title": title }));
    json!({
        "schema": SCHEMA,
        "source": alert.source,
        "run": alert.run,
        "at": alert.at.to_string(),
        "news": alert.notice.news.as_str(),
        "severity": alert.notice.severity.as_str(),
        "policy": policy.map(|p| json!({ "id": p.id.as_str(), "title": p.title, "remediation": p.remediation.text })),
        "controls": touched.controls,
        "hipaa": touched.hipaa,
        "statements": touched.statements,
        "domains": domains.collect::<Vec<_>>(),
        "assessment": alert.report.effect.as_ref().map(effect),
        "count": alert.notice.checks.len(),
        "checks": alert.notice.checks.iter().take(LISTED).map(check).collect::<Vec<_>>(),
    })
}

fn effect(effect: &Effect) -> Value {
    let falling: Vec<u8> = effect.domains.iter().filter(|d| d.falls()).map(|d| d.number).collect();
    json!({
        "assessment": effect.assessment,
        "at_risk": effect.at_risk(),
        "threshold": effect.threshold.to_string(),
        "domains_below": falling,
        "certified_before": effect.certified_before,
        "certified_after": effect.certified_after,
        "verdict": effect.verdict_after,
    })
}
