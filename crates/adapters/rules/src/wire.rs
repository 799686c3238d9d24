//! What a worker and its parent say to each other: frames of four bytes of length, big end first, and JSON.

use std::io::{self, Read, Write};

use attesta_kernel::Place;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    Metadata, RuleFault, RulePack, RulePolicy, RuleTest, TestOutcome, Verdict, metadata::RawMetadata, pack::Step,
};

/// The longest frame that is read: far above what the limits let a worker say.
const LONGEST: u32 = 64 * 1024 * 1024;

/// From the parent. `I` is how each side holds an input.
#[derive(Serialize, Deserialize)]
pub(crate) enum Request<I> {
    Load { files: Vec<(String, String)> },
    Evaluate { policy: usize, inputs: Vec<I> },
    Test { test: usize },
}

/// From the worker.
#[derive(Serialize, Deserialize)]
pub(crate) enum Reply {
    /// Loading goes on: what it turns to now.
    Loading(Step),
    Loaded {
        policies: Vec<WirePolicy>,
        tests: Vec<WireTest>,
        faults: Vec<WireFault>,
    },
    Verdicts(Vec<Verdict>),
    Tested {
        passed: bool,
        message: Option<String>,
    },
    /// The request made no sense here.
    Refused(String),
}

#[derive(Serialize, Deserialize)]
pub(crate) struct WirePolicy {
    file: String,
    line: Option<u32>,
    package: String,
    metadata: RawMetadata,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct WireTest {
    file: String,
    line: Option<u32>,
    name: String,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct WireFault {
    file: String,
    line: Option<u32>,
    column: Option<u32>,
    message: String,
    help: String,
}

/// Writes one frame.
pub(crate) fn send(to: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let body = serde_json::to_vec(message)?;
    let length = u32::try_from(body.len()).ok().filter(|length| *length <= LONGEST);
    let length = length.ok_or_else(|| io::Error::other("a frame is too long"))?;
    to.write_all(&length.to_be_bytes())?;
    to.write_all(&body)?;
    to.flush()
}

/// Reads one frame; `None` at the end of the stream.
pub(crate) fn receive<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let length = u32::from_be_bytes(length);
    if length > LONGEST {
        return Err(io::Error::other("a frame is too long"));
    }
    let mut body = Vec::new();
    from.take(u64::from(length)).read_to_end(&mut body)?;
    Ok(Some(serde_json::from_slice(&body)?))
}

impl Reply {
    /// What a pack holds.
    pub(crate) fn loaded(pack: &RulePack) -> Self {
        let policy = |(policy, metadata): (&RulePolicy, &RawMetadata)| WirePolicy {
            file: policy.place.file.clone(),
            line: policy.place.line,
            package: policy.package.clone(),
            metadata: metadata.clone(),
        };
        let test = |test: &RuleTest| WireTest {
            file: test.place.file.clone(),
            line: test.place.line,
            name: test.name.clone(),
        };
        let fault = |fault: &RuleFault| WireFault {
            file: fault.place.file.clone(),
            line: fault.place.line,
            column: fault.column,
            message: fault.message.clone(),
            help: fault.help.clone(),
        };
        Self::Loaded {
            policies: pack
                .policies()
                .iter()
                .zip(pack.compiled.iter().map(|compiled| &compiled.raw))
                .map(policy)
                .collect(),
            tests: pack.tests().iter().map(test).collect(),
            faults: pack.faults().iter().map(fault).collect(),
        }
    }

    /// What came of a test.
    pub(crate) fn tested(outcome: TestOutcome) -> Self {
        Self::Tested { passed: outcome.passed, message: outcome.message }
    }
}

impl TryFrom<WirePolicy> for RulePolicy {
    type Error = String;

    fn try_from(wire: WirePolicy) -> Result<Self, String> {
        Ok(Self {
            place: Place::new(wire.file, wire.line),
            package: wire.package,
            metadata: Metadata::try_from(wire.metadata)?,
        })
    }
}

impl From<WireTest> for RuleTest {
    fn from(wire: WireTest) -> Self {
        Self { place: Place::new(wire.file, wire.line), name: wire.name }
    }
}

impl From<WireFault> for RuleFault {
    fn from(wire: WireFault) -> Self {
        Self { place: Place::new(wire.file, wire.line), column: wire.column, message: wire.message, help: wire.help }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_that_claims_too_much_is_refused_before_it_is_read() {
        let mut claim: &[u8] = &[0xff, 0xff, 0xff, 0xff, b'{'];
        assert!(receive::<Reply>(&mut claim).is_err());
        let mut cut: &[u8] = &[0, 0, 0, 9, b'{'];
        assert!(receive::<Reply>(&mut cut).is_err());
        let mut end: &[u8] = &[];
        assert!(receive::<Reply>(&mut end).unwrap().is_none());
    }
}
