//! What loading refuses: a broken contract, an undeclared read, a builtin that is not allowed, a name that is nowhere.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    RuleFault, builtins,
    metadata::{self, RawMetadata},
    reads::{RAW, Reads},
    source,
    syntax::{Form, ModuleUses, Reference, RuleUses},
};

/// A parsed file.
pub(crate) struct RuleModule {
    /// Its index among the files that were given.
    pub(crate) file: usize,
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) uses: ModuleUses,
    pub(crate) role: Role,
}

/// What a file is for.
pub(crate) enum Role {
    /// It has a `deny`.
    Policy(Box<RawMetadata>, Reads),
    /// It has neither `deny` nor metadata: rules for others to import.
    Library,
    /// Its name ends in `_test.rego`.
    Test,
}

/// A rule, named by its package and the first word of its head.
pub(crate) type RuleName = (Vec<String>, String);

/// The packages of a pack, with their rules.
pub(crate) struct Packages<'a>(BTreeMap<&'a [String], Package<'a>>);

struct Package<'a> {
    rules: BTreeSet<&'a str>,
    is_policy: bool,
}

/// The role of a file, which must keep the contract of that role.
pub(crate) fn role_of(path: &str, text: &str, uses: &ModuleUses) -> Result<Role, RuleFault> {
    if source::is_test(path) {
        return Ok(Role::Test);
    }
    let raw = RawMetadata::read(path, text)?;
    let denies = uses.rules.iter().find(|rule| rule.name == "deny");
    let Some(deny) = denies else {
        return match raw {
            None => Ok(Role::Library),
            Some(_) => Err(RuleFault::at(
                &uses.package_span,
                "the file has metadata but no `deny` rule",
                "write `deny contains {\"msg\": …, \"path\": …} if { … }`, or drop the metadata if the file is a library",
            )),
        };
    };
    let Some(raw) = raw else {
        return Err(RuleFault::at(&deny.span, "the policy has no metadata", metadata::HELP));
    };
    let wanted = [
        ("deny", Form::Set, "deny contains {…} if { … }"),
        ("unknown", Form::Set, "unknown contains {…} if { … }"),
        ("applies", Form::Value, "applies if { … }"),
    ];
    for (name, form, write) in wanted {
        if let Some(rule) = uses.rules.iter().find(|rule| rule.name == name && rule.form != form) {
            return Err(RuleFault::at(&rule.span, format!("`{name}` has the wrong form"), format!("write `{write}`")));
        }
    }
    let reads = Reads::new(raw.reads()).map_err(|error| RuleFault::at(&uses.package_span, error, metadata::HELP))?;
    Ok(Role::Policy(Box::new(raw), reads))
}

impl<'a> Packages<'a> {
    pub(crate) fn of(modules: &'a [RuleModule]) -> Self {
        let mut packages: BTreeMap<&[String], Package> = BTreeMap::new();
        for module in modules {
            let package = packages
                .entry(&module.uses.package)
                .or_insert_with(|| Package { rules: BTreeSet::new(), is_policy: false });
            package.rules.extend(module.uses.rules.iter().map(|rule| rule.name.as_str()));
            package.is_policy |= matches!(module.role, Role::Policy(..));
        }
        Self(packages)
    }

    /// What the module refers to outside itself and inside, rule by rule; or what is wrong with it.
    pub(crate) fn check(&self, module: &RuleModule) -> Result<BTreeMap<RuleName, BTreeSet<RuleName>>, Vec<RuleFault>> {
        let mut faults = Vec::new();
        let mut edges: BTreeMap<RuleName, BTreeSet<RuleName>> = BTreeMap::new();
        let mut note = |found: Result<Option<RuleName>, RuleFault>| match found {
            Ok(target) => target,
            Err(fault) => {
                faults.push(fault);
                None
            }
        };
        for import in module.uses.imports.values().filter(|import| import.root == "input") {
            note(check_input(module, import).map(|()| None));
        }
        for rule in &module.uses.rules {
            let mut targets: Vec<RuleName> = Vec::new();
            targets.extend(note(check_head(rule)));
            for with in &rule.withs {
                targets.extend(note(check_with(module, with)));
            }
            for reference in &rule.references {
                targets.extend(note(self.check_reference(module, rule, reference)));
            }
            for call in &rule.calls {
                targets.extend(note(self.check_call(module, call)));
            }
            edges.entry((module.uses.package.clone(), rule.name.clone())).or_default().extend(targets);
        }
        if faults.is_empty() { Ok(edges) } else { Err(faults) }
    }

    fn check_reference(
        &self,
        module: &RuleModule,
        rule: &RuleUses,
        reference: &Reference,
    ) -> Result<Option<RuleName>, RuleFault> {
        if rule.locals.contains(&reference.root) && !matches!(reference.root.as_str(), "input" | "data") {
            return Ok(None);
        }
        let reference = reference.resolved(&module.uses.imports);
        match reference.root.as_str() {
            "input" => check_input(module, &reference).map(|()| None),
            "data" => self.check_data(module, &reference).map(Some),
            name => Ok(self.own_rule(module, name)),
        }
    }

    fn check_call(&self, module: &RuleModule, call: &Reference) -> Result<Option<RuleName>, RuleFault> {
        let resolved = call.resolved(&module.uses.imports);
        if resolved.root == "data" {
            return self.check_data(module, &resolved).map(Some);
        }
        if let Some(own) = self.own_rule(module, &call.root) {
            return Ok(Some(own));
        }
        let name = call.dotted();
        if builtins::guarded(&name).is_some() && !name.starts_with("__") {
            return Ok(None);
        }
        let (message, help) = builtins::refusal(&name);
        Err(RuleFault::at(&call.span, message, help))
    }

    fn own_rule(&self, module: &RuleModule, name: &str) -> Option<RuleName> {
        let package = self.0.get(module.uses.package.as_slice())?;
        package.rules.contains(name).then(|| (module.uses.package.clone(), name.to_owned()))
    }

    /// `data.<package>.<rule>`: the rule must be there, and be a library's or one's own.
    fn check_data(&self, module: &RuleModule, reference: &Reference) -> Result<RuleName, RuleFault> {
        let names: Vec<String> = reference.known().into_iter().map(str::to_owned).collect();
        let found = self.0.iter().rev().find_map(|(package, entry)| {
            let rule = names.strip_prefix(*package)?.first()?;
            entry.rules.contains(rule.as_str()).then(|| (entry, (package.to_vec(), rule.clone())))
        });
        let Some((entry, target)) = found else {
            let message = format!("`{}` is no rule of these files", reference.dotted());
            return Err(RuleFault::at(
                &reference.span,
                message,
                "name one rule of one package, such as `data.library.rule`; mend or load its file",
            ));
        };
        let foreign = target.0 != module.uses.package;
        if foreign && entry.is_policy && !matches!(module.role, Role::Test) {
            let message = format!("`{}` belongs to another policy", reference.dotted());
            return Err(RuleFault::at(&reference.span, message, "move what both need to a file without `deny`"));
        }
        Ok(target)
    }
}

fn check_head(rule: &RuleUses) -> Result<Option<RuleName>, RuleFault> {
    if builtins::is_taken(&rule.name) {
        return Err(RuleFault::at(
            &rule.span,
            format!("the rule `{}` hides a builtin", rule.name),
            "give it another name",
        ));
    }
    Ok(None)
}

fn check_with(module: &RuleModule, with: &Reference) -> Result<Option<RuleName>, RuleFault> {
    match module.role {
        Role::Test if with.root == "input" => Ok(None),
        Role::Test => Err(RuleFault::at(&with.span, "`with` may only replace `input`", "write `with input as {…}`")),
        _ => Err(RuleFault::at(
            &with.span,
            "`with` is for tests",
            "pass the value to a function, or move the rule to a `_test.rego` file",
        )),
    }
}

/// A read of the input, which the metadata must declare.
fn check_input(module: &RuleModule, reference: &Reference) -> Result<(), RuleFault> {
    let reads = match &module.role {
        Role::Test => return Ok(()),
        Role::Library => {
            return Err(RuleFault::at(
                &reference.span,
                "a library may not read `input`",
                "take what it needs as a function's argument, so that each policy declares what it reads",
            ));
        }
        Role::Policy(_, reads) => reads,
    };
    let known = reference.known();
    let fault = |message: String, help: String| Err(RuleFault::at(&reference.span, message, help));
    match known.as_slice() {
        ["kind" | "address" | "names" | "origin" | "unknown", ..] => Ok(()),
        ["raw", ..] if reads.reads_source() => Ok(()),
        ["raw", ..] => fault("`input.raw` is read but not declared".into(), format!("add `{RAW}` to `custom.reads`")),
        ["attributes"] if reads.covers_everything() => Ok(()),
        ["attributes"] => fault(
            "the policy reads all of `input.attributes`".into(),
            "name the attributes that it needs, or declare `reads: [\"*\"]`: then any unknown attribute makes the outcome unknown".into(),
        ),
        ["attributes", path @ ..] => {
            if let Some(dotted) = path.iter().find(|step| step.contains('.')) {
                let message = format!("`[\"{dotted}\"]` finds nothing: dotted attributes are objects within objects");
                return fault(message, format!("write `input.attributes.{dotted}`"));
            }
            if reads.covers(path) {
                return Ok(());
            }
            let name = path.join(".");
            fault(format!("the attribute `{name}` is read but not declared"), format!("add `{name}` to `custom.reads`"))
        }
        _ => fault(
            format!("`{}` is not something that a policy may read", reference.dotted()),
            "read `input.kind`, `input.address`, `input.names`, `input.origin`, `input.unknown`, `input.attributes.…` or `input.raw`".into(),
        ),
    }
}
