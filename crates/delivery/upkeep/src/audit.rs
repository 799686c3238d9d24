//! Reads everything of a server's data and compares each part with what vouches for it: the tree with the signed
//! checkpoint, each record with its leaf's salted digest, evidence and documents with the leaves that tell of them, bytes
//! with their digests.

use std::collections::{BTreeMap, BTreeSet};

use attesta_blobs::{Blobs, Check};
use attesta_identity::Keyring;
use attesta_kernel::Digest;
use attesta_ledger::{Edge, Hash, SignedCheckpoint, TileId, VerifierKey};
use attesta_store::{EvidenceSieve, Log, Page, Room, Store, StoreError};
use sha2::{Digest as _, Sha256};

use crate::{
    UpkeepError,
    place::{room, signer},
};

mod documents;
mod people;
mod rows;

/// Rows of one look.
const LOOK: u32 = 500;
/// Findings that are named; more are counted.
const NAMED: usize = 1_000;

/// Something that should not be.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// Of which organisation.
    pub organisation: String,
    /// A leaf, a document, evidence, bytes.
    pub place: String,
    /// What is wrong.
    pub what: String,
}

/// What an audit read, and what it found.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Audit {
    /// Organisations, the instance's own among them.
    pub organisations: u64,
    /// Leaves whose bytes and records were hashed.
    pub leaves: u64,
    /// Tiles that were compared with the tree built anew.
    pub tiles: u64,
    /// Checkpoints, newest and kept, that the tree leads to.
    pub checkpoints: u64,
    /// Documents of assessments that were compared with their leaves.
    pub documents: u64,
    /// Earlier forms of documents, likewise.
    pub past: u64,
    /// Pieces of evidence that were compared with their leaves.
    pub evidence: u64,
    /// What evidence is for: entries of the index, compared with its events.
    pub links: u64,
    /// Tasks, comments, requests, webhooks and so on that were compared with their leaves.
    pub records: u64,
    /// People of organisations who were compared with their leaves.
    pub members: u64,
    /// Accounts that were compared with their leaves.
    pub accounts: u64,
    /// Passkeys and accounts at providers, likewise.
    pub logins: u64,
    /// Sessions, API tokens, invitations and share links, likewise.
    pub powers: u64,
    /// Blobs that were hashed.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What should not be.
    pub findings: Vec<Finding>,
    /// How many more there are.
    pub more: u64,
}

impl Audit {
    /// Whether nothing was found.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    /// How many things should not be: those that are named, and those that are only counted.
    pub fn faults(&self) -> u64 {
        u64::try_from(self.findings.len()).unwrap_or(u64::MAX).saturating_add(self.more)
    }

    fn find(&mut self, organisation: &str, place: impl Into<String>, what: impl Into<String>) {
        if self.findings.len() >= NAMED {
            self.more += 1;
            return;
        }
        let organisation = organisation.to_owned();
        self.findings.push(Finding { organisation, place: place.into(), what: what.into() });
    }
}

/// Audits every organisation. With a keyring, each log's signing key must open and belong to it; with blobs, every byte is
/// hashed. `against` are checkpoints that somebody kept elsewhere: the logs of their names must continue them.
///
/// # Errors
///
/// When the database or the blob store is not to be had: that says nothing about what they hold.
pub async fn audit(
    store: &Store,
    blobs: Option<&Blobs>,
    keyring: Option<&Keyring>,
    against: &[String],
) -> Result<Audit, UpkeepError> {
    look(store, blobs, keyring, against, false).await
}

/// The same of rows that came in an archive: people's roles, and records with secrets, stayed where they were.
pub(crate) async fn audit_of_archive(store: &Store, against: &[String]) -> Result<Audit, UpkeepError> {
    look(store, None, None, against, true).await
}

async fn look(
    store: &Store,
    blobs: Option<&Blobs>,
    keyring: Option<&Keyring>,
    against: &[String],
    travelled: bool,
) -> Result<Audit, UpkeepError> {
    let mut audit = Audit::default();
    let mut page = Page::first(LOOK);
    let mut origins = BTreeSet::new();
    loop {
        let some = store.tenants(&page).await?;
        for tenant in &some {
            let one = One { store, tenant: &tenant.id, against, travelled };
            if let Some(origin) = one.look(&mut audit, blobs, keyring).await? {
                origins.insert(origin);
            }
        }
        match some.last() {
            Some(last) => page.after.clone_from(&last.id),
            None => break,
        }
    }
    for text in against {
        let origin = text.lines().next().unwrap_or_default();
        if !origins.contains(origin) {
            audit.find("", format!("checkpoint of `{}`", cut(origin)), "no log here has that name");
        }
    }
    Ok(audit)
}

fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}

/// What the leaves of a log say that rows must say too.
#[derive(Default)]
struct Told {
    /// The records about each piece of evidence, one after the other.
    evidence: BTreeMap<String, Sha256>,
    /// Assessments, and every form of their documents.
    documents: documents::Documents,
    /// Who can sign in, with what, and the secrets that give power.
    people: people::People,
    /// Records, members, the organisation's name.
    rows: rows::Rows,
}

struct One<'a> {
    store: &'a Store,
    tenant: &'a str,
    against: &'a [String],
    travelled: bool,
}

impl One<'_> {
    /// The log's name, when it has one.
    async fn look(
        &self,
        audit: &mut Audit,
        blobs: Option<&Blobs>,
        keyring: Option<&Keyring>,
    ) -> Result<Option<String>, UpkeepError> {
        audit.organisations += 1;
        let mut room = room(self.store, self.tenant).await?;
        let log = match room.log().await {
            Ok(log) => log,
            Err(StoreError::NotFound { .. }) => {
                audit.find(self.tenant, "log", "it is missing");
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        if let Some(keyring) = keyring
            && let Err(error) = signer(keyring, self.tenant, &log)
        {
            audit.find(self.tenant, "signing key", error.to_string());
        }
        let mut told = self.log(audit, &mut room, &log).await?;
        if self.travelled {
            told.rows.travel(None);
        }
        told.rows.compare(self.tenant, audit, &mut room).await?;
        told.documents.compare(self.tenant, audit, &mut room).await?;
        if !self.travelled {
            told.people.compare(self.tenant, audit, &mut room).await?;
        }
        let kept = self.evidence(audit, &mut room, &told).await?;
        self.blobs(audit, &mut room, &kept, blobs).await?;
        Ok(Some(log.origin))
    }

    /// Builds the tree anew from the leaves, and compares.
    async fn log(&self, audit: &mut Audit, room: &mut Room, log: &Log) -> Result<Told, UpkeepError> {
        let mut told = Told::default();
        let Ok(key) = log.vkey.parse::<VerifierKey>() else {
            audit.find(self.tenant, "log", "its key cannot be read");
            return Ok(told);
        };
        let mut wanted = self.heads(audit, room, log, &key).await?;
        let mut edge = Edge::default();
        while edge.size() < log.size {
            let from = edge.size();
            let (rows, entries) = self.entries(audit, room, from).await?;
            if entries.is_empty() {
                audit.find(self.tenant, format!("leaf {from}"), "it is missing: the log cannot be built anew");
                return Ok(told);
            }
            for (row, entry) in rows.into_iter().zip(entries) {
                if edge.size() >= log.size {
                    break;
                }
                let place = format!("leaf {}", entry.index);
                if entry.index != edge.size() {
                    audit.find(self.tenant, format!("leaf {}", edge.size()), "it is missing");
                    return Ok(told);
                }
                let leaf = &entry.leaf;
                let shown = (row.kind.as_str(), row.subject.as_str(), row.actor.as_str(), row.at.as_second());
                if shown != (leaf.kind.as_str(), leaf.subject.as_str(), leaf.actor.as_str(), leaf.at.as_second()) {
                    audit.find(self.tenant, place, "what the trail shows of it is not what it says");
                }
                told.hear(&entry);
                audit.leaves += 1;
                for tile in edge.append(entry.hash()) {
                    self.tile(audit, room, tile.id, &tile.hashes).await?;
                }
                if let Some(heads) = wanted.remove(&edge.size()) {
                    let root = edge.root();
                    for (place, said) in heads {
                        audit.checkpoints += 1;
                        if said != root {
                            audit.find(self.tenant, place, "the leaves do not lead to the root that was signed");
                        }
                    }
                }
            }
        }
        for (id, hashes) in edge.partial() {
            self.tile(audit, room, id, hashes).await?;
        }
        for (size, heads) in wanted {
            for (place, _) in heads {
                audit.find(self.tenant, place, format!("it covers {size} leaves, and the log has {}", log.size));
            }
        }
        if let Ok(more) = room.leaves(log.size, 1).await
            && !more.is_empty()
        {
            audit.find(self.tenant, format!("leaf {}", log.size), "it stands behind the last one that was signed");
        }
        Ok(told)
    }

    /// Roots that were signed, by size: the newest, those that left the house, and those that somebody kept.
    async fn heads(
        &self,
        audit: &mut Audit,
        room: &mut Room,
        log: &Log,
        key: &VerifierKey,
    ) -> Result<BTreeMap<u64, Vec<(String, Hash)>>, UpkeepError> {
        let mut heads: BTreeMap<u64, Vec<(String, Hash)>> = BTreeMap::new();
        let mut keys = vec![key.clone()];
        keys.extend(room.former_keys().await?);
        let open = |text: &str| {
            // Whichever key it was signed with; when none fits, what the newest key says of it.
            let fits = keys.iter().find_map(|key| SignedCheckpoint::open(text, key).ok());
            fits.map_or_else(|| SignedCheckpoint::open(text, key), Ok)
        };
        let mut all = Vec::new();
        if log.size > 0 {
            all.push(("the newest checkpoint".to_owned(), log.checkpoint.clone(), Some(log.size)));
        }
        for anchor in room.anchors().await? {
            all.push((
                format!("the kept checkpoint over {} leaves", anchor.size),
                anchor.checkpoint,
                Some(anchor.size),
            ));
        }
        let mine = |text: &&String| text.lines().next() == Some(log.origin.as_str());
        all.extend(
            self.against.iter().filter(mine).map(|t| ("a checkpoint from elsewhere".to_owned(), t.clone(), None)),
        );
        for (place, text, size) in all {
            let newest = size == Some(log.size) && text == log.checkpoint;
            match if newest { SignedCheckpoint::open(&text, key) } else { open(&text) } {
                Ok(signed) if size.is_none_or(|size| size == signed.checkpoint.size) => {
                    if signed.checkpoint.size > 0 {
                        heads.entry(signed.checkpoint.size).or_default().push((place, signed.checkpoint.root));
                    }
                }
                Ok(signed) => audit.find(self.tenant, place, format!("it covers {} leaves", signed.checkpoint.size)),
                Err(error) => audit.find(self.tenant, place, error.to_string()),
            }
        }
        Ok(heads)
    }

    /// Leaves from one on, as the trail shows them and as they are. A damaged one is named, and ends the look.
    async fn entries(
        &self,
        audit: &mut Audit,
        room: &mut Room,
        from: u64,
    ) -> Result<(Vec<attesta_store::LeafRow>, Vec<attesta_vault::Entry>), UpkeepError> {
        let damaged = |audit: &mut Audit, error: StoreError| match error {
            StoreError::Damaged { place, what } => {
                audit.find(self.tenant, place, what);
                Ok(())
            }
            StoreError::NotFound { .. } => Ok(()),
            other => Err(UpkeepError::from(other)),
        };
        let rows = room.leaves(from, LOOK).await?;
        match room.entries(from, LOOK).await {
            Ok(entries) => return Ok((rows, entries)),
            Err(error @ StoreError::Damaged { .. }) => drop(error),
            Err(other) => return Err(other.into()),
        }
        let mut entries = Vec::new();
        for row in &rows {
            match room.entry(row.index).await {
                Ok(entry) => entries.push(entry),
                Err(error) => {
                    damaged(audit, error)?;
                    break;
                }
            }
        }
        Ok((rows, entries))
    }

    async fn tile(&self, audit: &mut Audit, room: &mut Room, id: TileId, hashes: &[Hash]) -> Result<(), UpkeepError> {
        audit.tiles += 1;
        let built: Vec<u8> = hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
        match room.tile(id).await {
            Ok(kept) if kept == built => {}
            Ok(_) => audit.find(self.tenant, id.path(), "it is not what the leaves make it"),
            Err(StoreError::NotFound { .. }) => audit.find(self.tenant, id.path(), "it is missing"),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Digests that evidence needs.
    async fn evidence(
        &self,
        audit: &mut Audit,
        room: &mut Room,
        told: &Told,
    ) -> Result<BTreeMap<String, String>, UpkeepError> {
        let (mut page, mut kept, mut here) = (Page::first(LOOK), BTreeMap::new(), BTreeSet::new());
        let mut links = BTreeSet::new();
        loop {
            let some = match room.evidence_list(&EvidenceSieve::default(), &page).await {
                Ok(some) => some,
                Err(StoreError::Damaged { place, what }) => {
                    audit.find(self.tenant, place, what);
                    break;
                }
                Err(error) => return Err(error.into()),
            };
            for row in &some {
                audit.evidence += 1;
                let item = &row.item;
                let id = item.evidence.id.to_string();
                let (events, strays) = room.evidence_kept(item.evidence.id).await?;
                for column in strays {
                    // By these columns evidence is found, and its bytes are kept or let go.
                    let what = format!("its `{column}` is not what its events say");
                    audit.find(self.tenant, format!("evidence {id}"), what);
                }
                let mut hasher = Sha256::new();
                for line in events.lines() {
                    // One that cannot be read is no leaf's either.
                    hasher.update(event(line).unwrap_or_default().as_bytes());
                    hasher.update(b"\n");
                }
                let rows: [u8; 32] = hasher.finalize().into();
                let leaves = told.evidence.get(&id).map(|hasher| -> [u8; 32] { hasher.clone().finalize().into() });
                if leaves != Some(rows) {
                    audit.find(self.tenant, format!("evidence {id}"), "its events are not those that the log tells of");
                }
                if !matches!(item.status, attesta_evidence::Status::Retired(_)) {
                    kept.insert(item.evidence.digest.to_string(), id.clone());
                }
                links.extend(item.links.keys().map(|target| (target.to_string(), id.clone())));
                here.insert(id);
            }
            match some.last() {
                Some(last) => page.after = last.item.evidence.id.to_string(),
                None => break,
            }
        }
        rows::links(self.tenant, audit, room, links).await?;
        for id in told.evidence.keys().filter(|id| !here.contains(*id)) {
            audit.find(self.tenant, format!("evidence {id}"), "the log tells of it, and it is missing");
        }
        Ok(kept)
    }

    async fn blobs(
        &self,
        audit: &mut Audit,
        room: &mut Room,
        kept: &BTreeMap<String, String>,
        blobs: Option<&Blobs>,
    ) -> Result<(), UpkeepError> {
        let place = blobs.map(|blobs| blobs.of(self.tenant)).transpose()?;
        let (mut after, mut noted) = (String::new(), BTreeSet::new());
        loop {
            let some = room.blobs(&after, LOOK).await?;
            for blob in &some {
                noted.insert(blob.digest.clone());
                let Some(place) = &place else { continue };
                let named = format!("bytes {}", blob.digest);
                let Ok(digest) = blob.digest.parse::<Digest>() else {
                    audit.find(self.tenant, named, "it is no digest");
                    continue;
                };
                audit.blobs += 1;
                match place.verify(&digest).await? {
                    Check::Right { size } if size == blob.size => audit.bytes += size,
                    Check::Right { size } => {
                        audit.find(
                            self.tenant,
                            named,
                            format!("there are {size} of them, and {} are noted", blob.size),
                        );
                    }
                    Check::Changed { found, .. } => audit.find(self.tenant, named, format!("they are now {found}")),
                    Check::Missing if self.went(&blob.digest).await? => {}
                    Check::Missing => audit.find(self.tenant, named, "they are missing"),
                }
            }
            match some.last() {
                Some(last) => after.clone_from(&last.digest),
                None => break,
            }
        }
        for (digest, id) in kept.iter().filter(|(digest, _)| !noted.contains(*digest)) {
            audit.find(self.tenant, format!("evidence {id}"), format!("its bytes {digest} are not noted"));
        }
        Ok(())
    }

    /// Whether bytes were removed while the audit ran, as they may be.
    async fn went(&self, digest: &str) -> Result<bool, UpkeepError> {
        match room(self.store, self.tenant).await?.blob(digest).await {
            Err(StoreError::NotFound { .. }) => Ok(true),
            Ok(_) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// What happened to evidence, without from where it came: that stands in the log alone.
fn event(line: &str) -> Option<String> {
    let (id, change) = attesta_vault::read_record(line).ok()?;
    attesta_vault::write_record(id, &change).ok()
}

impl Told {
    fn hear(&mut self, entry: &attesta_vault::Entry) {
        let kind = entry.leaf.kind.as_str();
        self.rows.hear(entry);
        self.documents.hear(entry);
        self.people.hear(entry);
        if kind.starts_with("evidence.")
            && let Some(event) = event(&entry.record)
        {
            let hasher = self.evidence.entry(entry.leaf.subject.as_str().to_owned()).or_default();
            hasher.update(event.as_bytes());
            hasher.update(b"\n");
        }
    }
}
