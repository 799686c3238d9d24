//! How long measures may pause.

use attesta_assessment::Frequencies;
use attesta_catalog::Fault;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    ContentSource,
    yaml::{self, Confidence, Reading},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    #[serde(rename = "source")]
    _source: String,
    #[serde(rename = "confidence")]
    _confidence: Confidence,
    frequencies: Vec<RawFrequency>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFrequency {
    word: Spanned<String>,
    days: u16,
}

/// For how many days at the most a measure of each frequency may pause, by the word that people write.
///
/// # Errors
///
/// Every fault of the file.
pub fn frequencies(source: &ContentSource) -> Result<Frequencies, Vec<Fault>> {
    let file = source.file("measures/frequencies.yaml").map_err(|fault| vec![fault])?;
    let raw: Raw = yaml::parse(&file, "attesta.frequencies/1").map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    let reading = &mut Reading { file: &file, faults: &mut faults };
    let mut found = Frequencies::new();
    for row in raw.frequencies {
        let word = row.word.value.trim().to_lowercase();
        if word.is_empty() || row.days == 0 || found.insert(word, row.days).is_some() {
            let message = format!("frequency `{}` is empty, of no days, or stands twice", row.word.value);
            reading.complain(&row.word, message, "name each once, with at least one day");
        }
    }
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}
