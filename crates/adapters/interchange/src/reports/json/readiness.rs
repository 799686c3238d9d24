//! Where each framework stands, as JSON.

use attesta_app::check::CheckReport;
use attesta_catalog::Edition;
use attesta_evaluation::{ItemReadiness, Tally};
use attesta_kernel::Share;
use serde::Serialize;

use super::Shown;
use crate::reports::{groups, notices::Reach, words::texts};

#[derive(Serialize)]
pub(super) struct ReadinessText<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    hipaa: Option<Hipaa<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hitrust: Option<Hitrust<'r>>,
}

pub(super) fn readiness<'r>(report: &'r CheckReport<'_>) -> ReadinessText<'r> {
    let shown = report.frameworks;
    ReadinessText { hipaa: shown.hipaa.then(|| hipaa(report)), hitrust: shown.hitrust.then(|| hitrust(report)) }
}

#[derive(Serialize)]
struct EditionText<'r> {
    name: &'r str,
    version: &'r str,
}

fn edition(of: &Edition) -> EditionText<'_> {
    EditionText { name: &of.name, version: &of.version }
}

#[derive(Serialize)]
struct TallyText {
    violated: u32,
    waived: u32,
    unknown: u32,
    people: u32,
    proven: u32,
    of: u32,
}

fn tally(of: Tally) -> TallyText {
    let Tally { violated, waived, unknown, people, proven } = of;
    TallyText { violated, waived, unknown, people, proven, of: of.total() }
}

#[derive(Serialize)]
struct Hipaa<'r> {
    edition: EditionText<'r>,
    required: Required<'r>,
    addressable: Addressable<'r>,
}

#[derive(Serialize)]
struct Required<'r> {
    met: bool,
    proven: u32,
    of: u32,
    items: Vec<Item<'r>>,
}

#[derive(Serialize)]
struct Addressable<'r> {
    proven: u32,
    of: u32,
    percent: Option<u32>,
    items: Vec<Item<'r>>,
}

#[derive(Serialize)]
struct Item<'r> {
    citation: String,
    title: &'r str,
    standing: &'static str,
    elements: TallyText,
    #[serde(skip_serializing_if = "Option::is_none")]
    may_not_apply: Option<&'r str>,
    violated_by: Vec<&'r str>,
    missing: Vec<Missing<'r>>,
}

/// An element that is not proven.
#[derive(Serialize)]
struct Missing<'r> {
    element: &'r str,
    standing: &'static str,
}

fn hipaa<'r>(report: &'r CheckReport<'_>) -> Hipaa<'r> {
    let hipaa = &report.readiness.hipaa;
    let items = |of: &'r [ItemReadiness]| of.iter().map(|i| item(report, i)).collect();
    let (Share { part: proven, whole: of }, addressable) = (hipaa.required_share(), hipaa.addressable_share());
    Hipaa {
        edition: edition(report.catalog.hipaa_edition()),
        required: Required { met: hipaa.required_met(), proven, of, items: items(&hipaa.required) },
        addressable: Addressable {
            proven: addressable.part,
            of: addressable.whole,
            percent: addressable.percent(),
            items: items(&hipaa.addressable),
        },
    }
}

fn item<'r>(report: &'r CheckReport<'_>, item: &'r ItemReadiness) -> Item<'r> {
    let known = report.catalog.hipaa_item(&item.citation);
    let missing = item.elements.iter().filter_map(|id| {
        let standing = report.standings.of(id)?.standing;
        let missing = Missing { element: id.as_str(), standing: standing.as_str() };
        (standing != attesta_evaluation::Standing::Proven).then_some(missing)
    });
    Item {
        citation: item.citation.to_string(),
        title: known.map_or("", |k| &k.title),
        standing: item.standing.as_str(),
        elements: tally(item.tally),
        may_not_apply: known.and_then(|k| k.may_not_apply.as_deref()),
        violated_by: groups::violating(report, &report.standings, &item.elements)
            .iter()
            .map(|p| p.id.as_str())
            .collect(),
        missing: missing.collect(),
    }
}

#[derive(Serialize)]
struct Hitrust<'r> {
    edition: EditionText<'r>,
    elements: TallyText,
    reach: ReachText,
    domains: Vec<Domain<'r>>,
}

/// How many elements can be proven by what.
#[derive(Serialize)]
struct ReachText {
    automation: u32,
    both: u32,
    people: u32,
}

#[derive(Serialize)]
struct Domain<'r> {
    number: u8,
    title: &'r str,
    standing: &'static str,
    elements: TallyText,
    statements: Vec<StatementText<'r>>,
}

#[derive(Serialize)]
struct StatementText<'r> {
    id: &'r str,
    title: &'r str,
    control_references: Vec<String>,
    standing: &'static str,
    elements: Vec<ElementText<'r>>,
}

#[derive(Serialize)]
struct ElementText<'r> {
    id: &'r str,
    text: &'r str,
    proof: &'static str,
    standing: &'static str,
    pass: u32,
    fail: u32,
    waived: u32,
    unknown: u32,
    policies: Vec<Shown<&'r attesta_kernel::PolicyId>>,
}

fn hitrust<'r>(report: &'r CheckReport<'_>) -> Hitrust<'r> {
    let readiness = &report.readiness;
    let reach = Reach::of(report);
    let domain = |of: &'r attesta_evaluation::DomainReadiness| Domain {
        number: of.number,
        title: report.catalog.domain(of.number).map_or("", |d| &d.title),
        standing: of.tally.worst().as_str(),
        elements: tally(of.tally),
        statements: of.statements.iter().filter_map(|(id, tally)| statement(report, id, *tally)).collect(),
    };
    Hitrust {
        edition: edition(report.catalog.csf_edition()),
        elements: tally(readiness.elements),
        reach: ReachText { automation: reach.automation, both: reach.both, people: reach.people },
        domains: readiness.domains.iter().map(domain).collect(),
    }
}

fn statement<'r>(
    report: &'r CheckReport<'_>,
    id: &'r attesta_kernel::StatementId,
    tally: Tally,
) -> Option<StatementText<'r>> {
    let statement = report.catalog.statement(id)?;
    let element = |element: &'r attesta_catalog::Element| {
        let stands = report.standings.of(&element.id)?;
        Some(ElementText {
            id: element.id.as_str(),
            text: &element.text,
            proof: element.proof.as_str(),
            standing: stands.standing.as_str(),
            pass: stands.passes,
            fail: stands.fails,
            waived: stands.waived,
            unknown: stands.unknowns,
            policies: stands.policies.iter().filter_map(|p| report.policy(*p)).map(|p| Shown(&p.id)).collect(),
        })
    };
    Some(StatementText {
        id: id.as_str(),
        title: &statement.title,
        control_references: texts(&statement.control_references),
        standing: tally.worst().as_str(),
        elements: statement.elements.iter().filter_map(element).collect(),
    })
}
