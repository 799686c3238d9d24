//! What lies ahead of an assessment: gaps, the shortest way, the calendar.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use attesta_assessment::View;
use attesta_desk::{Course, Desk, Failure, calendar, gaps, plan, points::shown};
use attesta_forecast::Goal;
use attesta_kernel::Date;
use attesta_lifecycle::{Outlook, Standing};
use attesta_pages::{
    chart::Span,
    page as framed,
    parts::Tone,
    rooms::{
        calendar::{self as calendars, Line},
        gaps::{self as lists, Gap, Gaps},
        plan::{self as plans, Step, Way},
    },
};
use axum::{extract::State, response::Html};
use serde::Deserialize;

use super::{Guest, Page, frame_at};
use crate::{
    House,
    api::reports,
    house::lock,
    problem::Problem,
    sent::{Asked, Named},
};

pub(super) fn what(desk: &Desk) -> String {
    let header = &desk.dossier.assessment.value;
    format!("{} {}", header.program, header.purpose)
}

/// What is looked for among gaps.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sought {
    view: String,
    only: String,
    domain: String,
}

/// Gaps of one view, worked out once.
#[derive(Debug)]
struct Found {
    gaps: Vec<Gap>,
    unanswered: usize,
}

struct OfEntity(Found);
struct Final(Found);

fn found(desk: &Desk, view: View) -> Result<Found, Failure> {
    let scored = desk.scored(view)?;
    let gaps = gaps::gaps(desk, &scored).into_iter().map(|gap| Gap {
        requirement: gap.requirement,
        title: gap.title,
        domain: gap.domain,
        control_reference: gap.control_reference,
        plan: gap.required_cap,
        domain_passes: gap.domain_passes,
        score: shown(gap.score.0),
        below: gap.below.iter().map(|b| format!("{} {}", b.level, shown(b.score.0))).collect(),
        unmet: gap.unmet.into_iter().map(|u| (u.element, u.text)).collect(),
    });
    Ok(Found { gaps: gaps.collect(), unanswered: scored.workings.unanswered.len() })
}

/// The gaps.
pub(crate) async fn gaps(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, assessment)): Named<(String, String)>,
    Asked(sought): Asked<Sought>,
) -> Page {
    let (desk, revision) = reports::desk(&house, &guest.caller, &assessment).await?;
    let last = sought.view == "final";
    let org = guest.org();
    let (entity, final_);
    let all = if last {
        final_ = house.derived(&org, &assessment, &desk, |desk| found(desk, View::Final).map(Final))?;
        &final_.0
    } else {
        entity = house.derived(&org, &assessment, &desk, |desk| found(desk, View::Entity).map(OfEntity))?;
        &entity.0
    };
    let domain: u8 = sought.domain.parse().unwrap_or_default();
    let planned = all.gaps.iter().filter(|g| g.plan).count();
    let passes = |gap: &&Gap| {
        (domain == 0 || gap.domain == domain)
            && match sought.only.as_str() {
                "plan" => gap.plan,
                "other" => !gap.plan,
                _ => true,
            }
    };
    let titles: BTreeMap<u8, String> = desk.catalog.domains().map(|d| (d.number, d.title.clone())).collect();
    let domains: BTreeMap<u8, String> =
        all.gaps.iter().map(|g| (g.domain, titles.get(&g.domain).cloned().unwrap_or_default())).collect();
    let list = Gaps {
        what: what(&desk),
        last,
        domain,
        domains: domains.into_iter().collect(),
        counts: (planned, all.gaps.len().saturating_sub(planned)),
        unanswered: all.unanswered,
        gaps: all.gaps.iter().filter(passes).cloned().collect(),
        only: sought.only,
        place: (org, assessment.clone()),
    };
    Ok(Html(
        framed(&frame_at(&house, &guest, ("Gaps", "gaps", &assessment), (revision, desk.at)), &lists::list(&list))
            .into_string(),
    ))
}

/// The goal that is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asks {
    goal: String,
}

type Told = Result<Way, (String, String)>;

/// Plans by goal, worked out once for each revision and day.
#[derive(Debug, Default)]
struct Plans(Mutex<BTreeMap<&'static str, Told>>);

/// The shortest way.
pub(crate) async fn shortest(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, assessment)): Named<(String, String)>,
    Asked(asks): Asked<Asks>,
) -> Page {
    let (desk, revision) = reports::desk(&house, &guest.caller, &assessment).await?;
    let (goal, word) = match asks.goal.as_str() {
        "no-caps" => (Goal::CertifyWithoutCaps, "no-caps"),
        "fewest-caps" => (Goal::CertifyWithFewestCaps, "fewest-caps"),
        _ => (Goal::Certify, "certify"),
    };
    let org = guest.org();
    let kept = house.derived(&org, &assessment, &desk, |_| Ok(Plans::default()))?;
    let known = lock(&kept.0).get(word).cloned();
    let way = match known {
        Some(way) => way,
        None => {
            let desk = Arc::clone(&desk);
            // It may take a second: others are answered meanwhile.
            let made = tokio::task::spawn_blocking(move || told(&desk, goal)).await.map_err(Problem::internal)?;
            lock(&kept.0).insert(word, made.clone());
            made
        }
    };
    let page = plans::Page { place: (org, assessment.clone()), what: what(&desk), goal: word.to_owned(), way };
    Ok(Html(
        framed(
            &frame_at(&house, &guest, ("Shortest way", "plan", &assessment), (revision, desk.at)),
            &plans::page(&page),
        )
        .into_string(),
    ))
}

/// Why there is none is told in its place: it is an answer too.
fn told(desk: &Desk, goal: Goal) -> Told {
    let planned = plan::plan(desk, goal, None).map_err(|failure| {
        let told: Vec<String> = failure.complaints.iter().map(ToString::to_string).collect();
        (told.join("; "), failure.help.unwrap_or_default())
    })?;
    let report = planned.report();
    let rows: Vec<(&plan::Row, Option<Days>)> =
        report.items.iter().map(|row| (row, Days::of(row.begins.as_deref(), row.counts_from.as_deref()))).collect();
    let first = desk.at;
    let last = report.decision.parse().unwrap_or(first);
    let at = |day: Date| since(first, day);
    let spans = rows.iter().take(PICTURED).filter_map(|(row, days)| {
        let days = days.as_ref()?;
        Some(Span {
            label: format!("{} {}", row.requirement, row.level),
            first: at(days.0),
            last: at(days.1),
            tone: if row.estimated { Tone::Good } else { Tone::Unknown },
            shown: format!("{} to {}, {} hours", days.0, days.1, row.hours),
        })
    });
    let mut marks = vec![(0, "today".to_owned())];
    for (day, word) in
        [(&report.fieldwork_from, "fieldwork"), (&report.submission, "submission"), (&report.decision, "decision")]
    {
        if let Ok(day) = day.parse() {
            marks.push((at(day), word.to_owned()));
        }
    }
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    Ok(Way {
        hours: report.hours,
        proof: report.proof.clone(),
        picture: (spans.collect(), at(last), marks),
        steps: report
            .items
            .iter()
            .map(|row| Step {
                requirement: row.requirement.clone(),
                domain: row.domain,
                level: row.level.to_owned(),
                scores: (shown(row.from.0), shown(row.to.0)),
                effort: (row.hours, row.days),
                estimated: row.estimated,
                owner: text(&row.owner),
                days: (text(&row.begins), text(&row.done), text(&row.counts_from)),
                suppose: format!("{}:{}={}", row.requirement, row.level, shown(row.to.0)),
            })
            .collect(),
        needs: report.needs,
        caps_left: report.caps_left,
        open: report.unanswered_taken_as_nothing,
        days: (report.fieldwork_from, report.submission, report.decision),
        unsure: report.unsure,
    })
}

/// So many lines of a picture can be read.
const PICTURED: usize = 40;

#[derive(Debug)]
struct Days(Date, Date);

impl Days {
    fn of(from: Option<&str>, to: Option<&str>) -> Option<Self> {
        Some(Self(from?.parse().ok()?, to?.parse().ok()?))
    }
}

/// Days from one to another; none for what lies before.
pub(super) fn since(first: Date, day: Date) -> u32 {
    first.until(day).ok().and_then(|span| u32::try_from(span.get_days()).ok()).unwrap_or(0)
}

/// The calendar.
pub(crate) async fn days(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, assessment)): Named<(String, String)>,
) -> Page {
    let (desk, revision) = reports::desk(&house, &guest.caller, &assessment).await?;
    let org = guest.org();
    let known = house.derived(&org, &assessment, &desk, drawn)?;
    let page = calendars::Page { place: (org, assessment.clone()), ..known.0.clone() };
    Ok(Html(
        framed(
            &frame_at(&house, &guest, ("Calendar", "calendar", &assessment), (revision, desk.at)),
            &calendars::page(&page),
        )
        .into_string(),
    ))
}

struct Drawn(calendars::Page);

fn drawn(desk: &Desk) -> Result<Drawn, Failure> {
    let course = Course::of(desk)?;
    let calendar = calendar::calendar(desk, &course, None)?;
    let first = calendar.lines.iter().map(|l| l.begins).min().unwrap_or(desk.at).min(desk.at);
    let last = calendar.lines.iter().map(|l| l.ends).max().unwrap_or(desk.at).max(desk.at);
    let line = |l: &attesta_lifecycle::Milestone| {
        let standing = l.standing(desk.at);
        let tone = match standing {
            Standing::Done => Tone::Good,
            Standing::DoneLate => Tone::Warn,
            Standing::Now => Tone::Now,
            Standing::Passed => Tone::Bad,
            Standing::Ahead => Tone::Plain,
        };
        let about =
            if l.about.is_empty() { String::new() } else { format!(": {}", super::home::whose(desk, &l.about)) };
        let label = format!("{}{about}", l.key.title());
        let span = Span {
            // Whose it is stands in the table: the picture has room for what it is.
            label: label.split_once(", ").map_or(label.as_str(), |(what, _)| what).to_owned(),
            first: since(first, l.begins),
            last: since(first, l.ends),
            tone,
            shown: format!("{} to {}, {}", l.begins, l.ends, standing.as_str()),
        };
        let line = Line {
            what: label,
            owner: l.owner.to_string(),
            days: (l.begins.to_string(), l.ends.to_string()),
            stands: (tone, standing.as_str().to_owned()),
            origin: l.origin.as_str().to_owned(),
            rule: l.rule.clone(),
            confidence: l
                .provenance
                .as_ref()
                .map(|p| (p.confidence.to_string(), p.source.to_string()))
                .unwrap_or_default(),
        };
        (span, line)
    };
    let (spans, lines): (Vec<Span>, Vec<Line>) = calendar.lines.iter().map(line).unzip();
    Ok(Drawn(calendars::Page {
        place: Default::default(),
        what: what(desk),
        outlook: outlook(&calendar),
        unsure: calendar::unsure(&calendar).map(|text| format!("{text}.")).unwrap_or_default(),
        picture: (spans, since(first, last), vec![(since(first, desk.at), "today".to_owned())]),
        lines,
    }))
}

fn outlook(calendar: &attesta_lifecycle::Calendar) -> Option<(Tone, String)> {
    let target = calendar.target.map(|t| t.to_string()).unwrap_or_default();
    Some(match &calendar.outlook {
        Outlook::NoTarget => return None,
        Outlook::Open => (Tone::Good, format!("{target} can be met: nothing that it needs has passed.")),
        Outlook::Tight { passed } => {
            let passed: Vec<&str> = passed.iter().map(|key| key.title()).collect();
            (Tone::Warn, format!("{target} can be met, though these days have passed: {}.", passed.join("; ")))
        }
        Outlook::Missed { first, due, earliest } => (
            Tone::Bad,
            format!("{target} cannot be met: {} was due on {due}. The earliest day is {earliest}.", first.title()),
        ),
        Outlook::Reached => (Tone::Good, format!("{target} has been reached.")),
    })
}
