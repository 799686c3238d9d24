//! `inheritance/sources/*.yaml` (people), `inheritance/requests.yaml` (commands alone), `matrices/*.yaml` (people).

use std::{collections::BTreeMap, fmt::Write as _};

use attesta_assessment::{Matrix, MatrixId, PersonId, Register, Request, RequestState, Source, SourceId};
use attesta_catalog::{Fault, Placed};
use attesta_content::{
    File,
    yaml::{self, Reading},
};
use attesta_kernel::{Date, Place};
use attesta_scoring::{Levels, MaturityLevel, Score};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    folder::{Change, Folder, Over},
    index,
    matrices::MATRICES,
    text,
};

/// Where requests stand.
/// What `assess inherit` and the server write.
pub const REQUESTS: &str = "inheritance/requests.yaml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSource {
    #[serde(rename = "schema")]
    _schema: String,
    id: Spanned<String>,
    assessment: Spanned<String>,
    title: Spanned<String>,
    provider: Option<Spanned<String>>,
    relation: Spanned<String>,
    #[serde(rename = "type")]
    program: Spanned<String>,
    state: Spanned<String>,
    report: Option<Spanned<String>>,
    expires: Option<Spanned<String>>,
    #[serde(default)]
    inherits_from: Vec<Spanned<String>>,
    results: Vec<RawResult>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawResult {
    requirement: Spanned<String>,
    policy: Option<Spanned<String>>,
    procedure: Option<Spanned<String>>,
    implemented: Option<Spanned<String>>,
    measured: Option<Spanned<String>>,
    managed: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRequests {
    #[serde(rename = "schema")]
    _schema: String,
    requests: Vec<RawRequest>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRequest {
    requirement: Spanned<String>,
    source: Spanned<String>,
    stands_for: Option<Spanned<String>>,
    weight: Spanned<String>,
    state: Spanned<String>,
    by: Option<Spanned<String>>,
    on: Option<Spanned<String>>,
    because: Option<String>,
}

pub(crate) fn read(folder: &Folder, faults: &mut Vec<Fault>) -> Register {
    let mut sources = Vec::new();
    for file in files(folder, "inheritance/sources", faults) {
        sources.extend(source(&file, faults));
    }
    let sources: BTreeMap<SourceId, Placed<Source>> = index("source", sources, |s| s.id.clone(), faults);
    let mut matrices = Vec::new();
    for file in files(folder, MATRICES, faults) {
        matrices.extend(attesta_content::matrix(&file, faults));
    }
    let matrices: BTreeMap<MatrixId, Placed<Matrix>> = index("matrix", matrices, |m| m.id.clone(), faults);
    let requests = match folder.file(REQUESTS) {
        Ok(Some(file)) => requests(&file, faults),
        Ok(None) => Vec::new(),
        Err(fault) => {
            faults.push(fault);
            Vec::new()
        }
    };
    Register { sources, requests, matrices }
}

fn files(folder: &Folder, inside: &str, faults: &mut Vec<Fault>) -> Vec<File> {
    folder.files(inside).unwrap_or_else(|more| {
        faults.extend(more);
        Vec::new()
    })
}

fn source(file: &File, faults: &mut Vec<Fault>) -> Option<Placed<Source>> {
    let raw: RawSource = yaml::parse(file, "attesta.inheritance-source/1").map_err(|fault| faults.push(fault)).ok()?;
    let reading = &mut Reading { file, faults };
    let place = reading.place(&raw.id);
    let id = reading.value(&raw.id);
    let assessment = reading.value(&raw.assessment);
    let title = reading.says("title", &raw.title);
    let provider = reading.optional(raw.provider.as_ref());
    let relation = reading.value(&raw.relation);
    let program = reading.says("type", &raw.program);
    let state = reading.value(&raw.state);
    let report = reading.day(raw.report.as_ref());
    let expires = reading.day(raw.expires.as_ref());
    if let (Some(Some(report)), Some(Some(expires)), Some(at)) = (report, expires, &raw.expires)
        && expires < report
    {
        reading.complain(at, format!("it expires on {expires}, before its report of {report}"), "mend the days");
    }
    let inherits_from = reading.list(&raw.inherits_from).into_iter().map(|a| a.value).collect();
    let mut results = BTreeMap::new();
    for raw in raw.results {
        let Some(key) = reading.value(&raw.requirement) else { continue };
        let given = [raw.policy, raw.procedure, raw.implemented, raw.measured, raw.managed];
        let mut levels = Levels::default();
        for (level, score) in MaturityLevel::ALL.into_iter().zip(given) {
            levels.set(level, score.and_then(|s| reading.value::<Score>(&s)).map(|s| s.value));
        }
        if results.insert(key.value, levels).is_some() {
            let message = format!("`{}` has two results", raw.requirement.value);
            reading.complain(&raw.requirement, message, "remove one");
        }
    }
    Some(Placed::new(
        place,
        Source {
            id: id?.value,
            assessment: assessment?.value,
            title: title?,
            provider: provider?,
            relation: relation?.value,
            program: program?,
            state: state?.value,
            report: report?,
            expires: expires?,
            inherits_from,
            results,
        },
    ))
}

fn requests(file: &File, faults: &mut Vec<Fault>) -> Vec<Placed<Request>> {
    let raw: RawRequests = match yaml::parse(file, "attesta.inheritance-requests/1") {
        Ok(raw) => raw,
        Err(fault) => {
            faults.push(fault);
            return Vec::new();
        }
    };
    let reading = &mut Reading { file, faults };
    let requests: Vec<Placed<Request>> = raw.requests.iter().filter_map(|raw| request(reading, raw)).collect();
    // Two that count would count twice.
    let mut open = BTreeMap::new();
    for request in &requests {
        let value = &request.value;
        if matches!(value.state, RequestState::Rejected { .. } | RequestState::Withdrawn { .. }) {
            continue;
        }
        if let Some(first) = open.insert((&value.requirement, &value.source), &request.place) {
            let message = format!("the request for `{}` from `{}` stands twice", value.requirement, value.source);
            reading.faults.push(Fault::new(
                request.place.clone(),
                message,
                format!("it stands first in {first}; remove one"),
            ));
        }
    }
    requests
}

fn request(reading: &mut Reading<'_>, raw: &RawRequest) -> Option<Placed<Request>> {
    let place = reading.place(&raw.requirement);
    let requirement = reading.value(&raw.requirement);
    let source = reading.value(&raw.source);
    let stands_for = reading.optional(raw.stands_for.as_ref());
    let weight = reading.value::<Score>(&raw.weight);
    let by = reading.optional::<PersonId>(raw.by.as_ref())?;
    let on = reading.day(raw.on.as_ref())?;
    let because = raw.because.clone().unwrap_or_default();
    let state = match (raw.state.value.as_str(), by, on) {
        ("draft", ..) => Some(RequestState::Draft),
        ("submitted", Some(by), Some(on)) => Some(RequestState::Submitted { by, on }),
        ("approved", Some(by), Some(on)) => Some(RequestState::Approved { by, on }),
        ("rejected", Some(by), Some(on)) => Some(RequestState::Rejected { by, on, because }),
        ("applied", Some(by), Some(on)) => Some(RequestState::Applied { by, on }),
        ("withdrawn", Some(by), Some(on)) => Some(RequestState::Withdrawn { by, on, because }),
        _ => {
            let message = format!("`{}` is no state of a request with `by` and `on`", raw.state.value);
            reading.complain(&raw.state, message, "this file is written by `attesta assess inherit` alone");
            None
        }
    };
    Some(Placed::new(
        place,
        Request {
            requirement: requirement?.value,
            source: source?.value,
            stands_for: stands_for?,
            weight: weight?.value,
            state: state?,
        },
    ))
}

/// What the file of requests will say.
pub fn requests_change(requests: &[Request]) -> Change {
    let mut out = String::from(
        "# Written by `attesta assess inherit` alone.\nschema: attesta.inheritance-requests/1\nrequests:\n",
    );
    if requests.is_empty() {
        out = out.replace("requests:\n", "requests: []\n");
    }
    for request in requests {
        let _ = writeln!(out, "  - requirement: {}", text(request.requirement.as_str()));
        let _ = writeln!(out, "    source: {}", request.source);
        if let Some(key) = &request.stands_for {
            let _ = writeln!(out, "    stands_for: {}", text(key.as_str()));
        }
        let _ = writeln!(out, "    weight: {}\n    state: {}", request.weight, request.state);
        let mut acted = |by: &PersonId, on: Date, because: Option<&str>| {
            let _ = writeln!(out, "    by: {by}\n    on: {on}");
            if let Some(because) = because {
                let _ = writeln!(out, "    because: {}", text(because));
            }
        };
        match &request.state {
            RequestState::Draft => {}
            RequestState::Submitted { by, on }
            | RequestState::Approved { by, on }
            | RequestState::Applied { by, on } => acted(by, *on, None),
            RequestState::Rejected { by, on, because } | RequestState::Withdrawn { by, on, because } => {
                acted(by, *on, Some(because));
            }
        }
    }
    Change { inside: REQUESTS.to_owned(), text: out, over: Over::Older }
}

/// The place of a request that stands in no file yet.
pub fn new_request_place() -> Place {
    Place::new(REQUESTS, None)
}
