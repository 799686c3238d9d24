//! The view for programs.

use attesta_app::crosswalk::{CrosswalkReport, From, gap};
use attesta_crosswalk::{Basis, Chain, Claim, Coverage, Hop, TargetCoverage, View};
use serde_json::{Value, json};

use super::Slot;

/// The whole framework, as `attesta.coverage/1`.
pub fn whole(report: &CrosswalkReport<'_>) -> Value {
    let groups: Vec<Value> = report
        .groups
        .iter()
        .map(|group| {
            let within = report.targets.iter().filter(|covered| group.targets.contains(&covered.target));
            json!({
                "key": group.key, "title": group.title, "level": group.level,
                "requirements": group.targets.len(), "counts": counts(Slot::counts(within)),
            })
        })
        .collect();
    let targets: Vec<Value> = report
        .targets
        .iter()
        .map(|covered| {
            let by = covered.best().map(chain);
            both(head(report, covered), json!({"chains": covered.chains.len(), "by": by}))
        })
        .collect();
    let counts = counts(Slot::counts(&report.targets));
    both(frame(report, "attesta.coverage/1"), json!({"counts": counts, "groups": groups, "requirements": targets}))
}

/// One requirement with every chain, as `attesta.coverage-explained/1`.
pub fn explained(report: &CrosswalkReport<'_>, covered: &TargetCoverage<'_>) -> Value {
    let list = |chains: &[Chain<'_>]| chains.iter().map(chain).collect::<Vec<_>>();
    let chains = json!({"chains": list(&covered.chains), "against": list(&covered.against)});
    let requirement = both(head(report, covered), chains);
    both(frame(report, "attesta.coverage-explained/1"), json!({"requirement": requirement}))
}

/// The entries of two objects.
fn both(first: Value, second: Value) -> Value {
    match (first, second) {
        (Value::Object(mut first), Value::Object(second)) => {
            first.extend(second);
            Value::Object(first)
        }
        (first, _) => first,
    }
}

fn frame(report: &CrosswalkReport<'_>, schema: &str) -> Value {
    let (kind, at) = match report.from {
        From::Check { at } => ("check", Some(at.to_string())),
        From::Answers => ("answers", None),
        From::Supposed => ("supposed", None),
    };
    let view = match report.view {
        View::Reviewed => "reviewed-only",
        View::All => "include-proposed",
    };
    json!({
        "schema": schema,
        "framework": report.document.as_str(),
        "edition": report.document.name(report.catalog),
        "standings": {"from": kind, "at": at, "sources": report.sources},
        "view": view,
    })
}

fn head(report: &CrosswalkReport<'_>, covered: &TargetCoverage<'_>) -> Value {
    json!({
        "id": covered.target.id(),
        "title": covered.target.title(report.catalog),
        "coverage": covered.coverage.as_str(),
        "reviewed": covered.reviewed.as_str(),
        "contested": covered.is_contested(),
        "failing_sources": covered.failing(),
    })
}

fn chain(chain: &Chain<'_>) -> Value {
    let gap =
        (matches!(chain.covers(), Coverage::Partial | Coverage::Perhaps) && !chain.hops.is_empty()).then(|| gap(chain));
    json!({
        "source": {"framework": chain.source.document().as_str(), "id": chain.source.id()},
        "standing": chain.standing.to_string(),
        "covers": chain.covers().as_str(),
        "claim": match chain.claim() {
            Claim::Full => "full",
            Claim::Partial => "partial",
            Claim::Undetermined => "undetermined",
            Claim::Nothing => "nothing",
        },
        "relations": chain.possible.relations().map(|r| r.as_str()).collect::<Vec<_>>(),
        "strength": chain.strength.get(),
        "reviewed": chain.is_settled(),
        "gap": gap,
        "hops": chain.hops.iter().map(hop).collect::<Vec<_>>(),
    })
}

fn hop(hop: &Hop<'_>) -> Value {
    let mapping = hop.mapping;
    let node = |node: &attesta_crosswalk::NodeId| json!({"framework": node.document().as_str(), "id": node.id()});
    json!({
        "from": node(hop.from),
        "to": node(hop.to),
        "relation": hop.relation.as_str(),
        "strength": mapping.strength.get(),
        "rationale": mapping.rationale.as_str(),
        "status": mapping.status.as_str(),
        "by": mapping.status.signature().map(|s| s.by.as_str()),
        "on": mapping.status.signature().map(|s| s.on.to_string()),
        "basis": match mapping.basis {
            Basis::Listed => "listed",
            Basis::Stated => "stated",
            Basis::Construction => "construction",
        },
        "crosswalk": mapping.crosswalk,
        "source": mapping.provenance.source,
        "confidence": mapping.provenance.confidence.as_str(),
        "note": mapping.note,
        "gap": mapping.gap,
        "turned": hop.turned,
        "contested": hop.contested,
        "place": mapping.place.as_ref().map(ToString::to_string),
    })
}

fn counts(counts: [u32; 9]) -> Value {
    Slot::ALL.iter().zip(counts).map(|(slot, count)| (slot.key().to_owned(), Value::from(count))).collect()
}
