use attesta_catalog::{Fault, Pack, Placed};
use serde::Deserialize;

use crate::{ContentSource, yaml};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPack {
    #[serde(rename = "schema")]
    _schema: String,
    name: String,
    version: String,
    what: String,
    licence: String,
    trademarks: String,
}

pub(crate) fn read(source: &ContentSource, faults: &mut Vec<Fault>) -> Option<Placed<Pack>> {
    let read = || {
        let file = source.file("pack.yaml")?;
        let raw: RawPack = yaml::parse(&file, "attesta.pack/1")?;
        let RawPack { name, version, what, licence, trademarks, .. } = raw;
        Ok(Placed::new(file.at(1), Pack { name, version, what, licence, trademarks }))
    };
    read().map_err(|fault| faults.push(fault)).ok()
}
