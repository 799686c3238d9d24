//! Waivers, as a file beside the code.

use attesta_catalog::Fault;
use attesta_evaluation::Waiver;
use attesta_kernel::{Date, PolicyId};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{File, yaml};

const SCHEMA: &str = "attesta.waivers/1";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWaivers {
    #[expect(dead_code, reason = "checked before the rest is read")]
    schema: String,
    #[serde(default)]
    waivers: Vec<RawWaiver>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWaiver {
    policy: Spanned<String>,
    resource: Spanned<String>,
    reason: Spanned<String>,
    approved_by: Spanned<String>,
    until: Spanned<String>,
}

/// Reads a waiver file.
///
/// # Errors
/// Every entry that does not say what, why, who and until when.
pub fn waivers(file: &File) -> Result<Vec<Waiver>, Vec<Fault>> {
    let raw: RawWaivers = yaml::parse(file, SCHEMA).map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    let mut waivers = Vec::new();
    for entry in raw.waivers {
        let place = file.at(yaml::line(entry.policy.referenced));
        for (what, text) in
            [("resource", &entry.resource), ("reason", &entry.reason), ("approved_by", &entry.approved_by)]
        {
            if text.value.trim().is_empty() {
                faults.push(Fault::new(
                    file.at(yaml::line(text.referenced)),
                    format!("the waiver's `{what}` is empty"),
                    "a waiver says what, why, who and until when",
                ));
            }
        }
        let policy = entry.policy.value.parse::<PolicyId>();
        let until = entry.until.value.parse::<Date>();
        match (policy, until) {
            (Ok(policy), Ok(until)) => waivers.push(Waiver {
                policy,
                resource: entry.resource.value,
                reason: entry.reason.value,
                approved_by: entry.approved_by.value,
                until,
                place,
            }),
            (policy, until) => {
                if let Err(error) = policy {
                    faults.push(Fault::plain(place, error.to_string()));
                }
                if until.is_err() {
                    let place = file.at(yaml::line(entry.until.referenced));
                    faults.push(Fault::new(
                        place,
                        format!("`{}` is not a date", entry.until.value),
                        "write it like 2027-03-31",
                    ));
                }
            }
        }
    }
    if faults.is_empty() { Ok(waivers) } else { Err(faults) }
}
