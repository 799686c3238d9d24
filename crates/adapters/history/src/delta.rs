//! One text as what differs from another: pieces to copy from the other, and pieces to insert.
//!
//! The other text is cut into chunks where its content says so, so that what was moved is found again. A chunk that both
//! hold is a match, which grows in both directions byte by byte: what is inserted is little more than what changed.

use std::collections::HashMap;

/// Shortest and longest chunk. A chunk ends where the last bytes' hash has [`ZEROS`] zeros: every 256 bytes or so.
const SHORTEST: usize = 48;
const LONGEST: usize = 4096;
const ZEROS: u64 = 0xFF << 40;

/// Why a delta cannot be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its delta does not fit the run that it builds on")]
pub(crate) struct Misfit;

/// What turns `base` into `target`.
pub(crate) fn encode(base: &[u8], target: &[u8]) -> Vec<u8> {
    let mut at = 0_usize;
    let mut places: HashMap<&[u8], usize> = HashMap::new();
    for chunk in Chunks(base) {
        places.entry(chunk).or_insert(at);
        at = at.saturating_add(chunk.len());
    }
    let mut out = Out { ops: Vec::new(), expected: 0 };
    // What is decided, and where in the base the last copy ended.
    let (mut done, mut copied) = (0_usize, 0_usize);
    let mut start = 0_usize;
    for chunk in Chunks(target) {
        let end = start.saturating_add(chunk.len());
        if start >= done {
            // What was only replaced leaves the rest where it was: look there first.
            let aligned = copied.saturating_add(start.saturating_sub(done));
            let here = base.get(aligned..aligned.saturating_add(chunk.len())) == Some(chunk);
            if let Some(place) = if here { Some(aligned) } else { places.get(chunk).copied() } {
                let (pending, rest) = (target.get(done..start), target.get(start..));
                let (before, after) = (base.get(..place), base.get(place..));
                let back = same(pending.unwrap_or_default().iter().rev(), before.unwrap_or_default().iter().rev());
                let forth = same(rest.unwrap_or_default().iter(), after.unwrap_or_default().iter());
                out.insert(target.get(done..start.saturating_sub(back)).unwrap_or_default());
                out.copy(place.saturating_sub(back), back.saturating_add(forth));
                (done, copied) = (start.saturating_add(forth), place.saturating_add(forth));
            }
        }
        start = end;
    }
    out.insert(target.get(done..).unwrap_or_default());
    out.ops
}

fn same<'b>(one: impl Iterator<Item = &'b u8>, other: impl Iterator<Item = &'b u8>) -> usize {
    one.zip(other).take_while(|(a, b)| a == b).count()
}

/// Applies a delta; the result must be of exactly this length.
pub(crate) fn apply(base: &[u8], mut ops: &[u8], length: usize) -> Result<Vec<u8>, Misfit> {
    let mut out = Vec::with_capacity(length);
    let mut expected = 0_usize;
    while !ops.is_empty() {
        let head = number(&mut ops)?;
        let size = usize::try_from(head >> 1).map_err(|_| Misfit)?;
        if size > length.saturating_sub(out.len()) {
            return Err(Misfit);
        }
        if head & 1 == 1 {
            let moved = number(&mut ops)?;
            let distance = usize::try_from(moved >> 1).map_err(|_| Misfit)?;
            let from = if moved & 1 == 1 { expected.checked_sub(distance) } else { expected.checked_add(distance) };
            let end = from.and_then(|from| from.checked_add(size)).ok_or(Misfit)?;
            out.extend_from_slice(base.get(from.unwrap_or(0)..end).ok_or(Misfit)?);
            expected = end;
        } else {
            let (inserted, rest) = ops.split_at_checked(size).ok_or(Misfit)?;
            out.extend_from_slice(inserted);
            ops = rest;
        }
    }
    if out.len() == length { Ok(out) } else { Err(Misfit) }
}

struct Out {
    ops: Vec<u8>,
    /// Where the next copy would begin if nothing had moved.
    expected: usize,
}

impl Out {
    fn insert(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.number(wide(bytes.len()) << 1);
            self.ops.extend_from_slice(bytes);
        }
    }

    fn copy(&mut self, from: usize, size: usize) {
        self.number(wide(size) << 1 | 1);
        let back = from < self.expected;
        self.number(wide(from.abs_diff(self.expected)) << 1 | u64::from(back));
        self.expected = from.saturating_add(size);
    }

    /// Seven bits a byte, lowest first.
    fn number(&mut self, mut number: u64) {
        loop {
            let [low, ..] = (number & 0x7F).to_le_bytes();
            number >>= 7;
            if number == 0 {
                return self.ops.push(low);
            }
            self.ops.push(low | 0x80);
        }
    }
}

fn wide(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn number(ops: &mut &[u8]) -> Result<u64, Misfit> {
    let mut number = 0_u64;
    for shift in (0..63).step_by(7) {
        let (byte, rest) = ops.split_first().ok_or(Misfit)?;
        *ops = rest;
        number |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(Misfit)
}

/// Cuts a text where its content says so.
struct Chunks<'t>(&'t [u8]);

impl<'t> Iterator for Chunks<'t> {
    type Item = &'t [u8];

    fn next(&mut self) -> Option<&'t [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let mut hash = 0_u64;
        let mut end = self.0.len().min(LONGEST);
        for (at, byte) in self.0.iter().enumerate().take(LONGEST) {
            // The bits that are looked at hang on the last 48 bytes and on nothing before them.
            hash = (hash << 1).wrapping_add(mixed(*byte));
            if at >= SHORTEST && hash & ZEROS == 0 {
                end = at.saturating_add(1);
                break;
            }
        }
        let (chunk, rest) = self.0.split_at_checked(end)?;
        self.0 = rest;
        Some(chunk)
    }
}

/// A byte as sixty-four bits that look random.
fn mixed(byte: u8) -> u64 {
    let mut mixed = u64::from(byte).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(records: usize) -> Vec<u8> {
        let record = |i: usize| {
            format!(
                "{{\"address\":\"bucket-{i}\",\"encrypted\":{},\"key\":\"{:x}\"}}\n",
                i.is_multiple_of(2),
                mixed(u8::try_from(i % 251).unwrap()) ^ wide(i)
            )
        };
        (0..records).flat_map(|i| record(i).into_bytes()).collect()
    }

    #[test]
    fn little_changed_is_little_to_keep() {
        let base = text(2_000);
        let changed = String::from_utf8(base.clone()).unwrap().replacen(
            "\"bucket-1000\",\"encrypted\":true",
            "\"bucket-1000\",\"encrypted\":false",
            1,
        );
        let ops = encode(&base, changed.as_bytes());
        assert!(ops.len() < 40, "{}", ops.len());
        assert_eq!(apply(&base, &ops, changed.len()).unwrap(), changed.as_bytes());
    }

    #[test]
    fn what_moved_is_found_again() {
        let base = text(400);
        let (head, tail) = base.split_at(base.len() / 3);
        let turned = [tail, b"something new", head].concat();
        let ops = encode(&base, &turned);
        assert!(ops.len() < 400, "{}", ops.len());
        assert_eq!(apply(&base, &ops, turned.len()).unwrap(), turned);
    }

    proptest! {
        #[test]
        fn what_was_taken_apart_comes_together_again(
            cuts in prop::collection::vec((0_usize..30_000, 0_usize..300, prop::collection::vec(any::<u8>(), 0..40)), 0..12),
        ) {
            let base = text(300);
            let mut target = base.clone();
            for (at, remove, insert) in cuts {
                let at = at.min(target.len());
                let end = (at + remove).min(target.len());
                target.splice(at..end, insert);
            }
            let ops = encode(&base, &target);
            prop_assert_eq!(apply(&base, &ops, target.len()), Ok(target));
        }

        #[test]
        fn a_strangers_delta_is_refused_or_of_the_right_length(ops in prop::collection::vec(any::<u8>(), 0..60), length in 0_usize..2_000) {
            if let Ok(out) = apply(&text(10), &ops, length) {
                prop_assert_eq!(out.len(), length);
            }
        }
    }
}
