//! adapters/content
