//! Scores on the way out: exact decimals, never floats.
#![allow(missing_docs, reason = "fields are the keys of the JSON, which the reference explains")]

use attesta_scoring::Exact;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// A score as JSON shows it: a number with at most two decimals, or null.
#[derive(Debug, Clone, Copy)]
pub struct Points(pub Option<Exact>);

impl Serialize for Points {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            None => serializer.serialize_none(),
            Some(score) => RawValue::from_string(score.rounded().to_string())
                .map_err(serde::ser::Error::custom)?
                .serialize(serializer),
        }
    }
}

/// A score as a table shows it.
pub fn shown(score: Option<Exact>) -> String {
    score.map_or_else(|| "-".to_owned(), |s| s.rounded().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_numbers_are_decimals() {
        let points = |text: &str| -> Exact { text.parse::<attesta_scoring::Score>().unwrap().into() };
        let third = Exact::mean([points("100"), points("75"), points("75")]);
        assert_eq!(serde_json::to_string(&[Points(third), Points(None)]).unwrap(), "[83.33,null]");
    }
}
