use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::RequirementKey;
use attesta_scoring::{Levels, MaturityLevel};

use crate::{Seed, Told, draw};

/// A requirement of a certified assessment, as far as a later draw asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Which.
    pub requirement: RequirementKey,
    /// Its assessment domain.
    pub domain: u8,
    /// Whether it has a required corrective action plan.
    pub required_cap: bool,
}

/// What is tested again for an interim assessment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterimSelection {
    /// What was drawn, by domain.
    pub drawn: BTreeMap<u8, Vec<RequirementKey>>,
    /// Every requirement with a required plan.
    pub with_caps: BTreeSet<RequirementKey>,
    /// Domains of which nothing applies, so that nothing could be drawn.
    pub empty: Vec<u8>,
}

impl InterimSelection {
    /// Everything that is tested again, each once.
    pub fn all(&self) -> BTreeSet<&RequirementKey> {
        self.drawn.values().flatten().chain(&self.with_caps).collect()
    }
}

/// Draws `per_domain` requirements of each domain up to `domains`, and takes every one with a required plan. Each domain is
/// drawn with a seed of its own (`SEED/domain-01`), so that no domain's draw depends on another's content.
///
/// Candidates are the requirements that apply; what does not apply is no candidate.
pub fn interim_selection(seed: &Seed, per_domain: u32, domains: u8, candidates: &[Candidate]) -> InterimSelection {
    let mut selection = InterimSelection { drawn: BTreeMap::new(), with_caps: BTreeSet::new(), empty: Vec::new() };
    for domain in 1..=domains {
        let of_domain = candidates.iter().filter(|c| c.domain == domain).map(|c| &c.requirement);
        let seed = seed.of_part(&format!("domain-{domain:02}"));
        let drawn = draw_keys(&seed, of_domain, per_domain);
        if drawn.is_empty() {
            selection.empty.push(domain);
        } else {
            selection.drawn.insert(domain, drawn);
        }
    }
    selection.with_caps = candidates.iter().filter(|c| c.required_cap).map(|c| c.requirement.clone()).collect();
    selection
}

/// Draws so many requirements: of a bridge assessment, or of one set of a rapid one. `None` where there are fewer.
pub fn requirement_draw<'a>(
    seed: &Seed,
    part: &str,
    candidates: impl IntoIterator<Item = &'a RequirementKey>,
    count: u32,
) -> Option<Vec<RequirementKey>> {
    let drawn = draw_keys(&seed.of_part(part), candidates, count);
    (u32::try_from(drawn.len()).ok() == Some(count)).then_some(drawn)
}

fn draw_keys<'a>(
    seed: &Seed,
    candidates: impl IntoIterator<Item = &'a RequirementKey>,
    count: u32,
) -> Vec<RequirementKey> {
    let by_text: BTreeMap<&str, &RequirementKey> = candidates.into_iter().map(|key| (key.as_str(), key)).collect();
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let drawn = draw(seed, by_text.keys().copied(), count);
    drawn.into_iter().filter_map(|text| by_text.get(text).map(|key| (*key).clone())).collect()
}

/// Levels on which a requirement scores lower than when it was certified. A level that was scored then and is not now counts:
/// what nobody looked at is not upheld.
pub fn degraded(then: &Levels, now: &Levels) -> Vec<MaturityLevel> {
    let lower = |level: &MaturityLevel| match (then.get(*level), now.get(*level)) {
        (Some(then), Some(now)) => now < then,
        (Some(_), None) => true,
        (None, _) => false,
    };
    MaturityLevel::ALL.into_iter().filter(lower).collect()
}

/// What is asked when a certificate is to be kept or spanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recheck {
    /// Each requirement that was tested again, then and now; `None` where it was not.
    pub tested: BTreeMap<RequirementKey, (Levels, Option<Levels>)>,
    /// Whether the required plans make sufficient progress.
    pub plans: Told,
    /// Whether anything significant changed that nobody addressed.
    pub changes: Told,
    /// Whether a security event stands against the certificate.
    pub events: Told,
}

/// Whether a certificate can be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecheckVerdict {
    /// Everything was looked at, and nothing speaks against it.
    Keeps,
    /// Something speaks against it.
    Fails(Vec<RecheckReason>),
    /// Nothing speaks against it so far, and not everything was looked at.
    Unknown(Vec<RecheckReason>),
}

/// What speaks against it, or was not looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecheckReason {
    /// A score is lower.
    #[error("`{requirement}` scores lower on {}", words(.levels))]
    Degraded {
        /// Of which requirement.
        requirement: RequirementKey,
        /// On which levels.
        levels: Vec<MaturityLevel>,
    },
    /// It was not tested.
    #[error("`{0}` was not tested again")]
    NotTested(RequirementKey),
    /// Plans make no progress.
    #[error("corrective actions make no sufficient progress: {0}")]
    Plans(String),
    /// A significant change stands open.
    #[error("a significant change is not addressed: {0}")]
    Change(String),
    /// A security event stands against it.
    #[error("a security event stands against it: {0}")]
    Event(String),
    /// Nobody said.
    #[error("it is not told whether {0}")]
    NotTold(&'static str),
}

fn words(levels: &[MaturityLevel]) -> String {
    levels.iter().map(|l| l.as_str()).collect::<Vec<_>>().join(", ")
}

impl Recheck {
    /// Whether the certificate can be kept.
    pub fn verdict(&self) -> RecheckVerdict {
        let mut against = Vec::new();
        let mut unknown = Vec::new();
        for (requirement, (then, now)) in &self.tested {
            let requirement = requirement.clone();
            match now {
                None => unknown.push(RecheckReason::NotTested(requirement)),
                Some(now) => {
                    let levels = degraded(then, now);
                    if !levels.is_empty() {
                        against.push(RecheckReason::Degraded { requirement, levels });
                    }
                }
            }
        }
        let mut told = |told: &Told, reason: fn(String) -> RecheckReason, question: &'static str| match told {
            Told::Unchanged => {}
            Told::Changed(how) => against.push(reason(how.clone())),
            Told::Unknown => unknown.push(RecheckReason::NotTold(question)),
        };
        told(&self.plans, RecheckReason::Plans, "corrective actions make sufficient progress");
        told(&self.changes, RecheckReason::Change, "anything significant changed");
        told(&self.events, RecheckReason::Event, "a security event stands against it");
        match (against.is_empty(), unknown.is_empty() && !self.tested.is_empty()) {
            (false, _) => RecheckVerdict::Fails(against),
            (true, true) => RecheckVerdict::Keeps,
            (true, false) => RecheckVerdict::Unknown(unknown),
        }
    }
}

#[cfg(test)]
mod tests {
    use attesta_scoring::Score;

    use super::*;

    fn key(text: &str) -> RequirementKey {
        text.parse().unwrap()
    }

    fn implemented(score: &str) -> Levels {
        let mut levels = Levels::default();
        levels.set(MaturityLevel::Implemented, Some(score.parse::<Score>().unwrap()));
        levels
    }

    /// Three requirements in each of 19 domains.
    fn candidates(caps: &[&str]) -> Vec<Candidate> {
        (1..=19)
            .flat_map(|domain| (1..=3).map(move |n| (domain, format!("{domain:02}.0{n}"))))
            .map(|(domain, id)| Candidate { required_cap: caps.contains(&id.as_str()), requirement: key(&id), domain })
            .collect()
    }

    #[test]
    fn an_interim_draws_one_of_each_domain_and_takes_all_with_plans() {
        let seed: Seed = "interim-2027".parse().unwrap();
        let plain = interim_selection(&seed, 1, 19, &candidates(&[]));
        assert_eq!(plain.all().len(), 19);
        let drawn: BTreeSet<String> = plain.all().iter().map(ToString::to_string).collect();
        let not_drawn: Vec<String> =
            candidates(&[]).iter().map(|c| c.requirement.to_string()).filter(|id| !drawn.contains(id)).collect();
        let (a, b, c, d) = (&not_drawn[0], &not_drawn[9], &not_drawn[20], &not_drawn[30]);
        let with_four = interim_selection(&seed, 1, 19, &candidates(&[a, b, c, d]));
        assert_eq!(with_four.all().len(), 23, "four plans beside the draw");
        let coincides = drawn.iter().next().unwrap();
        let with_one_drawn = interim_selection(&seed, 1, 19, &candidates(&[a, b, c, coincides]));
        assert_eq!(with_one_drawn.all().len(), 22, "one of the four was drawn anyway");
    }

    #[test]
    fn a_domain_without_anything_that_applies_is_told() {
        let seed: Seed = "s".parse().unwrap();
        let fewer: Vec<Candidate> = candidates(&[]).into_iter().filter(|c| c.domain != 7).collect();
        let selection = interim_selection(&seed, 1, 19, &fewer);
        assert_eq!(selection.empty, [7]);
        assert_eq!(selection.all().len(), 18);
    }

    #[test]
    fn any_lower_score_fails_and_a_higher_one_does_not() {
        let mut recheck = Recheck {
            tested: BTreeMap::from([
                (key("a"), (implemented("75"), Some(implemented("75")))),
                (key("b"), (implemented("50"), Some(implemented("100")))),
            ]),
            plans: Told::Unchanged,
            changes: Told::Unchanged,
            events: Told::Unchanged,
        };
        assert_eq!(recheck.verdict(), RecheckVerdict::Keeps);
        recheck.tested.insert(key("c"), (implemented("75"), Some(implemented("65"))));
        let RecheckVerdict::Fails(why) = recheck.verdict() else { panic!("75 to 65 is degraded") };
        assert_eq!(why[0].to_string(), "`c` scores lower on implemented");
    }

    #[test]
    fn what_nobody_looked_at_is_never_upheld() {
        let recheck = |now, changes| Recheck {
            tested: BTreeMap::from([(key("a"), (implemented("75"), now))]),
            plans: Told::Unchanged,
            changes,
            events: Told::Unchanged,
        };
        let unknown = |r: Recheck| matches!(r.verdict(), RecheckVerdict::Unknown(_));
        assert!(unknown(recheck(None, Told::Unchanged)));
        assert!(unknown(recheck(Some(implemented("75")), Told::Unknown)));
        let mut nothing = recheck(None, Told::Unchanged);
        nothing.tested.clear();
        assert!(unknown(nothing));
        let unscored = recheck(Some(Levels::default()), Told::Unchanged);
        assert!(matches!(unscored.verdict(), RecheckVerdict::Fails(_)), "a level left out counts as lower");
        let changed = recheck(None, Told::Changed("a new data centre".into()));
        assert!(matches!(changed.verdict(), RecheckVerdict::Fails(_)), "one reason is enough");
    }

    #[test]
    fn a_bridge_needs_as_many_as_it_draws() {
        let seed: Seed = "s".parse().unwrap();
        let keys: Vec<RequirementKey> = (0..25).map(|n| key(&format!("r{n}"))).collect();
        assert_eq!(requirement_draw(&seed, "bridge", &keys, 19).unwrap().len(), 19);
        assert_eq!(requirement_draw(&seed, "bridge", &keys[..18], 19), None);
    }
}
