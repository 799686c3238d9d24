//! What given standings mean for the requirements of a framework. The rule, in full:
//!
//! 1. A requirement's own answer decides.
//! 2. A met source covers its target in full when the chain between them leaves only *equal* or *superset of*; when the
//!    chain leaves only relations that share something, it covers a part; else nothing follows.
//! 3. A source that is met in part covers a part when the target surely includes all of it; else *perhaps*, because what
//!    is met of it may lie outside the target. One that is not met, or unknown, covers nothing.
//! 4. Parts never add up to the whole: nobody knows whether they are the same part.
//! 5. What a target surely includes and is not met leaves it covered in part at most, whatever else covers it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use crate::{Claim, Crosswalk, Mapping, NodeId, Possible, Relation, Standing, Strength, View, graph::earns};

/// Where each source stands.
pub type Standings = BTreeMap<NodeId, Standing>;

/// How far a requirement is covered. Ordered from worst to best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Coverage {
    /// No chain of mappings reaches it.
    Unmapped,
    /// A chain reaches it, and nothing follows from it.
    Undetermined,
    /// What would cover it is unknown.
    Unknown,
    /// What would cover it is not met.
    Unmet,
    /// A part of it may be covered: what would cover it is met in part.
    Perhaps,
    /// A part of it is covered.
    Partial,
    /// All of it is covered.
    Full,
}

impl Coverage {
    /// Best first.
    pub const ALL: [Self; 7] =
        [Self::Full, Self::Partial, Self::Perhaps, Self::Unmet, Self::Unknown, Self::Undetermined, Self::Unmapped];

    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unmapped => "no mapping",
            Self::Undetermined => "undetermined",
            Self::Unknown => "unknown",
            Self::Unmet => "not met",
            Self::Perhaps => "perhaps partial",
            Self::Partial => "partial",
            Self::Full => "full",
        }
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One hop of a chain, read in the direction in which the chain runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hop<'a> {
    /// From where.
    pub from: &'a NodeId,
    /// To where.
    pub to: &'a NodeId,
    /// How `from` relates to `to`.
    pub relation: Relation,
    /// The mapping that says so.
    pub mapping: &'a Mapping,
    /// Whether the mapping is written the other way round.
    pub turned: bool,
    /// Whether another mapping of the same rank says another relation; the one that claims least is used.
    pub contested: bool,
}

/// A way from a source to a target, with what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain<'a> {
    /// The source.
    pub source: &'a NodeId,
    /// Where the source stands.
    pub standing: Standing,
    /// The hops; none when the target was answered itself.
    pub hops: Vec<Hop<'a>>,
    /// What may hold between the source and the target.
    pub possible: Possible,
    /// The weakest hop's strength.
    pub strength: Strength,
}

impl Chain<'_> {
    /// What a met source would say about the target.
    pub fn claim(&self) -> Claim {
        self.possible.claim()
    }

    /// Whether it rests on reviewed mappings alone.
    pub fn is_settled(&self) -> bool {
        self.hops.iter().all(|hop| hop.mapping.status.is_settled())
    }

    /// How far it covers the target.
    pub fn covers(&self) -> Coverage {
        match (self.claim(), self.standing) {
            (Claim::Nothing, _) => Coverage::Unmapped,
            (Claim::Undetermined, _) => Coverage::Undetermined,
            (_, Standing::Unknown) => Coverage::Unknown,
            (_, Standing::Unmet) => Coverage::Unmet,
            (Claim::Full, Standing::Met) => Coverage::Full,
            (Claim::Partial, Standing::Met) => Coverage::Partial,
            (Claim::Full | Claim::Partial, Standing::Partial(_)) if self.possible.source_is_part() => Coverage::Partial,
            (Claim::Full | Claim::Partial, Standing::Partial(_)) => Coverage::Perhaps,
        }
    }

    /// Whether it shows that something which the target includes is not met.
    fn denies(&self) -> bool {
        self.possible.source_is_part() && matches!(self.standing, Standing::Unmet | Standing::Partial(_))
    }

    /// Best first: covers most, claims most, strongest, reviewed, leaves least open, shortest, then by name.
    fn order(&self) -> impl Ord + use<'_> {
        use std::cmp::Reverse;
        let names: Vec<&NodeId> = self.hops.iter().map(|hop| hop.to).collect();
        (
            (Reverse(self.covers()), Reverse(self.claim()), Reverse(self.strength), !self.is_settled()),
            (self.possible.relations().count(), self.hops.len(), self.source),
            names,
        )
    }
}

/// How far one requirement is covered, and by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetCoverage<'a> {
    /// The requirement.
    pub target: NodeId,
    /// In the view that was asked for.
    pub coverage: Coverage,
    /// By reviewed mappings alone.
    pub reviewed: Coverage,
    /// The chains, best first; the best one decides.
    pub chains: Vec<Chain<'a>>,
    /// Chains which show that something it includes is not met, so that it is not covered in full.
    pub against: Vec<Chain<'a>>,
}

impl<'a> TargetCoverage<'a> {
    /// The chain that decides.
    pub fn best(&self) -> Option<&Chain<'a>> {
        self.chains.first()
    }

    /// How many sources share something with it, or may cover it, and are not met.
    pub fn failing(&self) -> usize {
        let failing = self.chains.iter().filter(|chain| chain.covers() == Coverage::Unmet).map(|chain| chain.source);
        failing.collect::<BTreeSet<_>>().len()
    }

    /// Whether a relation on the deciding chain is disputed.
    pub fn is_contested(&self) -> bool {
        self.best().is_some_and(|chain| chain.hops.iter().any(|hop| hop.contested))
    }
}

/// How far each of `targets` is covered, in their order; in the reviewed view no proposed mapping is looked at.
pub fn cover<'a>(
    crosswalk: &'a Crosswalk,
    targets: &[NodeId],
    standings: &'a Standings,
    view: View,
) -> Vec<TargetCoverage<'a>> {
    let all = Reach::new(crosswalk, standings, view);
    let reviewed = Reach::new(crosswalk, standings, View::Reviewed);
    targets
        .iter()
        .map(|target| {
            let (by_all, chains, against) = all.to(target);
            let (by_reviewed, settled, _) = reviewed.to(target);
            // Of two views that say the same, the chain that needs no proposal is shown first.
            let chains = if by_all == by_reviewed && earned(by_all) { merged(settled, chains) } else { chains };
            TargetCoverage { target: target.clone(), coverage: by_all, reviewed: by_reviewed, chains, against }
        })
        .collect()
}

fn earned(coverage: Coverage) -> bool {
    matches!(coverage, Coverage::Full | Coverage::Partial)
}

fn merged<'a>(first: Vec<Chain<'a>>, rest: Vec<Chain<'a>>) -> Vec<Chain<'a>> {
    let mut chains = first;
    for chain in rest {
        if !chains.contains(&chain) {
            chains.push(chain);
        }
    }
    chains
}

/// Everything that the sources reach in one view.
struct Reach<'a> {
    crosswalk: &'a Crosswalk,
    standings: &'a Standings,
    ways: BTreeMap<usize, Vec<Chain<'a>>>,
    touches: BTreeMap<usize, Vec<usize>>,
}

impl<'a> Reach<'a> {
    fn new(crosswalk: &'a Crosswalk, standings: &'a Standings, view: View) -> Self {
        let graph = &crosswalk.graph;
        let sources: BTreeSet<usize> = standings.keys().filter_map(|node| graph.at(node)).collect();
        let mut reach = Self { crosswalk, standings, ways: BTreeMap::new(), touches: graph.touches(&sources, view) };
        for source in &sources {
            for ((node, _), way) in graph.ways(*source, &sources, view) {
                if let Some(chain) = reach.chain(*source, &way.edges, way.possible, way.strength)
                    && earns(chain.claim())
                {
                    reach.ways.entry(node).or_default().push(chain);
                }
            }
        }
        reach
    }

    fn chain(&self, source: usize, edges: &[usize], possible: Possible, strength: Strength) -> Option<Chain<'a>> {
        let graph = &self.crosswalk.graph;
        let hops = edges.iter().filter_map(|at| {
            let edge = graph.edge(*at)?;
            Some(Hop {
                from: graph.node(edge.from)?,
                to: graph.node(edge.to)?,
                relation: edge.relation,
                mapping: self.crosswalk.mappings().get(edge.mapping)?,
                turned: edge.turned,
                contested: edge.contested,
            })
        });
        let (source, standing) = self.standings.get_key_value(graph.node(source)?)?;
        Some(Chain { source, standing: *standing, hops: hops.collect(), possible, strength })
    }

    fn to(&self, target: &NodeId) -> (Coverage, Vec<Chain<'a>>, Vec<Chain<'a>>) {
        let at = self.crosswalk.graph.at(target);
        let mut chains = at.and_then(|at| self.ways.get(&at)).cloned().unwrap_or_default();
        chains = without_weaker(chains);
        chains.sort_by(|a, b| a.order().cmp(&b.order()));
        if let Some((source, standing)) = self.standings.get_key_value(target)
            && *standing != Standing::Unknown
        {
            let own = Chain {
                source,
                standing: *standing,
                hops: Vec::new(),
                possible: Relation::Equal.into(),
                strength: Strength::MOST,
            };
            let coverage = own.covers();
            chains.insert(0, own);
            return (coverage, chains, Vec::new());
        }
        let Some(best) = chains.first().map(Chain::covers) else {
            return self.touched(at);
        };
        if best != Coverage::Full {
            return (best, chains, Vec::new());
        }
        let against: Vec<Chain<'a>> = chains.iter().filter(|chain| chain.denies()).cloned().collect();
        let coverage = if against.is_empty() { Coverage::Full } else { Coverage::Partial };
        (coverage, chains, against)
    }

    /// A target from which nothing follows: with the shortest chain, when there is one.
    fn touched(&self, at: Option<usize>) -> (Coverage, Vec<Chain<'a>>, Vec<Chain<'a>>) {
        let graph = &self.crosswalk.graph;
        let chain = at.and_then(|at| self.touches.get(&at)).filter(|edges| !edges.is_empty()).and_then(|edges| {
            let steps = || edges.iter().filter_map(|edge| graph.edge(*edge));
            let source = steps().next()?.from;
            let possible = steps().fold(Possible::from(Relation::Equal), |all, edge| all.then(edge.relation));
            let strength = steps().map(|edge| edge.strength).min()?;
            self.chain(source, edges, possible, strength)
        });
        match chain {
            Some(chain) => (Coverage::Undetermined, vec![chain], Vec::new()),
            None => (Coverage::Unmapped, Vec::new(), Vec::new()),
        }
    }
}

/// Without chains that say no more than another one of the same source, and not more strongly.
fn without_weaker(chains: Vec<Chain<'_>>) -> Vec<Chain<'_>> {
    let weaker = |chain: &Chain<'_>| {
        chains.iter().any(|other| {
            other.source == chain.source
                && other.possible != chain.possible
                && other.possible.is_within(chain.possible)
                && other.strength >= chain.strength
        })
    };
    let keep: Vec<bool> = chains.iter().map(|chain| !weaker(chain)).collect();
    chains.into_iter().zip(keep).filter_map(|(chain, keep)| keep.then_some(chain)).collect()
}
