//! Takes an archive in. It is a stranger's file: nothing in it is a path to write to, nothing is read beyond what its
//! manifest says, and all of it is verified in a database of its own before the instance's is touched.

use std::{collections::BTreeMap, fs, io, io::Read as _, path::Path};

use attesta_blobs::TenantBlobs;
use attesta_identity::SystemChance;
use attesta_kernel::{Digest, Timestamp};
use attesta_ledger::{Checkpoint, Edge, Hash, SignedCheckpoint, SigningKey, TileId, TileLevel, VerifierKey};
use attesta_store::{Cell, HOUSE, Holds, IMPORTED, Loading, Log, Store, StoreError, Table, Work};
use serde::Serialize;

use super::{
    CHECKPOINT, KEY, Manifest, PEOPLE, Person, TRAVELS, blob, data, export::ledger, packed::Packed, rows, runs,
    runs::Brought,
};
use crate::{Audit, Opened, Place, UpkeepError, audit::audit_of_archive, bytes, files, place};

/// Rows that are held at once, at most, and about how many bytes of them.
const ROWS: usize = 200;
const HEAVY: usize = 8 << 20;

/// People that an archive names, at most.
const PEOPLE_MOST: usize = 200_000;

/// How to import.
#[derive(Debug, Clone)]
pub struct Import<'a> {
    /// The archive.
    pub archive: &'a Path,
    /// The key that must have signed it, where the importer has it from elsewhere.
    pub key: Option<&'a str>,
    /// The address of the account that will own the organisation here.
    pub owner: &'a str,
    /// Now.
    pub at: Timestamp,
}

/// What was imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// The organisation's id: the one that it had.
    pub organisation: String,
    /// Its name.
    pub name: String,
    /// The key that its log was signed with until now.
    pub former_key: String,
    /// The key that it is signed with from now on.
    pub key: String,
    /// Leaves that came, to which those of the import and of the owner were added.
    pub leaves: u64,
    /// People who are named here now and cannot sign in.
    pub people: u64,
    /// What was read to prove it.
    pub audit: Audit,
    /// Bytes of evidence that came.
    pub blobs: u64,
    /// Files of runs of watched sources that came.
    pub runs: u64,
}

/// Imports an archive.
///
/// # Errors
///
/// When the archive is not whole, not signed by the key, or its organisation is here already: then nothing was changed.
pub async fn import(into: &Place, how: &Import<'_>) -> Result<Imported, UpkeepError> {
    let mut packed = Packed::open(how.archive)?;
    let (manifest, key) = packed.manifest(how.key)?;
    packed.fits(&manifest)?;
    let opened = into.open().await?;
    if opened.store.migrations().await?.had != manifest.migrations {
        return Err(UpkeepError::refused(
            format!("the archive was made by version {}, whose database is another one", manifest.program),
            "bring both instances to the same version and export again",
        ));
    }
    // One after the other: what an import that fails removes must be nobody else's.
    let Some(_lock) = attesta_disk::lock(&into.data.join("import.lock"))? else {
        return Err(UpkeepError::refused("another import is under way", "wait until it has ended"));
    };
    let organisation = manifest.organisation.clone();
    match opened.room(&organisation).await?.organisation().await {
        Err(StoreError::NotFound { .. }) => {}
        Ok(here) => {
            return Err(UpkeepError::refused(
                format!("organisation `{organisation}` is here already, as `{}`", here.name),
                "ids are kept, so one instance holds it once; nothing was changed",
            ));
        }
        Err(error) => return Err(error.into()),
    }
    let mut house = opened.room(HOUSE).await?;
    let owner = house.account_of(how.owner).await?.filter(|account| account.state == "active");
    drop(house);
    let owner = owner.ok_or_else(|| {
        UpkeepError::refused(
            format!("`{}` is nobody who can sign in here", how.owner.chars().take(200).collect::<String>()),
            "name the address of an account of this instance: it will own the organisation",
        )
    })?;
    // Beside the data, so that there is room for it where there is room for the data.
    let folder = files::beside(&into.data.join("archive"), "importing")?;
    files::own_folder(&folder)?;
    let staged = stage(&mut packed, &manifest, &key, &folder).await;
    let imported = match staged {
        Ok((staged, found)) => {
            let taken = match Brought::of(&mut packed, &into.data, &organisation) {
                Ok(brought) => {
                    let whose = (owner.id.as_str(), brought.as_ref());
                    let taken = take(&opened, &mut packed, &manifest, &key, &staged, whose, how.at).await;
                    taken.map(|taken| (taken, brought.map_or(0, |brought| brought.files)))
                }
                Err(error) => Err(error),
            };
            staged.close().await;
            taken.map(|((own, people, blobs), runs)| Imported {
                runs,
                organisation,
                name: manifest.name.clone(),
                former_key: manifest.key.clone(),
                key: own,
                leaves: manifest.leaves,
                people,
                audit: found,
                blobs,
            })
        }
        Err(error) => Err(error),
    };
    let _ = fs::remove_dir_all(&folder);
    opened.store.close().await;
    imported
}

/// Puts all rows into a database of their own, and audits that.
async fn stage(
    packed: &mut Packed,
    manifest: &Manifest,
    key: &VerifierKey,
    folder: &Path,
) -> Result<(Store, Audit), UpkeepError> {
    let text = String::from_utf8(packed.whole(CHECKPOINT)?).map_err(|_| packed.wrong("its checkpoint is no text"))?;
    let signed = SignedCheckpoint::open(&text, key).map_err(|e| packed.wrong(e.to_string()))?;
    if signed.checkpoint.size != manifest.leaves {
        return Err(packed.wrong("its checkpoint covers another number of leaves than its manifest says"));
    }
    if packed.whole(KEY)? != format!("{}\n", manifest.key).into_bytes() {
        return Err(packed.wrong(format!("`{KEY}` is not the key of the manifest")));
    }
    let store = Store::open(&format!("sqlite:{}", folder.join("staged.db").display()), 2).await?;
    let mut loading = store.load().await?;
    let mut edge = Edge::default();
    // The digest of each tile's bytes; the tiles themselves go into the database.
    let mut tiles: Vec<(TileId, Digest)> = Vec::new();
    let tile_table = table(&loading, "tile")?;
    let (mut noted, files) = (BTreeMap::new(), packed.files.len());
    for name in TRAVELS {
        let table = table(&loading, name)?;
        let (mut batch, mut count) = (Batch::default(), 0_u64);
        packed.lines(&data(name), |line| {
            let row = rows::read(&table, &manifest.organisation, line)?;
            count += 1;
            match name {
                "tenant" if text_of(&table, &row, "id") != manifest.organisation => {
                    return Err("it is another organisation".to_owned());
                }
                "leaf" => {
                    let Some(Cell::Bytes(bytes)) = table.place_of("bytes").and_then(|at| row.get(at)) else {
                        return Err("it has no bytes".to_owned());
                    };
                    for tile in edge.append(Hash::of_leaf(bytes)) {
                        tiles.push((tile.id, tile_digest(&tile.hashes)));
                        let row = tile_row(&tile_table, manifest, tile.id, &tile.hashes).map_err(|e| e.to_string())?;
                        waited(loading.add("tile", row.as_slice()))?;
                    }
                }
                "blob" => {
                    if noted.len() > files {
                        return Err("more evidence bytes are noted than there are files".to_owned());
                    }
                    let size = table.place_of("size").and_then(|at| row.get(at)).cloned();
                    noted.insert(text_of(&table, &row, "digest").to_owned(), size);
                }
                _ => {}
            }
            match batch.push(row) {
                Some(full) => waited(loading.add(name, &full)),
                None => Ok(()),
            }
        })?;
        if name == "tenant" && count != 1 {
            return Err(packed.wrong("it holds another number of organisations than one"));
        }
        loading.add(name, &batch.rows).await.map_err(|e| packed.wrong(format!("`{}`: {e}", data(name))))?;
    }
    for (id, hashes) in edge.partial() {
        tiles.push((id, tile_digest(hashes)));
        loading.add("tile", tile_row(&tile_table, manifest, id, hashes)?.as_slice()).await?;
    }
    for (id, digest) in &tiles {
        if Digest::of(&packed.whole(&ledger(*id))?) != *digest {
            return Err(packed.wrong(format!("`{}` is not what the leaves make it", ledger(*id))));
        }
    }
    head(&mut loading, manifest, &text, &manifest.key, "").await?;
    loading.commit().await?;
    let found = audit_of_archive(&store, &[text]).await?;
    if let Some(first) = found.findings.first() {
        return Err(packed.wrong(format!("{}: {} ({} faults in all)", first.place, first.what, found.faults())));
    }
    // Every blob that rows name is here, and no other.
    let here = packed.files.iter().filter(|(path, _)| path.starts_with("blobs/"));
    let here: BTreeMap<String, Option<Cell>> = here
        .map(|(path, file)| {
            (path.trim_start_matches("blobs/").to_owned(), i64::try_from(file.size).ok().map(Cell::Int))
        })
        .collect();
    if here != noted {
        return Err(packed.wrong("its evidence bytes are not those that its rows name"));
    }
    for digest in here.keys() {
        if packed.files.get(&blob(digest)).is_none_or(|file| file.sha256 != *digest) {
            return Err(packed.wrong(format!("`{}` has another digest in the manifest", blob(digest))));
        }
        packed.read(&blob(digest), |_| Ok(()))?;
    }
    let of_runs: Vec<String> = packed.files.keys().filter(|path| runs::inside(path).is_some()).cloned().collect();
    for path in of_runs {
        packed.read(&path, |_| Ok(()))?;
    }
    for tile in TileId::all(manifest.leaves).filter(|tile| matches!(tile.level, TileLevel::Entries) && tile.width > 0) {
        packed.read(&ledger(tile), |_| Ok(()))?;
    }
    Ok((store, found))
}

/// Rows on their way.
#[derive(Default)]
struct Batch {
    rows: Vec<Vec<Cell>>,
    weight: usize,
}

impl Batch {
    /// Takes one on; gives all of them when they are enough.
    fn push(&mut self, row: Vec<Cell>) -> Option<Vec<Vec<Cell>>> {
        self.weight += row.iter().map(Cell::weight).sum::<usize>();
        self.rows.push(row);
        if self.rows.len() < ROWS && self.weight < HEAVY {
            return None;
        }
        self.weight = 0;
        Some(std::mem::take(&mut self.rows))
    }
}

/// Lets the database take rows while an archive is read, which nothing can wait in.
fn waited(adding: impl Future<Output = Result<(), StoreError>>) -> Result<(), String> {
    let taken = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(adding));
    taken.map_err(|e| e.to_string())
}

fn tile_bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

fn tile_digest(hashes: &[Hash]) -> Digest {
    Digest::of(&tile_bytes(hashes))
}

/// A tile as a row, where it is one: leaves have rows of their own.
fn tile_row(table: &Table, manifest: &Manifest, id: TileId, hashes: &[Hash]) -> Result<Option<Vec<Cell>>, UpkeepError> {
    let TileLevel::Hashes(level) = id.level else { return Ok(None) };
    let one = [
        ("tenant", Cell::Text(manifest.organisation.clone())),
        ("level", Cell::Int(i64::from(level))),
        ("idx", Cell::Int(i64::try_from(id.index).unwrap_or(i64::MAX))),
        ("hashes", Cell::Bytes(tile_bytes(hashes))),
    ];
    row(table, &one).map(Some)
}

/// What follows from the leaves: the log's head.
async fn head(
    loading: &mut Loading,
    manifest: &Manifest,
    checkpoint: &str,
    vkey: &str,
    sealed_key: &str,
) -> Result<(), UpkeepError> {
    let log = table(loading, "log")?;
    let origin = manifest.key.split('+').next().unwrap_or_default();
    let size = i64::try_from(manifest.leaves).unwrap_or(i64::MAX);
    let head = [
        ("tenant", Cell::Text(manifest.organisation.clone())),
        ("origin", Cell::Text(origin.to_owned())),
        ("size", Cell::Int(size)),
        ("checkpoint", Cell::Text(checkpoint.to_owned())),
        ("vkey", Cell::Text(vkey.to_owned())),
        ("sealed_key", Cell::Text(sealed_key.to_owned())),
    ];
    let head = row(&log, &head)?;
    loading.add("log", &[head]).await?;
    Ok(())
}

/// Takes what is proven into the instance: bytes first, then everything else in one transaction. Gives the log's new key,
/// and how many people and blobs came.
async fn take(
    opened: &Opened,
    packed: &mut Packed,
    manifest: &Manifest,
    former: &VerifierKey,
    staged: &Store,
    (owner, brought): (&str, Option<&Brought>),
    at: Timestamp,
) -> Result<(String, u64, u64), UpkeepError> {
    let organisation = manifest.organisation.as_str();
    let place = opened.blobs.of(organisation)?;
    let digests: Vec<String> =
        packed.files.keys().filter_map(|path| path.strip_prefix("blobs/")).map(str::to_owned).collect();
    let mut new = Vec::new();
    let kept = async {
        for digest in &digests {
            let named: Digest = digest.parse().map_err(|_| packed.wrong(format!("`{digest}` is no digest")))?;
            if !bytes::stands(&place, &named).await? {
                new.push(named);
                keep(packed, &place, digest, named).await?;
            }
        }
        if let Some(brought) = brought {
            brought.named()?;
        }
        rows_in(opened, packed, manifest, former, staged, owner, at).await
    };
    let error = match kept.await {
        Ok((work, key, people)) => {
            let vkey = key.verifier().to_string();
            match work.commit("system", at, &key).await {
                Ok(_) => return Ok((vkey, people, u64::try_from(digests.len()).unwrap_or(0))),
                // The connection went while it committed, so nobody knows: look again. Where even that says nothing, the
                // bytes stay: somebody may name them.
                Err(error @ StoreError::Away(_)) => {
                    let here = opened.room(organisation).await?.log().await;
                    return match here {
                        Ok(log) if log.vkey == vkey => Ok((vkey, people, u64::try_from(digests.len()).unwrap_or(0))),
                        _ => Err(error.into()),
                    };
                }
                Err(error) => error.into(),
            }
        }
        Err(error) => error,
    };
    // Only what this import brought, and only while nobody can name it: the organisation is not here.
    if let Ok(mut room) = opened.room(organisation).await
        && matches!(room.organisation().await, Err(StoreError::NotFound { .. }))
    {
        for digest in new {
            let _ = place.remove(&digest).await;
        }
        if let Some(brought) = brought {
            brought.gone();
        }
    }
    Err(error)
}

/// Brings the bytes of one blob over, in pieces.
async fn keep(packed: &mut Packed, place: &TenantBlobs, digest: &str, named: Digest) -> Result<(), UpkeepError> {
    let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Vec<u8>, io::Error>>(4);
    let stream = futures_util::stream::unfold(receiver, |mut receiver| async move {
        let piece = receiver.recv().await?;
        Some((piece.map(::bytes::Bytes::from), receiver))
    });
    let path = blob(digest);
    let reading = async {
        tokio::task::block_in_place(|| {
            packed.read(&path, |reader| {
                loop {
                    let mut piece = Vec::new();
                    let read = reader.take(1 << 20).read_to_end(&mut piece);
                    let read = read.map_err(|e| UpkeepError::damaged(digest, e.to_string()))?;
                    if read == 0 || sender.blocking_send(Ok(piece)).is_err() {
                        break;
                    }
                }
                drop(sender);
                Ok(())
            })
        })
    };
    let keeping = {
        let place = place.clone();
        tokio::spawn(async move { bytes::put(&place, &named, &format!("bytes {named}"), stream).await })
    };
    let read = reading.await;
    let kept = keeping.await.map_err(|e| UpkeepError::damaged(digest, e.to_string()))?;
    read?;
    kept
}

/// Everything but the last step: what is left is to commit, with the key.
async fn rows_in(
    opened: &Opened,
    packed: &mut Packed,
    manifest: &Manifest,
    former: &VerifierKey,
    staged: &Store,
    owner: &str,
    at: Timestamp,
) -> Result<(Work, SigningKey, u64), UpkeepError> {
    let organisation = manifest.organisation.as_str();
    let seed: [u8; 32] = attesta_disk::random()?;
    let key = SigningKey::from_seed(former.name().clone(), &seed);
    let sealed = key.to_secret_text();
    let sealed = opened.keyring.seal(&Log::sealed_for(organisation), sealed.as_bytes(), &mut SystemChance)?;
    let mut from = staged.snapshot().await?;
    let mut loading = opened.store.load().await?;
    for name in TRAVELS.into_iter().chain(["tile"]) {
        let spec = table(&loading, name)?;
        from.pass(&spec, Some(organisation), &mut loading).await?;
    }
    drop(from);
    // The same tree, signed by the key of this instance from now on.
    let old = place::room(staged, organisation).await?.log().await?.checkpoint;
    let head = SignedCheckpoint::open(&old, former).map_err(|e| packed.wrong(e.to_string()))?.checkpoint;
    let checkpoint = Checkpoint { origin: key.name().clone(), size: head.size, root: head.root }.sign(&key).to_string();
    let vkey = key.verifier().to_string();
    self::head(&mut loading, manifest, &checkpoint, &vkey, &sealed.to_string()).await?;
    let people = people(opened, packed, &mut loading, at).await?;
    let mut work = loading.into_work(organisation).await?;
    work.add_member(owner, "owner", "{}", at).await?;
    let record = serde_json::json!({
        "former_key": manifest.key,
        "checkpoint": Digest::of(old.as_bytes()).to_string(),
        "leaves": manifest.leaves,
        "exported": manifest.made.to_string(),
    });
    work.tell(IMPORTED, organisation, &record)?;
    Ok((work, key, people))
}

/// Names of those who are not known here; none of them can sign in.
async fn people(
    opened: &Opened,
    packed: &mut Packed,
    loading: &mut Loading,
    at: Timestamp,
) -> Result<u64, UpkeepError> {
    let mut named = Vec::new();
    packed.lines(PEOPLE, |line| {
        let person: Person = serde_json::from_str(line).map_err(|e| e.to_string())?;
        if person.id.parse::<attesta_access::AccountId>().is_err() || person.name.chars().count() > 200 {
            return Err("it names nobody".to_owned());
        }
        if named.len() >= PEOPLE_MOST {
            return Err(format!("it names more than {PEOPLE_MOST} people"));
        }
        named.push(person);
        Ok(())
    })?;
    let spec = table(loading, "account")?;
    let mut house = opened.room(HOUSE).await?;
    let mut new = Vec::new();
    for person in named {
        if house.account(&person.id).await?.is_some() {
            continue;
        }
        let account = [
            ("id", Cell::Text(person.id.clone())),
            ("email", Cell::Text(format!("{}@imported.invalid", person.id.to_lowercase()))),
            ("name", Cell::Text(person.name)),
            ("state", Cell::Text("closed".to_owned())),
            ("rev", Cell::Int(1)),
            ("body", Cell::Text("{}".to_owned())),
            ("created", Cell::Text(at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())),
        ];
        new.push(row(&spec, &account)?);
    }
    loading.add("account", &new).await?;
    Ok(u64::try_from(new.len()).unwrap_or(0))
}

fn table(loading: &Loading, name: &str) -> Result<Table, UpkeepError> {
    let table = loading.tables().iter().find(|t| t.name == name).cloned();
    table.ok_or_else(|| UpkeepError::damaged("database", format!("it has no table `{name}`")))
}

/// A row by the names of its columns; what is not named is nothing.
fn row(table: &Table, values: &[(&str, Cell)]) -> Result<Vec<Cell>, UpkeepError> {
    let cell = |column: &attesta_store::Column| {
        let found = values.iter().find(|(name, _)| *name == column.name).map(|(_, cell)| cell.clone());
        let empty = (column.optional && column.holds != Holds::Int).then_some(Cell::None);
        found.or(empty).ok_or_else(|| {
            UpkeepError::damaged("database", format!("`{}.{}` is a column that nobody fills", table.name, column.name))
        })
    };
    table.columns.iter().map(cell).collect()
}

fn text_of<'a>(table: &Table, row: &'a [Cell], name: &str) -> &'a str {
    match table.place_of(name).and_then(|at| row.get(at)) {
        Some(Cell::Text(text)) => text,
        _ => "",
    }
}
