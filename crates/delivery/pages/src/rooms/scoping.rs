//! Scope and factors: questions by group, what other answers would change, the scope with its picture.

use maud::{Markup, html};

use crate::parts::{Tone, counted, lead, problem, state};

/// One answer that a question takes.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Its id.
    pub id: String,
    /// What it says.
    pub title: String,
    /// Whether it is chosen, in the draft.
    pub chosen: bool,
    /// Whether it was chosen when it was saved last.
    pub saved: bool,
    /// Whether it needs a written reason.
    pub needs_reason: bool,
}

/// A factor as a question.
#[derive(Debug, Clone)]
pub struct Question {
    /// Its id.
    pub id: String,
    /// A short title.
    pub title: String,
    /// The question.
    pub asks: String,
    /// Its answers.
    pub choices: Vec<Choice>,
    /// Whether several may be given.
    pub several: bool,
    /// Why, as it was written.
    pub because: String,
    /// What it counts as while it is open; empty for nothing.
    pub counts_as: String,
    /// Why its bands are not sure; empty where they are.
    pub unsure: String,
}

/// A compliance factor or add-on.
#[derive(Debug, Clone)]
pub struct Addition {
    /// Its id.
    pub id: String,
    /// What it is.
    pub title: String,
    /// What comes of it, in words.
    pub yields: String,
    /// Whether it is chosen, in the draft.
    pub chosen: bool,
    /// Whether it was chosen when it was saved last.
    pub saved: bool,
}

/// A step of the wizard.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its word.
    pub word: String,
    /// Its label.
    pub label: String,
    /// How many of how many are answered; none where that cannot be counted.
    pub answered: Option<(usize, usize)>,
}

/// A requirement that comes or goes.
#[derive(Debug, Clone)]
pub struct Moved {
    /// Its id and title.
    pub requirement: (String, String),
    /// Its domain.
    pub domain: u8,
    /// Why.
    pub because: String,
}

/// One domain before and after.
#[derive(Debug, Clone)]
pub struct DomainRow {
    /// Its number and title.
    pub domain: (u8, String),
    /// How many are asked, before and after.
    pub asked: (usize, usize),
    /// How many come and go.
    pub moved: (usize, usize),
    /// Its score before and after, as written; empty where they are the same.
    pub scores: Option<(String, String)>,
}

/// What the answers on the page would change.
#[derive(Debug, Clone, Default)]
pub struct Delta {
    /// How many are asked, before and after.
    pub asked: (usize, usize),
    /// What comes.
    pub comes: Vec<Moved>,
    /// What goes.
    pub goes: Vec<Moved>,
    /// By domain.
    pub domains: Vec<DomainRow>,
    /// The decision before and after, where it moves.
    pub decision: Option<(String, String)>,
    /// Corrective action plans that come and go.
    pub caps: (usize, usize),
    /// Factors that must be answered and are not.
    pub open: Vec<String>,
    /// Whether something is answered otherwise than it is saved.
    pub draft: bool,
}

/// What stands around every step.
#[derive(Debug, Clone)]
pub struct Around {
    /// The organisation's and the assessment's id.
    pub place: (String, String),
    /// What the assessment is, in words.
    pub what: String,
    /// The step that is shown.
    pub step: String,
    /// Every step.
    pub steps: Vec<Step>,
    /// Why nothing can be changed now; empty where it can.
    pub closed: String,
}

impl Around {
    fn base(&self) -> String {
        format!("/o/{}/a/{}/scoping", self.place.0, self.place.1)
    }

    pub(super) fn api(&self) -> String {
        format!("/api/v1/organisations/{}/assessments/{}", self.place.0, self.place.1)
    }

    fn next(&self) -> String {
        let at = self.steps.iter().position(|s| s.word == self.step).unwrap_or(0);
        self.steps.get(at + 1).map_or_else(
            || format!("/o/{}/a/{}/requirements", self.place.0, self.place.1),
            |step| format!("{}?step={}", self.base(), step.word),
        )
    }
}

/// A step of factors.
#[derive(Debug, Clone)]
pub struct Factors {
    /// What stands around it.
    pub around: Around,
    /// Its questions.
    pub questions: Vec<Question>,
    /// Questions that are not asked with the answers so far.
    pub not_asked: Vec<String>,
    /// What can be added.
    pub additions: Vec<Addition>,
    /// What would change, or why that cannot be told.
    pub delta: Result<Delta, Vec<String>>,
    /// The revisions that a change names: of factors.yaml, and of assessment.yaml for additions.
    pub etags: (u64, u64),
}

pub(super) fn top(it: &Around) -> Markup {
    html! {
        (lead(&[("Assessments", &format!("/o/{}/assessments", it.place.0))], "Scope and factors", &it.what, &html! {}))
        nav aria-label="Steps" {
            ol.steps {
                @for step in &it.steps {
                    li {
                        a href={ (it.base()) "?step=" (step.word) } aria-current=[(step.word == it.step).then_some("step")] {
                            (step.label)
                            @if let Some((answered, of)) = step.answered {
                                " " span.soft { (answered) "/" (of) span.unseen { " answered" } }
                            }
                        }
                    }
                }
            }
        }
        @if !it.closed.is_empty() {
            p.note { "You can try answers here; they cannot be saved: " (it.closed) "." }
        }
    }
}

/// A step of factors.
pub fn factors(it: &Factors) -> Markup {
    let base = it.around.base();
    html! {
        (top(&it.around))
        div.beside {
            form #factors method="get" action=(base) data-swap="delta" data-instant data-module="scoping"
                data-save={ (it.around.api()) "/factors" } data-etag=(it.etags.0) data-header=(it.etags.1) data-next=(it.around.next()) aria-label="Factors" {
                input type="hidden" name="step" value=(it.around.step);
                input type="hidden" name="draft" value="1";
                @if it.questions.is_empty() && it.additions.is_empty() {
                    p.soft { "This type asks nothing here: its core is the same for everybody." }
                }
                @for question in &it.questions { (asked(question)) }
                @if !it.not_asked.is_empty() {
                    p.soft.small { "Not asked with the answers so far: " (it.not_asked.join(", ")) "." }
                }
                @if !it.additions.is_empty() {
                    fieldset.choice.additions data-additions=(saved(it.additions.iter().filter(|a| a.saved).map(|a| a.id.as_str()))) {
                        legend { "Rules and add-ons that the assessment is held to" }
                        @for addition in &it.additions {
                            label { input type="checkbox" name="add" value=(addition.id) checked[addition.chosen]; span { (addition.title) " " span.soft.small { (addition.yields) } } }
                        }
                    }
                }
                noscript { button { "Show what changes" } }
            }
            (delta(it))
        }
    }
}

/// Ids as the page's module reads them.
fn saved<'a>(ids: impl Iterator<Item = &'a str>) -> String {
    ids.collect::<Vec<_>>().join(" ")
}

/// So many answers are shown at once; more are a list that opens.
const SHOWN: usize = 5;

fn asked(it: &Question) -> Markup {
    let name = format!("f.{}", it.id);
    let chosen = it.choices.iter().filter(|c| c.chosen).count();
    let needs = it.choices.iter().any(|c| c.needs_reason);
    html! {
        fieldset.choice.factor data-factor=(it.id) data-saved=(saved(it.choices.iter().filter(|c| c.saved).map(|c| c.id.as_str()))) {
            legend { (it.asks) }
            div.answers {
                @if it.several {
                    @for choice in &it.choices {
                        label { input type="checkbox" name=(name) value=(choice.id) checked[choice.chosen]; (choice.title) }
                    }
                } @else if it.choices.len() <= SHOWN {
                    @for choice in &it.choices {
                        label { input type="radio" name=(name) value=(choice.id) checked[choice.chosen]; (choice.title) }
                    }
                    label.soft { input type="radio" name=(name) value="" checked[chosen == 0]; "Open" }
                } @else {
                    select name=(name) aria-label=(it.asks) {
                        option value="" { "Open" }
                        @for choice in &it.choices { option value=(choice.id) selected[choice.chosen] { (choice.title) } }
                    }
                }
            }
            label.reason {
                span { "Why" @if needs { " (" (it.choices.iter().filter(|c| c.needs_reason).map(|c| c.title.as_str()).collect::<Vec<_>>().join(", ")) " needs a reason)" } }
                input data-because value=(it.because) maxlength="2000" autocomplete="off";
            }
            @if !it.counts_as.is_empty() || !it.unsure.is_empty() {
                p.soft.small {
                    @if !it.counts_as.is_empty() { "While open, it counts as “" (it.counts_as) "”. " }
                    @if !it.unsure.is_empty() { "Answers not confirmed: " (it.unsure) "." }
                }
            }
        }
    }
}

fn delta(it: &Factors) -> Markup {
    let closed = !it.around.closed.is_empty();
    html! {
        aside #delta aria-label="What changes" {
            section.sheet {
                @match &it.delta {
                    Err(faults) => {
                        (problem("These answers do not fit", ""))
                        ul { @for fault in faults { li { (fault) } } }
                    }
                    Ok(delta) => (told(delta)),
                }
                @if it.questions.is_empty() && it.additions.is_empty() || closed {
                    a.button href=(it.around.next()) { "Go on" }
                } @else {
                    div.row {
                        button.main type="button" data-save { "Save and go on" }
                        a.button.quiet href=(it.around.next()) { "Go on without saving" }
                    }
                }
            }
        }
    }
}

fn told(it: &Delta) -> Markup {
    html! {
        div role="status" {
            h2 { @if it.draft { "What these answers change" } @else { "What is asked now" } }
            p.row {
                span.big { (it.asked.1) } " requirements"
                @if it.draft {
                    (state(if it.comes.is_empty() { Tone::Plain } else { Tone::Warn }, &counted(it.comes.len(), "comes", "come")))
                    (state(Tone::Plain, &counted(it.goes.len(), "goes", "go")))
                }
            }
            @if it.draft && it.comes.is_empty() && it.goes.is_empty() { p.soft { "The same requirements are asked." } }
            @if let Some((was, is)) = &it.decision { p { "On what is answered: " (was) "; then: " (is) "." } }
            @if it.caps != (0, 0) { p { "Corrective action plans: " (it.caps.0) " more, " (it.caps.1) " less." } }
            @if !it.open.is_empty() {
                details {
                    summary { (state(Tone::Unknown, &counted(it.open.len(), "must be answered", "must be answered"))) }
                    p.small { (it.open.join(", ")) }
                    p.soft.small { "What is open takes nothing away: it is asked until somebody answers." }
                }
            }
        }
        (moved("What comes", &it.comes))
        (moved("What goes", &it.goes))
        details open[it.draft] {
            summary { "By domain" }
            (domains(it))
        }
    }
}

fn moved(title: &str, rows: &[Moved]) -> Markup {
    html! {
        @if !rows.is_empty() {
            details {
                summary { (title) ": " (rows.len()) }
                ul.plain.small { @for row in rows { li { code { (row.requirement.0) } " " (row.requirement.1) " " span.soft { "(" (row.because) ")" } } } }
            }
        }
    }
}

fn domains(it: &Delta) -> Markup {
    let rows = it.domains.iter().filter(|row| !it.draft || row.moved != (0, 0) || row.scores.is_some());
    html! {
        table.small #delta-table {
            caption.unseen { "Requirements by domain, now and then" }
            thead { tr {
                th scope="col" { "Domain" } th.n scope="col" { "Now" }
                @if it.draft { th.n scope="col" { "Comes" } th.n scope="col" { "Goes" } th.n scope="col" { "Then" } th scope="col" { "Score" } }
            } }
            tbody {
                @for row in rows {
                    tr {
                        td { (row.domain.0) " " (row.domain.1) }
                        td.n { (row.asked.0) }
                        @if it.draft {
                            td.n { @if row.moved.0 > 0 { "+" (row.moved.0) } } td.n { @if row.moved.1 > 0 { "−" (row.moved.1) } } td.n { (row.asked.1) }
                            td { @if let Some((was, is)) = &row.scores { (was) " → " (is) } @else { span.soft { "same" } } }
                        }
                    }
                }
            }
        }
    }
}
