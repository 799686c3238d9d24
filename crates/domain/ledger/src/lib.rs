//! A tamper-evident log, bytes in and bytes out: leaves, the RFC 6962 tree, tiles, signed checkpoints, inclusion and
//! consistency proofs, proof files and witness policies, all in the formats of C2SP (`tlog-tiles`, `tlog-checkpoint`,
//! `signed-note`, `tlog-proof`, `tlog-cosignature`, `tlog-policy`), so that verifiers that are not ours read them.
//!
//! It never reads a clock, a file or a random source: time, seeds and salts are inputs. A leaf holds ids and salted
//! digests; there is no field that could take content.

mod canonical;
mod checkpoint;
mod hash;
mod key;
mod leaf;
mod note;
mod opening;
mod policy;
mod proof;
mod tiles;
mod tree;
mod verify;
mod witness;

pub use canonical::{Json, NotCanonical};
pub use checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint};
pub use hash::{Hash, HashError};
pub use key::{KeyError, Origin, OriginError, SigningKey, VerifierKey};
pub use leaf::{ActorId, EventKind, Leaf, LeafError, SubjectId, WordError};
pub use note::{Note, NoteError, NoteSignature};
pub use opening::{Opening, OpeningError, Salt, SaltedDigest};
pub use policy::{Policy, PolicyError};
pub use proof::{ProofError, TlogProof};
pub use tiles::{Edge, Entries, FullTile, TileError, TileId, TileLevel, TileNodes, TileSource};
pub use tree::{
    Broken, MemoryTree, Nodes, consistency_proof, inclusion_proof, root, verify_consistency, verify_inclusion,
};
pub use verify::{Claim, NotVerified, Trust, Verified, verify};
pub use witness::{Cosignature, WitnessKey, cosign};
