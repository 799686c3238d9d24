//! States: as `terraform show -json` prints them, and the raw file that Terraform keeps.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Found, Span};

/// Modules nest a handful deep in practice; a stranger's file may claim more.
const MODULE_DEPTH: usize = 64;

#[derive(Deserialize)]
struct Shown<'a> {
    #[serde(borrow, default)]
    root_module: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Module<'a> {
    #[serde(borrow, default)]
    resources: Option<Vec<Resource<'a>>>,
    #[serde(borrow, default)]
    child_modules: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Resource<'a> {
    #[serde(borrow)]
    address: Cow<'a, str>,
    #[serde(borrow, default)]
    mode: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    type_name: Cow<'a, str>,
    #[serde(borrow, default)]
    values: Option<&'a RawValue>,
}

/// `planned_values` of a plan or `values` of a state.
pub(super) fn shown<'a>(raw: &'a RawValue, pointer: &str, found: &mut Found<'a>) -> Result<(), String> {
    let shown: Option<Shown<'a>> = serde_json::from_str(raw.get()).map_err(|e| format!("in `{pointer}`: {e}"))?;
    match shown.and_then(|s| s.root_module) {
        Some(root) => module(root, format!("{pointer}/root_module"), 0, found),
        None => Ok(()),
    }
}

fn module<'a>(raw: &'a RawValue, pointer: String, depth: usize, found: &mut Found<'a>) -> Result<(), String> {
    if depth > MODULE_DEPTH {
        return Err(format!("in `{pointer}`: modules nest deeper than {MODULE_DEPTH}"));
    }
    let module_values: Module<'a> = serde_json::from_str(raw.get()).map_err(|e| format!("in `{pointer}`: {e}"))?;
    for (index, resource) in module_values.resources.iter().flatten().enumerate() {
        let span = Span { after: resource.values, unknown: None };
        found.add(
            &resource.mode,
            &resource.address,
            &resource.type_name,
            format!("{pointer}/resources/{index}/values"),
            span,
        );
    }
    for (index, child) in module_values.child_modules.iter().flatten().enumerate() {
        module(child, format!("{pointer}/child_modules/{index}"), depth + 1, found)?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct RawResource<'a> {
    #[serde(borrow, default)]
    module: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    mode: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    type_name: Cow<'a, str>,
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    instances: Vec<Instance<'a>>,
}

#[derive(Deserialize)]
struct Instance<'a> {
    #[serde(default)]
    index_key: Option<serde_json::Value>,
    #[serde(borrow, default)]
    attributes: Option<&'a RawValue>,
    #[serde(borrow, default)]
    deposed: Option<Cow<'a, str>>,
}

/// The `resources` list of a raw state file (version 4).
pub(super) fn raw<'a>(raw: &'a RawValue, found: &mut Found<'a>) -> Result<(), String> {
    let resources: Vec<RawResource<'a>> =
        serde_json::from_str(raw.get()).map_err(|e| format!("in `/resources`: {e}"))?;
    for (at, resource) in resources.iter().enumerate() {
        for (index, instance) in resource.instances.iter().enumerate() {
            if instance.deposed.is_some() {
                continue;
            }
            let key = instance.index_key.as_ref().map(|key| format!("[{key}]")).unwrap_or_default();
            let module = resource.module.as_ref().map(|m| format!("{m}.")).unwrap_or_default();
            let address = format!("{module}{}.{}{key}", resource.type_name, resource.name);
            let span = Span { after: instance.attributes, unknown: None };
            found.add(
                &resource.mode,
                &address,
                &resource.type_name,
                format!("/resources/{at}/instances/{index}/attributes"),
                span,
            );
        }
    }
    Ok(())
}
