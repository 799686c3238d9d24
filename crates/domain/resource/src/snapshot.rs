use std::{collections::BTreeMap, fmt};

use attesta_kernel::Digest;

use crate::{Attribute, Kind, Record, SourceIndex};

/// Index of a [`Document`] in its snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentIndex(pub u32);

/// Index of a [`Resource`] in its snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceIndex(pub u32);

/// The format of a document, found by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// `terraform show -json` of a plan.
    TerraformPlan,
    /// `terraform show -json` of a state.
    TerraformState,
    /// A CloudFormation template.
    CloudFormation,
    /// `pulumi preview --json`.
    PulumiPreview,
    /// `pulumi stack export`.
    PulumiState,
    /// Neutral resources as JSON lines.
    Neutral,
    /// What a live AWS account answered (`attesta collect aws`).
    LiveAws,
}

impl Format {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TerraformPlan => "terraform-plan",
            Self::TerraformState => "terraform-state",
            Self::CloudFormation => "cloudformation",
            Self::PulumiPreview => "pulumi-preview",
            Self::PulumiState => "pulumi-state",
            Self::Neutral => "neutral",
            Self::LiveAws => "live-aws",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The path as it was given, or found below what was given.
    pub path: String,
    /// What it is.
    pub format: Format,
    /// SHA-256 of the bytes as they were on disk.
    pub digest: Digest,
    /// Size in bytes on disk.
    pub bytes: u64,
    /// Source resources of every type in it.
    pub source_resources: u32,
}

/// One resource as the source writes it: a main resource or a satellite that was joined to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The document.
    pub document: DocumentIndex,
    /// The source's own address: `module.a.aws_s3_bucket.b`, a logical id, a URN.
    pub address: Box<str>,
    /// The source's own type name: `aws_s3_bucket`, `AWS::S3::Bucket`, `aws:s3/bucket:Bucket`.
    pub type_name: Box<str>,
    /// JSON pointer of the resource's properties inside the document.
    pub pointer: Box<str>,
}

/// A neutral resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// What it is.
    pub kind: Kind,
    /// The main source resource.
    pub source: SourceIndex,
    /// Its address: the source's address.
    pub address: Box<str>,
    /// Other names under which it may be referred to (arn, id, name, address).
    pub names: Vec<Box<str>>,
    /// What is known of it.
    pub attributes: Record,
}

impl Resource {
    /// The attribute of this dotted name; `None` means absent.
    pub fn get(&self, name: &str) -> Option<&Attribute> {
        self.attributes.get(name)
    }
}

/// Something in the inputs that did not become a neutral resource. Counted and shown, never dropped silently.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotUnderstood {
    /// The document's path.
    pub path: String,
    /// Why.
    pub reason: Reason,
    /// What: a type name, an address, or the error's text.
    pub what: String,
    /// How many of it.
    pub count: u32,
}

/// Why something was not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The file could not be read or parsed: what it holds is unknown.
    Unreadable,
    /// The file is not a format that we read.
    NotInfrastructure,
    /// A resource type that no kind covers.
    UncoveredType,
    /// A satellite whose main resource is not in these inputs.
    Orphan,
    /// A construct that was left unresolved (a macro, a transform, a nested stack).
    Unresolved,
    /// A live source was asked and refused or failed: what stands behind the call is unknown.
    NotCollected,
    /// A live source that the collector does not ask yet.
    NotAsked,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::Unreadable,
        Self::NotInfrastructure,
        Self::UncoveredType,
        Self::Orphan,
        Self::Unresolved,
        Self::NotCollected,
        Self::NotAsked,
    ];

    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::NotInfrastructure => "not-infrastructure",
            Self::UncoveredType => "uncovered-type",
            Self::Orphan => "orphan",
            Self::Unresolved => "unresolved",
            Self::NotCollected => "not-collected",
            Self::NotAsked => "not-asked",
        }
    }
}

/// Everything that one run saw.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Files read.
    pub documents: Vec<Document>,
    /// Source resources that attributes point to.
    pub sources: Vec<Source>,
    /// Neutral resources, in the order of their documents.
    pub resources: Vec<Resource>,
    /// What was not understood, sorted.
    pub not_understood: Vec<NotUnderstood>,
    /// Whether the inputs are known to hold *all* resources of these kinds (a live account that answered every call).
    /// Code never does: what is not in a plan may exist elsewhere.
    pub complete_kinds: Vec<Kind>,
}

impl Snapshot {
    /// The resource at this index.
    pub fn resource(&self, index: ResourceIndex) -> Option<&Resource> {
        self.resources.get(usize::try_from(index.0).ok()?)
    }

    /// The source at this index.
    pub fn source(&self, index: SourceIndex) -> Option<&Source> {
        self.sources.get(usize::try_from(index.0).ok()?)
    }

    /// The document at this index.
    pub fn document(&self, index: DocumentIndex) -> Option<&Document> {
        self.documents.get(usize::try_from(index.0).ok()?)
    }

    /// The document that a source stands in.
    pub fn document_of(&self, index: SourceIndex) -> Option<&Document> {
        self.document(self.source(index)?.document)
    }

    /// How many resources of each kind.
    pub fn count_by_kind(&self) -> BTreeMap<Kind, u32> {
        let mut counts = BTreeMap::new();
        for resource in &self.resources {
            let count: &mut u32 = counts.entry(resource.kind).or_default();
            *count = count.saturating_add(1);
        }
        counts
    }

    /// The digest that names this snapshot: paths and digests of its documents, in order.
    pub fn digest(&self) -> Digest {
        let parts: Vec<&[u8]> =
            self.documents.iter().flat_map(|d| [d.path.as_bytes(), d.digest.as_bytes().as_slice()]).collect();
        Digest::of_parts(parts)
    }
}
