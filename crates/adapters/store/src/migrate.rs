//! Migrations: appended, never edited. One text serves both databases.

use std::collections::BTreeSet;

use sqlx::{
    AssertSqlSafe, SqlSafeStr as _,
    migrate::{Migration, MigrationType, Migrator},
};

use crate::{StoreError, sql::Pools};

/// Every migration, in order. What was released is never edited: its digest is checked at each start.
const ALL: [(i64, &str, &str); 2] = [
    (1, "begin", include_str!("../migrations/0001_begin.sql")),
    (2, "seek", include_str!("../migrations/0002_seek.sql")),
];

/// Brings a database up to date.
pub(crate) async fn migrate(pools: &Pools) -> Result<(), StoreError> {
    match pools {
        Pools::Sqlite { writer, .. } => migrator(false).run(writer).await?,
        Pools::Postgres(pool) => migrator(true).run(pool).await?,
    }
    Ok(())
}

/// The numbers of all migrations.
pub(crate) fn known() -> Vec<i64> {
    ALL.iter().map(|(number, ..)| *number).collect()
}

/// The tables that the migrations make: in a database of PostgreSQL others may stand beside them.
pub(crate) fn tables() -> BTreeSet<&'static str> {
    let made = ALL.iter().flat_map(|(_, _, text)| text.lines()).filter_map(|line| line.strip_prefix("CREATE TABLE "));
    made.filter_map(|rest| rest.split([' ', '(']).next()).collect()
}

fn migrator(postgres: bool) -> Migrator {
    let one = |(version, name, text): (i64, &'static str, &str)| {
        let sql = AssertSqlSafe(spoken(text, postgres)).into_sql_str();
        Migration::new(version, name.into(), MigrationType::Simple, sql, false)
    };
    Migrator::with_migrations(ALL.into_iter().map(one).collect())
}

/// The text as one of the two reads it.
fn spoken(text: &str, postgres: bool) -> String {
    let mut spoken = text.replace(" BYTES", if postgres { " BYTEA" } else { " BLOB" });
    if postgres {
        let walled = text.lines().filter_map(|line| line.strip_prefix("-- walls:"));
        for table in walled.flat_map(str::split_whitespace) {
            spoken.push_str(&format!(
                "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\n\
                 ALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n\
                 CREATE POLICY wall ON {table} USING (tenant = current_setting('attesta.tenant', true)) \
                 WITH CHECK (tenant = current_setting('attesta.tenant', true));\n"
            ));
        }
    }
    spoken
}
