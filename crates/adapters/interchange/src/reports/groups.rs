//! Findings, gathered by what a person mends in one go: a policy.

use attesta_app::check::{CheckReport, Counts, Finding};
use attesta_evaluation::{Outcome, Policy, PolicyIndex, Standing, Standings, Waiver, WaiverFault, WaiverIndex};
use attesta_kernel::{ElementId, Severity};

/// One thing to mend.
pub(super) enum Group<'r> {
    /// Violations of one policy.
    Policy {
        /// The policy.
        policy: &'r Policy,
        /// The violations, by resource.
        violations: &'r [Finding],
    },
    /// A waiver that does not stand.
    Waiver {
        /// The waiver.
        waiver: &'r Waiver,
        /// What is wrong with it.
        fault: WaiverFault,
    },
}

/// Groups of findings, worst first.
pub(super) fn groups<'r>(report: &'r CheckReport<'_>) -> impl Iterator<Item = Group<'r>> {
    let same =
        |a: &Finding, b: &Finding| matches!((policy_of(report, a), policy_of(report, b)), (Some(a), Some(b)) if a == b);
    report.findings.chunk_by(same).filter_map(|findings| match findings.first()? {
        first @ Finding::Violation(_) => {
            Some(Group::Policy { policy: report.policy(policy_of(report, first)?)?, violations: findings })
        }
        Finding::Waiver(index, fault) => Some(Group::Waiver { waiver: report.waiver(*index)?, fault: *fault }),
    })
}

fn policy_of(report: &CheckReport<'_>, finding: &Finding) -> Option<PolicyIndex> {
    match finding {
        Finding::Violation(index) => report.outcomes.get(*index).map(|o| o.policy),
        Finding::Waiver(..) => None,
    }
}

impl Group<'_> {
    /// How bad it is.
    pub(super) fn severity(&self) -> Severity {
        match self {
            Self::Policy { policy, .. } => policy.severity,
            Self::Waiver { fault: WaiverFault::Expired, .. } => Severity::Medium,
            Self::Waiver { fault: WaiverFault::Unmatched, .. } => Severity::Low,
        }
    }

    /// How many findings it stands for.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::Policy { violations, .. } => violations.len(),
            Self::Waiver { .. } => 1,
        }
    }
}

/// The violations' outcomes.
pub(super) fn outcomes<'r>(
    report: &'r CheckReport<'_>,
    violations: &'r [Finding],
) -> impl Iterator<Item = &'r Outcome> {
    violations.iter().filter_map(|finding| match finding {
        Finding::Violation(index) => report.outcomes.get(*index),
        Finding::Waiver(..) => None,
    })
}

/// Findings of each severity, worst first.
pub(super) fn by_severity(report: &CheckReport<'_>) -> [(Severity, usize); 4] {
    let of = |severity| (severity, report.findings.iter().filter(|f| report.severity(f) == severity).count());
    [Severity::Critical, Severity::High, Severity::Medium, Severity::Low].map(of)
}

/// What is wrong with a waiver, as a sentence without its full stop.
pub(super) fn fault_text(waiver: &Waiver, fault: WaiverFault) -> String {
    match fault {
        WaiverFault::Expired => format!("the waiver ended on {}; its violations count again", waiver.until),
        WaiverFault::Unmatched => "the waiver matches no violation: mended, renamed or misspelt".to_owned(),
    }
}

/// The policies whose violations put these elements where they stand, worst first and once each.
pub(super) fn violating<'r>(
    report: &'r CheckReport<'_>,
    standings: &Standings,
    elements: &[ElementId],
) -> Vec<&'r Policy> {
    let violated = elements.iter().filter_map(|e| standings.of(e)).filter(|s| s.standing == Standing::Violated);
    let mut indexes: Vec<PolicyIndex> = violated.flat_map(|s| s.policies.iter().copied()).collect();
    indexes.sort_unstable();
    indexes.dedup();
    let fails = |index: &PolicyIndex| {
        let counts = usize::try_from(index.0).ok().and_then(|i| report.counts.get(i));
        counts.is_some_and(|c| c.fail > 0)
    };
    let mut policies: Vec<&Policy> =
        indexes.into_iter().filter(fails).filter_map(|index| report.policy(index)).collect();
    policies.sort_by_key(|policy| std::cmp::Reverse(policy.severity));
    policies
}

/// All outcomes counted.
pub(super) fn totals(report: &CheckReport<'_>) -> Counts {
    report.counts.iter().fold(Counts::default(), |sum, of| Counts {
        pass: sum.pass.saturating_add(of.pass),
        fail: sum.fail.saturating_add(of.fail),
        waived: sum.waived.saturating_add(of.waived),
        unknown: sum.unknown.saturating_add(of.unknown),
        errored: sum.errored.saturating_add(of.errored),
        not_applicable: sum.not_applicable.saturating_add(of.not_applicable),
    })
}

/// A waiver, how many violations it covers, and what is wrong with it.
pub(super) type WaiverRow<'r> = (&'r Waiver, u32, Option<WaiverFault>);

/// Every waiver with how many violations it covers and what is wrong with it.
pub(super) fn waivers<'r>(report: &'r CheckReport<'_>) -> Vec<WaiverRow<'r>> {
    let mut waivers: Vec<_> = report.waivers.iter().map(|waiver| (waiver, 0_u32, None)).collect();
    let slot = |index: WaiverIndex| usize::try_from(index.0).ok();
    for index in report.outcomes.iter().filter_map(|o| o.waived) {
        if let Some((_, covers, _)) = slot(index).and_then(|i| waivers.get_mut(i)) {
            *covers = covers.saturating_add(1);
        }
    }
    for finding in &report.findings {
        if let Finding::Waiver(index, fault) = finding
            && let Some((_, _, of)) = slot(*index).and_then(|i| waivers.get_mut(i))
        {
            *of = Some(*fault);
        }
    }
    waivers
}
