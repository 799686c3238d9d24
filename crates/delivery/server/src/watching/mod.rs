//! Sources that an organisation watches: what is kept of them, where their runs are, and how they stand.

mod place;
mod posture;
mod shown;
mod source;
mod waivers;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock},
};

use attesta_access::TenantId;
use attesta_evaluation::{Counts, Waiver};
use attesta_history::{Disk, History, HistoryError};
use attesta_kernel::{Digest, PolicyId};
use attesta_posture::RunId;
use attesta_watch::{Followed, Judge, View, WatchError, followed, view};

pub use self::place::{Allowed, AwsAsk, AwsReader};
pub(crate) use self::{
    place::place,
    posture::{Asks, Stand, Standing, asks, stands, stood},
    shown::{Looked, looked, watch},
    source::{
        ALERT, AlertBody, Documented, Origin, Plan, RUN, RunBody, SOURCE, ScheduleText, SourceBody, Touches,
        WindowText, not_seen,
    },
    waivers::{Accepted, Decided, WAIVER, WaiverBody},
};
use crate::{House, house::lock, problem::Problem};

/// So many views and series are kept in memory.
const KEPT: usize = 16;

/// What each policy said in a run.
type Shown = Arc<BTreeMap<PolicyId, Counts>>;

/// What is read once and used often.
#[derive(Debug, Default)]
pub(crate) struct Watching {
    judge: OnceLock<Arc<Judge>>,
    views: Mutex<BTreeMap<(PathBuf, RunId, Digest), Arc<View>>>,
    series: Mutex<BTreeMap<PathBuf, Arc<Followed>>>,
    shown: Mutex<BTreeMap<(PathBuf, RunId, Digest), Shown>>,
}

/// Where a source's runs are kept, and what is needed to read them. It works on files: never on a thread that answers.
#[derive(Debug, Clone)]
pub(crate) struct Shelf {
    pub(crate) root: PathBuf,
    pub(crate) disk: Disk,
    pub(crate) judge: Arc<Judge>,
}

impl House {
    /// The content that runs are judged by.
    pub(crate) fn judge(&self) -> Result<Arc<Judge>, WatchError> {
        if let Some(judge) = self.watching.judge.get() {
            return Ok(Arc::clone(judge));
        }
        let catalog = self.library.catalog().map_err(WatchError::Content)?;
        let judge = Arc::new(Judge::new(self.library.source(), catalog)?);
        Ok(Arc::clone(self.watching.judge.get_or_init(|| judge)))
    }

    /// Where a source's runs are kept.
    pub(crate) fn shelf(&self, tenant: TenantId, source: &str) -> Result<Shelf, WatchError> {
        let root = self.config.data.join("sources").join(tenant.to_string()).join(source);
        Ok(Shelf { root, disk: Disk::default(), judge: self.judge()? })
    }

    /// What a run showed, judged again from what it read then.
    pub(crate) fn view(&self, shelf: &Shelf, run: RunId, waivers: Vec<Waiver>) -> Result<Arc<View>, WatchError> {
        let waived: Vec<String> = waivers.iter().map(|w| format!("{w:?}")).collect();
        let key = (shelf.root.clone(), run, Digest::of_parts(waived.iter().map(String::as_bytes)));
        if let Some(view) = lock(&self.watching.views).get(&key) {
            return Ok(Arc::clone(view));
        }
        let view = Arc::new(view(&shelf.history()?, &shelf.judge, run, waivers)?);
        let mut views = lock(&self.watching.views);
        if views.len() >= KEPT {
            views.clear();
        }
        views.insert(key, Arc::clone(&view));
        Ok(view)
    }

    /// What follows from the runs of a source; `None` where there is none yet.
    pub(crate) fn followed(&self, shelf: &Shelf) -> Result<Option<Arc<Followed>>, WatchError> {
        let history = match History::open(&shelf.history_root()) {
            Ok(history) => history,
            Err(HistoryError::None(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let before = lock(&self.watching.series).get(&shelf.root).cloned();
        let last = history.last()?;
        if let Some(before) = before.as_ref().filter(|before| before.last == last) {
            return Ok(Some(Arc::clone(before)));
        }
        let followed = Arc::new(followed(&history, &shelf.judge, before.as_deref())?);
        let mut series = lock(&self.watching.series);
        if series.len() >= KEPT {
            series.clear();
        }
        series.insert(shelf.root.clone(), Arc::clone(&followed));
        Ok(followed.last.map(|_| followed))
    }
}

impl Shelf {
    fn history_root(&self) -> PathBuf {
        self.root.join("history")
    }

    /// The runs, to read them.
    pub(crate) fn history(&self) -> Result<History, WatchError> {
        Ok(History::open(&self.history_root())?)
    }

    /// The runs, to add one.
    pub(crate) fn history_to_write(&self) -> Result<History, WatchError> {
        Ok(History::open_or_create(&self.history_root(), &self.disk)?)
    }
}

/// What went wrong with kept runs, for whoever asked.
pub(crate) fn broken(error: WatchError) -> Problem {
    match error {
        WatchError::History(HistoryError::NoRun(run)) => Problem::not_found(format!("there is no {run}")),
        error => Problem::internal(error),
    }
}
