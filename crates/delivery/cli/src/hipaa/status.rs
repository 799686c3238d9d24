//! `attesta hipaa status`: the two scores.

use attesta_app::check::Frameworks;
use attesta_hipaa::{
    Checked, DecisionReport, EvidenceBook, ItemPosition, Overlay, PracticeReport, ProposedChange, ProposedRule, Reason,
    ScoreCard, ScoreInputs, State, score,
};
use attesta_kernel::{Citation, Share};
use serde_json::{Value, json};

use super::{
    Desk, StatusOptions, breach, decisions,
    page::{self, Page, many, texts},
};
use crate::{
    args::{Common, ListFormat},
    exit::{Exit, Failure},
    workshop,
};

pub(super) fn run(common: &Common, options: &StatusOptions) -> Result<Exit, Failure> {
    let desk = Desk::open(common, &options.dir, options.inputs.at, &options.reach)?;
    if options.check.is_empty() {
        return report(&desk, options, None);
    }
    let frameworks = Frameworks { hipaa: true, hitrust: false };
    let (checked, _texts) =
        workshop::report(common, &options.check, &options.inputs, &desk.source, &desk.catalog, frameworks)?;
    report(&desk, options, Some((&checked.standings, checked.complete())))
}

fn report(
    desk: &Desk,
    options: &StatusOptions,
    checked: Option<(&attesta_evaluation::Standings, bool)>,
) -> Result<Exit, Failure> {
    let decided = DecisionReport::of(
        &desk.catalog,
        &desk.rules.decisions,
        &desk.records.decisions,
        &desk.records.exemptions,
        desk.at,
    );
    let (risks, agreements) = (desk.risks(), desk.agreements());
    let card = score(&ScoreInputs {
        catalog: &desk.catalog,
        rules: &desk.rules,
        decisions: &decided,
        attestations: &desk.records.attestations,
        evidence: EvidenceBook(&desk.evidence),
        risks: &risks,
        agreements: &agreements,
        standings: checked.map(|(standings, _)| standings),
        at: desk.at,
    });
    let incidents = desk.incidents();
    let practices = desk.practices();
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
    let view = View { desk, card: &card, registers: &registers, practices: &practices, options };
    match (&options.explain, options.format) {
        (Some(subject), _) => view.explain(subject)?,
        (None, ListFormat::Table) => view.table()?,
        (None, ListFormat::Json) => page::print(view.json())?,
    }
    let settled = card
        .addressable
        .iter()
        .all(|p| p.state.is_met() || matches!(p.state, State::NotApplicable | State::DecidedAgainst));
    let sound = breach::sound(&incidents) && decisions::sound(&decided) && registers.iter().all(|(_, a)| a.is_empty());
    Ok(if !(card.required_met() && settled && sound) {
        Exit::Findings
    } else if checked.is_some_and(|(_, complete)| !complete) {
        Exit::NotEvaluated
    } else {
        Exit::Met
    })
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

/// So many lines of a register stand below an item; the register has them all.
const MOST_AGAINST: usize = 2;

struct View<'a> {
    desk: &'a Desk,
    card: &'a ScoreCard,
    registers: &'a [(&'static str, Vec<String>); 5],
    practices: &'a PracticeReport<'a>,
    options: &'a StatusOptions,
}

impl View<'_> {
    fn required_line(&self) -> String {
        let card = self.card;
        let word = if card.required_met() { "met" } else { "NOT MET" };
        format!("Required: {word}, {} items that apply are met{}", card.required_share(), self.aside(&card.required))
    }

    fn addressable_line(&self) -> String {
        let card = self.card;
        let count = |of: fn(State) -> bool| ScoreCard::count(&card.addressable, of);
        let share = card.addressable_share();
        format!(
            "Addressable: {}, {share} met, {} of them by an alternative; {} decided against in writing (lawful, not counted \
             as met); {} open or violated{}",
            percent(share),
            count(|s| s == State::MetByAlternative),
            count(|s| s == State::DecidedAgainst),
            count(|s| matches!(s, State::Open | State::Violated)),
            self.aside(&card.addressable),
        )
    }

    fn aside(&self, positions: &[ItemPosition]) -> String {
        match ScoreCard::count(positions, |s| s == State::NotApplicable) {
            0 => String::new(),
            count => format!(" ({count} more do not apply)"),
        }
    }

    fn word_line(&self) -> Option<String> {
        let resting = self.card.rest_on_word();
        match (self.card.checked, resting) {
            (Checked::No, 0) => {
                Some("infrastructure was not checked (--check PATH): violations cannot be seen".to_owned())
            }
            (Checked::No, count) => Some(format!(
                "infrastructure was not checked (--check PATH): violations cannot be seen, and {count} met items rest on \
                 people's word where settings could tell"
            )),
            (Checked::Yes, 0) => None,
            (Checked::Yes, count) => {
                Some(format!("{count} met items rest on people's word where these inputs show no settings"))
            }
        }
    }

    fn table(&self) -> Result<(), Failure> {
        let mut page = self.desk.page("HIPAA Security Rule");
        page.line(&self.required_line());
        page.line(&self.addressable_line());
        if let Some(line) = self.word_line() {
            page.line(&format!("note: {line}"));
        }
        let not_met = |p: &&ItemPosition| !p.state.is_met() && p.state != State::NotApplicable;
        for (heading, positions) in
            [("required, not met", &self.card.required), ("addressable, not met", &self.card.addressable)]
        {
            if positions.iter().any(|p| not_met(&p)) {
                page.heading(heading);
            }
            for position in positions.iter().filter(not_met) {
                item(&mut page, position);
            }
        }
        let by_alternative: Vec<&ItemPosition> =
            self.card.addressable.iter().filter(|p| p.state == State::MetByAlternative).collect();
        if !by_alternative.is_empty() {
            page.heading("met by an alternative");
        }
        for position in by_alternative {
            item(&mut page, position);
        }
        page.heading("registers");
        for (name, against) in self.registers {
            let told = if against.is_empty() {
                "nothing to mend".to_owned()
            } else {
                many(against.len(), "thing to mend", "things to mend")
            };
            page.row([(name, 14), (&told, 0)]);
        }
        let shown: Vec<&str> = self.practices.shown().map(|f| f.family.id.as_str()).collect();
        let practices = if shown.is_empty() {
            "none shown (nobody must have them)".to_owned()
        } else {
            format!("shown: {}", shown.join(", "))
        };
        page.row([("practices", 14), (&practices, 0)]);
        if self.options.proposed_2025 {
            self.proposed(&mut page);
        }
        page.print()
    }

    fn proposed(&self, page: &mut Page) {
        let overlay = Overlay::of(&self.desk.rules.proposed, self.card);
        page.heading(&format!("{}: {}", overlay.rule.title, overlay.rule.label));
        page.line(&format!("  {}", overlay.rule.status));
        page.line(&format!(
            "  {} that are not met as written today would be required [inferred]: {}",
            many(overlay.would_be_required.len(), "addressable specification", "addressable specifications"),
            texts(&overlay.would_be_required).join(", "),
        ));
        for change in &overlay.rule.changes {
            let pace = change.pace.as_ref().map_or_else(String::new, |pace| format!(" ({pace})"));
            page.line(&format!(
                "  proposed {} [{}, place {}]: {}{pace}",
                change.stands_at, change.confidence, change.citation_confidence, change.text
            ));
        }
    }

    fn explain(&self, subject: &str) -> Result<(), Failure> {
        let mut page = Page::default();
        match subject {
            "required" => {
                page.line(&self.required_line());
                self.card.required.iter().for_each(|p| item(&mut page, p));
            }
            "addressable" => {
                page.line(&self.addressable_line());
                self.card.addressable.iter().for_each(|p| item(&mut page, p));
            }
            other => {
                let unknown = || {
                    Failure::new(Exit::Usage, format!("`{other}` is nothing that is scored here"))
                        .help("give `required`, `addressable` or a citation; `attesta catalog list hipaa` shows them")
                };
                let citation: Citation = other.parse().map_err(|_| unknown())?;
                let all = self.card.required.iter().chain(&self.card.addressable);
                let position = all.into_iter().find(|p| p.citation == citation).ok_or_else(unknown)?;
                item(&mut page, position);
            }
        }
        page.print()
    }

    fn json(&self) -> serde_json::Map<String, Value> {
        let card = self.card;
        let mut json = self.desk.json("attesta.hipaa-status/1");
        let share = |share: Share| json!({"met": share.part, "of": share.whole, "percent": share.percent()});
        let count = |of: fn(State) -> bool| ScoreCard::count(&card.addressable, of);
        json.insert(
            "required".into(),
            json!({
                "met": card.required_met(),
                "share": share(card.required_share()),
                "items": card.required.iter().map(position).collect::<Vec<_>>(),
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
                "items": card.addressable.iter().map(position).collect::<Vec<_>>(),
            }),
        );
        json.insert("checked".into(), (card.checked == Checked::Yes).into());
        json.insert("met_on_word_alone".into(), card.rest_on_word().into());
        let registers = self.registers.iter().map(|(name, against)| ((*name).to_owned(), against.clone().into()));
        json.insert("to_mend".into(), Value::Object(registers.collect()));
        let shown: Vec<&str> = self.practices.shown().map(|f| f.family.id.as_str()).collect();
        json.insert("practices_shown".into(), shown.into());
        if self.options.proposed_2025 {
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

fn percent(share: Share) -> String {
    share.percent().map_or_else(|| "nothing applies".to_owned(), |p| format!("{p}%"))
}

fn item(page: &mut Page, position: &ItemPosition) {
    page.row([(&position.citation.to_string(), 24), (&position.title, 46), (position.state.as_str(), 0)]);
    let against = position.reasons.iter().filter(|r| matches!(r, Reason::Against(..))).count();
    let mut told = 0_usize;
    for reason in &position.reasons {
        if matches!(reason, Reason::Against(..)) {
            told = told.saturating_add(1);
            if told > MOST_AGAINST {
                continue;
            }
        }
        page.below(&reason.to_string());
    }
    if against > MOST_AGAINST {
        page.below(&format!("and {} more in the register", against.saturating_sub(MOST_AGAINST)));
    }
    if !position.violated.is_empty() {
        page.below(&format!("violated: {}", texts(&position.violated).join(", ")));
    }
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
