//! Accounts, memberships, and the secrets that give power.

use attesta_kernel::{Digest, Timestamp};
use attesta_store::{Account, Bearer, BearerKind, HOUSE, Page, StoreError};

use crate::support::{ACME, House, RIVAL, at, commit, permit};

fn account(id: &str, email: &str) -> Account {
    let text = str::to_owned;
    let (state, body, created) = (text("active"), text("{}"), at(1));
    Account { id: text(id), email: text(email), name: text("Ada"), state, rev: 0, body, created }
}

pub(crate) async fn an_address_has_one_account(house: &House) {
    let mut work = house.store.house_work().await.unwrap();
    assert!(!work.room().has_accounts().await.unwrap());
    work.add_account(&account("p1", "Ada@Example.org")).await.unwrap();
    commit(HOUSE, work).await;
    let mut work = house.store.house_work().await.unwrap();
    assert!(matches!(work.add_account(&account("p2", "ada@example.ORG")).await, Err(StoreError::Exists { .. })));
    drop(work);
    let mut room = house.store.house_room().await.unwrap();
    let mut found = room.account_of("ADA@example.org").await.unwrap().unwrap();
    assert_eq!((found.id.as_str(), found.rev), ("p1", 1));
    drop(room);
    found.name = "Ada L.".into();
    let mut work = house.store.house_work().await.unwrap();
    assert_eq!(work.put_account(&found, "name").await.unwrap(), 2);
    assert!(matches!(work.put_account(&found, "name").await, Err(StoreError::Changed { now: 2, .. })));
}

pub(crate) async fn people_belong_to_several_organisations(house: &House) {
    let mut work = house.store.house_work().await.unwrap();
    work.add_account(&account("p1", "ada@example.org")).await.unwrap();
    commit(HOUSE, work).await;
    for (tenant, role) in [(ACME, "owner"), (RIVAL, "external-assessor")] {
        let mut work = house.store.work(&permit(tenant)).await.unwrap();
        work.add_member("p1", role, "{}", at(1)).await.unwrap();
        assert!(matches!(work.add_member("p1", role, "{}", at(1)).await, Err(StoreError::Exists { .. })));
        drop(work);
        let mut work = house.store.work(&permit(tenant)).await.unwrap();
        work.add_member("p1", role, "{}", at(1)).await.unwrap();
        commit(tenant, work).await;
    }
    let mut room = house.store.house_room().await.unwrap();
    let roles: Vec<String> = room.memberships("p1").await.unwrap().into_iter().map(|m| m.role).collect();
    assert_eq!(roles, ["owner", "external-assessor"]);
    drop(room);
    let mut work = house.work().await;
    assert_eq!(work.put_member("p1", "contributor", "{}", 1).await.unwrap(), 2);
    assert!(matches!(work.remove_member("p1", 1).await, Err(StoreError::Changed { now: 2, .. })));
    work.remove_member("p1", 2).await.unwrap();
    commit(ACME, work).await;
    assert!(house.room().await.member("p1").await.unwrap().is_none());
    assert_eq!(house.store.room(&permit(RIVAL)).await.unwrap().members(&Page::first(9)).await.unwrap().len(), 1);
}

fn bearer(id: &str, kind: BearerKind, tenant: Option<&str>) -> Bearer {
    Bearer {
        digest: Digest::of(id.as_bytes()).to_string(),
        kind,
        id: id.into(),
        tenant: tenant.map(str::to_owned),
        account: Some("p1".into()),
        created: at(1),
        seen: at(1),
        expires: at(1000),
        ended: None,
        rev: 0,
        body: "{}".into(),
    }
}

/// What a door tells: who holds the secret, what they are where they knock, and how far that organisation's log is.
pub(crate) async fn a_door_tells_who_knocks_and_how_far_the_log_is(house: &House) {
    let mut work = house.store.house_work().await.unwrap();
    work.add_account(&account("p1", "ada@example.org")).await.unwrap();
    work.add_bearer(&bearer("s1", BearerKind::Session, None)).await.unwrap();
    commit(HOUSE, work).await;
    let mut work = house.work().await;
    work.add_member("p1", "owner", "{}", at(3)).await.unwrap();
    commit(ACME, work).await;
    let secret = Digest::of(b"s1").to_string();
    let before = house.store.statements();
    let door = house.store.at_the_door(&secret, ACME).await.unwrap().unwrap();
    assert_eq!(house.store.statements() - before, 1);
    assert_eq!(door.member.unwrap().0, "owner");
    let log = house.room().await.log().await.unwrap();
    let (checkpoint, written) = door.checkpoint.unwrap();
    assert_eq!((checkpoint, log.size), (log.checkpoint, 2));
    assert_eq!(written.parse::<Timestamp>().unwrap(), house.room().await.leaves(1, 1).await.unwrap()[0].at);
    // Nobody hears of a log where they are nobody.
    for elsewhere in [RIVAL, "", "ten_nowhere"] {
        let door = house.store.at_the_door(&secret, elsewhere).await.unwrap().unwrap();
        assert!(door.member.is_none() && door.organisation.is_none() && door.checkpoint.is_none(), "{elsewhere}");
    }
    assert!(house.store.at_the_door("none", ACME).await.unwrap().is_none());
}

pub(crate) async fn a_bearer_secret_ends_once(house: &House) {
    let mut work = house.store.house_work().await.unwrap();
    for id in ["s1", "s2", "s3"] {
        work.add_bearer(&bearer(id, BearerKind::Session, None)).await.unwrap();
    }
    work.add_bearer(&bearer("k1", BearerKind::Token, Some(ACME))).await.unwrap();
    assert!(matches!(work.add_bearer(&bearer("s1", BearerKind::Session, None)).await, Err(StoreError::Exists { .. })));
    drop(work);
    let mut work = house.store.house_work().await.unwrap();
    for id in ["s1", "s2", "s3"] {
        work.add_bearer(&bearer(id, BearerKind::Session, None)).await.unwrap();
    }
    work.add_bearer(&bearer("k1", BearerKind::Token, Some(ACME))).await.unwrap();
    let first = Digest::of(b"s1").to_string();
    work.see_bearer(&first, at(50)).await.unwrap();
    work.see_bearer(&first, at(40)).await.unwrap();
    work.end_bearer(BearerKind::Session, "s2", "signed out", at(60)).await.unwrap();
    assert!(matches!(
        work.end_bearer(BearerKind::Session, "s2", "again", at(61)).await,
        Err(StoreError::NotFound { .. })
    ));
    commit(HOUSE, work).await;
    let mut room = house.store.house_room().await.unwrap();
    assert_eq!(room.bearer(&first).await.unwrap().unwrap().seen, at(50));
    assert_eq!(room.bearers_of("p1", BearerKind::Session).await.unwrap().len(), 2);
    drop(room);
    let mut work = house.store.house_work().await.unwrap();
    assert_eq!(work.end_sessions("p1", &first, at(70)).await.unwrap(), 1);
    commit(HOUSE, work).await;
    assert_eq!(house.room().await.bearers(BearerKind::Token, &Page::first(9)).await.unwrap().len(), 1);
    assert!(
        house
            .store
            .room(&permit(RIVAL))
            .await
            .unwrap()
            .bearers(BearerKind::Token, &Page::first(9))
            .await
            .unwrap()
            .is_empty()
    );
}
