use std::{fmt, str::FromStr};

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $word:literal,)*) => {
        /// What a resource is, named for its purpose and not for who sells it. Each kind's attributes are documented
        /// in `content/model/kinds.yaml`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($(#[$doc])* $variant,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word used in policies and reports.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

kinds! {
    /// The inputs as a whole: the home of policies that ask whether something exists at all.
    Account = "account",
    /// Who may be reached from outside and how: findings on access paths.
    AccessAnalyzer = "access_analyzer",
    /// A document that grants or denies actions.
    AccessPolicy = "access_policy",
    /// A managed HTTP or WebSocket interface in front of services.
    ApiGateway = "api_gateway",
    /// A record of who did what to the infrastructure.
    AuditTrail = "audit_trail",
    /// A schedule and retention for backups.
    BackupPlan = "backup_plan",
    /// Where backups are kept.
    BackupVault = "backup_vault",
    /// An in-memory store.
    Cache = "cache",
    /// A content delivery network's distribution.
    Cdn = "cdn",
    /// A TLS certificate.
    Certificate = "certificate",
    /// A virtual machine.
    ComputeInstance = "compute_instance",
    /// A recorder of configuration changes.
    ConfigRecorder = "config_recorder",
    /// A cluster that runs containers.
    ContainerCluster = "container_cluster",
    /// A store of container images.
    ContainerRegistry = "container_registry",
    /// A definition of containers that run together.
    ContainerTask = "container_task",
    /// Rules for passwords of an account's users.
    CredentialPolicy = "credential_policy",
    /// A store for analytics.
    DataWarehouse = "data_warehouse",
    /// A relational, document or key-value database.
    Database = "database",
    /// A key for encryption.
    EncryptionKey = "encryption_key",
    /// A shared file system.
    FileSystem = "file_system",
    /// A collector of security findings.
    FindingsHub = "findings_hub",
    /// A stateful packet filter attached to resources.
    Firewall = "firewall",
    /// Code that runs on demand.
    Function = "function",
    /// A user with credentials of its own.
    Identity = "identity",
    /// A template from which machines are started.
    LaunchTemplate = "launch_template",
    /// A distributor of traffic, with its listeners.
    LoadBalancer = "load_balancer",
    /// A store of log entries.
    LogStore = "log_store",
    /// An image from which machines start.
    MachineImage = "machine_image",
    /// A private network.
    Network = "network",
    /// A store of objects (files) by key.
    ObjectStore = "object_store",
    /// A setting kept outside the code that uses it.
    Parameter = "parameter",
    /// A service that runs queries over stored data.
    QueryService = "query_service",
    /// A queue of messages.
    Queue = "queue",
    /// An identity that others assume.
    Role = "role",
    /// A search engine's cluster.
    SearchCluster = "search_cluster",
    /// A secret in a vault.
    Secret = "secret",
    /// A stream of records.
    Stream = "stream",
    /// A part of a network.
    Subnet = "subnet",
    /// A detector of threats.
    ThreatDetector = "threat_detector",
    /// A topic that messages are published to.
    Topic = "topic",
    /// A block device.
    Volume = "volume",
    /// A copy of a block device or database at one time.
    VolumeSnapshot = "volume_snapshot",
    /// A scanner of software vulnerabilities.
    VulnerabilityScanner = "vulnerability_scanner",
    /// A filter of HTTP requests.
    WebFirewall = "web_firewall",
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word is not a kind of the neutral model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a resource kind; `attesta catalog list kinds` shows them")]
pub struct UnknownKind(pub String);

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|k| k.as_str() == text).ok_or_else(|| UnknownKind(text.to_owned()))
    }
}
