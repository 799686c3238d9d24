use std::sync::Arc;

use attesta_app::{
    check::{CheckReport, Inputs, check, recheck},
    grouping::{Groups, groups},
};
use attesta_catalog::{Catalog, Dictionary};
use attesta_content::ContentSource;
use attesta_evaluation::{Policy, Waiver};
use attesta_history::History;
use attesta_kernel::{Date, Digest};
use attesta_posture::RunId;

use crate::WatchError;

/// The content that runs are judged by, read once.
#[derive(Debug)]
pub struct Judge {
    catalog: Arc<Catalog>,
    dictionary: Arc<Dictionary>,
    policies: Vec<Policy>,
    groups: Groups,
    content: Digest,
}

impl Judge {
    /// Reads what is judged by.
    ///
    /// # Errors
    ///
    /// Every fault of the content.
    pub fn new(source: &ContentSource, catalog: Arc<Catalog>) -> Result<Self, WatchError> {
        let files: Vec<_> = attesta_content::files(source, "policies")?.collect();
        let policies = attesta_content::policies(&files, &catalog)?;
        let groups = groups(&catalog, &policies);
        let dictionary = Arc::new(catalog.dictionary().clone());
        Ok(Self { catalog, dictionary, policies, groups, content: digest(source, &[])? })
    }

    /// The catalog.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The resource model, for collectors.
    pub fn dictionary(&self) -> Arc<Dictionary> {
        Arc::clone(&self.dictionary)
    }

    /// The policies.
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// Which checks are counted together.
    pub fn groups(&self) -> &Groups {
        &self.groups
    }

    /// A digest of all that is judged by.
    pub fn content(&self) -> Digest {
        self.content
    }

    /// Judges a collection on a day.
    pub fn judged(
        &self,
        collection: attesta_collectors::Collection,
        waivers: Vec<Waiver>,
        at: Date,
    ) -> (CheckReport<'_>, Vec<attesta_collectors::Text>) {
        let (inputs, texts) = self.inputs(collection, waivers, at);
        (check(inputs, None), texts)
    }

    fn inputs(
        &self,
        collection: attesta_collectors::Collection,
        waivers: Vec<Waiver>,
        at: Date,
    ) -> (Inputs<'_>, Vec<attesta_collectors::Text>) {
        let attesta_collectors::Collection { snapshot, texts, refused, .. } = collection;
        let policies = self.policies.clone();
        (Inputs { catalog: &self.catalog, policies, snapshot, refused, waivers, at }, texts)
    }

    /// Judges a run that is kept again, from what it read then.
    ///
    /// # Errors
    ///
    /// When it is not what was kept.
    pub fn again<'j>(
        &'j self,
        history: &History,
        run: RunId,
        waivers: Vec<Waiver>,
        at: Date,
        earlier: Option<&CheckReport<'_>>,
    ) -> Result<(CheckReport<'j>, Vec<attesta_collectors::Text>), WatchError> {
        let collection = history.snapshot(run, Some(self.dictionary()), false)?;
        let (inputs, texts) = self.inputs(collection, waivers, at);
        let report = match earlier {
            Some(earlier) => recheck(earlier, inputs, None),
            None => check(inputs, None),
        };
        Ok((report, texts))
    }
}

/// A digest of the content and of folders of users' own policies.
pub(crate) fn digest(source: &ContentSource, own: &[std::path::PathBuf]) -> Result<Digest, WatchError> {
    let mut parts: Vec<Vec<u8>> = Vec::new();
    for file in attesta_content::files(source, "")? {
        parts.push(file.inside.into_bytes());
        parts.push(file.text.as_bytes().to_vec());
    }
    for folder in own {
        for file in attesta_content::files(&ContentSource::Folder(folder.clone()), "")? {
            parts.push(serde_json::json!({ "own": file.inside }).to_string().into_bytes());
            parts.push(file.text.as_bytes().to_vec());
        }
    }
    Ok(Digest::of_parts(parts.iter().map(Vec::as_slice)))
}
