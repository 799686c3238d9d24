use std::{
    env,
    time::{SystemTime, UNIX_EPOCH},
};

/// Random numbers that come again for the same seed (splitmix64).
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// Begins at a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The seed in `ATTESTA_SEED`, or one of this moment.
    pub fn seed() -> u64 {
        let named = env::var("ATTESTA_SEED").ok().and_then(|seed| seed.parse().ok());
        named.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(7, |t| t.as_secs() ^ 0x5eed))
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `most`, which is more than zero.
    pub fn below(&mut self, most: u64) -> u64 {
        self.draw() % most.max(1)
    }

    /// Bytes that are the same for the same seed.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count + 8);
        while bytes.len() < count {
            bytes.extend(self.draw().to_le_bytes());
        }
        bytes.truncate(count);
        bytes
    }
}
