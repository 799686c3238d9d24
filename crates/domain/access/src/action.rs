use crate::words::words;

words! {
    /// What is done.
    Action, "an action" {
        /// Looks at it.
        Read = "read",
        /// Takes it out in bulk or as a document.
        Export = "export",
        /// Checks it against its proof.
        Verify = "verify",
        /// Makes one.
        Create = "create",
        /// Changes one.
        Change = "change",
        /// Removes one.
        Delete = "delete",
        /// Says who does it and until when.
        Assign = "assign",
        /// Answers what was asked.
        Answer = "answer",
        /// Accepts or rejects it.
        Decide = "decide",
        /// Takes back what was given.
        Revoke = "revoke",
        /// Ends a hold.
        Release = "release",
        /// Makes it public.
        Publish = "publish",
        /// Sets it going.
        Run = "run",
        /// Puts a former state back.
        Restore = "restore",
        /// Hands it to the next side.
        Submit = "submit",
        /// Sends it back.
        Return = "return",
        /// Opens again what was handed over.
        Reopen = "reopen",
        /// Says that everything was tested.
        Validate = "validate",
        /// Signs the quality review.
        Review = "review",
        /// Signs for the organisation.
        Sign = "sign",
        /// Records what HITRUST decided.
        Certify = "certify",
        /// Gives up.
        Withdraw = "withdraw",
    }
}

words! {
    /// Kinds of things, grouped by what a token's scope can name.
    Area, "an area" {
        /// The organisation, its people and how they sign in.
        Organisation = "organisation",
        /// Assessments and what they hold.
        Assessment = "assessments",
        /// Evidence.
        Evidence = "evidence",
        /// Inheritance.
        Inheritance = "inheritance",
        /// HIPAA's records.
        Hipaa = "hipaa",
        /// Tasks, comments, requests.
        Work = "work",
        /// Sources, monitors, findings.
        Sources = "sources",
        /// The ledger and what happened.
        Ledger = "ledger",
        /// What leaves for others.
        Sharing = "sharing",
        /// Running the server.
        Operations = "operations",
        /// One's own account.
        Own = "own",
    }
}

words! {
    /// What it is done with.
    ResourceKind, "a kind of thing" {
        /// The organisation itself.
        Organisation = "organisation",
        /// Those who belong to it.
        Person = "people",
        /// Invitations to it.
        Invitation = "invitations",
        /// Who has which role.
        Role = "roles",
        /// API tokens.
        Token = "tokens",
        /// How people sign in.
        SignInSettings = "sign-in-settings",
        /// One's own password, passkeys, codes.
        OwnAccount = "own-account",
        /// Sessions.
        Session = "sessions",
        /// Which notices somebody gets.
        Notification = "notifications",
        /// An assessment.
        Assessment = "assessments",
        /// What is assessed.
        Scope = "scope",
        /// Factors, and what follows from them.
        Factor = "factors",
        /// The entity's answers and scores.
        Response = "responses",
        /// The assessor's answers and scores.
        Validation = "validation",
        /// Populations.
        Population = "populations",
        /// Samples and what was found in them.
        Sample = "samples",
        /// What automation would answer.
        Proposal = "proposals",
        /// Where an assessment stands in its life.
        Phase = "phases",
        /// Quality checks.
        QualityCheck = "quality-checks",
        /// Reasons why a quality issue may stand.
        QualityOverride = "quality-overrides",
        /// Corrective action plans.
        CorrectiveAction = "corrective-actions",
        /// Requirement packs.
        Pack = "packs",
        /// Reports.
        Report = "reports",
        /// Evidence.
        Evidence = "evidence",
        /// Evidence that is not for every reader.
        ConfidentialEvidence = "confidential-evidence",
        /// Legal holds.
        EvidenceHold = "evidence-holds",
        /// How long evidence is kept.
        Retention = "retention",
        /// Requests to inherit, as the entity sees them.
        InheritanceRequest = "inheritance-requests",
        /// Requests to inherit, as the provider sees them.
        InheritanceInbox = "inheritance-inbox",
        /// HIPAA decisions, risks, incidents, agreements.
        HipaaRecord = "hipaa-records",
        /// Tasks.
        Task = "tasks",
        /// Comments.
        Comment = "comments",
        /// Requests of the assessor to the entity.
        Request = "requests",
        /// Where infrastructure is read from.
        Source = "sources",
        /// What is looked at again and again.
        Monitor = "monitors",
        /// What checks found.
        Finding = "findings",
        /// Violations that somebody answers for.
        Waiver = "waivers",
        /// Former states of things.
        History = "history",
        /// The ledger and its checkpoints.
        Ledger = "ledger",
        /// Who did what, when, from where.
        AuditTrail = "audit-trail",
        /// Share links.
        ShareLink = "share-links",
        /// The trust page.
        TrustPage = "trust-page",
        /// Webhooks and their deliveries.
        Webhook = "webhooks",
        /// Jobs.
        Job = "jobs",
        /// Backups.
        Backup = "backups",
        /// Health, metrics, configuration.
        Operation = "operations",
    }
}

impl Action {
    /// Whether nothing is changed by it.
    pub fn reads(self) -> bool {
        matches!(self, Self::Read | Self::Export | Self::Verify)
    }
}

impl ResourceKind {
    /// The group it belongs to.
    pub fn area(self) -> Area {
        match self {
            Self::Organisation | Self::Person | Self::Invitation | Self::Role | Self::Token | Self::SignInSettings => {
                Area::Organisation
            }
            Self::OwnAccount | Self::Session | Self::Notification => Area::Own,
            Self::Assessment
            | Self::Scope
            | Self::Factor
            | Self::Response
            | Self::Validation
            | Self::Population
            | Self::Sample
            | Self::Proposal
            | Self::Phase
            | Self::QualityCheck
            | Self::QualityOverride
            | Self::CorrectiveAction
            | Self::Pack
            | Self::Report => Area::Assessment,
            Self::Evidence | Self::ConfidentialEvidence | Self::EvidenceHold | Self::Retention => Area::Evidence,
            Self::InheritanceRequest | Self::InheritanceInbox => Area::Inheritance,
            Self::HipaaRecord => Area::Hipaa,
            Self::Task | Self::Comment | Self::Request => Area::Work,
            Self::Source | Self::Monitor | Self::Finding | Self::Waiver => Area::Sources,
            Self::History | Self::Ledger | Self::AuditTrail => Area::Ledger,
            Self::ShareLink | Self::TrustPage | Self::Webhook => Area::Sharing,
            Self::Job | Self::Backup | Self::Operation => Area::Operations,
        }
    }

    /// Whether it stands in an assessment, or is seen through one: somebody whose access names assessments sees and does
    /// no more of it than these hold.
    pub fn stands_in_an_assessment(self) -> bool {
        match self.area() {
            Area::Assessment => self != Self::Pack,
            Area::Work => true,
            _ => matches!(
                self,
                Self::Evidence
                    | Self::ConfidentialEvidence
                    | Self::InheritanceRequest
                    | Self::History
                    | Self::Ledger
                    | Self::AuditTrail
            ),
        }
    }
}
