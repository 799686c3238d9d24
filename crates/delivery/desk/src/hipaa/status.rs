//! The two scores.

use std::collections::BTreeSet;

use attesta_evaluation::{Counts, Policy, Standings};
use attesta_hipaa::{
    Checked, DecisionReport, EvidenceBook, ItemPosition, Overlay, PracticeReport, ProposedChange, ProposedRule, Said,
    ScoreCard, ScoreInputs, Sight, Source, State, Watch, days_between, score,
};
use attesta_kernel::{Date, ElementId, Share};
use serde_json::{Value, json};

use super::{Registers, breach, decisions, texts};

/// What is known of the infrastructure.
#[derive(Debug, Clone, Copy)]
pub enum Infrastructure<'a> {
    /// Nothing was looked at.
    NotChecked,
    /// A check of inputs that somebody named.
    Checked(&'a Standings),
    /// The last runs of the sources that are watched, and the policies that judged them.
    Watched(&'a Watch, &'a [Policy]),
    /// Sources may be watched, and whoever asks may not see what they show.
    Hidden,
}

static NOTHING: BTreeSet<ElementId> = BTreeSet::new();

impl<'a> Infrastructure<'a> {
    /// The last runs of sources, where there are sources.
    pub fn of(watch: Option<&'a Watch>, policies: &'a [Policy]) -> Self {
        watch.map_or(Self::NotChecked, |watch| Self::Watched(watch, policies))
    }

    fn standings(self) -> Option<&'a Standings> {
        match self {
            Self::NotChecked | Self::Hidden => None,
            Self::Checked(standings) => Some(standings),
            Self::Watched(watch, _) => Some(&watch.standings),
        }
    }

    fn lapsed(self) -> &'a BTreeSet<ElementId> {
        match self {
            Self::Watched(watch, _) => &watch.lapsed,
            Self::NotChecked | Self::Checked(_) | Self::Hidden => &NOTHING,
        }
    }
}

/// Where the Security Rule stands, and what is to be mended in each register.
#[derive(Debug)]
pub struct Status<'a> {
    /// What it is made from.
    pub desk: &'a Registers,
    /// What is known of the infrastructure.
    pub infrastructure: Infrastructure<'a>,
    /// The scores.
    pub card: ScoreCard,
    /// What is to be mended, by register.
    pub registers: [(&'static str, Vec<String>); 5],
    /// Recognised practices.
    pub practices: PracticeReport<'a>,
    /// Whether Required is met, every addressable specification is met or decided, and nothing is to be mended.
    pub settled: bool,
}

impl<'a> Status<'a> {
    /// Works it out.
    pub fn of(desk: &'a Registers, infrastructure: Infrastructure<'a>) -> Self {
        let decided = desk.decisions();
        let (risks, agreements) = (desk.risks(), desk.agreements());
        let card = score(&ScoreInputs {
            catalog: &desk.catalog,
            rules: &desk.rules,
            decisions: &decided,
            attestations: &desk.records.attestations,
            evidence: EvidenceBook(&desk.evidence),
            risks: &risks,
            agreements: &agreements,
            standings: infrastructure.standings(),
            lapsed: infrastructure.lapsed(),
            at: desk.at,
        });
        let incidents = desk.incidents();
        let registers = [
            ("decisions", against_decisions(&decided)),
            ("risks", [risks.against_analysis(), risks.against_treatment()].concat()),
            (
                "incidents",
                incidents.iter().flat_map(|r| r.flaws.iter().map(|f| format!("`{}` {f}", r.incident.id))).collect(),
            ),
            ("agreements", agreements.against()),
            ("attestations", card.strays.iter().map(stray).collect()),
        ];
        let done =
            |p: &ItemPosition| p.state.is_met() || matches!(p.state, State::NotApplicable | State::DecidedAgainst);
        let sound =
            breach::sound(&incidents) && decisions::sound(&decided) && registers.iter().all(|(_, a)| a.is_empty());
        let settled = card.required_met() && card.addressable.iter().all(done) && sound;
        Self { practices: desk.practices(), desk, infrastructure, card, registers, settled }
    }

    /// Items that settings violate.
    pub fn violated(&self) -> usize {
        let items = self.card.required.iter().chain(&self.card.addressable);
        items.filter(|item| !item.violated.is_empty()).count()
    }

    /// An item; with the checks that it rests on, where sources are watched.
    fn position(&self, of: &ItemPosition) -> Value {
        let mut json = position(of);
        if let (Infrastructure::Watched(watch, policies), Value::Object(json)) = (self.infrastructure, &mut json) {
            let rests = watch.said(&self.desk.catalog, policies, &of.citation);
            json.insert("checks".into(), rests.iter().map(said).collect());
        }
        json
    }

    /// The report as JSON; `proposed` lays the proposed rule of 2025 over it.
    pub fn json(&self, proposed: bool) -> serde_json::Map<String, Value> {
        let card = &self.card;
        let mut json = self.desk.json("attesta.hipaa-status/1");
        let share = |share: Share| json!({"met": share.part, "of": share.whole, "percent": share.percent()});
        let count = |of: fn(State) -> bool| ScoreCard::count(&card.addressable, of);
        json.insert(
            "required".into(),
            json!({
                "met": card.required_met(),
                "share": share(card.required_share()),
                "items": card.required.iter().map(|p| self.position(p)).collect::<Vec<_>>(),
            }),
        );
        json.insert(
            "addressable".into(),
            json!({
                "share": share(card.addressable_share()),
                "met_by_alternative": count(|s| s == State::MetByAlternative),
                "decided_against": count(|s| s == State::DecidedAgainst),
                "open": count(|s| s == State::Open),
                "violated": count(|s| s == State::Violated),
                "items": card.addressable.iter().map(|p| self.position(p)).collect::<Vec<_>>(),
            }),
        );
        json.insert("checked".into(), (card.checked == Checked::Yes).into());
        match self.infrastructure {
            Infrastructure::Watched(watch, policies) => {
                let at = self.desk.at;
                let sources = watch.sources.iter().map(|one| source(one, policies, at)).collect::<Vec<_>>();
                let whole = watch.sources.iter().all(|source| source.sight == Sight::Whole);
                json.insert("watched".into(), json!({"whole": whole, "sources": sources}));
            }
            Infrastructure::Hidden => drop(json.insert("watched".into(), json!({"hidden": true}))),
            Infrastructure::NotChecked | Infrastructure::Checked(_) => {}
        }
        json.insert("met_on_word_alone".into(), card.rest_on_word().into());
        let registers = self.registers.iter().map(|(name, against)| ((*name).to_owned(), against.clone().into()));
        json.insert("to_mend".into(), Value::Object(registers.collect()));
        let shown: Vec<&str> = self.practices.shown().map(|f| f.family.id.as_str()).collect();
        json.insert("practices_shown".into(), shown.into());
        if proposed {
            let overlay = Overlay::of(&self.desk.rules.proposed, card);
            let mut told = proposal(overlay.rule, &overlay.rule.changes);
            if let Value::Object(told) = &mut told {
                told.insert("would_be_required".into(), texts(&overlay.would_be_required).into());
            }
            json.insert("proposed_2025".into(), told);
        }
        json
    }
}

fn against_decisions(report: &DecisionReport<'_>) -> Vec<String> {
    let mut against = Vec::new();
    for row in &report.rows {
        if let attesta_hipaa::Ruling::Flawed(_, flaws) = &row.ruling {
            against.extend(flaws.iter().map(|flaw| format!("the decision about {} {flaw}", row.item.citation)));
        }
    }
    against.extend(report.exemptions.iter().filter_map(|row| {
        let refusal = row.standing.err()?;
        Some(format!("{} is marked as not applicable: {}", row.exemption.item, refusal.as_str()))
    }));
    against.extend(report.strays.iter().map(ToString::to_string));
    against
}

fn stray(stray: &attesta_hipaa::Stray) -> String {
    let flaws = texts(&stray.flaws).join(", ");
    format!("`{}` about {} {flaws}", stray.id, stray.about)
}

fn position(position: &ItemPosition) -> Value {
    let tally = position.tally;
    json!({
        "citation": position.citation.to_string(),
        "title": position.title,
        "state": position.state.as_str(),
        "proof": match position.state { State::Met(proof) => Some(proof.as_str()), _ => None },
        "elements": {
            "violated": tally.violated, "waived": tally.waived, "unknown": tally.unknown,
            "people": tally.people, "proven": tally.proven,
        },
        "violated": texts(&position.violated),
        "reasons": texts(&position.reasons),
    })
}

/// A source, with its age and what its last run leaves open.
fn source(source: &Source, policies: &[Policy], at: Date) -> Value {
    let seen_on = source.run.as_ref().map(|(_, day)| *day);
    json!({
        "source": source.id,
        "name": source.name,
        "seen": source.sight.as_str(),
        "run": source.run.as_ref().map(|(run, _)| run),
        "seen_on": super::day(seen_on),
        "days_ago": seen_on.map(|day| days_between(day, at)),
        "why": source.why,
        "undecided": texts(source.undecided(policies)),
    })
}

fn said(said: &Said<'_>) -> Value {
    let counted =
        |of: &Counts| json!({"pass": of.passes, "fail": of.fails, "waived": of.waived, "unknown": of.unknowns});
    let by = |(source, counts): &(&Source, Counts)| json!({"source": source.id, "checks": counted(counts)});
    json!({
        "policy": said.policy.id.to_string(),
        "title": said.policy.title,
        "severity": said.policy.severity.to_string(),
        "checks": counted(&said.counts),
        "by": said.by.iter().map(by).collect::<Vec<_>>(),
    })
}

/// A proposed rule, always with its label.
pub(super) fn proposal<'a>(rule: &ProposedRule, changes: impl IntoIterator<Item = &'a ProposedChange>) -> Value {
    let changes: Vec<Value> = changes
        .into_iter()
        .map(|change| {
            json!({
                "topic": change.topic,
                "stands_at": change.stands_at,
                "text": change.text,
                "pace": change.pace,
                "confidence": change.confidence.as_str(),
                "citation_confidence": change.citation_confidence.as_str(),
                "source": change.source,
            })
        })
        .collect();
    json!({"title": rule.title, "label": rule.label, "status": rule.status, "changes": changes})
}
