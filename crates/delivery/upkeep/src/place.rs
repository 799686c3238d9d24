use std::path::{Path, PathBuf};

use attesta_access::{Action, Circumstance, Permit, ResourceKind, SystemActor, authorise_system};
use attesta_blobs::{Address, Blobs, Limits, S3};
use attesta_identity::{Keyring, Sealed};
use attesta_ledger::SigningKey;
use attesta_store::{HOUSE, Log, Room, Store, Work};

use crate::UpkeepError;

/// Connections that upkeep needs.
const CONNECTIONS: u32 = 3;

/// Where a server keeps its data.
#[derive(Debug, Clone)]
pub struct Place {
    /// The folder for keys, and for what is not said otherwise.
    pub data: PathBuf,
    /// `sqlite:PATH` or `postgres://…`.
    pub database: String,
    /// `file:DIR` or `s3://bucket/prefix`.
    pub blobs: String,
    /// What is said of S3 beside the address.
    pub s3: S3,
}

impl Place {
    /// One folder with everything.
    pub fn folder(data: &Path) -> Self {
        Self {
            data: data.to_owned(),
            database: format!("sqlite:{}", data.join("attesta.db").display()),
            blobs: format!("file:{}", data.join("blobs").display()),
            s3: S3::default(),
        }
    }

    /// The file with the keys that seal secrets.
    pub fn keys(&self) -> PathBuf {
        self.data.join("seal.keys")
    }

    /// Opens what is there; makes nothing, and brings nothing up to date, since a server may be at work beside.
    ///
    /// # Errors
    ///
    /// When something is missing, or the database is not as this program needs it.
    pub async fn open(&self) -> Result<Opened, UpkeepError> {
        if !self.data.is_dir() {
            return Err(UpkeepError::refused(
                format!("there is no folder `{}`", self.data.display()),
                "name the folder of `attesta serve` with --data",
            ));
        }
        let keyring = Keyring::open(&self.keys())?;
        let store = Store::open_as_it_is(&self.database, CONNECTIONS).await?;
        let migrations = store.migrations().await?;
        if migrations.had != migrations.known {
            return Err(UpkeepError::refused(
                format!(
                    "the database has had migrations {:?}, and this program knows {:?}",
                    migrations.had, migrations.known
                ),
                "use the same version as the server; `attesta serve` brings a database up to date",
            ));
        }
        Ok(Opened { store, blobs: open_blobs(&self.blobs, &self.s3)?, keyring })
    }
}

/// Opens a blob store without the limits that uploads have.
pub(crate) fn open_blobs(address: &str, s3: &S3) -> Result<Blobs, UpkeepError> {
    let address: Address = address.parse().map_err(attesta_blobs::BlobError::from)?;
    Ok(Blobs::open(&address, s3, Limits { size: u64::MAX, ..Limits::default() })?)
}

/// A server's data, open.
#[derive(Debug)]
pub struct Opened {
    /// The database.
    pub store: Store,
    /// The evidence bytes.
    pub blobs: Blobs,
    /// The keys.
    pub keyring: Keyring,
}

impl Opened {
    /// Reads of one organisation, the instance's own too.
    pub(crate) async fn room(&self, tenant: &str) -> Result<Room, UpkeepError> {
        room(&self.store, tenant).await
    }

    /// A change to one organisation.
    pub(crate) async fn work(&self, tenant: &str) -> Result<Work, UpkeepError> {
        if tenant == HOUSE {
            return Ok(self.store.house_work().await?);
        }
        Ok(self.store.work(&permit(tenant)?).await?)
    }

    /// The key that signs an organisation's log.
    pub(crate) fn signer(&self, tenant: &str, log: &Log) -> Result<SigningKey, UpkeepError> {
        signer(&self.keyring, tenant, log)
    }
}

pub(crate) async fn room(store: &Store, tenant: &str) -> Result<Room, UpkeepError> {
    if tenant == HOUSE {
        return Ok(store.house_room().await?);
    }
    Ok(store.room(&permit(tenant)?).await?)
}

/// The key that signs an organisation's log, when the keyring opens it and it belongs to the log.
pub(crate) fn signer(keyring: &Keyring, tenant: &str, log: &Log) -> Result<SigningKey, UpkeepError> {
    let wrong = |why: String| UpkeepError::damaged(format!("the signing key of {tenant}"), why);
    let sealed: Sealed = log.sealed_key.parse().map_err(|e: attesta_identity::SealError| wrong(e.to_string()))?;
    let opened = keyring.unseal(&Log::sealed_for(tenant), &sealed).map_err(|e| wrong(e.to_string()))?;
    let text = std::str::from_utf8(&opened).map_err(|_| wrong("it is no text".to_owned()))?;
    let key = SigningKey::from_secret_text(text).map_err(|e| wrong(e.to_string()))?;
    if key.verifier().to_string() != log.vkey {
        return Err(wrong("it is not the key that the log's checkpoints are verified with".to_owned()));
    }
    Ok(key)
}

fn permit(tenant: &str) -> Result<Permit, UpkeepError> {
    let named = tenant.parse().map_err(|_| UpkeepError::damaged("organisations", format!("`{tenant}` is no id")))?;
    authorise_system(SystemActor::Backup, Action::Run, ResourceKind::Backup, &Circumstance::within(named))
        .map_err(|e| UpkeepError::refused(e.to_string(), ""))
}
