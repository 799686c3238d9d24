use std::collections::BTreeMap;

/// An integer problem as plain data: choose exactly one option of each group, so that every cover is met, at the least cost.
///
/// A cover is met when the amounts of the chosen options add up to its need. Costs are never negative; amounts may be. All
/// numbers are whole, so that an answer can be checked without a tolerance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problem {
    /// Of each, exactly one option is chosen.
    pub groups: Vec<Group>,
    /// What the amounts must add up to, at least.
    pub needs: Vec<i64>,
}

/// Options of which exactly one is chosen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Group {
    /// The options; never none.
    pub options: Vec<Choice>,
}

/// One option.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choice {
    /// What it costs.
    pub cost: i64,
    /// What it adds, by the cover's place in [`Problem::needs`].
    pub amounts: BTreeMap<usize, i64>,
}

/// The option chosen in each group, by its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection(pub Vec<usize>);

/// A part of a problem that shares no cover with the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// The part, its groups in their old order.
    pub problem: Problem,
    /// Where each of its groups stood in the whole.
    pub groups: Vec<usize>,
}

/// Finds an answer to a [`Problem`]. The forecast trusts none: it checks every answer in whole numbers, and proves by itself
/// that nothing is cheaper.
pub trait Solver {
    /// An answer as cheap as can be found. The same problem always gets the same answer: no clock, no chance.
    ///
    /// # Errors
    ///
    /// When there is no answer, or none was found within the solver's limit.
    fn solve(&self, problem: &Problem) -> Result<Selection, NoAnswer>;
}

/// Why a solver has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// It says that nothing meets every cover.
    #[error("nothing meets every need")]
    Infeasible,
    /// It gave up before it found one.
    #[error("the limit of {0} search nodes was reached")]
    Limit(u64),
    /// Its own arithmetic failed.
    #[error("the solver failed: {0}")]
    Failed(String),
}

/// Uses no solver: the forecast's own search starts from a plan that it trims by itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unaided;

impl Solver for Unaided {
    fn solve(&self, _: &Problem) -> Result<Selection, NoAnswer> {
        Err(NoAnswer::Limit(0))
    }
}

impl Problem {
    /// The chosen options in the order of the groups; `None` where the selection is not of this problem.
    pub fn chosen<'a>(&'a self, selection: &'a Selection) -> Option<Vec<&'a Choice>> {
        let fits = selection.0.len() == self.groups.len();
        let pairs = self.groups.iter().zip(&selection.0);
        fits.then(|| pairs.map(|(group, at)| group.options.get(*at)).collect::<Option<Vec<_>>>()).flatten()
    }

    /// What a selection costs when it meets every cover; `None` when it does not, or is not of this problem.
    pub fn cost(&self, selection: &Selection) -> Option<i64> {
        let chosen = self.chosen(selection)?;
        let mut left = self.needs.clone();
        let mut cost = 0_i64;
        for choice in chosen {
            cost = cost.checked_add(choice.cost)?;
            for (cover, amount) in &choice.amounts {
                let need = left.get_mut(*cover)?;
                *need = need.checked_sub(*amount)?;
            }
        }
        left.iter().all(|need| *need <= 0).then_some(cost)
    }

    /// Gives up, group by group, whatever the covers can do without: dearest first, then the earlier group.
    pub fn trim(&self, mut selection: Selection) -> Selection {
        if self.cost(&selection).is_none() {
            return selection;
        }
        let Some(chosen) = self.chosen(&selection) else { return selection };
        let mut over: Vec<i64> = self.needs.iter().map(|need| -need).collect();
        for (cover, amount) in chosen.iter().flat_map(|c| &c.amounts) {
            if let Some(over) = over.get_mut(*cover) {
                *over += amount;
            }
        }
        let mut order: Vec<(i64, usize)> = chosen.iter().enumerate().map(|(at, c)| (-c.cost, at)).collect();
        order.sort_unstable();
        for (_, at) in order {
            let (Some(group), Some(place)) = (self.groups.get(at), selection.0.get_mut(at)) else { continue };
            let Some(old) = group.options.get(*place) else { continue };
            let change = |new: &Choice| -> BTreeMap<usize, i64> {
                let mut change: BTreeMap<usize, i64> = old.amounts.iter().map(|(c, a)| (*c, -a)).collect();
                new.amounts.iter().for_each(|(c, a)| *change.entry(*c).or_insert(0) += a);
                change
            };
            let fits = |new: &Choice| change(new).iter().all(|(c, a)| over.get(*c).is_some_and(|over| over + a >= 0));
            let options = group.options.iter().enumerate().filter(|(_, new)| new.cost < old.cost);
            let Some((better, new)) = options.filter(|(_, new)| fits(new)).min_by_key(|(at, new)| (new.cost, *at))
            else {
                continue;
            };
            for (cover, amount) in change(new) {
                if let Some(over) = over.get_mut(cover) {
                    *over += amount;
                }
            }
            *place = better;
        }
        selection
    }

    /// The parts that share no cover, in the order of their first groups.
    pub fn components(&self) -> Vec<Component> {
        let mut part: Vec<usize> = (0..self.groups.len()).collect();
        let mut first_of: BTreeMap<usize, usize> = BTreeMap::new();
        for (at, group) in self.groups.iter().enumerate() {
            for cover in group.options.iter().flat_map(|o| o.amounts.keys()) {
                let other = *first_of.entry(*cover).or_insert(at);
                let (a, b) = (root(&part, at), root(&part, other));
                if let Some(place) = part.get_mut(a.max(b)) {
                    *place = a.min(b);
                }
            }
        }
        let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for at in 0..self.groups.len() {
            members.entry(root(&part, at)).or_default().push(at);
        }
        members.into_values().map(|groups| self.part(groups)).collect()
    }

    fn part(&self, groups: Vec<usize>) -> Component {
        let mut names: BTreeMap<usize, usize> = BTreeMap::new();
        let mut problem = Problem::default();
        for group in groups.iter().filter_map(|at| self.groups.get(*at)) {
            let mut renamed = Group::default();
            for option in &group.options {
                let mut amounts = BTreeMap::new();
                for (cover, amount) in &option.amounts {
                    let name = *names.entry(*cover).or_insert_with(|| {
                        problem.needs.push(self.needs.get(*cover).copied().unwrap_or(0));
                        problem.needs.len() - 1
                    });
                    amounts.insert(name, *amount);
                }
                renamed.options.push(Choice { cost: option.cost, amounts });
            }
            problem.groups.push(renamed);
        }
        Component { problem, groups }
    }
}

fn root(part: &[usize], mut at: usize) -> usize {
    while let Some(up) = part.get(at).copied().filter(|up| *up != at) {
        at = up;
    }
    at
}
