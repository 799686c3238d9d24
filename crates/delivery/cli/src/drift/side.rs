//! One side of a comparison.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use attesta_app::check::{CheckReport, Frameworks};
use attesta_catalog::Catalog;
use attesta_collectors::{Collection, collect};
use attesta_content::ContentSource;
use attesta_evaluation::Waiver;
use attesta_resource::Snapshot;

use crate::{
    args::{Common, Inputs},
    exit::Failure,
    workshop,
};

/// What was read of it.
pub(crate) struct Side {
    paths: Vec<PathBuf>,
    /// It may be empty: what did not exist yet.
    empty: bool,
    collection: Collection,
}

/// What was made of it.
pub(crate) struct Judged<'a> {
    pub(crate) report: CheckReport<'a>,
    pub(crate) texts: workshop::Texts,
    /// What names each document on both sides.
    pub(crate) labels: Vec<String>,
}

impl Side {
    /// Reads files and folders.
    pub(crate) fn read(common: &Common, paths: &[PathBuf], inputs: &Inputs, catalog: &Catalog) -> Self {
        let collection = workshop::gather(common, paths, inputs, catalog, collect);
        Self { paths: paths.to_vec(), empty: false, collection }
    }

    /// Reads copies of files that stand elsewhere in truth: `copies` and `paths` go together. Nothing there is no error.
    pub(super) fn read_copies(
        common: &Common,
        (copies, paths): (&[PathBuf], &[PathBuf]),
        inputs: &Inputs,
        catalog: &Catalog,
    ) -> Self {
        let there: Vec<PathBuf> = copies.iter().filter(|c| c.exists()).cloned().collect();
        let mut collection = workshop::gather(common, &there, inputs, catalog, collect);
        let names: Vec<(String, String)> =
            copies.iter().zip(paths).map(|(c, p)| (c.display().to_string(), p.display().to_string())).collect();
        let rename = |path: &mut String| {
            let renamed = names.iter().find_map(|(copy, name)| {
                let rest = path.strip_prefix(copy.trim_end_matches('/'))?;
                (rest.is_empty() || rest.starts_with('/')).then(|| format!("{}{rest}", name.trim_end_matches('/')))
            });
            if let Some(renamed) = renamed {
                *path = renamed;
            }
        };
        collection.snapshot.documents.iter_mut().for_each(|d| rename(&mut d.path));
        collection.snapshot.not_understood.iter_mut().for_each(|n| rename(&mut n.path));
        collection.refused.iter_mut().for_each(|n| rename(&mut n.path));
        Self { paths: paths.to_vec(), empty: true, collection }
    }

    /// Judges it.
    pub(crate) fn judged<'a>(
        self,
        waivers: Vec<Waiver>,
        inputs: &Inputs,
        source: &ContentSource,
        catalog: &'a Catalog,
        frameworks: Frameworks,
    ) -> Result<Judged<'a>, Failure> {
        let labels = labels(&self.collection.snapshot, &self.paths);
        let judge = if self.empty { workshop::judged_even_nothing } else { workshop::judged };
        let (report, texts) = judge(self.collection, waivers, inputs, source, catalog, frameworks)?;
        Ok(Judged { report, texts, labels })
    }
}

/// What names each document: its path below the folder that was named. The path of a file that was named alone is not
/// needed, and would differ between the sides.
fn labels(snapshot: &Snapshot, paths: &[PathBuf]) -> Vec<String> {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let label = |path: &str| {
        let below = paths.iter().find_map(|root| Path::new(path).strip_prefix(root).ok());
        let below = below.map_or(path.to_owned(), |p| p.display().to_string());
        match below.as_str() {
            "" if paths.len() > 1 => Path::new(path).file_name().map_or(below, |n| n.to_string_lossy().into_owned()),
            _ => below,
        }
    };
    let documents = snapshot.documents.iter().map(|d| label(&d.path));
    // Two documents of one name are told apart by their order.
    let numbered = documents.map(|label| {
        let count = seen.entry(label.clone()).or_default();
        *count = count.saturating_add(1);
        if *count == 1 { label } else { format!("{label} #{count}") }
    });
    numbered.collect()
}
