//! Leaves, tree, checkpoints and proofs of a tamper-evident log: bytes in, bytes out.
