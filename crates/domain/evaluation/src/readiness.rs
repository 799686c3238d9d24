//! Readiness: where a program stands, requirement by requirement, folded from the standings of elements.

use attesta_catalog::Catalog;
use attesta_kernel::{Citation, ElementId, Share, StatementId};

use crate::{Standing, Standings, Tally};

/// Where every framework that we can picture stands.
#[derive(Debug, Clone)]
pub struct Readiness {
    /// The HIPAA Security Rule.
    pub hipaa: HipaaReadiness,
    /// The HITRUST assessment domains, in order.
    pub domains: Vec<DomainReadiness>,
    /// All elements of all statements.
    pub elements: Tally,
}

/// The HIPAA Security Rule's two scores.
#[derive(Debug, Clone)]
pub struct HipaaReadiness {
    /// Required specifications, and standards that have none (45 CFR 164.306(d)(2)): met only as a whole.
    pub required: Vec<ItemReadiness>,
    /// Addressable specifications (45 CFR 164.306(d)(3)): met one by one.
    pub addressable: Vec<ItemReadiness>,
}

/// Where one standard or specification stands.
#[derive(Debug, Clone)]
pub struct ItemReadiness {
    /// The citation.
    pub citation: Citation,
    /// Where it stands: as its worst element does; one that no element cites waits for people.
    pub standing: Standing,
    /// Its elements.
    pub tally: Tally,
    /// The elements that cite it.
    pub elements: Vec<ElementId>,
}

/// Where one assessment domain stands.
#[derive(Debug, Clone)]
pub struct DomainReadiness {
    /// The domain's number, 1 to 19.
    pub number: u8,
    /// Its elements.
    pub tally: Tally,
    /// Its statements, in order.
    pub statements: Vec<(StatementId, Tally)>,
}

impl HipaaReadiness {
    /// The binary score: whether every required item that applies is proven. `may_not_apply` items count like the
    /// others until somebody records that they do not apply.
    pub fn required_met(&self) -> bool {
        self.required.iter().all(|item| item.standing == Standing::Proven)
    }

    /// How many required items are proven, of all.
    pub fn required_share(&self) -> Share {
        share(&self.required)
    }

    /// How many addressable specifications are proven, of all.
    pub fn addressable_share(&self) -> Share {
        share(&self.addressable)
    }
}

fn share(items: &[ItemReadiness]) -> Share {
    let proven = items.iter().filter(|i| i.standing == Standing::Proven).count();
    Share::new(u32::try_from(proven).unwrap_or(u32::MAX), u32::try_from(items.len()).unwrap_or(u32::MAX))
}

impl Readiness {
    /// Folds standings into the picture.
    pub fn of(catalog: &Catalog, standings: &Standings) -> Self {
        let item = |citation: &Citation| {
            let elements: Vec<ElementId> = catalog.elements_citing(citation).map(|e| e.element.id.clone()).collect();
            let tally = standings.tally(&elements);
            ItemReadiness { citation: citation.clone(), standing: tally.worst(), tally, elements }
        };
        let hipaa = HipaaReadiness {
            required: catalog.required().map(|i| item(&i.citation)).collect(),
            addressable: catalog.addressable().map(|i| item(&i.citation)).collect(),
        };
        let domains = catalog
            .domains()
            .map(|domain| {
                let statements: Vec<(StatementId, Tally)> = catalog
                    .statements_in(domain.number)
                    .map(|s| (s.id.clone(), standings.tally(s.elements.iter().map(|e| &e.id))))
                    .collect();
                let ids = catalog.statements_in(domain.number).flat_map(|s| &s.elements).map(|e| &e.id);
                DomainReadiness { number: domain.number, tally: standings.tally(ids), statements }
            })
            .collect();
        let elements = standings.tally(catalog.elements().map(|e| &e.element.id));
        Self { hipaa, domains, elements }
    }
}
