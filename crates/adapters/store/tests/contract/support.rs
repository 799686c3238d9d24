use std::sync::{
    LazyLock, Mutex,
    atomic::{AtomicU32, Ordering},
};

use attesta_access::{Action, Circumstance, Permit, ResourceKind, SystemActor, authorise_system};
use attesta_kernel::Timestamp;
use attesta_ledger::SigningKey;
use attesta_store::{Blob, HOUSE, NewLog, Store, Work};
use attesta_testkit::Postgres;

static SERVER: LazyLock<Mutex<Option<Postgres>>> =
    LazyLock::new(|| Mutex::new(Postgres::start().expect("PostgreSQL starts")));
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A database with two organisations and the instance's own.
pub(crate) struct House {
    pub(crate) store: Store,
    pub(crate) address: String,
    _folder: Option<tempfile::TempDir>,
}

pub(crate) const ACME: &str = "ten_00000000000000000000000001";
pub(crate) const RIVAL: &str = "ten_00000000000000000000000002";

pub(crate) async fn sqlite() -> House {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite:{}", folder.path().join("attesta.db").display());
    House::found(address, Some(folder)).await
}

pub(crate) async fn postgres() -> Option<House> {
    let address = {
        let server = SERVER.lock().unwrap();
        let name = format!("t{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        server.as_ref()?.database(&name).unwrap()
    };
    Some(House::found(address, None).await)
}

impl House {
    async fn found(address: String, folder: Option<tempfile::TempDir>) -> Self {
        let house = Self { store: Store::open(&address, 8).await.unwrap(), address, _folder: folder };
        for id in [HOUSE, ACME, RIVAL] {
            let mut work = match id {
                HOUSE => house.store.house_work().await.unwrap(),
                id => house.store.work(&permit(id)).await.unwrap(),
            };
            let key = key(id);
            let log = NewLog { origin: key.name().as_str(), vkey: &key.verifier().to_string(), sealed_key: "sealed" };
            work.found(id, "assessed-entity", "{}", &log, at(0)).await.unwrap();
            commit(id, work).await;
        }
        house
    }

    /// An empty database of the same kind.
    pub(crate) async fn sibling(&self) -> Store {
        if !self.store.is_postgres() {
            let file = self._folder.as_ref().unwrap().path().join("sibling.db");
            return Store::open(&format!("sqlite:{}", file.display()), 2).await.unwrap();
        }
        let address = {
            let name = format!("t{}", NUMBER.fetch_add(1, Ordering::Relaxed));
            SERVER.lock().unwrap().as_ref().unwrap().database(&name).unwrap()
        };
        Store::open(&address, 2).await.unwrap()
    }

    pub(crate) async fn work(&self) -> Work {
        self.store.work(&permit(ACME)).await.unwrap()
    }

    pub(crate) async fn room(&self) -> attesta_store::Room {
        self.store.room(&permit(ACME)).await.unwrap()
    }

    /// An open assessment with one document.
    pub(crate) async fn assessment(&self, id: &str) {
        let mut work = self.work().await;
        work.add_assessment(id, "R2", at(1)).await.unwrap();
        work.put_documents(id, &[put("assessment.yaml", Some("first"), None)], "ada", at(1)).await.unwrap();
        commit(ACME, work).await;
    }

    /// Bytes that are durable.
    pub(crate) async fn bytes(&self, digest: &str) {
        let mut work = self.work().await;
        let (digest, media, verdict) = (digest.to_owned(), "text/plain".to_owned(), "not-scanned".to_owned());
        work.put_blob(&Blob { digest, size: 3, media, verdict, stored: at(1) }).await.unwrap();
        work.commit_quietly().await.unwrap();
    }
}

pub(crate) fn put(path: &str, body: Option<&str>, read: Option<u64>) -> attesta_store::Put {
    attesta_store::Put { path: path.into(), body: body.map(str::to_owned), read }
}

/// Leave for the organisation, as the system has it when one is founded.
pub(crate) fn permit(tenant: &str) -> Permit {
    let circumstance = Circumstance::within(tenant.parse().unwrap());
    authorise_system(SystemActor::Setup, Action::Create, ResourceKind::Organisation, &circumstance).unwrap()
}

pub(crate) async fn commit(tenant: &str, work: Work) -> attesta_store::Committed {
    work.commit("ada", at(2), &key(tenant)).await.unwrap()
}

pub(crate) fn key(tenant: &str) -> SigningKey {
    let seed = attesta_kernel::Digest::of(tenant.as_bytes());
    SigningKey::from_seed(format!("example.org/{tenant}").parse().unwrap(), seed.as_bytes())
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}
