//! The server: a REST API over the store, and what runs behind it.
//!
//! A handler reads the request, asks access for a permit, lets a use case decide, writes in one transaction, and answers.
//! It decides nothing of its own.

mod act;
mod allocator;
mod api;
mod caller;
mod clock;
mod config;
mod deed;
pub mod demo;
mod desks;
mod entry;
mod house;
mod ids;
pub mod jobs;
mod mailer;
mod matter;
mod metrics;
mod page;
mod post;
mod press;
mod problem;
mod providers;
mod rate;
mod sent;
mod serve;
mod stage;
mod steps;
mod trust;
mod verbs;
mod watching;
mod web;
mod within;

pub use allocator::give_memory_back;
pub use api::openapi;
pub use attesta_blobs::S3;
pub use clock::Clock;
pub use config::{Config, MailConfig, ProviderConfig};
pub use house::House;
pub use providers::seal_secret;
pub use serve::{ServeError, first_owner_link, router, serve, work};
pub use verbs::leaves_of_commands;
pub use watching::{Allowed, AwsAsk, AwsReader};
