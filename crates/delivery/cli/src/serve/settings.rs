//! The configuration file: one table of keys, from which the annotated sample is written and against which it is tested.
//!
//! A flag goes before the environment, the environment before the file, the file before what is usual. Secrets stand in
//! the environment: `ATTESTA_DATABASE` where the address has a password, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use attesta_server::{Config, MailConfig, ProviderConfig, S3};
use attesta_upkeep::Place;
use clap::{Args, ValueEnum};
use serde::Deserialize;

use crate::exit::{Exit, Failure};

/// No configuration is bigger.
const MOST: u64 = 1 << 20;

/// Where a server's data is: what commands beside the server ask for too.
#[derive(Debug, Clone, Args)]
pub(crate) struct PlaceArgs {
    /// A configuration file (`attesta serve --print-config` writes a sample); flags go before it
    #[arg(long, value_name = "FILE", env = "ATTESTA_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// The folder for the database, the keys and the evidence [default: attesta-data]
    #[arg(long, value_name = "DIR", env = "ATTESTA_DATA")]
    pub(crate) data: Option<PathBuf>,
    /// `sqlite:PATH` or `postgres://USER@HOST/NAME` [default: attesta.db in the folder]
    #[arg(long, value_name = "ADDRESS", env = "ATTESTA_DATABASE", hide_env_values = true)]
    pub(crate) database: Option<String>,
    /// Where evidence bytes are kept: `file:DIR` or `s3://BUCKET/PREFIX` [default: blobs in the folder]
    #[arg(long, value_name = "ADDRESS", env = "ATTESTA_BLOBS")]
    pub(crate) blobs: Option<String>,
}

/// The same for a command that looks at a vault, unless one of these flags says that a server's data is meant. The
/// environment says where a server is, and never that it is meant.
#[derive(Debug, Clone, Args)]
pub(crate) struct AuditedArgs {
    /// Audit a server's data: its configuration file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Audit a server's data: its folder
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Audit a server's data: its database
    #[arg(long, value_name = "ADDRESS")]
    database: Option<String>,
    /// Audit a server's data: where its evidence bytes are
    #[arg(long, value_name = "ADDRESS")]
    blobs: Option<String>,
}

impl AuditedArgs {
    /// Whether a server's data is meant.
    pub(crate) fn is_meant(&self) -> bool {
        self.config.is_some() || self.data.is_some() || self.database.is_some() || self.blobs.is_some()
    }

    /// Where it is: what flags leave open, the environment says.
    pub(crate) fn place(&self) -> PlaceArgs {
        let said = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let text = |name: &str| said(name).map(|value| value.to_string_lossy().into_owned());
        PlaceArgs {
            config: self.config.clone().or_else(|| said("ATTESTA_CONFIG").map(PathBuf::from)),
            data: self.data.clone().or_else(|| said("ATTESTA_DATA").map(PathBuf::from)),
            database: self.database.clone().or_else(|| text("ATTESTA_DATABASE")),
            blobs: self.blobs.clone().or_else(|| text("ATTESTA_BLOBS")),
        }
    }
}

/// How lines of the log are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// One JSON object a line
    #[default]
    Json,
    /// For people
    Text,
}

/// What a file may say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Settings {
    pub(crate) data: Option<PathBuf>,
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) public: Option<String>,
    pub(crate) database: Option<String>,
    pub(crate) connections: Option<u32>,
    pub(crate) blobs: Option<String>,
    pub(crate) clamd: Option<String>,
    pub(crate) behind_proxy: Option<bool>,
    pub(crate) worker: Option<bool>,
    pub(crate) private_targets: Option<bool>,
    pub(crate) requests_a_minute: Option<u32>,
    pub(crate) sign_ins_a_minute: Option<u32>,
    pub(crate) providers: Vec<ProviderConfig>,
    pub(crate) mail: Option<MailConfig>,
    pub(crate) s3: S3Settings,
    pub(crate) metrics: MetricsSettings,
    pub(crate) log: LogSettings,
    pub(crate) checkpoints: CheckpointSettings,
}

/// What is said of S3; its secrets stand in the environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct S3Settings {
    region: Option<String>,
    endpoint: Option<String>,
}

/// Where figures are served.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MetricsSettings {
    pub(crate) listen: Option<SocketAddr>,
}

/// How the log is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LogSettings {
    pub(crate) format: Option<LogFormat>,
}

/// Where checkpoints go when they leave.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct CheckpointSettings {
    folder: Option<PathBuf>,
    mail: Vec<String>,
    timestamp_authority: Option<String>,
    timestamp_roots: Option<PathBuf>,
    witness: Option<String>,
    witness_key: Option<String>,
}

impl Settings {
    /// Reads a file, or takes what is usual where there is none.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self::default()) };
        let unreadable = |why: String| Failure::new(Exit::Usage, format!("`{}`: {why}", path.display()));
        let size = std::fs::metadata(path).map_err(|e| unreadable(e.to_string()))?.len();
        if size > MOST {
            return Err(unreadable(format!("it has {size} bytes, and a configuration has {MOST} at most")));
        }
        let text = std::fs::read_to_string(path).map_err(|e| unreadable(e.to_string()))?;
        Self::parse(&text).map_err(|error| Failure {
            help: Some("`attesta serve --print-config` shows every key".to_owned()),
            ..unreadable(error)
        })
    }

    /// Sealed secrets, by the name that each was sealed for.
    pub(crate) fn sealed(&self) -> Vec<(String, String)> {
        let providers = self.providers.iter().filter_map(|p| Some((p.name.clone(), p.secret.clone()?)));
        let mail = self.mail.as_ref().and_then(|mail| Some(("mail".to_owned(), mail.secret.clone()?)));
        providers.chain(mail).collect()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let settings: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(0, |span| text.get(..span.start).map_or(0, |t| t.matches('\n').count()) + 1);
            format!("line {line}: {}", error.message())
        })?;
        let checkpoints = &settings.checkpoints;
        if checkpoints.witness.is_some() != checkpoints.witness_key.is_some() {
            return Err("[checkpoints]: `witness` and `witness-key` go together".to_owned());
        }
        if checkpoints.timestamp_authority.is_some() && checkpoints.timestamp_roots.is_none() {
            return Err("[checkpoints]: `timestamp-authority` needs `timestamp-roots`".to_owned());
        }
        Ok(settings)
    }

    /// The same with what flags and the environment say of the place.
    pub(crate) fn with(mut self, place: &PlaceArgs) -> Self {
        self.data = place.data.clone().or(self.data);
        self.database = place.database.clone().or(self.database);
        self.blobs = place.blobs.clone().or(self.blobs);
        self
    }

    /// The folder for data.
    pub(crate) fn folder(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| PathBuf::from("attesta-data"))
    }

    /// Where the server is to listen.
    pub(crate) fn address(&self) -> SocketAddr {
        self.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8686)))
    }

    /// Where the data is.
    pub(crate) fn place(&self) -> Place {
        let mut place = Place::folder(&self.folder());
        place.database = self.database.clone().unwrap_or(place.database);
        place.blobs = self.blobs.clone().unwrap_or(place.blobs);
        place.s3 = self.s3();
        place
    }

    fn s3(&self) -> S3 {
        S3 { region: self.s3.region.clone(), endpoint: self.s3.endpoint.clone(), ..S3::default() }
    }

    /// How the server is set up, once it is known where it listens.
    pub(crate) fn config(&self, listen: SocketAddr) -> Config {
        let usual = Config::laptop(self.folder(), listen);
        Config {
            public: self.public.as_ref().map_or(usual.public, |url| url.trim_end_matches('/').to_owned()),
            database: self.database.clone().unwrap_or(usual.database),
            connections: self.connections.unwrap_or(usual.connections),
            blobs: self.blobs.clone().unwrap_or(usual.blobs),
            s3: self.s3(),
            clamd: self.clamd.clone(),
            behind_proxy: self.behind_proxy.unwrap_or(usual.behind_proxy),
            works: self.worker.unwrap_or(usual.works),
            private_targets: self.private_targets.unwrap_or(usual.private_targets),
            rate: self.requests_a_minute.unwrap_or(usual.rate),
            sign_in_rate: self.sign_ins_a_minute.unwrap_or(usual.sign_in_rate),
            providers: self.providers.clone(),
            mail: self.mail.clone(),
            metrics: self.metrics.listen,
            checkpoints: self.checkpoints.folder.clone().unwrap_or(usual.checkpoints),
            checkpoint_mail: self.checkpoints.mail.clone(),
            timestamp_authority: self.checkpoints.timestamp_authority.clone(),
            timestamp_roots: self.checkpoints.timestamp_roots.clone(),
            witness: self.checkpoints.witness.clone().zip(self.checkpoints.witness_key.clone()),
            ..usual
        }
    }
}

/// One key of the file.
struct Key {
    section: &'static str,
    name: &'static str,
    /// What is usual; where nothing is, an example, which stands in a comment.
    value: &'static str,
    usual: bool,
    says: &'static str,
}

const fn usual(section: &'static str, name: &'static str, value: &'static str, says: &'static str) -> Key {
    Key { section, name, value, usual: true, says }
}

const fn example(section: &'static str, name: &'static str, value: &'static str, says: &'static str) -> Key {
    Key { section, name, value, usual: false, says }
}

const KEYS: &[Key] = &[
    usual("", "data", "\"attesta-data\"", "The folder for the database, the keys and the evidence."),
    usual("", "listen", "\"127.0.0.1:8686\"", "The address to listen on. TLS is a proxy's work."),
    example(
        "",
        "public",
        "\"https://attesta.example.org\"",
        "The address that people type, where it differs. Logs are named after it.",
    ),
    example(
        "",
        "database",
        "\"postgres://attesta@db/attesta\"",
        "Usually attesta.db in the folder. With a password, use ATTESTA_DATABASE instead.",
    ),
    usual("", "connections", "8", "Connections to the database."),
    example(
        "",
        "blobs",
        "\"s3://evidence/attesta\"",
        "Where evidence bytes are kept: file:DIR or s3://BUCKET/PREFIX. Usually blobs in the folder.",
    ),
    example(
        "",
        "clamd",
        "\"unix:/run/clamav/clamd.ctl\"",
        "A virus scanner; without it uploads are told as not scanned. Or tcp:HOST:PORT.",
    ),
    usual(
        "",
        "behind-proxy",
        "false",
        "Takes the caller's address from X-Forwarded-For: only behind a proxy that sets it.",
    ),
    usual("", "worker", "true", "Whether the server also does jobs; otherwise `attesta worker` does them."),
    usual(
        "",
        "private-targets",
        "false",
        "Lets webhooks go to this machine and networks of one's own, and in plain text.",
    ),
    usual("", "requests-a-minute", "6000", "Of one caller."),
    usual("", "sign-ins-a-minute", "30", "Of one address."),
    example(
        "",
        "providers",
        "[{ name = \"work\", title = \"Work account\", issuer = \"https://id.example.org\", client = \"attesta\" }]",
        "Identity providers (OpenID Connect); add secret = what `attesta serve --seal-secret work` prints.",
    ),
    example(
        "",
        "mail",
        "{ from = \"Attesta <attesta@example.org>\", through = \"smtps://attesta@mail.example.org\" }",
        "How mail goes out; add secret = what `attesta serve --seal-secret mail` prints. Or through = \"sendmail:PROGRAM -t -i\".",
    ),
    example(
        "s3",
        "region",
        "\"eu-central-1\"",
        "Keys stand in the environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    ),
    example("s3", "endpoint", "\"https://minio.example.org\"", "For anything but AWS itself."),
    example(
        "metrics",
        "listen",
        "\"127.0.0.1:9686\"",
        "Serves figures for Prometheus at /metrics, on an address of its own; nowhere unless it is set.",
    ),
    usual("log", "format", "\"json\"", "json, or text for people. ATTESTA_LOG says how much (info,sqlx=warn)."),
    example(
        "checkpoints",
        "folder",
        "\"/srv/witness/attesta\"",
        "Where signed checkpoints are put every day. Usually checkpoints in the data folder.",
    ),
    example(
        "checkpoints",
        "mail",
        "[\"auditor@example.org\"]",
        "Get each of them by mail ([mail] says how it goes out): people who keep them elsewhere.",
    ),
    example(
        "checkpoints",
        "timestamp-authority",
        "\"https://tsa.example.org/tsr\"",
        "Is asked to timestamp each of them (RFC 3161).",
    ),
    example(
        "checkpoints",
        "timestamp-roots",
        "\"/etc/attesta/tsa.pem\"",
        "Its root certificates, and others between: what it answers is verified before it is kept.",
    ),
    example(
        "checkpoints",
        "witness",
        "\"https://witness.example.org\"",
        "Is asked to cosign each of them (C2SP tlog-witness).",
    ),
    example("checkpoints", "witness-key", "\"witness.example.org+6ae1c8a7+BJ…\"", "Its key, from elsewhere."),
];

/// The annotated sample.
pub(crate) fn sample() -> String {
    let mut text = String::from(
        "# Configuration of `attesta serve` and of what looks after its data. A flag goes before the environment, the\n\
         # environment before this file. What stands in a comment is an example; everything else is what is usual.\n",
    );
    let mut section = "";
    for key in KEYS {
        if key.section != section {
            section = key.section;
            text.push_str(&format!("\n[{section}]\n"));
        }
        let mark = if key.usual { "" } else { "# " };
        text.push_str(&format!("\n# {}\n{mark}{} = {}\n", key.says, key.name, key.value));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_says_what_is_usual() {
        let sample = Settings::parse(&sample()).unwrap();
        let none = Settings::default();
        assert_ne!(sample, none, "it sets what is usual");
        let listen = none.address();
        assert_eq!(sample.address(), listen);
        assert_eq!(format!("{:?}", sample.config(listen)), format!("{:?}", none.config(listen)));
        assert_eq!(sample.log.format.unwrap_or_default(), none.log.format.unwrap_or_default());
    }

    #[test]
    fn every_example_is_taken_and_changes_something() {
        let address = Settings::default().address();
        let usual = format!("{:?}", Settings::default().config(address));
        for key in KEYS.iter().filter(|key| !key.usual) {
            let head = if key.section.is_empty() { String::new() } else { format!("[{}]\n", key.section) };
            // What goes together is set together.
            let (name, beside) = match key.name {
                "witness" => ("witness-key", true),
                "witness-key" => ("witness", true),
                "timestamp-authority" => ("timestamp-roots", true),
                _ => ("", false),
            };
            let other = KEYS.iter().find(|key| beside && key.name == name);
            let other = other.map_or_else(String::new, |key| format!("{} = {}\n", key.name, key.value));
            let settings = Settings::parse(&format!("{head}{} = {}\n{other}", key.name, key.value)).unwrap();
            assert_ne!(format!("{:?}", settings.config(address)), usual, "{}", key.name);
            if beside {
                assert!(Settings::parse(&format!("{head}{} = {}\n", key.name, key.value)).is_err(), "{}", key.name);
            }
        }
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let error = Settings::parse("data = \"x\"\n\n[log]\nfromat = \"json\"\n").unwrap_err();
        assert!(error.starts_with("line 4") && error.contains("fromat"), "{error}");
        let error = Settings::parse("listen = \"nowhere\"\n").unwrap_err();
        assert!(error.starts_with("line 1"), "{error}");
    }

    #[test]
    fn a_flag_goes_before_the_file() {
        let file = Settings::parse("data = \"a\"\ndatabase = \"sqlite:b\"\n").unwrap();
        let flags = PlaceArgs { config: None, data: Some("c".into()), database: None, blobs: None };
        let both = file.with(&flags);
        assert_eq!((both.folder(), both.place().database.as_str()), (PathBuf::from("c"), "sqlite:b"));
    }
}
