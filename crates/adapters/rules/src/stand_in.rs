//! Unknown attributes in an input, and what may be put in their place.

use regorus::Value;

use crate::judge::field;

/// The key of the marker that stands for an unknown value: `{"$unknown": "known only after apply"}`.
pub(crate) const MARKER: &str = "$unknown";

/// What is put in the place of every unknown value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StandIn {
    /// The marker itself.
    Marker,
    /// Nothing: the field or item is taken away.
    Absent,
    /// True.
    True,
    /// False.
    False,
}

impl StandIn {
    /// All of them: every value of a boolean, and for others enough to unmask a denial that hangs on the value.
    pub(crate) const ALL: [Self; 4] = [Self::Marker, Self::Absent, Self::True, Self::False];

    /// The input with this in the place of every unknown value.
    pub(crate) fn fill(self, input: &Value) -> Value {
        match self {
            Self::Marker => input.clone(),
            _ => self.put(input).unwrap_or(Value::Undefined),
        }
    }

    fn put(self, value: &Value) -> Option<Value> {
        if field(value, MARKER).is_some() {
            return match self {
                Self::Marker => Some(value.clone()),
                Self::Absent => None,
                Self::True => Some(Value::Bool(true)),
                Self::False => Some(Value::Bool(false)),
            };
        }
        Some(match value {
            Value::Object(fields) => {
                let mut filled = Value::new_object();
                if let Ok(object) = filled.as_object_mut() {
                    for (name, inner) in fields.iter() {
                        if let Some(inner) = self.put(inner) {
                            object.insert(name.clone(), inner);
                        }
                    }
                }
                filled
            }
            Value::Array(items) => Value::from(items.iter().filter_map(|item| self.put(item)).collect::<Vec<_>>()),
            other => other.clone(),
        })
    }
}

/// The paths listed under `input.unknown`.
pub(crate) fn unknown_paths(input: &Value) -> Vec<String> {
    match field(input, "unknown") {
        Some(Value::Array(paths)) => {
            paths.iter().filter_map(|path| path.as_string().ok()).map(|path| path.to_string()).collect()
        }
        _ => Vec::new(),
    }
}

/// Why the value at this path is unknown.
pub(crate) fn reason_at<'v>(input: &'v Value, path: &str) -> Option<&'v str> {
    let mut at = field(input, "attributes")?;
    for step in path.split(['.', '/']) {
        at = match at {
            Value::Array(items) => items.get(step.parse::<usize>().ok()?)?,
            other => field(other, step)?,
        };
    }
    match field(at, MARKER)? {
        Value::String(why) => Some(why),
        _ => None,
    }
}

/// Whether one path is the other or stands inside it, whichever way round.
pub(crate) fn is_within(one: &str, other: &str) -> bool {
    one.split(['.', '/']).zip(other.split(['.', '/'])).all(|(a, b)| a == b)
}
