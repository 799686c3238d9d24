//! The algebra of relations claims what sets allow, exactly.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::{Claim, Possible, Relation, Strength, oracle::truth};

fn all(possible: Possible) -> BTreeSet<Relation> {
    possible.relations().collect()
}

#[test]
fn the_composition_table_is_exactly_what_sets_allow() {
    let mut seen = BTreeMap::<(Relation, Relation), BTreeSet<Relation>>::new();
    for a in 1..32_u16 {
        for b in 1..32 {
            for c in 1..32 {
                seen.entry((truth(a, b), truth(b, c))).or_default().insert(truth(a, c));
            }
        }
    }
    assert_eq!(seen.len(), 25);
    for ((first, second), relations) in seen {
        assert_eq!(all(first.then(second)), relations, "{first}, then {second}");
    }
}

#[test]
fn nothing_follows_where_nothing_follows() {
    use Relation::{IntersectsWith, NoRelationship, SubsetOf, SupersetOf};
    for (first, second) in [
        (IntersectsWith, IntersectsWith),
        (IntersectsWith, SupersetOf),
        (SubsetOf, IntersectsWith),
        (SubsetOf, SupersetOf),
        (NoRelationship, NoRelationship),
        (SupersetOf, NoRelationship),
    ] {
        assert_eq!(first.then(second).claim(), Claim::Undetermined, "{first}, then {second}");
        assert_eq!(first.then(second).determined(), None);
    }
    // What both share stays shared when the target grows.
    assert_eq!(IntersectsWith.then(SubsetOf).claim(), Claim::Partial);
}

#[test]
fn inverse_and_composition_agree() {
    for a in Relation::ALL {
        assert_eq!(a.inverse().inverse(), a);
        assert_eq!(a.then(Relation::Equal), Possible::from(a));
        assert_eq!(Relation::Equal.then(a), Possible::from(a));
        for b in Relation::ALL {
            assert_eq!(a.then(b).inverse(), b.inverse().then(a.inverse()), "{a}, {b}");
            for c in Relation::ALL {
                let left = all(a.then(b).then(c));
                let right: BTreeSet<Relation> = b.then(c).relations().flat_map(|bc| all(a.then(bc))).collect();
                assert_eq!(left, right, "{a}, {b}, {c}");
            }
        }
    }
}

/// The search leaves a way as soon as its ends may share nothing; this is why it may.
#[test]
fn what_may_share_nothing_never_surely_shares_again() {
    for mask in 1..32_u8 {
        let relations = Relation::ALL.into_iter().zip(0..).filter(|(_, bit)| mask & (1 << bit) != 0);
        let ways: Vec<Relation> = relations.map(|(relation, _)| relation).collect();
        if ways.contains(&Relation::NoRelationship) {
            for next in Relation::ALL {
                assert!(ways.iter().any(|way| way.then(next).allows(Relation::NoRelationship)), "{ways:?} {next}");
            }
        }
    }
}

proptest! {
    #[test]
    fn a_chain_is_never_contradicted_by_sets(sets in prop::collection::vec(1..4096_u16, 2..6)) {
        let (first, last) = (sets[0], *sets.last().unwrap());
        let chain = sets.windows(2).fold(Possible::from(Relation::Equal), |all, pair| all.then(truth(pair[0], pair[1])));
        prop_assert!(chain.allows(truth(first, last)));
        match chain.claim() {
            Claim::Full => prop_assert_eq!(last & !first, 0),
            Claim::Partial => prop_assert_ne!(first & last, 0),
            Claim::Nothing => prop_assert_eq!(first & last, 0),
            Claim::Undetermined => {}
        }
        if chain.source_is_part() {
            prop_assert_eq!(first & !last, 0);
        }
    }

    #[test]
    fn saying_less_never_claims_more(relations in prop::collection::vec(0..5_usize, 1..4), more in 0..5_usize) {
        let chain = relations.iter().fold(Possible::from(Relation::Equal), |all, r| all.then(Relation::ALL[*r]));
        let hop = Relation::ALL[more];
        // There and back again says no more than not going.
        let back = chain.then(hop).then(hop.inverse());
        prop_assert!(chain.is_within(back));
        prop_assert!(back.claim() == Claim::Undetermined || back.claim() <= chain.claim());
    }
}

#[test]
fn words_are_read_as_they_are_written() {
    for relation in Relation::ALL {
        assert_eq!(relation.to_string().parse::<Relation>().unwrap(), relation);
    }
    for (word, relation) in [
        ("Subset_Of", Relation::SubsetOf),
        ("superset-of", Relation::SupersetOf),
        (" intersects with ", Relation::IntersectsWith),
        ("not_related", Relation::NoRelationship),
    ] {
        assert_eq!(word.parse::<Relation>().unwrap(), relation);
    }
    let error = "covers".parse::<Relation>().unwrap_err().to_string();
    assert_eq!(
        error,
        "`covers` is not a relation; use equal, subset of, superset of, intersects with or no relationship"
    );
    for bad in ["0", "11", "-1", "5.5", "", "strong"] {
        assert!(bad.parse::<Strength>().is_err(), "{bad}");
    }
    assert_eq!("10".parse::<Strength>().unwrap(), Strength::MOST);
}
