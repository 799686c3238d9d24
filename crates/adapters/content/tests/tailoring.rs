//! Tailoring with the content that ships: what is asked of whom, and what changes when an answer does.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

use std::collections::BTreeSet;

use attesta_assessment::{
    Additions, AssessmentType, Condition, FactorAnswer, FactorAnswers, Factors, Pack, Purpose, Reason, TailorInput,
    Tailored, delta, movement, tailor,
};
use attesta_catalog::{Catalog, FrameworkId, Placed};
use attesta_content::{
    ContentSource, additions, adviser, assessment_types, csf_releases, data_types, factors, load, programs,
    requirement_packs,
};
use attesta_kernel::{Date, Place};
use attesta_scoring::{Answer, Levels, Score};
use proptest::prelude::*;

struct Shop {
    catalog: Catalog,
    packs: Vec<Pack>,
    factors: Factors,
    additions: Additions,
    types: std::collections::BTreeMap<String, AssessmentType>,
}

fn shop() -> Shop {
    let source = ContentSource::Embedded;
    let catalog = load(&source).unwrap();
    let packs = requirement_packs(&source, &catalog).unwrap_or_else(|f| panic!("{f:#?}"));
    Shop {
        packs,
        factors: factors(&source).unwrap_or_else(|f| panic!("{f:#?}")),
        additions: additions(&source).unwrap_or_else(|f| panic!("{f:#?}")),
        types: assessment_types(&source).unwrap_or_else(|f| panic!("{f:#?}")),
        catalog,
    }
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// A factor and what is answered.
type Given<'a> = (&'a str, &'a [&'a str]);

fn answers(given: &[Given<'_>]) -> FactorAnswers {
    let one = |(id, choices): &(&str, &[&str])| {
        let choices = choices.iter().map(|c| c.parse().unwrap()).collect();
        let answer = FactorAnswer { choices, because: "a test".into() };
        (id.parse().unwrap(), Placed::new(Place::new("factors.yaml", 7), answer))
    };
    FactorAnswers(given.iter().map(one).collect())
}

/// Answers to everything that must be answered: the least of each.
const LEAST: &[Given<'static>] = &[
    ("organization-type", &["it-service-provider"]),
    ("records-held", &["below-10m"]),
    ("records-processed", &["below-180k"]),
    ("data-held-tb", &["below-15"]),
    ("geographic-scope", &["one-state"]),
    ("internet-accessible", &["no"]),
    ("third-party-access", &["no"]),
    ("third-party-exchange", &["no"]),
    ("publicly-positioned", &["no"]),
    ("interfaces", &["below-25"]),
    ("users", &["below-500"]),
    ("transactions-per-day", &["below-6750"]),
    ("cloud-hosted", &["no"]),
    ("external-networks", &["no"]),
    ("dial-up", &["no"]),
    ("fax", &["no"]),
    ("high-risk-travel", &["no"]),
    ("hardware-tokens", &["no"]),
    ("personal-devices", &["no"]),
    ("wireless", &["no"]),
    ("system-development", &["no"]),
    ("sells", &["no"]),
    ("e-signatures", &["no"]),
];

fn but(change: &[Given<'static>]) -> FactorAnswers {
    let mut given: Vec<_> = LEAST.to_vec();
    for one in change {
        given.retain(|(id, _)| *id != one.0);
        given.push(*one);
    }
    answers(&given)
}

impl Shop {
    fn tailor<'a>(
        &'a self,
        program: &str,
        chosen: &'a BTreeSet<attesta_assessment::AdditionId>,
        answers: &'a FactorAnswers,
        place: &'a Place,
    ) -> Result<Tailored<'a>, Vec<attesta_catalog::Fault>> {
        tailor(TailorInput {
            kind: &self.types[program],
            day: day("2026-11-26"),
            csf: "v11.8.0".parse().ok(),
            packs: &self.packs,
            factors: &self.factors,
            additions: &self.additions,
            chosen,
            chosen_at: place,
            answers,
        })
    }
}

fn ids(tailored: &Tailored<'_>) -> BTreeSet<String> {
    tailored.requirements.iter().map(|r| r.requirement.id.to_string()).collect()
}

fn set(words: &[&str]) -> BTreeSet<attesta_assessment::AdditionId> {
    words.iter().map(|w| w.parse().unwrap()).collect()
}

#[test]
fn the_least_r2_is_the_core_and_each_factor_adds_its_own() {
    let (shop, none, place) = (shop(), set(&[]), Place::new("assessment.yaml", 3));
    let least = but(&[]);
    let base = shop.tailor("r2", &none, &least, &place).unwrap();
    assert_eq!((base.requirements.len(), base.core_count()), (44, 44));
    assert!(base.unanswered.is_empty() && base.assumed.is_empty(), "{:?}", base.unanswered);
    let table: &[(&str, &[&str], &[&str])] = &[
        ("wireless", &["yes"], &["ATR-05-01", "ATR-05-02"]),
        ("personal-devices", &["yes"], &["ATR-04-01"]),
        ("system-development", &["yes"], &["ATR-06-01", "ATR-06-02", "ATR-06-03", "ATR-14-01", "ATR-19-01"]),
        ("records-held", &["from-10m-to-60m"], &["ATR-08-02", "ATR-17-01"]),
        ("records-held", &["above-60m"], &["ATR-08-02", "ATR-16-02", "ATR-17-01", "ATR-19-02"]),
        ("geographic-scope", &["off-shore"], &["ATR-01-01", "ATR-14-02", "ATR-19-03"]),
        ("organization-type", &["hie"], &["ATR-16-02", "ATR-19-04"]),
        ("fax", &["yes"], &["ATR-09-03"]),
    ];
    for (factor, choice, expected) in table {
        let changed = but(&[(factor, choice)]);
        let after = shop.tailor("r2", &none, &changed, &place).unwrap();
        let change = delta(&base, &after);
        let comes: Vec<&str> = change.comes.iter().map(|c| c.requirement.id.as_str()).collect();
        assert_eq!((comes.as_slice(), change.goes.len(), change.stays), (*expected, 0, 44), "{factor} {choice:?}");
        let reason = change.comes[0].because.iter().map(ToString::to_string).collect::<Vec<_>>().join(" / ");
        if *factor == "organization-type" {
            // An exchange is asked how many transactions it has; until then what hangs on it stays open.
            assert_eq!(reason, "open: hie-transactions is unanswered");
        } else {
            assert_eq!(reason, format!("{factor} is {}", choice[0]));
        }
        let back = delta(&after, &base);
        let goes: Vec<&str> = back.goes.iter().map(|c| c.requirement.id.as_str()).collect();
        assert_eq!(goes.as_slice(), *expected);
    }
}

#[test]
fn what_nobody_answered_takes_nothing_away() {
    let (shop, none, place) = (shop(), set(&[]), Place::default());
    let (nothing, least) = (answers(&[]), but(&[]));
    let open = shop.tailor("r2", &none, &nothing, &place).unwrap();
    let base = shop.tailor("r2", &none, &least, &place).unwrap();
    assert!(ids(&open).is_superset(&ids(&base)));
    assert_eq!(open.requirements.len(), 44 + 36);
    assert_eq!(open.assumed.len(), 11);
    assert!(open.unanswered.iter().any(|f| f.id.as_str() == "organization-type"));
    let fax = open.get(&"ATR-09-03".parse().unwrap()).unwrap();
    assert_eq!(fax.because[0].to_string(), "fax is unanswered and counts as yes");
    let isolated = open.get(&"ATR-08-02".parse().unwrap()).unwrap();
    assert!(matches!(isolated.because[0], Reason::Open(_)));
}

#[test]
fn fixed_cores_take_additions_only() {
    let (shop, place, least) = (shop(), Place::default(), but(&[("wireless", &["yes"])]));
    for program in ["e1", "i1"] {
        let none = set(&[]);
        let base = shop.tailor(program, &none, &least, &place).unwrap();
        assert_eq!(base.requirements.len(), 44, "{program}");
        assert_eq!(base.notes.len(), 23, "r2 factors are left aside, and that is told");
        let more = set(&["hipaa", "ai1"]);
        let ai = but(&[("ai-models", &["rule-based"]), ("ai-confidential-data", &["no"])]);
        let with = shop.tailor(program, &more, &ai, &place).unwrap();
        let comes = delta(&base, &with).comes.len();
        assert_eq!(comes, 2 + 11, "two for HIPAA, eleven for any kind of AI");
        assert_eq!(with.core_count(), 44);
        let generative = but(&[("ai-models", &["rule-based", "generative"]), ("ai-confidential-data", &["yes"])]);
        let with = shop.tailor(program, &more, &generative, &place).unwrap();
        assert_eq!(delta(&base, &with).comes.len(), 2 + 16);
    }
}

#[test]
fn what_does_not_fit_is_refused_with_its_place_and_mend() {
    let shop = shop();
    let place = Place::new("assessment.yaml", 12);
    let refused = |program: &str, chosen: &[&str], answers: &FactorAnswers| -> Vec<String> {
        let chosen = set(chosen);
        let faults = shop.tailor(program, &chosen, answers, &place).unwrap_err();
        faults.iter().map(ToString::to_string).collect()
    };
    let least = but(&[]);
    let told = refused("r2", &[], &but(&[("fux", &["yes"])]));
    assert!(
        told[0].starts_with("factors.yaml:7: `fux` is not a factor (help: use one of organization-type, "),
        "{told:?}"
    );
    let told = refused("r2", &[], &but(&[("fax", &["maybe"])]));
    assert_eq!(told, ["factors.yaml:7: `maybe` is not an answer to `fax` (help: use no, yes)"]);
    let told = refused("r2", &[], &but(&[("users", &["below-500", "above-5500"])]));
    assert_eq!(told, ["factors.yaml:7: `users` takes one answer and has 2 (help: keep one)"]);
    let mut silent = but(&[]);
    silent.0.get_mut(&"fax".parse().unwrap()).unwrap().value.because = " ".into();
    let told = refused("r2", &[], &silent);
    assert!(told[0].contains("`fax: no` needs a written reason"), "{told:?}");
    let told = refused("e1", &["ai2", "hippa"], &least);
    assert!(
        told[0].contains("assessment.yaml:12: `ai2` cannot be added to `e1` (help: it is for r2; take it out)"),
        "{told:?}"
    );
    assert!(told[1].contains("`hippa` is not an addition"), "{told:?}");
    let chosen = set(&["ai2"]);
    let mut input = TailorInput {
        kind: &shop.types["r2"],
        day: day("2026-11-26"),
        csf: "v11.3".parse().ok(),
        packs: &shop.packs,
        factors: &shop.factors,
        additions: &shop.additions,
        chosen: &chosen,
        chosen_at: &place,
        answers: &least,
    };
    assert!(tailor(input).unwrap_err()[0].message.contains("`ai2` is not in v11.3.0 of the CSF"));
    let twice = [shop.packs[0].clone(), shop.packs[0].clone()];
    input.packs = &twice;
    input.csf = None;
    assert_eq!(tailor(input).unwrap_err().len(), 44);
    let mut broken = [shop.packs[1].clone()];
    broken[0].requirements[0].when =
        Condition::Not(Box::new(Condition::Chosen { factor: "moon-phase".parse().unwrap(), choices: BTreeSet::new() }));
    input.packs = &broken;
    assert!(tailor(input).unwrap_err()[0].message.contains("names the factor `moon-phase`, which does not exist"));
}

#[test]
fn scores_and_plans_move_with_an_answer() {
    let (shop, none, place) = (shop(), set(&[]), Place::default());
    let (before, after) = (but(&[]), but(&[("wireless", &["yes"])]));
    let before = shop.tailor("r2", &none, &before, &place).unwrap();
    let after = shop.tailor("r2", &none, &after, &place).unwrap();
    let programs = programs(&ContentSource::Embedded).unwrap();
    let rules = programs.iter().find(|p| p.id == "r2").unwrap().rules(day("2026-11-26")).unwrap();
    let all = |text: &str| {
        let score: Score = text.parse().unwrap();
        let mut levels = Levels::default();
        for level in rules.weights.value.iter().filter(|w| !w.optional).map(|w| w.level) {
            levels.set(level, Some(score));
        }
        Answer::Scored(levels)
    };
    let answer = |key: &attesta_assessment::RequirementKey| match key.as_str() {
        "ATR-05-01" => None,
        "ATR-05-02" => Some(all("0")),
        _ => Some(all("100")),
    };
    let moved = movement(&rules, &before, &after, answer).unwrap();
    let score = |d: Option<attesta_scoring::DomainScore>| d.unwrap().group.score.unwrap().rounded().to_string();
    let (was, is) = moved.domains[&5];
    assert_eq!((score(was), score(is)), ("75".to_owned(), "37.5".to_owned()));
    assert_eq!(moved.unanswered, (0, 1));
    assert_eq!(moved.decision.0, attesta_scoring::Decision::Certified);
    assert_eq!(moved.decision.1, attesta_scoring::Decision::BelowThreshold(vec![5]));
    assert!(moved.caps_come.is_empty(), "what is not required for certification needs no plan");
    assert_eq!(moved.domains.values().filter(|(a, b)| a != b).count(), 1);
}

#[test]
fn what_ships_is_sound_and_says_how_big_the_real_thing_is() {
    let shop = shop();
    assert_eq!(shop.packs.iter().map(|p| p.requirements.len()).collect::<Vec<_>>(), [44, 59]);
    for pack in &shop.packs {
        assert!(pack.notice.contains("not HITRUST's requirement statements"), "{}", pack.notice);
        for requirement in &pack.requirements {
            assert!(!requirement.text.is_empty() && requirement.elements.len() >= 2, "{}", requirement.id);
        }
    }
    let csf = |t: &str| t.parse().unwrap();
    let told = |program: &str, version: &str| {
        shop.types[program].core_difference(csf(version), 44).map(|d| d.to_string()).unwrap_or_default()
    };
    assert_eq!(told("e1", "v11.6"), "");
    assert_eq!(told("e1", "v11.8"), "the published core of e1 has 43 requirements (secondary); these packs have 44");
    assert!(told("i1", "v11.8").contains("182 requirements") && told("r2", "v11.8").contains("182 requirements"));
    let today = day("2026-11-26");
    let e1 = &shop.types["e1"];
    assert!(e1.allows(Purpose::Rapid, today) && !e1.allows(Purpose::Rapid, day("2026-01-12")));
    assert_eq!(
        e1.purpose(Purpose::Interim, today).unwrap_err().to_string(),
        "`e1` cannot be made for `interim` on 2026-11-26; use readiness, validated, rapid"
    );
    assert!(
        shop.types["r2"]
            .purpose(Purpose::Bridge, day("2019-01-01"))
            .unwrap_err()
            .to_string()
            .contains("only from 2020-04-15")
    );
    assert_eq!(csf_releases(&ContentSource::Embedded).unwrap().len(), 12);
    assert!(data_types(&ContentSource::Embedded).unwrap().0["ephi"].protected);
    // With the NIST CSF addition, every category is served by something, so that its rule can be decided.
    let served: BTreeSet<&str> = shop
        .packs
        .iter()
        .flat_map(|p| &p.requirements)
        .filter(|r| r.core_of.contains("r2") || r.brought_by.iter().any(|a| a.as_str() == "nist-csf-2.0"))
        .filter_map(|r| r.maps.get(&FrameworkId::NistCsf))
        .flatten()
        .map(|id| id.split_once('-').unwrap().0)
        .collect();
    let framework = shop.catalog.framework(FrameworkId::NistCsf).unwrap();
    let categories: BTreeSet<&str> = framework
        .entries()
        .iter()
        .filter(|e| e.id.contains('.') && !e.id.contains('-'))
        .map(|e| e.id.as_ref())
        .collect();
    assert_eq!(categories.len(), 22);
    assert_eq!(served, categories);
}

#[test]
fn the_adviser_follows_its_rules_and_says_what_would_change_its_mind() {
    let adviser = adviser(&ContentSource::Embedded).unwrap_or_else(|f| panic!("{f:#?}"));
    let today = day("2026-11-26");
    let table: &[(&[Given<'_>], &str)] = &[
        (&[("ephi-volume", &["none"]), ("data-sensitivity", &["low"])], "e1"),
        (&[("ephi-volume", &["many"]), ("data-sensitivity", &["high"])], "r2"),
        (&[("ephi-volume", &["few"]), ("data-sensitivity", &["moderate"])], "i1"),
        (
            &[("ephi-volume", &["very-many"]), ("deadline-months", &["below-3"])],
            "r2: it fits best but cannot be had as things are; e1 can come first",
        ),
        (
            &[("contractual-demand", &["i1"]), ("ephi-volume", &["none"])],
            "i1: it is demanded, and nothing speaks against it",
        ),
        (
            &[("contractual-demand", &["r2"]), ("deadline-months", &["below-3"])],
            "r2: it is demanded but cannot be had as things are; e1 can come first",
        ),
        (
            &[("contractual-demand", &["i1"]), ("budget", &["below-60k"])],
            "i1: it is demanded but cannot be had as things are; e1 can come first",
        ),
        (&[], "none yet: too little was answered"),
        (
            &[("ephi-volume", &["many"]), ("budget", &["from-60k-to-100k"])],
            "r2: it fits best but cannot be had as things are; i1 can come first",
        ),
    ];
    for (profile, expected) in table {
        let profile = answers(profile);
        adviser.check(&profile).unwrap();
        let advice = adviser.advise(&profile, today);
        assert_eq!(advice.verdict.to_string(), *expected, "{profile:?}");
        assert_eq!(advice.unanswered.len(), 6 - profile.0.len());
    }
    let profile = answers(&[("ephi-volume", &["many"]), ("data-sensitivity", &["high"])]);
    let advice = adviser.advise(&profile, today);
    assert_eq!(advice.spoke.len(), 2);
    let changes: Vec<String> = advice.would_change.iter().map(|(q, c, v)| format!("{} {c}: {v}", q.id)).collect();
    assert!(changes.contains(&"ephi-volume none: e1".to_owned()), "{changes:?}");
    assert!(changes.contains(&"contractual-demand i1: i1: it is demanded, and nothing speaks against it".to_owned()));
    assert!(!changes.iter().any(|c| c.starts_with("certificate r2")));
    let wrong = adviser.check(&answers(&[("ephi", &["many"]), ("budget", &["lots"])])).unwrap_err();
    assert_eq!(wrong.len(), 2);
    assert!(wrong[0].message.contains("`lots` is not an answer to `budget`") || wrong[1].message.contains("`lots`"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The delta is the difference of the sets, whatever is answered; answering `yes` to a reductive question changes
    /// nothing over leaving it open, and answering `no` only takes away.
    #[test]
    fn deltas_are_set_differences_and_reductive_factors_only_reduce(
        seed in proptest::collection::vec(0_usize..4, 40), other in 0_usize..40, pick in 0_usize..4,
    ) {
        let shop = SHOP.get_or_init(shop);
        let (none, place) = (set(&["hipaa", "ai2"]), Place::default());
        let list: Vec<_> = shop.factors.iter().collect();
        let choose = |picks: &[usize]| {
            let mut given = FactorAnswers::default();
            for (factor, pick) in list.iter().zip(picks.iter().cycle()) {
                // A pick beyond the choices leaves the factor open.
                if let Some(choice) = factor.choices.get(*pick) {
                    let answer = FactorAnswer { choices: BTreeSet::from([choice.id.clone()]), because: "a test".into() };
                    given.0.insert(factor.id.clone(), Placed::new(Place::default(), answer));
                }
            }
            given
        };
        let mut changed = seed.clone();
        changed[other] = pick;
        let (first, second) = (choose(&seed), choose(&changed));
        let before = shop.tailor("r2", &none, &first, &place).unwrap();
        let after = shop.tailor("r2", &none, &second, &place).unwrap();
        let (was, is) = (ids(&before), ids(&after));
        let change = delta(&before, &after);
        let comes: BTreeSet<String> = change.comes.iter().map(|c| c.requirement.id.to_string()).collect();
        let goes: BTreeSet<String> = change.goes.iter().map(|c| c.requirement.id.to_string()).collect();
        prop_assert_eq!(comes, is.difference(&was).cloned().collect());
        prop_assert_eq!(goes, was.difference(&is).cloned().collect());
        prop_assert_eq!(change.stays, was.intersection(&is).count());
        prop_assert_eq!(before.requirements.len() + before.left_out.len(), 44 + 59);
        for factor in list.iter().filter(|f| f.reductive) {
            let with = |word: &str| {
                let mut given = first.clone();
                let answer = FactorAnswer { choices: BTreeSet::from([word.parse().unwrap()]), because: "a test".into() };
                given.0.insert(factor.id.clone(), Placed::new(Place::default(), answer));
                given
            };
            let (yes, no, mut open) = (with("yes"), with("no"), first.clone());
            open.0.remove(&factor.id);
            let of = |a: &FactorAnswers| ids(&shop.tailor("r2", &none, a, &place).unwrap());
            prop_assert_eq!(of(&yes), of(&open));
            prop_assert!(of(&no).is_subset(&of(&yes)));
        }
    }
}

static SHOP: std::sync::OnceLock<Shop> = std::sync::OnceLock::new();
