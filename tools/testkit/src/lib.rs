//! What tests of several crates share. Only ever a development dependency.

mod chance;
mod http;
mod postgres;
mod server;

pub use chance::Chance;
pub use http::{Answer, Client, Headers};
pub use postgres::Postgres;
pub use server::{Founded, PASSWORD, Server};
