//! `attesta assess score --from-json`: the bare calculator, for other tools and spreadsheets.

use std::{fmt::Write as _, fs::File, io::Read as _, path::Path};

use attesta_desk::explain::subject_of;
use attesta_kernel::{Confidence, ControlRef};
use attesta_scoring::{
    Answer, CapScope, Counted, Decision, Exact, Levels, MaturityLevel, Requirement, Rules, Score, Scorecard, Shortfall,
    explain, score,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    args::Common,
    assess::score::ScoreOptions,
    exit::{Exit, Failure},
    terminal, workshop,
};

/// No input is bigger.
const MOST_BYTES: u64 = 64 << 20;
/// No assessment has more requirements.
const MOST_REQUIREMENTS: usize = 100_000;
/// No id has more bytes.
const MOST_ID_BYTES: usize = 500;
/// So many complaints are shown; the rest are counted.
const MOST_COMPLAINTS: usize = 20;

pub(crate) fn run(common: &Common, options: &ScoreOptions) -> Result<Exit, Failure> {
    let path = options.from_json.as_deref().unwrap_or(Path::new("-"));
    let name = if path.as_os_str() == "-" { "standard input".into() } else { path.display().to_string() };
    let text = read(path, &name)?;
    let wrong = |what: String| Failure::new(Exit::NotEvaluated, format!("{name}: {what}"));
    let input: RawInput<'_> = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|e| {
        wrong(format!("not an assessment: {e}"))
            .help("write {\"type\": \"r2\", \"requirements\": […]}; see docs/reference/scoring.md")
    })?;
    let programs = attesta_content::programs(&workshop::source(common))
        .map_err(|faults| Failure::many(Exit::NotEvaluated, &faults))?;
    let Some(program) = programs.iter().find(|p| p.id == input.kind) else {
        let known: Vec<&str> = programs.iter().map(|p| p.id.as_str()).collect();
        return Err(wrong(format!("type: `{}` is not an assessment type", short(&input.kind)))
            .help(format!("use {}", known.join(", "))));
    };
    let day = options.created.unwrap_or_else(workshop::today);
    let rules = program.rules(day).map_err(|e| {
        Failure::new(Exit::NotEvaluated, e.to_string())
            .help("give another day with --created, or a pack with figures for it")
    })?;
    if input.requirements.len() > MOST_REQUIREMENTS {
        return Err(wrong(format!("requirements: {} are more than {MOST_REQUIREMENTS}", input.requirements.len())));
    }
    let requirements = requirements(&input.requirements, &rules).map_err(|c| complaints(&name, &c))?;
    let card = score(&rules, &requirements).map_err(|refusals| complaints(&name, &refusals))?;
    let text = match &options.explain {
        Some(subject) => explain(&rules, &requirements, &card, &subject_of(subject))
            .ok_or_else(|| {
                Failure::new(Exit::Usage, format!("`{}` is nothing that was scored here", short(subject)))
                    .help("give `decision`, a domain's number, a control reference or a requirement's id")
            })?
            .to_string(),
        None => json(&input.kind, &rules, &requirements, &card),
    };
    terminal::out(text.as_bytes())?;
    if !common.quiet {
        notes(&rules, &requirements, &card);
    }
    Ok(Exit::Met)
}

fn read(path: &Path, name: &str) -> Result<String, Failure> {
    let failed = |what: String| Failure::new(Exit::NotEvaluated, format!("{name}: {what}"));
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().lock().take(MOST_BYTES + 1).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes))
    };
    read.map_err(|e| failed(format!("cannot be read: {e}")))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MOST_BYTES) {
        return Err(failed(format!("is bigger than {} MiB", MOST_BYTES >> 20)));
    }
    String::from_utf8(bytes).map_err(|_| failed("is not UTF-8 text".to_owned()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawInput<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    requirements: Vec<&'a RawValue>,
}

/// Each field stays text until it is read, so that numbers are never floats and a complaint can name its field.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRequirement<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    domain: Option<&'a RawValue>,
    #[serde(borrow)]
    control_reference: Option<&'a RawValue>,
    #[serde(borrow)]
    core: Option<&'a RawValue>,
    #[serde(borrow)]
    required_for_certification: Option<&'a RawValue>,
    #[serde(borrow)]
    not_applicable: Option<&'a RawValue>,
    #[serde(borrow)]
    levels: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawLevels<'a> {
    #[serde(borrow)]
    policy: Option<&'a RawValue>,
    #[serde(borrow)]
    procedure: Option<&'a RawValue>,
    #[serde(borrow)]
    implemented: Option<&'a RawValue>,
    #[serde(borrow)]
    measured: Option<&'a RawValue>,
    #[serde(borrow)]
    managed: Option<&'a RawValue>,
}

fn requirements(raw: &[&RawValue], rules: &Rules<'_>) -> Result<Vec<Requirement>, Vec<String>> {
    let mut read = Vec::with_capacity(raw.len());
    let mut complaints = Vec::new();
    for (number, raw) in (1_u32..).zip(raw) {
        let mut id = None;
        match requirement(raw, rules, &mut id) {
            Ok(requirement) => read.push(requirement),
            Err(why) => complaints.push(match id {
                Some(id) => format!("requirement {number} (`{}`): {why}", short(&id)),
                None => format!("requirement {number}: {why}"),
            }),
        }
    }
    if complaints.is_empty() { Ok(read) } else { Err(complaints) }
}

fn requirement(raw: &RawValue, rules: &Rules<'_>, seen_id: &mut Option<String>) -> Result<Requirement, String> {
    let raw: RawRequirement<'_> = parse(raw)?;
    let id: String = field("id", raw.id, "a text")?.ok_or("id: it is missing")?;
    *seen_id = Some(id.clone());
    if id.trim().is_empty() || id.len() > MOST_ID_BYTES || id.chars().any(char::is_control) {
        return Err(format!("id: it is empty, longer than {MOST_ID_BYTES} bytes or holds control characters"));
    }
    let most = rules.assessment_domains.value;
    let domain: u8 =
        field("domain", raw.domain, &format!("a whole number from 1 to {most}"))?.ok_or("domain: it is missing")?;
    let reference: String =
        field("control_reference", raw.control_reference, "a text")?.ok_or("control_reference: it is missing")?;
    let control_reference = reference.parse::<ControlRef>().map_err(|_| {
        format!("control_reference: `{}` is not one; write it like `01.b` or `09.aa`", short(&reference))
    })?;
    let flag = |name, raw| field::<bool>(name, raw, "true or false");
    let core = flag("core", raw.core)?;
    let required = flag("required_for_certification", raw.required_for_certification)?;
    let scope = rules.cap.value.only;
    if core.is_none() && (rules.domain.value.counts == Counted::Core || scope == CapScope::Core) {
        return Err("core: it is missing, and it decides which requirements count here; say true or false".to_owned());
    }
    if required.or(core).is_none() && scope == CapScope::RequiredForCertification {
        return Err(
            "required_for_certification: it is missing, and it decides where a plan is required; say true or false"
                .to_owned(),
        );
    }
    let answer = if flag("not_applicable", raw.not_applicable)?.unwrap_or(false) {
        Answer::NotApplicable
    } else {
        Answer::Scored(levels(raw.levels)?)
    };
    Ok(Requirement {
        id: id.into(),
        domain,
        control_reference,
        core: core.unwrap_or(false),
        required_for_certification: required.or(core).unwrap_or(false),
        answer,
    })
}

fn levels(raw: Option<&RawValue>) -> Result<Levels, String> {
    let raw: RawLevels<'_> = raw.map(parse).transpose().map_err(|e| format!("levels: {e}"))?.unwrap_or_default();
    let mut levels = Levels::default();
    for (level, given) in [
        (MaturityLevel::Policy, raw.policy),
        (MaturityLevel::Procedure, raw.procedure),
        (MaturityLevel::Implemented, raw.implemented),
        (MaturityLevel::Measured, raw.measured),
        (MaturityLevel::Managed, raw.managed),
    ] {
        let score = given.map(RawValue::get).filter(|text| *text != "null").map(str::parse::<Score>).transpose();
        levels.set(level, score.map_err(|e| format!("levels.{level}: {e}"))?);
    }
    Ok(levels)
}

fn field<'a, T: Deserialize<'a>>(name: &str, raw: Option<&'a RawValue>, expected: &str) -> Result<Option<T>, String> {
    let Some(raw) = raw else { return Ok(None) };
    serde_json::from_str(raw.get()).map_err(|_| format!("{name}: `{}` is not {expected}", short(raw.get())))
}

/// Parses one piece; lines and columns inside a piece would mislead.
fn parse<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, String> {
    serde_json::from_str(raw.get()).map_err(|e| {
        let text = e.to_string();
        text.split(" at line ").next().unwrap_or(&text).to_owned()
    })
}

fn short(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn complaints<T: ToString>(name: &str, all: &[T]) -> Failure {
    let mut messages: Vec<String> =
        all.iter().take(MOST_COMPLAINTS).map(|c| format!("{name}: {}", c.to_string())).collect();
    if all.len() > MOST_COMPLAINTS {
        messages.push(format!("{name}: {} more", all.len() - MOST_COMPLAINTS));
    }
    let mut failure = Failure::many(Exit::NotEvaluated, &messages);
    failure.help = Some("nothing was scored; the form is told in docs/reference/scoring.md".to_owned());
    failure
}

/// The result as JSON, written here so that no number passes through a float.
fn json(kind: &str, rules: &Rules<'_>, requirements: &[Requirement], card: &Scorecard) -> String {
    let text = |t: &str| serde_json::Value::from(t).to_string();
    let points = |s: Option<Exact>| s.map_or_else(|| "null".to_owned(), |s| s.rounded().to_string());
    let list = |items: Vec<String>| {
        if items.is_empty() { "[]".to_owned() } else { format!("[\n    {}\n  ]", items.join(",\n    ")) }
    };
    let rows = || requirements.iter().zip(&card.requirements);
    let ids = |wanted: Shortfall| -> String {
        list(rows().filter(|(_, s)| s.shortfall == wanted).map(|(r, _)| text(&r.id)).collect())
    };
    let scores = rows().map(|(r, s)| format!("{{\"id\": {}, \"score\": {}}}", text(&r.id), points(s.score))).collect();
    let references = card.control_references.iter().map(|(reference, group)| {
        format!("{{\"control_reference\": {}, \"score\": {}}}", text(&reference.to_string()), points(group.score))
    });
    let domains = card.domains.iter().map(|(number, domain)| {
        format!("{{\"domain\": {number}, \"score\": {}, \"passes\": {}}}", points(domain.group.score), domain.passes)
    });
    let incomplete = rows().filter(|(_, s)| !s.missing.is_empty()).map(|(r, s)| {
        let missing: Vec<String> = s.missing.iter().map(|l| text(l.as_str())).collect();
        format!("{{\"id\": {}, \"levels\": [{}]}}", text(&r.id), missing.join(", "))
    });
    let unverified = rules.provenances().into_iter().filter(|(_, p)| p.confidence == Confidence::Unverified);
    let unverified =
        unverified.map(|(what, p)| format!("{{\"figure\": {}, \"source\": {}}}", text(what), text(&p.source)));
    let mut out = format!("{{\n  \"schema\": \"attesta.scorecard/1\",\n  \"type\": {},\n", text(kind));
    for (key, value) in [
        ("requirements", list(scores)),
        ("control_references", list(references.collect())),
        ("domains", list(domains.collect())),
        ("certified", (card.decision == Decision::Certified).to_string()),
        ("caps", ids(Shortfall::RequiredCap)),
        ("gaps", ids(Shortfall::Gap)),
        ("incomplete", list(incomplete.collect())),
    ] {
        let _ = writeln!(out, "  \"{key}\": {value},");
    }
    let _ = writeln!(out, "  \"unverified\": {}\n}}", list(unverified.collect()));
    out
}

/// What a reader of the numbers alone might miss.
fn notes(rules: &Rules<'_>, requirements: &[Requirement], card: &Scorecard) {
    let all = rules.assessment_domains.value;
    if card.domains.len() < usize::from(all) {
        terminal::note(&format!("decided over {} of {all} assessment domains", card.domains.len()));
    }
    let scored = rules.weights.value.levels();
    let answered = |level: MaturityLevel| {
        requirements.iter().any(|r| matches!(&r.answer, Answer::Scored(levels) if levels.get(level).is_some()))
    };
    let aside: Vec<&str> = MaturityLevel::ALL
        .into_iter()
        .filter(|l| !scored.contains(l) && answered(*l))
        .map(MaturityLevel::as_str)
        .collect();
    if !aside.is_empty() {
        terminal::note(&format!("{} does not score {}; left aside", rules.program.id, aside.join(", ")));
    }
    if let Decision::Incomplete(rows) = &card.decision {
        terminal::note(&format!(
            "not certified although every domain passes: {} half answered, see `incomplete`",
            rows.len()
        ));
    }
}
