//! What is stored of a source, of a look at it, and of what was told; and what it means.

use attesta_drift::{Schedule, Window};
use attesta_history::Run;
use attesta_kernel::Timestamp;
use attesta_posture::SourceName;
use attesta_resource::Reason;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::Problem;

/// The words in the store.
pub(crate) const SOURCE: &str = "source";
pub(crate) const RUN: &str = "run";
pub(crate) const ALERT: &str = "alert";
/// A source has no more windows.
const WINDOWS: usize = 50;

/// What is watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Origin {
    /// A folder of infrastructure code that the operator named.
    Folder {
        /// The name.
        place: String,
    },
    /// A file that the operator named, such as neutral resources as JSON lines.
    File {
        /// The name.
        place: String,
    },
    /// An AWS account.
    Aws {
        /// The role to assume: `arn:aws:iam::111122223333:role/audit`.
        role: String,
        /// Regions; all that are enabled, where none is named.
        #[serde(default)]
        regions: Vec<String>,
        /// What the role's trust must demand. The server makes it; what is sent is not looked at.
        #[serde(default)]
        external_id: String,
    },
    /// Somebody sends snapshots, with a token.
    Pushed {},
}

/// When: one of the three.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScheduleText {
    /// So long after the last time: `15m`, `1h`, `2d`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) every: Option<String>,
    /// At these times of every day, UTC: `06:00`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) daily: Vec<String>,
    /// As cron says, UTC: `*/15 * * * *`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cron: Option<String>,
}

/// A time in which nothing is told; what still holds afterwards is told then. `from` and `to`, or `days` and `between`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WindowText {
    /// Why.
    pub(crate) because: String,
    /// From.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<String>,
    /// Until.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<String>,
    /// Days of the week: `sunday`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) days: Vec<String>,
    /// From one time of day to another: `["23:00", "01:00"]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) between: Vec<String>,
}

/// What alerts of a source say beyond the checks: which assessment it touches, and who may have changed what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Touches {
    /// The assessment whose threshold a change may bring down; none, when nothing is said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) assessment: String,
    /// The component of its scope that is watched.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) component: String,
    /// Places that hold CloudTrail's files: who changed something is looked for there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) events: Vec<String>,
}

/// A source, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SourceBody {
    pub(crate) name: String,
    pub(crate) origin: Origin,
    pub(crate) schedule: ScheduleText,
    pub(crate) windows: Vec<WindowText>,
    #[serde(default)]
    pub(crate) touches: Touches,
    pub(crate) maker: String,
}

/// What a source's texts mean.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) name: SourceName,
    pub(crate) schedule: Schedule,
    windows: Vec<Window>,
}

impl Plan {
    /// Whether nothing is to be told at this time.
    pub(crate) fn quiet(&self, at: Timestamp) -> bool {
        self.windows.iter().any(|window| window.holds(&self.name, at))
    }
}

impl SourceBody {
    /// What it means.
    pub(crate) fn plan(&self) -> Result<Plan, Problem> {
        let wrong = |(what, help): attesta_content::Wrong| Problem::bad(what).help(help);
        let name: SourceName = self.name.parse().map_err(|e: attesta_kernel::IdError| Problem::bad(e.to_string()))?;
        let text = &self.schedule;
        let schedule = attesta_content::schedule(text.every.as_deref(), &text.daily, text.cron.as_deref());
        if self.windows.len() > WINDOWS {
            return Err(Problem::bad(format!("a source has at most {WINDOWS} windows")));
        }
        let window = |text: &WindowText| {
            let because = text.because.trim();
            if because.is_empty() || because.chars().count() > 200 {
                return Err(Problem::bad("a window says why, in at most 200 characters").help("fill in `because`"));
            }
            let when = attesta_content::when(text.from.as_deref(), text.to.as_deref(), &text.days, &text.between);
            Ok(Window { when: when.map_err(wrong)?, sources: [name.clone()].into(), because: because.to_owned() })
        };
        let windows = self.windows.iter().map(window).collect::<Result<_, _>>()?;
        Ok(Plan { schedule: schedule.map_err(wrong)?, windows, name })
    }
}

/// A document that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Documented {
    /// Its name.
    pub(crate) path: String,
    /// The SHA-256 of its bytes.
    pub(crate) sha256: String,
    /// How many.
    pub(crate) bytes: u64,
}

/// A look, as it is stored. One that failed has `why` and nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunBody {
    /// Its number in the source's history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) number: Option<u64>,
    /// Why nothing was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) why: Option<String>,
    /// Digest over everything that is kept of it and of every run before it.
    #[serde(default)]
    pub(crate) digest: String,
    /// Digest of the policies and the catalog that it was judged by.
    #[serde(default)]
    pub(crate) content: String,
    #[serde(default)]
    pub(crate) tool: String,
    #[serde(default)]
    pub(crate) documents: Vec<Documented>,
    /// What was not seen, the first of it.
    #[serde(default)]
    pub(crate) unseen: Vec<String>,
    /// Pass, fail, waived, unknown, errored.
    #[serde(default)]
    pub(crate) tally: [u64; 5],
    /// Resources that changed, new violations, mended ones, other verdicts.
    #[serde(default)]
    pub(crate) moved: [u64; 4],
    /// Pieces of news.
    #[serde(default)]
    pub(crate) news: u64,
    /// The evidence that shows it: its own, or the one before with the same inputs and verdicts.
    #[serde(default)]
    pub(crate) evidence: String,
    /// What the evidence shows, as a digest.
    #[serde(default)]
    pub(crate) shows: String,
}

/// Things not seen that are named.
const UNSEEN: usize = 50;

/// What a run did not see, the first of it.
pub(crate) fn not_seen(run: &Run) -> Vec<String> {
    let lost = run.unseen.iter().filter(|n| matches!(n.reason, Reason::NotCollected | Reason::Unreadable));
    lost.take(UNSEEN).map(|n| format!("{}: {}", n.path, n.what)).collect()
}

/// Something that somebody should know, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AlertBody {
    pub(crate) news: String,
    pub(crate) severity: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) policy: Option<String>,
    /// The run that showed it, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) run: Option<String>,
    pub(crate) subject: String,
    pub(crate) text: String,
    /// `attesta.alert/1`.
    pub(crate) alert: serde_json::Value,
}
