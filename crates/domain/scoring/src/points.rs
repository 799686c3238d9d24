use std::{cmp::Ordering, fmt, str::FromStr};

/// Points from 0 to 100 in hundredths: an answer, a weight, a threshold, or a score as it is shown.
///
/// ```
/// use attesta_scoring::Score;
/// let score: Score = "83.33".parse()?;
/// assert_eq!(score.hundredths(), 8333);
/// assert_eq!("75.00".parse::<Score>()?.to_string(), "75");
/// # Ok::<(), attesta_scoring::ScoreError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Score(u16);

/// The text is not points.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not points; write 0 to 100 with at most two decimals, such as `75` or `83.33`")]
pub struct ScoreError(pub String);

impl Score {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// All of it.
    pub const FULL: Self = Self(10_000);

    /// From hundredths of a point; `None` above 100 points.
    pub fn from_hundredths(hundredths: u16) -> Option<Self> {
        (hundredths <= Self::FULL.0).then_some(Self(hundredths))
    }

    /// In hundredths of a point.
    pub fn hundredths(self) -> u16 {
        self.0
    }
}

impl FromStr for Score {
    type Err = ScoreError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || ScoreError(text.chars().take(40).collect());
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |t: &str| (1..=20).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_digit());
        let kept = decimals.trim_end_matches('0');
        if !(digits(whole) && digits(decimals) && kept.len() <= 2) {
            return Err(bad());
        }
        let whole: u16 = whole.parse().map_err(|_| bad())?;
        let decimals: u16 = format!("{kept:0<2}").parse().map_err(|_| bad())?;
        whole.checked_mul(100).and_then(|w| w.checked_add(decimals)).and_then(Self::from_hundredths).ok_or_else(bad)
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&decimal(u128::from(self.0), 2))
    }
}

/// An exact number of points: a fraction, so that a mean of thirds loses nothing before it is compared.
///
/// The numerator counts millionths of a point, because a weight in hundredths times an answer in hundredths is a whole
/// number of them.
///
/// **Rounding.** Comparisons are made on the fraction. [`rounded`](Self::rounded) is the only rounding there is: to
/// hundredths, half upwards, for showing. So 61.996 is shown as 62 and is still below 62.
#[derive(Debug, Clone, Copy)]
pub struct Exact {
    millionths: u128,
    over: u128,
}

const MILLIONTHS_IN_HUNDREDTH: u128 = 10_000;

impl Exact {
    /// Nothing.
    pub const ZERO: Self = Self { millionths: 0, over: 1 };
    /// All of it.
    pub const FULL: Self = Self { millionths: 100_000_000, over: 1 };

    /// A share of an answer: `weight` per cent of `score`; `None` where it does not fit.
    pub fn weighted(weight: Score, score: impl Into<Self>) -> Option<Self> {
        score.into().times(u128::from(weight.0), u128::from(Score::FULL.0))
    }

    /// This, `part` times and shared among `whole`; `None` of a whole of nothing, or where it does not fit.
    pub fn times(self, part: u128, whole: u128) -> Option<Self> {
        let part_gcd = gcd(part, whole).max(1);
        let (part, whole) = (part.checked_div(part_gcd)?, whole.checked_div(part_gcd)?);
        let common = gcd(self.millionths, whole).max(1);
        let (millionths, whole) = (self.millionths.checked_div(common)?, whole.checked_div(common)?);
        let over = self.over.checked_mul(whole).filter(|over| *over > 0)?;
        Some(Self { millionths: millionths.checked_mul(part)?, over })
    }

    /// So many hundredths of a point, shared among `over`; `None` of nothing, or where it does not fit.
    pub fn shared(hundredths: u128, over: u128) -> Option<Self> {
        let millionths = hundredths.checked_mul(MILLIONTHS_IN_HUNDREDTH)?;
        let common = gcd(millionths, over).max(1);
        let over = over.checked_div(common).filter(|over| *over > 0)?;
        Some(Self { millionths: millionths.checked_div(common)?, over })
    }

    /// What is left of this when `other` is taken away; `None` where more is taken than there is.
    pub fn minus(self, other: Self) -> Option<Self> {
        let common = self.over.checked_div(gcd(self.over, other.over))?.checked_mul(other.over)?;
        let scaled = |e: Self| e.millionths.checked_mul(common.checked_div(e.over)?);
        Some(Self { millionths: scaled(self)?.checked_sub(scaled(other)?)?, over: common })
    }

    /// The points as a fraction: millionths of a point, and what they are shared among.
    pub fn as_fraction(self) -> (u128, u128) {
        (self.millionths, self.over)
    }

    /// This in whole hundredths, where it lies on one.
    pub fn on_grid(self) -> Option<Score> {
        let rounded = self.rounded();
        (Self::from(rounded) == self).then_some(rounded)
    }

    /// The sum; `None` where it does not fit, which takes fractions that no assessment has.
    pub fn plus(self, other: Self) -> Option<Self> {
        if self.over == other.over {
            return Some(Self { millionths: self.millionths.checked_add(other.millionths)?, over: self.over });
        }
        let common = self.over.checked_div(gcd(self.over, other.over))?.checked_mul(other.over)?;
        let scaled = |e: Self| e.millionths.checked_mul(common.checked_div(e.over)?);
        Some(Self { millionths: scaled(self)?.checked_add(scaled(other)?)?, over: common })
    }

    /// The arithmetic mean; `None` of nothing, or where the sum does not fit.
    pub fn mean(parts: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut sum = Self { millionths: 0, over: 1 };
        let mut count = 0_u128;
        for part in parts {
            sum = sum.plus(part)?;
            count = count.checked_add(1)?;
        }
        sum.over_count(count)
    }

    /// This, shared among `count`.
    pub(crate) fn over_count(self, count: u128) -> Option<Self> {
        (count > 0).then_some(Self { millionths: self.millionths, over: self.over.checked_mul(count)? })
    }

    /// In hundredths, half upwards.
    ///
    /// ```
    /// use attesta_scoring::{Exact, Score};
    /// let points = |text: &str| text.parse::<Score>().map(Exact::from);
    /// let mean = Exact::mean([points("75")?, points("75")?, points("47.5")?, points("75")?]).unwrap();
    /// assert_eq!(mean.rounded().to_string(), "68.13");
    /// assert_eq!(mean.to_string(), "272.5 / 4");
    /// # Ok::<(), attesta_scoring::ScoreError>(())
    /// ```
    pub fn rounded(self) -> Score {
        let unit = self.over.saturating_mul(MILLIONTHS_IN_HUNDREDTH);
        let doubled = self.millionths.saturating_mul(2).saturating_add(unit);
        let hundredths = doubled.checked_div(unit.saturating_mul(2)).unwrap_or(0);
        u16::try_from(hundredths).ok().and_then(Score::from_hundredths).unwrap_or(Score::FULL)
    }
}

impl From<Score> for Exact {
    fn from(score: Score) -> Self {
        Self { millionths: u128::from(score.0) * MILLIONTHS_IN_HUNDREDTH, over: 1 }
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Self) -> Ordering {
        // By continued fractions: no product can overflow.
        let (mut a, mut b) = ((self.millionths, self.over), (other.millionths, other.over));
        let mut turned = false;
        loop {
            let (whole_a, whole_b) = (a.0 / a.1, b.0 / b.1);
            let (rest_a, rest_b) = (a.0 % a.1, b.0 % b.1);
            let order = match whole_a.cmp(&whole_b) {
                Ordering::Equal if rest_a == 0 || rest_b == 0 => rest_a.cmp(&rest_b),
                Ordering::Equal => {
                    (a, b, turned) = ((a.1, rest_a), (b.1, rest_b), !turned);
                    continue;
                }
                unequal => unequal,
            };
            return if turned { order.reverse() } else { order };
        }
    }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Exact {}

impl Default for Exact {
    fn default() -> Self {
        Self::ZERO
    }
}

impl fmt::Display for Exact {
    /// The points, and what they are shared among: `272.5 / 4`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let points = decimal(self.millionths, 6);
        if self.over == 1 { f.pad(&points) } else { f.pad(&format!("{points} / {}", self.over)) }
    }
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// `value` with its last `places` digits behind a point, and no zeros at the end.
fn decimal(value: u128, places: u32) -> String {
    let unit = 10_u128.saturating_pow(places);
    let width = usize::try_from(places).unwrap_or(0);
    let text = format!("{}.{:0width$}", value / unit, value % unit);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(text: &str) -> Exact {
        text.parse::<Score>().unwrap().into()
    }

    #[test]
    fn points_are_read_exactly_or_not_at_all() {
        for (text, shown) in
            [("0", "0"), ("100", "100"), ("100.00", "100"), ("0.5", "0.5"), ("61.99", "61.99"), ("7.0500", "7.05")]
        {
            assert_eq!(text.parse::<Score>().unwrap().to_string(), shown);
        }
        for bad in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "+1",
            "100.01",
            "101",
            "1e2",
            "0.001",
            "7,5",
            "NaN",
            "६",
            "99999999999999999999999",
        ] {
            assert!(bad.parse::<Score>().is_err(), "{bad}");
        }
    }

    #[test]
    fn comparisons_do_not_round() {
        let below = Exact::mean([points("61.99"), points("62"), points("61.99"), points("62")]).unwrap();
        let just = Exact::mean(std::iter::repeat_n(points("62"), 2).chain([points("61.99")])).unwrap();
        assert!(below < points("62") && just < points("62") && below < just);
        assert_eq!(just.rounded().to_string(), "62");
        assert_eq!(Exact::mean([points("62"), points("62")]).unwrap(), points("62"));
        let thirds = Exact::mean([points("100"), points("75"), points("75")]).unwrap();
        assert!(thirds > points("83.33") && thirds < points("83.34"));
    }

    #[test]
    fn halves_round_upwards() {
        let half = |a: &str, b: &str| Exact::mean([points(a), points(b)]).unwrap().rounded().to_string();
        assert_eq!((half("0", "0.01"), half("0.01", "0.02")), ("0.01".into(), "0.02".into()));
    }

    #[test]
    fn sums_that_do_not_fit_are_told() {
        let fine = Exact { millionths: 1, over: u128::MAX };
        assert!(fine.plus(Exact { millionths: 1, over: u128::MAX - 1 }).is_none());
        assert!(fine < Exact { millionths: 1, over: u128::MAX - 1 });
        assert!(Exact::mean([]).is_none());
    }
}
