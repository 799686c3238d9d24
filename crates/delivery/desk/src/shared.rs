//! Shared responsibility as a table: requirement by requirement, whose it is under a provider's matrix, how much may be
//! inherited, and how far a request for it has come.

use std::collections::BTreeMap;

use attesta_assessment::{
    Inheritable, Matrix, MatrixId, ProviderId, Relation, Request, RequestState, RequirementKey, Responsibility, Side,
    Source, SourceId,
};
use attesta_catalog::Placed;
use attesta_kernel::Provenance;
use attesta_scoring::Score;

use crate::{
    desk::Desk,
    failure::{Failure, Kind},
    inherit::{percent, shipped},
};

/// An element, and who answers for it.
#[derive(Debug, Clone)]
pub struct Element {
    /// Its number.
    pub number: u8,
    /// What it asks.
    pub text: String,
    /// Whose it is.
    pub whose: Responsibility,
}

/// A requirement under a matrix.
#[derive(Debug, Clone)]
pub struct Row {
    /// The requirement.
    pub requirement: RequirementKey,
    /// Its title.
    pub title: String,
    /// Its domain.
    pub domain: u8,
    /// Its elements.
    pub elements: Vec<Element>,
    /// How much can be inherited.
    pub inheritable: Inheritable,
    /// The weight that the matrix suggests: the provider's own elements, in per cent.
    pub suggested: Score,
    /// The most that it allows.
    pub most: Score,
    /// The provider's remarks.
    pub notes: String,
    /// The newest request of a source of the provider, with the source.
    pub request: Option<Request>,
    /// Whether a source of the provider has a result for it.
    pub result: bool,
}

impl Row {
    /// How many elements are somebody's.
    pub fn of(&self, whose: Responsibility) -> usize {
        self.elements.iter().filter(|e| e.whose == whose).count()
    }
}

/// A matrix that can be looked at.
#[derive(Debug, Clone)]
pub struct Known {
    /// Its id.
    pub id: MatrixId,
    /// What it is.
    pub title: String,
    /// The provider; an illustration has none.
    pub provider: Option<ProviderId>,
    /// Whose words and judgements it holds.
    pub notice: String,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// A matrix, requirement by requirement.
#[derive(Debug, Clone)]
pub struct Shared {
    /// Every matrix: those of the assessment, and the illustration that ships.
    pub known: Vec<Known>,
    /// The one that is shown.
    pub shown: MatrixId,
    /// Sources of its provider; every external one for an illustration.
    pub sources: Vec<SourceId>,
    /// Its rows, in the order of the requirements.
    pub rows: Vec<Row>,
}

fn newest<'d>(desk: &'d Desk, sources: &[SourceId], key: &RequirementKey) -> Option<&'d Request> {
    let over = |r: &Request| matches!(r.state, RequestState::Rejected { .. } | RequestState::Withdrawn { .. });
    let of = || {
        let all = desk.dossier.inheritance.requests.iter().map(|r| &r.value);
        all.filter(|r| r.requirement == *key && sources.contains(&r.source))
    };
    of().find(|r| !over(r)).or_else(|| of().max_by_key(|r| r.state.since()))
}

/// A matrix by its id, or the first there is: the assessment's own before the illustration.
///
/// # Errors
///
/// When there is no such matrix.
pub fn shared(desk: &Desk, named: Option<&str>) -> Result<Shared, Failure> {
    let own = &desk.dossier.inheritance.matrices;
    let shipped = shipped(desk)?;
    let all: Vec<&Matrix> = own.values().chain(&shipped).map(|m: &Placed<Matrix>| &m.value).collect();
    let matrix = match named {
        Some(id) => all.iter().find(|m| m.id.as_str() == id),
        None => all.first(),
    };
    let Some(matrix) = matrix.copied() else {
        let known: Vec<&str> = all.iter().map(|m| m.id.as_str()).collect();
        let id: String = named.unwrap_or_default().chars().take(80).collect();
        return Err(Failure::new(Kind::NotFound, format!("there is no matrix `{id}`"))
            .help(format!("there are: {}", known.join(", "))));
    };
    let theirs = |source: &&Source| match &matrix.provider {
        Some(provider) => source.provider.as_ref() == Some(provider),
        None => source.relation == Relation::External,
    };
    let sources: Vec<&Source> = desk.dossier.inheritance.sources.values().map(|s| &s.value).filter(theirs).collect();
    let ids: Vec<SourceId> = sources.iter().map(|s| s.id.clone()).collect();
    let tailored = desk.tailored()?;
    let rows = tailored.requirements.iter().map(|asked| {
        let requirement = asked.requirement;
        let element = |e: &attesta_assessment::PackElement| Element {
            number: e.number,
            text: e.text.clone(),
            whose: matrix.responsibility(&requirement.id, e.number),
        };
        Row {
            requirement: requirement.id.clone(),
            title: requirement.title.clone(),
            domain: requirement.domain,
            elements: requirement.elements.iter().map(element).collect(),
            inheritable: matrix.inheritable(requirement),
            suggested: percent(matrix.suggested(requirement)),
            most: matrix.allowance(requirement),
            notes: matrix.rows.get(&requirement.id).map(|row| row.notes.clone()).unwrap_or_default(),
            request: newest(desk, &ids, &requirement.id).cloned(),
            result: sources.iter().any(|s| s.results.contains_key(&requirement.id)),
        }
    });
    let known = all.iter().map(|m| Known {
        id: m.id.clone(),
        title: m.title.clone(),
        provider: m.provider.clone(),
        notice: m.notice.clone(),
        provenance: m.provenance.clone(),
    });
    Ok(Shared { known: known.collect(), shown: matrix.id.clone(), rows: rows.collect(), sources: ids })
}

/// What can be done with the requests of each source as they stand, in the words of the commands.
pub fn acts(desk: &Desk) -> BTreeMap<SourceId, Vec<&'static str>> {
    let register = &desk.dossier.inheritance;
    let mut acts: BTreeMap<SourceId, Vec<&'static str>> = BTreeMap::new();
    for request in register.requests.iter().map(|r| &r.value) {
        let relation = register.sources.get(&request.source).map(|s| s.value.relation);
        let can: &[&'static str] = match (&request.state, relation) {
            (RequestState::Draft, Some(Relation::Internal)) => &["apply", "reweigh", "withdraw"],
            (RequestState::Draft, _) => &["submit", "reweigh", "withdraw"],
            (RequestState::Submitted { .. }, _) => &["approve", "reject", "withdraw"],
            (RequestState::Approved { .. }, _) => &["apply", "withdraw"],
            (RequestState::Applied { .. }, _) => &["withdraw"],
            (RequestState::Rejected { .. } | RequestState::Withdrawn { .. }, _) => &[],
        };
        let known = acts.entry(request.source.clone()).or_default();
        known.extend(can.iter().filter(|act| !known.contains(act)).copied().collect::<Vec<_>>());
    }
    acts
}

/// People who can answer for providers: id and name.
pub fn providers_people(desk: &Desk) -> Vec<(String, String)> {
    let people = desk.dossier.people.values().map(|p| &p.value).filter(|p| p.side == Side::Provider);
    people.map(|p| (p.id.to_string(), p.name.clone())).collect()
}

#[cfg(test)]
mod tests {
    use attesta_content::ContentSource;
    use attesta_workspace::Folder;

    use super::*;
    use crate::{Library, inherit};

    fn story() -> Desk {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures/telehealth-r2");
        let folder = Folder::open(&root).unwrap();
        Desk::open(folder, &Library::new(ContentSource::Embedded), "2026-09-01".parse().unwrap()).unwrap()
    }

    #[test]
    fn the_table_says_what_still_own_says() {
        let desk = story();
        for known in shared(&desk, None).unwrap().known {
            let table = shared(&desk, Some(known.id.as_str())).unwrap();
            let tailored = desk.tailored().unwrap();
            let own = inherit::still_own(&desk, &tailored, &[known.id.to_string()]).unwrap();
            let elements: usize = table.rows.iter().map(|r| r.elements.len()).sum();
            assert_eq!(elements, own.elements);
            let theirs: usize = table.rows.iter().map(|r| r.of(Responsibility::Provider)).sum();
            assert_eq!(elements - theirs, own.mine.len(), "what no provider answers for alone is one's own");
            let fully = table.rows.iter().filter(|r| r.inheritable == Inheritable::Fully).count();
            assert_eq!(fully, own.shares[0].get("fully").copied().unwrap_or(0));
        }
        assert_eq!(shared(&desk, Some("nobodys")).unwrap_err().kind, Kind::NotFound);
    }

    #[test]
    fn requests_stand_in_their_providers_rows() {
        let desk = story();
        let table = shared(&desk, Some("northgate-2026")).unwrap();
        let applied = table.rows.iter().filter(|r| r.request.is_some()).count();
        assert_eq!(applied, desk.dossier.inheritance.requests.len());
        assert!(table.rows.iter().filter(|r| r.request.is_some()).all(|r| r.result));
    }

    #[test]
    fn what_is_offered_is_never_refused_for_its_state() {
        let desk = story();
        for (source, acts) in acts(&desk) {
            assert_eq!(acts, ["withdraw"], "everything of {source} is applied");
        }
    }
}
