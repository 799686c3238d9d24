//! What is said of evidence, as JSON: as it is sent, and as it is shown.

use std::{fmt::Display, str::FromStr};

use attesta_evidence::{
    Attestation as Attested, Dates, Description as Said, EvidenceId, Kept, Link as Linked, Rules, Source, Standing,
    Status, Text, Why, kept,
};
use attesta_kernel::Date;
use attesta_store::EvidenceRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::Problem;

/// What is known of a piece of evidence. Days are written like `2026-11-27`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Description {
    /// What it is, in a few words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// What kind of evidence, by the content's list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// Since when a document is in effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    effective: Option<String>,
    /// When it was taken from its system of origin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    collected: Option<String>,
    /// When it arrived; today when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    received: Option<String>,
    /// The last day on which it counts, where it says one itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    valid_until: Option<String>,
    /// The period of which it speaks: `2026-07-01..2026-09-30`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    period: Option<String>,
    /// The system of origin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    system: Option<String>,
    /// The query, report or path by which it was taken from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    query: Option<String>,
    /// Who collected it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    collector: Option<String>,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    /// `population`, `sample` or `lead-sheet`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    /// The scope component.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    component: Option<String>,
    /// Somebody else's attestation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attestation: Option<Attestation>,
    /// Not for every reader; `false` when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    confidential: Option<bool>,
    /// The retention class, where it differs from what its kind says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retention: Option<String>,
}

/// Somebody else's word, such as a SOC 2 report.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attestation {
    /// Who attests.
    organisation: String,
    /// Which report or certificate.
    report: String,
}

/// What evidence is for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Link {
    /// A requirement, control reference, citation, statement, `framework:id`, or `assessment:ID` for an assessment in which
    /// it stands.
    pub(crate) target: String,
    /// On which maturity levels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    levels: Vec<String>,
    /// For which evaluative elements.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    elements: Vec<u16>,
    /// Where in the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<String>,
}

/// A legal hold.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Hold {
    /// What it is about.
    matter: String,
    /// Why.
    why: String,
    /// Since when.
    on: String,
}

/// A piece of evidence.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Evidence {
    /// Its id.
    pub(crate) id: String,
    /// Its revision.
    rev: u64,
    /// 1, or one more than the version that it replaces.
    version: u32,
    /// The version that it replaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    supersedes: Option<String>,
    /// The SHA-256 of its bytes.
    sha256: String,
    /// How many bytes.
    size: u64,
    /// What they are, by their content.
    media_type: String,
    /// The file's name.
    file_name: String,
    /// What is known of it.
    description: Description,
    /// What it is for.
    links: Vec<Link>,
    /// Holds that keep it.
    holds: Vec<Hold>,
    /// `current`, `superseded` or `retired`.
    state: &'static str,
    /// The version that stands in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    superseded_by: Option<String>,
    /// Since when it is superseded or retired.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    /// Why it was retired.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// Where it stands on a day.
    standing: Stands,
    /// How long it must stay.
    retention: Stays,
}

/// Where evidence stands on a day. Only `valid` counts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Stands {
    /// The day.
    on: String,
    /// `valid`, `not-yet`, `stale`, `superseded`, `retired` or `unknown`.
    word: &'static str,
    /// The last day on which it counts or counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// The first day on which it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// Who says so: the evidence's own date, or the figure's source.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    /// How sure the figure is: `verified`, `secondary`, `inferred` or `unverified`.
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<String>,
    /// What nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<&'static str>,
}

/// How long evidence must stay.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Stays {
    /// The class.
    class: String,
    /// Years of the class.
    years: u8,
    /// `free`, `held`, `until` or `in-effect`.
    word: &'static str,
    /// The last day on which it must stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// Who says so.
    source: String,
    /// How sure that is.
    confidence: String,
}

/// A value of a named field.
pub(crate) fn value<T: FromStr>(name: &str, text: &str) -> Result<T, Problem>
where
    T::Err: Display,
{
    text.parse().map_err(|e: T::Err| Problem::bad(format!("`{name}`: {e}")))
}

fn maybe<T: FromStr>(name: &str, text: Option<&String>) -> Result<Option<T>, Problem>
where
    T::Err: Display,
{
    text.map(|text| value(name, text)).transpose()
}

fn told<T: Display>(value: Option<&T>) -> Option<String> {
    value.map(ToString::to_string)
}

/// A file's name without its folders, and without what no line can hold.
pub(crate) fn file_name(given: &str) -> Result<Text, Problem> {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
    value("file_name", if name.trim().is_empty() { "unnamed" } else { &name })
}

impl Link {
    /// What is meant.
    pub(crate) fn meant(&self) -> Result<Linked, Problem> {
        Ok(Linked {
            target: value("target", &self.target)?,
            levels: self.levels.iter().map(|level| value("levels", level)).collect::<Result<_, _>>()?,
            elements: self.elements.iter().copied().collect(),
            place: maybe("place", self.place.as_ref())?,
        })
    }

    fn of(link: &Linked) -> Self {
        Self {
            target: link.target.to_string(),
            levels: link.levels.iter().map(ToString::to_string).collect(),
            elements: link.elements.iter().copied().collect(),
            place: told(link.place.as_ref()),
        }
    }
}

impl Description {
    /// What is meant; what is not said anew is as it was before, but for the days.
    pub(crate) fn meant(&self, rules: &Rules, before: Option<&Said>, today: Date) -> Result<Said, Problem> {
        let old = |field: fn(&Said) -> Option<Text>| before.and_then(field);
        let kind = maybe("kind", self.kind.as_ref())?.or_else(|| before.and_then(|b| b.kind.clone()));
        if let Some(kind) = kind.as_ref().filter(|kind| !rules.kinds.contains_key(*kind)) {
            let known: Vec<&str> = rules.kinds.keys().map(|k| k.as_str()).collect();
            return Err(Problem::bad(format!("`{kind}` is no evidence kind of the content"))
                .help(format!("use {}", known.join(", "))));
        }
        let retention =
            maybe("retention", self.retention.as_ref())?.or_else(|| before.and_then(|b| b.retention.clone()));
        if let Some(class) = retention.as_ref().filter(|class| !rules.retention.contains_key(*class)) {
            let known: Vec<&str> = rules.retention.keys().map(|k| k.as_str()).collect();
            return Err(Problem::bad(format!("`{class}` is no retention class of the content"))
                .help(format!("use {}", known.join(", "))));
        }
        let attestation = match &self.attestation {
            Some(a) => Some(Attested {
                organisation: value("organisation", &a.organisation)?,
                report: value("report", &a.report)?,
            }),
            None => before.and_then(|b| b.attestation.clone()),
        };
        Ok(Said {
            title: maybe("title", self.title.as_ref())?.or_else(|| old(|d| d.title.clone())),
            kind,
            dates: Dates {
                effective: maybe("effective", self.effective.as_ref())?,
                collected: maybe("collected", self.collected.as_ref())?,
                received: maybe("received", self.received.as_ref())?.unwrap_or(today),
                valid_until: maybe("valid_until", self.valid_until.as_ref())?,
            },
            period: maybe("period", self.period.as_ref())?,
            source: Source {
                system: maybe("system", self.system.as_ref())?.or_else(|| old(|d| d.source.system.clone())),
                query: maybe("query", self.query.as_ref())?.or_else(|| old(|d| d.source.query.clone())),
                collector: maybe("collector", self.collector.as_ref())?,
                owner: maybe("owner", self.owner.as_ref())?.or_else(|| old(|d| d.source.owner.clone())),
            },
            role: maybe("role", self.role.as_ref())?.or_else(|| before.and_then(|b| b.role)),
            component: maybe("component", self.component.as_ref())?.or_else(|| old(|d| d.component.clone())),
            attestation,
            confidential: self.confidential.unwrap_or_else(|| before.is_some_and(|b| b.confidential)),
            retention,
        })
    }

    fn of(said: &Said) -> Self {
        let (dates, source) = (&said.dates, &said.source);
        Self {
            title: told(said.title.as_ref()),
            kind: told(said.kind.as_ref()),
            effective: told(dates.effective.as_ref()),
            collected: told(dates.collected.as_ref()),
            received: Some(dates.received.to_string()),
            valid_until: told(dates.valid_until.as_ref()),
            period: told(said.period.as_ref()),
            system: told(source.system.as_ref()),
            query: told(source.query.as_ref()),
            collector: told(source.collector.as_ref()),
            owner: told(source.owner.as_ref()),
            role: told(said.role.as_ref()),
            component: told(said.component.as_ref()),
            attestation: said
                .attestation
                .as_ref()
                .map(|a| Attestation { organisation: a.organisation.to_string(), report: a.report.to_string() }),
            confidential: said.confidential.then_some(true),
            retention: told(said.retention.as_ref()),
        }
    }
}

impl Stands {
    pub(crate) fn of(standing: &Standing, day: Date) -> Self {
        let mut shown = Self {
            on: day.to_string(),
            word: standing.as_str(),
            until: None,
            from: None,
            source: None,
            confidence: None,
            missing: None,
        };
        match standing {
            Standing::Valid { until, why } | Standing::Stale { until, why } => {
                shown.until = Some(until.to_string());
                match why {
                    Why::ItsOwnDate => shown.source = Some("its own date".to_owned()),
                    Why::Kind(provenance) => {
                        shown.source = Some(provenance.source.to_string());
                        shown.confidence = Some(provenance.confidence.to_string());
                    }
                }
            }
            Standing::NotYet { from } => shown.from = Some(from.to_string()),
            Standing::Unknown { missing } => shown.missing = Some(*missing),
            Standing::Superseded { .. } | Standing::Retired => {}
        }
        shown
    }
}

impl Evidence {
    /// The word of its standing.
    pub(crate) fn standing_word(&self) -> &'static str {
        self.standing.word
    }

    /// It as it stands on a day.
    pub(crate) fn of(row: &EvidenceRow, rules: &Rules, day: Date) -> Self {
        let (item, evidence) = (&row.item, &row.item.evidence);
        let class = rules.retention(evidence);
        let (word, until) = match kept(item, rules.kind(evidence), class, day) {
            Kept::Free { since } => ("free", Some(since)),
            Kept::Held(_) => ("held", None),
            Kept::Until(until) => ("until", Some(until)),
            Kept::InEffect => ("in-effect", None),
        };
        let state = item.status.as_str();
        let (superseded_by, since, why) = match &item.status {
            Status::Current => (None, None, None),
            Status::Superseded { by, on } => (Some(by.to_string()), Some(on.to_string()), None),
            Status::Retired(stone) => (None, Some(stone.on.to_string()), Some(stone.why.to_string())),
        };
        Self {
            id: evidence.id.to_string(),
            rev: row.rev,
            version: evidence.version,
            supersedes: told(evidence.supersedes.as_ref()),
            sha256: evidence.digest.to_string(),
            size: evidence.size,
            media_type: evidence.media_type.to_string(),
            file_name: evidence.file_name.to_string(),
            description: Description::of(&evidence.description),
            links: item.links.values().map(Link::of).collect(),
            holds: item
                .holds
                .values()
                .map(|h| Hold { matter: h.matter.to_string(), why: h.why.to_string(), on: h.on.to_string() })
                .collect(),
            state,
            superseded_by,
            since,
            why,
            standing: Stands::of(&rules.standing(item, day), day),
            retention: Stays {
                class: class.id.to_string(),
                years: class.years,
                word,
                until: told(until.as_ref()),
                source: class.provenance.source.to_string(),
                confidence: class.provenance.confidence.to_string(),
            },
        }
    }
}

/// The header by which a browser keeps a file under its name.
pub(crate) fn attached(name: &str) -> String {
    format!("attachment; filename*=UTF-8''{}", percent(name))
}

/// A name as a header takes it (RFC 5987).
fn percent(name: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    let encoded = name.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") });
    encoded.collect()
}

/// A piece of evidence as whoever opened a share link sees it: what it is and whether it counts. Not who has it or took it
/// and how, what it is for here, which holds keep it, and which other versions there are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SharedEvidence {
    /// Its id.
    id: String,
    /// 1, or one more than the version that it replaces.
    version: u32,
    /// The SHA-256 of its bytes.
    sha256: String,
    /// How many bytes.
    size: u64,
    /// What they are, by their content.
    media_type: String,
    /// The file's name.
    file_name: String,
    /// What it is, in a few words.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// What kind of evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// Since when a document is in effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    effective: Option<String>,
    /// When it was taken from its system of origin.
    #[serde(skip_serializing_if = "Option::is_none")]
    collected: Option<String>,
    /// The period of which it speaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<String>,
    /// Somebody else's attestation.
    #[serde(skip_serializing_if = "Option::is_none")]
    attestation: Option<Attestation>,
    /// `current`, `superseded` or `retired`.
    state: &'static str,
    /// Where it stands today.
    standing: Stands,
}

impl SharedEvidence {
    /// It as it stands on a day.
    pub(crate) fn of(row: &EvidenceRow, rules: &Rules, day: Date) -> Self {
        let evidence = &row.item.evidence;
        let Description { title, kind, effective, collected, period, attestation, .. } =
            Description::of(&evidence.description);
        Self {
            id: evidence.id.to_string(),
            version: evidence.version,
            sha256: evidence.digest.to_string(),
            size: evidence.size,
            media_type: evidence.media_type.to_string(),
            file_name: evidence.file_name.to_string(),
            title,
            kind,
            effective,
            collected,
            period,
            attestation,
            state: row.item.status.as_str(),
            standing: Stands::of(&rules.standing(&row.item, day), day),
        }
    }
}

/// An id of evidence from the path.
pub(crate) fn id(text: &str) -> Result<EvidenceId, Problem> {
    text.parse().map_err(|_| Problem::not_found("there is no such evidence here"))
}

/// A day from the query; today when none is said.
pub(crate) fn day(text: &str, today: Date) -> Result<Date, Problem> {
    if text.is_empty() { Ok(today) } else { value("on", text) }
}
