//! Makes a problem smaller without losing its cheapest answers: groups that a cover ties together become one group whose options
//! are their combinations, the cover is gone, and what another combination beats is left out; options that a lower bound shows
//! to lead to nothing cheaper are left out too. A few groups with many ties become many fewer groups with few, and the bound
//! on them is closer.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Choice, Group, Problem, Selection,
    bound::{UNIT, Worth},
};

/// Limits of one merge: groups with a choice, combinations looked at, and combinations kept when beaten ones are left out.
const MOST_GROUPS: usize = 12;
const MOST_LOOKED_AT: usize = 5_000;
const MOST_KEPT: usize = 300;

/// A smaller problem, and where its options come from.
#[derive(Debug, Clone)]
pub(crate) struct Reduced {
    pub(crate) problem: Problem,
    /// By group and option: the groups and options of the whole that it stands for.
    parts: Vec<Vec<Parts>>,
    /// A name for each group that no other group had before it, so that a refused merge is not tried again.
    names: Vec<usize>,
    refused: BTreeSet<Vec<usize>>,
    next_name: usize,
}

type Parts = Vec<(usize, usize)>;

/// What leaving out options came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fixed {
    /// Nothing could be left out.
    Same,
    /// Something was.
    Fewer,
    /// A group has nothing left: nothing is cheaper than what is known.
    Nothing,
}

impl Reduced {
    pub(crate) fn new(problem: &Problem) -> Self {
        let parts = problem.groups.iter().enumerate();
        let parts = parts.map(|(at, g)| (0..g.options.len()).map(|option| vec![(at, option)]).collect()).collect();
        let count = problem.groups.len();
        let names = (0..count).collect();
        let mut reduced = Self { problem: problem.clone(), parts, names, refused: BTreeSet::new(), next_name: count };
        reduced.tidy();
        reduced
    }

    /// The selection of the whole that one of this stands for.
    pub(crate) fn restore(&self, selection: &Selection) -> Selection {
        let chosen = self.parts.iter().zip(&selection.0).filter_map(|(options, at)| options.get(*at)).flatten();
        let by_group: BTreeMap<usize, usize> = chosen.copied().collect();
        Selection(by_group.into_values().collect())
    }

    /// Leaves out options with which nothing is cheaper than `known`, given multipliers and their bound.
    pub(crate) fn fix(&mut self, worth: &Worth, bound: i128, known: i64) -> Fixed {
        let cheaper = i128::from(known - 1) * UNIT;
        let mut fixed = Fixed::Same;
        for (group, parts) in self.problem.groups.iter_mut().zip(&mut self.parts) {
            let reduced: Vec<i128> = group.options.iter().map(|choice| worth.reduced(choice)).collect();
            let least = reduced.iter().min().copied().unwrap_or(0);
            let keep: Vec<bool> = reduced.iter().map(|own| bound - least + own <= cheaper).collect();
            if keep.iter().all(|keep| *keep) {
                continue;
            }
            fixed = Fixed::Fewer;
            let kept = |at: usize| keep.get(at).copied().unwrap_or(true);
            *parts = parts.drain(..).enumerate().filter(|(at, _)| kept(*at)).map(|(_, p)| p).collect();
            group.options = group.options.drain(..).enumerate().filter(|(at, _)| kept(*at)).map(|(_, o)| o).collect();
            if group.options.is_empty() {
                return Fixed::Nothing;
            }
        }
        self.tidy();
        fixed
    }

    /// Merges what can be merged within the limits: first the groups of a cover, which does away with the cover; then groups
    /// that touch nothing but the same cover. Tells whether anything was.
    pub(crate) fn merge(&mut self) -> bool {
        let mut merged = false;
        while let Some(groups) = self.next_merge() {
            let names = self.names_of(&groups);
            if self.merge_groups(&groups) {
                merged = true;
            } else {
                self.refused.insert(names);
            }
        }
        merged
    }

    fn names_of(&self, groups: &[usize]) -> Vec<usize> {
        groups.iter().filter_map(|at| self.names.get(*at)).copied().collect()
    }

    /// The groups to merge next: those of the cover with the fewest combinations, or the two smallest of a cover's own.
    fn next_merge(&self) -> Option<Vec<usize>> {
        let touches = self.touches();
        let sizes = |groups: &[usize]| -> Vec<usize> {
            groups.iter().filter_map(|at| self.problem.groups.get(*at)).map(|g| g.options.len()).collect()
        };
        let size = |groups: &[usize]| sizes(groups).into_iter().fold(1_usize, usize::saturating_mul);
        let fits = |groups: &Vec<usize>| groups.len() > 1 && !self.refused.contains(&self.names_of(groups));
        let few = |groups: &Vec<usize>| sizes(groups).iter().filter(|size| **size > 1).count() <= MOST_GROUPS;
        let whole = touches.values().filter(|groups| fits(groups) && few(groups));
        if let Some(groups) = whole.min_by_key(|groups| (size(groups), groups.first().copied())) {
            return Some(groups.clone());
        }
        let mut covers: Vec<usize> = vec![0; self.problem.groups.len()];
        for at in touches.values().flatten() {
            if let Some(count) = covers.get_mut(*at) {
                *count += 1;
            }
        }
        let mut pairs: Vec<(usize, Vec<usize>)> = Vec::new();
        for groups in touches.values() {
            let mut own: Vec<usize> = groups.iter().copied().filter(|at| covers.get(*at) == Some(&1)).collect();
            own.sort_by_key(|at| (size(&[*at]), *at));
            own.truncate(2);
            own.sort_unstable();
            if fits(&own) && size(&own) <= MOST_LOOKED_AT {
                pairs.push((size(&own), own));
            }
        }
        pairs.into_iter().min().map(|(_, groups)| groups)
    }

    fn touches(&self) -> BTreeMap<usize, Vec<usize>> {
        let mut touches: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, group) in self.problem.groups.iter().enumerate() {
            let covers: BTreeSet<usize> = group.options.iter().flat_map(|o| o.amounts.keys().copied()).collect();
            for cover in covers {
                touches.entry(cover).or_default().push(at);
            }
        }
        touches
    }

    /// Makes one group of several; `false`, and nothing changed, when it would be too large.
    fn merge_groups(&mut self, groups: &[usize]) -> bool {
        let touches = self.touches();
        let done: BTreeSet<usize> = touches
            .iter()
            .filter(|(_, own)| own.iter().all(|at| groups.contains(at)))
            .map(|(cover, _)| *cover)
            .collect();
        let clamps = self.clamps(&touches);
        let mut combined = vec![(Choice::default(), Parts::new())];
        for (position, at) in groups.iter().enumerate() {
            let (Some(group), Some(parts)) = (self.problem.groups.get(*at), self.parts.get(*at)) else { return false };
            let mut next = Vec::new();
            for (choice, from) in &combined {
                for (other, more) in group.options.iter().zip(parts) {
                    let mut amounts = choice.amounts.clone();
                    for (cover, amount) in &other.amounts {
                        *amounts.entry(*cover).or_insert(0) += amount;
                    }
                    let from = from.iter().chain(more).copied().collect();
                    next.push((Choice { cost: choice.cost + other.cost, amounts }, from));
                }
                if next.len() > MOST_LOOKED_AT {
                    return false;
                }
            }
            if position + 1 == groups.len() {
                let met = |choice: &Choice| {
                    done.iter().all(|cover| {
                        choice.amounts.get(cover).copied().unwrap_or(0)
                            >= self.problem.needs.get(*cover).copied().unwrap_or(0)
                    })
                };
                next.retain(|(choice, _)| met(choice));
                for (choice, _) in &mut next {
                    choice.amounts.retain(|cover, _| !done.contains(cover));
                }
            }
            next.iter_mut().for_each(|(choice, _)| clamp(choice, &clamps));
            let Some(unbeaten) = unbeaten(next) else { return false };
            combined = unbeaten;
        }
        let Some((first, rest)) = groups.split_first() else { return false };
        let (options, parts): (Vec<Choice>, Vec<Parts>) = combined.into_iter().unzip();
        if let (Some(group), Some(place)) = (self.problem.groups.get_mut(*first), self.parts.get_mut(*first)) {
            (group.options, *place) = (options, parts);
        }
        if let Some(name) = self.names.get_mut(*first) {
            (*name, self.next_name) = (self.next_name, self.next_name + 1);
        }
        for at in rest.iter().rev() {
            self.problem.groups.remove(*at);
            self.parts.remove(*at);
            self.names.remove(*at);
        }
        for cover in done {
            if let Some(need) = self.problem.needs.get_mut(cover) {
                *need = 0;
            }
        }
        true
    }

    /// The covers from which nothing is taken away, with their needs: more than the need is as good as the need.
    fn clamps(&self, touches: &BTreeMap<usize, Vec<usize>>) -> BTreeMap<usize, i64> {
        let options = self.problem.groups.iter().flat_map(|g| &g.options).flat_map(|o| &o.amounts);
        let taken: BTreeSet<usize> = options.filter(|(_, amount)| **amount < 0).map(|(cover, _)| *cover).collect();
        let kept = touches.keys().filter(|cover| !taken.contains(cover));
        kept.filter_map(|cover| Some((*cover, (*self.problem.needs.get(*cover)?).max(0)))).collect()
    }

    /// Leaves out beaten options and amounts that nobody needs.
    fn tidy(&mut self) {
        let clamps = self.clamps(&self.touches());
        for (group, parts) in self.problem.groups.iter_mut().zip(&mut self.parts) {
            let mut pairs: Vec<(Choice, Parts)> = group.options.drain(..).zip(parts.drain(..)).collect();
            pairs.iter_mut().for_each(|(choice, _)| clamp(choice, &clamps));
            let kept = unbeaten(pairs.clone()).unwrap_or(pairs);
            let (options, left): (Vec<Choice>, Vec<Parts>) = kept.into_iter().unzip();
            (*group, *parts) = (Group { options }, left);
        }
    }
}

fn clamp(choice: &mut Choice, clamps: &BTreeMap<usize, i64>) {
    for (cover, amount) in &mut choice.amounts {
        if let Some(need) = clamps.get(cover) {
            *amount = (*amount).min(*need);
        }
    }
    choice.amounts.retain(|_, amount| *amount != 0);
}

/// The options that no other beats, cheapest first; `None` when they are too many.
fn unbeaten(mut options: Vec<(Choice, Parts)>) -> Option<Vec<(Choice, Parts)>> {
    let covers: BTreeSet<usize> = options.iter().flat_map(|(o, _)| o.amounts.keys().copied()).collect();
    let amounts = |choice: &Choice| -> Vec<i64> {
        covers.iter().map(|cover| choice.amounts.get(cover).copied().unwrap_or(0)).collect()
    };
    options.sort_by_cached_key(|(choice, parts)| (choice.cost, std::cmp::Reverse(amounts(choice)), parts.clone()));
    let mut kept: Vec<(Choice, Parts)> = Vec::new();
    let mut fronts: Vec<Vec<i64>> = Vec::new();
    for (choice, parts) in options {
        let own = amounts(&choice);
        let beats = |other: &Vec<i64>| other.iter().zip(&own).all(|(other, own)| other >= own);
        // Along one cover each kept option adds more than those before it.
        let beaten = if covers.len() == 1 { fronts.last().is_some_and(beats) } else { fronts.iter().any(beats) };
        if !beaten {
            kept.push((choice, parts));
            fronts.push(own);
            if kept.len() > MOST_KEPT {
                return None;
            }
        }
    }
    Some(kept)
}
