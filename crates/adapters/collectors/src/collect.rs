//! Files in, one snapshot out.

use std::{
    collections::BTreeMap,
    fs, io,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use attesta_catalog::Dictionary;
use attesta_kernel::Digest;
use attesta_resource::{
    Attribute, Basis, Document, DocumentIndex, Format, Kind, NotUnderstood, Origin, Reason, Record, Resource, Snapshot,
    Source, SourceIndex, Unknown, Value,
};

use crate::{
    assemble::{Assembled, assemble},
    cloudformation,
    decode::decode,
    inventory::{Inventory, LeftOut},
    live, locate, neutral, pulumi,
    sniff::{Sniffed, sniff},
    terraform,
};

/// What to read and how much of it.
#[derive(Debug, Clone)]
pub struct Request {
    /// Files and folders; `-` is standard input.
    pub paths: Vec<PathBuf>,
    /// Whether to keep each resource's source document, for users' own policies.
    pub keep_raw: bool,
    /// Bounds on what a stranger can make us read.
    pub limits: Limits,
    /// The words of the model, to check neutral resources by; without it their attributes go unchecked.
    pub dictionary: Option<Arc<Dictionary>>,
}

/// Bounds on the inputs.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Largest file, in bytes.
    pub file_bytes: u64,
    /// Most files found below folders.
    pub files: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { file_bytes: 2 << 30, files: 200_000 }
    }
}

/// Told while work goes on.
pub trait Progress: Sync {
    /// File `done` of `total` is being read.
    fn file(&self, done: usize, total: usize, path: &str);
}

/// Nobody watches.
#[derive(Debug)]
pub struct Silent;

impl Progress for Silent {
    fn file(&self, _done: usize, _total: usize, _path: &str) {}
}

/// A snapshot, and what a report needs besides.
#[derive(Debug, Default)]
pub struct Collection {
    /// What was seen.
    pub snapshot: Snapshot,
    /// The text of each document, in the snapshot's order; see [`lines`].
    pub texts: Vec<Text>,
    /// Source documents by source index, when they were asked for.
    pub raw: BTreeMap<SourceIndex, serde_json::Value>,
    /// Inputs named by the user that gave nothing: each with the reason.
    pub refused: Vec<NotUnderstood>,
    /// The bytes of each document, in the snapshot's order, when they were asked for; see [`collect_keeping`].
    pub bytes: Option<Vec<Vec<u8>>>,
    /// The kinds of which every live snapshot so far holds all: one account that could not be asked makes a kind partial,
    /// however whole the others are.
    live: Option<Vec<Kind>>,
}

/// Reads every file that the request names or that lies below a folder it names.
///
/// A file that cannot be read never stops the others: it is told in the snapshot's `not_understood`, and in `refused`
/// when the user named it.
pub fn collect(request: &Request, progress: &dyn Progress) -> Collection {
    gather(request, progress, None)
}

/// Reads as [`collect`] does, and keeps the bytes of every document as they were on disk.
pub fn collect_keeping(request: &Request, progress: &dyn Progress) -> Collection {
    gather(request, progress, Some(Vec::new()))
}

/// Reads documents that were kept, each with the path under which it was read: gives the snapshot that it gave then, as
/// far as this version reads it the same way.
pub fn recollect(documents: Vec<(String, Vec<u8>)>, dictionary: Option<Arc<Dictionary>>, keep_raw: bool) -> Collection {
    let request = Request { paths: Vec::new(), keep_raw, limits: Limits::default(), dictionary };
    let mut collection = Collection::default();
    let mut left_out = Tally::default();
    for (path, bytes) in documents {
        take(&mut collection, &mut left_out, true, &path, bytes, &request);
    }
    finish(collection, left_out)
}

/// Reads documents that somebody sent, each with the name that they gave it, and keeps their bytes.
pub fn collect_sent(documents: Vec<(String, Vec<u8>)>, dictionary: Option<Arc<Dictionary>>) -> Collection {
    let request = Request { paths: Vec::new(), keep_raw: false, limits: Limits::default(), dictionary };
    let mut collection = Collection { bytes: Some(Vec::new()), ..Collection::default() };
    let mut left_out = Tally::default();
    for (path, bytes) in documents {
        take(&mut collection, &mut left_out, true, &path, bytes, &request);
    }
    finish(collection, left_out)
}

impl Collection {
    /// Names documents anew, and what was not read: by the path under which it was read.
    pub fn rename(&mut self, name: impl Fn(&str) -> Option<String>) {
        let put = |path: &mut String| {
            if let Some(new) = name(path) {
                *path = new;
            }
        };
        self.snapshot.documents.iter_mut().for_each(|d| put(&mut d.path));
        self.snapshot.not_understood.iter_mut().for_each(|n| put(&mut n.path));
        self.refused.iter_mut().for_each(|n| put(&mut n.path));
    }
}

fn gather(request: &Request, progress: &dyn Progress, bytes: Option<Vec<Vec<u8>>>) -> Collection {
    let mut collection = Collection { bytes, ..Collection::default() };
    let mut left_out = Tally::default();
    let found = find(request, &mut left_out, &mut collection.refused);
    for (done, input) in found.iter().enumerate() {
        let path = input.path.display().to_string();
        progress.file(done, found.len(), &path);
        match read_file(&input.path, request.limits) {
            Ok(bytes) => take(&mut collection, &mut left_out, input.named, &path, bytes, request),
            Err(why) => refuse(&mut collection.refused, &mut left_out, input.named, &path, Reason::Unreadable, &why),
        }
    }
    finish(collection, left_out)
}

/// What is worked out from all documents together.
fn finish(mut collection: Collection, left_out: Tally) -> Collection {
    mark_log_stores(&mut collection.snapshot);
    collection.snapshot.complete_kinds.extend(collection.live.take().unwrap_or_default());
    collection.snapshot.complete_kinds.sort_unstable();
    collection.snapshot.complete_kinds.dedup();
    add_account(&mut collection.snapshot);
    collection.snapshot.not_understood = left_out
        .0
        .into_iter()
        .map(|((path, reason, what), count)| NotUnderstood { path, reason, what, count })
        .collect();
    collection
}

/// The text of a document, as far as it is needed to find lines.
#[derive(Debug, Clone)]
pub enum Text {
    /// The document is one line, as `terraform show -json` prints it; its text may go.
    OneLine,
    /// Every line is a document of its own; the first segment of a pointer is the line, from 0.
    JsonLines,
    /// Its text.
    Lines(Arc<String>),
}

impl Text {
    fn of(text: String) -> Self {
        if text.trim_end().contains('\n') { Self::Lines(Arc::new(text)) } else { Self::OneLine }
    }
}

/// The 1-based line of each JSON pointer in a document's text, or of its nearest ancestor.
pub fn lines(text: &Text, pointers: &[&str]) -> Vec<Option<u32>> {
    match text {
        Text::OneLine => vec![Some(1); pointers.len()],
        Text::JsonLines => pointers.iter().map(|pointer| line_of(pointer)).collect(),
        Text::Lines(text) => locate::lines(text, pointers),
    }
}

fn line_of(pointer: &str) -> Option<u32> {
    pointer.trim_start_matches('/').split('/').next()?.parse::<u32>().ok()?.checked_add(1)
}

#[derive(Default)]
struct Tally(BTreeMap<(String, Reason, String), u32>);

impl Tally {
    fn add(&mut self, path: &str, reason: Reason, what: &str) {
        let count = self.0.entry((path.to_owned(), reason, what.to_owned())).or_default();
        *count = count.saturating_add(1);
    }
}

fn refuse(refused: &mut Vec<NotUnderstood>, left_out: &mut Tally, named: bool, path: &str, reason: Reason, what: &str) {
    left_out.add(path, reason, what);
    if named {
        refused.push(NotUnderstood { path: path.to_owned(), reason, what: what.to_owned(), count: 1 });
    }
}

struct Input {
    path: PathBuf,
    named: bool,
}

/// Folders that never hold what people mean to check.
const PASSED_OVER: [&str; 5] = [".git", "node_modules", ".terraform", "target", ".venv"];

fn find(request: &Request, left_out: &mut Tally, refused: &mut Vec<NotUnderstood>) -> Vec<Input> {
    let mut found = Vec::new();
    for path in &request.paths {
        if !path.is_dir() {
            found.push(Input { path: path.clone(), named: true });
            continue;
        }
        let before = found.len();
        let walk = walkdir::WalkDir::new(path).sort_by_file_name().into_iter();
        let walk = walk.filter_entry(|e| {
            e.depth() == 0 || !e.file_type().is_dir() || !PASSED_OVER.iter().any(|p| e.file_name() == *p)
        });
        for entry in walk {
            match entry {
                Ok(entry) if entry.file_type().is_file() => found.push(Input { path: entry.into_path(), named: false }),
                Ok(_) => {}
                Err(error) => {
                    let at = error.path().unwrap_or(path).display().to_string();
                    left_out.add(&at, Reason::Unreadable, &error.to_string());
                }
            }
            if found.len() > request.limits.files {
                let what = format!("more than {} files; name a smaller folder", request.limits.files);
                refuse(refused, left_out, true, &path.display().to_string(), Reason::Unreadable, &what);
                found.truncate(before);
                break;
            }
        }
    }
    found
}

fn read_file(path: &Path, limits: Limits) -> Result<Vec<u8>, String> {
    if path == Path::new("-") {
        return read_bounded(io::stdin().lock(), limits.file_bytes, 0);
    }
    let file = fs::File::open(path).map_err(|e| plain(&e))?;
    let metadata = file.metadata().map_err(|e| plain(&e))?;
    if !metadata.is_file() && !metadata.is_dir() {
        // A named pipe, as `<(terraform show -json p)` makes: its size is told only at its end.
        return read_bounded(file, limits.file_bytes, 0);
    }
    if metadata.len() > limits.file_bytes {
        return Err(format!("is larger than {} bytes", limits.file_bytes));
    }
    read_bounded(file, limits.file_bytes, metadata.len())
}

fn read_bounded(source: impl Read, limit: u64, size: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0).saturating_add(1));
    source.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| plain(&e))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        Err(format!("is larger than {limit} bytes"))
    } else {
        Ok(bytes)
    }
}

fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "may not be read by this user".to_owned(),
        _ => error.to_string(),
    }
}

fn take(collection: &mut Collection, left_out: &mut Tally, named: bool, path: &str, bytes: Vec<u8>, request: &Request) {
    let (digest, size) = (Digest::of(&bytes), u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    let kept = collection.bytes.is_some().then(|| bytes.clone());
    let text = match decode(&bytes) {
        Ok(std::borrow::Cow::Owned(text)) => text,
        Ok(std::borrow::Cow::Borrowed(text)) if text.len() < bytes.len() => text.to_owned(),
        Ok(std::borrow::Cow::Borrowed(_)) => match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                return refuse(&mut collection.refused, left_out, named, path, Reason::Unreadable, &error.to_string());
            }
        },
        // Below a folder, pictures and archives are no news; a file that was named is.
        Err(why) if named => return refuse(&mut collection.refused, left_out, named, path, Reason::Unreadable, &why),
        Err(_) => return left_out.add(path, Reason::NotInfrastructure, "binary file"),
    };
    if !named && is_ours(&text) {
        return;
    }
    let snapshot = &mut collection.snapshot;
    let document = DocumentIndex(u32::try_from(snapshot.documents.len()).unwrap_or(u32::MAX));
    let first_source = u32::try_from(snapshot.sources.len()).unwrap_or(u32::MAX);
    let apart = match take_apart(&text, document, first_source, request) {
        Ok(apart) => apart,
        Err((reason, why)) => return refuse(&mut collection.refused, left_out, named, path, reason, &why),
    };
    for out in &apart.left_out {
        left_out.add(path, out.reason, &out.what);
    }
    snapshot.documents.push(Document {
        path: path.to_owned(),
        format: apart.format,
        digest,
        bytes: size,
        source_resources: apart.entries,
    });
    snapshot.sources.extend(apart.assembled.sources);
    snapshot.resources.extend(apart.assembled.resources);
    if apart.format == Format::LiveAws {
        match &mut collection.live {
            Some(live) => live.retain(|kind| apart.complete.contains(kind)),
            first @ None => *first = Some(apart.complete),
        }
    } else {
        snapshot.complete_kinds.extend(apart.complete);
    }
    collection.raw.extend(apart.assembled.raw);
    if let (Some(all), Some(bytes)) = (&mut collection.bytes, kept) {
        all.push(bytes);
    }
    collection.texts.push(if apart.format == Format::Neutral { Text::JsonLines } else { Text::of(text) });
}

/// Waivers and other files of our own lie beside the code that they are about.
fn is_ours(text: &str) -> bool {
    text.lines().take(50).any(|line| line.starts_with("schema: attesta."))
}

struct Apart {
    format: Format,
    entries: u32,
    assembled: Assembled,
    left_out: Vec<LeftOut>,
    /// Kinds of which the document says that it holds all.
    complete: Vec<Kind>,
}

fn take_apart(
    text: &str,
    document: DocumentIndex,
    first_source: u32,
    request: &Request,
) -> Result<Apart, (Reason, String)> {
    let unreadable = |why: String| (Reason::Unreadable, why);
    let (format, inventory) = match sniff(text) {
        Sniffed::Terraform => terraform::read(text).map_err(unreadable)?,
        Sniffed::CloudFormation => cloudformation::read(text).map_err(unreadable)?,
        Sniffed::Pulumi => pulumi::read(text).map_err(unreadable)?,
        Sniffed::LiveAws => {
            let live::Live { sections, left_out, complete } = live::read(text).map_err(unreadable)?;
            let mut apart =
                Apart { format: Format::LiveAws, entries: 0, assembled: Assembled::default(), left_out, complete };
            for section in sections {
                apart.add(section, document, first_source, request.keep_raw);
            }
            return Ok(apart);
        }
        Sniffed::Neutral => {
            let words = request.dictionary.as_deref();
            let mut neutral = neutral::read(text, words, document, first_source, request.keep_raw);
            let left_out = std::mem::take(&mut neutral.assembled.left_out);
            let neutral::Read { assembled, complete, entries, .. } = neutral;
            return Ok(Apart { format: Format::Neutral, entries, assembled, left_out, complete });
        }
        Sniffed::Other(what) => return Err((Reason::NotInfrastructure, what.to_owned())),
    };
    let mut apart =
        Apart { format, entries: 0, assembled: Assembled::default(), left_out: Vec::new(), complete: Vec::new() };
    apart.add(inventory, document, first_source, request.keep_raw);
    Ok(apart)
}

impl Apart {
    /// Normalises one inventory of the document and adds what it gives.
    fn add(&mut self, inventory: Inventory<'_>, document: DocumentIndex, first_source: u32, keep_raw: bool) {
        let before = u32::try_from(self.assembled.sources.len()).unwrap_or(u32::MAX);
        let mut more = assemble(&inventory, document, first_source.saturating_add(before), keep_raw);
        if self.format == Format::LiveAws {
            live::through_groups(&inventory, &mut more.resources);
        }
        self.entries = self.entries.saturating_add(u32::try_from(inventory.entries.len()).unwrap_or(u32::MAX));
        self.left_out.extend(inventory.left_out);
        self.left_out.extend(more.left_out);
        self.assembled.sources.extend(more.sources);
        self.assembled.resources.extend(more.resources);
        self.assembled.raw.extend(more.raw);
    }
}

/// Attributes by which a resource says where it writes its logs.
const LOG_TARGETS: [(Kind, &str); 3] =
    [(Kind::ObjectStore, "logging.target"), (Kind::AuditTrail, "target"), (Kind::Network, "flow_logs.retained_in")];

/// Marks the object stores that other resources write their logs to: rules about log stores apply to them. Where a live
/// source did not show who writes where, any other store may be one.
fn mark_log_stores(snapshot: &mut Snapshot) {
    let mut targets: BTreeMap<String, Origin> = BTreeMap::new();
    let mut hidden: Option<Attribute> = None;
    for (resource, attribute) in snapshot.resources.iter().flat_map(|resource| {
        let names = LOG_TARGETS.iter().filter(|(kind, _)| resource.kind == *kind);
        names.filter_map(move |(_, name)| Some((resource, resource.get(name)?)))
    }) {
        match &attribute.value {
            Value::Text(text) => {
                let bucket = text.rsplit(":::").next().unwrap_or(text).split('/').next().unwrap_or(text);
                targets.entry(bucket.to_owned()).or_insert_with(|| attribute.origin.clone());
            }
            Value::Unknown(Unknown::NotCollected { why }) if hidden.is_none() => {
                let why = format!("where {} writes its logs: {why}", resource.address).into();
                let value = Value::Unknown(Unknown::NotCollected { why });
                hidden = Some(Attribute { value, origin: attribute.origin.clone() });
            }
            _ => {}
        }
    }
    for resource in snapshot.resources.iter_mut().filter(|r| r.kind == Kind::ObjectStore) {
        let named = resource.names.iter().chain([&resource.address]).find_map(|name| targets.get(&**name));
        match (named, &hidden) {
            (Some(origin), _) => {
                let origin = Origin { basis: Basis::Derived, ..origin.clone() };
                resource.attributes.put("used_for_logs", Attribute { value: Value::Bool(true), origin });
            }
            (None, Some(unknown)) if resource.get("used_for_logs").is_none() => {
                resource.attributes.put("used_for_logs", unknown.clone());
            }
            _ => {}
        }
    }
}

/// The resource that stands for the inputs as a whole.
fn add_account(snapshot: &mut Snapshot) {
    if snapshot.documents.is_empty() {
        return;
    }
    let source = SourceIndex(u32::try_from(snapshot.sources.len()).unwrap_or(u32::MAX));
    snapshot.sources.push(Source {
        document: DocumentIndex(0),
        address: "(all inputs)".into(),
        type_name: "".into(),
        pointer: "".into(),
    });
    snapshot.resources.push(Resource {
        kind: Kind::Account,
        source,
        address: "(all inputs)".into(),
        names: Vec::new(),
        attributes: Record::new(),
    });
}
