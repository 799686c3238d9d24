//! `attesta assess inherit DIR …`: other assessments' results, requests, and what is still one's own.

use std::{collections::BTreeMap, path::PathBuf};

use attesta_assessment::{
    Inheritable, Matrix, Mine, PackRequirement, PersonId, Request, RequestCommand, RequestState, RequirementKey,
    Responsibility, Source, SourceId, View, may_be_used, still_mine,
};
use attesta_catalog::Placed;
use attesta_kernel::{Date, Share};
use attesta_scoring::Score;
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::{
    args::{Common, ListFormat},
    assess::{
        desk::{self, Desk, refuse},
        import_matrix::{self, MatrixOptions},
        points::{Points, shown},
    },
    exit::{Exit, Failure},
    terminal,
};

#[derive(Debug, Args)]
pub(crate) struct InheritOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// The day of what is done, and on which sources must be current [default: today]
    #[arg(long, global = true, value_name = "YYYY-MM-DD")]
    at: Option<Date>,
    /// How to print
    #[arg(short, long, global = true, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Sources, whether they may be used, and requests
    List,
    /// Ask to use a source's results: writes drafts of requests
    Request {
        /// The source
        #[arg(long, value_name = "ID")]
        source: SourceId,
        /// Requirements; may be given several times
        #[arg(long, value_name = "ID", required_unless_present = "matrix")]
        requirement: Vec<RequirementKey>,
        /// The source's id of the requirement, where it differs (one requirement only)
        #[arg(long, value_name = "ID")]
        stands_for: Option<RequirementKey>,
        /// How much of the score it makes, in per cent [default: what --matrix suggests]
        #[arg(long, value_name = "PERCENT", required_unless_present = "matrix")]
        weight: Option<Score>,
        /// Request everything that this shared responsibility matrix lets inherit
        #[arg(long, value_name = "ID")]
        matrix: Option<String>,
    },
    /// Change the weight of drafts
    Reweigh {
        #[command(flatten)]
        which: Which,
        /// The new weight, in per cent
        #[arg(long, value_name = "PERCENT")]
        weight: Score,
    },
    /// Send drafts to the provider
    Submit(Which),
    /// The provider agrees
    Approve(Which),
    /// The provider does not agree
    Reject(Which),
    /// Let approved requests count
    Apply(Which),
    /// Take requests back
    Withdraw(Which),
    /// What is still one's own, element by element
    Mine {
        /// Matrices to look at [default: those in the folder, else the illustrative one that ships]
        #[arg(long, value_name = "ID")]
        matrix: Vec<String>,
    },
    /// Scores without and with what is inherited
    Effect,
    /// Import a provider's shared responsibility matrix: XLSX or CSV
    ///
    /// Shows first how the table would be read; writing needs --accept or --profile (docs/reference/assessment-folder.md).
    ImportMatrix(MatrixOptions),
}

#[derive(Debug, Args)]
struct Which {
    /// The source
    #[arg(long, value_name = "ID")]
    source: SourceId,
    /// Requirements [default: every request of the source that can be so treated]
    #[arg(long, value_name = "ID")]
    requirement: Vec<RequirementKey>,
    /// Who does it, from people.yaml
    #[arg(long, value_name = "PERSON")]
    by: PersonId,
    /// Why
    #[arg(long, value_name = "TEXT", default_value = "")]
    because: String,
}

pub(crate) fn run(common: &Common, options: &InheritOptions) -> Result<Exit, Failure> {
    let desk = desk::open(common, &options.dir, options.at)?;
    let format = options.format;
    match &options.what {
        What::List => list(&desk, format),
        What::Request { source, requirement, stands_for, weight, matrix } => {
            request(common, &desk, source, requirement, stands_for.as_ref(), *weight, matrix.as_deref())
        }
        What::Reweigh { which, weight } => act(common, &desk, which, &RequestCommand::Reweigh(*weight)),
        What::Submit(which) => act(common, &desk, which, &RequestCommand::Submit),
        What::Approve(which) => act(common, &desk, which, &RequestCommand::Approve),
        What::Reject(which) => act(common, &desk, which, &RequestCommand::Reject(which.because.clone())),
        What::Apply(which) => act(common, &desk, which, &RequestCommand::Apply),
        What::Withdraw(which) => act(common, &desk, which, &RequestCommand::Withdraw(which.because.clone())),
        What::Mine { matrix } => mine(&desk, matrix, format),
        What::Effect => effect(&desk, format),
        What::ImportMatrix(options) => import_matrix::run(common, &desk, options, format),
    }
}

fn source<'d>(desk: &'d Desk, id: &SourceId) -> Result<&'d Source, Failure> {
    desk.dossier.inheritance.sources.get(id).map(|s| &s.value).ok_or_else(|| {
        let known: Vec<&str> = desk.dossier.inheritance.sources.keys().map(SourceId::as_str).collect();
        Failure::new(Exit::Usage, format!("there is no source `{id}`"))
            .help(format!("describe it under inheritance/sources/; there are: {}", known.join(", ")))
    })
}

fn list(desk: &Desk, format: ListFormat) -> Result<Exit, Failure> {
    #[derive(Serialize)]
    struct SourceRow<'a> {
        id: &'a str,
        title: &'a str,
        relation: &'a str,
        #[serde(rename = "type")]
        program: &'a str,
        state: &'a str,
        usable: bool,
        because: Option<String>,
    }
    #[derive(Serialize)]
    struct RequestRow<'a> {
        requirement: &'a str,
        source: &'a str,
        weight: String,
        state: &'a str,
        since: Option<String>,
    }
    let register = &desk.dossier.inheritance;
    let sources: Vec<SourceRow<'_>> = register
        .sources
        .values()
        .map(|s| {
            let s = &s.value;
            let usable = may_be_used(&desk.inheritance, &desk.dossier.assessment.value, register, s, desk.at);
            SourceRow {
                id: s.id.as_str(),
                title: &s.title,
                relation: s.relation.as_str(),
                program: &s.program,
                state: s.state.as_str(),
                usable: usable.is_ok(),
                because: usable.err().map(|e| e.to_string()),
            }
        })
        .collect();
    let requests: Vec<RequestRow<'_>> = register
        .requests
        .iter()
        .map(|r| RequestRow {
            requirement: r.value.requirement.as_str(),
            source: r.value.source.as_str(),
            weight: r.value.weight.to_string(),
            state: r.value.state.as_str(),
            since: r.value.state.since().map(|d| d.to_string()),
        })
        .collect();
    if format == ListFormat::Json {
        terminal::json_of(&serde_json::json!({ "sources": sources, "requests": requests }))?;
        return Ok(Exit::Met);
    }
    terminal::table(
        ["source", "title", "relation", "type", "state", &format!("usable on {}", desk.at)],
        sources.iter().map(|s| {
            [
                s.id.to_owned(),
                s.title.to_owned(),
                s.relation.to_owned(),
                s.program.to_owned(),
                s.state.to_owned(),
                s.because.clone().map_or_else(|| "yes".to_owned(), |why| format!("no: {why}")),
            ]
        }),
    )?;
    terminal::out(b"\n")?;
    terminal::table(
        ["requirement", "source", "weight %", "state", "since"],
        requests.iter().map(|r| {
            [
                r.requirement.to_owned(),
                r.source.to_owned(),
                r.weight.clone(),
                r.state.to_owned(),
                r.since.clone().unwrap_or_default(),
            ]
        }),
    )?;
    Ok(Exit::Met)
}

fn request(
    common: &Common,
    desk: &Desk,
    source_id: &SourceId,
    requirements: &[RequirementKey],
    stands_for: Option<&RequirementKey>,
    weight: Option<Score>,
    matrix_id: Option<&str>,
) -> Result<Exit, Failure> {
    let source = source(desk, source_id)?;
    may_be_used(&desk.inheritance, &desk.dossier.assessment.value, &desk.dossier.inheritance, source, desk.at)
        .map_err(|e| Failure::new(Exit::Findings, e.to_string()))?;
    if stands_for.is_some() && requirements.len() != 1 {
        return Err(Failure::new(Exit::Usage, "--stands-for goes with exactly one --requirement"));
    }
    let tailored = desk.tailored()?;
    let matrices = shipped(desk)?;
    let matrix = matrix_id.map(|id| find(desk, &matrices, id)).transpose()?;
    let asked: Vec<&PackRequirement> = match (requirements, matrix) {
        ([], Some(matrix)) => tailored
            .requirements
            .iter()
            .map(|a| a.requirement)
            .filter(|r| matrix.inheritable(r) != Inheritable::Not && source.results.contains_key(&r.id))
            .collect(),
        (named, _) => named
            .iter()
            .map(|key| {
                tailored.get(key).map(|a| a.requirement).ok_or_else(|| {
                    Failure::new(Exit::Usage, format!("`{key}` is not asked in this assessment"))
                        .help("`attesta assess tailor DIR` lists what is")
                })
            })
            .collect::<Result<_, _>>()?,
    };
    let mut requests: Vec<Request> = desk.dossier.inheritance.requests.iter().map(|r| r.value.clone()).collect();
    let (mut made, mut wrong) = (Vec::new(), Vec::new());
    for requirement in asked {
        let there = stands_for.unwrap_or(&requirement.id);
        let open = |r: &&Request| {
            r.requirement == requirement.id
                && r.source == *source_id
                && !matches!(r.state, RequestState::Rejected { .. } | RequestState::Withdrawn { .. })
        };
        if let Some(existing) = requests.iter().find(open) {
            wrong.push(format!("`{}`: there is a request already, which is {}", requirement.id, existing.state));
            continue;
        }
        if !source.results.contains_key(there) {
            wrong.push(format!("`{}`: source `{source_id}` has no result for `{there}`", requirement.id));
            continue;
        }
        let suggested = || matrix.map(|m| percent(m.suggested(requirement)));
        let Some(weight) = weight.or_else(suggested).filter(|w| *w > Score::ZERO) else {
            wrong
                .push(format!("`{}`: the matrix gives the provider no element alone; name a --weight", requirement.id));
            continue;
        };
        if let Some(matrix) = matrix.filter(|m| weight > m.allowance(requirement)) {
            wrong.push(format!(
                "`{}`: a weight of {weight} % is more than the {} % that matrix `{}` allows",
                requirement.id,
                matrix.allowance(requirement),
                matrix.id
            ));
            continue;
        }
        made.push(format!("{} from {source_id}: {weight} %, draft", requirement.id));
        let stands_for = stands_for.cloned();
        let state = RequestState::Draft;
        requests.push(Request {
            requirement: requirement.id.clone(),
            source: source_id.clone(),
            stands_for,
            weight,
            state,
        });
    }
    if !wrong.is_empty() && (!requirements.is_empty() || made.is_empty()) {
        return Err(Failure::many(Exit::Findings, &wrong).help("nothing was written"));
    }
    if !common.quiet {
        wrong.iter().for_each(|text| terminal::note(text));
    }
    save(desk, requests)?;
    terminal::out(format!("{}\n", made.join("\n")).as_bytes())?;
    Ok(Exit::Met)
}

fn percent(share: Share) -> Score {
    let whole = share.percent().unwrap_or(0).saturating_mul(100);
    u16::try_from(whole).ok().and_then(Score::from_hundredths).unwrap_or(Score::ZERO)
}

fn save(desk: &Desk, mut requests: Vec<Request>) -> Result<(), Failure> {
    requests.sort_by(|a, b| (&a.requirement, &a.source).cmp(&(&b.requirement, &b.source)));
    desk.folder.write(&[attesta_workspace::requests_change(&requests)]).map_err(|f| refuse(&[f]))
}

/// Does one thing with the requests that were named, all of them or none.
fn act(common: &Common, desk: &Desk, which: &Which, command: &RequestCommand) -> Result<Exit, Failure> {
    let source = source(desk, &which.source)?;
    let person = desk.dossier.people.get(&which.by).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("there is no person `{}`", which.by)).help("add them to people.yaml")
    })?;
    if matches!(command, RequestCommand::Apply) {
        may_be_used(&desk.inheritance, &desk.dossier.assessment.value, &desk.dossier.inheritance, source, desk.at)
            .map_err(|e| Failure::new(Exit::Findings, e.to_string()).help("nothing was applied"))?;
    }
    let mut requests: Vec<Request> = desk.dossier.inheritance.requests.iter().map(|r| r.value.clone()).collect();
    let (mut done, mut refused) = (Vec::new(), Vec::new());
    for request in &mut requests {
        let named = which.requirement.is_empty() || which.requirement.contains(&request.requirement);
        if request.source != which.source || !named {
            continue;
        }
        match request.act(command, source.relation, &which.by, person.value.side, desk.at) {
            Ok((next, event)) => {
                done.push(format!("{} from {}: {} ({})", next.requirement, next.source, next.state, event.what));
                *request = next;
            }
            // Without names, requests that stand elsewhere are passed over once one could be treated.
            Err(_) if which.requirement.is_empty() && !done.is_empty() => {}
            Err(refusal) => refused.push(format!("`{}`: {refusal}", request.requirement)),
        }
    }
    for key in &which.requirement {
        if !requests.iter().any(|r| r.requirement == *key && r.source == which.source) {
            refused.push(format!("`{key}`: there is no request from `{}`", which.source));
        }
    }
    if done.is_empty() || !which.requirement.is_empty() && !refused.is_empty() {
        if refused.is_empty() {
            refused.push(format!("there is no request from `{}`", which.source));
        }
        return Err(Failure::many(Exit::Findings, &refused).help("nothing was changed"));
    }
    if matches!(command, RequestCommand::Apply) {
        let mut register = desk.dossier.inheritance.clone();
        register.requests =
            requests.iter().map(|r| Placed::new(attesta_workspace::new_request_place(), r.clone())).collect();
        attesta_assessment::applied(&desk.inheritance, &desk.dossier.assessment.value, &register, desk.at)
            .map_err(|f| Failure::many(Exit::Findings, &f).help("nothing was applied"))?;
    }
    save(desk, requests)?;
    if !common.quiet {
        terminal::out(format!("{}\n", done.join("\n")).as_bytes())?;
    }
    Ok(Exit::Met)
}

fn shipped(desk: &Desk) -> Result<Vec<Placed<Matrix>>, Failure> {
    attesta_content::matrices(desk.library.source()).map_err(|f| refuse(&f))
}

fn find<'m>(desk: &'m Desk, shipped: &'m [Placed<Matrix>], id: &str) -> Result<&'m Matrix, Failure> {
    let own = desk.dossier.inheritance.matrices.values();
    own.chain(shipped).map(|m| &m.value).find(|m| m.id.as_str() == id).ok_or_else(|| {
        let known: Vec<&str> =
            desk.dossier.inheritance.matrices.values().chain(shipped).map(|m| m.value.id.as_str()).collect();
        Failure::new(Exit::Usage, format!("there is no matrix `{id}`")).help(format!("there are: {}", known.join(", ")))
    })
}

fn mine(desk: &Desk, named: &[String], format: ListFormat) -> Result<Exit, Failure> {
    let shipped = shipped(desk)?;
    let matrices: Vec<&Matrix> = if named.is_empty() {
        let own: Vec<&Matrix> = desk.dossier.inheritance.matrices.values().map(|m| &m.value).collect();
        if own.is_empty() { shipped.iter().map(|m| &m.value).collect() } else { own }
    } else {
        named.iter().map(|id| find(desk, &shipped, id)).collect::<Result<_, _>>()?
    };
    let tailored = desk.tailored()?;
    let requirements = || tailored.requirements.iter().map(|a| a.requirement);
    let mine = still_mine(&matrices, requirements());
    let elements: usize = requirements().map(|r| r.elements.len()).sum();
    let shares = |matrix: &Matrix| {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        requirements().for_each(|r| *counts.entry(matrix.inheritable(r).as_str()).or_insert(0) += 1);
        counts
    };
    if format == ListFormat::Json {
        #[derive(Serialize)]
        struct Row<'a> {
            requirement: &'a str,
            element: u8,
            responsibility: &'a str,
            text: &'a str,
        }
        let rows: Vec<Row<'_>> = mine
            .iter()
            .map(|m| Row {
                requirement: m.requirement.id.as_str(),
                element: m.element,
                responsibility: m.responsibility.as_str(),
                text: text(m),
            })
            .collect();
        let told: Vec<_> = matrices
            .iter()
            .map(|m| serde_json::json!({ "id": m.id.as_str(), "title": m.title, "notice": m.notice, "requirements": shares(m) }))
            .collect();
        terminal::json_of(&serde_json::json!({ "matrices": told, "elements": elements, "mine": rows }))?;
        return Ok(Exit::Met);
    }
    for matrix in &matrices {
        let counts: Vec<String> = shares(matrix).iter().map(|(what, n)| format!("{n} {what}")).collect();
        terminal::out(
            format!("{}: requirements inheritable: {}\n{}\n", matrix.title, counts.join(", "), matrix.notice)
                .as_bytes(),
        )?;
    }
    let shared = mine.iter().filter(|m| m.responsibility == Responsibility::Shared).count();
    terminal::out(
        format!("\nof {elements} elements {} are still yours, {shared} of them in part\n\n", mine.len()).as_bytes(),
    )?;
    let rows = mine
        .iter()
        .map(|m| [format!("{}.{}", m.requirement.id, m.element), m.responsibility.to_string(), text(m).to_owned()]);
    terminal::table(["element", "whose", "what"], rows)?;
    Ok(Exit::Met)
}

fn text<'a>(mine: &Mine<'a>) -> &'a str {
    mine.requirement.elements.iter().find(|e| e.number == mine.element).map_or("", |e| e.text.as_str())
}

fn effect(desk: &Desk, format: ListFormat) -> Result<Exit, Failure> {
    let with = desk.scored(View::Final)?;
    let without = desk.scored_with(desk.tailored()?, &desk.dossier, &BTreeMap::new(), View::Final)?;
    #[derive(Serialize)]
    struct Row<'a> {
        domain: u8,
        title: &'a str,
        without: Points,
        with: Points,
        unanswered_without: usize,
    }
    let open = |number: u8| {
        let of = |at: &&usize| without.tailored.requirements.get(**at).is_some_and(|a| a.requirement.domain == number);
        without.workings.unanswered.iter().filter(of).count()
    };
    let rows: Vec<Row<'_>> = desk
        .catalog
        .domains()
        .filter_map(|domain| {
            let score =
                |card: &attesta_scoring::Scorecard| card.domains.get(&domain.number).and_then(|d| d.group.score);
            let (before, after) = (score(&without.card), score(&with.card));
            (before != after).then(|| Row {
                domain: domain.number,
                title: &domain.title,
                without: Points(before),
                with: Points(after),
                unanswered_without: open(domain.number),
            })
        })
        .collect();
    if format == ListFormat::Json {
        #[derive(Serialize)]
        struct Told<'a> {
            domains: Vec<Row<'a>>,
            verdict_without: String,
            verdict_with: String,
        }
        terminal::json_of(&Told { domains: rows, verdict_without: without.verdict(), verdict_with: with.verdict() })?;
        return Ok(Exit::Met);
    }
    terminal::table(
        ["no", "domain", "without", "with", "open without"],
        rows.iter().map(|r| {
            [
                r.domain.to_string(),
                r.title.to_owned(),
                shown(r.without.0),
                shown(r.with.0),
                r.unanswered_without.to_string(),
            ]
        }),
    )?;
    terminal::out(format!("\nwithout: {}\nwith:    {}\n", without.verdict(), with.verdict()).as_bytes())?;
    Ok(Exit::Met)
}
