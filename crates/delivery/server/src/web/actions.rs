//! The board of corrective action plans.

use std::{collections::BTreeSet, sync::Arc};

use attesta_access::{Action, Circumstance, ResourceKind};
use attesta_desk::board::{self, Board};
use attesta_kernel::Date;
use attesta_pages::{
    chart::Span,
    page as framed,
    parts::Tone,
    rooms::actions::{self as pages, Card, Milestone},
};
use axum::{extract::State, response::Html};
use serde_json::json;

use super::{
    Guest, Page,
    ahead::{since, what},
    frame_at,
};
use crate::{House, api::assessments, deed, matter, sent::Named};

/// The page.
pub(crate) async fn page(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, assessment)): Named<(String, String)>,
) -> Page {
    let seen = deed::look(&house, &guest.caller, &assessment, ResourceKind::CorrectiveAction).await?;
    let org = guest.org();
    let known = house.derived(&org, &assessment, &seen.desk, board::board)?;
    let stage = assessments::stage_of(&seen.desk)?;
    let about = Circumstance {
        stage: Some(stage),
        ..Circumstance::of_assessment(guest.caller.tenant(), assessments::id(&assessment)?)
    };
    let may_begin = known.held.is_none() && guest.may(&house, Action::Create, ResourceKind::CorrectiveAction, &about);
    let today = house.clock.today();
    let cards = known.cards.iter().map(|card| {
        let account = card.account.as_ref().and_then(|a| a.parse().ok());
        let own = Circumstance {
            assigned_to: Some(BTreeSet::from_iter(account)),
            written_by: Some(BTreeSet::new()),
            worked_on_by: Some(BTreeSet::from_iter(account)),
            ..about.clone()
        };
        let may = |action| guest.may(&house, action, ResourceKind::CorrectiveAction, &own);
        let may_change = known.held.is_none() && may(Action::Change);
        let may_decide = known.decision_held.is_none() && may(Action::Decide);
        shown(card, seen.of(&card.place), may_change, may_decide, today)
    });
    let task = matter::circumstance(&guest.caller, &matter::about(&assessment)?);
    let page = pages::Page {
        place: (org, assessment.clone()),
        what: what(&seen.desk),
        cards: cards.collect(),
        missing: known.missing.clone(),
        others: known.others.clone(),
        unknown: known.unknown.clone().unwrap_or_default(),
        held: known.held.clone().unwrap_or_default(),
        may_begin,
        may_remind: guest.may(&house, Action::Create, ResourceKind::Task, &task),
        people: known.people.clone(),
        picture: picture(&known, today),
        me: matter::maker(&guest.caller),
    };
    let frame = frame_at(&house, &guest, ("Corrective actions", "actions", &assessment), (seen.revision, seen.desk.at));
    Ok(Html(framed(&frame, &pages::page(&page)).into_string()))
}

/// Steps that stand open, with what a button says, whether it wants a reason, and whether it is the assessor's.
const STEPS: [(&str, &str, bool, bool); 6] = [
    ("plan", "Plan it", false, false),
    ("start", "Begin work", false, false),
    ("raise-risk", "Say that its day is in danger", true, false),
    ("recover", "Say that it is not in danger any more", true, false),
    ("complete", "It was tested again and passed", false, true),
    ("reopen", "Open it again", true, false),
];

fn shown(card: &board::Card, rev: u64, may_change: bool, may_decide: bool, today: Date) -> Card {
    let whole = &card.whole;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let milestones: Vec<Milestone> = whole
        .steps
        .iter()
        .map(|m| Milestone { what: m.what.clone(), due: text(&m.due), done: text(&m.done) })
        .collect();
    let all = |done: Option<usize>| {
        let rows = milestones.iter().enumerate().map(|(at, m)| {
            let on = if done == Some(at) { today.to_string() } else { m.done.clone() };
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            json!({ "what": m.what, "due": some(&m.due), "done": some(&on) })
        });
        serde_json::Value::Array(rows.collect()).to_string()
    };
    let open = STEPS
        .into_iter()
        .filter(|(word, .., assessor)| whole.moves.contains(word) && if *assessor { may_decide } else { may_change });
    Card {
        id: (text(&whole.row.id), rev),
        requirement: (whole.row.requirement.clone(), card.title.clone()),
        need: whole.row.need.to_owned(),
        weakness: whole.weakness.clone(),
        plan: whole.plan.clone(),
        owner: (text(&whole.row.owner), card.owner.clone()),
        account: text(&card.account),
        due: text(&whole.row.due),
        overdue: whole.row.overdue,
        status: whole.row.status.unwrap_or("planned").to_owned(),
        notes: whole.progress.iter().map(|n| (n.on.clone(), n.by.clone(), n.says.clone())).collect(),
        counts: card.counts_from.zip(card.window.as_ref()).map(|(from, window)| {
            let why =
                format!("{} days, {}: {}", window.days, window.figure.replace('-', " "), window.provenance.source);
            (from.to_string(), why, window.provenance.confidence.to_string())
        }),
        steps: open.map(|(word, label, reason, _)| (word, label, reason)).collect(),
        may_change,
        retest: whole.retest.as_ref().map(|r| format!("{} by {}: {}", r.on, r.by, r.result)).unwrap_or_default(),
        done_today: (0..milestones.len()).map(|at| all(Some(at))).collect(),
        json: all(None),
        milestones,
    }
}

/// The work of each plan, and the time after it for which it must stand.
fn picture(board: &Board, today: Date) -> (Vec<Span>, u32, Vec<(u32, String)>) {
    let first = board.cards.iter().map(|c| c.begins).min().unwrap_or(today).min(today);
    let ends = |card: &board::Card| card.counts_from.or(card.ends).unwrap_or(today);
    let last = board.cards.iter().map(ends).max().unwrap_or(today).max(today);
    let mut spans = Vec::new();
    for card in &board.cards {
        let Some(done) = card.ends else { continue };
        let row = &card.whole.row;
        let tone = match (row.overdue, row.status) {
            (true, _) | (_, Some("at-risk")) => Tone::Bad,
            (_, Some("completed")) => Tone::Good,
            (_, Some("started")) => Tone::Now,
            _ => Tone::Plain,
        };
        let label = format!("{} {}", row.requirement, card.owner);
        let shown = format!("{} to {done}", card.begins);
        spans.push(Span { label, first: since(first, card.begins), last: since(first, done), tone, shown });
        if let Some((from, window)) = card.counts_from.zip(card.window.as_ref()) {
            let sure = window.provenance.confidence;
            spans.push(Span {
                label: format!("… stands {} days, {sure}", window.days),
                first: since(first, done),
                last: since(first, from),
                tone: if window.is_sure() { Tone::Good } else { Tone::Unknown },
                shown: format!("{done} to {from}; the window is {sure}"),
            });
        }
    }
    (spans, since(first, last), vec![(since(first, today), "today".to_owned())])
}
