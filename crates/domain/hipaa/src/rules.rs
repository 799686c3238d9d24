//! The figures and lists that the trackers work with. All of them are content; nothing here holds a number of its own.

use attesta_kernel::{Citation, Date, Provenance};

use crate::{RecordId, Register, Slug, proposal::ProposedRule, words::word_enum};

/// Everything that content says about HIPAA's people side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// About decisions.
    pub decisions: DecisionRules,
    /// About the risk analysis.
    pub risk: RiskRules,
    /// About breaches.
    pub breach: BreachRules,
    /// About business associate agreements.
    pub agreements: AgreementRules,
    /// About recognised security practices.
    pub practices: PracticeRules,
    /// Which items of the rule hang on which register.
    pub gates: Vec<GateRule>,
    /// The proposed rule of 2025, which binds nobody.
    pub proposed: ProposedRule,
}

/// One question that must be answered in writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Factor {
    /// The key under which it is answered.
    pub id: Slug,
    /// Where the rule asks it.
    pub citation: Citation,
    /// The question, in our own words.
    pub asks: String,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// About decisions on addressable specifications.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionRules {
    /// What must be weighed (45 CFR 164.306(b)(2)).
    pub factors: Vec<Factor>,
    /// How many years a record is kept after it was last in force.
    pub retention_years: u32,
    /// Where that figure comes from.
    pub retention_provenance: Provenance,
}

/// About the risk analysis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RiskRules {
    /// How likelihood and impact make a level.
    pub matrix: RiskMatrix,
    /// After so many months a risk analysis is due again.
    pub review_months: u32,
    /// Where that figure comes from.
    pub review_provenance: Provenance,
}

/// Grades of likelihood and impact, and the level that each pair makes. Raising a grade never lowers a level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RiskMatrix {
    likelihoods: Vec<Slug>,
    impacts: Vec<Slug>,
    levels: Vec<Slug>,
    cells: Vec<Vec<usize>>,
    /// Whose matrix it is. The rule names none, so that any matrix is somebody's choice.
    pub provenance: Provenance,
}

/// The lists make no matrix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MatrixError {
    /// A grade stands twice, or a list is empty.
    #[error("{0} must be a list of different words, lowest first")]
    Grades(&'static str),
    /// Not one row for each likelihood, or not one cell for each impact.
    #[error("there must be one row for each likelihood, lowest first, and in it one level for each impact")]
    Shape,
    /// A cell names no level.
    #[error("`{0}` is not one of the levels")]
    Level(Slug),
    /// A higher grade makes a lower level.
    #[error("the level falls where likelihood or impact rises, at `{likelihood}` and `{impact}`")]
    Falls {
        /// The row.
        likelihood: Slug,
        /// The column.
        impact: Slug,
    },
}

impl RiskMatrix {
    /// A matrix of these lists, each lowest first; `cells` has a row for each likelihood.
    ///
    /// # Errors
    /// What is wrong with the lists.
    pub fn new(
        likelihoods: Vec<Slug>,
        impacts: Vec<Slug>,
        levels: Vec<Slug>,
        cells: &[Vec<Slug>],
        provenance: Provenance,
    ) -> Result<Self, MatrixError> {
        for (name, list) in [("likelihoods", &likelihoods), ("impacts", &impacts), ("levels", &levels)] {
            let twice = list.iter().enumerate().any(|(at, word)| list.iter().skip(at + 1).any(|other| other == word));
            if list.is_empty() || twice {
                return Err(MatrixError::Grades(name));
            }
        }
        if cells.len() != likelihoods.len() || cells.iter().any(|row| row.len() != impacts.len()) {
            return Err(MatrixError::Shape);
        }
        let place = |word: &Slug| levels.iter().position(|l| l == word).ok_or_else(|| MatrixError::Level(word.clone()));
        let cells: Vec<Vec<usize>> =
            cells.iter().map(|row| row.iter().map(place).collect()).collect::<Result<_, _>>()?;
        let mut below: Option<&Vec<usize>> = None;
        for (row, likelihood) in cells.iter().zip(&likelihoods) {
            let mut left = 0;
            for ((at, cell), impact) in row.iter().enumerate().zip(&impacts) {
                let under = below.and_then(|row| row.get(at)).copied().unwrap_or(0);
                if *cell < left || *cell < under {
                    return Err(MatrixError::Falls { likelihood: likelihood.clone(), impact: impact.clone() });
                }
                left = *cell;
            }
            below = Some(row);
        }
        Ok(Self { likelihoods, impacts, levels, cells, provenance })
    }

    /// The grades of likelihood, lowest first.
    pub fn likelihoods(&self) -> &[Slug] {
        &self.likelihoods
    }

    /// The grades of impact, lowest first.
    pub fn impacts(&self) -> &[Slug] {
        &self.impacts
    }

    /// The levels, lowest first.
    pub fn levels(&self) -> &[Slug] {
        &self.levels
    }

    /// The level of a pair, and its rank from 0; `None` when a word is no grade.
    pub fn level(&self, likelihood: &Slug, impact: &Slug) -> Option<(usize, &Slug)> {
        let row = self.likelihoods.iter().position(|l| l == likelihood)?;
        let column = self.impacts.iter().position(|i| i == impact)?;
        let rank = *self.cells.get(row)?.get(column)?;
        Some((rank, self.levels.get(rank)?))
    }
}

/// About breaches of unsecured protected health information (45 CFR 164.400 to 164.414).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreachRules {
    /// The four factors of an assessment (164.402(2)).
    pub factors: Vec<Factor>,
    /// What is not a breach (164.402(1)).
    pub exclusions: Vec<Factor>,
    /// Who must be told, and by when.
    pub clocks: Vec<ClockRule>,
    /// How many days an oral statement of law enforcement may hold a notice back (164.412(b)).
    pub oral_hold_days: u32,
    /// Where that figure comes from.
    pub oral_hold_provenance: Provenance,
    /// What each party must be able to show (164.414(b)), in our own words.
    pub burden_of_proof: String,
    /// First day on which these figures hold.
    pub since: Date,
    /// Where that day comes from.
    pub since_provenance: Provenance,
}

/// One clock of the breach rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockRule {
    /// Its name.
    pub id: Slug,
    /// Whose clock it is.
    pub who: crate::OurRole,
    /// Who is told.
    pub to: Recipient,
    /// When it runs at all.
    pub when: Condition,
    /// From when it counts.
    pub counted_from: CountedFrom,
    /// So many calendar days, the last of which is still in time.
    pub days: u32,
    /// Another clock with whose notice this one's must go out.
    pub with: Option<Slug>,
    /// Where the rule says so.
    pub citation: Citation,
    /// Where it comes from.
    pub provenance: Provenance,
}

word_enum! {
    /// Who is told of a breach.
    Recipient, "a recipient" {
        /// Each individual concerned.
        Individuals = "individuals",
        /// Prominent media of a State or jurisdiction.
        Media = "media",
        /// The Secretary of Health and Human Services.
        Hhs = "hhs",
        /// The covered entity for which a business associate works.
        CoveredEntity = "covered-entity",
    }
}

word_enum! {
    /// From when a clock counts.
    CountedFrom, "a beginning of a clock" {
        /// The day of discovery.
        Discovery = "discovery",
        /// The last day of the calendar year of discovery.
        YearEnd = "year-end",
    }
}

/// When a clock runs. The thresholds differ on purpose: HHS is "500 or more", media is "more than 500".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Always.
    Always,
    /// This many individuals or more.
    IndividualsAtLeast(u32),
    /// Fewer individuals than this.
    IndividualsFewerThan(u32),
    /// More residents of one State or jurisdiction than this; one clock for each.
    ResidentsMoreThan(u32),
}

/// About business associate agreements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgreementRules {
    /// What an agreement must say.
    pub clauses: Vec<ClauseRule>,
}

/// One thing that an agreement must say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClauseRule {
    /// Where the rule asks for it.
    pub citation: Citation,
    /// A short title.
    pub title: String,
    /// What it asks, in our own words.
    pub asks: String,
    /// For which agreements alone it holds, when it does not hold for all.
    pub may_not_apply: Option<String>,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// About recognised security practices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PracticeRules {
    /// For how many months, up to the day of the report, practices must have been in place.
    pub months: u32,
    /// Where that figure comes from.
    pub months_provenance: Provenance,
    /// What showing them does and what it does not, in our own words.
    pub effect: String,
    /// The kinds of practices that the law names.
    pub families: Vec<Family>,
}

/// One kind of practices that the law recognises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// Its name in files.
    pub id: Slug,
    /// Its title.
    pub title: String,
    /// What it takes; nothing where the law leaves the list open.
    pub parts: Vec<Part>,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// One thing that a family of practices takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name in files.
    pub id: RecordId,
    /// Its title.
    pub title: String,
}

/// An item of the Security Rule that cannot be met while a register is not in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateRule {
    /// The item.
    pub item: Citation,
    /// The register.
    pub register: Register,
    /// Why.
    pub provenance: Provenance,
}
