//! A fact on its way into the model: known, absent or unknown, with its origin.

use attesta_resource::{Attribute, Basis, Origin, Unknown, Value};

/// What a source says of one thing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fact<T> {
    /// Known, absent or unknown.
    pub(crate) state: State<T>,
    /// Where it was (or would have been) said.
    pub(crate) origin: Origin,
}

/// Known, absent or unknown.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum State<T> {
    /// It is said.
    Known(T),
    /// Nobody said it.
    Absent,
    /// It is said, but its value cannot be seen.
    Unknown(Unknown),
}

impl<T> Fact<T> {
    /// A known fact.
    pub(crate) fn known(value: T, origin: Origin) -> Self {
        Self { state: State::Known(value), origin }
    }

    /// Nobody said it; `origin` is where it would stand.
    pub(crate) fn absent(origin: Origin) -> Self {
        Self { state: State::Absent, origin }
    }

    /// The known value.
    pub(crate) fn value(&self) -> Option<&T> {
        match &self.state {
            State::Known(value) => Some(value),
            _ => None,
        }
    }

    /// Whether nobody said it.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self.state, State::Absent)
    }

    /// Turns a known value into another; the origin stays.
    pub(crate) fn map<U>(self, f: impl FnOnce(T) -> U) -> Fact<U> {
        let state = match self.state {
            State::Known(value) => State::Known(f(value)),
            State::Absent => State::Absent,
            State::Unknown(why) => State::Unknown(why),
        };
        Fact { state, origin: self.origin }
    }

    /// Turns a known value into another fact's state; `None` becomes absent.
    pub(crate) fn filter_map<U>(self, f: impl FnOnce(T) -> Option<U>) -> Fact<U> {
        let state = match self.state {
            State::Known(value) => f(value).map_or(State::Absent, State::Known),
            State::Absent => State::Absent,
            State::Unknown(why) => State::Unknown(why),
        };
        Fact { state, origin: self.origin }
    }

    /// Where nobody said it, the provider's documented default.
    #[must_use]
    pub(crate) fn or_default(self, default: T) -> Self {
        match self.state {
            State::Absent => {
                Self { state: State::Known(default), origin: Origin { basis: Basis::Default, ..self.origin } }
            }
            _ => self,
        }
    }

    /// Where nobody said it, what `other` says.
    #[must_use]
    pub(crate) fn or_else(self, other: impl FnOnce() -> Self) -> Self {
        if self.is_absent() { other() } else { self }
    }

    /// Marks the fact as worked out rather than stated.
    #[must_use]
    pub(crate) fn derived(mut self) -> Self {
        if self.origin.basis == Basis::Stated {
            self.origin.basis = Basis::Derived;
        }
        self
    }
}

impl Fact<bool> {
    /// The opposite.
    #[must_use]
    pub(crate) fn negate(self) -> Self {
        self.map(|b| !b)
    }

    /// Kleene's *and*: one known false is false. Absent counts as false.
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        combine(self, other, false)
    }

    /// Kleene's *or*: one known true is true. Absent counts as false.
    #[must_use]
    pub(crate) fn or(self, other: Self) -> Self {
        combine(self, other, true)
    }
}

/// The fact that decides: `wins` beats unknown beats the rest. Two absents stay absent.
fn combine(left: Fact<bool>, right: Fact<bool>, wins: bool) -> Fact<bool> {
    let decides = |fact: &Fact<bool>| match &fact.state {
        State::Known(value) => *value == wins,
        State::Absent => !wins,
        State::Unknown(_) => false,
    };
    if left.is_absent() && right.is_absent() {
        return left;
    }
    let settle = |fact: Fact<bool>| fact.or_default(false);
    if decides(&left) {
        return settle(left);
    }
    if decides(&right) {
        return settle(right);
    }
    if matches!(left.state, State::Unknown(_)) {
        left
    } else if left.is_absent() {
        settle(right)
    } else if matches!(right.state, State::Unknown(_)) {
        right
    } else {
        settle(left)
    }
}

/// What may stand in the model as a value.
pub(crate) trait IntoValue {
    /// As a model value.
    fn into_value(self) -> Value;
}

impl IntoValue for bool {
    fn into_value(self) -> Value {
        Value::Bool(self)
    }
}

impl IntoValue for i64 {
    fn into_value(self) -> Value {
        Value::Int(self)
    }
}

impl IntoValue for &str {
    fn into_value(self) -> Value {
        Value::Text(self.into())
    }
}

impl IntoValue for String {
    fn into_value(self) -> Value {
        Value::Text(self.into())
    }
}

impl IntoValue for Vec<Attribute> {
    fn into_value(self) -> Value {
        Value::List(self)
    }
}

impl IntoValue for attesta_resource::Record {
    fn into_value(self) -> Value {
        Value::Record(self)
    }
}

impl<T: IntoValue> Fact<T> {
    /// As an attribute of the model; `None` when absent.
    pub(crate) fn into_attribute(self) -> Option<Attribute> {
        let value = match self.state {
            State::Known(value) => value.into_value(),
            State::Unknown(why) => Value::Unknown(why),
            State::Absent => return None,
        };
        Some(Attribute { value, origin: self.origin })
    }
}

#[cfg(test)]
mod tests {
    use attesta_resource::SourceIndex;

    use super::*;

    fn fact(state: State<bool>) -> Fact<bool> {
        Fact { state, origin: Origin { source: SourceIndex(0), path: "x".into(), basis: Basis::Stated } }
    }

    #[test]
    fn kleene_tables() {
        let unknown = || fact(State::Unknown(Unknown::Hidden));
        let (yes, no, absent) = (|| fact(State::Known(true)), || fact(State::Known(false)), || fact(State::Absent));
        assert_eq!(no().and(unknown()).value(), Some(&false));
        assert_eq!(unknown().and(no()).value(), Some(&false));
        assert_eq!(absent().and(unknown()).value(), Some(&false));
        assert_eq!(yes().or(unknown()).value(), Some(&true));
        assert_eq!(unknown().or(yes()).value(), Some(&true));
        assert!(matches!(yes().and(unknown()).state, State::Unknown(_)));
        assert!(matches!(unknown().and(yes()).state, State::Unknown(_)));
        assert!(matches!(no().or(unknown()).state, State::Unknown(_)));
        assert!(matches!(absent().or(unknown()).state, State::Unknown(_)));
        assert_eq!(absent().or(no()).value(), Some(&false));
        assert_eq!(absent().or(yes()).value(), Some(&true));
        assert!(absent().or(absent()).is_absent());
        assert_eq!(yes().and(yes()).value(), Some(&true));
    }
}
