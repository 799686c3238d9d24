use std::{path::Path, str::FromStr as _, time::Duration};

use attesta_access::Permit;
use sqlx::{
    Connection as _,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{
    HOUSE, Room, StoreError, Work,
    migrate::{known, migrate},
    sql::{Pools, Statements, Wall},
};

/// A statement of SQLite waits so long for another process.
const BUSY: Duration = Duration::from_secs(10);
/// Rows that SQLite's thread reads ahead.
const ROWS: usize = 1_000;
/// A connection is waited for so long.
const ACQUIRE: Duration = Duration::from_secs(10);

/// How far a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrations {
    /// What it has had.
    pub had: Vec<i64>,
    /// What this program knows.
    pub known: Vec<i64>,
}

/// Everything the server knows, in one database.
#[derive(Debug, Clone)]
pub struct Store {
    pools: Pools,
    statements: Statements,
}

impl Store {
    /// Opens a database (`sqlite:PATH`, made when it is not there, or `postgres://…`) and brings it up to date.
    ///
    /// # Errors
    ///
    /// When the address cannot be read, the database is not to be had, or is of a newer program.
    pub async fn open(address: &str, connections: u32) -> Result<Self, StoreError> {
        let pools = match address.split_once(':') {
            Some(("sqlite", path)) => sqlite(Path::new(path), connections).await?,
            Some(("postgres" | "postgresql", _)) => postgres(address, connections).await?,
            _ => return Err(StoreError::Address(address.chars().take(80).collect())),
        };
        migrate(&pools).await?;
        Ok(Self { pools, statements: Statements::default() })
    }

    /// Opens a database that is there, and changes nothing in it: not even to bring it up to date.
    ///
    /// # Errors
    ///
    /// When it is not there, or not to be had.
    pub async fn open_as_it_is(address: &str, connections: u32) -> Result<Self, StoreError> {
        let pools = match address.split_once(':') {
            Some(("sqlite", path)) if Path::new(path).is_file() => sqlite(Path::new(path), connections).await?,
            Some(("sqlite", path)) => return Err(StoreError::NotFound { what: "database", id: path.to_owned() }),
            Some(("postgres" | "postgresql", _)) => postgres(address, connections).await?,
            _ => return Err(StoreError::Address(address.chars().take(80).collect())),
        };
        Ok(Self { pools, statements: Statements::default() })
    }

    /// Which migrations the database has had, and which this program knows.
    ///
    /// # Errors
    ///
    /// When it is not to be had, or no database of Attesta's.
    pub async fn migrations(&self) -> Result<Migrations, StoreError> {
        const SQL: &str = "SELECT version FROM _sqlx_migrations ORDER BY version";
        let mut tx = self.pools.reading(Wall::House, &self.statements).await?;
        let had = tx.rows(SQL, Vec::new()).await?.iter().map(|row| row.int(0)).collect::<Result<_, _>>()?;
        Ok(Migrations { had, known: known() })
    }

    /// The role that PostgreSQL knows us by, and whether row-level security does not hold for it; `None` on SQLite.
    ///
    /// # Errors
    ///
    /// When it is not to be had.
    pub async fn walls_do_not_hold_for(&self) -> Result<Option<(String, bool)>, StoreError> {
        const SQL: &str = "SELECT rolname::text, (CASE WHEN rolsuper OR rolbypassrls THEN 1 ELSE 0 END)::bigint \
             FROM pg_roles WHERE rolname = current_user";
        if !self.is_postgres() {
            return Ok(None);
        }
        let mut tx = self.pools.reading(Wall::House, &self.statements).await?;
        let row = tx.row(SQL, Vec::new()).await?;
        row.map(|row| Ok((row.text(0)?, row.int(1)? == 1))).transpose()
    }

    /// How many statements were sent so far.
    pub fn statements(&self) -> u64 {
        self.statements.count()
    }

    /// Whether it is PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        self.pools.is_postgres()
    }

    /// Reads of the permit's organisation, all of one moment.
    ///
    /// # Errors
    ///
    /// When the database is not to be had.
    pub async fn room(&self, permit: &Permit) -> Result<Room, StoreError> {
        self.room_of(&permit.tenant().to_string()).await
    }

    /// A change to the permit's organisation: nothing happens until it is committed, and then all of it with its leaves.
    ///
    /// # Errors
    ///
    /// When the database is not to be had.
    pub async fn work(&self, permit: &Permit) -> Result<Work, StoreError> {
        self.work_of(&permit.tenant().to_string()).await
    }

    /// Reads of what is the instance's own: accounts, memberships, bearer secrets. No row of an organisation is behind it.
    ///
    /// # Errors
    ///
    /// When the database is not to be had.
    pub async fn house_room(&self) -> Result<Room, StoreError> {
        self.room_of(HOUSE).await
    }

    /// A change to what is the instance's own.
    ///
    /// # Errors
    ///
    /// When the database is not to be had.
    pub async fn house_work(&self) -> Result<Work, StoreError> {
        self.work_of(HOUSE).await
    }

    async fn room_of(&self, tenant: &str) -> Result<Room, StoreError> {
        Ok(Room::new(self.pools.reading(Wall::Tenant(tenant), &self.statements).await?, tenant))
    }

    async fn work_of(&self, tenant: &str) -> Result<Work, StoreError> {
        Ok(Work::new(Room::new(self.pools.writing(Wall::Tenant(tenant), &self.statements).await?, tenant)))
    }

    /// Waits for what is under way and closes.
    pub async fn close(&self) {
        self.pools.close().await;
    }

    /// A copy of a whole SQLite database at one moment, made while it is in use.
    ///
    /// # Errors
    ///
    /// When it is PostgreSQL (its own tools do that), or the file is there already.
    pub async fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        // Readers are held to queries, and SQLite counts this as more than one; it locks out nobody.
        let Pools::Sqlite { writer, .. } = &self.pools else {
            return Err(StoreError::Address("a PostgreSQL database (use pg_dump)".to_owned()));
        };
        let path = path.to_str().ok_or_else(|| StoreError::Address(path.display().to_string()))?;
        sqlx::query("VACUUM INTO $1").bind(path.to_owned()).execute(writer).await?;
        Ok(())
    }

    pub(crate) fn pools(&self) -> &Pools {
        &self.pools
    }

    pub(crate) fn counted(&self) -> &Statements {
        &self.statements
    }
}

async fn sqlite(path: &Path, connections: u32) -> Result<Pools, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A commit that was acknowledged survives a power cut.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // A page of rows goes from the database's thread to ours without either waiting for the other.
        .row_buffer_size(ROWS)
        .busy_timeout(BUSY);
    let writer = pool(1).connect_with(options.clone()).await?;
    let readers = pool(connections.max(1));
    // Not read_only: a reader may have to make the shared-memory file of the write-ahead log.
    let readers = readers.connect_with(options.pragma("query_only", "true")).await?;
    Ok(Pools::Sqlite { writer, readers })
}

/// SQLite ends a transaction by itself when the disk is full or cannot be read; the driver goes on thinking that there is one.
/// Such a connection is not used again.
fn pool(connections: u32) -> SqlitePoolOptions {
    let pool = SqlitePoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE);
    pool.before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
}

async fn postgres(address: &str, connections: u32) -> Result<Pools, StoreError> {
    let options = PgConnectOptions::from_str(address).map_err(|_| StoreError::Address(hidden(address)))?;
    let pool =
        PgPoolOptions::new().max_connections(connections.max(2)).acquire_timeout(ACQUIRE).connect_with(options).await?;
    Ok(Pools::Postgres(pool))
}

/// An address without what may be a password.
fn hidden(address: &str) -> String {
    address.rsplit_once('@').map_or_else(|| address.to_owned(), |(_, host)| format!("postgres://…@{host}"))
}
