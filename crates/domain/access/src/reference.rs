//! The page `docs/reference/roles.md`, printed from the table.

use std::fmt::Write as _;

use crate::{Area, Cell, OrganisationKind, Role, Row, Rule, Scope, SystemActor, table};

/// The reference page of roles as Markdown: the table, the rules by name, and what stands around them.
pub fn roles_page() -> String {
    let mut page = String::from(INTRODUCTION);
    for area in Area::ALL {
        section(&mut page, *area);
    }
    page.push_str(
        "## Rules\n\nThe first that fails is the one that is told.\n\n| Rule | Says | What helps |\n|---|---|---|\n",
    );
    for rule in Rule::ALL {
        let _ = writeln!(page, "| `{rule}` | {} | {} |", rule.says(), rule.help());
    }
    page.push_str("\n## Who gives which role\n\n| Role | Side | May give and take | Exists in |\n|---|---|---|---|\n");
    for role in Role::ALL {
        let gives: Vec<&str> = role.may_give().iter().map(|r| r.as_str()).collect();
        let kinds: Vec<&str> = OrganisationKind::ALL.iter().filter(|k| k.has(*role)).map(|k| k.as_str()).collect();
        let _ = writeln!(page, "| {role} | {} | {} | {} |", role.side(), or_dot(&gives), or_dot(&kinds));
    }
    let _ = writeln!(page, "\n{BOXES}");
    let scopes: Vec<String> = Scope::all().map(|s| format!("`{s}`")).collect();
    let _ = writeln!(page, "## Scopes of a token\n\n{}\n", scopes.join(", "));
    page.push_str("## Parts of the system\n\nEach acts within one organisation, and does what stands here and nothing else.\n\n| Part | May |\n|---|---|\n");
    for actor in SystemActor::ALL {
        let may: Vec<String> = actor.may().iter().map(|(resource, action)| format!("{action} {resource}")).collect();
        let _ = writeln!(page, "| {actor} | {} |", may.join(", "));
    }
    page
}

fn section(page: &mut String, area: Area) {
    let _ = writeln!(page, "## {}\n", capital(area.as_str()));
    let heads: Vec<&str> = Role::ALL.iter().map(|r| r.as_str()).collect();
    let _ = writeln!(page, "| What | Action | {} | token | asks |", heads.join(" | "));
    let _ = writeln!(page, "|---|---|{}---|---|", "---|".repeat(Role::ALL.len()));
    for row in table().iter().filter(|r| r.resource().area() == area) {
        let cells: Vec<&str> = Role::ALL.iter().map(|r| row.cell(*r).as_str()).collect();
        let token = row.scope().map_or("·".to_owned(), |s| format!("`{s}`"));
        let _ = writeln!(
            page,
            "| {} | {} | {} | {token} | {} |",
            row.resource(),
            row.action(),
            cells.join(" | "),
            asks(row)
        );
    }
    page.push('\n');
}

fn asks(row: &Row) -> String {
    let mut asks: Vec<&str> = row.asks().iter().map(|r| r.as_str()).collect();
    if row.is_sensitive() {
        asks.push(Rule::FreshSignIn.as_str());
    }
    asks.join(", ")
}

fn or_dot(words: &[&str]) -> String {
    if words.is_empty() { Cell::Never.as_str().to_owned() } else { words.join(", ") }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

const INTRODUCTION: &str = "\
# Roles

Printed from the table in `crates/domain/access/src/rows.rs` by a test (`ATTESTA_BLESS=1 cargo test -p attesta-access --test table`). What has no row, nobody may.

A cell says what a role may do: *yes* everything of the kind, *assigned* what is assigned to them, *own* what they made, *addressed* what is addressed to their organisation, *named* what their link names, `·` nothing. *Token* is the scope with which a program may do it on behalf of somebody whose role may; `·` none. *Asks* names the rules of this row; those of the room, the time and the assessment box are asked everywhere.

";

const BOXES: &str = "\
An assessor, assessor lead or QA reviewer in the room of somebody whom they assess is a guest: the access has an end and names assessments. A guest with a share link has no account.
";
