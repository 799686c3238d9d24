//! A loaded pack at work: what the in-process evaluator and the worker's inside share.

use std::collections::BTreeMap;

use regorus::{Engine, Value, utils::limits::ExecutionTimerConfig};

use crate::{RulePack, TestOutcome, Verdict, fence, judge::Judge, pack::Suite};

/// Judges are made when their policy is first asked, and kept.
pub(crate) struct Session<'a> {
    pack: &'a RulePack,
    judges: BTreeMap<usize, Judge<'a>>,
}

impl<'a> Session<'a> {
    pub(crate) fn new(pack: &'a RulePack) -> Self {
        Self { pack, judges: BTreeMap::new() }
    }

    /// The verdicts of one policy, in the order of the inputs. An input that could not be read is `None`.
    pub(crate) fn evaluate(&mut self, policy: usize, inputs: impl Iterator<Item = Option<Value>>) -> Vec<Verdict> {
        let (Some(about), Some(compiled)) = (self.pack.policies().get(policy), self.pack.compiled.get(policy)) else {
            return inputs.map(|_| Verdict::Errored(format!("the pack has no policy number {policy}"))).collect();
        };
        let judge = self.judges.entry(policy).or_insert_with(|| Judge::new(about, compiled, &self.pack.limits));
        inputs
            .map(|input| {
                input
                    .map_or_else(|| Verdict::Errored("the input could not be read".into()), |input| judge.judge(&input))
            })
            .collect()
    }

    /// The outcome of one test.
    ///
    /// The machine that judges knows no `with`, so tests run on regorus' interpreter: with the same timer, on the same
    /// stack, and from files that passed the same checks.
    pub(crate) fn run_test(&self, test: usize) -> Option<TestOutcome> {
        let (about, suite) = (self.pack.tests().get(test)?, self.pack.suites.get(test)?);
        let ran = fence::caught(|| self.value_of(suite)).unwrap_or_else(Err);
        let (passed, message) = match ran {
            Ok(Value::Bool(true)) => (true, None),
            Ok(Value::Undefined) => (false, Some("the test's body does not hold".to_owned())),
            Ok(other) => (
                false,
                Some(format!("the test gives {}, not true", other.to_string().chars().take(200).collect::<String>())),
            ),
            Err(why) => (false, Some(why)),
        };
        Some(TestOutcome { place: about.place.clone(), name: about.name.clone(), passed, message })
    }

    fn value_of(&self, suite: &Suite) -> Result<Value, String> {
        let said = |error: anyhow::Error| {
            let text = error.to_string();
            text.rsplit_once("error: ")
                .map_or(text.as_str(), |(_, said)| said)
                .trim()
                .chars()
                .take(300)
                .collect::<String>()
        };
        let mut engine = Engine::new();
        engine.set_execution_timer_config(ExecutionTimerConfig {
            limit: self.pack.limits.rule_time(),
            check_interval: std::num::NonZeroU32::MIN,
        });
        for (path, text) in suite.files.iter() {
            engine.add_policy(path.clone(), text.clone()).map_err(said)?;
        }
        engine.eval_rule(suite.rule.clone()).map_err(said)
    }
}
