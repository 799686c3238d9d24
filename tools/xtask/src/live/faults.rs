//! Bad days: tokens that run out half way, a region that does not answer, broken answers, a clock that is off, and
//! several accounts of which one cannot be asked. After each, what was not seen is named, and nothing passes that did not
//! pass before.

use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{Live, REGION, Running, Snapshot, free_port, read, same, start, statuses};
use crate::run::root;

impl Live {
    /// All of them, against an account whose report without faults is `base`.
    pub(super) fn bad_days(&self, port: u16, base: &Value) -> Result<(), String> {
        self.expired(port, base)?;
        self.silent_region(port, base)?;
        self.broken_answers(port, base)?;
        self.another_clock(port, base)?;
        self.accounts(port)
    }

    fn faulty(&self, to: u16, more: &[&str]) -> Result<(Running, String), String> {
        let port = free_port()?;
        let mut command = Command::new(&self.python);
        command.arg(root().join("tools/aws-faults.py"));
        command.args(["--listen", &port.to_string(), "--to", &to.to_string()]).args(more);
        Ok((start(command, port)?, format!("http://127.0.0.1:{port}")))
    }

    fn expired(&self, port: u16, base: &Value) -> Result<(), String> {
        let (_proxy, address) = self.faulty(port, &["--expire-after", "150"])?;
        let expired = self.collect(&address, "expired", &["--region", REGION])?;
        let reasons = told(&expired);
        if expired.code != 3 || !reasons.contains("Expired") {
            return Err(format!("tokens ran out, and the run ended with {}: {reasons}", expired.code));
        }
        let unknown = never_louder("tokens that ran out half way", base, &self.report(&expired)?)?;
        println!(
            "xtask: tokens ran out after 150 calls: {} kinds of calls named, {unknown} verdicts unknown",
            expired.failures().len()
        );
        Ok(())
    }

    fn silent_region(&self, port: u16, base: &Value) -> Result<(), String> {
        let (_proxy, address) = self.faulty(port, &["--hang", "eu-west-1"])?;
        let begun = Instant::now();
        let silent =
            self.collect(&address, "silent", &["--region", &format!("{REGION},eu-west-1"), "--timeout", "2"])?;
        let took = begun.elapsed();
        let strangers: Vec<String> =
            silent.failures().into_iter().filter(|call| !call.ends_with("in eu-west-1")).collect();
        let base_failures = strangers.iter().filter(|call| !self.known(call)).count();
        if silent.code != 3 || base_failures > 0 || took > Duration::from_secs(90) {
            return Err(format!(
                "a region that does not answer: ended with {} after {took:?}: {strangers:?}",
                silent.code
            ));
        }
        let report = self.report(&silent)?;
        let behind = statuses(&report, |_| true);
        let passes = behind.iter().find(|((address, _), status)| address.contains(":eu-west-1:") && *status == "pass");
        if let Some(pass) = passes {
            return Err(format!("nothing of eu-west-1 was seen, and {pass:?}"));
        }
        let unknown = never_louder("a region that does not answer", base, &report)?;
        println!("xtask: a silent region cost {} s, {unknown} verdicts unknown", took.as_secs());
        Ok(())
    }

    fn broken_answers(&self, port: u16, base: &Value) -> Result<(), String> {
        let (_proxy, address) =
            self.faulty(port, &["--garble", "dynamodb", "--garble", "rds", "--html", "sqs", "--html", "lambda"])?;
        let broken = self.collect(&address, "broken", &["--region", REGION])?;
        let report = self.report(&broken)?;
        for call in ["dynamodb:ListTables", "rds:DescribeDBInstances", "sqs:ListQueues", "lambda:ListFunctions"] {
            let call = format!("{call} in {REGION}");
            if !broken.failures().contains(&call) {
                return Err(format!("{call} was answered with rubbish, and is not named: {:?}", broken.failures()));
            }
        }
        let passing = |(address, _): &(String, String)| {
            [":dynamodb:", ":rds:", ":sqs:", ":lambda:"].iter().any(|service| address.contains(service))
        };
        let after = statuses(&report, |_| true);
        if let Some(pass) = after.iter().find(|(key, status)| passing(key) && *status == "pass") {
            return Err(format!("a broken answer passes: {pass:?}"));
        }
        let unknown = never_louder("broken answers", base, &report)?;
        println!("xtask: broken answers of four services: {unknown} verdicts unknown");
        Ok(())
    }

    fn another_clock(&self, port: u16, base: &Value) -> Result<(), String> {
        let (_proxy, address) = self.faulty(port, &["--skew", "3600"])?;
        let skewed = self.collect(&address, "skewed", &["--region", REGION])?;
        let behind = skewed.snapshot.get("clock_behind_seconds").and_then(Value::as_i64);
        if !behind.is_some_and(|seconds| (3595..=3660).contains(&seconds)) {
            return Err(format!("a clock that is an hour off is told as {behind:?}"));
        }
        same("a clock that is an hour off", base, &self.report(&skewed)?)
    }

    /// Two accounts that can be asked, and one in which there is no such role is not there to be seen.
    fn accounts(&self, port: u16) -> Result<(), String> {
        let folder = self.folder.join("accounts");
        let _ = fs::remove_dir_all(&folder);
        let address = format!("http://127.0.0.1:{port}");
        let more = [
            "--region",
            REGION,
            "--account",
            "123456789012,222222222222",
            "--role-arn",
            "arn:aws:iam::{account}:role/audit",
            "--external-id",
            "x",
        ];
        let code = self.command(&address, &folder, &more).status().map_err(|e| e.to_string())?.code();
        for account in ["123456789012", "222222222222"] {
            let snapshot = read(&folder.join(format!("{account}.json")))?;
            if snapshot.get("account").and_then(Value::as_str) != Some(account) {
                return Err(format!("the snapshot of {account} is of {:?}", snapshot.get("account")));
            }
        }
        if !matches!(code, Some(0 | 3)) {
            return Err(format!("several accounts: ended with {code:?}"));
        }
        // A broken address stands for a role that cannot be assumed.
        let (_proxy, address) = self.proxy(port, &["--deny", "sts:AssumeRole"])?;
        let _ = fs::remove_dir_all(&folder);
        let code = self.command(&address, &folder, &more).status().map_err(|e| e.to_string())?.code();
        let lost = read(&folder.join("222222222222.json"))?;
        let named = lost
            .get("failures")
            .is_some_and(|list| list.to_string().contains("sts:AssumeRole of account 222222222222"));
        if code != Some(3) || !named {
            return Err(format!("an account that cannot be asked: ended with {code:?}, {:?}", lost.get("failures")));
        }
        println!("xtask: two accounts into two snapshots; one that could not be asked is named");
        Ok(())
    }

    /// Calls that the simulator has no answer to at all.
    fn known(&self, call: &str) -> bool {
        let base = read(&self.folder.join("base.json")).unwrap_or_default();
        base.get("failures").is_some_and(|list| list.to_string().contains(call))
    }
}

/// Every reason of a snapshot's failures.
fn told(snapshot: &Snapshot) -> String {
    snapshot.snapshot.get("failures").map(ToString::to_string).unwrap_or_default()
}

/// What passes after a fault passed before it; what failed may be unknown or behind an `*`, and does not pass. Gives the
/// number of verdicts that became unknown.
fn never_louder(what: &str, base: &Value, faulty: &Value) -> Result<usize, String> {
    let (before, after) = (statuses(base, |_| true), statuses(faulty, |_| true));
    // A bucket that may take logs is judged as one that does: such a policy can appear, and hold.
    let appears = |(address, policy): &(String, String)| {
        address.contains(":s3:::")
            && (policy.starts_with("object-store-logs") || !before.contains_key(&(address.clone(), policy.clone())))
    };
    let louder = after
        .iter()
        .find(|(key, status)| *status == "pass" && before.get(*key).is_none_or(|was| was != "pass") && !appears(key));
    if let Some(louder) = louder {
        return Err(format!("{what}: {louder:?} was {:?}", before.get(louder.0)));
    }
    Ok(after.values().filter(|status| *status == "unknown").count())
}
