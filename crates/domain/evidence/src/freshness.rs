use attesta_kernel::{Date, Provenance};
use jiff::ToSpan as _;

use crate::{EvidenceId, InEffect, Item, RetentionId, Status, Text, words::word};

word!(
    /// A kind of evidence, from the content's list: `policy-document`, `population`.
    KindId,
    "an evidence kind"
);

/// One kind of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    /// Its id.
    pub id: KindId,
    /// What it is.
    pub title: Text,
    /// How long it counts; `None` where nobody says, and only its own date can.
    pub freshness: Option<Freshness>,
    /// What counts as its end, for retention.
    pub in_effect: InEffect,
    /// How long it must stay.
    pub retention: RetentionId,
}

/// How long evidence of a kind counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freshness {
    /// So many days; the last of them still counts.
    pub days: u16,
    /// From when.
    pub counts_from: CountsFrom,
    /// Who says so, and how sure that is.
    pub provenance: Provenance,
}

/// The day from which freshness is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountsFrom {
    /// Since when it is in effect.
    Effective,
    /// When it was collected.
    Collected,
    /// The last day of its period.
    PeriodEnd,
}

impl CountsFrom {
    /// The word used in content.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Effective => "effective",
            Self::Collected => "collected",
            Self::PeriodEnd => "period-end",
        }
    }
}

/// Where a piece of evidence stands on a day. Only [`Standing::Valid`] counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It counts.
    Valid {
        /// The last day on which it will.
        until: Date,
        /// What says so.
        why: Why,
    },
    /// It does not count yet.
    NotYet {
        /// The first day on which it will.
        from: Date,
    },
    /// It does not count any more.
    Stale {
        /// The last day on which it counted.
        until: Date,
        /// What says so.
        why: Why,
    },
    /// A newer version stands in its place.
    Superseded {
        /// Which.
        by: EvidenceId,
    },
    /// Its bytes were removed.
    Retired,
    /// Nobody can tell; it must not pass.
    Unknown {
        /// What is missing.
        missing: &'static str,
    },
}

/// What decided over freshness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The evidence's own date.
    ItsOwnDate,
    /// The figure of its kind; shown with how sure that is.
    Kind(Provenance),
}

impl Standing {
    /// The word used in files and reports.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Valid { .. } => "valid",
            Self::NotYet { .. } => "not-yet",
            Self::Stale { .. } => "stale",
            Self::Superseded { .. } => "superseded",
            Self::Retired => "retired",
            Self::Unknown { .. } => "unknown",
        }
    }
}

/// Where `item` stands on `day`. `kind` is that of its description, when the content has it.
pub fn standing(item: &Item, kind: Option<&Kind>, day: Date) -> Standing {
    match &item.status {
        Status::Superseded { by, on } if *on <= day => return Standing::Superseded { by: *by },
        Status::Retired(stone) if stone.on <= day => return Standing::Retired,
        _ => {}
    }
    let description = &item.evidence.description;
    let dates = description.dates;
    // A document counts from its first day in effect; what shows a moment or a period, from when it was collected.
    let first = dates.effective.or(dates.collected).unwrap_or(dates.received);
    if day < first {
        return Standing::NotYet { from: first };
    }
    let by_kind = kind.and_then(|kind| kind.freshness.as_ref()).map(|freshness| {
        let from = match freshness.counts_from {
            CountsFrom::Effective => dates.effective.ok_or("its effective date"),
            CountsFrom::Collected => dates.collected.ok_or("the day on which it was collected"),
            CountsFrom::PeriodEnd => description.period.map(|p| p.to()).ok_or("its period"),
        }?;
        let until = from.checked_add(i64::from(freshness.days).days()).unwrap_or(Date::MAX);
        Ok((until, Why::Kind(freshness.provenance.clone())))
    });
    let own = dates.valid_until.map(|until| (until, Why::ItsOwnDate));
    let (until, why) = match (own, by_kind) {
        // The stricter of the two: a date of one's own never makes old evidence fresh.
        (Some(own), Some(Ok(kind))) => {
            if kind.0 < own.0 {
                kind
            } else {
                own
            }
        }
        (Some(own), None) => own,
        (None, Some(Ok(kind))) => kind,
        (Some(own), Some(Err(_))) if own.0 < day => own,
        (_, Some(Err(missing))) => return Standing::Unknown { missing },
        (None, None) if description.kind.is_none() => return Standing::Unknown { missing: "its kind" },
        (None, None) => return Standing::Unknown { missing: "the last day on which it counts" },
    };
    if day <= until { Standing::Valid { until, why } } else { Standing::Stale { until, why } }
}
