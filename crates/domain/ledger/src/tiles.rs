use crate::{Hash, Nodes};

/// Hashes in a full tile, and heights that it spans: 256 = 2^8.
const WIDTH: u64 = 256;
const HEIGHT: u32 = 8;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TileLevel {
    /// Hashes; at level 0 of leaves, above of full tiles of the level below.
    Hashes(u8),
    /// The leaves themselves.
    Entries,
}

/// One tile, by where it stands (C2SP `tlog-tiles`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// What it holds.
    pub level: TileLevel,
    /// Its number in the level.
    pub index: u64,
    /// How many entries it has; 256 when it is full.
    pub width: u16,
}

/// A file is not the tile that its name says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {why}")]
pub struct TileError {
    /// Its path below the log's folder.
    pub path: String,
    /// What is wrong.
    pub why: String,
}

/// The number of a tile as a path: groups of three digits, all but the last after an `x`.
fn number(index: u64) -> String {
    let last = format!("{:03}", index % 1000);
    let mut groups = vec![last];
    let mut rest = index / 1000;
    while rest > 0 {
        groups.push(format!("x{:03}", rest % 1000));
        rest /= 1000;
    }
    groups.reverse();
    groups.join("/")
}

impl TileId {
    /// Its path below the log's folder, e.g. `tile/0/x001/x234/067.p/8`.
    pub fn path(&self) -> String {
        let level = match self.level {
            TileLevel::Hashes(level) => level.to_string(),
            TileLevel::Entries => "entries".to_owned(),
        };
        let part = if self.is_full() { String::new() } else { format!(".p/{}", self.width) };
        format!("tile/{level}/{}{part}", number(self.index))
    }

    /// Whether it will never change.
    pub fn is_full(&self) -> bool {
        u64::from(self.width) == WIDTH
    }

    /// Which leaves an entry tile holds.
    pub fn entries(index: u64, size: u64) -> Self {
        Self { level: TileLevel::Entries, index, width: width(size, index) }
    }

    /// Every tile of a log with `size` leaves.
    pub fn all(size: u64) -> impl Iterator<Item = Self> {
        let level = |level: TileLevel, count: u64| {
            (0..count.div_ceil(WIDTH)).map(move |index| Self { level, index, width: width(count, index) })
        };
        let hashes = (0..HEIGHT).map_while(move |l| {
            let count = size.checked_shr(HEIGHT * l).unwrap_or(0);
            let number = u8::try_from(l).unwrap_or(u8::MAX);
            (count > 0).then(|| level(TileLevel::Hashes(number), count))
        });
        hashes.flatten().chain(level(TileLevel::Entries, size))
    }

    /// The hashes that the file of this tile holds.
    ///
    /// # Errors
    ///
    /// When the file has another length.
    pub fn hashes(&self, bytes: &[u8]) -> Result<Vec<Hash>, TileError> {
        let wrong = |why: String| TileError { path: self.path(), why };
        let (hashes, rest) = bytes.as_chunks::<32>();
        if !rest.is_empty() || hashes.len() != usize::from(self.width) {
            return Err(wrong(format!(
                "it has {} bytes and should have {}",
                bytes.len(),
                usize::from(self.width) * 32
            )));
        }
        Ok(hashes.iter().map(|h| Hash::from_bytes(*h)).collect())
    }
}

fn width(count: u64, index: u64) -> u16 {
    u16::try_from(count.saturating_sub(index.saturating_mul(WIDTH)).min(WIDTH)).unwrap_or(0)
}

/// Bundles of leaves: each with its length in two bytes before it.
#[derive(Debug, Clone, Copy)]
pub struct Entries;

impl Entries {
    /// The bytes of a bundle. Leaves are never longer than 65535 bytes.
    pub fn encode<'a>(leaves: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
        leaves.into_iter().fold(Vec::new(), |mut bytes, leaf| {
            bytes.extend_from_slice(&u16::try_from(leaf.len()).unwrap_or(u16::MAX).to_be_bytes());
            bytes.extend_from_slice(leaf);
            bytes
        })
    }

    /// The leaves of a bundle.
    ///
    /// # Errors
    ///
    /// When it does not hold as many leaves as its name says.
    pub fn decode(tile: TileId, bytes: &[u8]) -> Result<Vec<Vec<u8>>, TileError> {
        let wrong = |why: &str| TileError { path: tile.path(), why: why.to_owned() };
        let mut leaves = Vec::new();
        let mut rest = bytes;
        while let Some((length, after)) = rest.split_first_chunk::<2>() {
            let length = usize::from(u16::from_be_bytes(*length));
            let (leaf, after) = after.split_at_checked(length).ok_or_else(|| wrong("its last entry is cut short"))?;
            leaves.push(leaf.to_vec());
            rest = after;
        }
        if !rest.is_empty() || leaves.len() != usize::from(tile.width) {
            return Err(wrong(&format!("it holds {} entries and should hold {}", leaves.len(), tile.width)));
        }
        Ok(leaves)
    }
}

/// A tile that has just become full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FullTile {
    /// Which.
    pub id: TileId,
    /// Its 256 hashes.
    pub hashes: Vec<Hash>,
}

/// The right edge of a tree: the partial tile of each level. It is all that is needed to add leaves and to know the root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    levels: Vec<Vec<Hash>>,
}

/// Where the tiles of a log are read from.
pub trait TileSource {
    /// Why a tile could not be read.
    type Error: From<TileError>;

    /// The hashes of a tile.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    fn tile(&self, id: TileId) -> Result<Vec<Hash>, Self::Error>;
}

impl Edge {
    /// The edge of a log with `size` leaves.
    ///
    /// # Errors
    ///
    /// When a tile cannot be read.
    pub fn load<S: TileSource>(source: &S, size: u64) -> Result<Self, S::Error> {
        let mut levels = Vec::new();
        for level in 0..HEIGHT {
            let count = size.checked_shr(HEIGHT * level).unwrap_or(0);
            if count == 0 {
                break;
            }
            let number = u8::try_from(level).unwrap_or(u8::MAX);
            let id =
                TileId { level: TileLevel::Hashes(number), index: count / WIDTH, width: width(count, count / WIDTH) };
            levels.push(if id.width == 0 { Vec::new() } else { source.tile(id)? });
        }
        Ok(Self { size, levels })
    }

    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf by its hash; gives the tiles that it filled, lowest first.
    pub fn append(&mut self, leaf: Hash) -> Vec<FullTile> {
        let mut filled = Vec::new();
        let mut next = Some(leaf);
        let mut level = 0_u8;
        while let Some(hash) = next.take() {
            if self.levels.len() <= usize::from(level) {
                self.levels.push(Vec::new());
            }
            let Some(hashes) = self.levels.get_mut(usize::from(level)) else { break };
            hashes.push(hash);
            if u64::try_from(hashes.len()).unwrap_or(0) == WIDTH {
                let hashes = std::mem::take(hashes);
                next = Some(whole(&hashes));
                let index = self.size.checked_shr(HEIGHT * (u32::from(level) + 1)).unwrap_or(0);
                let id = TileId { level: TileLevel::Hashes(level), index, width: 256 };
                filled.push(FullTile { id, hashes });
                level += 1;
            }
        }
        self.size += 1;
        filled
    }

    /// The partial tiles, lowest level first.
    pub fn partial(&self) -> impl Iterator<Item = (TileId, &[Hash])> {
        self.levels.iter().zip(0_u8..).filter(|(hashes, _)| !hashes.is_empty()).map(|(hashes, level)| {
            let count = self.size.checked_shr(HEIGHT * u32::from(level)).unwrap_or(0);
            let width = u16::try_from(hashes.len()).unwrap_or(0);
            (TileId { level: TileLevel::Hashes(level), index: count / WIDTH, width }, hashes.as_slice())
        })
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        let mut root: Option<Hash> = None;
        for hashes in &self.levels {
            // From the right: the smallest whole subtree of the level stands last.
            let mut rest = hashes.as_slice();
            while !rest.is_empty() {
                let take = 1_usize.checked_shl(rest.len().trailing_zeros()).unwrap_or(1);
                let (before, subtree) = rest.split_at(rest.len() - take);
                let hash = whole(subtree);
                root = Some(root.map_or(hash, |right| Hash::of_node(&hash, &right)));
                rest = before;
            }
        }
        root.unwrap_or_else(Hash::empty)
    }
}

/// The hash over 2^n hashes.
fn whole(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => Hash::empty(),
        [one] => *one,
        _ => {
            let (left, right) = hashes.split_at(hashes.len() / 2);
            Hash::of_node(&whole(left), &whole(right))
        }
    }
}

/// The nodes of a tree of `size` leaves, read from its tiles.
#[derive(Debug)]
pub struct TileNodes<'a, S> {
    /// Where the tiles are.
    pub source: &'a S,
    /// How many leaves the log had when the tiles were written that are read; every tile of that size must be there.
    pub size: u64,
}

impl<S: TileSource> Nodes for TileNodes<'_, S> {
    type Error = S::Error;

    fn node(&self, height: u32, index: u64) -> Result<Hash, S::Error> {
        let (level, above) = (height / HEIGHT, height % HEIGHT);
        let first = index.checked_shl(above).unwrap_or(u64::MAX);
        let count = self.size.checked_shr(HEIGHT * level).unwrap_or(0);
        let number = u8::try_from(level).unwrap_or(u8::MAX);
        let id = TileId { level: TileLevel::Hashes(number), index: first / WIDTH, width: width(count, first / WIDTH) };
        let hashes = self.source.tile(id)?;
        let start = usize::try_from(first % WIDTH).unwrap_or(0);
        let end = start + 1_usize.checked_shl(above).unwrap_or(1);
        let wrong = || TileError { path: id.path(), why: format!("the tree needs its entries {start} to {end}") };
        hashes.get(start..end).map(whole).ok_or_else(|| wrong().into())
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, collections::BTreeMap};

    use super::*;
    use crate::{MemoryTree, consistency_proof, inclusion_proof};

    #[derive(Default)]
    struct Shelf(RefCell<BTreeMap<TileId, Vec<Hash>>>);

    impl TileSource for Shelf {
        type Error = TileError;

        fn tile(&self, id: TileId) -> Result<Vec<Hash>, TileError> {
            let missing = || TileError { path: id.path(), why: "missing".into() };
            self.0.borrow().get(&id).cloned().ok_or_else(missing)
        }
    }

    #[test]
    fn paths_are_those_of_the_specification() {
        let path = |level, index, width| TileId { level, index, width }.path();
        assert_eq!(path(TileLevel::Hashes(0), 1_234_067, 256), "tile/0/x001/x234/067");
        assert_eq!(path(TileLevel::Hashes(2), 0, 1), "tile/2/000.p/1");
        assert_eq!(path(TileLevel::Entries, 999, 112), "tile/entries/999.p/112");
        assert_eq!(path(TileLevel::Entries, 1000, 256), "tile/entries/x001/000");
    }

    #[test]
    fn a_tree_of_70000_has_the_tiles_that_the_specification_counts() {
        let count = |level, full| {
            TileId::all(70_000).filter(|t| t.level == TileLevel::Hashes(level) && t.is_full() == full).count()
        };
        assert_eq!([count(0, true), count(0, false), count(1, true), count(1, false)], [273, 1, 1, 1]);
        assert_eq!([count(2, true), count(2, false), count(3, false)], [0, 1, 0]);
        let widths: Vec<u16> = TileId::all(70_000).filter(|t| !t.is_full()).map(|t| t.width).collect();
        assert_eq!(widths, [112, 17, 1, 112]);
        assert_eq!(
            TileId::all(256).map(|t| t.path()).collect::<Vec<_>>(),
            ["tile/0/000", "tile/1/000.p/1", "tile/entries/000"]
        );
        assert_eq!(TileId::all(0).count(), 0);
    }

    #[test]
    fn tiles_and_memory_agree_on_every_root_and_proof() {
        let shelf = Shelf::default();
        let mut edge = Edge::default();
        let mut memory = MemoryTree::default();
        for size in 1..=66_000_u64 {
            let leaf = Hash::of_leaf(&size.to_be_bytes());
            memory.push(leaf);
            let filled = edge.append(leaf);
            let looked_at = size < 600 || size > 65_500 && size % 37 == 0 || size == 65_536;
            shelf.0.borrow_mut().extend(filled.into_iter().map(|t| (t.id, t.hashes)));
            if !looked_at {
                continue;
            }
            shelf.0.borrow_mut().extend(edge.partial().map(|(id, hashes)| (id, hashes.to_vec())));
            assert_eq!(Some(edge.root()), memory.root(size));
            assert_eq!(Edge::load(&shelf, size).unwrap().root(), edge.root());
            let nodes = TileNodes { source: &shelf, size };
            for index in [0, size / 2, size - 1] {
                assert_eq!(inclusion_proof(&nodes, index, size), Ok(inclusion_proof(&memory, index, size).unwrap()));
            }
            let old = size / 3;
            assert_eq!(consistency_proof(&nodes, old, size), Ok(consistency_proof(&memory, old, size).unwrap()));
            let mut written: Vec<TileId> =
                shelf.0.borrow().keys().copied().filter(|id| id.is_full() || is_now(&edge, id)).collect();
            let mut expected: Vec<TileId> = TileId::all(size).filter(|t| t.level != TileLevel::Entries).collect();
            written.sort();
            expected.sort();
            assert_eq!(written, expected, "{size}");
        }
    }

    fn is_now(edge: &Edge, id: &TileId) -> bool {
        edge.partial().any(|(now, _)| now == *id)
    }

    #[test]
    fn bundles_hold_what_was_put_in() {
        let long = vec![7; 65_535];
        let leaves: [&[u8]; 3] = [b"", b"leaf", &long];
        let bytes = Entries::encode(leaves);
        let id = TileId { level: TileLevel::Entries, index: 0, width: 3 };
        assert_eq!(Entries::decode(id, &bytes).unwrap(), leaves.map(<[u8]>::to_vec));
        assert!(Entries::decode(TileId { width: 2, ..id }, &bytes).is_err());
        assert!(Entries::decode(id, &bytes[..bytes.len() - 1]).is_err());
        assert!(Entries::decode(id, &[&bytes[..], &[0]].concat()).is_err());
        assert!(id.hashes(&[0; 95]).is_err());
    }
}
