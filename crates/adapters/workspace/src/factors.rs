//! `factors.yaml`, and an adviser's profile, which has the same form.

use std::{collections::BTreeMap, fmt};

use attesta_assessment::{ChoiceId, FactorAnswer, FactorAnswers, FactorId};
use attesta_catalog::{Fault, Placed};
use attesta_content::{
    File,
    yaml::{self, Reading},
};
use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor},
};
use serde_saphyr::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    /// A factor without anything behind it is not answered.
    factors: Option<BTreeMap<String, Spanned<Option<RawAnswer>>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAnswer {
    is: Words,
    #[serde(default)]
    because: String,
}

/// One word or several. Numbers are words too: an id may begin with a digit.
struct Words(Vec<String>);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;

        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Words;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an answer or a list of answers")
            }

            fn visit_str<E>(self, text: &str) -> Result<Words, E> {
                Ok(Words(vec![text.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Words, A::Error> {
                let mut words = Vec::new();
                while let Some(word) = list.next_element()? {
                    words.push(word);
                }
                Ok(Words(words))
            }
        }

        deserializer.deserialize_any(OneOrMany)
    }
}

/// The answers of a file; whether the factors and answers exist is the domain's question.
pub(crate) fn read(file: &File, faults: &mut Vec<Fault>) -> FactorAnswers {
    let raw: Raw = match yaml::parse(file, "attesta.factor-answers/1") {
        Ok(raw) => raw,
        Err(fault) => {
            faults.push(fault);
            return FactorAnswers::default();
        }
    };
    let reading = Reading { file, faults };
    let mut found = FactorAnswers::default();
    for (word, row) in raw.factors.unwrap_or_default() {
        let place = reading.place(&row);
        let Some(RawAnswer { is, because }) = row.value else { continue };
        let choices: Result<_, _> = is.0.iter().map(|w| w.parse::<ChoiceId>()).collect();
        match (word.parse::<FactorId>(), choices) {
            (Ok(id), Ok(choices)) => drop(found.0.insert(id, Placed::new(place, FactorAnswer { choices, because }))),
            (id, choices) => {
                let wrong = [id.err(), choices.err()].into_iter().flatten();
                reading.faults.extend(wrong.map(|e| Fault::plain(place.clone(), e.to_string())));
            }
        }
    }
    found
}

/// The answers of a profile for the adviser.
///
/// # Errors
///
/// Every fault that was found.
pub fn profile(file: &File) -> Result<FactorAnswers, Vec<Fault>> {
    let mut faults = Vec::new();
    let found = read(file, &mut faults);
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}
