//! What files came to when they were read last, so that an assessment of which one document changed is not read anew.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use attesta_catalog::Fault;
use attesta_content::File;
use attesta_kernel::Digest;

/// More files than two assessments have are not kept.
const MOST: usize = 20_000;

type Kept = HashMap<(TypeId, String), (Digest, Arc<dyn Any + Send + Sync>)>;

/// What texts came to, by what they were read as and their path. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Memo(Arc<Mutex<Kept>>);

impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Memo").field(&self.kept().len()).finish()
    }
}

impl Memo {
    /// Whole entries alone are put in, so that a panic elsewhere leaves nothing half done.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `read` makes of a file: what it made of the same text at the same path before, or anew. What has faults is not
    /// kept. `read` must look at nothing but the file.
    pub(crate) fn of<T: Clone + Send + Sync + 'static>(
        &self,
        file: &File,
        faults: &mut Vec<Fault>,
        read: impl FnOnce(&File, &mut Vec<Fault>) -> T,
    ) -> T {
        self.while_it(file, faults, |_| true, read)
    }

    /// The same, where what was kept also has to pass `still`.
    pub(crate) fn while_it<T: Clone + Send + Sync + 'static>(
        &self,
        file: &File,
        faults: &mut Vec<Fault>,
        still: impl FnOnce(&T) -> bool,
        read: impl FnOnce(&File, &mut Vec<Fault>) -> T,
    ) -> T {
        let (key, stamp) = ((TypeId::of::<T>(), file.path.clone()), Digest::of(file.text.as_bytes()));
        let known = self.kept().get(&key).filter(|(of, _)| *of == stamp).map(|(_, known)| Arc::clone(known));
        if let Some(known) = known.as_ref().and_then(|known| known.downcast_ref::<T>()).filter(|known| still(known)) {
            return known.clone();
        }
        let before = faults.len();
        let made = read(file, faults);
        if faults.len() == before {
            let mut kept = self.kept();
            if kept.len() >= MOST {
                kept.clear();
            }
            kept.insert(key, (stamp, Arc::new(made.clone())));
        }
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), inside: path.to_owned(), text: text.to_owned().into() }
    }

    #[test]
    fn the_same_text_is_read_once_and_another_anew() {
        let memo = Memo::default();
        let mut reads = 0;
        let mut length = |path: &str, text: &str| {
            memo.of(&file(path, text), &mut Vec::new(), |file, _| {
                reads += 1;
                file.text.len()
            })
        };
        assert_eq!((length("a", "one"), length("a", "one"), length("a", "three")), (3, 3, 5));
        assert_eq!((length("b", "three"), length("a", "one")), (5, 3));
        assert_eq!(reads, 4);
    }

    #[test]
    fn what_has_faults_is_told_each_time() {
        let memo = Memo::default();
        for _ in 0..2 {
            let mut faults = Vec::new();
            memo.of(&file("a", "wrong"), &mut faults, |file, faults| faults.push(Fault::plain(file.at(1), "is wrong")));
            assert_eq!(faults.len(), 1);
        }
    }

    #[test]
    fn one_text_read_as_two_things_is_two() {
        let memo = Memo::default();
        let one = file("a", "12");
        let text: String = memo.of(&one, &mut Vec::new(), |file, _| file.text.to_string());
        let number: u32 = memo.of(&one, &mut Vec::new(), |file, _| file.text.parse().unwrap());
        assert_eq!((text.as_str(), number), ("12", 12));
    }
}
