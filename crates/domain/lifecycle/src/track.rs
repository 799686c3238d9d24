use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{Purpose, Side};
use attesta_kernel::{Date, Provenance};
use attesta_scoring::Timeline;

use crate::{Paper, Phase};

/// The phases that a purpose runs through, and the papers that its submission needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    phases: BTreeSet<Phase>,
    /// Papers that its submission needs.
    pub papers: BTreeSet<Paper>,
}

/// A track that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrackError {
    /// Every track has these.
    #[error("`{0}` is missing; every assessment runs through it")]
    Missing(Phase),
    /// A phase that cannot be without another.
    #[error("`{phase}` needs `{needs}`")]
    Needs {
        /// The phase.
        phase: Phase,
        /// What it cannot be without.
        needs: Phase,
    },
    /// It is where an assessment goes that is given up; no track lists it.
    #[error("`withdrawn` is no step of a track")]
    Withdrawn,
    /// The letter is signed in a phase of its own.
    #[error("a letter is signed in `caps-and-letter`, which is missing")]
    Letter,
}

impl Track {
    /// A checked track.
    ///
    /// # Errors
    ///
    /// When phases are missing that it cannot do without.
    pub fn new(phases: BTreeSet<Phase>, papers: BTreeSet<Paper>) -> Result<Self, TrackError> {
        if phases.contains(&Phase::Withdrawn) {
            return Err(TrackError::Withdrawn);
        }
        let always = [Phase::Answering, Phase::CheckIn, Phase::FinalReport, Phase::Complete];
        if let Some(missing) = always.into_iter().find(|p| !phases.contains(p)) {
            return Err(TrackError::Missing(missing));
        }
        let needs = [
            (Phase::PreAssessmentReview, Phase::PreAssessment),
            (Phase::CapsAndLetter, Phase::Validation),
            (Phase::CapReview, Phase::CapsAndLetter),
            (Phase::PendingQa, Phase::Qa),
            (Phase::Qa, Phase::QaTasks),
            (Phase::QaTasks, Phase::QaResponseReview),
            (Phase::QaResponseReview, Phase::Qa),
            (Phase::PreparingDraft, Phase::DraftReview),
            (Phase::DraftReview, Phase::RevisingDraft),
            (Phase::RevisingDraft, Phase::PreparingDraft),
        ];
        if let Some((phase, needs)) = needs.into_iter().find(|(p, n)| phases.contains(p) && !phases.contains(n)) {
            return Err(TrackError::Needs { phase, needs });
        }
        if papers.contains(&Paper::Letter) && !phases.contains(&Phase::CapsAndLetter) {
            return Err(TrackError::Letter);
        }
        Ok(Self { phases, papers })
    }

    /// Whether it runs through a phase.
    pub fn has(&self, phase: Phase) -> bool {
        self.phases.contains(&phase)
    }

    /// Its phases, in order.
    pub fn phases(&self) -> impl Iterator<Item = Phase> + '_ {
        self.phases.iter().copied()
    }

    /// The first phase.
    pub fn first(&self) -> Phase {
        self.phases().next().unwrap_or(Phase::Answering)
    }

    /// The phase that follows when all goes well: detours (tasks, reading answers, other wording) are left out.
    pub fn next(&self, phase: Phase) -> Option<Phase> {
        let detour = |p: &Phase| {
            matches!(p, Phase::CheckInTasks | Phase::QaTasks | Phase::QaResponseReview | Phase::RevisingDraft)
        };
        self.phases().filter(|p| !detour(p)).find(|p| *p > phase)
    }
}

/// What content says of a phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseNote {
    /// What the field calls it.
    pub title: String,
    /// Who owns it.
    pub owner: Side,
    /// What happens in it, in our own words.
    pub means: String,
    /// Where that comes from.
    pub provenance: Provenance,
}

/// Every phase described, and a track for each purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phases {
    notes: BTreeMap<Phase, PhaseNote>,
    tracks: BTreeMap<Purpose, Timeline<Track>>,
}

/// Something of the phases is not told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhasesError {
    /// A phase is not described.
    #[error("phase `{0}` is not described")]
    Phase(Phase),
    /// A purpose has no track.
    #[error("purpose `{0}` has no track")]
    Track(Purpose),
}

impl Phases {
    /// Every phase and every purpose.
    ///
    /// # Errors
    ///
    /// What is left out.
    pub fn new(
        notes: BTreeMap<Phase, PhaseNote>,
        tracks: BTreeMap<Purpose, Timeline<Track>>,
    ) -> Result<Self, PhasesError> {
        if let Some(missing) = Phase::ALL.into_iter().find(|p| !notes.contains_key(p)) {
            return Err(PhasesError::Phase(missing));
        }
        if let Some(missing) = Purpose::ALL.into_iter().find(|p| !tracks.contains_key(p)) {
            return Err(PhasesError::Track(missing));
        }
        Ok(Self { notes, tracks })
    }

    /// What is said of a phase.
    pub fn note(&self, phase: Phase) -> Option<&PhaseNote> {
        self.notes.get(&phase)
    }

    /// Who owns a phase; HITRUST where nothing is said, which [`Phases::new`] rules out.
    pub fn owner(&self, phase: Phase) -> Side {
        self.note(phase).map_or(Side::Hitrust, |n| n.owner)
    }

    /// The track of a purpose on a day, and where it comes from.
    pub fn track(&self, purpose: Purpose, day: Date) -> Option<(&Track, &Provenance)> {
        let figure = self.tracks.get(&purpose)?.on(day)?;
        Some((&figure.value, &figure.provenance))
    }
}
