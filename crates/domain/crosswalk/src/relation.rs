use std::{fmt, str::FromStr};

/// How what one requirement asks relates to what another asks, as sets (NIST IR 8477). Read from the source: *the source
/// is … the target*. Exactly one of them holds between two requirements that each ask something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// Both ask the same.
    Equal,
    /// The source asks a part of what the target asks, and nothing else.
    SubsetOf,
    /// The source asks all that the target asks, and more.
    SupersetOf,
    /// They share something, and each asks something that the other does not.
    IntersectsWith,
    /// They share nothing.
    NoRelationship,
}

impl Relation {
    /// Every relation.
    pub const ALL: [Self; 5] =
        [Self::Equal, Self::SubsetOf, Self::SupersetOf, Self::IntersectsWith, Self::NoRelationship];

    /// The words used in content and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::SubsetOf => "subset of",
            Self::SupersetOf => "superset of",
            Self::IntersectsWith => "intersects with",
            Self::NoRelationship => "no relationship",
        }
    }

    /// The relation between two names, as people say it.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Equal => "is equal to",
            Self::SubsetOf => "is a subset of",
            Self::SupersetOf => "is a superset of",
            Self::IntersectsWith => "intersects with",
            Self::NoRelationship => "has no relationship with",
        }
    }

    /// The relation read from the target.
    pub fn inverse(self) -> Self {
        match self {
            Self::SubsetOf => Self::SupersetOf,
            Self::SupersetOf => Self::SubsetOf,
            same => same,
        }
    }

    /// What follows for `a` and `c` when `a` is `self` to `b` and `b` is `next` to `c`: every relation that sets allow,
    /// and no other. (The composition table of RCC-5.)
    ///
    /// ```
    /// use attesta_crosswalk::Relation::{IntersectsWith, SubsetOf, SupersetOf};
    /// assert_eq!(SupersetOf.then(SupersetOf).determined(), Some(SupersetOf));
    /// assert_eq!(SubsetOf.then(SupersetOf).determined(), None);
    /// assert_eq!(IntersectsWith.then(IntersectsWith).to_string(), "undetermined");
    /// ```
    pub fn then(self, next: Self) -> Possible {
        use Relation::{Equal, IntersectsWith, NoRelationship, SubsetOf, SupersetOf};
        let of = |relations: &[Self]| relations.iter().fold(Possible(0), |all, r| all.or(Possible::from(*r)));
        match (self, next) {
            (Equal, other) | (other, Equal) => Possible::from(other),
            (SubsetOf, SubsetOf) => of(&[SubsetOf]),
            (SupersetOf, SupersetOf) => of(&[SupersetOf]),
            (SubsetOf, NoRelationship) | (NoRelationship, SupersetOf) => of(&[NoRelationship]),
            (SupersetOf, SubsetOf) => of(&[Equal, SubsetOf, SupersetOf, IntersectsWith]),
            (SupersetOf, IntersectsWith) => of(&[SupersetOf, IntersectsWith]),
            (IntersectsWith, SubsetOf) => of(&[SubsetOf, IntersectsWith]),
            (SubsetOf, IntersectsWith) | (NoRelationship, SubsetOf | IntersectsWith) => {
                of(&[SubsetOf, IntersectsWith, NoRelationship])
            }
            (SupersetOf, NoRelationship) | (IntersectsWith, SupersetOf | NoRelationship) => {
                of(&[SupersetOf, IntersectsWith, NoRelationship])
            }
            (SubsetOf, SupersetOf) | (IntersectsWith, IntersectsWith) | (NoRelationship, NoRelationship) => {
                Possible::ANY
            }
        }
    }

    fn bit(self) -> u8 {
        match self {
            Self::Equal => 1,
            Self::SubsetOf => 2,
            Self::SupersetOf => 4,
            Self::IntersectsWith => 8,
            Self::NoRelationship => 16,
        }
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The words are not a relation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a relation; use equal, subset of, superset of, intersects with or no relationship")]
pub struct UnknownRelation(pub String);

impl FromStr for Relation {
    type Err = UnknownRelation;

    /// Blanks, dashes and underscores are one; `not related` is what some files write for *no relationship*.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = text.trim().to_ascii_lowercase().replace(['-', '_'], " ");
        match plain.as_str() {
            "not related" => Ok(Self::NoRelationship),
            "subset" => Ok(Self::SubsetOf),
            "superset" => Ok(Self::SupersetOf),
            _ => Self::ALL.into_iter().find(|r| r.as_str() == plain).ok_or_else(|| UnknownRelation(text.to_owned())),
        }
    }
}

/// The relations that may hold between two requirements, as far as a chain of relations tells. Never empty.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Possible(u8);

impl Possible {
    /// Nothing follows.
    pub const ANY: Self = Self(31);
    /// They share something, and no more follows.
    pub const SHARING: Self = Self(15);

    fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether `relation` may hold.
    pub fn allows(self, relation: Relation) -> bool {
        self.0 & relation.bit() != 0
    }

    /// Whether everything that may hold here may hold in `other`: this says at least as much.
    pub fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// The relations that may hold.
    pub fn relations(self) -> impl Iterator<Item = Relation> {
        Relation::ALL.into_iter().filter(move |r| self.allows(*r))
    }

    /// The one relation that holds, when only one may.
    pub fn determined(self) -> Option<Relation> {
        let mut relations = self.relations();
        relations.next().filter(|_| relations.next().is_none())
    }

    /// What may hold read from the target.
    #[must_use]
    pub fn inverse(self) -> Self {
        self.relations().fold(Self(0), |all, r| all.or(r.inverse().into()))
    }

    /// One hop further.
    #[must_use]
    pub fn then(self, next: Relation) -> Self {
        self.relations().fold(Self(0), |all, r| all.or(r.then(next)))
    }

    /// What a met source says about its target.
    pub fn claim(self) -> Claim {
        let only = |relations: [Relation; 2]| self.is_within(Self::from(relations[0]).or(relations[1].into()));
        if only([Relation::Equal, Relation::SupersetOf]) {
            Claim::Full
        } else if !self.allows(Relation::NoRelationship) {
            Claim::Partial
        } else if self.determined().is_some() {
            Claim::Nothing
        } else {
            Claim::Undetermined
        }
    }

    /// Whether the target surely includes all that the source asks, so that a source that is not met leaves the target
    /// not fully met.
    pub fn source_is_part(self) -> bool {
        self.is_within(Self::from(Relation::Equal).or(Relation::SubsetOf.into()))
    }
}

impl From<Relation> for Possible {
    fn from(relation: Relation) -> Self {
        Self(relation.bit())
    }
}

impl fmt::Display for Possible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.claim() == Claim::Undetermined {
            return f.pad("undetermined");
        }
        if self == &Self::SHARING {
            return f.pad("any but no relationship");
        }
        f.pad(&self.relations().map(Relation::as_str).collect::<Vec<_>>().join(" or "))
    }
}

impl fmt::Debug for Possible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.relations()).finish()
    }
}

/// What a met source says about its target. Ordered from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Claim {
    /// They share nothing.
    Nothing,
    /// Nothing follows: they may share something or not.
    Undetermined,
    /// They share something; some of the target may be left.
    Partial,
    /// Whatever the target asks is met.
    Full,
}
