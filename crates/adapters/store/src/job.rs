//! A durable queue in the same database. A worker takes a job for a while; if it does not come back, another takes it.

use std::fmt;

use attesta_kernel::Timestamp;

use crate::{
    Page, Store, StoreError, Work,
    room::{count, stored, time},
    sql::{Row, Wall, values},
};

/// Where a job is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum JobState {
    /// Waits until it is due.
    Waiting,
    /// Somebody does it, until the lease runs out.
    Taken,
    /// Done.
    Done,
    /// Tried as often as it may be; somebody has to look.
    Dead,
}

impl JobState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Taken, Self::Done, Self::Dead];

    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Taken => "taken",
            Self::Done => "done",
            Self::Dead => "dead",
        }
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// Its id; ids sort by age.
    pub id: String,
    /// The organisation, where it is of one.
    pub tenant: Option<String>,
    /// What to do.
    pub kind: String,
    /// With what: JSON.
    pub body: String,
    /// Not before.
    pub due: Timestamp,
    /// At most so many attempts.
    pub most: u32,
    /// At most one job with this word is ever made.
    pub once: Option<String>,
}

/// A job as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// The organisation, where it is of one.
    pub tenant: Option<String>,
    /// What to do.
    pub kind: String,
    /// With what: JSON.
    pub body: String,
    /// Where it is in its life.
    pub state: JobState,
    /// Not before.
    pub due: Timestamp,
    /// How often it was begun.
    pub attempts: u32,
    /// At most so many.
    pub most: u32,
    /// What the last attempt said.
    pub told: Option<String>,
}

fn job(row: &Row) -> Result<Job, StoreError> {
    let state = row.text(4)?;
    Ok(Job {
        id: row.text(0)?,
        tenant: row.maybe_text(1)?,
        kind: row.text(2)?,
        body: row.text(3)?,
        state: JobState::ALL
            .into_iter()
            .find(|s| s.as_str() == state)
            .ok_or_else(|| StoreError::damaged("job", format!("`{state}` is no state")))?,
        due: time("job", &row.text(5)?)?,
        attempts: u32::try_from(row.int(6)?).unwrap_or(u32::MAX),
        most: u32::try_from(row.int(7)?).unwrap_or(u32::MAX),
        told: row.maybe_text(8)?,
    })
}

impl Work {
    /// Adds a job in the same transaction as the change that asks for it. Whether it is new: one with the same `once` is
    /// not made twice.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn add_job(&mut self, new: &NewJob, at: Timestamp) -> Result<bool, StoreError> {
        const SQL: &str = "INSERT INTO job (id, tenant, kind, body, state, due, attempts, most, lease_until, lease_by, told, \
             once, created, updated) VALUES ($1, $2, $3, $4, 'waiting', $5, 0, $6, NULL, NULL, NULL, $7, $8, $8) \
             ON CONFLICT DO NOTHING";
        let row = values![
            new.id.as_str(),
            new.tenant.clone(),
            new.kind.as_str(),
            new.body.as_str(),
            stored(new.due),
            i64::from(new.most),
            new.once.clone(),
            stored(at),
        ];
        Ok(self.run(SQL, row).await? > 0)
    }
}

impl Store {
    /// Takes what is due for `worker` until `until`: waiting jobs, and those whose lease ran out. A job that was begun as
    /// often as it may be is dead instead, unless it is the worker's own: who asks is alive, and knows what it does. A clock
    /// that jumps ahead makes every lease run out, so a worker may be given what it holds already.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn take_jobs(
        &self,
        worker: &str,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Job>, StoreError> {
        const BURY: &str = "UPDATE job SET state = 'dead', told = 'it was begun and never ended', updated = $1, \
             lease_until = NULL, lease_by = NULL \
             WHERE state = 'taken' AND lease_until < $1 AND attempts >= most AND lease_by <> $2";
        const DUE: &str = "SELECT id FROM job WHERE (state = 'waiting' AND due <= $1) \
             OR (state = 'taken' AND lease_until < $1) ORDER BY due, id LIMIT $2";
        const DUE_LOCKED: &str = "SELECT id FROM job WHERE (state = 'waiting' AND due <= $1) \
             OR (state = 'taken' AND lease_until < $1) ORDER BY due, id LIMIT $2 FOR UPDATE SKIP LOCKED";
        const TAKE: &str = "UPDATE job SET state = 'taken', attempts = attempts + 1, lease_by = $2, lease_until = $3, \
             updated = $4 WHERE id = $1 \
             RETURNING id, tenant, kind, body, state, due, attempts, most, told";
        let mut tx = self.pools().writing(Wall::House, self.counted()).await?;
        let at = stored(now);
        tx.run(BURY, values![at.as_str(), worker]).await?;
        let sql = if tx.is_postgres() { DUE_LOCKED } else { DUE };
        let due = tx.rows(sql, values![at.as_str(), Page::first(limit).most()]).await?;
        let mut taken = Vec::with_capacity(due.len());
        for row in due {
            let values = values![row.text(0)?, worker, stored(until), at.as_str()];
            taken.extend(tx.row(TAKE, values).await?.as_ref().map(job).transpose()?);
        }
        tx.commit().await?;
        Ok(taken)
    }

    /// Keeps a job that takes longer. False when the lease ran out and somebody else may do it: stop then.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn keep_job(&self, id: &str, worker: &str, until: Timestamp) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE job SET lease_until = $3 WHERE id = $1 AND lease_by = $2 AND state = 'taken'";
        let mut tx = self.pools().writing(Wall::House, self.counted()).await?;
        let kept = tx.run(SQL, values![id, worker, stored(until)]).await? > 0;
        tx.commit().await?;
        Ok(kept)
    }

    /// Ends a job that went well. False when it was somebody else's by then.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn end_job(&self, id: &str, worker: &str, told: &str, now: Timestamp) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE job SET state = 'done', told = $3, updated = $4, lease_until = NULL, lease_by = NULL \
             WHERE id = $1 AND lease_by = $2 AND state = 'taken'";
        let mut tx = self.pools().writing(Wall::House, self.counted()).await?;
        let ended = tx.run(SQL, values![id, worker, told, stored(now)]).await? > 0;
        tx.commit().await?;
        Ok(ended)
    }

    /// Puts a job back that went wrong: waiting until `again`, or dead when it was begun as often as it may be.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn fail_job(
        &self,
        id: &str,
        worker: &str,
        told: &str,
        again: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE job SET state = CASE WHEN attempts >= most THEN 'dead' ELSE 'waiting' END, told = $3, \
             due = $4, updated = $5, lease_until = NULL, lease_by = NULL \
             WHERE id = $1 AND lease_by = $2 AND state = 'taken'";
        let mut tx = self.pools().writing(Wall::House, self.counted()).await?;
        let put = tx.run(SQL, values![id, worker, told, stored(again), stored(now)]).await? > 0;
        tx.commit().await?;
        Ok(put)
    }

    /// Lets a dead job live again. False when there is no such one.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn revive_job(&self, tenant: &str, id: &str, now: Timestamp) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE job SET state = 'waiting', attempts = 0, due = $3, updated = $3 \
             WHERE id = $1 AND state = 'dead' AND COALESCE(tenant, 'house') = $2";
        let mut tx = self.pools().writing(Wall::House, self.counted()).await?;
        let revived = tx.run(SQL, values![id, tenant, stored(now)]).await? > 0;
        tx.commit().await?;
        Ok(revived)
    }

    /// Jobs of an organisation in a state, newest first, below an id (empty to begin).
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn jobs(&self, tenant: &str, state: Option<JobState>, page: &Page) -> Result<Vec<Job>, StoreError> {
        const SQL: &str = "SELECT id, tenant, kind, body, state, due, attempts, most, told FROM job \
             WHERE COALESCE(tenant, 'house') = $1 AND ($2 = '' OR state = $2) AND ($3 = '' OR id < $3) \
             ORDER BY id DESC LIMIT $4";
        let mut tx = self.pools().reading(Wall::House, self.counted()).await?;
        let state = state.map_or("", JobState::as_str);
        tx.rows(SQL, values![tenant, state, page.after.as_str(), page.most()]).await?.iter().map(job).collect()
    }

    /// How many jobs there are in each state, of all organisations: for metrics.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn job_counts(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let mut tx = self.pools().reading(Wall::House, self.counted()).await?;
        let rows = tx.rows("SELECT state, COUNT(*) FROM job GROUP BY state ORDER BY state", values![]).await?;
        rows.iter().map(|row| Ok((row.text(0)?, count(row.int(1)?)))).collect()
    }

    /// Forgets jobs that were done before a moment.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn forget_jobs(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut tx = self.pools().writing(Wall::House, self.counted()).await?;
        let gone = tx.run("DELETE FROM job WHERE state = 'done' AND updated < $1", values![stored(before)]).await?;
        tx.commit().await?;
        Ok(gone)
    }
}
