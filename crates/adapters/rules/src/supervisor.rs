use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::{
    Evaluator, RuleFault, RuleFile, RulePolicy, RuleTest, TestOutcome, Verdict,
    process::{Process, WorkerOptions},
    source::text_of,
    wire::{Reply, Request, WireFault, WirePolicy, WireTest},
};

/// Inputs in one request: enough that the pipe costs little, few enough that a slow policy is found out soon.
const BATCH: usize = 256;
/// Bytes of inputs in one request.
const BATCH_BYTES: usize = 4 << 20;
/// Deaths while loading after which the rest of a pack is refused.
const MOST_DEATHS: usize = 8;

/// Judges in a process of its own, which has little memory, little time and nothing to reach: for packs from
/// elsewhere, and so for every pack that a user names.
///
/// When the worker dies, the policy that it was busy with is given up, with the reason as its outcomes, and another
/// worker goes on with the others.
pub struct Worker {
    options: WorkerOptions,
    files: Vec<(String, String)>,
    process: Option<Process>,
    policies: Vec<RulePolicy>,
    tests: Vec<RuleTest>,
    faults: Vec<RuleFault>,
    given_up: BTreeMap<usize, String>,
}

/// A worker could not be had at all.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The program did not start.
    #[error("cannot start `{program}` as a policy worker: {source}")]
    Start {
        /// The program.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// It ended before it looked at the pack.
    #[error("the policy worker did not answer: {0}")]
    Mute(String),
}

/// What a worker said of a pack.
struct Loaded {
    policies: Vec<WirePolicy>,
    tests: Vec<WireTest>,
    faults: Vec<WireFault>,
}

/// Why it said nothing: the file that it was busy with, and what became of it.
struct Death {
    file: Option<usize>,
    why: String,
}

impl Worker {
    /// Starts a worker and gives it the pack. What is refused, and what kills a worker while it loads, stands in
    /// [`faults`](Evaluator::faults).
    ///
    /// # Errors
    /// When no worker starts, or it does not answer.
    pub fn start(files: &[RuleFile], options: WorkerOptions) -> Result<Self, WorkerError> {
        let mut worker = Self {
            options,
            files: Vec::new(),
            process: None,
            policies: Vec::new(),
            tests: Vec::new(),
            faults: Vec::new(),
            given_up: BTreeMap::new(),
        };
        for file in files {
            match text_of(file, &worker.options.limits) {
                Ok(text) => worker.files.push((file.path.clone(), text.to_owned())),
                Err(fault) => worker.faults.push(fault),
            }
        }
        for _ in 0..MOST_DEATHS {
            match worker.load()? {
                Ok(loaded) => {
                    worker.keep(loaded)?;
                    return Ok(worker);
                }
                Err(Death { file: None, why }) => return Err(WorkerError::Mute(why)),
                Err(Death { file: Some(index), why }) => {
                    let (path, _) = worker.files.remove(index);
                    worker.faults.push(RuleFault::of_file(
                        &path,
                        format!("the file could not be loaded: {why}"),
                        "simplify it",
                    ));
                }
            }
        }
        for (path, _) in std::mem::take(&mut worker.files) {
            worker.faults.push(RuleFault::of_file(
                &path,
                "not loaded: too many files of this pack killed the worker",
                "remove those files",
            ));
        }
        worker.faults.sort();
        Ok(worker)
    }

    fn keep(&mut self, loaded: Loaded) -> Result<(), WorkerError> {
        let policies = loaded.policies.into_iter().map(RulePolicy::try_from);
        self.policies = policies.collect::<Result<_, _>>().map_err(WorkerError::Mute)?;
        self.tests = loaded.tests.into_iter().map(RuleTest::from).collect();
        self.faults.extend(loaded.faults.into_iter().map(RuleFault::from));
        self.faults.sort();
        Ok(())
    }

    /// A fresh process with the pack.
    fn load(&mut self) -> Result<Result<Loaded, Death>, WorkerError> {
        let failed = |source| WorkerError::Start { program: self.options.program.display().to_string(), source };
        let mut process = Process::start(&self.options).map_err(failed)?;
        process.ask(&Request::<()>::Load { files: self.files.clone() }).map_err(failed)?;
        let mut busy = None;
        loop {
            match process.answer() {
                Ok(Reply::Loading(step)) => busy = Some(step.file).filter(|file| *file < self.files.len()),
                Ok(Reply::Loaded { policies, tests, faults }) => {
                    self.process = Some(process);
                    return Ok(Ok(Loaded { policies, tests, faults }));
                }
                Ok(Reply::Refused(why)) => return Ok(Err(Death { file: busy, why })),
                Ok(_) => return Ok(Err(Death { file: busy, why: "the worker answered what was not asked".into() })),
                Err(why) => return Ok(Err(Death { file: busy, why })),
            }
        }
    }

    /// One request and its reply, from a worker that is started again when there is none; the reason when it dies.
    fn exchange<I: serde::Serialize>(&mut self, request: &Request<I>) -> Result<Reply, String> {
        if self.process.is_none() {
            match self.load() {
                Ok(Ok(loaded))
                    if loaded.policies.len() == self.policies.len() && loaded.tests.len() == self.tests.len() => {}
                Ok(Ok(_)) => return Err("a new worker loaded the pack differently".into()),
                Ok(Err(death)) => return Err(death.why),
                Err(error) => return Err(error.to_string()),
            }
        }
        let Some(process) = &mut self.process else { return Err("there is no worker".into()) };
        process.ask(request).map_err(|error| error.to_string())?;
        process.answer().inspect_err(|_| self.process = None)
    }

    fn judge(&mut self, policy: usize, inputs: Vec<Box<RawValue>>) -> Vec<Verdict> {
        let count = inputs.len();
        if count == 0 {
            return Vec::new();
        }
        if !self.given_up.contains_key(&policy) {
            match self.exchange(&Request::Evaluate { policy, inputs }) {
                Ok(Reply::Verdicts(verdicts)) if verdicts.len() == count => return verdicts,
                Ok(Reply::Refused(why)) => return vec![self.errored(policy, &why); count],
                Ok(_) => {
                    self.process = None;
                    self.given_up.insert(policy, "the worker answered what was not asked".into());
                }
                Err(why) => {
                    self.given_up.insert(policy, why);
                }
            }
        }
        let why = self.given_up.get(&policy).map_or("", String::as_str);
        vec![self.errored(policy, &format!("{why}; the policy is given up for this run")); count]
    }

    fn errored(&self, policy: usize, why: &str) -> Verdict {
        let place = self.policies.get(policy).map(|policy| policy.place.to_string()).unwrap_or_default();
        Verdict::Errored(format!("{place}: {why}"))
    }
}

impl Evaluator for Worker {
    fn policies(&self) -> &[RulePolicy] {
        &self.policies
    }

    fn faults(&self) -> &[RuleFault] {
        &self.faults
    }

    fn tests(&self) -> &[RuleTest] {
        &self.tests
    }

    fn evaluate(&mut self, policy: usize, inputs: &[serde_json::Value]) -> Vec<Verdict> {
        let mut verdicts = Vec::with_capacity(inputs.len());
        let (mut batch, mut bytes) = (Vec::new(), 0_usize);
        for input in inputs {
            match serde_json::value::to_raw_value(input) {
                Ok(raw) if raw.get().len() <= BATCH_BYTES => {
                    if batch.len() >= BATCH || bytes.saturating_add(raw.get().len()) > BATCH_BYTES {
                        verdicts.extend(self.judge(policy, std::mem::take(&mut batch)));
                        bytes = 0;
                    }
                    bytes = bytes.saturating_add(raw.get().len());
                    batch.push(raw);
                }
                _ => {
                    verdicts.extend(self.judge(policy, std::mem::take(&mut batch)));
                    bytes = 0;
                    verdicts.push(
                        self.errored(policy, &format!("the input is larger than {BATCH_BYTES} bytes; leave out `raw`")),
                    );
                }
            }
        }
        verdicts.extend(self.judge(policy, batch));
        verdicts
    }

    fn run_tests(&mut self) -> Vec<TestOutcome> {
        let mut fatal: BTreeMap<String, String> = BTreeMap::new();
        let mut outcomes = Vec::new();
        for (number, test) in self.tests.clone().into_iter().enumerate() {
            let reply = match fatal.get(&test.place.file) {
                Some(why) => Err(why.clone()),
                None => self.exchange(&Request::<()>::Test { test: number }),
            };
            let (passed, message) = match reply {
                Ok(Reply::Tested { passed, message }) => (passed, message),
                Ok(Reply::Refused(why)) => (false, Some(why)),
                Ok(_) => (false, Some("the worker answered what was not asked".to_owned())),
                Err(why) => {
                    fatal
                        .entry(test.place.file.clone())
                        .or_insert_with(|| format!("not run, since a test of this file stopped the worker: {why}"));
                    (false, Some(why))
                }
            };
            outcomes.push(TestOutcome { place: test.place, name: test.name, passed, message });
        }
        outcomes
    }
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker")
            .field("options", &self.options)
            .field("policies", &self.policies.len())
            .finish_non_exhaustive()
    }
}
