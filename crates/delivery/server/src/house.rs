//! What every request shares.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use attesta_access::{
    Action, Circumstance, LockoutPolicy, OrganisationKind, Permit, ResourceKind, SessionLimits, SystemActor, TenantId,
    authorise_system,
};
use attesta_blobs::{Address, ArchiveLimits, Blobs, Clamd, Limits};
use attesta_desk::Library;
use attesta_evidence::Rules;
use attesta_identity::{
    BreachedList, Keyring, PasswordCost, Sealed, StoredPassword, SystemChance, passkey::RelyingParty,
};
use attesta_kernel::Timestamp;
use attesta_ledger::SigningKey;
use attesta_store::{HOUSE, Log, NewLog, Store, StoreError, Work};
use tokio::sync::broadcast;

use crate::{
    Clock, Config, ServeError, desks::Desks, jobs::hooks, mailer::Mailer, metrics::Metrics, problem::Problem,
    providers::Providers, rate::Rates, watching::Watching,
};

/// A scanner is waited for so long at each step.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// Everything that requests share.
#[derive(Debug)]
pub struct House {
    /// How the server is set up.
    pub config: Config,
    /// The time.
    pub clock: Clock,
    pub(crate) store: Store,
    pub(crate) keyring: Keyring,
    pub(crate) blobs: Blobs,
    pub(crate) archives: ArchiveLimits,
    pub(crate) clamd: Option<Clamd>,
    pub(crate) rules: Rules,
    pub(crate) library: Arc<Library>,
    pub(crate) desks: Desks,
    pub(crate) watching: Watching,
    pub(crate) rates: Rates,
    pub(crate) metrics: Metrics,
    pub(crate) limits: SessionLimits,
    pub(crate) lockout: LockoutPolicy,
    pub(crate) cost: PasswordCost,
    /// What a password is compared with where there is no account, so that both answers take as long.
    pub(crate) nobodys: StoredPassword,
    pub(crate) breached: BreachedList,
    pub(crate) providers: Providers,
    pub(crate) mailer: Option<Mailer>,
    /// Whose passkeys they are; none where the address can have none.
    pub(crate) party: Option<RelyingParty>,
    /// The key of each log, with what verifies it.
    signers: Mutex<HashMap<String, (String, Arc<SigningKey>)>>,
    changes: broadcast::Sender<(TenantId, u64)>,
    seen: Mutex<BTreeMap<TenantId, u64>>,
}

/// Locks; a thread that panicked while it held the lock left whole values behind.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl House {
    /// Opens the database, the keys and the content; makes what is not there.
    ///
    /// # Errors
    ///
    /// When one of them cannot be had.
    pub async fn open(config: Config, library: Arc<Library>) -> Result<Arc<Self>, ServeError> {
        std::fs::create_dir_all(&config.data).map_err(|error| ServeError::Data { path: config.data.clone(), error })?;
        let keyring = Keyring::open_or_make(&config.data.join("seal.keys"), &mut SystemChance)?;
        let store = Store::open(&config.database, config.connections).await?;
        let address: Address = config.blobs.parse().map_err(attesta_blobs::BlobError::from)?;
        let rules = attesta_content::evidence_rules(library.source()).map_err(|faults| {
            ServeError::Content(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        })?;
        let limits = Limits { size: rules.most_bytes, ..Limits::default() };
        let blobs = Blobs::open(&address, &config.s3, limits)?;
        let clamd = match &config.clamd {
            Some(text) => Some(Clamd::new(text.parse()?, PATIENCE)),
            None => None,
        };
        let breached = match config.data.join("breached-passwords") {
            folder if folder.is_dir() => BreachedList::in_folder(folder),
            _ => BreachedList::absent(),
        };
        let providers = Providers::of(&config, &keyring)?;
        let mailer = Mailer::of(&config, &keyring)?;
        let house = Self {
            clock: Clock::default(),
            store,
            keyring,
            blobs,
            archives: ArchiveLimits::default(),
            clamd,
            rules,
            library,
            desks: Desks::default(),
            watching: Watching::default(),
            rates: Rates::default(),
            metrics: Metrics::default(),
            limits: SessionLimits::USUAL,
            lockout: LockoutPolicy::USUAL,
            cost: PasswordCost::USUAL,
            nobodys: StoredPassword::nobodys(PasswordCost::USUAL, &mut SystemChance)?,
            breached,
            providers,
            mailer,
            party: crate::api::party(&config.public),
            signers: Mutex::default(),
            changes: broadcast::channel(1024).0,
            seen: Mutex::default(),
            config,
        };
        house.begin().await?;
        Ok(Arc::new(house))
    }

    /// The instance's own organisation, which holds accounts and their log.
    async fn begin(&self) -> Result<(), ServeError> {
        let mut work = self.store.house_work().await?;
        match work.room().organisation().await {
            Ok(_) => return Ok(()),
            Err(StoreError::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        match self.found(&mut work, HOUSE, "this instance", "house").await {
            Ok(key) => work.commit("system", self.clock.now(), &key).await.map(drop).map_err(ServeError::Store),
            // Another server, started at the same moment on the same database, was faster.
            Err(ServeError::Store(StoreError::Exists { .. })) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Founds the organisation of a work, with a new log.
    pub(crate) async fn found(
        &self,
        work: &mut Work,
        id: &str,
        name: &str,
        kind: &str,
    ) -> Result<Arc<SigningKey>, ServeError> {
        let origin = self.config.origin(id);
        let name_of_log = origin.parse().map_err(|e| ServeError::Origin(format!("{e}")))?;
        let key = SigningKey::from_seed(name_of_log, &crate::ids::random());
        let sealed = self.keyring.seal(&Log::sealed_for(id), key.to_secret_text().as_bytes(), &mut SystemChance)?;
        let log = NewLog { origin: &origin, vkey: &key.verifier().to_string(), sealed_key: &sealed.to_string() };
        work.found(name, kind, "{}", &log, self.clock.now()).await?;
        // Not kept in memory yet: until it is committed, another key may become the organisation's.
        Ok(Arc::new(key))
    }

    /// The key that signs the log of a work's organisation.
    pub(crate) async fn signer(&self, work: &mut Work) -> Result<Arc<SigningKey>, Problem> {
        let tenant = work.room().tenant().to_owned();
        // Another process may have given the log another key (`attesta rotate`): the one that is kept must be the log's.
        let log = work.room().log().await?;
        let kept =
            lock(&self.signers).get(&tenant).filter(|(vkey, _)| *vkey == log.vkey).map(|(_, key)| Arc::clone(key));
        if let Some(key) = kept {
            return Ok(key);
        }
        let sealed: Sealed = log.sealed_key.parse().map_err(Problem::internal)?;
        let opened = self.keyring.unseal(&Log::sealed_for(&tenant), &sealed).map_err(Problem::internal)?;
        let text = std::str::from_utf8(&opened).map_err(Problem::internal)?;
        let key = Arc::new(SigningKey::from_secret_text(text).map_err(Problem::internal)?);
        lock(&self.signers).insert(tenant, (log.vkey, Arc::clone(&key)));
        Ok(key)
    }

    /// Commits what the instance itself does to its own organisation.
    pub(crate) async fn commit_house(&self, mut work: Work, actor: &str) -> Result<(), Problem> {
        let key = self.signer(&mut work).await?;
        work.commit(actor, self.clock.now(), &key).await?;
        Ok(())
    }

    /// Commits a change of an organisation: whoever wants to hear of its leaves is told, in the same transaction. Every
    /// change that a log tells of goes through here, except an organisation's first, which nobody can await.
    pub(crate) async fn commit(
        &self,
        mut work: Work,
        tenant: TenantId,
        actor: &str,
        at: Timestamp,
    ) -> Result<(), Problem> {
        hooks::before_commit(&mut work, tenant, at).await?;
        let key = self.signer(&mut work).await?;
        let committed = work.commit(actor, at, &key).await?;
        self.tell(tenant, committed.size);
        Ok(())
    }

    /// Leave for a part of the system.
    pub(crate) fn system(
        &self,
        actor: SystemActor,
        action: Action,
        resource: ResourceKind,
        tenant: TenantId,
    ) -> Result<Permit, Problem> {
        authorise_system(actor, action, resource, &Circumstance::within(tenant)).map_err(Problem::internal)
    }

    /// Tells whoever listens that an organisation's log grew.
    pub(crate) fn tell(&self, tenant: TenantId, size: u64) {
        lock(&self.seen).insert(tenant, size);
        // Nobody may listen.
        let _ = self.changes.send((tenant, size));
    }

    /// Listens for logs that grow.
    pub(crate) fn listen(&self) -> broadcast::Receiver<(TenantId, u64)> {
        self.changes.subscribe()
    }

    /// How many statements the database was sent so far.
    pub fn statements(&self) -> u64 {
        self.store.statements()
    }

    /// How many jobs there are in each state.
    ///
    /// # Errors
    ///
    /// When the database is not to be had.
    pub async fn job_counts(&self) -> Result<Vec<(String, u64)>, ServeError> {
        Ok(self.store.job_counts().await?)
    }

    /// Finishes what is under way and closes the database.
    pub async fn close(&self) {
        self.store.close().await;
    }
}

/// The kind of an organisation, as it is stored.
pub(crate) fn kind(text: &str) -> Result<OrganisationKind, Problem> {
    text.parse().map_err(Problem::internal)
}
