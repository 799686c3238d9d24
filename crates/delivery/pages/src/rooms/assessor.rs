//! The assessor's and the reviewer's rooms: what is to be tested, what the checks raise, and handing on.

use maud::{Markup, html};

use crate::parts::{Tone, counted, empty, lead, state, ticked};

/// Where a page stands.
pub type Place = (String, String);

/// Doors between the rooms of whoever tests.
pub(crate) fn tabs(place: &Place, here: &str) -> Markup {
    let base = format!("/o/{}/a/{}", place.0, place.1);
    html! {
        nav.tabs aria-label="Testing" {
            @for (word, label) in [("testing", "Test plan"), ("samples", "Samples"), ("quality", "Quality checks"), ("phase", "Hand-off")] {
                a href={ (base) "/" (word) } aria-current=[(word == here).then_some("page")] { (label) }
            }
        }
    }
}

/// A requirement to test.
#[derive(Debug, Clone, Default)]
pub struct Test {
    /// Its id and title.
    pub requirement: (String, String),
    /// Its domain.
    pub domain: u8,
    /// What it comes to by the entity's word.
    pub score: String,
    /// How it can be tested, in words.
    pub how: String,
    /// Samples over it: id, and how it stands.
    pub samples: Vec<(String, String)>,
    /// How many pieces of evidence the entity named.
    pub evidence: usize,
    /// How far it is.
    pub stands: Option<(Tone, String)>,
    /// Who tests, and when they did.
    pub tester: String,
    /// Whether the tester says something else.
    pub differs: usize,
}

/// The test plan.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The organisation's and the assessment's id.
    pub place: Place,
    /// What the assessment is.
    pub what: String,
    /// Counts by state, before filters.
    pub counts: Vec<(Tone, String, usize)>,
    /// How many of how many are finished.
    pub done: (usize, usize),
    /// When fieldwork began.
    pub fieldwork: String,
    /// Why nothing can be written now; empty where it can, or is not theirs.
    pub held: String,
    /// Filters: state and domain.
    pub sought: (String, u8),
    /// States to choose from.
    pub states: Vec<String>,
    /// Domains.
    pub domains: Vec<(u8, String)>,
    /// Tests that pass the filters.
    pub tests: Vec<Test>,
}

/// The test plan.
pub fn plan(it: &Plan) -> Markup {
    let base = format!("/o/{}/a/{}", it.place.0, it.place.1);
    html! {
        (lead(&[("Assessments", &format!("/o/{}/assessments", it.place.0))], "Test plan", &it.what, &html! {
            a.button href={ "/o/" (it.place.0) "/requests" } { "Requests" }
            @if !it.tests.is_empty() { button type="button" data-csv="tests-table" { "Take as CSV" } }
        }))
        (tabs(&it.place, "testing"))
        @if !it.held.is_empty() { p.note { (it.held) } }
        form.filter method="get" action={ (base) "/testing" } data-swap="list" data-instant role="search" aria-label="Find tests" {
            label { "Stands " select name="state" { option value="" { "anyhow" } @for word in &it.states { option value=(word) selected[*word == it.sought.0] { (word) } } } }
            label { "Domain " select name="domain" { option value="" { "every" } @for (n, title) in &it.domains { option value=(n) selected[*n == it.sought.1] { (n) " " (title) } } } }
            noscript { button { "Find" } }
        }
        div #list data-live {
            p.row role="status" {
                strong { (it.done.0) " of " (it.done.1) " finished" }
                @for (tone, word, n) in &it.counts { (state(*tone, &format!("{n} {word}"))) }
                @if !it.fieldwork.is_empty() { span.soft { "fieldwork since " time datetime=(it.fieldwork) { (it.fieldwork) } } } @else { span.soft { "fieldwork has not begun" } }
            }
            @if it.tests.is_empty() { (empty("Nothing is like that", "No requirement passes these filters.", &html! {})) } @else {
                div.scroll tabindex="0" role="region" aria-label="Test plan" {
                    table #tests-table data-table {
                        caption.unseen { "What is to be tested" }
                        thead { tr { th scope="col" { "Requirement" } th.n scope="col" { "Domain" } th.n scope="col" { "Entity" } th scope="col" { "How it can be tested" } th scope="col" { "Samples" } th scope="col" { "Stands" } th scope="col" { "Tester" } } }
                        tbody { @for test in &it.tests { tr {
                            td { a href={ (base) "/requirements?open=" (test.requirement.0) } { (test.requirement.0) } " " (test.requirement.1) }
                            td.n { (test.domain) } td.n { (test.score) }
                            td.small { (test.how) br; span.soft { (counted(test.evidence, "piece of evidence named", "pieces of evidence named")) } }
                            td.small { @for (id, stands) in &test.samples { a href={ (base) "/samples/" (id) } { (id) } " " (stands) " " } }
                            td { @if let Some((tone, word)) = &test.stands { (state(*tone, word)) } @if test.differs > 0 { br; (state(Tone::Warn, &counted(test.differs, "level differs", "levels differ"))) } }
                            td.small { (test.tester) }
                        } } }
                    }
                }
            }
        }
    }
}

/// An issue that a check raises.
#[derive(Debug, Clone, Default)]
pub struct Issue {
    /// The check and its title.
    pub check: (String, String),
    /// What it is about.
    pub subject: String,
    /// What was found.
    pub says: Vec<String>,
    /// What would mend it.
    pub mend: String,
    /// At which hand-off it is looked at.
    pub gate: String,
    /// How heavy it is.
    pub severity: (Option<Tone>, String),
    /// `open`, `overridden` or `awaits approval`.
    pub standing: (Option<Tone>, String),
    /// The facts, for an override.
    pub facts: String,
    /// Who says so, and how sure.
    pub sources: Vec<(String, String)>,
    /// Whether who looks may override it.
    pub may_override: bool,
    /// Whether they may approve the override that waits.
    pub may_approve: bool,
}

/// An override.
#[derive(Debug, Clone, Default)]
pub struct Overridden {
    /// Check and subject.
    pub about: (String, String),
    /// Why.
    pub because: String,
    /// Who gave it, in which role, and when.
    pub by: String,
    /// Who approved it; empty for nobody.
    pub approved: String,
    /// Who did not let it stand, and why; empty for nobody.
    pub refused: (String, String),
    /// The facts that it hangs on.
    pub facts: String,
    /// Whether who looks may not let it stand.
    pub may_refuse: bool,
    /// What it is worth.
    pub worth: (Option<Tone>, String),
}

/// The quality review.
#[derive(Debug, Clone, Default)]
pub struct Quality {
    /// The organisation's and the assessment's id.
    pub place: Place,
    /// What the assessment is.
    pub what: String,
    /// The hand-off that is looked at, and those to choose from.
    pub gate: (String, Vec<String>),
    /// Whether the way is open: tone and words.
    pub passage: Option<(Tone, String)>,
    /// How many checks looked.
    pub looked: usize,
    /// Issues.
    pub issues: Vec<Issue>,
    /// Overrides.
    pub overrides: Vec<Overridden>,
    /// Checks that could not look: check, title, why.
    pub blind: Vec<(String, String, String)>,
    /// Figures that content lacks.
    pub notes: Vec<String>,
    /// The revision of the overrides' document.
    pub rev: u64,
    /// What the visitor is, in words.
    pub role: String,
    /// Of an interim: the certified assessment that it goes back to, and those to choose from.
    pub since: Option<(String, Vec<(String, String)>)>,
}

/// The quality review.
pub fn quality(it: &Quality) -> Markup {
    let base = format!("/o/{}/a/{}", it.place.0, it.place.1);
    let api = format!("/api/v1/organisations/{}/assessments/{}/quality", it.place.0, it.place.1);
    html! {
        (lead(&[("Assessments", &format!("/o/{}/assessments", it.place.0))], "Quality checks", "What a reviewer would raise before the hand-off, and what may stand.", &html! {
            @if !it.issues.is_empty() { button type="button" data-csv="issues-table" { "Take as CSV" } }
        }))
        (tabs(&it.place, "quality"))
        form.filter method="get" action={ (base) "/quality" } data-swap="review" data-instant aria-label="Choose the hand-off" {
            label { "Before the hand-off " select name="gate" { @for word in &it.gate.1 { option value=(word) selected[*word == it.gate.0] { (word) } } } }
            @if let Some((chosen, all)) = &it.since {
                label { "Certified before in " select name="since" { option value="" { "not said" } @for (id, name) in all { option value=(id) selected[id == chosen] { (name) } } } }
            }
            noscript { button { "Look" } }
        }
        div #review data-live {
            p.row role="status" {
                @if let Some((tone, word)) = &it.passage { (state(*tone, word)) }
                span.soft { (counted(it.looked, "check looked", "checks looked")) ", " (counted(it.issues.len(), "issue", "issues")) }
            }
            @if let Some((chosen, _)) = &it.since { @if chosen.is_empty() { p.note { "An interim is compared with the certificate that it goes back to. Say above which assessment that was; until then the checks that compare could not look." } } }
            @for note in &it.notes { p.small { (state(Tone::Unknown, "content lacks")) " " (note) } }
            @if !it.blind.is_empty() {
                details { summary { (counted(it.blind.len(), "check could not look", "checks could not look")) }
                    ul { @for (check, title, why) in &it.blind { li { (state(Tone::Unknown, check)) " " (title) ": " (why) } } }
                }
            }
            @if it.issues.is_empty() { (empty("Nothing is raised", "The checks that could look found nothing before this hand-off.", &html! {})) } @else {
                div.scroll tabindex="0" role="region" aria-label="Issues" {
                    table.grouped #issues-table {
                        caption.unseen { "Issues by check" }
                        thead { tr { th scope="col" { "About" } th scope="col" { "Found" } th scope="col" { "Weight" } th scope="col" { "Stands" } th scope="col" data-plain { "What can be done" } } }
                        @for (check, issues) in by_check(&it.issues) {
                            tbody {
                                tr { th.group colspan="5" scope="rowgroup" { code { (check.0) } " " (check.1) " " span.soft.small { (counted(issues.len(), "issue", "issues")) } } }
                                @for (at, issue) in issues { (raised(issue, at, &api, it)) }
                            }
                        }
                    }
                }
            }
            h2 { "Overrides" }
            p.soft.small { "Who answers or tests says why something may stand; what the entity says awaits the assessor's approval. A reviewer or the assessor's lead decides, and never about what they wrote themselves." }
            @if it.overrides.is_empty() { p.soft { "Nobody said of anything that it may stand." } } @else {
                div.scroll tabindex="0" role="region" aria-label="Overrides" {
                    table #overrides-table data-table {
                        caption.unseen { "Overrides" }
                        thead { tr { th scope="col" { "Check" } th scope="col" { "About" } th scope="col" { "Why it may stand" } th scope="col" { "By" } th scope="col" { "Decided" } th scope="col" { "Worth" } th scope="col" data-plain { "What can be done" } } }
                        tbody { @for (at, o) in it.overrides.iter().enumerate() { (given_override(o, at, &api, it)) } }
                    }
                }
            }
        }
    }
}

fn since(it: &Quality) -> Markup {
    html! { @if let Some((chosen, _)) = &it.since { @if !chosen.is_empty() { input type="hidden" name="since" value=(chosen); } } }
}

fn given_override(o: &Overridden, at: usize, api: &str, it: &Quality) -> Markup {
    html! {
        tr {
            td { code { (o.about.0) } } td { (o.about.1) } td { (o.because) } td.small { (o.by) }
            td.small {
                @if !o.refused.0.is_empty() { (state(Tone::Bad, "refused")) br; (o.refused.0) ": " (o.refused.1) }
                @else if o.approved.is_empty() { span.soft { "by nobody" } } @else { (state(Tone::Good, "approved")) br; (o.approved) }
            }
            td { @if let Some(tone) = o.worth.0 { (state(tone, &o.worth.1)) } }
            td { @if o.may_refuse {
                details { summary { "It may not stand" span.unseen { ": " (o.about.0) " " (o.about.1) } }
                    form method="post" data-api={ "POST " (api) "/refusals" } data-etag=(it.rev) data-then="swap;toast:Refused: the issue is open again." {
                        input type="hidden" name="check" value=(o.about.0); input type="hidden" name="subject" value=(o.about.1); input type="hidden" name="facts" value=(o.facts); (since(it))
                        div.field { label for={ "refuse-" (at) } { "Why not" } textarea.short id={ "refuse-" (at) } name="because" required maxlength="2000" {} }
                        button { "Refuse it" }
                    }
                }
            } }
        }
    }
}

/// A check and its title, and its issues with their places.
type OfCheck<'i> = (&'i (String, String), Vec<(usize, &'i Issue)>);

/// Issues by check, in the order in which each check comes first; each with its place in the whole list.
fn by_check(issues: &[Issue]) -> Vec<OfCheck<'_>> {
    let mut told: Vec<OfCheck<'_>> = Vec::new();
    for (at, issue) in issues.iter().enumerate() {
        match told.iter_mut().find(|(known, _)| **known == issue.check) {
            Some((_, all)) => all.push((at, issue)),
            None => told.push((&issue.check, vec![(at, issue)])),
        }
    }
    told
}

fn raised(issue: &Issue, at: usize, api: &str, it: &Quality) -> Markup {
    let about = |kind: &str| {
        html! {
            input type="hidden" name="check" value=(issue.check.0); input type="hidden" name="subject" value=(issue.subject); input type="hidden" name="facts" value=(issue.facts);
            (since(it))
            span.unseen { (kind) }
        }
    };
    html! {
        tr {
            td { (issue.subject) br; span.soft.small { "before " (issue.gate) } }
            td.small {
                @for line in &issue.says { p { (line) } }
                details { summary { "Mend and sources" } p { (issue.mend) } ul { @for (source, sure) in &issue.sources { li { (source) " " (state(if sure == "verified" { Tone::Good } else { Tone::Unknown }, sure)) } } } }
            }
            td { (state(issue.severity.0.unwrap_or(Tone::Plain), &issue.severity.1)) }
            td { (state(issue.standing.0.unwrap_or(Tone::Plain), &issue.standing.1)) }
            td {
                @if issue.may_override {
                    details { summary { "It may stand" span.unseen { ": " (issue.check.0) " " (issue.subject) } }
                        form method="post" data-api={ "POST " (api) "/overrides" } data-etag=(it.rev) data-then="swap;toast:Told, with your name and role." {
                            (about("override"))
                            div.field { label for={ "because-" (at) } { "Why, as " (it.role) } textarea.short id={ "because-" (at) } name="because" required maxlength="2000" {} }
                            button { "Override" }
                        }
                    }
                }
                @if issue.may_approve {
                    form method="post" data-api={ "POST " (api) "/approvals" } data-etag=(it.rev) data-then="swap;toast:Approved." {
                        (about("approve")) button.main aria-label={ "Approve the override of " (issue.check.0) " about " (issue.subject) } { "Approve it" }
                    }
                }
            }
        }
    }
}

/// A command.
#[derive(Debug, Clone, Default)]
pub struct Command {
    /// Its word, and what a button says.
    pub word: (String, String),
    /// Whose act it is.
    pub side: String,
    /// `day`, `task`, `number` or empty.
    pub wants: String,
    /// Whether it wants a reason, and a reference of HITRUST.
    pub also: (bool, bool),
    /// Whether nothing stands in its way.
    pub ready: bool,
    /// What is missing, and how to mend it.
    pub lacks: Vec<(String, String)>,
    /// Why who looks may not give it; empty where they may.
    pub not_yours: String,
}

/// Where an assessment stands.
#[derive(Debug, Clone, Default)]
pub struct Phase {
    /// The organisation's and the assessment's id.
    pub place: Place,
    /// What the assessment is.
    pub what: String,
    /// The phase's title, who acts, and how sure its name is.
    pub phase: (String, String, String),
    /// Since when; may be empty.
    pub since: String,
    /// Why it came back; empty where it did not.
    pub returned: String,
    /// Papers and days: what, and the day.
    pub papers: Vec<(&'static str, String)>,
    /// The certificate or outcome in a few words; none before.
    pub decision: Option<(Tone, String)>,
    /// More of it.
    pub decided: Vec<(&'static str, String)>,
    /// HITRUST's tasks: number, what, stands, answer.
    pub tasks: Vec<(u32, String, Tone, String, String)>,
    /// Files that changed since the last hand-off.
    pub changed: Vec<String>,
    /// Commands that have a place now.
    pub commands: Vec<Command>,
    /// What happened: day, who, what, from where to where, note or reference.
    pub history: Vec<(String, String, String, String, String)>,
    /// The revision of the history.
    pub rev: u64,
    /// Today.
    pub today: String,
}

/// So many things that are missing are listed.
const LISTED: usize = 12;

/// Where it stands, and handing on.
pub fn phase(it: &Phase) -> Markup {
    html! {
        (lead(&[("Assessments", &format!("/o/{}/assessments", it.place.0))], "Hand-off", &it.what, &html! {}))
        (tabs(&it.place, "phase"))
        div #phase data-live {
            section.sheet aria-labelledby="stands" {
                h2 #stands { (it.phase.0) }
                p { "The " strong { (it.phase.1) } " acts" @if !it.since.is_empty() { ", since " time datetime=(it.since) { (it.since) } } "." @if !it.phase.2.is_empty() { " " span.soft.small { "Name and place in the order: " (it.phase.2) "." } } }
                @if !it.returned.is_empty() { p { (state(Tone::Warn, "came back")) " " (it.returned) } }
                @if let Some((tone, words)) = &it.decision { p { (state(*tone, words)) } }
                @if !it.decided.is_empty() { dl.pairs { @for (name, value) in &it.decided { dt { (name) } dd { (value) } } } }
                @if !it.papers.is_empty() { dl.pairs { @for (name, day) in &it.papers { dt { (name) } dd { time datetime=(day) { (day) } } } } }
                @if !it.changed.is_empty() {
                    details { summary { (counted(it.changed.len(), "file changed since the last hand-off", "files changed since the last hand-off")) } ul.small { @for file in &it.changed { li { (file) } } } }
                }
            }
            @if !it.tasks.is_empty() {
                section.sheet aria-labelledby="tasks" {
                    h2 #tasks { "What HITRUST asks" }
                    ul.plain { @for (number, what, tone, stands, answer) in &it.tasks { li { (number) ". " (what) " " (state(*tone, stands)) @if !answer.is_empty() { br; span.small { (answer) } } } } }
                }
            }
            h2 { "What can be done now" }
            @if it.commands.is_empty() { (empty("Nothing", "This assessment is at its end: what it holds can be read, and nothing of it changes any more.", &html! {})) }
            div.sheets { @for command in &it.commands { (given(it, command)) } }
            section.sheet.wide.after aria-labelledby="past" {
                h2 #past { "What happened" }
                @if it.history.is_empty() { p.soft { "Nothing was handed on yet." } } @else {
                    div.scroll tabindex="0" role="region" aria-label="History" { table #past-table data-table {
                        caption.unseen { "What happened, newest first" }
                        thead { tr { th scope="col" { "When" } th scope="col" { "Who" } th scope="col" { "What" } th scope="col" { "To" } th scope="col" { "Note or reference" } } }
                        tbody { @for (on, who, what, to, note) in &it.history { tr { td { time datetime=(on) { (on) } } td { (who) } td { (what) } td { (to) } td.small { (note) } } } }
                    } }
                }
            }
        }
    }
}

/// What is missing, once for all that differ in one id alone.
struct Lack<'l> {
    whole: String,
    before: &'l str,
    after: &'l str,
    ids: Vec<&'l str>,
    mend: &'l str,
}

fn together(lacks: &[(String, String)]) -> Vec<Lack<'_>> {
    let mut told: Vec<Lack<'_>> = Vec::new();
    for (what, mend) in lacks {
        let parts: Vec<&str> = what.splitn(3, '`').collect();
        let (before, id, after) = match parts.as_slice() {
            [before, id, after] => (*before, *id, *after),
            _ => (what.as_str(), "", ""),
        };
        let same = |l: &&mut Lack<'_>| !id.is_empty() && (l.before, l.after, l.mend) == (before, after, mend.as_str());
        match told.iter_mut().find(same) {
            Some(lack) => lack.ids.push(id),
            None => told.push(Lack { whole: what.clone(), before, after, ids: vec![id], mend }),
        }
    }
    told
}

fn given(it: &Phase, command: &Command) -> Markup {
    let id = format!("do-{}", command.word.0);
    let api = format!("/api/v1/organisations/{}/assessments/{}/phase", it.place.0, it.place.1);
    let may = command.not_yours.is_empty();
    html! {
        section.sheet aria-labelledby=(id) {
            h3 id=(id) { (command.word.1) }
            p.row { span.soft { "by " (command.side) }
                @if command.ready { (state(Tone::Good, "nothing is missing")) } @else { (state(Tone::Warn, &counted(command.lacks.len(), "thing is missing", "things are missing"))) } }
            @if !command.lacks.is_empty() {
                details open[may && command.lacks.len() <= 4] { summary { "What is missing" span.unseen { " for " (command.word.1) } }
                    ul.small id={ (id) "-lacks" } {
                        @for lack in together(&command.lacks) {
                            li {
                                @match lack.ids.as_slice() {
                                    [] | [_] => (ticked(&lack.whole)),
                                    all => {
                                        strong { (all.len()) } " times: " (lack.before) "…" (lack.after) br;
                                        @for (at, id) in all.iter().take(LISTED).enumerate() { @if at > 0 { ", " } code { (id) } }
                                        @if all.len() > LISTED { ", and " (all.len() - LISTED) " more" }
                                    }
                                }
                                @if !lack.mend.is_empty() { br; span.soft { (ticked(lack.mend)) } }
                            }
                        }
                    }
                }
            }
            @if !may { p.soft.small { (command.not_yours) } } @else {
                form method="post" data-api={ "POST " (api) } data-etag=(it.rev) data-then="reload" {
                    input type="hidden" name="command" value=(command.word.0);
                    @if command.ready { (wanted(it, command, &id)) }
                    button.main disabled[!command.ready] aria-describedby=[(!command.ready).then(|| format!("{id}-lacks"))] { (command.word.1) }
                }
            }
        }
    }
}

fn wanted(it: &Phase, command: &Command, id: &str) -> Markup {
    html! {
        @match command.wants.as_str() {
            "day" => div.field { label for={ (id) "-day" } { "Day" } input id={ (id) "-day" } name="day" type="date" value=(it.today) required; },
            "task" => div.field { label for={ (id) "-task" } { "What HITRUST asks" } input id={ (id) "-task" } name="task" required maxlength="500"; },
            "number" => div.field { label for={ (id) "-number" } { "Which task" } select id={ (id) "-number" } name="number" data-type="number" { @for (number, what, ..) in &it.tasks { option value=(number) { (number) ". " (what) } } } },
            _ => {}
        }
        div.field { label for={ (id) "-note" } { @if command.also.0 { "Why, or the answer" } @else { "Note" } } input id={ (id) "-note" } name="note" maxlength="2000" required[command.also.0]; }
        @if command.also.1 { div.field { label for={ (id) "-reference" } { "Reference: letter, message or ticket" } input id={ (id) "-reference" } name="reference" required maxlength="200"; } }
    }
}
