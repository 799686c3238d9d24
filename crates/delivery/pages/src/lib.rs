//! The pages that people see: plain values in, HTML out.
//!
//! Every page is a function from what a use case told to markup. Nothing here reads a store, a clock or a request, and
//! nothing decides: what a page shows was decided before it came here. The style sheet and the small modules that run in
//! the browser are in `assets/` and travel in the binary ([`asset`]).

mod assets;
pub mod chart;
mod frame;
pub mod parts;
pub mod rooms;
pub mod tour;
pub mod words;

pub use assets::{Asset, address, asset};
pub use frame::{Door, Frame, Here, Ledger, Organisation, Section, Theme, Visitor, page};
pub use maud::{Markup, PreEscaped, html};
