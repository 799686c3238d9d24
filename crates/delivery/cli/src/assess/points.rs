//! Scores on the way out: exact decimals, never floats.

pub(crate) use attesta_desk::points::shown;
use attesta_scoring::Exact;

/// A score as a bar of `width` cells with the threshold marked: `█` is reached, `│` the threshold, `·` the rest.
pub(crate) fn bar(score: Option<Exact>, threshold: Exact, width: u32) -> String {
    let cell = |points: Exact| {
        let (millionths, over) = points.as_fraction();
        let per_cell = 100_000_000_u128.saturating_mul(over);
        let cells = millionths.saturating_mul(u128::from(width)).checked_div(per_cell).unwrap_or(0);
        u32::try_from(cells).unwrap_or(width).min(width)
    };
    let (full, mark) = (score.map_or(0, cell), cell(threshold));
    let reached = score.is_some_and(|s| s >= threshold);
    (0..width)
        .map(|at| match at {
            at if at == mark && !reached => '│',
            at if at < full => '█',
            _ => '·',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(text: &str) -> Exact {
        text.parse::<attesta_scoring::Score>().unwrap().into()
    }

    #[test]
    fn a_bar_shows_where_the_threshold_is_until_it_is_reached() {
        assert_eq!(bar(Some(points("50")), points("62"), 10), "█████·│···");
        assert_eq!(bar(Some(points("62")), points("62"), 10), "██████····");
        assert_eq!(bar(Some(points("61.99")), points("62"), 10), "██████│···", "the mark stays until it is reached");
        assert_eq!(bar(None, points("83"), 10), "········│·");
        assert_eq!(bar(Some(points("100")), points("62"), 10), "██████████");
    }
}
