//! Which leave each verb of an assessment's life wants, in the words of the role table. Whose act it is and what it needs,
//! lifecycle says.

use attesta_access::Action;
use attesta_lifecycle::Verb;

/// What a verb is to access.
pub(crate) fn action(verb: Verb) -> Action {
    match verb {
        // To the next side, or a step within one's own.
        Verb::HandInPreAssessment
        | Verb::ApprovePreAssessment
        | Verb::SubmitAnswers
        | Verb::BeginFieldwork
        | Verb::HandInCaps
        | Verb::ReserveQa
        | Verb::Submit
        | Verb::AnswerTask
        | Verb::HandBackTasks
        | Verb::RequestWording
        | Verb::AcceptDraft => Action::Submit,
        // HITRUST's steps on the way, as somebody tells them.
        Verb::AcceptCheckIn
        | Verb::RevertCheckIn
        | Verb::BeginQa
        | Verb::RaiseTask
        | Verb::HandOverTasks
        | Verb::CloseTask
        | Verb::ReopenTask
        | Verb::FinishQa
        | Verb::IssueDraft => Action::Submit,
        Verb::ReturnPreAssessment | Verb::ReturnAnswers | Verb::ReturnCaps => Action::Return,
        Verb::ReopenPreAssessment | Verb::ReopenValidation => Action::Reopen,
        Verb::CompleteValidation => Action::Validate,
        Verb::SignLetter | Verb::SignAgreement => Action::Sign,
        // HITRUST's decisions.
        Verb::Certify | Verb::Decline | Verb::IssueReport | Verb::Suspend | Verb::Reinstate | Verb::Revoke => {
            Action::Certify
        }
        Verb::Withdraw => Action::Withdraw,
    }
}

/// Each command of a phase with the word of the leave that it asks for.
pub fn leaves_of_commands() -> Vec<(String, String)> {
    Verb::ALL.iter().map(|verb| (verb.to_string(), action(*verb).to_string())).collect()
}
