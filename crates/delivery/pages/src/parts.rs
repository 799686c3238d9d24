//! Small things that pages are made of.

use maud::{Markup, html};

/// How something stands: a word, a sign and a colour, so that nobody needs the colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Needs somebody soon.
    Warn,
    /// Not as it should be.
    Bad,
    /// Nobody can tell: never a pass.
    Unknown,
    /// Is going on now: neither good nor bad.
    Now,
    /// Says nothing about good or bad.
    #[default]
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
            Self::Now => "now",
            Self::Plain => "plain",
        }
    }

    fn glyph(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Warn => "!",
            Self::Bad => "✗",
            Self::Unknown => "?",
            Self::Now => "▸",
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

/// What a list leaves out: no list stops without saying so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rest {
    /// How many rows were read for this page.
    pub looked: usize,
    /// How many there are; none where the visitor reaches only some of them.
    pub of: Option<u64>,
    /// Where the list goes on; empty at its end.
    pub next: String,
    /// Where it begins; empty at its beginning.
    pub first: String,
}

impl Rest {
    /// Whether nothing is left out.
    pub fn is_whole(&self) -> bool {
        self.next.is_empty() && self.first.is_empty()
    }

    /// What it says of the list; nothing where the list is whole. `sifted` is for a list of which not every row that was read
    /// is shown.
    fn says(&self, many: &str, sifted: bool) -> String {
        let done = if sifted { "were looked through" } else { "are shown" };
        let looked = grouped(u64::try_from(self.looked).unwrap_or(u64::MAX));
        let which = if self.first.is_empty() { format!("The first {looked}") } else { format!("Another {looked}") };
        match self.of {
            Some(of) => format!("{which} of {} {many} {done}.", grouped(of)),
            None if self.next.is_empty() => format!("{which} {many} {done}; they are the last."),
            None => format!("{which} {many} {done}; there are more."),
        }
    }
}

/// Says which part of a list is shown, and leads to the rest.
pub fn rest(it: &Rest, many: &str, sifted: bool) -> Markup {
    html! {
        @if !it.is_whole() {
            p.rest {
                span { (it.says(many, sifted)) }
                @if !it.next.is_empty() { a href=(it.next) { "Go on" } }
                @if !it.first.is_empty() { a href=(it.first) { "From the beginning" } }
            }
        }
    }
}

/// A number that can be read: `12,345`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A problem told by the server before the page came.
pub fn problem(title: &str, help: &str) -> Markup {
    html! { div.problem role="alert" { strong { (title) } @if !help.is_empty() { br; (help) } } }
}

/// Words in which what stands between backticks is shown as it is written.
pub fn ticked(text: &str) -> Markup {
    html! { @for (at, part) in text.split('`').enumerate() { @if at % 2 == 1 { code { (part) } } @else { (part) } } }
}

/// `1 gap`, `2 gaps`.
pub fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::{Rest, grouped, rest, ticked};

    #[test]
    fn a_list_that_is_cut_says_how_many_there_are_and_leads_to_the_rest() {
        assert_eq!(
            rest(&Rest { looked: 12, ..Rest::default() }, "tasks", false).into_string(),
            "",
            "a whole list says nothing"
        );
        let cut = Rest { looked: 500, of: Some(1234), next: "/o/x?after=b".to_owned(), first: String::new() };
        let said = rest(&cut, "tasks", false).into_string();
        assert!(said.contains("The first 500 of 1,234 tasks are shown.") && said.contains("/o/x?after=b"), "{said}");
        let end = Rest { looked: 3, of: None, next: String::new(), first: "/o/x".to_owned() };
        let said = rest(&end, "tasks", true).into_string();
        assert!(said.contains("Another 3 tasks were looked through; they are the last."), "{said}");
        assert_eq!(ticked("of `a<b` it").into_string(), "of <code>a&lt;b</code> it");
        assert_eq!([grouped(7), grouped(1000), grouped(1_234_567)], ["7", "1,000", "1,234,567"]);
    }
}
