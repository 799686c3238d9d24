//! The content that ships: it loads, and its totals hold.
#![expect(clippy::panic, reason = "a test helper may fail its test")]

use std::{collections::BTreeSet, path::Path};

use attesta_catalog::{Catalog, FrameworkId, HipaaGroup, HipaaKind, Proof, Strength};
use attesta_content::{ContentSource, load};
use attesta_kernel::Confidence;
use attesta_resource::Kind;

fn shipped() -> Catalog {
    load(&ContentSource::Embedded).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

#[test]
fn folder_and_embedded_say_the_same() {
    let folder = ContentSource::Folder(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../content"));
    assert_eq!(load(&folder).unwrap(), shipped());
}

#[test]
fn the_security_rule_has_its_totals() {
    let catalog = shipped();
    let safeguard = |group| matches!(group, HipaaGroup::Administrative | HipaaGroup::Physical | HipaaGroup::Technical);
    let standards: Vec<_> = catalog.standards().collect();
    let specifications: Vec<_> = catalog.specifications().collect();
    assert_eq!(catalog.hipaa().count(), 89);
    assert_eq!(standards.len(), 22);
    assert_eq!(standards.iter().filter(|s| safeguard(s.group)).count(), 18);
    assert_eq!(specifications.len(), 48);
    assert_eq!(specifications.iter().filter(|s| safeguard(s.group)).count(), 36);
    assert_eq!(catalog.addressable().count(), 22);
    assert!(catalog.addressable().all(|s| safeguard(s.group)));
    assert_eq!(catalog.required().count(), 33);
    let by_themselves: Vec<String> =
        catalog.required().filter(|i| i.kind == HipaaKind::Standard).map(|i| i.citation.to_string()).collect();
    assert_eq!(
        by_themselves,
        ["164.308(a)(2)", "164.308(a)(8)", "164.310(b)", "164.310(c)", "164.312(b)", "164.312(d)", "164.316(a)"]
    );
    let required = specifications.iter().filter(|s| s.designation == attesta_catalog::Designation::Required);
    assert_eq!(required.clone().count(), 26);
    assert_eq!(required.filter(|s| safeguard(s.group)).count(), 14);
    assert_eq!(catalog.hipaa().filter(|i| i.may_not_apply.is_some()).count(), 7);
}

#[test]
fn the_csf_structure_has_its_totals() {
    let catalog = shipped();
    let counts = [
        catalog.categories().count(),
        catalog.objectives().count(),
        catalog.references().count(),
        catalog.domains().count(),
    ];
    assert_eq!(counts, [14, 49, 156, 19]);
    let unsure = catalog.references().filter(|r| r.title_provenance.confidence == Confidence::Unverified);
    assert_eq!(unsure.map(|r| r.id.to_string()).collect::<Vec<_>>(), ["13.g", "13.m", "13.s"]);
}

#[test]
fn lists_and_mappings_have_their_totals() {
    let catalog = shipped();
    let sizes = FrameworkId::ALL.map(|id| catalog.framework(id).map_or(0, |f| f.entries().len()));
    assert_eq!(sizes, [1196, 134, 61, 125, 366]);
    let nist = catalog.framework(FrameworkId::Nist80053).unwrap();
    assert_eq!(nist.entries().iter().filter(|e| !e.withdrawn).count(), 1014);
    let mapped: Vec<_> = catalog.hipaa().flat_map(|item| catalog.mapped(&item.citation)).collect();
    let count =
        |framework, strength| mapped.iter().filter(|m| m.framework == framework && m.strength == strength).count();
    assert_eq!(count(FrameworkId::Nist80053, Strength::Primary), 278);
    assert_eq!(count(FrameworkId::NistCsf, Strength::Primary), 155);
    assert_eq!(count(FrameworkId::NistCsf, Strength::Related), 846);
}

#[test]
fn statements_spread_over_every_domain() {
    let catalog = shipped();
    assert_eq!(catalog.statements().count(), 44);
    for domain in catalog.domains() {
        assert!(catalog.statements_in(domain.number).count() >= 1, "domain {}", domain.number);
    }
    let automatic = catalog.elements().filter(|e| e.element.proof == Proof::Automation).count();
    assert!(automatic >= 100, "{automatic}");
    assert!(catalog.notice().contains("not HITRUST's requirement statements"));
    let element = catalog.element(&"ATT-12-01.2".parse().unwrap()).unwrap();
    assert_eq!(element.statement.id.as_str(), "ATT-12-01");
    assert!(element.element.hipaa.contains(&"164.312(b)".parse().unwrap()));
    assert_eq!(catalog.statements_serving(&"10.g".parse().unwrap()).count(), 2);
}

/// What no statement serves, on purpose: it binds only clearinghouses, government entities or group health plans.
#[test]
fn every_required_and_addressable_item_is_served() {
    let catalog = shipped();
    let unserved: BTreeSet<_> = catalog
        .required()
        .chain(catalog.addressable())
        .chain(catalog.standards())
        .filter(|item| catalog.elements_citing(&item.citation).next().is_none())
        .map(|item| item.citation.to_string())
        .collect();
    let unserved_on_purpose = [
        "164.308(a)(4)(ii)(A)",
        "164.314(a)(2)(ii)",
        "164.314(b)(1)",
        "164.314(b)(2)(i)",
        "164.314(b)(2)(ii)",
        "164.314(b)(2)(iii)",
        "164.314(b)(2)(iv)",
    ];
    assert_eq!(unserved, unserved_on_purpose.map(String::from).into());
    for citation in unserved_on_purpose {
        assert!(catalog.hipaa_item(&citation.parse().unwrap()).unwrap().may_not_apply.is_some(), "{citation}");
    }
}

#[test]
fn the_dictionary_knows_nested_fields() {
    let catalog = shipped();
    let dictionary = catalog.dictionary();
    assert_eq!(dictionary.kinds().count(), Kind::ALL.len());
    let shape = |kind, path| dictionary.attribute(kind, path).map(|field| field.shape.as_str());
    assert_eq!(shape(Kind::Database, "encryption_at_rest.enabled"), Some("bool"));
    assert_eq!(shape(Kind::DataWarehouse, "encryption_at_rest.enabled"), Some("bool"));
    assert_eq!(shape(Kind::Firewall, "ingress"), Some("records"));
    assert_eq!(shape(Kind::Firewall, "egress/cidr"), Some("text"));
    assert_eq!(shape(Kind::Firewall, "ingress/0/from_port"), Some("int"));
    assert_eq!(shape(Kind::Queue, "policy.statements/anyone"), Some("bool"));
    assert_eq!(shape(Kind::Queue, "region"), Some("text"));
    assert_eq!(shape(Kind::Queue, "region/x"), None);
    assert_eq!(shape(Kind::Firewall, "no_such"), None);
}
