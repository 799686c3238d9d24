use std::{collections::BTreeSet, fmt, str::FromStr};

use attesta_kernel::Digest;

/// What makes a draw repeat: any text, chosen once what is drawn from is frozen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seed(Box<str>);

/// The text is no seed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a seed is 1 to 200 bytes without control characters or blanks around it")]
pub struct NotASeed;

impl Seed {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A seed for one part of a draw, so that parts do not depend on each other.
    #[must_use]
    pub fn of_part(&self, part: &str) -> Self {
        Self(format!("{}/{part}", self.0).into())
    }
}

impl FromStr for Seed {
    type Err = NotASeed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let sound = (1..=200).contains(&text.len()) && text.trim() == text && !text.chars().any(char::is_control);
        if sound { Ok(Self(text.into())) } else { Err(NotASeed) }
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Names the way of drawing, so that a later way cannot be mistaken for this one.
const WAY: &[u8] = b"attesta.draw/1";

/// The items in the order of the draw: the sample is the first `n` of them, a replacement is the next one after.
///
/// **How it is drawn** (`attesta.draw/1`): each item's key is the SHA-256 of three parts, each led by its length in bytes as 8
/// bytes, the highest first: the text `attesta.draw/1`, the seed, the item's id, all UTF-8. Items are sorted by key as bytes.
/// So the order depends on the seed and the ids alone, and not on the order in which they are given, the machine or a library;
/// and each set of `n` is as likely as any other to somebody who cannot choose the seed to suit.
///
/// Items that are given twice come out once.
pub fn order<'a>(seed: &Seed, items: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut keyed: Vec<(Digest, &str)> = items
        .into_iter()
        .collect::<BTreeSet<&str>>()
        .into_iter()
        .map(|item| (Digest::of_parts([WAY, seed.as_str().as_bytes(), item.as_bytes()]), item))
        .collect();
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, item)| item).collect()
}

/// The first `count` of [`order`]; fewer where there are fewer.
pub fn draw<'a>(seed: &Seed, items: impl IntoIterator<Item = &'a str>, count: usize) -> Vec<&'a str> {
    let mut order = order(seed, items);
    order.truncate(count);
    order
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn seed(text: &str) -> Seed {
        text.parse().unwrap()
    }

    #[test]
    fn the_draw_is_the_one_that_is_written_down() {
        // Worked out by another program (python3 hashlib), so that a change of the way shows.
        let items: Vec<String> = (1..=10).map(|n| format!("item-{n:02}")).collect();
        let drawn = draw(&seed("2026-autumn"), items.iter().map(String::as_str), 4);
        assert_eq!(drawn, ["item-08", "item-09", "item-10", "item-06"]);
    }

    #[test]
    fn each_item_is_drawn_about_equally_often() {
        let items: Vec<String> = (0..20).map(|n| format!("i{n}")).collect();
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        for n in 0..2000 {
            for item in draw(&seed(&format!("s{n}")), items.iter().map(String::as_str), 5) {
                *counts.entry(item).or_default() += 1;
            }
        }
        // Expected 500 each, standard deviation about 19.4; five of them.
        assert_eq!(counts.len(), 20);
        for (item, count) in counts {
            assert!((403..=597).contains(&count), "{item}: {count}");
        }
    }

    #[test]
    fn seeds_are_parsed() {
        for bad in ["", " a", "a\n", &"a".repeat(201)] {
            assert!(bad.parse::<Seed>().is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn a_draw_repeats_whatever_the_order_of_the_items(
            mut items in proptest::collection::vec("[a-z0-9]{1,6}", 0..60), word in "[a-z]{1,9}", count in 0_usize..80,
        ) {
            let once: Vec<String> = draw(&seed(&word), items.iter().map(String::as_str), count).into_iter().map(Into::into).collect();
            items.reverse();
            let again = draw(&seed(&word), items.iter().map(String::as_str), count);
            prop_assert_eq!(&once, &again);
            let distinct: BTreeSet<&str> = items.iter().map(String::as_str).collect();
            prop_assert_eq!(again.len(), count.min(distinct.len()));
            prop_assert_eq!(again.iter().collect::<BTreeSet<_>>().len(), again.len(), "no item twice");
            prop_assert!(again.iter().all(|i| distinct.contains(i)));
        }

        #[test]
        fn a_larger_draw_begins_with_the_smaller(word in "[a-z]{1,9}", few in 0_usize..20, more in 0_usize..20) {
            let items: Vec<String> = (0..50).map(|n| n.to_string()).collect();
            let small = draw(&seed(&word), items.iter().map(String::as_str), few);
            let large = draw(&seed(&word), items.iter().map(String::as_str), few + more);
            prop_assert_eq!(&small[..], &large[..few]);
        }
    }
}
