//! `attesta history at`, `trend` and `remediation`.

use std::collections::BTreeSet;

use attesta_interchange::reports::history::{HistoryPage, history_html};
use attesta_kernel::{PolicyId, Timestamp};
use attesta_posture::{
    Finding, Freshness, Remediation, Seconds, Tally, Times, TrendRow, end_of, gaps, in_words, posture,
    trend as by_period,
};
use serde_json::{Value, json};

use super::{
    Followed,
    args::{AtOptions, By, RemediationOptions, TrendFormat, TrendOptions},
    follow,
};
use crate::{
    args::{Common, ListFormat},
    exit::{Exit, Failure},
    terminal,
};

fn tally_json(tally: &Tally) -> Value {
    json!({
        "total": tally.total(),
        "pass": tally.pass,
        "fail": tally.fail,
        "waived": tally.waived,
        "unknown": tally.unknown,
        "errored": tally.errored,
        "passing_percent": tally.passing().percent(),
    })
}

/// Passing, of all, with what nobody can tell apart.
fn told(tally: &Tally) -> String {
    if tally.total() == 0 {
        return "no check".to_owned();
    }
    let percent = tally.passing().percent().unwrap_or(0);
    let untold = if tally.untold() > 0 { format!(", {} unknown", tally.untold()) } else { String::new() };
    format!("{percent} % ({}{untold})", tally.passing())
}

fn shown(followed: &Followed, by: By) -> Vec<(usize, &str, &str)> {
    let all = followed.groups.iter().enumerate().map(|(index, (id, title))| (index, id, title));
    all.filter(|(_, id, _)| by.holds(id)).collect()
}

/// Groups in which some run has a check.
fn spoken<'g>(groups: Vec<(usize, &'g str, &'g str)>, followed: &Followed) -> Vec<(usize, &'g str, &'g str)> {
    let points = || followed.series.values().flat_map(|series| &series.points);
    let any = |index: usize| points().any(|point| point.groups.get(index).is_some_and(|tally| tally.total() > 0));
    groups.into_iter().filter(|(index, ..)| any(*index)).collect()
}

fn source_json(source: &Freshness) -> Value {
    json!({
        "source": source.source.as_str(),
        "run": source.point.run.to_string(),
        "at": source.point.at.to_string(),
        "age_seconds": source.age,
        "stale": source.stale,
        "checks": tally_json(&source.point.all),
    })
}

pub(super) fn at(common: &Common, options: &AtOptions) -> Result<Exit, Failure> {
    let followed = follow(common, &options.dir, &options.choice.source, Some(options.when))?;
    let now = posture(&followed.series, options.when, options.choice.fresh);
    if now.sources.is_empty() {
        return Err(Failure::new(Exit::NotEvaluated, format!("nobody had looked by {}", options.when))
            .help("`attesta history list DIR` says when runs looked"));
    }
    let groups = spoken(shown(&followed, options.by), &followed);
    let of = |index: usize| now.groups.get(index).copied().unwrap_or_default();
    let stale_of = |index: usize| now.stale_groups.get(index).copied().unwrap_or(0);
    if options.format == ListFormat::Json {
        terminal::json(&json!({
            "at": options.when.to_string(),
            "fresh_seconds": options.choice.fresh,
            "sources": now.sources.iter().map(source_json).collect::<Vec<_>>(),
            "checks": tally_json(&now.all),
            "stale_checks": now.stale,
            "groups": groups.iter().map(|(index, id, title)| json!({ "id": id, "title": title, "checks": tally_json(&of(*index)), "stale_checks": stale_of(*index) })).collect::<Vec<_>>(),
        }))?;
    } else {
        let mut text = format!("posture at {}\n", options.when);
        for source in &now.sources {
            let stands = if source.stale { "stale" } else { "fresh" };
            let (run, looked) = (source.point.run, source.point.at);
            text.push_str(&format!(
                "{}: {run} looked at {looked}, {} before; {stands}\n",
                source.source,
                in_words(source.age)
            ));
        }
        terminal::out(format!("{text}\n").as_bytes())?;
        let row = |title: &str, tally: &Tally, stale: u64| {
            let counts = [tally.pass, tally.fail, tally.waived, tally.untold(), stale].map(|n| n.to_string());
            let [pass, fail, waived, unknown, stale] = counts;
            [title.to_owned(), told(tally), pass, fail, waived, unknown, stale]
        };
        let all = std::iter::once(row("all checks", &now.all, now.stale));
        let rows = groups.iter().map(|(index, _, title)| row(title, &of(*index), stale_of(*index)));
        terminal::table(["group", "passing", "pass", "fail", "waived", "unknown", "stale"], all.chain(rows))?;
    }
    let stale = now.sources.iter().any(|source| source.stale);
    Ok(if stale { Exit::NotEvaluated } else { Exit::Met })
}

pub(super) fn trend(common: &Common, options: &TrendOptions) -> Result<Exit, Failure> {
    let until = options.to.and_then(end_of);
    let followed = follow(common, &options.dir, &options.choice.source, until)?;
    let Some(newest) = followed.runs.iter().map(|run| run.at).max() else {
        return Err(
            Failure::new(Exit::NotEvaluated, "no run is kept by then").help("`attesta history record` keeps one")
        );
    };
    let rows = by_period(&followed.series, options.every, options.from, options.to);
    let groups = spoken(shown(&followed, options.by), &followed);
    let at = until.unwrap_or(newest);
    let text = match options.format {
        TrendFormat::Table => return table(options, &rows, &groups),
        TrendFormat::Json => {
            let value = trend_json(options, &rows, &groups);
            let text =
                serde_json::to_string_pretty(&value).map_err(|e| Failure::new(Exit::NotEvaluated, e.to_string()))?;
            format!("{text}\n")
        }
        TrendFormat::Html => page(&followed, options, &rows, &groups, at),
    };
    match &options.output {
        Some(path) => crate::collect::write(path, text.as_bytes())?,
        None => terminal::out(text.as_bytes())?,
    }
    Ok(Exit::Met)
}

fn table(options: &TrendOptions, rows: &[TrendRow], groups: &[(usize, &str, &str)]) -> Result<Exit, Failure> {
    if options.output.is_some() {
        return Err(Failure::new(Exit::Usage, "a table goes to standard output").help("give --format html or json"));
    }
    let mut lines = Vec::new();
    for row in rows {
        let period = format!("{} to {}", row.period.from, row.period.to);
        if row.is_gap() {
            lines.push([
                period,
                String::new(),
                "no run".to_owned(),
                String::new(),
                String::new(),
                String::new(),
                String::new(),
            ]);
            continue;
        }
        let missing: Vec<&str> = row.missing.iter().map(|source| source.as_str()).collect();
        let line = |title: &str, tally: &Tally, missing: String| {
            let [fail, waived, unknown] = [tally.fail, tally.waived, tally.untold()].map(|n| n.to_string());
            [period.clone(), title.to_owned(), told(tally), fail, waived, unknown, missing]
        };
        lines.push(line("all checks", &row.all, missing.join(", ")));
        for (index, _, title) in groups {
            let tally = row.groups.get(*index).copied().unwrap_or_default();
            if tally.total() > 0 {
                lines.push(line(title, &tally, String::new()));
            }
        }
    }
    terminal::table(["period", "group", "passing", "fail", "waived", "unknown", "sources without a run"], lines)?;
    Ok(Exit::Met)
}

fn trend_json(options: &TrendOptions, rows: &[TrendRow], groups: &[(usize, &str, &str)]) -> Value {
    let row = |row: &TrendRow| {
        let of = |(index, id, title): &(usize, &str, &str)| {
            let tally = row.groups.get(*index).copied().unwrap_or_default();
            json!({ "id": id, "title": title, "checks": tally_json(&tally) })
        };
        let runs = row.runs.iter().map(|(source, point)| json!({ "source": source.as_str(), "run": point.run.to_string(), "at": point.at.to_string() }));
        json!({
            "from": row.period.from.to_string(),
            "to": row.period.to.to_string(),
            "gap": row.is_gap(),
            "runs": runs.collect::<Vec<_>>(),
            "missing": row.missing.iter().map(|s| s.as_str()).collect::<Vec<_>>(),
            "checks": if row.is_gap() { Value::Null } else { tally_json(&row.all) },
            "groups": if row.is_gap() { Value::Null } else { Value::Array(groups.iter().map(of).collect()) },
        })
    };
    json!({ "every": options.every.as_str(), "periods": rows.iter().map(row).collect::<Vec<_>>() })
}

fn page(
    followed: &Followed,
    options: &TrendOptions,
    rows: &[TrendRow],
    groups: &[(usize, &str, &str)],
    at: Timestamp,
) -> String {
    let findings: Vec<&Finding> = followed.series.values().flat_map(|series| &series.findings).collect();
    let remediation: Vec<(String, Remediation)> = by_group(followed, By::Severity, &findings, None, at)
        .into_iter()
        .map(|(_, title, told)| (title, told))
        .collect();
    let open = open_ones(&findings);
    let sources = posture(&followed.series, at, options.choice.fresh).sources;
    let gaps = gaps(&followed.series, options.choice.fresh, at);
    let groups: Vec<(usize, &str)> = groups.iter().map(|(index, _, title)| (*index, *title)).collect();
    let contents: BTreeSet<_> = followed.runs.iter().map(|run| run.content).collect();
    let mut notes = vec![format!(
        "A source is stale, and a time without a run is named, beyond {}.",
        in_words(options.choice.fresh)
    )];
    if contents.len() > 1 {
        notes.push(format!(
            "Policies or catalog changed {} times over these runs; counts move with them.",
            contents.len().saturating_sub(1)
        ));
    }
    let newest = followed.runs.iter().max_by_key(|run| run.id);
    history_html(&HistoryPage {
        version: env!("CARGO_PKG_VERSION"),
        at,
        every: options.every,
        rows,
        groups: &groups,
        sources: &sources,
        gaps: &gaps,
        remediation: &remediation,
        open: &open,
        notes: &notes,
        newest: newest.map(|run| (run.id.to_string(), run.digest.to_string())),
    })
}

fn open_ones<'f>(findings: &[&'f Finding]) -> Vec<&'f Finding> {
    let mut open: Vec<&Finding> = findings.iter().copied().filter(|f| f.closed.is_none()).collect();
    open.sort_by_key(|f| (f.opened, &f.check));
    open
}

/// How long findings took: all of them, then group by group, where there are any.
fn by_group(
    followed: &Followed,
    by: By,
    findings: &[&Finding],
    from: Option<Timestamp>,
    to: Timestamp,
) -> Vec<(String, String, Remediation)> {
    let mut told =
        vec![("all".to_owned(), "all findings".to_owned(), Remediation::of(findings.iter().copied(), from, to))];
    for (_, id, title) in shown(followed, by) {
        let Some(policies) = followed.groups.policies(id, &followed.policies) else { continue };
        let policies: BTreeSet<&PolicyId> = policies.collect();
        let of = findings.iter().copied().filter(|f| policies.contains(&f.check.policy));
        if of.clone().next().is_some() {
            told.push((id.to_owned(), title.to_owned(), Remediation::of(of, from, to)));
        }
    }
    told
}

fn seconds_json(seconds: Option<Seconds>) -> Value {
    seconds.map_or(Value::Null, |s| json!({ "total_seconds": s.total, "of": s.of, "whole_seconds": s.whole() }))
}

fn times_json(times: &Times) -> Value {
    json!({ "count": times.count(), "mean": seconds_json(times.mean()), "median": seconds_json(times.median()), "longest_seconds": times.longest() })
}

fn finding_json(finding: &Finding) -> Value {
    json!({
        "source": finding.source.as_str(),
        "policy": finding.check.policy.as_str(),
        "resource": finding.check.resource,
        "opened": { "at": finding.opened.at.to_string(), "run": finding.opened.run.to_string() },
        "clear_before": finding.clear_before.map(|at| at.to_string()),
        "last_seen": finding.last_seen.to_string(),
        "waived": finding.waived,
        "closed": finding.closed.map(|c| json!({ "at": c.by.at.to_string(), "run": c.by.run.to_string(), "how": c.how.as_str() })),
        "seconds": finding.seconds(),
        "reopened": finding.reopened,
    })
}

pub(super) fn remediation(common: &Common, options: &RemediationOptions) -> Result<Exit, Failure> {
    let until = options.to.and_then(end_of);
    let followed = follow(common, &options.dir, &options.source, until)?;
    let Some(newest) = followed.runs.iter().map(|run| run.at).max() else {
        return Err(
            Failure::new(Exit::NotEvaluated, "no run is kept by then").help("`attesta history record` keeps one")
        );
    };
    let from = options.from.and_then(|day| attesta_posture::Period { from: day, to: day }.begin());
    let findings: Vec<&Finding> = followed.series.values().flat_map(|series| &series.findings).collect();
    let told = by_group(&followed, options.by, &findings, from, newest);
    let open = open_ones(&findings);
    if options.format == ListFormat::Json {
        let group = |(id, title, told): &(String, String, Remediation)| {
            json!({
                "id": id,
                "title": title,
                "mended": times_json(&told.mended),
                "gone": times_json(&told.gone),
                "open": times_json(&told.open),
                "waived": times_json(&told.waived),
                "reopened": told.reopened,
            })
        };
        terminal::json(&json!({
            "from": from.map(|at| at.to_string()),
            "to": newest.to_string(),
            "groups": told.iter().map(group).collect::<Vec<_>>(),
            "findings": findings.iter().map(|f| finding_json(f)).collect::<Vec<_>>(),
        }))?;
        return Ok(Exit::Met);
    }
    let say = |seconds: Option<Seconds>| seconds.map_or("none".to_owned(), |s| in_words(s.whole()));
    terminal::table(
        ["findings", "mended", "mean", "median", "gone", "open", "oldest open", "waived", "opened again"],
        told.iter().map(|(_, title, told)| {
            [
                title.clone(),
                told.mended.count().to_string(),
                say(told.mended.mean()),
                say(told.mended.median()),
                told.gone.count().to_string(),
                told.open.count().to_string(),
                told.open.longest().map_or("none".to_owned(), in_words),
                told.waived.count().to_string(),
                told.reopened.to_string(),
            ]
        }),
    )?;
    if !open.is_empty() {
        terminal::out(b"\n")?;
        terminal::table(
            ["open", "policy", "resource", "failing since", "last seen", "clear before"],
            open.iter().take(options.limit).map(|f| {
                [
                    in_words(f.age(newest)),
                    format!("{}{}", f.check.policy, if f.waived { " (waived)" } else { "" }),
                    f.check.resource.to_string(),
                    f.opened.at.to_string(),
                    f.last_seen.to_string(),
                    f.clear_before.map_or("never seen clear".to_owned(), |at| at.to_string()),
                ]
            }),
        )?;
        if open.len() > options.limit {
            terminal::out(
                format!("… and {} more; --limit or --format json shows them\n", open.len() - options.limit).as_bytes(),
            )?;
        }
    }
    Ok(Exit::Met)
}
