//! What contradicts itself in a scope, and what is likely too broad or too narrow.

use attesta_assessment::{Scope, ScopeFinding, ScopeWeight, check_scope};
use attesta_workspace::Folder;
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::json;

use crate::{failure::Failure, library::Library};

/// A scope with what was found in it. It is read alone: the rest of the folder may be at fault.
#[derive(Debug)]
pub struct Report {
    /// The scope.
    pub scope: Scope,
    /// What was found, the worst first.
    pub found: Vec<ScopeFinding>,
}

impl Report {
    /// Looks at a folder's scope.
    ///
    /// # Errors
    ///
    /// Every fault of the header, the scope or the content.
    pub fn of(folder: &Folder, library: &Library) -> Result<Self, Failure> {
        let header = attesta_workspace::header(folder)?;
        let scope = attesta_workspace::scope(folder)?;
        let data = library.data_types()?;
        let kinds = library.kinds()?;
        let program = header.value.program.as_str();
        let rule = kinds.get(program).and_then(|k| k.carve_outs.on(header.value.created));
        let found = check_scope(&scope, &data, rule.map(|r| (program, r.value)));
        Ok(Self { scope, found })
    }

    /// How much of each there is.
    pub fn counts(&self) -> [(&'static str, usize); 6] {
        let scope = &self.scope;
        [
            ("systems in scope", scope.systems.values().filter(|s| s.value.inclusion.is_in()).count()),
            ("systems out of scope", scope.systems.values().filter(|s| !s.value.inclusion.is_in()).count()),
            ("facilities in scope", scope.facilities.values().filter(|f| f.value.inclusion.is_in()).count()),
            ("components", scope.components.len()),
            ("providers", scope.providers.len()),
            ("flows", scope.flows.len()),
        ]
    }

    /// The worst that was found.
    pub fn worst(&self) -> Option<ScopeWeight> {
        self.found.first().map(|f| f.weight)
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let findings: Vec<serde_json::Value> = self.found.iter().map(row).collect();
        let counts: serde_json::Map<String, serde_json::Value> =
            self.counts().iter().map(|(what, n)| (what.replace(' ', "_"), json!(n))).collect();
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("schema", "attesta.scope-findings/1")?;
        map.serialize_entry("counts", &counts)?;
        map.serialize_entry("findings", &findings)?;
        map.end()
    }
}

fn row(finding: &ScopeFinding) -> serde_json::Value {
    json!({
        "weight": finding.weight.to_string(),
        "concern": finding.concern.as_str(),
        "file": finding.fault.place.file,
        "line": finding.fault.place.line,
        "message": finding.fault.message,
        "help": finding.fault.help,
    })
}
