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
            let goes = change.change.actions.iter().all(|a| a == "delete" || a == "forget") && !change.change.actions.is_empty();
            if goes || change.deposed.is_some() {
                continue;
            }
            let span = Span { after: change.change.after, unknown: change.change.after_unknown };
            self.add(&change.mode, &change.address, &change.type_name, format!("/resource_changes/{index}/change/after"), span);
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
        overlay(&mut node, &unknown, expressions.as_ref(), &|references| self.configuration.leads_to(references, address));
        Ok(node)
    }
}

/// Lays `after_unknown` over `after`: what is `true` there is decided at apply.
fn overlay(node: &mut Node, unknown: &Node, expression: Option<&Node>, leads_to: &dyn Fn(&Node) -> LeadsTo) {
    match unknown {
        Node::Bool(true) => {
            *node = match expression.and_then(|e| e.get("references")).map(leads_to) {
                Some(LeadsTo::Resources(from)) => Node::Late(from),
                Some(LeadsTo::Opaque(from)) => Node::Unknown(Unknown::AfterApply { from }),
                // Nothing was said, or `null` was: the provider computes it. An empty `from` says so.
                Some(LeadsTo::Constants) | None => Node::Unknown(Unknown::AfterApply { from: "".into() }),
            };
        }
        Node::Map(entries) => {
            if matches!(node, Node::Null) {
                *node = Node::Map(Vec::new());
            }
            for (key, below) in entries {
                let expression = expression.and_then(|e| e.get(key));
                match node.get_mut(key) {
                    Some(child) => overlay(child, below, expression, leads_to),
                    None if has_unknown(below) => {
                        let mut child = Node::Null;
                        overlay(&mut child, below, expression, leads_to);
                        node.put(key, child);
                    }
                    None => {}
                }
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
                    let expression = match expression {
                        Some(Node::List(expressions)) => expressions.get(index).or(if expressions.len() == 1 { expressions.first() } else { None }),
                        other => other,
                    };
                    overlay(item, below, expression, leads_to);
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

    #[test]
    fn a_truncated_plan_names_its_place() {
        let cut = PLAN.get(..PLAN.len() - 40).unwrap();
        let error = read(cut).map(|_| ()).unwrap_err();
        assert!(error.contains("line"), "{error}");
    }
}
