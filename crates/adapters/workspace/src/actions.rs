//! `actions.yaml` and `actions/*.yaml`: corrective action plans, which people write.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use attesta_assessment::{ActionId, RequirementKey};
use attesta_catalog::{Fault, Placed};
use attesta_content::{
    File,
    yaml::{self, Reading},
};
use attesta_lifecycle::action::{Action, Milestone, Note, Retest, Status};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    folder::{Change, Folder, Over},
    index, text,
};

/// What the file says that it is.
const SCHEMA: &str = "attesta.actions/1";
/// No id of an action is longer.
const LONGEST_ID: usize = 80;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    actions: Vec<RawAction>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAction {
    id: Spanned<String>,
    requirement: Spanned<String>,
    #[serde(default)]
    weakness: String,
    owner: Option<Spanned<String>>,
    #[serde(default)]
    plan: String,
    #[serde(default)]
    milestones: Vec<RawMilestone>,
    due: Option<Spanned<String>>,
    status: Option<Spanned<String>>,
    retest: Option<RawRetest>,
    #[serde(default)]
    progress: Vec<RawNote>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMilestone {
    what: String,
    due: Option<Spanned<String>>,
    done: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRetest {
    by: Spanned<String>,
    on: Spanned<String>,
    result: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNote {
    on: Spanned<String>,
    by: Spanned<String>,
    says: Spanned<String>,
    status: Option<Spanned<String>>,
}

/// Every corrective action plan of the folder. What a plan lacks is no fault: the quality checks tell it.
///
/// # Errors
///
/// Every fault that was found, sorted by file and line.
pub fn actions(folder: &Folder) -> Result<BTreeMap<ActionId, Placed<Action>>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut files = folder.files("actions").unwrap_or_else(|more| {
        faults.extend(more);
        Vec::new()
    });
    match folder.file("actions.yaml") {
        Ok(first) => files.splice(0..0, first).for_each(drop),
        Err(fault) => faults.push(fault),
    }
    let rows: Vec<_> = files.iter().flat_map(|file| read(file, &mut faults)).collect();
    let found = index("action", rows, |a| a.id.clone(), &mut faults);
    faults.sort();
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

fn read(file: &File, faults: &mut Vec<Fault>) -> Vec<Placed<Action>> {
    let raw: Raw = match yaml::parse(file, SCHEMA) {
        Ok(raw) => raw,
        Err(fault) => {
            faults.push(fault);
            return Vec::new();
        }
    };
    let reading = &mut Reading { file, faults };
    raw.actions.into_iter().filter_map(|raw| action(reading, raw)).collect()
}

fn action(reading: &mut Reading<'_>, raw: RawAction) -> Option<Placed<Action>> {
    // Each key is looked at, so that every fault is told at once.
    let place = reading.place(&raw.id);
    let id = reading.value::<ActionId>(&raw.id);
    let requirement = reading.value::<RequirementKey>(&raw.requirement);
    let owner = reading.optional(raw.owner.as_ref());
    let due = reading.day(raw.due.as_ref());
    let status = reading.optional::<Status>(raw.status.as_ref());
    let milestones: Vec<_> = raw.milestones.into_iter().map(|m| milestone(reading, m)).collect();
    let retest = raw.retest.map(|raw| retest(reading, &raw));
    let progress: Vec<_> = raw.progress.iter().map(|n| note(reading, n)).collect();
    let action = Action {
        id: id?.value,
        requirement: requirement?.value,
        weakness: raw.weakness,
        owner: owner?,
        plan: raw.plan,
        milestones: milestones.into_iter().collect::<Option<_>>()?,
        due: due?,
        status: status?,
        retest: match retest {
            Some(retest) => Some(retest?),
            None => None,
        },
        progress: progress.into_iter().collect::<Option<_>>()?,
    };
    Some(Placed::new(place, action))
}

fn milestone(reading: &mut Reading<'_>, raw: RawMilestone) -> Option<Milestone> {
    let (due, done) = (reading.day(raw.due.as_ref()), reading.day(raw.done.as_ref()));
    Some(Milestone { what: raw.what, due: due?, done: done? })
}

fn retest(reading: &mut Reading<'_>, raw: &RawRetest) -> Option<Retest> {
    let (by, on, result) = (reading.value(&raw.by), reading.day(Some(&raw.on)), reading.value(&raw.result));
    Some(Retest { by: by?.value, on: on??, result: result?.value })
}

fn note(reading: &mut Reading<'_>, raw: &RawNote) -> Option<Note> {
    let (on, by) = (reading.day(Some(&raw.on)), reading.value(&raw.by));
    let says = reading.says("says", &raw.says);
    let status = reading.optional::<Status>(raw.status.as_ref());
    Some(Note { on: on??, by: by?.value, says: says?, status: status? })
}

/// The document of plans that a server keeps at `inside`: a plan's own (`actions/ID.yaml`), or a file in which several stand.
pub fn actions_change(inside: &str, actions: &[&Action], over: Over) -> Change {
    let mut out = format!("schema: {SCHEMA}\nactions:\n");
    for action in actions {
        let _ = write!(out, "  - id: {}\n    requirement: {}\n", action.id, text(action.requirement.as_str()));
        let _ = writeln!(out, "    weakness: {}", text(&action.weakness));
        let mut key = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                let _ = writeln!(out, "    {name}: {value}");
            }
        };
        key("owner", action.owner.as_ref().map(ToString::to_string));
        key("plan", Some(text(&action.plan)));
        key("due", action.due.map(|d| d.to_string()));
        key("status", action.status.map(|s| s.to_string()));
        let retest = action.retest.as_ref();
        key("retest", retest.map(|r| format!("{{by: {}, on: {}, result: {}}}", r.by, r.on, r.result)));
        list(&mut out, "milestones", action.milestones.iter().map(milestone_text));
        list(&mut out, "progress", action.progress.iter().map(note_text));
    }
    Change { inside: inside.to_owned(), text: out, over }
}

/// The place of a plan's own document.
pub fn action_place(id: &ActionId) -> String {
    format!("actions/{id}.yaml")
}

fn list(out: &mut String, name: &str, rows: impl Iterator<Item = String>) {
    let rows: Vec<String> = rows.map(|row| format!("      - {{{row}}}\n")).collect();
    let head = if rows.is_empty() { " []\n" } else { "\n" };
    let _ = write!(out, "    {name}:{head}{}", rows.concat());
}

fn milestone_text(milestone: &Milestone) -> String {
    let day =
        |name: &str, day: Option<attesta_kernel::Date>| day.map_or_else(String::new, |d| format!(", {name}: {d}"));
    format!("what: {}{}{}", text(&milestone.what), day("due", milestone.due), day("done", milestone.done))
}

fn note_text(note: &Note) -> String {
    let status = note.status.map_or_else(String::new, |s| format!(", status: {s}"));
    format!("on: {}, by: {}, says: {}{status}", note.on, note.by, text(&note.says))
}

/// A plan to begin with: what it mends, and remarks for its writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stub {
    /// The requirement.
    pub requirement: RequirementKey,
    /// What is known of it, one line each; written as comments.
    pub remarks: Vec<String>,
}

/// A file of plans for people to fill in. Nothing is answered for them: what is empty is told by the quality checks.
pub fn draft_actions(stubs: &[Stub], taken: &BTreeSet<ActionId>) -> String {
    let mut out = format!("schema: {SCHEMA}\nactions:");
    if stubs.is_empty() {
        out.push_str(" []\n");
        return out;
    }
    out.push('\n');
    let mut taken: BTreeSet<String> = taken.iter().map(ToString::to_string).collect();
    for stub in stubs {
        for remark in &stub.remarks {
            let _ = writeln!(out, "  # {}", remark.replace(char::is_control, " "));
        }
        let id = free_id(&stub.requirement, &taken);
        let _ = writeln!(out, "  - id: {id}\n    requirement: {}", text(stub.requirement.as_str()));
        out.push_str("    weakness: \"\"\n    # owner: somebody of people.yaml\n    plan: \"\"\n    milestones: []\n");
        out.push_str("    # due: 2027-01-31\n    status: not-started\n");
        taken.insert(id);
    }
    out
}

/// An id for a plan, after its requirement, that no other plan has.
pub fn action_id(requirement: &RequirementKey, taken: &BTreeSet<ActionId>) -> String {
    free_id(requirement, &taken.iter().map(ToString::to_string).collect())
}

/// An id after the requirement that no other action has.
fn free_id(requirement: &RequirementKey, taken: &BTreeSet<String>) -> String {
    let mut base = String::from("cap-");
    for c in requirement.as_str().chars().map(|c| c.to_ascii_lowercase()) {
        let c = if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' { c } else { '-' };
        if base.len() < LONGEST_ID - 8 {
            base.push(c);
        }
    }
    let numbered = (2_u32..).map(|number| format!("{base}-{number}"));
    std::iter::once(base.clone()).chain(numbered).find(|id| !taken.contains(id)).unwrap_or(base)
}
