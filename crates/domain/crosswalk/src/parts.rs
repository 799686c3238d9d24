use attesta_catalog::Placed;
use attesta_kernel::Provenance;

use crate::{Document, Rationale, Relation, Signature, Strength};

/// Everything that content says about mappings, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// What the catalog's own lists weigh.
    pub lists: ListsPart,
    /// Crosswalks, in the order of their files.
    pub crosswalks: Vec<Placed<CrosswalkPart>>,
    /// Reviews of their rows.
    pub reviews: Vec<Placed<ReviewPart>>,
}

/// What the catalog's lists weigh, which name two ends together and state no relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListsPart {
    /// The ids that a statement names, and the citations that its elements serve.
    pub statements: Weight,
    /// The primary rows of a HIPAA mapping.
    pub primary: Weight,
    /// Its related rows.
    pub related: Weight,
    /// Mappings below this are shown only when somebody asks for them.
    pub least_strength: Strength,
    /// Who reads *intersects with* from them.
    pub proposed: Signature,
    /// Where that reading comes from, and how sure we are of it.
    pub provenance: Provenance,
}

/// A strength and what it was found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weight {
    /// How strong.
    pub strength: Strength,
    /// By what.
    pub rationale: Rationale,
}

/// A crosswalk as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrosswalkPart {
    /// Its id.
    pub id: String,
    /// What it is.
    pub title: String,
    /// From where its rows lead.
    pub source: Document,
    /// To where.
    pub target: Document,
    /// Whose it is.
    pub licence: String,
    /// Who stands for its rows.
    pub standing: SignedPart,
    /// Its rows.
    pub rows: Vec<Placed<RowPart>>,
}

/// Who stands for the rows of a crosswalk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignedPart {
    /// Somebody proposed them.
    Proposed(Signature),
    /// Somebody reviewed them all.
    Reviewed(Signature),
}

/// One row of a crosswalk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowPart {
    /// The id in the source.
    pub source: String,
    /// The id in the target.
    pub target: String,
    /// How the source relates to the target.
    pub relation: Relation,
    /// How strongly.
    pub strength: Strength,
    /// By what they were compared.
    pub rationale: Rationale,
    /// What the row rests on.
    pub provenance: Provenance,
    /// Why the relation holds.
    pub note: Option<Box<str>>,
    /// What one asks and the other does not.
    pub gap: Option<Box<str>>,
}

/// Somebody's review of one row, with the relation that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewPart {
    /// The crosswalk's id.
    pub crosswalk: String,
    /// The row's source.
    pub source: String,
    /// The row's target.
    pub target: String,
    /// The relation that was reviewed.
    pub relation: Relation,
    /// Who and when.
    pub reviewed: Signature,
}
