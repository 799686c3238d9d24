//! Scoring with the figures that ship: the worked examples of our notes, a naive oracle in another shape, properties.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

use std::collections::{BTreeMap, BTreeSet};

use attesta_content::{ContentSource, programs, rubrics};
use attesta_kernel::Date;
use attesta_scoring::{
    Answer, Decision, Exact, Levels, MaturityLevel, Program, RefusalKind, Requirement, RollUp, Rules, Score,
    ScoreBoard, Scorecard, Shortfall, Subject, explain, score,
};

fn day() -> Date {
    "2026-11-22".parse().unwrap()
}

fn all() -> Vec<Program> {
    programs(&ContentSource::Embedded).unwrap()
}

fn program(id: &str) -> Program {
    all().into_iter().find(|p| p.id == id).unwrap()
}

fn points(text: &str) -> Score {
    text.parse().unwrap()
}

/// In hundredths; the answers of these tests lie on them.
fn hundredths(answer: Exact) -> u16 {
    answer.on_grid().unwrap().hundredths()
}

/// `100/100/75`: answers from policy on. An e1 or i1 answer is `-/-/75`.
fn levels(text: &str) -> Levels {
    let mut levels = Levels::default();
    for (level, answer) in MaturityLevel::ALL.into_iter().zip(text.split('/')) {
        levels.set(level, (answer != "-").then(|| points(answer)));
    }
    levels
}

/// One requirement of domain 1: `reference levels`, required and of the core.
fn requirement(number: usize, text: &str) -> Requirement {
    let (reference, answer) = text.split_once(' ').unwrap();
    Requirement {
        id: format!("R{number}").into(),
        domain: 1,
        control_reference: reference.parse().unwrap(),
        core: true,
        required_for_certification: true,
        answer: if answer == "n/a" { Answer::NotApplicable } else { Answer::Scored(levels(answer)) },
    }
}

fn requirements(texts: &[&str]) -> Vec<Requirement> {
    texts.iter().enumerate().map(|(number, text)| requirement(number, text)).collect()
}

/// Requirements of domain 1, each in a reference of its own, whose scores are these. A policy answer alone cannot reach every
/// score, so weights are passed over: implemented alone counts.
fn implemented(answers: &[&str]) -> Vec<Requirement> {
    let row =
        |(n, a): (usize, &&str)| requirement(n, &format!("01.{} -/-/{a}", char::from(b'a' + u8::try_from(n).unwrap())));
    answers.iter().enumerate().map(row).collect()
}

fn card(id: &str, requirements: &[Requirement]) -> Scorecard {
    let program = program(id);
    score(&program.rules(day()).unwrap(), requirements).unwrap_or_else(|r| panic!("{r:?}"))
}

fn domain(card: &Scorecard, number: u8) -> (String, bool) {
    let domain = &card.domains[&number];
    (domain.group.score.map_or("none".into(), |s| s.rounded().to_string()), domain.passes)
}

fn certified(card: &Scorecard) -> bool {
    card.decision == Decision::Certified
}

// A. Requirement scores and bands.

#[test]
fn example_a_requirement_scores() {
    let program = program("r2");
    let rules = program.rules(day()).unwrap();
    for (answers, expected, band) in [
        ("100/100/100", "75", "3+"),
        ("100/100/100/100/100", "100", "5+"),
        ("100/100/100/50/25", "83.75", "4"),
        ("100/100/75", "65", "3"),
        ("100/75/75", "60", "3-"),
        ("75/75/75", "56.25", "3-"),
        ("75/75/100", "66.25", "3"),
        ("100/100/50", "55", "3-"),
        ("50/50/75", "47.5", "2+"),
        ("50/50/100", "57.5", "3-"),
        ("25/25/100", "48.75", "2+"),
        ("0/0/100", "40", "2"),
        ("100/100/0", "35", "2-"),
        ("25/25/25", "18.75", "1"),
    ] {
        let card = card("r2", &requirements(&[&format!("01.b {answers}")]));
        let own = card.requirements[0].score.unwrap();
        assert_eq!(own.rounded().to_string(), expected, "{answers}");
        assert_eq!(own, points(expected).into(), "{answers} is exact");
        assert_eq!(rules.bands.value.of(own), band, "{answers}");
    }
    let required = card("r2", &requirements(&["01.b 50/50/75"]));
    assert_eq!(required.requirements[0].shortfall, Shortfall::RequiredCap);
}

#[test]
fn example_a_managed_never_above_measured() {
    let program = program("r2");
    let rules = program.rules(day()).unwrap();
    for bad in ["01.b 100/100/100/25/50", "01.b 100/100/100/-/25"] {
        let refusals = score(&rules, &requirements(&[bad])).unwrap_err();
        assert!(matches!(refusals[0].kind, RefusalKind::ManagedAboveMeasured { .. }), "{refusals:?}");
    }
    for good in ["01.b 100/100/100/50/50", "01.b 0/0/0/25", "01.b 100/100/100/-/0"] {
        assert!(score(&rules, &requirements(&[good])).is_ok(), "{good}");
    }
}

// B, C. Ratings.

#[test]
fn example_b_coverage_at_full_strength() {
    let rubric = rubrics(&ContentSource::Embedded, day()).unwrap().remove(0);
    for level in MaturityLevel::ALL {
        let strongest = rubric.matrices[&level].value.strongest();
        for (met, of, expected) in [
            (1, 10, "0"),
            (1, 9, "25"),
            (1, 8, "25"),
            (1, 3, "50"),
            (1, 2, "50"),
            (2, 4, "50"),
            (2, 3, "75"),
            (3, 4, "75"),
            (5, 6, "75"),
            (8, 9, "75"),
            (9, 10, "100"),
            (0, 7, "0"),
            (7, 7, "100"),
            (19, 29, "75"),
        ] {
            assert_eq!(rubric.rate(level, strongest, met, of).unwrap(), points(expected), "{level} {met}/{of}");
        }
        assert!(rubric.rate(level, strongest, 3, 2).is_err());
        assert!(rubric.rate(level, strongest, 0, 0).is_err());
        assert!(rubric.rate(level, 9, 1, 1).is_err());
    }
}

#[test]
fn example_c_strength_and_coverage() {
    let rubric = rubrics(&ContentSource::Embedded, day()).unwrap().remove(0);
    let (moderate, high, very_high, low) = (50, 80, 100, 20);
    for (tier, met, expected) in [
        (3, high, "50"),
        (3, very_high, "75"),
        (2, moderate, "25"),
        (2, high, "50"),
        (1, low, "0"),
        (1, very_high, "25"),
        (0, very_high, "0"),
    ] {
        assert_eq!(rubric.rate(MaturityLevel::Implemented, tier, met, 100).unwrap(), points(expected), "T{tier} {met}");
    }
    assert_eq!(rubric.rate(MaturityLevel::Policy, 1, 4, 4).unwrap(), points("25"), "undocumented policy");
}

// D. Domains and certification.

/// A copy of the r2 program in which the implemented answer is the score, so that any score can be had.
fn r2_by_implemented() -> Program {
    let mut r2 = program("r2");
    r2.weights = program("i1").weights;
    r2
}

#[test]
fn example_d1_mean_under_and_over_the_threshold() {
    let program = r2_by_implemented();
    let rules = program.rules(day()).unwrap();
    let before = score(&rules, &implemented(&["42", "63", "68", "70"])).unwrap();
    assert_eq!(domain(&before, 1), ("60.75".into(), false));
    assert_eq!(before.decision, Decision::BelowThreshold(vec![1]));
    let after = score(&rules, &implemented(&["50", "63", "68", "70"])).unwrap();
    assert_eq!(domain(&after, 1), ("62.75".into(), true));
    assert!(certified(&after));
}

#[test]
fn example_d2_one_domain_decides() {
    let program = r2_by_implemented();
    let rules = program.rules(day()).unwrap();
    for (nineteenth, certifies) in [("61.99", false), ("62", true), ("62.01", true)] {
        let mut rows = implemented(&["75"; 18]);
        rows.push(requirement(18, &format!("02.a -/-/{nineteenth}")));
        for (number, row) in (1..).zip(&mut rows) {
            row.domain = number;
        }
        assert_eq!(certified(&score(&rules, &rows).unwrap()), certifies, "{nineteenth}");
    }
}

#[test]
fn example_d3_flat_and_nested() {
    let rows = ["01.a 100/100/100", "01.a 100/100/100", "01.a 100/100/100", "01.b 50/50/75"];
    let flat = card("r2", &requirements(&rows));
    assert_eq!(flat.domains[&1].group.score.unwrap().to_string(), "272.5 / 4");
    assert_eq!(domain(&flat, 1), ("68.13".into(), true));
    let mut nested = program("r2");
    let mut figures = nested.domain.figures().to_vec();
    figures[0].value.roll_up = RollUp::Nested;
    nested.domain = attesta_scoring::Timeline::new(figures).unwrap();
    let nested = score(&nested.rules(day()).unwrap(), &requirements(&rows)).unwrap();
    assert_eq!(domain(&nested, 1), ("61.25".into(), false));
}

#[test]
fn example_d4_i1_domains() {
    for (answers, expected) in [
        (&["100", "100", "75", "75"][..], ("87.5", true)),
        (&["100", "75", "75"], ("83.33", true)),
        (&["100", "100", "50"], ("83.33", true)),
        (&["100", "100", "75", "50"], ("81.25", false)),
    ] {
        let (shown, passes) = expected;
        assert_eq!(domain(&card("i1", &implemented(answers)), 1), (shown.into(), passes));
    }
}

#[test]
fn example_d5_added_requirements_count_in_r2_alone() {
    let mut rows = implemented(&["100", "100", "100", "0"]);
    rows[3].core = false;
    let e1 = card("e1", &rows);
    assert_eq!(domain(&e1, 1), ("100".into(), true));
    assert!(certified(&e1));
    let r2 = requirements(&["01.a 100/100/100", "01.b 100/100/100", "01.c 100/100/100", "01.d 0/0/0"]);
    let r2 = card("r2", &r2);
    assert_eq!(domain(&r2, 1), ("56.25".into(), false));
}

#[test]
fn example_d6_not_applicable_is_left_out() {
    let card = card("r2", &requirements(&["01.a 100/100/100", "01.b 100/100/100", "01.c n/a"]));
    assert_eq!(domain(&card, 1), ("75".into(), true));
    assert_eq!((card.domains[&1].group.counted, card.domains[&1].group.left_out), (2, 1));
    assert!(card.requirements[2].score.is_none());
}

#[test]
fn a_domain_in_which_nothing_counts_stands_in_nobodys_way() {
    let mut rows = requirements(&["01.a 100/100/100", "01.c n/a"]);
    rows[1].domain = 2;
    let both = card("r2", &rows);
    assert_eq!(domain(&both, 2), ("none".into(), true));
    assert!(certified(&both));
    assert_eq!(card("r2", &rows[1..]).decision, Decision::NothingScored);
    assert_eq!(card("r2", &[]).decision, Decision::NothingScored);
}

// E. Gaps and required plans.

#[test]
fn example_e_gap_or_required_plan() {
    // Filler requirements of the same reference bring its mean where the example wants it; the first is looked at.
    for (rows, required, expected) in [
        (&["01.b 100/100/100"][..], true, Shortfall::None),
        // (65 + 75 + 75 + 75) / 4 = 72.5
        (&["01.b 100/100/75", "01.b 100/100/100", "01.b 100/100/100", "01.b 100/100/100"], true, Shortfall::Gap),
        // (66.99 + 75 + 71.01) / 3 = 71.00: exactly the limit. 67.00 comes of 100/100/80.
        (&["01.b 100/100/80", "01.b 100/100/100"], true, Shortfall::Gap),
        (&["01.b 100/100/79.95", "01.b 100/100/100"], true, Shortfall::RequiredCap),
        (&["01.b 100/100/75"], true, Shortfall::RequiredCap),
        (&["01.b 50/50/100"], true, Shortfall::Gap),
        (&["01.b 100/100/75"], false, Shortfall::Gap),
    ] {
        let mut given = requirements(rows);
        given.iter_mut().for_each(|r| r.required_for_certification = required);
        let card = card("r2", &given);
        assert_eq!(card.requirements[0].shortfall, expected, "{rows:?} {:?}", card.control_references);
    }
    let means = |text| {
        let card = card("r2", &requirements(&[text, "01.b 100/100/100"]));
        card.control_references[&"01.b".parse().unwrap()].score.unwrap()
    };
    assert_eq!(means("01.b 100/100/80"), points("71").into());
    assert_eq!(means("01.b 100/100/79.95"), points("70.99").into());
}

#[test]
fn example_e_scenarios_of_one_domain() {
    for (rows, shown, certifies, caps, gaps) in [
        (["01.a 100/100/100", "01.b 100/100/100", "01.c 100/100/100"], "75", true, 0, 0),
        (["01.a 100/100/100", "01.b 100/100/100", "01.c 75/100/100"], "73.75", true, 0, 1),
        (["01.a 100/100/100", "01.b 100/100/100", "01.c 100/100/75"], "71.67", true, 1, 0),
        (["01.a 100/75/75", "01.b 100/75/75", "01.c 80/100/75"], "60.67", false, 3, 0),
    ] {
        let card = card("r2", &requirements(&rows));
        let count = |wanted| card.requirements.iter().filter(|r| r.shortfall == wanted).count();
        assert_eq!(domain(&card, 1).0, shown);
        assert_eq!((certified(&card), count(Shortfall::RequiredCap), count(Shortfall::Gap)), (certifies, caps, gaps));
    }
}

#[test]
fn plans_of_e1_and_i1_use_their_own_limit() {
    for id in ["e1", "i1"] {
        let of = |rows: &[&str]| card(id, &requirements(rows)).requirements[0].shortfall;
        assert_eq!(of(&["01.b -/-/100"]), Shortfall::None);
        assert_eq!(of(&["01.b -/-/75"]), Shortfall::RequiredCap);
        assert_eq!(of(&["01.b -/-/75", "01.b -/-/85"]), Shortfall::Gap, "80 is not below 80");
        assert_eq!(of(&["01.b 0/0/100"]), Shortfall::None, "policy is not scored");
    }
}

// F. Inheritance ends off the grid; such answers are scored as they are.

#[test]
fn example_f_answers_off_the_grid_are_kept() {
    let card = card("r2", &requirements(&["01.b 83.33/78.75/100"]));
    // 83.33 x 15 % + 78.75 x 20 % + 40 = 12.4995 + 15.75 + 40
    let own = card.requirements[0].score.unwrap();
    assert_eq!((own.to_string(), own.rounded().to_string()), ("68.2495".into(), "68.25".into()));
}

#[test]
fn half_answers_never_certify() {
    let program = program("r2");
    let rules = program.rules(day()).unwrap();
    let card = score(&rules, &requirements(&["01.b -/100/100/100/100"])).unwrap();
    assert_eq!(card.decision, Decision::Incomplete(vec![0]));
    assert_eq!(card.requirements[0].missing, [MaturityLevel::Policy]);
    let refused = score(&rules, &requirements(&["01.b -/-/-"])).unwrap_err();
    assert!(matches!(refused[0].kind, RefusalKind::Unanswered { .. }));
    let mut twice = requirements(&["01.b 0/0/0", "01.b 0/0/0"]);
    twice[1].id = twice[0].id.clone();
    twice[1].domain = 20;
    let refused: Vec<String> = score(&rules, &twice).unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(
        refused,
        [
            "requirement 2 (`R0`): id: it stands already as requirement 1; remove one",
            "requirement 2 (`R0`): domain: 20 is not an assessment domain; use 1 to 19",
        ]
    );
}

#[test]
fn every_number_is_explained() {
    let program = program("r2");
    let rules = program.rules(day()).unwrap();
    let rows = requirements(&["01.a 100/100/100", "01.a 100/100/100", "01.b 50/50/75", "01.c n/a"]);
    let card = score(&rules, &rows).unwrap();
    let told = |subject: Subject| explain(&rules, &rows, &card, &subject).unwrap().to_string();
    let domain = told(Subject::Domain(1));
    for part in [
        "domain 1: 65.83 (exactly 197.5 / 3), the mean of 3 requirements, 1 left out, reaches 62",
        "  R2: 47.5\n    policy 50 x 15 % = 7.5\n    procedure 50 x 20 % = 10\n    implemented 75 x 40 % = 30\n    measured not scored, adds nothing",
        "gap that requires a corrective action plan",
        "control reference 01.b at 47.5 below 71: yes",
        "R3: not applicable",
        "[unverified: ",
    ] {
        assert!(domain.contains(part), "{part:?} is not in\n{domain}");
    }
    assert!(told(Subject::Decision).starts_with("certified: "));
    assert!(told(Subject::ControlReference("01.a".parse().unwrap())).starts_with("control reference 01.a: 75"));
    assert!(told(Subject::Requirement("R0".into())).starts_with("R0: 75\n"));
    assert!(explain(&rules, &rows, &card, &Subject::Domain(9)).is_none());
}

// The oracle: the same rules written down naively, in fractions of its own and plain loops, with its own figures.

/// A generator that needs no crate and repeats from its seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// Mostly on the grid; sometimes anywhere, as after inheritance.
    fn answer(&mut self) -> u16 {
        let anywhere = self.one_in(5);
        u16::try_from(if anywhere {
            self.below(10_001)
        } else {
            [10_000, 10_000, 7_500, 5_000, 2_500, 0][usize::try_from(self.below(6)).unwrap()]
        })
        .unwrap()
    }

    fn assessment(&mut self) -> Vec<Requirement> {
        let domains = 1 + self.below(3);
        let size = usize::try_from(1 + self.below(14)).unwrap();
        (0..size)
            .map(|number| {
                let reference = ["00.a", "01.b", "01.c", "09.aa"][usize::try_from(self.below(4)).unwrap()];
                let mut levels = Levels::default();
                for level in MaturityLevel::ALL {
                    let skip = match level {
                        MaturityLevel::Implemented => false,
                        MaturityLevel::Measured | MaturityLevel::Managed => self.one_in(2),
                        _ => self.one_in(12),
                    };
                    levels.set(level, (!skip).then(|| Score::from_hundredths(self.answer()).unwrap()));
                }
                levels.managed = levels.managed.map(|m| m.min(levels.measured.unwrap_or_default()));
                Requirement {
                    id: format!("R{number}").into(),
                    domain: u8::try_from(1 + self.below(domains)).unwrap(),
                    control_reference: reference.parse().unwrap(),
                    core: !self.one_in(4),
                    required_for_certification: !self.one_in(4),
                    answer: if self.one_in(8) { Answer::NotApplicable } else { Answer::Scored(levels) },
                }
            })
            .collect()
    }
}

type Fraction = (u128, u128);

fn add(a: Fraction, b: Fraction) -> Fraction {
    let (n, d) = (a.0 * b.1 + b.0 * a.1, a.1 * b.1);
    let (mut x, mut y) = (n, d);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    (n / x.max(1), d / x.max(1))
}

fn average(list: &[Fraction]) -> Option<Fraction> {
    let mut sum = (0, 1);
    for f in list {
        sum = add(sum, *f);
    }
    (!list.is_empty()).then_some((sum.0, sum.1 * u128::try_from(list.len()).unwrap()))
}

fn less(a: Fraction, b: Fraction) -> bool {
    a.0 * b.1 < b.0 * a.1
}

/// Half upwards to hundredths, by counting up from below.
fn two_decimals(f: Fraction) -> String {
    let hundredths = f.0 * 100 / f.1;
    let rest = f.0 * 100 % f.1;
    let hundredths = if rest * 2 >= f.1 { hundredths + 1 } else { hundredths };
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

struct Naive {
    scores: Vec<Option<String>>,
    references: BTreeMap<String, Option<String>>,
    domains: BTreeMap<u8, (Option<String>, bool)>,
    certified: bool,
    caps: BTreeSet<usize>,
    gaps: BTreeSet<usize>,
}

fn naive(kind: &str, rows: &[Requirement]) -> Naive {
    let r2 = kind == "r2";
    let weights: [u128; 5] = if r2 { [15, 20, 40, 10, 15] } else { [0, 0, 100, 0, 0] };
    let mut exact: Vec<Option<Fraction>> = Vec::new();
    let mut incomplete = false;
    for row in rows {
        exact.push(match &row.answer {
            Answer::NotApplicable => None,
            Answer::Scored(levels) => {
                let five = [levels.policy, levels.procedure, levels.implemented, levels.measured, levels.managed];
                incomplete |= r2 && five.iter().take(3).any(Option::is_none);
                let mut sum = (0, 1);
                for at in 0..5 {
                    if let Some(answer) = five[at] {
                        sum = add(sum, (weights[at] * u128::from(hundredths(answer)), 100 * 100));
                    }
                }
                Some(sum)
            }
        });
    }
    let mut references = BTreeMap::new();
    for row in rows {
        let name = row.control_reference.to_string();
        if references.contains_key(&name) {
            continue;
        }
        let members: Vec<Fraction> = rows
            .iter()
            .zip(&exact)
            .filter(|(r, _)| r.control_reference == row.control_reference)
            .filter_map(|(_, s)| *s)
            .collect();
        references.insert(name, average(&members));
    }
    let mut domains = BTreeMap::new();
    let (mut any, mut all_pass) = (false, true);
    for number in 1..=19_u8 {
        if !rows.iter().any(|r| r.domain == number) {
            continue;
        }
        let mut members = Vec::new();
        for (row, own) in rows.iter().zip(&exact) {
            if row.domain == number && (r2 || row.core) {
                members.extend(*own);
            }
        }
        let mean = average(&members);
        let passes = mean.is_none_or(|m| !less(m, (if r2 { 62 } else { 83 }, 1)));
        any |= mean.is_some();
        all_pass &= passes;
        domains.insert(number, (mean.map(two_decimals), passes));
    }
    let (mut caps, mut gaps) = (BTreeSet::new(), BTreeSet::new());
    for (at, row) in rows.iter().enumerate() {
        let Answer::Scored(levels) = &row.answer else { continue };
        let below = |s: Option<Exact>| s.is_some_and(|s| hundredths(s) < 10_000);
        let implemented = below(levels.implemented);
        if !(implemented || r2 && (below(levels.policy) || below(levels.procedure))) {
            continue;
        }
        let reference = references[&row.control_reference.to_string()].unwrap();
        let weak = less(reference, (if r2 { 71 } else { 80 }, 1));
        if implemented && weak && row.required_for_certification {
            caps.insert(at)
        } else {
            gaps.insert(at)
        };
    }
    Naive {
        scores: exact.into_iter().map(|s| s.map(two_decimals)).collect(),
        references: references.into_iter().map(|(name, mean)| (name, mean.map(two_decimals))).collect(),
        domains,
        certified: any && all_pass && !incomplete,
        caps,
        gaps,
    }
}

fn shown(score: Option<Exact>) -> Option<String> {
    score.map(|s| s.rounded().to_string())
}

fn agree(kind: &str, rules: &Rules<'_>, rows: &[Requirement]) -> bool {
    let ours = score(rules, rows).unwrap();
    let theirs = naive(kind, rows);
    let of = |wanted| -> BTreeSet<usize> {
        ours.requirements.iter().enumerate().filter(|(_, r)| r.shortfall == wanted).map(|(at, _)| at).collect()
    };
    assert_eq!(ours.requirements.iter().map(|r| shown(r.score)).collect::<Vec<_>>(), theirs.scores, "{rows:?}");
    assert_eq!(
        ours.control_references.iter().map(|(r, g)| (r.to_string(), shown(g.score))).collect::<BTreeMap<_, _>>(),
        theirs.references,
        "{rows:?}"
    );
    assert_eq!(
        ours.domains.iter().map(|(n, d)| (*n, (shown(d.group.score), d.passes))).collect::<BTreeMap<_, _>>(),
        theirs.domains,
        "{rows:?}"
    );
    assert_eq!((of(Shortfall::RequiredCap), of(Shortfall::Gap)), (theirs.caps, theirs.gaps), "{rows:?}");
    assert_eq!(certified(&ours), theirs.certified, "{rows:?}");
    theirs.certified
}

#[test]
fn a_naive_oracle_agrees_on_120000_assessments() {
    let programs = all();
    let rules: Vec<Rules<'_>> = programs.iter().map(|p| p.rules(day()).unwrap()).collect();
    let mut chance = Chance(2026);
    let mut certified = BTreeMap::new();
    for round in 0..120_000_usize {
        let program = &programs[round % 3];
        let mut rows = chance.assessment();
        if chance.one_in(3) {
            // Good answers, so that decisions go both ways.
            for row in &mut rows {
                if let Answer::Scored(levels) = &mut row.answer {
                    for level in [MaturityLevel::Policy, MaturityLevel::Procedure, MaturityLevel::Implemented] {
                        if !chance.one_in(6) {
                            levels.set(level, Some(Score::FULL));
                        }
                    }
                }
            }
        }
        if agree(&program.id, &rules[round % 3], &rows) {
            *certified.entry(program.id.clone()).or_insert(0) += 1;
        }
    }
    assert!(certified.len() == 3 && certified.values().all(|n| *n > 1_000), "both decisions are met: {certified:?}");
}

#[test]
fn raising_an_answer_never_lowers_a_score() {
    let programs = all();
    let mut chance = Chance(7);
    for round in 0..20_000_usize {
        let program = &programs[round % 3];
        let rules = program.rules(day()).unwrap();
        let rows = chance.assessment();
        let before = score(&rules, &rows).unwrap();
        let mut raised = rows.clone();
        let at = usize::try_from(chance.below(u64::try_from(rows.len()).unwrap())).unwrap();
        let Answer::Scored(levels) = &mut raised[at].answer else { continue };
        let level = MaturityLevel::ALL[usize::try_from(chance.below(5)).unwrap()];
        let Some(was) = levels.get(level) else { continue };
        let most = if level == MaturityLevel::Managed { levels.measured.unwrap_or_default() } else { Exact::FULL };
        let room = u64::from(hundredths(most) - hundredths(was));
        let more = hundredths(was) + u16::try_from(chance.below(room + 1)).unwrap();
        levels.set(level, Score::from_hundredths(more));
        let after = score(&rules, &raised).unwrap();
        assert!(before.requirements.iter().zip(&after.requirements).all(|(b, a)| a.score >= b.score));
        assert!(before.requirements.iter().zip(&after.requirements).all(|(b, a)| a.shortfall <= b.shortfall));
        assert!(before.control_references.iter().all(|(r, b)| after.control_references[r].score >= b.score));
        assert!(before.domains.iter().all(|(n, b)| {
            let a = after.domains[n];
            a.group.score >= b.group.score && a.passes >= b.passes
        }));
        assert!(!certified(&before) || certified(&after));
    }
}

#[test]
fn scores_stay_in_bounds_and_what_does_not_apply_changes_nothing() {
    let programs = all();
    let mut chance = Chance(11);
    for round in 0..20_000_usize {
        let program = &programs[round % 3];
        let rules = program.rules(day()).unwrap();
        let mut rows = chance.assessment();
        let before = score(&rules, &rows).unwrap();
        for (row, own) in rows.iter().zip(&before.requirements) {
            let Answer::Scored(levels) = &row.answer else { continue };
            let answers = || rules.weights.value.iter().map(|w| levels.get(w.level).unwrap_or_default());
            let (least, most) = (answers().min().unwrap(), answers().max().unwrap());
            let own = own.score.unwrap();
            assert!(own >= least && own <= most);
        }
        for (number, domain) in &before.domains {
            let counted =
                rows.iter().zip(&before.requirements).filter(|(r, _)| r.domain == *number).filter_map(|(_, s)| s.score);
            if let Some(mean) = domain.group.score {
                assert!(mean >= counted.clone().min().unwrap() && mean <= counted.max().unwrap());
            }
        }
        let mut extra = requirement(1_000, "01.b n/a");
        extra.domain = 19;
        rows.push(extra);
        let after = score(&rules, &rows).unwrap();
        assert_eq!(before.requirements, after.requirements[..before.requirements.len()]);
        assert!(before.control_references.iter().all(|(r, b)| after.control_references[r].score == b.score));
        assert!(
            before
                .domains
                .iter()
                .all(|(n, b)| after.domains[n].passes == b.passes && after.domains[n].group.score == b.group.score)
        );
        assert_eq!(certified(&before), certified(&after));
        rows.reverse();
        let turned = score(&rules, &rows).unwrap();
        assert_eq!(turned.domains, after.domains);
        assert_eq!(turned.control_references, after.control_references);
    }
}

#[test]
fn a_board_that_follows_changes_says_what_scoring_from_scratch_says() {
    let programs = all();
    let mut chance = Chance(13);
    for round in 0..2_000_usize {
        let program = &programs[round % 3];
        let rules = program.rules(day()).unwrap();
        let rows = chance.assessment();
        let mut board = ScoreBoard::new(rules, rows.clone()).unwrap();
        for _ in 0..10 {
            let other = chance.assessment();
            let at = usize::try_from(chance.below(u64::try_from(rows.len()).unwrap())).unwrap();
            let mut wanted = board.requirements().to_vec();
            wanted[at].answer = if chance.below(8) == 0 {
                // Managed without measured: refused in r2, left aside elsewhere.
                Answer::Scored(levels("-/-/50/-/25"))
            } else {
                other[0].answer
            };
            let before = board.card().clone();
            let told = board.set(at, wanted[at].answer).unwrap();
            match score(&rules, &wanted) {
                Ok(card) => {
                    assert!(told.is_ok());
                    assert_eq!(*board.card(), card);
                }
                Err(refusals) => {
                    assert_eq!(told.unwrap_err().kind, refusals[0].kind);
                    assert_eq!(*board.card(), before, "a refused change changes nothing");
                    assert_ne!(board.requirements()[at].answer, wanted[at].answer);
                }
            }
        }
        assert!(board.set(rows.len(), Answer::NotApplicable).is_none());
    }
}

#[test]
fn strength_is_named_or_a_share() {
    let rubric = rubrics(&ContentSource::Embedded, day()).unwrap().remove(0);
    for (level, name, tier) in [
        (MaturityLevel::Policy, "none", 0),
        (MaturityLevel::Procedure, "undocumented", 1),
        (MaturityLevel::Policy, "documented", 2),
        (MaturityLevel::Implemented, "very-high", 4),
        (MaturityLevel::Measured, "incomplete", 0),
        (MaturityLevel::Measured, "independent-metric", 4),
    ] {
        assert_eq!(rubric.tier_named(level, name), Ok(tier));
        assert_eq!(rubric.tier_name(level, tier), Some(name));
    }
    let error = rubric.tier_named(MaturityLevel::Policy, "strong").unwrap_err().to_string();
    assert_eq!(error, "`strong` is not how strong policy can be; use none, undocumented, documented");
    // 20 of 25 is 80 %: high.
    for (part, whole, tier) in [(0, 5, 0), (1, 10, 0), (11, 100, 1), (1, 3, 2), (20, 25, 3), (9, 10, 4), (25, 25, 4)] {
        assert_eq!(rubric.tier_of_share(MaturityLevel::Implemented, part, whole), Ok(tier), "{part} of {whole}");
    }
    assert!(rubric.tier_of_share(MaturityLevel::Policy, 1, 1).is_err());
    assert!(rubric.tier_of_share(MaturityLevel::Implemented, 0, 0).is_err());
    assert!(rubric.tier_of_share(MaturityLevel::Implemented, 2, 1).is_err());
}
