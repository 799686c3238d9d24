//! Licensed exports: workbooks and tables of text in, tables of text out. What a row means is the domain's business.

mod export;
mod read;
mod table;
mod workbook;

pub use export::{ExportRefusal, export_csv};
pub use read::{Limits, ReadError, digest, sheets};
