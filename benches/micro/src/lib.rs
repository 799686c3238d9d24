//! Nothing but benches: `cargo bench -p attesta-bench`.
