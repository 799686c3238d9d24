use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use attesta_kernel::{Provenance, Share};
use attesta_scoring::Score;

use crate::{MatrixId, PackRequirement, ProviderId, RequirementKey};

/// Who is responsible for what between an organisation and a provider, element by element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    /// Its id.
    pub id: MatrixId,
    /// What it is.
    pub title: String,
    /// Whose words and judgements these are.
    pub notice: String,
    /// The provider, where it is one's own; an illustration has none.
    pub provider: Option<ProviderId>,
    /// Where it comes from.
    pub provenance: Provenance,
    /// What it says, by requirement.
    pub rows: BTreeMap<RequirementKey, MatrixRow>,
}

/// What a matrix says of one requirement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MatrixRow {
    /// Who answers for each element, by number. An element that is not here is the customer's.
    pub elements: BTreeMap<u8, Responsibility>,
    /// The most that may be inherited, in per cent, where the matrix says so.
    pub most: Option<Score>,
    /// The provider's remarks.
    pub notes: String,
}

/// Who answers for an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Responsibility {
    /// The provider alone.
    Provider,
    /// Both, each for a part.
    Shared,
    /// The customer alone.
    Customer,
}

impl Responsibility {
    /// Every responsibility.
    pub const ALL: [Self; 3] = [Self::Provider, Self::Shared, Self::Customer];

    /// The word used in files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Shared => "shared",
            Self::Customer => "customer",
        }
    }
}

impl fmt::Display for Responsibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Responsibility {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|r| r.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no responsibility; use provider, shared or customer"))
    }
}

/// How much of a requirement can be inherited by a matrix, worked out from its elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inheritable {
    /// Every element is the provider's.
    Fully,
    /// Some are the provider's or shared.
    Partially,
    /// None is.
    Not,
}

impl Inheritable {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fully => "fully",
            Self::Partially => "partially",
            Self::Not => "not",
        }
    }
}

impl Matrix {
    /// Who answers for one element; the customer where the matrix says nothing.
    pub fn responsibility(&self, requirement: &RequirementKey, element: u8) -> Responsibility {
        let row = self.rows.get(requirement);
        row.and_then(|row| row.elements.get(&element)).copied().unwrap_or(Responsibility::Customer)
    }

    /// How many elements of a requirement are the provider's, shared, and the customer's.
    fn counts(&self, requirement: &PackRequirement) -> (u32, u32, u32) {
        requirement.elements.iter().fold((0, 0, 0), |(provider, shared, customer), element| {
            match self.responsibility(&requirement.id, element.number) {
                Responsibility::Provider => (provider + 1, shared, customer),
                Responsibility::Shared => (provider, shared + 1, customer),
                Responsibility::Customer => (provider, shared, customer + 1),
            }
        })
    }

    /// How much of a requirement can be inherited.
    pub fn inheritable(&self, requirement: &PackRequirement) -> Inheritable {
        match self.counts(requirement) {
            (provider, 0, 0) if provider > 0 => Inheritable::Fully,
            (0, 0, _) => Inheritable::Not,
            _ => Inheritable::Partially,
        }
    }

    /// Elements that the provider answers for alone, of all: the share that a request should ask for.
    pub fn suggested(&self, requirement: &PackRequirement) -> Share {
        let (provider, shared, customer) = self.counts(requirement);
        Share::new(provider, provider + shared + customer)
    }

    /// The most that a request may weigh: what the matrix says, otherwise the share of elements that are the provider's
    /// or shared, in whole per cent, downwards.
    pub fn allowance(&self, requirement: &PackRequirement) -> Score {
        if let Some(most) = self.rows.get(&requirement.id).and_then(|row| row.most) {
            return most;
        }
        let (provider, shared, customer) = self.counts(requirement);
        let percent = Share::new(provider + shared, provider + shared + customer).percent().unwrap_or(0);
        u16::try_from(percent.saturating_mul(100)).ok().and_then(Score::from_hundredths).unwrap_or(Score::ZERO)
    }
}

/// Something that the organisation must do itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mine<'a> {
    /// Of which requirement.
    pub requirement: &'a PackRequirement,
    /// Which element.
    pub element: u8,
    /// Alone, or a part of it.
    pub responsibility: Responsibility,
}

/// What is still the organisation's own when providers do what their matrices say: every element that no matrix gives to
/// a provider alone.
pub fn still_mine<'a>(
    matrices: &[&Matrix],
    requirements: impl IntoIterator<Item = &'a PackRequirement>,
) -> Vec<Mine<'a>> {
    let mut mine = Vec::new();
    for requirement in requirements {
        for element in &requirement.elements {
            let said: BTreeSet<Responsibility> =
                matrices.iter().map(|m| m.responsibility(&requirement.id, element.number)).collect();
            let responsibility = said.first().copied().unwrap_or(Responsibility::Customer);
            if responsibility != Responsibility::Provider {
                mine.push(Mine { requirement, element: element.number, responsibility });
            }
        }
    }
    mine
}
