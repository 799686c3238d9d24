//! Quality checks: what a reviewer would raise, found before the hand-off at which it must be mended or overridden.
//!
//! [`check`] looks at a [`Case`] with the words and figures of [`Checks`] and answers with a [`Review`]: every issue with
//! its values, what each override is worth, and every check that could not look. A check that could not look is never one
//! that found nothing.

mod actions;
mod applicability;
mod case;
mod comments;
mod content;
mod evidence;
mod inherited;
mod issue;
mod kind;
mod look;
mod maturity;
mod overrides;
mod package;
mod subject;
mod team;
mod timing;

pub use case::{Case, Dates, Handed, Levelled, Scored, Windows};
pub use content::{Checks, Figures, Known, Meaning, Rule};
pub use issue::{Issue, Passage, Review, Standing, Unlooked, Weighed};
pub use kind::{Check, HandOff, UnknownCheck, UnknownHandOff};
pub use maturity::ratings;
pub use overrides::{Approval, Fingerprint, NotAFingerprint, Override, Refusal, Worth};
pub use subject::{Subject, UnknownSubject};

use look::Look;

/// Looks at everything once.
pub fn check(case: &Case<'_>, checks: &Checks) -> Review {
    let mut look = Look::new(case, checks);
    for part in [
        applicability::look,
        maturity::look,
        evidence::look,
        timing::look,
        inherited::look,
        comments::look,
        actions::look,
        team::look,
        package::look,
    ] {
        part(&mut look);
    }
    look.review()
}
