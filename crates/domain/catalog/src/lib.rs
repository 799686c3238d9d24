//! domain/catalog
