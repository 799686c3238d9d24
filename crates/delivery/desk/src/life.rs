//! Where an assessment stands in its life: what `advance`, `calendar`, `sample` and `event` begin with.

use std::sync::Arc;

use attesta_assessment::{Person, PersonId, Side};
use attesta_catalog::Fault;
use attesta_content::Process;
use attesta_kernel::{Date, Digest};
use attesta_lifecycle::{History, Setting};

use crate::{
    desk::Desk,
    failure::{Failure, Kind},
};

/// The process's content and the assessment's history.
#[derive(Debug)]
pub struct Course {
    /// How assessments are run.
    pub process: Arc<Process>,
    /// What was recorded.
    pub history: History,
    /// The digest of the history's file as it was read.
    pub read: Option<Digest>,
}

impl Course {
    /// Reads both.
    ///
    /// # Errors
    ///
    /// When content has no phases for the assessment, or the history was edited.
    pub fn of(desk: &Desk) -> Result<Self, Failure> {
        let process = desk.library.process()?;
        let header = &desk.dossier.assessment;
        let (purpose, created) = (header.value.purpose, header.value.created);
        let Some((track, _)) = process.phases.track(purpose, created) else {
            let message = format!("content has no phases for a {purpose} assessment on {created}");
            let fault = Fault::plain(header.place.clone(), message);
            return Err(Failure::from(fault).help("use a content pack that has them"));
        };
        // Commands alone write the file: whatever is wrong with it was done by hand.
        let (history, read) = attesta_workspace::history(&desk.folder, purpose, track)
            .map_err(|faults| Failure::of(Kind::Tampered, faults))?;
        Ok(Self { history, read, process })
    }

    /// What holds for the assessment, seen on a day.
    pub fn setting<'a>(&'a self, desk: &'a Desk, today: Date) -> Setting<'a> {
        let header = &desk.dossier.assessment.value;
        Setting {
            phases: &self.process.phases,
            figures: &self.process.figures,
            terms: &self.process.terms,
            program: &header.program,
            purpose: header.purpose,
            created: header.created,
            prior: header.prior.as_ref(),
            today,
        }
    }
}

/// Somebody of people.yaml.
///
/// # Errors
///
/// When there is no such person.
pub fn person<'d>(desk: &'d Desk, id: &PersonId) -> Result<&'d Person, Failure> {
    desk.dossier.people.get(id).map(|p| &p.value).ok_or_else(|| {
        let known: Vec<&str> = desk.dossier.people.keys().map(PersonId::as_str).collect();
        let known = if known.is_empty() { "nobody yet".to_owned() } else { known.join(", ") };
        Failure::new(Kind::NotFound, format!("there is no person `{id}` in people.yaml"))
            .help(format!("add them there, or name one of: {known}"))
    })
}

/// Somebody of people.yaml, on one of these sides.
///
/// # Errors
///
/// When there is no such person, or they stand on another side.
pub fn person_of<'d>(desk: &'d Desk, id: &PersonId, sides: &[Side]) -> Result<&'d Person, Failure> {
    let person = person(desk, id)?;
    if sides.contains(&person.side) {
        return Ok(person);
    }
    let words: Vec<&str> = sides.iter().map(|s| s.as_str()).collect();
    Err(Failure::new(Kind::Refused, format!("`{id}` stands on the {}'s side", person.side))
        .help(format!("let somebody of the side of {} do it: --by PERSON", words.join(" or "))))
}
