//! What a share link shows, to somebody without an account.

use maud::{Markup, html};

use super::trust::mark;
use crate::parts::{Tone, counted, empty, lead, state};

/// Before a link is open: the secret stands behind the `#`, and the browser alone reads it.
pub fn closed(problem: &str) -> Markup {
    html! {
        h1 { "Something is shared with you" }
        @if !problem.is_empty() { p.note role="status" { (problem) } }
        form.sheet data-module="shared" method="post" data-api="POST /api/v1/share-links/open" data-then="go:/shared" {
            div.field { label for="shared-link" { "The link, or what stands after its #" } input id="shared-link" name="link" required autocomplete="off"; }
            div.field hidden { label for="shared-passphrase" { "Passphrase" } input id="shared-passphrase" name="passphrase" type="password" autocomplete="off" aria-describedby="shared-hint";
                p.hint #shared-hint { "Whoever sent the link sent it another way." } }
            button.main { "Open it" }
        }
        p.soft.small { "Opening is told in the log of the organisation that shares: that this link was opened, when, and from which address." }
    }
}

/// A report's scores.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// What it is of.
    pub what: String,
    /// The verdict in a sentence.
    pub verdict: String,
    /// Domains: number, title, score, how it stands.
    pub domains: Vec<(u8, String, String, Tone, String)>,
    /// Figures that nobody confirmed.
    pub unconfirmed: usize,
}

/// A corrective action.
#[derive(Debug, Clone, Default)]
pub struct Planned {
    /// The requirement.
    pub requirement: String,
    /// What is weak.
    pub weakness: String,
    /// What is done.
    pub plan: String,
    /// Until when.
    pub due: String,
    /// Where it stands.
    pub stands: Option<(Tone, String)>,
}

/// A piece of evidence.
#[derive(Debug, Clone, Default)]
pub struct Piece {
    /// Its id.
    pub id: String,
    /// Title or file name.
    pub title: String,
    /// The file's name.
    pub file: String,
    /// What kind of bytes, and how many.
    pub bytes: (String, String),
    /// How it stands.
    pub stands: Option<(Tone, String)>,
    /// Whether a copy of it is marked when it is handed to somebody by name.
    pub marked: bool,
    /// Whether its bytes are there.
    pub here: bool,
    /// Its SHA-256.
    pub sha256: String,
}

/// The organisation's statement.
#[derive(Debug, Clone, Default)]
pub struct Statement {
    /// Assessments: program and phase.
    pub assessments: Vec<(String, String)>,
    /// The log: its name, size and key.
    pub log: (String, String, String),
}

/// Everything that the link shows.
#[derive(Debug, Clone, Default)]
pub struct Shared {
    /// Whose it is.
    pub organisation: String,
    /// For whom the link was made.
    pub label: String,
    /// Until when it stays open.
    pub until: String,
    /// The mark of whoever it is handed to; empty for nobody by name.
    pub mark: String,
    /// Reports.
    pub reports: Vec<Report>,
    /// Corrective actions, by assessment.
    pub actions: Vec<(String, Vec<Planned>)>,
    /// Evidence.
    pub pieces: Vec<Piece>,
    /// The statement, where it is shared.
    pub statement: Option<Statement>,
    /// Things that are not there any more.
    pub gone: usize,
}

/// What it shows.
pub fn open(it: &Shared) -> Markup {
    html! {
        div data-module="shared" {
            @if !it.mark.is_empty() { (mark(&it.mark)) }
            (lead(&[], &format!("{} shares with {}", it.organisation, it.label), &format!("Open until {}; then open the link again. Nothing here can be changed.", it.until), &html! {
                form method="post" data-api="DELETE /api/v1/share-links/shown" data-then="go:/shared" { button { "Close it here" } }
            }))
            @if !it.mark.is_empty() { p.note { (it.mark) "." } }
            @if it.gone > 0 { p { (state(Tone::Unknown, &counted(it.gone, "thing is not there any more", "things are not there any more"))) } }
            @if it.reports.is_empty() && it.actions.is_empty() && it.pieces.is_empty() && it.statement.is_none() {
                (empty("Nothing to see", "What this link named is not there any more. Ask whoever sent it.", &html! {}))
            }
            @for (at, report) in it.reports.iter().enumerate() { (scores(report, at)) }
            @for (at, (what, rows)) in it.actions.iter().enumerate() { (planned(what, rows, at)) }
            @if !it.pieces.is_empty() { (pieces(it)) }
            @if let Some(statement) = &it.statement { (stated(statement)) }
        }
    }
}

fn scores(it: &Report, at: usize) -> Markup {
    let table = format!("report-{at}");
    html! {
        section.sheet aria-labelledby={ (table) "-head" } {
            h2 id={ (table) "-head" } { "Scores of " (it.what) }
            p.sentence { (it.verdict) }
            @if it.unconfirmed > 0 { p.small { (state(Tone::Unknown, &counted(it.unconfirmed, "figure behind it is not confirmed", "figures behind it are not confirmed"))) } }
            table id=(table) data-table {
                caption.unseen { "Scores by domain" }
                thead { tr { th.n scope="col" { "#" } th scope="col" { "Domain" } th.n scope="col" { "Score" } th scope="col" { "Stands" } } }
                tbody { @for (n, title, score, tone, word) in &it.domains { tr { td.n { (n) } td { (title) } td.n { (score) } td { (state(*tone, word)) } } } }
            }
            p { button.quiet type="button" data-csv=(table) { "Take as CSV" } }
        }
    }
}

fn planned(what: &str, rows: &[Planned], at: usize) -> Markup {
    let table = format!("planned-{at}");
    html! {
        section.sheet aria-labelledby={ (table) "-head" } {
            h2 id={ (table) "-head" } { "Corrective actions of " (what) }
            @if rows.is_empty() { p.soft { "There is none." } } @else {
                table id=(table) data-table {
                    caption.unseen { "Corrective actions" }
                    thead { tr { th scope="col" { "Requirement" } th scope="col" { "What is weak" } th scope="col" { "What is done" } th scope="col" { "Due" } th scope="col" { "Stands" } } }
                    tbody { @for row in rows { tr {
                        td { code { (row.requirement) } } td { (row.weakness) } td { (row.plan) }
                        td { @if row.due.is_empty() { span.soft { "no day" } } @else { time datetime=(row.due) { (row.due) } } }
                        td { @if let Some((tone, word)) = &row.stands { (state(*tone, word)) } }
                    } } }
                }
            }
        }
    }
}

fn pieces(it: &Shared) -> Markup {
    html! {
        section.sheet aria-labelledby="pieces-head" {
            h2 #pieces-head { "Evidence" }
            table #pieces data-table {
                caption.unseen { "Evidence" }
                thead { tr { th scope="col" { "What" } th scope="col" { "Stands" } th.n scope="col" { "Size" } th scope="col" data-plain { "Take it" } } }
                tbody { @for piece in &it.pieces { tr {
                    @let at = format!("/api/v1/share-links/shown/evidence/{}", piece.id);
                    td { (piece.title) br; span.soft.small.mono { "sha256 " (piece.sha256.chars().take(16).collect::<String>()) "…" } }
                    td { @if let Some((tone, word)) = &piece.stands { (state(*tone, word)) } }
                    td.n { (piece.bytes.1) }
                    td {
                        @if piece.here {
                            p.row {
                                a.button href={ (at) "/content" } download=(piece.file) { "The file" span.unseen { " " (piece.title) } }
                                a.button.quiet href={ (at) "/proof" } download={ (piece.file) ".proof.json" } { "Its proof" span.unseen { " of " (piece.title) } }
                            }
                            @if !it.mark.is_empty() {
                                @if piece.marked { span.soft.small { "your copy has one line more on top; without it the proof fits" } }
                                @else { span.soft.small { (piece.bytes.0) ": not marked with your name" } }
                            }
                        } @else { span.soft { "its bytes were removed" } }
                    }
                } } }
            }
            p.small { "Verify a file with its proof on " a href="/verify" { "the page for that" } "; take the key from the organisation another way too." }
        }
    }
}

fn stated(it: &Statement) -> Markup {
    html! {
        section.sheet aria-labelledby="stated" {
            h2 #stated { "The organisation's statement" }
            ul { @for (program, phase) in &it.assessments { li { (program) ": " (phase) } } }
            dl.pairs {
                dt { "Log" } dd { (it.log.0) ", " (it.log.1) " leaves" }
                dt { "Its key" } dd { code { (it.log.2) } }
            }
        }
    }
}
