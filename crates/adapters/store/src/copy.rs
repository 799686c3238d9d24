//! Whole tables, row by row, in a form that both databases read: what backups, restores and archives are made of.
//!
//! Whoever calls this owns the machine and its database; it is no way for a request.

use std::fmt::Write as _;

use futures_util::TryStreamExt as _;
use sqlx::{AssertSqlSafe, Postgres, Row as _, Sqlite, postgres::PgRow, query::Query, sqlite::SqliteRow};

use crate::{
    Room, Store, StoreError, Work, migrate,
    sql::{Tx, Value, Wall, values},
};

/// Tables that others lean on come first; among the rest, the order of their names is enough.
const FIRST: [&str; 3] = ["tenant", "account", "assessment"];
/// Rows of one insert.
const ROWS: usize = 100;
/// No more bytes than these, and one row, are read at once.
const HEAVY: usize = 16 << 20;

/// One value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    None,
    /// Text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Cell {
    /// How many bytes it holds, more or less.
    pub fn weight(&self) -> usize {
        match self {
            Self::None | Self::Int(_) => 8,
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Text.
    Text,
    /// Whole numbers.
    Int,
    /// Bytes.
    Bytes,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub holds: Holds,
    /// Whether a row may have nothing there.
    pub optional: bool,
}

/// A table, as the database describes it after all migrations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns, by name.
    pub columns: Vec<Column>,
}

impl Table {
    /// Where a column stands in a row.
    pub fn place_of(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == name)
    }

    /// Whether each row belongs to one organisation.
    pub fn is_of_organisations(&self) -> bool {
        self.columns.iter().any(|c| c.name == "tenant" && !c.optional)
    }

    fn names(&self) -> String {
        self.columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// Reads of the whole database, all of one moment.
#[derive(Debug)]
pub struct Snapshot {
    tx: Tx,
    tables: Vec<Table>,
    tenants: Vec<String>,
}

/// Rows on their way into a database: all of them, or none.
#[derive(Debug)]
pub struct Loading {
    tx: Tx,
    tables: Vec<Table>,
    /// Whose rows the wall lets through now.
    wall: Option<String>,
}

impl Store {
    /// Begins to read the whole database, as it is at this moment.
    ///
    /// # Errors
    ///
    /// When the database is not to be had.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let mut tx = self.pools().reading(Wall::House, self.counted()).await?;
        let rows = tx.rows("SELECT id FROM tenant ORDER BY id", values![]).await?;
        let tenants = rows.iter().map(|row| row.text(0)).collect::<Result<_, _>>()?;
        let tables = tables(&mut tx).await?;
        Ok(Snapshot { tx, tables, tenants })
    }

    /// Begins to take rows in.
    ///
    /// # Errors
    ///
    /// When the database is not to be had.
    pub async fn load(&self) -> Result<Loading, StoreError> {
        let mut tx = self.pools().writing(Wall::House, self.counted()).await?;
        let tables = tables(&mut tx).await?;
        Ok(Loading { tx, tables, wall: None })
    }

    /// Copies everything, as it is at this moment, into an empty database of either kind; how many rows.
    ///
    /// # Errors
    ///
    /// When the other is not empty, or one of the two says no: then the other stays empty.
    pub async fn copy_into(&self, other: &Self) -> Result<u64, StoreError> {
        let (into, copied) = self.copying_into(other).await?;
        into.commit().await?;
        Ok(copied)
    }

    /// The same up to the moment before it counts: for whoever has something else to make sure of first.
    ///
    /// # Errors
    ///
    /// When the other is not empty, or one of the two says no: then the other stays empty.
    pub async fn copying_into(&self, other: &Self) -> Result<(Loading, u64), StoreError> {
        if !other.is_empty().await? {
            return Err(StoreError::Refused("the database to copy into is not empty".to_owned()));
        }
        let mut from = self.snapshot().await?;
        let mut into = other.load().await?;
        let mut copied = 0;
        for table in from.tables.clone() {
            for tenant in from.whose(&table) {
                copied += from.pass(&table, tenant.as_deref(), &mut into).await?;
            }
        }
        Ok((into, copied))
    }

    /// Whether nobody has begun to use the database.
    ///
    /// # Errors
    ///
    /// When it is not to be had.
    pub async fn is_empty(&self) -> Result<bool, StoreError> {
        let mut tx = self.pools().reading(Wall::House, self.counted()).await?;
        let any = "SELECT id FROM tenant UNION ALL SELECT id FROM account LIMIT 1";
        Ok(tx.row(any, values![]).await?.is_none())
    }
}

impl Snapshot {
    /// Every table, those that others lean on first.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// Every organisation, the instance's own among them.
    pub fn tenants(&self) -> &[String] {
        &self.tenants
    }

    /// Hands over the rows of a table that belong to one organisation; how many there were.
    ///
    /// # Errors
    ///
    /// When the database says no, or the taker does.
    pub async fn rows(
        &mut self,
        table: &Table,
        tenant: &str,
        take: &mut (dyn FnMut(Vec<Cell>) -> Result<(), StoreError> + Send),
    ) -> Result<u64, StoreError> {
        let mut count = 0;
        let mut after = 0_i64;
        loop {
            let rows = self.page(table, Some(tenant), after).await?;
            if rows.is_empty() {
                return Ok(count);
            }
            after += i64::try_from(rows.len()).unwrap_or(i64::MAX);
            for row in rows {
                count += 1;
                take(row)?;
            }
        }
    }

    /// In which portions a table is read: behind a wall, one organisation after the other.
    fn whose(&self, table: &Table) -> Vec<Option<String>> {
        if table.is_of_organisations() { self.tenants.iter().cloned().map(Some).collect() } else { vec![None] }
    }

    /// Hands rows of a table on as they are read, those of one organisation or all; how many there were.
    ///
    /// # Errors
    ///
    /// When one of the two databases says no.
    pub async fn pass(&mut self, table: &Table, tenant: Option<&str>, into: &mut Loading) -> Result<u64, StoreError> {
        let mut copied = 0;
        loop {
            let rows = self.page(table, tenant, copied).await?;
            if rows.is_empty() {
                return Ok(crate::room::count(copied));
            }
            copied += i64::try_from(rows.len()).unwrap_or(i64::MAX);
            into.add(&table.name, &rows).await?;
        }
    }

    /// Rows in the order in which the database has them, from one place on. Within one transaction that order stays.
    async fn page(&mut self, table: &Table, tenant: Option<&str>, after: i64) -> Result<Vec<Vec<Cell>>, StoreError> {
        let order = table.columns.iter().filter(|c| c.holds != Holds::Bytes).map(|c| c.name.as_str());
        let mut sql = format!("SELECT {} FROM {}", table.names(), table.name);
        let mut bound = Vec::new();
        if let Some(tenant) = tenant {
            walled(&mut self.tx, tenant).await?;
            sql.push_str(if table.name == "tenant" { " WHERE id = $1" } else { " WHERE tenant = $1" });
            bound.push(Value::from(tenant));
        }
        // Keys first: the order of all columns is an order of the rows, and the primary keys lead it where it matters.
        let _ = write!(sql, " ORDER BY {} LIMIT {PAGE} OFFSET {after}", keyed(table, order.collect()));
        read(&mut self.tx, &sql, bound, table).await
    }
}

/// Rows of one page, at most.
const PAGE: usize = 1_000;

/// The columns to order by: what primary keys are made of, and then the rest.
fn keyed(table: &Table, mut columns: Vec<&str>) -> String {
    const KEYS: [&str; 10] = ["tenant", "kind", "assessment", "path", "level", "idx", "id", "digest", "rev", "size"];
    let rank = |name: &str| KEYS.iter().position(|key| *key == name).unwrap_or(KEYS.len());
    columns.sort_by_key(|name| (rank(name), name.to_string()));
    // A leaf's number or a tile's place tells it apart already; its text is long.
    if table.columns.iter().any(|c| c.name == "idx") {
        columns.retain(|name| matches!(*name, "tenant" | "level" | "idx"));
    }
    columns.retain(|name| !matches!(*name, "body" | "events" | "record" | "answer" | "checkpoint"));
    columns.join(", ")
}

impl Loading {
    /// Takes rows of a table in, each as long as the table has columns; rows of an organisation in one go.
    ///
    /// # Errors
    ///
    /// When a row does not fit, or is here already.
    pub async fn add(&mut self, name: &str, rows: &[Vec<Cell>]) -> Result<(), StoreError> {
        let table = self.tables.iter().find(|t| t.name == name).cloned();
        let table = table.ok_or_else(|| StoreError::Refused(format!("there is no table `{name}`")))?;
        let at = table.place_of("tenant").filter(|_| table.is_of_organisations());
        for some in rows.chunks(ROWS) {
            let Some(first) = some.first() else { continue };
            if let Some(Cell::Text(tenant)) = at.and_then(|at| first.get(at))
                && self.wall.as_deref() != Some(tenant.as_str())
            {
                walled(&mut self.tx, tenant).await?;
                self.wall = Some(tenant.clone());
            }
            self.insert(&table, some).await?;
        }
        Ok(())
    }

    /// Every table.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    async fn insert(&mut self, table: &Table, rows: &[Vec<Cell>]) -> Result<(), StoreError> {
        let mut sql = format!("INSERT INTO {} ({}) VALUES ", table.name, table.names());
        let mut bound = Vec::new();
        for (number, row) in rows.iter().enumerate() {
            sql.push_str(if number == 0 { "(" } else { ", (" });
            if row.len() != table.columns.len() {
                return Err(StoreError::Refused(format!(
                    "a row of `{}` has {} values and not {}",
                    table.name,
                    row.len(),
                    table.columns.len()
                )));
            }
            for (place, (cell, column)) in row.iter().zip(&table.columns).enumerate() {
                let wrong = || {
                    StoreError::Refused(format!(
                        "a row of `{}` has something else as its `{}`",
                        table.name, column.name
                    ))
                };
                let value = match (cell, column.holds) {
                    (Cell::Text(text), Holds::Text) => Value::from(text.as_str()),
                    (Cell::Int(number), Holds::Int) => Value::from(*number),
                    (Cell::Bytes(bytes), Holds::Bytes) => Value::from(bytes.clone()),
                    (Cell::None, Holds::Text) if column.optional => Value::NoText,
                    (Cell::None, Holds::Bytes) if column.optional => Value::NoBytes,
                    _ => return Err(wrong()),
                };
                bound.push(value);
                let _ = write!(sql, "{}${}", if place == 0 { "" } else { ", " }, bound.len());
            }
            sql.push(')');
        }
        run(&mut self.tx, sql, bound).await
    }

    /// Goes on with a change to an organisation that was taken in: both happen, or neither.
    ///
    /// # Errors
    ///
    /// When the database is not to be had.
    pub async fn into_work(mut self, tenant: &str) -> Result<Work, StoreError> {
        walled(&mut self.tx, tenant).await?;
        Ok(Work::new(Room::new(self.tx, tenant)))
    }

    /// Makes all of it happen.
    ///
    /// # Errors
    ///
    /// When the database says no: nothing happened.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.tx.commit().await
    }
}

/// Lets the rows of one organisation through.
async fn walled(tx: &mut Tx, tenant: &str) -> Result<(), StoreError> {
    if tx.is_postgres() {
        tx.row("SELECT set_config('attesta.tenant', $1, true)", values![tenant]).await?;
    }
    Ok(())
}

/// Every table of ours as the database describes it; views and tables that others keep beside them are none of ours.
async fn tables(tx: &mut Tx) -> Result<Vec<Table>, StoreError> {
    const SQLITE: &str = "SELECT m.name, p.name, lower(p.type), p.\"notnull\" FROM sqlite_master m \
         JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' ORDER BY m.name, p.name";
    const POSTGRES: &str = "SELECT table_name::text, column_name::text, data_type::text, \
         (CASE is_nullable WHEN 'NO' THEN 1 ELSE 0 END)::bigint FROM information_schema.columns \
         WHERE table_schema = current_schema() ORDER BY table_name COLLATE \"C\", column_name COLLATE \"C\"";
    let rows = tx.rows(if tx.is_postgres() { POSTGRES } else { SQLITE }, values![]).await?;
    let ours = migrate::tables();
    let mut tables: Vec<Table> = Vec::new();
    for row in rows {
        let (table, name, holds) = (row.text(0)?, row.text(1)?, row.text(2)?);
        if !ours.contains(table.as_str()) {
            continue;
        }
        let holds = match holds.as_str() {
            "text" => Holds::Text,
            "bigint" => Holds::Int,
            "bytea" | "blob" => Holds::Bytes,
            other => {
                return Err(StoreError::damaged(format!("{table}.{name}"), format!("`{other}` is no type of ours")));
            }
        };
        let column = Column { name, holds, optional: row.int(3)? == 0 };
        match tables.last_mut() {
            Some(last) if last.name == table => last.columns.push(column),
            _ => tables.push(Table { name: table, columns: vec![column] }),
        }
    }
    let rank = |table: &Table| FIRST.iter().position(|name| *name == table.name).unwrap_or(FIRST.len());
    tables.sort_by_key(rank);
    Ok(tables)
}

async fn run(tx: &mut Tx, sql: String, bound: Vec<Value>) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx, _) => sqlite(sql, bound).execute(&mut **tx).await.map(drop)?,
        Tx::Postgres(tx, _) => postgres(sql, bound).execute(&mut **tx).await.map(drop)?,
    }
    Ok(())
}

async fn read(tx: &mut Tx, sql: &str, bound: Vec<Value>, table: &Table) -> Result<Vec<Vec<Cell>>, StoreError> {
    let mut read = Read::default();
    match tx {
        Tx::Sqlite(tx, _) => {
            let mut rows = sqlite(sql.to_owned(), bound).fetch(&mut **tx);
            while read.weight < HEAVY
                && let Some(row) = rows.try_next().await?
            {
                read.push(sqlite_cells(&row, table)?);
            }
        }
        Tx::Postgres(tx, _) => {
            let mut rows = postgres(sql.to_owned(), bound).fetch(&mut **tx);
            while read.weight < HEAVY
                && let Some(row) = rows.try_next().await?
            {
                read.push(postgres_cells(&row, table)?);
            }
        }
    }
    Ok(read.rows)
}

#[derive(Default)]
struct Read {
    rows: Vec<Vec<Cell>>,
    weight: usize,
}

impl Read {
    fn push(&mut self, row: Vec<Cell>) {
        self.weight += row.iter().map(Cell::weight).sum::<usize>();
        self.rows.push(row);
    }
}

macro_rules! spoken {
    ($bind:ident, $cells:ident, $db:ty, $arguments:ty, $row:ty) => {
        fn $bind(sql: String, values: Vec<Value>) -> Query<'static, $db, $arguments> {
            values.into_iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, value| match value {
                Value::Text(text) => query.bind(text),
                Value::Int(number) => query.bind(number),
                Value::Bytes(bytes) => query.bind(bytes),
                Value::NoText => query.bind(None::<String>),
                Value::NoBytes => query.bind(None::<Vec<u8>>),
            })
        }

        fn $cells(row: &$row, table: &Table) -> Result<Vec<Cell>, StoreError> {
            let cell = |(at, column): (usize, &Column)| {
                Ok(match column.holds {
                    Holds::Text => row.try_get::<Option<String>, _>(at)?.map_or(Cell::None, Cell::Text),
                    Holds::Int => row.try_get::<Option<i64>, _>(at)?.map_or(Cell::None, Cell::Int),
                    Holds::Bytes => row.try_get::<Option<Vec<u8>>, _>(at)?.map_or(Cell::None, Cell::Bytes),
                })
            };
            table.columns.iter().enumerate().map(cell).collect()
        }
    };
}
spoken!(sqlite, sqlite_cells, Sqlite, sqlx::sqlite::SqliteArguments, SqliteRow);
spoken!(postgres, postgres_cells, Postgres, sqlx::postgres::PgArguments, PgRow);
