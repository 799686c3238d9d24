//! The builtins that a policy may call, each behind a guard.
//!
//! regorus turns a builtin's error into "undefined", as OPA does by default: a `deny` that stumbles over a wrong type
//! then denies nothing, and the resource passes unseen. The guard remembers the error instead, stops the evaluation,
//! and the verdict is an error. It also refuses to go on with a value that grew past the limit, which is how a string
//! that doubles itself is stopped.

use std::{cell::RefCell, time::Duration};

use regorus::{
    LimitError, Value,
    unstable::{BUILTINS, BuiltinFcn, Expr, Ref, Span},
};

/// What a guard does when its builtin fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum OnFault {
    /// Stops the evaluation and remembers why.
    #[default]
    Stop,
    /// Lets the call be undefined, as Rego has it: for inputs whose unknown values are stood in for, where a wrong
    /// type is nobody's mistake.
    Undefined,
}

/// What the guards of this thread saw since [`watch`].
#[derive(Default)]
struct Watch {
    value_size: usize,
    on_fault: OnFault,
    fault: Option<String>,
}

thread_local! {
    static WATCH: RefCell<Watch> = RefCell::default();
}

/// Forgets the last fault; from now on no builtin may make a value larger than this.
pub(crate) fn watch(value_size: usize, on_fault: OnFault) {
    WATCH.with_borrow_mut(|watch| *watch = Watch { value_size, on_fault, fault: None });
}

/// The first fault since [`watch`].
pub(crate) fn take_fault() -> Option<String> {
    WATCH.with_borrow_mut(|watch| watch.fault.take())
}

fn guard(name: &'static str, span: &Span, expressions: &[Ref<Expr>], arguments: &[Value]) -> anyhow::Result<Value> {
    let Some((function, _)) = BUILTINS.get(name) else {
        return Err(stop(format!("`{name}` is not in this build of regorus")));
    };
    let (most, on_fault) = WATCH.with_borrow(|watch| (watch.value_size, watch.on_fault));
    // Strict, whatever the machine asks for: the error is the point.
    let value = function(span, expressions, arguments, true).map_err(|error| {
        if on_fault == OnFault::Undefined {
            return error;
        }
        let text = error.to_string();
        let said = text.rsplit_once("error: ").map_or(text.as_str(), |(_, said)| said);
        let said: String = said.trim().chars().take(200).collect();
        stop(format!("`{name}` failed: {said}; test the value before the call, for example with `is_string`"))
    })?;
    let size = match &value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.len(),
        Value::Set(items) => items.len(),
        Value::Object(fields) => fields.len(),
        _ => 0,
    };
    if size > most {
        return Err(stop(format!("`{name}` made a value of {size} bytes or items; at most {most} are allowed")));
    }
    Ok(value)
}

/// Remembers the fault and gives an error that regorus never swallows.
fn stop(fault: String) -> anyhow::Error {
    WATCH.with_borrow_mut(|watch| watch.fault.get_or_insert(fault).len());
    LimitError::TimeLimitExceeded { elapsed: Duration::ZERO, limit: Duration::ZERO }.into()
}

macro_rules! allow {
    ($($name:literal)*) => {
        /// The guarded builtin of this name; `None` when a policy may not call it.
        pub(crate) fn guarded(name: &str) -> Option<BuiltinFcn> {
            let (_, arity) = *BUILTINS.get(name)?;
            match name {
                $($name => Some((|span, expressions, arguments, _strict| guard($name, span, expressions, arguments), arity)),)*
                _ => None,
            }
        }
    };
}

// Pure, and bounded by their arguments. Left out on purpose: whatever asks the world or chance (`refusal` says so to
// the author), and whatever makes much out of little: `numbers.range`, `net.cidr_expand`, `bits.lsh`,
// `graph.reachable_paths`, `indexof_n`.
allow! {
    "__builtin_sets.intersection" "__builtin_sets.union"
    "abs" "array.concat" "array.reverse" "array.slice" "base64.decode" "base64.encode" "base64.is_valid" "bits.and"
    "bits.negate" "bits.or" "bits.rsh" "bits.xor" "ceil" "concat" "contains" "count" "endswith" "floor" "format_int"
    "glob.match" "glob.quote_meta" "graph.reachable" "indexof" "intersection" "is_array" "is_boolean" "is_null"
    "is_number" "is_object" "is_set" "is_string" "json.filter" "json.is_valid" "json.marshal" "json.patch"
    "json.remove" "json.unmarshal" "lower" "max" "min" "net.cidr_contains" "net.cidr_is_valid" "object.filter"
    "object.get" "object.keys" "object.remove" "object.subset" "object.union" "object.union_n" "product"
    "regex.find_n" "regex.is_valid" "regex.match" "regex.replace" "regex.split"
    "regex.template_match" "replace" "round" "semver.compare" "semver.is_valid" "sort" "split" "sprintf" "startswith"
    "strings.any_prefix_match" "strings.any_suffix_match" "strings.count" "strings.replace_n" "strings.reverse"
    "substring" "sum" "time.add_date" "time.parse_duration_ns" "time.parse_ns" "time.parse_rfc3339_ns" "to_number"
    "trim" "trim_left" "trim_prefix" "trim_right" "trim_space" "trim_suffix" "type_name" "union" "units.parse"
    "units.parse_bytes" "upper" "walk"
}

/// Why a builtin that is not allowed is refused, and what to do instead.
pub(crate) fn refusal(name: &str) -> (String, &'static str) {
    let area = name.split('.').next().unwrap_or_default();
    let (why, help) = match (area, name) {
        ("http", _) | (_, "net.lookup_ip_addr") => {
            ("a policy may not reach the network", "take what it needs from `input`")
        }
        ("rand" | "uuid", _) => ("a policy gives the same answer every time", "derive what you need from `input`"),
        ("opa", _) | (_, "time.now_ns") => {
            ("a policy may not ask the machine, so that its answer can be repeated", "take dates from `input`")
        }
        ("time", _) => ("its answer may depend on the machine", "compare nanoseconds from `time.parse_rfc3339_ns`"),
        ("print" | "trace", _) => {
            ("a policy's only output is its rules", "put what you want to see into a `deny` message")
        }
        ("numbers", _) | (_, "net.cidr_expand" | "bits.lsh" | "graph.reachable_paths" | "indexof_n") => {
            ("it can make a huge value out of a small one", "loop over what `input` holds")
        }
        _ if BUILTINS.contains_key(name) => {
            ("it is not on the list of allowed builtins", "docs/reference/policies-rego.md lists them")
        }
        _ => {
            let help = "define it in this package, import it from a library file, or mend its name; docs/reference/policies-rego.md lists the builtins";
            return (format!("there is no function `{name}`"), help);
        }
    };
    (format!("`{name}` may not be called: {why}"), help)
}

/// Whether a rule of this name would hide a builtin, or the first part of one's name, here or in OPA.
pub(crate) fn is_taken(rule: &str) -> bool {
    const ELSEWHERE: [&str; 13] =
        ["crypto", "graphql", "hex", "http", "io", "jwt", "opa", "print", "rand", "rego", "urlquery", "uuid", "yaml"];
    BUILTINS.keys().any(|name| name.split('.').next() == Some(rule)) || ELSEWHERE.contains(&rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asks_the_world_or_chance_or_makes_much_of_little_has_no_guard() {
        for name in [
            "rand.intn",
            "time.now_ns",
            "time.clock",
            "numbers.range",
            "numbers.range_step",
            "net.cidr_expand",
            "bits.lsh",
            "trace",
        ] {
            assert!(BUILTINS.contains_key(name), "{name} is in regorus, else this proves nothing");
            assert!(guarded(name).is_none(), "{name}");
            let (message, help) = refusal(name);
            assert!(message.contains("may not be called") && !help.is_empty(), "{message}");
        }
    }

    #[test]
    fn every_allowed_builtin_exists() {
        let source = include_str!("builtins.rs");
        let list = source.split("\nallow! {\n").nth(1).and_then(|rest| rest.split("\n}").next()).unwrap();
        let names: Vec<&str> = list.split_whitespace().map(|name| name.trim_matches('"')).collect();
        assert!(names.len() > 80);
        for name in names {
            assert!(guarded(name).is_some(), "`{name}` is not in this build of regorus");
        }
    }
}
