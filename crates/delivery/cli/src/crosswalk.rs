//! `attesta crosswalk`: how far one framework is covered by what is met in another.

mod exchange;
mod options;

use std::io::{self, BufWriter, IsTerminal, Write};

use attesta_app::{
    check::Frameworks,
    crosswalk::{CrosswalkReport, From, explain, look_across, standings, supposed},
};
use attesta_catalog::Catalog;
use attesta_content::ContentSource;
use attesta_crosswalk::{Crosswalk, Document, NodeId, Standings, View, cover};
use attesta_interchange::reports::{Options, across};

use crate::{
    args::{Colour, Common, ListFormat},
    assess,
    exit::{Exit, Failure},
    explain as tree, terminal, workshop,
};

pub(crate) use options::CrosswalkArguments;
use options::{CrosswalkCommand, Look, Mappings};

pub(crate) fn run(common: &Common, arguments: &CrosswalkArguments) -> Result<Exit, Failure> {
    match &arguments.command {
        Some(CrosswalkCommand::Explain { framework, id, look }) => explain_one(common, (*framework).into(), id, look),
        Some(CrosswalkCommand::Export(options)) => exchange::export(common, options),
        Some(CrosswalkCommand::Import(options)) => exchange::import(common, options),
        None => match arguments.framework {
            Some(framework) => show(common, framework.into(), &arguments.look, arguments.limit),
            None => Err(Failure::new(Exit::Usage, "no framework was named").help("see attesta crosswalk --help")),
        },
    }
}

/// What every look needs.
struct Ground {
    catalog: Catalog,
    crosswalk: Crosswalk,
}

impl Ground {
    fn new(common: &Common, mappings: &Mappings) -> Result<(ContentSource, Self), Failure> {
        let source = workshop::source(common);
        let catalog = workshop::catalog(&source)?;
        let overlays: Vec<_> = mappings.overlay.iter().cloned().map(ContentSource::Folder).collect();
        let crosswalk = attesta_content::crosswalk(&source, &overlays, &catalog)
            .map_err(|faults| Failure::many(Exit::NotEvaluated, &faults))?;
        let least = mappings.min_strength.unwrap_or(crosswalk.least_strength());
        let crosswalk = crosswalk.at_least(least);
        Ok((source, Self { catalog, crosswalk }))
    }
}

/// Where sources stand, whence, and whether everything could be evaluated.
fn stand(
    common: &Common,
    source: &ContentSource,
    catalog: &Catalog,
    look: &Look,
) -> Result<(Standings, From, Exit), Failure> {
    let answers = match (&look.answers, &look.assessment) {
        (Some(path), _) => Some(
            attesta_content::answers(&workshop::file(path)?, catalog)
                .map_err(|faults| Failure::many(Exit::NotEvaluated, &faults))?,
        ),
        (None, Some(dir)) => Some(assess::across::standings(common, dir)?),
        (None, None) => None,
    };
    if look.paths.is_empty() {
        return Ok(match answers {
            Some(answers) => (standings(catalog, None, answers), From::Answers, Exit::Met),
            None => (supposed(catalog), From::Supposed, Exit::Met),
        });
    }
    let answers = answers.unwrap_or_default();
    let (report, _) = workshop::report(common, &look.paths, &look.inputs, source, catalog, Frameworks::ALL)?;
    let exit = if report.complete() { Exit::Met } else { Exit::NotEvaluated };
    Ok((standings(catalog, Some(&report), answers), From::Check { at: report.at }, exit))
}

fn show(common: &Common, document: Document, look: &Look, limit: usize) -> Result<Exit, Failure> {
    let (source, Ground { catalog, crosswalk }) = Ground::new(common, &look.mappings)?;
    let (standings, from, exit) = stand(common, &source, &catalog, look)?;
    let report = look_across(&catalog, &crosswalk, document, &standings, from, look.view());
    match look.format {
        ListFormat::Json => terminal::json(&across::whole(&report))?,
        ListFormat::Table => {
            let mut how = Options::new(env!("CARGO_PKG_VERSION"));
            how.limit = limit;
            how.width = terminal::width();
            how.colour = match common.color {
                Colour::Always => true,
                Colour::Never => false,
                Colour::Auto => io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
            };
            let mut out = BufWriter::new(io::stdout().lock());
            terminal::forgive(across::write(&report, &how, &mut out).and_then(|()| out.flush()))?;
        }
    }
    Ok(exit)
}

fn explain_one(common: &Common, document: Document, id: &str, look: &Look) -> Result<Exit, Failure> {
    let (source, Ground { catalog, crosswalk }) = Ground::new(common, &look.mappings)?;
    let target = NodeId::find(document, id, &catalog).map_err(|error| {
        let shelf = if document == Document::Hitrust { "references" } else { document.as_str() };
        Failure::new(Exit::Usage, error.to_string()).help(format!("`attesta catalog list {shelf}` shows them"))
    })?;
    let (standings, from, exit) = stand(common, &source, &catalog, look)?;
    let view = look.view();
    for covered in cover(&crosswalk, &[target], &standings, view) {
        match look.format {
            ListFormat::Table => {
                let told = explain(&catalog, &covered, from, view);
                terminal::out(tree::tree(&told).as_bytes())?;
            }
            ListFormat::Json => {
                let sources = standings.len();
                let (groups, targets) = (Vec::new(), Vec::new());
                let report = CrosswalkReport { catalog: &catalog, document, from, view, sources, groups, targets };
                terminal::json(&across::explained(&report, &covered))?;
            }
        }
    }
    Ok(exit)
}

impl Look {
    fn view(&self) -> View {
        if self.mappings.reviewed_only { View::Reviewed } else { View::All }
    }
}
