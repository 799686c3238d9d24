use std::{collections::BTreeMap, fmt};

use attesta_kernel::{Citation, Provenance};

use crate::{
    Edition, Placed,
    fault::{Faults, values},
    parents,
};

/// One paragraph of the HIPAA Security Rule that somebody must meet, or that says how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HipaaItem {
    /// Where it stands in 45 CFR.
    pub citation: Citation,
    /// What kind of paragraph it is.
    pub kind: HipaaKind,
    /// The section of the rule that it belongs to.
    pub group: HipaaGroup,
    /// Whether it must be met as written.
    pub designation: Designation,
    /// The paragraph that it specifies or continues.
    pub parent: Option<Citation>,
    /// Its title.
    pub title: String,
    /// What it asks, in our own words.
    pub statement: String,
    /// What people usually show for it.
    pub typical_evidence: Vec<String>,
    /// For whom alone it holds, when it does not hold for everyone.
    pub may_not_apply: Option<String>,
    /// What the proposed rule of 2025 would change; it binds nobody.
    pub proposed: Option<Proposal>,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// A change that was proposed and is not law.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The change, in our own words.
    pub text: String,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// What kind of paragraph an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HipaaKind {
    /// A standard.
    Standard,
    /// An implementation specification of a standard.
    Specification,
    /// A rule about all standards (164.306).
    GeneralRule,
    /// A paragraph that frames or continues others.
    Provision,
}

/// The section of the rule that an item belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HipaaGroup {
    /// 164.302 to 164.306.
    General,
    /// 164.308.
    Administrative,
    /// 164.310.
    Physical,
    /// 164.312.
    Technical,
    /// 164.314.
    Organizational,
    /// 164.316 and 164.318.
    Documentation,
}

/// Whether an item must be met as written (45 CFR 164.306(d)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Designation {
    /// Must be met: a required specification, or a standard that has no specifications.
    Required,
    /// Must be met, or a written decision says why not and what stands in.
    Addressable,
    /// A standard that is met through its specifications.
    Standard,
    /// Carries no designation.
    None,
}

macro_rules! words {
    ($name:ident: $($variant:ident = $word:literal),+ $(,)?) => {
        impl $name {
            /// The word used in content and reports.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words!(HipaaKind: Standard = "standard", Specification = "specification", GeneralRule = "general-rule", Provision = "provision");
words!(HipaaGroup: General = "general", Administrative = "administrative", Physical = "physical", Technical = "technical", Organizational = "organizational", Documentation = "documentation");
words!(Designation: Required = "required", Addressable = "addressable", Standard = "standard", None = "none");

/// The Security Rule as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HipaaParts {
    /// Which text.
    pub edition: Placed<Edition>,
    /// Its items.
    pub items: Vec<Placed<HipaaItem>>,
}

pub(crate) fn build(parts: HipaaParts, faults: &mut Faults) -> (Edition, BTreeMap<Citation, HipaaItem>) {
    parts.edition.value.check(&parts.edition.place, faults);
    let items = faults.index("citation", parts.items, |item| item.citation.clone());
    parents::check(
        "citation",
        items.iter().map(|(citation, item)| (citation, item.value.parent.as_ref(), &item.place)),
        faults,
    );
    for (citation, Placed { place, value: item }) in &items {
        faults.text(place, format_args!("title of `{citation}`"), &item.title);
        faults.text(place, format_args!("statement of `{citation}`"), &item.statement);
        for text in item.typical_evidence.iter().chain(&item.may_not_apply).chain(item.proposed.iter().map(|p| &p.text))
        {
            faults.text(place, format_args!("a text of `{citation}`"), text);
        }
        let specified = items
            .values()
            .any(|other| other.value.kind == HipaaKind::Specification && other.value.parent.as_ref() == Some(citation));
        let fits = match item.kind {
            HipaaKind::Specification => matches!(item.designation, Designation::Required | Designation::Addressable),
            HipaaKind::Standard if specified => item.designation == Designation::Standard,
            HipaaKind::Standard => item.designation == Designation::Required,
            HipaaKind::GeneralRule | HipaaKind::Provision => item.designation == Designation::None,
        };
        if !fits {
            faults.add(
                place,
                format!("`{citation}` is a {} and cannot be designated `{}`", item.kind, item.designation),
                "a specification is required or addressable; a standard is `standard` with specifications and `required` without; anything else is `none`",
            );
        }
        let parent_kind = item.parent.as_ref().and_then(|p| items.get(p)).map(|p| p.value.kind);
        if item.kind == HipaaKind::Specification && parent_kind != Some(HipaaKind::Standard) {
            faults.add(
                place,
                format!("specification `{citation}` stands under no standard"),
                "name its standard as `parent`",
            );
        }
    }
    (parts.edition.value, values(items))
}
