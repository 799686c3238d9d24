use crate::{NoMove, words::states};

states! {
    /// Where a request from the assessor to the entity is.
    RequestState, "request" {
        /// The entity is to answer.
        Asked = "asked",
        /// The assessor is to look at the answer.
        Answered = "answered",
        /// The answer will do.
        Accepted = "accepted",
        /// The answer will not do; the entity is to answer again.
        Returned = "returned",
    }
}

/// What is done with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestMove {
    /// The entity answers.
    Answer,
    /// The assessor takes the answer.
    Accept,
    /// The assessor gives it back, or looks again at what was taken.
    Return,
}

impl RequestState {
    /// From where which move leads where. What is not here is no move.
    pub const MOVES: &[(Self, RequestMove, Self)] = &[
        (Self::Asked, RequestMove::Answer, Self::Answered),
        (Self::Returned, RequestMove::Answer, Self::Answered),
        (Self::Answered, RequestMove::Accept, Self::Accepted),
        (Self::Answered, RequestMove::Return, Self::Returned),
        (Self::Accepted, RequestMove::Return, Self::Returned),
    ];

    /// Where it is afterwards.
    ///
    /// # Errors
    ///
    /// When the move does not begin here.
    pub fn after(self, how: RequestMove) -> Result<Self, NoMove> {
        let found = Self::MOVES.iter().find(|(from, by, _)| (*from, *by) == (self, how));
        let no_move = NoMove { of: "request", from: self.as_str(), to: how.leads_to().as_str() };
        found.map(|(.., to)| *to).ok_or(no_move)
    }

    /// Whether what is asked may still be worded otherwise: an answer answers the words that were read.
    pub fn may_be_reworded(self) -> bool {
        matches!(self, Self::Asked | Self::Returned)
    }
}

impl RequestMove {
    /// Where it leads.
    pub fn leads_to(self) -> RequestState {
        match self {
            Self::Answer => RequestState::Answered,
            Self::Accept => RequestState::Accepted,
            Self::Return => RequestState::Returned,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_move_from_every_state_leads_where_the_table_says() {
        use RequestState::{Accepted, Answered, Returned};
        let table = [
            // answer, accept, return
            [Some(Answered), None, None],
            [None, Some(Accepted), Some(Returned)],
            [None, None, Some(Returned)],
            [Some(Answered), None, None],
        ];
        for (from, row) in RequestState::ALL.iter().zip(table) {
            let moves = [RequestMove::Answer, RequestMove::Accept, RequestMove::Return];
            for (how, expected) in moves.into_iter().zip(row) {
                assert_eq!(from.after(how).ok(), expected, "{from} by {how:?}");
            }
        }
    }

    #[test]
    fn nothing_is_accepted_that_was_not_answered() {
        let into: Vec<_> = RequestState::MOVES.iter().filter(|(.., to)| *to == RequestState::Accepted).collect();
        assert_eq!(into, [&(RequestState::Answered, RequestMove::Accept, RequestState::Accepted)]);
    }
}
