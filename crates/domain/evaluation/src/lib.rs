//! domain/evaluation
