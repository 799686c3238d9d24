//! adapters/rules
