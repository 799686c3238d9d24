use attesta_kernel::{Date, Timestamp};
use jiff::tz::TimeZone;

use crate::{NoMove, words::states};

states! {
    /// Where a waiver is that somebody asked for: an accepted violation, which counts only after somebody else approved it.
    WaiverState, "waiver" {
        /// Somebody is to decide. It counts for nothing.
        Asked = "asked",
        /// Somebody answers for it, until its day.
        Approved = "approved",
        /// Nobody answers for it.
        Refused = "refused",
        /// It was taken back.
        Withdrawn = "withdrawn",
    }
}

/// What is done with a waiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaiverMove {
    /// Somebody answers for it.
    Approve,
    /// Nobody will.
    Refuse,
    /// It is taken back: what it covered counts again.
    Withdraw,
}

impl WaiverState {
    /// From where which move leads where. What is not here is no move: a waiver that is over is asked for anew, so that
    /// somebody looks at it again.
    pub const MOVES: &[(Self, WaiverMove, Self)] = &[
        (Self::Asked, WaiverMove::Approve, Self::Approved),
        (Self::Asked, WaiverMove::Refuse, Self::Refused),
        (Self::Asked, WaiverMove::Withdraw, Self::Withdrawn),
        (Self::Approved, WaiverMove::Withdraw, Self::Withdrawn),
    ];

    /// Where it is afterwards.
    ///
    /// # Errors
    ///
    /// When the move does not begin here.
    pub fn after(self, how: WaiverMove) -> Result<Self, NoMove> {
        let found = Self::MOVES.iter().find(|(from, by, _)| (*from, *by) == (self, how));
        let no_move = NoMove { of: "waiver", from: self.as_str(), to: how.leads_to().as_str() };
        found.map(|(.., to)| *to).ok_or(no_move)
    }
}

impl WaiverMove {
    /// Where it leads.
    pub fn leads_to(self) -> WaiverState {
        match self {
            Self::Approve => WaiverState::Approved,
            Self::Refuse => WaiverState::Refused,
            Self::Withdraw => WaiverState::Withdrawn,
        }
    }
}

/// Whether a waiver covers anything at a time: it was approved by then, not taken back by then, and its last day is not
/// over (days are UTC, as everywhere).
pub fn waiver_holds(approved: Option<Timestamp>, withdrawn: Option<Timestamp>, until: Date, at: Timestamp) -> bool {
    let day = at.to_zoned(TimeZone::UTC).date();
    approved.is_some_and(|approved| approved <= at) && withdrawn.is_none_or(|withdrawn| withdrawn > at) && until >= day
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_move_from_every_state_leads_where_the_table_says() {
        use WaiverState::{Approved, Refused, Withdrawn};
        let table = [
            // approve, refuse, withdraw
            [Some(Approved), Some(Refused), Some(Withdrawn)],
            [None, None, Some(Withdrawn)],
            [None, None, None],
            [None, None, None],
        ];
        for (from, row) in WaiverState::ALL.iter().zip(table) {
            let moves = [WaiverMove::Approve, WaiverMove::Refuse, WaiverMove::Withdraw];
            for (how, expected) in moves.into_iter().zip(row) {
                assert_eq!(from.after(how).ok(), expected, "{from} by {how:?}");
            }
        }
    }

    #[test]
    fn a_waiver_holds_from_its_approval_until_its_day_is_over_or_it_is_taken_back() {
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let until = "2027-03-31".parse().unwrap();
        let approved = Some(time("2027-03-01T10:00:00Z"));
        let withdrawn = Some(time("2027-03-20T10:00:00Z"));
        for (approved, withdrawn, at, holds) in [
            (None, None, "2027-03-02T00:00:00Z", false),
            (approved, None, "2027-03-01T09:59:59Z", false),
            (approved, None, "2027-03-01T10:00:00Z", true),
            (approved, None, "2027-03-31T23:59:59Z", true),
            (approved, None, "2027-04-01T00:00:00Z", false),
            (approved, withdrawn, "2027-03-20T09:59:59Z", true),
            (approved, withdrawn, "2027-03-20T10:00:00Z", false),
        ] {
            assert_eq!(waiver_holds(approved, withdrawn, until, time(at)), holds, "{approved:?} {withdrawn:?} {at}");
        }
    }
}
