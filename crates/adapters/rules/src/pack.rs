use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use attesta_kernel::Place;
use regorus::{
    Engine,
    rvm::Program,
    unstable::{Parser, Source},
};
use serde::{Deserialize, Serialize};

use crate::{
    Limits, Metadata, RuleFault, RuleFile,
    check::{Packages, Role, RuleModule, role_of},
    fence,
    metadata::RawMetadata,
    program,
    reads::{self, RAW, Reads},
    recursion,
    source::{is_test, text_of},
    syntax::{Form, ModuleUses},
};

/// A policy of a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulePolicy {
    /// Where its `deny` stands.
    pub place: Place,
    /// Its package, below `data`.
    pub package: String,
    /// What it says of itself.
    pub metadata: Metadata,
}

/// A test of a pack: one `test_*` rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleTest {
    /// Where it stands.
    pub place: Place,
    /// Its package and name: `data.acme.databases.test_plain_text_fails`.
    pub name: String,
}

/// Policies, libraries and tests that were read, checked and compiled together.
///
/// A file that is refused takes nothing else down with it: the pack holds what is sound, and [`faults`](Self::faults)
/// what is not. Whoever reports results reports the faults too, since a policy that did not load did not pass.
#[derive(Debug)]
pub struct RulePack {
    pub(crate) limits: Limits,
    policies: Vec<RulePolicy>,
    tests: Vec<RuleTest>,
    faults: Vec<RuleFault>,
    pub(crate) compiled: Vec<CompiledPolicy>,
    pub(crate) suites: Vec<Suite>,
}

#[derive(Debug, Clone)]
pub(crate) struct CompiledPolicy {
    pub(crate) raw: RawMetadata,
    pub(crate) program: Arc<Program>,
    pub(crate) second_opinion: Option<Engine>,
    pub(crate) entries: Entries,
    /// What `applies` hangs on: when one of these is unknown, so is whether the policy applies.
    pub(crate) applies_reads: Reads,
}

/// The entry points of a policy; `None` where it has no such rule.
#[derive(Debug, Clone)]
pub(crate) struct Entries {
    pub(crate) deny: String,
    pub(crate) unknown: Option<String>,
    pub(crate) applies: Option<String>,
}

/// A test with the files that it needs.
#[derive(Debug, Clone)]
pub(crate) struct Suite {
    pub(crate) files: Arc<Vec<(String, String)>>,
    pub(crate) rule: String,
}

/// What loading does next, and to which of the given files. A worker tells its parent, so that the parent knows which
/// file killed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Step {
    pub(crate) file: usize,
}

impl RulePack {
    /// Reads, checks and compiles files **in this process**. For packs that you trust as much as your own code; give
    /// others to a [`Worker`](crate::Worker).
    pub fn load(files: &[RuleFile], limits: &Limits) -> Self {
        Self::load_with(files, limits, &mut |_| {})
    }

    pub(crate) fn load_with(files: &[RuleFile], limits: &Limits, tell: &mut (dyn FnMut(Step) + Send)) -> Self {
        let mut pack = Self {
            limits: limits.clone(),
            policies: Vec::new(),
            tests: Vec::new(),
            faults: Vec::new(),
            compiled: Vec::new(),
            suites: Vec::new(),
        };
        if let Err(why) = fence::on_big_stack(limits.stack_bytes, || pack.fill(files, tell)) {
            pack = Self {
                faults: vec![RuleFault::of_file(
                    "pack",
                    why,
                    "load its files one by one to find the one that does this",
                )],
                ..pack
            };
        }
        pack.faults.sort();
        pack.faults.dedup();
        pack
    }

    /// The policies, in the order of their files.
    pub fn policies(&self) -> &[RulePolicy] {
        &self.policies
    }

    /// The tests, in the order of their files.
    pub fn tests(&self) -> &[RuleTest] {
        &self.tests
    }

    /// What was refused, sorted by place.
    pub fn faults(&self) -> &[RuleFault] {
        &self.faults
    }

    fn fill(&mut self, files: &[RuleFile], tell: &mut dyn FnMut(Step)) {
        if let Some(first) = files.get(self.limits.files) {
            let message = format!("the pack has {} files; at most {} are read", files.len(), self.limits.files);
            self.faults.push(RuleFault::of_file(&first.path, message, "load fewer files"));
        }
        let mut modules = Vec::new();
        for (index, file) in files.iter().enumerate().take(self.limits.files) {
            tell(Step { file: index });
            match read(index, file, &self.limits) {
                Ok(module) => modules.push(module),
                Err(fault) => self.faults.push(fault),
            }
        }
        self.faults.extend(drop_duplicates(&mut modules));
        let graph = self.settle(&mut modules);
        for module in &modules {
            let needed = needed_by(module, &modules, &graph);
            tell(Step { file: module.file });
            match &module.role {
                Role::Policy(raw, _) => {
                    let applies_reads = reads_of("applies", module, &graph);
                    let compiled =
                        fence::caught(|| program::compile(module, &needed, &self.limits)).unwrap_or_else(|why| {
                            Err(RuleFault::of_file(
                                &module.path,
                                why,
                                "simplify it; please report the file, since regorus failed on it",
                            ))
                        });
                    match compiled {
                        Ok(compiled) => self.admit(module, raw, compiled, applies_reads),
                        Err(fault) => self.faults.push(fault),
                    }
                }
                Role::Test => self.admit_tests(module, &needed),
                Role::Library => {}
            }
        }
    }

    /// Refuses what is wrong until what is left is sound: a file may lean on one that is refused.
    fn settle(&mut self, modules: &mut Vec<RuleModule>) -> recursion::Graph {
        loop {
            let mut bad: BTreeSet<usize> = BTreeSet::new();
            let mut graph = recursion::Graph::new();
            let packages = Packages::of(modules);
            for module in modules.iter() {
                match packages.check(module) {
                    Ok(edges) => {
                        edges.into_iter().for_each(|(rule, targets)| graph.entry(rule).or_default().extend(targets))
                    }
                    Err(faults) => {
                        bad.insert(module.file);
                        self.faults.extend(faults);
                    }
                }
            }
            for cycle in recursion::cycles(&graph) {
                let names: Vec<&str> = cycle.iter().map(|rule| rule.1.as_str()).collect();
                for module in modules.iter() {
                    let of_cycle = module
                        .uses
                        .rules
                        .iter()
                        .find(|rule| cycle.iter().any(|c| c.0 == module.uses.package && c.1 == rule.name));
                    if let Some(rule) = of_cycle {
                        bad.insert(module.file);
                        let message = format!("`{}` is recursive: {}", rule.name, names.join(" → "));
                        self.faults.push(RuleFault::at(
                            &rule.span,
                            message,
                            "loop over a collection instead; `walk` goes through nested ones",
                        ));
                    }
                }
            }
            if bad.is_empty() {
                return graph;
            }
            modules.retain(|module| !bad.contains(&module.file));
        }
    }

    fn admit(&mut self, module: &RuleModule, raw: &RawMetadata, compiled: program::Compiled, applies_reads: Reads) {
        let metadata = match Metadata::try_from(raw.clone()) {
            Ok(metadata) => metadata,
            Err(error) => return self.faults.push(RuleFault::of_file(&module.path, error, crate::metadata::HELP)),
        };
        let rule = |name: &str| module.uses.rules.iter().find(|rule| rule.name == name);
        self.policies.push(RulePolicy {
            place: Place::new(module.path.as_str(), rule("deny").map(|deny| deny.span.line)),
            package: module.uses.package.join("."),
            metadata,
        });
        let entry = |name: &str| rule(name).map(|_| program::entry(module, name));
        let entries =
            Entries { deny: program::entry(module, "deny"), unknown: entry("unknown"), applies: entry("applies") };
        self.compiled.push(CompiledPolicy {
            raw: raw.clone(),
            program: compiled.program,
            second_opinion: compiled.second_opinion,
            entries,
            applies_reads,
        });
    }

    fn admit_tests(&mut self, module: &RuleModule, needed: &[&RuleModule]) {
        let files = std::iter::once(module).chain(needed.iter().copied());
        let files = Arc::new(files.map(|m| (m.path.clone(), m.text.clone())).collect::<Vec<_>>());
        let mut seen = BTreeSet::new();
        for rule in module.uses.rules.iter().filter(|rule| rule.name.starts_with("test_") && rule.form == Form::Value) {
            if seen.insert(&rule.name) {
                let name = program::entry(module, &rule.name);
                self.tests
                    .push(RuleTest { place: Place::new(module.path.as_str(), rule.span.line), name: name.clone() });
                self.suites.push(Suite { files: Arc::clone(&files), rule: name });
            }
        }
    }
}

fn read(index: usize, file: &RuleFile, limits: &Limits) -> Result<RuleModule, RuleFault> {
    let text = text_of(file, limits)?;
    let uses = fence::caught(|| parse(&file.path, text))
        .unwrap_or_else(|why| Err(RuleFault::of_file(&file.path, why, "simplify the file")))?;
    if uses.rules.len() > limits.rules {
        let message = format!("the file has {} rules; at most {} are read", uses.rules.len(), limits.rules);
        return Err(RuleFault::of_file(&file.path, message, "split it into several files"));
    }
    let role = role_of(&file.path, text, &uses)?;
    Ok(RuleModule { file: index, path: file.path.clone(), text: text.to_owned(), uses, role })
}

fn parse(path: &str, text: &str) -> Result<ModuleUses, RuleFault> {
    let help =
        "Rego v1 is expected: `if` before a body, `contains` in a set's head; `opa fmt --v0-v1` rewrites older files";
    let fault = |text: String| RuleFault::from_engine(path, &text, help);
    let source = Source::from_contents(path.to_owned(), text.to_owned()).map_err(|error| fault(error.to_string()))?;
    let module = Parser::new(&source).and_then(|mut parser| {
        parser.enable_rego_v1()?;
        parser.parse()
    });
    let uses = ModuleUses::of(&module.map_err(|error| fault(error.to_string()))?);
    let plain = |step: &String| !step.is_empty() && step.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !uses.package.iter().all(plain) {
        return Err(RuleFault::at(
            &uses.package_span,
            "the package's name is not plain",
            "use letters, digits, `_` and dots",
        ));
    }
    Ok(uses)
}

/// One package per policy or library, and one policy per id: of two, neither can be meant.
fn drop_duplicates(modules: &mut Vec<RuleModule>) -> Vec<RuleFault> {
    let mut faults = Vec::new();
    let mut packages: BTreeMap<String, String> = BTreeMap::new();
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    modules.retain(|module| {
        if is_test(&module.path) {
            return true;
        }
        let span = &module.uses.package_span;
        let package = module.uses.package.join(".");
        if let Some(first) = packages.get(&package) {
            faults.push(RuleFault::at(
                span,
                format!("the package `{package}` is also in {first}"),
                "give one of them another package",
            ));
            return false;
        }
        if let Role::Policy(raw, _) = &module.role {
            if let Some(first) = ids.get(raw.id()) {
                faults.push(RuleFault::at(
                    span,
                    format!("the id `{}` is also in {first}", raw.id()),
                    "give one of them another id",
                ));
                return false;
            }
            ids.insert(raw.id().to_owned(), module.path.clone());
        }
        packages.insert(package, module.path.clone());
        true
    });
    faults
}

/// The attributes that one rule of a policy reads, itself or through others of its package (libraries read none).
fn reads_of(rule: &str, module: &RuleModule, graph: &recursion::Graph) -> Reads {
    let mut reached = BTreeSet::new();
    let mut next = vec![rule.to_owned()];
    while let Some(name) = next.pop() {
        let targets = graph.get(&(module.uses.package.clone(), name.clone())).into_iter().flatten();
        if reached.insert(name) {
            next.extend(targets.filter(|target| target.0 == module.uses.package).map(|target| target.1.clone()));
        }
    }
    let rules = module.uses.rules.iter().filter(|rule| reached.contains(&rule.name));
    let references = rules.flat_map(|rule| &rule.references).map(|reference| reference.resolved(&module.uses.imports));
    let names = references.filter(|reference| reference.root == "input").filter_map(|reference| {
        match reference.known().as_slice() {
            ["attributes", path @ ..] => Some(reads::longest_name(path)),
            ["raw", ..] => Some(RAW.to_owned()),
            _ => None,
        }
    });
    let names: BTreeSet<String> = names.collect();
    Reads::new(&names.into_iter().collect::<Vec<_>>()).unwrap_or_else(|_| Reads::everything())
}

/// The other files whose rules a file reaches.
fn needed_by<'a>(module: &RuleModule, modules: &'a [RuleModule], graph: &recursion::Graph) -> Vec<&'a RuleModule> {
    let mut packages: BTreeSet<&[String]> = BTreeSet::from([module.uses.package.as_slice()]);
    loop {
        let reached =
            graph.iter().filter(|(rule, _)| packages.contains(rule.0.as_slice())).flat_map(|(_, targets)| targets);
        let more: BTreeSet<&[String]> =
            reached.map(|target| target.0.as_slice()).filter(|package| !packages.contains(package)).collect();
        if more.is_empty() {
            break;
        }
        packages.extend(more);
    }
    modules
        .iter()
        .filter(|other| {
            other.file != module.file
                && !matches!(other.role, Role::Test)
                && packages.contains(other.uses.package.as_slice())
        })
        .collect()
}
