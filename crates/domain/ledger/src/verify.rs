use std::collections::BTreeSet;

use attesta_kernel::Digest;

use crate::{
    CheckpointError, Cosignature, Hash, Leaf, LeafError, Opening, OpeningError, Origin, Policy, ProofError,
    SaltedDigest, SignedCheckpoint, TlogProof, VerifierKey, verify_inclusion, witness::BadCosignature,
};

/// What is claimed: that a file with this digest was logged, and here is the proof.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// The digest of the file at hand.
    pub evidence: Digest,
    /// The proof file.
    pub proof: &'a str,
    /// The leaf that lies beside the proof, when one does; it must be the proof's own.
    pub leaf: Option<&'a [u8]>,
}

/// Whom the verifier trusts. It must come from elsewhere than the proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// This log, and nobody has to have witnessed.
    Key(VerifierKey),
    /// A policy's logs and its quorum of witnesses.
    Policy(Policy),
    /// This log and a policy's quorum.
    Both(VerifierKey, Policy),
}

/// What was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The leaf.
    pub leaf: Leaf,
    /// Its number in the log.
    pub index: u64,
    /// The checkpoint that covers it.
    pub checkpoint: SignedCheckpoint,
    /// Cosignatures of the policy's witnesses; empty without a policy.
    pub witnessed: Vec<Cosignature>,
}

/// The claim is not verified, and at which step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    /// The proof file is none.
    #[error("proof: {0}")]
    Proof(#[from] ProofError),
    /// The proof carries no leaf and salt.
    #[error("proof: it has no extra line, so nothing links the file to a leaf")]
    NotOpened,
    /// The extra line is something else.
    #[error("proof: {0}")]
    Opening(#[from] OpeningError),
    /// Two leaves.
    #[error("leaf: the file beside the proof is not the leaf that the proof speaks of")]
    OtherLeaf,
    /// The leaf is none.
    #[error("leaf: {0}")]
    Leaf(#[from] LeafError),
    /// The leaf speaks of no bytes.
    #[error("leaf: it speaks of no content")]
    NoContent,
    /// The file is another.
    #[error("evidence: its digest is not the one in the leaf; the file is another, or was changed")]
    Evidence,
    /// The checkpoint is none of the log's.
    #[error("{0}")]
    Checkpoint(#[from] CheckpointError),
    /// The policy names no log, and no key was given.
    #[error("policy: it names no log; give the log's key too")]
    NoLog,
    /// The leaf is not in the tree.
    #[error("inclusion: the leaf is not in the tree that the checkpoint signs")]
    Inclusion,
    /// A witness's signature is wrong.
    #[error("{0}")]
    Cosignature(#[from] BadCosignature),
    /// Too few witnesses.
    #[error("witnesses: {} cosigned, which is not the quorum of the policy", names(.0))]
    Quorum(Vec<Origin>),
}

fn names(witnesses: &[Origin]) -> String {
    if witnesses.is_empty() {
        return "nobody".to_owned();
    }
    witnesses.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ")
}

/// Verifies a claim, offline: the file's digest and the salt give the leaf's salted digest; the leaf and the hashes give the
/// root; the checkpoint signs the root; the policy's witnesses cosigned the checkpoint.
///
/// # Errors
///
/// At the first step that does not hold.
pub fn verify(claim: Claim<'_>, trust: &Trust) -> Result<Verified, NotVerified> {
    let proof = TlogProof::parse(claim.proof)?;
    let opening = Opening::from_bytes(proof.extra.as_deref().ok_or(NotVerified::NotOpened)?)?;
    if claim.leaf.is_some_and(|leaf| leaf != opening.leaf) {
        return Err(NotVerified::OtherLeaf);
    }
    let leaf = Leaf::from_bytes(&opening.leaf)?;
    let content = leaf.content.as_ref().ok_or(NotVerified::NoContent)?;
    if SaltedDigest::of(&opening.salt, &claim.evidence) != *content {
        return Err(NotVerified::Evidence);
    }
    let (checkpoint, witnessed) = trusted(&proof.checkpoint, trust)?;
    let head = &checkpoint.checkpoint;
    verify_inclusion(&Hash::of_leaf(&opening.leaf), proof.index, head.size, &proof.hashes, &head.root)
        .map_err(|_| NotVerified::Inclusion)?;
    Ok(Verified { leaf, index: proof.index, checkpoint, witnessed })
}

/// Opens a checkpoint of whom we trust.
fn trusted(text: &str, trust: &Trust) -> Result<(SignedCheckpoint, Vec<Cosignature>), NotVerified> {
    let (checkpoint, policy) = match trust {
        Trust::Key(key) => return Ok((SignedCheckpoint::open(text, key)?, Vec::new())),
        Trust::Both(key, policy) => {
            let opened = SignedCheckpoint::open(text, key)?;
            if !policy.logs.is_empty() {
                any(text, &policy.logs)?;
            }
            (opened, policy)
        }
        Trust::Policy(policy) => (any(text, &policy.logs)?, policy),
    };
    let mut cosigned = BTreeSet::new();
    let mut witnessed = Vec::new();
    for (name, key) in policy.witnesses() {
        if let Some(cosignature) = key.cosignature(&checkpoint.note)? {
            cosigned.insert(name);
            witnessed.push(cosignature);
        }
    }
    if !policy.is_met_by(&cosigned) {
        return Err(NotVerified::Quorum(witnessed.into_iter().map(|c| c.witness).collect()));
    }
    Ok((checkpoint, witnessed))
}

fn any(text: &str, logs: &[VerifierKey]) -> Result<SignedCheckpoint, NotVerified> {
    let mut why = NotVerified::NoLog;
    for log in logs {
        match SignedCheckpoint::open(text, log) {
            Ok(opened) => return Ok(opened),
            Err(error) => why = error.into(),
        }
    }
    Err(why)
}
