//! Reads a live AWS account into the neutral model.
