use attesta_kernel::Place;

use crate::{RuleFault, RulePack, RulePolicy, RuleTest, Verdict, fence, session::Session};

/// Something that has loaded a pack and can judge with it.
pub trait Evaluator {
    /// The policies that loaded; their place in this list is the number that [`evaluate`](Self::evaluate) takes.
    fn policies(&self) -> &[RulePolicy];

    /// What did not load, sorted by place.
    fn faults(&self) -> &[RuleFault];

    /// The tests that loaded.
    fn tests(&self) -> &[RuleTest];

    /// One verdict for each input (made by [`input_of`](crate::input_of)), in order. Give it many inputs at once.
    fn evaluate(&mut self, policy: usize, inputs: &[serde_json::Value]) -> Vec<Verdict>;

    /// The outcome of each test, in order.
    fn run_tests(&mut self) -> Vec<TestOutcome>;
}

/// What came of one test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestOutcome {
    /// Where the test stands.
    pub place: Place,
    /// Its package and name.
    pub name: String,
    /// Whether it gave true.
    pub passed: bool,
    /// Why not.
    pub message: Option<String>,
}

/// Judges in this process, for packs that you trust: time, stack and most memory are bounded, but a policy that
/// outgrows memory inside one builtin takes the process with it.
#[derive(Debug)]
pub struct InProcess(RulePack);

impl InProcess {
    /// An evaluator of a pack that was loaded here.
    pub fn new(pack: RulePack) -> Self {
        Self(pack)
    }
}

impl Evaluator for InProcess {
    fn policies(&self) -> &[RulePolicy] {
        self.0.policies()
    }

    fn faults(&self) -> &[RuleFault] {
        self.0.faults()
    }

    fn tests(&self) -> &[RuleTest] {
        self.0.tests()
    }

    fn evaluate(&mut self, policy: usize, inputs: &[serde_json::Value]) -> Vec<Verdict> {
        let pack = &self.0;
        let judged = fence::on_big_stack(pack.limits.stack_bytes, || {
            // Not `Value::from`: it makes an empty document of one that it cannot read.
            let read = inputs.iter().map(|input| serde::Deserialize::deserialize(input).ok());
            Session::new(pack).evaluate(policy, read)
        });
        judged.unwrap_or_else(|why| vec![Verdict::Errored(why); inputs.len()])
    }

    fn run_tests(&mut self) -> Vec<TestOutcome> {
        let pack = &self.0;
        let all = || {
            let session = Session::new(pack);
            (0..pack.tests().len()).filter_map(|test| session.run_test(test)).collect()
        };
        fence::on_big_stack(pack.limits.stack_bytes, all).unwrap_or_else(|why| failed(pack.tests(), &why))
    }
}

/// All of these tests failed, for one reason.
pub(crate) fn failed(tests: &[RuleTest], why: &str) -> Vec<TestOutcome> {
    let outcome = |test: &RuleTest| TestOutcome {
        place: test.place.clone(),
        name: test.name.clone(),
        passed: false,
        message: Some(why.to_owned()),
    };
    tests.iter().map(outcome).collect()
}
