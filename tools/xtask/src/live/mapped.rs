//! Every policy is to be seen to pass and to fail through the collector: what no answer ever showed both ways may be mapped
//! wrong, and nobody would know.
//!
//! `tools/aws-variants.py` seeds a second account with the other value of each setting; `tools/aws-answers.py` answers, in
//! the shapes that AWS documents, what the simulator cannot or drops.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Live, REGION, free_port, start, statuses};
use crate::run::{Step, root};

/// What an account of AWS cannot show both ways, and why. What is `unknown` there never passes.
const ONE_WAY: &[(&str, &str)] = &[
    ("backup-plan-scheduled", "a rule that is told no schedule runs daily (Backup API reference, BackupRuleInput)"),
    ("data-warehouse-no-plain-password", "no answer ever tells a password"),
    ("database-final-snapshot", "whoever deletes it decides: unknown"),
    ("database-no-plain-password", "no answer ever tells a password"),
    ("key-deletion-window", "whoever deletes it decides: unknown"),
    ("load-balancer-health-checked", "balancers of the newer kinds always check (ELBv2 API reference)"),
    ("object-store-encryption-at-rest", "S3 encrypts every object since January 2023"),
    ("secret-recovery-window", "whoever deletes it decides: unknown"),
];

const OTHER: &str = "arn:aws:iam::222222222222:role/audit";
const EMPTY: &str = "arn:aws:iam::333333333333:role/audit";

impl Live {
    /// Collects accounts in which things are well, are not, and where nothing is set up, and counts what was seen both ways.
    pub(super) fn mapped(&self, port: u16, base: &Value) -> Result<(), String> {
        let (endpoint, script) = (format!("http://127.0.0.1:{port}"), self.script("aws-variants.py"));
        Step::program("seeding the other values", &self.python, &[&script, "--endpoint", &endpoint]).run()?;
        let mut reports = vec![base.clone()];
        let one: &[&str] = &["--region", REGION];
        let two: &[&str] = &["--region", REGION, "--region", "eu-west-1"];
        let rounds: [(&str, Option<&str>, &[&str]); 4] =
            [("good", None, one), ("good", Some(OTHER), one), ("bad", Some(OTHER), two), ("none", Some(EMPTY), &[])];
        for (at, (how, role, more)) in rounds.into_iter().enumerate() {
            let answers = free_port()?;
            let mut command = std::process::Command::new(&self.python);
            command.arg(self.script("aws-answers.py"));
            command.args(["--listen", &answers.to_string(), "--to", &port.to_string(), "--as", how]);
            let _answers = start(command, answers)?;
            let mut arguments = more.to_vec();
            if let Some(role) = role {
                arguments.extend(["--role-arn", role]);
            }
            let name = format!("mapped-{at}-{how}");
            reports.push(self.report(&self.collect(&format!("http://127.0.0.1:{answers}"), &name, &arguments)?)?);
        }
        counted(&reports)
    }

    fn script(&self, name: &str) -> String {
        root().join("tools").join(name).display().to_string()
    }
}

/// Fails where a policy was not seen both ways and nothing says why it cannot be.
fn counted(reports: &[Value]) -> Result<(), String> {
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for ((_, policy), status) in reports.iter().flat_map(|report| statuses(report, |_| true)) {
        seen.entry(policy).or_default().insert(status);
    }
    let listed = reports.first().and_then(|report| report.get("policies")).and_then(Value::as_array);
    let all: BTreeSet<&str> = listed.into_iter().flatten().filter_map(|policy| policy.get("id")?.as_str()).collect();
    let ways = |policy: &str| seen.get(policy).map_or((false, false), |s| (s.contains("pass"), s.contains("fail")));
    let (mut both, mut wrong) = (0_usize, Vec::new());
    for policy in &all {
        let one_way = ONE_WAY.iter().any(|(known, _)| known == policy);
        match ways(policy) {
            (true, true) if !one_way => both += 1,
            (true, true) => wrong.push(format!("{policy} is seen both ways; it need not be listed any more")),
            _ if one_way => {}
            (passes, fails) => wrong.push(format!("{policy}: seen to pass {passes}, to fail {fails}")),
        }
    }
    let counts = |way: &str| seen.values().filter(|statuses| statuses.contains(way)).count();
    println!(
        "xtask: of {} policies {both} were seen to pass and to fail ({} to pass, {} to fail), {} can be seen one way alone",
        all.len(),
        counts("pass"),
        counts("fail"),
        ONE_WAY.len()
    );
    if all.len() < 200 || !wrong.is_empty() {
        return Err(format!("the mapping was not shown: {}", wrong.join("; ")));
    }
    Ok(())
}
