use std::collections::BTreeMap;

use attesta_catalog::{ElementPart, Fault, FrameworkId, Placed, Proof, StatementPart};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    ContentSource, File, files,
    yaml::{self, Confidence, Reading},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStatements {
    #[serde(rename = "schema")]
    _schema: String,
    domain: u8,
    notice: Spanned<String>,
    statements: Vec<Spanned<RawStatement>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStatement {
    id: Spanned<String>,
    title: String,
    statement: String,
    control_references: Vec<Spanned<String>>,
    #[serde(default)]
    hipaa: Vec<Spanned<String>>,
    #[serde(default)]
    nist_800_53: Vec<Spanned<String>>,
    #[serde(default)]
    nist_csf: Vec<Spanned<String>>,
    #[serde(default)]
    soc2: Vec<Spanned<String>>,
    #[serde(default)]
    iso27001: Vec<Spanned<String>>,
    #[serde(default)]
    pci_dss: Vec<Spanned<String>>,
    source: String,
    confidence: Confidence,
    elements: Vec<Spanned<RawElement>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawElement {
    number: u8,
    text: String,
    proof: RawProof,
    evidence: Vec<String>,
    #[serde(default)]
    hipaa: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RawProof {
    Automation,
    People,
    Both,
}

type Read = (Vec<Placed<StatementPart>>, Vec<Placed<String>>);

/// Every statement in the order of the files, and each file's notice.
pub(crate) fn read(source: &ContentSource, faults: &mut Vec<Fault>) -> Read {
    let (mut statements, mut notices) = Read::default();
    match files(source, "statements") {
        Err(unread) => faults.extend(unread),
        Ok(files) => {
            for file in files.filter(|file| file.inside.ends_with(".yaml")) {
                match yaml::parse::<RawStatements>(&file, "attesta.statements/1") {
                    Err(fault) => faults.push(fault),
                    Ok(raw) => read_file(&file, raw, &mut statements, &mut notices, faults),
                }
            }
        }
    }
    (statements, notices)
}

fn read_file(
    file: &File,
    raw: RawStatements,
    statements: &mut Vec<Placed<StatementPart>>,
    notices: &mut Vec<Placed<String>>,
    faults: &mut Vec<Fault>,
) {
    let mut reading = Reading { file, faults };
    notices.push(Placed::new(reading.place(&raw.notice), raw.notice.value));
    statements.extend(raw.statements.into_iter().filter_map(|raw_one| statement(raw.domain, raw_one, &mut reading)));
}

fn statement(domain: u8, raw: Spanned<RawStatement>, reading: &mut Reading<'_>) -> Option<Placed<StatementPart>> {
    let place = reading.place(&raw);
    let raw = raw.value;
    let control_references = reading.list(&raw.control_references);
    let hipaa = reading.list(&raw.hipaa);
    let targets: BTreeMap<_, _> = [
        (FrameworkId::Nist80053, raw.nist_800_53),
        (FrameworkId::NistCsf, raw.nist_csf),
        (FrameworkId::Soc2, raw.soc2),
        (FrameworkId::Iso27001, raw.iso27001),
        (FrameworkId::PciDss, raw.pci_dss),
    ]
    .into_iter()
    .filter(|(_, ids)| !ids.is_empty())
    .map(|(framework, ids)| (framework, reading.texts(ids)))
    .collect();
    let elements = raw.elements.into_iter().map(|element| self::element(element, reading)).collect();
    let part = StatementPart {
        id: reading.value(&raw.id)?.value,
        domain,
        title: raw.title,
        text: raw.statement,
        control_references,
        hipaa,
        targets,
        provenance: raw.confidence.of(raw.source),
        elements,
    };
    Some(Placed::new(place, part))
}

fn element(raw: Spanned<RawElement>, reading: &mut Reading<'_>) -> Placed<ElementPart> {
    let place = reading.place(&raw);
    let raw = raw.value;
    let proof = match raw.proof {
        RawProof::Automation => Proof::Automation,
        RawProof::People => Proof::People,
        RawProof::Both => Proof::Both,
    };
    let hipaa = reading.list(&raw.hipaa);
    Placed::new(place, ElementPart { number: raw.number, text: raw.text, proof, evidence: raw.evidence, hipaa })
}
