//! Terraform: `terraform show -json` of a plan or a state, and the raw state file.
//!
//! A plan is never held as one tree. One pass notes where each resource's properties stand in the text; each is parsed
//! when it is normalised and dropped again. What a plan leaves open (`after_unknown`) becomes [`Node::Late`] with the
//! addresses that the configuration's expression refers to.

mod configuration;
mod state;

use std::borrow::Cow;

use attesta_resource::{Format, Reason, Unknown};
use serde::Deserialize;
use serde_json::value::RawValue;

use self::configuration::{Configuration, LeadsTo};
use crate::{
    inventory::{Entry, Inventory, LeftOut, Loader},
    node::Node,
};

#[derive(Deserialize)]
struct Top<'a> {
    #[serde(borrow, default)]
    resource_changes: Option<Vec<Change<'a>>>,
    #[serde(borrow, default)]
    planned_values: Option<&'a RawValue>,
    #[serde(borrow, default)]
    values: Option<&'a RawValue>,
    #[serde(borrow, default)]
    configuration: Option<&'a RawValue>,
    #[serde(borrow, default)]
    resources: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Change<'a> {
    #[serde(borrow)]
    address: Cow<'a, str>,
    #[serde(borrow, default)]
    mode: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    type_name: Cow<'a, str>,
    #[serde(borrow)]
    change: Body<'a>,
    #[serde(borrow, default)]
    deposed: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow, default)]
    actions: Vec<Cow<'a, str>>,
    #[serde(borrow, default)]
    after: Option<&'a RawValue>,
    #[serde(borrow, default)]
    after_unknown: Option<&'a RawValue>,
}

/// What can be loaded for one entry.
#[derive(Clone, Copy)]
struct Span<'a> {
    after: Option<&'a RawValue>,
    unknown: Option<&'a RawValue>,
}

/// Takes a plan or a state apart.
///
/// # Errors
/// The text is not JSON, or not of Terraform's shape: serde's message with line and column.
pub(crate) fn read(text: &str) -> Result<(Format, Inventory<'_>), String> {
    let top: Top<'_> = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let mut found = Found::default();
    let format = if let Some(changes) = &top.resource_changes {
        found.changes(changes);
        Format::TerraformPlan
    } else if let Some(planned) = top.planned_values {
        state::shown(planned, "/planned_values", &mut found)?;
        Format::TerraformPlan
    } else if let Some(values) = top.values {
        state::shown(values, "/values", &mut found)?;
        Format::TerraformState
    } else if let Some(resources) = top.resources {
        state::raw(resources, &mut found)?;
        Format::TerraformState
    } else {
        Format::TerraformState
    };
    let configuration = match top.configuration {
        Some(raw) => Configuration::read(raw, found.entries.iter().map(|e| &*e.address))?,
        None => Configuration::default(),
    };
    let addresses = found.entries.iter().map(|e| e.address.clone()).collect();
    let loader = Spans { spans: found.spans, addresses, configuration };
    Ok((format, Inventory { entries: found.entries, left_out: found.left_out, loader: Box::new(loader) }))
}

/// Entries and spans as they are found.
#[derive(Default)]
struct Found<'a> {
    entries: Vec<Entry>,
    spans: Vec<Span<'a>>,
    left_out: Vec<LeftOut>,
}

impl<'a> Found<'a> {
    fn changes(&mut self, changes: &[Change<'a>]) {
        for (index, change) in changes.iter().enumerate() {
            // Deleted and deposed objects are not part of what the plan leads to.
            let goes = change.change.actions.iter().all(|a| a == "delete" || a == "forget")
                && !change.change.actions.is_empty();
            if goes || change.deposed.is_some() {
                continue;
            }
            let span = Span { after: change.change.after, unknown: change.change.after_unknown };
            self.add(
                &change.mode,
                &change.address,
                &change.type_name,
                format!("/resource_changes/{index}/change/after"),
                span,
            );
        }
    }

    fn add(&mut self, mode: &str, address: &str, type_name: &str, pointer: String, span: Span<'a>) {
        if mode == "data" {
            self.left_out.push(LeftOut { reason: Reason::UncoveredType, what: format!("data.{type_name}") });
            return;
        }
        self.entries.push(Entry {
            address: address.into(),
            type_name: type_name.into(),
            canonical: canonical(type_name).into(),
            pointer: pointer.into(),
        });
        self.spans.push(span);
    }
}

/// Types that Terraform knows under two names.
fn canonical(type_name: &str) -> &str {
    match type_name {
        "aws_alb" => "aws_lb",
        "aws_alb_listener" => "aws_lb_listener",
        "aws_alb_target_group" => "aws_lb_target_group",
        other => other,
    }
}

struct Spans<'a> {
    spans: Vec<Span<'a>>,
    addresses: Vec<Box<str>>,
    configuration: Configuration<'a>,
}

impl Loader for Spans<'_> {
    fn load(&self, index: usize) -> Result<Node, String> {
        let span = self.spans.get(index).ok_or("no such entry")?;
        let mut node = match span.after {
            Some(raw) => serde_json::from_str(raw.get()).map_err(|e| e.to_string())?,
            None => Node::Null,
        };
        let Some(raw) = span.unknown.filter(|raw| raw.get().contains("true")) else { return Ok(node) };
        let unknown: Node = serde_json::from_str(raw.get()).map_err(|e| e.to_string())?;
        let address = self.addresses.get(index).map_or("", |a| a);
        let expressions = self.configuration.expressions(address);
        let said = expressions.as_ref().map_or(Said::Unheard, Said::So);
        overlay(&mut node, &unknown, said, &|references| self.configuration.leads_to(references, address));
        Ok(node)
    }
}

/// What the configuration says where an attribute stands.
#[derive(Clone, Copy)]
enum Said<'a> {
    /// This expression, or a block of them.
    So(&'a Node),
    /// Nothing, where it could say something: the provider computes the attribute, or its author gave it `null`.
    Nothing,
    /// Nobody can tell: the plan has no configuration of the resource, or a `dynamic` block wrote the record around it
    /// (the configuration leaves those out).
    Unheard,
}

impl<'a> Said<'a> {
    fn of(self, key: &str) -> Self {
        match self {
            Self::So(block) => block.get(key).map_or(Self::Nothing, Self::So),
            Self::Nothing | Self::Unheard => Self::Unheard,
        }
    }

    /// What it says of one record of a list. A block that is written once may stand for many.
    fn item(self, index: usize) -> Self {
        match self {
            Self::So(Node::List(blocks)) => match blocks.as_slice() {
                [only] => Self::So(only),
                blocks => blocks.get(index).map_or(Self::Unheard, Self::So),
            },
            // An attribute that holds records has one expression for all of them.
            Self::So(expression) => Self::So(expression),
            Self::Nothing | Self::Unheard => Self::Unheard,
        }
    }

    /// What decides an attribute that is unknown when planning.
    fn decided_by(self, leads_to: &dyn Fn(&Node) -> LeadsTo) -> LeadsTo {
        match self {
            Self::Nothing => LeadsTo::Constants,
            Self::Unheard => LeadsTo::Opaque("code that the plan does not show".into()),
            Self::So(expression) => match (expression.get("references"), expression.get("constant_value")) {
                (Some(references), _) => leads_to(references),
                (None, Some(Node::Null)) => LeadsTo::Constants,
                // A block, or an expression without references that is known only at apply, such as `uuid()`.
                (None, _) => LeadsTo::Opaque("an expression of the configuration".into()),
            },
        }
    }
}

/// Lays `after_unknown` over `after`: what is `true` there is decided at apply.
fn overlay(node: &mut Node, unknown: &Node, said: Said<'_>, leads_to: &dyn Fn(&Node) -> LeadsTo) {
    match unknown {
        Node::Bool(true) => {
            *node = match said.decided_by(leads_to) {
                LeadsTo::Resources(from) => Node::Late(from),
                LeadsTo::Opaque(from) => Node::Unknown(Unknown::AfterApply { from }),
                // An empty `from` says that nobody said anything.
                LeadsTo::Constants => Node::Unknown(Unknown::AfterApply { from: "".into() }),
            };
        }
        Node::Map(entries) => {
            if matches!(node, Node::Null) {
                *node = Node::Map(Vec::new());
            }
            for (key, below) in entries.iter().filter(|(_, below)| has_unknown(below)) {
                let mut child = node.get_mut(key).map(std::mem::take).unwrap_or_default();
                overlay(&mut child, below, said.of(key), leads_to);
                node.put(key, child);
            }
        }
        Node::List(below) if below.iter().any(has_unknown) => {
            if matches!(node, Node::Null) {
                *node = Node::List(Vec::new());
            }
            if let Node::List(items) = node {
                while items.len() < below.len() {
                    items.push(Node::Null);
                }
                for (index, (item, below)) in items.iter_mut().zip(below).enumerate() {
                    overlay(item, below, said.item(index), leads_to);
                }
            }
        }
        _ => {}
    }
}

fn has_unknown(node: &Node) -> bool {
    match node {
        Node::Bool(b) => *b,
        Node::Map(entries) => entries.iter().any(|(_, v)| has_unknown(v)),
        Node::List(items) => items.iter().any(has_unknown),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = r#"{"format_version":"1.2","resource_changes":[
      {"address":"module.a[\"x\"].aws_s3_bucket.b","mode":"managed","type":"aws_s3_bucket","name":"b","change":{"actions":["create"],"after":{"force_destroy":false},"after_unknown":{"bucket":true,"id":true}}},
      {"address":"module.a[\"y\"].aws_s3_bucket.b","mode":"managed","type":"aws_s3_bucket","name":"b","change":{"actions":["create"],"after":{"force_destroy":false},"after_unknown":{"bucket":true}}},
      {"address":"aws_s3_bucket_versioning.v","mode":"managed","type":"aws_s3_bucket_versioning","name":"v","change":{"actions":["create"],"after":{"versioning_configuration":[{"status":"Enabled"}]},"after_unknown":{"bucket":true,"versioning_configuration":[{}]}}},
      {"address":"module.a[\"y\"].aws_s3_bucket_versioning.v","mode":"managed","type":"aws_s3_bucket_versioning","name":"v","change":{"actions":["create"],"after":{},"after_unknown":{"bucket":true}}},
      {"address":"aws_s3_bucket.gone","mode":"managed","type":"aws_s3_bucket","name":"gone","change":{"actions":["delete"],"after":null}}],
      "configuration":{"root_module":{
        "resources":[{"address":"aws_s3_bucket_versioning.v","type":"aws_s3_bucket_versioning","name":"v","mode":"managed","expressions":{"bucket":{"references":["module.a[\"x\"].id","module.a[\"x\"]","module.a"]}}}],
        "module_calls":{"a":{"expressions":{"name":{"references":["var.n"]}},"module":{
          "outputs":{"id":{"expression":{"references":["aws_s3_bucket.b.id","aws_s3_bucket.b"]}}},
          "resources":[{"address":"aws_s3_bucket.b","type":"aws_s3_bucket","name":"b","mode":"managed","expressions":{"bucket":{"references":["var.name"]}}},
                       {"address":"aws_s3_bucket_versioning.v","type":"aws_s3_bucket_versioning","name":"v","mode":"managed","expressions":{"bucket":{"references":["aws_s3_bucket.b.id","aws_s3_bucket.b"]}}}]}}}}}}"#;

    #[test]
    fn references_are_followed_through_outputs_and_instances() {
        let (format, inventory) = read(PLAN).unwrap();
        assert_eq!(format, Format::TerraformPlan);
        assert_eq!(inventory.entries.len(), 4);
        let bucket_of = |index| inventory.loader.load(index).unwrap().get("bucket").cloned().unwrap();
        assert_eq!(bucket_of(2), Node::Late(vec![r#"module.a["x"].aws_s3_bucket.b"#.into()]));
        assert_eq!(bucket_of(3), Node::Late(vec![r#"module.a["y"].aws_s3_bucket.b"#.into()]));
        assert!(matches!(bucket_of(0), Node::Unknown(_)));
    }

    /// What only the provider computes has an empty `from`; what its author wrote never has.
    #[test]
    fn the_authors_word_is_told_from_the_providers() {
        let change = |after: &str, unknown: &str| {
            format!(
                r#""resource_changes":[{{"address":"aws_x.y","mode":"managed","type":"aws_x","name":"y","change":{{"actions":["create"],"after":{after},"after_unknown":{unknown}}}}}]"#
            )
        };
        let configured = |expressions: &str| {
            format!(
                r#","configuration":{{"root_module":{{"resources":[{{"mode":"managed","type":"aws_x","name":"y","expressions":{expressions}}}]}}}}"#
            )
        };
        let flat = change("{}", r#"{"a":true}"#);
        let block = change(r#"{"b":[{"size":1}]}"#, r#"{"b":[{"a":true}]}"#);
        for (resource, configuration, authored) in [
            (&flat, configured("{}"), false),
            (&flat, configured(r#"{"a":{"constant_value":null}}"#), false),
            (&flat, configured(r#"{"a":{"references":["var.x"]}}"#), false),
            (&flat, configured(r#"{"a":{"references":["local.x"]}}"#), true),
            (&flat, configured(r#"{"a":{"references":["data.aws_z.w.id","data.aws_z.w"]}}"#), true),
            (&flat, configured(r#"{"a":{}}"#), true),
            (&flat, String::new(), true),
            (&block, configured(r#"{"b":[{"size":{"constant_value":1}}]}"#), false),
            (&block, configured(r#"{"b":[{"a":{"references":["each.value"]}}]}"#), true),
            (&block, configured("{}"), true),
        ] {
            let plan = format!(r#"{{"format_version":"1.2",{resource}{configuration}}}"#);
            let node = read(&plan).unwrap().1.loader.load(0).unwrap();
            let node = match node.get("b") {
                Some(Node::List(items)) => items[0].get("a").cloned(),
                _ => node.get("a").cloned(),
            };
            let Some(Node::Unknown(Unknown::AfterApply { from })) = node else { panic!("{plan}: {node:?}") };
            assert_eq!(!from.is_empty(), authored, "{plan}");
        }
    }

    #[test]
    fn a_truncated_plan_names_its_place() {
        let cut = PLAN.get(..PLAN.len() - 40).unwrap();
        let error = read(cut).map(|_| ()).unwrap_err();
        assert!(error.contains("line"), "{error}");
    }
}
