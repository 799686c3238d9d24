//! Randomness that repeats.
#![allow(dead_code, reason = "each test file uses its part")]

use attesta_identity::{Chance, NoChance};

/// Counts up from a seed.
pub(crate) struct Counting(pub(crate) u8);

impl Chance for Counting {
    fn fill(&mut self, into: &mut [u8]) -> Result<(), NoChance> {
        for byte in into {
            self.0 = self.0.wrapping_mul(5).wrapping_add(17);
            *byte = self.0;
        }
        Ok(())
    }
}

/// Has none.
pub(crate) struct Empty;

impl Chance for Empty {
    fn fill(&mut self, _into: &mut [u8]) -> Result<(), NoChance> {
        Err(NoChance)
    }
}
