//! Which requirements an interim, rapid or bridge assessment tests again.
#![allow(missing_docs, reason = "fields are the keys of the JSON, which the reference explains")]

use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{Asked, Purpose, Reason, RequirementKey};
use attesta_kernel::{Date, Provenance};
use attesta_lifecycle::{
    Candidate, FigureName, Notices, RapidSet, Seed, SetSize, Told, interim_selection, rapid_plan, requirement_draw,
};
use attesta_scoring::{Figure, Shortfall};
use attesta_workspace::Folder;
use serde::Serialize;

use crate::{
    desk::Desk,
    failure::{Failure, Kind},
    life::Course,
    review::Certified,
};

/// One requirement that is tested again.
#[derive(Debug, Serialize)]
pub struct Row {
    pub requirement: String,
    pub domain: u8,
    pub because: String,
}

/// What was drawn, by which rules.
#[derive(Debug)]
pub struct Drawn {
    /// Each requirement once.
    pub keys: BTreeSet<RequirementKey>,
    /// As they are listed.
    pub rows: Vec<Row>,
    /// Where the rules come from.
    pub provenances: Vec<Provenance>,
    /// What whoever reads the rows should hear.
    pub notes: Vec<String>,
}

/// Draws. `then` are the files of the certified assessment; `no_significant_change` is management's word, for which a rapid
/// assessment asks.
///
/// # Errors
///
/// When the assessment draws nothing, or not from this.
pub fn drawn(
    desk: &Desk,
    certified: &Certified,
    then: &Folder,
    seed: &Seed,
    no_significant_change: bool,
) -> Result<Drawn, Failure> {
    let course = Course::of(desk)?;
    let tailored = desk.tailored()?;
    let asked: BTreeMap<&RequirementKey, &Asked<'_>> =
        tailored.requirements.iter().map(|a| (&a.requirement.id, a)).collect();
    if let Some(lost) = certified.shortfalls.keys().find(|key| !asked.contains_key(key)) {
        let message = format!("requirement `{lost}` was certified and is not asked here");
        return Err(
            Failure::new(Kind::Refused, message).help("the scope and the packs must be those of the certificate")
        );
    }
    let drawing = Drawing { desk, course: &course, certified, asked: &asked, seed };
    let purpose = desk.dossier.assessment.value.purpose;
    let (rows, provenances, notes) = match purpose {
        Purpose::Interim => drawing.interim()?,
        Purpose::Bridge => drawing.bridge()?,
        Purpose::Rapid => drawing.rapid(then, no_significant_change)?,
        Purpose::Validated | Purpose::Readiness => {
            return Err(Failure::new(Kind::BadInput, format!("a {purpose} assessment tests every requirement"))
                .help("an interim, rapid or bridge assessment draws"));
        }
    };
    let keys = rows.iter().map(|(key, _)| key.clone()).collect();
    let row = |(key, because): (RequirementKey, String)| {
        let domain = asked.get(&key).map_or(0, |a| a.requirement.domain);
        Row { requirement: key.to_string(), domain, because }
    };
    Ok(Drawn { keys, rows: rows.into_iter().map(row).collect(), provenances, notes })
}

type Rows = Result<(Vec<(RequirementKey, String)>, Vec<Provenance>, Vec<String>), Failure>;

fn figure(course: &Course, name: FigureName, day: Date) -> Result<&Figure<u32>, Failure> {
    course.process.figures.on(name, day).map_err(|e| Failure::new(Kind::Unknown, e.to_string()))
}

struct Drawing<'a> {
    desk: &'a Desk,
    course: &'a Course,
    certified: &'a Certified,
    asked: &'a BTreeMap<&'a RequirementKey, &'a Asked<'a>>,
    seed: &'a Seed,
}

impl Drawing<'_> {
    /// What applied when it was certified: what does not apply is not drawn.
    fn interim(&self) -> Rows {
        let Self { desk, course, certified, asked, seed } = self;
        let per_domain = figure(course, FigureName::InterimPerDomain, certified.issued)?;
        let domains = desk.rules()?.assessment_domains;
        let candidates: Vec<Candidate> = certified
            .levels
            .keys()
            .filter_map(|key| {
                Some(Candidate {
                    requirement: key.clone(),
                    domain: asked.get(key)?.requirement.domain,
                    required_cap: certified.shortfalls.get(key) == Some(&Shortfall::RequiredCap),
                })
            })
            .collect();
        let selection = interim_selection(seed, per_domain.value, domains.value, &candidates);
        let mut notes = Vec::new();
        if !selection.empty.is_empty() {
            let empty: Vec<String> = selection.empty.iter().map(ToString::to_string).collect();
            notes.push(format!("nothing applies in domains {}; nothing is drawn there", empty.join(", ")));
        }
        let drawn: BTreeSet<&RequirementKey> = selection.drawn.values().flatten().collect();
        let rows = selection.all().into_iter().map(|key| {
            let because = match (drawn.contains(key), selection.with_caps.contains(key)) {
                (true, true) => "drawn, and has a required plan",
                (true, false) => "drawn",
                (false, _) => "has a required plan",
            };
            (key.clone(), because.to_owned())
        });
        Ok((rows.collect(), vec![per_domain.provenance.clone()], notes))
    }

    fn bridge(&self) -> Rows {
        let Self { course, certified, seed, .. } = self;
        let count = figure(course, FigureName::BridgeSample, certified.issued)?;
        let drawn = requirement_draw(seed, "bridge", certified.levels.keys(), count.value).ok_or_else(|| {
            let message = format!("a bridge draws {}, and {} requirements apply", count.value, certified.levels.len());
            Failure::new(Kind::Refused, message).help("make a full validated assessment")
        })?;
        let rows = drawn.into_iter().map(|key| (key, "drawn".to_owned()));
        Ok((rows.collect(), vec![count.provenance.clone()], Vec::new()))
    }

    fn rapid(&self, then: &Folder, no_significant_change: bool) -> Rows {
        let Self { desk, course, asked, seed, .. } = self;
        let sets = sets(asked);
        let Some(prior) = &desk.dossier.assessment.value.prior else {
            return Err(
                Failure::new(Kind::BadInput, "it goes back to no certificate").help("say `prior:` in assessment.yaml")
            );
        };
        let scope = |folder: &Folder| folder.file("scope.yaml").map(|f| f.map(|f| f.text));
        let scope = if scope(then)? == scope(&desk.folder)? {
            Told::Unchanged
        } else {
            Told::Changed("its scope.yaml is another".to_owned())
        };
        let (notices, _) = attesta_workspace::notices(then, desk.at)?;
        let changes = changes(&notices, no_significant_change);
        let terms = course.process.terms.of(&prior.program);
        let terms = terms.map_err(|e| Failure::new(Kind::Unknown, e.to_string()))?;
        let sizes = sets.iter().map(|(name, (kind, keys))| SetSize {
            kind: *kind,
            name: name.clone(),
            requirements: u32::try_from(keys.len()).unwrap_or(u32::MAX),
        });
        let plan = rapid_plan(terms, &course.process.figures, prior, desk.at, &scope, &changes, sizes.collect());
        let plan = plan.map_err(|refusals| {
            let told: Vec<String> = refusals.iter().map(|r| format!("{r} (help: {})", r.help())).collect();
            Failure::of(Kind::Refused, told)
        })?;
        let mut rows = Vec::new();
        for set in &plan.sampled {
            let Some((_, keys)) = sets.get(&set.name) else { continue };
            let drawn = requirement_draw(seed, &format!("rapid-{}", set.name), keys.iter().copied(), plan.sample);
            let because = format!("drawn from {}", set.name);
            rows.extend(drawn.unwrap_or_default().into_iter().map(|key| (key, because.clone())));
        }
        for set in &plan.whole {
            let because = format!("{} is tested whole", set.name);
            let keys = sets.get(&set.name).into_iter().flat_map(|(_, keys)| keys);
            rows.extend(keys.map(|key| ((*key).clone(), because.clone())));
        }
        Ok((rows, plan.provenance, Vec::new()))
    }
}

/// The core, and what each addition brings in.
fn sets<'a>(asked: &BTreeMap<&'a RequirementKey, &Asked<'_>>) -> BTreeMap<String, (RapidSet, Vec<&'a RequirementKey>)> {
    let mut sets: BTreeMap<String, (RapidSet, Vec<&RequirementKey>)> = BTreeMap::new();
    for (key, one) in asked {
        if one.core {
            sets.entry("core".to_owned()).or_insert((RapidSet::Core, Vec::new())).1.push(key);
            continue;
        }
        for reason in &one.because {
            if let Reason::Addition(id, _) = reason {
                sets.entry(id.to_string()).or_insert((RapidSet::Compliance, Vec::new())).1.push(key);
            }
        }
    }
    sets
}

/// Whether anything significant changed that nobody addressed; `none` is management's word that nothing did.
pub(crate) fn changes(notices: &Notices, none: bool) -> Told {
    let open: Vec<&str> = notices.changes.iter().filter(|c| !c.is_addressed()).map(|c| c.what.as_str()).collect();
    match (open.is_empty(), none) {
        (false, _) => Told::Changed(open.join("; ")),
        (true, true) => Told::Unchanged,
        (true, false) => Told::Unknown,
    }
}
