//! The schema after all migrations, as each database tells it, is what is committed: a change of it is a visible diff.
//! `ATTESTA_BLESS=1 cargo test -p attesta-store --test schema` writes it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at a surprise")]

use std::{env, fs, path::Path};

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
