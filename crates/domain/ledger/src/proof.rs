use std::fmt;

use crate::{
    Hash,
    hash::{from_base64, to_base64},
};

const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// No tree has more than 2^64 leaves, so no proof more hashes.
const MOST_HASHES: usize = 64;
/// A proof file is no bigger.
const MOST_BYTES: usize = 2 << 20;

/// A proof that can be checked offline (C2SP `tlog-proof`): index, inclusion proof and checkpoint, and a line of extra
/// data for who knows what to do with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// The extra data; nobody vouches for it.
    pub extra: Option<Vec<u8>>,
    /// Which leaf.
    pub index: u64,
    /// From the leaf's sibling to the root's child.
    pub hashes: Vec<Hash>,
    /// The checkpoint, word for word.
    pub checkpoint: String,
}

/// The text is not a proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is not a proof file: {0}")]
pub struct ProofError(pub &'static str);

impl TlogProof {
    /// Reads a proof file. It proves nothing yet.
    ///
    /// # Errors
    ///
    /// When it is not of the shape that tlog-proof defines.
    pub fn parse(text: &str) -> Result<Self, ProofError> {
        if text.len() > MOST_BYTES {
            return Err(ProofError("it is bigger than 2 MiB"));
        }
        let rest = text.strip_prefix(HEADER).and_then(|r| r.strip_prefix('\n'));
        let rest = rest.ok_or(ProofError("its first line is not `c2sp.org/tlog-proof@v1`"))?;
        let cut = ProofError("it ends too soon");
        let (mut line, mut rest) = rest.split_once('\n').ok_or(cut.clone())?;
        let mut extra = None;
        if let Some(encoded) = line.strip_prefix("extra ") {
            extra = Some(from_base64(encoded).ok_or(ProofError("its extra line is not base64"))?);
            (line, rest) = rest.split_once('\n').ok_or(cut.clone())?;
        }
        let number = line.strip_prefix("index ").ok_or(ProofError("it says no index"))?;
        let index = number.parse().map_err(|_| ProofError("its index is not a number"))?;
        if u64::to_string(&index) != number {
            return Err(ProofError("its index is not written as it should be"));
        }
        let mut hashes = Vec::new();
        let checkpoint = loop {
            let (line, after) = rest.split_once('\n').ok_or(cut.clone())?;
            rest = after;
            if line.is_empty() {
                break after;
            }
            if hashes.len() == MOST_HASHES {
                return Err(ProofError("it has more than 64 hashes"));
            }
            hashes.push(line.parse().map_err(|_| ProofError("one of its hashes is not the base64 of 32 bytes"))?);
        };
        Ok(Self { extra, index, hashes, checkpoint: checkpoint.to_owned() })
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", to_base64(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.hashes.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for extra in [None, Some(Vec::new()), Some(b"salt".to_vec())] {
            for hashes in [Vec::new(), vec![Hash::empty(), Hash::of_leaf(b"x")]] {
                let proof =
                    TlogProof { extra: extra.clone(), index: 7, hashes, checkpoint: "o\n8\nr\n\n— o x\n".into() };
                assert_eq!(TlogProof::parse(&proof.to_string()), Ok(proof));
            }
        }
    }

    #[test]
    fn what_is_no_proof_is_refused() {
        let good =
            TlogProof { extra: None, index: 7, hashes: vec![Hash::empty()], checkpoint: "c\n".into() }.to_string();
        for (from, to) in [
            ("@v1", "@v2"),
            ("index 7", "index 07"),
            ("index 7", "index +7"),
            ("index 7", "index -7"),
            ("index 7", "index 99999999999999999999"),
            ("index 7", "Index 7"),
            ("index 7\n", ""),
            ("index 7\n", "index 7\nindex 7\n"),
            ("47DE", "46DE"),
            ("47DE", " 47DE"),
            ("=\n", "\n"),
            ("@v1\n", "@v1\r\n"),
        ] {
            let changed = good.replacen(from, to, 1);
            assert_ne!(changed, good);
            assert!(TlogProof::parse(&changed).is_err() || from == "47DE" && to == "46DE", "{changed}");
        }
        let long = good.replacen("47DE", &format!("{}\n47DE", vec![Hash::empty().to_string(); 64].join("\n")), 1);
        assert!(TlogProof::parse(&long).is_err());
    }
}
