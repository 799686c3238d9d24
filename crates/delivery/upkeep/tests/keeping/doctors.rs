use std::os::unix::fs::PermissionsExt as _;

use attesta_upkeep::{Health, Patient, Place, Symptom, doctor};

use crate::audits::administrator;
use crate::support::{Instance, at, flip, postgres};

async fn seen(place: &Place, public: Option<&str>, clamd: Option<&str>, deep: bool) -> Vec<Symptom> {
    doctor(&Patient { place, clamd, public, deep, at: at(1_000) }).await
}

fn of<'a>(symptoms: &'a [Symptom], about: &str) -> &'a Symptom {
    symptoms.iter().find(|s| s.about == about).unwrap_or_else(|| panic!("no line about {about}: {symptoms:?}"))
}

fn private(instance: &Instance) {
    std::fs::set_permissions(&instance.place.data, std::fs::Permissions::from_mode(0o700)).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_healthy_installation_has_no_fault() {
    for database in [None, postgres()] {
        let instance = Instance::new(database).await;
        private(&instance);
        let symptoms = seen(&instance.place, Some("https://attesta.example.org"), None, true).await;
        let worst: Vec<_> = symptoms.iter().filter(|s| s.health != Health::Ok).map(|s| s.about).collect();
        // This machine may have little room; no scanner runs here.
        assert!(worst.iter().all(|about| ["scanner", "room"].contains(about)), "{symptoms:?}");
        assert!(symptoms.iter().all(|s| (s.health == Health::Ok) == s.mend.is_empty()));
        assert_eq!(symptoms.iter().any(|s| s.about == "role"), instance.store.is_postgres());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_is_told_on_its_line_with_its_mend() {
    let instance = Instance::new(None).await;
    std::fs::set_permissions(&instance.place.data, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(of(&seen(&instance.place, None, None, false).await, "data folder").health, Health::Warn);
    private(&instance);

    let nowhere = Place::folder(&instance.path("nowhere"));
    assert_eq!(of(&seen(&nowhere, None, None, false).await, "data folder").health, Health::Fail);

    let keys = std::fs::read(instance.place.keys()).unwrap();
    std::fs::set_permissions(instance.place.keys(), std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(of(&seen(&instance.place, None, None, false).await, "keys").health, Health::Fail);
    let other = Instance::empty(None).await;
    std::fs::copy(other.place.keys(), instance.place.keys()).unwrap();
    std::fs::set_permissions(instance.place.keys(), std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(of(&seen(&instance.place, None, None, false).await, "log keys").health, Health::Fail);
    std::fs::write(instance.place.keys(), keys).unwrap();

    let clamd = seen(&instance.place, Some("http://attesta.example.org"), Some("tcp:127.0.0.1:1"), false).await;
    assert_eq!(of(&clamd, "scanner").health, Health::Fail);
    assert_eq!(of(&clamd, "public address").health, Health::Fail);
    let local = seen(&instance.place, Some("http://127.0.0.1:8686"), None, false).await;
    assert_eq!(of(&local, "public address").health, Health::Ok);

    let early = Patient { place: &instance.place, clamd: None, public: None, deep: false, at: at(-1_000) };
    assert_eq!(of(&doctor(&early).await, "clock").health, Health::Fail);

    administrator(&instance, "ALTER TABLE job RENAME TO lost");
    assert_eq!(of(&seen(&instance.place, None, None, false).await, "jobs").health, Health::Fail);
    administrator(&instance, "ALTER TABLE lost RENAME TO job");

    flip(&instance.blob(b"the first policy"), 1);
    let shallow = seen(&instance.place, None, None, false).await;
    assert_eq!(of(&shallow, "bytes").health, Health::Ok, "their number is right");
    assert_eq!(of(&seen(&instance.place, None, None, true).await, "audit").health, Health::Fail);
    std::fs::remove_file(instance.blob(b"the first policy")).unwrap();
    assert_eq!(of(&seen(&instance.place, None, None, false).await, "bytes").health, Health::Fail);

    let strange = Place { database: "sqlite:/dev/null".to_owned(), ..instance.place.clone() };
    assert_eq!(of(&seen(&strange, None, None, false).await, "database").health, Health::Fail);
    let strange = Place { blobs: "ftp:x".to_owned(), ..instance.place.clone() };
    assert_eq!(of(&seen(&strange, None, None, false).await, "blob store").health, Health::Fail);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_for_which_the_walls_do_not_hold_is_a_fault() {
    let Some(database) = postgres() else { return };
    let mut instance = Instance::new(Some(database)).await;
    private(&instance);
    instance.place.database = instance.place.database.replace("attesta@", "postgres@");
    let symptoms = seen(&instance.place, None, None, false).await;
    let role = of(&symptoms, "role");
    assert_eq!(role.health, Health::Fail);
    assert!(role.mend.contains("NOBYPASSRLS"));
}
