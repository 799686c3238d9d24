use std::collections::BTreeMap;

use attesta_kernel::Timestamp;
use attesta_ledger::{ActorId, Hash, Note, SigningKey, SubjectId};
use attesta_vault::{Entry, NewLeaf, salted};

use crate::{
    KEY_CHANGED, Room, StoreError,
    room::{number, time},
    sql::values,
};

/// A change to one organisation, with the leaves that tell of it. Dropped without a commit, it never happened.
#[derive(Debug)]
pub struct Work {
    pub(crate) room: Room,
    leaves: Vec<NewLeaf>,
    from: Option<String>,
}

/// What a commit did.
#[derive(Debug)]
pub struct Committed {
    /// The new leaves with what stands behind them.
    pub entries: Vec<Entry>,
    /// How many leaves the log has now.
    pub size: u64,
}

impl Work {
    pub(crate) fn new(room: Room) -> Self {
        Self { room, leaves: Vec::new(), from: None }
    }

    /// Reads within the change: what it has written so far is seen.
    pub fn room(&mut self) -> &mut Room {
        &mut self.room
    }

    /// Lets no other change to the organisation happen until this one is done. On SQLite that is so anyhow.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn alone(&mut self) -> Result<(), StoreError> {
        const SQL: &str = "SELECT size FROM log WHERE tenant = $1 FOR UPDATE";
        if self.room.tx.is_postgres() {
            self.room.tx.row(SQL, values![self.room.tenant.as_str()]).await?;
        }
        Ok(())
    }

    /// Notes from where the change comes; the record of each leaf says so, the leaf does not.
    pub fn seen_from(&mut self, address: &str) {
        self.from = Some(address.to_owned());
    }

    /// From where it comes, where that was noted.
    pub(crate) fn came_from(&self) -> Option<&str> {
        self.from.as_deref()
    }

    /// Tells the log of something. `record` is one line of JSON; it stays here, and the log has its salted digest.
    ///
    /// # Errors
    ///
    /// When a word cannot stand in a leaf.
    pub fn tell(&mut self, kind: &str, subject: &str, record: &serde_json::Value) -> Result<(), StoreError> {
        let mut record = record.clone();
        if let (Some(members), Some(from)) = (record.as_object_mut(), &self.from) {
            members.insert("from".to_owned(), from.as_str().into());
        }
        self.leaves.push(NewLeaf::plain(kind, subject, record.to_string())?);
        Ok(())
    }

    /// The same with a leaf that is made already.
    pub fn tell_leaf(&mut self, leaf: NewLeaf) {
        self.leaves.push(leaf);
    }

    /// What the leaves so far say that happened.
    pub fn kinds(&self) -> impl Iterator<Item = &str> {
        self.leaves.iter().map(NewLeaf::kind)
    }

    /// Makes all of it happen: the rows, the leaves, and a new checkpoint over them.
    ///
    /// # Errors
    ///
    /// Nothing happened, except that after [`StoreError::Away`] from the commit itself nobody knows: look again.
    pub async fn commit(self, actor: &str, at: Timestamp, key: &SigningKey) -> Result<Committed, StoreError> {
        self.sign(actor, at, key, None).await
    }

    /// The same, and from here on another key signs the log: a leaf names both, with what the former key states of the
    /// new one, and the checkpoint over it is the new key's first.
    ///
    /// # Errors
    ///
    /// As [`Work::commit`]; also when the new key is for another log.
    pub async fn commit_under_new_key(
        mut self,
        actor: &str,
        at: Timestamp,
        key: &SigningKey,
        (new, sealed): (&SigningKey, &str),
    ) -> Result<Committed, StoreError> {
        let refused = |why: String| StoreError::Refused(why);
        if new.name() != key.name() {
            return Err(refused(format!("`{}` and `{}` are different logs", key.name(), new.name())));
        }
        let (former, next) = (key.verifier().to_string(), new.verifier().to_string());
        let note = Note::state(&format!("{KEY_CHANGED} {next}"), key).map_err(|e| refused(e.to_string()))?;
        let tenant = self.room.tenant.clone();
        let record = serde_json::json!({ "former_key": former, "key": next, "note": note.to_string() });
        self.tell(KEY_CHANGED, &tenant, &record)?;
        self.sign(actor, at, key, Some((new, sealed))).await
    }

    async fn sign(
        mut self,
        actor: &str,
        at: Timestamp,
        key: &SigningKey,
        next: Option<(&SigningKey, &str)>,
    ) -> Result<Committed, StoreError> {
        let actor: ActorId =
            actor.parse().map_err(|e: attesta_ledger::WordError| StoreError::damaged("a new leaf", e.to_string()))?;
        let (mut edge, log) = self.room.edge(key.name().as_str()).await?;
        // Another process gave the log another key: what this one would sign, nobody could verify.
        if log.vkey != key.verifier().to_string() {
            return Err(StoreError::Refused("the log has another key by now; try again".to_owned()));
        }
        let first = log.size;
        // A clock that was set back, or another server's that is behind, does not make the log run backwards.
        let at = self.room.last_time(first).await?.map_or(at, |last| at.max(last));
        let mut last: BTreeMap<SubjectId, Hash> = BTreeMap::new();
        let mut entries = Vec::with_capacity(self.leaves.len());
        for (index, leaf) in (first..).zip(std::mem::take(&mut self.leaves)) {
            let subject = leaf.subject().clone();
            let before = match last.get(&subject) {
                Some(hash) => Some(*hash),
                None => self.room.last_leaf(subject.as_str()).await?,
            };
            let entry = salted(index, leaf.after(before.into_iter().collect()), &actor, at)?;
            last.insert(subject, entry.hash());
            entries.push(entry);
        }
        if !entries.is_empty() {
            self.room.append(&mut edge, &entries, next.map_or(key, |(new, _)| new)).await?;
        }
        if let Some((new, sealed)) = next {
            const KEY: &str = "UPDATE log SET vkey = $2, sealed_key = $3 WHERE tenant = $1";
            let row = values![self.room.tenant.clone(), new.verifier().to_string(), sealed];
            self.room.tx.run(KEY, row).await?;
        }
        let size = edge.size();
        self.room.tx.commit().await?;
        Ok(Committed { entries, size })
    }

    /// Makes changes happen that no log tells of: bytes that are not evidence yet, failed attempts, when a session was
    /// seen last.
    ///
    /// # Errors
    ///
    /// When there is something to tell: that needs [`Work::commit`].
    pub async fn commit_quietly(self) -> Result<(), StoreError> {
        if !self.leaves.is_empty() {
            return Err(StoreError::Refused("a change that the log tells of needs its key".to_owned()));
        }
        self.room.tx.commit().await
    }

    pub(crate) async fn run(&mut self, sql: &'static str, values: Vec<crate::sql::Value>) -> Result<u64, StoreError> {
        self.room.tx.run(sql, values).await
    }
}

impl Room {
    /// The time of the last of `size` leaves.
    async fn last_time(&mut self, size: u64) -> Result<Option<Timestamp>, StoreError> {
        const SQL: &str = "SELECT at FROM leaf WHERE tenant = $1 AND idx = $2";
        let Some(last) = size.checked_sub(1) else { return Ok(None) };
        let row = self.tx.row(SQL, values![self.tenant.as_str(), number(last)]).await?;
        row.map(|row| time("leaf", &row.text(0)?)).transpose()
    }

    /// The hash of the last leaf about something.
    pub(crate) async fn last_leaf(&mut self, subject: &str) -> Result<Option<Hash>, StoreError> {
        const SQL: &str = "SELECT hash FROM leaf WHERE tenant = $1 AND subject = $2 ORDER BY idx DESC LIMIT 1";
        let row = self.tx.row(SQL, values![self.tenant.as_str(), subject]).await?;
        row.map(|row| crate::log::hash(&row.bytes(0)?)).transpose()
    }
}
