//! What every report says about itself: whose words these are, what the numbers are not, how sure the facts are.

use std::collections::BTreeSet;

use attesta_app::check::CheckReport;
use attesta_catalog::Proof;
use attesta_kernel::{Confidence, ControlRef};

/// What readiness is not.
pub(super) const READINESS: &str = "Readiness is not a HITRUST score and not a certification; only HITRUST issues those, after a validated assessment.";

/// What automation cannot do.
pub(super) const PEOPLE: &str = "Settings prove settings. Policies, training, reviews and decisions are people's work: \
     no run of this tool proves them, and they wait for documents, records and interviews.";

/// What a share counts.
pub(super) const PROVEN: &str = "Proven means that every resource in these inputs that an element concerns shows it. What is not in the inputs was not seen.";

/// How many elements settings alone can prove, settings and people together, people alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Reach {
    pub(super) automation: u32,
    pub(super) both: u32,
    pub(super) people: u32,
}

impl Reach {
    pub(super) fn of(report: &CheckReport<'_>) -> Self {
        let mut reach = Self::default();
        for entry in report.catalog.elements() {
            let slot = match entry.element.proof {
                Proof::Automation => &mut reach.automation,
                Proof::Both => &mut reach.both,
                Proof::People => &mut reach.people,
            };
            *slot = slot.saturating_add(1);
        }
        reach
    }

    pub(super) fn total(self) -> u32 {
        self.automation.saturating_add(self.both).saturating_add(self.people)
    }
}

/// One family of shipped facts, counted by how sure they are.
pub(super) struct Facts {
    /// What they are.
    pub(super) what: &'static str,
    /// How many of each confidence, in the order of [`Confidence::ALL`].
    pub(super) counts: [u32; 4],
    /// Names of the unverified ones.
    pub(super) unverified: Vec<String>,
}

impl Facts {
    fn of(what: &'static str, facts: impl Iterator<Item = (Confidence, String)>) -> Self {
        let mut counts = [0_u32; 4];
        let mut unverified = Vec::new();
        for (confidence, name) in facts {
            for (slot, of) in counts.iter_mut().zip(Confidence::ALL) {
                *slot = slot.saturating_add(u32::from(of == confidence));
            }
            if confidence == Confidence::Unverified {
                unverified.push(name);
            }
        }
        Self { what, counts, unverified }
    }
}

/// The facts that shape this report.
pub(super) fn facts(report: &CheckReport<'_>) -> Vec<Facts> {
    let catalog = report.catalog;
    let statements = || catalog.statements();
    let used: BTreeSet<&ControlRef> = statements()
        .flat_map(|s| &s.control_references)
        .chain(report.policies.iter().flat_map(|p| &p.controls))
        .collect();
    let references = || catalog.references().filter(|r| used.contains(&r.id));
    vec![
        Facts::of("HIPAA items", catalog.hipaa().map(|i| (i.provenance.confidence, i.citation.to_string()))),
        Facts::of(
            "titles of HITRUST assessment domains",
            catalog.domains().map(|d| (d.provenance.confidence, format!("domain {}", d.number))),
        ),
        Facts::of(
            "titles of HITRUST control references",
            references().map(|r| (r.title_provenance.confidence, r.id.to_string())),
        ),
        Facts::of("mappings of statements", statements().map(|s| (s.provenance.confidence, s.id.to_string()))),
        Facts::of("sources of policies", report.policies.iter().map(|p| (p.provenance.confidence, p.id.to_string()))),
    ]
}
