//! Factors, additions and scope as questions: what is asked and how it is answered, what other answers would change, and the
//! documents that say so. Whatever is only tried is opened as a desk of its own; nothing is written here.

use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{
    Addition, AdditionId, Adviser, ChoiceId, Component, ComponentId, Facility, FacilityId, Factor, FactorAnswer,
    FactorAnswers, FactorId, Facts, Flow, Ground, Provider, ProviderId, Scope, Side, System, SystemId,
};
use attesta_catalog::Placed;
use attesta_kernel::{Digest, Place};
use attesta_lifecycle::Subject;
use attesta_workspace::{ASSESSMENT, Change, FACTORS, Folder, SCOPE};

use crate::{
    answer,
    deed::Deed,
    desk::Desk,
    failure::{Failure, Kind},
};

/// No more answers are given at once.
const MOST: usize = 500;
/// No text is longer.
const LONGEST: usize = 4_000;

/// A factor as a question.
#[derive(Debug, Clone)]
pub struct Question<'d> {
    /// The factor.
    pub factor: &'d Factor,
    /// Its answer.
    pub answer: Option<&'d FactorAnswer>,
    /// Whether it is asked with the answers as they are.
    pub applies: bool,
}

/// Every factor of the assessment's type and additions, in order, with its answer.
pub fn questions(desk: &Desk) -> Vec<Question<'_>> {
    let header = &desk.dossier.assessment.value;
    let answers: BTreeMap<FactorId, BTreeSet<ChoiceId>> =
        desk.dossier.factors.0.iter().map(|(id, a)| (id.clone(), a.value.choices.clone())).collect();
    let facts = Facts::new(&desk.factors, &header.program, &header.additions, header.created, &answers);
    let asked = desk.factors.iter().filter(|f| f.is_asked(&header.program, &header.additions, header.created));
    asked
        .map(|factor| Question {
            factor,
            answer: desk.dossier.factors.0.get(&factor.id).map(|a| &a.value),
            applies: !matches!(facts.of(&factor.id), Some(Ground::NotAsked(_))),
        })
        .collect()
}

/// Additions that the assessment's type takes, with whether they are chosen.
pub fn additions(desk: &Desk) -> Vec<(&Addition, bool)> {
    let header = &desk.dossier.assessment.value;
    let fitting = desk.additions.0.values().filter(|a| a.programs.contains(header.program.as_str()));
    fitting.map(|a| (a, header.additions.contains(&a.id))).collect()
}

/// A profile for the adviser, of answers by question. What is no answer is as good as none: it may come from an older page.
pub fn profile(adviser: &Adviser, given: &BTreeMap<String, String>) -> FactorAnswers {
    let mut profile = FactorAnswers::default();
    for question in adviser.questions.iter() {
        let choice = given.get(question.id.as_str()).and_then(|text| text.parse::<ChoiceId>().ok());
        if let Some(choice) = choice.filter(|choice| question.choice(choice).is_some()) {
            let answer = FactorAnswer { choices: [choice].into(), because: String::new() };
            profile.0.insert(question.id.clone(), Placed::new(Place::new("the page", None), answer));
        }
    }
    profile
}

/// Other answers: factors that are named, the rest stays; all additions, where they are named at all.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// By factor; none takes an answer back.
    pub factors: BTreeMap<FactorId, Option<FactorAnswer>>,
    /// Every addition that is chosen.
    pub additions: Option<BTreeSet<AdditionId>>,
}

/// Whether factors and scope may be changed by the entity now.
///
/// # Errors
///
/// Why they may not.
pub fn open(desk: &Desk, what: Subject) -> Result<(), Failure> {
    answer::may(desk, what, Side::Entity)
}

fn text_of(desk: &Desk, inside: &str) -> Result<Option<String>, Failure> {
    Ok(desk.folder.file(inside)?.map(|file| file.text.to_string()))
}

/// Documents that say other answers; those that would say the same are not among them.
fn documents(desk: &Desk, answers: &Answers) -> Result<Vec<Change>, Failure> {
    let mut header = desk.dossier.assessment.value.clone();
    let mut changes = Vec::new();
    if answers.factors.len() > MOST {
        return Err(Failure::new(Kind::BadInput, format!("at most {MOST} factors are answered at once")));
    }
    if let Some(additions) = answers.additions.as_ref().filter(|chosen| **chosen != header.additions) {
        header.additions.clone_from(additions);
        let was = text_of(desk, ASSESSMENT)?.unwrap_or_default();
        changes.push(attesta_workspace::additions_change(&was, additions));
    }
    let mut after = FactorAnswers(desk.dossier.factors.0.clone());
    for (id, answer) in &answers.factors {
        match answer {
            Some(answer) if answer.because.len() > LONGEST => {
                let message = format!("the reason of `{id}` is longer than {LONGEST} bytes");
                return Err(Failure::new(Kind::BadInput, message).help("say it shorter"));
            }
            Some(answer) => {
                let place = Place::new(desk.folder.shown(FACTORS), None);
                after.0.insert(id.clone(), Placed::new(place, answer.clone()));
            }
            None => drop(after.0.remove(id)),
        }
    }
    let plain = |answers: &FactorAnswers| -> BTreeMap<FactorId, FactorAnswer> {
        answers.0.iter().map(|(id, a)| (id.clone(), a.value.clone())).collect()
    };
    if plain(&after) != plain(&desk.dossier.factors) {
        let read = text_of(desk, FACTORS)?.map(|text| Digest::of(text.as_bytes()));
        changes.push(attesta_workspace::factors_change(&header, &desk.factors, &after, read));
    }
    Ok(changes)
}

/// The desk as it would be after changes of documents; what is at fault in them is the sender's.
///
/// # Errors
///
/// Every fault of the changed documents.
pub fn after(desk: &Desk, changes: &[Change]) -> Result<Desk, Failure> {
    let mut documents = desk.folder.documents()?;
    for change in changes {
        documents.texts.insert(change.inside.clone(), change.text.as_str().into());
    }
    let label = desk.folder.shown("");
    let folder = Folder::of_documents(label.trim_end_matches('/'), documents).remembering(&desk.folder);
    let theirs = |failure: Failure| match failure.kind {
        Kind::Unknown => Failure { kind: Kind::BadInput, ..failure },
        _ => failure,
    };
    let after = Desk::open(folder, &desk.library, desk.at).map_err(theirs)?;
    after.tailored().map_err(theirs)?;
    Ok(after)
}

/// The desk with other answers; none where nothing would change.
///
/// # Errors
///
/// Every fault of the answers.
pub fn tried(desk: &Desk, answers: &Answers) -> Result<Option<Desk>, Failure> {
    let changes = documents(desk, answers)?;
    if changes.is_empty() { Ok(None) } else { after(desk, &changes).map(Some) }
}

/// Answers factors and chooses additions.
///
/// # Errors
///
/// When they may not be changed now, or every fault of the answers.
pub fn answered(desk: &Desk, answers: &Answers) -> Result<Deed<serde_json::Value>, Failure> {
    open(desk, Subject::Factors)?;
    let changes = documents(desk, answers)?;
    if changes.is_empty() {
        return Err(Failure::new(Kind::BadInput, "nothing would change").help("answer something otherwise"));
    }
    let other = after(desk, &changes)?;
    let (was, is) = (desk.tailored()?, other.tailored()?);
    let delta = attesta_assessment::delta(&was, &is);
    let comes: Vec<&str> = delta.comes.iter().map(|a| a.requirement.id.as_str()).collect();
    let goes: Vec<&str> = delta.goes.iter().map(|l| l.requirement.id.as_str()).collect();
    let told = serde_json::json!({
        "factors": answers.factors.keys().map(FactorId::as_str).collect::<Vec<_>>(),
        "additions": answers.additions.as_ref().map(|a| a.iter().map(AdditionId::as_str).collect::<Vec<_>>()),
        "asked": is.requirements.len(), "comes": comes.len(), "goes": goes.len(),
    });
    let answer = serde_json::json!({
        "asked": is.requirements.len(), "comes": comes, "goes": goes, "stays": delta.stays,
        "unanswered_factors": is.unanswered.iter().map(|f| f.id.as_str()).collect::<Vec<_>>(),
    });
    Ok(Deed { answer, changes, told })
}

/// What other answers would change: requirements that come and go, how scores move, and what is still not answered. Nothing is
/// written.
///
/// # Errors
///
/// Every fault of the answers, or that nothing would change.
pub fn preview(desk: &Desk, answers: &Answers) -> Result<serde_json::Value, Failure> {
    let Some(other) = tried(desk, answers)? else {
        return Err(Failure::new(Kind::BadInput, "nothing would change").help("answer something otherwise"));
    };
    let changed: Vec<String> = answers.factors.keys().map(ToString::to_string).collect();
    crate::tailor::compared(desk, &other, &changed)
}

/// One thing of a scope that is written anew, or for the first time.
#[derive(Debug, Clone)]
pub enum Row {
    /// A system.
    System(SystemId, System),
    /// A facility.
    Facility(FacilityId, Facility),
    /// A part that is scored by itself.
    Component(ComponentId, Component),
    /// A provider.
    Provider(ProviderId, Provider),
    /// A flow between two; kinds of data join those that flow already.
    Flow(Flow),
}

/// What changes in a scope.
#[derive(Debug, Clone)]
pub enum ScopeChange {
    /// What the organisation does, and the kinds of data that it handles.
    Describe(String, BTreeSet<Box<str>>),
    /// A row.
    Put(Row),
    /// A row is taken out: its kind and id; a flow's is `from to`.
    Remove(String, String),
}

/// An id made of a title.
pub fn slug(title: &str) -> String {
    let mut out = String::new();
    for c in title.to_lowercase().chars() {
        match c {
            c if c.is_ascii_alphanumeric() => out.push(c),
            _ if !out.is_empty() && !out.ends_with('-') => out.push('-'),
            _ => {}
        }
    }
    let short: String = out.chars().take(60).collect();
    short.trim_end_matches('-').to_owned()
}

fn put<K: Ord + Clone, V>(rows: &mut BTreeMap<K, Placed<V>>, id: K, row: V) {
    let place = rows.get(&id).map_or_else(|| Place::new(SCOPE, None), |was| was.place.clone());
    rows.insert(id, Placed::new(place, row));
}

fn placed(scope: &mut Scope, row: Row) {
    // A kind of data that something touches is handled by the organisation: saying it once is enough.
    match &row {
        Row::System(_, system) => scope.data_types.extend(system.touches.iter().cloned()),
        Row::Flow(flow) => scope.data_types.extend(flow.data.iter().cloned()),
        _ => {}
    }
    match row {
        Row::System(id, system) => put(&mut scope.systems, id, system),
        Row::Facility(id, facility) => put(&mut scope.facilities, id, facility),
        Row::Component(id, component) => put(&mut scope.components, id, component),
        Row::Provider(id, provider) => put(&mut scope.providers, id, provider),
        Row::Flow(flow) => {
            let same = scope.flows.iter_mut().find(|f| f.value.from == flow.from && f.value.to == flow.to);
            match same {
                Some(known) => known.value.data = flow.data,
                None => scope.flows.push(Placed::new(Place::new(SCOPE, None), flow)),
            }
        }
    }
}

fn removed(scope: &mut Scope, kind: &str, id: &str) -> Result<bool, Failure> {
    fn by<K: Ord + std::fmt::Display, V>(rows: &mut BTreeMap<K, V>, id: &str) -> bool {
        let before = rows.len();
        rows.retain(|key, _| key.to_string() != id);
        rows.len() < before
    }
    Ok(match kind {
        "system" => by(&mut scope.systems, id),
        "facility" => by(&mut scope.facilities, id),
        "component" => by(&mut scope.components, id),
        "provider" => by(&mut scope.providers, id),
        "flow" => {
            let before = scope.flows.len();
            scope.flows.retain(|f| format!("{} {}", f.value.from, f.value.to) != id);
            scope.flows.len() < before
        }
        _ => {
            return Err(Failure::new(Kind::BadInput, format!("a scope holds no `{kind}`"))
                .help("say system, facility, component, provider or flow"));
        }
    })
}

/// Refuses to take a system out that a part or a flow names.
fn unnamed(scope: &Scope, id: &str) -> Result<(), Failure> {
    let parts = scope.components.iter().filter(|(_, c)| c.value.systems.iter().any(|s| s.as_str() == id));
    let mut by: Vec<String> = parts.map(|(part, _)| format!("part `{part}`")).collect();
    let flows = scope.flows.iter().map(|f| &f.value).filter(|f| &*f.from == id || &*f.to == id);
    by.extend(flows.map(|f| format!("the flow from `{}` to `{}`", f.from, f.to)));
    if by.is_empty() {
        return Ok(());
    }
    Err(Failure::new(Kind::Refused, format!("system `{id}` is named by {}", by.join(", ")))
        .help("take those out first, or mend them"))
}

/// Changes one thing of the scope. What would contradict itself afterwards is refused.
///
/// # Errors
///
/// When the scope may not be changed now, what is named is not there, or every contradiction.
pub fn scoped(desk: &Desk, change: ScopeChange) -> Result<Deed<serde_json::Value>, Failure> {
    open(desk, Subject::Scope)?;
    let mut scope = desk.dossier.scope.clone();
    let told = match change {
        ScopeChange::Describe(description, data_types) => {
            if description.len() > LONGEST {
                let message = format!("the description is longer than {LONGEST} bytes");
                return Err(Failure::new(Kind::BadInput, message).help("say it shorter"));
            }
            scope.description = description;
            scope.data_types = data_types;
            serde_json::json!({ "changed": "description" })
        }
        ScopeChange::Put(row) => {
            let told = match &row {
                Row::System(id, _) => serde_json::json!({ "changed": "system", "id": id.as_str() }),
                Row::Facility(id, _) => serde_json::json!({ "changed": "facility", "id": id.as_str() }),
                Row::Component(id, _) => serde_json::json!({ "changed": "component", "id": id.as_str() }),
                Row::Provider(id, _) => serde_json::json!({ "changed": "provider", "id": id.as_str() }),
                Row::Flow(flow) => serde_json::json!({ "changed": "flow", "id": format!("{} {}", flow.from, flow.to) }),
            };
            placed(&mut scope, row);
            told
        }
        ScopeChange::Remove(kind, id) => {
            // The check of the whole passes over a scope without systems, so that one can begin anywhere.
            if kind == "system" {
                unnamed(&scope, &id)?;
            }
            if !removed(&mut scope, &kind, &id)? {
                return Err(Failure::new(Kind::NotFound, format!("there is no {kind} `{id}` in the scope")));
            }
            serde_json::json!({ "removed": kind, "id": id })
        }
    };
    let read = text_of(desk, SCOPE)?.map(|text| Digest::of(text.as_bytes()));
    let changes = vec![attesta_workspace::scope_change(&scope, read)];
    let other = after(desk, &changes)?;
    let report = crate::scope::Report::of(&other.folder, &desk.library)?;
    let answer = serde_json::to_value(&report).map_err(|e| Failure::new(Kind::Unknown, e.to_string()))?;
    Ok(Deed { answer, changes, told })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use attesta_content::ContentSource;

    use super::*;
    use crate::Library;

    fn story() -> Desk {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures/telehealth-r2");
        let folder = Folder::open(&root).unwrap();
        let mut documents = folder.documents().unwrap();
        documents.texts.remove("lifecycle.yaml");
        let folder = Folder::of_documents("story", documents);
        Desk::open(folder, &Library::new(ContentSource::Embedded), "2026-06-10".parse().unwrap()).unwrap()
    }

    fn factor(id: &str, choices: &[&str]) -> Answers {
        let choices = choices.iter().map(|c| c.parse().unwrap()).collect::<BTreeSet<_>>();
        let answer = (!choices.is_empty()).then(|| FactorAnswer { choices, because: String::new() });
        Answers { factors: BTreeMap::from([(id.parse().unwrap(), answer)]), additions: None }
    }

    #[test]
    fn the_same_answers_change_nothing_and_others_say_what_comes_and_goes() {
        let desk = story();
        let given = desk.dossier.factors.0.iter().map(|(id, a)| (id.clone(), Some(a.value.clone()))).collect();
        let same = Answers { factors: given, additions: Some(desk.dossier.assessment.value.additions.clone()) };
        assert!(tried(&desk, &same).unwrap().is_none());
    }

    #[test]
    fn what_is_tried_asks_what_the_same_answers_ask_without_a_file() {
        let desk = story();
        let mut moved = 0;
        for question in questions(&desk) {
            for choice in &question.factor.choices {
                let choices = BTreeSet::from([choice.id.clone()]);
                let answer = FactorAnswer { choices, because: "a \"reason\": one # two".into() };
                let id = question.factor.id.clone();
                let sent = Answers { factors: BTreeMap::from([(id.clone(), Some(answer.clone()))]), additions: None };
                let other = tried(&desk, &sent).unwrap().unwrap();
                assert_eq!(other.dossier.factors.0[&id].value, answer, "what is written is read again");
                let mut answers = desk.dossier.factors.clone();
                answers.0.insert(id, Placed::new(Place::new("here", None), answer));
                let (by_file, by_value) = (other.tailored().unwrap(), desk.tailored_with(&answers).unwrap());
                assert_eq!(by_file.requirements, by_value.requirements);
                moved += usize::from(by_file.requirements.len() != desk.tailored().unwrap().requirements.len());
            }
        }
        assert!(moved > 10, "{moved}");
    }

    #[test]
    fn an_answer_that_is_taken_back_never_takes_a_requirement_away() {
        let desk = story();
        for id in desk.dossier.factors.0.keys() {
            let other = tried(&desk, &factor(id.as_str(), &[])).unwrap().unwrap();
            let (was, is) = (desk.tailored().unwrap(), other.tailored().unwrap());
            let delta = attesta_assessment::delta(&was, &is);
            let default = desk.factors.get(id).unwrap().counts_as.is_some();
            assert!(delta.goes.is_empty() || default, "{id}: {} go", delta.goes.len());
        }
    }

    #[test]
    fn what_is_refused_names_the_factor() {
        let desk = story();
        let refused = tried(&desk, &factor("users", &["very-many"])).unwrap_err();
        assert!(refused.to_string().contains("users"), "{refused}");
        assert!(tried(&desk, &factor("dial-up", &["no"])).unwrap_err().to_string().contains("reason"));
    }

    #[test]
    fn an_addition_brings_its_requirements_and_the_header_stays_as_it_was() {
        let desk = story();
        let mut chosen = desk.dossier.assessment.value.additions.clone();
        chosen.remove(&"hipaa-privacy".parse().unwrap());
        let deed = answered(&desk, &Answers { additions: Some(chosen), ..Answers::default() }).unwrap();
        assert!(deed.answer["goes"].as_array().is_some_and(|goes| !goes.is_empty()), "{}", deed.answer);
        assert_eq!(deed.changes.len(), 1);
        assert!(deed.changes[0].text.contains("# Riverbend Telehealth is fictional"), "comments stay");
    }

    #[test]
    fn a_scope_grows_row_by_row_and_never_contradicts_itself() {
        let desk = story();
        let system = System {
            title: "Triage bot".into(),
            environment: attesta_assessment::Environment::Production,
            touches: BTreeSet::from(["ephi".into(), "research".into()]),
            inclusion: attesta_assessment::Inclusion::In,
            providers: BTreeSet::new(),
            dedicated: Some(true),
        };
        let id: SystemId = slug(" Triage  bot!").parse().unwrap();
        assert_eq!(id.as_str(), "triage-bot");
        let deed = scoped(&desk, ScopeChange::Put(Row::System(id, system))).unwrap();
        let grown = after(&desk, &deed.changes).unwrap();
        assert!(grown.dossier.scope.data_types.contains("research"), "what is touched is handled");
        assert_eq!(grown.dossier.scope.systems.len(), desk.dossier.scope.systems.len() + 1);
        let gone = ScopeChange::Remove("provider".into(), "northgate".into());
        let refused = scoped(&desk, gone).unwrap_err();
        assert!(refused.to_string().contains("northgate"), "{refused}");
        let drawn = ScopeChange::Remove("system".into(), "platform".into());
        let refused = scoped(&desk, drawn).unwrap_err();
        assert!(refused.to_string().contains("part `visits`"), "{refused}");
        let nowhere = ScopeChange::Remove("system".into(), "nobodys".into());
        assert_eq!(scoped(&desk, nowhere).unwrap_err().kind, Kind::NotFound);
    }

    #[test]
    fn nothing_changes_once_it_was_handed_on() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures/telehealth-r2");
        let library: Arc<Library> = Library::new(ContentSource::Embedded);
        let desk = Desk::open(Folder::open(&root).unwrap(), &library, "2026-12-01".parse().unwrap()).unwrap();
        let refused = answered(&desk, &factor("users", &["below-500"])).unwrap_err();
        assert_eq!(refused.kind, Kind::Refused);
        // It can be tried all the same.
        assert!(tried(&desk, &factor("users", &["below-500"])).unwrap().is_some());
    }
}
