//! Opened assessments, kept until something of them changes.

use std::{
    any::{Any, TypeId},
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};

use attesta_assessment::{RequirementKey, View};
use attesta_desk::{Desk, Failure, Kind, Library};
use attesta_kernel::Date;
use attesta_store::{Document, Room};
use attesta_workspace::Folder;
use axum::http::StatusCode;

use crate::{House, house::lock, problem::Problem};

/// Opened assessments are kept while their documents have at most so many bytes; opened, each takes about fifteen times that.
const MOST: usize = 3 << 19;

/// Opened assessments by organisation and id, each with the revision and the day that it was opened at.
#[derive(Default)]
pub(crate) struct Desks(Mutex<Shelf>);

type Key = (String, String);

#[derive(Default)]
struct Shelf {
    all: HashMap<Key, Kept>,
    /// Counts every time that one is asked for.
    turn: u64,
}

impl Shelf {
    fn get(&mut self, key: &Key) -> Option<&mut Kept> {
        self.turn += 1;
        let kept = self.all.get_mut(key)?;
        kept.asked = self.turn;
        Some(kept)
    }

    /// Keeps one more, and lets go of those that nobody asked for longest.
    fn keep(&mut self, key: Key, kept: Kept) {
        self.turn += 1;
        self.all.insert(key.clone(), Kept { asked: self.turn, ..kept });
        while self.all.values().map(|kept| kept.bytes).sum::<usize>() > MOST {
            let others = self.all.iter().filter(|(other, _)| **other != key);
            let Some(oldest) = others.min_by_key(|(_, kept)| kept.asked).map(|(other, _)| other.clone()) else {
                return;
            };
            self.all.remove(&oldest);
        }
    }
}

struct Kept {
    /// When it was asked for last.
    asked: u64,
    /// Of its documents.
    bytes: usize,
    revision: u64,
    day: Date,
    desk: Arc<Desk>,
    documents: Arc<Revisions>,
    rows: Option<Arc<Vec<ScoreRow>>>,
    /// What pages worked out of it, by its type.
    derived: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
}

/// The revision of each document, by path.
pub(crate) type Revisions = BTreeMap<String, u64>;

/// An opened assessment, and the revisions that it was opened at.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) desk: Arc<Desk>,
    /// The assessment's.
    pub(crate) revision: u64,
    documents: Arc<Revisions>,
}

impl Seen {
    /// The revision of a document; 0 where there is none.
    pub(crate) fn of(&self, path: &str) -> u64 {
        self.documents.get(path).copied().unwrap_or(0)
    }
}

/// A requirement that is asked, with its scores.
#[derive(Debug)]
pub(crate) struct ScoreRow {
    pub(crate) key: RequirementKey,
    pub(crate) title: String,
    pub(crate) domain: u8,
    /// Id and title in lower case.
    pub(crate) sought: String,
    pub(crate) entity: Option<String>,
    pub(crate) last: Option<String>,
}

impl std::fmt::Debug for Desks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Desks").field(&lock(&self.0).all.len()).finish()
    }
}

/// The documents of an assessment as a folder that is held in memory.
pub(crate) fn folder(assessment: &str, documents: &[Document]) -> Folder {
    let texts: BTreeMap<String, Arc<str>> =
        documents.iter().map(|d| (d.path.clone(), Arc::from(d.body.as_str()))).collect();
    Folder::held(assessment, texts)
}

/// Opens an assessment over its documents; the work is done beside the threads that answer requests.
pub(crate) async fn opened(folder: Folder, library: &Arc<Library>, today: Date) -> Result<Desk, Problem> {
    let library = Arc::clone(library);
    let desk = tokio::task::spawn_blocking(move || Desk::open(folder, &library, today)).await;
    Ok(desk.map_err(Problem::internal)??)
}

impl House {
    /// An assessment over its documents; what is as it was when it was opened last is not read anew.
    pub(crate) fn folder(&self, tenant: &str, assessment: &str, documents: &[Document]) -> Folder {
        let folder = folder(assessment, documents);
        let key = (tenant.to_owned(), assessment.to_owned());
        match lock(&self.desks.0).get(&key) {
            Some(kept) => folder.remembering(&kept.desk.folder),
            None => folder,
        }
    }

    /// An assessment, opened: at most two statements, and none to read it again while nothing changed.
    pub(crate) async fn desk(&self, room: &mut Room, assessment: &str) -> Result<(Arc<Desk>, u64), Problem> {
        let seen = self.seen(room, assessment).await?;
        Ok((seen.desk, seen.revision))
    }

    /// The same with the revision of every document.
    pub(crate) async fn seen(&self, room: &mut Room, assessment: &str) -> Result<Seen, Problem> {
        let revision = room.assessment(assessment).await?.rev;
        self.seen_at(room, assessment, revision).await
    }

    /// The same where its revision is known: no statement while nothing changed.
    pub(crate) async fn desk_at(&self, room: &mut Room, assessment: &str, revision: u64) -> Result<Arc<Desk>, Problem> {
        Ok(self.seen_at(room, assessment, revision).await?.desk)
    }

    /// The same with the revision of every document.
    pub(crate) async fn seen_at(&self, room: &mut Room, assessment: &str, revision: u64) -> Result<Seen, Problem> {
        let day = self.clock.today();
        let key = (room.tenant().to_owned(), assessment.to_owned());
        let kept = lock(&self.desks.0).get(&key).filter(|k| k.revision == revision && k.day == day).map(|k| Seen {
            desk: Arc::clone(&k.desk),
            revision,
            documents: Arc::clone(&k.documents),
        });
        if let Some(seen) = kept {
            return Ok(seen);
        }
        let documents = room.documents(assessment).await?;
        let bytes = documents.iter().map(|d| d.body.len()).sum();
        let folder = self.folder(room.tenant(), assessment, &documents);
        let desk = Arc::new(opened(folder, &self.library, day).await?);
        let documents: Arc<Revisions> = Arc::new(documents.into_iter().map(|d| (d.path, d.rev)).collect());
        let seen = Seen { desk: Arc::clone(&desk), revision, documents: Arc::clone(&documents) };
        let kept = Kept { asked: 0, bytes, revision, day, desk, documents, rows: None, derived: HashMap::new() };
        lock(&self.desks.0).keep(key, kept);
        Ok(seen)
    }

    /// What a page works out of an opened assessment, once for each revision and day; kept by its type.
    pub(crate) fn derived<T: Send + Sync + 'static>(
        &self,
        tenant: &str,
        assessment: &str,
        desk: &Arc<Desk>,
        make: impl FnOnce(&Desk) -> Result<T, Failure>,
    ) -> Result<Arc<T>, Problem> {
        let key = (tenant.to_owned(), assessment.to_owned());
        let known = lock(&self.desks.0)
            .get(&key)
            .filter(|k| Arc::ptr_eq(&k.desk, desk))
            .and_then(|k| k.derived.get(&TypeId::of::<T>()).cloned());
        if let Some(known) = known.and_then(|k| k.downcast::<T>().ok()) {
            return Ok(known);
        }
        let made = Arc::new(make(desk)?);
        if let Some(kept) = lock(&self.desks.0).get(&key).filter(|k| Arc::ptr_eq(&k.desk, desk)) {
            let derived: Arc<dyn Any + Send + Sync> = made.clone();
            kept.derived.insert(TypeId::of::<T>(), derived);
        }
        Ok(made)
    }
}

impl House {
    /// Every requirement that an opened assessment asks, by id, with its scores; worked out once for each revision.
    pub(crate) fn scores(
        &self,
        tenant: &str,
        assessment: &str,
        desk: &Arc<Desk>,
    ) -> Result<Arc<Vec<ScoreRow>>, Problem> {
        let key = (tenant.to_owned(), assessment.to_owned());
        let kept = lock(&self.desks.0).get(&key).filter(|k| Arc::ptr_eq(&k.desk, desk)).and_then(|k| k.rows.clone());
        if let Some(rows) = kept {
            return Ok(rows);
        }
        let rows = Arc::new(rows(desk)?);
        if let Some(kept) = lock(&self.desks.0).get(&key).filter(|k| Arc::ptr_eq(&k.desk, desk)) {
            kept.rows = Some(Arc::clone(&rows));
        }
        Ok(rows)
    }
}

fn rows(desk: &Desk) -> Result<Vec<ScoreRow>, Failure> {
    let points = |view| -> Result<BTreeMap<String, String>, Failure> {
        let scored = desk.scored(view)?;
        let scores = scored.workings.requirements.iter().zip(&scored.card.requirements);
        Ok(scores.filter_map(|(own, card)| Some((own.id.to_string(), card.score?.to_string()))).collect())
    };
    let (entity, last) = (points(View::Entity)?, points(View::Final)?);
    let tailored = desk.tailored()?;
    let mut rows: Vec<ScoreRow> = tailored
        .requirements
        .iter()
        .map(|asked| {
            let requirement = asked.requirement;
            let id = requirement.id.to_string();
            ScoreRow {
                sought: format!("{id} {}", requirement.title).to_lowercase(),
                entity: entity.get(&id).cloned(),
                last: last.get(&id).cloned(),
                key: requirement.id.clone(),
                title: requirement.title.clone(),
                domain: requirement.domain,
            }
        })
        .collect();
    rows.sort_by(|a, b| a.key.as_str().cmp(b.key.as_str()));
    Ok(rows)
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let (status, code) = match failure.kind {
            Kind::NotFound => (StatusCode::NOT_FOUND, "not-found"),
            Kind::BadInput => (StatusCode::BAD_REQUEST, "bad-request"),
            Kind::Refused => (StatusCode::CONFLICT, "refused"),
            Kind::Unknown => (StatusCode::UNPROCESSABLE_ENTITY, "not-evaluated"),
            Kind::Conflict => (StatusCode::PRECONDITION_FAILED, "changed-meanwhile"),
            Kind::Tampered => (StatusCode::CONFLICT, "tampered"),
        };
        let told: Vec<String> = failure.complaints.iter().map(ToString::to_string).collect();
        let title = match told.as_slice() {
            [one] => one.clone(),
            several => format!("{} things are wrong", several.len()),
        };
        let mut problem = Self::new(status, code, title).faults(told);
        if let Some(help) = failure.help.or_else(|| failure.complaints.iter().find_map(|c| c.mend.clone())) {
            problem = problem.help(help);
        }
        problem
    }
}
