//! The little that SQLite and PostgreSQL need beside the SQL that both read: connections, values, rows, and a count of
//! statements. Every statement of this crate is a constant text with `$1` places, or several of them joined
//! ([`crate::ask`]).

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use sqlx::{
    AssertSqlSafe, PgPool, Postgres, Row as _, SqlSafeStr, SqlStr, Sqlite, SqlitePool, postgres::PgRow, query::Query,
    sqlite::SqliteRow,
};

use crate::StoreError;

/// Where the rows are.
#[derive(Debug, Clone)]
pub(crate) enum Pools {
    /// One writer, so that nobody waits for a lock inside the database; readers beside it (WAL).
    Sqlite { writer: SqlitePool, readers: SqlitePool },
    /// One pool.
    Postgres(PgPool),
}

/// How many statements were sent, those that open and close a transaction or name the tenant left out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Statements(Arc<AtomicU64>);

impl Statements {
    /// The count.
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn one_more(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A value to bind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Int(i64),
    Bytes(Vec<u8>),
    NoText,
    NoBytes,
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::NoText, Self::Text)
    }
}

impl From<Option<Vec<u8>>> for Value {
    fn from(bytes: Option<Vec<u8>>) -> Self {
        bytes.map_or(Self::NoBytes, Self::Bytes)
    }
}

/// The values of a statement, in the order of its places.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::sql::Value::from($value)),*] };
}
pub(crate) use values;

/// A row of either.
#[derive(Debug)]
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
    /// One of a part: the part's number stands before its columns.
    SqlitePart(SqliteRow),
    /// The same, and every column is text.
    PostgresPart(PgRow),
}

impl Row {
    fn get<T>(&self, at: usize) -> Result<T, StoreError>
    where
        T: for<'r> sqlx::Decode<'r, Sqlite> + sqlx::Type<Sqlite>,
        T: for<'r> sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres>,
    {
        let got = match self {
            Self::Sqlite(row) => row.try_get(at),
            Self::SqlitePart(row) => row.try_get(at + 1),
            Self::Postgres(row) => row.try_get(at),
            Self::PostgresPart(row) => row.try_get(at + 1),
        };
        got.map_err(StoreError::from)
    }

    /// The number of its part.
    fn part(&self) -> Result<usize, StoreError> {
        let number: i64 = match self {
            Self::Sqlite(row) | Self::SqlitePart(row) => row.try_get(0)?,
            Self::Postgres(row) | Self::PostgresPart(row) => row.try_get(0)?,
        };
        usize::try_from(number).map_err(|_| StoreError::damaged("statement", format!("it has no part {number}")))
    }

    pub(crate) fn text(&self, at: usize) -> Result<String, StoreError> {
        self.get(at)
    }

    pub(crate) fn int(&self, at: usize) -> Result<i64, StoreError> {
        let Self::PostgresPart(_) = self else { return self.get(at) };
        let text = self.text(at)?;
        text.parse().map_err(|_| StoreError::damaged("statement", format!("`{text}` is no number")))
    }

    pub(crate) fn bytes(&self, at: usize) -> Result<Vec<u8>, StoreError> {
        let Self::PostgresPart(_) = self else { return self.get(at) };
        // As PostgreSQL writes bytes: two hexadecimal digits each.
        let text = self.text(at)?;
        let digits = text.strip_prefix("\\x").map(str::as_bytes).unwrap_or_default();
        let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        let bytes: Option<Vec<u8>> = digits.chunks(2).map(pair).collect();
        bytes.ok_or_else(|| StoreError::damaged("statement", "bytes are not written in hexadecimal"))
    }

    pub(crate) fn maybe_text(&self, at: usize) -> Result<Option<String>, StoreError> {
        self.get(at)
    }

    pub(crate) fn maybe_bytes(&self, at: usize) -> Result<Option<Vec<u8>>, StoreError> {
        let Self::PostgresPart(_) = self else { return self.get(at) };
        self.maybe_text(at)?.map(|_| self.bytes(at)).transpose()
    }
}

/// A transaction, for reading or for writing. Dropped, it never happened.
#[derive(Debug)]
pub(crate) enum Tx {
    Sqlite(sqlx::Transaction<'static, Sqlite>, Statements),
    Postgres(sqlx::Transaction<'static, Postgres>, Statements),
}

/// Whose rows a transaction may see in PostgreSQL.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wall<'a> {
    /// Those of one organisation.
    Tenant(&'a str),
    /// None that stands behind a wall.
    House,
}

impl Pools {
    pub(crate) async fn reading(&self, wall: Wall<'_>, count: &Statements) -> Result<Tx, StoreError> {
        match self {
            Self::Sqlite { readers, .. } => Ok(Tx::Sqlite(readers.begin().await?, count.clone())),
            Self::Postgres(pool) => {
                postgres(pool, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", wall, count).await
            }
        }
    }

    pub(crate) async fn writing(&self, wall: Wall<'_>, count: &Statements) -> Result<Tx, StoreError> {
        match self {
            Self::Sqlite { writer, .. } => Ok(Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?, count.clone())),
            Self::Postgres(pool) => postgres(pool, "BEGIN", wall, count).await,
        }
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

async fn postgres(pool: &PgPool, begin: &'static str, wall: Wall<'_>, count: &Statements) -> Result<Tx, StoreError> {
    let mut tx = pool.begin_with(begin).await?;
    if let Wall::Tenant(tenant) = wall {
        sqlx::query("SELECT set_config('attesta.tenant', $1, true)").bind(tenant).execute(&mut *tx).await?;
    }
    Ok(Tx::Postgres(tx, count.clone()))
}

impl Tx {
    /// Runs a statement; how many rows it touched.
    pub(crate) async fn run(&mut self, sql: &'static str, values: Vec<Value>) -> Result<u64, StoreError> {
        Ok(match self {
            Self::Sqlite(tx, count) => {
                count.one_more();
                sqlite(sql.into_sql_str(), values).execute(&mut **tx).await?.rows_affected()
            }
            Self::Postgres(tx, count) => {
                count.one_more();
                postgresql(sql.into_sql_str(), values).execute(&mut **tx).await?.rows_affected()
            }
        })
    }

    /// All rows of a query.
    pub(crate) async fn rows(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        Ok(match self {
            Self::Sqlite(tx, count) => {
                count.one_more();
                sqlite(sql.into_sql_str(), values).fetch_all(&mut **tx).await?.into_iter().map(Row::Sqlite).collect()
            }
            Self::Postgres(tx, count) => {
                count.one_more();
                postgresql(sql.into_sql_str(), values)
                    .fetch_all(&mut **tx)
                    .await?
                    .into_iter()
                    .map(Row::Postgres)
                    .collect()
            }
        })
    }

    /// The rows of constant texts that were joined, each with the number of its part.
    pub(crate) async fn parts(&mut self, sql: String, values: Vec<Value>) -> Result<Vec<(usize, Row)>, StoreError> {
        let sql = AssertSqlSafe(sql).into_sql_str();
        let rows: Vec<Row> = match self {
            Self::Sqlite(tx, count) => {
                count.one_more();
                sqlite(sql, values).fetch_all(&mut **tx).await?.into_iter().map(Row::SqlitePart).collect()
            }
            Self::Postgres(tx, count) => {
                count.one_more();
                postgresql(sql, values).fetch_all(&mut **tx).await?.into_iter().map(Row::PostgresPart).collect()
            }
        };
        rows.into_iter().map(|row| Ok((row.part()?, row))).collect()
    }

    /// The first row of a query.
    pub(crate) async fn row(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(..))
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx, _) => tx.commit().await?,
            Self::Postgres(tx, _) => tx.commit().await?,
        }
        Ok(())
    }
}

fn sqlite(sql: SqlStr, values: Vec<Value>) -> Query<'static, Sqlite, sqlx::sqlite::SqliteArguments> {
    values.into_iter().fold(sqlx::query(sql), |query, value| match value {
        Value::Text(text) => query.bind(text),
        Value::Int(number) => query.bind(number),
        Value::Bytes(bytes) => query.bind(bytes),
        Value::NoText => query.bind(None::<String>),
        Value::NoBytes => query.bind(None::<Vec<u8>>),
    })
}

fn postgresql(sql: SqlStr, values: Vec<Value>) -> Query<'static, Postgres, sqlx::postgres::PgArguments> {
    values.into_iter().fold(sqlx::query(sql), |query, value| match value {
        Value::Text(text) => query.bind(text),
        Value::Int(number) => query.bind(number),
        Value::Bytes(bytes) => query.bind(bytes),
        Value::NoText => query.bind(None::<String>),
        Value::NoBytes => query.bind(None::<Vec<u8>>),
    })
}
