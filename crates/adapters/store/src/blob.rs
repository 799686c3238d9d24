use attesta_kernel::Timestamp;

use crate::{
    Room, StoreError, Work,
    room::{count, number, stored, time},
    sql::{Row, values},
};

/// Bytes that are durable in the blob store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// SHA-256, in hexadecimal.
    pub digest: String,
    /// How many bytes.
    pub size: u64,
    /// What they are, by looking at them.
    pub media: String,
    /// What a scanner said: `clean`, `not-scanned`, or what it found.
    pub verdict: String,
    /// Since when.
    pub stored: Timestamp,
}

fn blob(row: &Row) -> Result<Blob, StoreError> {
    Ok(Blob {
        digest: row.text(0)?,
        size: count(row.int(1)?),
        media: row.text(2)?,
        verdict: row.text(3)?,
        stored: time("blob", &row.text(4)?)?,
    })
}

impl Room {
    /// The bytes with a digest, that this organisation stored.
    ///
    /// # Errors
    ///
    /// When it has none.
    pub async fn blob(&mut self, digest: &str) -> Result<Blob, StoreError> {
        const SQL: &str = "SELECT digest, size, media, verdict, stored FROM blob WHERE tenant = $1 AND digest = $2";
        let row = self.tx.row(SQL, values![self.tenant.as_str(), digest]).await?;
        blob(&row.ok_or_else(|| StoreError::NotFound { what: "bytes", id: digest.to_owned() })?)
    }

    /// Bytes that no evidence names and that were stored before a moment: uploads that nobody finished.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn unnamed_blobs(&mut self, before: Timestamp) -> Result<Vec<Blob>, StoreError> {
        const SQL: &str = "SELECT b.digest, b.size, b.media, b.verdict, b.stored FROM blob b WHERE b.tenant = $1 \
             AND b.stored < $2 AND NOT EXISTS (SELECT 1 FROM evidence e WHERE e.tenant = b.tenant \
             AND e.digest = b.digest AND e.state <> 'retired') ORDER BY b.digest LIMIT 500";
        let rows = self.tx.rows(SQL, values![self.tenant.as_str(), stored(before)]).await?;
        rows.iter().map(blob).collect()
    }

    /// Digests after one, in order: for an audit of all bytes.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn blobs(&mut self, after: &str, limit: u32) -> Result<Vec<Blob>, StoreError> {
        const SQL: &str = "SELECT digest, size, media, verdict, stored FROM blob WHERE tenant = $1 AND digest > $2 \
             ORDER BY digest LIMIT $3";
        let rows = self.tx.rows(SQL, values![self.tenant.as_str(), after, i64::from(limit)]).await?;
        rows.iter().map(blob).collect()
    }
}

impl Work {
    /// Notes that bytes are durable; they are no evidence yet, so no leaf tells of them. Whether they were new here.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn put_blob(&mut self, new: &Blob) -> Result<bool, StoreError> {
        const SQL: &str = "INSERT INTO blob (tenant, digest, size, media, verdict, stored) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (tenant, digest) DO UPDATE SET stored = excluded.stored";
        let known = self.room.blob(&new.digest).await.is_ok();
        let row = values![
            self.room.tenant.clone(),
            new.digest.as_str(),
            number(new.size),
            new.media.as_str(),
            new.verdict.as_str(),
            stored(new.stored),
        ];
        self.run(SQL, row).await?;
        Ok(!known)
    }

    /// Forgets bytes that nothing names; refuses when something does.
    ///
    /// # Errors
    ///
    /// When evidence names them.
    pub async fn forget_blob(&mut self, digest: &str) -> Result<(), StoreError> {
        const SQL: &str = "DELETE FROM blob WHERE tenant = $1 AND digest = $2 AND NOT EXISTS (SELECT 1 FROM evidence e \
             WHERE e.tenant = $1 AND e.digest = $2 AND e.state <> 'retired')";
        if self.run(SQL, values![self.room.tenant.clone(), digest]).await? == 0 {
            return Err(StoreError::NotFound { what: "unnamed bytes", id: digest.to_owned() });
        }
        Ok(())
    }
}
