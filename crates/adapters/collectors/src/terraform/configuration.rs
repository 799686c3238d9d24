//! A plan's `configuration`: which expression gives an attribute its value, and to which resources it refers.
//!
//! Terraform lists an expression's references without saying how they combine, so a reference tells where a value *may*
//! come from. That is enough to join a bucket's satellites to the bucket; it never makes an unknown value known.

use std::{borrow::Cow, collections::HashMap};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::node::Node;

/// References through variables and outputs are followed so many steps.
const STEPS: usize = 16;

#[derive(Default)]
pub(super) struct Configuration<'a> {
    modules: Vec<Module<'a>>,
    /// Module path without instance keys -> module.
    by_path: HashMap<String, usize>,
    /// Resource address without instance keys -> addresses with them.
    instances: HashMap<String, Vec<Box<str>>>,
}

/// What an expression's references lead to in the end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LeadsTo {
    /// Resources of this plan.
    Resources(Vec<Box<str>>),
    /// Something that the plan does not resolve: a local, a data source, an iteration's value.
    Opaque(Box<str>),
    /// Only variables that are known when planning. An attribute that is unknown all the same was given `null`: its
    /// author said nothing, and the provider computes it.
    Constants,
}

#[derive(Default)]
struct Followed {
    addresses: Vec<Box<str>>,
    opaque: Option<String>,
}

#[derive(Default)]
struct Module<'a> {
    path: String,
    parent: Option<usize>,
    /// Input variable -> references of the expression that the caller gives it.
    inputs: HashMap<String, Vec<String>>,
    /// Output -> references.
    outputs: HashMap<String, Vec<String>>,
    /// `type.name` -> its expressions.
    resources: HashMap<String, &'a RawValue>,
}

#[derive(Deserialize)]
struct Top<'a> {
    #[serde(borrow, default)]
    root_module: Option<RawModule<'a>>,
}

#[derive(Deserialize)]
struct RawModule<'a> {
    #[serde(borrow, default)]
    resources: Vec<RawResource<'a>>,
    #[serde(borrow, default)]
    module_calls: HashMap<Cow<'a, str>, Call<'a>>,
    #[serde(default)]
    outputs: HashMap<String, Output>,
}

#[derive(Deserialize)]
struct RawResource<'a> {
    #[serde(borrow, default)]
    mode: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    type_name: Cow<'a, str>,
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    expressions: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Call<'a> {
    #[serde(borrow, default)]
    expressions: HashMap<Cow<'a, str>, &'a RawValue>,
    #[serde(borrow, default)]
    module: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Output {
    #[serde(default)]
    expression: Option<Expression>,
}

#[derive(Deserialize)]
struct Expression {
    #[serde(default)]
    references: Vec<String>,
}

impl Module<'_> {
    /// The address of something in this module.
    fn child(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}

impl<'a> Configuration<'a> {
    pub(super) fn read<'b>(raw: &'a RawValue, addresses: impl Iterator<Item = &'b str>) -> Result<Self, String> {
        let top: Top<'a> = serde_json::from_str(raw.get()).map_err(|e| format!("in `/configuration`: {e}"))?;
        let mut configuration = Self::default();
        for address in addresses {
            configuration.instances.entry(without_keys(address)).or_default().push(address.into());
        }
        if let Some(root) = top.root_module {
            configuration.add(root, String::new(), None, HashMap::new(), 0)?;
        }
        Ok(configuration)
    }

    fn add(
        &mut self,
        raw: RawModule<'a>,
        path: String,
        parent: Option<usize>,
        inputs: HashMap<String, Vec<String>>,
        depth: usize,
    ) -> Result<(), String> {
        if depth > 64 {
            return Err(format!("in `/configuration`: modules nest deeper than 64 at `{path}`"));
        }
        let index = self.modules.len();
        let resources = raw
            .resources
            .into_iter()
            .filter(|r| r.mode != "data")
            .filter_map(|r| Some((format!("{}.{}", r.type_name, r.name), r.expressions?)))
            .collect();
        let outputs = raw.outputs.into_iter().filter_map(|(name, o)| Some((name, o.expression?.references))).collect();
        self.by_path.insert(path.clone(), index);
        self.modules.push(Module { path: path.clone(), parent, inputs, outputs, resources });
        for (name, call) in raw.module_calls {
            let inputs = call.expressions.iter().map(|(k, v)| (k.to_string(), references_of(v))).collect();
            let below = if path.is_empty() { format!("module.{name}") } else { format!("{path}.module.{name}") };
            if let Some(module) = call.module {
                let module: RawModule<'a> =
                    serde_json::from_str(module.get()).map_err(|e| format!("in `{below}`: {e}"))?;
                self.add(module, below, Some(index), inputs, depth + 1)?;
            }
        }
        Ok(())
    }

    /// The expressions of the resource at this address.
    pub(super) fn expressions(&self, address: &str) -> Option<Node> {
        let bare = without_keys(address);
        let (module, resource) = split_module(&bare);
        let raw = self.modules.get(*self.by_path.get(module)?)?.resources.get(resource)?;
        serde_json::from_str(raw.get()).ok()
    }

    /// What a `references` list leads to, seen from the resource at `from`.
    pub(super) fn leads_to(&self, references: &Node, from: &str) -> LeadsTo {
        let bare = without_keys(from);
        let (module, _) = split_module(&bare);
        let texts: Vec<String> = match references {
            Node::List(items) => items.iter().filter_map(Node::as_text).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let mut found = Followed::default();
        match self.by_path.get(module) {
            Some(module) => self.follow(&texts, *module, from, "", 0, &mut found),
            None => found.opaque = texts.into_iter().next(),
        }
        match found.opaque {
            _ if !found.addresses.is_empty() => LeadsTo::Resources(found.addresses),
            Some(reference) => LeadsTo::Opaque(reference.into()),
            None => LeadsTo::Constants,
        }
    }

    /// `keys` holds the module instance that an output reference named, e.g. `module.a["x"]`.
    fn follow(&self, references: &[String], module: usize, from: &str, keys: &str, depth: usize, found: &mut Followed) {
        let Some(here) = self.modules.get(module) else { return };
        for reference in references {
            let parts = segments(reference);
            let led = depth < STEPS
                && match parts.as_slice() {
                    // A root variable, or one that its caller leaves at its default, is known when planning.
                    ["var", name, ..] => {
                        if let (Some(parent), Some(up)) = (here.parent, here.inputs.get(*name)) {
                            self.follow(up, parent, from, keys, depth + 1, found);
                        }
                        true
                    }
                    ["path" | "terraform", ..] => true,
                    // Terraform lists a module beside its output; the output says more.
                    ["module", _] => true,
                    ["module", call, output, ..] => self.follow_output(here, call, output, from, depth, found),
                    ["local" | "data" | "each" | "count" | "self", ..] => false,
                    [type_name, name, ..] => self.find(&here.child(type_name), name, from, keys, found),
                    _ => false,
                };
            if !led && found.opaque.is_none() {
                found.opaque = Some(reference.clone());
            }
        }
    }

    fn follow_output(
        &self,
        here: &Module<'a>,
        call: &str,
        output: &str,
        from: &str,
        depth: usize,
        found: &mut Followed,
    ) -> bool {
        let bare_call = call.split('[').next().unwrap_or(call);
        let Some(child) = self.by_path.get(&here.child(&format!("module.{bare_call}"))) else { return false };
        let Some(down) = self.modules.get(*child).and_then(|m| m.outputs.get(output)) else { return false };
        let keys = if call.contains('[') { format!("module.{call}") } else { String::new() };
        self.follow(down, *child, from, &keys, depth + 1, found);
        true
    }

    /// Adds the instances of a resource that a reference means; false where there are none, or too many to tell.
    fn find(&self, typed: &str, name: &str, from: &str, keys: &str, found: &mut Followed) -> bool {
        let (bare_name, key) = name.split_once('[').map_or((name, None), |(n, k)| (n, Some(k)));
        let chosen = self.choose(&format!("{typed}.{bare_name}"), key, from, keys);
        for address in &chosen {
            if !found.addresses.iter().any(|known| **known == **address) {
                found.addresses.push((*address).into());
            }
        }
        !chosen.is_empty()
    }

    /// Of all instances of a resource the ones that a reference from `from` can mean; none where that is ambiguous.
    fn choose(&self, bare: &str, key: Option<&str>, from: &str, keys: &str) -> Vec<&str> {
        let all = self.instances.get(bare).map_or(&[][..], Vec::as_slice);
        if all.len() <= 1 {
            return all.iter().map(AsRef::as_ref).collect();
        }
        let mut fit: Vec<&str> = all.iter().map(AsRef::as_ref).collect();
        if !keys.is_empty() {
            fit.retain(|a| a.contains(keys));
        } else {
            let shared = |a: &str| common_modules(a, from);
            let best = fit.iter().map(|a| shared(a)).max().unwrap_or_default();
            fit.retain(|a| shared(a) == best);
        }
        if let Some(key) = key {
            let wanted = format!("[{key}");
            fit.retain(|a| a.ends_with(&wanted));
        }
        if fit.len() > 1 {
            let own_key = from.ends_with(']').then(|| from.rfind('[').and_then(|at| from.get(at..))).flatten();
            match own_key {
                Some(own) => fit.retain(|a| a.ends_with(own)),
                None => fit.clear(),
            }
        }
        fit
    }
}

fn references_of(raw: &RawValue) -> Vec<String> {
    serde_json::from_str::<Expression>(raw.get()).map(|e| e.references).unwrap_or_default()
}

/// `module.a["x"].aws_s3_bucket.b[0]` without its instance keys.
fn without_keys(address: &str) -> String {
    if !address.contains('[') {
        return address.to_owned();
    }
    segments(address).iter().map(|s| s.split('[').next().unwrap_or(s)).collect::<Vec<_>>().join(".")
}

/// The module path and the rest of an address without keys.
fn split_module(bare: &str) -> (&str, &str) {
    let mut end = 0;
    let mut rest = bare;
    while let Some(inner) = rest.strip_prefix("module.") {
        let name = inner.find('.').unwrap_or(inner.len());
        end += "module.".len() + name;
        rest = inner.get(name..).unwrap_or_default();
        if let Some(after) = rest.strip_prefix('.') {
            rest = after;
            end += 1;
        }
    }
    (bare.get(..end.saturating_sub(1)).unwrap_or_default(), rest)
}

/// Segments at dots outside brackets and quotes.
fn segments(address: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut depth, mut quoted, mut escaped) = (0, 0_u32, false, false);
    for (at, c) in address.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth = depth.saturating_sub(1),
            '.' if !quoted && depth == 0 => {
                parts.push(address.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(address.get(start..).unwrap_or_default());
    parts
}

/// How many leading module instances two addresses share.
fn common_modules(a: &str, b: &str) -> usize {
    let (a, b) = (segments(a), segments(b));
    a.chunks(2).zip(b.chunks(2)).take_while(|(x, y)| x == y && x.first() == Some(&"module")).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let address = r#"module.a["x.y"].module.b[0].aws_s3_bucket.c["k"]"#;
        assert_eq!(without_keys(address), "module.a.module.b.aws_s3_bucket.c");
        assert_eq!(split_module("module.a.module.b.aws_s3_bucket.c"), ("module.a.module.b", "aws_s3_bucket.c"));
        assert_eq!(split_module("aws_s3_bucket.c"), ("", "aws_s3_bucket.c"));
        assert_eq!(common_modules("module.a[0].x.y", "module.a[0].z.w"), 1);
        assert_eq!(common_modules("module.a[0].x.y", "module.a[1].z.w"), 0);
    }
}
