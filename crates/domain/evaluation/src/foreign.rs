//! Findings of other tools, set beside our own outcomes.
//!
//! Nothing here changes an outcome of ours. A tool's pass is no proof: where ours is unknown, it stays unknown. A tool's
//! failure where ours is unknown, or was never asked, is shown as that tool's word. Where both spoke and cannot both be
//! right, the conflict is named and neither wins.

use std::collections::BTreeMap;

use attesta_kernel::{Digest, ElementId, Place, PolicyId, Provenance, Severity, Timestamp};
use attesta_resource::{Kind, Resource, ResourceIndex, Snapshot};

use crate::{Outcome, Policy, PolicyIndex, Status};

/// What a tool says of one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Claim {
    /// It holds.
    Pass,
    /// It does not hold.
    Fail,
    /// The tool could not tell, or leaves it to people.
    Open,
    /// It does not concern this resource.
    NotApplicable,
}

impl Claim {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Open => "open",
            Self::NotApplicable => "not_applicable",
        }
    }
}

/// One finding of a tool about one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignFinding {
    /// The tool's own id of the finding; where it gives none, its place in the file.
    pub id: Box<str>,
    /// The check or rule, as the tool names it.
    pub check: Box<str>,
    /// Its title, as the tool words it.
    pub title: Box<str>,
    /// What it says.
    pub claim: Claim,
    /// The same in the tool's own word.
    pub word: Box<str>,
    /// How bad, where the tool says.
    pub severity: Option<Severity>,
    /// The resource, as the tool names it.
    pub resource: Option<Box<str>>,
    /// When the tool saw it, where it says.
    pub at: Option<Timestamp>,
    /// Whether somebody told the tool to be quiet about it.
    pub muted: bool,
    /// JSON pointer in the file.
    pub pointer: Box<str>,
}

/// One file of findings, with where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignReport {
    /// The tool.
    pub tool: Box<str>,
    /// Its version, where the file says.
    pub version: Option<Box<str>>,
    /// The format: `ocsf`, `asff` or `sarif`.
    pub format: &'static str,
    /// The file.
    pub path: Box<str>,
    /// Digest of its bytes.
    pub digest: Digest,
    /// Its findings.
    pub findings: Vec<ForeignFinding>,
}

/// How a tool's check stands to a policy of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// Both ask the same.
    Equal,
    /// Theirs asks less: who fails it fails ours, who passes it may fail ours.
    Narrower,
    /// Theirs asks more: who passes it passes ours, who fails it may pass ours.
    Wider,
    /// Another question about the same control.
    Related,
}

impl Relation {
    /// The word used in content and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Narrower => "narrower",
            Self::Wider => "wider",
            Self::Related => "related",
        }
    }
}

/// What one check of a tool means to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignRow {
    /// Policies of ours that ask something alike.
    pub policies: Vec<PolicyId>,
    /// Elements that it speaks to, where no policy of ours does.
    pub elements: Vec<ElementId>,
    /// How it stands to them.
    pub relation: Relation,
    /// Who says so, and how sure.
    pub provenance: Provenance,
    /// Where the row stands.
    pub place: Place,
}

/// What a tool's checks mean to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignMap {
    /// Its id.
    pub id: Box<str>,
    /// Names by which reports call the tool.
    pub tools: Vec<Box<str>>,
    /// By the check's name.
    pub rows: BTreeMap<Box<str>, ForeignRow>,
}

impl ForeignMap {
    /// Whether it speaks of this tool; how a name is capitalised says nothing.
    pub fn is_of(&self, tool: &str) -> bool {
        self.tools.iter().any(|name| name.eq_ignore_ascii_case(tool))
    }
}

/// What a finding of another tool is beside ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Beside {
    /// Both spoke, and one of them must be wrong or have looked at another day.
    Conflict,
    /// They found something where we cannot tell, did not see the resource, or have no policy.
    TheirsAlone,
    /// Both found it.
    BothFail,
    /// Ours fails where theirs passes, and theirs asks less or another thing.
    OursAsksMore,
    /// Theirs fails where ours passes, and theirs asks more or another thing.
    TheirsAsksMore,
    /// Both hold.
    BothPass,
    /// Theirs passes where ours is unknown or was not asked: no proof.
    NoProof,
    /// The tool could not tell, or says that it does not concern the resource.
    NotTold,
}

impl Beside {
    /// All, the most pressing first.
    pub const ALL: [Self; 8] = [
        Self::Conflict,
        Self::TheirsAlone,
        Self::BothFail,
        Self::OursAsksMore,
        Self::TheirsAsksMore,
        Self::BothPass,
        Self::NoProof,
        Self::NotTold,
    ];

    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Conflict => "conflict",
            Self::TheirsAlone => "theirs_alone",
            Self::BothFail => "both_fail",
            Self::OursAsksMore => "ours_asks_more",
            Self::TheirsAsksMore => "theirs_asks_more",
            Self::BothPass => "both_pass",
            Self::NoProof => "no_proof",
            Self::NotTold => "not_told",
        }
    }

    /// What two words and the relation between two questions come to. `ours` is `None` where we did not ask.
    pub fn of(theirs: Claim, ours: Option<Status>, relation: Relation) -> Self {
        use Status::{Errored, Fail, NotApplicable, Pass, Unknown};
        match (theirs, ours) {
            (Claim::Open | Claim::NotApplicable, _) => Self::NotTold,
            (Claim::Fail, None | Some(Unknown | Errored | NotApplicable)) => Self::TheirsAlone,
            (Claim::Pass, None | Some(Unknown | Errored | NotApplicable)) => Self::NoProof,
            (Claim::Fail, Some(Fail)) => Self::BothFail,
            (Claim::Pass, Some(Pass)) => Self::BothPass,
            (Claim::Fail, Some(Pass)) => match relation {
                Relation::Equal | Relation::Narrower => Self::Conflict,
                Relation::Wider | Relation::Related => Self::TheirsAsksMore,
            },
            (Claim::Pass, Some(Fail)) => match relation {
                Relation::Equal | Relation::Wider => Self::Conflict,
                Relation::Narrower | Relation::Related => Self::OursAsksMore,
            },
        }
    }
}

/// A finding of a tool beside one policy of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared<'a> {
    /// Index of its file.
    pub report: usize,
    /// The finding.
    pub finding: &'a ForeignFinding,
    /// The row that maps it; `None` where none does.
    pub row: Option<&'a ForeignRow>,
    /// Our policy, where one asks alike.
    pub policy: Option<PolicyIndex>,
    /// Our resource, where we saw it.
    pub resource: Option<ResourceIndex>,
    /// How ours stands; `None` where it was not asked.
    pub ours: Option<Status>,
    /// What comes of it.
    pub beside: Beside,
}

/// Our side of a comparison: what was seen and how it stands. Without it every finding stands alone.
#[derive(Clone, Copy)]
pub struct Ours<'a> {
    /// The policies, in order.
    pub policies: &'a [Policy],
    /// What was seen; `None` where nothing was checked.
    pub snapshot: Option<&'a Snapshot>,
    /// How it stands.
    pub outcomes: &'a [Outcome],
}

/// Sets findings of other tools beside ours: one entry for each finding and policy that it speaks to, one for each that
/// speaks to none. Nothing is left out.
pub fn beside<'a>(reports: &'a [ForeignReport], maps: &'a [ForeignMap], ours: Ours<'_>) -> Vec<Compared<'a>> {
    let index = Index::of(ours);
    let mut compared = Vec::new();
    for (at, report) in reports.iter().enumerate() {
        let maps: Vec<&ForeignMap> = maps.iter().filter(|map| map.is_of(&report.tool)).collect();
        for finding in &report.findings {
            let row = maps.iter().find_map(|map| map.rows.get(&finding.check));
            let mut mapped = false;
            for id in row.into_iter().flat_map(|row| &row.policies) {
                let Some((policy, kind)) = index.policies.get(id.as_str()).copied() else { continue };
                mapped = true;
                let resource = index.resource(finding, kind);
                let ours = resource.and_then(|resource| index.outcomes.get(&(resource, policy)).copied());
                let relation = row.map_or(Relation::Related, |row| row.relation);
                compared.push(Compared {
                    report: at,
                    finding,
                    row,
                    policy: Some(policy),
                    resource,
                    ours,
                    beside: Beside::of(finding.claim, ours, relation),
                });
            }
            if !mapped {
                let beside = Beside::of(finding.claim, None, Relation::Related);
                let (policy, resource, ours) = (None, None, None);
                compared.push(Compared { report: at, finding, row, policy, resource, ours, beside });
            }
        }
    }
    compared
}

/// Where a text that a tool names stands among our resources.
struct Index<'a> {
    policies: BTreeMap<&'a str, (PolicyIndex, Kind)>,
    outcomes: BTreeMap<(ResourceIndex, PolicyIndex), Status>,
    /// By kind and address; `None` where two resources share it.
    addresses: BTreeMap<(Kind, &'a str), Option<ResourceIndex>>,
    account: Option<ResourceIndex>,
}

impl<'a> Index<'a> {
    fn of(ours: Ours<'a>) -> Self {
        let policies = ours.policies.iter().zip(0_u32..);
        let policies = policies.map(|(policy, at)| (policy.id.as_str(), (PolicyIndex(at), policy.kind))).collect();
        let outcomes =
            ours.outcomes.iter().map(|outcome| ((outcome.resource, outcome.policy), outcome.status)).collect();
        let mut addresses: BTreeMap<_, Option<ResourceIndex>> = BTreeMap::new();
        let mut accounts = Vec::new();
        let resources = ours.snapshot.map_or(&[][..], |snapshot| snapshot.resources.as_slice());
        for (resource, at) in resources.iter().zip(0_u32..) {
            let at = ResourceIndex(at);
            if resource.kind == Kind::Account {
                accounts.push(at);
            }
            for name in names(resource) {
                let slot = addresses.entry((resource.kind, name)).or_insert(Some(at));
                if *slot != Some(at) {
                    *slot = None;
                }
            }
        }
        // A tool names an account by its number, we by what was collected: only one account is surely the same.
        let account = if let [one] = accounts.as_slice() { Some(*one) } else { None };
        Self { policies, outcomes, addresses, account }
    }

    fn resource(&self, finding: &ForeignFinding, kind: Kind) -> Option<ResourceIndex> {
        if kind == Kind::Account {
            return self.account;
        }
        let name = finding.resource.as_deref()?;
        // The ARN of a log group ends in `:*` in some answers of its own service and in no others.
        let bare = name.strip_suffix(":*").unwrap_or(name);
        *self.addresses.get(&(kind, name)).or_else(|| self.addresses.get(&(kind, bare)))?
    }
}

/// The address and the names of a resource.
fn names(resource: &Resource) -> impl Iterator<Item = &str> {
    std::iter::once(&*resource.address).chain(resource.names.iter().map(|name| &**name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole rule, as a table. Every status of ours, every claim, every relation.
    #[test]
    fn a_foreign_pass_is_never_louder_than_ours() {
        use Status::{Errored, Fail, NotApplicable, Pass, Unknown};
        for relation in [Relation::Equal, Relation::Narrower, Relation::Wider, Relation::Related] {
            for ours in [None, Some(Unknown), Some(Errored), Some(NotApplicable)] {
                assert_eq!(Beside::of(Claim::Pass, ours, relation), Beside::NoProof, "{ours:?}");
                assert_eq!(Beside::of(Claim::Fail, ours, relation), Beside::TheirsAlone, "{ours:?}");
            }
            for ours in [None, Some(Pass), Some(Fail), Some(Unknown)] {
                assert_eq!(Beside::of(Claim::Open, ours, relation), Beside::NotTold);
                assert_eq!(Beside::of(Claim::NotApplicable, ours, relation), Beside::NotTold);
            }
            assert_eq!(Beside::of(Claim::Fail, Some(Fail), relation), Beside::BothFail);
            assert_eq!(Beside::of(Claim::Pass, Some(Pass), relation), Beside::BothPass);
        }
        for (theirs, ours, relation, want) in [
            (Claim::Fail, Pass, Relation::Equal, Beside::Conflict),
            (Claim::Fail, Pass, Relation::Narrower, Beside::Conflict),
            (Claim::Fail, Pass, Relation::Wider, Beside::TheirsAsksMore),
            (Claim::Fail, Pass, Relation::Related, Beside::TheirsAsksMore),
            (Claim::Pass, Fail, Relation::Equal, Beside::Conflict),
            (Claim::Pass, Fail, Relation::Wider, Beside::Conflict),
            (Claim::Pass, Fail, Relation::Narrower, Beside::OursAsksMore),
            (Claim::Pass, Fail, Relation::Related, Beside::OursAsksMore),
        ] {
            assert_eq!(Beside::of(theirs, Some(ours), relation), want, "{theirs:?} {ours:?} {relation:?}");
        }
    }

    #[test]
    fn a_finding_that_no_row_maps_is_kept() {
        let finding = |check: &str, claim| ForeignFinding {
            id: check.into(),
            check: check.into(),
            title: "".into(),
            claim,
            word: "FAIL".into(),
            severity: None,
            resource: None,
            at: None,
            muted: false,
            pointer: "/0".into(),
        };
        let reports = [ForeignReport {
            tool: "Prowler".into(),
            version: None,
            format: "ocsf",
            path: "p.json".into(),
            digest: Digest::of(b""),
            findings: vec![finding("a", Claim::Fail), finding("b", Claim::Pass)],
        }];
        let found = beside(&reports, &[], Ours { policies: &[], snapshot: None, outcomes: &[] });
        let told: Vec<_> = found.iter().map(|one| (one.beside, one.row.is_some())).collect();
        assert_eq!(told, [(Beside::TheirsAlone, false), (Beside::NoProof, false)]);
    }
}
