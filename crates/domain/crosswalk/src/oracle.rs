//! Chains and coverage against slower ways of finding the same.

use std::collections::{BTreeMap, BTreeSet};

use attesta_kernel::{Confidence, Date, Provenance, Share};
use proptest::prelude::*;

use crate::{
    Basis, Claim, Coverage, Crosswalk, Document, MOST_HOPS, Mapping, NodeId, Possible, Rationale, Relation, Signature,
    Standing, Standings, Status, Strength, View, cover, graph::Graph,
};

fn node(at: usize) -> NodeId {
    NodeId::of(Document::Requirements, at)
}

fn mapping(source: usize, target: usize, relation: Relation, strength: u8, reviewed: bool) -> Mapping {
    let signature = Signature { by: "somebody".into(), on: Date::constant(2026, 1, 2) };
    Mapping {
        crosswalk: "test".into(),
        source: node(source),
        target: node(target),
        relation,
        strength: Strength::new(strength).unwrap(),
        rationale: Rationale::Semantic,
        status: if reviewed { Status::Reviewed(signature) } else { Status::Proposed(signature) },
        basis: Basis::Stated,
        provenance: Provenance { source: "test".into(), confidence: Confidence::Inferred },
        note: None,
        gap: None,
        place: None,
    }
}

fn crosswalk(mappings: Vec<Mapping>) -> Crosswalk {
    Crosswalk::of(mappings, Strength::MOST)
}

/// What holds between two sets that are not empty.
pub(crate) fn truth(a: u16, b: u16) -> Relation {
    match (a & b, a & !b, b & !a) {
        (0, _, _) => Relation::NoRelationship,
        (_, 0, 0) => Relation::Equal,
        (_, 0, _) => Relation::SubsetOf,
        (_, _, 0) => Relation::SupersetOf,
        _ => Relation::IntersectsWith,
    }
}

/// Every simple path, found by walking all of them.
fn paths(graph: &Graph, mappings: usize, from: usize, answered: &BTreeSet<usize>) -> Vec<(usize, Possible, Strength)> {
    let mut found = Vec::new();
    let mut open = vec![(vec![from], Possible::from(Relation::Equal), Strength::MOST)];
    while let Some((path, possible, strength)) = open.pop() {
        let here = *path.last().unwrap();
        if path.len() > 1 {
            found.push((here, possible, strength));
        }
        if path.len() > MOST_HOPS || (path.len() > 1 && answered.contains(&here)) {
            continue;
        }
        for edge in (0..mappings * 2).filter_map(|at| graph.edge(at)) {
            if edge.from == here && !path.contains(&edge.to) {
                let longer = path.iter().copied().chain([edge.to]).collect();
                open.push((longer, possible.then(edge.relation), strength.min(edge.strength)));
            }
        }
    }
    found
}

type Rows = Vec<(usize, usize, usize, u8, bool)>;

fn rows() -> impl Strategy<Value = Rows> {
    prop::collection::vec((0..7_usize, 0..7_usize, 0..5_usize, 1..=10_u8, any::<bool>()), 1..16)
}

fn mappings(rows: &Rows) -> Vec<Mapping> {
    rows.iter()
        .filter(|(a, b, ..)| a != b)
        .map(|(a, b, relation, strength, reviewed)| mapping(*a, *b, Relation::ALL[*relation], *strength, *reviewed))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// For each path there is a way that says as much and is as strong; each way is a path with what it says.
    #[test]
    fn ways_lose_nothing_that_walking_every_path_finds(rows in rows(), answered in prop::collection::btree_set(0..7_usize, 0..3)) {
        let mappings = mappings(&rows);
        let graph = Graph::new(&mappings);
        let answered: BTreeSet<usize> = answered.iter().filter_map(|at| graph.at(&node(*at))).collect();
        for from in (0..7).filter_map(|at| graph.at(&node(at))) {
            let ways = graph.ways(from, &answered, View::All);
            for (to, possible, strength) in paths(&graph, mappings.len(), from, &answered) {
                if possible.allows(Relation::NoRelationship) {
                    continue;
                }
                prop_assert!(
                    ways.iter().any(|((node, way), found)| *node == to && way.is_within(possible) && found.strength >= strength),
                    "{from} to {to}: {possible} {strength}"
                );
            }
            for ((to, possible), way) in &ways {
                let edges: Vec<_> = way.edges.iter().filter_map(|at| graph.edge(*at)).collect();
                prop_assert!(edges.len() <= MOST_HOPS);
                prop_assert_eq!(edges[0].from, from);
                prop_assert_eq!(edges.last().unwrap().to, *to);
                let said = edges.iter().fold(Possible::from(Relation::Equal), |all, edge| all.then(edge.relation));
                prop_assert_eq!(said, *possible);
                prop_assert_eq!(edges.iter().map(|edge| edge.strength).min(), Some(way.strength));
            }
        }
    }

    /// Requirements are sets, mappings are true of them, and some of the world is satisfied: what is called full is
    /// satisfied, and of what is called partial something is.
    #[test]
    fn coverage_is_never_contradicted_by_sets(
        sets in prop::collection::vec(1..256_u16, 7),
        satisfied in 0..256_u16,
        joined in prop::collection::vec((0..7_usize, 0..7_usize, any::<bool>()), 1..14),
        answered in prop::collection::btree_map(0..7_usize, any::<bool>(), 1..4),
    ) {
        let mappings: Vec<Mapping> = joined
            .iter()
            .filter(|(a, b, _)| a != b)
            .map(|(a, b, reviewed)| mapping(*a, *b, truth(sets[*a], sets[*b]), 5, *reviewed))
            .collect();
        let crosswalk = crosswalk(mappings);
        let standings: Standings = answered
            .iter()
            .map(|(at, known)| {
                let (met, whole) = ((sets[*at] & satisfied).count_ones(), sets[*at].count_ones());
                (node(*at), if *known { Standing::of_score(met, whole).unwrap() } else { Standing::Unknown })
            })
            .collect();
        let targets: Vec<NodeId> = (0..7).map(node).collect();
        let covered = cover(&crosswalk, &targets, &standings, View::All);
        for (covered, set) in covered.iter().zip(&sets) {
            for coverage in [covered.coverage, covered.reviewed] {
                match coverage {
                    Coverage::Full => prop_assert_eq!(set & !satisfied, 0, "{:?}", covered),
                    Coverage::Partial => prop_assert_ne!(set & satisfied, 0, "{:?}", covered),
                    _ => {}
                }
            }
            // True mappings and true answers never contradict each other, and a review only adds certainty.
            prop_assert!(covered.against.is_empty());
            prop_assert!(covered.reviewed <= covered.coverage, "{:?}", covered);
            prop_assert!(covered.chains.iter().all(|chain| chain.hops.len() <= MOST_HOPS));
        }
        // The same bytes every time, and only what is settled in the reviewed view.
        let settled = cover(&crosswalk, &targets, &standings, View::Reviewed);
        for (all, settled) in covered.iter().zip(&settled) {
            prop_assert_eq!(all.reviewed, settled.coverage);
            prop_assert!(settled.chains.iter().all(super::Chain::is_settled));
        }
    }
}

fn stand(rows: &[(usize, Standing)]) -> Standings {
    rows.iter().map(|(at, standing)| (node(*at), *standing)).collect()
}

fn of<'a>(crosswalk: &'a Crosswalk, standings: &'a Standings, target: usize) -> super::TargetCoverage<'a> {
    cover(crosswalk, &[node(target)], standings, View::All).remove(0)
}

#[test]
fn standings_and_relations_decide_by_this_table() {
    let share = Standing::Partial(Share::new(2, 3));
    for (relation, standing, expected) in [
        (Relation::Equal, Standing::Met, Coverage::Full),
        (Relation::SupersetOf, Standing::Met, Coverage::Full),
        (Relation::SubsetOf, Standing::Met, Coverage::Partial),
        (Relation::IntersectsWith, Standing::Met, Coverage::Partial),
        (Relation::NoRelationship, Standing::Met, Coverage::Unmapped),
        (Relation::Equal, share, Coverage::Partial),
        (Relation::SubsetOf, share, Coverage::Partial),
        (Relation::SupersetOf, share, Coverage::Perhaps),
        (Relation::IntersectsWith, share, Coverage::Perhaps),
        (Relation::Equal, Standing::Unmet, Coverage::Unmet),
        (Relation::SupersetOf, Standing::Unknown, Coverage::Unknown),
        (Relation::IntersectsWith, Standing::Unknown, Coverage::Unknown),
    ] {
        let crosswalk = crosswalk(vec![mapping(0, 1, relation, 5, false)]);
        let standings = stand(&[(0, standing)]);
        let covered = of(&crosswalk, &standings, 1);
        assert_eq!(covered.coverage, expected, "{relation}, {standing}");
        assert_eq!(covered.reviewed, Coverage::Unmapped);
    }
}

#[test]
fn the_weakest_hop_decides() {
    let chain = |relations: [Relation; 3], strengths: [u8; 3]| {
        let rows = relations.into_iter().zip(strengths).zip(0..);
        crosswalk(rows.map(|((relation, strength), at)| mapping(at, at + 1, relation, strength, true)).collect())
    };
    let standings = stand(&[(0, Standing::Met)]);
    let strong = chain([Relation::SupersetOf, Relation::Equal, Relation::SupersetOf], [9, 3, 7]);
    let covered = of(&strong, &standings, 3);
    assert_eq!((covered.coverage, covered.reviewed), (Coverage::Full, Coverage::Full));
    assert_eq!(covered.best().unwrap().strength.get(), 3);
    let weak = chain([Relation::SupersetOf, Relation::IntersectsWith, Relation::SubsetOf], [9, 9, 9]);
    assert_eq!(of(&weak, &standings, 3).coverage, Coverage::Partial);
    let broken = chain([Relation::SubsetOf, Relation::SupersetOf, Relation::Equal], [9, 9, 9]);
    let covered = of(&broken, &standings, 3);
    assert_eq!(covered.coverage, Coverage::Undetermined);
    assert_eq!(covered.best().unwrap().hops.len(), 3);
    // A fourth hop is not taken.
    let rows = (0..4).map(|at| mapping(at, at + 1, Relation::Equal, 9, true)).collect();
    assert_eq!(of(&crosswalk(rows), &standings, 4).coverage, Coverage::Unmapped);
}

#[test]
fn parts_never_add_up_to_the_whole() {
    let rows = (0..6).map(|at| mapping(at, 6, Relation::SubsetOf, 10, true)).collect();
    let standings: Standings = (0..6).map(|at| (node(at), Standing::Met)).collect();
    let crosswalk = crosswalk(rows);
    assert_eq!(of(&crosswalk, &standings, 6).coverage, Coverage::Partial);
}

#[test]
fn what_is_part_of_a_target_and_not_met_keeps_it_from_being_full() {
    let rows = vec![mapping(0, 2, Relation::SupersetOf, 8, true), mapping(1, 2, Relation::SubsetOf, 2, true)];
    let crosswalk = crosswalk(rows);
    let standings = stand(&[(0, Standing::Met), (1, Standing::Unmet)]);
    let covered = of(&crosswalk, &standings, 2);
    assert_eq!((covered.coverage, covered.against.len()), (Coverage::Partial, 1));
    let standings = stand(&[(0, Standing::Met), (1, Standing::Unknown)]);
    assert_eq!(of(&crosswalk, &standings, 2).coverage, Coverage::Full);
}

#[test]
fn a_targets_own_answer_decides_and_is_not_passed_through() {
    let rows = vec![mapping(0, 1, Relation::Equal, 8, true), mapping(1, 2, Relation::Equal, 8, true)];
    let crosswalk = crosswalk(rows);
    let standings = stand(&[(0, Standing::Met), (1, Standing::Unmet)]);
    assert_eq!(of(&crosswalk, &standings, 1).coverage, Coverage::Unmet);
    assert_eq!(of(&crosswalk, &standings, 2).coverage, Coverage::Unmet);
    let standings = stand(&[(0, Standing::Met), (1, Standing::Unknown)]);
    assert_eq!(of(&crosswalk, &standings, 1).coverage, Coverage::Full, "unknown is no answer");
    assert_eq!(of(&crosswalk, &standings, 2).coverage, Coverage::Unknown);
}

#[test]
fn reviewed_outranks_stated_and_stated_outranks_listed_and_disputes_claim_least() {
    let listed = Mapping { basis: Basis::Listed, ..mapping(0, 1, Relation::IntersectsWith, 9, false) };
    let stated = mapping(0, 1, Relation::SupersetOf, 2, false);
    let standings = stand(&[(0, Standing::Met)]);
    let both = crosswalk(vec![listed.clone(), stated.clone()]);
    let covered = of(&both, &standings, 1);
    assert_eq!(
        (covered.coverage, covered.reviewed, covered.is_contested()),
        (Coverage::Full, Coverage::Unmapped, false)
    );
    let denied = crosswalk(vec![listed.clone(), mapping(0, 1, Relation::NoRelationship, 2, false)]);
    assert_eq!(of(&denied, &standings, 1).coverage, Coverage::Unmapped);
    let reviewed = mapping(0, 1, Relation::SubsetOf, 1, true);
    let three = crosswalk(vec![listed, stated.clone(), reviewed]);
    let covered = of(&three, &standings, 1);
    assert_eq!((covered.coverage, covered.reviewed), (Coverage::Partial, Coverage::Partial));
    let disputed = crosswalk(vec![stated, mapping(0, 1, Relation::SubsetOf, 9, false)]);
    let covered = of(&disputed, &standings, 1);
    assert_eq!((covered.coverage, covered.is_contested()), (Coverage::Partial, true));
}

#[test]
fn wholes_stand_by_their_parts_and_open_parts_earn_nothing() {
    for (met, unmet, open, expected) in [
        (3, 0, 0, Standing::Met),
        (2, 0, 1, Standing::Partial(Share::new(2, 3))),
        (2, 1, 0, Standing::Partial(Share::new(2, 3))),
        (0, 1, 2, Standing::Unmet),
        (0, 0, 3, Standing::Unknown),
        (0, 0, 0, Standing::Unknown),
    ] {
        assert_eq!(Standing::of_parts(met, unmet, open), expected, "{met} {unmet} {open}");
    }
    for (text, expected) in [
        ("met", Some(Standing::Met)),
        ("unmet", Some(Standing::Unmet)),
        ("3 of 5", Some(Standing::Partial(Share::new(3, 5)))),
        ("5 of 5", Some(Standing::Met)),
        ("0 of 5", Some(Standing::Unmet)),
        ("6 of 5", None),
        ("1 of 0", None),
        ("yes", None),
    ] {
        assert_eq!(text.parse::<Standing>().ok(), expected, "{text}");
    }
}

#[test]
fn a_strange_order_of_mappings_changes_nothing() {
    let rows: Rows = vec![(0, 1, 2, 5, true), (1, 2, 3, 5, false), (0, 2, 1, 5, true), (3, 2, 0, 4, false)];
    let standings = stand(&[(0, Standing::Met), (3, Standing::Met)]);
    let one = crosswalk(mappings(&rows));
    let other = crosswalk(mappings(&rows.iter().rev().copied().collect()));
    let told = |crosswalk: &Crosswalk| {
        let covered = of(crosswalk, &standings, 2);
        let chains: Vec<(NodeId, Possible, Claim)> =
            covered.chains.iter().map(|c| (c.source.clone(), c.possible, c.claim())).collect();
        (covered.coverage, covered.reviewed, chains)
    };
    assert_eq!(told(&one), told(&other));
    assert!(BTreeMap::from([(told(&one).0, ())]).contains_key(&Coverage::Full));
}
