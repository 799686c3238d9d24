use std::{fmt, str::FromStr};

use attesta_kernel::{Citation, ControlRef, ElementId, Place, PolicyId, Provenance, Severity};
use attesta_resource::Kind;

use crate::Check;

/// A rule about one kind of resource, with what it means and how to mend a violation.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Its id.
    pub id: PolicyId,
    /// What is true when it passes.
    pub title: String,
    /// What it is about.
    pub topic: Topic,
    /// What a violation means for ePHI.
    pub severity: Severity,
    /// The kind of resource that it judges.
    pub kind: Kind,
    /// How it is decided.
    pub body: Body,
    /// HITRUST control references that a violation touches.
    pub controls: Vec<ControlRef>,
    /// HIPAA citations.
    pub hipaa: Vec<Citation>,
    /// NIST SP 800-53 r5 ids.
    pub nist_800_53: Vec<String>,
    /// Evaluative elements that it helps to prove.
    pub proves: Vec<ElementId>,
    /// Why it matters.
    pub rationale: String,
    /// How to mend a violation.
    pub remediation: Remediation,
    /// The authority behind it, and how sure we are.
    pub provenance: Provenance,
    /// Where it is written.
    pub place: Place,
}

/// How a policy is decided.
#[derive(Debug, Clone)]
pub enum Body {
    /// By a check of the declarative language.
    Declarative {
        /// Where it does not hold, the policy is not applicable.
        when: Option<Check>,
        /// What must hold.
        check: Check,
    },
    /// By another engine, which hands in its outcomes.
    External,
}

/// How to mend a violation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remediation {
    /// In words.
    pub text: String,
    /// As Terraform code.
    pub terraform: Option<String>,
    /// As a CloudFormation fragment.
    pub cloudformation: Option<String>,
    /// As Pulumi code.
    pub pulumi: Option<String>,
}

macro_rules! topics {
    ($($(#[$doc:meta])* $variant:ident = $word:literal,)*) => {
        /// What a policy is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Topic {
            $($(#[$doc])* $variant,)*
        }

        impl Topic {
            /// Every topic.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word used in policies and reports.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

topics! {
    /// Copies that can be restored, for as long as they must be kept.
    Backup = "backup",
    /// Threats and weaknesses are noticed.
    Detection = "detection",
    /// Data is unreadable to those who may not read it, stored or sent.
    Encryption = "encryption",
    /// Who may do what, and how they prove who they are.
    Identity = "identity",
    /// Keys are controlled and rotated.
    Keys = "keys",
    /// What happened is recorded and kept.
    Logging = "logging",
    /// What may talk to what.
    Network = "network",
    /// Software is current.
    Patching = "patching",
    /// Nothing is open to everyone by accident.
    PublicAccess = "public-access",
    /// It keeps running when a part fails.
    Resilience = "resilience",
    /// Credentials are kept out of code and rotated.
    Secrets = "secrets",
    /// A waiver that no longer stands.
    Waivers = "waivers",
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word is not a topic.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a topic; use backup, detection, encryption, identity, keys, logging, network, patching, public-access, resilience or secrets"
)]
pub struct UnknownTopic(pub String);

impl FromStr for Topic {
    type Err = UnknownTopic;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|t| t.as_str() == text).ok_or_else(|| UnknownTopic(text.to_owned()))
    }
}
