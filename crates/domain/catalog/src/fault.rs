use std::{collections::BTreeMap, fmt};

use attesta_kernel::Place;

/// Something wrong with content: where it stands, what is wrong, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file, and the line where it is known.
    pub place: Place,
    /// What is wrong: lower case, no full stop, content in backticks.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
}

impl Fault {
    /// A fault with help.
    pub fn new(place: Place, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { place, message: message.into(), help: Some(help.into()) }
    }

    /// A fault that explains itself.
    pub fn plain(place: Place, message: impl Into<String>) -> Self {
        Self { place, message: message.into(), help: None }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)?;
        match &self.help {
            Some(help) => write!(f, " (help: {help})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Fault {}

/// A value together with where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<T> {
    /// Where it was written.
    pub place: Place,
    /// What was written.
    pub value: T,
}

impl<T> Placed<T> {
    /// `value`, written at `place`.
    pub fn new(place: Place, value: T) -> Self {
        Self { place, value }
    }
}

/// Collects faults, so that one run shows them all.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn push(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn add(&mut self, place: &Place, message: impl Into<String>, help: impl Into<String>) {
        self.0.push(Fault::new(place.clone(), message, help));
    }

    /// A text that must say something.
    pub(crate) fn text(&mut self, place: &Place, what: impl fmt::Display, text: &str) {
        if text.trim().is_empty() {
            self.add(place, format!("{what} is empty"), "write it, or leave the key out if it is optional");
        }
    }

    /// Values by key; a second value of the same key is a fault and is dropped.
    pub(crate) fn index<K, T>(
        &mut self,
        what: &str,
        parts: Vec<Placed<T>>,
        key: impl Fn(&T) -> K,
    ) -> BTreeMap<K, Placed<T>>
    where
        K: Ord + fmt::Display,
    {
        let mut index = BTreeMap::<K, Placed<T>>::new();
        for part in parts {
            let key = key(&part.value);
            match index.get(&key) {
                Some(first) => {
                    let first = first.place.clone();
                    self.duplicate(&part.place, what, &key, &first);
                }
                None => {
                    index.insert(key, part);
                }
            }
        }
        index
    }

    pub(crate) fn duplicate(&mut self, place: &Place, what: &str, key: &dyn fmt::Display, first: &Place) {
        self.add(place, format!("{what} `{key}` stands twice"), format!("it stands first at {first}; remove one"));
    }

    /// The faults, by place; `None` when there are none.
    pub(crate) fn into_sorted(mut self) -> Option<Vec<Fault>> {
        self.0.sort();
        self.0.dedup();
        (!self.0.is_empty()).then_some(self.0)
    }
}

/// The values of an index, once their places have served.
pub(crate) fn values<K: Ord, T>(index: BTreeMap<K, Placed<T>>) -> BTreeMap<K, T> {
    index.into_iter().map(|(key, placed)| (key, placed.value)).collect()
}
