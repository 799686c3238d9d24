//! What changes when factors or additions are answered otherwise: what comes, what goes, and how scores move.

use std::collections::{BTreeMap, BTreeSet};

use attesta_scoring::{Answer, Decision, DomainScore, Refusal, Rules, Scorecard, Shortfall, score};

use crate::{Asked, LeftOut, RequirementKey, Tailored};

/// What changes between two tailorings of the same packs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delta<'a> {
    /// What is asked only afterwards, with the reasons for it.
    pub comes: Vec<&'a Asked<'a>>,
    /// What is asked only before, with the reasons against it now.
    pub goes: Vec<&'a LeftOut<'a>>,
    /// How many are asked both times.
    pub stays: usize,
}

/// What changes between `before` and `after`.
pub fn delta<'a>(before: &'a Tailored<'a>, after: &'a Tailored<'a>) -> Delta<'a> {
    let keys = |t: &'a Tailored<'a>| t.requirements.iter().map(|r| &r.requirement.id).collect::<BTreeSet<_>>();
    let (was, is) = (keys(before), keys(after));
    Delta {
        comes: after.requirements.iter().filter(|r| !was.contains(&r.requirement.id)).collect(),
        goes: after.left_out.iter().filter(|r| was.contains(&r.requirement.id)).collect(),
        stays: was.intersection(&is).count(),
    }
}

/// How scores move between two tailorings. What nobody answered is in no mean; it is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// Each domain's score before and after; none where nothing of it was scored.
    pub domains: BTreeMap<u8, (Option<DomainScore>, Option<DomainScore>)>,
    /// Required corrective actions that come, among what was answered.
    pub caps_come: BTreeSet<Box<str>>,
    /// Required corrective actions that go.
    pub caps_go: BTreeSet<Box<str>>,
    /// The decision before and after, over what was answered.
    pub decision: (Decision, Decision),
    /// How many requirements nobody answered, before and after.
    pub unanswered: (usize, usize),
}

/// Scores both tailorings with the same answers.
///
/// # Errors
///
/// Answers that no score can be made of.
pub fn movement(
    rules: &Rules<'_>,
    before: &Tailored<'_>,
    after: &Tailored<'_>,
    answer: impl Fn(&RequirementKey) -> Option<Answer>,
) -> Result<Movement, Vec<Refusal>> {
    let side = |tailored: &Tailored<'_>| {
        let (scored, unanswered) = tailored.scored(&answer);
        let card = score(rules, &scored)?;
        let caps = scored.iter().zip(&card.requirements).filter(|(_, s)| s.shortfall == Shortfall::RequiredCap);
        let caps: BTreeSet<Box<str>> = caps.map(|(r, _)| r.id.clone()).collect();
        Ok::<(Scorecard, BTreeSet<Box<str>>, usize), Vec<Refusal>>((card, caps, unanswered.len()))
    };
    let (was, caps_were, unanswered_was) = side(before)?;
    let (is, caps_are, unanswered_is) = side(after)?;
    let numbers: BTreeSet<u8> = was.domains.keys().chain(is.domains.keys()).copied().collect();
    let pair = |n: u8| (n, (was.domains.get(&n).copied(), is.domains.get(&n).copied()));
    Ok(Movement {
        domains: numbers.into_iter().map(pair).collect(),
        caps_come: caps_are.difference(&caps_were).cloned().collect(),
        caps_go: caps_were.difference(&caps_are).cloned().collect(),
        decision: (was.decision, is.decision),
        unanswered: (unanswered_was, unanswered_is),
    })
}
