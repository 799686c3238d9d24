use attesta_identity::Keyring;
use attesta_ledger::{Note, SignedCheckpoint, VerifierKey, verify_consistency};
use attesta_store::{HOUSE, KEY_CHANGED, LeafSieve, Log, Record};
use attesta_upkeep::{audit, change_log_key, change_seal_key};

use crate::audits::administrator;
use crate::support::{ADA, Instance, ORG, at, permit, postgres, work};

async fn sound(instance: &Instance, against: &[String]) {
    let keyring = Keyring::open(&instance.place.keys()).unwrap();
    let found = audit(&instance.store, Some(&instance.blobs), Some(&keyring), against).await.unwrap();
    assert!(found.is_sound(), "{:?}", found.findings);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_goes_on_under_a_new_key_that_the_former_one_states() {
    for database in [None, postgres()] {
        let instance = Instance::new(database).await;
        let old = instance.store.room(&permit(ORG)).await.unwrap().log().await.unwrap();
        let changed = change_log_key(&instance.place, ORG, at(40)).await.unwrap();
        assert_eq!((&changed.former_key, changed.leaf), (&old.vkey, old.size));
        assert_ne!(changed.key, old.vkey);
        let mut room = instance.store.room(&permit(ORG)).await.unwrap();
        let log = room.log().await.unwrap();
        assert_eq!((&log.origin, &log.vkey, log.size), (&old.origin, &changed.key, old.size + 1));
        // The old checkpoint verifies with the old key alone; the new log continues it.
        let (former, key): (VerifierKey, VerifierKey) = (old.vkey.parse().unwrap(), log.vkey.parse().unwrap());
        let before = SignedCheckpoint::open(&old.checkpoint, &former).unwrap().checkpoint;
        SignedCheckpoint::open(&old.checkpoint, &key).unwrap_err();
        let after = SignedCheckpoint::open(&log.checkpoint, &key).unwrap().checkpoint;
        SignedCheckpoint::open(&log.checkpoint, &former).unwrap_err();
        let proof = room.consistency(&log, before.size, after.size).await.unwrap();
        verify_consistency(before.size, &before.root, after.size, &after.root, &proof).unwrap();
        // Whoever trusts the old key can trust the new one.
        let leaf = room.trail(&LeafSieve::default(), u64::from(u32::MAX), 1).await.unwrap().remove(0);
        assert_eq!((leaf.kind.as_str(), leaf.subject.as_str()), (KEY_CHANGED, ORG));
        let record: serde_json::Value = serde_json::from_str(&leaf.record).unwrap();
        let note = Note::parse(record["note"].as_str().unwrap()).unwrap();
        assert_eq!(note.stated(&former).unwrap(), format!("{KEY_CHANGED} {}", changed.key));
        assert_eq!(room.former_keys().await.unwrap().iter().map(ToString::to_string).collect::<Vec<_>>(), [old.vkey]);
        drop(room);
        // It goes on, again and again; whoever kept a checkpoint of any key sees that.
        instance.evidence(b"the second policy").await;
        let middle = instance.store.room(&permit(ORG)).await.unwrap().log().await.unwrap().checkpoint;
        change_log_key(&instance.place, ORG, at(41)).await.unwrap();
        change_log_key(&instance.place, HOUSE, at(41)).await.unwrap();
        sound(&instance, &[old.checkpoint, middle]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_still_holds_the_former_key_signs_nothing_more() {
    let instance = Instance::new(None).await;
    let old = instance.store.room(&permit(ORG)).await.unwrap().log().await.unwrap();
    let opened = instance.keyring.unseal(&Log::sealed_for(ORG), &old.sealed_key.parse().unwrap()).unwrap();
    let key = attesta_ledger::SigningKey::from_secret_text(std::str::from_utf8(&opened).unwrap()).unwrap();
    change_log_key(&instance.place, ORG, at(40)).await.unwrap();
    let mut late = instance.work().await;
    late.tell("task.added", "tsk_1", &serde_json::json!({})).unwrap();
    let error = late.commit("system", at(41), &key).await.unwrap_err();
    assert!(error.to_string().contains("another key by now"), "{error}");
    sound(&instance, &[]).await;
    let unknown = change_log_key(&instance.place, "ten_0", at(42)).await.unwrap_err();
    assert!(unknown.to_string().contains("is no organisation's id"), "{unknown}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_nobody_stated_is_found() {
    let instance = Instance::new(None).await;
    // Whoever has the machine replaces the key, and tells the log so without the word of the former one.
    let mut forged = instance.work().await;
    let former = forged.room().log().await.unwrap().vkey;
    forged.tell(KEY_CHANGED, ORG, &serde_json::json!({ "former_key": former, "key": former, "note": "" })).unwrap();
    instance.commit(forged).await;
    let found = audit(&instance.store, None, None, &[]).await.unwrap();
    assert!(found.findings.iter().any(|f| f.what.contains("does not state the new one")), "{:?}", found.findings);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_sealed_is_sealed_anew_and_older_keys_can_be_forgotten() {
    for database in [None, postgres()] {
        let instance = Instance::new(database).await;
        let seal = |context: &str, secret: &[u8]| {
            instance.keyring.seal(context, secret, &mut attesta_identity::SystemChance).unwrap().to_string()
        };
        let hook = Record {
            kind: "webhook".into(),
            id: "whk_1".into(),
            about: String::new(),
            state: "active".into(),
            owner: String::new(),
            due: String::new(),
            rev: 0,
            body: serde_json::json!({ "url": "https://example.org", "secret": seal("webhook:whk_1", b"hook") })
                .to_string(),
            created: at(5),
            updated: at(5),
            editor: ADA.into(),
        };
        let mut adding = instance.work().await;
        adding.add_record(&hook).await.unwrap();
        instance.commit(adding).await;
        let mut house = work(&instance.store, HOUSE).await;
        let mut ada = house.room().account(ADA).await.unwrap().unwrap();
        ada.body = serde_json::json!({ "totp": { "secret": seal(&format!("totp:{ADA}"), b"app") } }).to_string();
        house.put_account(&ada, "app").await.unwrap();
        instance.commit(house).await;
        let setting = ("mail".to_owned(), seal("setting:mail", b"mail"));

        let done = change_seal_key(&instance.place, std::slice::from_ref(&setting), false, at(50)).await.unwrap();
        // Two logs, a webhook, an authenticator.
        assert_eq!((done.secrets, done.keys), (4, 2));
        sound(&instance, &[]).await;
        let keyring = Keyring::open(&instance.place.keys()).unwrap();
        let hook = instance.store.room(&permit(ORG)).await.unwrap().record("webhook", "whk_1").await.unwrap();
        let body: serde_json::Value = serde_json::from_str(&hook.body).unwrap();
        let sealed = body["secret"].as_str().unwrap().parse().unwrap();
        assert_eq!((hook.rev, keyring.is_stale(&sealed)), (1, false));
        assert_eq!(keyring.unseal("webhook:whk_1", &sealed).unwrap().as_slice(), b"hook");

        // What people sealed by hand must be sealed again first.
        let error = change_seal_key(&instance.place, &[setting], true, at(51)).await.unwrap_err();
        assert!(error.to_string().contains("`mail` is sealed by an older key"), "{error}");
        let mail = keyring.seal("setting:mail", b"mail", &mut attesta_identity::SystemChance).unwrap().to_string();
        let done = change_seal_key(&instance.place, &[("mail".to_owned(), mail)], true, at(52)).await.unwrap();
        assert_eq!((done.secrets, done.keys), (0, 1));
        sound(&instance, &[]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_opened_stops_it_and_nothing_is_lost() {
    let instance = Instance::new(None).await;
    administrator(&instance, "UPDATE account SET body = '{\"totp\":\"sealed/1:aaaaaaaa:AAAA\"}'");
    let error = change_seal_key(&instance.place, &[], false, at(50)).await.unwrap_err();
    assert!(error.to_string().contains(ADA), "{error}");
    let error = change_seal_key(&instance.place, &[], true, at(51)).await.unwrap_err();
    assert!(error.to_string().contains(ADA), "{error}");
    assert!(Keyring::open(&instance.place.keys()).unwrap().count() >= 2, "older keys stay");
    administrator(&instance, "UPDATE account SET body = '{\"password\":\"argon2id-secret\"}'");
    change_seal_key(&instance.place, &[], true, at(52)).await.unwrap();
    sound(&instance, &[]).await;
}
