//! QC-01 to QC-05 and QC-29: what is said not to apply, and the factors that it hangs on.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Check, Known, Meaning, Subject,
    case::place,
    look::{Found, Look, Row, some},
};

pub(super) fn look(look: &mut Look<'_>) {
    let rows = look.rows();
    mixed(look, &rows);
    for meaning in &look.checks.meanings {
        contradicted(look, &rows, meaning);
        unexplained_factor(look, meaning);
    }
    for row in rows.iter().filter(|r| r.not_applicable()) {
        unexplained(look, row);
        against_addition(look, row);
    }
    often(look, &rows);
}

/// A thing is in the scope or is not (Handbook A-2): requirements about it stand or fall together.
fn mixed(look: &mut Look<'_>, rows: &[Row<'_>]) {
    let (figures, meanings) = (&look.checks.figures, &look.checks.meanings);
    let whole =
        |topic: &str| figures.whole_topics.value.contains(topic) || meanings.iter().any(|m| m.topics.contains(topic));
    let mut topics: BTreeMap<&str, (Vec<&Row<'_>>, Vec<&Row<'_>>)> = BTreeMap::new();
    for row in rows.iter().filter(|r| r.answer.is_some()) {
        for topic in row.requirement.topics.iter().filter(|t| whole(t)) {
            let (out, scored) = topics.entry(topic).or_default();
            if row.not_applicable() { out.push(row) } else { scored.push(row) }
        }
    }
    // What is wholly out explains why a requirement is out, whatever else it speaks of.
    let wholly: BTreeSet<&str> =
        topics.iter().filter(|(_, (out, scored))| scored.is_empty() && out.len() > 1).map(|(t, _)| *t).collect();
    let explained = |row: &&&Row<'_>| row.requirement.topics.iter().any(|t| wholly.contains(&**t));
    for (topic, (out, scored)) in &topics {
        let out: Vec<&&Row<'_>> = out.iter().filter(|row| !explained(row)).collect();
        let (Some(first), false) = (out.first(), scored.is_empty()) else { continue };
        let names = |row: &Row<'_>| format!("{} (domain {})", row.key(), row.requirement.domain);
        let says = format!(
            "not applicable in {}, yet scored in {}",
            some(out.iter().map(|r| names(r))),
            some(scored.iter().map(|r| names(r)))
        );
        // The whole lists are the fact; what is shown may be cut short.
        let fact = format!(
            "{:?} {:?}",
            out.iter().map(|r| r.key().as_str()).collect::<Vec<_>>(),
            scored.iter().map(|r| r.key().as_str()).collect::<Vec<_>>()
        );
        let subject = Subject::Topic((*topic).into());
        look.add(
            Found::new(Check::MixedApplicability, subject, first.place(), says).fact(fact).by(&figures.whole_topics),
        );
    }
}

fn contradicted(look: &mut Look<'_>, rows: &[Row<'_>], meaning: &Meaning) {
    let Some(answer) = look.case.dossier.factors.0.get(&meaning.factor) else { return };
    let affirmed: Vec<_> = answer.value.choices.intersection(&meaning.affirms).collect();
    let about: Vec<&Row<'_>> = rows.iter().filter(|r| !r.requirement.topics.is_disjoint(&meaning.topics)).collect();
    if affirmed.is_empty() || about.is_empty() || !about.iter().all(|r| r.not_applicable()) {
        return;
    }
    let says = format!(
        "answered `{}`, yet all that asks about it is not applicable: {}",
        affirmed.iter().map(|c| c.as_str()).collect::<Vec<_>>().join(", "),
        some(about.iter().map(|r| r.key().to_string()))
    );
    let subject = Subject::Factor(meaning.factor.clone());
    look.add(Found::new(Check::FactorContradicted, subject, Some(answer.place.clone()), says));
}

fn unexplained_factor(look: &mut Look<'_>, meaning: &Meaning) {
    let answer = look.case.dossier.factors.0.get(&meaning.factor);
    let Some(given) = answer else { return };
    let denied: Vec<&str> = given.value.choices.intersection(&meaning.denies).map(|c| c.as_str()).collect();
    if !denied.is_empty() && look.says_nothing(&given.value.because) {
        let says = format!("answered `{}` without a reason", denied.join(", "));
        let subject = Subject::Factor(meaning.factor.clone());
        look.add(Found::new(Check::FactorUnexplained, subject, place(answer), says));
    }
}

fn unexplained(look: &mut Look<'_>, row: &Row<'_>) {
    let reason = row.answer.and_then(|a| a.value.not_applicable.as_deref()).unwrap_or_default();
    if look.says_nothing(reason) {
        let says = match reason.trim() {
            "" => "not applicable, without a reason".to_owned(),
            reason => format!("not applicable, and the reason `{reason}` says nothing"),
        };
        look.add(Found::new(Check::NotApplicableUnexplained, row.subject(), row.place(), says));
    }
}

fn against_addition(look: &mut Look<'_>, row: &Row<'_>) {
    let chosen = &look.case.dossier.assessment.value.additions;
    let asking: Vec<&str> = row.requirement.brought_by.intersection(chosen).map(|a| a.as_str()).collect();
    if !asking.is_empty() {
        let says = format!("not applicable, yet asked for by the chosen {}", asking.join(", "));
        look.add(Found::new(Check::NotApplicableAgainstAddition, row.subject(), row.place(), says));
    }
}

fn often(look: &mut Look<'_>, rows: &[Row<'_>]) {
    let figures = &look.checks.figures;
    let (limit, among): (&Known<u32>, &Known<u32>) = (&figures.not_applicable_percent, &figures.not_applicable_among);
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let (out, all) = (count(rows.iter().filter(|r| r.not_applicable()).count()), count(rows.len()));
    let enough = all > 0 && all >= among.value.into();
    if enough && out.saturating_mul(100) > all.saturating_mul(limit.value.into()) {
        let says = format!(
            "{out} of {all} requirements are not applicable; more than {} % is unusual [{}]",
            limit.value, limit.provenance.confidence
        );
        let at = Some(look.case.dossier.assessment.place.clone());
        look.add(Found::new(Check::NotApplicableOften, Subject::Assessment, at, says).by(limit));
    }
}
