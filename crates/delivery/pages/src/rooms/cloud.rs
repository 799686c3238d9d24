//! What is watched: sources, how each stands, what it read and what it did not see.

use maud::{Markup, html};

use crate::{
    chart::{Bar, Point, bars, line},
    parts::{Rest, Tone, counted, empty, lead, problem, rest, state},
};

/// The rooms of this part, in the order of their tabs.
const TABS: [(&str, &str); 6] = [
    ("", "Sources"),
    ("/findings", "Findings"),
    ("/resources", "Resources"),
    ("/drift", "Drift"),
    ("/waivers", "Waivers"),
    ("/policies", "Policies"),
];

/// Where one is among the rooms of this part; `here` is the end of a tab's address.
pub fn tabs(org: &str, here: &str) -> Markup {
    html! {
        nav.tabs aria-label="Cloud and code" {
            @for (path, label) in TABS {
                a href={ "/o/" (org) "/cloud" (path) } aria-current=[(path == here).then_some("page")] { (label) }
            }
        }
    }
}

/// Checks, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checks {
    /// They hold.
    pub pass: u64,
    /// They do not.
    pub fail: u64,
    /// They do not, and somebody answers for it.
    pub waived: u64,
    /// Nobody can tell.
    pub unknown: u64,
    /// Judging them went wrong.
    pub errored: u64,
}

impl Checks {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.pass + self.fail + self.waived + self.unknown + self.errored
    }
}

/// Checks as words with their signs; what there is none of is left out.
pub fn checks(it: &Checks) -> Markup {
    let told = [
        (it.fail, Tone::Bad, "fail"),
        (it.unknown, Tone::Unknown, "unknown"),
        (it.errored, Tone::Unknown, "errored"),
        (it.waived, Tone::Warn, "waived"),
        (it.pass, Tone::Good, "pass"),
    ];
    html! {
        @if it.total() == 0 { span.soft { "nothing judged" } }
        span.row.tight { @for (n, tone, word) in told.iter().filter(|(n, ..)| *n > 0) { (state(*tone, &format!("{n} {word}"))) } }
    }
}

/// A source, as the list shows it.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// The id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What is watched, in words.
    pub what: String,
    /// When it is looked at, in words.
    pub schedule: String,
    /// `fresh`, `stale`, `lost` or `never`.
    pub standing: &'static str,
    /// Whether nobody is to look.
    pub paused: bool,
    /// Whether somebody sends it.
    pub pushed: bool,
    /// When it was seen last; empty for never.
    pub seen: String,
    /// Until when that counts; empty where nothing does.
    pub fresh_until: String,
    /// Since when it is lost, and why.
    pub lost: Option<(String, String)>,
    /// Whether its last run saw everything.
    pub complete: bool,
    /// What it did not see, the first of it.
    pub not_seen: Vec<String>,
    /// Violations that the last run does not show though nothing says that they are over.
    pub hidden: u64,
    /// Its checks.
    pub checks: Checks,
}

impl Source {
    fn stands(&self) -> Markup {
        let (tone, word) = match self.standing {
            "fresh" if self.complete => (Tone::Good, "fresh"),
            "fresh" => (Tone::Unknown, "fresh, not all seen"),
            "stale" => (Tone::Warn, "stale"),
            "lost" => (Tone::Bad, "lost"),
            _ => (Tone::Unknown, "never seen"),
        };
        html! { span.row.tight { (state(tone, word)) @if self.paused { (state(Tone::Plain, "paused")) } } }
    }
}

/// What may be watched, for who may say so.
#[derive(Debug, Clone, Default)]
pub struct Allowed {
    /// Names of places of the server's machine.
    pub places: Vec<String>,
    /// Whether AWS accounts can be read.
    pub aws: bool,
}

/// The page.
#[derive(Debug, Clone, Default)]
pub struct Cloud {
    /// The organisation's id.
    pub org: String,
    /// Sources.
    pub sources: Vec<Source>,
    /// Checks of sources that are fresh.
    pub checks: Checks,
    /// Checks of which a stale or lost source spoke last.
    pub stale: u64,
    /// How many of all checks hold, by assessment domain.
    pub domains: Vec<Bar>,
    /// What may be watched; for who may add a source.
    pub adds: Option<Allowed>,
    /// Whether the visitor may have a source looked at.
    pub runs: bool,
}

/// The page.
pub fn page(it: &Cloud) -> Markup {
    html! {
        (lead(&[], "Cloud and code", "What is watched, what its last look showed, and what nobody saw.", &html! {
            @if it.adds.is_some() { button.main type="button" data-opens="add" { "Watch something" } }
            @if !it.sources.is_empty() { button type="button" data-csv="sources-table" { "Take as CSV" } }
        }))
        (tabs(&it.org, ""))
        div #sources data-live {
            @if it.sources.is_empty() {
                (empty("Nothing is watched yet", "A source is a folder of infrastructure code, an AWS account that is read by a role, or what a pipeline sends. Each look judges every resource by the shipped policies and says what changed.", &html! {
                    @if it.adds.is_some() { button.main type="button" data-opens="add" { "Watch something" } }
                }))
            } @else {
                (figures(it))
                div.scroll tabindex="0" role="region" aria-label="Sources" { (table(it)) }
                @for source in &it.sources { (unseen(source)) }
                @if !it.domains.is_empty() {
                    section.sheet.space aria-labelledby="domains-title" {
                        h2 #domains-title { "Checks that hold, by assessment domain" }
                        p.soft.small { "Of fresh sources. What is unknown does not hold." }
                        (bars("domains", "Share of checks that hold, by assessment domain", "Domain", &it.domains, None))
                    }
                }
            }
        }
        @if let Some(allowed) = &it.adds { (add(&it.org, allowed)) }
    }
}

fn figures(it: &Cloud) -> Markup {
    let to = |verdict: &str| format!("/o/{}/cloud/findings?verdict={verdict}", it.org);
    html! {
        dl.figures {
            div { dt { "do not hold" } dd { a.big href=(to("fail")) { (it.checks.fail) } } }
            div { dt { "nobody can tell" } dd { a.big href=(to("unknown")) { (it.checks.unknown + it.checks.errored) } } }
            div { dt { "waived" } dd { a.big href=(to("waived")) { (it.checks.waived) } } }
            div { dt { "hold" } dd.big { (it.checks.pass) } }
            @if it.stale > 0 { div { dt { "from stale or lost sources: what was, not counted" } dd.big { (it.stale) } } }
        }
    }
}

fn table(it: &Cloud) -> Markup {
    html! {
        table #sources-table data-table {
            caption.unseen { "Sources" }
            thead { tr { th scope="col" { "Source" } th scope="col" { "What" } th scope="col" { "Stands" } th scope="col" { "Seen last" } th scope="col" { "Checks" } @if it.runs { th scope="col" { span.unseen { "Look" } } } } }
            tbody { @for source in &it.sources { tr {
                td { a href={ "/o/" (it.org) "/cloud/sources/" (source.id) } { (source.name) } }
                td.small { (source.what) br; span.soft { (source.schedule) } }
                td { (source.stands()) }
                td { @if source.seen.is_empty() { span.soft { "never" } } @else { time datetime=(source.seen) { (source.seen) } } }
                td { (checks(&source.checks)) }
                @if it.runs { td { (run(&it.org, source)) } }
            } } }
        }
    }
}

fn run(org: &str, source: &Source) -> Markup {
    html! {
        @if source.pushed { a.small href={ "/o/" (org) "/cloud/sources/" (source.id) } { "Send a snapshot" } } @else {
            form method="post" data-api={ "POST /api/v1/organisations/" (org) "/sources/" (source.id) "/runs" } data-then="toast:It is looked at as soon as a worker is free.;swap" {
                button aria-label={ "Look at " (source.name) " now" } { "Look now" }
            }
        }
    }
}

/// What nobody saw of a source: why it is lost, and what was left out.
fn unseen(source: &Source) -> Markup {
    html! {
        @if let Some((since, why)) = &source.lost {
            (problem(&format!("{} could not be looked at since {since}. What it said before is what was.", source.name), why))
        }
        @if !source.not_seen.is_empty() {
            details.note {
                summary { (source.name) ": " (counted(source.not_seen.len(), "thing was", "things were")) " not seen; what hangs on it is unknown" }
                ul { @for line in &source.not_seen { li { code { (line) } } } }
            }
        }
        @if source.hidden > 0 {
            p.note { (source.name) ": " (source.hidden) " violations of before were not shown by the last look. They are not over; they count as unknown." }
        }
    }
}

fn add(org: &str, allowed: &Allowed) -> Markup {
    html! {
        dialog #add aria-labelledby="add-title" {
            form method="post" data-api={ "POST /api/v1/organisations/" (org) "/sources" } data-then={ "go:/o/" (org) "/cloud/sources/{id}" } data-module="source" {
                h2 #add-title { "Watch something" }
                div.field { label for="add-name" { "Name" } input id="add-name" name="name" required maxlength="60" pattern="[a-z0-9][a-z0-9.\\-]*"; p.hint { "Small letters, digits, dots and dashes. It stays." } }
                div.field { label for="add-kind" { "What" } select id="add-kind" name="origin.kind" {
                    option value="pushed" { "What a pipeline or a person sends" }
                    @if !allowed.places.is_empty() {
                        option value="folder" { "A folder of infrastructure code on the server" }
                        option value="file" { "A file on the server" }
                    }
                    @if allowed.aws { option value="aws" { "An AWS account, by a role" } }
                } }
                @if !allowed.places.is_empty() {
                    div.field data-for="folder file" hidden { label for="add-place" { "Place" } select id="add-place" name="origin.place" { @for place in &allowed.places { option value=(place) { (place) } } } }
                }
                @if allowed.aws {
                    div.field data-for="aws" hidden { label for="add-role" { "Role to assume" } input id="add-role" name="origin.role" placeholder="arn:aws:iam::111122223333:role/audit"; p.hint { "The source's page shows the external id that the role's trust must demand." } }
                    div.field data-for="aws" hidden { label for="add-regions" { "Regions" } input id="add-regions" name="origin.regions" data-type="list" placeholder="all that are enabled"; }
                }
                @if allowed.places.is_empty() && !allowed.aws {
                    p.hint.soft { "This server reads no folder and no AWS account by itself: its operator can allow it with --place and --aws-sources." }
                }
                div.field { label for="add-every" { "How often" } input id="add-every" name="schedule.every" value="1d" required pattern="[0-9]+[mhd]"; p.hint { "15m, 6h, 1d. Of what is sent: how often something is awaited." } }
                div.row { button.main { "Watch it" } button type="button" data-closes { "Cancel" } }
            }
        }
    }
}

/// A look.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// Its number; empty for one that saw nothing.
    pub number: String,
    /// `complete`, `partial` or `failed`.
    pub state: String,
    /// When.
    pub at: String,
    /// Why nothing was seen.
    pub why: String,
    /// What it said.
    pub checks: Checks,
    /// What changed since the look before, in words.
    pub moved: String,
    /// What was read: name and SHA-256.
    pub documents: Vec<(String, String)>,
    /// The evidence that shows it; may be empty.
    pub evidence: String,
}

/// One source.
#[derive(Debug, Clone, Default)]
pub struct One {
    /// The organisation's id.
    pub org: String,
    /// It.
    pub source: Source,
    /// Its revision.
    pub rev: u64,
    /// How often; empty where its schedule is another.
    pub every: String,
    /// What the role's trust must demand; empty where no role is assumed.
    pub external_id: String,
    /// Windows in which nothing is told, in words.
    pub windows: Vec<String>,
    /// How many of a hundred checks held, look by look.
    pub course: Vec<Point>,
    /// Looks, newest first.
    pub runs: Vec<Run>,
    /// Whether the visitor may change it, have it looked at, and end it.
    pub may: (bool, bool, bool),
    /// What is left out of the looks.
    pub rest: Rest,
}

/// One source.
pub fn one(it: &One) -> Markup {
    let list = format!("/o/{}/cloud", it.org);
    let api = format!("/api/v1/organisations/{}/sources/{}", it.org, it.source.id);
    let source = &it.source;
    html! {
        (lead(&[("Cloud and code", &list)], &source.name, &source.what, &html! {
            @if it.may.1 && !source.pushed { (run(&it.org, source)) }
            a.button href={ (list) "/findings?source=" (source.id) } { "Its findings" }
            a.button href={ (list) "/drift?source=" (source.id) } { "Its drift" }
        }))
        div #source data-live {
            (unseen(source))
            div.sheets {
                section.sheet aria-labelledby="stands" {
                    h2 #stands { "How it stands" }
                    p { (source.stands()) }
                    dl.pairs {
                        dt { "Seen last" } dd { @if source.seen.is_empty() { "never" } @else { time datetime=(source.seen) { (source.seen) } } }
                        @if !source.fresh_until.is_empty() { dt { "Counts until" } dd { time datetime=(source.fresh_until) { (source.fresh_until) } } }
                        dt { "Looked at" } dd { (source.schedule) }
                        @if !it.external_id.is_empty() { dt { "External id" } dd { code { (it.external_id) } } }
                        @for window in &it.windows { dt { "Quiet" } dd { (window) } }
                    }
                    (checks(&source.checks))
                }
                @if it.course.len() > 1 {
                    section.sheet aria-labelledby="course-title" {
                        h2 #course-title { "Checks that hold, in percent" }
                        (line("course", "Share of checks that hold, look by look", "Percent", &it.course, None))
                    }
                }
                @if it.may.1 && source.pushed { (send(&api)) }
                @if it.may.0 || it.may.2 { (change(it, &api)) }
                section.sheet.wide aria-labelledby="runs-title" {
                    h2 #runs-title { "Looks" }
                    @if it.runs.is_empty() { p.soft { "Nobody looked yet." } } @else { (rest(&it.rest, "looks", false)) div.scroll tabindex="0" role="region" aria-label="List of looks" { (runs(it)) } }
                }
            }
        }
    }
}

fn send(api: &str) -> Markup {
    html! {
        section.sheet aria-labelledby="send-title" {
            h2 #send-title { "Send a snapshot" }
            p.soft.small { "A Terraform plan or state as JSON, a CloudFormation template, a Pulumi preview, what attesta collect wrote. Give it the same name each time: looks are compared by it." }
            form method="post" data-module="snapshot" data-to={ (api) "/snapshots" } {
                div.field { label for="send-file" { "File" } input id="send-file" type="file" required; }
                button.main { "Send it" }
                p.small role="status" {}
            }
        }
    }
}

fn change(it: &One, api: &str) -> Markup {
    html! {
        section.sheet aria-labelledby="change-title" {
            h2 #change-title { "Change it" }
            @if it.may.0 {
                @if !it.every.is_empty() {
                    form.row method="post" data-api={ "PATCH " (api) } data-etag=(it.rev) data-then="reload" {
                        label { "Every " input name="schedule.every" value=(it.every) required size="5" pattern="[0-9]+[mhd]"; }
                        button { "Say so" }
                    }
                }
                form method="post" data-api={ "PATCH " (api) } data-etag=(it.rev) data-then={ "swap;toast:" (if it.source.paused { "It goes on." } else { "Paused: nobody looks until it goes on." }) }
                    data-undo={ "PATCH " (api) } data-undo-body=(if it.source.paused { r#"{"state":"paused"}"# } else { r#"{"state":"active"}"# }) {
                    input type="hidden" name="state" value=(if it.source.paused { "active" } else { "paused" });
                    button { (if it.source.paused { "Let it go on" } else { "Pause it" }) }
                }
            }
            @if it.may.2 {
                details {
                    summary { "End watching it" }
                    p.small { "Its looks, alerts and evidence stay; nothing new is seen." }
                    form method="post" data-api={ "DELETE " (api) } data-etag=(it.rev) data-then={ "go:/o/" (it.org) "/cloud" } { button.danger { "End watching it" } }
                }
            }
        }
    }
}

fn runs(it: &One) -> Markup {
    html! {
        table #runs-table data-table {
            caption.unseen { "Looks, newest first" }
            thead { tr { th scope="col" { "Look" } th scope="col" { "When" } th scope="col" { "Saw" } th scope="col" { "Checks" } th scope="col" { "Changed" } th scope="col" { "Read" } th scope="col" { "Evidence" } } }
            tbody { @for run in &it.runs { tr {
                td { @if run.number.is_empty() { span.soft { "none" } } @else { (run.number) } }
                td { time datetime=(run.at) { (run.at) } }
                td { (match run.state.as_str() {
                    "complete" => state(Tone::Good, "everything"),
                    "partial" => state(Tone::Unknown, "a part"),
                    _ => state(Tone::Bad, "nothing"),
                }) }
                @if run.why.is_empty() {
                    td { (checks(&run.checks)) }
                    td.small { (run.moved) }
                    td.small { @for (name, sha256) in &run.documents { div title={ "SHA-256 " (sha256) } { (name) } } }
                    td { @if !run.evidence.is_empty() { a href={ "/o/" (it.org) "/evidence/" (run.evidence) } { "Evidence" } } }
                } @else { td.small colspan="4" { (run.why) } }
            } } }
        }
    }
}
