use std::collections::BTreeSet;

use attesta_evidence::{Change, EvidenceId, Item, Shelf};
use attesta_vault::{NewLeaf, read_record, write_record};

use crate::{
    Page, Room, StoreError, Work,
    ask::{One, Rows, Select},
    room::{count, number},
    sql::{Row, Value, values},
};

/// A piece of evidence and its revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceRow {
    /// It, folded from its events.
    pub item: Item,
    /// Which revision: the number of its events.
    pub rev: u64,
}

/// Which evidence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EvidenceSieve {
    /// For this, such as `requirement/…`.
    pub target: String,
    /// `current`, `superseded` or `retired`.
    pub state: String,
    /// Of this kind.
    pub kind: String,
    /// With this in its title or file name.
    pub text: String,
}

impl EvidenceSieve {
    /// What a title is compared with; empty for any.
    pub(crate) fn pattern(&self) -> String {
        match self.text.as_str() {
            "" => String::new(),
            text => format!("%{}%", text.to_lowercase().replace('!', "!!").replace('%', "!%").replace('_', "!_")),
        }
    }
}

fn row(row: &Row) -> Result<EvidenceRow, StoreError> {
    let id = row.text(0)?;
    let damaged = |why: String| StoreError::damaged(format!("evidence {id}"), why);
    let id: EvidenceId = id.parse().map_err(|_| damaged("its id cannot be read".to_owned()))?;
    let events = row.text(2)?;
    let mut item: Option<Item> = None;
    for line in events.lines() {
        let (of, change) = read_record(line).map_err(damaged)?;
        if of != id {
            return Err(damaged(format!("an event of it is about {of}")));
        }
        item = Some(match (item, &change) {
            (None, Change::Added(_)) => first(id, &change).map_err(damaged)?,
            (None, _) => return Err(damaged("its first event is no addition".to_owned())),
            (Some(item), change) => item.after(change).map_err(|e| damaged(e.to_string()))?,
        });
    }
    let item = item.ok_or_else(|| damaged("it has no events".to_owned()))?;
    Ok(EvidenceRow { item, rev: count(row.int(1)?) })
}

fn first(id: EvidenceId, change: &Change) -> Result<Item, String> {
    let mut shelf = Shelf::default();
    shelf.apply(id, change).map_err(|e| e.to_string())?;
    shelf.item(id).cloned().map_err(|e| e.to_string())
}

/// What the columns beside the events say, by which evidence is found and its bytes are kept or let go.
fn columns(item: &Item) -> [(&'static str, Value); 6] {
    let evidence = &item.evidence;
    let description = &evidence.description;
    let title = description.title.as_ref().map_or(evidence.file_name.as_str(), |t| t.as_str());
    let kind = description.kind.as_ref().map_or("", |k| k.as_str());
    [
        ("digest", evidence.digest.to_string().into()),
        ("size", number(evidence.size).into()),
        ("title", title.into()),
        ("kind", kind.into()),
        ("state", item.status.as_str().into()),
        ("received", description.dates.received.to_string().into()),
    ]
}

/// Asks for evidence that passes a sieve, by id: oldest first.
#[derive(Debug, Clone)]
pub struct EvidenceList {
    /// Which.
    pub sieve: EvidenceSieve,
    /// Which part of the list.
    pub page: Page,
}

impl One for EvidenceList {
    type Told = Vec<EvidenceRow>;

    fn select(&self, tenant: &str) -> Select {
        // What is sifted stands in an index of its own: rows that do not pass are not read.
        const ALL: &str = "SELECT id, rev, events FROM evidence WHERE tenant = $1 AND id IN (SELECT id FROM evidence \
             WHERE tenant = $1 AND id > $2 AND ($3 = '' OR state = $3) AND ($4 = '' OR kind = $4) \
             AND ($5 = '' OR lower(title) LIKE $5 ESCAPE '!') ORDER BY id LIMIT $6) ORDER BY id";
        const FOR: &str = "SELECT e.id, e.rev, e.events FROM evidence_link l JOIN evidence e ON e.tenant = l.tenant \
             AND e.id = l.evidence WHERE l.tenant = $1 AND l.target = $7 AND e.id > $2 \
             AND ($3 = '' OR e.state = $3) AND ($4 = '' OR e.kind = $4) \
             AND ($5 = '' OR lower(e.title) LIKE $5 ESCAPE '!') ORDER BY e.id LIMIT $6";
        let (sieve, page) = (&self.sieve, &self.page);
        let text = sieve.pattern();
        let mut wanted =
            values![tenant, page.after.as_str(), sieve.state.as_str(), sieve.kind.as_str(), text, page.most(),];
        let sql = if sieve.target.is_empty() {
            ALL
        } else {
            wanted.push(sieve.target.as_str().into());
            FOR
        };
        Select { sql, width: 3, values: wanted }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        rows.all(row)
    }
}

/// Asks for one piece of evidence.
#[derive(Debug, Clone)]
pub struct OneEvidence {
    /// With this id.
    pub id: EvidenceId,
}

impl One for OneEvidence {
    type Told = Option<EvidenceRow>;

    fn select(&self, tenant: &str) -> Select {
        const SQL: &str = "SELECT id, rev, events FROM evidence WHERE tenant = $1 AND id = $2";
        Select { sql: SQL, width: 3, values: values![tenant, self.id.to_string()] }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        rows.first(row)
    }
}

/// Asks which evidence between two ids (both included) was added by somebody.
#[derive(Debug, Clone)]
pub struct EvidenceAddedBy {
    /// By whom.
    pub actor: String,
    /// From this one on.
    pub first: EvidenceId,
    /// To this one.
    pub last: EvidenceId,
}

impl One for EvidenceAddedBy {
    type Told = BTreeSet<String>;

    fn select(&self, tenant: &str) -> Select {
        const SQL: &str = "SELECT subject FROM leaf WHERE tenant = $1 AND actor = $2 AND kind = 'evidence.added' \
             AND subject >= $3 AND subject <= $4";
        let (first, last) = (self.first.to_string(), self.last.to_string());
        Select { sql: SQL, width: 1, values: values![tenant, self.actor.as_str(), first, last] }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        Ok(rows.all(|row| row.text(0))?.into_iter().collect())
    }
}

impl Room {
    /// One piece of evidence.
    ///
    /// # Errors
    ///
    /// When the organisation has none with that id.
    pub async fn evidence(&mut self, id: EvidenceId) -> Result<EvidenceRow, StoreError> {
        let found = self.ask(&OneEvidence { id }).await?;
        found.ok_or_else(|| StoreError::NotFound { what: "evidence", id: id.to_string() })
    }

    /// All that happened to a piece of evidence, as it is stored (one record a line), and which columns beside it say
    /// something else.
    ///
    /// # Errors
    ///
    /// When the organisation has none with that id, or its events cannot be read.
    pub async fn evidence_kept(&mut self, id: EvidenceId) -> Result<(String, Vec<&'static str>), StoreError> {
        const SQL: &str = "SELECT id, rev, events, digest, size, title, kind, state, received FROM evidence \
             WHERE tenant = $1 AND id = $2";
        let found = self.tx.row(SQL, values![self.tenant.as_str(), id.to_string()]).await?;
        let found = found.ok_or_else(|| StoreError::NotFound { what: "evidence", id: id.to_string() })?;
        let (folded, events) = (row(&found)?, found.text(2)?);
        let mut strays = Vec::new();
        for (place, (name, value)) in (3..).zip(columns(&folded.item)) {
            let kept =
                if matches!(value, Value::Int(_)) { found.int(place)?.into() } else { found.text(place)?.into() };
            if value != kept {
                strays.push(name);
            }
        }
        if u64::try_from(events.lines().count()) != Ok(folded.rev) {
            strays.push("rev");
        }
        Ok((events, strays))
    }

    /// Evidence that passes a sieve, by id: oldest first.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn evidence_list(&mut self, sieve: &EvidenceSieve, page: &Page) -> Result<Vec<EvidenceRow>, StoreError> {
        self.ask(&EvidenceList { sieve: sieve.clone(), page: page.clone() }).await
    }

    /// What evidence is for, as it is found: pairs of target and evidence, in their order. An audit reads them.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn evidence_links(
        &mut self,
        after: (&str, &str),
        limit: u32,
    ) -> Result<Vec<(String, String)>, StoreError> {
        const SQL: &str = "SELECT target, evidence FROM evidence_link WHERE tenant = $1 \
             AND (target > $2 OR (target = $2 AND evidence > $3)) ORDER BY target, evidence LIMIT $4";
        let rows = self.tx.rows(SQL, values![self.tenant.as_str(), after.0, after.1, i64::from(limit)]).await?;
        rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
    }

    /// In which assessments evidence between two ids (both included) stands: pairs of evidence and assessment.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn evidence_in_assessments(
        &mut self,
        first: &str,
        last: &str,
    ) -> Result<Vec<(String, String)>, StoreError> {
        const SQL: &str = "SELECT evidence, substr(target, 12) FROM evidence_link WHERE tenant = $1 \
             AND substr(target, 1, 11) = 'assessment:' AND evidence >= $2 AND evidence <= $3";
        let rows = self.tx.rows(SQL, values![self.tenant.as_str(), first, last]).await?;
        rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
    }

    /// Evidence with these bytes.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn evidence_with(&mut self, digest: &str) -> Result<Vec<EvidenceRow>, StoreError> {
        const SQL: &str = "SELECT id, rev, events FROM evidence WHERE tenant = $1 AND digest = $2 ORDER BY id LIMIT 50";
        self.tx.rows(SQL, values![self.tenant.as_str(), digest]).await?.iter().map(row).collect()
    }
}

impl Work {
    /// Lets something happen to a piece of evidence that was read at revision `read` (0 to add it); gives what it is then.
    /// The bytes of added evidence must be stored first.
    ///
    /// # Errors
    ///
    /// When it cannot happen now, it was changed meanwhile, or its bytes are not here.
    pub async fn change_evidence(
        &mut self,
        id: EvidenceId,
        change: &Change,
        read: u64,
    ) -> Result<EvidenceRow, StoreError> {
        let refused = StoreError::Refused;
        let line = write_record(id, change).map_err(refused)?;
        let item = match (change, read) {
            (Change::Added(evidence), 0) => {
                self.room.blob(&evidence.digest.to_string()).await?;
                first(id, change).map_err(refused)?
            }
            _ => {
                let old = self.room.evidence(id).await?;
                if old.rev != read {
                    return Err(StoreError::Changed { what: "evidence", id: id.to_string(), read, now: old.rev });
                }
                if let Change::Superseded { by, .. } = change {
                    self.room.evidence(*by).await?;
                }
                old.item.after(change).map_err(|e| refused(e.to_string()))?
            }
        };
        self.write_evidence(id, &item, &line, read).await?;
        match change {
            Change::Linked(link) => {
                const SQL: &str = "INSERT INTO evidence_link (tenant, target, evidence) VALUES ($1, $2, $3) \
                     ON CONFLICT DO NOTHING";
                self.run(SQL, values![self.room.tenant.clone(), link.target.to_string(), id.to_string()]).await?;
            }
            Change::Unlinked(target) => {
                const SQL: &str = "DELETE FROM evidence_link WHERE tenant = $1 AND target = $2 AND evidence = $3";
                self.run(SQL, values![self.room.tenant.clone(), target.to_string(), id.to_string()]).await?;
            }
            _ => {}
        }
        let leaf = NewLeaf::of_change_from(id, change, Vec::new(), self.came_from())?;
        self.tell_leaf(leaf);
        Ok(EvidenceRow { item, rev: read + 1 })
    }

    async fn write_evidence(&mut self, id: EvidenceId, item: &Item, line: &str, read: u64) -> Result<(), StoreError> {
        const ADD: &str = "INSERT INTO evidence (tenant, id, rev, digest, size, title, kind, state, received, events) \
             VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
        const MORE: &str = "UPDATE evidence SET rev = rev + 1, state = $4, events = events || $5 \
             WHERE tenant = $1 AND id = $2 AND rev = $3";
        let tenant = self.room.tenant.clone();
        let (id, line) = (id.to_string(), format!("{line}\n"));
        let touched = if read == 0 {
            let mut row = values![tenant, id.as_str()];
            row.extend(columns(item).map(|(_, value)| value));
            row.push(line.into());
            self.run(ADD, row).await?
        } else {
            self.run(MORE, values![tenant, id.as_str(), number(read), item.status.as_str(), line]).await?
        };
        if touched == 0 {
            return Err(StoreError::Changed { what: "evidence", id, read, now: read + 1 });
        }
        Ok(())
    }
}
