//! CSV with places: one door for every list of a pack.

use attesta_catalog::Fault;
use attesta_kernel::Place;
use serde::de::DeserializeOwned;

use crate::File;

/// Every row of a table with a header, each with its place. `columns` are the ones it may have.
pub(crate) fn rows<T: DeserializeOwned>(file: &File, columns: &[&str], faults: &mut Vec<Fault>) -> Vec<(Place, T)> {
    let mut reader = csv::ReaderBuilder::new().from_reader(file.text.as_bytes());
    let headers = match reader.headers() {
        Ok(headers) => headers.clone(),
        Err(error) => {
            faults.push(fault(file, &error));
            return Vec::new();
        }
    };
    for column in headers.iter().filter(|column| !columns.contains(column)) {
        let help = format!("known here: {}", columns.join(", "));
        faults.push(Fault::new(file.at(1), format!("unknown column `{column}`"), help));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let row = record.and_then(|record| {
            let line = record.position().and_then(|p| u32::try_from(p.line()).ok());
            Ok((file.at(line), record.deserialize(Some(&headers))?))
        });
        match row {
            Ok(row) => rows.push(row),
            Err(error) => faults.push(fault(file, &error)),
        }
    }
    rows
}

/// What a broken row is answered with.
pub(crate) fn fault(file: &File, error: &csv::Error) -> Fault {
    let line = error.position().and_then(|p| u32::try_from(p.line()).ok());
    let message = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("has {len} fields where the header has {expected_len}")
        }
        csv::ErrorKind::Deserialize { err, .. } => err.kind().to_string(),
        _ => error.to_string(),
    };
    Fault::plain(file.at(line), message)
}
