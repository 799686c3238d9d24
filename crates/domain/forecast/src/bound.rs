//! A lower bound on a problem's cost that holds whatever the multipliers are: weak duality, in whole numbers.

use crate::Problem;

/// Multipliers count `1 / UNIT` of a cost.
pub(crate) const UNIT: i128 = 1 << 40;
const FINE: i128 = 1 << 12;
const ROUNDS: u32 = 300;
const PATIENCE: u32 = 12;

/// What one unit of each cover is taken to be worth, in `1 / UNIT` of a cost; never below 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Worth(pub(crate) Vec<i128>);

impl Worth {
    /// What an option costs when its amounts are paid for.
    pub(crate) fn reduced(&self, choice: &crate::Choice) -> i128 {
        let paid: i128 = choice.amounts.iter().map(|(cover, amount)| self.of(*cover) * i128::from(*amount)).sum();
        i128::from(choice.cost) * UNIT - paid
    }

    pub(crate) fn of(&self, cover: usize) -> i128 {
        self.0.get(cover).copied().unwrap_or(0)
    }

    /// The bound in `1 / UNIT`, and how far the choice that it comes from is short of each cover.
    fn bound(&self, problem: &Problem) -> (i128, Vec<i128>) {
        let mut short: Vec<i128> = problem.needs.iter().map(|need| i128::from(*need)).collect();
        let mut bound: i128 = short.iter().zip(&self.0).map(|(need, worth)| need * worth).sum();
        for group in &problem.groups {
            let best = group.options.iter().map(|choice| (self.reduced(choice), choice)).min_by_key(|(cost, _)| *cost);
            let Some((cost, choice)) = best else { continue };
            bound += cost;
            for (cover, amount) in &choice.amounts {
                if let Some(short) = short.get_mut(*cover) {
                    *short -= i128::from(*amount);
                }
            }
        }
        (bound, short)
    }
}

/// Whole costs from `1 / UNIT`, upwards: no whole cost lies below.
pub(crate) fn whole(bound: i128) -> i64 {
    i64::try_from((bound + UNIT - 1).div_euclid(UNIT)).unwrap_or(i64::MAX)
}

/// Multipliers under which the bound is high, by steps up the subgradient, and that bound in `1 / UNIT`. `most` is what a
/// known answer costs; it only steers the length of the steps.
pub(crate) fn climb(problem: &Problem, most: i64) -> (Worth, i128) {
    let mut sizes = vec![1_i128; problem.needs.len()];
    for (cover, amount) in problem.groups.iter().flat_map(|g| &g.options).flat_map(|o| &o.amounts) {
        if let Some(size) = sizes.get_mut(*cover) {
            *size = (*size).max(i128::from(amount.unsigned_abs()));
        }
    }
    let target = i128::from(most) * UNIT;
    let mut at = vec![0_i128; sizes.len()];
    let mut best = (Worth(at.clone()), i128::MIN);
    let (mut halved, mut waited) = (0_u32, 0_u32);
    for _ in 0..ROUNDS {
        let worth = Worth(at.iter().zip(&sizes).map(|(at, size)| at / size).collect());
        let (bound, short) = worth.bound(problem);
        if bound > best.1 {
            best = (worth, bound);
            waited = 0;
        } else {
            waited += 1;
            if waited == PATIENCE {
                (halved, waited) = (halved + 1, 0);
                at = best.0.0.iter().zip(&sizes).map(|(worth, size)| worth * size).collect();
            }
        }
        let steps: Vec<i128> = short.iter().zip(&sizes).map(|(short, size)| short * FINE / size).collect();
        // A step into the floor is none.
        let counted = |(at, step): (&i128, &i128)| if *at == 0 && *step < 0 { 0 } else { step * step };
        let length: i128 = at.iter().zip(&steps).map(counted).sum();
        let gap = (target - bound) >> halved;
        if length == 0 || gap <= 0 || whole(best.1) >= most {
            break;
        }
        for (at, step) in at.iter_mut().zip(&steps) {
            *at = (*at + gap / length * step * FINE).max(0);
        }
    }
    best
}
