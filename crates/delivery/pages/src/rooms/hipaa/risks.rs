//! The risk analysis: where it stands, the matrix as a picture, every risk, and the forms that write them.

use maud::{Markup, html};

use super::{Around, stands};
use crate::{
    chart,
    parts::{Tone, counted, empty, state, ticked},
};

/// A risk.
#[derive(Debug, Clone, Default)]
pub struct Risk {
    /// Its id and the system.
    pub id: (String, String),
    /// Threat and vulnerability.
    pub what: (String, String),
    /// Likelihood and impact.
    pub grades: (String, String),
    /// The level, and the one that is left.
    pub levels: (String, String),
    /// Likelihood and impact that are left once it is treated; empty where nobody graded that.
    pub left: (String, String),
    /// What is done, and by whom.
    pub treatment: (String, String),
    /// What is wrong with it.
    pub flaws: Vec<String>,
    /// What is done, the last day, and the day on which it was done.
    pub action: [String; 3],
    /// When it was accepted, why, and until when that stands without a review.
    pub accepted: [String; 3],
    /// Evidence that shows the treatment.
    pub evidence: Vec<String>,
    /// What of the Security Rule it bears on: citation, title, and how the decision about it stands; empty for none.
    pub items: Vec<[String; 3]>,
}

/// A cell of the matrix.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// Likelihood and impact.
    pub grades: (String, String),
    /// The level, and its rank from 0.
    pub level: (String, usize),
    /// Risks that lie here before treatment, and today.
    pub counts: (u64, u64),
}

/// The matrix.
#[derive(Debug, Clone, Default)]
pub struct Matrix {
    /// Grades of likelihood, lowest first.
    pub likelihoods: Vec<String>,
    /// Grades of impact, lowest first.
    pub impacts: Vec<String>,
    /// Levels, lowest first.
    pub levels: Vec<String>,
    /// Cells, likeliest first, and in each row the least impact first.
    pub cells: Vec<Cell>,
}

/// The risk analysis.
#[derive(Debug, Clone, Default)]
pub struct Risks {
    /// What the pages share.
    pub around: Around,
    /// How the analysis stands, when it was completed, and when it is due again.
    pub analysis: (String, String, String),
    /// Systems with ePHI; none where nobody says which.
    pub systems: Option<usize>,
    /// Systems that it leaves out: which, and why.
    pub uncovered: Vec<(String, String)>,
    /// Systems of the scope: id and title.
    pub scope: Vec<(String, String)>,
    /// What of the Security Rule a risk may bear on: citation and title.
    pub items: Vec<(String, String)>,
    /// Risks, by id.
    pub rows: Vec<Risk>,
    /// The matrix with its counts.
    pub matrix: Matrix,
    /// What stands against the analysis and the treatment.
    pub against: Vec<String>,
    /// Where the matrix and the months come from.
    pub basis: Vec<String>,
}

/// The risk analysis.
pub fn risks(it: &Risks) -> Markup {
    let around = &it.around;
    html! {
        (around.head("/risks", "Every system with ePHI looked at, every risk graded, and treated or accepted by somebody named (164.308(a)(1)(ii)).", &html! {
            @if around.may.0 {
                button.main type="button" data-opens="new-risk" { "Add a risk" }
                button type="button" data-opens="new-analysis" { "Record an analysis" }
            }
            button type="button" data-csv="risks-table" { "Take as CSV" }
        }))
        div #register data-live {
            div.sheets {
                section.sheet aria-labelledby="analysis-title" {
                    h2 #analysis-title { "The analysis" }
                    p { (stands(&it.analysis.0)) }
                    dl.pairs {
                        dt { "Completed" } dd { @if it.analysis.1.is_empty() { "never" } @else { time datetime=(it.analysis.1) { (it.analysis.1) } } }
                        @if !it.analysis.2.is_empty() { dt { "Due again" } dd { time datetime=(it.analysis.2) { (it.analysis.2) } } }
                        dt { "Systems with ePHI" } dd { @match it.systems { Some(n) => (n), None => "nobody says which" } }
                    }
                    @for (system, why) in &it.uncovered { p { (state(Tone::Bad, why)) " " code { (system) } } }
                }
                section.sheet aria-labelledby="against-title" {
                    h2 #against-title { "What stands against it" }
                    @if it.against.is_empty() { p { "Nothing." } } @else { ul { @for line in &it.against { li { (ticked(line)) } } } }
                    p.soft.small { (it.basis.join(" ")) }
                }
            }
            @if it.rows.is_empty() { (empty("No risk is recorded", "A risk names a system, a threat and a weakness, grades both, and says what is done and by whom.", &html! { @if around.may.0 { button.main type="button" data-opens="new-risk" { "Add the first risk" } } })) } @else {
                (picture(&it.matrix, it.rows.len()))
                (table(it))
            }
        }
        @if around.may.0 {
            dialog.wide #new-risk aria-labelledby="new-risk-title" { h2 #new-risk-title { "Add a risk" } (edit(it, &Risk::default(), "new")) }
            dialog #new-analysis aria-labelledby="new-analysis-title" { h2 #new-analysis-title { "Record a risk analysis" } (analyse(it)) }
        }
    }
}

/// What of a cell is drawn.
type Count = fn(&Cell) -> u64;

/// The matrix before treatment and today, with one table that says the same.
fn picture(matrix: &Matrix, risks: usize) -> Markup {
    let wide = matrix.impacts.len().max(1);
    let most = matrix.levels.len().saturating_sub(1).max(1);
    let rows = |count: Count| -> Vec<Vec<chart::Cell>> {
        let drawn = |cell: &Cell| chart::Cell {
            level: cell.level.0.clone(),
            grave: cell.level.1.saturating_mul(4) / most,
            count: count(cell),
        };
        matrix.cells.chunks(wide).map(|row| row.iter().map(drawn).collect()).collect()
    };
    let down: Vec<String> = matrix.likelihoods.iter().rev().cloned().collect();
    let told = |count: Count| {
        let of = |level: &String| -> Option<String> {
            let n: u64 = matrix.cells.iter().filter(|cell| cell.level.0 == *level).map(count).sum();
            (n > 0).then(|| format!("{n} {}", level.replace('-', " ")))
        };
        matrix.levels.iter().rev().filter_map(of).collect::<Vec<_>>().join(", ")
    };
    let pictures: [(&str, Count); 2] = [("Before treatment", |cell| cell.counts.0), ("Today", |cell| cell.counts.1)];
    html! {
        section.sheet.space aria-labelledby="matrix-title" {
            h2 #matrix-title { "Likelihood by impact" }
            p.soft.small { (counted(risks, "risk", "risks")) ". A plan makes nothing smaller: today counts a treatment only once it is done and evidence shows it." }
            div.matrices {
                @for (word, count) in pictures {
                    figure {
                        figcaption { strong { (word) } ": " (told(count)) }
                        (chart::matrix(&format!("{word}, risks by likelihood and impact: {}", told(count)), ["Likelihood", "Impact"], &down, &matrix.impacts, &rows(count)))
                    }
                }
            }
            details {
                summary { "The same as a table" }
                table #matrix-table data-table {
                    caption.unseen { "Risks by likelihood and impact" }
                    thead { tr { th scope="col" { "Likelihood" } th scope="col" { "Impact" } th scope="col" { "Level" } th.n scope="col" { "Before treatment" } th.n scope="col" { "Today" } } }
                    tbody { @for cell in &matrix.cells { tr {
                        td { (cell.grades.0.replace('-', " ")) } td { (cell.grades.1.replace('-', " ")) } td { (level(&cell.level.0)) } td.n { (cell.counts.0) } td.n { (cell.counts.1) }
                    } } }
                }
            }
        }
    }
}

fn table(it: &Risks) -> Markup {
    let may = it.around.may.1;
    html! {
        div.scroll.space tabindex="0" role="region" aria-label="Risks" {
            table #risks-table data-table {
                caption.unseen { "Risks" }
                thead { tr { th scope="col" { "Risk" } th scope="col" { "System" } th scope="col" { "Threat and weakness" } th scope="col" { "Likelihood, impact" } th scope="col" { "Level" } th scope="col" { "Left" } th scope="col" { "Treated" } th scope="col" { "Against it" } @if may { th scope="col" { span.unseen { "Act" } } } } }
                tbody { @for row in &it.rows { tr {
                    td.tight { code { (row.id.0) } } td { (row.id.1) } td.small { (row.what.0) br; span.soft { (row.what.1) } @for of in &row.items { div.bears { (bears(it, of)) } } }
                    td.small { (row.grades.0.replace('-', " ")) ", " (row.grades.1.replace('-', " ")) } td { (level(&row.levels.0)) } td { (level(&row.levels.1)) }
                    td.small {
                        @if row.treatment.0.is_empty() { (state(Tone::Bad, "not treated")) } @else { (row.treatment.0) br; (row.treatment.1) }
                        @if !row.action[2].is_empty() { br; "done " time datetime=(row.action[2]) { (row.action[2]) } } @else if !row.action[1].is_empty() { br; "by " time datetime=(row.action[1]) { (row.action[1]) } }
                        @if !row.accepted[2].is_empty() { br; "review by " time datetime=(row.accepted[2]) { (row.accepted[2]) } }
                    }
                    td.small { (ticked(&row.flaws.join("; "))) }
                    @if may { td { button type="button" data-opens={ "risk-" (row.id.0) } aria-label={ "Change " (row.id.0) } { "Change" } } }
                } } }
            }
        }
        @if may { @for row in &it.rows {
            dialog.wide id={ "risk-" (row.id.0) } aria-labelledby={ "risk-title-" (row.id.0) } {
                h2 id={ "risk-title-" (row.id.0) } { "Change " (row.id.0) }
                (edit(it, row, &row.id.0))
            }
        } }
    }
}

/// A choice of grades, of which one is chosen.
fn grades(id: &str, name: &str, label: &str, words: &[String], chosen: &str, none: Option<&str>) -> Markup {
    html! {
        div.field { label for=(id) { (label) }
            select id=(id) name=(name) {
                @if let Some(none) = none { option value="" { (none) } }
                @for word in words { option value=(word) selected[word == chosen] { (word.replace('-', " ")) } }
            }
        }
    }
}

fn edit(it: &Risks, row: &Risk, key: &str) -> Markup {
    let around = &it.around;
    let is_new = row.id.0.is_empty();
    let api = if is_new {
        format!("POST {}/risks", around.api())
    } else {
        format!("PUT {}/risks/{}", around.api(), row.id.0)
    };
    let of = |what: &str| format!("risk-{key}-{what}");
    let text = |name: &str, label: &str, value: &str| html! { div.field { label for=(of(name)) { (label) } input id=(of(name)) name=(name) value=(value); } };
    let day = |name: &str, label: &str, value: &str| html! { div.field { label for=(of(name)) { (label) } input id=(of(name)) name=(name) type="date" value=(value); } };
    let who = |accepts: bool| if (row.treatment.0 == "accept") == accepts { row.treatment.1.as_str() } else { "" };
    html! {
        form.risk method="post" data-api=(api) data-etag=(around.rev) data-then="reload" {
            @if is_new { div.field { label for=(of("id")) { "Id" } input id=(of("id")) name="id" required pattern="[a-z0-9][a-z0-9\\-]*" placeholder="r-01"; } }
            div.field { label for=(of("system")) { "System" }
                select id=(of("system")) name="system" {
                    @for (id, title) in &it.scope { option value=(id) selected[*id == row.id.1] { (title) " (" (id) ")" } }
                    // What the file says and the scope does not know is kept until somebody chooses.
                    @if !is_new && it.scope.iter().all(|(id, _)| *id != row.id.1) { option value=(row.id.1) selected { (row.id.1) ", not in the scope" } }
                }
            }
            div.field { label for=(of("threat")) { "What may happen" } input id=(of("threat")) name="threat" required value=(row.what.0); }
            div.field { label for=(of("vulnerability")) { "What lets it happen" } input id=(of("vulnerability")) name="vulnerability" required value=(row.what.1); }
            div.halves {
                (grades(&of("likelihood"), "likelihood", "How likely, as things are", &it.matrix.likelihoods, &row.grades.0, None))
                (grades(&of("impact"), "impact", "How bad it would be", &it.matrix.impacts, &row.grades.1, None))
            }
            div.field { label for=(of("treatment")) { "What becomes of it" }
                select id=(of("treatment")) name="treatment" {
                    option value="" { "nothing yet" }
                    @for (word, says) in [("mitigate", "make it smaller"), ("transfer", "let somebody else bear it"), ("avoid", "give up what causes it"), ("accept", "accept it as it is")] { option value=(word) selected[word == row.treatment.0] { (says) } }
                }
            }
            fieldset.of-action data-when="treatment=mitigate transfer avoid" { legend { "Treatment" }
                (text("plan", "What is done", &row.action[0]))
                div.halves { (text("owner", "Who does it", who(false))) (day("due", "Until", &row.action[1])) }
                (day("done_on", "Done on", &row.action[2]))
                (around.shows("evidence", &row.evidence))
            }
            fieldset.of-acceptance data-when="treatment=accept" { legend { "Acceptance" }
                div.halves { (text("accepted_by", "Who accepts it", who(true))) (day("accepted_on", "On", &row.accepted[0])) }
                (text("reason", "Why", &row.accepted[1]))
                (day("review_by", "To be reviewed by", &row.accepted[2]))
            }
            div.halves {
                (grades(&of("left-likelihood"), "residual.likelihood", "How likely once treated", &it.matrix.likelihoods, &row.left.0, Some("not graded")))
                (grades(&of("left-impact"), "residual.impact", "How bad once treated", &it.matrix.impacts, &row.left.1, Some("not graded")))
            }
            div.field { label for=(of("items")) { "What of the Security Rule it bears on" }
                input id=(of("items")) name="items" data-type="list" list=(of("known")) value=(row.items.iter().map(|[item, ..]| item.as_str()).collect::<Vec<_>>().join(", ")) placeholder="164.312(a)(2)(iv), 164.312(d)";
                datalist id=(of("known")) { @for (citation, title) in &it.items { option value=(citation) { (title) } } }
                p.hint { "Citations, with commas between." }
            }
            div.row { button.main { "Write it down" } button type="button" data-closes { "Cancel" } }
        }
    }
}

/// A way to what a risk bears on, and how the decision about it stands.
fn bears(it: &Risks, [item, title, decision]: &[String; 3]) -> Markup {
    let base = it.around.base();
    html! {
        @if decision.is_empty() { a href={ (base) "#item-" (item) } title=(title) { (item) } }
        @else { a href={ (base) "/decisions#item-" (item) } title=(title) { (item) } " " (stands(decision)) }
    }
}

fn analyse(it: &Risks) -> Markup {
    let around = &it.around;
    html! {
        form method="post" data-api={ "POST " (around.api()) "/analyses" } data-etag=(around.rev) data-then="reload" {
            div.field { label for="analysis-id" { "Id" } input id="analysis-id" name="id" required pattern="[a-z0-9][a-z0-9\\-]*" placeholder="ra-2026"; }
            div.field { label for="analysis-day" { "Completed on" } input id="analysis-day" name="completed_on" type="date" max=(around.at); p.hint { "Left empty, it is a draft." } }
            div.field { label for="analysis-by" { "Who answers for it" } input id="analysis-by" name="by"; }
            div.field { label for="analysis-method" { "How it was done" } input id="analysis-method" name="method"; }
            fieldset.choices { legend { "Systems that it looked at" }
                @for (id, title) in &it.scope { label { input type="checkbox" name="systems" value=(id); " " (title) } }
            }
            (around.shows("evidence", &[]))
            div.row { button.main { "Write it down" } button type="button" data-closes { "Cancel" } }
        }
    }
}

fn level(word: &str) -> Markup {
    let tone = match word {
        "" => return html! { span.soft { "not graded" } },
        "very-high" | "high" | "very high" => Tone::Bad,
        "medium" | "moderate" => Tone::Warn,
        _ => Tone::Plain,
    };
    state(tone, &word.replace('-', " "))
}
