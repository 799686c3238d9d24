//! `attesta serve`: the server on a laptop, or on PostgreSQL for many.

pub(crate) mod doctor;
pub(crate) mod keep;
pub(crate) mod rotate;
pub(crate) mod settings;
pub(crate) mod travel;
mod watching;

use std::net::SocketAddr;

use attesta_content::ContentSource;
use attesta_desk::Library;
use attesta_server::House;
use clap::Args;
use tracing_subscriber::EnvFilter;

use self::{
    settings::{LogFormat, PlaceArgs, Settings},
    watching::Watching,
};
use crate::{
    args::Common,
    exit::{Exit, Failure},
    terminal, workshop,
};

/// Serves the REST API over one folder, or over PostgreSQL.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// The address to listen on [default: 127.0.0.1:8686]
    #[arg(long, value_name = "ADDRESS", env = "ATTESTA_LISTEN")]
    listen: Option<SocketAddr>,
    /// The address that people type, where it differs (behind a proxy that speaks TLS)
    #[arg(long, value_name = "URL", env = "ATTESTA_PUBLIC")]
    public: Option<String>,
    /// A virus scanner (clamd): `tcp:HOST:PORT` or `unix:PATH`; without it uploads are told as not scanned
    #[arg(long, value_name = "ADDRESS", env = "ATTESTA_CLAMD")]
    clamd: Option<String>,
    /// Takes the caller's address from `X-Forwarded-For`: only behind a proxy that sets it
    #[arg(long, env = "ATTESTA_BEHIND_PROXY")]
    behind_proxy: bool,
    /// Leaves jobs (mail, webhooks, daily things) to `attesta worker`
    #[arg(long, env = "ATTESTA_NO_WORKER")]
    no_worker: bool,
    /// Lets webhooks go to this machine and to networks of one's own, and in plain text
    #[arg(long, env = "ATTESTA_PRIVATE_TARGETS")]
    private_targets: bool,
    /// Serves figures for Prometheus at `/metrics` on this address
    #[arg(long, value_name = "ADDRESS", env = "ATTESTA_METRICS")]
    metrics: Option<SocketAddr>,
    /// How lines of the log are written [default: json]
    #[arg(long, value_enum, value_name = "FORMAT")]
    log_format: Option<LogFormat>,
    #[command(flatten)]
    watching: Watching,
    /// Seals a secret for the configuration, read from standard input, and ends: a provider's by its name, or `mail`
    #[arg(long, value_name = "NAME")]
    seal_secret: Option<String>,
    /// Opens an invented telehealth company to walk through, in a folder that is gone when it ends
    #[arg(long, conflicts_with_all = ["data", "database", "blobs", "public"])]
    demo: bool,
    /// Writes the API's description to standard output and ends
    #[arg(long)]
    openapi: bool,
    /// Writes an annotated sample of the configuration file to standard output and ends
    #[arg(long)]
    print_config: bool,
}

pub(crate) fn run(common: &Common, args: &ServeArgs) -> Result<Exit, Failure> {
    if args.openapi {
        terminal::out(attesta_server::openapi().as_bytes())?;
        return Ok(Exit::Met);
    }
    if args.print_config {
        terminal::out(settings::sample().as_bytes())?;
        return Ok(Exit::Met);
    }
    let mut settings = Settings::read(args.place.config.as_deref())?.with(&args.place);
    settings.listen = args.listen.or(settings.listen);
    settings.public = args.public.clone().or(settings.public);
    settings.clamd = args.clamd.clone().or(settings.clamd);
    let said = |flag: bool, value: bool| flag.then_some(value);
    settings.behind_proxy = said(args.behind_proxy, true).or(settings.behind_proxy);
    settings.worker = said(args.no_worker, false).or(settings.worker);
    settings.private_targets = said(args.private_targets, true).or(settings.private_targets);
    settings.metrics.listen = args.metrics.or(settings.metrics.listen);
    let format = args.log_format.or(settings.log.format).unwrap_or_default();
    let failed = |what: String| Failure::new(Exit::NotEvaluated, what);
    if let Some(name) = &args.seal_secret {
        return seal(&settings, name);
    }
    if args.demo {
        runtime()?.block_on(demo(workshop::source(common), &settings, format)).map_err(|e| failed(e.to_string()))?;
        return Ok(Exit::Met);
    }
    runtime()?
        .block_on(serve(workshop::source(common), &settings, &args.watching, format))
        .map_err(|e| failed(e.to_string()))?;
    Ok(Exit::Met)
}

/// Seals one line of standard input with the keys of the server's folder.
fn seal(settings: &Settings, name: &str) -> Result<Exit, Failure> {
    let failed = |what: String| Failure::new(Exit::NotEvaluated, what);
    let mut secret = String::new();
    std::io::stdin().read_line(&mut secret).map_err(|e| failed(format!("standard input: {e}")))?;
    let secret = secret.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err(Failure::new(Exit::Usage, "no secret came on standard input".to_owned()));
    }
    let sealed = attesta_server::seal_secret(&settings.folder(), name, secret).map_err(|e| failed(e.to_string()))?;
    terminal::out(format!("{sealed}\n").as_bytes())?;
    Ok(Exit::Met)
}

async fn serve(
    content: ContentSource,
    settings: &Settings,
    watching: &Watching,
    format: LogFormat,
) -> Result<(), Box<dyn std::error::Error>> {
    log(format, USUAL);
    // Bound first, so that port 0 has its number, and a port that is taken is told before anything is made.
    let listen = settings.address();
    let listener = tokio::net::TcpListener::bind(listen).await;
    let listener = listener.map_err(|e| format!("cannot listen on {listen}: {e}"))?;
    let mut config = settings.config(listener.local_addr()?);
    watching.put(&mut config)?;
    let house = House::open(config, Library::new(content)).await?;
    terminal::note(&format!("Attesta listens on {}", house.config.public));
    if let Some(link) = attesta_server::first_owner_link(&house).await? {
        terminal::note(&format!(
            "Nobody can sign in yet. Open this link to become the owner; it works once, within a day:\n  {link}"
        ));
    }
    attesta_server::serve(house, listener, stopped()).await?;
    Ok(())
}

/// An invented company on this machine, in a folder of its own.
async fn demo(
    content: ContentSource,
    settings: &Settings,
    format: LogFormat,
) -> Result<(), Box<dyn std::error::Error>> {
    // Whoever looks around reads pages, not a log: it would push the address out of sight.
    log(format, "warn");
    let listen = settings.address();
    if !listen.ip().is_loopback() {
        return Err("the demo lets anybody in, so it listens on this machine only; leave --listen away".into());
    }
    let listener = tokio::net::TcpListener::bind(listen).await;
    let listener = listener.map_err(|e| format!("cannot listen on {listen}: {e}"))?;
    let folder = tempfile::Builder::new().prefix("attesta-demo-").tempdir()?;
    let mut config = attesta_server::Config::laptop(folder.path().to_path_buf(), listener.local_addr()?);
    config.demo = true;
    let house = House::open(config, Library::new(content)).await?;
    let company = attesta_demo::riverbend(house.clock.today());
    attesta_server::demo::seed(&house, &company).await?;
    terminal::note(&format!(
        "The demo is open: {}\nPress Ctrl-C to end it; nothing of it is kept.",
        house.config.public
    ));
    attesta_server::serve(house, listener, stopped()).await?;
    Ok(())
}

/// Does jobs beside servers on the same database.
#[derive(Debug, Args)]
pub(crate) struct WorkerArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// The address that people type: the servers' own [default: http://127.0.0.1:8686]
    #[arg(long, value_name = "URL", env = "ATTESTA_PUBLIC")]
    public: Option<String>,
    /// Lets webhooks go to this machine and to networks of one's own, and in plain text
    #[arg(long, env = "ATTESTA_PRIVATE_TARGETS")]
    private_targets: bool,
    /// Serves figures for Prometheus at `/metrics` on this address
    #[arg(long, value_name = "ADDRESS", env = "ATTESTA_METRICS")]
    metrics: Option<SocketAddr>,
    /// How lines of the log are written [default: json]
    #[arg(long, value_enum, value_name = "FORMAT")]
    log_format: Option<LogFormat>,
    #[command(flatten)]
    watching: Watching,
}

pub(crate) fn worker(common: &Common, args: &WorkerArgs) -> Result<Exit, Failure> {
    let mut settings = Settings::read(args.place.config.as_deref())?.with(&args.place);
    settings.public = args.public.clone().or(settings.public);
    settings.private_targets = args.private_targets.then_some(true).or(settings.private_targets);
    settings.metrics.listen = args.metrics.or(settings.metrics.listen);
    let failed = |what: String| Failure::new(Exit::NotEvaluated, what);
    let work = async {
        log(args.log_format.or(settings.log.format).unwrap_or_default(), USUAL);
        let mut config = settings.config(settings.address());
        args.watching.put(&mut config)?;
        let house = House::open(config, Library::new(workshop::source(common))).await?;
        terminal::note("Attesta does jobs");
        attesta_server::work(house, stopped()).await?;
        Ok::<_, Box<dyn std::error::Error>>(())
    };
    runtime()?.block_on(work).map_err(|e| failed(e.to_string()))?;
    Ok(Exit::Met)
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    attesta_server::give_memory_back();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|e| Failure::new(Exit::NotEvaluated, format!("no threads can be had: {e}")))
}

/// What a server tells unless it is told otherwise.
const USUAL: &str = "info,sqlx=warn";

/// Lines on standard error: as much as ATTESTA_LOG says, or as is usual.
fn log(format: LogFormat, usual: &str) {
    let filter = EnvFilter::try_from_env("ATTESTA_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    let lines = tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter);
    match format {
        LogFormat::Json => lines.json().init(),
        LogFormat::Text => lines.with_ansi(false).init(),
    }
}

/// Waits until somebody asks the process to end.
async fn stopped() {
    let interrupt = async { drop(tokio::signal::ctrl_c().await) };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! { () = interrupt => {}, () = terminate => {} }
}
