use std::{fmt, str::FromStr};

use attesta_assessment::{PersonId, Side};
use attesta_catalog::Placed;
use attesta_kernel::{Date, Digest};

use super::{Case, Check, Issue, Standing, Subject};

/// The facts of an issue in short: when they change, the fingerprint does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(Box<str>);

/// So many hexadecimal digits are shown and written.
const FINGERPRINT_DIGITS: usize = 16;

impl Fingerprint {
    pub(crate) fn of(check: Check, subject: &Subject, facts: &[String]) -> Self {
        let subject = subject.to_string();
        let head = [check.as_str().as_bytes(), subject.as_bytes()];
        let digest = Digest::of_parts(head.into_iter().chain(facts.iter().map(String::as_bytes)));
        Self(digest.to_string().chars().take(FINGERPRINT_DIGITS).collect())
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The text is no fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no fingerprint; copy the 16 digits of `facts` from `attesta assess check-quality`")]
pub struct NotAFingerprint(pub String);

impl FromStr for Fingerprint {
    type Err = NotAFingerprint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let sound = text.len() == FINGERPRINT_DIGITS && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if sound { Ok(Self(text.into())) } else { Err(NotAFingerprint(text.chars().take(80).collect())) }
    }
}

/// Somebody says that an issue may stand, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The check.
    pub check: Check,
    /// What it is about.
    pub subject: Subject,
    /// The facts that were looked at.
    pub facts: Fingerprint,
    /// Why it may stand.
    pub because: String,
    /// Who says so.
    pub by: PersonId,
    /// When.
    pub on: Date,
    /// The assessor's approval.
    pub approved: Option<Approval>,
    /// The reviewer's refusal: the issue is open again, and whoever wrote the override reads why.
    pub refused: Option<Refusal>,
}

/// The assessor agrees with the entity's override.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Who.
    pub by: PersonId,
    /// When.
    pub on: Date,
}

/// The assessor's side does not let an override stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Who.
    pub by: PersonId,
    /// When.
    pub on: Date,
    /// Why.
    pub because: String,
}

/// What an override is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Worth {
    /// The issue is overridden.
    Counts,
    /// The entity overrode; the assessor has not approved.
    AwaitsApproval,
    /// There is no such issue, or no longer.
    MatchesNothing,
    /// The check could not look, so nobody knows whether it matches.
    NotLookedAt,
    /// The issue has other facts now.
    FactsChanged {
        /// Their fingerprint.
        now: Fingerprint,
    },
    /// It gives no reason.
    NoReason,
    /// Who wrote or approved it is nobody here.
    UnknownPerson(PersonId),
    /// Neither the entity nor the assessor.
    NotTheirs(Side),
    /// Refused by somebody of the assessor's side.
    Refused(PersonId),
    /// Refused by somebody who is not of the assessor.
    RefusedByOther(PersonId),
    /// Approved by somebody who is not of the assessor.
    ApprovedByOther(PersonId),
    /// Dated after the day of the check.
    ToCome(Date),
    /// Another override of the same issue stands before it.
    Again,
}

impl Worth {
    /// Whether it counts.
    pub fn counts(&self) -> bool {
        matches!(self, Self::Counts)
    }
}

impl fmt::Display for Worth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Counts => write!(f, "counts"),
            Self::AwaitsApproval => write!(f, "awaits the assessor's approval"),
            Self::MatchesNothing => write!(f, "stale: there is no such issue; remove it"),
            Self::NotLookedAt => write!(f, "the check could not look, so it is not known whether it matches"),
            Self::FactsChanged { now } => {
                write!(f, "stale: the facts have changed; look again and write `facts: \"{now}\"` if it still holds")
            }
            Self::NoReason => write!(f, "gives no reason"),
            Self::UnknownPerson(id) => write!(f, "`{id}` is nobody in people.yaml"),
            Self::NotTheirs(side) => write!(f, "written on the side of {side}; entity or assessor override"),
            Self::Refused(id) => write!(f, "refused by `{id}`"),
            Self::RefusedByOther(id) => write!(f, "refused by `{id}`, who is not of the assessor"),
            Self::ApprovedByOther(id) => write!(f, "approved by `{id}`, who is not of the assessor"),
            Self::ToCome(on) => write!(f, "dated {on}, which is yet to come"),
            Self::Again => write!(f, "another override of the same issue stands before it; remove one"),
        }
    }
}

/// Puts overrides on the issues that they fit, and says what each is worth.
pub(super) fn decide(case: &Case<'_>, issues: &mut [Issue], unlooked: &[Check]) -> Vec<Worth> {
    let mut worths = Vec::new();
    for given in case.overrides {
        let worth = worth(case, issues, unlooked, given);
        let issue = issues.iter_mut().find(|i| i.check == given.value.check && i.subject == given.value.subject);
        if let Some(issue) = issue {
            match worth {
                Worth::Counts => issue.standing = Standing::Overridden(given.clone()),
                Worth::AwaitsApproval => issue.standing = Standing::AwaitsApproval(given.clone()),
                _ => {}
            }
        }
        worths.push(worth);
    }
    worths
}

fn worth(case: &Case<'_>, issues: &[Issue], unlooked: &[Check], given: &Placed<Override>) -> Worth {
    let given = &given.value;
    let Some(issue) = issues.iter().find(|i| i.check == given.check && i.subject == given.subject) else {
        return if unlooked.contains(&given.check) { Worth::NotLookedAt } else { Worth::MatchesNothing };
    };
    if issue.fingerprint != given.facts {
        return Worth::FactsChanged { now: issue.fingerprint.clone() };
    }
    if issue.standing != Standing::Open {
        return Worth::Again;
    }
    if given.because.trim().is_empty() {
        return Worth::NoReason;
    }
    let days = [Some(given.on), given.approved.as_ref().map(|a| a.on), given.refused.as_ref().map(|r| r.on)];
    if let Some(on) = days.into_iter().flatten().find(|on| *on > case.at) {
        return Worth::ToCome(on);
    }
    let side =
        |id: &PersonId| case.dossier.people.get(id).map(|p| p.value.side).ok_or(Worth::UnknownPerson(id.clone()));
    let by = match side(&given.by) {
        Ok(side) => side,
        Err(unknown) => return unknown,
    };
    if let Some(refusal) = &given.refused {
        return match side(&refusal.by) {
            Ok(Side::Assessor) => Worth::Refused(refusal.by.clone()),
            Ok(_) => Worth::RefusedByOther(refusal.by.clone()),
            Err(unknown) => unknown,
        };
    }
    match (by, &given.approved) {
        (Side::Assessor, _) => Worth::Counts,
        (Side::Entity, None) => Worth::AwaitsApproval,
        (Side::Entity, Some(approval)) => match side(&approval.by) {
            Ok(Side::Assessor) => Worth::Counts,
            Ok(_) => Worth::ApprovedByOther(approval.by.clone()),
            Err(unknown) => unknown,
        },
        (other, _) => Worth::NotTheirs(other),
    }
}
