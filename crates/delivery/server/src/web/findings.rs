//! Checks that do not hold, and the resources that were judged.

use std::{collections::BTreeMap, sync::Arc};

use attesta_access::{Action, Circumstance, ResourceKind};
use attesta_kernel::{Severity, Timestamp};
use attesta_pages::{
    page as framed,
    rooms::{
        findings::{self as pages, Choose, Finding, Findings, One, Place, Resource, Resources},
        requirement::Told,
    },
};
use attesta_posture::Verdict;
use attesta_watch::{Explanation, FindingRow, Judge, PlaceRow, View, explained};
use axum::{extract::State, response::Html};
use serde::Deserialize;

use super::{
    Guest, Page,
    cloud::counted,
    escaped,
    evidence::minute,
    frame,
    rest::{assessments, span},
};
use crate::{
    House,
    api::posture::views,
    problem::Problem,
    sent::{Asked, Named},
    watching::{Stand, broken},
};

/// So many lines are shown at once.
const SHOWN: usize = 500;

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sought {
    source: String,
    policy: String,
    verdict: String,
    severity: String,
    domain: String,
    kind: String,
    text: String,
    by: String,
    from: usize,
}

type Seen = Vec<(Stand, Arc<View>)>;

/// Requirements that a policy speaks of.
pub(super) fn statements(judge: &Judge, policy: &str) -> Vec<String> {
    let found = judge.policies().iter().find(|p| p.id.as_str() == policy);
    let elements = found.into_iter().flat_map(|p| &p.proves).filter_map(|e| judge.catalog().element(e));
    let mut ids: Vec<String> = elements.map(|e| e.statement.id.to_string()).collect();
    ids.sort();
    ids.dedup();
    ids
}

fn place(row: &FindingRow) -> String {
    let Some(PlaceRow { path, line, pointer, .. }) = &row.place else { return String::new() };
    match line {
        Some(line) => format!("{path}:{line}"),
        None if pointer.is_empty() => path.clone(),
        None => format!("{path} {pointer}"),
    }
}

fn line(org: &str, stand: &Stand, row: &FindingRow, now: Timestamp) -> Finding {
    let open = stand.followed.as_ref().and_then(|f| f.open(&row.policy, &row.resource, now));
    let attribute = if row.attribute.is_empty() { String::new() } else { format!("{}: ", row.attribute) };
    Finding {
        href: format!("/o/{org}/cloud/findings/{}?source={}", row.id, stand.id),
        source: stand.source.name.clone(),
        fresh: stand.counts(),
        policy: row.policy.clone(),
        title: row.title.clone(),
        severity: row.severity.to_string(),
        verdict: row.verdict.as_str(),
        kind: row.kind,
        resource: row.resource.clone(),
        place: place(row),
        found: format!("{attribute}{}", row.found),
        statements: statements(&stand.shelf.judge, &row.policy),
        touches: (row.controls.clone(), row.hipaa.clone()),
        since: open.map(|f| minute(f.opened.at)).unwrap_or_default(),
    }
}

fn options(any: &str, words: impl IntoIterator<Item = (String, String)>) -> Vec<(String, String)> {
    std::iter::once((String::new(), any.to_owned())).chain(words).collect()
}

pub(super) fn words<'w>(any: &str, words: impl IntoIterator<Item = &'w str>) -> Vec<(String, String)> {
    options(any, words.into_iter().map(|w| (w.to_owned(), w.replace(['-', '_'], " "))))
}

fn sources(seen: &Seen, chosen: &str) -> Choose {
    let named = seen.iter().map(|(stand, _)| (stand.id.clone(), stand.source.name.clone()));
    Choose { label: "Source", name: "source", options: options("all", named), chosen: chosen.to_owned() }
}

/// The list.
pub(crate) async fn list(State(house): State<Arc<House>>, guest: Guest, Asked(sought): Asked<Sought>) -> Page {
    let now = house.clock.now();
    let seen = views(&house, &guest.caller, "", now).await?;
    let org = guest.org();
    let verdict: Option<Verdict> = sought.verdict.parse().ok();
    let least: Option<Severity> = sought.severity.parse().ok();
    let domain: Option<u8> = sought.domain.parse().ok();
    let wanted = |stand: &Stand, row: &FindingRow| {
        (sought.source.is_empty() || stand.id == sought.source)
            && (sought.policy.is_empty() || row.policy == sought.policy)
            && verdict.is_none_or(|v| row.verdict == v)
            && least.is_none_or(|least| row.severity >= least)
            && domain.is_none_or(|domain| row.domains.contains(&domain))
            && (sought.text.is_empty() || row.resource.contains(&sought.text))
    };
    let hidden: Vec<Vec<FindingRow>> = seen.iter().map(|(stand, _)| stand.hidden(now)).collect();
    let mut rows: Vec<(&Stand, &FindingRow)> = Vec::new();
    for ((stand, view), hidden) in seen.iter().zip(&hidden) {
        rows.extend(view.findings.iter().chain(hidden).filter(|row| wanted(stand, row)).map(|row| (stand, row)));
    }
    let by_resource = sought.by == "resource";
    // Failures before what nobody can tell, worst first: a group stands where its first finding does.
    let rank = |row: &FindingRow| {
        (row.verdict != Verdict::Fail, row.verdict == Verdict::Waived, std::cmp::Reverse(row.severity))
    };
    rows.sort_by(|(a_stand, a), (b_stand, b)| {
        (rank(a), &a.policy, &a.resource, &a_stand.id).cmp(&(rank(b), &b.policy, &b.resource, &b_stand.id))
    });
    let count = rows.len();
    let query = [
        ("source", sought.source.as_str()),
        ("policy", &sought.policy),
        ("verdict", &sought.verdict),
        ("severity", &sought.severity),
        ("domain", &sought.domain),
        ("text", &sought.text),
        ("by", &sought.by),
    ];
    let (part, rest) = span(count, sought.from, SHOWN, &format!("/o/{org}/cloud/findings"), &query);
    let mut groups: Vec<(String, Vec<Finding>)> = Vec::new();
    let mut at: BTreeMap<String, usize> = BTreeMap::new();
    for (stand, row) in rows.drain(part) {
        let heading = if by_resource { row.resource.clone() } else { row.policy.clone() };
        let place = *at.entry(heading.clone()).or_insert_with(|| {
            groups.push((heading, Vec::new()));
            groups.len().saturating_sub(1)
        });
        if let Some((_, findings)) = groups.get_mut(place) {
            findings.push(line(&org, stand, row, now));
        }
    }
    let titles = seen.first().map_or(Vec::new(), |(stand, _)| {
        let catalog = stand.shelf.judge.catalog();
        catalog.domains().map(|d| (d.number.to_string(), format!("{} {}", d.number, d.title))).collect()
    });
    let by = vec![(String::new(), "policy".to_owned()), ("resource".to_owned(), "resource".to_owned())];
    let mut filter = vec![
        sources(&seen, &sought.source),
        Choose {
            label: "Stands",
            name: "verdict",
            options: words("any", ["fail", "unknown", "errored", "waived"]),
            chosen: sought.verdict,
        },
        Choose {
            label: "At least",
            name: "severity",
            options: words("any severity", ["medium", "high", "critical"]),
            chosen: sought.severity,
        },
        Choose { label: "Domain", name: "domain", options: options("all", titles), chosen: sought.domain },
        Choose { label: "Group by", name: "by", options: by, chosen: sought.by },
    ];
    if !sought.policy.is_empty() {
        let options = options("all", [(sought.policy.clone(), sought.policy.clone())]);
        filter.push(Choose { label: "Policy", name: "policy", options, chosen: sought.policy });
    }
    let page =
        Findings { org, filter, text: sought.text, by_resource, groups, count, rest, none_seen: seen.is_empty() };
    Ok(Html(framed(&frame(&house, &guest, "Findings", "cloud", ""), &pages::list(&page)).into_string()))
}

/// One finding, as the source shows it that is asked for, or the first that does.
pub(crate) async fn one(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, id)): Named<(String, String)>,
    Asked(sought): Asked<Sought>,
) -> Page {
    let now = house.clock.now();
    let seen = views(&house, &guest.caller, &sought.source, now).await?;
    let none = || Problem::not_found("no source shows this finding now; it may be mended");
    let found = seen.iter().find_map(|(stand, view)| {
        let row = view.findings.iter().find(|row| row.id == id).cloned();
        let row = row.or_else(|| stand.hidden(now).into_iter().find(|row| row.id == id))?;
        Some((stand, view, row))
    });
    let (stand, view, row) = found.ok_or_else(none)?;
    let judge = Arc::clone(&stand.shelf.judge);
    let waivers = stand.waivers.clone();
    let (shelf, run, asked, held) = (stand.shelf.clone(), view.run.id, id.clone(), waivers.clone());
    let because = tokio::task::spawn_blocking(move || explained(&shelf.history()?, &shelf.judge, run, held, &asked));
    let because = because.await.map_err(Problem::internal)?.map_err(broken)?;
    let org = guest.org();
    let assessment = newest_assessment(&house, &guest).await?;
    let catalog = judge.catalog();
    let statements = statements(&judge, &row.policy).into_iter().map(|id| {
        let title = id.parse().ok().and_then(|id| catalog.statement(&id)).map_or(String::new(), |s| s.title.clone());
        let href =
            if assessment.is_empty() { String::new() } else { format!("/o/{org}/a/{assessment}/requirements/{id}") };
        (id, title, href)
    });
    let policy = judge.policies().iter().find(|p| p.id.as_str() == row.policy);
    let series = stand.followed.as_ref().map(|followed| &followed.series.findings);
    let same = series
        .into_iter()
        .flatten()
        .filter(|f| f.check.policy.as_str() == row.policy && *f.check.resource == *row.resource);
    let before = same.filter_map(|f| Some((f, f.closed.as_ref()?)));
    let before = before.map(|(f, closed)| (minute(f.opened.at), minute(closed.by.at), closed.how.as_str().to_owned()));
    let open = stand.followed.as_ref().and_then(|f| f.open(&row.policy, &row.resource, now));
    let address = row.place.as_ref().map_or(row.resource.as_str(), |place| place.address.as_str());
    let covers = |w: &&attesta_evaluation::Waiver| {
        policy.is_some_and(|p| w.covers(&p.id, &row.resource) || w.covers(&p.id, address))
    };
    let waived = waivers.iter().filter(|_| row.verdict == Verdict::Waived).find(covers);
    let inside = Circumstance::within(guest.caller.tenant());
    let asks = row.verdict == Verdict::Fail && guest.may(&house, Action::Create, ResourceKind::Waiver, &inside);
    let waive = match asks {
        true => format!(
            "/o/{org}/cloud/waivers?policy={}&resource={}&source={}",
            row.policy,
            escaped(&row.resource),
            stand.id
        ),
        false => String::new(),
    };
    let one = One {
        line: line(&org, stand, &row, now),
        seen: (view.run.id.to_string(), minute(view.run.at)),
        place: row.place.as_ref().map(|place| Place {
            document: place.path.clone(),
            line: place.line.map(|l| l.to_string()).unwrap_or_default(),
            pointer: place.pointer.clone(),
            address: place.address.clone(),
        }),
        read: (row.attribute.clone(), row.found.clone(), row.wanted.clone()),
        mend: (row.mend.clone(), row.mend_code.clone()),
        why: policy.map(|p| p.rationale.clone()).unwrap_or_default(),
        requirements: statements.collect(),
        controls: policy
            .into_iter()
            .flat_map(|p| &p.controls)
            .map(|c| (c.to_string(), catalog.reference(c).map_or(String::new(), |r| r.title.clone())))
            .collect(),
        hipaa: policy
            .into_iter()
            .flat_map(|p| &p.hipaa)
            .map(|c| (c.to_string(), catalog.hipaa_item(c).map_or(String::new(), |i| i.title.clone())))
            .collect(),
        clear_before: open.and_then(|f| f.clear_before).map(minute).unwrap_or_default(),
        because: because.as_ref().map(told),
        waived: waived.map(|w| (w.approved_by.clone(), w.reason.clone(), w.until.to_string())),
        before: before.collect(),
        waive,
        id,
        org,
    };
    Ok(Html(framed(&frame(&house, &guest, &one.line.title, "cloud", ""), &pages::one(&one)).into_string()))
}

fn told(why: &Explanation) -> Told {
    Told { says: why.text.clone(), because: why.from.iter().map(told).collect() }
}

/// The open assessment that was changed last, of those that the visitor reads; empty for none.
async fn newest_assessment(house: &House, guest: &Guest) -> Result<String, Problem> {
    let inside = Circumstance::within(guest.caller.tenant());
    let now = house.clock.now();
    let Ok(permit) =
        attesta_access::authorise(&guest.caller.principal, Action::Read, ResourceKind::Assessment, &inside, now)
    else {
        return Ok(String::new());
    };
    let rows = assessments(&mut house.store.room(&permit).await?).await?;
    let reached = |id: &str| match permit.reach() {
        attesta_access::Reach::Named(named) => id.parse().is_ok_and(|id| named.contains(&id)),
        _ => true,
    };
    let open = rows.into_iter().filter(|row| row.state == "open" && reached(&row.id));
    Ok(open.max_by(|a, b| (a.updated, &a.id).cmp(&(b.updated, &b.id))).map(|row| row.id).unwrap_or_default())
}

/// Resources.
pub(crate) async fn resources(State(house): State<Arc<House>>, guest: Guest, Asked(sought): Asked<Sought>) -> Page {
    let seen = views(&house, &guest.caller, "", house.clock.now()).await?;
    let org = guest.org();
    let mut kinds: Vec<&str> = seen.iter().flat_map(|(_, view)| view.resources.iter().map(|r| r.kind)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut rows = Vec::new();
    for (stand, view) in seen.iter().filter(|(stand, _)| sought.source.is_empty() || stand.id == sought.source) {
        let wanted = view.resources.iter().filter(|row| {
            (sought.kind.is_empty() || row.kind == sought.kind)
                && (sought.text.is_empty() || row.resource.contains(&sought.text))
        });
        rows.extend(wanted.map(|row| Resource {
            source: stand.source.name.clone(),
            kind: row.kind,
            resource: row.resource.clone(),
            type_name: row.type_name.clone(),
            document: row.document.clone(),
            checks: counted(&row.checks),
            href: format!("/o/{org}/cloud/findings?by=resource&source={}&text={}", stand.id, escaped(&row.resource)),
        }));
    }
    rows.sort_by(|a, b| (b.checks.fail, a.kind, &a.resource).cmp(&(a.checks.fail, b.kind, &b.resource)));
    let count = rows.len();
    let query = [("source", sought.source.as_str()), ("kind", &sought.kind), ("text", &sought.text)];
    let (part, rest) = span(count, sought.from, SHOWN, &format!("/o/{org}/cloud/resources"), &query);
    let rows = rows.drain(part).collect();
    let filter = vec![
        sources(&seen, &sought.source),
        Choose { label: "Kind", name: "kind", options: words("all", kinds), chosen: sought.kind },
    ];
    let page = Resources { org, filter, text: sought.text, rows, count, rest };
    Ok(Html(framed(&frame(&house, &guest, "Resources", "cloud", ""), &pages::resources(&page)).into_string()))
}
