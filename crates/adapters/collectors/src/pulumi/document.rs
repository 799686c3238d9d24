//! Finds the resources in a document without parsing their properties.

use std::{borrow::Cow, collections::HashMap};

use attesta_resource::Format;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use crate::tree::DocumentError;

/// What a document holds.
pub(super) struct Document<'a> {
    pub(super) format: Format,
    /// Resources that are, or will be, there.
    pub(super) states: Vec<State<'a>>,
    /// Resources that cannot be read.
    pub(super) unreadable: Vec<DocumentError>,
}

/// One resource.
pub(super) struct State<'a> {
    pub(super) urn: Box<str>,
    pub(super) token: Box<str>,
    /// JSON pointer of its inputs.
    pub(super) pointer: String,
    /// The text of its state.
    pub(super) raw: &'a str,
}

#[derive(Deserialize)]
struct Root<'a> {
    #[serde(borrow, default)]
    steps: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    deployment: Option<Deployment<'a>>,
    #[serde(borrow, default)]
    checkpoint: Option<Checkpoint<'a>>,
}

#[derive(Deserialize)]
struct Deployment<'a> {
    #[serde(borrow, default)]
    resources: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Checkpoint<'a> {
    #[serde(borrow, default)]
    latest: Option<Deployment<'a>>,
}

#[derive(Deserialize)]
struct Step<'a> {
    #[serde(borrow, default)]
    op: Cow<'a, str>,
    #[serde(borrow, default, rename = "newState")]
    new_state: Option<&'a RawValue>,
    #[serde(rename = "oldState", default)]
    old_state: Option<IgnoredAny>,
}

/// What tells whether a state is a resource.
#[derive(Deserialize)]
struct Header<'a> {
    #[serde(borrow)]
    urn: Cow<'a, str>,
    #[serde(borrow, rename = "type", default)]
    token: Option<Cow<'a, str>>,
    custom: Option<bool>,
    delete: Option<bool>,
    external: Option<bool>,
}

/// One engine event; of its many kinds only those that show a resource's state.
#[derive(Deserialize)]
struct EngineEvent<'a> {
    #[serde(borrow, default, rename = "resourcePreEvent")]
    before: Option<StepEvent<'a>>,
    #[serde(borrow, default, rename = "resOutputsEvent")]
    after: Option<StepEvent<'a>>,
}

#[derive(Deserialize)]
struct StepEvent<'a> {
    #[serde(borrow)]
    metadata: StepMetadata<'a>,
}

#[derive(Deserialize)]
struct StepMetadata<'a> {
    #[serde(borrow, default)]
    op: Cow<'a, str>,
    #[serde(borrow, default)]
    new: Option<&'a RawValue>,
}

/// Takes a document apart.
pub(super) fn parse(text: &str) -> Result<Document<'_>, DocumentError> {
    if looks_like_events(text) {
        return events(text);
    }
    let root: Root<'_> = serde_json::from_str(text).map_err(|error| refused(&error, 0))?;
    let (format, below, states) = match root {
        Root { steps: Some(steps), .. } => (Format::PulumiPreview, "/steps", steps),
        Root { deployment: Some(deployment), .. } => {
            (Format::PulumiState, "/deployment/resources", deployment.resources.unwrap_or_default())
        }
        Root { checkpoint: Some(Checkpoint { latest }), .. } => {
            let resources = latest.and_then(|l| l.resources).unwrap_or_default();
            (Format::PulumiState, "/checkpoint/latest/resources", resources)
        }
        _ => return Err(DocumentError::new(1, "neither `steps` nor `deployment`: not Pulumi's preview or state")),
    };
    let mut found = Found::new(format);
    for (index, raw) in states.into_iter().enumerate() {
        let pointer = format!("{below}/{index}");
        if format == Format::PulumiPreview { found.step(raw, pointer) } else { found.state(raw, pointer) }
    }
    Ok(found.document)
}

/// Engine events: one object a line, each with a sequence number and a time.
pub(super) fn looks_like_events(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Start {
        #[serde(rename = "sequence")]
        _sequence: IgnoredAny,
        #[serde(rename = "timestamp")]
        _timestamp: IgnoredAny,
    }
    let first = text.trim_start().lines().next().unwrap_or_default();
    first.starts_with('{') && first.contains("\"sequence\"") && serde_json::from_str::<Start>(first).is_ok()
}

fn events(text: &str) -> Result<Document<'_>, DocumentError> {
    let mut found = Found::new(Format::PulumiPreview);
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let event: EngineEvent<'_> = serde_json::from_str(line).map_err(|error| refused(&error, index))?;
        for (key, event) in [("resourcePreEvent", event.before), ("resOutputsEvent", event.after)] {
            if let Some(StepEvent { metadata: StepMetadata { op, new: Some(raw) } }) = event
                && !removes(&op)
            {
                found.state(raw, format!("/{index}/{key}/metadata/new"));
            }
        }
    }
    Ok(found.document)
}

fn refused(error: &serde_json::Error, lines_before: usize) -> DocumentError {
    let words = error.to_string();
    let what = words.rsplit_once(" at line ").map_or(&*words, |(what, _)| what);
    let line = error.line().saturating_add(lines_before);
    DocumentError::new(u32::try_from(line).unwrap_or(u32::MAX), format!("not Pulumi's JSON: {what}"))
}

/// Whether a step takes a resource away.
fn removes(op: &str) -> bool {
    op.starts_with("delete") || op.starts_with("discard") || op.starts_with("remove")
}

struct Found<'a> {
    document: Document<'a>,
    by_urn: HashMap<Box<str>, usize>,
}

impl<'a> Found<'a> {
    fn new(format: Format) -> Self {
        Self { document: Document { format, states: Vec::new(), unreadable: Vec::new() }, by_urn: HashMap::new() }
    }

    fn step(&mut self, raw: &'a RawValue, pointer: String) {
        match serde_json::from_str::<Step<'a>>(raw.get()) {
            Ok(step) if removes(&step.op) => {}
            Ok(Step { new_state: Some(state), .. }) => self.state(state, format!("{pointer}/newState")),
            Ok(Step { old_state: Some(_), .. }) => {}
            // Some tools write the state's fields into the step itself.
            Ok(_) => self.state(raw, pointer),
            Err(error) => self.unreadable(&pointer, &error),
        }
    }

    fn state(&mut self, raw: &'a RawValue, pointer: String) {
        let header: Header<'a> = match serde_json::from_str(raw.get()) {
            Ok(header) => header,
            Err(error) => return self.unreadable(&pointer, &error),
        };
        let token = header.token.as_deref().unwrap_or_else(|| own_type(&header.urn));
        let no_resource = header.custom == Some(false)
            || header.delete == Some(true)
            || header.external == Some(true)
            || token.starts_with("pulumi:");
        if no_resource {
            return;
        }
        let state = State {
            urn: (&*header.urn).into(),
            token: token.into(),
            pointer: format!("{pointer}/inputs"),
            raw: raw.get(),
        };
        // A replacement has several steps, and events tell of a resource twice: what is told last is what will be.
        match self.by_urn.get(&*header.urn).and_then(|at| self.document.states.get_mut(*at)) {
            Some(known) => *known = state,
            None => {
                self.by_urn.insert(state.urn.clone(), self.document.states.len());
                self.document.states.push(state);
            }
        }
    }

    fn unreadable(&mut self, pointer: &str, error: &serde_json::Error) {
        let words = error.to_string();
        let what = words.rsplit_once(" at line ").map_or(&*words, |(what, _)| what);
        self.document.unreadable.push(DocumentError::new(0, format!("{pointer}: {what}")));
    }
}

/// The type inside a URN: `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`.
fn own_type(urn: &str) -> &str {
    let qualified = urn.split("::").nth(2).unwrap_or_default();
    qualified.rsplit('$').next().unwrap_or(qualified)
}
