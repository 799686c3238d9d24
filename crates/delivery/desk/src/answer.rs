//! Answering one requirement, and recording what the assessor found on one.

use std::{collections::BTreeMap, fmt};

use attesta_assessment::{Answered, RequirementKey, Side, View, Worked, work_out};
use attesta_catalog::{Fault, Placed};
use attesta_content::File;
use attesta_kernel::{Digest, Place};
use attesta_lifecycle::{Change as Allowed, Subject, may_change};
use attesta_scoring::Exact;
use attesta_workspace::{ANSWERS, Change, Documents, Folder, Over, VALIDATION, document_place};
use serde_json::Value;

use crate::{
    desk::Desk,
    failure::{Complaint, Failure, Kind, unknown},
    library::Library,
    life::Course,
};

/// What one answer, or one result, comes to, and the change that writes it. The change is already on the desk's folder
/// where that is held in memory; it is among [`Folder::take_written`].
#[derive(Debug)]
pub struct Recorded {
    /// The document.
    pub change: Change,
    /// By the entity's own word.
    pub entity: Option<Exact>,
    /// By the last word.
    pub last: Option<Exact>,
    /// The desk with the change on it.
    pub desk: Desk,
}

/// Replaces a requirement's answer, and writes it. `entry` has the keys of an entry of `answers/*.yaml`.
///
/// # Errors
///
/// When the requirement is not asked, answers may not change in this phase, the entry is no answer, it names what is not
/// there or a level that is not scored, or nothing can be worked out from it; nothing is changed then.
pub fn answer(desk: &Desk, side: Side, requirement: &RequirementKey, entry: &Value) -> Result<Recorded, Failure> {
    asked(desk, requirement)?;
    may(desk, Subject::Answers, side)?;
    let place = document_place(ANSWERS, requirement);
    let file = document(desk, &place, "attesta.answers/1", ANSWERS, requirement, entry)?;
    let read = attesta_workspace::answers_of(file).map_err(bad)?;
    let Some(Placed { value: answered, .. }) = read.into_values().next() else { return Err(no_entry(requirement)) };
    only_scored(desk, &answered)?;
    let over = over(desk, ANSWERS, requirement, |folder| {
        Ok(attesta_workspace::answers(folder)?.into_iter().map(|(key, placed)| (key, placed.place)).collect())
    })?;
    record(desk, requirement, attesta_workspace::answer_change(&answered, over))
}

/// Replaces what the assessor found on a requirement, and writes it. `entry` has the keys of an entry of
/// `validation/*.yaml`.
///
/// # Errors
///
/// Like those of [`answer`].
pub fn validate(desk: &Desk, side: Side, requirement: &RequirementKey, entry: &Value) -> Result<Recorded, Failure> {
    if side != Side::Assessor {
        let message = format!("results are the assessor's, and this is the {side}'s side");
        return Err(Failure::new(Kind::Refused, message).help("let the external assessor record them"));
    }
    asked(desk, requirement)?;
    may(desk, Subject::AssessorResults, side)?;
    let place = document_place(VALIDATION, requirement);
    let file = document(desk, &place, "attesta.validation/1", "results", requirement, entry)?;
    let read = attesta_workspace::results_of(file).map_err(bad)?;
    let Some(Placed { value: validated, .. }) = read.into_values().next() else { return Err(no_entry(requirement)) };
    let scored = desk.rules()?.weights.value.levels();
    if let Some(level) = validated.levels.keys().find(|level| !scored.contains(level)) {
        return Err(not_scored(desk, level));
    }
    let over = over(desk, VALIDATION, requirement, |folder| {
        Ok(attesta_workspace::results(folder)?.into_iter().map(|(key, placed)| (key, placed.place)).collect())
    })?;
    record(desk, requirement, attesta_workspace::result_change(&validated, over))
}

/// The entry about a requirement in a document of answers or results, as JSON; `None` where the document has none.
///
/// # Errors
///
/// When the document cannot be read.
pub fn entry_of(text: &str, requirement: &RequirementKey) -> Result<Option<Value>, Failure> {
    let whole: Value = attesta_workspace::as_json(text).map_err(|why| Failure::new(Kind::Unknown, why))?;
    let lists = whole.as_object().into_iter().flat_map(|members| members.values()).filter_map(Value::as_array);
    let is_it = |entry: &&Value| entry.get("requirement").and_then(Value::as_str) == Some(requirement.as_str());
    Ok(lists.flatten().find(is_it).cloned())
}

/// Entries that stand where they were handed in, several in one document; by folder and requirement. What was written since
/// stands in a document of its own, and before these.
#[derive(Debug, Default)]
pub struct Handed(BTreeMap<(String, String), (String, Value)>);

impl Handed {
    /// The document that holds the entry about a requirement, and the entry.
    pub fn of(&self, below: &str, requirement: &RequirementKey) -> Option<(&str, &Value)> {
        let (path, entry) = self.0.get(&(below.to_owned(), requirement.as_str().to_owned()))?;
        Some((path, entry))
    }
}

/// Reads every document of answers and results once.
///
/// # Errors
///
/// When one cannot be read.
pub fn handed(desk: &Desk) -> Result<Handed, Failure> {
    let mut found = BTreeMap::new();
    for (path, text) in &desk.folder.documents()?.texts {
        let Some(below) = [ANSWERS, VALIDATION].into_iter().find(|b| path.split('/').next() == Some(b)) else {
            continue;
        };
        let whole: Value = attesta_workspace::as_json(text).map_err(|why| Failure::new(Kind::Unknown, why))?;
        let lists = whole.as_object().into_iter().flat_map(|members| members.values()).filter_map(Value::as_array);
        for entry in lists.flatten() {
            if let Some(key) = entry.get("requirement").and_then(Value::as_str) {
                let place = (below.to_owned(), key.to_owned());
                found.entry(place).or_insert_with(|| (path.clone(), entry.clone()));
            }
        }
    }
    Ok(Handed(found))
}

/// An entry with a change laid over it (JSON Merge Patch, RFC 7396), where the change names the keys that are new and `null`
/// takes one away. A level has one judgement: a score that is given takes the place of elements and strength, and they its.
pub fn laid_over(stood: Option<&Value>, change: &Value) -> Value {
    const GIVEN: [&str; 2] = ["score", "because"];
    const RATED: [&str; 7] = ["met", "inapplicable", "strength", "measure", "sample", "parts", "weights_because"];
    let mut whole = stood.and_then(Value::as_object).cloned().unwrap_or_default();
    for (name, new) in change.as_object().into_iter().flatten() {
        let level = name.parse::<attesta_scoring::MaturityLevel>().is_ok();
        match (new, whole.get_mut(name).and_then(Value::as_object_mut)) {
            (Value::Null, _) => drop(whole.remove(name)),
            (Value::Object(new), Some(old)) if level => {
                let says = |names: &[&str]| names.iter().any(|n| new.get(*n).is_some_and(|v| !v.is_null()));
                if says(&["score"]) {
                    old.retain(|key, _| !RATED.contains(&key.as_str()));
                } else if says(&RATED) {
                    old.retain(|key, _| !GIVEN.contains(&key.as_str()));
                }
                for (key, value) in new {
                    if value.is_null() {
                        old.remove(key);
                    } else {
                        old.insert(key.clone(), value.clone());
                    }
                }
            }
            (Value::Object(new), _) => {
                let said = new.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), v.clone()));
                whole.insert(name.clone(), Value::Object(said.collect()));
            }
            (new, _) => drop(whole.insert(name.clone(), new.clone())),
        }
    }
    Value::Object(whole)
}

fn asked(desk: &Desk, requirement: &RequirementKey) -> Result<(), Failure> {
    if desk.tailored()?.get(requirement).is_some() {
        return Ok(());
    }
    Err(Failure::new(Kind::NotFound, format!("`{requirement}` is not asked in this assessment"))
        .help("answer what tailoring lists"))
}

/// Whether a side may change this now. Before anything was recorded nothing is held, and whoever owns a file writes it.
///
/// # Errors
///
/// Why it may not, or what keeps the history from being read.
pub fn may(desk: &Desk, what: Subject, side: Side) -> Result<(), Failure> {
    if desk.folder.file(attesta_workspace::LIFECYCLE)?.is_none() {
        return Ok(());
    }
    let course = Course::of(desk)?;
    if course.history.entries().is_empty() {
        return Ok(());
    }
    let phase = course.history.life().state.phase();
    let by_assessor = course.setting(desk, desk.at).answered_by_assessor().map_err(|e| unknown(&[e]))?;
    match may_change(phase, what, side, by_assessor) {
        Allowed::Allowed | Allowed::AllowedByTask => Ok(()),
        Allowed::Refused(why) => {
            Err(Failure::new(Kind::Refused, format!("{what} cannot change in phase `{phase}`: {}", why.as_str()))
                .help("where the assessment stands shows who acts now"))
        }
    }
}

/// The document as people would have written it, so that one reader checks both.
fn document(
    desk: &Desk,
    place: &str,
    schema: &str,
    list: &str,
    requirement: &RequirementKey,
    entry: &Value,
) -> Result<File, Failure> {
    let shown = desk.folder.shown(place);
    let wrong = |message: String, mend: &str| {
        Failure::of(Kind::BadInput, [Fault::new(Place::new(shown.clone(), None), message, mend)])
    };
    let Value::Object(fields) = entry else {
        return Err(wrong("the entry is no map of keys and values".to_owned(), "give an object"));
    };
    let mut fields = fields.clone();
    let named = fields.insert("requirement".to_owned(), requirement.as_str().into());
    if let Some(other) = named.filter(|named| named != requirement.as_str()) {
        return Err(wrong(
            format!("the entry is of {other}, not of `{requirement}`"),
            "send it to its own requirement",
        ));
    }
    let json = serde_json::to_string(&fields).map_err(|e| wrong(e.to_string(), "give plain JSON"))?;
    // JSON allows control characters in texts that YAML does not; outside of texts there are none.
    let plain: String =
        json.chars().map(|c| if c.is_control() { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() }).collect();
    let text = format!("schema: {schema}\n{list}:\n  - {plain}\n");
    Ok(File { path: shown, inside: place.to_owned(), text: text.into() })
}

fn bad(faults: Vec<Fault>) -> Failure {
    // The lines are of a text that nobody wrote.
    let placed = faults.into_iter().map(|fault| Fault { place: Place::new(fault.place.file.clone(), None), ..fault });
    Failure::of(Kind::BadInput, placed)
}

fn no_entry(requirement: &RequirementKey) -> Failure {
    Failure::new(Kind::BadInput, format!("nothing is said about `{requirement}`"))
}

fn only_scored(desk: &Desk, answered: &Answered) -> Result<(), Failure> {
    let scored = desk.rules()?.weights.value.levels();
    match answered.levels.keys().find(|level| !scored.contains(level)) {
        Some(level) => Err(not_scored(desk, level)),
        None => Ok(()),
    }
}

fn not_scored(desk: &Desk, level: &dyn fmt::Display) -> Failure {
    Failure::new(Kind::BadInput, format!("{level} is not scored in this {} assessment", desk.kind.program))
        .help("leave the level out")
}

/// What the new document replaces: its older self, or nothing. One that stands among others in a shared file stays there.
fn over(
    desk: &Desk,
    below: &str,
    requirement: &RequirementKey,
    places: impl Fn(&Folder) -> Result<Vec<(RequirementKey, Place)>, Vec<Fault>>,
) -> Result<Over, Failure> {
    let inside = document_place(below, requirement);
    let shown = desk.folder.shown(&inside);
    let all = places(&desk.folder)?;
    let shared = |file: &str| all.iter().filter(|(_, place)| *place.file == *file).count() > 1;
    if let Some((_, place)) = all.iter().find(|(key, _)| key == requirement)
        && (*place.file != *shown || shared(&shown))
    {
        let message = format!("`{requirement}` stands in a file with others, or under another name");
        return Err(Failure::of(Kind::Refused, [Fault::plain(place.clone(), message)])
            .help("give each requirement its own document first, or edit the file"));
    }
    Ok(Over::Read(desk.folder.file(&inside)?.map(|file| Digest::of(file.text.as_bytes()))))
}

/// Looks at the change on a copy of the files, and writes it once nothing is wrong.
fn record(desk: &Desk, requirement: &RequirementKey, change: Change) -> Result<Recorded, Failure> {
    let copy = desk.folder.copy()?;
    copy.write(std::slice::from_ref(&change)).map_err(conflict)?;
    let bad = |failure: Failure| {
        if failure.kind == Kind::Unknown { Failure { kind: Kind::BadInput, ..failure } } else { failure }
    };
    let next = Desk::open(copy, &desk.library, desk.at).map_err(bad)?;
    let (entity, last) = {
        let inherited = next.inherited()?;
        let brought = inherited.get(requirement).map_or(&[][..], Vec::as_slice);
        let rules = next.rules()?;
        let tailored = next.tailored()?;
        let one = |view| -> Result<Option<Exact>, Failure> {
            let Some(asked) = tailored.get(requirement) else { return Ok(None) };
            let worked = work_out(&next.dossier, &rules, &next.rubric, asked.requirement, brought, view);
            let worked: Worked = worked
                .map_err(|faults| Failure::of(Kind::BadInput, faults.iter().map(|f| Complaint::from(f.to_string()))))?;
            let scored: Vec<_> = worked.answer.map(|answer| asked.scored(answer)).into_iter().collect();
            let card = attesta_scoring::score(&rules, &scored).map_err(|r| unknown(&r))?;
            Ok(card.requirements.first().and_then(|own| own.score))
        };
        (one(View::Entity)?, one(View::Final)?)
    };
    desk.folder.write(std::slice::from_ref(&change)).map_err(conflict)?;
    let folder = desk.folder.clone();
    Ok(Recorded { change, entity, last, desk: Desk { folder, ..next } })
}

/// What was refused as it was written is somebody else's change.
pub(crate) fn conflict(fault: Fault) -> Failure {
    Failure::of(Kind::Conflict, [fault])
}

/// Documents in which every answer and every result has a document of its own, with the same meaning. Where answers or
/// results are held since a hand-off, their files stay as they were handed on; the second value says so.
///
/// # Errors
///
/// Every fault of the answers, the results or the history.
pub fn split(folder: &Folder, library: &Library) -> Result<(Documents, Vec<String>), Failure> {
    let mut documents = folder.documents()?;
    let mut notes = Vec::new();
    let answers: Vec<(Place, Change)> = attesta_workspace::answers(folder)?
        .into_values()
        .map(|placed| (placed.place, attesta_workspace::answer_change(&placed.value, Over::Nothing)))
        .collect();
    let results: Vec<(Place, Change)> = attesta_workspace::results(folder)?
        .into_values()
        .map(|placed| (placed.place, attesta_workspace::result_change(&placed.value, Over::Nothing)))
        .collect();
    let held = held(folder, library)?;
    for (below, what, rows) in [(ANSWERS, Subject::Answers, answers), (VALIDATION, Subject::AssessorResults, results)] {
        if held.contains(&what) {
            if rows.iter().any(|(place, change)| *place.file != *folder.shown(&change.inside)) {
                notes.push(format!("{below}/ stays as it was handed on; {what} cannot change now"));
            }
            continue;
        }
        let alone = |file: &str| rows.iter().filter(|(place, _)| *place.file == *file).count() == 1;
        for name in folder.names(below)?.into_iter().filter(|name| name.ends_with(".yaml")) {
            let inside = format!("{below}/{name}");
            let shown = folder.shown(&inside);
            let own = rows.iter().any(|(place, change)| *place.file == *shown && change.inside == inside);
            if !(own && alone(&shown)) {
                documents.texts.remove(&inside);
            }
        }
        for (_, change) in rows {
            documents.texts.entry(change.inside).or_insert_with(|| change.text.into());
        }
    }
    Ok((documents, notes))
}

/// What nobody may change now.
fn held(folder: &Folder, library: &Library) -> Result<Vec<Subject>, Failure> {
    if folder.file(attesta_workspace::LIFECYCLE)?.is_none() {
        return Ok(Vec::new());
    }
    let header = attesta_workspace::header(folder)?;
    let (purpose, created) = (header.value.purpose, header.value.created);
    let process = library.process()?;
    let Some((track, _)) = process.phases.track(purpose, created) else { return Ok(Vec::new()) };
    let history = attesta_workspace::history(folder, purpose, track);
    let (history, _) = history.map_err(|faults| Failure::of(Kind::Tampered, faults))?;
    if history.entries().is_empty() {
        return Ok(Vec::new());
    }
    let phase = history.life().state.phase();
    let free = |what| {
        [Side::Entity, Side::Assessor].into_iter().any(|side| may_change(phase, what, side, false) == Allowed::Allowed)
    };
    Ok([Subject::Answers, Subject::AssessorResults].into_iter().filter(|what| !free(*what)).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_given_score_takes_the_place_of_elements_and_keeps_what_else_is_said() {
        let stood = json!({ "requirement": "R1", "owner": "mara",
            "policy": { "met": "all", "strength": "documented", "evidence": ["p"], "since": "2026-01-01" } });
        let new = laid_over(Some(&stood), &json!({ "policy": { "score": 75, "because": "seen" } }));
        let policy = json!({ "evidence": ["p"], "since": "2026-01-01", "score": 75, "because": "seen" });
        assert_eq!(new, json!({ "requirement": "R1", "owner": "mara", "policy": policy }));
        let back = laid_over(Some(&new), &json!({ "policy": stood["policy"] }));
        assert_eq!(back, stood);
    }

    #[test]
    fn null_takes_a_level_or_a_key_away_and_nothing_stood_is_no_trouble() {
        let stood = json!({ "policy": { "score": 50, "because": "x" }, "procedure": { "score": 0, "because": "y" } });
        let new = laid_over(Some(&stood), &json!({ "policy": null, "comment": "c" }));
        assert_eq!(new, json!({ "procedure": { "score": 0, "because": "y" }, "comment": "c" }));
        assert_eq!(laid_over(None, &json!({ "policy": 75, "owner": null })), json!({ "policy": 75 }));
    }
}
