//! A small instance with one organisation, as a server would have made it.

use std::{
    path::{Path, PathBuf},
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use attesta_access::{Action, Circumstance, Permit, ResourceKind, SystemActor, authorise_system};
use attesta_blobs::{Blobs, Limits, S3};
use attesta_evidence::{Change, Dates, Description, Evidence, EvidenceId, Link, Source};
use attesta_identity::{Keyring, SystemChance};
use attesta_kernel::{Digest, Timestamp};
use attesta_ledger::SigningKey;
use attesta_store::{Account, Bearer, BearerKind, Blob, HOUSE, Log, Login, NewLog, Put, Record, Store, Work};
use attesta_testkit::Postgres;
use attesta_upkeep::Place;

static SERVER: LazyLock<Mutex<Option<Postgres>>> =
    LazyLock::new(|| Mutex::new(Postgres::start().expect("PostgreSQL starts")));
static NUMBER: AtomicU32 = AtomicU32::new(0);

pub(crate) const ORG: &str = "ten_00000000000000000000000001";
pub(crate) const ADA: &str = "acc_00000000000000000000000001";
pub(crate) const ASSESSMENT: &str = "asm_00000000000000000000000001";

pub(crate) struct Instance {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) place: Place,
    pub(crate) store: Store,
    pub(crate) blobs: Blobs,
    pub(crate) keyring: Keyring,
    next: AtomicU32,
}

/// An empty database of PostgreSQL; `None` where there is none.
pub(crate) fn postgres() -> Option<String> {
    let server = SERVER.lock().unwrap();
    let name = format!("u{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    Some(server.as_ref()?.database(&name).unwrap())
}

/// Runs statements as PostgreSQL's superuser, in the database of an address.
pub(crate) fn superuser(address: &str, sql: &str) {
    let database = address.rsplit('/').next().unwrap();
    SERVER.lock().unwrap().as_ref().unwrap().sql_in(database, sql).unwrap();
}

pub(crate) fn permit(tenant: &str) -> Permit {
    let circumstance = Circumstance::within(tenant.parse().unwrap());
    authorise_system(SystemActor::Setup, Action::Create, ResourceKind::Organisation, &circumstance).unwrap()
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

pub(crate) async fn work(store: &Store, tenant: &str) -> Work {
    if tenant == HOUSE { store.house_work().await.unwrap() } else { store.work(&permit(tenant)).await.unwrap() }
}

impl Instance {
    /// With an organisation, a person, an assessment and one piece of evidence.
    pub(crate) async fn new(database: Option<String>) -> Self {
        let instance = Self::empty(database).await;
        instance.found(ORG, "Clinic").await;
        let mut work = work(&instance.store, HOUSE).await;
        let body = "{\"password\":\"argon2id-secret\"}".to_owned();
        let account = Account {
            id: ADA.to_owned(),
            email: "ada@example.org".to_owned(),
            name: "Ada".to_owned(),
            state: "active".to_owned(),
            rev: 0,
            body,
            created: at(0),
        };
        work.add_account(&account).await.unwrap();
        let body = "{\"key\":\"k\",\"counter\":1}".to_owned();
        let login = Login { kind: "passkey".into(), id: "credential".into(), account: ADA.into(), rev: 0, body };
        work.add_login(&login, at(1)).await.unwrap();
        work.add_bearer(&secret(BearerKind::Session, "ses_1", None)).await.unwrap();
        instance.commit(work).await;
        let mut work = instance.work().await;
        work.add_member(ADA, "owner", "{}", at(1)).await.unwrap();
        work.add_assessment(ASSESSMENT, "R2", at(1)).await.unwrap();
        let put = Put { path: "assessment.yaml".into(), body: Some("type: r2\n".into()), read: None };
        work.put_documents(ASSESSMENT, &[put], ADA, at(1)).await.unwrap();
        for read in [1, 2] {
            let body = Some(format!("type: r2\nform: {}\n", read + 1));
            let put = Put { path: "assessment.yaml".into(), body, read: Some(read) };
            work.put_documents(ASSESSMENT, &[put], ADA, at(1)).await.unwrap();
        }
        for (kind, id) in
            [(BearerKind::Token, "tok_1"), (BearerKind::Share, "shr_1"), (BearerKind::Invitation, "inv_1")]
        {
            work.add_bearer(&secret(kind, id, Some(ORG))).await.unwrap();
        }
        work.end_bearer(BearerKind::Invitation, "inv_1", "taken back", at(1)).await.unwrap();
        work.seen_from("192.0.2.7");
        work.add_record(&task()).await.unwrap();
        instance.commit(work).await;
        instance.evidence(b"the first policy").await;
        instance
    }

    /// The instance's own organisation alone.
    pub(crate) async fn empty(database: Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let mut place = Place::folder(&data);
        place.database = database.unwrap_or(place.database);
        let keyring = Keyring::open_or_make(&place.keys(), &mut SystemChance).unwrap();
        let store = Store::open(&place.database, 4).await.unwrap();
        let blobs = Blobs::open(&place.blobs.parse().unwrap(), &S3::default(), Limits::default()).unwrap();
        let instance = Self { folder, place, store, blobs, keyring, next: AtomicU32::new(1) };
        instance.found(HOUSE, "this instance").await;
        instance
    }

    async fn found(&self, id: &str, name: &str) {
        let mut work = work(&self.store, id).await;
        let seed: [u8; 32] = random();
        let key = SigningKey::from_seed(format!("example.org/{id}").parse().unwrap(), &seed);
        let sealed =
            self.keyring.seal(&Log::sealed_for(id), key.to_secret_text().as_bytes(), &mut SystemChance).unwrap();
        let log =
            NewLog { origin: key.name().as_str(), vkey: &key.verifier().to_string(), sealed_key: &sealed.to_string() };
        work.found(name, "assessed-entity", "{}", &log, at(0)).await.unwrap();
        work.commit("system", at(0), &key).await.unwrap();
    }

    pub(crate) async fn work(&self) -> Work {
        work(&self.store, ORG).await
    }

    pub(crate) async fn commit(&self, work: Work) {
        commit(&self.keyring, work).await;
    }

    /// Evidence with these bytes, as an upload would bring it.
    pub(crate) async fn evidence(&self, bytes: &[u8]) -> EvidenceId {
        let place = self.blobs.of(ORG).unwrap();
        let stream = futures_util::stream::iter([Ok::<_, std::io::Error>(bytes.to_vec().into())]);
        place.put_stream(stream).await.unwrap();
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let id = EvidenceId::new(u64::from(number), [7; 10]);
        let mut work = self.work().await;
        let blob = Blob {
            digest: Digest::of(bytes).to_string(),
            size: bytes.len() as u64,
            media: "text/plain".into(),
            verdict: "not-scanned".into(),
            stored: at(2),
        };
        work.seen_from("192.0.2.7");
        work.put_blob(&blob).await.unwrap();
        work.change_evidence(id, &added(id, bytes), 0).await.unwrap();
        let target = "hipaa:164.312(b)".parse().unwrap();
        let link = Link { target, levels: Default::default(), elements: Default::default(), place: None };
        work.change_evidence(id, &Change::Linked(link), 1).await.unwrap();
        self.commit(work).await;
        id
    }

    pub(crate) fn blob(&self, bytes: &[u8]) -> PathBuf {
        let digest = Digest::of(bytes).to_string();
        self.place.data.join("blobs").join(ORG).join("sha256").join(&digest[..2]).join(&digest[2..])
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

pub(crate) async fn commit(keyring: &Keyring, mut work: Work) {
    let tenant = work.room().tenant().to_owned();
    let log = work.room().log().await.unwrap();
    let opened = keyring.unseal(&Log::sealed_for(&tenant), &log.sealed_key.parse().unwrap()).unwrap();
    let key = SigningKey::from_secret_text(std::str::from_utf8(&opened).unwrap()).unwrap();
    work.commit("system", at(3), &key).await.unwrap();
}

pub(crate) fn secret(kind: BearerKind, id: &str, tenant: Option<&str>) -> Bearer {
    Bearer {
        digest: Digest::of(id.as_bytes()).to_string(),
        kind,
        id: id.to_owned(),
        tenant: tenant.map(str::to_owned),
        account: Some(ADA.to_owned()),
        created: at(1),
        seen: at(1),
        expires: at(100_000),
        ended: None,
        rev: 0,
        body: "{}".to_owned(),
    }
}

fn task() -> Record {
    Record {
        kind: "task".into(),
        id: "tsk_00000000000000000000000001".into(),
        about: ASSESSMENT.into(),
        state: "open".into(),
        owner: ADA.into(),
        due: "2030-01-01".into(),
        rev: 0,
        body: "{\"title\":\"Look\"}".into(),
        created: at(1),
        updated: at(1),
        editor: ADA.into(),
    }
}

fn added(id: EvidenceId, bytes: &[u8]) -> Change {
    Change::Added(Box::new(Evidence {
        id,
        version: 1,
        supersedes: None,
        digest: Digest::of(bytes),
        size: bytes.len() as u64,
        media_type: "text/plain".parse().unwrap(),
        file_name: "policy.txt".parse().unwrap(),
        description: Description {
            title: None,
            kind: None,
            dates: Dates {
                effective: None,
                collected: None,
                received: "2026-11-01".parse().unwrap(),
                valid_until: None,
            },
            period: None,
            source: Source::default(),
            role: None,
            component: None,
            attestation: None,
            confidential: false,
            retention: None,
        },
    }))
}

fn random() -> [u8; 32] {
    attesta_disk::random().unwrap()
}

/// Flips one bit of a file, whatever its permissions.
pub(crate) fn flip(path: &Path, position: usize) {
    use std::os::unix::fs::PermissionsExt as _;
    let mut bytes = std::fs::read(path).unwrap();
    let position = position % bytes.len();
    bytes[position] ^= 1;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(path, bytes).unwrap();
}
