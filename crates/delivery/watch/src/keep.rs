//! What a monitor knows of a source between two runs of the program: one file, written whole.

use std::{collections::BTreeMap, path::Path, str::FromStr};

use attesta_disk::{Access, Disk};
use attesta_drift::{Condition, ResourceKey, Watch, Watched};
use attesta_kernel::{Digest, Timestamp};
use attesta_posture::{RunId, SourceName};
use serde::{Deserialize, Serialize};

use crate::WatchError;

const SCHEMA: &str = "attesta.monitor-state/1";

/// What is known of a source.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// The newest run that was told of.
    pub run: Option<RunId>,
    /// When it was looked at last, with what success ever.
    pub tried: Option<Timestamp>,
    /// Since when it cannot be looked at.
    pub lost: Option<Timestamp>,
    /// What was seen and told.
    pub watch: Watch,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    schema: String,
    run: Option<String>,
    tried: Option<String>,
    lost: Option<String>,
    checks: Vec<RawCheck>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCheck {
    policy: String,
    kind: String,
    address: String,
    document: String,
    severity: String,
    now: String,
    since: String,
    before: Option<String>,
    told: String,
}

impl Kept {
    /// Reads what is known; nothing is known of a new source.
    ///
    /// # Errors
    ///
    /// When the file is not what was written.
    pub fn read(root: &Path, source: &SourceName) -> Result<Self, WatchError> {
        let path = root.join("state").join(format!("{source}.json"));
        let failed = |what: String| WatchError::State { path: path.clone(), what };
        let Some(bytes) = attesta_disk::read(&path).map_err(|e| failed(e.to_string()))? else {
            return Ok(Self::default());
        };
        let raw: Raw = serde_json::from_slice(&bytes).map_err(|e| failed(e.to_string()))?;
        if raw.schema != SCHEMA {
            return Err(failed(format!("`schema` is `{}`, not `{SCHEMA}`", raw.schema)));
        }
        raw.meant().map_err(failed)
    }

    /// Writes it whole.
    ///
    /// # Errors
    ///
    /// When the disk says no.
    pub fn write(&self, disk: &Disk, root: &Path, source: &SourceName) -> Result<(), WatchError> {
        let folder = root.join("state");
        let path = folder.join(format!("{source}.json"));
        let failed = |what: String| WatchError::State { path: path.clone(), what };
        let bytes = serde_json::to_vec_pretty(&Raw::of(self)).map_err(|e| failed(e.to_string()))?;
        disk.folder(&folder).map_err(|e| failed(e.to_string()))?;
        let name: [u8; 12] = attesta_disk::random().map_err(|e| failed(e.to_string()))?;
        let temporary = folder.join(format!(".{}", Digest::of(&name)));
        disk.write(&temporary, &path, &bytes, Access::Secret).map_err(|e| failed(e.to_string()))
    }
}

impl Raw {
    fn of(kept: &Kept) -> Self {
        let time = |t: Option<Timestamp>| t.map(|t| t.to_string());
        let check = |((policy, key), w): (&attesta_drift::Subject, &Watched)| RawCheck {
            policy: policy.to_string(),
            kind: key.kind.to_string(),
            address: key.address.clone(),
            document: key.document.clone(),
            severity: w.severity.to_string(),
            now: w.now.as_str().to_owned(),
            since: w.since.to_string(),
            before: time(w.before),
            told: w.told.as_str().to_owned(),
        };
        Self {
            schema: SCHEMA.to_owned(),
            run: kept.run.map(|r| r.to_string()),
            tried: time(kept.tried),
            lost: time(kept.lost),
            checks: kept.watch.checks.iter().map(check).collect(),
        }
    }

    fn meant(self) -> Result<Kept, String> {
        fn read<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, String> {
            text.parse().map_err(|e| format!("{e}"))
        }
        let time = |text: Option<String>| text.as_deref().map(read::<Timestamp>).transpose();
        let condition = |word: &str| Condition::read(word).ok_or_else(|| format!("`{word}` is no condition"));
        let mut checks = BTreeMap::new();
        for raw in self.checks {
            let key = ResourceKey { kind: read(&raw.kind)?, address: raw.address, document: raw.document };
            let watched = Watched {
                severity: read(&raw.severity)?,
                now: condition(&raw.now)?,
                since: read(&raw.since)?,
                before: time(raw.before)?,
                told: condition(&raw.told)?,
            };
            checks.insert((read(&raw.policy)?, key), watched);
        }
        Ok(Kept {
            run: self.run.as_deref().map(read).transpose()?,
            tried: time(self.tried)?,
            lost: time(self.lost)?,
            watch: Watch { checks },
        })
    }
}
