//! One response for every framework: what a check or given answers say about a framework's requirements.

use attesta_catalog::Catalog;
use attesta_crosswalk::{
    Basis, Chain, Claim, Coverage, Crosswalk, Document, Group, Hop, NodeId, Relation, Standing, Standings,
    TargetCoverage, View, cover, groups,
};
use attesta_evaluation::{Standing as ElementStands, Tally};
use attesta_kernel::Date;

use crate::{check::CheckReport, explain::Explanation};

/// Where the standings of sources come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// Settings of infrastructure, and answers where some were given.
    Check {
        /// The day of the check.
        at: Date,
    },
    /// Answers alone.
    Answers,
    /// Nothing: what the mappings would cover if every statement of ours were met.
    Supposed,
}

/// Everything that one look across frameworks found.
pub struct CrosswalkReport<'a> {
    /// The catalog.
    pub catalog: &'a Catalog,
    /// The framework looked at.
    pub document: Document,
    /// Where standings come from.
    pub from: From,
    /// Which mappings were used.
    pub view: View,
    /// How many sources have a standing.
    pub sources: usize,
    /// The framework's groups.
    pub groups: Vec<Group>,
    /// How far each requirement is covered, in the framework's order.
    pub targets: Vec<TargetCoverage<'a>>,
}

/// Looks at a whole framework.
pub fn look_across<'a>(
    catalog: &'a Catalog,
    crosswalk: &'a Crosswalk,
    document: Document,
    standings: &'a Standings,
    from: From,
    view: View,
) -> CrosswalkReport<'a> {
    let groups = groups(document, catalog);
    let targets: Vec<NodeId> =
        groups.iter().filter(|group| group.level == 0).flat_map(|group| group.targets.clone()).collect();
    let targets = cover(crosswalk, &targets, standings, view);
    CrosswalkReport { catalog, document, from, view, sources: standings.len(), groups, targets }
}

/// Where sources stand, by a check and by answers. What waits for people in a check is unknown until an answer tells; a
/// waived violation is not met, and no answer overrules a violation. A statement stands by its elements unless it was
/// answered itself.
pub fn standings(catalog: &Catalog, check: Option<&CheckReport<'_>>, mut answers: Standings) -> Standings {
    for statement in catalog.statements() {
        let (mut met, mut unmet, mut open) = (0_u32, 0_u32, 0_u32);
        for element in &statement.elements {
            let node = NodeId::element(&element.id);
            let found = check.map(|report| of_tally(report.standings.tally([&element.id])));
            let answer = answers.get(&node).copied();
            let standing = match (found, answer) {
                (Some(Standing::Unknown) | None, Some(answer)) => Some(answer),
                (found, _) => found,
            };
            let slot = match standing {
                Some(Standing::Met) => &mut met,
                Some(Standing::Unmet) => &mut unmet,
                Some(Standing::Partial(_) | Standing::Unknown) | None => &mut open,
            };
            *slot = slot.saturating_add(1);
            if let Some(standing) = standing {
                answers.insert(node, standing);
            }
        }
        let node = NodeId::statement(&statement.id);
        let violated = check.is_some() && unmet > 0;
        if violated || (!answers.contains_key(&node) && (check.is_some() || met > 0 || unmet > 0)) {
            answers.insert(node, Standing::of_parts(met, unmet, open));
        }
    }
    answers
}

fn of_tally(tally: Tally) -> Standing {
    let sum = |standings: &[ElementStands]| standings.iter().fold(0_u32, |sum, s| sum.saturating_add(tally.of(*s)));
    Standing::of_parts(
        tally.of(ElementStands::Proven),
        sum(&[ElementStands::Violated, ElementStands::Waived]),
        sum(&[ElementStands::Unknown, ElementStands::People]),
    )
}

/// Every statement and element of ours, supposed to be met.
pub fn supposed(catalog: &Catalog) -> Standings {
    let statements = catalog.statements().map(|statement| NodeId::statement(&statement.id));
    let elements = catalog.elements().map(|entry| NodeId::element(&entry.element.id));
    statements.chain(elements).map(|node| (node, Standing::Met)).collect()
}

/// Why a requirement is covered as far as it is, chain by chain.
pub fn explain(catalog: &Catalog, covered: &TargetCoverage<'_>, from: From, view: View) -> Explanation {
    let target = &covered.target;
    let title = target.title(catalog).map_or(String::new(), |title| format!("  {title}"));
    let supposed = if from == From::Supposed { " if every statement of ours were met" } else { "" };
    let reviewed = match view {
        View::All => format!("; by reviewed mappings alone: {}", covered.reviewed),
        View::Reviewed => ", by reviewed mappings alone".to_owned(),
    };
    let mut told = Explanation::new(format!("{target}{title}: {}{supposed}{reviewed}", covered.coverage));
    for chain in &covered.against {
        let text = format!(
            "not full: {} is part of it and is {}",
            chain.source,
            match chain.standing {
                Standing::Partial(share) => format!("met in part only ({share})"),
                other => other.to_string(),
            }
        );
        told = told.with([Explanation::new(text)]);
    }
    if covered.chains.is_empty() {
        return told.with([Explanation::new("no chain of mappings leads here from anything that has a standing")]);
    }
    told.with(covered.chains.iter().map(|chain| self::chain(catalog, chain, from)))
}

fn chain(catalog: &Catalog, chain: &Chain<'_>, from: From) -> Explanation {
    if chain.hops.is_empty() {
        return Explanation::new(format!("{}: answered itself: {}", Coverage::as_str(chain.covers()), chain.standing));
    }
    let title = chain.source.title(catalog).map_or(String::new(), |title| format!("  {title}"));
    let says = match (chain.claim(), chain.standing) {
        (Claim::Undetermined, _) => "nothing that follows".to_owned(),
        (Claim::Full, _) => format!("the whole ({})", chain.possible),
        _ => format!("a part ({})", chain.possible),
    };
    let stands = if from == From::Supposed { "supposed met".to_owned() } else { chain.standing.to_string() };
    let gives = if chain.standing == Standing::Met { "gives" } else { "would give" };
    let settled = if chain.is_settled() { "reviewed" } else { "proposed" };
    let text = format!(
        "{}: {}{title}, {stands}; {gives} {says}, strength {}, {settled}",
        chain.covers(),
        chain.source,
        chain.strength
    );
    let mut told = Explanation::new(text).with(chain.hops.iter().map(hop));
    if matches!(chain.covers(), Coverage::Partial | Coverage::Perhaps) {
        told = told.with([Explanation::new(format!("gap: {}", gap(chain)))]);
    }
    told
}

fn hop(hop: &Hop<'_>) -> Explanation {
    let mapping = hop.mapping;
    let mut told = Explanation::new(format!("{} {} {}", hop.from, hop.relation.verb(), hop.to));
    let turned = if hop.turned { ", read the other way round" } else { "" };
    let place = mapping.place.as_ref().map_or(String::new(), |place| format!(", {place}"));
    told = told.with([Explanation::new(format!(
        "{}; strength {}, {}; {}{place}{turned}",
        mapping.status, mapping.strength, mapping.rationale, mapping.crosswalk
    ))]);
    if let Some(note) = &mapping.note {
        told = told.with([Explanation::new(&**note)]);
    }
    if hop.contested {
        told = told.with([Explanation::new("other mappings say another relation; the one that claims least is used")]);
    }
    told.with([Explanation::new(format!("source: {} ({})", mapping.provenance.source, mapping.provenance.confidence))])
}

/// What is missing where a chain gives a part only.
pub fn gap(chain: &Chain<'_>) -> String {
    if let Standing::Partial(share) = chain.standing {
        let outside = if chain.possible.source_is_part() { "" } else { ", which may lie outside" };
        return format!("the source is met in part only: {share}{outside}");
    }
    // Where the hop's source covers its target there is no gap to tell.
    let left = |hop: &&Hop<'_>| matches!(hop.relation, Relation::SubsetOf | Relation::IntersectsWith);
    let hops = || chain.hops.iter().filter(left);
    if let Some(gap) = hops().rev().find_map(|hop| hop.mapping.gap.as_deref()) {
        return gap.to_owned();
    }
    if hops().any(|hop| hop.mapping.basis == Basis::Listed) {
        return "a list names the two together; what is left is not stated".to_owned();
    }
    "what is left is not stated".to_owned()
}
