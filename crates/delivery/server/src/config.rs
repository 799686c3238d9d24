//! What a server is told when it starts.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf};

use attesta_blobs::S3;
use serde::Deserialize;

use crate::watching::{Allowed, AwsReader};

/// How the server is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The address that people type, such as `https://attesta.example.org`: cookies, links and the logs' names follow it.
    pub public: String,
    /// `sqlite:PATH` or `postgres://…`.
    pub database: String,
    /// Connections to it.
    pub connections: u32,
    /// The folder for keys, and for what is not in the database.
    pub data: PathBuf,
    /// Where evidence bytes are kept: `file:DIR` or `s3://bucket/prefix`.
    pub blobs: String,
    /// What is said of S3 beside the address.
    pub s3: S3,
    /// Where clamd listens, `tcp:host:port` or `unix:/path`; without it nothing is scanned, and is told so.
    pub clamd: Option<String>,
    /// No request body is bigger, uploads of evidence left out.
    pub most_body: usize,
    /// Requests a minute of one caller.
    pub rate: u32,
    /// Attempts to sign in a minute of one address.
    pub sign_in_rate: u32,
    /// Whether the address of the other side stands in `X-Forwarded-For`, because a proxy is in front.
    pub behind_proxy: bool,
    /// Whether this process also does jobs; otherwise `attesta worker` does them.
    pub works: bool,
    /// Whether webhooks may go to this machine and to networks of one's own, and in plain text.
    pub private_targets: bool,
    /// Where figures for Prometheus are served, if anywhere.
    pub metrics: Option<SocketAddr>,
    /// Where signed checkpoints are put every day.
    pub checkpoints: PathBuf,
    /// To whom each of them is sent by mail.
    pub checkpoint_mail: Vec<String>,
    /// The timestamp authority that is asked about them, if any.
    pub timestamp_authority: Option<String>,
    /// Whether this is the demo: an invented company that anybody may walk through.
    pub demo: bool,
    /// The certificates that it is verified with, in PEM form.
    pub timestamp_roots: Option<PathBuf>,
    /// The witness that is asked about them, and its key, if any.
    pub witness: Option<(String, String)>,
    /// Identity providers through which people may sign in.
    pub providers: Vec<ProviderConfig>,
    /// How mail goes out, if it does.
    pub mail: Option<MailConfig>,
    /// Folders and files of this machine that organisations may watch, by the names that they call them.
    pub places: BTreeMap<String, Allowed>,
    /// What reads AWS accounts; without it none is read.
    pub aws: Option<AwsReader>,
}

/// How mail goes out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// Who writes: `Attesta <attesta@example.org>`.
    pub from: String,
    /// `smtps://USER@HOST`, `smtp://USER@HOST` (with STARTTLS), or `sendmail:PROGRAM ARGUMENTS`.
    pub through: String,
    /// The password with that host, sealed (`attesta serve --seal-secret mail`), where it asks for one.
    #[serde(default)]
    pub secret: Option<String>,
}

/// An identity provider (OpenID Connect).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderConfig {
    /// Its name in addresses: small letters, digits and dashes.
    pub name: String,
    /// What people read, such as `Sign in with …`; the name when nothing is said.
    #[serde(default)]
    pub title: String,
    /// Its address as it names itself.
    pub issuer: String,
    /// Our id with it.
    pub client: String,
    /// Our secret with it, sealed (`attesta serve --seal-secret NAME`), where it gave one.
    #[serde(default)]
    pub secret: Option<String>,
}

impl Config {
    /// One process with one folder on a laptop.
    pub fn laptop(data: PathBuf, listen: SocketAddr) -> Self {
        Self {
            listen,
            public: format!("http://{listen}"),
            database: format!("sqlite:{}", data.join("attesta.db").display()),
            connections: 8,
            blobs: format!("file:{}", data.join("blobs").display()),
            s3: S3::default(),
            clamd: None,
            checkpoints: data.join("checkpoints"),
            data,
            most_body: 2 << 20,
            rate: 6_000,
            sign_in_rate: 30,
            behind_proxy: false,
            works: true,
            private_targets: false,
            metrics: None,
            checkpoint_mail: Vec::new(),
            timestamp_authority: None,
            demo: false,
            providers: Vec::new(),
            mail: None,
            timestamp_roots: None,
            witness: None,
            places: BTreeMap::new(),
            aws: None,
        }
    }

    /// Whether people reach it by TLS, so that cookies may travel on that alone.
    pub fn is_secure(&self) -> bool {
        self.public.starts_with("https://")
    }

    /// The name of an organisation's log: the host, and its id.
    pub(crate) fn origin(&self, tenant: &str) -> String {
        let host = self.public.split_once("://").map_or(self.public.as_str(), |(_, rest)| rest);
        format!("{}/{tenant}", host.split('/').next().unwrap_or(host))
    }
}
