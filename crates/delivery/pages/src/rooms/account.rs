//! One's own account: how one signs in, and where one is signed in.

use maud::{Markup, html};

use crate::parts::{Tone, lead, state};

/// A passkey.
#[derive(Debug, Clone)]
pub struct Passkey {
    /// Its id.
    pub id: String,
    /// The name that its owner gave it.
    pub name: String,
    /// Since when.
    pub made: String,
    /// When it was used last; empty for never.
    pub used: String,
}

/// A session.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// Whether it is the one that looks.
    pub this: bool,
    /// When it was used last, about.
    pub seen: String,
    /// From where.
    pub from: String,
    /// With what.
    pub agent: String,
}

/// An identity provider.
#[derive(Debug, Clone)]
pub struct Provider {
    /// Its name in addresses.
    pub name: String,
    /// What people read.
    pub title: String,
    /// Whom it means, where the account is linked to it.
    pub linked: Option<String>,
}

/// The page.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
    /// Whether there is a password.
    pub password: bool,
    /// Whether an app's code is asked for.
    pub app: bool,
    /// How many recovery codes are left.
    pub recovery_codes: usize,
    /// Passkeys.
    pub passkeys: Vec<Passkey>,
    /// Identity providers that the server knows.
    pub providers: Vec<Provider>,
    /// Sessions.
    pub sessions: Vec<Session>,
}

/// One's own account.
pub fn page(account: &Account) -> Markup {
    html! {
        (lead(&[("Your organisations", "/organisations")], "Your account", &format!("{}, {}", account.name, account.email), &html! {
            form method="post" data-api="DELETE /api/v1/session" data-then="go:/sign-in" { button { "Sign out" } }
        }))
        section.sheet.piece aria-labelledby="keys" {
            h2 #keys { "Passkeys" }
            p.soft { "A passkey signs you in without a password, and no page that only looks like this one can use it." }
            @if account.passkeys.is_empty() { p { (state(Tone::Warn, "none yet")) } } @else {
                table {
                    caption.unseen { "Your passkeys" }
                    thead { tr { th scope="col" { "Name" } th scope="col" { "Made" } th scope="col" { "Used last" } th scope="col" { span.unseen { "What can be done" } } } }
                    tbody {
                        @for key in &account.passkeys {
                            tr {
                                td { (key.name) }
                                td { time datetime=(key.made) { (key.made) } }
                                td { @if key.used.is_empty() { span.soft { "never" } } @else { time datetime=(key.used) { (key.used) } } }
                                td { form method="post" data-api={ "DELETE /api/v1/account/passkeys/" (key.id) } { button aria-label={ "Remove " (key.name) } { "Remove" } } }
                            }
                        }
                    }
                }
            }
            form.fill method="post" data-module="passkey" data-passkey="make" hidden {
                div.fields {
                    label { "Name, such as the device's " input name="name" required maxlength="60"; }
                    button { "Make a passkey" }
                }
            }
        }
        section.sheet.piece aria-labelledby="second" {
            h2 #second { "Password and codes" }
            p {
                "An app's code is " (state(if account.app { Tone::Good } else { Tone::Plain }, if account.app { "asked for" } else { "not asked for" }))
                ", recovery codes left: " (account.recovery_codes) "."
            }
            form method="post" data-api="POST /api/v1/account/password" data-then="reload" {
                // So that a keeper of passwords knows whose it is.
                input type="text" autocomplete="username" value=(account.email) readonly hidden;
                @if account.password {
                    div.field { label for="password-now" { "Password now" } input #password-now name="password" type="password" autocomplete="current-password" required; }
                }
                div.field { label for="password-new" { "New password" } input #password-new name="new" type="password" autocomplete="new-password" required; }
                button { "Change it" }
            }
        }
        @if !account.providers.is_empty() {
            section.sheet.piece aria-labelledby="providers" {
                h2 #providers { "Your organisation's account" }
                @for provider in &account.providers {
                    div.row {
                        (provider.title)
                        @match &provider.linked {
                            Some(subject) => {
                                (state(Tone::Good, "linked")) span.soft.small { (subject) }
                                form method="post" data-api={ "DELETE /api/v1/account/oidc/" (provider.name) } { button aria-label={ "Unlink " (provider.title) } { "Unlink" } }
                            }
                            None => {
                                form method="post" data-api={ "POST /api/v1/account/oidc/" (provider.name) "?back=/account" } data-then="go:{url}" { button aria-label={ "Link " (provider.title) } { "Link" } }
                            }
                        }
                    }
                }
            }
        }
        section.sheet.piece aria-labelledby="zone" {
            h2 #zone { "Moments" }
            p.soft { "The server keeps every moment in UTC. This browser shows them in the zone of your choice; days have none." }
            label { "Show them " select data-module="zone" { option value="" { "as this device" } } }
        }
        section.sheet.piece aria-labelledby="sessions" {
            h2 #sessions { "Where you are signed in" }
            table {
                caption.unseen { "Your sessions" }
                thead { tr { th scope="col" { "From" } th scope="col" { "With" } th scope="col" { "Used last" } th scope="col" { span.unseen { "What can be done" } } } }
                tbody {
                    @for session in &account.sessions {
                        tr {
                            td { (session.from) }
                            td { (session.agent) }
                            td { time datetime=(session.seen) { (session.seen) } }
                            td {
                                @if session.this { (state(Tone::Good, "this one")) } @else {
                                    form method="post" data-api={ "DELETE /api/v1/account/sessions/" (session.id) } { button aria-label={ "End the session from " (session.from) } { "End it" } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
