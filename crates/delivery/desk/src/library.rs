//! Content, read once and shared by every desk.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use attesta_assessment::{Additions, Adviser, AssessmentType, CsfRelease, DataTypes, Factors, InheritanceRules, Pack};
use attesta_catalog::{Catalog, Fault};
use attesta_content::{ContentSource, Process};
use attesta_kernel::Date;
use attesta_lifecycle::quality::Checks;
use attesta_scoring::{Program, Rubric};
use attesta_workspace::Folder;

/// Assessments are created on few days; more than so many are read again.
const MOST_DAYS: usize = 64;

/// Policies that speak for an element: id and title, by element.
pub type Speaking = BTreeMap<attesta_kernel::ElementId, Vec<(String, String)>>;

type Read<T> = Result<Arc<T>, Vec<Fault>>;

/// Everything that content says, each part read when it is first asked for. What content says on a day is kept by day.
pub struct Library {
    source: ContentSource,
    catalog: Part<Catalog>,
    packs: Part<Vec<Pack>>,
    programs: Part<Vec<Program>>,
    kinds: Part<BTreeMap<String, AssessmentType>>,
    releases: Part<Vec<CsfRelease>>,
    additions: Part<Additions>,
    factors: Part<Factors>,
    data_types: Part<DataTypes>,
    process: Part<Process>,
    checks: Part<Checks>,
    adviser: Part<Adviser>,
    speaking: Part<Speaking>,
    rubrics: Days<Vec<Rubric>>,
    inheritance: Days<InheritanceRules>,
}

struct Part<T>(OnceLock<Read<T>>);

struct Days<T>(Mutex<BTreeMap<Date, Arc<T>>>);

impl<T> Default for Part<T> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<T> Part<T> {
    fn get(&self, read: impl FnOnce() -> Result<T, Vec<Fault>>) -> Read<T> {
        self.0.get_or_init(|| read().map(Arc::new)).clone()
    }
}

impl<T> Default for Days<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Days<T> {
    /// A day that was asked for is not read again; two that ask at once may both read it.
    fn on(&self, day: Date, read: impl FnOnce() -> Result<T, Vec<Fault>>) -> Read<T> {
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept().get(&day) {
            return Ok(Arc::clone(found));
        }
        let found = Arc::new(read()?);
        let mut days = kept();
        if days.len() >= MOST_DAYS {
            days.clear();
        }
        days.insert(day, Arc::clone(&found));
        Ok(found)
    }
}

macro_rules! parts {
    ($($(#[$doc:meta])* $name:ident: $of:ty = $read:expr;)+) => {
        $(
            $(#[$doc])*
            ///
            /// # Errors
            ///
            /// Every fault of the content.
            pub fn $name(&self) -> Result<Arc<$of>, Vec<Fault>> {
                self.$name.get(|| $read(&self.source))
            }
        )+
    };
}

impl Library {
    /// The library of a source; nothing is read yet.
    pub fn new(source: ContentSource) -> Arc<Self> {
        Arc::new(Self {
            source,
            catalog: Part::default(),
            packs: Part::default(),
            programs: Part::default(),
            kinds: Part::default(),
            releases: Part::default(),
            additions: Part::default(),
            factors: Part::default(),
            data_types: Part::default(),
            process: Part::default(),
            checks: Part::default(),
            adviser: Part::default(),
            speaking: Part::default(),
            rubrics: Days::default(),
            inheritance: Days::default(),
        })
    }

    /// The library that a folder is read with: this one, or one of its own where it has a `content/` that stands in front.
    #[must_use]
    pub fn of(self: &Arc<Self>, folder: &Folder) -> Arc<Self> {
        match folder.own_content(&self.source) {
            Some(source) => Self::new(source),
            None => Arc::clone(self),
        }
    }

    /// Where it is read from.
    pub fn source(&self) -> &ContentSource {
        &self.source
    }

    parts! {
        /// Frameworks, statements and what maps to what.
        catalog: Catalog = attesta_content::load;
        /// Programs with their figures.
        programs: Vec<Program> = attesta_content::programs;
        /// What kinds of assessments there are, by program.
        kinds: BTreeMap<String, AssessmentType> = attesta_content::assessment_types;
        /// Releases of the CSF.
        releases: Vec<CsfRelease> = attesta_content::csf_releases;
        /// What can be added to an assessment.
        additions: Additions = attesta_content::additions;
        /// Tailoring factors.
        factors: Factors = attesta_content::factors;
        /// Kinds of data in a scope.
        data_types: DataTypes = attesta_content::data_types;
        /// How an assessment is run.
        process: Process = attesta_content::process;
        /// Which type fits.
        adviser: Adviser = attesta_content::adviser;
        /// Checks of a reviewer.
        checks: Checks = attesta_content::quality_checks;
    }

    /// Requirement packs that content ships.
    ///
    /// # Errors
    ///
    /// Every fault of the content.
    pub fn packs(&self) -> Result<Arc<Vec<Pack>>, Vec<Fault>> {
        let catalog = self.catalog()?;
        self.packs.get(|| attesta_content::requirement_packs(&self.source, &catalog))
    }

    /// The policies that speak for each element of our own statements.
    ///
    /// # Errors
    ///
    /// Every fault of the content.
    pub fn speaking(&self) -> Result<Arc<Speaking>, Vec<Fault>> {
        let catalog = self.catalog()?;
        self.speaking.get(|| {
            let files: Vec<_> = attesta_content::files(&self.source, "policies")?.collect();
            let mut speaking = Speaking::new();
            for policy in attesta_content::policies(&files, &catalog)? {
                for element in policy.proves {
                    speaking.entry(element).or_default().push((policy.id.to_string(), policy.title.to_string()));
                }
            }
            Ok(speaking)
        })
    }

    /// Rubrics with the figures of a day.
    ///
    /// # Errors
    ///
    /// Every fault of the content.
    pub fn rubrics(&self, day: Date) -> Result<Arc<Vec<Rubric>>, Vec<Fault>> {
        self.rubrics.on(day, || attesta_content::rubrics(&self.source, day))
    }

    /// Rules of inheritance of a day.
    ///
    /// # Errors
    ///
    /// Every fault of the content, or that no rules hold on the day.
    pub fn inheritance(&self, day: Date) -> Result<Arc<InheritanceRules>, Vec<Fault>> {
        self.inheritance.on(day, || attesta_content::inheritance_rules(&self.source, day))
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Library({})", self.source)
    }
}
