use attesta_kernel::{Digest, Timestamp};

use crate::{
    Page, Room, StoreError, Work,
    ask::{One, Rows, Select},
    room::{count, number, stored, time},
    sql::{Row, values},
};

/// An assessment; what it says is in its documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `open` or `archived`.
    pub state: String,
    /// Counts every change to it or to a document of it.
    pub rev: u64,
    /// Since when.
    pub created: Timestamp,
    /// When anything of it was changed last.
    pub updated: Timestamp,
}

/// A file of an assessment's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its path in the folder.
    pub path: String,
    /// Which revision.
    pub rev: u64,
    /// What it says.
    pub body: String,
    /// When it was changed last.
    pub updated: Timestamp,
    /// By whom.
    pub editor: String,
}

/// An earlier form of a document.
pub type PastDocument = Document;

/// A document to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    /// Its path in the folder.
    pub path: String,
    /// What it will say; `None` takes it away.
    pub body: Option<String>,
    /// The revision that was read; `None` where nothing stood there.
    pub read: Option<u64>,
}

fn assessment(row: &Row) -> Result<Assessment, StoreError> {
    Ok(Assessment {
        id: row.text(0)?,
        name: row.text(1)?,
        state: row.text(2)?,
        rev: count(row.int(3)?),
        created: time("assessment", &row.text(4)?)?,
        updated: time("assessment", &row.text(5)?)?,
    })
}

fn document(row: &Row) -> Result<Document, StoreError> {
    Ok(Document {
        path: row.text(0)?,
        rev: count(row.int(1)?),
        body: row.text(2)?,
        updated: time("document", &row.text(3)?)?,
        editor: row.text(4)?,
    })
}

/// Asks for assessments, by id.
#[derive(Debug, Clone)]
pub struct Assessments {
    /// Which part of the list.
    pub page: Page,
}

impl One for Assessments {
    type Told = Vec<Assessment>;

    fn select(&self, tenant: &str) -> Select {
        const SQL: &str = "SELECT id, name, state, rev, created, updated FROM assessment WHERE tenant = $1 AND id > $2 \
             ORDER BY id LIMIT $3";
        Select { sql: SQL, width: 6, values: values![tenant, self.page.after.as_str(), self.page.most()] }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        rows.all(assessment)
    }
}

/// Asks for one assessment.
#[derive(Debug, Clone)]
pub struct OneAssessment<'a> {
    /// With this id.
    pub id: &'a str,
}

impl One for OneAssessment<'_> {
    type Told = Option<Assessment>;

    fn select(&self, tenant: &str) -> Select {
        const SQL: &str = "SELECT id, name, state, rev, created, updated FROM assessment WHERE tenant = $1 AND id = $2";
        Select { sql: SQL, width: 6, values: values![tenant, self.id] }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        rows.first(assessment)
    }
}

/// Asks for one document of an assessment.
#[derive(Debug, Clone)]
pub struct OneDocument<'a> {
    /// Of this assessment.
    pub assessment: &'a str,
    /// At this path.
    pub path: &'a str,
}

impl One for OneDocument<'_> {
    type Told = Option<Document>;

    fn select(&self, tenant: &str) -> Select {
        const SQL: &str = "SELECT path, rev, body, updated, editor FROM document WHERE tenant = $1 AND assessment = $2 \
             AND path = $3";
        Select { sql: SQL, width: 5, values: values![tenant, self.assessment, self.path] }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        rows.first(document)
    }
}

/// Asks for earlier forms of a document, newest first.
#[derive(Debug, Clone)]
pub struct PastOf<'a> {
    /// Of this assessment.
    pub assessment: &'a str,
    /// At this path.
    pub path: &'a str,
    /// At most so many; cut to 500.
    pub limit: u32,
}

impl One for PastOf<'_> {
    type Told = Vec<PastDocument>;

    fn select(&self, tenant: &str) -> Select {
        const SQL: &str = "SELECT path, rev, body, updated, editor FROM document_past WHERE tenant = $1 \
             AND assessment = $2 AND path = $3 ORDER BY rev DESC LIMIT $4";
        let most = Page::first(self.limit).most();
        Select { sql: SQL, width: 5, values: values![tenant, self.assessment, self.path, most] }
    }

    fn read(&self, rows: &Rows) -> Result<Self::Told, StoreError> {
        rows.all(document)
    }
}

impl Room {
    /// Assessments, by id.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn assessments(&mut self, page: &Page) -> Result<Vec<Assessment>, StoreError> {
        self.ask(&Assessments { page: page.clone() }).await
    }

    /// One assessment.
    ///
    /// # Errors
    ///
    /// When the organisation has none with that id.
    pub async fn assessment(&mut self, id: &str) -> Result<Assessment, StoreError> {
        let found = self.ask(&OneAssessment { id }).await?;
        found.ok_or_else(|| StoreError::NotFound { what: "assessment", id: id.to_owned() })
    }

    /// All documents of an assessment, by path.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn documents(&mut self, assessment: &str) -> Result<Vec<Document>, StoreError> {
        const SQL: &str = "SELECT path, rev, body, updated, editor FROM document WHERE tenant = $1 AND assessment = $2 \
             ORDER BY path";
        self.tx.rows(SQL, values![self.tenant.as_str(), assessment]).await?.iter().map(document).collect()
    }

    /// Path and revision of all documents: what changed since they were read.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn document_revisions(&mut self, assessment: &str) -> Result<Vec<(String, u64)>, StoreError> {
        const SQL: &str = "SELECT path, rev FROM document WHERE tenant = $1 AND assessment = $2 ORDER BY path";
        let rows = self.tx.rows(SQL, values![self.tenant.as_str(), assessment]).await?;
        rows.iter().map(|row| Ok((row.text(0)?, count(row.int(1)?)))).collect()
    }

    /// One document.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn document(&mut self, assessment: &str, path: &str) -> Result<Option<Document>, StoreError> {
        self.ask(&OneDocument { assessment, path }).await
    }

    /// Earlier forms of a document, newest first.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn past(&mut self, assessment: &str, path: &str, limit: u32) -> Result<Vec<PastDocument>, StoreError> {
        self.ask(&PastOf { assessment, path, limit }).await
    }

    /// Earlier forms of all documents, each with its assessment, by path and revision: what an audit reads.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn every_past(
        &mut self,
        after: (&str, &str, u64),
        limit: u32,
    ) -> Result<Vec<(String, PastDocument)>, StoreError> {
        const SQL: &str = "SELECT path, rev, body, updated, editor, assessment FROM document_past WHERE tenant = $1 \
             AND (assessment > $2 OR (assessment = $2 AND (path > $3 OR (path = $3 AND rev > $4)))) \
             ORDER BY assessment, path, rev LIMIT $5";
        let wanted = values![self.tenant.as_str(), after.0, after.1, number(after.2), i64::from(limit)];
        let rows = self.tx.rows(SQL, wanted).await?;
        rows.iter().map(|row| Ok((row.text(5)?, document(row)?))).collect()
    }

    /// Everybody who ever wrote a document whose path begins so, by id.
    ///
    /// # Errors
    ///
    /// When the database says no.
    pub async fn editors(&mut self, assessment: &str, below: &str) -> Result<Vec<String>, StoreError> {
        const SQL: &str = "SELECT editor FROM document WHERE tenant = $1 AND assessment = $2 \
             AND SUBSTR(path, 1, CAST($4 AS INTEGER)) = $3 \
             UNION SELECT editor FROM document_past WHERE tenant = $1 AND assessment = $2 \
             AND SUBSTR(path, 1, CAST($4 AS INTEGER)) = $3 ORDER BY 1";
        let length = i64::try_from(below.chars().count()).unwrap_or(i64::MAX);
        let wanted = values![self.tenant.as_str(), assessment, below, length];
        self.tx.rows(SQL, wanted).await?.iter().map(|row| row.text(0)).collect()
    }
}

impl Work {
    /// Begins an assessment; its revision is 1.
    ///
    /// # Errors
    ///
    /// When the id is taken.
    pub async fn add_assessment(&mut self, id: &str, name: &str, at: Timestamp) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO assessment (tenant, id, name, state, rev, created, updated) \
             VALUES ($1, $2, $3, 'open', 1, $4, $4) ON CONFLICT DO NOTHING";
        if self.run(SQL, values![self.room.tenant.clone(), id, name, stored(at)]).await? == 0 {
            return Err(StoreError::Exists { what: "assessment", id: id.to_owned() });
        }
        self.tell("assessment.added", id, &serde_json::json!({ "name": name }))
    }

    /// Changes an assessment's name and state.
    ///
    /// # Errors
    ///
    /// When anything of it was changed meanwhile.
    pub async fn put_assessment(&mut self, new: &Assessment, at: Timestamp) -> Result<u64, StoreError> {
        const SQL: &str = "UPDATE assessment SET name = $4, state = $5, updated = $6, rev = rev + 1 \
             WHERE tenant = $1 AND id = $2 AND rev = $3";
        let tenant = self.room.tenant.clone();
        let row = values![tenant, new.id.as_str(), number(new.rev), new.name.as_str(), new.state.as_str(), stored(at)];
        if self.run(SQL, row).await? == 0 {
            let now = self.room.assessment(&new.id).await?.rev;
            return Err(StoreError::Changed { what: "assessment", id: new.id.clone(), read: new.rev, now });
        }
        self.tell("assessment.changed", &new.id, &serde_json::json!({ "name": new.name, "state": new.state }))?;
        Ok(new.rev + 1)
    }

    /// Writes documents of an assessment, all at the revisions that were read; gives the assessment's new revision. What
    /// stood there stays as an earlier form.
    ///
    /// # Errors
    ///
    /// When one was changed meanwhile, or the assessment is not there.
    pub async fn put_documents(
        &mut self,
        assessment: &str,
        puts: &[Put],
        editor: &str,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        // The assessment's row is taken first: it orders writers, and its revision tells readers that something changed.
        const TAKE: &str =
            "UPDATE assessment SET rev = rev + 1, updated = $3 WHERE tenant = $1 AND id = $2 AND state = 'open'";
        const KEEP: &str = "INSERT INTO document_past (tenant, assessment, path, rev, body, updated, editor) \
             SELECT tenant, assessment, path, rev, body, updated, editor FROM document \
             WHERE tenant = $1 AND assessment = $2 AND path = $3 AND rev = $4";
        const CHANGE: &str = "UPDATE document SET rev = rev + 1, digest = $5, body = $6, updated = $7, editor = $8 \
             WHERE tenant = $1 AND assessment = $2 AND path = $3 AND rev = $4";
        const REMOVE: &str = "DELETE FROM document WHERE tenant = $1 AND assessment = $2 AND path = $3 AND rev = $4";
        // A path that was used before goes on counting, so that no revision ever means two things.
        const ADD: &str = "INSERT INTO document (tenant, assessment, path, rev, digest, body, updated, editor) \
             SELECT $1, $2, $3, COALESCE(MAX(rev), 0) + 1, $4, $5, $6, $7 FROM document_past \
             WHERE tenant = $1 AND assessment = $2 AND path = $3 ON CONFLICT DO NOTHING";
        let tenant = self.room.tenant.clone();
        let at = stored(at);
        if self.run(TAKE, values![tenant.as_str(), assessment, at.as_str()]).await? == 0 {
            let found = self.room.assessment(assessment).await?;
            return Err(StoreError::NotFound { what: "open assessment", id: found.id });
        }
        for put in puts {
            let digest = put.body.as_ref().map(|body| Digest::of(body.as_bytes()).to_string());
            let touched = match (put.read, &put.body) {
                (Some(read), body) => {
                    let key = || values![tenant.as_str(), assessment, put.path.as_str(), number(read)];
                    self.run(KEEP, key()).await?;
                    match body {
                        Some(body) => {
                            let mut row = key();
                            let rest = values![digest.clone(), body.as_str(), at.as_str(), editor];
                            row.extend(rest);
                            self.run(CHANGE, row).await?
                        }
                        None => self.run(REMOVE, key()).await?,
                    }
                }
                (None, Some(body)) => {
                    let row = values![
                        tenant.as_str(),
                        assessment,
                        put.path.as_str(),
                        digest.clone(),
                        body.as_str(),
                        at.as_str(),
                        editor,
                    ];
                    self.run(ADD, row).await?
                }
                (None, None) => 0,
            };
            if touched == 0 {
                let now = self.room.document(assessment, &put.path).await?.map_or(0, |d| d.rev);
                let read = put.read.unwrap_or(0);
                return Err(StoreError::Changed { what: "document", id: put.path.clone(), read, now });
            }
            let record = serde_json::json!({
                "assessment": assessment, "path": put.path, "sha256": digest, "editor": editor,
            });
            self.tell(if put.body.is_some() { "document.written" } else { "document.removed" }, assessment, &record)?;
        }
        Ok(self.room.assessment(assessment).await?.rev)
    }
}
