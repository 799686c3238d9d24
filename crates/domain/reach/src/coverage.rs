//! What of a period was recorded, as far as the trail's own digests prove it.
//!
//! CloudTrail writes a digest every hour that names every log file of that hour with its hash, also when there was none
//! (CloudTrail user guide, "Validating CloudTrail log file integrity"). Hours with a digest whose files are all at hand
//! were seen whole; of other hours nothing is claimed.

use std::collections::BTreeMap;

use attesta_kernel::Timestamp;

/// From a time, to before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The first moment.
    pub from: Timestamp,
    /// The moment after the last.
    pub to: Timestamp,
}

impl Span {
    /// Whether a moment lies in it.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }
}

/// What one digest says of its hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The hour.
    pub span: Span,
    /// The region that it is about.
    pub region: Box<str>,
    /// The trail that wrote it: another trail may record less.
    pub trail: Box<str>,
    /// What keeps it from being whole: files that are not at hand, or are not what they were.
    pub faults: Vec<String>,
}

/// A part of the period of which nothing is claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// When.
    pub span: Span,
    /// Why.
    pub why: String,
}

/// How much of a period was seen in one region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// The region.
    pub region: Box<str>,
    /// What was not seen, in order.
    pub gaps: Vec<Gap>,
}

impl Coverage {
    /// What a trail's digests of a region prove of a period.
    pub fn of(period: Span, region: &str, trail: &str, deliveries: &[Delivery]) -> Self {
        let mut hours: BTreeMap<Timestamp, &Delivery> = BTreeMap::new();
        for delivery in deliveries.iter().filter(|one| &*one.region == region && &*one.trail == trail) {
            // Of two digests that begin together the one without a fault counts, then the longer one.
            let better = |one: &Delivery| (one.faults.is_empty(), one.span.to);
            let slot = hours.entry(delivery.span.from).or_insert(delivery);
            if better(delivery) > better(slot) {
                *slot = delivery;
            }
        }
        let (mut seen_to, mut gaps) = (period.from, Vec::new());
        let mut gap = |from: Timestamp, to: Timestamp, why: String| {
            let span = Span { from: from.max(period.from), to: to.min(period.to) };
            if span.from < span.to {
                gaps.push(Gap { span, why });
            }
        };
        for delivery in hours.values() {
            if delivery.span.to <= seen_to || delivery.span.from >= period.to {
                continue;
            }
            if delivery.span.from > seen_to {
                gap(seen_to, delivery.span.from, "no digest of this time is at hand".to_owned());
            }
            for fault in &delivery.faults {
                gap(delivery.span.from.max(seen_to), delivery.span.to, fault.clone());
            }
            seen_to = seen_to.max(delivery.span.to);
        }
        gap(seen_to, period.to, "no digest of this time is at hand".to_owned());
        Self { region: region.into(), gaps }
    }

    /// Whether the whole period was seen.
    pub fn is_whole(&self) -> bool {
        self.gaps.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + hour * 3600).unwrap()
    }

    fn hour(from: i64, to: i64, faults: &[&str]) -> Delivery {
        let faults = faults.iter().map(|fault| (*fault).to_owned()).collect();
        Delivery { span: Span { from: at(from), to: at(to) }, region: "r".into(), trail: "t".into(), faults }
    }

    #[test]
    fn only_hours_with_a_digest_and_all_their_files_were_seen() {
        let period = Span { from: at(1), to: at(5) };
        for (deliveries, want) in [
            (vec![], vec![(1, 5)]),
            (vec![hour(0, 2, &[]), hour(2, 3, &[]), hour(3, 6, &[])], vec![]),
            (vec![hour(1, 2, &[]), hour(3, 5, &[])], vec![(2, 3)]),
            (vec![hour(1, 3, &["lost"]), hour(3, 5, &[])], vec![(1, 3)]),
            (vec![hour(1, 3, &["lost"]), hour(1, 3, &[]), hour(3, 5, &[])], vec![]),
            (vec![hour(6, 9, &[])], vec![(1, 5)]),
            (vec![hour(1, 4, &[])], vec![(4, 5)]),
        ] {
            let coverage = Coverage::of(period, "r", "t", &deliveries);
            let gaps: Vec<_> = coverage.gaps.iter().map(|gap| (gap.span.from, gap.span.to)).collect();
            let want: Vec<_> = want.into_iter().map(|(from, to)| (at(from), at(to))).collect();
            assert_eq!(gaps, want, "{deliveries:?}");
            assert_eq!(coverage.is_whole(), want.is_empty());
        }
        assert!(!Coverage::of(period, "elsewhere", "t", &[hour(0, 9, &[])]).is_whole());
        assert!(!Coverage::of(period, "r", "another trail", &[hour(0, 9, &[])]).is_whole());
    }
}
