//! `attesta assess sample DIR requirements`: which requirements an interim, rapid or bridge assessment tests again.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use attesta_assessment::{Asked, Purpose, Reason, RequirementKey};
use attesta_desk::{Certified, Course};
use attesta_kernel::{Confidence, Date, Provenance};
use attesta_lifecycle::{
    Candidate, FigureName, Notices, RapidSet, Seed, SetSize, Told, interim_selection, rapid_plan, requirement_draw,
};
use attesta_scoring::{Figure, Shortfall};
use attesta_workspace::Folder;
use clap::Args;
use serde::Serialize;

use crate::{
    args::{Common, ListFormat},
    assess::desk::{self, Desk, refuse},
    exit::{Exit, Failure},
    terminal,
};

#[derive(Debug, Args)]
pub(crate) struct RequirementsOptions {
    /// The folder of the assessment that was certified
    #[arg(long, value_name = "DIR")]
    since: PathBuf,
    /// Any text, chosen by who tests; the draw repeats from it
    #[arg(long, value_name = "TEXT")]
    seed: Seed,
    /// Management says that nothing significant changed (a rapid assessment asks)
    #[arg(long)]
    no_significant_change: bool,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
}

/// One requirement that is tested again.
#[derive(Serialize)]
struct Row {
    requirement: String,
    domain: u8,
    because: String,
}

pub(crate) fn run(
    common: &Common,
    desk: &Desk,
    course: &Course,
    options: &RequirementsOptions,
) -> Result<Exit, Failure> {
    let certified = desk::certified(common, &options.since, desk)?;
    let tailored = desk.tailored()?;
    let asked: BTreeMap<&RequirementKey, &Asked<'_>> =
        tailored.requirements.iter().map(|a| (&a.requirement.id, a)).collect();
    if let Some(lost) = certified.shortfalls.keys().find(|key| !asked.contains_key(key)) {
        let message = format!("requirement `{lost}` was certified and is not asked here");
        return Err(
            Failure::new(Exit::Findings, message).help("the scope and the packs must be those of the certificate")
        );
    }
    let purpose = desk.dossier.assessment.value.purpose;
    let (rows, provenances) = match purpose {
        Purpose::Interim => interim(desk, course, &certified, &asked, &options.seed)?,
        Purpose::Bridge => bridge(course, &certified, &asked, &options.seed)?,
        Purpose::Rapid => rapid(desk, course, &asked, options)?,
        Purpose::Validated | Purpose::Readiness => {
            return Err(Failure::new(Exit::Usage, format!("a {purpose} assessment tests every requirement"))
                .help("an interim, rapid or bridge assessment draws"));
        }
    };
    match options.format {
        ListFormat::Json => terminal::json_of(&rows)?,
        ListFormat::Table => {
            let cells = rows.iter().map(|r| [r.requirement.clone(), r.domain.to_string(), r.because.clone()]);
            terminal::table(["requirement", "domain", "because"], cells)?;
        }
    }
    if !common.quiet {
        terminal::note(&format!("{} requirements, drawn from the seed `{}`", rows.len(), options.seed));
        for p in provenances.iter().filter(|p| p.confidence != Confidence::Verified) {
            terminal::note(&format!("the rule is {}: {}", p.confidence, p.source));
        }
    }
    Ok(Exit::Met)
}

type Drawn = Result<(Vec<Row>, Vec<Provenance>), Failure>;

fn figure(course: &Course, name: FigureName, day: Date) -> Result<&Figure<u32>, Failure> {
    course.process.figures.on(name, day).map_err(|e| Failure::new(Exit::NotEvaluated, e.to_string()))
}

fn row(asked: &BTreeMap<&RequirementKey, &Asked<'_>>, key: &RequirementKey, because: &str) -> Row {
    let domain = asked.get(key).map_or(0, |a| a.requirement.domain);
    Row { requirement: key.to_string(), domain, because: because.to_owned() }
}

/// What applied when it was certified: what does not apply is not drawn.
fn interim(
    desk: &Desk,
    course: &Course,
    certified: &Certified,
    asked: &BTreeMap<&RequirementKey, &Asked<'_>>,
    seed: &Seed,
) -> Drawn {
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
    if !selection.empty.is_empty() {
        let empty: Vec<String> = selection.empty.iter().map(ToString::to_string).collect();
        terminal::note(&format!("nothing applies in domains {}; nothing is drawn there", empty.join(", ")));
    }
    let drawn: BTreeSet<&RequirementKey> = selection.drawn.values().flatten().collect();
    let rows = selection.all().into_iter().map(|key| {
        let because = match (drawn.contains(key), selection.with_caps.contains(key)) {
            (true, true) => "drawn, and has a required plan",
            (true, false) => "drawn",
            (false, _) => "has a required plan",
        };
        row(asked, key, because)
    });
    Ok((rows.collect(), vec![per_domain.provenance.clone()]))
}

fn bridge(course: &Course, certified: &Certified, asked: &BTreeMap<&RequirementKey, &Asked<'_>>, seed: &Seed) -> Drawn {
    let count = figure(course, FigureName::BridgeSample, certified.issued)?;
    let drawn = requirement_draw(seed, "bridge", certified.levels.keys(), count.value).ok_or_else(|| {
        let message = format!("a bridge draws {}, and {} requirements apply", count.value, certified.levels.len());
        Failure::new(Exit::Findings, message).help("make a full validated assessment")
    })?;
    Ok((drawn.iter().map(|key| row(asked, key, "drawn")).collect(), vec![count.provenance.clone()]))
}

fn rapid(
    desk: &Desk,
    course: &Course,
    asked: &BTreeMap<&RequirementKey, &Asked<'_>>,
    options: &RequirementsOptions,
) -> Drawn {
    let sets = sets(asked);
    let Some(prior) = &desk.dossier.assessment.value.prior else {
        return Err(Failure::new(Exit::Usage, "it goes back to no certificate").help("say `prior:` in assessment.yaml"));
    };
    let then = Folder::open(&options.since).map_err(|f| refuse(&[f]))?;
    let scope = |folder: &Folder| folder.file("scope.yaml").map(|f| f.map(|f| f.text)).map_err(|f| refuse(&[f]));
    let scope = if scope(&then)? == scope(&desk.folder)? {
        Told::Unchanged
    } else {
        Told::Changed("its scope.yaml is another".to_owned())
    };
    let (notices, _) = attesta_workspace::notices(&then, desk.at).map_err(|f| refuse(&f))?;
    let changes = changes(&notices, options.no_significant_change);
    let terms = course.process.terms.of(&prior.program);
    let terms = terms.map_err(|e| Failure::new(Exit::NotEvaluated, e.to_string()))?;
    let sizes = sets.iter().map(|(name, (kind, keys))| SetSize {
        kind: *kind,
        name: name.clone(),
        requirements: u32::try_from(keys.len()).unwrap_or(u32::MAX),
    });
    let plan = rapid_plan(terms, &course.process.figures, prior, desk.at, &scope, &changes, sizes.collect());
    let plan = plan.map_err(|refusals| {
        let told: Vec<String> = refusals.iter().map(|r| format!("{r} (help: {})", r.help())).collect();
        Failure::many(Exit::Findings, &told)
    })?;
    let mut rows = Vec::new();
    for set in &plan.sampled {
        let Some((_, keys)) = sets.get(&set.name) else { continue };
        let drawn = requirement_draw(&options.seed, &format!("rapid-{}", set.name), keys.iter().copied(), plan.sample);
        let because = format!("drawn from {}", set.name);
        rows.extend(drawn.unwrap_or_default().iter().map(|key| row(asked, key, &because)));
    }
    for set in &plan.whole {
        let because = format!("{} is tested whole", set.name);
        let keys = sets.get(&set.name).into_iter().flat_map(|(_, keys)| keys);
        rows.extend(keys.map(|key| row(asked, key, &because)));
    }
    Ok((rows, plan.provenance))
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

fn changes(notices: &Notices, none: bool) -> Told {
    let open: Vec<&str> = notices.changes.iter().filter(|c| !c.is_addressed()).map(|c| c.what.as_str()).collect();
    match (open.is_empty(), none) {
        (false, _) => Told::Changed(open.join("; ")),
        (true, true) => Told::Unchanged,
        (true, false) => Told::Unknown,
    }
}
