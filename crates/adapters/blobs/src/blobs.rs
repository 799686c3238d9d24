use std::{fs, path::Path as FilePath, path::PathBuf, sync::Arc};

use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, PutPayload, local::LocalFileSystem, path::Path};

use crate::{Address, AddressError, BlobError, S3, TenantBlobs, place::random_name};

/// What S3 copies in one piece; above that it would have to be put together from parts.
const S3_COPY: u64 = 5 << 30;

/// How much is taken on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one blob.
    pub size: u64,
    /// Bytes that one upload holds in memory before they become a durable piece.
    pub chunk: usize,
    /// Pieces of one upload.
    pub chunks: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { size: 1 << 30, chunk: 4 << 20, chunks: 10_000 }
    }
}

/// A blob store, open.
#[derive(Debug, Clone)]
pub struct Blobs {
    pub(crate) store: Arc<dyn ObjectStore>,
    /// The folder, where the store is one: leftovers of killed writers are only seen there.
    pub(crate) folder: Option<PathBuf>,
    pub(crate) limits: Limits,
}

impl Blobs {
    /// Opens the store at an address; a folder is made, for its owner alone, when it is not there.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made, or S3 is not told enough.
    pub fn open(address: &Address, s3: &S3, limits: Limits) -> Result<Self, BlobError> {
        match address {
            Address::Folder(path) => Ok(Self::folder(path, limits)?),
            Address::S3 { bucket, prefix } => {
                Ok(Self { store: bucket_of(bucket, prefix, s3)?, folder: None, limits }.limited(S3_COPY))
            }
        }
    }

    /// Any other store: for tests that let one fail.
    pub fn over(store: Arc<dyn ObjectStore>, limits: Limits) -> Self {
        Self { store, folder: None, limits }
    }

    /// The place of one organisation.
    ///
    /// # Errors
    ///
    /// When the id is not plain letters, digits, `_` and `-`.
    pub fn of(&self, tenant: &str) -> Result<TenantBlobs, BlobError> {
        TenantBlobs::new(self.clone(), tenant)
    }

    /// How much is taken on.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Writes, reads and removes a few bytes: whether the store works now, and whether it makes an object only where there is
    /// none (`If-None-Match`), without which two senders could mix their bytes.
    ///
    /// # Errors
    ///
    /// When it does not.
    pub async fn probe(&self) -> Result<(), BlobError> {
        let path = Path::from_iter(["probe".to_owned(), random_name()?]);
        let probed = self.probe_at(&path).await;
        let removed = self.store.delete(&path).await.map_err(BlobError::store("remove"));
        probed.and(removed)
    }

    async fn probe_at(&self, path: &Path) -> Result<(), BlobError> {
        let put = || self.store.put_opts(path, PutPayload::from_static(b"attesta"), PutMode::Create.into());
        put().await.map_err(BlobError::store("write"))?;
        match put().await {
            Err(object_store::Error::AlreadyExists { .. }) => {}
            Err(error) => return Err(BlobError::store("refuse to write over what is there")(error)),
            Ok(_) => {
                let why = "it wrote over it: conditional writes (`If-None-Match: *`) are needed";
                return Err(BlobError::of("refuse to write over what is there", why.into()));
            }
        }
        let got = self.store.get(path).await.map_err(BlobError::store("read"))?;
        let bytes = got.bytes().await.map_err(BlobError::store("read"))?;
        if bytes.as_ref() == b"attesta" { Ok(()) } else { Err(BlobError::Damaged(path.to_string())) }
    }

    fn folder(path: &FilePath, limits: Limits) -> Result<Self, AddressError> {
        let wrong = |why: String| AddressError::Folder { path: path.to_owned(), why };
        if !path.exists() {
            fs::create_dir_all(path).map_err(|e| wrong(e.to_string()))?;
            attesta_disk::own_alone(path).map_err(|e| wrong(e.to_string()))?;
            if let Some(parent) = path.canonicalize().map_err(|e| wrong(e.to_string()))?.parent() {
                fs::File::open(parent).and_then(|parent| parent.sync_all()).map_err(|e| wrong(e.to_string()))?;
            }
        }
        let folder = path.canonicalize().map_err(|e| wrong(e.to_string()))?;
        // Every write: the file synced, renamed, and its folders synced before it counts.
        let store = LocalFileSystem::new_with_prefix(&folder).map_err(|e| wrong(e.to_string()))?.with_fsync(true);
        Ok(Self { store: Arc::new(store), folder: Some(folder), limits })
    }

    fn limited(mut self, size: u64) -> Self {
        self.limits.size = self.limits.size.min(size);
        self
    }
}

#[cfg(not(feature = "s3"))]
fn bucket_of(bucket: &str, _prefix: &str, _s3: &S3) -> Result<Arc<dyn ObjectStore>, AddressError> {
    Err(AddressError::NoS3(bucket.to_owned()))
}

#[cfg(feature = "s3")]
fn bucket_of(bucket: &str, prefix: &str, s3: &S3) -> Result<Arc<dyn ObjectStore>, AddressError> {
    use std::time::Duration;

    use object_store::{
        BackoffConfig, RetryConfig,
        aws::{AmazonS3Builder, AmazonS3ConfigKey},
        prefix::PrefixStore,
    };
    // A person waits: what S3 does not do in a few seconds is told as such, and their program goes on where it stood.
    let backoff = BackoffConfig { max_backoff: Duration::from_secs(2), ..BackoffConfig::default() };
    let retry = RetryConfig { backoff, max_retries: 5, retry_timeout: Duration::from_secs(10) };
    let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(retry);
    if let Some(endpoint) = &s3.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    if let Some(region) = &s3.region {
        builder = builder.with_region(region);
    }
    if let Some(key) = &s3.access_key {
        builder = builder.with_access_key_id(key);
    }
    if let Some(secret) = &s3.secret_key {
        builder = builder.with_secret_access_key(secret);
    }
    let plain = builder.get_config_value(&AmazonS3ConfigKey::Endpoint).is_some_and(|e| e.starts_with("http://"));
    let built = builder.with_allow_http(plain).build();
    let store = built.map_err(|e| AddressError::S3 { bucket: bucket.to_owned(), why: e.to_string() })?;
    if prefix.is_empty() {
        return Ok(Arc::new(store));
    }
    Ok(Arc::new(PrefixStore::new(store, prefix)))
}
