//! How the house itself stands: one person's place in it, its health, what must stay and what may go.

use maud::{Markup, html};

use super::keeping::{Table, choices, table};
use crate::parts::{Rest, Tone, counted, lead, rest as cut, state};

/// How somebody signs in.
#[derive(Debug, Clone, Default)]
pub struct SignIn {
    /// Whether there is a password.
    pub password: bool,
    /// Whether an app's code is asked for.
    pub app: bool,
    /// How many passkeys.
    pub passkeys: usize,
    /// How many providers it is linked to.
    pub providers: usize,
    /// How many sessions are open.
    pub sessions: usize,
    /// How often it failed lately, and until when nothing is looked at.
    pub failures: Option<(u32, String)>,
    /// Whether sessions and lockouts may be ended.
    pub ends: bool,
}

/// Somebody's place in the organisation.
#[derive(Debug, Clone, Default)]
pub struct Member {
    /// The organisation's id.
    pub org: String,
    /// The account's id, and the revision that was read.
    pub account: (String, u64),
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
    /// The role's word.
    pub role: String,
    /// Until when, as a day; empty for open.
    pub until: String,
    /// Assessments with their names, and whether they are among those that this person may see.
    pub assessments: Vec<(String, String, bool)>,
    /// Roles that may be given; none when nothing may be changed.
    pub roles: Vec<String>,
    /// How they sign in, for those who may see it.
    pub sign_in: Option<SignIn>,
}

/// One person.
pub fn member(it: &Member) -> Markup {
    let api = format!("/api/v1/organisations/{}/people/{}", it.org, it.account.0);
    html! {
        (lead(&[("People", &format!("/o/{}/people", it.org))], &it.name, &it.email, &html! {}))
        section.sheet.piece aria-labelledby="place" {
            h2 #place { "What they are here" }
            @if it.roles.is_empty() {
                p { (it.role.replace('-', " ")) @if !it.until.is_empty() { ", until " (it.until) } "." }
            } @else {
                form.fill method="post" data-api={ "PUT " (api) } data-etag=(it.account.1) data-then="reload" {
                    div.fields {
                        label for="role" { "Role " (choices("role", "role", &it.roles, &it.role)) }
                        label { "Until (guests of an assessor firm need it) " input name="until" type="date" data-type="moment" value=(it.until); }
                        @if !it.assessments.is_empty() {
                            fieldset.choices { legend { "Only these assessments (none chosen is all)" }
                                @for (id, name, chosen) in &it.assessments {
                                    label { input type="checkbox" name="assessments" value=(id) checked[*chosen]; " " (name) }
                                }
                            }
                        }
                    }
                    button.main { "Change it" }
                    p.soft.small { "What follows from a role is one table: docs/reference/roles.md. An organisation never loses its last owner." }
                }
            }
        }
        @if let Some(sign_in) = &it.sign_in {
            section.sheet.piece aria-labelledby="sign-in" {
                h2 #sign-in { "How they sign in" }
                dl.figures {
                    div { dt { "Password" } dd { (if sign_in.password { "set" } else { "none" }) } }
                    div { dt { "App for codes" } dd { (state(if sign_in.app { Tone::Good } else { Tone::Plain }, if sign_in.app { "asked for" } else { "not set up" })) } }
                    div { dt { "Passkeys" } dd { (sign_in.passkeys) } }
                    div { dt { "Providers" } dd { (sign_in.providers) } }
                    div { dt { "Open sessions" } dd { (sign_in.sessions) } }
                }
                @if !sign_in.app && sign_in.passkeys == 0 && sign_in.providers == 0 {
                    p { (state(Tone::Warn, "only a password")) " Ask them to make a passkey or to set up codes in their account." }
                }
                @if let Some((failures, waits)) = &sign_in.failures {
                    p { (state(Tone::Bad, &counted(usize::try_from(*failures).unwrap_or_default(), "failed attempt", "failed attempts"))) " in the last day" @if !waits.is_empty() { "; no password is looked at until " time datetime=(waits) { (waits) } } "." }
                }
                @if sign_in.ends {
                    div.row {
                        @if sign_in.sessions > 0 { form method="post" data-api={ "DELETE " (api) "/sessions" } data-then="reload" { button { "End their sessions" } } }
                        @if sign_in.failures.is_some() { form method="post" data-api={ "DELETE " (api) "/lockout" } data-then="reload" { button { "Forget the failed attempts" } } }
                    }
                }
            }
        }
    }
}

/// One thing of the house: what it is, how it stands, and what is to be known of it.
#[derive(Debug, Clone)]
pub struct Part {
    /// What it is.
    pub what: &'static str,
    /// How it stands.
    pub stands: (Tone, String),
    /// What is to be known or done; empty for nothing.
    pub say: String,
}

/// How the house stands.
#[derive(Debug, Clone, Default)]
pub struct Health {
    /// The organisation's id, name and revision; the name may be changed where it says so.
    pub organisation: (String, String, u64, bool),
    /// The server's parts.
    pub server: Vec<Part>,
    /// The ledger's parts.
    pub ledger: Vec<Part>,
    /// How people sign in.
    pub sign_in: Vec<Part>,
    /// Checkpoints that left the house.
    pub anchors: Table,
    /// The ledger's public key, for those who verify.
    pub key: String,
}

fn parts(id: &str, title: &str, parts: &[Part]) -> Markup {
    html! {
        section.sheet aria-labelledby=(id) {
            h2 id=(id) { (title) }
            dl.parts { @for part in parts {
                div { dt { (part.what) } dd { (state(part.stands.0, &part.stands.1)) @if !part.say.is_empty() { p.soft.small { (part.say) } } } }
            } }
        }
    }
}

/// The page of the house's health.
pub fn health(it: &Health) -> Markup {
    let (org, name, rev, may) = &it.organisation;
    html! {
        (lead(&[], "Health", "How this instance and the organisation's log stand right now. How it is set up is said when the server starts: docs/how-to/operate.md.", &html! {}))
        div.sheets.piece {
            (parts("server", "Server", &it.server))
            (parts("ledger", "Ledger", &it.ledger))
            (parts("entry", "Signing in", &it.sign_in))
            @if *may {
                form.sheet method="post" data-api={ "PATCH /api/v1/organisations/" (org) } data-etag=(rev) data-then="reload" {
                    h2 { "Organisation" }
                    div.field { label for="org-name" { "Name" } input #org-name name="name" value=(name) required maxlength="200"; }
                    button { "Change it" }
                }
            }
        }
        section.piece aria-labelledby="key" {
            h2 #key { "Key of the log" }
            p.soft { "Whoever checks a proof takes this key from somewhere they trust, not from the proof." }
            p { code.command { (it.key) } }
        }
        (table(&it.anchors))
        (crate::words::here(&["leaf", "checkpoint", "anchor", "witness"]))
    }
}

/// What must stay and what may go.
pub fn retention(held: &Table, free: &Table, counts: &[(String, usize)], rest: &Rest) -> Markup {
    html! {
        (lead(&[], "Retention", "What a hold keeps, what its class keeps, and what nothing keeps any more. Only people remove bytes; a tombstone stays.", &html! {}))
        dl.figures { @for (what, n) in counts { div { dt { (what) } dd.big { (n) } } } }
        (cut(rest, "pieces", true))
        (table(held))
        (table(free))
    }
}
