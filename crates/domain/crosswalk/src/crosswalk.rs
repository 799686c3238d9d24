use std::collections::BTreeMap;

use attesta_catalog::{Catalog, Fault, Placed, Strength as Closeness};
use attesta_kernel::{Place, Provenance};

use crate::{
    Basis, CrosswalkPart, Document, ListsPart, Mapping, NodeError, NodeId, Parts, Rationale, Relation, ReviewPart,
    SignedPart, Status, Strength, Weight, graph::Graph,
};

/// The name of what statements list.
pub const STATEMENTS: &str = "statements";
/// The name of the catalog's HIPAA mappings.
pub const HIPAA_MAPPINGS: &str = "hipaa-mappings";
/// The name of what holds by construction.
const CONSTRUCTION: &str = "construction";

/// Every mapping, checked, and the graph that they make.
#[derive(Debug, Clone)]
pub struct Crosswalk {
    mappings: Vec<Mapping>,
    least_strength: Strength,
    pub(crate) graph: Graph,
}

impl Crosswalk {
    /// Checks mappings against the catalog and puts them together with the catalog's own lists.
    ///
    /// # Errors
    ///
    /// Every fault that was found, sorted by place; never only the first.
    pub fn build(catalog: &Catalog, parts: Parts) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut mappings = listed(catalog, &parts.lists);
        mappings.extend(stated(catalog, parts.crosswalks, parts.reviews, &mut faults));
        if faults.is_empty() {
            return Ok(Self::of(mappings, parts.lists.least_strength));
        }
        faults.sort();
        faults.dedup();
        Err(faults)
    }

    pub(crate) fn of(mappings: Vec<Mapping>, least_strength: Strength) -> Self {
        let graph = Graph::new(&mappings);
        Self { mappings, least_strength, graph }
    }

    /// Every mapping: the catalog's lists first, then crosswalks.
    pub fn mappings(&self) -> &[Mapping] {
        &self.mappings
    }

    /// Below which strength mappings are left out unless somebody asks for them.
    pub fn least_strength(&self) -> Strength {
        self.least_strength
    }

    /// Without mappings that are weaker.
    #[must_use]
    pub fn at_least(mut self, strength: Strength) -> Self {
        self.mappings.retain(|mapping| mapping.strength >= strength);
        Self::of(self.mappings, self.least_strength)
    }

    /// Mappings between two documents, read from `from` to `to`: rows written the other way round are turned.
    pub fn between(&self, from: Document, to: Document) -> Vec<Mapping> {
        let mut found: Vec<Mapping> = self
            .mappings
            .iter()
            .filter_map(|mapping| match (mapping.source.document(), mapping.target.document()) {
                (source, target) if (source, target) == (from, to) => Some(mapping.clone()),
                (source, target) if (target, source) == (from, to) => Some(Mapping {
                    source: mapping.target.clone(),
                    target: mapping.source.clone(),
                    relation: mapping.relation.inverse(),
                    ..mapping.clone()
                }),
                _ => None,
            })
            .collect();
        found.sort_by(|a, b| (&a.source, &a.target, &a.crosswalk).cmp(&(&b.source, &b.target, &b.crosswalk)));
        found
    }
}

/// What the catalog's lists say, and what holds by construction.
fn listed(catalog: &Catalog, lists: &ListsPart) -> Vec<Mapping> {
    let listed = |crosswalk: &str, source: NodeId, target: NodeId, weight: Weight, from: &Provenance| Mapping {
        crosswalk: crosswalk.into(),
        source,
        target,
        relation: Relation::IntersectsWith,
        strength: weight.strength,
        rationale: weight.rationale,
        status: Status::Proposed(lists.proposed.clone()),
        basis: Basis::Listed,
        // The list may be verified; that the two intersect is our reading of it.
        provenance: Provenance {
            source: from.source.clone(),
            confidence: from.confidence.max(lists.provenance.confidence),
        },
        note: None,
        gap: None,
        place: None,
    };
    let mut mappings = Vec::new();
    for statement in catalog.statements() {
        let source = NodeId::statement(&statement.id);
        let hipaa = statement.hipaa.iter().map(|id| NodeId::of(Document::Hipaa, id));
        let references = statement.control_references.iter().map(|id| NodeId::of(Document::Hitrust, id));
        let others = statement
            .targets
            .iter()
            .flat_map(|(framework, ids)| ids.iter().map(|id| NodeId::of(Document::List(*framework), id)));
        for target in hipaa.chain(references).chain(others) {
            mappings.push(listed(STATEMENTS, source.clone(), target, lists.statements, &statement.provenance));
        }
        for element in &statement.elements {
            for id in &element.hipaa {
                let (source, target) = (NodeId::element(&element.id), NodeId::of(Document::Hipaa, id));
                mappings.push(listed(STATEMENTS, source, target, lists.statements, &statement.provenance));
            }
        }
        mappings.extend(statement.elements.iter().map(|element| Mapping {
            crosswalk: CONSTRUCTION.into(),
            source: source.clone(),
            target: NodeId::element(&element.id),
            relation: Relation::SupersetOf,
            strength: Strength::MOST,
            rationale: Rationale::Syntactic,
            status: Status::Given,
            basis: Basis::Construction,
            provenance: statement.provenance.clone(),
            note: None,
            gap: None,
            place: None,
        }));
    }
    for item in catalog.hipaa() {
        for mapped in catalog.mapped(&item.citation) {
            let weight = match mapped.strength {
                Closeness::Primary => lists.primary,
                Closeness::Related => lists.related,
            };
            let source = NodeId::of(Document::Hipaa, &item.citation);
            let target = NodeId::of(Document::List(mapped.framework), &mapped.entry.id);
            mappings.push(listed(HIPAA_MAPPINGS, source, target, weight, mapped.provenance));
        }
    }
    mappings
}

/// What crosswalks state, with reviews.
fn stated(
    catalog: &Catalog,
    crosswalks: Vec<Placed<CrosswalkPart>>,
    reviews: Vec<Placed<ReviewPart>>,
    faults: &mut Vec<Fault>,
) -> Vec<Mapping> {
    let mut rows = BTreeMap::<(Box<str>, NodeId, NodeId), Mapping>::new();
    let mut ids = BTreeMap::<String, (Document, Document, Place)>::new();
    for Placed { place, value: part } in crosswalks {
        let reserved = [STATEMENTS, HIPAA_MAPPINGS, CONSTRUCTION].contains(&part.id.as_str());
        if reserved || part.id.trim().is_empty() {
            faults.push(Fault::new(place, format!("`{}` cannot be a crosswalk's id", part.id), "give it another"));
            continue;
        }
        if let Some((_, _, first)) = ids.get(&part.id) {
            let help = format!("it stands first at {first}; rename one");
            faults.push(Fault::new(place, format!("crosswalk `{}` stands twice", part.id), help));
            continue;
        }
        for (what, text) in [("title", &part.title), ("licence", &part.licence)] {
            if text.trim().is_empty() {
                faults.push(Fault::new(place.clone(), format!("the {what} of `{}` is empty", part.id), "write it"));
            }
        }
        if part.source == part.target {
            let message = format!("`{}` leads from {} to itself", part.id, part.source);
            faults.push(Fault::new(place.clone(), message, "a crosswalk joins two frameworks"));
        }
        let id: Box<str> = part.id.as_str().into();
        let status = match part.standing {
            SignedPart::Proposed(signature) => Status::Proposed(signature),
            SignedPart::Reviewed(signature) => Status::Reviewed(signature),
        };
        for Placed { place, value: row } in part.rows {
            let Some(source) = node(part.source, &row.source, catalog, &place, faults) else { continue };
            let Some(target) = node(part.target, &row.target, catalog, &place, faults) else { continue };
            let key = (id.clone(), source.clone(), target.clone());
            if let Some(first) = rows.get(&key).and_then(|first| first.place.clone()) {
                let message = format!("row `{}` to `{}` stands twice", source.id(), target.id());
                faults.push(Fault::new(place, message, format!("it stands first at {first}; remove one")));
                continue;
            }
            if matches!(row.relation, Relation::SubsetOf | Relation::IntersectsWith) && row.gap.is_none() {
                let message = format!("`{}` {} `{}` and says no gap", source.id(), row.relation, target.id());
                faults.push(Fault::new(place, message, "say what the target asks that the source does not give"));
                continue;
            }
            rows.insert(
                key,
                Mapping {
                    crosswalk: id.clone(),
                    source,
                    target,
                    relation: row.relation,
                    strength: row.strength,
                    rationale: row.rationale,
                    status: status.clone(),
                    basis: Basis::Stated,
                    provenance: row.provenance,
                    note: row.note,
                    gap: row.gap,
                    place: Some(place),
                },
            );
        }
        ids.insert(part.id, (part.source, part.target, place));
    }
    for Placed { place, value: review } in reviews {
        self::review(catalog, &ids, &mut rows, &place, review, faults);
    }
    rows.into_values().collect()
}

fn review(
    catalog: &Catalog,
    ids: &BTreeMap<String, (Document, Document, Place)>,
    rows: &mut BTreeMap<(Box<str>, NodeId, NodeId), Mapping>,
    place: &Place,
    review: ReviewPart,
    faults: &mut Vec<Fault>,
) {
    let Some((from, to, _)) = ids.get(&review.crosswalk) else {
        let names: Vec<&str> = ids.keys().map(String::as_str).collect();
        let message = format!("`{}` is not a crosswalk that was read", review.crosswalk);
        faults.push(Fault::new(place.clone(), message, format!("read here: {}", names.join(", "))));
        return;
    };
    let Some(source) = node(*from, &review.source, catalog, place, faults) else { return };
    let Some(target) = node(*to, &review.target, catalog, place, faults) else { return };
    let Some(row) = rows.get_mut(&(review.crosswalk.as_str().into(), source, target)) else {
        let message = format!("`{}` has no row `{}` to `{}`", review.crosswalk, review.source, review.target);
        faults.push(Fault::new(place.clone(), message, "review a row that is there, or write one of your own"));
        return;
    };
    if row.relation != review.relation {
        let message = format!(
            "the review saw `{}`, and the row now says `{}`: {} to {}",
            review.relation, row.relation, review.source, review.target
        );
        faults.push(Fault::new(place.clone(), message, "look at the row again and write what it says now"));
        return;
    }
    row.status = Status::Reviewed(review.reviewed);
}

fn node(document: Document, text: &str, catalog: &Catalog, place: &Place, faults: &mut Vec<Fault>) -> Option<NodeId> {
    match NodeId::find(document, text, catalog) {
        Ok(node) => Some(node),
        Err(error) => {
            let help = match &error {
                NodeError::Form(_) => None,
                NodeError::Absent { document: Document::Attesta, .. } => Some("`attesta catalog list statements`"),
                NodeError::Absent { document: Document::Hitrust, .. } => Some("`attesta catalog list references`"),
                NodeError::Absent { .. } | NodeError::Withdrawn { .. } => None,
            };
            let fault = match (help, &error) {
                (Some(command), _) => Fault::new(place.clone(), error.to_string(), format!("{command} shows them")),
                (None, NodeError::Absent { document, .. }) => Fault::new(
                    place.clone(),
                    error.to_string(),
                    format!("`attesta catalog list {document}` shows them"),
                ),
                (None, _) => Fault::plain(place.clone(), error.to_string()),
            };
            faults.push(fault);
            None
        }
    }
}
