//! Proof to others: the organisation's public page, its badge, and the room in which it is written.

use maud::{Markup, html};

use crate::parts::{Rest, Tone, counted, empty, lead, rest, state};

/// A certificate as it is told.
#[derive(Debug, Clone, Default)]
pub struct Certificate {
    /// How it stands.
    pub stands: Option<(Tone, String)>,
    /// Since when, and the first day on which it does not hold any more.
    pub days: (String, String),
    /// The letter by which it is known.
    pub reference: String,
}

/// A domain.
#[derive(Debug, Clone, Default)]
pub struct Domain {
    /// Its number and title.
    pub domain: (u8, String),
    /// How many controls stand how.
    pub counts: Vec<(Tone, String, usize)>,
    /// Control references with their titles and how they stand; empty where only counts are told.
    pub controls: Vec<(String, String, Tone, String)>,
}

/// What is told of an assessment.
#[derive(Debug, Clone, Default)]
pub struct Assessed {
    /// What it is: program and purpose.
    pub what: String,
    /// Where it stands.
    pub phase: String,
    /// Whether its certificate is told at all.
    pub tells_certificate: bool,
    /// The certificate, where there is one.
    pub certificate: Option<Certificate>,
    /// Domains; empty where nothing is told of controls.
    pub domains: Vec<Domain>,
    /// Why nothing can be told today; empty where it can.
    pub unknown: String,
}

/// The public page.
#[derive(Debug, Clone, Default)]
pub struct Public {
    /// The organisation's id and name.
    pub organisation: (String, String),
    /// One of the safe themes.
    pub theme: String,
    /// A few sentences.
    pub about: String,
    /// Whom to write to.
    pub contact: String,
    /// What the badge says.
    pub badge: Option<(Tone, String)>,
    /// Since when this is public, and today.
    pub days: (String, String),
    /// Assessments.
    pub assessed: Vec<Assessed>,
    /// What can be asked for: the item and its title.
    pub offered: Vec<(String, String)>,
    /// The terms and their SHA-256.
    pub terms: (String, String),
    /// The key that verifies the organisation's log.
    pub key: String,
    /// Whether this is only what a draft would look like.
    pub preview: bool,
}

/// The public page.
pub fn public(it: &Public) -> Markup {
    html! {
        div class={ "trust theme-" (it.theme) } {
            @if it.preview { p.note role="status" { "This is what the draft would show. Nobody else sees it." } }
            header.banner {
                h1 { (it.organisation.1) }
                @if let Some((tone, words)) = &it.badge { p { (state(*tone, words)) } }
                @if !it.about.is_empty() { p.said { (it.about) } }
                @if !it.contact.is_empty() { p.small { "Questions: " a href={ "mailto:" (it.contact) } { (it.contact) } } }
            }
            @if it.assessed.is_empty() { (empty("No assessment is told of", "The organisation shows this page, and tells of no assessment on it.", &html! {})) }
            @for (at, one) in it.assessed.iter().enumerate() { (assessed(one, at)) }
            (ask(it))
            section.sheet aria-labelledby="how" {
                h2 #how { "How to read this page" }
                p.small { "The organisation chose what is told here, and since " time datetime=(it.days.0) { (it.days.0) } " it is public. How things stand is worked out anew each day, today for " time datetime=(it.days.1) { (it.days.1) } "; nobody can write a better state by hand." }
                ul.small {
                    li { (state(Tone::Good, "validated by an assessor")) " the assessor finished testing every requirement of it, and nothing falls short." }
                    li { (state(Tone::Plain, "in place, by own word")) " the organisation says so, and no assessor has finished testing it." }
                    li { (state(Tone::Warn, "in place in part")) " something of it scores below full." }
                    li { (state(Tone::Bad, "falls short, being mended")) " a corrective action plan is required." }
                    li { (state(Tone::Unknown, "not told yet")) " not all of it is answered. That is no pass." }
                }
                p.small { "A certificate is told as the organisation recorded it, with the reference under which its issuer knows it. Attesta issued no certificate, and HITRUST has no part in this page: ask the issuer." }
                @if !it.key.is_empty() {
                    p.small { "The key of the organisation's log, for " a href="/verify" { "verifying a proof" } ": " code.command { (it.key) } }
                }
            }
        }
    }
}

fn assessed(it: &Assessed, at: usize) -> Markup {
    let id = format!("assessed-{at}");
    html! {
        section.sheet aria-labelledby=(id) {
            h2 id=(id) { (it.what) }
            p.soft.small { "Now: " (it.phase) }
            @if !it.unknown.is_empty() { p { (state(Tone::Unknown, "cannot be told today")) " " (it.unknown) } }
            @if it.tells_certificate {
                @match &it.certificate {
                    None => p { (state(Tone::Plain, "in progress")) " No certificate was recorded." },
                    Some(certificate) => dl.pairs {
                        dt { "Certificate" } dd { @if let Some((tone, word)) = &certificate.stands { (state(*tone, word)) } }
                        dt { "Issued" } dd { time datetime=(certificate.days.0) { (certificate.days.0) } }
                        dt { "Expires" } dd { time datetime=(certificate.days.1) { (certificate.days.1) } }
                        dt { "Reference" } dd { (certificate.reference) }
                    }
                }
            }
            @if !it.domains.is_empty() {
                div.scroll tabindex="0" role="region" aria-label={ "Controls of " (it.what) } {
                    table {
                        caption { "Controls by domain" }
                        thead { tr { th.n scope="col" { "#" } th scope="col" { "Domain" } th scope="col" { "How its controls stand" } } }
                        tbody { @for domain in &it.domains { tr {
                            td.n { (domain.domain.0) }
                            td { (domain.domain.1) }
                            td {
                                p.row { @for (tone, word, n) in &domain.counts { (state(*tone, &format!("{n} {word}"))) } }
                                @if !domain.controls.is_empty() {
                                    details { summary { (counted(domain.controls.len(), "control", "controls")) " of " (domain.domain.1) }
                                        ul.plain { @for (id, title, tone, word) in &domain.controls { li.row { code { (id) } span { (title) } (state(*tone, word)) } } }
                                    }
                                }
                            }
                        } } }
                    }
                }
            }
        }
    }
}

fn ask(it: &Public) -> Markup {
    if it.offered.is_empty() {
        return html! {};
    }
    html! {
        section.sheet aria-labelledby="more" {
            h2 #more { "Ask to see more" }
            p { "On request, and to you by name:" }
            @if it.preview {
                ul { @for (_, title) in &it.offered { li { (title) } } }
            } @else {
                form method="post" data-api={ "POST /api/v1/trust-pages/" (it.organisation.0) "/access-requests" } data-module="ask" data-then="stay" {
                    fieldset.choices { legend.unseen { "What you would like to see" }
                        @for (item, title) in &it.offered { label { input type="checkbox" name="items" value=(item) checked; " " (title) } }
                    }
                    div.fields {
                        div.field { label for="ask-name" { "Your name" } input id="ask-name" name="name" required maxlength="100" autocomplete="name"; }
                        div.field { label for="ask-email" { "Your address" } input id="ask-email" name="email" type="email" required maxlength="200" autocomplete="email"; }
                        div.field { label for="ask-company" { "Your organisation" } input id="ask-company" name="company" required maxlength="100" autocomplete="organization"; }
                        div.field { label for="ask-purpose" { "What for" } input id="ask-purpose" name="purpose" required maxlength="1000"; }
                    }
                    h3 #terms { "Terms" }
                    p.said.terms tabindex="0" role="region" aria-labelledby="terms" { (it.terms.0) }
                    input type="hidden" name="agrees" value=(it.terms.1);
                    p { label { input type="checkbox" required; " I agree to these terms for myself and my organisation" } }
                    p.soft.small { "Your name, organisation and the day stand on what you are shown. That you agreed is kept for good in the organisation's log: your name, address and organisation with it." }
                    button.main { "Agree and ask" }
                }
                p.note #asked hidden role="status" { "Your request is with the organisation. Whoever decides writes to your address; there is nothing more to do here." }
            }
        }
    }
}

/// The badge: an SVG that says what is true today, and leads to the page.
pub fn badge(words: &str, tone: Tone, href: &str) -> String {
    // Letters of 11 px are about 6.6 px wide; a little air on both sides.
    let wide = |text: &str| text.chars().count().saturating_mul(66) / 10 + 16;
    let (left, right) = (wide("attesta"), wide(words));
    let fill = match tone {
        Tone::Good => "#1c6b3a",
        Tone::Bad => "#a01f2d",
        Tone::Warn => "#7a4d00",
        Tone::Unknown | Tone::Plain | Tone::Now => "#515c64",
    };
    let title = format!("attesta: {words}");
    let svg = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(left + right) height="22" role="img" aria-label=(title) {
            title { (title) }
            a href=(href) target="_top" {
                rect width=(left + right) height="22" rx="4" fill=(fill) {}
                rect width=(left) height="22" rx="4" fill="#1a2024" {}
                rect x=(left.saturating_sub(4)) width="4" height="22" fill="#1a2024" {}
                g fill="#ffffff" font-family="ui-sans-serif,system-ui,'Segoe UI','Noto Sans','Liberation Sans',sans-serif" font-size="11" text-anchor="middle" {
                    text x=(left / 2) y="15" { "attesta" }
                    text x=(left + right / 2) y="15" { (words) }
                }
            }
        }
    };
    svg.into_string()
}

/// An assessment in the form.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Its id and name.
    pub assessment: (String, String),
    /// Whether its certificate is told.
    pub certificate: bool,
    /// `nothing`, `domains` or `controls`.
    pub controls: String,
}

/// Somebody who asked to see more.
#[derive(Debug, Clone, Default)]
pub struct Visitor {
    /// The id and revision.
    pub id: (String, u64),
    /// Who, of which organisation.
    pub who: (String, String),
    /// Their address, as they wrote it.
    pub email: String,
    /// What for.
    pub purpose: String,
    /// `asked`, `granted` or `refused`.
    pub state: String,
    /// When.
    pub at: String,
    /// What they asked for, in words.
    pub items: Vec<String>,
    /// The beginning of the SHA-256 of the terms.
    pub terms: String,
    /// Why it was refused.
    pub because: String,
}

/// A share link.
#[derive(Debug, Clone, Default)]
pub struct Link {
    /// The id.
    pub id: String,
    /// For whom.
    pub label: String,
    /// What it shows.
    pub shows: Vec<String>,
    /// How it stands.
    pub stands: Option<(Tone, String)>,
    /// Until when.
    pub until: String,
    /// How often it was opened, and may be.
    pub uses: String,
    /// Whether it holds.
    pub holds: bool,
}

/// The room.
#[derive(Debug, Clone, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is one door")]
pub struct Room {
    /// The organisation's id.
    pub org: String,
    /// The page's revision.
    pub rev: u64,
    /// The public address.
    pub url: String,
    /// Since when it is public; empty where it is not.
    pub public: String,
    /// Whether the draft says something else than what is public.
    pub differs: bool,
    /// The draft: text, contact, theme, terms.
    pub draft: (String, String, String, String),
    /// Themes to choose from.
    pub themes: Vec<String>,
    /// Assessments to choose from.
    pub choices: Vec<Choice>,
    /// What can be offered: item, title, whether it is.
    pub offers: Vec<(String, String, bool)>,
    /// Who asked.
    pub visitors: Vec<Visitor>,
    /// What is left out of visitors, of links, and of evidence that can be offered.
    pub rests: (Rest, Rest, Rest),
    /// Share links.
    pub links: Vec<Link>,
    /// Whether the visitor may write the draft.
    pub may_write: bool,
    /// Whether they may make it public.
    pub may_publish: bool,
    /// Whether they may make links.
    pub may_link: bool,
    /// The usual last day of a new link.
    pub until: String,
}

/// The room.
pub fn room(it: &Room) -> Markup {
    let api = format!("/api/v1/organisations/{}", it.org);
    html! {
        (lead(&[], "Proof to others", "What everybody, a customer or an assessor may see without an account.", &html! {
            a.button href={ "/o/" (it.org) "/trust/preview" } { "See the draft" }
        }))
        div.stack {
            (standing(it, &api))
            @if it.may_write { (draft(it, &api)) }
            (visitors(it))
            (decisions(it, &api))
            (links(it, &api))
        }
    }
}

fn standing(it: &Room, api: &str) -> Markup {
    let badge = format!("{}/badge.svg", it.url);
    html! {
        section.sheet aria-labelledby="public" {
            h2 #public { "The public page" }
            @if it.public.is_empty() {
                p { (state(Tone::Plain, "not public")) " Nobody sees anything of this organisation. A page and a badge are there as soon as an owner makes the draft public." }
            } @else {
                p { (state(Tone::Good, "public")) " since " time datetime=(it.public) { (it.public) } ": " a href=(it.url) { (it.url) } }
                @if it.differs { p { (state(Tone::Warn, "draft differs")) " What visitors see is what was made public, not the draft below." } }
                p { "The badge, which says what is true on the day on which it is looked at:" }
                p { img src=(badge) alt="The badge as it is today"; }
                div.row data-module="copy" {
                    code.command { "<a href=\"" (it.url) "\"><img src=\"" (badge) "\" alt=\"How our assurance stands\"></a>" }
                    button type="button" { "Copy" }
                }
            }
            div.row {
                @if it.may_publish && it.rev > 0 && (it.public.is_empty() || it.differs) {
                    form method="post" data-api={ "POST " (api) "/trust-page/publication" } data-etag=(it.rev) data-then="reload" { button.main { "Make the draft public" } }
                }
                @if it.may_write && !it.public.is_empty() {
                    form method="post" data-api={ "DELETE " (api) "/trust-page/publication" } data-then="reload" { button.danger { "Take the page down" } }
                }
            }
            @if !it.may_publish { p.soft.small { "Only an owner makes it public." } }
        }
    }
}

fn draft(it: &Room, api: &str) -> Markup {
    let (about, contact, theme, terms) = &it.draft;
    html! {
        section.sheet aria-labelledby="draft" {
            h2 #draft { "The draft" }
            form method="post" data-api={ "PUT " (api) "/trust-page" } data-etag=(it.rev) data-then="reload" {
                div.field { label for="trust-about" { "About you, for visitors" } textarea.short id="trust-about" name="about" maxlength="2000" { (about) } }
                div.fields {
                    div.field { label for="trust-contact" { "Whom to write to" } input id="trust-contact" name="contact" type="email" value=(contact); }
                    div.field { label for="trust-theme" { "Colour" } select id="trust-theme" name="theme" {
                        @for one in &it.themes { option value=(one) selected[one == theme] { (one) } }
                    } }
                }
                @if it.choices.is_empty() { p.soft { "There is no assessment to tell of yet." } } @else {
                    table {
                        caption { "What is told of each assessment; no score ever is" }
                        thead { tr { th scope="col" { "Assessment" } th scope="col" { "Its certificate" } th scope="col" { "Its controls" } } }
                        tbody { @for choice in &it.choices { tr {
                            @let id = &choice.assessment.0;
                            td { (choice.assessment.1) }
                            td { label { input type="checkbox" name={ "assessments." (id) ".certificate" } checked[choice.certificate]; " tell it" span.unseen { " of " (choice.assessment.1) } } }
                            td { select name={ "assessments." (id) ".controls" } aria-label={ "Controls of " (choice.assessment.1) } {
                                @for (word, label) in [("nothing", "nothing"), ("domains", "counts by domain"), ("controls", "each control")] {
                                    option value=(word) selected[word == choice.controls] { (label) }
                                }
                            } }
                        } } }
                    }
                }
                @if !it.offers.is_empty() {
                    fieldset.choices { legend { "What visitors may ask for (its title is public)" }
                        @for (item, title, offered) in &it.offers {
                            label { input type="checkbox" name="offered" value=(item) checked[*offered]; " " (title) }
                            input type="hidden" name={ "on_request." (item) } value=(title);
                        }
                    }
                    (rest(&it.rests.2, "pieces of evidence", true))
                }
                details { summary { "Terms that visitors agree to" }
                    div.field { label for="trust-terms" { "Your own text" } textarea id="trust-terms" name="terms" maxlength="20000" aria-describedby="trust-terms-hint" { (terms) }
                        p.hint #trust-terms-hint { "Empty for Attesta's own plain text, which no lawyer of yours has read. A change makes visitors agree anew." } }
                }
                button.main { "Keep the draft" }
            }
        }
    }
}

fn visitors(it: &Room) -> Markup {
    html! {
        section.sheet aria-labelledby="visitors" #asks data-live {
            h2 #visitors { "Who asked to see more" }
            @if it.visitors.is_empty() {
                p.soft { "Nobody yet. A visitor of the public page agrees to the terms, says who they are, and waits here for a link." }
            } @else {
                (rest(&it.rests.0, "requests", false))
                table #visitors-table data-table {
                    caption.unseen { "Who asked to see more" }
                    thead { tr { th scope="col" { "When" } th scope="col" { "Who" } th scope="col" { "What for" } th scope="col" { "What" } th scope="col" { "Stands" } } }
                    tbody { @for v in &it.visitors { tr {
                        td { time datetime=(v.at) { (v.at) } }
                        td { strong { (v.who.0) } ", " (v.who.1) br; span.soft.small { (v.email) ", not verified" } }
                        td { (v.purpose) br; span.soft.small { "agreed to terms " code { (v.terms) } } }
                        td { ul.plain { @for item in &v.items { li { (item) } } } }
                        td {
                            @match v.state.as_str() {
                                "granted" => (state(Tone::Good, "granted")),
                                "refused" => { (state(Tone::Bad, "refused")) br; span.small { (v.because) } },
                                _ => (state(Tone::Warn, "waits")),
                            }
                        }
                    } } }
                }
            }
        }
    }
}

/// Outside of what is refreshed: a link that is shown once must stay until it was taken.
fn decisions(it: &Room, api: &str) -> Markup {
    html! {
        @for v in it.visitors.iter().filter(|v| v.state == "asked" && it.may_link) {
                    details.decide.sheet { summary { "Decide about " (v.who.0) }
                        form.fill data-module="secret" data-then="stay" data-etag=(v.id.1) method="post" data-api={ "POST " (api) "/access-requests/" (v.id.0) "/grant" } {
                            div.secret hidden role="status" { p { "Send this link to " (v.email) ". It is shown this once; their name stands on what it shows." } div.row { code.command {} button type="button" { "Copy" } } }
                            div.fields {
                                label { "Until " input name="until" type="date" required data-type="moment" value=(it.until); }
                                label { "Opened at most " input name="most_uses" type="number" min="1" data-type="number" placeholder="any number of times"; }
                                label { "Passphrase, sent another way " input name="passphrase" minlength="8" autocomplete="off"; }
                            }
                            button.main { "Grant it" }
                        }
                        form.row method="post" data-api={ "POST " (api) "/access-requests/" (v.id.0) "/refusal" } data-etag=(v.id.1) data-then="reload" {
                            label { "Why not " input name="because" required maxlength="500"; }
                            button { "Refuse it" }
                        }
                    }
                }
    }
}

fn links(it: &Room, api: &str) -> Markup {
    html! {
        section.sheet aria-labelledby="links" #shares data-live {
            h2 #links { "Share links" }
            @if it.links.is_empty() { p.soft { "None. A link shows named things to whoever has it, for a time, without an account." } } @else {
                (rest(&it.rests.1, "links", false))
                table #links-table data-table {
                    caption.unseen { "Share links" }
                    thead { tr { th scope="col" { "For" } th scope="col" { "Shows" } th scope="col" { "Until" } th.n scope="col" { "Opened" } th scope="col" { "Stands" } th scope="col" data-plain { span.unseen { "What can be done" } } } }
                    tbody { @for link in &it.links { tr {
                        td { (link.label) }
                        td.small { ul.plain { @for one in &link.shows { li { (one) } } } }
                        td { time datetime=(link.until) { (link.until) } }
                        td.n { (link.uses) }
                        td { @if let Some((tone, word)) = &link.stands { (state(*tone, word)) } }
                        td { @if link.holds && it.may_link {
                            form method="post" data-api={ "DELETE " (api) "/share-links/" (link.id) } data-then="swap" { button.quiet aria-label={ "Take back: " (link.label) } { "Take back" } }
                        } }
                    } } }
                }
            }
        }
        @if it.may_link && !it.offers.is_empty() {
            form.sheet.fill data-module="secret" data-then="stay" method="post" data-api={ "POST " (api) "/share-links" } {
                h2 { "Make a share link" }
                div.secret hidden role="status" { p { "Send this link. It is shown this once." } div.row { code.command {} button type="button" { "Copy" } } }
                div.fields {
                    label { "For whom " input name="label" required maxlength="100"; }
                    label { "Until " input name="until" type="date" required data-type="moment" value=(it.until); }
                    label { "Passphrase, sent another way " input name="passphrase" minlength="8" autocomplete="off"; }
                }
                fieldset.choices { legend { "What it shows" }
                    @for (item, title, _) in &it.offers { label { input type="checkbox" name="shows" value=(item); " " (title) } }
                }
                button { "Make the link" }
            }
        }
    }
}

/// A mark that stands across everything: who was handed what is seen. Nobody needs it read out twice.
pub fn mark(words: &str) -> Markup {
    html! {
        svg.handed aria-hidden="true" width="100%" height="100%" {
            defs { pattern id="handed" width="680" height="150" patternUnits="userSpaceOnUse" patternTransform="rotate(-18)" { text x="0" y="40" { (words) } } }
            rect width="100%" height="100%" fill="url(#handed)" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_leads_to_its_page_and_nothing_in_it_is_markup_by_accident() {
        let svg = badge("r2 <certified>", Tone::Good, "https://a.example/trust/x");
        assert!(svg.contains("href=\"https://a.example/trust/x\"") && svg.contains("r2 &lt;certified&gt;"), "{svg}");
        assert!(!svg.contains("style="), "a strict policy stops inline styles");
        assert!(!badge("r2 in progress", Tone::Plain, "").contains("#1c6b3a"), "green is for what holds");
    }

    #[test]
    fn a_page_of_nothing_offers_nothing_and_claims_nothing() {
        let page = public(&Public { organisation: ("ten_x".into(), "Acme".into()), ..Public::default() }).into_string();
        assert!(page.contains("No assessment is told of") && !page.contains("Ask to see more"), "{page}");
    }
}
