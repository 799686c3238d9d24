use std::collections::BTreeMap;

use attesta_kernel::Place;
use attesta_resource::Kind;

use crate::{Placed, fault::Faults};

/// The dictionary of the neutral resource model: what each attribute of each kind of resource means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dictionary {
    common: BTreeMap<Box<str>, Field>,
    kinds: BTreeMap<Kind, KindFields>,
}

impl Dictionary {
    /// The field that `path` names for resources of `kind`, common ones included.
    ///
    /// A path is an attribute's name; fields of records follow a slash, and numbers between slashes are positions:
    /// `ingress`, `ingress/cidr` and `ingress/0/cidr` are all known to a firewall.
    pub fn attribute(&self, kind: Kind, path: &str) -> Option<&Field> {
        let mut steps = path.split('/');
        let name = steps.next()?;
        let field = self.kinds.get(&kind).and_then(|k| k.fields.get(name)).or_else(|| self.common.get(name))?;
        steps.filter(|step| step.parse::<u32>().is_err()).try_fold(field, |field, step| field.of(step))
    }

    /// Fields of `kind` alone, with its title.
    pub fn kind(&self, kind: Kind) -> Option<&KindFields> {
        self.kinds.get(&kind)
    }

    /// Every kind, by name.
    pub fn kinds(&self) -> impl Iterator<Item = (Kind, &KindFields)> {
        self.kinds.iter().map(|(kind, fields)| (*kind, fields))
    }

    /// Fields that every kind has.
    pub fn common(&self) -> impl Iterator<Item = (&str, &Field)> {
        self.common.iter().map(|(name, field)| (&**name, field))
    }

    /// Every name that resources of `kind` may carry, common ones included, sorted.
    pub fn names(&self, kind: Kind) -> Vec<&str> {
        let own = self.kinds.get(&kind).into_iter().flat_map(|k| k.fields.keys());
        let mut names: Vec<&str> = own.chain(self.common.keys()).map(|name| &**name).collect();
        names.sort_unstable();
        names
    }
}

/// One kind: its title and its own fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindFields {
    /// The kind's title for people.
    pub title: Box<str>,
    fields: BTreeMap<Box<str>, Field>,
}

impl KindFields {
    /// Its own fields by name, without the common ones.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &Field)> {
        self.fields.iter().map(|(name, field)| (&**name, field))
    }
}

/// What one attribute holds and means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// What it holds.
    pub shape: Shape,
    /// What it means, in one phrase.
    pub means: Box<str>,
}

impl Field {
    /// The field `name` of each record, when this is a list of records.
    pub fn of(&self, name: &str) -> Option<&Self> {
        match &self.shape {
            Shape::Records(fields) => fields.get(name),
            Shape::Bool | Shape::Int | Shape::Text | Shape::Texts => None,
        }
    }
}

/// What an attribute holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// True or false.
    Bool,
    /// A whole number; its unit stands in the attribute's name.
    Int,
    /// A text.
    Text,
    /// A list of texts.
    Texts,
    /// A list of records with these fields.
    Records(BTreeMap<Box<str>, Field>),
}

impl Shape {
    /// The word used in content.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Text => "text",
            Self::Texts => "texts",
            Self::Records(_) => "records",
        }
    }

    /// Whether it is a list, of texts or of records.
    pub fn is_list(&self) -> bool {
        matches!(self, Self::Texts | Self::Records(_))
    }
}

/// The dictionary as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DictionaryParts {
    /// The file.
    pub place: Place,
    /// Fields of every kind.
    pub common: Vec<FieldPart>,
    /// The kinds.
    pub kinds: Vec<Placed<KindPart>>,
}

/// A kind as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindPart {
    /// Which kind.
    pub kind: Kind,
    /// Its title.
    pub title: Box<str>,
    /// Its fields.
    pub fields: Vec<FieldPart>,
}

/// A field as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldPart {
    /// Where it stands.
    pub place: Place,
    /// Its name.
    pub name: Box<str>,
    /// What it holds, as it was written.
    pub shape: ShapePart,
    /// The fields of each record, as they were written.
    pub of: Option<Vec<FieldPart>>,
    /// What it means.
    pub means: Box<str>,
}

/// What a field holds, before its records were looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShapePart {
    /// True or false.
    Bool,
    /// A whole number.
    Int,
    /// A text.
    Text,
    /// A list of texts.
    Texts,
    /// A list of records.
    Records,
}

pub(crate) fn build(parts: DictionaryParts, faults: &mut Faults) -> Dictionary {
    let common = fields(parts.common, faults);
    let mut kinds = BTreeMap::new();
    for (kind, Placed { place, value: part }) in faults.index("kind", parts.kinds, |part| part.kind) {
        faults.text(&place, format_args!("title of `{kind}`"), &part.title);
        for field in part.fields.iter().filter(|field| common.contains_key(&field.name)) {
            let message = format!("`{}` of `{kind}` is a common attribute already", field.name);
            faults.add(&field.place, message, "give it another name, or leave it out");
        }
        kinds.insert(kind, KindFields { title: part.title, fields: fields(part.fields, faults) });
    }
    for kind in Kind::ALL.iter().filter(|kind| !kinds.contains_key(kind)) {
        faults.add(
            &parts.place,
            format!("kind `{kind}` is not described"),
            "describe it, with `attributes: {}` if it has none",
        );
    }
    Dictionary { common, kinds }
}

fn fields(parts: Vec<FieldPart>, faults: &mut Faults) -> BTreeMap<Box<str>, Field> {
    let mut fields = BTreeMap::new();
    for part in parts {
        faults.text(&part.place, format_args!("meaning of `{}`", part.name), &part.means);
        let shape = match (part.shape, part.of) {
            (ShapePart::Records, Some(of)) if !of.is_empty() => Shape::Records(self::fields(of, faults)),
            (ShapePart::Records, _) => {
                let message = format!("`{}` is a list of records, but no fields are named", part.name);
                faults.add(&part.place, message, "name the fields of each record under `of`");
                Shape::Records(BTreeMap::new())
            }
            (_, Some(_)) => {
                let message = format!("`{}` names fields under `of`, but is not of type `records`", part.name);
                faults.add(&part.place, message, "write `type: records`, or drop `of`");
                Shape::Text
            }
            (ShapePart::Bool, None) => Shape::Bool,
            (ShapePart::Int, None) => Shape::Int,
            (ShapePart::Text, None) => Shape::Text,
            (ShapePart::Texts, None) => Shape::Texts,
        };
        fields.insert(part.name, Field { shape, means: part.means });
    }
    fields
}
