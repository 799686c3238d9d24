//! Accounts, how they sign in, and where they belong. Accounts are the instance's own: they are changed by the work of
//! [`crate::HOUSE`].

use attesta_kernel::{Digest, Timestamp};

use crate::{
    Page, Room, StoreError, Work,
    ask::{One, Rows, Select},
    room::{count, number, stored, time},
    sql::{Row, values},
};

/// Somebody who can sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The id.
    pub id: String,
    /// The address, in lower case; unique.
    pub email: String,
    /// The name to show.
    pub name: String,
    /// `active`, `invited` or `closed`.
    pub state: String,
    /// Which revision.
    pub rev: u64,
    /// Password hash, TOTP secret (sealed), recovery codes (hashed): JSON that identity reads.
    pub body: String,
    /// Since when.
    pub created: Timestamp,
}

/// A passkey, or an account at an identity provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// `passkey` or `oidc`.
    pub kind: String,
    /// The credential's id, or issuer and subject.
    pub id: String,
    /// Whose.
    pub account: String,
    /// Which revision.
    pub rev: u64,
    /// Public key and counter: JSON that identity reads.
    pub body: String,
}

/// Somebody in an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub account: String,
    /// As what.
    pub role: String,
    /// Which revision.
    pub rev: u64,
    /// Limits in time and scope: JSON that access reads.
    pub body: String,
    /// The name to show.
    pub name: String,
    /// The address.
    pub email: String,
}

/// Where an account belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The organisation.
    pub tenant: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: String,
    /// As what.
    pub role: String,
    /// Limits in time and scope: JSON that access reads.
    pub body: String,
}

impl Member {
    /// What the log's record says of them as they are now.
    pub fn told(&self) -> serde_json::Value {
        stands(&self.role, &self.body)
    }
}

/// What the log's record says of somebody in an organisation.
fn stands(role: &str, body: &str) -> serde_json::Value {
    serde_json::json!({ "role": role, "limits": parsed(body) })
}

/// The digest of texts that stand in a row: a leaf's record has it, and says nothing of what they hold.
pub(crate) fn digest_of(texts: &[&str]) -> String {
    Digest::of(serde_json::json!(texts).to_string().as_bytes()).to_string()
}

impl Account {
    /// What the log's record says of it as it is now: what it signs in with, too, by its digest.
    pub fn stands(&self) -> String {
        digest_of(&[&self.id, &self.email.to_lowercase(), &self.name, &self.state, &self.body])
    }
}

impl Login {
    /// What the log's record calls it: ids of credentials are nobody's business there.
    pub fn named(&self) -> String {
        digest_of(&[&self.kind, &self.id])
    }

    /// What the log's record says of it as it is now.
    pub fn stands(&self) -> String {
        digest_of(&[&self.kind, &self.id, &self.account, &self.body])
    }

    fn told(&self) -> serde_json::Value {
        serde_json::json!({ "kind": self.kind, "login": self.named(), "stands": self.stands() })
    }
}

fn account(row: &Row) -> Result<Account, StoreError> {
    Ok(Account {
        id: row.text(0)?,
        email: row.text(1)?,
        name: row.text(2)?,
        state: row.text(3)?,
        rev: count(row.int(4)?),
        body: row.text(5)?,
        created: time("account", &row.text(6)?)?,
    })
}

fn member(row: &Row) -> Result<Member, StoreError> {
    Ok(Member {
        account: row.text(0)?,
        role: row.text(1)?,
        rev: count(row.int(2)?),
        body: row.text(3)?,
        name: row.text(4)?,
        email: row.text(5)?,
    })
}

/// Asks who is in this organisation, by account.
#[derive(Debug, Clone)]
pub struct Members {
    /// Which part of the list.
    pub page: Page,
}

impl One for Members {
    type Told = Vec<Member>;

    fn select(&self, tenant: &str) -> Select {
        const SQL: &str = "SELECT m.account, m.role, m.rev, m.body, a.name, a.email FROM member m \
             JOIN account a ON a.id = m.account WHERE m.tenant = $1 AND m.account > $2 ORDER BY m.account LIMIT $3";
        Select { sql: SQL, width: 6, values: values![tenant, self.page.after.as_str(), self.page.most()] }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        rows.all(member)
    }
}

/// Asks for one who is in this organisation.
#[derive(Debug, Clone)]
pub struct OneMember<'a> {
    /// Who.
    pub account: &'a str,
}

impl One for OneMember<'_> {
    type Told = Option<Member>;

    fn select(&self, tenant: &str) -> Select {
        const SQL: &str = "SELECT m.account, m.role, m.rev, m.body, a.name, a.email FROM member m \
             JOIN account a ON a.id = m.account WHERE m.tenant = $1 AND m.account = $2";
        Select { sql: SQL, width: 6, values: values![tenant, self.account] }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        rows.first(member)
    }
}

/// Asks for the account with an id.
#[derive(Debug, Clone)]
pub struct OneAccount<'a> {
    /// Its id.
    pub id: &'a str,
}

impl One for OneAccount<'_> {
    type Told = Option<Account>;

    fn select(&self, _tenant: &str) -> Select {
        const SQL: &str = "SELECT id, email, name, state, rev, body, created FROM account WHERE id = $1";
        Select { sql: SQL, width: 7, values: values![self.id] }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        rows.first(account)
    }
}

/// Asks for everything that an account signs in with besides its password.
#[derive(Debug, Clone)]
pub struct LoginsOf<'a> {
    /// Whose.
    pub account: &'a str,
}

impl One for LoginsOf<'_> {
    type Told = Vec<Login>;

    fn select(&self, _tenant: &str) -> Select {
        const SQL: &str = "SELECT kind, id, account, rev, body FROM login WHERE account = $1 ORDER BY created, id";
        Select { sql: SQL, width: 5, values: values![self.account] }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        rows.all(login)
    }
}

/// Asks where an account belongs.
#[derive(Debug, Clone)]
pub struct MembershipsOf<'a> {
    /// Whose.
    pub account: &'a str,
}

impl One for MembershipsOf<'_> {
    type Told = Vec<Membership>;

    fn select(&self, _tenant: &str) -> Select {
        const SQL: &str = "SELECT m.tenant, t.name, t.kind, m.role, m.body FROM member m JOIN tenant t ON t.id = m.tenant \
             WHERE m.account = $1 ORDER BY t.name, t.id";
        Select { sql: SQL, width: 5, values: values![self.account] }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        rows.all(membership)
    }
}

/// Asks when attempts to sign in as an account failed, since a moment; the last of them first.
#[derive(Debug, Clone)]
pub struct AttemptsOf<'a> {
    /// As whom.
    pub account: &'a str,
    /// Since when.
    pub since: Timestamp,
}

impl One for AttemptsOf<'_> {
    type Told = Vec<Timestamp>;

    fn select(&self, _tenant: &str) -> Select {
        const SQL: &str = "SELECT t.at FROM account a JOIN attempt t ON t.about = a.email \
             WHERE a.id = $1 AND t.at >= $2 ORDER BY t.at DESC LIMIT 100";
        Select { sql: SQL, width: 1, values: values![self.account, stored(self.since)] }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        rows.all(|row| time("attempt", &row.text(0)?))
    }
}

fn membership(row: &Row) -> Result<Membership, StoreError> {
    Ok(Membership {
        tenant: row.text(0)?,
        name: row.text(1)?,
        kind: row.text(2)?,
        role: row.text(3)?,
        body: row.text(4)?,
    })
}

impl Room {
    /// The account with an id.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn account(&mut self, id: &str) -> Result<Option<Account>, StoreError> {
        self.ask(&OneAccount { id }).await
    }

    /// The account with an address.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn account_of(&mut self, email: &str) -> Result<Option<Account>, StoreError> {
        const SQL: &str = "SELECT id, email, name, state, rev, body, created FROM account WHERE email = $1";
        self.tx.row(SQL, values![email.to_lowercase()]).await?.as_ref().map(account).transpose()
    }

    /// Whether anybody can sign in at all.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn has_accounts(&mut self) -> Result<bool, StoreError> {
        Ok(self.tx.row("SELECT id FROM account LIMIT 1", values![]).await?.is_some())
    }

    /// A passkey or an account at a provider.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn login(&mut self, kind: &str, id: &str) -> Result<Option<Login>, StoreError> {
        const SQL: &str = "SELECT kind, id, account, rev, body FROM login WHERE kind = $1 AND id = $2";
        self.tx.row(SQL, values![kind, id]).await?.as_ref().map(login).transpose()
    }

    /// Everything that an account signs in with besides its password.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn logins(&mut self, account: &str) -> Result<Vec<Login>, StoreError> {
        self.ask(&LoginsOf { account }).await
    }

    /// Every account, by id: what an audit reads.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn every_account(&mut self, after: &str, limit: u32) -> Result<Vec<Account>, StoreError> {
        const SQL: &str =
            "SELECT id, email, name, state, rev, body, created FROM account WHERE id > $1 ORDER BY id LIMIT $2";
        self.tx.rows(SQL, values![after, i64::from(limit)]).await?.iter().map(account).collect()
    }

    /// Every passkey and account at a provider, by kind and id: what an audit reads.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn every_login(&mut self, after: (&str, &str), limit: u32) -> Result<Vec<Login>, StoreError> {
        const SQL: &str = "SELECT kind, id, account, rev, body FROM login WHERE kind > $1 OR (kind = $1 AND id > $2) \
             ORDER BY kind, id LIMIT $3";
        self.tx.rows(SQL, values![after.0, after.1, i64::from(limit)]).await?.iter().map(login).collect()
    }

    /// Where an account belongs.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn memberships(&mut self, account: &str) -> Result<Vec<Membership>, StoreError> {
        self.ask(&MembershipsOf { account }).await
    }

    /// Who is in this organisation, by account.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn members(&mut self, page: &Page) -> Result<Vec<Member>, StoreError> {
        self.ask(&Members { page: page.clone() }).await
    }

    /// One who is in this organisation.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn member(&mut self, account: &str) -> Result<Option<Member>, StoreError> {
        self.ask(&OneMember { account }).await
    }

    /// Whose attempts to sign in failed since a moment, of this organisation's people: account, how often, when last.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn failed_attempts(&mut self, since: Timestamp) -> Result<Vec<(String, u32, Timestamp)>, StoreError> {
        const SQL: &str = "SELECT m.account, COUNT(*), MAX(t.at) FROM member m JOIN account a ON a.id = m.account \
             JOIN attempt t ON t.about = a.email WHERE m.tenant = $1 AND t.at >= $2 GROUP BY m.account ORDER BY m.account";
        let rows = self.tx.rows(SQL, values![self.tenant.as_str(), stored(since)]).await?;
        let one = |row: &Row| {
            let count = u32::try_from(row.int(1)?).unwrap_or(u32::MAX);
            Ok((row.text(0)?, count, time("attempt", &row.text(2)?)?))
        };
        rows.iter().map(one).collect()
    }

    /// When attempts about somebody or from somewhere failed, since a moment.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn attempts(&mut self, about: &str, since: Timestamp) -> Result<Vec<Timestamp>, StoreError> {
        const SQL: &str = "SELECT at FROM attempt WHERE about = $1 AND at >= $2 ORDER BY at DESC LIMIT 100";
        let rows = self.tx.rows(SQL, values![about, stored(since)]).await?;
        rows.iter().map(|row| time("attempt", &row.text(0)?)).collect()
    }
}

fn login(row: &Row) -> Result<Login, StoreError> {
    Ok(Login {
        kind: row.text(0)?,
        id: row.text(1)?,
        account: row.text(2)?,
        rev: count(row.int(3)?),
        body: row.text(4)?,
    })
}

impl Work {
    /// Adds an account; its revision is 1, whatever it says.
    ///
    /// # Errors
    ///
    /// When the address is taken.
    pub async fn add_account(&mut self, new: &Account) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO account (id, email, name, state, rev, body, created) \
             VALUES ($1, $2, $3, $4, 1, $5, $6) ON CONFLICT DO NOTHING";
        let row = values![
            new.id.as_str(),
            new.email.to_lowercase(),
            new.name.as_str(),
            new.state.as_str(),
            new.body.as_str(),
            stored(new.created),
        ];
        if self.run(SQL, row).await? == 0 {
            return Err(StoreError::Exists { what: "account", id: new.email.clone() });
        }
        let record = serde_json::json!({ "email": new.email, "name": new.name, "stands": new.stands() });
        self.tell("account.added", &new.id, &record)
    }

    /// Changes an account; `why` says what was changed, and never holds a secret.
    ///
    /// # Errors
    ///
    /// When it was changed meanwhile, or is not there.
    pub async fn put_account(&mut self, new: &Account, why: &str) -> Result<u64, StoreError> {
        const SQL: &str = "UPDATE account SET email = $3, name = $4, state = $5, body = $6, rev = rev + 1 \
             WHERE id = $1 AND rev = $2";
        let row = values![
            new.id.as_str(),
            number(new.rev),
            new.email.to_lowercase(),
            new.name.as_str(),
            new.state.as_str(),
            new.body.as_str(),
        ];
        let before = self.room.account(&new.id).await?;
        let before = before.ok_or_else(|| StoreError::NotFound { what: "account", id: new.id.clone() })?;
        if self.run(SQL, row).await? == 0 {
            return Err(StoreError::Changed { what: "account", id: new.id.clone(), read: new.rev, now: before.rev });
        }
        // What stood there is told too: a row that was changed by hand is not made right by a change that follows.
        let record = serde_json::json!({
            "what": why, "rev": new.rev + 1, "before": before.stands(), "stands": new.stands(),
        });
        self.tell("account.changed", &new.id, &record)?;
        Ok(new.rev + 1)
    }

    /// Adds a passkey or an account at a provider.
    ///
    /// # Errors
    ///
    /// When it is here already.
    pub async fn add_login(&mut self, new: &Login, at: Timestamp) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO login (kind, id, account, rev, body, created) VALUES ($1, $2, $3, 1, $4, $5) \
             ON CONFLICT DO NOTHING";
        let row = values![new.kind.as_str(), new.id.as_str(), new.account.as_str(), new.body.as_str(), stored(at)];
        if self.run(SQL, row).await? == 0 {
            return Err(StoreError::Exists { what: "way to sign in", id: new.id.clone() });
        }
        self.tell("account.login-added", &new.account, &new.told())
    }

    /// Changes what is known of a passkey: its counter, when it was used.
    ///
    /// # Errors
    ///
    /// When it was changed meanwhile.
    pub async fn put_login(&mut self, new: &Login) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE login SET body = $4, rev = rev + 1 WHERE kind = $1 AND id = $2 AND rev = $3";
        let row = values![new.kind.as_str(), new.id.as_str(), number(new.rev), new.body.as_str()];
        let before = self.room.login(&new.kind, &new.id).await?.map(|login| login.stands());
        if self.run(SQL, row).await? == 0 {
            let (id, read) = (new.id.clone(), new.rev);
            return Err(StoreError::Changed { what: "way to sign in", id, read, now: read + 1 });
        }
        let mut record = new.told();
        if let Some(members) = record.as_object_mut() {
            members.insert("before".to_owned(), before.into());
        }
        self.tell("account.login-used", &new.account, &record)
    }

    /// Takes a way to sign in away.
    ///
    /// # Errors
    ///
    /// When it is not there or belongs to somebody else.
    pub async fn remove_login(&mut self, kind: &str, id: &str, account: &str) -> Result<(), StoreError> {
        const SQL: &str = "DELETE FROM login WHERE kind = $1 AND id = $2 AND account = $3";
        if self.run(SQL, values![kind, id, account]).await? == 0 {
            return Err(StoreError::NotFound { what: "way to sign in", id: id.to_owned() });
        }
        let login = digest_of(&[kind, id]);
        self.tell("account.login-removed", account, &serde_json::json!({ "kind": kind, "login": login }))
    }

    /// Takes somebody into this organisation.
    ///
    /// # Errors
    ///
    /// When they are in it already.
    pub async fn add_member(&mut self, account: &str, role: &str, body: &str, at: Timestamp) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO member (tenant, account, role, rev, body, created) VALUES ($1, $2, $3, 1, $4, $5) \
             ON CONFLICT DO NOTHING";
        let row = values![self.room.tenant.clone(), account, role, body, stored(at)];
        if self.run(SQL, row).await? == 0 {
            return Err(StoreError::Exists { what: "member", id: account.to_owned() });
        }
        self.tell("member.added", account, &stands(role, body))
    }

    /// Changes what somebody is in this organisation.
    ///
    /// # Errors
    ///
    /// When it was changed meanwhile, or they are not in it.
    pub async fn put_member(&mut self, account: &str, role: &str, body: &str, read: u64) -> Result<u64, StoreError> {
        const SQL: &str =
            "UPDATE member SET role = $4, body = $5, rev = rev + 1 WHERE tenant = $1 AND account = $2 AND rev = $3";
        let row = values![self.room.tenant.clone(), account, number(read), role, body];
        if self.run(SQL, row).await? == 0 {
            return Err(self.member_changed(account, read).await?);
        }
        self.tell("member.changed", account, &stands(role, body))?;
        Ok(read + 1)
    }

    /// Takes somebody out of this organisation.
    ///
    /// # Errors
    ///
    /// When it was changed meanwhile, or they are not in it.
    pub async fn remove_member(&mut self, account: &str, read: u64) -> Result<(), StoreError> {
        const SQL: &str = "DELETE FROM member WHERE tenant = $1 AND account = $2 AND rev = $3";
        if self.run(SQL, values![self.room.tenant.clone(), account, number(read)]).await? == 0 {
            return Err(self.member_changed(account, read).await?);
        }
        self.tell("member.removed", account, &serde_json::json!({}))
    }

    async fn member_changed(&mut self, account: &str, read: u64) -> Result<StoreError, StoreError> {
        let id = account.to_owned();
        Ok(match self.room.member(account).await? {
            Some(member) => StoreError::Changed { what: "member", id, read, now: member.rev },
            None => StoreError::NotFound { what: "member", id },
        })
    }

    /// Remembers that an attempt failed.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn add_attempt(&mut self, about: &str, what: &str, at: Timestamp) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO attempt (about, at, what) VALUES ($1, $2, $3)";
        self.run(SQL, values![about, stored(at), what]).await?;
        Ok(())
    }

    /// Forgets failed attempts: after one that succeeded, and old ones.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn forget_attempts(&mut self, about: &str) -> Result<(), StoreError> {
        self.run("DELETE FROM attempt WHERE about = $1", values![about]).await?;
        Ok(())
    }
}

/// JSON that is stored as text, told as JSON.
pub(crate) fn parsed(body: &str) -> serde_json::Value {
    serde_json::from_str(body).unwrap_or(serde_json::Value::Null)
}
