use std::collections::BTreeMap;

use attesta_catalog::{DictionaryParts, Fault, FieldPart, KindPart, Placed, ShapePart};
use attesta_resource::Kind;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    ContentSource,
    yaml::{self, Reading},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKinds {
    #[serde(rename = "schema")]
    _schema: String,
    common: Fields,
    kinds: BTreeMap<String, Spanned<RawKind>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKind {
    title: Box<str>,
    attributes: Fields,
}

type Fields = BTreeMap<Box<str>, Spanned<RawField>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawField {
    #[serde(rename = "type")]
    shape: RawShape,
    means: Box<str>,
    of: Option<Fields>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RawShape {
    Bool,
    Int,
    Text,
    Texts,
    Records,
}

pub(crate) fn read(source: &ContentSource, faults: &mut Vec<Fault>) -> Option<DictionaryParts> {
    let file = source.file("model/kinds.yaml").map_err(|fault| faults.push(fault)).ok()?;
    let raw: RawKinds = yaml::parse(&file, "attesta.kinds/1").map_err(|fault| faults.push(fault)).ok()?;
    let reading = Reading { file: &file, faults };
    let mut kinds = Vec::new();
    for (word, raw) in raw.kinds {
        let place = reading.place(&raw);
        match word.parse::<Kind>() {
            Ok(kind) => {
                let RawKind { title, attributes } = raw.value;
                kinds.push(Placed::new(place, KindPart { kind, title, fields: fields(attributes, &reading) }));
            }
            Err(error) => reading.faults.push(Fault::plain(place, error.to_string())),
        }
    }
    Some(DictionaryParts { place: file.at(1), common: fields(raw.common, &reading), kinds })
}

fn fields(raw: Fields, reading: &Reading<'_>) -> Vec<FieldPart> {
    raw.into_iter()
        .map(|(name, raw)| FieldPart {
            place: reading.place(&raw),
            name,
            shape: match raw.value.shape {
                RawShape::Bool => ShapePart::Bool,
                RawShape::Int => ShapePart::Int,
                RawShape::Text => ShapePart::Text,
                RawShape::Texts => ShapePart::Texts,
                RawShape::Records => ShapePart::Records,
            },
            of: raw.value.of.map(|of| fields(of, reading)),
            means: raw.value.means,
        })
        .collect()
}
