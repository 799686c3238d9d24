//! Waivers: a violation that somebody answers for, until a day.

use attesta_kernel::{Date, Place, PolicyId};
use attesta_resource::Snapshot;

use crate::{Outcome, Policy, Status, WaiverIndex};

/// An accepted violation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// The policy that is waived.
    pub policy: PolicyId,
    /// The resource's address; `*` stands for any run of characters.
    pub resource: String,
    /// Why it is accepted.
    pub reason: String,
    /// Who answers for it.
    pub approved_by: String,
    /// The last day on which it holds.
    pub until: Date,
    /// Where it is written.
    pub place: Place,
}

/// A waiver that does not stand, which is a finding of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WaiverFault {
    /// Its day is over; the violation counts again.
    Expired,
    /// It matches no violation: mended, renamed, or misspelt.
    Unmatched,
}

impl Waiver {
    /// Whether it is about this check, on whatever day.
    pub fn covers(&self, policy: &PolicyId, address: &str) -> bool {
        self.policy == *policy && matches_pattern(&self.resource, address)
    }
}

/// Marks failures that a waiver covers on the day `at`, and tells which waivers do not stand.
///
/// Faults come in the order of the waivers.
pub fn apply(
    waivers: &[Waiver],
    at: Date,
    policies: &[Policy],
    snapshot: &Snapshot,
    outcomes: &mut [Outcome],
) -> Vec<(WaiverIndex, WaiverFault)> {
    let mut matched = vec![false; waivers.len()];
    if !waivers.is_empty() {
        for outcome in outcomes.iter_mut().filter(|o| o.status == Status::Fail) {
            let policy = usize::try_from(outcome.policy.0).ok().and_then(|i| policies.get(i));
            let (Some(policy), Some(resource)) = (policy, snapshot.resource(outcome.resource)) else { continue };
            for ((waiver, index), matched) in waivers.iter().zip(0_u32..).zip(&mut matched) {
                if waiver.covers(&policy.id, &resource.address) {
                    *matched = true;
                    if waiver.until >= at && outcome.waived.is_none() {
                        outcome.waived = Some(WaiverIndex(index));
                    }
                }
            }
        }
    }
    let fault = |((waiver, index), matched): ((&Waiver, u32), bool)| {
        if waiver.until < at {
            Some((WaiverIndex(index), WaiverFault::Expired))
        } else if !matched {
            Some((WaiverIndex(index), WaiverFault::Unmatched))
        } else {
            None
        }
    };
    waivers.iter().zip(0_u32..).zip(matched).filter_map(fault).collect()
}

/// `*` stands for any run of characters; everything else, brackets of instance keys included, for itself.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    if !pattern.contains('*') {
        return rest.is_empty();
    }
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.len() >= part.len() && rest.ends_with(part);
        }
        match rest.find(part).and_then(|at| rest.get(at + part.len()..)) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::matches_pattern;

    #[test]
    fn patterns() {
        for (pattern, text, fits) in [
            ("aws_s3_bucket.b", "aws_s3_bucket.b", true),
            ("aws_s3_bucket.b", "aws_s3_bucket.bc", false),
            ("module.*.aws_s3_bucket.b[0]", "module.a.aws_s3_bucket.b[0]", true),
            ("module.*.aws_s3_bucket.b[0]", "module.a.aws_s3_bucket.b[1]", false),
            ("*", "anything", true),
            ("*b", "aab", true),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "acb", false),
            ("a*a", "a", false),
            ("", "", true),
            ("", "x", false),
        ] {
            assert_eq!(matches_pattern(pattern, text), fits, "{pattern} {text}");
        }
    }
}
