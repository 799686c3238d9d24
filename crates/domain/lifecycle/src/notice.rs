use std::{fmt, str::FromStr};

use attesta_assessment::PersonId;
use attesta_kernel::Date;

use crate::{Derived, FigureName, Figures, NoFigure, days_after};

/// The id of a security event or a significant change, as in `events.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoticeId(Box<str>);

impl NoticeId {
    /// The id as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NoticeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The text is no id of an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no id of an event; use small letters, digits, dots and dashes, at most 80")]
pub struct NotANoticeId(pub String);

impl FromStr for NoticeId {
    type Err = NotANoticeId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let small = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
        let sound = (1..=80).contains(&text.len())
            && text.bytes().all(small)
            && text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if sound { Ok(Self(text.into())) } else { Err(NotANoticeId(text.chars().take(80).collect())) }
    }
}

/// A security event in the certified environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityEvent {
    /// Its id.
    pub id: NoticeId,
    /// What happened, in a sentence.
    pub what: String,
    /// The day on which it was seen to be possible.
    pub identified: Date,
    /// How the investigation ended, when it did.
    pub ended: Option<Ended>,
    /// When HITRUST was told, and by which reference.
    pub told: Option<(Date, String)>,
    /// Who wrote it down.
    pub by: PersonId,
}

/// How an investigation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It was an event.
    Confirmed(Date),
    /// It was none.
    Dismissed(Date),
}

/// Why an event cannot be as it is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoticeRefusal {
    /// A day before another that it follows.
    #[error("{what} on {on} is before {before} on {earlier}")]
    BeforeItsTime {
        /// What happened.
        what: &'static str,
        /// When.
        on: Date,
        /// What comes first.
        before: &'static str,
        /// When that was.
        earlier: Date,
    },
    /// A day that has not come.
    #[error("{what} on {on} is in the future; today is {today}")]
    InFuture {
        /// What happened.
        what: &'static str,
        /// When.
        on: Date,
        /// Today.
        today: Date,
    },
    /// It is told already.
    #[error("`{0}` says so already")]
    ToldAlready(NoticeId),
    /// It says nothing.
    #[error("`{0}` is not told")]
    NotTold(&'static str),
}

impl NoticeRefusal {
    /// How to mend it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::BeforeItsTime { .. } => "give the day on which it happened",
            Self::InFuture { .. } => "record what happened once it has",
            Self::ToldAlready(_) => "what was recorded stands; record another event where something new happened",
            Self::NotTold(_) => "write a sentence",
        }
    }
}

/// Where the clock of a security event stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clock {
    /// It was dismissed in time: HITRUST need not be told.
    Stopped(Date),
    /// HITRUST need not be told yet; this is the last day if nothing is found.
    Running(Derived),
    /// HITRUST must be told today at the latest, or should have been.
    Due(Derived),
    /// HITRUST was told.
    Told {
        /// When.
        on: Date,
        /// The day by which it had to be.
        due: Derived,
        /// The day by which HITRUST acts.
        acts_by: Derived,
    },
}

impl SecurityEvent {
    /// What cannot be: days before what they follow, or after today.
    pub fn refusals(&self, today: Date) -> Vec<NoticeRefusal> {
        let mut found = Vec::new();
        if self.what.trim().is_empty() {
            found.push(NoticeRefusal::NotTold("what"));
        }
        let ended = self.ended.map(|e| match e {
            Ended::Confirmed(on) => ("the confirmation", on),
            Ended::Dismissed(on) => ("the dismissal", on),
        });
        let told = self.told.as_ref().map(|(on, _)| ("the notice", *on));
        for (what, on) in [Some(("the identification", self.identified)), ended, told].into_iter().flatten() {
            if on < self.identified {
                let earlier = self.identified;
                found.push(NoticeRefusal::BeforeItsTime { what, on, before: "the identification", earlier });
            }
            if on > today {
                found.push(NoticeRefusal::InFuture { what, on, today });
            }
        }
        found
    }

    /// Where its clock stands: HITRUST is told when an event is confirmed, or when the investigation has been open for as long
    /// as content says.
    ///
    /// # Errors
    ///
    /// When content has no figure for the day.
    pub fn clock(&self, figures: &Figures, today: Date) -> Result<Clock, NoFigure> {
        let open = figures.on(FigureName::EventOpen, self.identified)?;
        let limit = Derived {
            day: days_after(self.identified, open.value),
            rule: format!("{} days after it was identified on {}", open.value, self.identified),
            provenance: open.provenance.clone(),
        };
        let due = match self.ended {
            // Whichever comes first: waiting with the confirmation gains nothing.
            Some(Ended::Confirmed(on)) if on <= limit.day => {
                Derived { day: on, rule: format!("when it was confirmed on {on}"), ..limit }
            }
            _ => limit,
        };
        if let Some((on, _)) = &self.told {
            let action = figures.on(FigureName::EventAction, *on)?;
            let acts_by = Derived {
                day: days_after(*on, action.value),
                rule: format!("{} days after the notice of {on}", action.value),
                provenance: action.provenance.clone(),
            };
            return Ok(Clock::Told { on: *on, due, acts_by });
        }
        Ok(match self.ended {
            Some(Ended::Dismissed(on)) if on < due.day => Clock::Stopped(on),
            Some(Ended::Confirmed(_)) => Clock::Due(due),
            _ if today >= due.day => Clock::Due(due),
            _ => Clock::Running(due),
        })
    }
}

/// A change in the certified environment that may matter to the certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignificantChange {
    /// Its id.
    pub id: NoticeId,
    /// What changed, in a sentence.
    pub what: String,
    /// The day on which it took effect.
    pub on: Date,
    /// When HITRUST was asked, by which reference, and what it answered.
    pub consulted: Option<Consulted>,
    /// Who wrote it down.
    pub by: PersonId,
}

/// What HITRUST was asked about a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consulted {
    /// When.
    pub on: Date,
    /// By which reference.
    pub reference: String,
    /// What it answered, once it did.
    pub answer: Option<String>,
}

impl SignificantChange {
    /// Whether HITRUST was asked and has answered.
    pub fn is_addressed(&self) -> bool {
        self.consulted.as_ref().is_some_and(|c| c.answer.as_deref().is_some_and(|a| !a.trim().is_empty()))
    }

    /// What cannot be.
    pub fn refusals(&self, today: Date) -> Vec<NoticeRefusal> {
        let mut found = Vec::new();
        if self.what.trim().is_empty() {
            found.push(NoticeRefusal::NotTold("what"));
        }
        if let Some(on) = self.consulted.as_ref().map(|c| c.on).filter(|on| *on > today) {
            found.push(NoticeRefusal::InFuture { what: "the consultation", on, today });
        }
        found
    }
}

/// Everything that happened around a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notices {
    /// Security events.
    pub events: Vec<SecurityEvent>,
    /// Significant changes.
    pub changes: Vec<SignificantChange>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::tests::figures;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn event(ended: Option<Ended>, told: Option<&str>) -> SecurityEvent {
        SecurityEvent {
            id: "e-1".parse().unwrap(),
            what: "a strange login".into(),
            identified: day("2026-01-10"),
            ended,
            told: told.map(|t| (day(t), "ticket 7".into())),
            by: "ana".parse().unwrap(),
        }
    }

    #[test]
    fn an_open_investigation_is_told_after_sixty_days() {
        let figures = figures();
        let clock = |e: &SecurityEvent, today: &str| e.clock(&figures, day(today)).unwrap();
        let open = event(None, None);
        let Clock::Running(due) = clock(&open, "2026-03-10") else { panic!() };
        assert_eq!(due.day, day("2026-03-11"), "60 days after 2026-01-10");
        assert!(matches!(clock(&open, "2026-03-11"), Clock::Due(_)));
        let dismissed = event(Some(Ended::Dismissed(day("2026-03-10"))), None);
        assert!(matches!(clock(&dismissed, "2026-06-01"), Clock::Stopped(_)));
        let too_late = event(Some(Ended::Dismissed(day("2026-03-11"))), None);
        assert!(matches!(clock(&too_late, "2026-06-01"), Clock::Due(_)), "dismissed after the notice was due");
    }

    #[test]
    fn a_confirmed_event_is_told_at_once_and_hitrust_acts_in_thirty_days() {
        let figures = figures();
        let confirmed = event(Some(Ended::Confirmed(day("2026-01-20"))), None);
        let Clock::Due(due) = confirmed.clock(&figures, day("2026-01-20")).unwrap() else { panic!() };
        assert_eq!(due.day, day("2026-01-20"));
        let late = event(Some(Ended::Confirmed(day("2026-05-01"))), None);
        let Clock::Due(due) = late.clock(&figures, day("2026-05-01")).unwrap() else { panic!() };
        assert_eq!(due.day, day("2026-03-11"), "a late confirmation does not move the day");
        let told = event(Some(Ended::Confirmed(day("2026-01-20"))), Some("2026-01-21"));
        let Clock::Told { acts_by, .. } = told.clock(&figures, day("2026-02-01")).unwrap() else { panic!() };
        assert_eq!(acts_by.day, day("2026-02-20"));
    }

    #[test]
    fn days_before_their_time_are_refused() {
        let bad = event(Some(Ended::Confirmed(day("2026-01-09"))), Some("2026-01-09"));
        assert_eq!(bad.refusals(day("2026-02-01")).len(), 2);
        assert_eq!(event(None, Some("2026-02-02")).refusals(day("2026-02-01")).len(), 1);
        assert!(event(None, None).refusals(day("2026-02-01")).is_empty());
    }

    #[test]
    fn a_change_is_addressed_when_hitrust_answered() {
        let mut change = SignificantChange {
            id: "c-1".parse().unwrap(),
            what: "a new data centre".into(),
            on: day("2026-01-01"),
            consulted: None,
            by: "ana".parse().unwrap(),
        };
        assert!(!change.is_addressed());
        change.consulted = Some(Consulted { on: day("2026-01-02"), reference: "7".into(), answer: None });
        assert!(!change.is_addressed());
        change.consulted =
            Some(Consulted { on: day("2026-01-02"), reference: "7".into(), answer: Some("fine".into()) });
        assert!(change.is_addressed());
    }
}
