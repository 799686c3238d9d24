//! What changed over time, as it was told.

use std::{collections::BTreeMap, sync::Arc};

use attesta_access::{Action, Circumstance, ResourceKind, authorise};
use attesta_pages::{
    chart::Column,
    page as framed,
    rooms::{
        drift::{self as pages, Check, Drift, News},
        findings::Choose,
    },
};
use attesta_store::{Page as Part, Record, RecordSieve};
use axum::{extract::State, response::Html};
use jiff::ToSpan as _;
use serde::Deserialize;
use serde_json::Value;

use super::{Guest, Page, evidence::minute, findings::words, frame};
use crate::{
    House,
    problem::Problem,
    sent::Asked,
    watching::{ALERT, AlertBody, SOURCE, SourceBody},
};

/// So much news is shown at once.
const SHOWN: u32 = 100;
/// So many checks of one piece of news are named.
const NAMED: usize = 25;
/// The picture shows so many days at most.
const DAYS: i64 = 60;

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sought {
    source: String,
    news: String,
    after: String,
}

const KINDS: [&str; 8] = ["violated", "untold", "waived", "mended", "gone", "told_again", "source_lost", "source_back"];

/// The timeline.
pub(crate) async fn page(State(house): State<Arc<House>>, guest: Guest, Asked(sought): Asked<Sought>) -> Page {
    let inside = Circumstance::within(guest.caller.tenant());
    let now = house.clock.now();
    let permit = authorise(&guest.caller.principal, Action::Read, ResourceKind::Finding, &inside, now)?;
    let mut room = house.store.room(&permit).await?;
    let sources = room.records(SOURCE, &RecordSieve::default(), &Part::first(500)).await?;
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for source in sources {
        let body: SourceBody = serde_json::from_str(&source.body).map_err(Problem::internal)?;
        names.insert(source.id, body.name);
    }
    let page = Part { after: sought.after.clone(), limit: SHOWN };
    let records = room.newest_records(ALERT, &sought.source, &page).await?;
    let full = records.len() >= usize::try_from(SHOWN).unwrap_or(usize::MAX);
    let last = records.last().filter(|_| full).map(|record| record.id.clone());
    let mut news = records.into_iter().map(|record| one(record, &names)).collect::<Result<Vec<_>, _>>()?;
    news.retain(|news| sought.news.is_empty() || news.news == sought.news);
    let org = guest.org();
    let older = last.map_or(String::new(), |last| {
        format!("/o/{org}/cloud/drift?source={}&news={}&after={last}", sought.source, sought.news)
    });
    let mut options = vec![(String::new(), "all".to_owned())];
    options.extend(names);
    let filter = vec![
        Choose { label: "Source", name: "source", options, chosen: sought.source },
        Choose { label: "News", name: "news", options: words("all", KINDS), chosen: sought.news },
    ];
    let drift = Drift { org, filter, days: days(&news, house.clock.today()), news, older };
    Ok(Html(framed(&frame(&house, &guest, "Drift", "cloud", ""), &pages::page(&drift)).into_string()))
}

/// Every day from the first piece of news, or from so many days ago, to today: a day without news is shown as such.
fn days(news: &[News], today: attesta_kernel::Date) -> Vec<Column> {
    let mut days: BTreeMap<String, Column> = BTreeMap::new();
    let first = news.last().map_or(String::new(), |n| n.at.chars().take(10).collect());
    let mut at = today.checked_sub((DAYS - 1).days()).unwrap_or(today);
    if let Ok(first) = first.parse::<attesta_kernel::Date>() {
        at = at.max(first.checked_sub(2.days()).unwrap_or(first));
    }
    while at <= today {
        days.insert(at.to_string(), Column { when: at.to_string(), bad: 0, unknown: 0, good: 0 });
        let Ok(next) = at.checked_add(1.days()) else { break };
        at = next;
    }
    for news in news {
        let day: String = news.at.chars().take(10).collect();
        let Some(column) = days.get_mut(&day) else { continue };
        match news.news.as_str() {
            "violated" | "source_lost" => column.bad = column.bad.saturating_add(news.count.max(1)),
            "untold" => column.unknown = column.unknown.saturating_add(news.count),
            "mended" | "told_again" | "source_back" => column.good = column.good.saturating_add(news.count.max(1)),
            _ => {}
        }
    }
    days.into_values().collect()
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A time of an alert, as pages write it.
fn time(value: &Value, key: &str) -> String {
    text(value, key).parse().map(minute).unwrap_or_default()
}

fn one(record: Record, names: &BTreeMap<String, String>) -> Result<News, Problem> {
    let AlertBody { news, severity, policy, subject, text: said, alert, .. } =
        serde_json::from_str(&record.body).map_err(Problem::internal)?;
    let listed = alert.get("checks").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    Ok(News {
        id: record.id,
        at: minute(record.created),
        source: names.get(&record.about).cloned().unwrap_or_else(|| text(&alert, "source")),
        count: alert.get("count").and_then(Value::as_u64).unwrap_or(0),
        checks: listed.iter().take(NAMED).map(check).collect(),
        text: if listed.is_empty() { said } else { String::new() },
        subject: subject.strip_prefix("[attesta] ").unwrap_or(&subject).to_owned(),
        policy: policy.unwrap_or_default(),
        news,
        severity,
    })
}

fn check(value: &Value) -> Check {
    let resource = value.get("resource").cloned().unwrap_or_default();
    let changes = value.get("changes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let side = |change: &Value, key: &str| match change.get(key) {
        Some(Value::String(text)) => text.clone(),
        _ => "not set".to_owned(),
    };
    Check {
        policy: text(value, "policy"),
        resource: (text(&resource, "kind").replace('_', " "), text(&resource, "address")),
        since: (time(value, "since"), time(value, "otherwise_at")),
        changes: changes.iter().map(|c| (text(c, "path"), side(c, "before"), side(c, "after"))).collect(),
        who: who(value.get("changed_by")),
    }
}

fn who(value: Option<&Value>) -> String {
    let event = |e: &Value| format!("{} ({} at {})", text(e, "actor"), text(e, "operation"), time(e, "at"));
    match value {
        Some(Value::Object(who)) => match (who.get("known"), who.get("perhaps").and_then(Value::as_array)) {
            (Some(known), _) => event(known),
            (None, Some(some)) => format!("one of {}", some.iter().map(event).collect::<Vec<_>>().join("; ")),
            _ => "nobody knows".to_owned(),
        },
        _ => "nobody knows: no event of that time was read".to_owned(),
    }
}
