use crate::{AccountId, Factors};

/// What an identity provider says of somebody, and what is known here: what decides whether they come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Introduction {
    /// The account that was linked to exactly this person at exactly this provider.
    pub linked: Option<AccountId>,
    /// Whether the provider says that it looked that the address is the person's.
    pub address_verified: bool,
    /// Whether somebody here has that address already.
    pub address_taken: bool,
    /// How many invitations in force were sent to that address; only the chosen one counts where one was chosen.
    pub invitations: usize,
}

/// Whether somebody comes in through a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// As the account that is linked.
    As(AccountId),
    /// With a new account, by the one invitation.
    New,
    /// The address says nothing, as the provider did not look whose it is.
    NotVerified,
    /// The account with the address must be linked by whoever is signed in with it: an address alone is nobody.
    LinkFirst,
    /// Nobody invited them.
    NotInvited,
    /// Several invited them: nobody joins what they did not choose.
    Choose,
}

impl Introduction {
    /// Decides: only who is linked, or who has one invitation at an address that the provider verified and nobody has yet.
    pub fn admit(self) -> Admission {
        match self {
            Self { linked: Some(account), .. } => Admission::As(account),
            Self { address_verified: false, .. } => Admission::NotVerified,
            Self { address_taken: true, .. } => Admission::LinkFirst,
            Self { invitations: 0, .. } => Admission::NotInvited,
            Self { invitations: 1, .. } => Admission::New,
            Self { .. } => Admission::Choose,
        }
    }
}

impl Factors {
    /// How surely a provider recognised somebody, by the methods that it names (RFC 8176): two where it says so, or names
    /// something known and something held or of the body. Unknown words count for nothing.
    pub fn of_methods<'a>(methods: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut known, mut held, mut said) = (false, false, false);
        for method in methods {
            match method {
                "mfa" => said = true,
                "pwd" | "pin" | "kba" => known = true,
                "otp" | "hwk" | "swk" | "sc" | "fpt" | "face" | "iris" | "vbm" => held = true,
                _ => {}
            }
        }
        if said || (known && held) { Self::Two } else { Self::One }
    }
}
