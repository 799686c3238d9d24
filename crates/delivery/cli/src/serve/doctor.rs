//! `attesta doctor`.

use attesta_kernel::Timestamp;
use attesta_upkeep::{Health, Patient, Symptom};
use clap::Args;

use super::settings::{PlaceArgs, Settings};
use crate::{
    args::ListFormat,
    exit::{Exit, Failure},
    terminal,
};

/// Says what is wrong with a server's installation, and how to mend it.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// The address that people type
    #[arg(long, value_name = "URL", env = "ATTESTA_PUBLIC")]
    public: Option<String>,
    /// A virus scanner (clamd): `tcp:HOST:PORT` or `unix:PATH`
    #[arg(long, value_name = "ADDRESS", env = "ATTESTA_CLAMD")]
    clamd: Option<String>,
    /// Also reads everything and compares it with what vouches for it, as `attesta fsck --data` does
    #[arg(long)]
    deep: bool,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
}

pub(crate) fn doctor(args: &DoctorArgs) -> Result<Exit, Failure> {
    let settings = Settings::read(args.place.config.as_deref())?.with(&args.place);
    let place = settings.place();
    let patient = Patient {
        place: &place,
        clamd: args.clamd.as_deref().or(settings.clamd.as_deref()),
        public: args.public.as_deref().or(settings.public.as_deref()),
        deep: args.deep,
        at: Timestamp::now(),
    };
    let symptoms = super::runtime()?.block_on(attesta_upkeep::doctor(&patient));
    let worst = symptoms.iter().map(|s| s.health).max().unwrap_or(Health::Ok);
    match args.format {
        ListFormat::Json => terminal::json(&serde_json::json!({
            "schema": "attesta.doctor/1",
            "health": worst,
            "lines": symptoms,
        }))?,
        ListFormat::Table => {
            for symptom in &symptoms {
                terminal::out(line(symptom).as_bytes())?;
            }
        }
    }
    Ok(match worst {
        Health::Fail => Exit::Findings,
        Health::Ok | Health::Warn => Exit::Met,
    })
}

fn line(symptom: &Symptom) -> String {
    let health = match symptom.health {
        Health::Ok => "ok",
        Health::Warn => "warn",
        Health::Fail => "fail",
    };
    let mut line = terminal::plain(&format!("{health:<5} {}: {}\n", symptom.about, symptom.what));
    if !symptom.mend.is_empty() {
        line.push_str(&terminal::plain(&format!("      mend: {}\n", symptom.mend)));
    }
    line
}
