use std::collections::BTreeMap;

use attesta_kernel::{Citation, ControlRef, ElementId, StatementId};

use crate::{
    Category, CsfParts, Designation, Dictionary, DictionaryParts, Domain, Edition, ElementEntry, Fault, Framework,
    FrameworkId, FrameworkPart, HipaaItem, HipaaKind, HipaaParts, Mapped, MappingPart, Objective, ObjectiveId, Pack,
    Placed, Reference, Statement, StatementPart,
    csf::{self, Csf},
    dictionary,
    fault::Faults,
    framework::{self, Targets},
    hipaa,
    mapping::{self, Mappings},
    statement,
};

/// Everything that content says, checked: whatever one item names in another is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    pack: Pack,
    hipaa_edition: Edition,
    hipaa: BTreeMap<Citation, HipaaItem>,
    csf: Csf,
    frameworks: BTreeMap<FrameworkId, Framework>,
    mappings: Mappings,
    statements: BTreeMap<StatementId, Statement>,
    notice: String,
    dictionary: Dictionary,
}

/// Content as it was read, before anything was compared with anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// What the pack says about itself.
    pub pack: Placed<Pack>,
    /// The HIPAA Security Rule.
    pub hipaa: HipaaParts,
    /// The HITRUST CSF's structure.
    pub csf: CsfParts,
    /// Lists of ids to point at.
    pub frameworks: Vec<Placed<FrameworkPart>>,
    /// Mappings from HIPAA citations.
    pub mappings: Vec<Placed<MappingPart>>,
    /// Our own statements, in the order of their files.
    pub statements: Vec<Placed<StatementPart>>,
    /// What each file of statements says about whose words they are.
    pub notices: Vec<Placed<String>>,
    /// The dictionary of the resource model.
    pub dictionary: DictionaryParts,
}

impl Catalog {
    /// Checks content and puts it together.
    ///
    /// # Errors
    ///
    /// Every fault that was found, sorted by place; never only the first.
    pub fn build(parts: Parts) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::default();
        parts.pack.value.check(&parts.pack.place, &mut faults);
        let (hipaa_edition, hipaa) = hipaa::build(parts.hipaa, &mut faults);
        let csf = csf::build(parts.csf, &mut faults);
        let frameworks = framework::build(parts.frameworks, &mut faults);
        let targets = Targets(&frameworks);
        let mappings = mapping::build(parts.mappings, &hipaa, targets, &mut faults);
        let statements = statement::build(parts.statements, &csf, &hipaa, targets, &mut faults);
        let notice = statement::notice(parts.notices, &mut faults);
        let dictionary = dictionary::build(parts.dictionary, &mut faults);
        match faults.into_sorted() {
            Some(faults) => Err(faults),
            None => Ok(Self {
                pack: parts.pack.value,
                hipaa_edition,
                hipaa,
                csf,
                frameworks,
                mappings,
                statements,
                notice,
                dictionary,
            }),
        }
    }

    /// What the pack says about itself.
    pub fn pack(&self) -> &Pack {
        &self.pack
    }

    /// The dictionary of the resource model.
    pub fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }
}

/// HIPAA.
impl Catalog {
    /// Which text of the Security Rule stands here.
    pub fn hipaa_edition(&self) -> &Edition {
        &self.hipaa_edition
    }

    /// Every item, in the rule's order.
    pub fn hipaa(&self) -> impl Iterator<Item = &HipaaItem> {
        self.hipaa.values()
    }

    /// The item at `citation`.
    pub fn hipaa_item(&self, citation: &Citation) -> Option<&HipaaItem> {
        self.hipaa.get(citation)
    }

    /// The standards.
    pub fn standards(&self) -> impl Iterator<Item = &HipaaItem> {
        self.hipaa().filter(|item| item.kind == HipaaKind::Standard)
    }

    /// The implementation specifications.
    pub fn specifications(&self) -> impl Iterator<Item = &HipaaItem> {
        self.hipaa().filter(|item| item.kind == HipaaKind::Specification)
    }

    /// What must be met as written: required specifications, and standards that have no specifications.
    pub fn required(&self) -> impl Iterator<Item = &HipaaItem> {
        self.hipaa().filter(|item| item.designation == Designation::Required)
    }

    /// What must be met, or decided about in writing (164.306(d)(3)).
    pub fn addressable(&self) -> impl Iterator<Item = &HipaaItem> {
        self.hipaa().filter(|item| item.designation == Designation::Addressable)
    }

    /// Items whose parent is `citation`.
    pub fn under<'a>(&'a self, citation: &Citation) -> impl Iterator<Item = &'a HipaaItem> {
        self.hipaa().filter(move |item| item.parent.as_ref() == Some(citation))
    }

    /// Where `citation` leads in other frameworks.
    pub fn mapped(&self, citation: &Citation) -> impl Iterator<Item = Mapped<'_>> {
        self.mappings.from(citation, &self.frameworks)
    }
}

/// The HITRUST CSF's structure.
impl Catalog {
    /// Which version of the structure stands here.
    pub fn csf_edition(&self) -> &Edition {
        &self.csf.edition
    }

    /// The assessment domains, by number.
    pub fn domains(&self) -> impl Iterator<Item = &Domain> {
        self.csf.domains.values()
    }

    /// The domain of this number.
    pub fn domain(&self, number: u8) -> Option<&Domain> {
        self.csf.domains.get(&number)
    }

    /// The control categories, by number.
    pub fn categories(&self) -> impl Iterator<Item = &Category> {
        self.csf.categories.values()
    }

    /// The category of this number.
    pub fn category(&self, number: u8) -> Option<&Category> {
        self.csf.categories.get(&number)
    }

    /// The control objectives, by id.
    pub fn objectives(&self) -> impl Iterator<Item = &Objective> {
        self.csf.objectives.values()
    }

    /// The objective of this id.
    pub fn objective(&self, id: ObjectiveId) -> Option<&Objective> {
        self.csf.objectives.get(&id)
    }

    /// The control references, in the CSF's order.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.csf.references.values()
    }

    /// The reference of this id.
    pub fn reference(&self, id: &ControlRef) -> Option<&Reference> {
        self.csf.references.get(id)
    }
}

/// Other frameworks.
impl Catalog {
    /// Every list of ids.
    pub fn frameworks(&self) -> impl Iterator<Item = &Framework> {
        self.frameworks.values()
    }

    /// The list of this framework, when the pack has it.
    pub fn framework(&self, id: FrameworkId) -> Option<&Framework> {
        self.frameworks.get(&id)
    }
}

/// Our own statements.
impl Catalog {
    /// Whose words the statements are; show it wherever they are shown.
    pub fn notice(&self) -> &str {
        &self.notice
    }

    /// Every statement, by id.
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.statements.values()
    }

    /// The statement of this id.
    pub fn statement(&self, id: &StatementId) -> Option<&Statement> {
        self.statements.get(id)
    }

    /// Statements of the domain of this number.
    pub fn statements_in(&self, domain: u8) -> impl Iterator<Item = &Statement> {
        self.statements().filter(move |statement| statement.domain == domain)
    }

    /// Statements that are aligned to `reference`.
    pub fn statements_serving<'a>(&'a self, reference: &ControlRef) -> impl Iterator<Item = &'a Statement> {
        self.statements().filter(move |statement| statement.control_references.contains(reference))
    }

    /// Statements that cite `citation` itself (not one inside it).
    pub fn statements_citing<'a>(&'a self, citation: &Citation) -> impl Iterator<Item = &'a Statement> {
        self.statements().filter(move |statement| statement.hipaa.contains(citation))
    }

    /// Every element with its statement, by id.
    pub fn elements(&self) -> impl Iterator<Item = ElementEntry<'_>> {
        self.statements()
            .flat_map(|statement| statement.elements.iter().map(move |element| ElementEntry { statement, element }))
    }

    /// The element of this id, with its statement.
    pub fn element(&self, id: &ElementId) -> Option<ElementEntry<'_>> {
        let statement = self.statement(&id.statement())?;
        let element = statement.elements.iter().find(|element| element.id == *id)?;
        Some(ElementEntry { statement, element })
    }

    /// Elements that serve `citation`, through their own citations or through their statement's.
    pub fn elements_citing<'a>(&'a self, citation: &Citation) -> impl Iterator<Item = ElementEntry<'a>> {
        self.elements().filter(move |entry| entry.element.hipaa.contains(citation))
    }
}
