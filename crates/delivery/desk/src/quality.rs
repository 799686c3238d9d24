//! What a reviewer would raise, before the hand-off.
#![allow(missing_docs, reason = "fields are the keys of the JSON, which the reference explains")]

use attesta_assessment::{PersonId, Side};
use attesta_kernel::{Date, Digest, Place};
use attesta_lifecycle::quality::{
    Approval, Check, Checks, Fingerprint, HandOff, Override, Passage, Refusal, Review, Standing, Subject,
};
use attesta_workspace::{Folder, OVERRIDES};
use serde::Serialize;

use crate::{
    deed::Deed,
    desk::Desk,
    failure::{Failure, Kind},
    life::person_of,
    review::{Certified, Folio, Reviewed, review},
};

/// What the checks found, as JSON.
#[derive(Serialize)]
pub struct Report<'a> {
    pub schema: &'static str,
    pub at: String,
    pub hand_off: &'static str,
    pub passage: &'static str,
    pub blocking: usize,
    pub looked: usize,
    pub issues: Vec<Row<'a>>,
    pub overrides: Vec<OverrideRow<'a>>,
    pub could_not_look: Vec<Blind<'a>>,
}

#[derive(Serialize)]
pub struct Row<'a> {
    pub check: &'static str,
    pub title: &'a str,
    pub subject: String,
    pub place: Option<String>,
    pub says: &'a [String],
    pub mend: &'a str,
    pub hand_off: &'static str,
    pub severity: &'static str,
    pub standing: &'static str,
    pub facts: &'a str,
    pub sources: Vec<Source<'a>>,
}

#[derive(Serialize)]
pub struct Source<'a> {
    pub source: &'a str,
    pub confidence: &'static str,
}

#[derive(Serialize)]
pub struct OverrideRow<'a> {
    pub check: &'static str,
    pub subject: String,
    pub place: String,
    pub because: &'a str,
    pub by: &'a str,
    pub on: String,
    pub approved_by: Option<&'a str>,
    pub refused_by: Option<&'a str>,
    pub refused_because: Option<&'a str>,
    pub facts: &'a str,
    pub counts: bool,
    pub worth: String,
}

#[derive(Serialize)]
pub struct Blind<'a> {
    pub check: &'static str,
    pub title: &'a str,
    pub hand_off: &'static str,
    pub because: &'a str,
}

/// What the checks find on a desk, as JSON, with figures that content lacks. `since` are the files of the certified
/// assessment that it goes back to.
///
/// # Errors
///
/// What cannot be read or worked out.
pub fn looked(desk: &Desk, gate: HandOff, since: Option<Folder>) -> Result<(serde_json::Value, Vec<String>), Failure> {
    let folio = Folio::read(desk)?;
    let certified = Certified::of_folder(desk, since)?;
    let Reviewed { review, notes } = review(desk, &folio, certified.as_ref())?;
    let report = serde_json::to_value(Report::of(&review, &folio.checks, gate, desk.at));
    Ok((report.map_err(|e| Failure::new(Kind::Unknown, e.to_string()))?, notes))
}

/// Which issue an override is about.
#[derive(Debug, Clone)]
pub struct About {
    pub check: Check,
    pub subject: Subject,
    /// The facts that were looked at, as the review shows them.
    pub facts: Fingerprint,
}

/// An override as it stands after something was done.
#[derive(Debug, Serialize)]
pub struct Overridden {
    pub check: &'static str,
    pub subject: String,
    pub facts: String,
    pub because: String,
    pub by: String,
    pub on: String,
    pub approved_by: Option<String>,
    pub refused_by: Option<String>,
}

impl Overridden {
    fn of(given: &Override) -> Self {
        Self {
            check: given.check.as_str(),
            subject: given.subject.to_string(),
            facts: given.facts.to_string(),
            because: given.because.clone(),
            by: given.by.to_string(),
            on: given.on.to_string(),
            approved_by: given.approved.as_ref().map(|a| a.by.to_string()),
            refused_by: given.refused.as_ref().map(|r| r.by.to_string()),
        }
    }
}

/// Overrides an issue that a check finds now; one that went stale makes room. `since` are the files of the certified
/// assessment that the review went back to.
///
/// # Errors
///
/// When there is no such issue with these facts, it is overridden already, or no reason is given; nothing is changed.
pub fn override_issue(
    desk: &Desk,
    since: Option<Folder>,
    about: &About,
    because: &str,
    by: &PersonId,
) -> Result<Deed<Overridden>, Failure> {
    if because.trim().is_empty() {
        return Err(Failure::new(Kind::BadInput, "an override needs a reason").help("say why it may stand"));
    }
    person_of(desk, by, &[Side::Entity, Side::Assessor])?;
    let folio = Folio::read(desk)?;
    let certified = Certified::of_folder(desk, since)?;
    let review = review(desk, &folio, certified.as_ref())?.review;
    let issue = review.issues.iter().find(|i| i.check == about.check && i.subject == about.subject);
    let issue = issue.ok_or_else(|| {
        Failure::new(Kind::NotFound, format!("{} finds nothing about {}", about.check, about.subject))
            .help("the quality review lists what can be overridden")
    })?;
    if issue.fingerprint != about.facts {
        let message = format!("the facts of {} about {} are others by now", about.check, about.subject);
        return Err(Failure::new(Kind::Conflict, message).help("look at them again, and send their `facts`"));
    }
    if !matches!(issue.standing, Standing::Open) {
        let message = format!("{} about {} is overridden already", about.check, about.subject);
        return Err(Failure::new(Kind::Refused, message));
    }
    let given = Override {
        check: about.check,
        subject: about.subject.clone(),
        facts: about.facts.clone(),
        because: because.to_owned(),
        by: by.clone(),
        on: desk.at,
        approved: None,
        refused: None,
    };
    let same = |o: &Override| o.check == about.check && o.subject == about.subject;
    let mut all: Vec<Override> = folio.overrides.iter().map(|o| o.value.clone()).filter(|o| !same(o)).collect();
    all.push(given.clone());
    written(desk, &all, &given, "given")
}

/// The assessor approves the entity's override. `since` is as for [`override_issue`].
///
/// # Errors
///
/// When there is none that waits, or by somebody else than the assessor; nothing is changed.
pub fn approve(desk: &Desk, since: Option<Folder>, about: &About, by: &PersonId) -> Result<Deed<Overridden>, Failure> {
    person_of(desk, by, &[Side::Assessor])?;
    let folio = Folio::read(desk)?;
    let certified = Certified::of_folder(desk, since)?;
    let review = review(desk, &folio, certified.as_ref())?.review;
    let waits = review.issues.iter().any(|issue| {
        issue.check == about.check
            && issue.subject == about.subject
            && matches!(&issue.standing, Standing::AwaitsApproval(given) if given.value.facts == about.facts)
    });
    if !waits {
        let message = format!("no override of {} about {} awaits approval", about.check, about.subject);
        return Err(Failure::new(Kind::NotFound, message).help("the quality review lists overrides and their worth"));
    }
    let mut all: Vec<Override> = folio.overrides.iter().map(|o| o.value.clone()).collect();
    let is_it = |o: &&mut Override| o.check == about.check && o.subject == about.subject && o.facts == about.facts;
    let Some(given) = all.iter_mut().find(is_it) else {
        return Err(Failure::new(Kind::NotFound, "the override is not there any more"));
    };
    given.approved = Some(Approval { by: by.clone(), on: desk.at });
    let given = given.clone();
    written(desk, &all, &given, "approved")
}

/// The assessor's side does not let an override stand: the issue is open again, and the reason stays with the override until
/// somebody writes another. `since` is as for [`override_issue`].
///
/// # Errors
///
/// When there is no override of these facts that counts or waits, no reason is given, or by somebody else than the assessor;
/// nothing is changed.
pub fn refuse(
    desk: &Desk,
    since: Option<Folder>,
    about: &About,
    because: &str,
    by: &PersonId,
) -> Result<Deed<Overridden>, Failure> {
    if because.trim().is_empty() {
        return Err(Failure::new(Kind::BadInput, "a refusal needs a reason").help("say why it may not stand"));
    }
    person_of(desk, by, &[Side::Assessor])?;
    let folio = Folio::read(desk)?;
    let certified = Certified::of_folder(desk, since)?;
    let review = review(desk, &folio, certified.as_ref())?.review;
    let stands = review.issues.iter().any(|issue| {
        let given = match &issue.standing {
            Standing::AwaitsApproval(given) | Standing::Overridden(given) => given,
            Standing::Open => return false,
        };
        issue.check == about.check && issue.subject == about.subject && given.value.facts == about.facts
    });
    if !stands {
        let message = format!("no override of {} about {} stands or waits", about.check, about.subject);
        return Err(Failure::new(Kind::NotFound, message).help("the quality review lists overrides and their worth"));
    }
    let mut all: Vec<Override> = folio.overrides.iter().map(|o| o.value.clone()).collect();
    let is_it = |o: &&mut Override| o.check == about.check && o.subject == about.subject && o.facts == about.facts;
    let Some(given) = all.iter_mut().find(is_it) else {
        return Err(Failure::new(Kind::NotFound, "the override is not there any more"));
    };
    given.refused = Some(Refusal { by: by.clone(), on: desk.at, because: because.to_owned() });
    let given = given.clone();
    written(desk, &all, &given, "refused")
}

/// Who wrote an override of an issue.
///
/// # Errors
///
/// Every fault of the file.
pub fn written_by(desk: &Desk, about: &About) -> Result<Option<PersonId>, Failure> {
    let overrides = attesta_workspace::overrides(&desk.folder)?;
    let is_it = |o: &&attesta_catalog::Placed<Override>| {
        o.value.check == about.check && o.value.subject == about.subject && o.value.facts == about.facts
    };
    Ok(overrides.iter().find(is_it).map(|o| o.value.by.clone()))
}

/// What is written of them replaces the whole file; a store keeps its older forms.
fn written(desk: &Desk, all: &[Override], given: &Override, what: &str) -> Result<Deed<Overridden>, Failure> {
    let read = desk.folder.file(OVERRIDES)?.map(|file| Digest::of(file.text.as_bytes()));
    let told = serde_json::json!({
        "what": what, "check": given.check.as_str(), "subject": given.subject.to_string(), "facts": given.facts.as_str(),
    });
    let changes = vec![attesta_workspace::overrides_change(all, read)];
    Ok(Deed { answer: Overridden::of(given), changes, told })
}

impl<'a> Report<'a> {
    pub fn of(review: &'a Review, checks: &'a Checks, gate: HandOff, at: Date) -> Self {
        let title = |check| checks.rules.get(check).map_or("", |r| r.title.as_str());
        let issues = review.issues.iter().filter(|i| i.hand_off <= gate);
        let rows = issues.map(|issue| Row {
            check: issue.check.as_str(),
            title: title(&issue.check),
            subject: issue.subject.to_string(),
            place: issue.place.as_ref().map(Place::to_string),
            says: &issue.says,
            mend: &issue.mend,
            hand_off: issue.hand_off.as_str(),
            severity: issue.severity.as_str(),
            standing: issue.standing.as_str(),
            facts: issue.fingerprint.as_str(),
            sources: issue
                .provenances
                .iter()
                .map(|p| Source { source: &p.source, confidence: p.confidence.as_str() })
                .collect(),
        });
        let overrides = review.overrides.iter().map(|weighed| {
            let given = &weighed.given.value;
            OverrideRow {
                check: given.check.as_str(),
                subject: given.subject.to_string(),
                place: weighed.given.place.to_string(),
                because: &given.because,
                by: given.by.as_str(),
                on: given.on.to_string(),
                approved_by: given.approved.as_ref().map(|a| a.by.as_str()),
                refused_by: given.refused.as_ref().map(|r| r.by.as_str()),
                refused_because: given.refused.as_ref().map(|r| r.because.as_str()),
                facts: given.facts.as_str(),
                counts: weighed.worth.counts(),
                worth: weighed.worth.to_string(),
            }
        });
        let blind = review.unlooked.iter().filter(|u| u.hand_off <= gate).map(|u| Blind {
            check: u.check.as_str(),
            title: title(&u.check),
            hand_off: u.hand_off.as_str(),
            because: &u.because,
        });
        Self {
            schema: "attesta.quality-review/1",
            at: at.to_string(),
            hand_off: gate.as_str(),
            passage: match review.passage(gate) {
                Passage::Open => "open",
                Passage::Blocked(_) => "blocked",
                Passage::Unknown(_) => "unknown",
            },
            blocking: review.blocking(gate).count(),
            looked: review.looked,
            issues: rows.collect(),
            overrides: overrides.collect(),
            could_not_look: blind.collect(),
        }
    }
}
