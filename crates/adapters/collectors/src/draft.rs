//! A neutral resource in the making.

use attesta_resource::{Attribute, Name, Origin, Record, Unknown, Value};

use crate::{
    fact::{Fact, IntoValue, State},
    view::{Items, Raw, View},
};

/// What a normaliser fills.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    /// Attributes so far.
    pub(crate) attributes: Record,
    /// Other names under which the resource may be referred to.
    pub(crate) names: Vec<Box<str>>,
}

impl Draft {
    /// Puts a fact under a name of `content/model/kinds.yaml`; an absent fact puts nothing.
    pub(crate) fn put<T: IntoValue>(&mut self, name: &'static str, fact: Fact<T>) {
        put(&mut self.attributes, name, fact);
    }

    /// Puts the records that `build` makes of each item of a list: `None` skips an item.
    /// A list that is unknown as a whole becomes unknown; nothing said becomes an empty list.
    pub(crate) fn put_records(
        &mut self,
        name: &'static str,
        list: &View<'_>,
        build: impl FnMut(&View<'_>) -> Option<Record>,
    ) {
        let mut records = Records::new();
        records.add(list, build);
        records.put(self, name, list.origin());
    }
}

/// Puts a fact into a record; an absent fact puts nothing.
pub(crate) fn put<T: IntoValue>(record: &mut Record, name: impl Into<Name>, fact: Fact<T>) {
    if let Some(attribute) = fact.into_attribute() {
        record.put(name, attribute);
    }
}

/// A list of records gathered from several places (inline blocks and satellites).
#[derive(Debug, Default)]
pub(crate) struct Records {
    items: Vec<Attribute>,
}

impl Records {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds the records that `build` makes of each item of `list`. An unknown list or item adds one unknown record, so
    /// that `each` and `some` over the whole stay unknown unless the known ones decide.
    pub(crate) fn add(&mut self, list: &View<'_>, mut build: impl FnMut(&View<'_>) -> Option<Record>) {
        match list.items() {
            Items::Unknown(why) => self.push_unknown(why, list.origin()),
            Items::Known(items) => {
                for item in items {
                    match item.unknown() {
                        Some(why) => self.push_unknown(why, item.origin()),
                        None => {
                            if let Some(record) = build(&item) {
                                self.push(record, item.origin());
                            }
                        }
                    }
                }
            }
        }
    }

    /// Adds one record.
    pub(crate) fn push(&mut self, mut record: Record, origin: Origin) {
        record.shrink();
        self.items.push(Attribute { value: Value::Record(record), origin });
    }

    /// Adds one record of which nothing is known.
    pub(crate) fn push_unknown(&mut self, why: Unknown, origin: Origin) {
        self.items.push(Attribute { value: Value::Unknown(why), origin });
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Puts the list into a draft.
    pub(crate) fn put(mut self, draft: &mut Draft, name: &'static str, origin: Origin) {
        self.items.shrink_to_fit();
        draft.put(name, Fact { state: State::Known(self.items), origin });
    }
}

/// The satellites that belong to one main resource.
#[derive(Debug, Default)]
pub(crate) struct Joined {
    /// In the order of the document.
    pub(crate) satellites: Vec<Raw>,
}

impl Joined {
    /// Satellites of one of these canonical types.
    pub(crate) fn of<'a>(&'a self, types: &'a [&str]) -> impl Iterator<Item = &'a Raw> {
        self.satellites.iter().filter(move |raw| types.contains(&&*raw.type_name))
    }

    /// The first satellite of one of these types.
    pub(crate) fn first<'a>(&'a self, types: &'a [&str]) -> Option<&'a Raw> {
        self.of(types).next()
    }
}
