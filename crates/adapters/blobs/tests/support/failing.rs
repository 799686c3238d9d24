//! A store that fails at one step: before it is taken, after it, or there and ever after.

use std::{
    fmt,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _, stream, stream::BoxStream};
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result, UploadPart, path::Path,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The step is not taken; the next one is.
    Once,
    /// The step is taken, and the answer is lost; the next one is heard.
    Unheard,
    /// The step is not taken, nor any after it: the process was killed before.
    Dead,
    /// The step is taken, and none after it: the process was killed after.
    DeadAfter,
}

#[derive(Debug, Clone)]
pub(crate) struct Failing {
    inner: Arc<dyn ObjectStore>,
    plan: Arc<Plan>,
}

#[derive(Debug)]
struct Plan {
    at: u32,
    failure: Failure,
    taken: AtomicU32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Take,
    Refuse,
    TakeUnheard,
}

fn broken() -> Error {
    Error::Generic { store: "failing", source: "the test made it fail".into() }
}

impl Failing {
    pub(crate) fn new(inner: Arc<dyn ObjectStore>, at: u32, failure: Failure) -> Self {
        Self { inner, plan: Arc::new(Plan { at, failure, taken: AtomicU32::new(0) }) }
    }

    /// How many steps were taken or refused.
    pub(crate) fn steps(&self) -> u32 {
        self.plan.taken.load(Ordering::SeqCst)
    }
}

impl Plan {
    fn step(&self) -> Step {
        let at = self.taken.fetch_add(1, Ordering::SeqCst);
        match self.failure {
            Failure::Once | Failure::Dead if at == self.at => Step::Refuse,
            Failure::Unheard | Failure::DeadAfter if at == self.at => Step::TakeUnheard,
            Failure::Dead | Failure::DeadAfter if at > self.at => Step::Refuse,
            _ => Step::Take,
        }
    }

    async fn around<T>(&self, step: impl Future<Output = Result<T>> + Send) -> Result<T> {
        match self.step() {
            Step::Take => step.await,
            Step::Refuse => Err(broken()),
            Step::TakeUnheard => step.await.and_then(|_| Err(broken())),
        }
    }
}

impl fmt::Display for Failing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failing({})", self.inner)
    }
}

#[async_trait]
impl ObjectStore for Failing {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.plan.around(self.inner.put_opts(location, payload, options)).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let inner = self.plan.around(self.inner.put_multipart_opts(location, options)).await?;
        Ok(Box::new(FailingUpload { inner, plan: self.plan.clone() }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.plan.around(self.inner.get_opts(location, options)).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.plan.around(self.inner.get_ranges(location, ranges)).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let (inner, plan) = (self.inner.clone(), self.plan.clone());
        let deletes = locations.then(move |location| {
            let (inner, plan) = (inner.clone(), plan.clone());
            async move {
                let location = location?;
                let one = stream::iter([Ok(location.clone())]).boxed();
                plan.around(async { inner.delete_stream(one).next().await.unwrap_or(Ok(location)) }).await
            }
        });
        deletes.boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.plan.step() {
            Step::Take => self.inner.list(prefix),
            _ => stream::iter([Err(broken())]).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.plan.around(self.inner.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.plan.around(self.inner.copy_opts(from, to, options)).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.plan.around(self.inner.rename_opts(from, to, options)).await
    }
}

#[derive(Debug)]
struct FailingUpload {
    inner: Box<dyn MultipartUpload>,
    plan: Arc<Plan>,
}

#[async_trait]
impl MultipartUpload for FailingUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let (part, plan) = (self.inner.put_part(data), self.plan.clone());
        async move { plan.around(part).await }.boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        self.plan.around(self.inner.complete()).await
    }

    async fn abort(&mut self) -> Result<()> {
        self.plan.around(self.inner.abort()).await
    }
}
