//! Looks at an installation and says, line by line, what is well, what will become a trouble, what is one, and the mend.

use std::{collections::BTreeMap, fs, net::IpAddr, path::Path, time::Duration};

use attesta_blobs::{Blobs, Clamd};
use attesta_identity::Keyring;
use attesta_kernel::{Digest, Timestamp};
use attesta_store::{Page, Store};
use serde::Serialize;

use crate::{
    Place, UpkeepError,
    audit::audit,
    place::{open_blobs, room, signer},
};

/// A scanner is waited for so long.
const PATIENCE: Duration = Duration::from_secs(5);
/// Less free room than this is a trouble; less than the second will become one.
const FULL: u64 = 200 << 20;
const NEARLY: u64 = 2 << 30;
/// A leaf may be so many seconds ahead of the clock: another machine's clock is a little ahead.
const AHEAD: i64 = 60;

/// How it is with something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// It is well.
    Ok,
    /// It will become a trouble, or could not be looked at.
    Warn,
    /// It is one.
    Fail,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Symptom {
    /// What was looked at.
    pub about: &'static str,
    /// How it is.
    pub health: Health,
    /// What was seen.
    pub what: String,
    /// How to mend it; empty where nothing is to be.
    pub mend: String,
}

/// What to look at.
#[derive(Debug, Clone)]
pub struct Patient<'a> {
    /// Where the data is.
    pub place: &'a Place,
    /// Where the scanner listens, if there is one.
    pub clamd: Option<&'a str>,
    /// The address that people type, where it was said.
    pub public: Option<&'a str>,
    /// Whether everything is read and compared too.
    pub deep: bool,
    /// Now.
    pub at: Timestamp,
}

/// Looks at an installation. It changes nothing but a file that it makes and removes to see whether it can.
pub async fn doctor(patient: &Patient<'_>) -> Vec<Symptom> {
    let mut chart = Chart::default();
    let place = patient.place;
    if !folder(&mut chart, &place.data) {
        return chart.0;
    }
    room_left(&mut chart, &place.data);
    let keyring = keys(&mut chart, &place.keys());
    let store = database(&mut chart, place).await;
    let blobs = blob_store(&mut chart, place).await;
    scanner(&mut chart, patient.clamd).await;
    public(&mut chart, patient.public);
    if let Some(store) = &store {
        let looked = organisations(&mut chart, store, keyring.as_ref(), blobs.as_ref(), patient).await;
        if let Err(error) = looked {
            chart.fail("organisations", error.to_string(), "look at the line of the database first");
        }
        match store.job_counts().await {
            Ok(counts) => jobs(&mut chart, &counts),
            Err(error) => chart.fail("jobs", error.to_string(), "look at the line of the database first"),
        }
        if patient.deep {
            deep(&mut chart, store, keyring.as_ref(), blobs.as_ref()).await;
        }
        store.close().await;
    }
    chart.0
}

#[derive(Default)]
struct Chart(Vec<Symptom>);

impl Chart {
    fn note(&mut self, about: &'static str, health: Health, what: impl Into<String>, mend: impl Into<String>) {
        self.0.push(Symptom { about, health, what: what.into(), mend: mend.into() });
    }

    fn ok(&mut self, about: &'static str, what: impl Into<String>) {
        self.note(about, Health::Ok, what, "");
    }

    fn warn(&mut self, about: &'static str, what: impl Into<String>, mend: impl Into<String>) {
        self.note(about, Health::Warn, what, mend);
    }

    fn fail(&mut self, about: &'static str, what: impl Into<String>, mend: impl Into<String>) {
        self.note(about, Health::Fail, what, mend);
    }
}

fn folder(chart: &mut Chart, data: &Path) -> bool {
    const ABOUT: &str = "data folder";
    let told = data.display();
    let about = match fs::metadata(data) {
        Ok(about) if about.is_dir() => about,
        Ok(_) => {
            chart.fail(ABOUT, format!("`{told}` is no folder"), "name the folder of `attesta serve` with --data");
            return false;
        }
        Err(error) => {
            chart.fail(ABOUT, format!("`{told}`: {error}"), "name the folder of `attesta serve` with --data");
            return false;
        }
    };
    let probe = data.join(".doctor");
    let written = fs::write(&probe, b"attesta").and_then(|()| fs::remove_file(&probe));
    if let Err(error) = written {
        chart.fail(ABOUT, format!("`{told}` cannot be written to: {error}"), "run as the user of the server");
        return true;
    }
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o777;
        if mode & 0o077 != 0 {
            let what = format!("`{told}` is open to others (mode {mode:o})");
            chart.warn(ABOUT, what, format!("chmod 700 {told}"));
            return true;
        }
    }
    let _ = about;
    chart.ok(ABOUT, format!("`{told}` is its owner's alone"));
    true
}

fn room_left(chart: &mut Chart, data: &Path) {
    const ABOUT: &str = "room";
    let Ok(disk) = rustix::fs::statvfs(data) else {
        chart.warn(ABOUT, "it cannot be told how much room is left", "look with `df`");
        return;
    };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let what = format!("{} MiB are free", free >> 20);
    match free {
        0..FULL => chart.fail(ABOUT, what, "make room: uploads and commits fail when there is none"),
        FULL..NEARLY => chart.warn(ABOUT, what, "make room soon"),
        _ => chart.ok(ABOUT, what),
    }
}

fn keys(chart: &mut Chart, path: &Path) -> Option<Keyring> {
    match Keyring::open(path) {
        Ok(keyring) => {
            chart.ok("keys", "the key file can be read, by its owner alone");
            Some(keyring)
        }
        Err(error) => {
            let mend =
                "bring back the file that was in use; without it no log can be signed and no sealed secret opened";
            chart.fail("keys", error.to_string(), mend);
            None
        }
    }
}

async fn database(chart: &mut Chart, place: &Place) -> Option<Store> {
    const ABOUT: &str = "database";
    let store = match Store::open_as_it_is(&place.database, 2).await {
        Ok(store) => store,
        Err(error) => {
            chart.fail(ABOUT, error.to_string(), "look at the address (--database), and whether the database runs");
            return None;
        }
    };
    let migrations = match store.migrations().await {
        Ok(migrations) => migrations,
        Err(error) => {
            chart.fail(ABOUT, format!("it is no database of Attesta's: {error}"), "`attesta serve` makes one");
            return None;
        }
    };
    let kind = if store.is_postgres() { "PostgreSQL" } else { "SQLite" };
    let newest = migrations.known.last().copied().unwrap_or(0);
    if let Some(foreign) = migrations.had.iter().find(|had| !migrations.known.contains(had)) {
        let what = format!("it has had migration {foreign}, which this program does not know");
        chart.fail(ABOUT, what, "it belongs to a newer version: use that one");
        return None;
    }
    if migrations.had != migrations.known {
        let what = format!("{kind}, at migration {} of {newest}", migrations.had.last().copied().unwrap_or(0));
        chart.warn(
            ABOUT,
            what,
            "back up, then start this version of `attesta serve`: it brings the database up to date",
        );
        return None;
    }
    chart.ok(ABOUT, format!("{kind}, at migration {newest} of {newest}"));
    match store.walls_do_not_hold_for().await {
        Ok(None) => {}
        Ok(Some((role, false))) => chart.ok("role", format!("row-level security holds for `{role}`")),
        Ok(Some((role, true))) => chart.fail(
            "role",
            format!("row-level security does not hold for `{role}`: it is a superuser, or may bypass it"),
            format!("ALTER ROLE {role} NOSUPERUSER NOBYPASSRLS"),
        ),
        Err(error) => chart.warn("role", error.to_string(), "ask the database's administrator"),
    }
    Some(store)
}

async fn blob_store(chart: &mut Chart, place: &Place) -> Option<Blobs> {
    const ABOUT: &str = "blob store";
    let opened = match open_blobs(&place.blobs, &place.s3) {
        Ok(blobs) => blobs.probe().await.map(|()| blobs).map_err(UpkeepError::from),
        Err(error) => Err(error),
    };
    match opened {
        Ok(blobs) => {
            chart.ok(ABOUT, format!("`{}` takes, gives and removes", place.blobs));
            Some(blobs)
        }
        Err(error) => {
            chart.fail(ABOUT, error.to_string(), "look at the address (--blobs), its permissions and its keys");
            None
        }
    }
}

async fn scanner(chart: &mut Chart, address: Option<&str>) {
    const ABOUT: &str = "scanner";
    let Some(address) = address else {
        let mend = "set `clamd`; until then uploads are told as not scanned";
        chart.warn(ABOUT, "no virus scanner is set up", mend);
        return;
    };
    let pinged = match address.parse() {
        Ok(parsed) => Clamd::new(parsed, PATIENCE).ping().await.map_err(|e| e.to_string()),
        Err(error) => Err(attesta_blobs::ClamdAddressError::to_string(&error)),
    };
    match pinged {
        Ok(()) => chart.ok(ABOUT, format!("clamd answers at `{address}`")),
        Err(error) => {
            chart.fail(ABOUT, format!("clamd at `{address}`: {error}"), "start clamd, or look at its address")
        }
    }
}

fn public(chart: &mut Chart, address: Option<&str>) {
    const ABOUT: &str = "public address";
    let Some(address) = address else {
        let mend = "set `public` before people use it: links, cookies and the names of new logs follow it";
        chart.warn(ABOUT, "none is set: the server calls itself by the address that it listens on", mend);
        return;
    };
    let host = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = host.split(['/', '?']).next().unwrap_or(host);
    let bare = host.rsplit_once(':').map_or(host, |(name, _)| name).trim_matches(['[', ']']);
    let local = bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    if address.starts_with("https://") {
        chart.ok(ABOUT, format!("`{address}`"));
    } else if local {
        chart.ok(ABOUT, format!("`{address}`, on this machine alone"));
    } else {
        chart.fail(
            ABOUT,
            format!("`{address}` is reached in plain text"),
            "put a proxy that speaks TLS in front, and set `public` to its https address",
        );
    }
}

async fn organisations(
    chart: &mut Chart,
    store: &Store,
    keyring: Option<&Keyring>,
    blobs: Option<&Blobs>,
    patient: &Patient<'_>,
) -> Result<(), UpkeepError> {
    let (mut names, mut strange, mut newest) = (Vec::new(), Vec::new(), None::<Timestamp>);
    let (mut missing, mut present) = (Vec::new(), 0_u64);
    let mut page = Page::first(500);
    loop {
        let some = store.tenants(&page).await?;
        for tenant in &some {
            let mut room = room(store, &tenant.id).await?;
            let log = room.log().await?;
            names.push(format!("{} `{}` ({} leaves)", tenant.id, tenant.name, log.size));
            if let Some(keyring) = keyring
                && let Err(error) = signer(keyring, &tenant.id, &log)
            {
                strange.push(error.to_string());
            }
            let last = room.leaves(log.size.saturating_sub(1), 1).await?.into_iter().next();
            newest = newest.max(last.map(|leaf| leaf.at));
            if let Some(blobs) = blobs {
                present += blobs_here(&mut room, blobs, &tenant.id, &mut missing).await?;
            }
        }
        match some.last() {
            Some(last) => page.after.clone_from(&last.id),
            None => break,
        }
    }
    chart.ok("organisations", names.join(", "));
    match strange.first() {
        None if keyring.is_some() => chart.ok("log keys", "each log's signing key opens, and is the log's"),
        None => {}
        Some(first) => chart.fail(
            "log keys",
            format!("{first} ({} in all)", strange.len()),
            "bring back the key file that was in use when these logs were founded",
        ),
    }
    clock(chart, newest, patient.at);
    match missing.first() {
        None if blobs.is_some() => chart.ok("bytes", format!("all {present} blobs are there")),
        None => {}
        Some(first) => chart.fail(
            "bytes",
            format!("{} of {} blobs are missing, the first is {first}", missing.len(), present + length(&missing)),
            "bring them back from a backup (they lie under their digest); `attesta fsck --data` names all",
        ),
    }
    Ok(())
}

fn length(names: &[String]) -> u64 {
    u64::try_from(names.len()).unwrap_or(u64::MAX)
}

async fn blobs_here(
    room: &mut attesta_store::Room,
    blobs: &Blobs,
    tenant: &str,
    missing: &mut Vec<String>,
) -> Result<u64, UpkeepError> {
    let place = blobs.of(tenant)?;
    let (mut after, mut here) = (String::new(), 0);
    loop {
        let some = room.blobs(&after, 500).await?;
        for blob in &some {
            let size = match blob.digest.parse::<Digest>() {
                Ok(digest) => place.exists(&digest).await?,
                Err(_) => None,
            };
            if size == Some(blob.size) {
                here += 1;
            } else {
                missing.push(format!("{tenant} {}", blob.digest));
            }
        }
        match some.last() {
            Some(last) => after.clone_from(&last.digest),
            None => return Ok(here),
        }
    }
}

fn clock(chart: &mut Chart, newest: Option<Timestamp>, now: Timestamp) {
    match newest {
        Some(leaf) if leaf.as_second() > now.as_second() + AHEAD => chart.fail(
            "clock",
            format!("it is {now}, and the newest leaf says {leaf}"),
            "set the clock (NTP): sessions, tokens and leaves follow it",
        ),
        Some(_) => chart.ok("clock", format!("it is {now}; no leaf is later")),
        None => {
            chart.warn("clock", format!("it is {now}; no leaf says whether that is right"), "look with `timedatectl`")
        }
    }
}

fn jobs(chart: &mut Chart, counts: &[(String, u64)]) {
    let counts: BTreeMap<&str, u64> = counts.iter().map(|(state, count)| (state.as_str(), *count)).collect();
    let of = |state: &str| counts.get(state).copied().unwrap_or(0);
    let what = format!("{} wait, {} are under way, {} were given up", of("waiting"), of("taken"), of("dead"));
    match of("dead") {
        0 => chart.ok("jobs", what),
        _ => chart.warn("jobs", what, "look at them (GET …/jobs?state=dead) and let them be tried again"),
    }
}

async fn deep(chart: &mut Chart, store: &Store, keyring: Option<&Keyring>, blobs: Option<&Blobs>) {
    const ABOUT: &str = "audit";
    match audit(store, blobs, keyring, &[]).await {
        Ok(audit) => match audit.findings.first() {
            None => chart.ok(
                ABOUT,
                format!("{} leaves, {} documents, {} blobs were read", audit.leaves, audit.documents, audit.blobs),
            ),
            Some(first) => chart.fail(
                ABOUT,
                format!("{} {}: {} ({} faults)", first.organisation, first.place, first.what, audit.faults()),
                "`attesta fsck --data` names all of them; find out who could write there, and restore a backup",
            ),
        },
        Err(error) => chart.fail(ABOUT, error.to_string(), "mend what stands above first"),
    }
}
