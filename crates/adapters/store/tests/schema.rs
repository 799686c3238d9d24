//! The schema after all migrations, as each database tells it, is what is committed: a change of it is a visible diff.
//! `ATTESTA_BLESS=1 cargo test -p attesta-store --test schema` writes it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test may stop at a surprise")]

use std::{collections::BTreeMap, env, fs, path::Path};

use attesta_store::Store;
use attesta_testkit::Postgres;
use sqlx::{ConnectOptions as _, Row as _};

fn compare(name: &str, now: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if env::var_os("ATTESTA_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, now).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == now,
        "{} is not the schema any more; if it should change, run `ATTESTA_BLESS=1 cargo test -p attesta-store --test \
         schema`\n{now}",
        path.display()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_of_sqlite_is_the_committed_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("attesta.db");
    let store = Store::open(&format!("sqlite:{}", path.display()), 1).await.unwrap();
    store.close().await;
    let mut connection = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    let all = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type DESC, name";
    let rows = sqlx::query(all).fetch_all(&mut connection).await.unwrap();
    let statements: Vec<String> = rows.iter().map(|row| format!("{};\n", row.get::<String, _>(0))).collect();
    let [check] = sqlx::query("PRAGMA integrity_check").fetch_all(&mut connection).await.unwrap().try_into().unwrap();
    assert_eq!(check.get::<String, _>(0), "ok");
    compare("sqlite.sql", &statements.join("\n"));
}

/// Every table has its wall, but those that are the instance's own.
const OPEN: [&str; 9] =
    ["_sqlx_migrations", "account", "attempt", "bearer", "job", "login", "member", "tenant", "sqlite_sequence"];

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_of_postgres_is_the_committed_one_and_every_tenant_table_has_its_wall() {
    let Some(postgres) = Postgres::start().unwrap() else { return };
    let address = postgres.database("schema").unwrap();
    Store::open(&address, 2).await.unwrap().close().await;
    let dump = postgres.schema("schema").unwrap();
    // Comments, settings and random words of a dump are of its maker's version, not of the schema.
    let kept = |line: &&str| {
        !line.is_empty()
            && !["--", "SET ", "\\"].iter().any(|begin| line.starts_with(begin))
            && !line.starts_with("SELECT pg_catalog.set_config")
    };
    let text: String = dump.lines().filter(kept).map(|line| format!("{line}\n")).collect();
    for table in text.lines().filter_map(|line| line.strip_prefix("CREATE TABLE public.")) {
        let table = table.trim_end_matches(" (");
        let walled = text.contains(&format!("ALTER TABLE ONLY public.{table} FORCE ROW LEVEL SECURITY;"))
            && text.contains(&format!("CREATE POLICY wall ON public.{table} "));
        assert!(walled != OPEN.contains(&table), "{table}: walled {walled}; say in its migration, or here, why not");
    }
    compare("postgres.sql", &text);
}

/// What stands in every row of the first organisation, by what a column holds.
fn something(column: &str, holds: &str) -> String {
    match (column, holds) {
        ("tenant", _) => "'ten_a'".to_owned(),
        (_, "bigint") => "1".to_owned(),
        (_, "bytea") => "'\\x00'".to_owned(),
        _ => "'x'".to_owned(),
    }
}

/// Whatever statement the program forgets to narrow: on every table of organisations, of those that there are, the
/// database itself shows and changes nothing of another one, and nothing to whoever names none.
#[tokio::test(flavor = "multi_thread")]
async fn behind_its_wall_no_table_shows_takes_or_changes_a_row_of_another_organisation() {
    let Some(postgres) = Postgres::start().unwrap() else { return };
    let address = postgres.database("walls").unwrap();
    Store::open(&address, 2).await.unwrap().close().await;
    let options: sqlx::postgres::PgConnectOptions = address.parse().unwrap();
    let mut connection = options.connect().await.unwrap();
    const COLUMNS: &str = "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns \
         WHERE table_schema = 'public' ORDER BY table_name, ordinal_position";
    let mut tables: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for row in sqlx::query(COLUMNS).fetch_all(&mut connection).await.unwrap() {
        tables.entry(row.get(0)).or_default().push((row.get(1), row.get(2)));
    }
    tables.retain(|table, _| !OPEN.contains(&table.as_str()));
    let (mut asked, mut refused) = (0, 0);
    for (table, columns) in &tables {
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        assert!(names.contains(&"tenant"), "{table} is behind a wall, and no row of it says whose it is");
        let values: Vec<String> = columns.iter().map(|(name, holds)| something(name, holds)).collect();
        let insert = format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", "));
        // Past the wall, and past what other tables would have to hold first.
        postgres.sql_in("walls", &format!("SET session_replication_role = replica; {insert}")).unwrap();
        for (whose, sees) in [("ten_b", 0_i64), ("", 0), ("ten_a", 1)] {
            let wall = format!("SELECT set_config('attesta.tenant', '{whose}', false)");
            sqlx::query(sqlx::AssertSqlSafe(wall)).execute(&mut connection).await.unwrap();
            let count = format!("SELECT COUNT(*) FROM {table}");
            let seen = sqlx::query(sqlx::AssertSqlSafe(count)).fetch_one(&mut connection).await.unwrap();
            assert_eq!(seen.get::<i64, _>(0), sees, "{table} as `{whose}`");
            asked += 1;
            if sees > 0 {
                continue;
            }
            let change = format!("UPDATE {table} SET tenant = 'ten_b'");
            let touched = sqlx::query(sqlx::AssertSqlSafe(change)).execute(&mut connection).await.unwrap();
            let remove = format!("DELETE FROM {table}");
            let gone = sqlx::query(sqlx::AssertSqlSafe(remove)).execute(&mut connection).await.unwrap();
            assert_eq!((touched.rows_affected(), gone.rows_affected()), (0, 0), "{table} as `{whose}`");
            let told = sqlx::query(sqlx::AssertSqlSafe(insert.clone())).execute(&mut connection).await.unwrap_err();
            assert!(told.to_string().contains("row-level security"), "{table} as `{whose}`: {told}");
            refused += 3;
        }
    }
    assert!(tables.len() >= 12, "{tables:?}");
    println!("walls: {} tables, {asked} reads, {refused} changes refused", tables.len());
}
