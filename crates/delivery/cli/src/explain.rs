//! `attesta explain`.

use std::fmt::Write as _;

use attesta_app::check::Frameworks;
use attesta_app::explain::{Explanation, NoSuchSubject, Sources, Subject, subject};

use crate::{
    args::{Common, ExplainOptions},
    exit::{Exit, Failure},
    terminal, workshop,
};

pub(crate) fn run(common: &Common, options: &ExplainOptions) -> Result<Exit, Failure> {
    let source = workshop::source(common);
    let catalog = workshop::catalog(&source)?;
    let told = if options.paths.is_empty() {
        let policies = workshop::policies(&source, &catalog)?;
        let subject = subject(&options.subject, &catalog, &policies).map_err(unknown)?;
        if let Subject::Finding(id) = &subject {
            return Err(Failure::new(Exit::Usage, format!("the finding `{id}` belongs to a report"))
                .help(format!("name the files too: attesta explain {id} PATH…")));
        }
        Sources { catalog: &catalog, policies: &policies, report: None }.explain(&subject).map_err(unknown)?
    } else {
        let (report, texts) =
            workshop::report(common, &options.paths, &options.inputs, &source, &catalog, Frameworks::ALL)?;
        let subject = subject(&options.subject, &catalog, &report.policies).map_err(unknown)?;
        let lines = report.find_lines(&texts, report.places());
        Sources { catalog: &catalog, policies: &report.policies, report: Some((&report, &lines)) }
            .explain(&subject)
            .map_err(unknown)?
    };
    terminal::out(tree(&told).as_bytes())?;
    Ok(Exit::Met)
}

/// Says that nothing has this name, and what comes near it.
pub(crate) fn unknown(error: NoSuchSubject) -> Failure {
    let failure = Failure::new(Exit::Usage, format!("nothing is called `{}`", error.asked));
    if error.near.is_empty() {
        failure.help("try a citation (164.312(b)), a control reference (10.f), a domain (9), a statement (ATT-09-01) or a policy")
    } else {
        failure.help(format!("did you mean {}?", error.near.join(", ")))
    }
}

/// An explanation as an indented tree.
pub(crate) fn tree(told: &Explanation) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", terminal::plain(&told.text));
    branches(&told.from, "", &mut text);
    text
}

fn branches(nodes: &[Explanation], indent: &str, text: &mut String) {
    for (at, node) in nodes.iter().enumerate() {
        let last = at + 1 == nodes.len();
        let (mark, below) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        let plain = terminal::plain(&node.text);
        let mut lines = plain.lines();
        let _ = writeln!(text, "{indent}{mark}{}", lines.next().unwrap_or_default());
        let below = format!("{indent}{below}");
        for line in lines {
            let _ = writeln!(text, "{below}{line}");
        }
        branches(&node.from, &below, text);
    }
}
