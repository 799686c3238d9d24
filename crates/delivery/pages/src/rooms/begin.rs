//! A new assessment: which type fits, and its first facts.

use maud::{Markup, html};

use crate::parts::{Tone, lead, state};

/// A question of the adviser.
#[derive(Debug, Clone)]
pub struct Question {
    /// Its id.
    pub id: String,
    /// The question.
    pub asks: String,
    /// Answers: id, words, whether given.
    pub choices: Vec<(String, String, bool)>,
}

/// Why a type fits or does not.
#[derive(Debug, Clone)]
pub struct Reason {
    /// `demands`, `favours` or `rules out`.
    pub says: String,
    /// Of which type.
    pub kind: String,
    /// Why.
    pub because: String,
    /// Where that comes from, and how sure it is.
    pub source: (String, String),
}

/// The adviser's answer.
#[derive(Debug, Clone, Default)]
pub struct Advice {
    /// The type that fits; empty for none.
    pub kind: String,
    /// The verdict in words.
    pub verdict: String,
    /// Why.
    pub reasons: Vec<Reason>,
    /// Questions that are not answered.
    pub unanswered: Vec<String>,
    /// Single answers that would change it: question, answer, to what.
    pub changes: Vec<(String, String, String)>,
}

/// A type of assessment.
#[derive(Debug, Clone)]
pub struct Kind {
    /// Its word.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How its requirements are chosen, in words.
    pub what: String,
}

/// The page.
#[derive(Debug, Clone)]
pub struct Begin {
    /// The organisation's id and name.
    pub organisation: (String, String),
    /// The adviser's questions.
    pub questions: Vec<Question>,
    /// Its answer.
    pub advice: Advice,
    /// Types.
    pub kinds: Vec<Kind>,
    /// What it may be for: word and label.
    pub purposes: Vec<(String, String)>,
}

/// The page.
pub fn page(it: &Begin) -> Markup {
    let (org, name) = &it.organisation;
    html! {
        (lead(&[("Assessments", &format!("/o/{org}/assessments"))], "Begin an assessment", "Say what it is; scope and factors come next, and decide what is asked.", &html! {}))
        div.begin {
            section.sheet aria-labelledby="adviser" {
                h2 #adviser { "Which type fits?" }
                p.soft { "A few plain questions. Skip what you do not know: the advice says what hangs on it." }
                form #questions method="get" action={ "/o/" (org) "/new" } data-swap="advice" data-instant aria-label="Type adviser" {
                    @for question in &it.questions {
                        div.field {
                            label for={ "q-" (question.id) } { (question.asks) }
                            select id={ "q-" (question.id) } name=(question.id) {
                                option value="" { "Not known yet" }
                                @for (id, title, given) in &question.choices { option value=(id) selected[*given] { (title) } }
                            }
                        }
                    }
                    noscript { button { "Ask" } }
                }
                (advice(&it.advice))
            }
            section.sheet aria-labelledby="new" {
                h2 #new { "The new assessment" }
                form data-module="begin" method="post" data-api={ "POST /api/v1/organisations/" (org) "/assessments" } data-then={ "go:/o/" (org) "/a/{id}/scoping" } {
                    div.field { label for="name" { "Name" } input #name name="name" required maxlength="200" autocomplete="off"; p.hint { "What your people will call it, such as “r2 of 2027”." } }
                    div.field { label for="assessed" { "Organisation that is assessed" } input #assessed name="begin.organisation" required maxlength="200" value=(name); }
                    fieldset.choice {
                        legend { "Type" }
                        @for kind in &it.kinds {
                            label { input type="radio" name="begin.type" value=(kind.id) required checked[kind.id == it.advice.kind]; span { strong { (kind.id) } " " (kind.title) br; span.soft.small { (kind.what) } } }
                        }
                    }
                    fieldset.choice {
                        legend { "Purpose" }
                        @for (nth, (word, label)) in it.purposes.iter().enumerate() {
                            label { input type="radio" name="begin.purpose" value=(word) required checked[nth == 0]; span { (label) } }
                        }
                    }
                    div.field { label for="target" { "Certified by (may stay open)" } input #target type="date" name="begin.target"; p.hint { "The calendar counts back from this day." } }
                    button.main { "Begin" }
                }
                p.soft.small { "Interim, rapid and bridge assessments go back to a certificate; they begin with " code { "attesta assess init" } " and its folder." }
            }
        }
    }
}

fn advice(it: &Advice) -> Markup {
    html! {
        div #advice role="status" data-kind=(it.kind) {
            @if it.reasons.is_empty() && it.kind.is_empty() {
                p.note { "No advice yet: too little was answered." }
            } @else {
                p.note { strong { "Advice: " } (it.verdict) "." }
                ul.plain {
                    @for reason in &it.reasons {
                        li {
                            (state(match reason.says.as_str() { "rules out" => Tone::Warn, "demands" => Tone::Good, _ => Tone::Plain }, &format!("{} {}", reason.says, reason.kind)))
                            " " (reason.because) " "
                            span.soft.small { "(" (reason.source.0) ": " (reason.source.1) ")" }
                        }
                    }
                }
                @if !it.changes.is_empty() {
                    details {
                        summary { "What would change the advice" }
                        ul { @for (question, answer, to) in &it.changes { li { (question) " " strong { (answer) } ": " (to) } } }
                    }
                }
            }
            @if !it.unanswered.is_empty() && !it.kind.is_empty() {
                p.soft.small { "Not heard, because it is not answered: " (it.unanswered.join("; ")) }
            }
        }
    }
}
