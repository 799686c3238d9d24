//! `attesta hipaa`: what people decided, analysed, agreed and attested, and the two scores that come of it.

mod agreements;
mod breach;
mod decisions;
mod page;
mod practices;
mod risks;
mod status;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use attesta_assessment::{Evidence, EvidenceId};
use attesta_catalog::{Catalog, Placed};
use attesta_content::ContentSource;
use attesta_hipaa::{
    AgreementReport, EvidenceBook, IncidentReport, PracticeReport, ProviderId, Reach, Records, RiskReport, Rules,
    SystemId,
};
use attesta_kernel::Date;
use attesta_workspace::Folder;
use clap::{Args, Subcommand};

use crate::{
    args::{Common, Inputs, ListFormat},
    exit::{Exit, Failure},
    workshop,
};

#[derive(Debug, Subcommand)]
pub(crate) enum HipaaCommand {
    /// Where the Security Rule stands: Required (met or not) and Addressable (a share), with the reason of each item
    ///
    /// Folds what a check of infrastructure shows (--check), what people attest (hipaa/attestations.yaml), decisions, the
    /// risk analysis and the agreements. A violated element is never met by people's word alone.
    ///
    /// Exit codes: 0 Required is met and every addressable specification is met or decided, with nothing to mend in the
    /// registers; 1 not; 2 usage; 3 something could not be evaluated.
    Status(StatusOptions),
    /// Decisions about addressable specifications: which count, which do not and why, what is due, what is kept until when
    ///
    /// Exit codes: 0 every recorded decision and mark counts; 1 one does not; 2 usage; 3 could not be evaluated.
    Decisions(DecisionsOptions),
    /// The risk analysis: its age, its coverage of systems that touch ePHI, each risk with its level and treatment
    ///
    /// Exit codes: 0 in order; 1 not; 2 usage; 3 could not be evaluated.
    Risks(RegisterOptions),
    /// Incidents: breach or not by the four factors, who must be told by which day, what is overdue
    ///
    /// Exit codes: 0 nothing stands against the handling; 1 something does; 2 usage; 3 could not be evaluated.
    Breach(RegisterOptions),
    /// Business associate agreements: signatures, terms, the clause checklist, providers without one
    ///
    /// Exit codes: 0 in order; 1 not; 2 usage; 3 could not be evaluated.
    Agreements(AgreementsOptions),
    /// Recognised security practices: whether 12 months of operation are shown without a gap
    ///
    /// Exit codes: 0 one kind of practices is shown whole; 1 none is; 2 usage; 3 could not be evaluated.
    Practices(RegisterOptions),
}

#[derive(Debug, Args)]
pub(crate) struct RegisterOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// The day of the report [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    at: Option<Date>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
    #[command(flatten)]
    reach: ReachOptions,
}

#[derive(Debug, Args)]
pub(crate) struct ReachOptions {
    /// A system that touches ePHI, by id; may be given several times [default: what the scope says]
    #[arg(long, value_name = "ID")]
    ephi_system: Vec<SystemId>,
    /// A provider that touches ePHI, by id; may be given several times [default: what the scope says]
    #[arg(long, value_name = "ID")]
    ephi_provider: Vec<ProviderId>,
}

#[derive(Debug, Args)]
pub(crate) struct DecisionsOptions {
    #[command(flatten)]
    register: RegisterOptions,
    /// Show earlier decisions too, and how long they are kept
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AgreementsOptions {
    #[command(flatten)]
    register: RegisterOptions,
    /// Show beside the checklist what the proposed rule of 2025 would add; it binds nobody
    #[arg(long)]
    proposed_2025: bool,
}

#[derive(Debug, Args)]
pub(crate) struct StatusOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Infrastructure code to check; may be given several times
    #[arg(long, value_name = "PATH")]
    check: Vec<PathBuf>,
    #[command(flatten)]
    inputs: Inputs,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
    #[command(flatten)]
    reach: ReachOptions,
    /// Show how a number came about instead: `required`, `addressable` or a citation
    #[arg(long, value_name = "SUBJECT")]
    explain: Option<String>,
    /// Lay the proposed rule of 2025 over the report; it binds nobody and changes no number
    #[arg(long)]
    proposed_2025: bool,
}

pub(crate) fn run(common: &Common, command: &HipaaCommand) -> Result<Exit, Failure> {
    match command {
        HipaaCommand::Status(options) => status::run(common, options),
        HipaaCommand::Decisions(options) => decisions::run(common, options),
        HipaaCommand::Risks(options) => risks::run(common, options),
        HipaaCommand::Breach(options) => breach::run(common, options),
        HipaaCommand::Agreements(options) => agreements::run(common, options),
        HipaaCommand::Practices(options) => practices::run(common, options),
    }
}

/// Everything that a report is made from, read once.
struct Desk {
    source: ContentSource,
    catalog: Catalog,
    rules: Rules,
    title: String,
    evidence: BTreeMap<EvidenceId, Placed<Evidence>>,
    reach: Reach,
    records: Records,
    at: Date,
}

impl Desk {
    fn open(common: &Common, dir: &std::path::Path, at: Option<Date>, told: &ReachOptions) -> Result<Self, Failure> {
        let unread = |faults: Vec<attesta_catalog::Fault>| Failure::many(Exit::NotEvaluated, &faults);
        let source = workshop::source(common);
        let catalog = workshop::catalog(&source)?;
        let rules = attesta_content::hipaa_rules(&source, &catalog).map_err(unread)?;
        let folder = Folder::open(dir).map_err(|fault| unread(vec![fault]))?;
        let dossier = attesta_workspace::read(&folder, Vec::new()).map_err(unread)?;
        let records = attesta_workspace::hipaa(&folder, &dossier.evidence).map_err(unread)?;
        let mut reach = Reach::of(&dossier.scope);
        if !told.ephi_system.is_empty() {
            reach.systems = Some(told.ephi_system.iter().cloned().collect());
        }
        if !told.ephi_provider.is_empty() {
            reach.providers = Some(told.ephi_provider.iter().cloned().collect());
        }
        Ok(Self {
            source,
            catalog,
            rules,
            title: dossier.assessment.value.title.clone(),
            evidence: dossier.evidence,
            reach,
            records,
            at: at.unwrap_or_else(workshop::today),
        })
    }

    fn of(common: &Common, options: &RegisterOptions) -> Result<Self, Failure> {
        Self::open(common, &options.dir, options.at, &options.reach)
    }

    fn risks(&self) -> RiskReport<'_> {
        RiskReport::of(&self.rules.risk, &self.records.risks, self.reach.systems.as_ref(), self.at)
    }

    fn agreements(&self) -> AgreementReport<'_> {
        AgreementReport::of(&self.rules, &self.records.agreements, self.reach.providers.as_ref(), self.at)
    }

    fn practices(&self) -> PracticeReport<'_> {
        PracticeReport::of(&self.rules.practices, &self.records.practices, EvidenceBook(&self.evidence), self.at)
    }

    fn incidents(&self) -> Vec<IncidentReport<'_>> {
        let agreement = |id: &Option<attesta_hipaa::RecordId>| {
            id.as_ref().and_then(|id| self.records.agreements.iter().find(|agreement| agreement.id == *id))
        };
        let report = |incident| IncidentReport::of(&self.rules, incident, agreement(&incident.agreement), self.at);
        self.records.incidents.iter().filter_map(report).collect()
    }

    /// The first lines of every page.
    fn page(&self, what: &str) -> page::Page {
        let mut page = page::Page::default();
        page.line(&format!("{what}: {}, on {}", self.title, self.at));
        page
    }

    /// The first keys of every JSON report.
    fn json(&self, schema: &str) -> serde_json::Map<String, serde_json::Value> {
        let mut json = serde_json::Map::new();
        json.insert("schema".into(), schema.into());
        json.insert("assessment".into(), self.title.as_str().into());
        json.insert("at".into(), self.at.to_string().into());
        json
    }
}

/// Ids, for people.
fn list<T: ToString>(ids: &BTreeSet<T>) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
