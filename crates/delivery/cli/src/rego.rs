//! Users' own policies: the adapter between the rules worker and the use case's port.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use attesta_app::check::RuleEngine;
use attesta_evaluation::{Body, Outcome, Policy, PolicyIndex, Reason, Remediation, Status, Topic};
use attesta_kernel::{Confidence, Provenance};
use attesta_resource::{NotUnderstood, Reason as LeftOut, Resource, ResourceIndex, Snapshot, SourceIndex};
use attesta_rules::{Denial, Evaluator, RuleFile, RulePolicy, TestOutcome, Verdict, Worker, WorkerOptions, input_of};

use crate::exit::{Exit, Failure};

/// So many resources are handed to the worker at a time; their inputs are copies.
const BATCH: usize = 512;

/// The worker with the user's packs.
pub(crate) struct Rego {
    worker: Worker,
    /// Policies of the packs, in the worker's order.
    pub(crate) policies: Vec<Policy>,
    /// What of the packs could not be used: every file with its reason.
    pub(crate) refused: Vec<NotUnderstood>,
    raw: BTreeMap<SourceIndex, serde_json::Value>,
}

impl Rego {
    /// Loads every `*.rego` below the folders into a worker process.
    pub(crate) fn load(folders: &[PathBuf]) -> Result<Self, Failure> {
        let mut files = Vec::new();
        for folder in folders {
            let before = files.len();
            gather(folder, 0, &mut files)?;
            if files.len() == before {
                return Err(Failure::new(Exit::NotEvaluated, format!("{}: holds no *.rego file", folder.display())));
            }
        }
        let cannot = |error: String| Failure::new(Exit::NotEvaluated, error);
        let options =
            WorkerOptions::this_program().map_err(|e| cannot(format!("cannot start a policy worker: {e}")))?;
        let worker = Worker::start(&files, options).map_err(|e| cannot(e.to_string()))?;
        let mut refused: Vec<NotUnderstood> = worker
            .faults()
            .iter()
            .map(|f| left_out(&f.place.to_string(), &format!("{}; {}", f.message, f.help)))
            .collect();
        let mut policies = Vec::new();
        for policy in worker.policies() {
            match converted(policy) {
                Ok(policy) => policies.push(policy),
                Err(why) => refused.push(left_out(&policy.place.to_string(), &why)),
            }
        }
        Ok(Self { worker, policies, refused, raw: BTreeMap::new() })
    }

    /// Keeps the source documents that policies may look into.
    pub(crate) fn keep_raw(&mut self, raw: BTreeMap<SourceIndex, serde_json::Value>) {
        self.raw = raw;
    }

    /// Runs the packs' own tests.
    pub(crate) fn run_tests(&mut self) -> Vec<TestOutcome> {
        self.worker.run_tests()
    }
}

fn left_out(path: &str, what: &str) -> NotUnderstood {
    NotUnderstood { path: path.to_owned(), reason: LeftOut::Unreadable, what: what.to_owned(), count: 1 }
}

fn gather(folder: &Path, depth: usize, files: &mut Vec<RuleFile>) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::new(Exit::NotEvaluated, format!("{}: {error}", folder.display()));
    if folder.is_file() {
        files.push(RuleFile::new(folder.display().to_string(), fs::read(folder).map_err(failed)?));
        return Ok(());
    }
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).map_err(failed)?.filter_map(|e| Some(e.ok()?.path())).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() && depth < 16 {
            gather(&path, depth + 1, files)?;
        } else if path.extension().is_some_and(|e| e == "rego") {
            files.push(RuleFile::new(path.display().to_string(), fs::read(&path).map_err(failed)?));
        }
    }
    Ok(())
}

fn converted(policy: &RulePolicy) -> Result<Policy, String> {
    let metadata = policy.metadata.clone();
    let remediation = metadata.remediation.map(|r| Remediation {
        text: r.text,
        terraform: r.terraform,
        cloudformation: r.cloudformation,
        pulumi: r.pulumi,
    });
    Ok(Policy {
        id: metadata.id,
        title: metadata.title,
        topic: metadata.topic.parse::<Topic>().map_err(|e| e.to_string())?,
        severity: metadata.severity,
        kind: metadata.kind,
        body: Body::External,
        controls: metadata.controls,
        hipaa: metadata.hipaa,
        nist_800_53: metadata.nist_800_53,
        proves: metadata.proves,
        rationale: metadata.rationale.unwrap_or_default(),
        remediation: remediation.unwrap_or_default(),
        provenance: Provenance {
            source: format!("{}, a policy of your own", policy.place),
            confidence: Confidence::Unverified,
        },
        place: policy.place.clone(),
    })
}

impl RuleEngine for Rego {
    fn judge(&mut self, policies: &[Policy], snapshot: &Snapshot) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        let ids: Vec<_> = self.worker.policies().iter().map(|p| (p.metadata.id.clone(), p.metadata.kind)).collect();
        for (own, (id, kind)) in ids.into_iter().enumerate() {
            let Some(policy) = policies.iter().zip(0_u32..).find(|(p, _)| p.id == id).map(|(_, at)| PolicyIndex(at))
            else {
                continue;
            };
            let of_kind = snapshot.resources.iter().zip(0_u32..).filter(|(resource, _)| resource.kind == kind);
            let (unseen, subjects): (Vec<_>, Vec<(ResourceIndex, &Resource)>) = of_kind
                .map(|(resource, at)| (ResourceIndex(at), resource))
                .partition(|(_, resource)| resource.attributes.rest().is_some());
            // Of what a live source did not show, a policy of whichever kind can tell nothing.
            outcomes.extend(unseen.into_iter().map(|(at, resource)| {
                let why = resource.attributes.rest().map(|rest| rest.value.to_string()).unwrap_or_default();
                outcome(policy, at, resource, Verdict::Unknown(vec![why]))
            }));
            for batch in subjects.chunks(BATCH) {
                let inputs: Vec<serde_json::Value> = batch
                    .iter()
                    .map(|(_, resource)| input_of(resource, snapshot, self.raw.get(&resource.source).cloned()))
                    .collect();
                for ((at, resource), verdict) in batch.iter().zip(self.worker.evaluate(own, &inputs)) {
                    outcomes.push(outcome(policy, *at, resource, verdict));
                }
            }
        }
        outcomes
    }
}

fn outcome(policy: PolicyIndex, at: ResourceIndex, resource: &Resource, verdict: Verdict) -> Outcome {
    let (status, reasons) = match verdict {
        Verdict::Pass => (Status::Pass, Vec::new()),
        Verdict::NotApplicable => (Status::NotApplicable, Vec::new()),
        Verdict::Fail(denials) => (Status::Fail, denials.into_iter().map(|denial| denied(resource, denial)).collect()),
        Verdict::Unknown(why) => (Status::Unknown, why.into_iter().map(|why| told(why, "to be known")).collect()),
        Verdict::Errored(why) => (Status::Errored, vec![told(why, "a policy that can be evaluated")]),
    };
    Outcome { policy, resource: at, status, reasons: reasons.into(), waived: None }
}

fn denied(resource: &Resource, denial: Denial) -> Reason {
    let path = denial.path.unwrap_or_default();
    let name = path.split('/').next().unwrap_or_default();
    let attribute = resource.get(&path).or_else(|| resource.get(name));
    Reason {
        attribute: if path.is_empty() { resource.kind.to_string() } else { path },
        found: attribute.map_or_else(|| "denied".to_owned(), |a| a.value.to_string()),
        wanted: denial.message,
        origin: attribute.map(|a| a.origin.clone()),
    }
}

fn told(why: String, wanted: &str) -> Reason {
    Reason { attribute: String::new(), found: why, wanted: wanted.to_owned(), origin: None }
}
