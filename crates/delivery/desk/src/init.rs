//! The first files of a new assessment.

use attesta_assessment::{AdditionId, Assessment, AssessmentId, CsfVersion, Purpose, check_header};
use attesta_kernel::{Date, Place};
use attesta_workspace::{Change, first_files};

use crate::{
    failure::{Failure, Kind},
    library::Library,
};

/// The edition of the rubric that a new assessment names.
const RUBRIC: &str = "v3";

/// What a new assessment is.
#[derive(Debug, Clone)]
pub struct New {
    /// Its id.
    pub id: AssessmentId,
    /// The assessment type: e1, i1, r2.
    pub kind: String,
    /// What it is for.
    pub purpose: Purpose,
    /// What people call it; its type and day without.
    pub title: Option<String>,
    /// The organisation that is assessed.
    pub organisation: String,
    /// The version of the CSF; the newest on the day of creation without.
    pub csf: Option<String>,
    /// Additions.
    pub additions: Vec<AdditionId>,
    /// The day of creation; it picks the figures that hold.
    pub created: Date,
    /// When it should be certified.
    pub target: Option<Date>,
    /// Score Measured and Managed too, where the type leaves that open.
    pub measured_and_managed: bool,
}

/// A new assessment.
#[derive(Debug)]
pub struct Begun {
    /// Its header.
    pub header: Assessment,
    /// Its files.
    pub files: Vec<Change>,
    /// What whoever begins it should hear.
    pub notes: Vec<String>,
}

/// Begins an assessment: commented files that load as they are.
///
/// # Errors
///
/// When there is no such type, version or addition, or days contradict each other.
pub fn begin(library: &Library, new: New) -> Result<Begun, Failure> {
    let created = new.created;
    let header = header(library, new)?;
    let kinds = library.kinds()?;
    let Some(kind) = kinds.get(&header.program) else {
        let known: Vec<&str> = kinds.keys().map(String::as_str).collect();
        return Err(Failure::new(Kind::BadInput, format!("`{}` is not an assessment type", header.program))
            .help(format!("use {}", known.join(", "))));
    };
    let (releases, additions) = (library.releases()?, library.additions()?);
    let place = Place::new("the command line", None);
    let notes = check_header(kind, &releases, &additions, &header, &place, created)
        .map_err(|faults| Failure::of(Kind::BadInput, faults))?;
    let files = first_files(&header, &*library.factors()?, &additions);
    Ok(Begun { header, files: files.into_iter().collect(), notes })
}

fn header(library: &Library, new: New) -> Result<Assessment, Failure> {
    let usage = |e: String| Failure::new(Kind::BadInput, e);
    let created = new.created;
    let csf = match &new.csf {
        Some(csf) => csf.parse::<CsfVersion>().map(|_| csf.clone()).map_err(|e| usage(e.to_string()))?,
        None => newest(library, created)?,
    };
    if let Some(target) = new.target.filter(|target| *target <= created) {
        return Err(usage(format!("the target {target} is not after {created}")).help("name a later day"));
    }
    Ok(Assessment {
        id: new.id,
        title: new.title.unwrap_or_else(|| format!("{} of {created}", new.kind)),
        organisation: new.organisation,
        program: new.kind,
        purpose: new.purpose,
        csf,
        created,
        additions: new.additions.into_iter().collect(),
        packs: Vec::new(),
        measured_and_managed: new.measured_and_managed,
        rubric: RUBRIC.to_owned(),
        target: new.target,
        prior: None,
    })
}

fn newest(library: &Library, created: Date) -> Result<String, Failure> {
    let releases = library.releases()?;
    let out = releases.iter().filter(|r| r.released.is_some_and(|d| d <= created)).map(|r| r.last).max();
    out.map(|v| v.to_string()).ok_or_else(|| {
        Failure::new(Kind::BadInput, format!("no version of the CSF is known to be out on {created}"))
            .help("name one with --csf")
    })
}
