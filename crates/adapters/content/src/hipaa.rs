use attesta_catalog::{Designation, Edition, Fault, HipaaGroup, HipaaItem, HipaaKind, HipaaParts, Placed, Proposal};
use attesta_kernel::Provenance;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    ContentSource,
    yaml::{self, Confidence, Reading},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    #[serde(rename = "schema")]
    _schema: String,
    name: String,
    version: String,
    source: String,
    confidence: Confidence,
    licence: String,
    proposed_source: String,
    items: Vec<Spanned<RawItem>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawItem {
    citation: Spanned<String>,
    kind: RawKind,
    group: RawGroup,
    designation: RawDesignation,
    parent: Option<Spanned<String>>,
    title: String,
    statement: String,
    #[serde(default)]
    typical_evidence: Vec<String>,
    may_not_apply: Option<String>,
    proposed_2025: Option<RawProposal>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProposal {
    text: String,
    confidence: Confidence,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RawKind {
    Standard,
    Specification,
    GeneralRule,
    Provision,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RawGroup {
    General,
    Administrative,
    Physical,
    Technical,
    Organizational,
    Documentation,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RawDesignation {
    Required,
    Addressable,
    Standard,
    None,
}

pub(crate) fn read(source: &ContentSource, faults: &mut Vec<Fault>) -> Option<HipaaParts> {
    let file = source.file("frameworks/hipaa/security-rule.yaml").map_err(|fault| faults.push(fault)).ok()?;
    let rule: RawRule = yaml::parse(&file, "attesta.hipaa/1").map_err(|fault| faults.push(fault)).ok()?;
    let provenance = rule.confidence.of(rule.source);
    let mut reading = Reading { file: &file, faults };
    let items =
        rule.items.into_iter().filter_map(|raw| item(raw, &provenance, &rule.proposed_source, &mut reading)).collect();
    let edition = Edition { name: rule.name, version: rule.version, provenance, licence: rule.licence };
    Some(HipaaParts { edition: Placed::new(file.at(1), edition), items })
}

fn item(
    raw: Spanned<RawItem>,
    provenance: &Provenance,
    proposed_source: &str,
    reading: &mut Reading<'_>,
) -> Option<Placed<HipaaItem>> {
    let place = reading.place(&raw);
    let raw = raw.value;
    let citation = reading.value(&raw.citation)?.value;
    let parent = match &raw.parent {
        Some(parent) => Some(reading.value(parent)?.value),
        None => None,
    };
    let item = HipaaItem {
        citation,
        kind: match raw.kind {
            RawKind::Standard => HipaaKind::Standard,
            RawKind::Specification => HipaaKind::Specification,
            RawKind::GeneralRule => HipaaKind::GeneralRule,
            RawKind::Provision => HipaaKind::Provision,
        },
        group: match raw.group {
            RawGroup::General => HipaaGroup::General,
            RawGroup::Administrative => HipaaGroup::Administrative,
            RawGroup::Physical => HipaaGroup::Physical,
            RawGroup::Technical => HipaaGroup::Technical,
            RawGroup::Organizational => HipaaGroup::Organizational,
            RawGroup::Documentation => HipaaGroup::Documentation,
        },
        designation: match raw.designation {
            RawDesignation::Required => Designation::Required,
            RawDesignation::Addressable => Designation::Addressable,
            RawDesignation::Standard => Designation::Standard,
            RawDesignation::None => Designation::None,
        },
        parent,
        title: raw.title,
        statement: raw.statement,
        typical_evidence: raw.typical_evidence,
        may_not_apply: raw.may_not_apply,
        proposed: raw
            .proposed_2025
            .map(|proposal| Proposal { text: proposal.text, provenance: proposal.confidence.of(proposed_source) }),
        provenance: provenance.clone(),
    };
    Some(Placed::new(place, item))
}
