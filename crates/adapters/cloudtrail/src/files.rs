//! Files of a trail: logs and digests, from files and folders.

use std::{
    collections::{BTreeMap, HashSet},
    fs::File,
    io::{self, BufReader, Read as _},
    path::{Path, PathBuf},
};

use attesta_kernel::{Digest, Timestamp};
use attesta_reach::{Delivery, Event, Span};
use flate2::bufread::MultiGzDecoder;
use serde::Deserialize;
use serde_json::value::RawValue;
use walkdir::WalkDir;

use crate::record::Record;

/// No file is bigger when unpacked.
const MOST_BYTES: u64 = 1 << 30;
/// No more files are read.
const MOST_FILES: usize = 500_000;

/// What is wrong with a file, by place. A file with a fault is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct Fault {
    /// The file, and the record's number where one is meant.
    pub place: String,
    /// What is wrong.
    pub what: String,
}

/// One file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Its path.
    pub path: String,
    /// Digest of its bytes as they lie there.
    pub digest: Digest,
    /// Records in it; for a digest file, the log files that it names.
    pub records: usize,
    /// Whether it is a digest file.
    pub is_digest: bool,
}

/// What all files hold.
#[derive(Debug, Default)]
pub struct Read {
    /// The files, in order.
    pub inputs: Vec<Input>,
    /// Events, each once.
    pub events: Vec<Event>,
    /// What the digests say of their hours.
    pub deliveries: Vec<Delivery>,
    /// Files that could not be used.
    pub faults: Vec<Fault>,
}

#[derive(Deserialize)]
struct Log<'a> {
    #[serde(rename = "Records", borrow)]
    records: Option<Vec<&'a RawValue>>,
    #[serde(rename = "digestStartTime")]
    digest_start: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DigestFile {
    digest_start_time: String,
    digest_end_time: String,
    #[serde(default)]
    digest_s3_object: Option<String>,
    #[serde(default)]
    log_files: Vec<Named>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    s3_object: String,
    hash_value: String,
    hash_algorithm: String,
}

/// Reads every file that the paths name, and in folders every `.json` and `.json.gz`; of the events those that `keep`
/// wants are held.
pub fn read(paths: &[PathBuf], keep: &dyn Fn(&Event) -> bool) -> Read {
    let mut out = Read::default();
    let mut seen = HashSet::new();
    // Of log files at hand: the digest of what they hold unpacked, by file name. Names end in a random part.
    let mut held: BTreeMap<String, Digest> = BTreeMap::new();
    let mut digests = Vec::new();
    let files = files(paths, &mut out.faults);
    for path in files {
        let shown = path.display().to_string();
        match one(&path, &shown, &mut seen, keep, &mut out.events) {
            Ok((input, unpacked, digest)) => {
                match digest {
                    Some(digest) => digests.push((shown, digest)),
                    None => _ = held.insert(file_name(&shown), unpacked),
                }
                out.inputs.push(input);
            }
            Err(fault) => out.faults.push(fault),
        }
    }
    for (shown, digest) in digests {
        match delivery(&shown, &digest, &held) {
            Ok(delivery) => out.deliveries.push(delivery),
            Err(fault) => out.faults.push(fault),
        }
    }
    out
}

pub(crate) fn files(paths: &[PathBuf], faults: &mut Vec<Fault>) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        for entry in WalkDir::new(path).sort_by_file_name() {
            match entry {
                Ok(entry) if entry.file_type().is_file() => {
                    let name = entry.file_name().to_string_lossy();
                    if name.ends_with(".json") || name.ends_with(".json.gz") {
                        files.push(entry.into_path());
                    }
                }
                Ok(_) => {}
                Err(error) => faults.push(Fault { place: path.display().to_string(), what: error.to_string() }),
            }
            if files.len() > MOST_FILES {
                let what = format!("holds more than {MOST_FILES} files; give a part of the period");
                faults.push(Fault { place: path.display().to_string(), what });
                return files;
            }
        }
    }
    files
}

type One = (Input, Digest, Option<DigestFile>);

fn one(
    path: &Path,
    shown: &str,
    seen: &mut HashSet<String>,
    keep: &dyn Fn(&Event) -> bool,
    events: &mut Vec<Event>,
) -> Result<One, Fault> {
    let fault = |what: String| Fault { place: shown.to_owned(), what };
    let (bytes, unpacked) = bytes(path).map_err(|error| fault(format!("cannot be read: {error}")))?;
    let text = std::str::from_utf8(&unpacked).map_err(|_| fault("is not UTF-8 text".to_owned()))?;
    let log: Log<'_> =
        serde_json::from_str(text).map_err(|error| fault(format!("is not CloudTrail's JSON: {error}")))?;
    let mut input = Input { path: shown.to_owned(), digest: Digest::of(&bytes), records: 0, is_digest: false };
    let content = Digest::of(&unpacked);
    if log.digest_start.is_some() {
        let digest: DigestFile = serde_json::from_str(text)
            .map_err(|error| fault(format!("is not a digest file of CloudTrail: {error}")))?;
        input.records = digest.log_files.len();
        input.is_digest = true;
        return Ok((input, content, Some(digest)));
    }
    let records = log.records.ok_or_else(|| fault("holds neither `Records` nor a digest".to_owned()))?;
    input.records = records.len();
    // A file is taken whole or not at all.
    let (mut taken, mut ids) = (Vec::new(), HashSet::new());
    for (at, raw) in records.into_iter().enumerate() {
        let bad = |what: String| Fault { place: format!("{shown} (/Records/{at})"), what };
        let record: Record = serde_json::from_str(raw.get()).map_err(|error| bad(error.to_string()))?;
        let id = record.id.clone();
        let event = record.event().map_err(bad)?;
        // CloudTrail may deliver an event more than once.
        if keep(&event) && id.is_none_or(|id| !seen.contains(&id) && ids.insert(id)) {
            taken.push(event);
        }
    }
    seen.extend(ids);
    events.extend(taken);
    Ok((input, content, None))
}

/// The bytes as they lie there, and unpacked.
pub(crate) fn bytes(path: &Path) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let too_big = || io::Error::other(format!("it is bigger than {} MiB unpacked", MOST_BYTES >> 20));
    let mut raw = Vec::new();
    BufReader::new(File::open(path)?).take(MOST_BYTES.saturating_add(1)).read_to_end(&mut raw)?;
    if u64::try_from(raw.len()).is_ok_and(|length| length > MOST_BYTES) {
        return Err(too_big());
    }
    if !raw.starts_with(&[0x1f, 0x8b]) {
        return Ok((raw.clone(), raw));
    }
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(raw.as_slice()).take(MOST_BYTES.saturating_add(1)).read_to_end(&mut unpacked)?;
    if u64::try_from(unpacked.len()).is_ok_and(|length| length > MOST_BYTES) {
        return Err(too_big());
    }
    Ok((raw, unpacked))
}

fn file_name(path: &str) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    name.strip_suffix(".gz").unwrap_or(name).to_owned()
}

fn delivery(shown: &str, digest: &DigestFile, held: &BTreeMap<String, Digest>) -> Result<Delivery, Fault> {
    let time = |text: &str| {
        let read = text.parse::<Timestamp>();
        read.map_err(|_| Fault { place: shown.to_owned(), what: format!("`{text}` is no time") })
    };
    let span = Span { from: time(&digest.digest_start_time)?, to: time(&digest.digest_end_time)? };
    // `ACCOUNT_CloudTrail-Digest_REGION_TRAIL_HOME_TIME`, as the object is named, or the file.
    let named = file_name(digest.digest_s3_object.as_deref().unwrap_or(shown));
    let parts = named.split_once("CloudTrail-Digest_").and_then(|(_, rest)| {
        let (region, rest) = rest.split_once('_')?;
        let (rest, _time) = rest.rsplit_once('_')?;
        let (trail, _home) = rest.rsplit_once('_')?;
        Some((region.to_owned(), trail.to_owned()))
    });
    let (region, trail) = parts.ok_or_else(|| Fault {
        place: shown.to_owned(),
        what: "does not tell its region and trail: neither `digestS3Object` nor the file is named as CloudTrail names digests"
            .to_owned(),
    })?;
    let (mut lost, mut changed) = (0_u32, 0_u32);
    for file in &digest.log_files {
        match held.get(&file_name(&file.s3_object)) {
            None => lost = lost.saturating_add(1),
            Some(ours) => {
                let same = file.hash_algorithm == "SHA-256" && ours.to_string().eq_ignore_ascii_case(&file.hash_value);
                changed = changed.saturating_add(u32::from(!same));
            }
        }
    }
    let mut faults = Vec::new();
    if lost > 0 {
        faults.push(format!("{lost} log files that a digest names are not at hand"));
    }
    if changed > 0 {
        faults.push(format!("{changed} log files are not what the digest says that they were"));
    }
    Ok(Delivery { span, region: region.into(), trail: trail.into(), faults })
}
