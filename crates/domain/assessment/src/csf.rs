use std::{collections::BTreeSet, fmt, str::FromStr};

use attesta_kernel::{Date, Provenance};

/// A version of the HITRUST CSF, e.g. `v11.8.0`; a missing part is 0, and the `v` may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CsfVersion([u16; 3]);

/// The text is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a version of the CSF; write it like `v11.8.0`")]
pub struct NotAVersion(pub String);

impl FromStr for CsfVersion {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || NotAVersion(text.chars().take(40).collect());
        let mut numbers = [0_u16; 3];
        let mut parts = text.strip_prefix('v').unwrap_or(text).split('.');
        for (number, part) in numbers.iter_mut().zip(&mut parts) {
            if part.is_empty() || part.len() > 4 || !part.bytes().all(|b| b.is_ascii_digit()) {
                return Err(bad());
            }
            *number = part.parse().map_err(|_| bad())?;
        }
        if parts.next().is_some() { Err(bad()) } else { Ok(Self(numbers)) }
    }
}

impl fmt::Display for CsfVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        f.pad(&format!("v{major}.{minor}.{patch}"))
    }
}

/// When versions of the CSF may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsfRelease {
    /// The first version that this speaks of.
    pub first: CsfVersion,
    /// The last.
    pub last: CsfVersion,
    /// The programs that it speaks of; none is all.
    pub programs: BTreeSet<Box<str>>,
    /// The day on which it came out, where that is known.
    pub released: Option<Date>,
    /// The last day on which an assessment may be created on it.
    pub create_until: Option<Date>,
    /// The last day on which an assessment on it may be submitted.
    pub submit_until: Option<Date>,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// What speaks against a version for an assessment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionConcern<'a> {
    /// Nothing is known of it.
    Unknown,
    /// It was not out yet on the day of creation.
    NotYetReleased(&'a CsfRelease),
    /// No assessment could be created on it any more.
    CreationEnded(&'a CsfRelease),
    /// It can no longer be submitted on the day that is looked at.
    SubmissionEnded(&'a CsfRelease),
    /// A newer one was out on the day of creation, and the program asks for the newest.
    NotNewest(CsfVersion),
}

/// What speaks against `version` for an assessment of `program` that was created on `created`, seen on `day`.
pub fn version_concerns<'a>(
    releases: &'a [CsfRelease],
    version: CsfVersion,
    program: &str,
    newest_only: bool,
    created: Date,
    day: Date,
) -> Vec<VersionConcern<'a>> {
    let of_program: Vec<&CsfRelease> =
        releases.iter().filter(|r| r.programs.is_empty() || r.programs.contains(program)).collect();
    let rows: Vec<&CsfRelease> =
        of_program.iter().copied().filter(|r| r.first <= version && version <= r.last).collect();
    if rows.is_empty() {
        return vec![VersionConcern::Unknown];
    }
    let mut concerns = Vec::new();
    for row in rows {
        if row.released.is_some_and(|released| created < released) {
            concerns.push(VersionConcern::NotYetReleased(row));
        }
        if row.create_until.is_some_and(|until| until < created) {
            concerns.push(VersionConcern::CreationEnded(row));
        }
        if row.submit_until.is_some_and(|until| until < day) {
            concerns.push(VersionConcern::SubmissionEnded(row));
        }
    }
    let newest = of_program.iter().filter(|r| r.released.is_some_and(|d| d <= created)).map(|r| r.last).max();
    if let Some(newest) = newest.filter(|newest| newest_only && *newest > version) {
        concerns.push(VersionConcern::NotNewest(newest));
    }
    concerns
}

impl fmt::Display for VersionConcern<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = |d: Option<Date>| d.map_or_else(|| "an unknown day".to_owned(), |d| d.to_string());
        match self {
            Self::Unknown => f.write_str("nothing is known of this version of the CSF"),
            Self::NotYetReleased(r) => write!(f, "this version of the CSF came out on {}", day(r.released)),
            Self::CreationEnded(r) => {
                write!(f, "assessments could be created on this version of the CSF until {}", day(r.create_until))
            }
            Self::SubmissionEnded(r) => {
                write!(f, "assessments on this version of the CSF could be submitted until {}", day(r.submit_until))
            }
            Self::NotNewest(newest) => write!(f, "{newest} was out already, and this program asks for the newest"),
        }
    }
}

#[cfg(test)]
mod tests {
    use attesta_kernel::Confidence;

    use super::*;

    #[test]
    fn versions_are_read_and_ordered_by_number() {
        let version = |t: &str| t.parse::<CsfVersion>().unwrap();
        assert_eq!(version("11.8"), version("v11.8.0"));
        assert!(version("v9.6.2") < version("v11.0") && version("v11.2") < version("v11.10"));
        assert_eq!(version("v11").to_string(), "v11.0.0");
        for bad in ["", "v", "11.", "11.a", "1.2.3.4", "v11.8.0-beta", "99999"] {
            assert!(bad.parse::<CsfVersion>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_version_is_held_against_its_days() {
        let row = |first: &str, last: &str, programs: &[&str], days: [&str; 3]| CsfRelease {
            first: first.parse().unwrap(),
            last: last.parse().unwrap(),
            programs: programs.iter().map(|p| (*p).into()).collect(),
            released: days[0].parse().ok(),
            create_until: days[1].parse().ok(),
            submit_until: days[2].parse().ok(),
            provenance: Provenance { source: "a test".into(), confidence: Confidence::Unverified },
        };
        let releases = [
            row("v9.5", "v9.6.2", &["r2"], ["", "2024-06-30", "2025-04-30"]),
            row("v11.7", "v11.7", &[], ["2025-12-18", "", ""]),
            row("v11.8", "v11.8", &[], ["2026-05-08", "", ""]),
        ];
        let told = |version: &str, program: &str, newest: bool, created: &str, day: &str| -> Vec<String> {
            let (version, created, day) = (version.parse().unwrap(), created.parse().unwrap(), day.parse().unwrap());
            version_concerns(&releases, version, program, newest, created, day)
                .iter()
                .map(ToString::to_string)
                .collect()
        };
        assert!(told("v11.8.0", "r2", false, "2026-06-01", "2026-06-01").is_empty());
        assert!(told("v9.6", "r2", false, "2024-06-30", "2025-04-30").is_empty());
        assert_eq!(told("v9.6", "r2", false, "2024-07-01", "2025-05-01").len(), 2);
        assert!(told("v9.6", "i1", false, "2024-01-01", "2024-01-01")[0].contains("nothing is known"));
        assert!(told("v11.8", "r2", false, "2026-05-07", "2026-06-01")[0].contains("came out on 2026-05-08"));
        assert!(told("v11.7", "e1", true, "2026-06-01", "2026-06-01")[0].starts_with("v11.8.0 was out already"));
        assert!(told("v11.7", "e1", true, "2026-05-07", "2026-06-01").is_empty());
    }
}
