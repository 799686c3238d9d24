//! CloudFormation templates, YAML and JSON: resources with their properties resolved as far as a template tells.
//!
//! What is known is what the template gives when it is deployed with its default parameters, in any account and region.
//! Everything else becomes an unknown with its reason, or a reference to another resource; nothing is guessed.

mod conditions;
mod globals;
mod intrinsics;
mod parameters;
mod resolve;
mod substitute;
mod template;
#[cfg(test)]
mod tests;

use attesta_resource::{Format, Reason};

use crate::{
    inventory::{Entry, Inventory, LeftOut, Parsed},
    json,
    node::Node,
    tree::{DocumentError, Pair, Tree},
    view::escape,
    yaml,
};

pub(crate) use parameters::PLAIN_DEFAULT;
use template::Template;

/// Reads one template. An error says what is wrong and on which line.
pub(crate) fn read(text: &str) -> Result<(Format, Inventory<'static>), String> {
    let mended;
    let parsed = match parse(text) {
        Ok(parsed) => parsed,
        Err(error) => {
            mended = mended_text(text).ok_or_else(|| error.to_string())?;
            yaml::parse(&mended).map_err(|error| error.to_string())?
        }
    };
    let mut inventory = read_tree(&parsed.tree).map_err(|error| error.to_string())?;
    if let Some(line) = parsed.more {
        let what = format!("the YAML documents after the first, from line {line}");
        inventory.left_out.push(LeftOut { reason: Reason::Unresolved, what });
    }
    Ok((Format::CloudFormation, inventory))
}

/// JSON where it is JSON, else YAML. YAML takes JSON with comments and trailing commas too, as CloudFormation does.
fn parse(text: &str) -> Result<yaml::Yaml<'_>, DocumentError> {
    if !text.trim_start().starts_with('{') {
        return yaml::parse(text);
    }
    match json::parse(text) {
        Ok(tree) => Ok(yaml::Yaml { tree, more: None }),
        Err(error) => yaml::parse(text).map_err(|_| error),
    }
}

/// What CloudFormation's parser takes although its indentation is wrong, mended.
fn mended_text(text: &str) -> Option<String> {
    if text.trim_start().starts_with('{') { None } else { yaml::mended(text) }
}

/// Whether a parsed document is a template: `Resources` with at least one resource type, or the format's version.
pub(crate) fn looks_like(tree: &Tree<'_>) -> bool {
    let typed = |pair: &Pair<'_>| pair.value.get("Type").and_then(Tree::as_text).is_some_and(|t| t.contains("::"));
    tree.get("Resources").is_some_and(|r| {
        r.pairs().iter().any(typed) || (matches!(r, Tree::Map(_)) && tree.get("AWSTemplateFormatVersion").is_some())
    })
}

/// Takes a parsed template apart.
pub(crate) fn read_tree(tree: &Tree<'_>) -> Result<Inventory<'static>, DocumentError> {
    if !looks_like(tree) {
        let line = tree.pairs().first().map_or(1, |p| p.line);
        return Err(DocumentError::new(line, "no `Resources` with types: not a whole CloudFormation template"));
    }
    let template = Template::new(tree)?;
    let mut apart = Apart { left_out: transforms(tree), ..Apart::default() };
    for resource in tree.get("Resources").map_or(&[][..], Tree::pairs) {
        apart.add(&template, resource);
    }
    Ok(Inventory { entries: apart.entries, left_out: apart.left_out, loader: Box::new(Parsed(apart.properties)) })
}

#[derive(Default)]
struct Apart {
    entries: Vec<Entry>,
    properties: Vec<Node>,
    left_out: Vec<LeftOut>,
}

impl Apart {
    fn add<'t, 'a>(&mut self, template: &Template<'t, 'a>, resource: &'t Pair<'a>) {
        match entry(template, resource) {
            Ok((type_name, properties)) => {
                self.entries.push(Entry {
                    address: (&*resource.key).into(),
                    type_name: type_name.into(),
                    canonical: type_name.into(),
                    pointer: format!("/Resources/{}/Properties", escape(&resource.key)).into(),
                });
                self.properties.push(properties);
            }
            Err(left_out) => self.left_out.push(left_out),
        }
    }
}

/// A resource's type and resolved properties, or why it is left out.
fn entry<'t, 'a>(template: &Template<'t, 'a>, resource: &'t Pair<'a>) -> Result<(&'t str, Node), LeftOut> {
    let out = |reason: Reason, why: &str| LeftOut { reason, what: format!("{}: {why}", resource.key) };
    if resource.key.starts_with("Fn::") {
        return Err(out(Reason::Unresolved, "resources that a function makes"));
    }
    let Tree::Map(body) = &resource.value else {
        return Err(out(Reason::Unreadable, &format!("line {}: not a map", resource.line)));
    };
    let Some(type_name) = resource.value.get("Type").and_then(Tree::as_text) else {
        return Err(out(Reason::Unreadable, &format!("line {}: a resource without a `Type`", resource.line)));
    };
    if let Some(condition) = resource.value.get("Condition").and_then(Tree::as_text)
        && template.holds(condition) == Some(false)
    {
        return Err(out(Reason::Unresolved, &format!("condition {condition} is false with the default parameters")));
    }
    if type_name == "AWS::CloudFormation::Stack" {
        return Err(out(Reason::Unresolved, "a nested stack; give its template too"));
    }
    let properties = match body.iter().find(|p| p.key == "Properties") {
        None => Node::Map(Vec::new()),
        Some(pair) => match template.value(&pair.value) {
            Node::Null => Node::Map(Vec::new()),
            node @ (Node::Map(_) | Node::Unknown(_)) => node,
            _ => return Err(out(Reason::Unreadable, &format!("line {}: `Properties` is not a map", pair.line))),
        },
    };
    let mut properties = globals::applied(template, type_name, properties);
    // An attribute of the resource, but what it decides is asked of the resource as its properties are.
    if let Some(policy) = resource.value.get(DELETION_POLICY)
        && properties.get(DELETION_POLICY).is_none()
    {
        properties.put(DELETION_POLICY, template.value(policy));
    }
    Ok((type_name, properties))
}

/// What becomes of the resource when its stack is deleted.
const DELETION_POLICY: &str = "DeletionPolicy";

/// Macros rewrite a template before it is deployed; what is read here is what they are given.
fn transforms(tree: &Tree<'_>) -> Vec<LeftOut> {
    let Some(transform) = tree.get("Transform") else { return Vec::new() };
    let names: Vec<&str> = match transform {
        Tree::List(items) => items.iter().filter_map(transform_name).collect(),
        one => transform_name(one).into_iter().collect(),
    };
    names
        .into_iter()
        // Its functions are resolved here; its loops are told where they stand.
        .filter(|name| *name != "AWS::LanguageExtensions")
        .map(|name| LeftOut {
            reason: Reason::Unresolved,
            what: format!("Transform {name}: read as written, not as rewritten"),
        })
        .collect()
}

fn transform_name<'t>(tree: &'t Tree<'_>) -> Option<&'t str> {
    tree.as_text().or_else(|| tree.get("Name").and_then(Tree::as_text))
}
