//! How many there are: what a page says that shows only the first of them. Asked where a page is full, not before.

use crate::{
    BearerKind, EvidenceSieve, JobState, RecordSieve, Room, Store, StoreError,
    ask::{One, Rows, Select},
    room::count,
    sql::{Wall, values},
};

/// Asks how many pieces of evidence pass a sieve.
#[derive(Debug, Clone)]
pub struct EvidenceCount {
    /// Which.
    pub sieve: EvidenceSieve,
}

impl One for EvidenceCount {
    type Told = u64;

    fn select(&self, tenant: &str) -> Select {
        const ALL: &str = "SELECT COUNT(*) FROM evidence WHERE tenant = $1 AND ($2 = '' OR state = $2) \
             AND ($3 = '' OR kind = $3) AND ($4 = '' OR lower(title) LIKE $4 ESCAPE '!')";
        const FOR: &str = "SELECT COUNT(*) FROM evidence_link l JOIN evidence e ON e.tenant = l.tenant \
             AND e.id = l.evidence WHERE l.tenant = $1 AND l.target = $5 AND ($2 = '' OR e.state = $2) \
             AND ($3 = '' OR e.kind = $3) AND ($4 = '' OR lower(e.title) LIKE $4 ESCAPE '!')";
        let sieve = &self.sieve;
        let text = sieve.pattern();
        let mut wanted = values![tenant, sieve.state.as_str(), sieve.kind.as_str(), text];
        let sql = if sieve.target.is_empty() {
            ALL
        } else {
            wanted.push(sieve.target.as_str().into());
            FOR
        };
        Select { sql, width: 1, values: wanted }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        counted(rows)
    }
}

/// Asks how many records of a kind pass a sieve.
#[derive(Debug, Clone)]
pub struct RecordCount<'a> {
    /// Of this kind.
    pub kind: &'a str,
    /// Which.
    pub sieve: RecordSieve,
}

impl One for RecordCount<'_> {
    type Told = u64;

    fn select(&self, tenant: &str) -> Select {
        const SQL: &str = "SELECT COUNT(*) FROM record WHERE tenant = $1 AND kind = $2 AND ($3 = '' OR state = $3) \
             AND ($4 = '' OR owner = $4) AND ($5 = '' OR about = $5 OR substr(about, 1, length($5) + 1) = $5 || '/')";
        let (state, owner, about) = (self.sieve.state.as_str(), self.sieve.owner.as_str(), self.sieve.about.as_str());
        Select { sql: SQL, width: 1, values: values![tenant, self.kind, state, owner, about] }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        counted(rows)
    }
}

/// Asks how many bearers of a kind this organisation has.
#[derive(Debug, Clone, Copy)]
pub struct BearerCount {
    /// For this.
    pub kind: BearerKind,
}

impl One for BearerCount {
    type Told = u64;

    fn select(&self, tenant: &str) -> Select {
        const SQL: &str = "SELECT COUNT(*) FROM bearer WHERE tenant = $1 AND kind = $2";
        Select { sql: SQL, width: 1, values: values![tenant, self.kind.as_str()] }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        counted(rows)
    }
}

/// Asks how many people are in this organisation.
#[derive(Debug, Clone, Copy)]
pub struct MemberCount;

impl One for MemberCount {
    type Told = u64;

    fn select(&self, tenant: &str) -> Select {
        Select { sql: "SELECT COUNT(*) FROM member WHERE tenant = $1", width: 1, values: values![tenant] }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        counted(rows)
    }
}

fn counted(rows: &Rows) -> Result<u64, StoreError> {
    Ok(rows.first(|row| Ok(count(row.int(0)?)))?.unwrap_or(0))
}

impl Room {
    /// How many records of a kind pass a sieve.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn record_count(&mut self, kind: &str, sieve: &RecordSieve) -> Result<u64, StoreError> {
        self.ask(&RecordCount { kind, sieve: sieve.clone() }).await
    }

    /// How many pieces of evidence pass a sieve.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn evidence_count(&mut self, sieve: &EvidenceSieve) -> Result<u64, StoreError> {
        self.ask(&EvidenceCount { sieve: sieve.clone() }).await
    }

    /// How many people are in this organisation.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn member_count(&mut self) -> Result<u64, StoreError> {
        self.ask(&MemberCount).await
    }

    /// How many bearers of a kind this organisation has.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn bearer_count(&mut self, kind: BearerKind) -> Result<u64, StoreError> {
        self.ask(&BearerCount { kind }).await
    }

    /// How many assessments this organisation has.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn assessment_count(&mut self) -> Result<u64, StoreError> {
        let row =
            self.tx.row("SELECT COUNT(*) FROM assessment WHERE tenant = $1", values![self.tenant.as_str()]).await?;
        row.map_or(Ok(0), |row| Ok(count(row.int(0)?)))
    }
}

impl Store {
    /// How many jobs of an organisation there are in each state.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn job_counts_of(&self, tenant: &str) -> Result<Vec<(JobState, u64)>, StoreError> {
        const SQL: &str = "SELECT state, COUNT(*) FROM job WHERE COALESCE(tenant, 'house') = $1 GROUP BY state";
        let mut tx = self.pools().reading(Wall::House, self.counted()).await?;
        let rows = tx.rows(SQL, values![tenant]).await?;
        let mut counts = Vec::new();
        for row in &rows {
            let word = row.text(0)?;
            let state = JobState::ALL.into_iter().find(|state| state.as_str() == word);
            counts.extend(state.map(|state| Ok::<_, StoreError>((state, count(row.int(1)?)))).transpose()?);
        }
        Ok(counts)
    }
}
