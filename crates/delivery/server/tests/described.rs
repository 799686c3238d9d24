//! The committed description of the API is what the handlers say.
#![allow(clippy::unwrap_used, reason = "a test may stop at a surprise")]

#[test]
fn the_description_is_up_to_date() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/reference/openapi.json");
    let now = format!("{}\n", attesta_server::openapi());
    if std::env::var_os("ATTESTA_BLESS").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == now,
        "docs/reference/openapi.json is stale; run `ATTESTA_BLESS=1 cargo test -p attesta-server --test described`"
    );
}
