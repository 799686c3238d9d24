/// Where randomness comes from; tests hand in their own.
pub trait Chance {
    /// Fills the bytes, or says that there is no randomness to be had.
    fn fill(&mut self, into: &mut [u8]) -> Result<(), NoChance>;
}

/// The operating system gave no randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no randomness; nothing secret was made")]
pub struct NoChance;

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemChance;

impl Chance for SystemChance {
    fn fill(&mut self, into: &mut [u8]) -> Result<(), NoChance> {
        getrandom::fill(into).map_err(|_| NoChance)
    }
}

/// That many random bytes.
pub(crate) fn draw<const N: usize>(chance: &mut dyn Chance) -> Result<[u8; N], NoChance> {
    let mut bytes = [0; N];
    chance.fill(&mut bytes)?;
    Ok(bytes)
}
