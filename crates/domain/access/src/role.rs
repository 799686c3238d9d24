use crate::words::words;

words! {
    /// What somebody is in one organisation. One person has one role there, and may have others elsewhere.
    Role, "a role" {
        /// Answers for the organisation in Attesta.
        Owner = "owner",
        /// Runs assessments for the entity.
        ComplianceLead = "compliance-lead",
        /// Answers for controls that are assigned.
        ControlOwner = "control-owner",
        /// Adds evidence, and answers what is assigned.
        Contributor = "contributor",
        /// Reads.
        ExecutiveReader = "executive-reader",
        /// Tests for the assessor firm.
        ExternalAssessor = "external-assessor",
        /// Runs the assessor firm's engagement.
        AssessorLead = "assessor-lead",
        /// Reviews the assessor firm's work.
        QaReviewer = "qa-reviewer",
        /// Answers requests to inherit from a service provider.
        ProviderApprover = "provider-approver",
        /// A customer who holds a share link; no account.
        ShareGuest = "share-guest",
    }
}

words! {
    /// Whose interests a role stands for.
    Side, "a side" {
        /// The assessed entity.
        Entity = "entity",
        /// The assessor firm.
        Assessor = "assessor",
        /// A service provider from whom others inherit.
        Provider = "provider",
        /// A customer.
        Guest = "guest",
    }
}

words! {
    /// What an organisation is.
    OrganisationKind, "a kind of organisation" {
        /// Is assessed.
        AssessedEntity = "assessed-entity",
        /// Assesses others.
        AssessorFirm = "assessor-firm",
        /// Is assessed, and lets others inherit.
        ServiceProvider = "service-provider",
    }
}

impl Role {
    /// Whose interests it stands for.
    pub fn side(self) -> Side {
        match self {
            Self::Owner | Self::ComplianceLead | Self::ControlOwner | Self::Contributor | Self::ExecutiveReader => {
                Side::Entity
            }
            Self::ExternalAssessor | Self::AssessorLead | Self::QaReviewer => Side::Assessor,
            Self::ProviderApprover => Side::Provider,
            Self::ShareGuest => Side::Guest,
        }
    }

    /// Which roles it may give and take away.
    pub fn may_give(self) -> &'static [Self] {
        match self {
            Self::Owner => &[
                Self::Owner,
                Self::ComplianceLead,
                Self::ControlOwner,
                Self::Contributor,
                Self::ExecutiveReader,
                Self::ExternalAssessor,
                Self::AssessorLead,
                Self::QaReviewer,
                Self::ProviderApprover,
            ],
            Self::ComplianceLead => &[Self::ControlOwner, Self::Contributor, Self::ExecutiveReader],
            Self::AssessorLead => &[Self::ExternalAssessor, Self::QaReviewer],
            _ => &[],
        }
    }
}

impl OrganisationKind {
    /// Whether somebody can have that role in an organisation of this kind. Nobody belongs to one as a guest.
    pub fn has(self, role: Role) -> bool {
        match role {
            Role::ShareGuest => false,
            Role::ProviderApprover => self == Self::ServiceProvider,
            Role::ComplianceLead | Role::ControlOwner | Role::Contributor => self != Self::AssessorFirm,
            Role::Owner | Role::ExecutiveReader | Role::ExternalAssessor | Role::AssessorLead | Role::QaReviewer => {
                true
            }
        }
    }
}
