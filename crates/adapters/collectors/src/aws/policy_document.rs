//! Access policy documents: who may do what.
