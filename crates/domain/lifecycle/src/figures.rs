use std::{collections::BTreeMap, fmt, str::FromStr};

use attesta_kernel::{Date, Provenance};
use attesta_scoring::{Figure, Timeline};
use jiff::Span;

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident = $word:literal $unit:ident,)+) => {
        /// A figure of the process that content gives: a number of days, months or things.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FigureName {
            $($(#[$doc])* $name,)+
        }

        impl FigureName {
            /// Every figure; a pack must give each.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The word used in content.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// What it counts.
            pub fn unit(self) -> Unit {
                match self { $(Self::$name => Unit::$unit,)+ }
            }
        }
    };
}

names! {
    /// How long a new or mended policy or procedure must stand before it is tested.
    DocumentsInPlace = "documents-in-place" Days,
    /// How long a control must have operated (or been measured, or managed) before it is tested.
    OperationInPlace = "operation-in-place" Days,
    /// The longest fieldwork, counted back from the submission.
    Fieldwork = "fieldwork" Days,
    /// The shortest time that a population of events covers.
    PopulationLeast = "population-least" Days,
    /// How far back from the test such a population may reach.
    PopulationMost = "population-most" Months,
    /// How long the look at a submission's wholeness takes at most.
    CheckIn = "check-in" BusinessDays,
    /// How far ahead a block of quality assurance can be reserved.
    ReservationHorizon = "reservation-horizon" Months,
    /// How long a block of quality assurance is.
    QaBlock = "qa-block" Days,
    /// How long after the block's end the first questions come at the latest.
    QaFirstFeedback = "qa-first-feedback" BusinessDays,
    /// How long to plan for answering questions until the draft is there.
    QaAnswers = "qa-answers" Days,
    /// How long a draft may be read.
    DraftReview = "draft-review" Days,
    /// How long to plan from the reviewed draft to the final report.
    FinalReport = "final-report" Days,
    /// After how long the interim assessment is due.
    InterimAnniversary = "interim-anniversary" Months,
    /// How long before that day it may be submitted.
    InterimWindow = "interim-window" Days,
    /// How long before that day it may be created by hand.
    InterimCreate = "interim-create" Days,
    /// How many requirements of each domain it draws.
    InterimPerDomain = "interim-per-domain" Things,
    /// How many requirements a rapid assessment draws of each set.
    RapidSample = "rapid-sample" Things,
    /// A set qualifies for a rapid assessment when it has more requirements than this.
    RapidMoreThan = "rapid-more-than" Things,
    /// How long before the expiry a bridge assessment may be created and submitted.
    BridgeBefore = "bridge-before" Days,
    /// How long after the expiry it still may.
    BridgeAfter = "bridge-after" Days,
    /// How many requirements it draws.
    BridgeSample = "bridge-sample" Things,
    /// How long a bridge certificate holds, from the old expiry.
    BridgeValid = "bridge-valid" Days,
    /// After how long an open investigation must be told to HITRUST.
    EventOpen = "event-open" Days,
    /// Within how long HITRUST then acts.
    EventAction = "event-action" Days,
}

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Calendar days.
    Days,
    /// Days from Monday to Friday; holidays are not known here.
    BusinessDays,
    /// Calendar months.
    Months,
    /// Things, such as requirements.
    Things,
}

impl Unit {
    /// The word used in content.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Days => "days",
            Self::BusinessDays => "business-days",
            Self::Months => "months",
            Self::Things => "things",
        }
    }
}

impl fmt::Display for FigureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word is no figure of the process.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no figure of the process")]
pub struct UnknownFigure(pub String);

impl FromStr for FigureName {
    type Err = UnknownFigure;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().copied().find(|f| f.as_str() == text);
        found.ok_or_else(|| UnknownFigure(text.chars().take(80).collect()))
    }
}

/// Every figure of the process, with its dates of effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures(BTreeMap<FigureName, Timeline<u32>>);

/// Content says nothing about a day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("content has no figure `{name}` that holds on {day}")]
pub struct NoFigure {
    /// Which figure.
    pub name: FigureName,
    /// Which day.
    pub day: Date,
}

impl Figures {
    /// Every figure.
    ///
    /// # Errors
    ///
    /// The figures that are missing.
    pub fn new(figures: BTreeMap<FigureName, Timeline<u32>>) -> Result<Self, Vec<FigureName>> {
        let missing: Vec<FigureName> =
            FigureName::ALL.iter().copied().filter(|name| !figures.contains_key(name)).collect();
        if missing.is_empty() { Ok(Self(figures)) } else { Err(missing) }
    }

    /// The figure that holds on a day.
    ///
    /// # Errors
    ///
    /// When none does.
    pub fn on(&self, name: FigureName, day: Date) -> Result<&Figure<u32>, NoFigure> {
        self.0.get(&name).and_then(|t| t.on(day)).ok_or(NoFigure { name, day })
    }

    /// Every figure with its times.
    pub fn iter(&self) -> impl Iterator<Item = (FigureName, &Timeline<u32>)> {
        self.0.iter().map(|(name, timeline)| (*name, timeline))
    }
}

/// A day and the rule by which it was worked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    /// The day.
    pub day: Date,
    /// How: in words, with its numbers.
    pub rule: String,
    /// Where the rule comes from.
    pub provenance: Provenance,
}

/// So many days later; the calendar's last day where there is none.
pub fn days_after(day: Date, days: u32) -> Date {
    Span::new().try_days(i64::from(days)).map_or(Date::MAX, |span| day.saturating_add(span))
}

/// So many days earlier.
pub fn days_before(day: Date, days: u32) -> Date {
    Span::new().try_days(i64::from(days)).map_or(Date::MIN, |span| day.saturating_sub(span))
}

/// So many months later; the last day of a month that is too short.
pub fn months_after(day: Date, months: u32) -> Date {
    Span::new().try_months(i64::from(months)).map_or(Date::MAX, |span| day.saturating_add(span))
}

/// So many months earlier; the last day of a month that is too short.
pub fn months_before(day: Date, months: u32) -> Date {
    Span::new().try_months(i64::from(months)).map_or(Date::MIN, |span| day.saturating_sub(span))
}

/// So many days from Monday to Friday later.
pub fn business_days_after(day: Date, days: u32) -> Date {
    business(day, days, days_after)
}

/// The latest day from which so many days from Monday to Friday end on `day` or before it.
pub fn business_days_before(day: Date, days: u32) -> Date {
    // What must be over by a Sunday is over on the Friday.
    let over = if is_weekday(day) { day } else { business(day, 1, days_before) };
    business(over, days, days_before)
}

fn is_weekday(day: Date) -> bool {
    day.weekday().to_monday_one_offset() <= 5
}

fn business(day: Date, days: u32, step: fn(Date, u32) -> Date) -> Date {
    // Content bounds the figure; a year of steps is more than any of them.
    (0..days.min(366)).fold(day, |mut day, _| {
        loop {
            day = step(day, 1);
            if is_weekday(day) || day == Date::MAX || day == Date::MIN {
                return day;
            }
        }
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use attesta_kernel::Confidence;

    use super::*;

    /// Figures for tests; the content's own are tested where they are read.
    pub(crate) fn figures() -> Figures {
        let value = |name: FigureName| match name {
            FigureName::DocumentsInPlace | FigureName::BridgeBefore | FigureName::EventOpen => 60,
            FigureName::RapidSample | FigureName::RapidMoreThan => 60,
            FigureName::OperationInPlace | FigureName::Fieldwork | FigureName::PopulationLeast => 90,
            FigureName::InterimWindow | FigureName::BridgeValid => 90,
            FigureName::PopulationMost | FigureName::InterimAnniversary | FigureName::ReservationHorizon => 12,
            FigureName::CheckIn => 5,
            FigureName::QaBlock | FigureName::FinalReport => 7,
            FigureName::QaFirstFeedback => 10,
            FigureName::QaAnswers => 14,
            FigureName::DraftReview | FigureName::BridgeAfter | FigureName::EventAction => 30,
            FigureName::InterimCreate => 120,
            FigureName::InterimPerDomain => 1,
            FigureName::BridgeSample => 19,
        };
        let timeline = |name| {
            let provenance = Provenance { source: "a test".into(), confidence: Confidence::Unverified };
            let figure = Figure { value: value(name), csf: "v11".into(), from: None, until: None, provenance };
            Timeline::new(vec![figure]).unwrap()
        };
        Figures::new(FigureName::ALL.iter().map(|name| (*name, timeline(*name))).collect()).unwrap()
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn days_are_counted_by_the_calendar() {
        assert_eq!(days_before(day("2027-06-01"), 120), day("2027-02-01"));
        assert_eq!(days_before(day("2027-06-01"), 90), day("2027-03-03"));
        assert_eq!(months_after(day("2028-02-29"), 12), day("2029-02-28"));
        assert_eq!(months_before(day("2026-03-31"), 1), day("2026-02-28"));
        // A Thursday.
        assert_eq!(business_days_after(day("2026-11-26"), 1), day("2026-11-27"));
        assert_eq!(business_days_after(day("2026-11-26"), 2), day("2026-11-30"));
        assert_eq!(business_days_before(day("2026-11-30"), 2), day("2026-11-26"));
        assert_eq!(business_days_after(day("2026-11-28"), 5), day("2026-12-04"));
        assert_eq!(
            business_days_before(day("2026-11-29"), 1),
            day("2026-11-26"),
            "Friday is the last one before a Sunday"
        );
    }

    #[test]
    fn names_round_trip() {
        for name in FigureName::ALL {
            assert_eq!(name.as_str().parse(), Ok(*name));
        }
    }
}
