//! QC-20 and QC-21: what comments say, and whether anybody wrote them.

use std::collections::BTreeMap;

use attesta_kernel::Place;
use attesta_scoring::{Exact, Levels, MaturityLevel};

use super::{
    Check,
    look::{Found, Look, Row, some},
};

pub(super) fn look(look: &mut Look<'_>) {
    let rows = look.rows();
    for row in rows.iter().filter(|r| !r.not_applicable()) {
        if let Some(answer) = row.answer {
            contradicts(look, row, "the comment", &answer.value.comment, &row.levelled.entity, &answer.place);
        }
        if let Some(validated) = row.validated {
            let (comment, place) = (&validated.value.comment, &validated.place);
            contradicts(look, row, "the assessor's comment", comment, &row.levelled.last, place);
        }
    }
    alike(look, &rows, "the entity's comment", |r| r.answer.map(|a| (a.value.comment.as_str(), &a.place)));
    alike(look, &rows, "the assessor's comment", |r| r.validated.map(|v| (v.value.comment.as_str(), &v.place)));
}

/// A comment is held against the score only where no level bears it out: "not yet" beside any level below 100 is fair.
fn contradicts(look: &mut Look<'_>, row: &Row<'_>, whose: &str, comment: &str, levels: &Levels, place: &Place) {
    let (case, figures) = (look.case, &look.checks.figures);
    let counts = |level: &MaturityLevel| case.scored.contains(*level);
    let scores: Vec<Exact> = MaturityLevel::ALL.into_iter().filter(counts).filter_map(|l| levels.get(l)).collect();
    if scores.is_empty() {
        return;
    }
    let says = match (phrase(comment, &figures.undone_phrases.value), phrase(comment, &figures.done_phrases.value)) {
        (Some(undone), _) if scores.iter().all(|s| *s >= Exact::FULL) => {
            format!("{whose} says `{undone}`, yet every level is 100")
        }
        (None, Some(done)) if scores.iter().all(|s| *s == Exact::ZERO) => {
            format!("{whose} says `{done}`, yet every level is 0")
        }
        _ => return,
    };
    look.add(Found::new(Check::CommentContradicts, row.subject(), Some(place.clone()), says));
}

/// The first phrase that stands in a text as whole words.
fn phrase<'p>(text: &str, phrases: &'p [String]) -> Option<&'p str> {
    let text = format!(" {} ", words(text));
    phrases.iter().map(String::as_str).find(|p| text.contains(&format!(" {} ", words(p))))
}

/// A text in small letters, its words apart by one blank.
fn words(text: &str) -> String {
    let apart = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    apart.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

fn alike<'a>(
    look: &mut Look<'_>,
    rows: &[Row<'a>],
    whose: &str,
    comment: impl Fn(&Row<'a>) -> Option<(&'a str, &'a Place)>,
) {
    let figures = &look.checks.figures;
    let (often, length) = (&figures.comments_alike, &figures.comment_length);
    let at_least = |count: usize, limit: u32| u64::try_from(count).is_ok_and(|c| c >= limit.into());
    let mut groups: BTreeMap<String, Vec<(&Row<'a>, &Place)>> = BTreeMap::new();
    for row in rows {
        let Some((text, place)) = comment(row) else { continue };
        let text = words(text);
        if !text.is_empty() && at_least(text.chars().count(), length.value) {
            groups.entry(text).or_default().push((row, place));
        }
    }
    for group in groups.into_values().filter(|g| g.len() > 1 && at_least(g.len(), often.value)) {
        let Some(((first, place), others)) = group.split_first() else { continue };
        let keys = || others.iter().map(|(r, _)| r.key().to_string());
        let says = format!("{whose} is the same in {} more: {}", others.len(), some(keys()));
        let fact = format!("{whose} {:?}", keys().collect::<Vec<_>>());
        let found = Found::new(Check::CommentsAlike, first.subject(), Some((*place).clone()), says);
        look.add(found.fact(fact).by(often));
    }
}
