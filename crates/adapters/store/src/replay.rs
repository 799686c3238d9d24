use attesta_kernel::Timestamp;

use crate::{Room, StoreError, Work, room::stored, sql::values};

/// The answer to a request that carried an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// Digest of the request; the same key with another request is a mistake.
    pub request: String,
    /// The status that was answered.
    pub status: u16,
    /// The body that was answered.
    pub answer: String,
}

impl Room {
    /// What was answered to the request of an account with a key.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn replay(&mut self, account: &str, token: &str) -> Result<Option<Replay>, StoreError> {
        const SQL: &str =
            "SELECT request, status, answer FROM replay WHERE tenant = $1 AND account = $2 AND token = $3";
        let row = self.tx.row(SQL, values![self.tenant.as_str(), account, token]).await?;
        let one = |row: crate::sql::Row| {
            Ok(Replay {
                request: row.text(0)?,
                status: u16::try_from(row.int(1)?).unwrap_or(500),
                answer: row.text(2)?,
            })
        };
        row.map(one).transpose()
    }
}

impl Work {
    /// Keeps an answer, in the same transaction as what it answers.
    ///
    /// # Errors
    ///
    /// When there is one with this key.
    pub async fn add_replay(
        &mut self,
        account: &str,
        token: &str,
        replay: &Replay,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO replay (tenant, account, token, request, status, answer, at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
        let row = values![
            self.room.tenant.clone(),
            account,
            token,
            replay.request.as_str(),
            i64::from(replay.status),
            replay.answer.as_str(),
            stored(at),
        ];
        if self.run(SQL, row).await? == 0 {
            return Err(StoreError::Exists { what: "idempotency key", id: token.to_owned() });
        }
        Ok(())
    }

    /// Forgets answers that were given before a moment.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn forget_replays(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM replay WHERE tenant = $1 AND at < $2";
        self.run(SQL, values![self.room.tenant.clone(), stored(before)]).await
    }
}
