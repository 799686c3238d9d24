//! The graph of mappings and the chains through it.
//!
//! Between two requirements one mapping is used in each direction: a reviewed one before a proposed one, a stated
//! relation before a list; where mappings of the same rank disagree, the one that claims least.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Basis, Claim, Mapping, NodeId, Possible, Relation, Status, Strength};

/// No chain is longer.
pub const MOST_HOPS: usize = 3;

/// Which mappings may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum View {
    /// Reviewed ones, and what holds by construction.
    Reviewed,
    /// Proposed ones too.
    All,
}

#[derive(Debug, Clone)]
pub(crate) struct Graph {
    nodes: Vec<NodeId>,
    index: BTreeMap<NodeId, usize>,
    edges: Vec<Edge>,
    /// Edges that leave a node, by where they lead.
    from: Vec<Vec<usize>>,
}

/// One step from a requirement to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) relation: Relation,
    pub(crate) strength: Strength,
    /// Its mapping's place in the crosswalk's list.
    pub(crate) mapping: usize,
    /// Whether the mapping is read from its target to its source.
    pub(crate) turned: bool,
    pub(crate) settled: bool,
    /// Whether another mapping of the same rank says another relation.
    pub(crate) contested: bool,
}

/// A way from a source to a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) possible: Possible,
    pub(crate) strength: Strength,
    pub(crate) edges: Vec<usize>,
}

impl Way {
    /// Stronger first, then shorter, then by the order of nodes.
    fn is_better_than(&self, other: &Self, graph: &Graph) -> bool {
        let ends = |way: &Self| way.edges.iter().filter_map(|e| graph.edge(*e)).map(|e| e.to).collect::<Vec<_>>();
        let rank = |way: &Self| (std::cmp::Reverse(way.strength), way.edges.len());
        (rank(self), ends(self)) < (rank(other), ends(other))
    }
}

impl Graph {
    pub(crate) fn new(mappings: &[Mapping]) -> Self {
        let nodes: Vec<NodeId> = mappings
            .iter()
            .flat_map(|m| [&m.source, &m.target])
            .collect::<BTreeSet<_>>()
            .into_iter()
            .cloned()
            .collect();
        let index: BTreeMap<NodeId, usize> = nodes.iter().cloned().zip(0..).collect();
        let mut steps = BTreeMap::<(usize, usize), Vec<Edge>>::new();
        for (mapping, at) in mappings.iter().zip(0..) {
            let (Some(source), Some(target)) = (index.get(&mapping.source), index.get(&mapping.target)) else {
                continue;
            };
            for (from, to, turned) in [(*source, *target, false), (*target, *source, true)] {
                let relation = if turned { mapping.relation.inverse() } else { mapping.relation };
                steps.entry((from, to)).or_default().push(Edge {
                    from,
                    to,
                    relation,
                    strength: mapping.strength,
                    mapping: at,
                    turned,
                    settled: mapping.status.is_settled(),
                    contested: false,
                });
            }
        }
        let mut edges = Vec::with_capacity(steps.len());
        let mut from = vec![Vec::new(); nodes.len()];
        for ((start, _), candidates) in steps {
            let rank = |edge: &Edge| mappings.get(edge.mapping).map(rank);
            let Some(best) = candidates.iter().map(rank).max() else { continue };
            let fits = || candidates.iter().filter(|e| rank(e) == best);
            let weakest = fits().min_by_key(|e| (Possible::from(e.relation).claim(), e.strength, e.mapping));
            let Some(mut edge) = weakest.copied() else { continue };
            edge.contested = fits().any(|other| other.relation != edge.relation);
            if let Some(list) = from.get_mut(start) {
                list.push(edges.len());
                edges.push(edge);
            }
        }
        Self { nodes, index, edges, from }
    }

    pub(crate) fn node(&self, at: usize) -> Option<&NodeId> {
        self.nodes.get(at)
    }

    pub(crate) fn at(&self, node: &NodeId) -> Option<usize> {
        self.index.get(node).copied()
    }

    pub(crate) fn edge(&self, at: usize) -> Option<&Edge> {
        self.edges.get(at)
    }

    fn leaving(&self, node: usize, view: View) -> impl Iterator<Item = (usize, &Edge)> {
        let edges = self.from.get(node).map_or(&[][..], Vec::as_slice);
        edges
            .iter()
            .filter_map(|at| Some((*at, self.edge(*at)?)))
            .filter(move |(_, edge)| view == View::All || edge.settled)
    }

    /// The best way from `source` to each node for each set of possible relations. Ways stop at `answered` nodes: what
    /// somebody said about a requirement itself is not overruled by what leads through it. A way on which nothing more
    /// can follow is not followed.
    pub(crate) fn ways(
        &self,
        source: usize,
        answered: &BTreeSet<usize>,
        view: View,
    ) -> BTreeMap<(usize, Possible), Way> {
        let mut best = BTreeMap::<(usize, Possible), Way>::new();
        let start = Way { possible: Relation::Equal.into(), strength: Strength::MOST, edges: Vec::new() };
        let mut frontier = BTreeMap::from([((source, start.possible), start)]);
        for _ in 0..MOST_HOPS {
            let mut next = BTreeMap::<(usize, Possible), Way>::new();
            for ((node, _), way) in &frontier {
                if *node != source && answered.contains(node) {
                    continue;
                }
                for (at, edge) in self.leaving(*node, view).filter(|(_, edge)| edge.to != source) {
                    let possible = way.possible.then(edge.relation);
                    // Once they may share nothing, no further relation excludes it again.
                    if possible.allows(Relation::NoRelationship) {
                        continue;
                    }
                    let mut edges = way.edges.clone();
                    edges.push(at);
                    let longer = Way { possible, strength: way.strength.min(edge.strength), edges };
                    let key = (edge.to, possible);
                    let known = next.get(&key).or_else(|| best.get(&key));
                    if known.is_none_or(|known| longer.is_better_than(known, self)) {
                        next.insert(key, longer);
                    }
                }
            }
            best.extend(next.clone());
            frontier = next;
        }
        best
    }

    /// A shortest way of relations from some source to each node, whatever follows from it.
    pub(crate) fn touches(&self, sources: &BTreeSet<usize>, view: View) -> BTreeMap<usize, Vec<usize>> {
        let mut found: BTreeMap<usize, Vec<usize>> = sources.iter().map(|s| (*s, Vec::new())).collect();
        let mut frontier = found.clone();
        for _ in 0..MOST_HOPS {
            let mut next = BTreeMap::new();
            for (node, way) in &frontier {
                for (at, edge) in self.leaving(*node, view) {
                    if edge.relation != Relation::NoRelationship && !found.contains_key(&edge.to) {
                        let longer: Vec<usize> = way.iter().copied().chain([at]).collect();
                        next.entry(edge.to).or_insert(longer);
                    }
                }
            }
            found.extend(next.clone());
            frontier = next;
        }
        found
    }
}

/// Which mapping is used where several join the same two.
fn rank(mapping: &Mapping) -> (bool, Basis) {
    (!matches!(mapping.status, Status::Proposed(_)), mapping.basis)
}

/// Whether a claim earns anything.
pub(crate) fn earns(claim: Claim) -> bool {
    matches!(claim, Claim::Full | Claim::Partial)
}
