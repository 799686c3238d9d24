//! What tests of several crates share. Only ever a development dependency.

mod chance;
mod http;
mod postgres;
mod road;
mod server;

pub use chance::Chance;
pub use http::{Answer, Client, Headers};
pub use postgres::Postgres;
pub use road::{Road, Weather};
pub use server::{Founded, PASSWORD, Server};
