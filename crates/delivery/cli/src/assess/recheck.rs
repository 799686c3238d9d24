//! `attesta assess recheck DIR`: whether a certificate can be kept (interim) or spanned (bridge).

use std::path::PathBuf;

use attesta_desk::recheck::{Report, Said, recheck};
use attesta_kernel::Date;
use attesta_lifecycle::Seed;
use attesta_workspace::Folder;
use clap::Args;

use crate::{
    args::{Common, ListFormat},
    assess::{
        desk::{self, refuse},
        points::shown,
    },
    exit::{Exit, Failure},
    terminal,
};

#[derive(Debug, Args)]
pub(crate) struct RecheckOptions {
    /// The folder of the interim or bridge assessment
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// The folder of the assessment that was certified
    #[arg(long, value_name = "DIR")]
    since: PathBuf,
    /// The seed from which the requirements were drawn (`sample requirements --seed`)
    #[arg(long, value_name = "TEXT")]
    seed: Seed,
    /// Management says that nothing significant changed
    #[arg(long)]
    no_significant_change: bool,
    /// Management says that no security event stands against the certificate
    #[arg(long)]
    no_event: bool,
    /// The assessor says that the progress of the plans is sufficient
    #[arg(long)]
    progress_suffices: bool,
    /// The day [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    at: Option<Date>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
}

pub(crate) fn run(common: &Common, options: &RecheckOptions) -> Result<Exit, Failure> {
    let desk = desk::open(common, &options.dir, options.at)?;
    let certified = desk::certified(common, &options.since, &desk)?;
    let then = Folder::open(&options.since).map_err(|f| refuse(&[f]))?;
    let said = Said {
        seed: options.seed.clone(),
        no_significant_change: options.no_significant_change,
        no_event: options.no_event,
        progress_suffices: options.progress_suffices,
    };
    let report = recheck(&desk, &certified, &then, &said)?;
    match options.format {
        ListFormat::Json => terminal::json_of(&report)?,
        ListFormat::Table => table(common, &report)?,
    }
    Ok(match report.verdict {
        "keeps" => Exit::Met,
        "fails" => Exit::Findings,
        _ => Exit::NotEvaluated,
    })
}

fn table(common: &Common, report: &Report) -> Result<(), Failure> {
    let cells = report.requirements.iter().map(|row| {
        let levels = row.levels.iter().map(|l| format!("{} {} -> {}", l.level, shown(l.then.0), shown(l.now.0)));
        let levels = if row.tested { levels.collect::<Vec<_>>().join(", ") } else { "not tested again".to_owned() };
        [row.requirement.clone(), row.domain.to_string(), row.because.clone(), levels]
    });
    terminal::table(["requirement", "domain", "because", "levels"], cells)?;
    let mut text = format!(
        "\nplans: {}\nsignificant changes: {}\nsecurity events: {}\n\n",
        report.plans, report.changes, report.events
    );
    text.push_str(match report.verdict {
        "keeps" => "everything was looked at and nothing speaks against the certificate; HITRUST decides\n",
        "fails" => "something speaks against the certificate:\n",
        _ => "it cannot be told yet whether the certificate is kept:\n",
    });
    for reason in &report.reasons {
        text.push_str(&format!("  {reason}\n"));
    }
    terminal::out(terminal::plain(&text).as_bytes())?;
    if !common.quiet {
        report.notes.iter().for_each(|note| terminal::note(note));
        report.unsure.iter().for_each(|rule| terminal::note(&format!("the rule is {rule}")));
    }
    Ok(())
}
