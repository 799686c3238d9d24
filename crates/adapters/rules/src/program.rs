//! From text to a program whose builtins are guarded.

use std::{num::NonZeroU32, sync::Arc};

use regorus::{
    Engine, Rc,
    languages::rego::compiler::Compiler,
    rvm::{Program, program::BuiltinInfo},
    unstable::BuiltinFcn,
    utils::limits::ExecutionTimerConfig,
};

use crate::{Limits, RuleFault, builtins, check::RuleModule};

const HELP: &str = "mend it; `opa check --v1-compatible` says more on plain Rego";

/// One policy, compiled.
pub(crate) struct Compiled {
    pub(crate) program: Arc<Program>,
    /// The interpreter with the same files, for a policy that may be undefined by mistake.
    pub(crate) second_opinion: Option<Engine>,
}

/// Compiles one policy with the libraries that it needs.
pub(crate) fn compile(policy: &RuleModule, libraries: &[&RuleModule], limits: &Limits) -> Result<Compiled, RuleFault> {
    let fault = |text: String| RuleFault::from_engine(&policy.path, &text, HELP);
    let mut engine = Engine::new();
    for module in std::iter::once(&policy).chain(libraries) {
        engine.add_policy(module.path.clone(), module.text.clone()).map_err(|error| fault(error.to_string()))?;
    }
    let entries = entries(policy);
    let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
    let deny = entry(policy, "deny");
    let compiled =
        engine.compile_with_entrypoint(&Rc::from(deny.as_str())).map_err(|error| fault(error.to_string()))?;
    let program = Compiler::compile_from_policy(&compiled, &entries).map_err(|error| fault(error.to_string()))?;
    if program.instructions.len() > Program::MAX_INSTRUCTIONS || program.literals.len() > Program::MAX_LITERALS {
        return Err(RuleFault::of_file(
            &policy.path,
            "the policy compiles to too large a program",
            "split it into several policies",
        ));
    }
    let may_stumble = std::iter::once(&policy).chain(libraries).any(|module| module.uses.may_stumble());
    engine.set_execution_timer_config(ExecutionTimerConfig {
        limit: limits.rule_time(),
        check_interval: NonZeroU32::MIN,
    });
    engine.set_strict_builtin_errors(true);
    Ok(Compiled { program: guard(&policy.path, program)?, second_opinion: may_stumble.then_some(engine) })
}

/// The path of one of the policy's rules, as regorus names entry points.
pub(crate) fn entry(policy: &RuleModule, rule: &str) -> String {
    format!("data.{}.{rule}", policy.uses.package.join("."))
}

fn entries(policy: &RuleModule) -> Vec<String> {
    let has = |name: &&str| policy.uses.rules.iter().any(|rule| rule.name == *name);
    ["applies", "deny", "unknown"].iter().filter(|name| has(name)).map(|name| entry(policy, name)).collect()
}

/// Puts a guard before each builtin; the last word on what a program may call.
fn guard(path: &str, program: Arc<Program>) -> Result<Arc<Program>, RuleFault> {
    let mut program = Arc::unwrap_or_clone(program);
    let guarded = program.builtin_info_table.iter().map(|BuiltinInfo { name, .. }| {
        builtins::guarded(name).ok_or_else(|| {
            let (message, help) = builtins::refusal(name);
            RuleFault::of_file(path, message, help)
        })
    });
    program.resolved_builtins = guarded.collect::<Result<Vec<BuiltinFcn>, _>>()?;
    Ok(Arc::new(program))
}
