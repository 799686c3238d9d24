use crate::{Action, ResourceKind, words::words};

words! {
    /// A part of the program that acts by itself, within one organisation.
    SystemActor, "a part of the system" {
        /// First start: makes the organisation and its owner's invitation.
        Setup = "setup",
        /// Signs people in.
        SignIn = "sign-in",
        /// Starts what is due.
        Scheduler = "scheduler",
        /// Reads sources, and writes down what it found.
        Collector = "collector",
        /// Sends mail and webhooks.
        Notifier = "notifier",
        /// Signs checkpoints, asks timestamp authorities and witnesses.
        LedgerKeeper = "ledger-keeper",
        /// Removes what no longer must be kept.
        Retention = "retention",
        /// Makes backups.
        Backup = "backup",
        /// Carries what one organisation asks or answers into another's room.
        Carrier = "carrier",
        /// Shows what an owner made public, and takes down who asks to see more.
        PublicPage = "public-page",
    }
}

impl SystemActor {
    /// All that it may do. No part of the system answers, validates, decides, signs or certifies.
    pub fn may(self) -> &'static [(ResourceKind, Action)] {
        use Action::{Change, Create, Delete, Read, Run};
        match self {
            Self::Setup => &[(ResourceKind::Organisation, Create), (ResourceKind::Invitation, Create)],
            Self::SignIn => &[
                (ResourceKind::Invitation, Read),
                (ResourceKind::Session, Create),
                (ResourceKind::Session, Action::Revoke),
                (ResourceKind::SignInSettings, Read),
            ],
            Self::Scheduler => &[
                (ResourceKind::Job, Read),
                (ResourceKind::Job, Run),
                (ResourceKind::Assessment, Read),
                (ResourceKind::Phase, Read),
                (ResourceKind::Task, Read),
                (ResourceKind::Monitor, Read),
                (ResourceKind::QualityCheck, Run),
            ],
            Self::Collector => &[
                (ResourceKind::Source, Read),
                (ResourceKind::Source, Run),
                (ResourceKind::Finding, Read),
                (ResourceKind::Finding, Create),
                (ResourceKind::Finding, Change),
                (ResourceKind::Waiver, Read),
                (ResourceKind::Proposal, Create),
                (ResourceKind::Evidence, Create),
            ],
            Self::Notifier => &[
                (ResourceKind::Notification, Read),
                (ResourceKind::Webhook, Read),
                (ResourceKind::Webhook, Run),
                (ResourceKind::Person, Read),
                (ResourceKind::Task, Read),
                (ResourceKind::Request, Read),
            ],
            Self::LedgerKeeper => &[(ResourceKind::Ledger, Read), (ResourceKind::Ledger, Run)],
            Self::Retention => &[
                (ResourceKind::Retention, Read),
                (ResourceKind::EvidenceHold, Read),
                (ResourceKind::Evidence, Read),
                (ResourceKind::Evidence, Delete),
            ],
            // What it carries, somebody asked or decided under a permit of their own.
            Self::Carrier => &[
                (ResourceKind::Organisation, Read),
                (ResourceKind::InheritanceInbox, Read),
                (ResourceKind::InheritanceRequest, Change),
            ],
            Self::Backup => &[(ResourceKind::Backup, Read), (ResourceKind::Backup, Run)],
            Self::PublicPage => &[(ResourceKind::TrustPage, Read), (ResourceKind::TrustPage, Change)],
        }
    }
}
