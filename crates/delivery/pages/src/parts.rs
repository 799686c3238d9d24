//! Small things that pages are made of.

use maud::{Markup, html};

/// How something stands: a word, a sign and a colour, so that nobody needs the colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Needs somebody soon.
    Warn,
    /// Not as it should be.
    Bad,
    /// Nobody can tell: never a pass.
    Unknown,
    /// Says nothing about good or bad.
    Plain,
}

impl Tone {
    /// The class of the style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Unknown => "unknown",
            Self::Plain => "plain",
        }
    }

    fn glyph(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Warn => "!",
            Self::Bad => "✗",
            Self::Unknown => "?",
            Self::Plain => "·",
        }
    }
}

/// A state as a word with its sign.
pub fn state(tone: Tone, word: &str) -> Markup {
    html! { span class={ "state " (tone.class()) } data-glyph=(tone.glyph()) { (word) } }
}

/// The top of a page: where one is, its title, a sentence, and what can be done.
pub fn lead(crumbs: &[(&str, &str)], title: &str, say: &str, acts: &Markup) -> Markup {
    html! {
        @if !crumbs.is_empty() {
            nav aria-label="You are here" {
                ol.crumbs { @for (label, href) in crumbs { li { a href=(href) { (label) } } } }
            }
        }
        div.lead {
            div.say {
                h1 { (title) }
                @if !say.is_empty() { p { (say) } }
            }
            @if !acts.0.is_empty() { div.row { (acts) } }
        }
    }
}

/// What a list says when there is nothing in it: what would be here, and how it gets here.
pub fn empty(title: &str, teach: &str, act: &Markup) -> Markup {
    html! { div.empty { h2 { (title) } p { (teach) } (act) } }
}

/// A problem told by the server before the page came.
pub fn problem(title: &str, help: &str) -> Markup {
    html! { div.problem role="alert" { strong { (title) } @if !help.is_empty() { br; (help) } } }
}

/// `1 gap`, `2 gaps`.
pub fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
