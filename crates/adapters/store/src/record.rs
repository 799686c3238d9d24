use attesta_kernel::Timestamp;

use crate::{
    Page, Room, StoreError, Work,
    ask::{One, Rows, Select},
    room::{count, number, stored, time},
    sql::{Row, values},
};

/// What people do beside an assessment's files: a task, a comment, a request, a webhook, a saved view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What kind of thing.
    pub kind: String,
    /// Its id; ids sort by age.
    pub id: String,
    /// What it is about: an assessment, a requirement of one (`ASSESSMENT/REQUIREMENT`), evidence; may be empty.
    pub about: String,
    /// Where it is in its life.
    pub state: String,
    /// Who answers for it; may be empty.
    pub owner: String,
    /// The day by which it is due; may be empty.
    pub due: String,
    /// Which revision.
    pub rev: u64,
    /// The rest: JSON.
    pub body: String,
    /// Since when.
    pub created: Timestamp,
    /// When it was changed last.
    pub updated: Timestamp,
    /// By whom.
    pub editor: String,
}

/// Which records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordSieve {
    /// About this, or about something below it.
    pub about: String,
    /// In this state.
    pub state: String,
    /// Of this owner.
    pub owner: String,
}

fn record(row: &Row) -> Result<Record, StoreError> {
    Ok(Record {
        kind: row.text(0)?,
        id: row.text(1)?,
        about: row.text(2)?,
        state: row.text(3)?,
        owner: row.text(4)?,
        due: row.text(5)?,
        rev: count(row.int(6)?),
        body: row.text(7)?,
        created: time("record", &row.text(8)?)?,
        updated: time("record", &row.text(9)?)?,
        editor: row.text(10)?,
    })
}

/// Asks for one record.
#[derive(Debug, Clone, Copy)]
pub struct OneRecord<'a> {
    /// Of this kind.
    pub kind: &'a str,
    /// With this id.
    pub id: &'a str,
}

/// Asks for records of a kind that pass a sieve, by id.
#[derive(Debug, Clone)]
pub struct Records<'a> {
    /// Of this kind.
    pub kind: &'a str,
    /// Which of them.
    pub sieve: RecordSieve,
    /// Which part of the list.
    pub page: Page,
}

/// Asks for records of a kind about exactly this (or about anything where it is empty), newest first; the page goes on below
/// an id.
#[derive(Debug, Clone)]
pub struct NewestRecords<'a> {
    /// Of this kind.
    pub kind: &'a str,
    /// About this.
    pub about: &'a str,
    /// Which part of the list.
    pub page: Page,
}

/// Asks, of each record of the kind `whose` (500 at most), for the newest record of a kind that is about it, below an id
/// where one is given.
#[derive(Debug, Clone)]
pub struct NewestAboutEach<'a> {
    /// What they are about is of this kind.
    pub whose: &'a str,
    /// They are of this kind.
    pub kind: &'a str,
    /// Below this id; empty for any.
    pub below: String,
}

/// So many columns a record has.
const WIDTH: usize = 11;

impl One for OneRecord<'_> {
    type Told = Option<Record>;

    fn select(&self, tenant: &str) -> Select {
        const SQL: &str = "SELECT kind, id, about, state, owner, due, rev, body, created, updated, editor FROM record \
             WHERE tenant = $1 AND kind = $2 AND id = $3";
        Select { sql: SQL, width: WIDTH, values: values![tenant, self.kind, self.id] }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        rows.first(record)
    }
}

impl One for Records<'_> {
    type Told = Vec<Record>;

    fn select(&self, tenant: &str) -> Select {
        const SQL: &str = "SELECT kind, id, about, state, owner, due, rev, body, created, updated, editor FROM record \
             WHERE tenant = $1 AND kind = $2 AND id > $3 AND ($4 = '' OR state = $4) AND ($5 = '' OR owner = $5) \
             AND ($6 = '' OR about = $6 OR substr(about, 1, length($6) + 1) = $6 || '/') ORDER BY id LIMIT $7";
        let (sieve, page) = (&self.sieve, &self.page);
        let values = values![
            tenant,
            self.kind,
            page.after.as_str(),
            sieve.state.as_str(),
            sieve.owner.as_str(),
            sieve.about.as_str(),
            page.most(),
        ];
        Select { sql: SQL, width: WIDTH, values }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        rows.all(record)
    }
}

impl One for NewestRecords<'_> {
    type Told = Vec<Record>;

    fn select(&self, tenant: &str) -> Select {
        const ABOUT: &str = "SELECT kind, id, about, state, owner, due, rev, body, created, updated, editor FROM record \
             WHERE tenant = $1 AND kind = $2 AND about = $5 AND ($3 = '' OR id < $3) ORDER BY id DESC LIMIT $4";
        const ALL: &str = "SELECT kind, id, about, state, owner, due, rev, body, created, updated, editor FROM record \
             WHERE tenant = $1 AND kind = $2 AND ($3 = '' OR id < $3) ORDER BY id DESC LIMIT $4";
        let mut values = values![tenant, self.kind, self.page.after.as_str(), self.page.most()];
        let sql = if self.about.is_empty() {
            ALL
        } else {
            values.push(self.about.into());
            ABOUT
        };
        Select { sql, width: WIDTH, values }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        rows.all(record)
    }
}

impl One for NewestAboutEach<'_> {
    type Told = Vec<Record>;

    fn select(&self, tenant: &str) -> Select {
        const SQL: &str = "SELECT r.kind, r.id, r.about, r.state, r.owner, r.due, r.rev, r.body, r.created, r.updated, \
             r.editor FROM record s JOIN record r ON r.tenant = s.tenant AND r.kind = $3 AND r.id = \
             (SELECT MAX(x.id) FROM record x WHERE x.tenant = s.tenant AND x.kind = $3 AND x.about = s.id \
             AND ($4 = '' OR x.id < $4)) WHERE s.tenant = $1 AND s.kind = $2 ORDER BY s.id LIMIT 500";
        Select { sql: SQL, width: WIDTH, values: values![tenant, self.whose, self.kind, self.below.as_str()] }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        rows.all(record)
    }
}

impl Room {
    /// One record.
    ///
    /// # Errors
    ///
    /// When the organisation has none with that id.
    pub async fn record(&mut self, kind: &'static str, id: &str) -> Result<Record, StoreError> {
        let found = self.ask(&OneRecord { kind, id }).await?;
        found.ok_or_else(|| StoreError::NotFound { what: kind, id: id.to_owned() })
    }

    /// Records of a kind that pass a sieve, by id.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn records(&mut self, kind: &str, sieve: &RecordSieve, page: &Page) -> Result<Vec<Record>, StoreError> {
        self.ask(&Records { kind, sieve: sieve.clone(), page: page.clone() }).await
    }

    /// Records of a kind about exactly this, newest first; the page goes on below an id.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn newest_records(&mut self, kind: &str, about: &str, page: &Page) -> Result<Vec<Record>, StoreError> {
        self.ask(&NewestRecords { kind, about, page: page.clone() }).await
    }

    /// Of each record of the kind `whose` (500 at most) the newest record of a kind that is about it, below an id where one
    /// is given.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn newest_about_each(&mut self, whose: &str, kind: &str, below: &str) -> Result<Vec<Record>, StoreError> {
        self.ask(&NewestAboutEach { whose, kind, below: below.to_owned() }).await
    }
}

impl Room {
    /// Records of every kind, by kind and id: what an audit reads.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn every_record(&mut self, after: (&str, &str), limit: u32) -> Result<Vec<Record>, StoreError> {
        const SQL: &str = "SELECT kind, id, about, state, owner, due, rev, body, created, updated, editor FROM record \
             WHERE tenant = $1 AND (kind > $2 OR (kind = $2 AND id > $3)) ORDER BY kind, id LIMIT $4";
        let wanted = values![self.tenant.as_str(), after.0, after.1, i64::from(limit)];
        self.tx.rows(SQL, wanted).await?.iter().map(record).collect()
    }
}

impl Record {
    /// What the log's record says of it as it is now.
    pub fn told(&self) -> serde_json::Value {
        told(self, self.rev)
    }
}

impl Work {
    /// Adds a record; its revision is 1, whatever it says.
    ///
    /// # Errors
    ///
    /// When the id is taken.
    pub async fn add_record(&mut self, new: &Record) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO record (tenant, kind, id, about, state, owner, due, rev, body, created, updated, \
             editor) VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $9, $10) ON CONFLICT DO NOTHING";
        let row = values![
            self.room.tenant.clone(),
            new.kind.as_str(),
            new.id.as_str(),
            new.about.as_str(),
            new.state.as_str(),
            new.owner.as_str(),
            new.due.as_str(),
            new.body.as_str(),
            stored(new.created),
            new.editor.as_str(),
        ];
        if self.run(SQL, row).await? == 0 {
            return Err(StoreError::Exists { what: "record", id: new.id.clone() });
        }
        self.tell(&format!("{}.added", new.kind), &new.id, &told(new, 1))
    }

    /// Changes a record that was read at the revision it says.
    ///
    /// # Errors
    ///
    /// When it was changed meanwhile, or is not there.
    pub async fn put_record(&mut self, kind: &'static str, new: &Record) -> Result<u64, StoreError> {
        const SQL: &str = "UPDATE record SET about = $5, state = $6, owner = $7, due = $8, body = $9, updated = $10, \
             editor = $11, rev = rev + 1 WHERE tenant = $1 AND kind = $2 AND id = $3 AND rev = $4";
        let row = values![
            self.room.tenant.clone(),
            kind,
            new.id.as_str(),
            number(new.rev),
            new.about.as_str(),
            new.state.as_str(),
            new.owner.as_str(),
            new.due.as_str(),
            new.body.as_str(),
            stored(new.updated),
            new.editor.as_str(),
        ];
        if self.run(SQL, row).await? == 0 {
            let now = self.room.record(kind, &new.id).await?.rev;
            return Err(StoreError::Changed { what: kind, id: new.id.clone(), read: new.rev, now });
        }
        self.tell(&format!("{kind}.changed"), &new.id, &told(new, new.rev + 1))?;
        Ok(new.rev + 1)
    }

    /// Removes a record that was read at a revision; the log keeps what it was.
    ///
    /// # Errors
    ///
    /// When it was changed meanwhile, or is not there.
    pub async fn remove_record(&mut self, kind: &'static str, id: &str, read: u64) -> Result<(), StoreError> {
        const SQL: &str = "DELETE FROM record WHERE tenant = $1 AND kind = $2 AND id = $3 AND rev = $4";
        let old = self.room.record(kind, id).await?;
        if self.run(SQL, values![self.room.tenant.clone(), kind, id, number(read)]).await? == 0 {
            return Err(StoreError::Changed { what: kind, id: id.to_owned(), read, now: old.rev });
        }
        self.tell(&format!("{kind}.removed"), id, &told(&old, old.rev))
    }
}

/// What the log's record says of it.
fn told(record: &Record, rev: u64) -> serde_json::Value {
    serde_json::json!({
        "about": record.about, "state": record.state, "owner": record.owner, "due": record.due, "rev": rev,
        "body": without_secrets(crate::people::parsed(&record.body)),
    })
}

/// What every sealed secret begins with.
const SEALED: &str = "sealed/1:";

/// Whether a text is a sealed secret, or JSON that holds one: what merely mentions one does not.
pub fn holds_secret(text: &str) -> bool {
    fn holds(value: &serde_json::Value) -> bool {
        match value {
            serde_json::Value::String(text) => text.starts_with(SEALED),
            serde_json::Value::Array(all) => all.iter().any(holds),
            serde_json::Value::Object(all) => all.values().any(holds),
            _ => false,
        }
    }
    text.starts_with(SEALED) || serde_json::from_str(text).is_ok_and(|value| holds(&value))
}

/// A sealed secret is for one place alone; the log's record, which is shown and kept for ever, says only that there is one.
fn without_secrets(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::String(text) if text.starts_with(SEALED) => "(sealed)".into(),
        Value::Array(all) => all.into_iter().map(without_secrets).collect(),
        Value::Object(all) => all.into_iter().map(|(name, value)| (name, without_secrets(value))).collect(),
        other => other,
    }
}
