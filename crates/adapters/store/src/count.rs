//! How many there are: what a page says that shows only the first of them. Asked where a page is full, not before.

use crate::{
    BearerKind, EvidenceSieve, JobState, RecordSieve, Room, Store, StoreError,
    room::count,
    sql::{Wall, values},
};

impl Room {
    /// How many records of a kind pass a sieve.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn record_count(&mut self, kind: &str, sieve: &RecordSieve) -> Result<u64, StoreError> {
        const SQL: &str = "SELECT COUNT(*) FROM record WHERE tenant = $1 AND kind = $2 AND ($3 = '' OR state = $3) \
             AND ($4 = '' OR owner = $4) AND ($5 = '' OR about = $5 OR substr(about, 1, length($5) + 1) = $5 || '/')";
        let (state, owner, about) = (sieve.state.as_str(), sieve.owner.as_str(), sieve.about.as_str());
        let row = self.tx.row(SQL, values![self.tenant.as_str(), kind, state, owner, about]).await?;
        row.map_or(Ok(0), |row| Ok(count(row.int(0)?)))
    }

    /// How many pieces of evidence pass a sieve.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn evidence_count(&mut self, sieve: &EvidenceSieve) -> Result<u64, StoreError> {
        const ALL: &str = "SELECT COUNT(*) FROM evidence WHERE tenant = $1 AND ($2 = '' OR state = $2) \
             AND ($3 = '' OR kind = $3) AND ($4 = '' OR lower(title) LIKE $4 ESCAPE '!')";
        const FOR: &str = "SELECT COUNT(*) FROM evidence_link l JOIN evidence e ON e.tenant = l.tenant \
             AND e.id = l.evidence WHERE l.tenant = $1 AND l.target = $5 AND ($2 = '' OR e.state = $2) \
             AND ($3 = '' OR e.kind = $3) AND ($4 = '' OR lower(e.title) LIKE $4 ESCAPE '!')";
        let text = sieve.pattern();
        let mut wanted = values![self.tenant.as_str(), sieve.state.as_str(), sieve.kind.as_str(), text];
        let sql = if sieve.target.is_empty() {
            ALL
        } else {
            wanted.push(sieve.target.as_str().into());
            FOR
        };
        self.tx.row(sql, wanted).await?.map_or(Ok(0), |row| Ok(count(row.int(0)?)))
    }

    /// How many people are in this organisation.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn member_count(&mut self) -> Result<u64, StoreError> {
        let row = self.tx.row("SELECT COUNT(*) FROM member WHERE tenant = $1", values![self.tenant.as_str()]).await?;
        row.map_or(Ok(0), |row| Ok(count(row.int(0)?)))
    }

    /// How many bearers of a kind this organisation has.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn bearer_count(&mut self, kind: BearerKind) -> Result<u64, StoreError> {
        const SQL: &str = "SELECT COUNT(*) FROM bearer WHERE tenant = $1 AND kind = $2";
        let row = self.tx.row(SQL, values![self.tenant.as_str(), kind.as_str()]).await?;
        row.map_or(Ok(0), |row| Ok(count(row.int(0)?)))
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
