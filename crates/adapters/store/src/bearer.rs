//! What gives power to whoever holds it. Only digests are stored.

use std::fmt;

use attesta_kernel::Timestamp;

use crate::{
    HOUSE, Page, Room, Store, StoreError, Work,
    ask::{One, Rows, Select},
    people::digest_of,
    room::{count, number, stored, time},
    sql::{Row, Wall, values},
};

/// What a bearer secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BearerKind {
    /// Signed in, in a browser.
    Session,
    /// A program.
    Token,
    /// May join an organisation.
    Invitation,
    /// May read what was shared.
    Share,
    /// May become the first owner of the instance.
    First,
    /// Is half signed in: the second step is due.
    Step,
}

impl BearerKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [Self::Session, Self::Token, Self::Invitation, Self::Share, Self::First, Self::Step];

    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Token => "token",
            Self::Invitation => "invitation",
            Self::Share => "share",
            Self::First => "first",
            Self::Step => "step",
        }
    }
}

impl fmt::Display for BearerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A bearer secret, by its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// SHA-256 of the secret, in hexadecimal.
    pub digest: String,
    /// What it is for.
    pub kind: BearerKind,
    /// Its id: what people see, and what ends it.
    pub id: String,
    /// The organisation, where it is of one.
    pub tenant: Option<String>,
    /// The account, where it is of one.
    pub account: Option<String>,
    /// Since when.
    pub created: Timestamp,
    /// When it was used last, about.
    pub seen: Timestamp,
    /// Until when at most.
    pub expires: Timestamp,
    /// When it was ended.
    pub ended: Option<Timestamp>,
    /// Which revision.
    pub rev: u64,
    /// What it allows, and where it was made: JSON.
    pub body: String,
}

impl Bearer {
    /// What the log's record says of it as it is now: which secret opens it, and what it allows, by a digest.
    pub fn stands(&self) -> String {
        let (tenant, account) = (self.tenant.as_deref().unwrap_or("-"), self.account.as_deref().unwrap_or("-"));
        digest_of(&[self.kind.as_str(), &self.id, &self.digest, tenant, account, &stored(self.expires), &self.body])
    }
}

fn bearer(row: &Row) -> Result<Bearer, StoreError> {
    let kind = row.text(1)?;
    let place = "bearer";
    Ok(Bearer {
        digest: row.text(0)?,
        kind: BearerKind::ALL
            .into_iter()
            .find(|k| k.as_str() == kind)
            .ok_or_else(|| StoreError::damaged(place, format!("`{kind}` is no kind")))?,
        id: row.text(2)?,
        tenant: row.maybe_text(3)?,
        account: row.maybe_text(4)?,
        created: time(place, &row.text(5)?)?,
        seen: time(place, &row.text(6)?)?,
        expires: time(place, &row.text(7)?)?,
        ended: row.maybe_text(8)?.map(|text| time(place, &text)).transpose()?,
        rev: count(row.int(9)?),
        body: row.text(10)?,
    })
}

/// Asks for what gives power in this organisation, by id.
#[derive(Debug, Clone)]
pub struct Bearers {
    /// For this.
    pub kind: BearerKind,
    /// Which part of the list.
    pub page: Page,
}

impl One for Bearers {
    type Told = Vec<Bearer>;

    fn select(&self, tenant: &str) -> Select {
        const SQL: &str = "SELECT digest, kind, id, tenant, account, created, seen, expires, ended, rev, body FROM bearer \
             WHERE tenant = $1 AND kind = $2 AND id > $3 ORDER BY id LIMIT $4";
        let (kind, page) = (self.kind.as_str(), &self.page);
        Select { sql: SQL, width: 11, values: values![tenant, kind, page.after.as_str(), page.most()] }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        rows.all(bearer)
    }
}

/// Asks for what gives an account power and has not ended, what was used last first.
#[derive(Debug, Clone)]
pub struct BearersOf<'a> {
    /// Whose.
    pub account: &'a str,
    /// For this.
    pub kind: BearerKind,
}

impl One for BearersOf<'_> {
    type Told = Vec<Bearer>;

    fn select(&self, _tenant: &str) -> Select {
        const SQL: &str = "SELECT digest, kind, id, tenant, account, created, seen, expires, ended, rev, body FROM bearer \
             WHERE account = $1 AND kind = $2 AND ended IS NULL ORDER BY seen DESC LIMIT 200";
        Select { sql: SQL, width: 11, values: values![self.account, self.kind.as_str()] }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        rows.all(bearer)
    }
}

/// A bearer secret with its account, and what that is in one organisation: all that a request's door needs, in one
/// statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtTheDoor {
    /// The secret.
    pub bearer: Bearer,
    /// The account's state and name, where it is of one.
    pub account: Option<(String, String)>,
    /// The organisation's kind and name, where one was named and the account is in it.
    pub organisation: Option<(String, String)>,
    /// Role and limits there.
    pub member: Option<(String, String)>,
    /// The last checkpoint of the organisation's log and the time of its last leaf, for one who is in it; none where nothing
    /// was signed yet.
    pub checkpoint: Option<(String, String)>,
}

impl Store {
    /// Who holds a secret, and what they are in `tenant` (empty for none). It is asked behind that organisation's wall, where
    /// its log stands; only who is in it is told of it.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn at_the_door(&self, digest: &str, tenant: &str) -> Result<Option<AtTheDoor>, StoreError> {
        const SQL: &str = "SELECT b.digest, b.kind, b.id, b.tenant, b.account, b.created, b.seen, b.expires, b.ended, b.rev, \
             b.body, a.state, a.name, t.kind, t.name, m.role, m.body, l.checkpoint, f.at FROM bearer b \
             LEFT JOIN account a ON a.id = b.account LEFT JOIN member m ON m.account = b.account AND m.tenant = $2 \
             LEFT JOIN tenant t ON t.id = m.tenant LEFT JOIN log l ON l.tenant = m.tenant \
             LEFT JOIN leaf f ON f.tenant = l.tenant AND f.idx = l.size - 1 WHERE b.digest = $1";
        let behind = if tenant.is_empty() { HOUSE } else { tenant };
        let mut tx = self.pools().reading(Wall::Tenant(behind), self.counted()).await?;
        let Some(row) = tx.row(SQL, values![digest, tenant]).await? else { return Ok(None) };
        let pair = |first: usize| -> Result<Option<(String, String)>, StoreError> {
            Ok(row.maybe_text(first)?.zip(row.maybe_text(first + 1)?))
        };
        Ok(Some(AtTheDoor {
            bearer: bearer(&row)?,
            account: pair(11)?,
            organisation: pair(13)?,
            member: pair(15)?,
            checkpoint: pair(17)?,
        }))
    }
}

impl Room {
    /// The bearer secret with a digest, whatever its state.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn bearer(&mut self, digest: &str) -> Result<Option<Bearer>, StoreError> {
        const SQL: &str = "SELECT digest, kind, id, tenant, account, created, seen, expires, ended, rev, body FROM bearer \
             WHERE digest = $1";
        self.tx.row(SQL, values![digest]).await?.as_ref().map(bearer).transpose()
    }

    /// Those of this organisation, by id.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn bearers(&mut self, kind: BearerKind, page: &Page) -> Result<Vec<Bearer>, StoreError> {
        self.ask(&Bearers { kind, page: page.clone() }).await
    }

    /// All that give power in this organisation, by id, ended ones too: what an audit reads. The instance's own are those
    /// of nobody's organisation, and sessions. Steps of signing in, which no log tells of, are left out.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn every_bearer(&mut self, after: &str, limit: u32) -> Result<Vec<Bearer>, StoreError> {
        const OWN: &str = "SELECT digest, kind, id, tenant, account, created, seen, expires, ended, rev, body FROM bearer \
             WHERE tenant = $1 AND kind NOT IN ('session', 'step') AND id > $2 ORDER BY id LIMIT $3";
        const HOUSE: &str = "SELECT digest, kind, id, tenant, account, created, seen, expires, ended, rev, body FROM bearer \
             WHERE (tenant IS NULL OR tenant = $1 OR kind = 'session') AND kind <> 'step' AND id > $2 ORDER BY id LIMIT $3";
        let sql = if self.tenant == crate::HOUSE { HOUSE } else { OWN };
        let wanted = values![self.tenant.as_str(), after, i64::from(limit)];
        self.tx.rows(sql, wanted).await?.iter().map(bearer).collect()
    }

    /// One of this organisation, by its id.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn bearer_by_id(&mut self, kind: BearerKind, id: &str) -> Result<Option<Bearer>, StoreError> {
        const SQL: &str = "SELECT digest, kind, id, tenant, account, created, seen, expires, ended, rev, body FROM bearer \
             WHERE tenant = $1 AND kind = $2 AND id = $3";
        self.tx.row(SQL, values![self.tenant.as_str(), kind.as_str(), id]).await?.as_ref().map(bearer).transpose()
    }

    /// Invitations in force whose body begins so: its first member is the address. The caller looks at the whole of it.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn invitations_that_begin(&mut self, body: &str, now: Timestamp) -> Result<Vec<Bearer>, StoreError> {
        const SQL: &str = "SELECT digest, kind, id, tenant, account, created, seen, expires, ended, rev, body FROM bearer \
             WHERE kind = 'invitation' AND ended IS NULL AND expires > $1 AND substr(body, 1, length($2)) = $2 \
             ORDER BY id LIMIT 50";
        self.tx.rows(SQL, values![stored(now), body]).await?.iter().map(bearer).collect()
    }

    /// Those of an account.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn bearers_of(&mut self, account: &str, kind: BearerKind) -> Result<Vec<Bearer>, StoreError> {
        self.ask(&BearersOf { account, kind }).await
    }
}

impl Work {
    /// Adds a bearer secret.
    ///
    /// # Errors
    ///
    /// When it is here already.
    pub async fn add_bearer(&mut self, new: &Bearer) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO bearer (digest, kind, id, tenant, account, created, seen, expires, ended, rev, body) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, 1, $9) ON CONFLICT DO NOTHING";
        let row = values![
            new.digest.as_str(),
            new.kind.as_str(),
            new.id.as_str(),
            new.tenant.clone(),
            new.account.clone(),
            stored(new.created),
            stored(new.seen),
            stored(new.expires),
            new.body.as_str(),
        ];
        if self.run(SQL, row).await? == 0 {
            return Err(StoreError::Exists { what: "secret", id: new.id.clone() });
        }
        let record = serde_json::json!({
            "account": new.account, "organisation": new.tenant, "expires": stored(new.expires),
            "body": crate::people::parsed(&new.body), "stands": new.stands(),
        });
        self.tell(&format!("{}.made", new.kind), &new.id, &record)
    }

    /// Keeps a step of signing in (a challenge, an opened link): it is short-lived, so that no log tells of it.
    ///
    /// # Errors
    ///
    /// When it is here already.
    pub async fn add_step(&mut self, new: &Bearer) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO bearer (digest, kind, id, tenant, account, created, seen, expires, ended, rev, body) \
             VALUES ($1, 'step', $2, $3, $4, $5, $5, $6, NULL, 1, $7) ON CONFLICT DO NOTHING";
        let row = values![
            new.digest.as_str(),
            new.id.as_str(),
            new.tenant.clone(),
            new.account.clone(),
            stored(new.created),
            stored(new.expires),
            new.body.as_str(),
        ];
        match self.run(SQL, row).await? {
            0 => Err(StoreError::Exists { what: "step", id: new.id.clone() }),
            _ => Ok(()),
        }
    }

    /// Takes a step out, so that it is taken once; `None` when it is not there or too old.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn take_step(&mut self, digest: &str, now: Timestamp) -> Result<Option<Bearer>, StoreError> {
        const SQL: &str = "DELETE FROM bearer WHERE digest = $1 AND kind = 'step' \
             RETURNING digest, kind, id, tenant, account, created, seen, expires, ended, rev, body";
        let row = self.room.tx.row(SQL, values![digest]).await?;
        let taken = row.as_ref().map(bearer).transpose()?;
        Ok(taken.filter(|step| step.expires > now))
    }

    /// Ends the steps that an account has not answered: whoever began them may be gone.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn end_steps(&mut self, account: &str) -> Result<(), StoreError> {
        self.run("DELETE FROM bearer WHERE kind = 'step' AND account = $1", values![account]).await?;
        Ok(())
    }

    /// Forgets steps that nobody took in time.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn forget_steps(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        self.run("DELETE FROM bearer WHERE kind = 'step' AND expires < $1", values![stored(before)]).await
    }

    /// Notes that it was used; that is no event of its own.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn see_bearer(&mut self, digest: &str, at: Timestamp) -> Result<(), StoreError> {
        self.run("UPDATE bearer SET seen = $2 WHERE digest = $1 AND seen < $2", values![digest, stored(at)]).await?;
        Ok(())
    }

    /// Changes what it allows (a session that was confirmed again).
    ///
    /// # Errors
    ///
    /// When it was changed meanwhile or has ended.
    pub async fn put_bearer(&mut self, new: &Bearer, why: &str) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE bearer SET tenant = $3, expires = $4, body = $5, rev = rev + 1 \
             WHERE digest = $1 AND rev = $2 AND ended IS NULL";
        let row =
            values![new.digest.as_str(), number(new.rev), new.tenant.clone(), stored(new.expires), new.body.as_str(),];
        let before = self.room.bearer(&new.digest).await?.map(|bearer| bearer.stands());
        if self.run(SQL, row).await? == 0 {
            let (id, read) = (new.id.clone(), new.rev);
            return Err(StoreError::Changed { what: "secret", id, read, now: read + 1 });
        }
        let record = serde_json::json!({ "what": why, "before": before, "stands": new.stands() });
        self.tell(&format!("{}.changed", new.kind), &new.id, &record)
    }

    /// Ends one: it opens nothing any more. One that has ended stays so.
    ///
    /// # Errors
    ///
    /// When there is none with that id in force: whoever uses a one-time secret twice is told so here.
    pub async fn end_bearer(&mut self, kind: BearerKind, id: &str, why: &str, at: Timestamp) -> Result<(), StoreError> {
        // Of this organisation, or of none where the instance itself ends it.
        const SQL: &str = "UPDATE bearer SET ended = $3, rev = rev + 1 WHERE kind = $1 AND id = $2 AND ended IS NULL \
             AND COALESCE(tenant, 'house') = $4";
        if self.run(SQL, values![kind.as_str(), id, stored(at), self.room.tenant.clone()]).await? == 0 {
            return Err(StoreError::NotFound { what: kind.as_str(), id: id.to_owned() });
        }
        self.tell(&format!("{kind}.ended"), id, &serde_json::json!({ "why": why }))
    }

    /// Ends all of a kind.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn end_all(&mut self, kind: BearerKind, why: &str, at: Timestamp) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE bearer SET ended = $2, rev = rev + 1 WHERE kind = $1 AND ended IS NULL";
        let ended = self.run(SQL, values![kind.as_str(), stored(at)]).await?;
        if ended > 0 {
            self.tell(&format!("{kind}.all-ended"), "all", &serde_json::json!({ "why": why, "count": ended }))?;
        }
        Ok(())
    }

    /// Ends all sessions of an account but one, and what it was asked and has not answered.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn end_sessions(&mut self, account: &str, but: &str, at: Timestamp) -> Result<u64, StoreError> {
        const SQL: &str = "UPDATE bearer SET ended = $3, rev = rev + 1 WHERE account = $1 AND kind = 'session' \
             AND digest <> $2 AND ended IS NULL";
        let ended = self.run(SQL, values![account, but, stored(at)]).await?;
        self.end_steps(account).await?;
        if ended > 0 {
            let but = self.room.bearer(but).await?.map_or_else(String::new, |kept| kept.id);
            self.tell("session.all-ended", account, &serde_json::json!({ "sessions": ended, "but": but }))?;
        }
        Ok(ended)
    }
}
