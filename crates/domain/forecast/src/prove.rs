//! The exact search: it starts from a known answer and goes through everything that could be cheaper, group by group. What a
//! lower bound shows to be no cheaper is dropped, and of two ways to the same place the dearer. If it ends within its limit,
//! the answer is proven to be the cheapest; no float and no clock has a say.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Problem, Selection, Solver,
    bound::{UNIT, Worth, climb, whole},
    reduce::{Fixed, Reduced},
};

/// How far the search goes. Counted, never timed: the same input stops at the same place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// How many partial answers are kept at a time; beyond it the least promising are dropped and the proof is lost.
    pub width: usize,
    /// How often the search begins anew from a better answer after it had to drop some, each time 64 times as wide.
    pub rounds: u32,
}

impl Default for Effort {
    fn default() -> Self {
        Self { width: 500, rounds: 3 }
    }
}

/// An answer, and what no answer goes below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settled {
    pub(crate) selection: Selection,
    pub(crate) cost: i64,
    /// Proven: nothing costs less than this.
    pub(crate) at_least: i64,
}

/// The cheapest answer, from one that is known; `None` when `start` is no answer.
pub(crate) fn settle(problem: &Problem, start: Selection, solver: &dyn Solver, effort: Effort) -> Option<Settled> {
    let cost = problem.cost(&start)?;
    let mut settled = Settled { selection: start, cost, at_least: 0 };
    let mut reduced = Reduced::new(problem);
    // Along a single cover the search is quick by itself.
    let many = problem.needs.len() > 1;
    if many {
        reduced.merge();
    }
    if reduced.problem.groups.len() > 1
        && let Ok(found) = solver.solve(&reduced.problem)
    {
        settled.take(problem, &reduced, &reduced.problem.trim(found));
    }
    for round in 0..effort.rounds {
        if settled.narrow(&mut reduced, many) {
            break;
        }
        let width = effort.width >> (6 * (effort.rounds - 1 - round)).min(40);
        let (worth, _) = climb(&reduced.problem, settled.cost);
        let found = Search::new(&reduced.problem, &worth).run(settled.cost, width.max(1));
        if let Some(selection) = found.selection {
            settled.take(problem, &reduced, &selection);
        }
        let unseen = found.dropped.map_or(settled.cost, whole);
        settled.at_least = settled.at_least.max(unseen).min(settled.cost);
        if settled.is_proven() {
            break;
        }
    }
    Some(settled)
}

impl Settled {
    fn is_proven(&self) -> bool {
        self.at_least >= self.cost
    }

    /// Takes an answer to the reduced problem if it is cheaper and holds in the whole.
    fn take(&mut self, problem: &Problem, reduced: &Reduced, selection: &Selection) {
        let selection = reduced.restore(selection);
        if let Some(cost) = problem.cost(&selection).filter(|cost| *cost < self.cost) {
            (self.selection, self.cost) = (selection, cost);
        }
    }

    /// Bounds, leaves out and merges in turn until nothing changes; whether that alone was a proof.
    fn narrow(&mut self, reduced: &mut Reduced, merge: bool) -> bool {
        loop {
            let (worth, bound) = climb(&reduced.problem, self.cost);
            self.at_least = self.at_least.max(whole(bound)).min(self.cost);
            if self.is_proven() {
                return true;
            }
            match reduced.fix(&worth, bound, self.cost) {
                Fixed::Nothing => {
                    self.at_least = self.cost;
                    return true;
                }
                Fixed::Same => return false,
                Fixed::Fewer => {
                    if !merge || !reduced.merge() {
                        return false;
                    }
                }
            }
        }
    }
}

struct Found {
    /// The cheapest below the known answer.
    selection: Option<Selection>,
    /// The least bound of what was dropped for want of room; nothing was when `None`.
    dropped: Option<i128>,
}

/// A partial answer: what it costs and how much of each open cover is left.
struct Label {
    left: Vec<i64>,
    cost: i64,
    bound: i128,
    parent: usize,
    option: usize,
}

/// One group, prepared: which covers it touches or finds open, and what becomes of them.
struct Step {
    group: usize,
    touched: Vec<Touched>,
    moves: Vec<Move>,
    /// The bound on everything that follows, without the covers that are open behind this group.
    rest: i128,
}

struct Touched {
    /// Where it stands among the covers that were open before; `None` is one that opens here.
    before: Option<usize>,
    need: i64,
    /// Whether a later group touches it.
    stays_open: bool,
    /// Whether what is over may be forgotten, as nothing later takes away.
    may_clamp: bool,
    /// The most that later groups can add.
    later_at_most: i64,
    worth: i128,
}

struct Move {
    option: usize,
    cost: i64,
    /// By the place in [`Step::touched`].
    amounts: Vec<i64>,
}

struct Search {
    steps: Vec<Step>,
}

impl Search {
    fn new(problem: &Problem, worth: &Worth) -> Self {
        let order = order(problem);
        let touches = touched_by(problem);
        let place: BTreeMap<usize, usize> = order.iter().enumerate().map(|(place, group)| (*group, place)).collect();
        let mut last: BTreeMap<usize, usize> = BTreeMap::new();
        let mut last_taking: BTreeMap<usize, usize> = BTreeMap::new();
        let mut later: BTreeMap<usize, i64> = BTreeMap::new();
        for (at, group) in problem.groups.iter().enumerate() {
            let place = place.get(&at).copied().unwrap_or(0);
            for cover in touches.get(at).into_iter().flatten() {
                let amounts = || group.options.iter().map(|o| o.amounts.get(cover).copied().unwrap_or(0));
                let up_to = |old: &mut usize| *old = (*old).max(place);
                up_to(last.entry(*cover).or_insert(place));
                if amounts().any(|amount| amount < 0) {
                    up_to(last_taking.entry(*cover).or_insert(place));
                }
                *later.entry(*cover).or_insert(0) += amounts().max().unwrap_or(0);
            }
        }
        let reduced = |at: usize| {
            let options = problem.groups.get(at).map_or(&[][..], |g| &g.options);
            options.iter().map(|choice| worth.reduced(choice)).min().unwrap_or(0)
        };
        let needs = |cover: usize| problem.needs.get(cover).copied().unwrap_or(0);
        let mut rest: i128 = order.iter().map(|at| reduced(*at)).sum();
        rest += (0..problem.needs.len()).map(|cover| worth.of(cover) * i128::from(needs(cover))).sum::<i128>();
        let sizes = sizes(&touches);
        let mut open: Vec<usize> = Vec::new();
        let mut steps = Vec::new();
        for (place, at) in order.iter().enumerate() {
            let Some(group) = problem.groups.get(*at) else { continue };
            let own = touches.get(*at).cloned().unwrap_or_default();
            let mut covers: Vec<usize> = open.iter().copied().chain(own.iter().copied()).collect();
            // The widest cover stands last: there, less left at less cost beats the rest (see `thin`).
            covers.sort_by_key(|cover| (sizes.get(cover).copied(), *cover));
            covers.dedup();
            rest -= reduced(*at);
            let mut touched = Vec::new();
            for cover in &covers {
                if own.contains(cover)
                    && let Some(later) = later.get_mut(cover)
                {
                    let most = group.options.iter().map(|o| o.amounts.get(cover).copied().unwrap_or(0)).max();
                    *later -= most.unwrap_or(0);
                }
                let before = open.iter().position(|o| o == cover);
                if before.is_none() {
                    rest -= worth.of(*cover) * i128::from(needs(*cover));
                }
                touched.push(Touched {
                    before,
                    need: needs(*cover),
                    stays_open: last.get(cover).is_some_and(|last| *last > place),
                    may_clamp: last_taking.get(cover).is_none_or(|taking| *taking <= place),
                    later_at_most: later.get(cover).copied().unwrap_or(0),
                    worth: worth.of(*cover),
                });
            }
            let moves = group.options.iter().enumerate().map(|(option, choice)| Move {
                option,
                cost: choice.cost,
                amounts: covers.iter().map(|cover| choice.amounts.get(cover).copied().unwrap_or(0)).collect(),
            });
            let moves = moves.collect();
            open = covers.iter().zip(&touched).filter(|(_, t)| t.stays_open).map(|(cover, _)| *cover).collect();
            steps.push(Step { group: *at, touched, moves, rest });
        }
        Self { steps }
    }

    fn run(&self, known: i64, width: usize) -> Found {
        let cheaper = i128::from(known - 1) * UNIT;
        let start = Label { left: Vec::new(), cost: 0, bound: 0, parent: 0, option: 0 };
        let mut dropped: Option<i128> = None;
        let mut layers: Vec<Vec<(usize, usize)>> = Vec::new();
        let mut labels = vec![start];
        for step in &self.steps {
            let mut next = Vec::new();
            for (parent, label) in labels.iter().enumerate() {
                step.extend(parent, label, cheaper, &mut next);
            }
            next = thin(next);
            if next.len() > width {
                next.sort_by_key(|label| label.bound);
                let least = next.get(width).map(|label| label.bound);
                dropped = [dropped, least].into_iter().flatten().min();
                next.truncate(width);
            }
            layers.push(next.iter().map(|label| (label.parent, label.option)).collect());
            labels = next;
        }
        let best = labels.iter().enumerate().min_by_key(|(at, label)| (label.cost, *at)).map(|(at, _)| at);
        Found { selection: best.map(|at| self.back(&layers, at)), dropped }
    }

    fn back(&self, layers: &[Vec<(usize, usize)>], mut at: usize) -> Selection {
        let mut chosen = vec![0; self.steps.len()];
        for (step, layer) in self.steps.iter().zip(layers).rev() {
            let Some((parent, option)) = layer.get(at) else { continue };
            if let Some(place) = chosen.get_mut(step.group) {
                *place = *option;
            }
            at = *parent;
        }
        Selection(chosen)
    }
}

impl Step {
    /// Every way on from `label` that may still end below the known answer.
    fn extend(&self, parent: usize, label: &Label, cheaper: i128, next: &mut Vec<Label>) {
        let found = |t: &Touched| t.before.and_then(|at| label.left.get(at)).copied().unwrap_or(t.need);
        let base: Vec<i64> = self.touched.iter().map(found).collect();
        'moves: for way in &self.moves {
            let cost = label.cost + way.cost;
            let mut bound = i128::from(cost) * UNIT + self.rest;
            let mut left = Vec::with_capacity(base.len());
            for ((touched, had), amount) in self.touched.iter().zip(&base).zip(&way.amounts) {
                let mut now = had - amount;
                if now > touched.later_at_most {
                    continue 'moves;
                }
                if touched.stays_open {
                    if touched.may_clamp {
                        now = now.max(0);
                    }
                    bound += touched.worth * i128::from(now);
                    left.push(now);
                }
            }
            if bound <= cheaper {
                next.push(Label { left, cost, bound, parent, option: way.option });
            }
        }
    }
}

/// Leaves out what another beats: the same left on every cover but the last, there no more, and no dearer.
fn thin(mut labels: Vec<Label>) -> Vec<Label> {
    labels.sort_by(|a, b| (&a.left, a.cost, a.parent, a.option).cmp(&(&b.left, b.cost, b.parent, b.option)));
    let mut kept: Vec<Label> = Vec::new();
    for label in labels {
        let beaten = kept.last().is_some_and(|best| best.cost <= label.cost && front(best) == front(&label));
        if !beaten {
            kept.push(label);
        }
    }
    kept
}

fn front(label: &Label) -> &[i64] {
    label.left.split_last().map_or(&[], |(_, front)| front)
}

fn sizes(touches: &[BTreeSet<usize>]) -> BTreeMap<usize, usize> {
    let mut sizes = BTreeMap::new();
    for cover in touches.iter().flatten() {
        *sizes.entry(*cover).or_insert(0) += 1;
    }
    sizes
}

fn touched_by(problem: &Problem) -> Vec<BTreeSet<usize>> {
    let of = |g: &crate::Group| g.options.iter().flat_map(|o| o.amounts.keys().copied()).collect();
    problem.groups.iter().map(of).collect()
}

/// An order in which few covers are open at a time: next is always the group that opens least and closes most, and before it
/// whatever takes away from its covers, so that what is over can be forgotten from then on.
fn order(problem: &Problem) -> Vec<usize> {
    let touches = touched_by(problem);
    let size = sizes(&touches);
    let mut waiting = size.clone();
    let mut takers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, group) in problem.groups.iter().enumerate() {
        let taken: BTreeSet<usize> =
            group.options.iter().flat_map(|o| &o.amounts).filter(|(_, amount)| **amount < 0).map(|(c, _)| *c).collect();
        for cover in taken {
            takers.entry(cover).or_default().push(at);
        }
    }
    let mut left: BTreeSet<usize> = (0..touches.len()).collect();
    let mut opened: BTreeSet<usize> = BTreeSet::new();
    let mut order = Vec::new();
    while !left.is_empty() {
        let price = |at: &usize| {
            let own = touches.get(*at);
            let covers = || own.into_iter().flatten();
            let opens: usize =
                covers().filter(|c| !opened.contains(c)).map(|c| size.get(c).copied().unwrap_or(0)).sum();
            let closes = covers().filter(|c| waiting.get(c) == Some(&1)).count();
            // Those that are nearly done come first.
            let nearest = covers().filter(|c| opened.contains(c)).filter_map(|c| waiting.get(c)).min().copied();
            (opens, std::cmp::Reverse(closes), nearest.unwrap_or(usize::MAX), *at)
        };
        let Some(next) = left.iter().copied().min_by_key(price) else { break };
        let own = touches.get(next).into_iter().flatten();
        let first = own.filter_map(|cover| takers.get(cover)).flatten().copied();
        let now: Vec<usize> = first.chain([next]).collect();
        for at in now {
            if !left.remove(&at) {
                continue;
            }
            for cover in touches.get(at).into_iter().flatten() {
                opened.insert(*cover);
                if let Some(waiting) = waiting.get_mut(cover) {
                    *waiting -= 1;
                }
            }
            order.push(at);
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Choice, Group, Unaided};

    struct Chance(u64);

    impl Chance {
        fn below(&mut self, most: i64) -> i64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i64::try_from(self.0 >> 33).unwrap() % most
        }
    }

    /// Up to seven groups on up to four covers; amounts may take away.
    fn problem(chance: &mut Chance) -> Problem {
        let covers = 1 + chance.below(4);
        let mut problem = Problem::default();
        for _ in 0..1 + chance.below(7) {
            let mut group = Group::default();
            for _ in 0..1 + chance.below(4) {
                let mut choice = Choice { cost: chance.below(40), ..Choice::default() };
                for cover in 0..usize::try_from(covers).unwrap() {
                    if chance.below(2) == 0 {
                        choice.amounts.insert(cover, chance.below(60) - 6);
                    }
                }
                group.options.push(choice);
            }
            problem.groups.push(group);
        }
        problem.needs = (0..covers).map(|_| chance.below(90) - 10).collect();
        problem
    }

    /// The cheapest answer, and the dearest to start from.
    fn by_enumeration(problem: &Problem) -> Option<(i64, Selection)> {
        let mut picked = vec![0; problem.groups.len()];
        let mut found: Vec<(i64, Selection)> = Vec::new();
        loop {
            let selection = Selection(picked.clone());
            found.extend(problem.cost(&selection).map(|cost| (cost, selection)));
            let Some(at) = (0..picked.len()).find(|at| picked[*at] + 1 < problem.groups[*at].options.len()) else {
                break;
            };
            picked[at] += 1;
            picked[..at].fill(0);
        }
        let least = found.iter().map(|(cost, _)| *cost).min()?;
        let dearest = found.into_iter().max_by_key(|(cost, _)| *cost)?;
        Some((least, dearest.1))
    }

    #[test]
    fn the_search_finds_the_cheapest_and_its_bounds_hold() {
        let mut chance = Chance(5);
        let (mut many, mut open) = (0, 0);
        for number in 0..2_000 {
            let problem = problem(&mut chance);
            let Some((best, start)) = by_enumeration(&problem) else { continue };
            many += 1;
            let known = problem.cost(&start).unwrap();
            let (worth, bound) = climb(&problem, known);
            assert!(whole(bound) <= best, "{number}: {problem:?}");
            // The search by itself, without anything merged or left out before.
            let found = Search::new(&problem, &worth).run(known, 1_000_000);
            let cheapest = found.selection.map_or(known, |s| problem.cost(&s).unwrap());
            assert_eq!((cheapest, found.dropped), (best, None), "{number}: {problem:?}");
            let settled = settle(&problem, start.clone(), &Unaided, Effort::default()).unwrap();
            assert_eq!((settled.cost, settled.at_least), (best, best), "{number}: {problem:?}");
            // With no room a better answer may be missed, and is never denied.
            let narrow = settle(&problem, start.clone(), &Unaided, Effort { width: 1, rounds: 1 }).unwrap();
            assert!(narrow.at_least <= best && best <= narrow.cost, "{number}: {problem:?} {narrow:?}");
            let found = Search::new(&problem, &worth).run(known, 2);
            let cheapest = found.selection.map_or(known, |s| problem.cost(&s).unwrap());
            assert!(found.dropped.map_or(cheapest, whole).min(cheapest) <= best, "{number}: {problem:?}");
            open += usize::from(cheapest > best);
        }
        assert!(many > 700 && open > 10, "{many} {open}");
    }

    #[test]
    fn merging_and_leaving_out_lose_no_cheapest_answer() {
        let mut chance = Chance(6);
        let mut fewer = 0;
        for number in 0..2_000 {
            let problem = problem(&mut chance);
            let Some((best, start)) = by_enumeration(&problem) else { continue };
            let mut reduced = Reduced::new(&problem);
            reduced.merge();
            let (inside, _) = by_enumeration(&reduced.problem).unwrap();
            assert_eq!(inside, best, "{number}: {problem:?}");
            let mut reduced = Reduced::new(&problem);
            let known = problem.cost(&start).unwrap();
            let (worth, bound) = climb(&reduced.problem, known);
            match reduced.fix(&worth, bound, known) {
                Fixed::Nothing => assert_eq!(best, known),
                Fixed::Same | Fixed::Fewer if best < known => {
                    let (inside, dear) = by_enumeration(&reduced.problem).unwrap();
                    assert_eq!(inside, best, "{number}: {problem:?}");
                    assert!(problem.cost(&reduced.restore(&dear)).is_some());
                    fewer += 1;
                }
                Fixed::Same | Fixed::Fewer => {}
            }
        }
        assert!(fewer > 300, "{fewer}");
    }
}
