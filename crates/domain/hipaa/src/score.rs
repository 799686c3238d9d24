//! HIPAA's two scores, with what people decided and attested.
//!
//! The rule, in full, for each item on the day of the report:
//!
//! 1. An item that is marked as not applicable, where the rule lets it be, is left out.
//! 2. A violated element makes the item *violated*, whatever people attest. A waived one leaves it *open*: a waiver
//!    accepts for a time and proves nothing. So does one that was violated when it was last seen, too long ago to count.
//! 3. Else a register on which the item hangs and that is not in order leaves it *open*.
//! 4. Else the item is *met* when each of its elements is proven by settings or attested by people, for it or for the
//!    whole item. An item without elements is met by people alone. A register in order whose records show it counts as
//!    what people attest.
//! 5. An addressable specification that is not met as written is *met by an alternative* when such a decision is in force
//!    and evidence shows the measure; it is *decided against* when neither it nor a measure is reasonable, in writing.
//!    Violations stay told beside both.
//!
//! *Required* is met as a whole or not at all (45 CFR 164.306(d)(2)). *Addressable* is the share that is met; what was
//! decided against is lawful and is told apart, never counted as met (164.306(d)(3)).

use std::{collections::BTreeSet, fmt};

use attesta_assessment::EvidenceId;
use attesta_catalog::{Catalog, ElementEntry, HipaaItem};
use attesta_evaluation::{Standing, Standings, Tally};
use attesta_kernel::{Citation, Date, ElementId, Share};

use crate::{
    About, AgreementReport, Attestation, AttestationFlaw, Choice, DecisionFlaw, DecisionReport, EvidenceBook, RecordId,
    Register, RegisterState, RiskReport, Rules, Ruling, words::word_enum,
};

/// What the scores are worked out from.
#[derive(Debug, Clone, Copy)]
pub struct ScoreInputs<'a> {
    /// The Security Rule, and our statements.
    pub catalog: &'a Catalog,
    /// The figures of content.
    pub rules: &'a Rules,
    /// Decisions and marks.
    pub decisions: &'a DecisionReport<'a>,
    /// What people attest.
    pub attestations: &'a [Attestation],
    /// The evidence that records name.
    pub evidence: EvidenceBook<'a>,
    /// The risk analysis.
    pub risks: &'a RiskReport<'a>,
    /// The agreements.
    pub agreements: &'a AgreementReport<'a>,
    /// Where elements stand by a check of infrastructure; `None` when none was made.
    pub standings: Option<&'a Standings>,
    /// Elements that were violated when they were last seen and of which nobody knows how they stand now.
    pub lapsed: &'a BTreeSet<ElementId>,
    /// The day of the report.
    pub at: Date,
}

/// The two scores and how each number came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreCard {
    /// Required items, in the rule's order.
    pub required: Vec<ItemPosition>,
    /// Addressable specifications, in the rule's order.
    pub addressable: Vec<ItemPosition>,
    /// Attestations that do not count.
    pub strays: Vec<Stray>,
    /// Whether infrastructure was checked.
    pub checked: Checked,
}

word_enum! {
    /// Whether infrastructure was checked.
    Checked, "a word for whether infrastructure was checked" {
        /// It was.
        Yes = "checked",
        /// It was not: violations cannot be seen.
        No = "not checked",
    }
}

/// Where one item stands and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemPosition {
    /// The item.
    pub citation: Citation,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub state: State,
    /// Its elements, by where they stand; all of them *unknown* when nothing was checked.
    pub tally: Tally,
    /// Elements that are violated, which no word of people hides.
    pub violated: Vec<ElementId>,
    /// Why it stands there, each reason by itself.
    pub reasons: Vec<Reason>,
}

/// Where an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Settings violate it.
    Violated,
    /// Not shown, or something stands against it.
    Open,
    /// Decided against in writing, lawfully; not met (164.306(d)(3)(ii)(B)).
    DecidedAgainst,
    /// An equivalent measure stands in and is shown.
    MetByAlternative,
    /// Met as written, by this proof.
    Met(Proof),
    /// Does not apply here.
    NotApplicable,
}

impl State {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Violated => "violated",
            Self::Open => "open",
            Self::DecidedAgainst => "decided against",
            Self::MetByAlternative => "met by alternative",
            Self::Met(_) => "met",
            Self::NotApplicable => "not applicable",
        }
    }

    /// Whether it counts as met.
    pub fn is_met(self) -> bool {
        matches!(self, Self::Met(_) | Self::MetByAlternative)
    }
}

word_enum! {
    /// What proves an item.
    Proof, "a proof" {
        /// Settings alone.
        Automation = "automation",
        /// People alone.
        People = "people",
        /// Settings and people, each their part.
        Both = "automation and people",
    }
}

/// Why an item stands where it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It does not apply, for this reason.
    NotApplicable(String),
    /// This many elements are violated.
    Violated(u32),
    /// This many elements are waived.
    Waived(u32),
    /// This many elements were violated when they were last seen, and nobody knows how they stand now.
    Lapsed(u32),
    /// This many elements are proven by settings.
    Proven(u32),
    /// An attestation speaks for it: which, by whom, until when, by what evidence.
    Attested(RecordId, String, Date, Vec<EvidenceId>),
    /// A register shows it.
    Shown(Register, String),
    /// Something stands against it in a register.
    Against(Register, String),
    /// An attestation about it does not count.
    AttestationFlaw(RecordId, AttestationFlaw),
    /// These elements are neither proven nor attested.
    Unproven(Vec<ElementId>),
    /// It has no element, and nobody attests it.
    NobodyAttests,
    /// A decision is in force: the choice, by whom, when.
    Decided(&'static str, String, Option<Date>),
    /// A decision does not count.
    DecisionFlaw(DecisionFlaw),
    /// No decision is recorded.
    Undecided,
    /// An alternative is decided on and nothing shows the measure.
    MeasureUnshown,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotApplicable(why) => write!(f, "does not apply: {why}"),
            Self::Violated(count) => write!(f, "settings violate {}", elements(*count)),
            Self::Waived(count) => write!(f, "{} waived: accepted for a time, not proven", elements(*count)),
            Self::Lapsed(1) => f.write_str("1 element was violated when last seen, and nobody knows how it stands now"),
            Self::Lapsed(count) => {
                write!(f, "{count} elements were violated when last seen, and nobody knows how they stand now")
            }
            Self::Proven(count) => write!(f, "settings prove {}", elements(*count)),
            Self::Attested(id, by, until, evidence) => {
                let shown: Vec<&str> = evidence.iter().map(EvidenceId::as_str).collect();
                write!(f, "attested by {by} until {until} (`{id}`, by {})", shown.join(", "))
            }
            Self::Shown(register, why) => write!(f, "{register}: {why}"),
            Self::Against(register, why) => write!(f, "{register}: {why}"),
            Self::AttestationFlaw(id, flaw) => write!(f, "attestation `{id}` {flaw}"),
            Self::Unproven(ids) => {
                let shown: Vec<&str> = ids.iter().take(MOST_IDS).map(ElementId::as_str).collect();
                write!(f, "neither proven nor attested: {}", shown.join(", "))?;
                match ids.len().saturating_sub(MOST_IDS) {
                    0 => Ok(()),
                    more => write!(f, " and {more} more"),
                }
            }
            Self::NobodyAttests => f.write_str("only people can show it, and nobody attests it"),
            Self::Decided(choice, by, on) => {
                write!(f, "decided: {choice}, by {by}")?;
                on.map_or(Ok(()), |day| write!(f, " on {day}"))
            }
            Self::DecisionFlaw(flaw) => write!(f, "the decision {flaw}"),
            Self::Undecided => f.write_str("no decision is recorded"),
            Self::MeasureUnshown => {
                f.write_str("an alternative is decided on, and no evidence that is good today shows the measure")
            }
        }
    }
}

/// So many ids are told in a sentence.
const MOST_IDS: usize = 6;

fn elements(count: u32) -> String {
    if count == 1 { "1 element".to_owned() } else { format!("{count} elements") }
}

/// An attestation that does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// Its id.
    pub id: RecordId,
    /// What it speaks of.
    pub about: About,
    /// Why.
    pub flaws: Vec<AttestationFlaw>,
}

impl ScoreCard {
    /// The binary score: whether every required item that applies is met.
    pub fn required_met(&self) -> bool {
        self.required.iter().all(|p| p.state.is_met() || p.state == State::NotApplicable)
            && self.required.iter().any(|p| p.state.is_met())
    }

    /// How many required items are met, of those that apply.
    pub fn required_share(&self) -> Share {
        share(&self.required)
    }

    /// How many addressable specifications are met, of those that apply.
    pub fn addressable_share(&self) -> Share {
        share(&self.addressable)
    }

    /// How many stand there.
    pub fn count(positions: &[ItemPosition], which: impl Fn(State) -> bool) -> u32 {
        count(positions.iter().filter(|p| which(p.state)).count())
    }

    /// Met items of which settings could tell something and did not, so that they rest on people's word: nothing was
    /// checked, or the inputs of the check do not show it.
    pub fn rest_on_word(&self) -> u32 {
        let unseen = |p: &&ItemPosition| matches!(p.state, State::Met(_)) && p.tally.unknown > 0;
        count(self.required.iter().chain(&self.addressable).filter(unseen).count())
    }
}

fn share(positions: &[ItemPosition]) -> Share {
    let applying = positions.iter().filter(|p| p.state != State::NotApplicable).count();
    Share::new(count(positions.iter().filter(|p| p.state.is_met()).count()), count(applying))
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Works out both scores.
pub fn score(inputs: &ScoreInputs<'_>) -> ScoreCard {
    let judged: Vec<(&Attestation, Vec<AttestationFlaw>)> =
        inputs.attestations.iter().map(|a| (a, a.flaws(inputs.catalog, inputs.evidence, inputs.at))).collect();
    let strays = judged
        .iter()
        .filter(|(_, flaws)| !flaws.is_empty())
        .map(|(a, flaws)| Stray { id: a.id.clone(), about: a.about.clone(), flaws: flaws.clone() })
        .collect();
    let registers = [
        (Register::RiskAnalysis, inputs.risks.analysis_state()),
        (Register::RiskTreatment, inputs.risks.treatment_state()),
        (Register::Agreements, inputs.agreements.state()),
    ];
    let work = Work { inputs, judged, registers };
    ScoreCard {
        required: inputs.catalog.required().map(|item| work.written(item)).collect(),
        addressable: inputs.catalog.addressable().map(|item| work.addressable(item)).collect(),
        strays,
        checked: if inputs.standings.is_some() { Checked::Yes } else { Checked::No },
    }
}

struct Work<'a> {
    inputs: &'a ScoreInputs<'a>,
    judged: Vec<(&'a Attestation, Vec<AttestationFlaw>)>,
    registers: [(Register, RegisterState); 3],
}

impl Work<'_> {
    /// Steps 1 to 4.
    fn written(&self, item: &HipaaItem) -> ItemPosition {
        let mut reasons = Vec::new();
        let entries: Vec<ElementEntry<'_>> = self.inputs.catalog.elements_citing(&item.citation).collect();
        let standing = |entry: &ElementEntry<'_>| self.standing(entry);
        let tally: Tally = entries.iter().map(standing).collect();
        let of = |wanted: Standing| entries.iter().filter(move |e| standing(e) == wanted).map(|e| e.element.id.clone());
        let state = if let Some(exemption) = self.inputs.decisions.exemption(&item.citation) {
            reasons.push(Reason::NotApplicable(exemption.reason.to_string()));
            State::NotApplicable
        } else {
            self.applying(item, &entries, tally, &mut reasons)
        };
        ItemPosition {
            citation: item.citation.clone(),
            title: item.title.clone(),
            state,
            tally,
            violated: of(Standing::Violated).collect(),
            reasons,
        }
    }

    fn standing(&self, entry: &ElementEntry<'_>) -> Standing {
        match self.inputs.standings {
            Some(standings) => standings.of(&entry.element.id).map_or(Standing::Unknown, |s| s.standing),
            None if entry.element.proof.takes_settings() => Standing::Unknown,
            None => Standing::People,
        }
    }

    fn applying(
        &self,
        item: &HipaaItem,
        entries: &[ElementEntry<'_>],
        tally: Tally,
        reasons: &mut Vec<Reason>,
    ) -> State {
        if tally.violated > 0 {
            reasons.push(Reason::Violated(tally.violated));
        }
        if tally.waived > 0 {
            reasons.push(Reason::Waived(tally.waived));
        }
        // What is seen violated now is told already.
        let lapsed = |entry: &&ElementEntry<'_>| {
            self.inputs.lapsed.contains(&entry.element.id) && self.standing(entry) != Standing::Violated
        };
        let lapsed = count(entries.iter().filter(lapsed).count());
        if lapsed > 0 {
            reasons.push(Reason::Lapsed(lapsed));
        }
        if tally.proven > 0 {
            reasons.push(Reason::Proven(tally.proven));
        }
        let (against, mut people) = self.gates(item, reasons);
        let about_item = About::Item(item.citation.clone());
        let by_item = self.attested(&about_item, reasons);
        people |= by_item;
        let mut unproven = Vec::new();
        for entry in entries {
            match self.standing(entry) {
                Standing::Proven | Standing::Violated | Standing::Waived => {}
                Standing::People | Standing::Unknown => {
                    let by_element = self.attested(&About::Element(entry.element.id.clone()), reasons);
                    if !people && !by_element {
                        unproven.push(entry.element.id.clone());
                    }
                }
            }
        }
        let lacking = !unproven.is_empty() || (entries.is_empty() && !people);
        if !unproven.is_empty() {
            reasons.push(Reason::Unproven(unproven));
        } else if lacking {
            reasons.push(Reason::NobodyAttests);
        }
        if tally.violated > 0 {
            State::Violated
        } else if tally.waived > 0 || lapsed > 0 || against || lacking {
            State::Open
        } else if tally.proven == tally.total() && tally.total() > 0 {
            State::Met(if people { Proof::Both } else { Proof::Automation })
        } else {
            State::Met(if tally.proven > 0 { Proof::Both } else { Proof::People })
        }
    }

    /// Whether a register stands against the item, and whether one shows it.
    fn gates(&self, item: &HipaaItem, reasons: &mut Vec<Reason>) -> (bool, bool) {
        let (mut against, mut shown) = (false, false);
        for gate in self.inputs.rules.gates.iter().filter(|gate| gate.item == item.citation) {
            let Some((register, state)) = self.registers.iter().find(|(register, _)| *register == gate.register) else {
                continue;
            };
            match state {
                RegisterState::Shown(why) => {
                    shown = true;
                    reasons.push(Reason::Shown(*register, why.clone()));
                }
                RegisterState::Silent(why) => reasons.push(Reason::Shown(*register, why.clone())),
                RegisterState::NotInOrder(whys) => {
                    against = true;
                    reasons.extend(whys.iter().map(|why| Reason::Against(*register, why.clone())));
                }
            }
        }
        (against, shown)
    }

    /// Whether somebody's word counts for this; words that do not count are told.
    fn attested(&self, about: &About, reasons: &mut Vec<Reason>) -> bool {
        let mut good = false;
        for (attestation, flaws) in self.judged.iter().filter(|(a, _)| a.about == *about) {
            if flaws.is_empty() {
                good = true;
                let Attestation { id, by, until, evidence, .. } = attestation;
                reasons.push(Reason::Attested(id.clone(), by.to_string(), *until, evidence.clone()));
            } else {
                reasons.extend(flaws.iter().map(|f| Reason::AttestationFlaw(attestation.id.clone(), f.clone())));
            }
        }
        good
    }

    /// Step 5.
    fn addressable(&self, item: &HipaaItem) -> ItemPosition {
        let mut position = self.written(item);
        if position.state == State::NotApplicable {
            return position;
        }
        let ruling = self.inputs.decisions.row(&item.citation).map(|row| &row.ruling);
        match ruling {
            None | Some(Ruling::None) => position.reasons.push(Reason::Undecided),
            Some(Ruling::Flawed(_, flaws)) => {
                position.reasons.extend(flaws.iter().cloned().map(Reason::DecisionFlaw));
            }
            Some(Ruling::InForce(decision)) => {
                let by = decision.approver.as_ref().map_or_else(String::new, ToString::to_string);
                position.reasons.push(Reason::Decided(decision.choice.as_str(), by, decision.decided_on));
                if !position.state.is_met() {
                    match decision.choice {
                        Choice::Implement => {}
                        Choice::Alternative { .. }
                            if !self.inputs.evidence.shows(&decision.evidence, self.inputs.at) =>
                        {
                            position.reasons.push(Reason::MeasureUnshown);
                        }
                        Choice::Alternative { .. } => position.state = State::MetByAlternative,
                        Choice::Neither => position.state = State::DecidedAgainst,
                    }
                }
            }
        }
        position
    }
}
