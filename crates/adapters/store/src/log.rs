//! The organisation's log: leaves, tiles and checkpoints as rows.

use std::collections::BTreeMap;

use attesta_kernel::{Digest, Timestamp};
use attesta_ledger::{
    Checkpoint, Edge, Entries, Hash, Leaf, Salt, SignedCheckpoint, SigningKey, TileError, TileId, TileLevel, TileNodes,
    TileSource, VerifierKey, consistency_proof, inclusion_proof, verify_inclusion,
};
use attesta_vault::Entry;

use crate::{
    Page, Room, StoreError, Work,
    ask::{One, Rows, Select},
    room::{count, number, stored, time},
    sql::{Row, Value, values},
};

/// The head of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Its name, which its key has too.
    pub origin: String,
    /// How many leaves.
    pub size: u64,
    /// The signed checkpoint over all of them; empty before the first.
    pub checkpoint: String,
    /// The key that verifies it.
    pub vkey: String,
    /// The signing key, sealed.
    pub sealed_key: String,
}

/// A leaf as it is stored, with the record behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafRow {
    /// Its number.
    pub index: u64,
    /// What happened.
    pub kind: String,
    /// To what.
    pub subject: String,
    /// By whom.
    pub actor: String,
    /// When.
    pub at: Timestamp,
    /// The record: JSON.
    pub record: String,
}

/// Which leaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeafSieve {
    /// About this.
    pub subject: String,
    /// By this actor.
    pub actor: String,
    /// Of a kind that begins so.
    pub kind: String,
}

/// A checkpoint that left the house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// How many leaves it covers.
    pub size: u64,
    /// The signed text, with cosignatures that came back.
    pub checkpoint: String,
    /// The query to a timestamp authority (RFC 3161).
    pub query: Option<Vec<u8>>,
    /// Its answer.
    pub answer: Option<Vec<u8>>,
    /// When it left.
    pub at: Timestamp,
}

impl Log {
    /// What the signing key of an organisation's log is sealed for.
    pub fn sealed_for(tenant: &str) -> String {
        format!("log:{tenant}")
    }
}

const HEAD: &str = "SELECT origin, size, checkpoint, vkey, sealed_key FROM log WHERE tenant = $1";
const HEAD_LOCKED: &str = "SELECT origin, size, checkpoint, vkey, sealed_key FROM log WHERE tenant = $1 FOR UPDATE";
const TILE_PUT: &str = "INSERT INTO tile (tenant, level, idx, hashes) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (tenant, level, idx) DO UPDATE SET hashes = excluded.hashes";

/// Tiles that were fetched.
#[derive(Debug, Default)]
struct Fetched(BTreeMap<(u8, u64), Vec<Hash>>);

impl TileSource for Fetched {
    type Error = TileError;

    fn tile(&self, id: TileId) -> Result<Vec<Hash>, TileError> {
        let missing = |why: &str| TileError { path: id.path(), why: why.to_owned() };
        let TileLevel::Hashes(level) = id.level else { return Err(missing("it holds no hashes")) };
        let hashes = self.0.get(&(level, id.index)).ok_or_else(|| missing("it is missing"))?;
        hashes.get(..usize::from(id.width)).map(<[Hash]>::to_vec).ok_or_else(|| missing("it is too short"))
    }
}

pub(crate) fn hash(bytes: &[u8]) -> Result<Hash, StoreError> {
    let bytes = bytes.try_into().map_err(|_| StoreError::damaged("log", "a hash is not 32 bytes"))?;
    Ok(Hash::from_bytes(bytes))
}

fn hashes(bytes: &[u8]) -> Result<Vec<Hash>, StoreError> {
    bytes.chunks(32).map(hash).collect()
}

fn hash_bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|h| *h.as_bytes()).collect()
}

fn broken(error: &TileError) -> StoreError {
    StoreError::damaged("log", error.to_string())
}

fn head(row: &Row) -> Result<Log, StoreError> {
    Ok(Log {
        origin: row.text(0)?,
        size: count(row.int(1)?),
        checkpoint: row.text(2)?,
        vkey: row.text(3)?,
        sealed_key: row.text(4)?,
    })
}

/// Asks for the head of the log.
#[derive(Debug, Clone)]
pub struct LogHead;

impl One for LogHead {
    type Told = Option<Log>;

    fn select(&self, tenant: &str) -> Select {
        Select { sql: HEAD, width: 5, values: values![tenant] }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        rows.first(head)
    }
}

/// Asks for leaves that pass a sieve, newest first, below a number: the audit trail.
#[derive(Debug, Clone)]
pub struct Trail {
    /// Which.
    pub sieve: LeafSieve,
    /// Below this number.
    pub below: u64,
    /// At most so many; cut to 500.
    pub limit: u32,
}

impl One for Trail {
    type Told = Vec<LeafRow>;

    fn select(&self, tenant: &str) -> Select {
        const SQL: &str = "SELECT idx, kind, subject, actor, at, record FROM leaf WHERE tenant = $1 AND idx < $2 \
             AND ($3 = '' OR subject = $3) AND ($4 = '' OR actor = $4) AND ($5 = '' OR substr(kind, 1, length($5)) = $5) \
             ORDER BY idx DESC LIMIT $6";
        // By its index: a log of years is not read through for one thing.
        const ABOUT: &str = "SELECT idx, kind, subject, actor, at, record FROM leaf WHERE tenant = $1 AND idx < $2 \
             AND subject = $3 AND ($4 = '' OR actor = $4) AND ($5 = '' OR substr(kind, 1, length($5)) = $5) \
             ORDER BY idx DESC LIMIT $6";
        let sieve = &self.sieve;
        let wanted = values![
            tenant,
            number(self.below),
            sieve.subject.as_str(),
            sieve.actor.as_str(),
            sieve.kind.as_str(),
            Page::first(self.limit).most(),
        ];
        let sql = if sieve.subject.is_empty() { SQL } else { ABOUT };
        Select { sql, width: 6, values: wanted }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        rows.all(leaf_row)
    }
}

/// Asks for checkpoints that left the house, oldest first.
#[derive(Debug, Clone)]
pub struct Anchors;

impl One for Anchors {
    type Told = Vec<Anchor>;

    fn select(&self, tenant: &str) -> Select {
        const SQL: &str = "SELECT size, checkpoint, query, answer, at FROM anchor WHERE tenant = $1 ORDER BY size";
        Select { sql: SQL, width: 5, values: values![tenant] }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        rows.all(anchor)
    }
}

/// Asks for the first leaf about a subject, of a kind, with its bytes and salts.
#[derive(Debug, Clone)]
pub struct EntryAbout<'a> {
    /// About this.
    pub subject: &'a str,
    /// Of this kind.
    pub kind: &'a str,
}

impl One for EntryAbout<'_> {
    type Told = Option<Entry>;

    fn select(&self, tenant: &str) -> Select {
        const SQL: &str = "SELECT idx, bytes, record, record_salt, content_salt FROM leaf WHERE tenant = $1 AND subject = $2 \
             AND kind = $3 ORDER BY idx LIMIT 1";
        Select { sql: SQL, width: 5, values: values![tenant, self.subject, self.kind] }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        rows.first(entry)
    }
}

fn anchor(row: &Row) -> Result<Anchor, StoreError> {
    Ok(Anchor {
        size: count(row.int(0)?),
        checkpoint: row.text(1)?,
        query: row.maybe_bytes(2)?,
        answer: row.maybe_bytes(3)?,
        at: time("anchor", &row.text(4)?)?,
    })
}

impl Room {
    /// The head of the log.
    ///
    /// # Errors
    ///
    /// When the organisation has none.
    pub async fn log(&mut self) -> Result<Log, StoreError> {
        let found = self.ask(&LogHead).await?;
        found.ok_or_else(|| StoreError::NotFound { what: "organisation", id: self.tenant.clone() })
    }

    /// The right edge, held until the transaction ends; it must lead to the root that was signed.
    pub(crate) async fn edge(&mut self, origin: &str) -> Result<(Edge, Log), StoreError> {
        let sql = if self.tx.is_postgres() { HEAD_LOCKED } else { HEAD };
        let row = self.tx.row(sql, values![self.tenant.as_str()]).await?;
        let log = head(&row.ok_or_else(|| StoreError::NotFound { what: "organisation", id: self.tenant.clone() })?)?;
        if log.origin != origin {
            return Err(StoreError::damaged(
                "log",
                format!("its name is `{}`, and the key is for `{origin}`", log.origin),
            ));
        }
        const SQL: &str = "SELECT level, idx, hashes FROM tile WHERE tenant = $1 AND ((level = 0 AND idx = $2) \
             OR (level = 1 AND idx = $3) OR (level = 2 AND idx = $4) OR (level = 3 AND idx = $5))";
        let right = |level: u32| number(log.size.checked_shr(8 * (level + 1)).unwrap_or(0));
        let wanted = values![self.tenant.as_str(), right(0), right(1), right(2), right(3)];
        let tiles = fetched(self.tx.rows(SQL, wanted).await?)?;
        let edge = Edge::load(&tiles, log.size).map_err(|e| broken(&e))?;
        if log.size > 0 {
            let key: VerifierKey =
                log.vkey.parse().map_err(|_| StoreError::damaged("log", "its key cannot be read"))?;
            let signed = SignedCheckpoint::open(&log.checkpoint, &key)
                .map_err(|e| StoreError::damaged("log", format!("its checkpoint: {e}")))?;
            if signed.checkpoint.size != log.size || signed.checkpoint.root != edge.root() {
                return Err(StoreError::damaged("log", "its tiles do not lead to the root that was signed"));
            }
        }
        Ok((edge, log))
    }

    pub(crate) async fn append(
        &mut self,
        edge: &mut Edge,
        entries: &[Entry],
        key: &SigningKey,
    ) -> Result<(), StoreError> {
        const LEAF: &str = "INSERT INTO leaf (tenant, idx, kind, subject, actor, at, hash, bytes, record, record_salt, \
             content_salt) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        let tenant = self.tenant.clone();
        for entry in entries {
            for tile in edge.append(entry.hash()) {
                self.put_tile(&tenant, tile.id, &tile.hashes).await?;
            }
            let content_salt = entry.content_salt.as_ref().map(Salt::to_hex);
            let leaf = &entry.leaf;
            let row = values![
                tenant.as_str(),
                number(entry.index),
                leaf.kind.as_str(),
                leaf.subject.as_str(),
                leaf.actor.as_str(),
                stored(leaf.at),
                entry.hash().as_bytes().to_vec(),
                entry.bytes.clone(),
                entry.record.as_str(),
                entry.record_salt.to_hex(),
                content_salt,
            ];
            self.tx.run(LEAF, row).await?;
        }
        let partial: Vec<(TileId, Vec<Hash>)> = edge.partial().map(|(id, hashes)| (id, hashes.to_vec())).collect();
        for (id, hashes) in partial {
            self.put_tile(&tenant, id, &hashes).await?;
        }
        let checkpoint = Checkpoint { origin: key.name().clone(), size: edge.size(), root: edge.root() }.sign(key);
        const SIGN: &str = "UPDATE log SET size = $2, checkpoint = $3 WHERE tenant = $1";
        let row = values![tenant.as_str(), number(edge.size()), checkpoint.to_string()];
        self.tx.run(SIGN, row).await?;
        Ok(())
    }

    async fn put_tile(&mut self, tenant: &str, id: TileId, hashes: &[Hash]) -> Result<(), StoreError> {
        let TileLevel::Hashes(level) = id.level else { return Ok(()) };
        let row = values![tenant, i64::from(level), number(id.index), hash_bytes(hashes)];
        self.tx.run(TILE_PUT, row).await?;
        Ok(())
    }

    /// Leaves from one number on, oldest first.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn leaves(&mut self, from: u64, limit: u32) -> Result<Vec<LeafRow>, StoreError> {
        const SQL: &str = "SELECT idx, kind, subject, actor, at, record FROM leaf WHERE tenant = $1 AND idx >= $2 \
             ORDER BY idx LIMIT $3";
        let rows = self.tx.rows(SQL, values![self.tenant.as_str(), number(from), Page::first(limit).most()]).await?;
        rows.iter().map(leaf_row).collect()
    }

    /// Leaves that pass a sieve, newest first, below a number: the audit trail.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn trail(&mut self, sieve: &LeafSieve, below: u64, limit: u32) -> Result<Vec<LeafRow>, StoreError> {
        self.ask(&Trail { sieve: sieve.clone(), below, limit }).await
    }

    /// One leaf with its bytes and salts.
    ///
    /// # Errors
    ///
    /// When it is not there, or not what was stored.
    pub async fn entry(&mut self, index: u64) -> Result<Entry, StoreError> {
        const SQL: &str =
            "SELECT idx, bytes, record, record_salt, content_salt FROM leaf WHERE tenant = $1 AND idx = $2";
        let row = self.tx.row(SQL, values![self.tenant.as_str(), number(index)]).await?;
        entry(&row.ok_or_else(|| StoreError::NotFound { what: "leaf", id: index.to_string() })?)
    }

    /// Leaves with their bytes and salts, from one number on: what an audit reads.
    ///
    /// # Errors
    ///
    /// When one is not what was stored.
    pub async fn entries(&mut self, from: u64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        const SQL: &str = "SELECT idx, bytes, record, record_salt, content_salt FROM leaf WHERE tenant = $1 AND idx >= $2 \
             ORDER BY idx LIMIT $3";
        let rows = self.tx.rows(SQL, values![self.tenant.as_str(), number(from), i64::from(limit)]).await?;
        rows.iter().map(entry).collect()
    }

    /// The first leaf about a subject, of a kind.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub async fn entry_about(&mut self, subject: &str, kind: &str) -> Result<Entry, StoreError> {
        let found = self.ask(&EntryAbout { subject, kind }).await?;
        found.ok_or_else(|| StoreError::NotFound { what: "leaf about", id: subject.to_owned() })
    }

    /// The hashes that prove a leaf under a head that was read in this room, checked, with its checkpoint.
    ///
    /// # Errors
    ///
    /// When the leaf is not covered or the tiles are damaged.
    pub async fn inclusion(&mut self, log: &Log, entry: &Entry) -> Result<(Vec<Hash>, SignedCheckpoint), StoreError> {
        let (tiles, signed) = self.tiles_around(log, [entry.index; 3]).await?;
        let head = &signed.checkpoint;
        let nodes = TileNodes { source: &tiles, size: head.size };
        let hashes = inclusion_proof(&nodes, entry.index, head.size).map_err(|e| broken(&e))?;
        verify_inclusion(&entry.hash(), entry.index, head.size, &hashes, &head.root)
            .map_err(|_| StoreError::damaged("log", format!("its tiles do not prove leaf {}", entry.index)))?;
        Ok((hashes, signed))
    }

    /// The hashes that prove that the log of `old` leaves is the beginning of the log of `new`, under a head that was read
    /// in this room.
    ///
    /// # Errors
    ///
    /// When a tile is damaged or the sizes are wrong.
    pub async fn consistency(&mut self, log: &Log, old: u64, new: u64) -> Result<Vec<Hash>, StoreError> {
        let (tiles, signed) = self.tiles_around(log, [old.saturating_sub(1), old, new.saturating_sub(1)]).await?;
        let size = signed.checkpoint.size;
        if old > new || new > size {
            return Err(StoreError::NotFound { what: "pair of sizes", id: format!("{old} and {new} of {size}") });
        }
        consistency_proof(&TileNodes { source: &tiles, size }, old, new).map_err(|e| broken(&e))
    }

    /// A tile as the C2SP layout wants it: hashes of a level, or entries.
    ///
    /// # Errors
    ///
    /// When it is not there.
    pub async fn tile(&mut self, id: TileId) -> Result<Vec<u8>, StoreError> {
        let missing = || StoreError::NotFound { what: "tile", id: id.path() };
        match id.level {
            TileLevel::Hashes(level) => {
                const SQL: &str = "SELECT hashes FROM tile WHERE tenant = $1 AND level = $2 AND idx = $3";
                let wanted = values![self.tenant.as_str(), i64::from(level), number(id.index)];
                let bytes = self.tx.row(SQL, wanted).await?.ok_or_else(missing)?.bytes(0)?;
                bytes.get(..usize::from(id.width) * 32).map(<[u8]>::to_vec).ok_or_else(missing)
            }
            TileLevel::Entries => {
                const SQL: &str = "SELECT bytes FROM leaf WHERE tenant = $1 AND idx >= $2 ORDER BY idx LIMIT $3";
                let wanted = values![self.tenant.as_str(), number(id.index.saturating_mul(256)), i64::from(id.width)];
                let rows = self.tx.rows(SQL, wanted).await?;
                if rows.len() != usize::from(id.width) {
                    return Err(missing());
                }
                let leaves = rows.iter().map(|row| row.bytes(0)).collect::<Result<Vec<_>, _>>()?;
                Ok(Entries::encode(leaves.iter().map(Vec::as_slice)))
            }
        }
    }

    /// Keys that signed the log before, newest first: those that were changed, and those of instances from which it came.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn former_keys(&mut self) -> Result<Vec<VerifierKey>, StoreError> {
        const SQL: &str = "SELECT idx, kind, subject, actor, at, record FROM leaf WHERE tenant = $1 AND subject = $1 \
             AND kind IN ($2, $3) ORDER BY idx DESC LIMIT 500";
        let rows = self.tx.rows(SQL, values![self.tenant.as_str(), crate::KEY_CHANGED, crate::IMPORTED]).await?;
        let mut keys = Vec::new();
        for row in &rows {
            let record: serde_json::Value = serde_json::from_str(&leaf_row(row)?.record).unwrap_or_default();
            let key = record.get("former_key").and_then(serde_json::Value::as_str);
            keys.extend(key.and_then(|key| key.parse::<VerifierKey>().ok()));
        }
        Ok(keys)
    }

    /// Checkpoints that left the house, oldest first.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn anchors(&mut self) -> Result<Vec<Anchor>, StoreError> {
        self.ask(&Anchors).await
    }

    /// The tiles that proofs about three leaves under the newest checkpoint need: those above them, and the right edge.
    async fn tiles_around(&mut self, log: &Log, leaves: [u64; 3]) -> Result<(Fetched, SignedCheckpoint), StoreError> {
        let key: VerifierKey = log.vkey.parse().map_err(|_| StoreError::damaged("log", "its key cannot be read"))?;
        let signed = SignedCheckpoint::open(&log.checkpoint, &key)
            .map_err(|e| StoreError::damaged("log", format!("its checkpoint: {e}")))?;
        const SQL: &str = "SELECT level, idx, hashes FROM tile WHERE tenant = $1 AND (\
             (level = 0 AND idx IN ($2, $6, $10, $14)) OR (level = 1 AND idx IN ($3, $7, $11, $15)) \
             OR (level = 2 AND idx IN ($4, $8, $12, $16)) OR (level = 3 AND idx IN ($5, $9, $13, $17)))";
        let above = |index: u64, level: u32| number(index.checked_shr(8 * (level + 1)).unwrap_or(0));
        let mut wanted = values![self.tenant.as_str()];
        for index in leaves.into_iter().chain([log.size]) {
            wanted.extend((0..4).map(|level| Value::Int(above(index, level))));
        }
        Ok((fetched(self.tx.rows(SQL, wanted).await?)?, signed))
    }
}

fn fetched(rows: Vec<Row>) -> Result<Fetched, StoreError> {
    let mut tiles = Fetched::default();
    for row in rows {
        let level = u8::try_from(row.int(0)?).map_err(|_| StoreError::damaged("log", "a tile has no such level"))?;
        tiles.0.insert((level, count(row.int(1)?)), hashes(&row.bytes(2)?)?);
    }
    Ok(tiles)
}

fn leaf_row(row: &Row) -> Result<LeafRow, StoreError> {
    Ok(LeafRow {
        index: count(row.int(0)?),
        kind: row.text(1)?,
        subject: row.text(2)?,
        actor: row.text(3)?,
        at: time("leaf", &row.text(4)?)?,
        record: row.text(5)?,
    })
}

fn entry(row: &Row) -> Result<Entry, StoreError> {
    let index = count(row.int(0)?);
    let place = || format!("leaf {index}");
    let bytes = row.bytes(1)?;
    let leaf = Leaf::from_bytes(&bytes).map_err(|e| StoreError::damaged(place(), e.to_string()))?;
    let salt = |hex: String| Salt::from_hex(&hex).ok_or_else(|| StoreError::damaged(place(), "a salt is not 32 bytes"));
    let record_salt = salt(row.text(3)?)?;
    let content_salt = row.maybe_text(4)?.map(salt).transpose()?;
    let entry = Entry { index, leaf, bytes, record: row.text(2)?, content_salt, record_salt };
    if !entry.has_its_record() {
        return Err(StoreError::damaged(place(), "its record is not the one that was logged"));
    }
    Ok(entry)
}

impl Work {
    /// Keeps a checkpoint that leaves the house, or what came back for it.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn put_anchor(&mut self, anchor: &Anchor) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO anchor (tenant, size, checkpoint, query, answer, at) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (tenant, size) DO UPDATE SET checkpoint = excluded.checkpoint, query = excluded.query, \
             answer = excluded.answer";
        let row = values![
            self.room.tenant.clone(),
            number(anchor.size),
            anchor.checkpoint.as_str(),
            anchor.query.clone(),
            anchor.answer.clone(),
            stored(anchor.at),
        ];
        self.run(SQL, row).await?;
        let digest = Digest::of(anchor.checkpoint.as_bytes()).to_string();
        let record =
            serde_json::json!({ "size": anchor.size, "checkpoint": digest, "answered": anchor.answer.is_some() });
        self.tell("checkpoint.anchored", &format!("checkpoint-{}", anchor.size), &record)
    }
}
