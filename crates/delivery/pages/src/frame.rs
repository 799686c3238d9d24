//! What is around every page: the head, the doors to the rooms, where one is, and what the numbers stand on.

use maud::{DOCTYPE, Markup, html};

use crate::{address, tour::tour};

/// Light, dark, or as the system has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// Reads the cookie's value; anything else is the system's.
    pub fn of(text: &str) -> Self {
        match text {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::System,
        }
    }

    fn word(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }
}

/// Who looks.
#[derive(Debug, Clone, Default)]
pub struct Visitor {
    /// Their name; empty for somebody who is not signed in.
    pub name: String,
    /// What their page sends with what changes something.
    pub csrf: String,
    /// How they like it.
    pub theme: Theme,
    /// Whether this instance is the demo.
    pub demo: bool,
}

/// Where they are.
#[derive(Debug, Clone, Default)]
pub struct Organisation {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What the visitor is here, in words.
    pub role: String,
    /// The rooms that they may enter.
    pub sections: Vec<Section>,
}

/// Doors that belong together.
#[derive(Debug, Clone, Default)]
pub struct Section {
    /// What they share; empty for the first.
    pub title: String,
    /// They.
    pub doors: Vec<Door>,
}

/// A link to a room.
#[derive(Debug, Clone, Default)]
pub struct Door {
    /// The room's word, by which a page says that it is in it.
    pub word: &'static str,
    /// What is written on it.
    pub label: &'static str,
    /// Where it leads.
    pub href: String,
    /// The letter after `g`; empty for none.
    pub key: &'static str,
}

/// Where a page stands in an assessment.
#[derive(Debug, Clone, Default)]
pub struct Here {
    /// The assessment's id; empty outside of one.
    pub assessment: String,
}

/// Everything around a page.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// The page's title.
    pub title: String,
    /// Who looks.
    pub visitor: Visitor,
    /// Where; none before somebody signed in.
    pub organisation: Option<Organisation>,
    /// The word of the door that leads here.
    pub room: &'static str,
    /// The assessment that it is about.
    pub here: Here,
    /// What the page rests on: the assessment's revision and the day, for the foot.
    pub rests_on: String,
    /// The organisation's ledger; none where the page says it itself.
    pub ledger: Option<Ledger>,
}

/// The state of an organisation's ledger when somebody asked for a page.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// How many entries the last signed checkpoint covers; empty where there is none.
    pub size: String,
    /// Its root hash.
    pub root: String,
    /// When the last of them was written.
    pub at: String,
}

/// A whole page.
pub fn page(frame: &Frame, main: &Markup) -> Markup {
    let visitor = &frame.visitor;
    html! {
        (DOCTYPE)
        html lang="en" data-theme=[visitor.theme.word()] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (frame.title) " · Attesta" }
                meta name="attesta-csrf" content=(visitor.csrf);
                @if let Some(organisation) = &frame.organisation {
                    meta name="attesta-organisation" content=(organisation.id);
                }
                @if !frame.here.assessment.is_empty() {
                    meta name="attesta-assessment" content=(frame.here.assessment);
                }
                link rel="icon" href=(address("icon.svg")) type="image/svg+xml";
                link rel="stylesheet" href=(address("app.css"));
                @if frame.room != "home" {
                    link rel="stylesheet" href=(address("rooms.css"));
                }
                script type="module" src=(address("app.js")) {}
            }
            body {
                a.skip href="#main" { "Skip to the page" }
                @match &frame.organisation {
                    Some(organisation) => (within(frame, organisation, main)),
                    None => {
                        main #main.alone tabindex="-1" {
                            p { a.mark href="/" { "Attesta" } }
                            (main)
                        }
                    }
                }
            }
        }
    }
}

fn within(frame: &Frame, organisation: &Organisation, main: &Markup) -> Markup {
    html! {
        @if frame.visitor.demo {
            aside.demo aria-label="Demo" {
                span { "Demo: an invented company with invented answers. Nothing here is anybody's evidence." }
                button.quiet type="button" data-tour hidden { "Take the tour" }
                a href="/demo" { "See it as somebody else, or begin your own" }
            }
            (tour(&organisation.id))
        }
        div.house {
            header.top {
                a.mark href={ "/o/" (organisation.id) } { "Attesta" }
                a href="/organisations" { (organisation.name) }
                button.quiet.push type="button" data-palette title="Go anywhere (Ctrl K)" { "Find " kbd { "Ctrl K" } }
                button.quiet type="button" data-theme-switch { "Light or dark" }
                a href="/account" { (frame.visitor.name) }
                span.soft.small { (organisation.role) }
            }
            nav.rooms aria-label="Rooms" {
                div.in {
                    @for section in &organisation.sections {
                        @if !section.title.is_empty() { h2 { (section.title) } }
                        ul {
                            @for door in &section.doors {
                                li {
                                    a href=(door.href) data-key=[Some(door.key).filter(|k| !k.is_empty())]
                                        aria-current=[(door.word == frame.room).then_some("page")] { (door.label) }
                                }
                            }
                        }
                    }
                }
            }
            main #main tabindex="-1" {
                (main)
                (foot(frame))
            }
        }
    }
}

/// What a page stands on. Where parts of the page follow what others change, it follows with them (`swap.js`).
fn foot(frame: &Frame) -> Markup {
    html! {
        div #foot.foot {
            @if !frame.rests_on.is_empty() || frame.ledger.is_some() {
                p {
                    (frame.rests_on) " "
                    @if let Some(ledger) = &frame.ledger { (checkpoint(ledger)) }
                }
            }
            p.keys { a href="/words" { "Words" } " · Press " kbd { "?" } " for keys" }
        }
    }
}

/// On paper the whole root hash; on the screen as much as tells two apart.
fn checkpoint(ledger: &Ledger) -> Markup {
    let short: String = ledger.root.chars().take(8).collect();
    html! {
        @if ledger.size.is_empty() { "The ledger has no checkpoint yet." } @else {
            "The ledger’s checkpoint covers entries up to " (ledger.size) ", the last of "
            time datetime=(ledger.at) { (minute(&ledger.at)) } ", and nothing written since: root "
            code.short title=(ledger.root) { (short) "…" } code.whole { (ledger.root) } ". "
            a.keys href="/verify" { "Verify" }
        }
    }
}

/// A moment to its minute, in UTC; `times.js` shows it where the reader sits.
fn minute(at: &str) -> String {
    at.chars().take(16).map(|c| if c == 'T' { ' ' } else { c }).chain(" UTC".chars()).collect()
}
