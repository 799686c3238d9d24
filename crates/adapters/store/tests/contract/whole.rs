//! The database as a whole: brought up to date, copied, looked at.

use attesta_store::{Store, StoreError};

use crate::support::{ACME, House, at, commit, permit};

pub(crate) async fn a_database_is_brought_up_to_date_twice(house: &House) {
    house.assessment("a1").await;
    let again = Store::open(&house.address, 2).await.unwrap();
    assert_eq!(again.room(&permit(ACME)).await.unwrap().assessment("a1").await.unwrap().rev, 2);
    again.close().await;
}

pub(crate) async fn everything_is_copied_into_either_kind(house: &House) {
    house.assessment("asm_1").await;
    house.bytes("aa").await;
    let folder = tempfile::tempdir().unwrap();
    let here = Store::open(&format!("sqlite:{}", folder.path().join("copy.db").display()), 2).await.unwrap();
    let copied = house.store.copy_into(&here).await.unwrap();
    assert!(copied > 10, "{copied}");
    assert!(matches!(house.store.copy_into(&here).await, Err(StoreError::Refused(_))), "it is not empty any more");
    // And back into a database of the first kind, from which the log goes on.
    let again = house.sibling().await;
    assert_eq!(here.copy_into(&again).await.unwrap(), copied);
    let mut room = again.room(&permit(ACME)).await.unwrap();
    let log = room.log().await.unwrap();
    assert_eq!(log, house.room().await.log().await.unwrap());
    drop(room);
    let mut work = again.work(&permit(ACME)).await.unwrap();
    work.add_assessment("asm_2", "I1", at(3)).await.unwrap();
    assert_eq!(commit(ACME, work).await.size, log.size + 1);
    let mut room = again.room(&permit(ACME)).await.unwrap();
    let grown = room.log().await.unwrap();
    assert!(!room.consistency(&grown, log.size, log.size + 1).await.unwrap().is_empty());
}

pub(crate) async fn a_database_tells_how_far_it_is(house: &House) {
    let looked = Store::open_as_it_is(&house.address, 2).await.unwrap();
    let migrations = looked.migrations().await.unwrap();
    assert_eq!(migrations.had, migrations.known);
    let role = looked.walls_do_not_hold_for().await.unwrap();
    assert_eq!(role, looked.is_postgres().then(|| ("attesta".to_owned(), false)));
    let nowhere = Store::open_as_it_is("sqlite:/nowhere/attesta.db", 2).await;
    assert!(matches!(nowhere, Err(StoreError::NotFound { .. })));
}
