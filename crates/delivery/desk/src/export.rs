//! An assessment as files for spreadsheets, programs and readers.
use attesta_assessment::{RequestState, Sheet, SheetRow, View};
use attesta_interchange::{csv, packs};
use attesta_kernel::Digest;
use attesta_scoring::{Answer, MaturityLevel, Shortfall};
use serde::Serialize;

use crate::{
    desk::{Desk, Scored},
    failure::{Failure, Kind},
    gaps,
    points::shown,
    score::Report,
};

/// Every file with its name, the manifest last.
///
/// # Errors
///
/// What keeps the answers from being worked out.
pub fn files(desk: &Desk) -> Result<Vec<(&'static str, Vec<u8>)>, Failure> {
    let last = desk.scored(View::Final)?;
    let own = desk.scored(View::Entity)?;
    let scorecard = crate::to_json(&Report::of(desk, &last))?;
    let gap_rows = gaps::gaps(desk, &last);
    let mut files: Vec<(&str, Vec<u8>)> = vec![
        ("scorecard.json", scorecard.into_bytes()),
        ("requirements.csv", requirements(desk, &last, &own)),
        ("corrective-actions.csv", gaps::sheet(&gap_rows, true)),
        ("gaps.csv", gaps::sheet(&gap_rows, false)),
        ("not-applicable.csv", not_applicable(desk, &last)),
        ("audits-and-assessments.csv", relied_upon(desk)),
        ("evidence.csv", evidence(desk)),
    ];
    let manifest = manifest(desk, &files)?;
    files.push(("manifest.json", manifest));
    Ok(files)
}

/// Every table of [`files`] as a sheet of one workbook, behind a sheet that says what it is: rows of a word and what is said.
///
/// # Errors
///
/// What keeps the answers from being worked out.
pub fn workbook(desk: &Desk, about: &[(String, String)]) -> Result<Vec<u8>, Failure> {
    let unknown = |e: &dyn std::fmt::Display| Failure::new(Kind::Unknown, e.to_string());
    let said =
        (1_u32..).zip(about).map(|(number, (word, says))| SheetRow { number, cells: vec![word.clone(), says.clone()] });
    let mut sheets = vec![Sheet { name: "about".to_owned(), rows: said.collect() }];
    for (name, bytes) in files(desk)? {
        let Some(title) = name.strip_suffix(".csv") else { continue };
        let read = packs::sheets(name, &bytes, packs::Limits::default()).map_err(|e| unknown(&e))?;
        sheets.extend(read.into_iter().map(|sheet| Sheet { name: title.to_owned(), ..sheet }));
    }
    attesta_interchange::workbook(&sheets).map_err(|e| unknown(&e))
}

fn requirements(desk: &Desk, last: &Scored<'_>, own: &Scored<'_>) -> Vec<u8> {
    let level = |scored: &Scored<'_>, at: usize, level: MaturityLevel| {
        let answer = scored.workings.worked.get(at).and_then(|w| w.answer);
        match answer {
            None => String::new(),
            Some(Answer::NotApplicable) => "N/A".to_owned(),
            Some(Answer::Scored(levels)) => levels.get(level).map_or_else(String::new, |s| s.rounded().to_string()),
        }
    };
    let rows = last.tailored.requirements.iter().enumerate().map(|(at, asked)| {
        let requirement = asked.requirement;
        let answered = desk.dossier.answers.get(&requirement.id).map(|a| &a.value);
        let id = requirement.id.as_str();
        let scored = last.workings.requirements.iter().position(|r| &*r.id == id);
        let card = scored.and_then(|at| last.card.requirements.get(at));
        let shortfall = match card.map(|c| c.shortfall) {
            Some(Shortfall::RequiredCap) => "CAP required",
            Some(Shortfall::Gap) => "gap",
            Some(Shortfall::None) => "",
            None => "not answered",
        };
        let because: Vec<String> = asked.because.iter().map(ToString::to_string).collect();
        [
            id.to_owned(),
            requirement.domain.to_string(),
            requirement.control_reference.to_string(),
            requirement.title.clone(),
            asked.core.to_string(),
            because.join("; "),
            level(own, at, MaturityLevel::Policy),
            level(own, at, MaturityLevel::Procedure),
            level(own, at, MaturityLevel::Implemented),
            level(own, at, MaturityLevel::Measured),
            level(own, at, MaturityLevel::Managed),
            level(last, at, MaturityLevel::Policy),
            level(last, at, MaturityLevel::Procedure),
            level(last, at, MaturityLevel::Implemented),
            level(last, at, MaturityLevel::Measured),
            level(last, at, MaturityLevel::Managed),
            card.map_or_else(String::new, |c| shown(c.score)),
            shortfall.to_owned(),
            answered.and_then(|a| a.owner.as_ref()).map_or_else(String::new, ToString::to_string),
            answered.map_or_else(String::new, |a| a.comment.clone()),
        ]
    });
    csv(
        &[
            "requirement",
            "domain",
            "control reference",
            "title",
            "core",
            "asked because",
            "entity policy",
            "entity procedure",
            "entity implemented",
            "entity measured",
            "entity managed",
            "final policy",
            "final procedure",
            "final implemented",
            "final measured",
            "final managed",
            "score",
            "shortfall",
            "owner",
            "comment",
        ],
        rows,
    )
}

fn not_applicable(desk: &Desk, last: &Scored<'_>) -> Vec<u8> {
    let rows = last.tailored.requirements.iter().filter_map(|asked| {
        let answered = &desk.dossier.answers.get(&asked.requirement.id)?.value;
        let reason = answered.not_applicable.clone()?;
        Some([
            asked.requirement.id.to_string(),
            asked.requirement.domain.to_string(),
            asked.requirement.title.clone(),
            reason,
        ])
    });
    csv(&["requirement", "domain", "title", "rationale"], rows)
}

/// What is relied upon: inherited assessments and third parties' reports.
fn relied_upon(desk: &Desk) -> Vec<u8> {
    let register = &desk.dossier.inheritance;
    let inherited = register.sources.values().filter_map(|s| {
        let s = &s.value;
        let uses = register
            .requests
            .iter()
            .filter(|r| r.value.source == s.id && matches!(r.value.state, RequestState::Applied { .. }));
        let count = uses.count();
        (count > 0).then(|| {
            [
                s.title.clone(),
                format!("{} assessment, {}", s.program, s.state),
                s.report.map_or_else(String::new, |d| d.to_string()),
                s.expires.map_or_else(String::new, |d| d.to_string()),
                format!("inherited by {count} requirements"),
            ]
        })
    });
    let reports = desk.dossier.evidence.values().filter_map(|e| {
        let a = e.value.attestation.as_ref()?;
        let mapped = if a.mapped { "mapped to requirements" } else { "not mapped to requirements" };
        Some([a.organisation.clone(), a.report.clone(), a.dated.to_string(), String::new(), mapped.to_owned()])
    });
    csv(
        &["organisation or title", "what", "report date", "expires", "use"],
        inherited.chain(reports).collect::<Vec<_>>(),
    )
}

fn evidence(desk: &Desk) -> Vec<u8> {
    let mut rows = Vec::new();
    for answer in desk.dossier.answers.values() {
        for (level, own) in &answer.value.levels {
            for used in &own.evidence {
                let Some(evidence) = desk.dossier.evidence.get(&used.evidence).map(|e| &e.value) else { continue };
                let elements: Vec<String> = used.elements.iter().map(ToString::to_string).collect();
                rows.push([
                    answer.value.requirement.to_string(),
                    level.to_string(),
                    used.evidence.to_string(),
                    evidence.title.clone(),
                    evidence.kind.to_string(),
                    used.at.clone().unwrap_or_default(),
                    elements.join(" "),
                    evidence.file.clone().unwrap_or_default(),
                    evidence.digest.as_deref().unwrap_or_default().to_owned(),
                    evidence.collected.map_or_else(String::new, |d| d.to_string()),
                    evidence.effective.map_or_else(String::new, |d| d.to_string()),
                    evidence.valid_until.map_or_else(String::new, |d| d.to_string()),
                ]);
            }
        }
    }
    csv(
        &[
            "requirement",
            "level",
            "evidence",
            "title",
            "kind",
            "place in it",
            "elements",
            "file",
            "sha-256",
            "collected",
            "effective",
            "good until",
        ],
        rows,
    )
}

/// What was written, with digests, so that a reader can tell whether it is whole.
fn manifest(desk: &Desk, files: &[(&str, Vec<u8>)]) -> Result<Vec<u8>, Failure> {
    #[derive(Serialize)]
    struct Manifest<'a> {
        schema: &'static str,
        assessment: &'a str,
        at: String,
        attesta: &'static str,
        files: Vec<Entry<'a>>,
    }
    #[derive(Serialize)]
    struct Entry<'a> {
        name: &'a str,
        bytes: usize,
        sha256: String,
    }
    let manifest = Manifest {
        schema: "attesta.export/1",
        assessment: desk.dossier.assessment.value.id.as_str(),
        at: desk.at.to_string(),
        attesta: env!("CARGO_PKG_VERSION"),
        files: files
            .iter()
            .map(|(name, bytes)| Entry { name, bytes: bytes.len(), sha256: Digest::of(bytes).to_string() })
            .collect(),
    };
    serde_json::to_vec_pretty(&manifest).map_err(|e| Failure::new(Kind::Unknown, e.to_string()))
}
