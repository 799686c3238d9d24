//! Sealed secrets, wherever they stand: for whoever changes the key that seals them. What they say stays the same, so no
//! revision moves; a leaf tells of an account's, whose row its leaves vouch for as it stands.

use crate::{Room, StoreError, Work, sql::values};

/// A row that may hold sealed secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// `log`, `account`, `job`, or a record's kind.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// The text with the secrets.
    pub text: String,
}

impl Room {
    /// Rows of this organisation that mention a sealed secret; the instance's own also has accounts and jobs of everybody.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn holders(&mut self) -> Result<Vec<Holder>, StoreError> {
        const OWN: &str = "SELECT 'log', tenant, sealed_key FROM log WHERE tenant = $1 \
             UNION ALL SELECT kind, id, body FROM record WHERE tenant = $1 AND body LIKE '%sealed/1:%'";
        const HOUSE: &str = "SELECT 'account', id, body FROM account WHERE body LIKE '%sealed/1:%' \
             UNION ALL SELECT 'job', id, body FROM job WHERE body LIKE '%sealed/1:%'";
        let mut rows = self.tx.rows(OWN, values![self.tenant.as_str()]).await?;
        if self.tenant == crate::HOUSE {
            rows.extend(self.tx.rows(HOUSE, values![]).await?);
        }
        rows.iter().map(|row| Ok(Holder { kind: row.text(0)?, id: row.text(1)?, text: row.text(2)? })).collect()
    }
}

impl Work {
    /// Puts another text in the place of one that was read; whether it was still the same.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn reseal(&mut self, read: &Holder, text: &str) -> Result<bool, StoreError> {
        const LOG: &str = "UPDATE log SET sealed_key = $3 WHERE tenant = $1 AND sealed_key = $2";
        const ACCOUNT: &str = "UPDATE account SET body = $3 WHERE id = $1 AND body = $2";
        const JOB: &str = "UPDATE job SET body = $3 WHERE id = $1 AND body = $2";
        const RECORD: &str = "UPDATE record SET body = $3 WHERE id = $1 AND body = $2 AND tenant = $4 AND kind = $5";
        let mut row = values![read.id.as_str(), read.text.as_str(), text];
        let sql = match read.kind.as_str() {
            "log" => LOG,
            "account" => ACCOUNT,
            "job" => JOB,
            _ => {
                row.extend(values![self.room.tenant.clone(), read.kind.as_str()]);
                RECORD
            }
        };
        let same = self.run(sql, row).await? == 1;
        if same
            && read.kind == "account"
            && let Some(account) = self.room.account(&read.id).await?
        {
            let stands = account.stands();
            let before = crate::Account { body: read.text.clone(), ..account.clone() }.stands();
            let record = serde_json::json!({
                "what": "sealed anew", "rev": account.rev, "before": before, "stands": stands,
            });
            self.tell("account.changed", &read.id, &record)?;
        }
        Ok(same)
    }
}
