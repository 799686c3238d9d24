use std::convert::Infallible;

use crate::Hash;

/// The proof does not show what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the proof does not lead to the root")]
pub struct Broken;

/// Where hashes of whole subtrees come from. The node at `height` and `index` spans the leaves from `index << height` to
/// `(index + 1) << height`, all of which the tree has.
pub trait Nodes {
    /// Why a node could not be had.
    type Error;

    /// The hash of one node.
    ///
    /// # Errors
    ///
    /// When it could not be had.
    fn node(&self, height: u32, index: u64) -> Result<Hash, Self::Error>;
}

/// The biggest power of two below `width`, which is at least 2.
fn split(width: u64) -> u64 {
    1_u64.checked_shl((width - 1).ilog2()).unwrap_or(1)
}

/// The Merkle tree hash of the leaves from `start` to `end` (RFC 6962 section 2.1); `start` is aligned as the recursion
/// aligns it.
fn range<N: Nodes>(nodes: &N, start: u64, end: u64) -> Result<Hash, N::Error> {
    let width = end.saturating_sub(start);
    if width == 0 {
        return Ok(Hash::empty());
    }
    if width.is_power_of_two() {
        let height = width.ilog2();
        return nodes.node(height, start >> height);
    }
    let middle = start + split(width);
    Ok(Hash::of_node(&range(nodes, start, middle)?, &range(nodes, middle, end)?))
}

/// The root over the first `size` leaves.
///
/// # Errors
///
/// When a node could not be had.
pub fn root<N: Nodes>(nodes: &N, size: u64) -> Result<Hash, N::Error> {
    range(nodes, 0, size)
}

/// The inclusion proof of leaf `index` in the tree of the first `size` leaves (RFC 6962 section 2.1.1); empty when the
/// tree has no such leaf.
///
/// # Errors
///
/// When a node could not be had.
pub fn inclusion_proof<N: Nodes>(nodes: &N, index: u64, size: u64) -> Result<Vec<Hash>, N::Error> {
    let mut proof = Vec::new();
    let (mut start, mut end) = (0, size);
    while index < size && end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            proof.push(range(nodes, middle, end)?);
            end = middle;
        } else {
            proof.push(range(nodes, start, middle)?);
            start = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The proof that the tree of `new` leaves begins with the tree of `old` leaves (RFC 6962 section 2.1.2).
///
/// # Errors
///
/// When a node could not be had.
pub fn consistency_proof<N: Nodes>(nodes: &N, old: u64, new: u64) -> Result<Vec<Hash>, N::Error> {
    let mut proof = Vec::new();
    if old == 0 || old >= new {
        return Ok(proof);
    }
    let (mut start, mut end) = (0, new);
    while end != old {
        let middle = start + split(end - start);
        if old <= middle {
            proof.push(range(nodes, middle, end)?);
            end = middle;
        } else {
            proof.push(range(nodes, start, middle)?);
            start = middle;
        }
    }
    // The old tree itself is known to who asks, unless it is only a part of it that is left over.
    if start > 0 {
        proof.push(range(nodes, start, end)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Whether the leaf with this hash is leaf `index` of the tree with `size` leaves and this root (RFC 9162 section
/// 2.1.3.2).
///
/// # Errors
///
/// When it is not shown.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> Result<(), Broken> {
    if index >= size {
        return Err(Broken);
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(Broken);
        }
        if node & 1 == 1 || node == last {
            hash = Hash::of_node(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = Hash::of_node(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last == 0 && hash == *root { Ok(()) } else { Err(Broken) }
}

/// Whether the tree of `new` leaves begins with the tree of `old` leaves (RFC 9162 section 2.1.4.2).
///
/// # Errors
///
/// When it is not shown.
pub fn verify_consistency(old: u64, old_root: &Hash, new: u64, new_root: &Hash, proof: &[Hash]) -> Result<(), Broken> {
    let holds = |holds: bool| if holds { Ok(()) } else { Err(Broken) };
    if old > new {
        return Err(Broken);
    }
    if old == 0 {
        return holds(proof.is_empty() && *old_root == Hash::empty());
    }
    if old == new {
        return holds(proof.is_empty() && old_root == new_root);
    }
    let (mut node, mut last) = (old - 1, new - 1);
    let mut rest = proof.iter();
    let first = if old.is_power_of_two() { Some(old_root) } else { rest.next() };
    let Some(first) = first else { return Err(Broken) };
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut from_old, mut from_new) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return Err(Broken);
        }
        if node & 1 == 1 || node == last {
            from_old = Hash::of_node(sibling, &from_old);
            from_new = Hash::of_node(sibling, &from_new);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            from_new = Hash::of_node(&from_new, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    holds(last == 0 && from_old == *old_root && from_new == *new_root)
}

/// A whole tree in memory: every node of every height. For small logs, audits and tests.
#[derive(Debug, Clone, Default)]
pub struct MemoryTree {
    heights: Vec<Vec<Hash>>,
}

impl MemoryTree {
    /// Adds a leaf by its hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        let mut height = 0;
        loop {
            if self.heights.len() == height {
                self.heights.push(Vec::new());
            }
            let Some(row) = self.heights.get_mut(height) else { return };
            row.push(hash);
            if row.len() % 2 == 1 {
                return;
            }
            let [.., left, right] = row.as_slice() else { return };
            hash = Hash::of_node(left, right);
            height += 1;
        }
    }

    /// How many leaves it has.
    pub fn size(&self) -> u64 {
        self.heights.first().map_or(0, |row| u64::try_from(row.len()).unwrap_or(u64::MAX))
    }

    /// The root over the first `size` leaves; `None` when it has fewer.
    pub fn root(&self, size: u64) -> Option<Hash> {
        (size <= self.size()).then(|| root(self, size).unwrap_or_else(|never| match never {}))
    }
}

impl Nodes for MemoryTree {
    type Error = Infallible;

    fn node(&self, height: u32, index: u64) -> Result<Hash, Infallible> {
        let at = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let row = self.heights.get(at(height.into()));
        // A node that the tree does not have hashes like nothing: what is proven with it does not verify.
        Ok(row.and_then(|row| row.get(at(index))).copied().unwrap_or_else(Hash::empty))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The naive definition of RFC 6962 section 2.1, word for word.
    fn mth(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Hash::empty(),
            [leaf] => *leaf,
            _ => {
                let k = leaves.len().next_power_of_two() / 2;
                Hash::of_node(&mth(&leaves[..k]), &mth(&leaves[k..]))
            }
        }
    }

    fn leaves(n: u64) -> Vec<Hash> {
        (0..n).map(|i| Hash::of_leaf(&i.to_be_bytes())).collect()
    }

    fn tree(leaves: &[Hash]) -> MemoryTree {
        let mut tree = MemoryTree::default();
        leaves.iter().for_each(|leaf| tree.push(*leaf));
        tree
    }

    #[test]
    fn roots_are_those_of_the_certificate_transparency_test_vectors() {
        let inputs: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut tree = MemoryTree::default();
        for (input, root) in inputs.iter().zip(roots) {
            tree.push(Hash::of_leaf(input));
            assert_eq!(crate::hash::to_hex(tree.root(tree.size()).unwrap().as_bytes()), root);
        }
    }

    #[test]
    fn every_inclusion_and_consistency_proof_of_small_trees_holds_and_no_other() {
        let all = leaves(70);
        let tree = tree(&all);
        for size in 1..=70_u64 {
            let root = tree.root(size).unwrap();
            assert_eq!(root, mth(&all[..usize::try_from(size).unwrap()]));
            for (index, leaf) in (0..size).zip(&all) {
                let proof = inclusion_proof(&tree, index, size).unwrap();
                assert_eq!(verify_inclusion(leaf, index, size, &proof, &root), Ok(()), "{index} of {size}");
                assert!(verify_inclusion(leaf, index + 1, size, &proof, &root).is_err() || size == 1);
                assert!(verify_inclusion(leaf, size, size, &proof, &root).is_err());
                assert!(verify_inclusion(leaf, index, size, &[proof.as_slice(), &[root]].concat(), &root).is_err());
                assert!(proof.is_empty() || verify_inclusion(leaf, index, size, &proof[1..], &root).is_err());
            }
            for old in 0..=size {
                let old_root = tree.root(old).unwrap();
                let proof = consistency_proof(&tree, old, size).unwrap();
                assert_eq!(verify_consistency(old, &old_root, size, &root, &proof), Ok(()), "{old} in {size}");
                if old > 0 && old < size {
                    assert!(verify_consistency(old, &root, size, &root, &proof).is_err());
                    assert!(verify_consistency(old, &old_root, size, &old_root, &proof).is_err());
                    assert!(verify_consistency(old, &old_root, size, &root, &[]).is_err());
                    let longer = [proof.as_slice(), &[root]].concat();
                    assert!(verify_consistency(old, &old_root, size, &root, &longer).is_err());
                }
            }
        }
    }

    proptest! {
        #[test]
        fn a_changed_bit_anywhere_breaks_a_proof(size in 2..400_u64, at in any::<prop::sample::Index>(), bit in 0..256_usize) {
            let all = leaves(size);
            let tree = tree(&all);
            let index = u64::try_from(at.index(all.len())).unwrap();
            let proof = inclusion_proof(&tree, index, size).unwrap();
            let root = tree.root(size).unwrap();
            let leaf = all[at.index(all.len())];
            let flip = |hash: &Hash| {
                let mut bytes = *hash.as_bytes();
                bytes[bit / 8] ^= 1 << (bit % 8);
                Hash::from_bytes(bytes)
            };
            for place in 0..proof.len() {
                let mut changed = proof.clone();
                changed[place] = flip(&changed[place]);
                prop_assert!(verify_inclusion(&leaf, index, size, &changed, &root).is_err());
            }
            prop_assert!(verify_inclusion(&flip(&leaf), index, size, &proof, &root).is_err());
            prop_assert!(verify_inclusion(&leaf, index, size, &proof, &flip(&root)).is_err());
        }

        #[test]
        fn no_proof_makes_the_verifier_panic(index: u64, size: u64, old: u64, length in 0..70_usize) {
            let proof = vec![Hash::empty(); length];
            let _ = verify_inclusion(&Hash::empty(), index, size, &proof, &Hash::empty());
            let _ = verify_consistency(old, &Hash::empty(), size, &Hash::empty(), &proof);
        }
    }
}
