//! `packs/*.yaml`: requirement packs that were imported into an assessment's folder.

use std::{fmt::Write as _, sync::Arc};

use attesta_assessment::{Assessment, Condition, Pack, PackElement, PackRequirement};
use attesta_catalog::{Catalog, Fault, Placed};
use attesta_content::{File, PACK_SCHEMA, conditions::write_condition};

use crate::{Change, Folder, Over, text};

/// Where packs stand in an assessment's folder.
pub const PACKS: &str = "packs";

/// The packs that an assessment names, from its folder and from content; those that content ships (`shipped`) where it names
/// none.
///
/// # Errors
///
/// Every fault of a pack that is read, and names that lead to none.
pub fn packs(
    folder: &Folder,
    header: &Placed<Assessment>,
    shipped: &[Pack],
    catalog: &Arc<Catalog>,
) -> Result<Vec<Pack>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut own = Vec::new();
    for file in folder.files(PACKS)? {
        match read(folder, &file, catalog) {
            Ok(pack) => {
                let taken = own.iter().chain(shipped).any(|p: &Pack| p.id == pack.id);
                if taken {
                    let message =
                        format!("pack `{}` stands twice, here and in the folder or the content that ships", pack.id);
                    faults.push(Fault::new(file.at(1), message, "give it another id"));
                }
                own.push(pack);
            }
            Err(more) => faults.extend(more),
        }
    }
    let named = &header.value.packs;
    let mut chosen = Vec::new();
    for id in named {
        match own.iter().chain(shipped).find(|p| p.id == *id) {
            Some(pack) => chosen.push(pack.clone()),
            None => {
                let known: Vec<&str> = own.iter().chain(shipped).map(|p| p.id.as_str()).collect();
                let message = format!("there is no pack `{id}`");
                let help = format!("use {}, or import one with `attesta assess import`", known.join(", "));
                faults.push(Fault::new(header.place.clone(), message, help));
            }
        }
    }
    if !faults.is_empty() {
        faults.sort();
        return Err(faults);
    }
    Ok(if named.is_empty() { shipped.to_vec() } else { chosen })
}

/// A pack, with the catalog that it was held against.
#[derive(Clone)]
struct Held(Arc<Catalog>, Option<Pack>);

fn read(folder: &Folder, file: &File, catalog: &Arc<Catalog>) -> Result<Pack, Vec<Fault>> {
    let mut faults = Vec::new();
    let same = |held: &Held| Arc::ptr_eq(&held.0, catalog);
    let Held(_, pack) = folder.memo().while_it(file, &mut faults, same, |file, faults| {
        let pack = attesta_content::requirement_pack(file, catalog);
        Held(Arc::clone(catalog), pack.map_err(|more| faults.extend(more)).ok())
    });
    pack.ok_or(faults)
}

/// The change that writes a pack into the folder.
pub fn pack_change(pack: &Pack, over: Over) -> Change {
    Change { inside: format!("{PACKS}/{}.yaml", pack.id), text: pack_text(pack), over }
}

/// A pack as its file says it. Reading it again gives the same pack.
pub fn pack_text(pack: &Pack) -> String {
    let mut out = format!(
        "schema: {PACK_SCHEMA}\nid: {}\ntitle: {}\nnotice: {}\n",
        text(pack.id.as_str()),
        text(&pack.title),
        text(&pack.notice)
    );
    if let Some(csf) = &pack.csf {
        let _ = writeln!(out, "csf: {}", text(csf));
    }
    let _ = writeln!(out, "source: {}", text(&pack.provenance.source));
    let _ = writeln!(out, "confidence: {}", pack.provenance.confidence);
    out.push_str(if pack.requirements.is_empty() { "requirements: []\n" } else { "requirements:\n" });
    for requirement in &pack.requirements {
        write_requirement(&mut out, requirement);
    }
    out
}

fn write_requirement(out: &mut String, requirement: &PackRequirement) {
    let _ = writeln!(out, "  - id: {}", text(requirement.id.as_str()));
    let mut line = |key: &str, value: String| {
        let _ = writeln!(out, "    {key}: {value}");
    };
    let list = |words: &mut dyn Iterator<Item = String>| {
        let words: Vec<String> = words.map(|w| text(&w)).collect();
        format!("[{}]", words.join(", "))
    };
    line("domain", requirement.domain.to_string());
    line("control_reference", text(&requirement.control_reference.to_string()));
    if !requirement.title.is_empty() {
        line("title", text(&requirement.title));
    }
    if !requirement.text.is_empty() {
        line("text", text(&requirement.text));
    }
    let bare = |e: &PackElement| e.text.is_empty() && e.proven_by.is_none();
    if !matches!(requirement.elements.as_slice(), [only] if bare(only)) {
        let elements: Vec<String> = requirement
            .elements
            .iter()
            .map(|e| {
                let proven = e.proven_by.as_ref().map(|p| format!(", proven_by: {}", text(&p.to_string())));
                format!("{{text: {}{}}}", text(&e.text), proven.unwrap_or_default())
            })
            .collect();
        line("elements", format!("[{}]", elements.join(", ")));
    }
    if !requirement.core_of.is_empty() {
        line("core_of", list(&mut requirement.core_of.iter().map(ToString::to_string)));
    }
    if !requirement.brought_by.is_empty() {
        line("brought_by", list(&mut requirement.brought_by.iter().map(ToString::to_string)));
    }
    if requirement.brought_when != Condition::Always {
        line("brought_when", write_condition(&requirement.brought_when));
    }
    if requirement.when != Condition::Never {
        line("when", write_condition(&requirement.when));
    }
    if requirement.sampled {
        line("sampled", "true".to_owned());
    }
    if !requirement.topics.is_empty() {
        line("topics", list(&mut requirement.topics.iter().map(ToString::to_string)));
    }
    if !requirement.hipaa.is_empty() {
        line("hipaa", list(&mut requirement.hipaa.iter().map(ToString::to_string)));
    }
    if !requirement.maps.is_empty() {
        let maps: Vec<String> = requirement
            .maps
            .iter()
            .map(|(framework, ids)| format!("{framework}: {}", list(&mut ids.iter().map(ToString::to_string))))
            .collect();
        line("maps", format!("{{{}}}", maps.join(", ")));
    }
}

#[cfg(test)]
mod tests {
    use attesta_content::ContentSource;
    use proptest::prelude::*;

    use super::*;

    fn catalog() -> &'static Catalog {
        static CATALOG: std::sync::OnceLock<Catalog> = std::sync::OnceLock::new();
        CATALOG.get_or_init(|| attesta_content::load(&ContentSource::Embedded).unwrap())
    }

    fn read(text: String) -> Result<Pack, Vec<Fault>> {
        let (inside, path) = ("packs/a.yaml".to_owned(), "packs/a.yaml".to_owned());
        attesta_content::requirement_pack(&attesta_content::File { path, inside, text: text.into() }, catalog())
    }

    #[test]
    fn a_pack_that_ships_is_written_and_read_as_the_same() {
        for pack in attesta_content::requirement_packs(&ContentSource::Embedded, catalog()).unwrap() {
            assert_eq!(read(pack_text(&pack)), Ok(pack));
        }
    }

    proptest! {
        /// Ids and texts come back byte for byte, whatever they hold.
        #[test]
        fn no_text_is_lost(id in "\\PC{1,40}", words in "\\PC{0,40}", line in "[\\n\\t\u{85}\u{2028}\u{feff}\"\\\\ #:'&*!|>%@`]{0,12}") {
            let mut packs = attesta_content::requirement_packs(&ContentSource::Embedded, catalog()).unwrap();
            let mut pack = packs.swap_remove(1);
            pack.requirements.truncate(1);
            let Ok(key) = id.parse() else { return Ok(()) };
            pack.requirements[0].id = key;
            pack.requirements[0].text = format!("{words}{line}{words}");
            pack.requirements[0].elements[0].text = format!("{line}{words}");
            prop_assert_eq!(read(pack_text(&pack)), Ok(pack));
        }
    }
}
