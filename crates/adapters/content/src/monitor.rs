//! What a monitor is told to do, as a file (`docs/how-to/monitor.md`).

use std::collections::BTreeSet;

use attesta_catalog::Fault;
use attesta_drift::{MonitorPlan, MonitorSource, Origin, Route, Schedule, Secret, Via, When, Window};
use attesta_kernel::{Severity, Timestamp};
use attesta_posture::SourceName;
use jiff::{
    SignedDuration,
    civil::{Time, Weekday},
};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{File, yaml};

const SCHEMA: &str = "attesta.monitor/1";
/// Nothing is looked at more often.
const SHORTEST: SignedDuration = SignedDuration::from_secs(60);
/// Nothing is looked at less often.
const LONGEST: SignedDuration = SignedDuration::from_hours(31 * 24);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlan {
    #[expect(dead_code, reason = "checked before the rest is read")]
    schema: String,
    folder: Spanned<String>,
    sources: Vec<RawSource>,
    #[serde(default)]
    windows: Vec<RawWindow>,
    routes: Vec<RawRoute>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSource {
    name: Spanned<String>,
    #[serde(default)]
    paths: Vec<String>,
    #[serde(default)]
    collect: Vec<String>,
    every: Option<String>,
    #[serde(default)]
    daily: Vec<String>,
    cron: Option<String>,
    waivers: Option<String>,
    assessment: Option<String>,
    component: Option<String>,
    #[serde(default)]
    events: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWindow {
    because: Spanned<String>,
    from: Option<String>,
    to: Option<String>,
    #[serde(default)]
    days: Vec<String>,
    #[serde(default)]
    between: Vec<String>,
    #[serde(default)]
    sources: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRoute {
    name: Spanned<String>,
    console: Option<bool>,
    webhook: Option<String>,
    key_file: Option<String>,
    key_env: Option<String>,
    mail: Option<RawMail>,
    severity: Option<String>,
    #[serde(default)]
    sources: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMail {
    command: Vec<String>,
    from: String,
    to: Vec<String>,
}

/// Reads a monitor's configuration.
///
/// # Errors
/// Everything that it does not say, says twice, or says of what it does not name.
pub fn monitor(file: &File) -> Result<MonitorPlan, Vec<Fault>> {
    let raw: RawPlan = yaml::parse(file, SCHEMA).map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    if raw.folder.value.trim().is_empty() {
        let place = file.at(yaml::line(raw.folder.referenced));
        faults.push(Fault::new(place, "the folder is not named", "name one, such as `monitor`"));
    }
    let mut plan =
        MonitorPlan { folder: raw.folder.value, sources: Vec::new(), windows: Vec::new(), routes: Vec::new() };
    for raw in raw.sources {
        let place = file.at(yaml::line(raw.name.referenced));
        let mut say = |message: String, help: &str| faults.push(Fault::new(place.clone(), message, help));
        match source(raw) {
            Ok(source) if plan.sources.iter().any(|s| s.name == source.name) => {
                say(format!("two sources are called `{}`", source.name), "give one another name");
            }
            Ok(source) => plan.sources.push(source),
            Err((message, help)) => say(message, help),
        }
    }
    let known: BTreeSet<SourceName> = plan.sources.iter().map(|s| s.name.clone()).collect();
    for raw in raw.windows {
        let place = file.at(yaml::line(raw.because.referenced));
        match window(raw, &known) {
            Ok(window) => plan.windows.push(window),
            Err((message, help)) => faults.push(Fault::new(place, message, help)),
        }
    }
    for raw in raw.routes {
        let place = file.at(yaml::line(raw.name.referenced));
        let mut say = |message: String, help: &str| faults.push(Fault::new(place.clone(), message, help));
        match route(raw, &known) {
            Ok(route) if plan.routes.iter().any(|r| r.name == route.name) => {
                say(format!("two routes are called `{}`", route.name), "give one another name");
            }
            Ok(route) => plan.routes.push(route),
            Err((message, help)) => say(message, help),
        }
    }
    for (empty, what) in [(plan.sources.is_empty(), "sources"), (plan.routes.is_empty(), "routes")] {
        if empty && faults.is_empty() {
            faults.push(Fault::new(file.at(None), format!("there are no {what}"), "name one at least"));
        }
    }
    if faults.is_empty() { Ok(plan) } else { Err(faults) }
}

/// What is wrong, and its mend.
pub type Wrong = (String, &'static str);

fn source(raw: RawSource) -> Result<MonitorSource, Wrong> {
    let name: SourceName = raw.name.value.parse().map_err(|e| (format!("{e}"), "name the source so"))?;
    let origin = match (raw.paths.is_empty(), raw.collect.is_empty()) {
        (false, true) => Origin::Paths(raw.paths),
        (true, false) => {
            if raw.collect.iter().any(|a| matches!(a.as_str(), "-o" | "--output") || a.starts_with("--output=")) {
                return Err((format!("`{name}` says where to collect to"), "leave --output out: the monitor keeps it"));
            }
            Origin::Collect(raw.collect)
        }
        _ => return Err((format!("`{name}` has `paths` and `collect`, or neither"), "give one of the two")),
    };
    let schedule = schedule(raw.every.as_deref(), &raw.daily, raw.cron.as_deref())
        .map_err(|(what, help)| (format!("`{name}`: {what}"), help))?;
    if raw.component.is_some() && raw.assessment.is_none() {
        return Err((format!("`{name}` names a component of no assessment"), "name the assessment's folder"));
    }
    let (waivers, assessment, component, events) = (raw.waivers, raw.assessment, raw.component, raw.events);
    Ok(MonitorSource { name, origin, schedule, waivers, assessment, component, events })
}

/// When a source is looked at, by the one of three ways that is given.
///
/// # Errors
/// What is wrong, and its mend.
pub fn schedule(every: Option<&str>, daily: &[String], cron: Option<&str>) -> Result<Schedule, Wrong> {
    match (every, daily, cron) {
        (Some(text), [], None) => Ok(Schedule::Every(pause(text)?)),
        (None, [_, ..], None) => Ok(Schedule::Daily(daily.iter().map(|t| time(t)).collect::<Result<_, _>>()?)),
        (None, [], Some(text)) => {
            let help = "write it like `*/15 * * * *`, in UTC";
            text.parse().map(Schedule::Cron).map_err(|e: attesta_drift::CronError| (e.to_string(), help))
        }
        _ => Err(("it has more than one of `every`, `daily` and `cron`, or none".to_owned(), "give one of the three")),
    }
}

/// When a window holds: once, or every week.
///
/// # Errors
/// What is wrong, and its mend.
pub fn when(from: Option<&str>, to: Option<&str>, days: &[String], between: &[String]) -> Result<When, Wrong> {
    let help = "give `from` and `to` (2026-12-01T02:00:00Z), or `days` and `between` ([\"02:00\", \"04:00\"])";
    match (from, to, days, between) {
        (Some(from), Some(to), [], []) => {
            let (from, to) = (instant(from)?, instant(to)?);
            if from >= to {
                return Err((format!("a window from {from} to {to} holds nothing"), help));
            }
            Ok(When::Once { from, to })
        }
        (None, None, [_, ..], [from, to]) => {
            let days = days.iter().map(|d| weekday(d)).collect::<Result<_, _>>()?;
            Ok(When::Weekly { days, from: time(from)?, to: time(to)? })
        }
        _ => Err(("a window does not say when".to_owned(), help)),
    }
}

fn window(raw: RawWindow, known: &BTreeSet<SourceName>) -> Result<Window, Wrong> {
    if raw.because.value.trim().is_empty() {
        return Err(("a window says why".to_owned(), "fill in `because`"));
    }
    let when = when(raw.from.as_deref(), raw.to.as_deref(), &raw.days, &raw.between)?;
    Ok(Window { when, sources: sources(raw.sources, known)?, because: raw.because.value })
}

fn route(raw: RawRoute, known: &BTreeSet<SourceName>) -> Result<Route, Wrong> {
    let name = raw.name.value.parse().map_err(|e| (format!("{e}"), "name the route so"))?;
    let key = match (raw.key_file, raw.key_env) {
        (Some(file), None) => Some(Secret::File(file)),
        (None, Some(variable)) => Some(Secret::Variable(variable)),
        (None, None) => None,
        (Some(_), Some(_)) => return Err((format!("`{name}` has two keys"), "give `key_file` or `key_env`")),
    };
    let via = match (raw.console, raw.webhook, raw.mail, key) {
        (Some(true), None, None, None) => Via::Console,
        (None, Some(url), None, Some(key)) => Via::Webhook { url, key },
        (None, Some(_), None, None) => {
            return Err((
                format!("`{name}` has no key to sign with"),
                "give `key_file` or `key_env`; make a key with `openssl rand -hex 32`",
            ));
        }
        (None, None, Some(mail), None) if !mail.command.is_empty() && !mail.to.is_empty() => {
            Via::Mail { command: mail.command, from: mail.from, to: mail.to }
        }
        _ => {
            return Err((
                format!("`{name}` is not one way out"),
                "give `console: true`, or `webhook` with a key, or `mail` with `command`, `from` and `to`",
            ));
        }
    };
    let least = match raw.severity {
        None => Severity::Low,
        Some(text) => {
            text.parse().map_err(|_| (format!("`{text}` is no severity"), "use low, medium, high or critical"))?
        }
    };
    Ok(Route { name, via, least, sources: sources(raw.sources, known)? })
}

fn sources(names: Vec<String>, known: &BTreeSet<SourceName>) -> Result<BTreeSet<SourceName>, Wrong> {
    let one = |name: String| {
        let parsed = name.parse::<SourceName>().ok().filter(|n| known.contains(n));
        parsed.ok_or_else(|| (format!("there is no source `{name}`"), "name one that stands under `sources`"))
    };
    names.into_iter().map(one).collect()
}

fn pause(text: &str) -> Result<SignedDuration, Wrong> {
    let wrong = || (format!("`{text}` is no pause"), "write it like 15m, 1h or 2d: a minute at least, 31 days at most");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let number: i64 = text.strip_suffix(unit).and_then(|n| n.parse().ok()).filter(|n| *n > 0).ok_or_else(wrong)?;
    let seconds = match unit {
        'm' => 60_i64,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let pause = SignedDuration::from_secs(number.checked_mul(seconds).ok_or_else(wrong)?);
    if (SHORTEST..=LONGEST).contains(&pause) { Ok(pause) } else { Err(wrong()) }
}

fn time(text: &str) -> Result<Time, Wrong> {
    let wrong = || (format!("`{text}` is no time of day"), "write it like 06:30, in UTC");
    let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
    let digits = |t: &str| t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit());
    if !digits(hour) || !digits(minute) {
        return Err(wrong());
    }
    let number = |t: &str| t.parse::<i8>().map_err(|_| wrong());
    Time::new(number(hour)?, number(minute)?, 0, 0).map_err(|_| wrong())
}

fn weekday(text: &str) -> Result<Weekday, Wrong> {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let at = days.iter().position(|d| *d == text).and_then(|at| i8::try_from(at.saturating_add(1)).ok());
    let day = at.and_then(|at| Weekday::from_monday_one_offset(at).ok());
    day.ok_or_else(|| (format!("`{text}` is no day of the week"), "write it like sunday"))
}

fn instant(text: &str) -> Result<Timestamp, Wrong> {
    text.parse().map_err(|_| (format!("`{text}` is no time"), "write it like 2026-12-01T02:00:00Z"))
}
