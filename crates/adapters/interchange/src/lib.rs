//! adapters/interchange
