//! `submission.yaml`: the documents of the submission package.

use attesta_catalog::{Fault, Placed};
use attesta_content::{
    File,
    yaml::{self, Reading},
};
use attesta_lifecycle::submission::{
    Audit, Checklist, Document, Fieldwork, Hours, ReportAgreement, Reservation, Signature, Submission,
};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::folder::Folder;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    fieldwork: Option<Spanned<RawFieldwork>>,
    submit_on: Option<Spanned<String>>,
    representation_letter: Option<Spanned<RawSignature>>,
    report_agreement: Option<Spanned<RawAgreement>>,
    participation_agreement: Option<Spanned<RawSignature>>,
    qa_reservation: Option<Spanned<RawReservation>>,
    time_sheet: Option<Spanned<Vec<RawHours>>>,
    qa_checklist: Option<Spanned<RawChecklist>>,
    organisation_overview: Option<Spanned<RawDocument>>,
    audits_utilised: Option<Spanned<Vec<RawAudit>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFieldwork {
    began: Spanned<String>,
    ended: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSignature {
    by: String,
    on: Option<Spanned<String>>,
    file: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAgreement {
    entity: RawSignature,
    countersigned: Option<RawSignature>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReservation {
    begins: Spanned<String>,
    submit_by: Option<Spanned<String>>,
    reference: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHours {
    person: Spanned<String>,
    work: Spanned<String>,
    hours: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawChecklist {
    executive: Spanned<String>,
    executive_on: Option<Spanned<String>>,
    reviewer: Spanned<String>,
    reviewer_on: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDocument {
    file: Spanned<String>,
    dated: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAudit {
    organisation: Spanned<String>,
    report: Spanned<String>,
    dated: Option<Spanned<String>>,
    #[serde(default)]
    covers: Vec<String>,
}

/// The documents of the submission package; nothing where there is no file.
///
/// # Errors
///
/// Every fault that was found, sorted by file and line.
pub fn submission(folder: &Folder) -> Result<Submission, Vec<Fault>> {
    let Some(file) = folder.file("submission.yaml").map_err(|fault| vec![fault])? else {
        return Ok(Submission::default());
    };
    let mut faults = Vec::new();
    let read = read(&file, &mut faults);
    faults.sort();
    match read {
        Some(submission) if faults.is_empty() => Ok(submission),
        _ => Err(faults),
    }
}

fn read(file: &File, faults: &mut Vec<Fault>) -> Option<Submission> {
    let raw: Raw = yaml::parse(file, "attesta.submission/1").map_err(|fault| faults.push(fault)).ok()?;
    let reading = &mut Reading { file, faults };
    // Every part is looked at, so that every fault is told at once; a part with a fault leaves nothing half-read, as the
    // caller takes the faults.
    Some(Submission {
        fieldwork: part(reading, raw.fieldwork, fieldwork),
        submit_on: raw.submit_on.and_then(|on| Some(Placed::new(reading.place(&on), reading.day(Some(&on))??))),
        representation_letter: part(reading, raw.representation_letter, signature),
        report_agreement: part(reading, raw.report_agreement, agreement),
        participation_agreement: part(reading, raw.participation_agreement, signature),
        reservation: part(reading, raw.qa_reservation, reservation),
        time_sheet: part(reading, raw.time_sheet, |r, rows| all(r, rows, hours)),
        checklist: part(reading, raw.qa_checklist, checklist),
        overview: part(reading, raw.organisation_overview, document),
        audits_utilised: part(reading, raw.audits_utilised, |r, rows| all(r, rows, audit)),
    })
}

fn part<R, T>(
    reading: &mut Reading<'_>,
    raw: Option<Spanned<R>>,
    read: impl Fn(&mut Reading<'_>, R) -> Option<T>,
) -> Option<Placed<T>> {
    let raw = raw?;
    let place = reading.place(&raw);
    read(reading, raw.value).map(|value| Placed::new(place, value))
}

fn all<R, T>(
    reading: &mut Reading<'_>,
    rows: Vec<R>,
    read: impl Fn(&mut Reading<'_>, R) -> Option<T>,
) -> Option<Vec<T>> {
    let read: Vec<Option<T>> = rows.into_iter().map(|row| read(reading, row)).collect();
    read.into_iter().collect()
}

fn fieldwork(reading: &mut Reading<'_>, raw: RawFieldwork) -> Option<Fieldwork> {
    let (began, ended) = (reading.day(Some(&raw.began)), reading.day(raw.ended.as_ref()));
    let (began, ended) = (began??, ended?);
    if let (Some(text), true) = (&raw.ended, ended.is_some_and(|ended| ended < began)) {
        reading.complain(text, "fieldwork ends before it begins", "correct one of the days");
        return None;
    }
    Some(Fieldwork { began, ended })
}

fn signature(reading: &mut Reading<'_>, raw: RawSignature) -> Option<Signature> {
    Some(Signature { on: reading.day(raw.on.as_ref())?, by: raw.by, file: raw.file })
}

fn agreement(reading: &mut Reading<'_>, raw: RawAgreement) -> Option<ReportAgreement> {
    let entity = signature(reading, raw.entity);
    let countersigned = match raw.countersigned {
        Some(raw) => signature(reading, raw).map(Some),
        None => Some(None),
    };
    Some(ReportAgreement { entity: entity?, countersigned: countersigned? })
}

fn reservation(reading: &mut Reading<'_>, raw: RawReservation) -> Option<Reservation> {
    let (begins, submit_by) = (reading.day(Some(&raw.begins)), reading.day(raw.submit_by.as_ref()));
    Some(Reservation { begins: begins??, submit_by: submit_by?, reference: raw.reference })
}

fn hours(reading: &mut Reading<'_>, raw: RawHours) -> Option<Hours> {
    let (person, work) = (reading.value(&raw.person), reading.value(&raw.work));
    Some(Hours { person: person?.value, work: work?.value, hours: raw.hours })
}

fn checklist(reading: &mut Reading<'_>, raw: RawChecklist) -> Option<Checklist> {
    let (executive, reviewer) = (reading.value(&raw.executive), reading.value(&raw.reviewer));
    let (executive_on, reviewer_on) = (reading.day(raw.executive_on.as_ref()), reading.day(raw.reviewer_on.as_ref()));
    Some(Checklist {
        executive: executive?.value,
        executive_on: executive_on?,
        reviewer: reviewer?.value,
        reviewer_on: reviewer_on?,
    })
}

fn document(reading: &mut Reading<'_>, raw: RawDocument) -> Option<Document> {
    let (file, dated) = (reading.says("file", &raw.file), reading.day(raw.dated.as_ref()));
    Some(Document { file: file?, dated: dated? })
}

fn audit(reading: &mut Reading<'_>, raw: RawAudit) -> Option<Audit> {
    let organisation = reading.says("organisation", &raw.organisation);
    let report = reading.says("report", &raw.report);
    let dated = reading.day(raw.dated.as_ref());
    Some(Audit { organisation: organisation?, report: report?, dated: dated?, covers: raw.covers })
}
