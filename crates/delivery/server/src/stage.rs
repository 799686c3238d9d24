//! With whom an assessment is, by its phase (Handbook ch. 4).

use attesta_access::Stage;
use attesta_lifecycle::Phase;

/// The side that may write in a phase.
pub(crate) fn of(phase: Phase) -> Stage {
    match phase {
        Phase::PreAssessment | Phase::PreAssessmentReview | Phase::Answering => Stage::Entity,
        Phase::Validation => Stage::Assessor,
        Phase::CapsAndLetter | Phase::CapReview => Stage::Closing,
        Phase::CheckIn
        | Phase::CheckInTasks
        | Phase::PendingQa
        | Phase::Qa
        | Phase::QaTasks
        | Phase::QaResponseReview
        | Phase::PreparingDraft
        | Phase::DraftReview
        | Phase::RevisingDraft
        | Phase::FinalReport => Stage::Hitrust,
        Phase::Complete | Phase::Withdrawn => Stage::Closed,
    }
}
