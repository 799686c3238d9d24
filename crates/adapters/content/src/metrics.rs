//! Defined metrics, as a file that people keep beside a history or an assessment.

use std::collections::BTreeSet;

use attesta_catalog::Fault;
use attesta_kernel::{Date, PolicyId};
use attesta_posture::{Metric, Reaction, Review, Threshold};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    File,
    yaml::{self, Reading},
};

const SCHEMA: &str = "attesta.metrics/1";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMetrics {
    #[serde(rename = "schema")]
    _schema: String,
    metrics: Vec<RawMetric>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMetric {
    id: Spanned<String>,
    requirements: Vec<Spanned<String>>,
    describes: Spanned<String>,
    source: Spanned<String>,
    checks: RawChecks,
    counts: Spanned<String>,
    threshold: RawThreshold,
    frequency: Spanned<String>,
    starts: Spanned<String>,
    owner: Spanned<String>,
    reviewer: Spanned<String>,
    review_frequency: Spanned<String>,
    #[serde(default)]
    independent: bool,
    treatment: Option<Spanned<String>>,
    #[serde(default)]
    reactions: Vec<RawReaction>,
    #[serde(default)]
    reviews: Vec<RawReview>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawChecks {
    group: Option<Spanned<String>>,
    policies: Option<Vec<Spanned<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawThreshold {
    at_most: Option<u32>,
    at_least: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReaction {
    breach: Spanned<String>,
    on: Spanned<String>,
    by: Spanned<String>,
    what: Spanned<String>,
    action: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReview {
    on: Spanned<String>,
    by: Spanned<String>,
    says: Spanned<String>,
}

/// What a metric may name.
pub trait Checks {
    /// The policies of a group; `None` where there is no such group.
    fn group(&self, id: &str) -> Option<BTreeSet<PolicyId>>;
    /// Whether there is a policy of this id.
    fn knows(&self, policy: &PolicyId) -> bool;
}

/// Reads defined metrics.
///
/// # Errors
///
/// Every entry that does not say what, how often, up to where, and who.
pub fn metrics(file: &File, checks: &dyn Checks) -> Result<Vec<Metric>, Vec<Fault>> {
    let raw: RawMetrics = yaml::parse(file, SCHEMA).map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    let mut found: Vec<Metric> = Vec::new();
    let reading = &mut Reading { file, faults: &mut faults };
    for entry in raw.metrics {
        if found.iter().any(|metric| metric.id.as_str() == entry.id.value) {
            reading.complain(&entry.id, format!("the metric `{}` stands here twice", entry.id.value), "rename one");
        }
        found.extend(metric(reading, &entry, checks));
    }
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

fn metric(reading: &mut Reading<'_>, raw: &RawMetric, checks: &dyn Checks) -> Option<Metric> {
    let id = reading.value(&raw.id);
    let describes = reading.says("describes", &raw.describes);
    let source = reading.value(&raw.source);
    let policies = policies(reading, raw, checks);
    let counts = reading.value(&raw.counts);
    let threshold = threshold(reading, raw);
    let frequency = reading.value(&raw.frequency);
    let starts = reading.value::<Date>(&raw.starts);
    let owner = reading.says("owner", &raw.owner);
    let reviewer = reading.says("reviewer", &raw.reviewer);
    let review_frequency = reading.value(&raw.review_frequency);
    let reactions: Vec<_> = raw.reactions.iter().map(|r| reaction(reading, r)).collect();
    let reviews: Vec<_> = raw.reviews.iter().map(|r| review(reading, r)).collect();
    if raw.requirements.is_empty() {
        reading.complain(&raw.id, "the metric measures no requirement", "name what it measures under `requirements`");
    }
    Some(Metric {
        id: id?.value,
        requirements: raw.requirements.iter().map(|r| r.value.clone()).collect(),
        describes: describes?,
        source: source?.value,
        policies: policies?,
        counts: counts?.value,
        threshold: threshold?,
        frequency: frequency?.value,
        starts: starts?.value,
        owner: owner?,
        reviewer: reviewer?,
        review_frequency: review_frequency?.value,
        independent: raw.independent,
        treatment: raw.treatment.as_ref().map(|t| t.value.clone()).filter(|t| !t.trim().is_empty()),
        reactions: reactions.into_iter().collect::<Option<_>>()?,
        reviews: reviews.into_iter().collect::<Option<_>>()?,
    })
}

fn policies(reading: &mut Reading<'_>, raw: &RawMetric, checks: &dyn Checks) -> Option<BTreeSet<PolicyId>> {
    let found: BTreeSet<PolicyId> = match (&raw.checks.group, &raw.checks.policies) {
        (Some(group), None) => {
            let Some(found) = checks.group(&group.value) else {
                let help =
                    "use hitrust, hitrust-09, hipaa, hipaa-technical, topic-encryption, severity-high or their like";
                reading.complain(group, format!("there is no group `{}`", group.value), help);
                return None;
            };
            found
        }
        (None, Some(policies)) => {
            let read = reading.list::<PolicyId>(policies);
            for (policy, told) in read.iter().zip(policies) {
                if !checks.knows(&policy.value) {
                    let help = "`attesta policy list` names them";
                    reading.complain(told, format!("there is no policy `{}`", policy.value), help);
                }
            }
            read.into_iter().map(|policy| policy.value).collect()
        }
        _ => {
            reading.complain(&raw.id, "`checks` names not exactly one of `group` and `policies`", "give one of them");
            return None;
        }
    };
    if found.is_empty() {
        reading.complain(&raw.id, "no policy speaks for the metric", "name others under `checks`");
        return None;
    }
    Some(found)
}

fn threshold(reading: &mut Reading<'_>, raw: &RawMetric) -> Option<Threshold> {
    match (raw.threshold.at_most, raw.threshold.at_least) {
        (Some(most), None) => Some(Threshold::AtMost(most)),
        (None, Some(least)) => Some(Threshold::AtLeast(least)),
        _ => {
            let help = "say up to or from where it is as it should be";
            reading.complain(&raw.id, "`threshold` names not exactly one of `at_most` and `at_least`", help);
            None
        }
    }
}

fn reaction(reading: &mut Reading<'_>, raw: &RawReaction) -> Option<Reaction> {
    let breach = reading.value::<Date>(&raw.breach);
    let on = reading.value::<Date>(&raw.on);
    let by = reading.says("by", &raw.by);
    let what = reading.says("what", &raw.what);
    let action = raw.action.as_ref().map(|a| a.value.clone());
    Some(Reaction { breach: breach?.value, on: on?.value, by: by?, what: what?, action })
}

fn review(reading: &mut Reading<'_>, raw: &RawReview) -> Option<Review> {
    let on = reading.value::<Date>(&raw.on);
    let by = reading.says("by", &raw.by);
    let says = reading.says("says", &raw.says);
    Some(Review { on: on?.value, by: by?, says: says? })
}
