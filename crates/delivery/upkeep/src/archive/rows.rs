//! Rows as lines of JSON: a member for each column, bytes as base64. The organisation's id stands in the manifest.

use attesta_store::{Cell, Column, Holds, Table};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

/// The column that every line would repeat.
const TENANT: &str = "tenant";

/// A row as a line without its end.
pub(super) fn write(table: &Table, row: &[Cell]) -> String {
    let mut members = Map::new();
    for (column, cell) in table.columns.iter().zip(row).filter(|(column, _)| column.name != TENANT) {
        let value = match cell {
            Cell::None => Value::Null,
            Cell::Text(text) => text.as_str().into(),
            Cell::Int(number) => (*number).into(),
            Cell::Bytes(bytes) => json!({ "base64": STANDARD.encode(bytes) }),
        };
        members.insert(column.name.clone(), value);
    }
    Value::Object(members).to_string()
}

/// A line as a row; it must have a fitting member for each column, and no other.
pub(super) fn read(table: &Table, tenant: &str, line: &str) -> Result<Vec<Cell>, String> {
    let mut members: Map<String, Value> = serde_json::from_str(line).map_err(|e| e.to_string())?;
    let mut row = Vec::with_capacity(table.columns.len());
    for column in &table.columns {
        if column.name == TENANT {
            row.push(Cell::Text(tenant.to_owned()));
            continue;
        }
        let value = members.remove(&column.name).ok_or_else(|| format!("its `{}` is missing", column.name))?;
        row.push(cell(column, value).ok_or_else(|| format!("its `{}` is something else", column.name))?);
    }
    match members.keys().next() {
        Some(name) => Err(format!("`{}` is no column", name.chars().take(80).collect::<String>())),
        None => Ok(row),
    }
}

fn cell(column: &Column, value: Value) -> Option<Cell> {
    match (value, column.holds) {
        (Value::Null, _) if column.optional => Some(Cell::None),
        // PostgreSQL stores no NUL in a text.
        (Value::String(text), Holds::Text) if !text.contains('\0') => Some(Cell::Text(text)),
        (Value::Number(number), Holds::Int) => number.as_i64().map(Cell::Int),
        (Value::Object(mut members), Holds::Bytes) if members.len() == 1 => {
            let text = members.remove("base64")?;
            STANDARD.decode(text.as_str()?).ok().map(Cell::Bytes)
        }
        _ => None,
    }
}
