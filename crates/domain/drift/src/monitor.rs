//! What a monitor looks at, when, and whom it tells: the meaning of its configuration file.

use std::collections::BTreeSet;

use attesta_kernel::Severity;
use attesta_posture::SourceName;

use crate::{Schedule, Window};

attesta_kernel::text_id!(
    /// A way out, as people call it: `ops-webhook`.
    RouteName,
    "a route's name",
    "use small letters, digits, dots and dashes, at most 64, beginning with a letter",
    |t| t.len() <= 64
        && t.starts_with(|c: char| c.is_ascii_lowercase())
        && t.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
);

/// Everything that a monitor is told to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitorPlan {
    /// Where runs, what was told and what waits are kept; relative to the file.
    pub folder: String,
    /// What is looked at.
    pub sources: Vec<MonitorSource>,
    /// When nothing is told.
    pub windows: Vec<Window>,
    /// Who is told.
    pub routes: Vec<Route>,
}

/// One thing that is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitorSource {
    /// Its name; runs of one source follow each other.
    pub name: SourceName,
    /// How it is read.
    pub origin: Origin,
    /// When.
    pub schedule: Schedule,
    /// A waiver file; relative to the configuration's file.
    pub waivers: Option<String>,
    /// An assessment whose thresholds a change may touch.
    pub assessment: Option<String>,
    /// The part of its scope that this source is.
    pub component: Option<String>,
    /// Files and folders of CloudTrail events, which may tell who changed something.
    pub events: Vec<String>,
}

/// How a source is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Files and folders.
    Paths(Vec<String>),
    /// Arguments of `attesta collect`, without `--output`.
    Collect(Vec<String>),
}

/// One way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Its name.
    pub name: RouteName,
    /// How.
    pub via: Via,
    /// Nothing less severe goes this way.
    pub least: Severity,
    /// From which sources; none named means all.
    pub sources: BTreeSet<SourceName>,
}

/// How a route brings things out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// Standard output.
    Console,
    /// A signed POST.
    Webhook {
        /// Where to.
        url: String,
        /// Where the key is.
        key: Secret,
    },
    /// Mail through the machine's own command.
    Mail {
        /// Program and arguments.
        command: Vec<String>,
        /// Who writes.
        from: String,
        /// To whom.
        to: Vec<String>,
    },
}

/// Where a secret is. It never stands in the configuration itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// A file.
    File(String),
    /// A variable of the environment.
    Variable(String),
}

impl Route {
    /// Whether news of this source and severity goes this way.
    pub fn takes(&self, source: &SourceName, severity: Severity) -> bool {
        severity >= self.least && (self.sources.is_empty() || self.sources.contains(source))
    }
}
