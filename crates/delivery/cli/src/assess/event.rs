//! `attesta assess event DIR …`: security events and significant changes, and what HITRUST must be told when.

use std::path::PathBuf;

use attesta_assessment::PersonId;
use attesta_desk::events::{self, Changed, Listed, Security};
use attesta_kernel::Date;
use attesta_lifecycle::{Ended, NoticeId};
use clap::{Args, Subcommand};

use crate::{
    args::{Common, ListFormat},
    assess::desk::{self, refuse},
    exit::{Exit, Failure},
    terminal,
};

#[derive(Debug, Args)]
pub(crate) struct EventOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// The day on which it is looked at [default: today]
    #[arg(long, global = true, value_name = "YYYY-MM-DD")]
    at: Option<Date>,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Every event with its clock
    ///
    /// Exit codes: 0 nothing is due; 1 HITRUST must be told of something, or asked about a change; 3 it cannot be told.
    List {
        /// How to print
        #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
    /// A security event: begin its clock, or say how it went on
    Security {
        /// Its id, of your choice
        #[arg(value_name = "ID")]
        id: NoticeId,
        /// What happened, in a sentence (for a new one)
        #[arg(long, value_name = "TEXT")]
        what: Option<String>,
        /// The day on which it was seen to be possible (for a new one)
        #[arg(long, value_name = "YYYY-MM-DD")]
        identified: Option<Date>,
        /// The day on which it was confirmed
        #[arg(long, value_name = "YYYY-MM-DD", conflicts_with = "dismissed")]
        confirmed: Option<Date>,
        /// The day on which it was found to be none
        #[arg(long, value_name = "YYYY-MM-DD")]
        dismissed: Option<Date>,
        /// The day on which HITRUST was told
        #[arg(long, value_name = "YYYY-MM-DD", requires = "reference")]
        told: Option<Date>,
        /// By which message or ticket
        #[arg(long, value_name = "TEXT")]
        reference: Option<String>,
        /// Who writes it down, from people.yaml
        #[arg(long, value_name = "PERSON")]
        by: PersonId,
    },
    /// A significant change in the certified environment, and what HITRUST said about it
    Change {
        /// Its id, of your choice
        #[arg(value_name = "ID")]
        id: NoticeId,
        /// What changed, in a sentence (for a new one)
        #[arg(long, value_name = "TEXT")]
        what: Option<String>,
        /// The day on which it took effect (for a new one)
        #[arg(long, value_name = "YYYY-MM-DD")]
        on: Option<Date>,
        /// The day on which HITRUST was asked
        #[arg(long, value_name = "YYYY-MM-DD", requires = "reference")]
        consulted: Option<Date>,
        /// By which message or ticket
        #[arg(long, value_name = "TEXT")]
        reference: Option<String>,
        /// What HITRUST answered
        #[arg(long, value_name = "TEXT")]
        answer: Option<String>,
        /// Who writes it down, from people.yaml
        #[arg(long, value_name = "PERSON")]
        by: PersonId,
    },
}

pub(crate) fn run(common: &Common, options: &EventOptions) -> Result<Exit, Failure> {
    let desk = desk::open(common, &options.dir, options.at)?;
    let noted = match &options.what {
        What::List { format } => return list(events::list(&desk)?, *format),
        What::Security { id, what, identified, confirmed, dismissed, told, reference, by } => {
            let said = Security {
                id: id.clone(),
                what: what.clone(),
                identified: *identified,
                ended: confirmed.map(Ended::Confirmed).or(dismissed.map(Ended::Dismissed)),
                told: told.map(|on| (on, reference.clone().unwrap_or_default())),
            };
            events::security(&desk, said, by)?
        }
        What::Change { id, what, on, consulted, reference, answer, by } => {
            let said = Changed {
                id: id.clone(),
                what: what.clone(),
                on: *on,
                consulted: consulted.map(|on| (on, reference.clone().unwrap_or_default())),
                answer: answer.clone(),
            };
            events::change(&desk, said, by)?
        }
    };
    desk.folder.write(&[noted.change]).map_err(|f| refuse(&[f]))?;
    list(events::listed(&desk, &noted.notices)?, ListFormat::Table)
}

fn list(listed: Listed, format: ListFormat) -> Result<Exit, Failure> {
    let rows = &listed.rows;
    match format {
        ListFormat::Json => terminal::json_of(rows)?,
        ListFormat::Table => {
            let cells = rows
                .iter()
                .map(|r| [r.id.clone(), r.kind.to_owned(), r.since.clone(), r.stands.clone(), r.what.clone()]);
            terminal::table(["id", "kind", "since", "stands", "what"], cells)?;
        }
    }
    listed.notes.iter().for_each(|note| terminal::note(note));
    Ok(if rows.iter().any(|r| r.needs) { Exit::Findings } else { Exit::Met })
}
