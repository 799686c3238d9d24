//! `attesta program list`, `show` and `override`: assessment types and their figures, and replacing a figure.

use std::path::{Path, PathBuf};

use attesta_assessment::{AssessmentType, CarveOuts, Covers, CsfChoice, Purpose, Tailoring};
use attesta_content::{ContentSource, File, files};
use attesta_kernel::{Date, Provenance};
use attesta_scoring::{Counted, Program};
use attesta_workspace::ASSESSMENT;
use clap::Subcommand;
use serde_json::json;

use crate::{
    args::{Common, ListFormat},
    assess::desk::refuse,
    exit::{Exit, Failure},
    terminal, workshop,
};

#[derive(Debug, Subcommand)]
pub(crate) enum ProgramCommand {
    /// List assessment types
    List {
        /// The day whose figures are shown [default: today]
        #[arg(long, value_name = "YYYY-MM-DD")]
        at: Option<Date>,
        /// How to print
        #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
    /// Show the figures of one assessment type, each with its source and confidence
    Show {
        /// The type, e.g. r2
        id: String,
        /// An assessment's folder, whose own content/ stands in front of what ships
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
        /// The day whose figures are shown [default: today]
        #[arg(long, value_name = "YYYY-MM-DD")]
        at: Option<Date>,
        /// How to print
        #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
    /// Copy a content file to where it stands in front of the built-in one, to be edited
    ///
    /// Whoever holds the licensed rubric replaces figures this way. In an assessment's folder the copy goes to its content/
    /// folder; elsewhere DIR is a folder for --content. Every output that uses it says so.
    Override {
        /// What: program, rubric, factors, additions, adviser, packs …, or a path such as rubrics/hitrust/v3.yaml
        kind: String,
        /// Which, e.g. r2 or v3
        id: Option<String>,
        /// The assessment's folder, or a folder for --content
        #[arg(long, default_value = ".", value_name = "DIR")]
        dir: PathBuf,
    },
}

pub(crate) fn run(common: &Common, command: &ProgramCommand) -> Result<Exit, Failure> {
    match command {
        ProgramCommand::List { at, format } => list(common, at.unwrap_or_else(workshop::today), *format),
        ProgramCommand::Show { id, dir, at, format } => {
            let source = match dir {
                Some(dir) => {
                    let source = crate::assess::desk::source(common, dir);
                    if !common.quiet {
                        workshop::announce_files(&source, common.content.as_deref())?;
                    }
                    source
                }
                None => workshop::source(common),
            };
            show(&source, id, at.unwrap_or_else(workshop::today), *format)
        }
        ProgramCommand::Override { kind, id, dir } => shadow(common, kind, id.as_deref(), dir),
    }
}

fn list(common: &Common, at: Date, format: ListFormat) -> Result<Exit, Failure> {
    let source = workshop::source(common);
    let programs = attesta_content::programs(&source).map_err(|f| refuse(&f))?;
    let kinds = attesta_content::assessment_types(&source).map_err(|f| refuse(&f))?;
    let rows: Vec<[String; 6]> = programs.iter().map(|p| row(p, kinds.get(&p.id), at)).collect();
    let columns = ["type", "title", "levels", "domain passes at", "valid", "made for"];
    match format {
        ListFormat::Table => terminal::table(columns, rows)?,
        ListFormat::Json => {
            let entries: Vec<serde_json::Value> = rows
                .into_iter()
                .map(|row| columns.iter().map(|c| c.replace(' ', "_")).zip(row).map(|(c, v)| (c, json!(v))).collect())
                .collect();
            terminal::json(&json!({"schema": "attesta.programs/1", "at": at.to_string(), "programs": entries}))?;
        }
    }
    Ok(Exit::Met)
}

fn row(program: &Program, kind: Option<&AssessmentType>, at: Date) -> [String; 6] {
    let none = || "-".to_owned();
    let levels = program.weights.on(at).map_or_else(none, |w| {
        let words: Vec<String> =
            w.value.iter().map(|w| format!("{}{}", w.level, if w.optional { "?" } else { "" })).collect();
        words.join(", ")
    });
    let passes = program.domain.on(at).map_or_else(none, |d| {
        let what = if d.value.counts == Counted::Core { "core" } else { "all" };
        format!("{} ({what})", d.value.at_least)
    });
    let valid = kind.and_then(|k| k.valid_months.on(at)).map_or_else(none, |m| format!("{} months", m.value));
    let purposes = kind.map_or_else(none, |k| {
        let allowed: Vec<&str> = Purpose::ALL.into_iter().filter(|p| k.allows(*p, at)).map(Purpose::as_str).collect();
        allowed.join(", ")
    });
    [program.id.clone(), program.title.clone(), levels, passes, valid, purposes]
}

/// A figure as `show` tells it.
struct Figure {
    what: String,
    value: String,
    csf: String,
    provenance: Provenance,
}

fn show(source: &ContentSource, id: &str, at: Date, format: ListFormat) -> Result<Exit, Failure> {
    let programs = attesta_content::programs(source).map_err(|f| refuse(&f))?;
    let Some(program) = programs.iter().find(|p| p.id == id) else {
        let known: Vec<&str> = programs.iter().map(|p| p.id.as_str()).collect();
        return Err(Failure::new(Exit::Usage, format!("`{id}` is not an assessment type"))
            .help(format!("use {}", known.join(", "))));
    };
    let kinds = attesta_content::assessment_types(source).map_err(|f| refuse(&f))?;
    let mut figures = scoring_figures(program, at)?;
    figures.extend(kinds.get(id).into_iter().flat_map(|k| type_figures(k, at)));
    let overridden = source.overridden().map_err(|f| refuse(&f))?;
    match format {
        ListFormat::Table => {
            terminal::out(format!("{}: {}\nfigures of {at}\n\n", program.id, program.title).as_bytes())?;
            let rows = figures.iter().map(|f| {
                let Provenance { source, confidence } = &f.provenance;
                [f.what.clone(), f.value.clone(), f.csf.clone(), confidence.to_string(), source.clone()]
            });
            terminal::table(["figure", "value", "csf", "confidence", "source"], rows)?;
        }
        ListFormat::Json => {
            let entries: Vec<serde_json::Value> = figures
                .iter()
                .map(|f| {
                    json!({"figure": f.what, "value": f.value, "csf": f.csf,
                        "confidence": f.provenance.confidence.as_str(), "source": f.provenance.source})
                })
                .collect();
            terminal::json(&json!({
                "schema": "attesta.program-figures/1", "type": program.id, "title": program.title, "at": at.to_string(),
                "figures": entries, "overridden": overridden.iter().map(|o| &o.path).collect::<Vec<_>>(),
            }))?;
        }
    }
    Ok(Exit::Met)
}

fn figure<T>(what: impl Into<String>, f: &attesta_scoring::Figure<T>, value: String) -> Figure {
    Figure { what: what.into(), value, csf: f.csf.clone(), provenance: f.provenance.clone() }
}

fn scoring_figures(program: &Program, at: Date) -> Result<Vec<Figure>, Failure> {
    let rules = program.rules(at).map_err(|e| refuse(&[e]))?;
    let weights: Vec<String> = rules
        .weights
        .value
        .iter()
        .map(|w| format!("{} {}{}", w.level, w.share, if w.optional { " (optional)" } else { "" }))
        .collect();
    let counts = if rules.domain.value.counts == Counted::Core { "of the core" } else { "of all requirements" };
    let gap: Vec<&str> = rules.gap.value.iter().map(|l| l.as_str()).collect();
    let cap = rules.cap.value;
    Ok(vec![
        figure("assessment_domains", rules.assessment_domains, rules.assessment_domains.value.to_string()),
        figure("weights", rules.weights, weights.join(", ")),
        figure("domain", rules.domain, format!("mean {counts} at least {}", rules.domain.value.at_least)),
        figure("gap", rules.gap, format!("below 100 on {}", gap.join(", "))),
        figure(
            "cap",
            rules.cap,
            format!("{} below 100 in a control reference below {}", cap.level, cap.reference_below),
        ),
    ])
}

fn type_figures(kind: &AssessmentType, at: Date) -> Vec<Figure> {
    let mut figures = Vec::new();
    for (purpose, timeline) in &kind.purposes {
        if let Some(rule) = timeline.on(at) {
            let covers = match rule.value.covers {
                Covers::Everything => "everything",
                Covers::Sample => "a sample",
                Covers::SampleOfAdditions => "a sample of what additions brought",
            };
            let certifies = if rule.value.certifies { "" } else { "; no certificate" };
            let note = if rule.value.note.is_empty() { String::new() } else { format!("; {}", rule.value.note) };
            figures.push(figure(format!("purpose {purpose}"), rule, format!("covers {covers}{certifies}{note}")));
        }
    }
    figures.extend(kind.valid_months.on(at).map(|f| figure("valid_months", f, f.value.to_string())));
    figures.extend(kind.carve_outs.on(at).map(|f| {
        let value = match f.value {
            CarveOuts::Allowed => "allowed",
            CarveOuts::Refused => "refused",
        };
        figure("carve_outs", f, value.to_owned())
    }));
    figures.extend(kind.tailoring.on(at).map(|f| {
        let value = match f.value {
            Tailoring::FixedCore => "a fixed core and additions",
            Tailoring::Factors => "a core, risk factors and additions",
        };
        figure("tailoring", f, value.to_owned())
    }));
    figures.extend(kind.csf.on(at).map(|f| {
        let value = match f.value {
            CsfChoice::Newest => "the newest",
            CsfChoice::AnyOpen => "any that is open",
        };
        figure("csf_choice", f, value.to_owned())
    }));
    figures.extend(kind.core.iter().map(|c| Figure {
        what: "core".to_owned(),
        value: format!("{} requirements", c.value),
        csf: c.last.map_or_else(|| format!("from {}", c.first), |last| format!("{} to {last}", c.first)),
        provenance: c.provenance.clone(),
    }));
    figures
}

fn shadow(common: &Common, kind: &str, id: Option<&str>, dir: &Path) -> Result<Exit, Failure> {
    // What is copied is what ships, or what --content says; never an older copy of the same folder.
    let source = workshop::source(common);
    let all: Vec<File> = files(&source, "").map_err(|f| refuse(&f))?.filter(|f| f.inside.ends_with(".yaml")).collect();
    let fits = |file: &&File| {
        let path = Path::new(&file.inside);
        let folder = file.inside.split('/').next().unwrap_or_default();
        let stem = path.file_stem().is_some_and(|s| id.is_none_or(|id| s == id));
        file.inside == kind || (stem && (folder == kind || folder.strip_suffix('s') == Some(kind)))
    };
    let found: Vec<&File> = all.iter().filter(fits).collect();
    let file = match found.as_slice() {
        [file] => *file,
        [] => {
            let name = id.map_or_else(|| kind.to_owned(), |id| format!("{kind} {id}"));
            return Err(Failure::new(Exit::Usage, format!("no content file is `{name}`")).help(
                "name what and which, such as `rubric v3` or `program r2`, or a path such as rubrics/hitrust/v3.yaml",
            ));
        }
        several => {
            let paths: Vec<&str> = several.iter().take(8).map(|f| f.inside.as_str()).collect();
            return Err(Failure::new(Exit::Usage, format!("{} content files are `{kind}`", several.len()))
                .help(format!("name one: {}{}", paths.join(", "), if several.len() > 8 { " …" } else { "" })));
        }
    };
    if !dir.is_dir() {
        return Err(Failure::new(Exit::Usage, format!("{} is not a folder", dir.display()))
            .help("name an assessment's folder, or an existing folder for --content"));
    }
    let base = if dir.join(ASSESSMENT).is_file() { dir.join("content") } else { dir.to_owned() };
    let target = base.join(&file.inside);
    let failed =
        |e: std::io::Error| Failure::new(Exit::NotEvaluated, format!("{}: cannot be written: {e}", target.display()));
    if let Some(parent) = target.parent() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    let created = std::fs::OpenOptions::new().write(true).create_new(true).open(&target);
    let mut copy = created.map_err(|e| match e.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Failure::new(Exit::Usage, format!("{}: stands there already", target.display()))
                .help("edit it, or move it away first")
        }
        _ => failed(e),
    })?;
    std::io::Write::write_all(&mut copy, file.text.as_bytes()).map_err(failed)?;
    terminal::out(
        format!(
            "{}: a copy of {}\nchange a figure and its `basis` there; check it with `attesta catalog validate {}`\n",
            target.display(),
            file.path,
            base.display()
        )
        .as_bytes(),
    )?;
    Ok(Exit::Met)
}
