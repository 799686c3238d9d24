//! `hipaa/incidents.yaml`.

use std::collections::BTreeMap;

use attesta_hipaa::{
    Exclusion, FactorAssessment, Hold, HoldForm, Incident, Notice, Recipient, RecordId, Records, Secured, Words,
};
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::{Rows, Text};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    #[serde(default)]
    incidents: Vec<RawIncident>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIncident {
    id: Text,
    title: Text,
    we_are: Text,
    known_on: Text,
    should_have_known_on: Option<Text>,
    agent_knew_on: Option<Text>,
    individuals: Option<u32>,
    #[serde(default)]
    residents: BTreeMap<String, Spanned<u32>>,
    secured: Option<RawSecured>,
    exclusion: Option<RawExclusion>,
    assessment: Option<RawAssessment>,
    agreement: Option<Text>,
    #[serde(default)]
    holds: Vec<RawHold>,
    #[serde(default)]
    notices: Vec<RawNotice>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSecured {
    method: Text,
    key: Text,
    by: Text,
    on: Text,
    #[serde(default)]
    evidence: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExclusion {
    which: Text,
    why: Text,
    by: Text,
    on: Text,
    #[serde(default)]
    evidence: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAssessment {
    #[serde(default)]
    factors: BTreeMap<String, Text>,
    finding: Option<Text>,
    why: Option<Text>,
    by: Option<Text>,
    on: Option<Text>,
    #[serde(default)]
    evidence: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHold {
    form: Text,
    stated_on: Text,
    until: Option<Text>,
    official: Option<Text>,
    #[serde(default)]
    evidence: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNotice {
    to: Text,
    place: Option<Text>,
    sent_on: Text,
    #[serde(default)]
    evidence: Vec<Text>,
}

pub(super) fn read(rows: &mut Rows<'_>, records: &mut Records) -> Option<()> {
    let raw: Raw = rows.parse("attesta.hipaa-incidents/1")?;
    records.incidents = rows.by_id("incident", &raw.incidents, |raw| &raw.id, incident, |row: &Incident| &row.id);
    Some(())
}

fn incident(rows: &mut Rows<'_>, raw: &RawIncident, id: RecordId) -> Option<Incident> {
    let (title, we_are) = (rows.value(&raw.title), rows.value(&raw.we_are));
    let known_on = rows.day(&raw.known_on);
    let should_have_known_on = rows.maybe_day(raw.should_have_known_on.as_ref());
    let agent_knew_on = rows.maybe_day(raw.agent_knew_on.as_ref());
    let residents = residents(rows, &raw.residents);
    let secured = claim(rows, raw.secured.as_ref(), secured);
    let exclusion = claim(rows, raw.exclusion.as_ref(), exclusion);
    let assessment = claim(rows, raw.assessment.as_ref(), assessment);
    let agreement = rows.maybe(raw.agreement.as_ref());
    let holds: Vec<Option<Hold>> = raw.holds.iter().map(|raw| hold(rows, raw)).collect();
    let notices: Vec<Option<Notice>> = raw.notices.iter().map(|raw| notice(rows, raw)).collect();
    Some(Incident {
        id,
        title: title?,
        we_are: we_are?,
        known_on: known_on?,
        should_have_known_on: should_have_known_on?,
        agent_knew_on: agent_knew_on?,
        individuals: raw.individuals,
        residents: residents?,
        secured: secured?,
        exclusion: exclusion?,
        assessment: assessment?,
        agreement: agreement?,
        holds: holds.into_iter().collect::<Option<_>>()?,
        notices: notices.into_iter().collect::<Option<_>>()?,
    })
}

fn residents(rows: &mut Rows<'_>, raw: &BTreeMap<String, Spanned<u32>>) -> Option<BTreeMap<Words, u32>> {
    let mut residents = BTreeMap::new();
    for (place, count) in raw {
        match place.parse::<Words>() {
            Ok(place) => drop(residents.insert(place, count.value)),
            Err(error) => rows.reading.complain(count, error.to_string(), "name the State or jurisdiction"),
        }
    }
    (residents.len() == raw.len()).then_some(residents)
}

/// What is claimed, where something is.
fn claim<R, T>(rows: &mut Rows<'_>, raw: Option<&R>, read: fn(&mut Rows<'_>, &R) -> Option<T>) -> Option<Option<T>> {
    raw.map_or(Some(None), |raw| read(rows, raw).map(Some))
}

fn secured(rows: &mut Rows<'_>, raw: &RawSecured) -> Option<Secured> {
    let (method, key) = (rows.value(&raw.method), rows.value(&raw.key));
    let (by, on, evidence) = (rows.value(&raw.by), rows.day(&raw.on), rows.evidence(&raw.evidence));
    Some(Secured { method: method?, key: key?, by: by?, on: on?, evidence: evidence? })
}

fn exclusion(rows: &mut Rows<'_>, raw: &RawExclusion) -> Option<Exclusion> {
    let (which, why) = (rows.value(&raw.which), rows.value(&raw.why));
    let (by, on, evidence) = (rows.value(&raw.by), rows.day(&raw.on), rows.evidence(&raw.evidence));
    Some(Exclusion { which: which?, why: why?, by: by?, on: on?, evidence: evidence? })
}

fn assessment(rows: &mut Rows<'_>, raw: &RawAssessment) -> Option<FactorAssessment> {
    let factors = rows.answers(&raw.factors);
    let (finding, why) = (rows.maybe(raw.finding.as_ref()), rows.maybe(raw.why.as_ref()));
    let (by, on) = (rows.maybe(raw.by.as_ref()), rows.maybe_day(raw.on.as_ref()));
    let evidence = rows.evidence(&raw.evidence);
    Some(FactorAssessment { factors: factors?, finding: finding?, why: why?, by: by?, on: on?, evidence: evidence? })
}

fn hold(rows: &mut Rows<'_>, raw: &RawHold) -> Option<Hold> {
    let until = rows.maybe_day(raw.until.as_ref())?;
    let form = match (raw.form.value.as_str(), until) {
        ("oral", None) => Some(HoldForm::Oral),
        ("written", Some(until)) => Some(HoldForm::Written(until)),
        ("oral", Some(_)) => {
            rows.misplaced("until", raw.until.as_ref(), "the rule says how long an oral statement holds (164.412(b))");
            None
        }
        ("written", None) => {
            let help = "say `until: …`: a written statement holds for the time that it states (164.412(a))";
            rows.reading.complain(&raw.form, "a written statement has no last day", help);
            None
        }
        (other, _) => {
            rows.reading.complain(&raw.form, format!("`{other}` is not how a hold is given"), "use oral or written");
            None
        }
    };
    let (stated_on, official) = (rows.day(&raw.stated_on), rows.maybe(raw.official.as_ref()));
    let evidence = rows.evidence(&raw.evidence);
    Some(Hold { form: form?, stated_on: stated_on?, official: official?, evidence: evidence? })
}

fn notice(rows: &mut Rows<'_>, raw: &RawNotice) -> Option<Notice> {
    let to = rows.value::<Recipient>(&raw.to);
    let place = rows.maybe(raw.place.as_ref());
    if to.is_some_and(|to| to != Recipient::Media) {
        rows.misplaced("place", raw.place.as_ref(), "only a notice to media serves a State or jurisdiction");
    }
    let (sent_on, evidence) = (rows.day(&raw.sent_on), rows.evidence(&raw.evidence));
    Some(Notice { to: to?, place: place?, sent_on: sent_on?, evidence: evidence? })
}
