//! One policy, one resource, one verdict.

use std::{collections::BTreeSet, num::NonZeroU32};

use regorus::{
    Engine, Value,
    rvm::{RegoVM, vm::VmError},
    utils::limits::ExecutionTimerConfig,
};

use crate::{
    Denial, Limits, RulePolicy, Verdict,
    builtins::{self, OnFault},
    fence,
    pack::CompiledPolicy,
    stand_in::{self, StandIn},
};

/// A policy ready to judge.
pub(crate) struct Judge<'a> {
    policy: &'a RulePolicy,
    compiled: &'a CompiledPolicy,
    limits: &'a Limits,
    machine: RegoVM,
    second_opinion: Option<Engine>,
}

impl<'a> Judge<'a> {
    pub(crate) fn new(policy: &'a RulePolicy, compiled: &'a CompiledPolicy, limits: &'a Limits) -> Self {
        Self {
            policy,
            compiled,
            limits,
            machine: machine(compiled, limits),
            second_opinion: compiled.second_opinion.clone(),
        }
    }

    /// The verdict on one input.
    pub(crate) fn judge(&mut self, input: &Value) -> Verdict {
        let verdict = match input {
            Value::Object(_) => self.weigh(input),
            _ => Err("the input is not an object".to_owned()),
        };
        verdict.unwrap_or_else(|why| Verdict::Errored(format!("{}: {why}", self.policy.place)))
    }

    fn weigh(&mut self, input: &Value) -> Result<Verdict, String> {
        let reads = &self.policy.metadata.reads;
        if reads.reads_source() && field(input, "raw").is_none() {
            return Ok(Verdict::Unknown(vec!["`input.raw`: the source's own document is not at hand".to_owned()]));
        }
        let all_unknown = stand_in::unknown_paths(input);
        let unknown: Vec<&String> = all_unknown.iter().filter(|path| reads.touches(path)).collect();
        if unknown.iter().any(|path| self.compiled.applies_reads.touches(path)) {
            return Ok(Verdict::Unknown(reasons(input, &unknown)));
        }
        if !self.applies(input)? {
            self.confirm(input, false)?;
            return Ok(Verdict::NotApplicable);
        }
        let denials = if unknown.is_empty() {
            self.denials(input, OnFault::Stop)?
        } else {
            self.certain_denials(input, &all_unknown)?
        };
        if !denials.is_empty() {
            return Ok(Verdict::Fail(denials.into_iter().collect()));
        }
        let said = self.unknowns(input)?;
        if unknown.is_empty() && said.is_empty() {
            self.confirm(input, true)?;
            return Ok(Verdict::Pass);
        }
        Ok(Verdict::Unknown(reasons(input, &unknown).into_iter().chain(said).collect()))
    }

    /// The denials that hold whatever the unknown values are: each names a path that is known, and stands with every
    /// stand-in in the unknowns' place.
    fn certain_denials(&mut self, input: &Value, unknown: &[String]) -> Result<BTreeSet<Denial>, String> {
        let is_known = |denial: &Denial| {
            denial.path.as_ref().is_some_and(|path| !unknown.iter().any(|other| stand_in::is_within(path, other)))
        };
        let mut certain: Option<BTreeSet<Denial>> = None;
        for stand_in in StandIn::ALL {
            let found = self.denials(&stand_in.fill(input), OnFault::Undefined)?;
            let kept = match certain {
                None => found.into_iter().filter(is_known).collect(),
                Some(earlier) => {
                    earlier.into_iter().filter(|denial| found.iter().any(|other| other.path == denial.path)).collect()
                }
            };
            certain = Some(kept);
        }
        Ok(certain.unwrap_or_default())
    }

    /// Asks regorus' interpreter whether it too finds nothing, where the machine may have found nothing by mistake: on
    /// arithmetic with a wrong type, or a rule with two values, the interpreter gives an error.
    fn confirm(&mut self, input: &Value, applies: bool) -> Result<(), String> {
        let Some(engine) = &mut self.second_opinion else { return Ok(()) };
        let entries = &self.compiled.entries;
        engine.set_input(input.clone());
        let mut ask = |entry: &String| {
            let answer = fence::caught(|| engine.eval_rule(entry.clone()))?;
            answer.map_err(|error| {
                let text = error.to_string();
                let said = text.rsplit_once("error: ").map_or(text.as_str(), |(_, said)| said);
                format!("`{}` could not be evaluated: {}", rule_of(entry), cut(said.trim(), 300))
            })
        };
        let applies_too =
            entries.applies.as_ref().map(&mut ask).transpose()?.is_none_or(|answer| answer == Value::Bool(true));
        let denies = match applies {
            true => ask(&entries.deny)?,
            false => Value::Undefined,
        };
        let nothing = match denies {
            Value::Set(denials) => denials.is_empty(),
            other => other == Value::Undefined,
        };
        if applies == applies_too && nothing {
            return Ok(());
        }
        Err("regorus' machine and its interpreter disagree on this policy; simplify it, and please report it"
            .to_owned())
    }

    fn applies(&mut self, input: &Value) -> Result<bool, String> {
        let Some(entry) = &self.compiled.entries.applies else { return Ok(true) };
        match self.run(entry, input, OnFault::Stop)? {
            Value::Bool(applies) => Ok(applies),
            Value::Undefined => Ok(false),
            _ => Err("`applies` is neither true nor false; make it a boolean".to_owned()),
        }
    }

    fn denials(&mut self, input: &Value, on_fault: OnFault) -> Result<BTreeSet<Denial>, String> {
        let denials = self.run(&self.compiled.entries.deny, input, on_fault)?;
        self.entries_of("deny", &denials)
    }

    fn unknowns(&mut self, input: &Value) -> Result<Vec<String>, String> {
        let Some(entry) = &self.compiled.entries.unknown else { return Ok(Vec::new()) };
        let unknown = self.run(entry, input, OnFault::Undefined)?;
        Ok(self.entries_of("unknown", &unknown)?.into_iter().map(described).collect())
    }

    /// Runs one entry point behind every fence.
    fn run(&mut self, entry: &str, input: &Value, on_fault: OnFault) -> Result<Value, String> {
        builtins::watch(self.limits.value_size, on_fault);
        self.machine.set_input(input.clone());
        let ran = fence::caught(|| self.machine.execute_entry_point_by_name(entry));
        let guarded = builtins::take_fault();
        match (ran, guarded) {
            (Err(broke), _) => {
                self.machine = machine(self.compiled, self.limits);
                Err(format!("{broke}; please report the policy"))
            }
            (_, Some(fault)) => Err(fault),
            (Ok(Err(error)), None) => Err(self.explained(entry, &error)),
            (Ok(Ok(value)), None) => Ok(value),
        }
    }

    fn explained(&self, entry: &str, error: &VmError) -> String {
        let rule = rule_of(entry);
        match error {
            VmError::InstructionLimitExceeded { limit, pc, .. } => {
                format!("`{rule}` used up its {limit} instructions{}; loop over less", self.near(*pc))
            }
            VmError::TimeLimitExceeded { pc, .. } => {
                format!(
                    "`{rule}` ran longer than {} ms{}; loop over less",
                    self.limits.rule_milliseconds,
                    self.near(*pc)
                )
            }
            other => format!("`{rule}` could not be evaluated: {}", cut(&other.to_string(), 300)),
        }
    }

    fn near(&self, pc: usize) -> String {
        let span =
            self.compiled.program.instruction_spans.get(pc).and_then(Option::as_ref).filter(|span| span.line > 0);
        span.map(|span| format!(" near line {}", span.line)).unwrap_or_default()
    }

    /// The entries of `deny` or `unknown`.
    fn entries_of(&self, rule: &str, value: &Value) -> Result<BTreeSet<Denial>, String> {
        let entries = match value {
            Value::Undefined => return Ok(BTreeSet::new()),
            Value::Set(entries) => entries,
            _ => return Err(format!("`{rule}` is not a set; write `{rule} contains …`")),
        };
        if entries.len() > self.limits.denials {
            return Err(format!(
                "`{rule}` holds {} entries; at most {} are read; gather them into fewer messages",
                entries.len(),
                self.limits.denials
            ));
        }
        entries.iter().map(|entry| self.entry_of(rule, entry)).collect()
    }

    fn entry_of(&self, rule: &str, entry: &Value) -> Result<Denial, String> {
        let shape = || {
            format!(
                "an entry of `{rule}` is neither a text nor an object with a text `msg` and, if it names one, a text `path`"
            )
        };
        let (message, path) = match entry {
            Value::String(message) => (message.to_string(), None),
            Value::Object(_) => {
                let Some(Value::String(message)) = field(entry, "msg") else { return Err(shape()) };
                let path = match field(entry, "path") {
                    None => None,
                    Some(Value::String(path)) => Some(path.to_string()),
                    Some(_) => return Err(shape()),
                };
                (message.to_string(), path)
            }
            _ => return Err(shape()),
        };
        let most = self.limits.message_bytes;
        if message.len() > most || path.as_ref().is_some_and(|path| path.len() > most) {
            return Err(format!("an entry of `{rule}` is longer than {most} bytes; shorten it"));
        }
        Ok(Denial { message, path })
    }
}

fn rule_of(entry: &str) -> &str {
    entry.rsplit('.').next().unwrap_or(entry)
}

fn machine(compiled: &CompiledPolicy, limits: &Limits) -> RegoVM {
    let mut machine = RegoVM::new();
    machine.set_max_instructions(limits.instructions);
    machine.set_execution_timer_config(Some(ExecutionTimerConfig {
        limit: limits.rule_time(),
        check_interval: NonZeroU32::MIN.saturating_add(63),
    }));
    machine.load_program(compiled.program.clone());
    machine
}

fn reasons(input: &Value, paths: &[&String]) -> Vec<String> {
    paths
        .iter()
        .map(|path| format!("`{path}` is unknown: {}", stand_in::reason_at(input, path).unwrap_or("no reason given")))
        .collect()
}

fn described(entry: Denial) -> String {
    match entry.path {
        Some(path) => format!("`{path}`: {}", entry.message),
        None => entry.message,
    }
}

pub(crate) fn field<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    match value {
        Value::Object(fields) => fields.get(&Value::from(name)),
        _ => None,
    }
}

fn cut(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}
