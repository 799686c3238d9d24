//! `attesta catalog list`, `show`, `id` and `validate`.

use std::path::PathBuf;

use attesta_app::explain::{Sources, subject};
use attesta_catalog::{Catalog, FrameworkId, ObjectiveId, Shape};
use attesta_content::{ContentSource, run_policy_tests};
use attesta_kernel::{RequirementId, many};
use attesta_resource::Kind;
use serde_json::json;

use crate::{
    args::{CatalogCommand, Common, ListFormat, Shelf},
    exit::{Exit, Failure},
    explain, terminal, workshop,
};

pub(crate) fn run(common: &Common, command: &CatalogCommand) -> Result<Exit, Failure> {
    match command {
        CatalogCommand::List { shelf, format } => list(common, *shelf, *format),
        CatalogCommand::Show { id } => show(common, id),
        CatalogCommand::Id { format, ids: given } => ids(*format, given),
        CatalogCommand::Validate { dir } => validate(common, dir.clone()),
    }
}

fn list(common: &Common, shelf: Shelf, format: ListFormat) -> Result<Exit, Failure> {
    let catalog = workshop::catalog(&workshop::source(common))?;
    let (columns, rows) = rows(&catalog, shelf);
    match format {
        ListFormat::Table => {
            let count = rows.len();
            terminal::table(columns, rows)?;
            terminal::note(&many(count, "entry", "entries"));
        }
        ListFormat::Json => {
            let entries: Vec<serde_json::Value> = rows
                .iter()
                .map(|row| columns.iter().zip(row).map(|(name, value)| ((*name).to_owned(), json!(value))).collect())
                .collect();
            terminal::json(&json!({"schema": "attesta.catalog-list/1", "entries": entries}))?;
        }
    }
    Ok(Exit::Met)
}

type Rows = Vec<[String; 4]>;

fn rows(catalog: &Catalog, shelf: Shelf) -> ([&'static str; 4], Rows) {
    let framework = |id: FrameworkId| {
        let rows = catalog.framework(id).map(|f| f.entries()).unwrap_or_default().iter().map(|e| {
            let state = if e.withdrawn { "withdrawn" } else { "" };
            [e.id.to_string(), e.group.to_string(), e.title.as_deref().unwrap_or_default().to_owned(), state.to_owned()]
        });
        (["id", "group", "title", "state"], rows.collect())
    };
    match shelf {
        Shelf::Hipaa => (
            ["citation", "designation", "title", "confidence"],
            catalog
                .hipaa()
                .map(|i| {
                    [
                        i.citation.to_string(),
                        i.designation.to_string(),
                        i.title.clone(),
                        i.provenance.confidence.to_string(),
                    ]
                })
                .collect(),
        ),
        Shelf::Categories => (
            ["category", "title", "source", "confidence"],
            catalog
                .categories()
                .map(|c| {
                    [
                        format!("{:02}", c.number),
                        c.title.clone(),
                        c.provenance.source.clone(),
                        c.provenance.confidence.to_string(),
                    ]
                })
                .collect(),
        ),
        Shelf::Objectives => (
            ["objective", "title", "source", "confidence"],
            catalog
                .objectives()
                .map(|o| {
                    [
                        o.id.to_string(),
                        o.title.clone(),
                        o.provenance.source.clone(),
                        o.provenance.confidence.to_string(),
                    ]
                })
                .collect(),
        ),
        Shelf::References => (
            ["reference", "domain", "title", "confidence"],
            catalog
                .references()
                .map(|r| {
                    [r.id.to_string(), r.domain.to_string(), r.title.clone(), r.title_provenance.confidence.to_string()]
                })
                .collect(),
        ),
        Shelf::Domains => (
            ["domain", "title", "source", "confidence"],
            catalog
                .domains()
                .map(|d| {
                    [
                        d.number.to_string(),
                        d.title.clone(),
                        d.provenance.source.clone(),
                        d.provenance.confidence.to_string(),
                    ]
                })
                .collect(),
        ),
        Shelf::Statements => (
            ["statement", "domain", "title", "references"],
            catalog
                .statements()
                .map(|s| {
                    let references = s.control_references.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
                    [s.id.to_string(), s.domain.to_string(), s.title.clone(), references]
                })
                .collect(),
        ),
        Shelf::Kinds => (
            ["kind", "attributes", "title", ""],
            catalog
                .dictionary()
                .kinds()
                .map(|(kind, fields)| {
                    [kind.to_string(), fields.fields().count().to_string(), fields.title.to_string(), String::new()]
                })
                .collect(),
        ),
        Shelf::Nist80053 => framework(FrameworkId::Nist80053),
        Shelf::NistCsf => framework(FrameworkId::NistCsf),
        Shelf::Soc2 => framework(FrameworkId::Soc2),
        Shelf::Iso27001 => framework(FrameworkId::Iso27001),
        Shelf::PciDss => framework(FrameworkId::PciDss),
    }
}

fn show(common: &Common, id: &str) -> Result<Exit, Failure> {
    let source = workshop::source(common);
    let catalog = workshop::catalog(&source)?;
    if let Ok(kind) = id.parse::<Kind>() {
        return show_kind(&catalog, kind);
    }
    if let Some(objective) = id.parse::<ObjectiveId>().ok().and_then(|id| catalog.objective(id)) {
        terminal::out(
            format!(
                "objective {}  {}\nsource: {} ({})\n",
                objective.id, objective.title, objective.provenance.source, objective.provenance.confidence
            )
            .as_bytes(),
        )?;
        let rows = catalog.references().filter(|r| r.objective == objective.id);
        terminal::table(
            ["reference", "title", "confidence"],
            rows.map(|r| [r.id.to_string(), r.title.clone(), r.title_provenance.confidence.to_string()]),
        )?;
        return Ok(Exit::Met);
    }
    for framework in catalog.frameworks() {
        if let Some(entry) = framework.entry(id) {
            let title = entry.title.as_deref().unwrap_or("(its title is its publisher's)");
            terminal::out(
                format!(
                    "{} {}\n{}  {title}\nsource: {} ({})\n",
                    framework.edition.name,
                    framework.edition.version,
                    entry.id,
                    framework.edition.provenance.source,
                    framework.edition.provenance.confidence
                )
                .as_bytes(),
            )?;
            let serving = catalog
                .statements()
                .filter(|s| s.targets.get(&framework.id).is_some_and(|ids| ids.iter().any(|i| &**i == id)));
            terminal::table(
                ["statement that touches it", "title"],
                serving.map(|s| [s.id.to_string(), s.title.clone()]),
            )?;
            return Ok(Exit::Met);
        }
    }
    let policies = workshop::policies(&source, &catalog)?;
    let subject = subject(id, &catalog, &policies).map_err(explain::unknown)?;
    let told =
        Sources { catalog: &catalog, policies: &policies, report: None }.explain(&subject).map_err(explain::unknown)?;
    terminal::out(explain::tree(&told).as_bytes())?;
    Ok(Exit::Met)
}

/// Takes requirement identifiers apart. Those that can be read are printed even where others cannot.
fn ids(format: ListFormat, given: &[String]) -> Result<Exit, Failure> {
    let (mut read, mut complaints) = (Vec::new(), Vec::new());
    for text in given {
        match text.parse::<RequirementId>() {
            Ok(id) => read.push(id),
            Err(error) => complaints.push(error),
        }
    }
    match format {
        ListFormat::Json => {
            let lines: String = read.iter().map(|id| format!("{}\n", id_json(id))).collect();
            terminal::out(lines.as_bytes())?;
        }
        ListFormat::Table => terminal::table(
            ["id", "domain", "sequence", "reference", "level", "factor type", "items"],
            read.iter().map(|id| {
                let items = id.items().map_or(String::new(), |items| match items.list() {
                    Some(list) => list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
                    None => format!("{} (no clear reading)", items.as_str()),
                });
                [
                    id.to_string(),
                    id.domain().to_string(),
                    id.sequence().unwrap_or_default().to_owned(),
                    id.control_reference().to_string(),
                    id.level().map(ToString::to_string).unwrap_or_default(),
                    id.factor_type().map(ToString::to_string).unwrap_or_default(),
                    items,
                ]
            }),
        )?,
    }
    if complaints.is_empty() { Ok(Exit::Met) } else { Err(Failure::many(Exit::NotEvaluated, &complaints)) }
}

fn id_json(id: &RequirementId) -> serde_json::Value {
    json!({
        "id": id.as_str(),
        "domain": id.domain(),
        "sequence": id.sequence(),
        "control_reference": id.control_reference().to_string(),
        "level": id.level().map(ToString::to_string),
        "factor_type": id.factor_type().map(ToString::to_string),
        "items": id.items().map(|items| items.as_str()),
        "item_numbers": id.items().and_then(|items| items.list()),
        "items_ambiguous": id.items().is_some_and(|items| items.is_ambiguous()),
        "tail": id.tail(),
    })
}

fn show_kind(catalog: &Catalog, kind: Kind) -> Result<Exit, Failure> {
    let dictionary = catalog.dictionary();
    let mut rows = Vec::new();
    for name in dictionary.names(kind) {
        let Some(field) = dictionary.attribute(kind, name) else { continue };
        rows.push([name.to_owned(), field.shape.as_str().to_owned(), field.means.to_string()]);
        if let Shape::Records(below) = &field.shape {
            rows.extend(
                below
                    .iter()
                    .map(|(n, f)| [format!("  {name}[].{n}"), f.shape.as_str().to_owned(), f.means.to_string()]),
            );
        }
    }
    terminal::table(["attribute", "holds", "means"], rows)?;
    Ok(Exit::Met)
}

fn validate(common: &Common, dir: Option<PathBuf>) -> Result<Exit, Failure> {
    let source = dir.map_or_else(|| workshop::source(common), ContentSource::at);
    if let ContentSource::Folder(folder) = &source
        && !folder.is_dir()
    {
        return Err(Failure::new(Exit::NotEvaluated, format!("{} is not a folder", folder.display())));
    }
    let faults = |faults: &[attesta_catalog::Fault]| Failure::many(Exit::Findings, faults);
    let catalog = attesta_content::load(&source).map_err(|f| faults(&f))?;
    let crosswalk = attesta_content::crosswalk(&source, &[], &catalog).map_err(|f| faults(&f))?;
    let programs = attesta_content::programs(&source).map_err(|f| faults(&f))?;
    attesta_content::rubrics(&source, workshop::today()).map_err(|f| faults(&f))?;
    attesta_content::evidence_rules(&source).map_err(|f| faults(&f))?;
    attesta_content::hipaa_rules(&source, &catalog).map_err(|f| faults(&f))?;
    let tailoring = attesta_content::tailoring(&source, &catalog).map_err(|f| faults(&f))?;
    let files = workshop::policy_files(&source)?;
    let policies = attesta_content::policies(&files, &catalog).map_err(|f| faults(&f))?;
    let cases = run_policy_tests(&files, &policies).map_err(|f| faults(&f))?;
    let failed: Vec<String> = cases
        .iter()
        .filter_map(|c| {
            c.failure.as_ref().map(|f| format!("{}: {} / {}: expected {}, {f}", c.place, c.policy, c.name, c.expected))
        })
        .collect();
    let unproven: Vec<String> = catalog
        .elements()
        .filter(|e| e.element.proof.takes_settings() && !policies.iter().any(|p| p.proves.contains(&e.element.id)))
        .map(|e| format!("element {} takes settings as proof, but no policy proves it", e.element.id))
        .collect();
    if !(failed.is_empty() && unproven.is_empty()) {
        return Err(Failure::many(Exit::Findings, &[failed, unproven].concat()));
    }
    let pack = catalog.pack();
    let text = format!(
        "{} {} is sound: {} HIPAA items ({} required, {} addressable), {} categories, {} objectives, {} references, {} domains,\n\
         {} statements with {} elements, {} framework ids, {} mappings between frameworks, {} kinds, {} policies with {} test cases,\n\
         {} programs, {} tailoring factors, {} additions, {} requirements in {} packs\n",
        pack.name,
        pack.version,
        catalog.hipaa().count(),
        catalog.required().count(),
        catalog.addressable().count(),
        catalog.categories().count(),
        catalog.objectives().count(),
        catalog.references().count(),
        catalog.domains().count(),
        catalog.statements().count(),
        catalog.elements().count(),
        catalog.frameworks().map(|f| f.entries().len()).sum::<usize>(),
        crosswalk.mappings().len(),
        catalog.dictionary().kinds().count(),
        policies.len(),
        cases.len(),
        programs.len(),
        tailoring.factors.iter().count(),
        tailoring.additions.0.len(),
        tailoring.packs.iter().map(|p| p.requirements.len()).sum::<usize>(),
        tailoring.packs.len(),
    );
    terminal::out(text.as_bytes())?;
    Ok(Exit::Met)
}
