//! `attesta hipaa status`: the two scores.

use attesta_app::check::Frameworks;
use attesta_desk::hipaa::{Infrastructure, Registers, Status};
use attesta_hipaa::{Checked, ItemPosition, Overlay, PracticeReport, Reason, ScoreCard, State};
use attesta_kernel::{Citation, Share, many};

use super::{
    StatusOptions,
    page::{self, Page, texts},
};
use crate::{
    args::{Common, ListFormat},
    exit::{Exit, Failure},
    workshop,
};

pub(super) fn run(common: &Common, options: &StatusOptions) -> Result<Exit, Failure> {
    let (desk, library) = super::open(common, &options.dir, options.inputs.at, &options.reach)?;
    if options.check.is_empty() {
        return report(&desk, options, None);
    }
    let frameworks = Frameworks { hipaa: true, hitrust: false };
    let (checked, _texts) =
        workshop::report(common, &options.check, &options.inputs, library.source(), &desk.catalog, frameworks)?;
    report(&desk, options, Some((&checked.standings, checked.complete())))
}

fn report(
    desk: &Registers,
    options: &StatusOptions,
    checked: Option<(&attesta_evaluation::Standings, bool)>,
) -> Result<Exit, Failure> {
    let status = Status::of(
        desk,
        checked.map_or(Infrastructure::NotChecked, |(standings, _)| Infrastructure::Checked(standings)),
    );
    let view = View { desk, card: &status.card, registers: &status.registers, practices: &status.practices, options };
    match (&options.explain, options.format) {
        (Some(subject), _) => view.explain(subject)?,
        (None, ListFormat::Table) => view.table()?,
        (None, ListFormat::Json) => page::print(status.json(options.proposed_2025))?,
    }
    Ok(if !status.settled {
        Exit::Findings
    } else if checked.is_some_and(|(_, complete)| !complete) {
        Exit::NotEvaluated
    } else {
        Exit::Met
    })
}

/// So many lines of a register stand below an item; the register has them all.
const MOST_AGAINST: usize = 2;

struct View<'a> {
    desk: &'a Registers,
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
        let mut page = page::begun(self.desk, "HIPAA Security Rule");
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
