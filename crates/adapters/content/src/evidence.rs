//! Kinds of evidence, their freshness, retention classes, and what looks like PHI.

use std::collections::BTreeMap;

use attesta_catalog::Fault;
use attesta_evidence::{CountsFrom, Freshness, InEffect, Kind, PhiPattern, Retention, RetentionId, Rules};
use attesta_kernel::Provenance;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    ContentSource,
    yaml::{self, Basis, Reading},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRules {
    #[serde(rename = "schema")]
    _schema: String,
    bases: BTreeMap<String, Basis>,
    limits: RawLimits,
    retention: Vec<RawRetention>,
    default_retention: Spanned<String>,
    kinds: Vec<RawKind>,
    phi: RawPhi,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLimits {
    most_bytes: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRetention {
    id: Spanned<String>,
    title: Spanned<String>,
    years: u8,
    basis: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKind {
    id: Spanned<String>,
    title: Spanned<String>,
    fresh: Option<RawFresh>,
    in_effect: RawInEffect,
    retention: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFresh {
    days: u16,
    counts_from: RawCountsFrom,
    basis: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RawCountsFrom {
    Effective,
    Collected,
    PeriodEnd,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RawInEffect {
    UntilReplaced,
    Moment,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPhi {
    scan_bytes: u64,
    patterns: Vec<RawPattern>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPattern {
    id: Spanned<String>,
    title: Spanned<String>,
    pattern: Spanned<String>,
    basis: Spanned<String>,
}

/// The pack's rules about evidence.
///
/// # Errors
///
/// Every fault that was found, sorted by file and line.
pub fn evidence_rules(source: &ContentSource) -> Result<Rules, Vec<Fault>> {
    let file = source.file("evidence/rules.yaml").map_err(|fault| vec![fault])?;
    let raw: RawRules = yaml::parse(&file, "attesta.evidence-rules/1").map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    let read = Reader { reading: Reading { file: &file, faults: &mut faults }, bases: &raw.bases }.rules(&raw);
    faults.sort();
    read.filter(|_| faults.is_empty()).ok_or(faults)
}

struct Reader<'a, 'b> {
    reading: Reading<'a>,
    bases: &'b BTreeMap<String, Basis>,
}

impl Reader<'_, '_> {
    fn rules(mut self, raw: &RawRules) -> Option<Rules> {
        let mut retention = BTreeMap::new();
        for row in &raw.retention {
            let (id, title, provenance) =
                (self.reading.value::<RetentionId>(&row.id), self.reading.value(&row.title), self.basis(&row.basis));
            let (Some(id), Some(title), Some(provenance)) = (id, title, provenance) else { continue };
            let class = Retention { id: id.value.clone(), title: title.value, years: row.years, provenance };
            if retention.insert(id.value, class).is_some() {
                self.twice(&row.id);
            }
        }
        let mut kinds = BTreeMap::new();
        for row in &raw.kinds {
            if let Some(kind) = self.kind(row, &retention)
                && kinds.insert(kind.id.clone(), kind).is_some()
            {
                self.twice(&row.id);
            }
        }
        let mut phi: Vec<PhiPattern> = Vec::new();
        for row in &raw.phi.patterns {
            if let Some(pattern) = self.pattern(row) {
                if phi.iter().any(|p| p.id == pattern.id) {
                    self.twice(&row.id);
                }
                phi.push(pattern);
            }
        }
        let default_retention = self.class(&raw.default_retention, &retention)?;
        Some(Rules {
            kinds,
            default_retention: retention.get(&default_retention)?.clone(),
            retention,
            most_bytes: raw.limits.most_bytes,
            scan_bytes: raw.phi.scan_bytes,
            phi,
        })
    }

    fn kind(&mut self, row: &RawKind, classes: &BTreeMap<RetentionId, Retention>) -> Option<Kind> {
        let id = self.reading.value(&row.id);
        let title = self.reading.value(&row.title);
        let retention = self.class(&row.retention, classes);
        let freshness = match &row.fresh {
            Some(fresh) => Some(self.freshness(fresh)?),
            None => None,
        };
        let in_effect = match row.in_effect {
            RawInEffect::UntilReplaced => InEffect::UntilReplaced,
            RawInEffect::Moment => InEffect::Moment,
        };
        Some(Kind { id: id?.value, title: title?.value, freshness, in_effect, retention: retention? })
    }

    fn freshness(&mut self, fresh: &RawFresh) -> Option<Freshness> {
        let counts_from = match fresh.counts_from {
            RawCountsFrom::Effective => CountsFrom::Effective,
            RawCountsFrom::Collected => CountsFrom::Collected,
            RawCountsFrom::PeriodEnd => CountsFrom::PeriodEnd,
        };
        Some(Freshness { days: fresh.days, counts_from, provenance: self.basis(&fresh.basis)? })
    }

    fn pattern(&mut self, row: &RawPattern) -> Option<PhiPattern> {
        let (id, title) = (self.reading.value(&row.id), self.reading.value(&row.title));
        let provenance = self.basis(&row.basis)?;
        match PhiPattern::new(id?.value, title?.value, &row.pattern.value, provenance) {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                self.reading.faults.push(Fault::plain(self.reading.place(&row.pattern), error.to_string()));
                None
            }
        }
    }

    fn class(&mut self, name: &Spanned<String>, classes: &BTreeMap<RetentionId, Retention>) -> Option<RetentionId> {
        let id: RetentionId = self.reading.value(name)?.value;
        if classes.contains_key(&id) {
            return Some(id);
        }
        let message = format!("`{id}` is no retention class of this file");
        self.reading.faults.push(Fault::plain(self.reading.place(name), message));
        None
    }

    fn basis(&mut self, name: &Spanned<String>) -> Option<Provenance> {
        let found = self.bases.get(&name.value).map(Into::into);
        if found.is_none() {
            let names: Vec<&str> = self.bases.keys().map(String::as_str).collect();
            let message = format!("basis `{}` is not one of this file's", name.value);
            self.reading.faults.push(Fault::new(
                self.reading.place(name),
                message,
                format!("use {}", names.join(", ")),
            ));
        }
        found
    }

    fn twice(&mut self, id: &Spanned<String>) {
        let message = format!("id `{}` stands twice", id.value);
        self.reading.faults.push(Fault::plain(self.reading.place(id), message));
    }
}

#[cfg(test)]
mod tests {
    use attesta_evidence::suspicions;
    use attesta_kernel::Confidence;

    use super::*;

    #[test]
    fn what_ships_is_sound_and_says_how_sure_it_is() {
        let rules = evidence_rules(&ContentSource::Embedded).unwrap();
        assert!(rules.kinds.len() >= 10);
        assert_eq!(rules.default_retention.years, 6);
        assert_eq!(rules.default_retention.provenance.confidence, Confidence::Verified);
        assert!(rules.kinds.values().all(|k| rules.retention.contains_key(&k.retention)));
    }

    #[test]
    fn the_patterns_find_what_they_name_and_leave_policies_alone() {
        let rules = evidence_rules(&ContentSource::Embedded).unwrap();
        let told = |text: &str| {
            suspicions(&rules.phi, text).iter().map(|s| s.pattern.to_string()).collect::<Vec<_>>().join(" ")
        };
        for (text, expected) in [
            ("SSN: 123-45-6789", "social-security-number"),
            ("MRN 00123456", "medical-record-number"),
            ("Medical record number: 998877", "medical-record-number"),
            ("DOB: 1970-01-31", "date-of-birth"),
            ("Member ID: XQZ123456789", "beneficiary-number"),
            ("Patient: Jane Doe", "patient-name"),
            ("Dx: E11.9", "diagnosis-code"),
            ("1123.01q1System.2 of 2026-11-26, call 555-0100", ""),
            ("Every patient record is encrypted; members of staff hold no keys.", ""),
            ("arn:aws:kms:us-east-1:123456789012:key/0123-45-6789", ""),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        let text = ContentSource::Embedded.file("evidence/rules.yaml").unwrap().text.into_owned();
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("evidence")).unwrap();
        let source = ContentSource::Folder(folder.path().to_owned());
        for (from, to, told) in [
            ("basis: six-years", "basis: seven-years", "basis `seven-years`"),
            ("id: working-paper", "id: hipaa-documentation", "stands twice"),
            ("default_retention: hipaa-documentation", "default_retention: gone", "no retention class"),
            ("retention: working-paper}", "retention: gone}", "no retention class"),
            ("id: sample,", "id: population,", "stands twice"),
            ("pattern: '\\b[0-8]", "pattern: '(\\b[0-8]", "regular expression"),
            ("id: configuration", "id: Configuration", "evidence kind"),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text, "{from}");
            std::fs::write(folder.path().join("evidence/rules.yaml"), changed).unwrap();
            let faults = evidence_rules(&source).unwrap_err();
            assert!(faults.iter().any(|f| f.to_string().contains(told)), "{from}: {faults:?}");
            assert!(faults.iter().all(|f| f.place.line.is_some()));
        }
    }
}
