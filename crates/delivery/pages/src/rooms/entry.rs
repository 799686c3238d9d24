//! Before the rooms: the first owner, signing in, joining, choosing an organisation.

use maud::{Markup, html};

use crate::parts;

/// An organisation that somebody belongs to.
#[derive(Debug, Clone)]
pub struct Belongs {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is, in words.
    pub kind: String,
    /// What they are there, in words.
    pub role: String,
}

fn field(name: &str, label: &str, kind: &str, complete: &str, hint: &str) -> Markup {
    let id = format!("field-{}", name.replace('.', "-"));
    html! {
        div.field {
            label for=(id) { (label) }
            input id=(id) name=(name) type=(kind) autocomplete=(complete) required
                aria-describedby=[(!hint.is_empty()).then(|| format!("{id}-hint"))];
            @if !hint.is_empty() { p.hint id={ (id) "-hint" } { (hint) } }
        }
    }
}

/// Where the first owner begins, by the link of the console. `open` is whether nobody can sign in yet.
pub fn first(open: bool) -> Markup {
    if !open {
        return html! {
            h1 { "Somebody owns this already" }
            p { "The first link was used. Sign in, or ask an owner for an invitation." }
            p { a.button.main href="/sign-in" { "Sign in" } }
        };
    }
    html! {
        h1 { "Begin" }
        p.soft { "You become the owner of this instance. The link that brought you here works once." }
        form.sheet method="post" data-api="POST /api/v1/first" data-then="go:/sign-in?welcome=1" data-module="first" {
            (field("link", "Secret of the link", "text", "off", "The console printed a link when the server started; what stands after its #."))
            (field("organisation", "Your organisation", "text", "organization", ""))
            div.field {
                label for="field-kind" { "What it is" }
                select id="field-kind" name="kind" {
                    option value="assessed-entity" { "A company that is assessed" }
                    option value="assessor-firm" { "An assessor firm" }
                    option value="service-provider" { "A provider whose controls others inherit" }
                }
            }
            (field("name", "Your name", "text", "name", ""))
            (field("email", "Your address", "email", "username", ""))
            (field("password", "Password", "password", "new-password", "Long is good: three or four words that are nobody's quote."))
            button.main { "Begin" }
        }
    }
}

/// An identity provider: its name in addresses, and what people read.
pub type Provider = (String, String);

/// Signing in; `to` is where to go then, `welcome` says that the account was just made, `problem` what a provider said.
pub fn sign_in(to: &str, welcome: bool, demo: bool, problem: &str, providers: &[Provider]) -> Markup {
    html! {
        @let back = to.replace('%', "%25").replace('&', "%26").replace('#', "%23").replace('+', "%2B");
        h1 { "Sign in" }
        @if !problem.is_empty() {
            (parts::problem("Your provider did not let you in.", &format!("It was told: {problem}. Try again, or sign in another way.")))
        }
        @if welcome { p.note role="status" { "Your account is there. Sign in with it." } }
        @if demo { p.note { "This is a demo: " a href="/demo" { "walk in without an account" } "." } }
        form.sheet method="post" data-api="POST /api/v1/session" data-then={ "go:" (to) } data-module="passkey" data-to=(to) {
            (field("email", "Address", "email", "username webauthn", ""))
            (field("password", "Password", "password", "current-password", ""))
            div.field {
                label for="field-code" { "Code" }
                input id="field-code" name="code" inputmode="numeric" autocomplete="one-time-code" aria-describedby="field-code-hint";
                p.hint #field-code-hint { "Of your app, or a recovery code. Leave it empty when your account has none." }
            }
            div.row {
                button.main { "Sign in" }
                button type="button" data-passkey-in hidden { "Sign in with a passkey" }
            }
        }
        @if !providers.is_empty() {
            section.sheet.elsewhere aria-labelledby="elsewhere" {
                h2 #elsewhere { "With your organisation's account" }
                div.row { @for (name, title) in providers {
                    // A link, as a form would be stopped where the server sends the browser on to the provider.
                    a.button href={ "/api/v1/session/oidc/" (name) "?back=" (back) } { (title) }
                } }
            }
        }
    }
}

/// Joining an organisation by an invitation's link.
pub fn join(providers: &[Provider]) -> Markup {
    html! {
        h1 { "Join" }
        p.soft { "Somebody invited you. When you have an account here already, give its address and password." }
        form.sheet method="post" data-api="POST /api/v1/invitations/accept" data-then="go:/sign-in?welcome=1" data-module="first" {
            (field("link", "Secret of the link", "text", "off", "What stands after the # of the link that you were sent."))
            (field("email", "Your address", "email", "username", "The one that was invited."))
            (field("name", "Your name", "text", "name", ""))
            (field("password", "Password", "password", "new-password", ""))
            button.main { "Join" }
        }
        @for (name, title) in providers {
            form.sheet.elsewhere method="post" data-api={ "POST /api/v1/session/oidc/" (name) } data-then="go:{url}" data-module="first" {
                p { "Or join with your organisation's account; no password is needed then." }
                div.field {
                    label for={ "link-" (name) } { "Secret of the link" }
                    input id={ "link-" (name) } name="link" autocomplete="off" required;
                }
                button { (title) }
            }
        }
    }
}

/// The organisations that somebody belongs to.
pub fn organisations(belongs: &[Belongs]) -> Markup {
    html! {
        (parts::lead(&[], "Your organisations", "", &html! {}))
        @if belongs.is_empty() {
            (parts::empty("You belong to none", "Ask an owner for an invitation, or found an organisation of your own.", &html! {}))
        } @else {
            ul.plain {
                @for one in belongs {
                    li { a href={ "/o/" (one.id) } { (one.name) } " " span.soft { (one.kind) ", you are " (one.role) } }
                }
            }
        }
        form.sheet method="post" data-api="POST /api/v1/organisations" data-then="go:/o/{id}" {
            h2 { "Found another" }
            (field("name", "Name", "text", "organization", ""))
            button { "Found it" }
        }
    }
}

/// Somebody of the demo.
#[derive(Debug, Clone)]
pub struct Character {
    /// The word for them in the address.
    pub slug: String,
    /// The name.
    pub name: String,
    /// The role, in words.
    pub role: String,
    /// What they see, in a line.
    pub sees: &'static str,
}

/// The demo's door: who one wants to be, and how to begin in earnest.
pub fn demo(people: &[Character]) -> Markup {
    html! {
        h1 { "Riverbend Telehealth, a demo" }
        p { "Walk in as Mara for a tour of two minutes, or as anybody to look around." }
        p.note {
            "The company, its people and their answers are invented. The requirements, rules, scores and dates are the product's own, "
            "worked out as they would be for you. What you change here is gone when the demo ends."
        }
        h2 { "Walk in as" }
        ul.plain {
            @for person in people {
                li {
                    form.walk-in method="post" action={ "/demo/as/" (person.slug) } {
                        button.main[person.slug == "mara"] { (person.name) }
                        span { (person.role) br; span.soft.small { (person.sees) } }
                    }
                }
            }
        }
        section.sheet aria-labelledby="earnest" {
            h2 #earnest { "Begin your own" }
            p { "Stop the demo, and start Attesta with a folder to keep things in. It prints a link that makes you the owner." }
            p { code { "attesta serve --data attesta-data" } }
            p.soft.small { "Or found an organisation right here to try it with your own words; it lasts as long as the demo. Walk in as somebody, and choose " a href="/organisations" { "your organisations" } "." }
        }
    }
}

/// A page that could not be shown.
pub fn refused(status: u16, title: &str, help: &str) -> Markup {
    let heading = match status {
        403 => "Not for you",
        404 => "Nothing here",
        429 => "Too fast",
        503 => "Not just now",
        _ => "That did not work",
    };
    html! {
        h1 { (heading) }
        (parts::problem(title, help))
        p { a.button href="/" { "To the beginning" } }
    }
}
