use std::fmt;

/// An exact part of a whole, e.g. 7 of 22. Nothing here is a float.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Share {
    /// How many.
    pub part: u32,
    /// Of how many.
    pub whole: u32,
}

impl Share {
    /// `part` of `whole`.
    pub fn new(part: u32, whole: u32) -> Self {
        Self { part, whole }
    }

    /// Whole percent, rounded **down**, so that 100 means all of it; `None` of nothing.
    ///
    /// ```
    /// use attesta_kernel::Share;
    /// assert_eq!(Share::new(199, 200).percent(), Some(99));
    /// assert_eq!(Share::new(0, 0).percent(), None);
    /// ```
    pub fn percent(self) -> Option<u32> {
        let percent = (u64::from(self.part) * 100).checked_div(u64::from(self.whole))?;
        u32::try_from(percent).ok()
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} of {}", self.part, self.whole))
    }
}
