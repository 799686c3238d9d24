use crate::{NoMove, words::states};

states! {
    /// Where a task is.
    TaskState, "task" {
        /// Nobody began.
        Open = "open",
        /// Somebody is at it.
        InProgress = "in-progress",
        /// It was done.
        Done = "done",
        /// It will not be done.
        Dropped = "dropped",
    }
}

/// What was done with a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskMove {
    /// Somebody began.
    Start,
    /// Whoever began put it back.
    PutBack,
    /// It was done.
    Finish,
    /// It was given up.
    Drop,
    /// It was over, and is not any more.
    Reopen,
}

impl TaskState {
    /// From where to where which move leads. What is not here is no move.
    pub const MOVES: &[(Self, Self, TaskMove)] = &[
        (Self::Open, Self::InProgress, TaskMove::Start),
        (Self::Open, Self::Done, TaskMove::Finish),
        (Self::Open, Self::Dropped, TaskMove::Drop),
        (Self::InProgress, Self::Open, TaskMove::PutBack),
        (Self::InProgress, Self::Done, TaskMove::Finish),
        (Self::InProgress, Self::Dropped, TaskMove::Drop),
        (Self::Done, Self::Open, TaskMove::Reopen),
        (Self::Dropped, Self::Open, TaskMove::Reopen),
    ];

    /// The move that leads there.
    ///
    /// # Errors
    ///
    /// When none does.
    pub fn to(self, next: Self) -> Result<TaskMove, NoMove> {
        let found = Self::MOVES.iter().find(|(from, to, _)| (*from, *to) == (self, next));
        let no_move = NoMove { of: "task", from: self.as_str(), to: next.as_str() };
        found.map(|(.., how)| *how).ok_or(no_move)
    }

    /// Whether something is left to do.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Dropped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_states_is_a_move_or_is_refused() {
        let table = [
            // open, in-progress, done, dropped
            [None, Some(TaskMove::Start), Some(TaskMove::Finish), Some(TaskMove::Drop)],
            [Some(TaskMove::PutBack), None, Some(TaskMove::Finish), Some(TaskMove::Drop)],
            [Some(TaskMove::Reopen), None, None, None],
            [Some(TaskMove::Reopen), None, None, None],
        ];
        for (from, row) in TaskState::ALL.iter().zip(table) {
            for (to, expected) in TaskState::ALL.iter().zip(row) {
                assert_eq!(from.to(*to).ok(), expected, "{from} to {to}");
            }
        }
    }

    #[test]
    fn a_task_that_is_over_begins_again_before_anything_else_happens() {
        for over in TaskState::ALL.iter().filter(|s| s.is_over()) {
            for to in TaskState::ALL {
                assert_eq!(over.to(*to).is_ok(), *to == TaskState::Open, "{over} to {to}");
            }
        }
    }

    #[test]
    fn words_come_back_and_others_are_told_what_is_known() {
        for state in TaskState::ALL {
            assert_eq!(state.as_str().parse(), Ok(*state));
        }
        let told = "closed".parse::<TaskState>().unwrap_err().to_string();
        assert_eq!(told, "`closed` is no state of a task; use one of: open, in-progress, done, dropped");
    }
}
