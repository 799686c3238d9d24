//! `attesta assess advise`: which assessment type fits, and why.

use std::{collections::BTreeSet, path::PathBuf};

use attesta_assessment::{Advice, Adviser, ChoiceId, FactorAnswer, FactorAnswers, FactorId};
use attesta_catalog::Placed;
use attesta_content::File;
use attesta_kernel::{Date, Place};
use clap::Args;
use serde_json::json;

use crate::{
    args::{Common, ListFormat},
    assess::desk::refuse,
    exit::{Exit, Failure},
    terminal, workshop,
};

#[derive(Debug, Args)]
pub(crate) struct AdviseOptions {
    /// A profile: answers in the form of factors.yaml
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// People whose health records the systems hold: a number, or none, few, many, very-many
    #[arg(long, value_name = "ANSWER")]
    ephi_volume: Option<String>,
    /// How grave a leak would be: low, moderate, high
    #[arg(long, value_name = "ANSWER")]
    data_sensitivity: Option<String>,
    /// What a contract or law demands: nothing, any, e1, i1, r2
    #[arg(long, value_name = "ANSWER")]
    contractual_demand: Option<String>,
    /// Months until the certificate must be there
    #[arg(long, value_name = "MONTHS")]
    deadline_months: Option<String>,
    /// Dollars that it may cost, all in
    #[arg(long, value_name = "DOLLARS")]
    budget: Option<String>,
    /// The certificate that is held now: nothing, e1, i1, r2
    #[arg(long, value_name = "ANSWER")]
    certificate: Option<String>,
    /// Any other question of the adviser: QUESTION=ANSWER
    #[arg(long, value_name = "ANSWER")]
    answer: Vec<String>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
    /// The day of the advice [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    at: Option<Date>,
}

pub(crate) fn run(common: &Common, options: &AdviseOptions) -> Result<Exit, Failure> {
    let source = workshop::source(common);
    let adviser = attesta_content::adviser(&source).map_err(|f| refuse(&f))?;
    let mut profile = match &options.profile {
        Some(path) => read(path)?,
        None => FactorAnswers::default(),
    };
    let flags = [
        ("ephi-volume", &options.ephi_volume),
        ("data-sensitivity", &options.data_sensitivity),
        ("contractual-demand", &options.contractual_demand),
        ("deadline-months", &options.deadline_months),
        ("budget", &options.budget),
        ("certificate", &options.certificate),
    ];
    for (question, given) in flags {
        if let Some(given) = given {
            put(&adviser, &mut profile, question, given, &format!("--{question}"))?;
        }
    }
    for text in &options.answer {
        let (question, given) = text.split_once('=').ok_or_else(|| {
            Failure::new(Exit::Usage, format!("`{text}` answers no question")).help("write it like QUESTION=ANSWER")
        })?;
        put(&adviser, &mut profile, question, given, "--answer")?;
    }
    adviser.check(&profile).map_err(|f| Failure::many(Exit::Usage, &f))?;
    let advice = adviser.advise(&profile, options.at.unwrap_or_else(workshop::today));
    match options.format {
        ListFormat::Json => terminal::json(&document(&advice))?,
        ListFormat::Table => table(&advice)?,
    }
    Ok(Exit::Met)
}

fn read(path: &std::path::Path) -> Result<FactorAnswers, Failure> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|e| Failure::new(Exit::NotEvaluated, format!("{shown}: cannot be read: {e}")))?;
    let file = File { inside: shown.clone(), path: shown, text: text.into() };
    attesta_workspace::profile(&file).map_err(|f| refuse(&f))
}

/// An answer by its word, or by a number where the question has bands.
fn put(adviser: &Adviser, profile: &mut FactorAnswers, question: &str, given: &str, flag: &str) -> Result<(), Failure> {
    let usage = |e: String| Failure::new(Exit::Usage, format!("{flag}: {e}"));
    let id: FactorId = question.parse().map_err(|e: attesta_assessment::NotAnId| usage(e.to_string()))?;
    let band = adviser.questions.get(&id).zip(given.replace(['_', ','], "").parse().ok());
    let choice = match band.and_then(|(question, number)| question.band(number)) {
        Some(choice) => choice.id.clone(),
        None => given.parse::<ChoiceId>().map_err(|e| usage(e.to_string()))?,
    };
    let answer = FactorAnswer { choices: BTreeSet::from([choice]), because: String::new() };
    profile.0.insert(id, Placed::new(Place::new(flag, None), answer));
    Ok(())
}

fn reasons(advice: &Advice<'_>) -> Vec<[String; 5]> {
    let grounds = |g: &BTreeSet<attesta_assessment::Ground>| g.iter().map(ToString::to_string).collect::<Vec<_>>();
    advice
        .spoke
        .iter()
        .map(|(rule, because)| {
            [
                rule.says.to_string(),
                rule.program.to_string(),
                rule.because.clone(),
                grounds(because).join("; "),
                format!("{} ({})", rule.provenance.source, rule.provenance.confidence),
            ]
        })
        .collect()
}

fn document(advice: &Advice<'_>) -> serde_json::Value {
    let reasons: Vec<serde_json::Value> = reasons(advice)
        .into_iter()
        .map(|[says, program, because, grounds, source]| {
            json!({"says": says, "type": program, "because": because, "grounds": grounds, "source": source})
        })
        .collect();
    let changes: Vec<serde_json::Value> = advice
        .would_change
        .iter()
        .map(|(question, choice, verdict)| {
            json!({"question": question.id.as_str(), "answer": choice.as_str(), "type": verdict.program(), "advice": verdict.to_string()})
        })
        .collect();
    json!({
        "schema": "attesta.advice/1",
        "type": advice.verdict.program(),
        "advice": advice.verdict.to_string(),
        "reasons": reasons,
        "unanswered": advice.unanswered.iter().map(|q| q.id.as_str()).collect::<Vec<_>>(),
        "would_change": changes,
    })
}

fn table(advice: &Advice<'_>) -> Result<(), Failure> {
    terminal::out(format!("advice: {}\n\n", advice.verdict).as_bytes())?;
    if !advice.spoke.is_empty() {
        let rows =
            reasons(advice).into_iter().map(|[says, program, because, grounds, _]| [says, program, because, grounds]);
        terminal::table(["says", "type", "because", "as"], rows)?;
        terminal::out(b"\n")?;
    }
    if !advice.would_change.is_empty() {
        let rows = advice
            .would_change
            .iter()
            .map(|(question, choice, verdict)| [format!("{}={choice}", question.id), verdict.to_string()]);
        terminal::table(["would change it", "to"], rows)?;
        terminal::out(b"\n")?;
    }
    let mut text = String::new();
    if !advice.unanswered.is_empty() {
        let open: Vec<String> =
            advice.unanswered.iter().map(|q| format!("  --{} ({}): {}", q.id, q.words(), q.asks)).collect();
        text.push_str(&format!("not answered:\n{}\n", open.join("\n")));
    }
    text.push_str("Costs and times behind this advice are vendors' published claims and nobody confirmed them; `--format json` names each source.\n");
    terminal::out(text.as_bytes())
}
