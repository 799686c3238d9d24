//! What an organisation lets everybody see of an assessment: how its controls stand, and whether its certificate holds today.
//!
//! Nothing here is a score, and nothing is better than what it rests on: what nobody tested is told as the organisation's own
//! word, and a certificate whose day has passed is expired.

use std::collections::BTreeMap;

use attesta_kernel::Date;
use attesta_lifecycle::CertificateStanding;
use attesta_scoring::Shortfall;

use crate::{
    desk::Desk,
    failure::Failure,
    grid::{self, Stands},
    life::Course,
};

/// How much of an assessment's controls is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Nothing.
    #[default]
    Nothing,
    /// Each domain, with how many of its controls stand how.
    Domains,
    /// Each control too.
    Controls,
}

/// How a control stands, from best to worst; of several requirements the worst counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Control {
    /// It does not apply, with a reason.
    NotApplicable,
    /// The assessor has finished testing it, and nothing falls short.
    Validated,
    /// In place by the organisation's own word: nobody else has finished testing it.
    OwnWord,
    /// In place in part.
    InPart,
    /// It falls short, so that a corrective action plan is required.
    FallsShort,
    /// Not all of it is answered.
    NotAnswered,
}

impl Control {
    /// Every state, best first.
    pub const ALL: [Self; 6] =
        [Self::Validated, Self::OwnWord, Self::InPart, Self::FallsShort, Self::NotAnswered, Self::NotApplicable];

    /// The words for it.
    pub fn says(self) -> &'static str {
        match self {
            Self::Validated => "validated by an assessor",
            Self::OwnWord => "in place, by own word",
            Self::InPart => "in place in part",
            Self::FallsShort => "falls short, being mended",
            Self::NotAnswered => "not told yet",
            Self::NotApplicable => "does not apply",
        }
    }

    fn of(row: &grid::Row) -> Self {
        match (row.stands, row.shortfall, row.validated) {
            (Stands::NotApplicable, ..) => Self::NotApplicable,
            (Stands::Open | Stands::Half, ..) => Self::NotAnswered,
            (Stands::Answered, Shortfall::RequiredCap, _) => Self::FallsShort,
            (Stands::Answered, Shortfall::Gap, _) => Self::InPart,
            (Stands::Answered, Shortfall::None, Some(true)) => Self::Validated,
            (Stands::Answered, Shortfall::None, _) => Self::OwnWord,
        }
    }
}

/// A certificate as the organisation recorded it, on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Validity {
    /// It holds.
    Holds,
    /// Its last day has passed.
    Expired,
    /// It was suspended.
    Suspended,
    /// It was taken back.
    Revoked,
}

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// When it was issued.
    pub issued: Date,
    /// The first day on which it does not hold any more.
    pub expires: Date,
    /// The letter or number by which it is known.
    pub reference: String,
    /// How it stands on the day.
    pub stands: Validity,
}

/// A domain, and the control references in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// Its number and title.
    pub domain: (u8, String),
    /// How many controls stand how.
    pub counts: BTreeMap<Control, usize>,
    /// Control references: id, title, how it stands. Titles of the structure alone, never of a requirement.
    pub controls: Vec<(String, String, Control)>,
}

/// All that can be told of an assessment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The program, such as `r2`.
    pub program: String,
    /// What it is for: `validated`, `readiness`, `interim` …
    pub purpose: String,
    /// Where it stands, in words.
    pub phase: String,
    /// Its certificate, where one was recorded.
    pub certificate: Option<Certificate>,
    /// Domains in which something is asked; none where the answers cannot be worked out on the day.
    pub domains: Option<Vec<Domain>>,
}

/// Tells it.
///
/// # Errors
///
/// What keeps its history from being read.
pub fn told(desk: &Desk) -> Result<Told, Failure> {
    let course = Course::of(desk)?;
    let state = &course.history.life().state;
    let phase = state.phase();
    let certificate = state.certificate().map(|(certificate, standing)| Certificate {
        issued: certificate.issued,
        expires: certificate.expires,
        reference: certificate.reference.clone(),
        stands: validity(standing, certificate.expires, desk.at),
    });
    // A certificate holds or does not, whatever the answers come to today.
    let domains = grid::grid(desk).ok().map(|grid| domains(desk, &grid));
    let header = &desk.dossier.assessment.value;
    Ok(Told {
        program: header.program.to_string(),
        purpose: header.purpose.as_str().to_owned(),
        phase: course.process.phases.note(phase).map_or_else(|| phase.as_str().to_owned(), |n| n.title.clone()),
        certificate,
        domains,
    })
}

fn domains(desk: &Desk, grid: &grid::Grid) -> Vec<Domain> {
    let domains = grid.domains.iter().map(|(number, title)| {
        let mut controls: BTreeMap<&str, Control> = BTreeMap::new();
        for row in grid.rows.iter().filter(|row| row.domain == *number) {
            let now = Control::of(row);
            let worst = controls.entry(&row.reference).or_insert(now);
            *worst = (*worst).max(now);
        }
        let mut counts = BTreeMap::new();
        for state in controls.values() {
            *counts.entry(*state).or_insert(0usize) += 1;
        }
        let titled = controls.into_iter().map(|(id, state)| {
            let known = desk.catalog.references().find(|reference| reference.id.to_string() == id);
            (id.to_owned(), known.map_or_else(String::new, |reference| reference.title.clone()), state)
        });
        Domain { domain: (*number, title.clone()), counts, controls: titled.collect() }
    });
    domains.collect()
}

/// How a certificate stands on a day; the day on which it expires is the first on which it does not hold.
pub fn validity(standing: CertificateStanding, expires: Date, at: Date) -> Validity {
    match standing {
        CertificateStanding::Revoked => Validity::Revoked,
        CertificateStanding::Suspended => Validity::Suspended,
        CertificateStanding::Active if at >= expires => Validity::Expired,
        CertificateStanding::Active => Validity::Holds,
    }
}

/// What a badge says: good news only while it is true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Badge {
    /// A certificate holds until the day before this one.
    Certified {
        /// The program.
        program: String,
        /// The first day without it.
        until: Date,
    },
    /// The last certificate does not hold any more.
    Expired {
        /// The program.
        program: String,
        /// Since when.
        since: Date,
    },
    /// A certificate was suspended or taken back.
    Withdrawn {
        /// The program.
        program: String,
        /// `suspended` or `revoked`.
        word: &'static str,
    },
    /// What is to be told cannot be read today: never good news.
    Unknown,
    /// There is none yet.
    InProgress {
        /// The program; empty where nothing is told.
        program: String,
    },
}

/// The badge over what is told: the certificate that holds longest; else bad news before none. What cannot be told is none.
pub fn badge<'a>(told: impl IntoIterator<Item = Option<&'a Told>>) -> Badge {
    let mut blind = false;
    let mut held: Option<(Date, &Told)> = None;
    let mut lost: Option<Badge> = None;
    let mut open: Option<&Told> = None;
    for one in told {
        let Some(one) = one else {
            blind = true;
            continue;
        };
        let program = || one.program.clone();
        match &one.certificate {
            Some(c) if c.stands == Validity::Holds => {
                if held.is_none_or(|(until, _)| c.expires > until) {
                    held = Some((c.expires, one));
                }
            }
            Some(c) => {
                lost = Some(match c.stands {
                    Validity::Suspended => Badge::Withdrawn { program: program(), word: "suspended" },
                    Validity::Revoked => Badge::Withdrawn { program: program(), word: "revoked" },
                    Validity::Expired | Validity::Holds => Badge::Expired { program: program(), since: c.expires },
                });
            }
            None => open = open.or(Some(one)),
        }
    }
    match (held, lost, open) {
        (Some((until, one)), ..) => Badge::Certified { program: one.program.clone(), until },
        (None, Some(lost), _) => lost,
        (None, None, _) if blind => Badge::Unknown,
        (None, None, open) => Badge::InProgress { program: open.map_or_else(String::new, |one| one.program.clone()) },
    }
}

impl Badge {
    /// The words on it.
    pub fn says(&self) -> String {
        match self {
            Self::Certified { program, until } => format!("{program} certified until {until}"),
            Self::Expired { program, since } => format!("{program} certificate expired {since}"),
            Self::Withdrawn { program, word } => format!("{program} certificate {word}"),
            Self::Unknown => "cannot be told today".to_owned(),
            Self::InProgress { program } if program.is_empty() => "nothing told".to_owned(),
            Self::InProgress { program } => format!("{program} in progress"),
        }
    }
}

/// What somebody agrees to who asks to see more, where the organisation gave no text of its own. Attesta's words; not advice.
pub const TERMS: &str = "What you are shown is confidential. You use it only to judge whether to work with the organisation \
    that shows it, share it only with those of your organisation who need it for that and who keep to these terms, and \
    delete it when you do not need it any more. You do not publish it, and do not use it against the security of anybody. \
    These terms hold for three years from the day on which you agree.";

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn with(expires: &str, stands: Validity) -> Told {
        Told {
            program: "r2".to_owned(),
            purpose: "validated".to_owned(),
            phase: String::new(),
            certificate: Some(Certificate {
                issued: day("2026-01-01"),
                expires: day(expires),
                reference: String::new(),
                stands,
            }),
            domains: None,
        }
    }

    #[test]
    fn a_certificate_does_not_hold_on_the_day_on_which_it_expires_and_never_while_it_is_suspended() {
        use CertificateStanding::{Active, Revoked, Suspended};
        let expires = day("2028-10-12");
        for (standing, at, want) in [
            (Active, "2028-10-11", Validity::Holds),
            (Active, "2028-10-12", Validity::Expired),
            (Active, "2031-01-01", Validity::Expired),
            (Suspended, "2027-01-01", Validity::Suspended),
            (Revoked, "2027-01-01", Validity::Revoked),
            (Revoked, "2031-01-01", Validity::Revoked),
        ] {
            assert_eq!(validity(standing, expires, day(at)), want, "{standing:?} {at}");
        }
    }

    #[test]
    fn a_badge_is_green_for_the_certificate_that_holds_longest_and_for_nothing_else() {
        let none = Told { certificate: None, ..with("2028-01-01", Validity::Holds) };
        let (short, long) = (with("2027-01-01", Validity::Holds), with("2028-01-01", Validity::Holds));
        let (old, lost) = (with("2020-01-01", Validity::Expired), with("2028-01-01", Validity::Revoked));
        for (told, want) in [
            (vec![&none, &short, &long, &lost], "r2 certified until 2028-01-01"),
            (vec![&none, &old], "r2 certificate expired 2020-01-01"),
            (vec![&none, &lost], "r2 certificate revoked"),
            (vec![&none], "r2 in progress"),
            (vec![], "nothing told"),
        ] {
            let badge = badge(told.iter().map(|one| Some(*one)));
            assert_eq!(badge.says(), want);
            assert_eq!(matches!(badge, Badge::Certified { .. }), want.contains("certified until"));
        }
        assert_eq!(badge([None, Some(&none)]), Badge::Unknown);
        assert_eq!(badge([None, Some(&lost)]).says(), "r2 certificate revoked");
    }
}
