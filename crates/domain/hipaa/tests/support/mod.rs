//! A small catalog, figures and records for tests. The figures are written out here so that a test reads alone.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at a surprise")]

use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{Evidence, EvidenceId};
use attesta_catalog::{
    Catalog, Category, CsfParts, Designation, DictionaryParts, Domain, Edition, ElementPart, HipaaGroup, HipaaItem,
    HipaaKind, HipaaParts, KindPart, Objective, Pack, Parts, Placed, Proof, Reference, StatementPart,
};
use attesta_hipaa::{
    AgreementRules, BreachRules, Choice, ClauseRule, ClockRule, Condition, CountedFrom, Decision, DecisionRules,
    Factor, Family, GateRule, OurRole, Part, PracticeRules, ProposedRule, Recipient, Register, RiskMatrix, RiskRules,
    Rules, Slug, Words,
};
use attesta_kernel::{Citation, Confidence, Date, Place, Provenance};
use attesta_resource::Kind;

pub fn day(text: &str) -> Date {
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

pub fn cite(text: &str) -> Citation {
    text.parse().unwrap()
}

pub fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

pub fn words(text: &str) -> Words {
    text.parse().unwrap()
}

pub fn evidence(id: &str) -> EvidenceId {
    id.parse().unwrap()
}

pub fn set<T: std::str::FromStr + Ord>(ids: &[&str]) -> BTreeSet<T> {
    ids.iter().filter_map(|id| id.parse().ok()).collect()
}

/// Evidence `good`, always good; `old`, good until the end of 2025; `new`, collected in 2027.
pub fn book() -> BTreeMap<EvidenceId, Placed<Evidence>> {
    let kept = |id: &str, collected: Option<&str>, valid_until: Option<&str>| {
        let kept = Evidence {
            id: evidence(id),
            title: id.to_owned(),
            kind: "record".into(),
            file: None,
            digest: None,
            collected: collected.map(day),
            effective: None,
            valid_until: valid_until.map(day),
            period: None,
            system: None,
            owner: None,
            components: BTreeSet::new(),
            attestation: None,
        };
        (evidence(id), Placed::new(Place::default(), kept))
    };
    [kept("good", None, None), kept("old", None, Some("2025-12-31")), kept("new", Some("2027-01-01"), None)].into()
}

pub fn basis() -> Provenance {
    Provenance { source: "a test".into(), confidence: Confidence::Verified }
}

fn here<T>(value: T) -> Placed<T> {
    Placed::new(Place::default(), value)
}

/// Items: an analysis and an official that are required, audit controls that are required and have an element, an
/// arrangement that may not apply, and two addressable specifications, one of them with elements.
pub fn catalog() -> Catalog {
    let edition = || here(Edition { name: "n".into(), version: "v".into(), provenance: basis(), licence: "l".into() });
    let item = |citation: &str, kind, designation, parent: Option<&str>, may_not_apply: Option<&str>| {
        here(HipaaItem {
            citation: cite(citation),
            kind,
            group: HipaaGroup::Administrative,
            designation,
            parent: parent.map(cite),
            title: citation.into(),
            statement: "s".into(),
            typical_evidence: vec![],
            may_not_apply: may_not_apply.map(str::to_owned),
            proposed: None,
            provenance: basis(),
        })
    };
    use Designation::{Addressable, Required, Standard};
    use HipaaKind::{Specification, Standard as AStandard};
    let items = vec![
        item("164.308(a)(1)(i)", AStandard, Standard, None, None),
        item("164.308(a)(1)(ii)(A)", Specification, Required, Some("164.308(a)(1)(i)"), None),
        item("164.308(a)(2)", AStandard, Required, None, None),
        item("164.312(a)(1)", AStandard, Standard, None, None),
        item("164.312(a)(2)(iii)", Specification, Addressable, Some("164.312(a)(1)"), None),
        item("164.312(a)(2)(iv)", Specification, Addressable, Some("164.312(a)(1)"), None),
        item("164.312(b)", AStandard, Required, None, None),
        item("164.314(a)(1)", AStandard, Standard, None, None),
        item("164.314(a)(2)(ii)", Specification, Required, Some("164.314(a)(1)"), Some("Only for governments.")),
    ];
    let element = |number, proof, cites: &str| {
        here(ElementPart {
            number,
            text: "t".into(),
            proof,
            evidence: vec!["e".into()],
            hipaa: vec![here(cite(cites))],
        })
    };
    let statement = StatementPart {
        id: "ATT-01-01".parse().unwrap(),
        domain: 1,
        title: "t".into(),
        text: "t".into(),
        control_references: vec![here("01.a".parse().unwrap())],
        hipaa: vec![here(cite("164.312(a)(2)(iv)")), here(cite("164.312(b)"))],
        targets: BTreeMap::new(),
        provenance: basis(),
        elements: vec![
            element(1, Proof::Automation, "164.312(a)(2)(iv)"),
            element(2, Proof::People, "164.312(a)(2)(iv)"),
            element(3, Proof::Automation, "164.312(b)"),
        ],
    };
    let objective = "01.01".parse().unwrap();
    let kinds =
        Kind::ALL.iter().map(|kind| here(KindPart { kind: *kind, title: "k".into(), fields: vec![] })).collect();
    Catalog::build(Parts {
        pack: here(Pack {
            name: "p".into(),
            version: "1".into(),
            what: "w".into(),
            licence: "l".into(),
            trademarks: "t".into(),
        }),
        hipaa: HipaaParts { edition: edition(), items },
        csf: CsfParts {
            edition: edition(),
            domains: vec![here(Domain { number: 1, title: "d".into(), provenance: basis() })],
            categories: vec![here(Category { number: 1, title: "c".into(), provenance: basis() })],
            objectives: vec![here(Objective { id: objective, title: "o".into(), provenance: basis() })],
            references: vec![here(Reference {
                id: "01.a".parse().unwrap(),
                title: "r".into(),
                title_provenance: basis(),
                objective,
                domain: 1,
                domain_provenance: basis(),
            })],
        },
        frameworks: vec![],
        mappings: vec![],
        statements: vec![here(statement)],
        notices: vec![],
        dictionary: DictionaryParts { place: Place::default(), common: vec![], kinds },
    })
    .unwrap()
}

pub fn rules() -> Rules {
    let factor =
        |id: &str| Factor { id: slug(id), citation: cite("164.306(b)(2)"), asks: "?".into(), provenance: basis() };
    let clock = |id: &str, who, to, when, counted_from, with: Option<&str>| ClockRule {
        id: slug(id),
        who,
        to,
        when,
        counted_from,
        days: 60,
        with: with.map(slug),
        citation: cite("164.404(b)"),
        provenance: basis(),
    };
    let grades = || ["low", "moderate", "high"].map(slug).to_vec();
    let cells = [["low", "low", "moderate"], ["low", "moderate", "high"], ["moderate", "high", "high"]];
    let cells: Vec<Vec<Slug>> = cells.iter().map(|row| row.map(slug).to_vec()).collect();
    let clause = |citation: &str, may_not_apply: Option<&str>| ClauseRule {
        citation: cite(citation),
        title: "c".into(),
        asks: "?".into(),
        may_not_apply: may_not_apply.map(str::to_owned),
        provenance: basis(),
    };
    use OurRole::{BusinessAssociate, CoveredEntity};
    Rules {
        decisions: DecisionRules {
            factors: FACTORS.map(factor).to_vec(),
            retention_years: 6,
            retention_provenance: basis(),
        },
        risk: RiskRules {
            matrix: RiskMatrix::new(grades(), grades(), grades(), &cells, basis()).unwrap(),
            review_months: 12,
            review_provenance: basis(),
        },
        breach: BreachRules {
            factors: ["data", "recipient", "acquired", "mitigation"].map(factor).to_vec(),
            exclusions: ["good-faith"].map(factor).to_vec(),
            clocks: vec![
                clock(
                    "individuals",
                    CoveredEntity,
                    Recipient::Individuals,
                    Condition::Always,
                    CountedFrom::Discovery,
                    None,
                ),
                clock(
                    "media",
                    CoveredEntity,
                    Recipient::Media,
                    Condition::ResidentsMoreThan(500),
                    CountedFrom::Discovery,
                    None,
                ),
                clock(
                    "hhs-large",
                    CoveredEntity,
                    Recipient::Hhs,
                    Condition::IndividualsAtLeast(500),
                    CountedFrom::Discovery,
                    Some("individuals"),
                ),
                clock(
                    "hhs-small",
                    CoveredEntity,
                    Recipient::Hhs,
                    Condition::IndividualsFewerThan(500),
                    CountedFrom::YearEnd,
                    None,
                ),
                clock(
                    "entity",
                    BusinessAssociate,
                    Recipient::CoveredEntity,
                    Condition::Always,
                    CountedFrom::Discovery,
                    None,
                ),
            ],
            oral_hold_days: 30,
            oral_hold_provenance: basis(),
            burden_of_proof: "show it".into(),
            since: day("2013-09-23"),
            since_provenance: basis(),
        },
        agreements: AgreementRules {
            clauses: vec![clause("164.504(e)(2)(ii)(A)", None), clause("164.504(e)(2)(ii)(H)", Some("only some"))],
        },
        practices: PracticeRules {
            months: 12,
            months_provenance: basis(),
            effect: "mitigates".into(),
            families: vec![
                Family {
                    id: slug("csf"),
                    title: "csf".into(),
                    parts: ["ID", "PR"].map(|id| Part { id: id.parse().unwrap(), title: id.into() }).to_vec(),
                    provenance: basis(),
                },
                Family { id: slug("other"), title: "other".into(), parts: vec![], provenance: basis() },
            ],
        },
        gates: vec![GateRule {
            item: cite("164.308(a)(1)(ii)(A)"),
            register: Register::RiskAnalysis,
            provenance: basis(),
        }],
        proposed: ProposedRule {
            title: "p".into(),
            label: "proposed, binds nobody".into(),
            status: "proposed".into(),
            changes: vec![],
        },
    }
}

pub const FACTORS: [&str; 4] = ["size-and-capabilities", "technical-infrastructure", "cost", "risk"];

/// A decision that counts on every day of 2026.
pub fn decision(item: &str, choice: Choice) -> Decision {
    let no_alternative = matches!(choice, Choice::Neither).then(|| words("none is reasonable"));
    Decision {
        item: cite(item),
        choice,
        rationale: Some(words("because")),
        no_alternative,
        factors: FACTORS.iter().map(|f| (slug(f), words("weighed"))).collect(),
        approver: Some(words("R. Fern")),
        decided_on: Some(day("2025-12-31")),
        review_by: Some(day("2026-12-31")),
        evidence: vec![evidence("good")],
        ended_on: None,
    }
}
