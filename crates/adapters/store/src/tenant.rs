use attesta_kernel::Timestamp;

use crate::{
    Page, Room, Store, StoreError, Work,
    ask::{One, Rows, Select},
    people::digest_of,
    room::{count, stored, time},
    sql::{Row, Wall, values},
};

/// An organisation: assessed entity, assessor firm or service provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: String,
    /// Its settings: JSON.
    pub body: String,
    /// Which revision.
    pub rev: u64,
    /// When it was founded.
    pub created: Timestamp,
}

/// The log that a new organisation begins with.
#[derive(Debug, Clone)]
pub struct NewLog<'a> {
    /// Its name.
    pub origin: &'a str,
    /// The key that verifies its checkpoints.
    pub vkey: &'a str,
    /// The signing key, sealed.
    pub sealed_key: &'a str,
}

impl Tenant {
    /// What the log's record says of its settings as they are now: their digest.
    pub fn settings(&self) -> String {
        settings(&self.body)
    }
}

fn settings(body: &str) -> String {
    digest_of(&[body])
}

fn tenant(row: &Row) -> Result<Tenant, StoreError> {
    Ok(Tenant {
        id: row.text(0)?,
        name: row.text(1)?,
        kind: row.text(2)?,
        rev: count(row.int(3)?),
        body: row.text(4)?,
        created: time("organisation", &row.text(5)?)?,
    })
}

impl Store {
    /// Every organisation, in the order of their ids: for jobs that go through all of them.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn tenants(&self, page: &Page) -> Result<Vec<Tenant>, StoreError> {
        const SQL: &str = "SELECT id, name, kind, rev, body, created FROM tenant WHERE id > $1 ORDER BY id LIMIT $2";
        let mut tx = self.pools().reading(Wall::House, self.counted()).await?;
        tx.rows(SQL, values![page.after.as_str(), page.most()]).await?.iter().map(tenant).collect()
    }
}

/// Asks for this organisation.
#[derive(Debug, Clone)]
pub struct Organisation;

impl One for Organisation {
    type Told = Option<Tenant>;

    fn select(&self, tenant: &str) -> Select {
        const SQL: &str = "SELECT id, name, kind, rev, body, created FROM tenant WHERE id = $1";
        Select { sql: SQL, width: 6, values: values![tenant] }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        rows.first(self::tenant)
    }
}

impl Room {
    /// This organisation.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub async fn organisation(&mut self) -> Result<Tenant, StoreError> {
        let found = self.ask(&Organisation).await?;
        found.ok_or_else(|| StoreError::NotFound { what: "organisation", id: self.tenant.clone() })
    }
}

impl Work {
    /// Founds this organisation with its log.
    ///
    /// # Errors
    ///
    /// When one has the id.
    pub async fn found(
        &mut self,
        name: &str,
        kind: &str,
        body: &str,
        log: &NewLog<'_>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO tenant (id, name, kind, rev, body, created) VALUES ($1, $2, $3, 1, $4, $5) \
             ON CONFLICT (id) DO NOTHING";
        let id = self.room.tenant.clone();
        let row = values![id.as_str(), name, kind, body, stored(at)];
        if self.run(SQL, row).await? == 0 {
            return Err(StoreError::Exists { what: "organisation", id });
        }
        const LOG: &str = "INSERT INTO log (tenant, origin, size, checkpoint, vkey, sealed_key) \
             VALUES ($1, $2, 0, '', $3, $4)";
        self.run(LOG, values![id.as_str(), log.origin, log.vkey, log.sealed_key]).await?;
        let record = serde_json::json!({ "name": name, "kind": kind, "log": log.origin, "settings": settings(body) });
        self.tell("organisation.founded", &id, &record)
    }

    /// Changes the organisation's name and settings.
    ///
    /// # Errors
    ///
    /// When it was changed meanwhile.
    pub async fn put_organisation(&mut self, name: &str, body: &str, read: u64) -> Result<u64, StoreError> {
        const SQL: &str = "UPDATE tenant SET name = $3, body = $4, rev = rev + 1 WHERE id = $1 AND rev = $2";
        let id = self.room.tenant.clone();
        let row = values![id.as_str(), crate::room::number(read), name, body];
        if self.run(SQL, row).await? == 0 {
            let now = self.room.organisation().await?.rev;
            return Err(StoreError::Changed { what: "organisation", id, read, now });
        }
        let record = serde_json::json!({ "name": name, "rev": read + 1, "settings": settings(body) });
        self.tell("organisation.changed", &id, &record)?;
        Ok(read + 1)
    }
}
