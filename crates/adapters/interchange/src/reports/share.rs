//! Parts of a whole as parts of a bar, in whole numbers.

use attesta_evaluation::{Standing, Tally};

/// Left to right: what is shown, what is wrong, what cannot be told, what waits.
pub(super) const ORDER: [Standing; 5] =
    [Standing::Proven, Standing::Violated, Standing::Waived, Standing::Unknown, Standing::People];

/// Cells of a bar for each standing, in [`ORDER`].
pub(super) fn bar(tally: Tally, cells: u32) -> [(Standing, u32); 5] {
    let parts = apportion(&ORDER.map(|s| tally.of(s)), cells);
    let mut parts = parts.into_iter();
    ORDER.map(|s| (s, parts.next().unwrap_or_default()))
}

/// Divides `cells` by the counts. Whoever has something gets a cell at least, so that one violation among hundreds is
/// seen; the rest goes by largest remainder. The cells add up to `cells`, unless there is nothing to divide by.
pub(super) fn apportion(counts: &[u32], cells: u32) -> Vec<u32> {
    let total: u64 = counts.iter().copied().map(u64::from).sum();
    if total == 0 {
        return vec![0; counts.len()];
    }
    let exact = |count: u32| u64::from(count).saturating_mul(u64::from(cells));
    let mut parts: Vec<u32> = counts
        .iter()
        .map(|count| {
            let floor = u32::try_from(exact(*count).checked_div(total).unwrap_or(0)).unwrap_or(cells);
            if *count > 0 { floor.max(1) } else { 0 }
        })
        .collect();
    let remainder = |index: usize| counts.get(index).map_or(0, |count| exact(*count).checked_rem(total).unwrap_or(0));
    loop {
        let given: u32 = parts.iter().sum();
        let indexes = 0..parts.len();
        // Too few: the largest remainder gains, each index once. Too many: the largest part pays for the small ones.
        let (slot, gain) = if given < cells {
            let floor = |i: &usize| {
                counts.get(*i).is_some_and(|c| u64::from(parts.get(*i).copied().unwrap_or(0)) * total <= exact(*c))
            };
            (indexes.filter(floor).max_by_key(|i| (remainder(*i), std::cmp::Reverse(*i))), true)
        } else if given > cells {
            (indexes.filter(|i| parts.get(*i).is_some_and(|p| *p > 1)).max_by_key(|i| parts.get(*i).copied()), false)
        } else {
            return parts;
        };
        match slot.and_then(|i| parts.get_mut(i)) {
            Some(part) if gain => *part = part.saturating_add(1),
            Some(part) => *part = part.saturating_sub(1),
            None => return parts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares() {
        for (counts, cells, expected) in [
            (&[0, 0][..], 20, &[0, 0][..]),
            (&[1, 1], 20, &[10, 10]),
            (&[1, 999], 20, &[1, 19]),
            (&[1, 1, 1], 20, &[7, 7, 6]),
            (&[1, 1, 1, 1, 996], 20, &[1, 1, 1, 1, 16]),
            (&[5, 0, 5], 20, &[10, 0, 10]),
            (&[u32::MAX, u32::MAX], 20, &[10, 10]),
            (&[3, 0, 0, 0, 97], 1000, &[30, 0, 0, 0, 970]),
        ] {
            assert_eq!(apportion(counts, cells), expected, "{counts:?}");
        }
    }

    #[test]
    fn cells_add_up() {
        for a in 0..12 {
            for b in 0..12 {
                for c in 0..60 {
                    let parts = apportion(&[a, b, c], 20);
                    let expected = if a + b + c == 0 { 0 } else { 20 };
                    assert_eq!(parts.iter().sum::<u32>(), expected, "{a} {b} {c}");
                }
            }
        }
    }
}
