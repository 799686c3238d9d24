//! HIPAA's registers: what people decided, analysed, agreed and attested, and the two scores that come of it.
//!
//! [`Registers`] is everything that a report is made from, read once; each module makes one report as JSON.

pub mod agreements;
pub mod breach;
pub mod decisions;
pub mod practices;
pub mod record;
pub mod risks;
pub mod status;

use std::{collections::BTreeMap, sync::Arc};

use attesta_assessment::{Evidence, EvidenceId};
use attesta_catalog::{Catalog, Placed};
use attesta_hipaa::{
    AgreementReport, DecisionReport, EvidenceBook, IncidentReport, PracticeReport, Reach, Records, Retention,
    RiskReport, Rules,
};
use attesta_kernel::{Date, Provenance};
use attesta_workspace::Folder;
use serde_json::{Map, Value, json};

pub use self::status::{Infrastructure, Status};

use crate::{
    failure::{Failure, Kind},
    library::Library,
};

/// Everything that a report is made from, read once.
#[derive(Debug)]
pub struct Registers {
    /// Frameworks and statements.
    pub catalog: Arc<Catalog>,
    /// Rules and figures.
    pub rules: Rules,
    /// The assessment's title.
    pub title: String,
    /// Evidence that records name.
    pub evidence: BTreeMap<EvidenceId, Placed<Evidence>>,
    /// What touches ePHI.
    pub reach: Reach,
    /// What people recorded.
    pub records: Records,
    /// The day of the report.
    pub at: Date,
}

/// The names of the reports, as addresses and commands know them.
pub const REPORTS: [&str; 6] = ["status", "decisions", "risks", "breach", "agreements", "practices"];

impl Registers {
    /// Reads a folder's registers; the rest of the folder need not be an assessment that can be scored.
    ///
    /// # Errors
    ///
    /// Every fault of the files or of the content.
    pub fn read(folder: &Folder, library: &Library, at: Date) -> Result<Self, Failure> {
        let catalog = library.catalog()?;
        let rules = attesta_content::hipaa_rules(library.source(), &catalog)?;
        let dossier = attesta_workspace::read(folder, Vec::new())?;
        let records = attesta_workspace::hipaa(folder, &dossier.evidence)?;
        Ok(Self {
            catalog,
            rules,
            title: dossier.assessment.value.title.clone(),
            reach: Reach::of(&dossier.scope),
            evidence: dossier.evidence,
            records,
            at,
        })
    }

    /// Decisions about addressable specifications.
    pub fn decisions(&self) -> DecisionReport<'_> {
        let Records { decisions, exemptions, .. } = &self.records;
        DecisionReport::of(&self.catalog, &self.rules.decisions, decisions, exemptions, self.at)
    }

    /// The risk analysis.
    pub fn risks(&self) -> RiskReport<'_> {
        RiskReport::of(&self.rules.risk, &self.records.risks, self.reach.systems.as_ref(), self.at)
    }

    /// Business associate agreements.
    pub fn agreements(&self) -> AgreementReport<'_> {
        AgreementReport::of(&self.rules, &self.records.agreements, self.reach.providers.as_ref(), self.at)
    }

    /// Recognised security practices.
    pub fn practices(&self) -> PracticeReport<'_> {
        PracticeReport::of(&self.rules.practices, &self.records.practices, EvidenceBook(&self.evidence), self.at)
    }

    /// Incidents with their clocks.
    pub fn incidents(&self) -> Vec<IncidentReport<'_>> {
        let agreement = |id: &Option<attesta_hipaa::RecordId>| {
            id.as_ref().and_then(|id| self.records.agreements.iter().find(|agreement| agreement.id == *id))
        };
        let report = |incident| IncidentReport::of(&self.rules, incident, agreement(&incident.agreement), self.at);
        self.records.incidents.iter().filter_map(report).collect()
    }

    /// A report by its name, as JSON. `proposed` lays the proposed rule of 2025 beside it where it says something; of the
    /// infrastructure, `status` alone tells.
    ///
    /// # Errors
    ///
    /// When there is no such report.
    pub fn report(
        &self,
        name: &str,
        proposed: bool,
        infrastructure: Infrastructure<'_>,
    ) -> Result<Map<String, Value>, Failure> {
        Ok(match name {
            "status" => Status::of(self, infrastructure).json(proposed),
            "decisions" => decisions::as_json(self, &self.decisions()),
            "risks" => risks::as_json(self, &self.risks()),
            "breach" => breach::as_json(self, &self.incidents()),
            "agreements" => agreements::as_json(self, &self.agreements(), proposed),
            "practices" => practices::as_json(self, &self.practices()),
            _ => {
                let name: String = name.chars().take(80).collect();
                return Err(Failure::new(Kind::NotFound, format!("there is no report `{name}`"))
                    .help(format!("there are: {}", REPORTS.join(", "))));
            }
        })
    }

    /// The first keys of every JSON report.
    fn json(&self, schema: &str) -> Map<String, Value> {
        let mut json = Map::new();
        json.insert("schema".into(), schema.into());
        json.insert("assessment".into(), self.title.as_str().into());
        json.insert("at".into(), self.at.to_string().into());
        json
    }
}

fn texts<T: ToString>(of: impl IntoIterator<Item = T>) -> Vec<String> {
    of.into_iter().map(|t| t.to_string()).collect()
}

fn day(day: Option<Date>) -> Value {
    day.map_or(Value::Null, |day| day.to_string().into())
}

fn provenance(of: &Provenance) -> Value {
    json!({"source": of.source, "confidence": of.confidence.as_str()})
}

fn kept(of: Retention) -> Value {
    match of {
        Retention::AtLeast(day) => json!({"in_force": true, "at_least_until": day.to_string()}),
        Retention::Until(day) => json!({"in_force": false, "until": day.to_string()}),
    }
}
