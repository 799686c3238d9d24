//! A real browser (Debian's chromium, by its WebDriver) and a real server, for the tests of the pages.
//!
//! A [`Site`] is a server on a free port with one assessment in it; a [`Window`] is a browser that looks at it. At its end
//! a window says whether the page was [quiet](Window::quiet): nothing in the console, nothing that the content security
//! policy stopped. Screenshots go to `target/screenshots`, which git ignores.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a tool for tests: it stops at a surprise"
)]

mod axe;
mod driver;
mod site;
mod window;

pub use axe::Violation;
pub use site::{PASSWORD, Person, Site, files};
pub use window::{Extra, Window};

/// A folder below `target`, made when it is not there.
pub fn folder(name: &str) -> std::path::PathBuf {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target").join(name);
    std::fs::create_dir_all(&root).expect("target can be written");
    root
}
