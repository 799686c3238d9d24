//! Assessments and their documents, as they are and as they were: what the log tells of each.

use std::collections::{BTreeMap, BTreeSet};

use attesta_kernel::Digest;
use attesta_store::{Page, Room};
use attesta_vault::Entry;
use serde_json::Value;

use super::{Audit, LOOK};
use crate::UpkeepError;

/// One form of a document. Leaves of before 27 November 2026 name no editor.
struct Form {
    digest: String,
    editor: Option<String>,
}

/// Every form that a document had, oldest first: the first is revision 1.
#[derive(Default)]
struct Forms {
    all: Vec<Form>,
    removed: bool,
}

/// An assessment's name and state.
struct Named {
    name: String,
    state: String,
}

/// What the leaves of a log say of assessments.
#[derive(Default)]
pub(super) struct Documents {
    assessments: BTreeMap<String, Named>,
    documents: BTreeMap<(String, String), Forms>,
}

impl Forms {
    /// What is wrong with a form that is stored, if anything.
    fn wrong(&self, rev: u64, body: &str, editor: &str) -> Option<&'static str> {
        let at = rev.checked_sub(1).and_then(|before| usize::try_from(before).ok());
        let Some(told) = at.and_then(|at| self.all.get(at)) else { return Some("the log does not tell of it") };
        if told.digest != Digest::of(body.as_bytes()).to_string() {
            return Some("it is not what the log tells of it");
        }
        let other = told.editor.as_ref().is_some_and(|said| said != editor);
        other.then_some("the log tells that somebody else wrote it")
    }

    fn newest(&self) -> u64 {
        u64::try_from(self.all.len()).unwrap_or(u64::MAX)
    }
}

impl Documents {
    pub(super) fn hear(&mut self, entry: &Entry) {
        let kind = entry.leaf.kind.as_str();
        if !kind.starts_with("document.") && !kind.starts_with("assessment.") {
            return;
        }
        let Ok(record) = serde_json::from_str::<Value>(&entry.record) else { return };
        let word = |name: &str| record.get(name).and_then(Value::as_str).map(str::to_owned);
        let said = |name: &str| word(name).unwrap_or_default();
        match kind {
            "assessment.added" => {
                let named = Named { name: said("name"), state: "open".to_owned() };
                self.assessments.insert(entry.leaf.subject.as_str().to_owned(), named);
            }
            "assessment.changed" => {
                let named = Named { name: said("name"), state: said("state") };
                self.assessments.insert(entry.leaf.subject.as_str().to_owned(), named);
            }
            "document.written" | "document.removed" => {
                let forms = self.documents.entry((said("assessment"), said("path"))).or_default();
                forms.removed = kind == "document.removed";
                if !forms.removed {
                    forms.all.push(Form { digest: said("sha256"), editor: word("editor") });
                }
            }
            _ => {}
        }
    }

    pub(super) async fn compare(&self, tenant: &str, audit: &mut Audit, room: &mut Room) -> Result<(), UpkeepError> {
        let mut page = Page::first(LOOK);
        let (mut here, mut assessments) = (BTreeSet::new(), BTreeSet::new());
        loop {
            let some = room.assessments(&page).await?;
            for assessment in &some {
                let place = format!("assessment {}", assessment.id);
                match self.assessments.get(&assessment.id) {
                    None => audit.find(tenant, place, "the log does not tell of it"),
                    Some(told) if told.name != assessment.name || told.state != assessment.state => {
                        audit.find(tenant, place, "its name or state is not what the log tells of it");
                    }
                    Some(_) => {}
                }
                assessments.insert(assessment.id.clone());
                for document in room.documents(&assessment.id).await? {
                    audit.documents += 1;
                    let place = format!("document {}/{}", assessment.id, document.path);
                    let key = (assessment.id.clone(), document.path);
                    match self.documents.get(&key).filter(|forms| !forms.removed) {
                        None => audit.find(tenant, place, "the log does not tell of it"),
                        Some(forms) => {
                            if let Some(wrong) = forms.wrong(document.rev, &document.body, &document.editor) {
                                audit.find(tenant, place, wrong);
                            } else if document.rev != forms.newest() {
                                audit.find(tenant, place, "the log tells of a newer form");
                            }
                        }
                    }
                    here.insert(key);
                }
            }
            match some.into_iter().next_back() {
                Some(last) => page.after = last.id,
                None => break,
            }
        }
        for id in self.assessments.keys().filter(|id| !assessments.contains(*id)) {
            audit.find(tenant, format!("assessment {id}"), "the log tells of it, and it is missing");
        }
        for (key, _) in self.documents.iter().filter(|(key, forms)| !forms.removed && !here.contains(*key)) {
            audit.find(tenant, format!("document {}/{}", key.0, key.1), "the log tells of it, and it is missing");
        }
        self.past(tenant, audit, room).await
    }

    /// Earlier forms: each that the log tells of is there, as it tells, and no other.
    async fn past(&self, tenant: &str, audit: &mut Audit, room: &mut Room) -> Result<(), UpkeepError> {
        let mut after = (String::new(), String::new(), 0);
        let mut here: BTreeMap<(String, String), u64> = BTreeMap::new();
        loop {
            let some = room.every_past((&after.0, &after.1, after.2), LOOK).await?;
            for (assessment, form) in &some {
                audit.past += 1;
                let key = (assessment.clone(), form.path.clone());
                let wrong = match self.documents.get(&key) {
                    None => Some("the log does not tell of it"),
                    Some(forms) => forms.wrong(form.rev, &form.body, &form.editor),
                };
                if let Some(wrong) = wrong {
                    audit.find(tenant, format!("document {assessment}/{} at revision {}", form.path, form.rev), wrong);
                }
                *here.entry(key).or_default() += 1;
            }
            match some.into_iter().next_back() {
                Some((assessment, form)) => after = (assessment, form.path, form.rev),
                None => break,
            }
        }
        for (key, forms) in &self.documents {
            let wanted = forms.newest().saturating_sub(u64::from(!forms.removed));
            let found = here.get(key).copied().unwrap_or(0);
            if found != wanted {
                let what = format!("the log tells of {wanted} earlier forms, and there are {found}");
                audit.find(tenant, format!("document {}/{}", key.0, key.1), what);
            }
        }
        Ok(())
    }
}
