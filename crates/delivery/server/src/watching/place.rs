//! What the operator lets organisations read: nobody else can name a path or an account that this machine would reach.

use std::{fmt, path::PathBuf, sync::Arc};

use attesta_access::TenantId;

use crate::Config;

/// A folder or file of this machine that organisations may watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// Where it is.
    pub path: PathBuf,
    /// The one organisation that may; all, where none is named.
    pub organisation: Option<String>,
}

/// What is asked of an AWS account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsAsk {
    /// The role to assume.
    pub role: String,
    /// What the role's trust demands. The server makes it, one for each source, so that nobody can send the server to
    /// somebody else's account.
    pub external_id: String,
    /// Regions; all that are enabled, where none is named.
    pub regions: Vec<String>,
}

type Read = dyn Fn(&AwsAsk) -> Result<Vec<u8>, String> + Send + Sync;

/// What reads AWS accounts: gives a live snapshot's bytes, or why there is none.
#[derive(Clone)]
pub struct AwsReader(Arc<Read>);

impl AwsReader {
    /// Reads by this function.
    pub fn new(read: impl Fn(&AwsAsk) -> Result<Vec<u8>, String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    pub(crate) fn read(&self, ask: &AwsAsk) -> Result<Vec<u8>, String> {
        (self.0)(ask)
    }
}

impl fmt::Debug for AwsReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AwsReader")
    }
}

/// A place by its name, where the organisation may watch it.
pub(crate) fn place<'c>(config: &'c Config, tenant: TenantId, name: &str) -> Option<&'c Allowed> {
    let allowed = config.places.get(name)?;
    allowed.organisation.as_ref().is_none_or(|org| *org == tenant.to_string()).then_some(allowed)
}
