use std::{collections::BTreeMap, fmt, str::FromStr};

use crate::{Edition, Placed, fault::Faults, parents};

/// A framework that our statements and mappings point at: a list of ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Framework {
    /// Which one.
    pub id: FrameworkId,
    /// Which text of it.
    pub edition: Edition,
    entries: Vec<Entry>,
    by_id: BTreeMap<Box<str>, usize>,
}

impl Framework {
    /// Its ids, in the order of its publisher.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of this id, e.g. `AC-2(1)`.
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.by_id.get(id).and_then(|index| self.entries.get(*index))
    }
}

/// One id of a framework.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The id, as its publisher prints it.
    pub id: Box<str>,
    /// A title, where one may stand here: public domain or our own words.
    pub title: Option<Box<str>>,
    /// The family, function, theme or level that it belongs to.
    pub group: Box<str>,
    /// The id that it belongs under.
    pub parent: Option<Box<str>>,
    /// Whether its publisher has withdrawn it; nothing may point at it then.
    pub withdrawn: bool,
    /// What took its place.
    pub replaced_by: Vec<Box<str>>,
    /// Baselines that include it (NIST SP 800-53B).
    pub baselines: Vec<Baseline>,
}

/// A control baseline of NIST SP 800-53B.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Baseline {
    /// Low impact.
    Low,
    /// Moderate impact.
    Moderate,
    /// High impact.
    High,
    /// Privacy.
    Privacy,
}

/// The frameworks that statements may point at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FrameworkId {
    /// NIST SP 800-53.
    Nist80053,
    /// NIST Cybersecurity Framework.
    NistCsf,
    /// SOC 2 trust services criteria.
    Soc2,
    /// ISO/IEC 27001.
    Iso27001,
    /// PCI DSS.
    PciDss,
}

impl FrameworkId {
    /// Every framework.
    pub const ALL: [Self; 5] = [Self::Nist80053, Self::NistCsf, Self::Soc2, Self::Iso27001, Self::PciDss];

    /// The word used in content and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nist80053 => "nist-800-53",
            Self::NistCsf => "nist-csf",
            Self::Soc2 => "soc2",
            Self::Iso27001 => "iso27001",
            Self::PciDss => "pci-dss",
        }
    }
}

impl fmt::Display for FrameworkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word names no framework that statements may point at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a framework; use nist-800-53, nist-csf, soc2, iso27001 or pci-dss")]
pub struct UnknownFramework(pub String);

impl FromStr for FrameworkId {
    type Err = UnknownFramework;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|id| id.as_str() == text).ok_or_else(|| UnknownFramework(text.to_owned()))
    }
}

/// A framework as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameworkPart {
    /// Which one.
    pub id: FrameworkId,
    /// Which text of it.
    pub edition: Edition,
    /// Its ids, in the order of its publisher.
    pub entries: Vec<Placed<Entry>>,
}

pub(crate) fn build(parts: Vec<Placed<FrameworkPart>>, faults: &mut Faults) -> BTreeMap<FrameworkId, Framework> {
    let parts = faults.index("framework", parts, |part| part.id);
    parts
        .into_iter()
        .map(|(id, Placed { place, value: part })| {
            part.edition.check(&place, faults);
            (id, framework(part, faults))
        })
        .collect()
}

fn framework(part: FrameworkPart, faults: &mut Faults) -> Framework {
    let mut by_id = BTreeMap::<Box<str>, usize>::new();
    let mut kept = Vec::<Placed<Entry>>::with_capacity(part.entries.len());
    for entry in part.entries {
        faults.text(&entry.place, "id", &entry.value.id);
        match by_id.get(&entry.value.id).and_then(|first| kept.get(*first)) {
            Some(first) => faults.duplicate(&entry.place, "id", &entry.value.id, &first.place),
            None => {
                by_id.insert(entry.value.id.clone(), kept.len());
                kept.push(entry);
            }
        }
    }
    parents::check("id", kept.iter().map(|e| (&e.value.id, e.value.parent.as_ref(), &e.place)), faults);
    for Placed { place, value: entry } in &kept {
        for target in entry.replaced_by.iter().filter(|target| !by_id.contains_key(*target)) {
            let message = format!("`{}` was replaced by `{target}`, which does not exist", entry.id);
            faults.add(place, message, "name an id of the same list");
        }
    }
    Framework { id: part.id, edition: part.edition, entries: kept.into_iter().map(|e| e.value).collect(), by_id }
}

/// The frameworks, as something to point at.
#[derive(Clone, Copy)]
pub(crate) struct Targets<'a>(pub(crate) &'a BTreeMap<FrameworkId, Framework>);

impl Targets<'_> {
    /// Checks that `target` is an id of `framework` that is still in force; `from` says who points.
    pub(crate) fn check(
        self,
        framework: FrameworkId,
        target: &Placed<Box<str>>,
        from: &dyn fmt::Display,
        faults: &mut Faults,
    ) {
        let Placed { place, value: id } = target;
        match self.0.get(&framework).map(|f| f.entry(id)) {
            None => faults.add(
                place,
                format!("`{from}` points at {framework}, which is not in this pack"),
                "list the framework in frameworks/frameworks.yaml",
            ),
            Some(None) => faults.add(
                place,
                format!("`{from}` points at `{id}`, which is not an id of {framework}"),
                format!("`attesta catalog list {framework}` shows them"),
            ),
            Some(Some(entry)) if entry.withdrawn => {
                let help = match entry.replaced_by.as_slice() {
                    [] => "choose another id".to_owned(),
                    ids => format!("use {}", ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(" or ")),
                };
                faults.add(place, format!("`{from}` points at `{id}`, which {framework} has withdrawn"), help);
            }
            Some(Some(_)) => {}
        }
    }
}
