//! What tests of several crates share. Only ever a development dependency.

mod postgres;

pub use postgres::Postgres;
