//! `attesta collect aws`.

mod accounts;

use std::{
    io::{self, IsTerminal},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use attesta_aws::{Bounds, Collected, Options, Regions};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
    args::{AwsOptions, Common},
    exit::{Exit, Failure},
    terminal,
};

/// Most calls without an answer that are named one by one.
const NAMED: usize = 20;

pub(crate) fn run(common: &Common, options: &AwsOptions) -> Result<Exit, Failure> {
    if options.print_iam_policy {
        let policy = attesta_aws::iam_policy().map_err(|why| Failure::new(Exit::NotEvaluated, why))?;
        return terminal::json(&policy).map(|()| Exit::Met);
    }
    let output = options.output.as_deref().ok_or_else(|| Failure::new(Exit::Usage, "no --output is given"))?;
    let several = options.organization || !options.account.is_empty();
    let told = options.role_arn.as_deref().is_some_and(|role| role.contains(ACCOUNT));
    match (several, told) {
        (true, true) => accounts::run(common, options, output),
        (false, false) => one(common, options, output, options.role_arn.clone(), options.resume),
        (true, false) => Err(Failure::new(Exit::Usage, "the role is the same for every account")
            .help("write `{account}` where the account's number stands: arn:aws:iam::{account}:role/audit")),
        (false, true) => Err(Failure::new(Exit::Usage, "the role names `{account}`, and no account is given")
            .help("give --account or --organization")),
    }
}

/// What stands in a role's ARN for the account's number.
const ACCOUNT: &str = "{account}";

/// One account into one snapshot.
fn one(
    common: &Common,
    options: &AwsOptions,
    output: &Path,
    role: Option<String>,
    resume: bool,
) -> Result<Exit, Failure> {
    let journal = journal_of(output);
    let watcher = Arc::new(Watcher::new(common.quiet));
    let mut asked = asked(options);
    asked.external_id = asked.external_id.filter(|_| role.is_some());
    asked.role_arn = role;
    asked.journal = Some(journal.clone());
    asked.resume = resume;
    let result = attesta_aws::collect(&asked, Arc::<Watcher>::clone(&watcher));
    watcher.finish();
    let collected = result.map_err(|error| Failure::new(Exit::NotEvaluated, error.what).help(error.help))?;
    keep(output, &collected.snapshot)?;
    // The snapshot holds it all now; answers of a run that is whole are of no more use.
    let _ = std::fs::remove_file(&journal);
    if !common.quiet {
        say(&collected, output);
    }
    Ok(if collected.failures.is_empty() { Exit::Met } else { Exit::NotEvaluated })
}

fn keep(output: &Path, snapshot: &serde_json::Value) -> Result<(), Failure> {
    let mut bytes = serde_json::to_vec_pretty(snapshot).map_err(|e| Failure::new(Exit::NotEvaluated, e.to_string()))?;
    bytes.push(b'\n');
    super::write(output, &bytes)
}

/// What the options ask, of the account whose credentials they name.
fn asked(options: &AwsOptions) -> Options {
    Options {
        regions: match options.region.as_slice() {
            [] => Regions::Enabled,
            regions => Regions::These(regions.to_vec()),
        },
        profile: options.profile.clone(),
        role_arn: None,
        external_id: options.external_id.clone(),
        endpoint_url: options.endpoint_url.clone(),
        bounds: Bounds {
            attempts: options.attempts,
            answer: Duration::from_secs(options.timeout),
            parallel: usize::from(options.parallel),
            ..Bounds::default()
        },
        journal: None,
        resume: false,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

fn journal_of(output: &Path) -> PathBuf {
    let mut path = output.to_path_buf().into_os_string();
    path.push(".journal");
    PathBuf::from(path)
}

fn say(collected: &Collected, output: &Path) {
    terminal::note(&format!(
        "account {}, {} regions: {} entries from {} calls, in {}",
        collected.account,
        collected.regions.len(),
        collected.resources,
        collected.calls,
        output.display()
    ));
    for failure in collected.failures.iter().take(NAMED) {
        let times = if failure.count > 1 { format!(", {} times", failure.count) } else { String::new() };
        terminal::note(&format!("not seen: {}: {}{times}", failure.call, failure.why));
    }
    if let Some(more) = collected.failures.len().checked_sub(NAMED).filter(|more| *more > 0) {
        terminal::note(&format!("not seen: {more} more; the snapshot names them all under `failures`"));
    }
}

/// Shows the calls as they are answered, when somebody watches standard error.
struct Watcher {
    bar: Option<ProgressBar>,
    calls: AtomicU64,
}

impl Watcher {
    fn new(quiet: bool) -> Self {
        let bar = (!quiet && io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
            if let Ok(style) = ProgressStyle::with_template("asking: {pos} calls in {elapsed}, {per_sec} {wide_msg}") {
                bar.set_style(style);
            }
            bar
        });
        Self { bar, calls: AtomicU64::new(0) }
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl attesta_aws::Progress for Watcher {
    fn called(&self, region: &str, call: &str) {
        let calls = self.calls.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if let Some(bar) = &self.bar {
            bar.set_position(calls);
            bar.set_message(terminal::plain(&format!("{region} {call}")));
        }
    }
}
