//! What the operator lets organisations watch.

use attesta_server::Config;
use clap::Args;

/// What organisations may watch of this machine, and through it. Servers and workers of one database say the same.
#[derive(Debug, Args)]
pub(crate) struct Watching {
    /// A folder or file that organisations may watch, by a name; `NAME@ORGANISATION=PATH` for one organisation alone
    #[arg(long = "place", value_name = "NAME=PATH", env = "ATTESTA_PLACES", value_delimiter = ',')]
    places: Vec<String>,
    /// Lets organisations watch AWS accounts, by roles that this machine's own credentials may assume
    #[cfg(feature = "aws")]
    #[arg(long, env = "ATTESTA_AWS_SOURCES")]
    aws_sources: bool,
    /// A simulator's address, asked instead of AWS
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "URL", requires = "aws_sources", hide = true)]
    aws_endpoint: Option<String>,
}

impl Watching {
    pub(crate) fn put(&self, config: &mut Config) -> Result<(), String> {
        for text in &self.places {
            let wrong = || format!("--place `{text}`: write it like infra=/srv/infra");
            let (name, path) = text.split_once('=').ok_or_else(wrong)?;
            let (name, organisation) = match name.split_once('@') {
                Some((name, organisation)) => (name, Some(organisation.to_owned())),
                None => (name, None),
            };
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b);
            if name.is_empty() || name.len() > 64 || !name.bytes().all(plain) || path.is_empty() {
                return Err(format!("{}; names have small letters, digits, dots and dashes", wrong()));
            }
            let path = std::path::absolute(path).map_err(|e| format!("--place `{text}`: {e}"))?;
            config.places.insert(name.to_owned(), attesta_server::Allowed { path, organisation });
        }
        #[cfg(feature = "aws")]
        if self.aws_sources {
            let endpoint = self.aws_endpoint.clone();
            config.aws = Some(attesta_server::AwsReader::new(move |ask| read_aws(ask, endpoint.clone())));
        }
        Ok(())
    }
}

/// Reads an account by its role into a snapshot. What it could not see is named there.
#[cfg(feature = "aws")]
fn read_aws(ask: &attesta_server::AwsAsk, endpoint_url: Option<String>) -> Result<Vec<u8>, String> {
    use std::sync::Arc;

    struct Silent;
    impl attesta_aws::Progress for Silent {
        fn called(&self, _region: &str, _call: &str) {}
    }
    let options = attesta_aws::Options {
        regions: match ask.regions.as_slice() {
            [] => attesta_aws::Regions::Enabled,
            regions => attesta_aws::Regions::These(regions.to_vec()),
        },
        profile: None,
        role_arn: Some(ask.role.clone()),
        external_id: Some(ask.external_id.clone()),
        endpoint_url,
        bounds: attesta_aws::Bounds::default(),
        journal: None,
        resume: false,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let collected = attesta_aws::collect(&options, Arc::new(Silent)).map_err(|e| format!("{}; {}", e.what, e.help))?;
    serde_json::to_vec(&collected.snapshot).map_err(|e| e.to_string())
}
