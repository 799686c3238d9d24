//! Several accounts of one organisation: each is asked by its own role, one that is closed is not, and one that refuses is
//! not taken for one that holds nothing.

use std::fs;

use serde_json::Value;

use super::{Live, REGION, read};
use crate::run::Step;

/// Makes an organisation of three accounts beside the seeded one: one with a disk that is not encrypted, one that stays
/// empty, and one that is closed. Prints their numbers.
const MAKE: &str = r#"
import sys, boto3
url = sys.argv[1]
keys = dict(aws_access_key_id="testing", aws_secret_access_key="testing", endpoint_url=url, region_name="us-east-1")
org = boto3.client("organizations", **keys)
try: org.create_organization(FeatureSet="ALL")
except org.exceptions.AlreadyInOrganizationException: pass
made = [org.create_account(AccountName=n, Email=n + "@example.org")["CreateAccountStatus"]["AccountId"] for n in ("clinic", "empty", "closed")]
org.close_account(AccountId=made[2])
role = boto3.client("sts", **keys).assume_role(RoleArn=f"arn:aws:iam::{made[0]}:role/audit", RoleSessionName="seed")["Credentials"]
theirs = dict(keys, aws_access_key_id=role["AccessKeyId"], aws_secret_access_key=role["SecretAccessKey"], aws_session_token=role["SessionToken"])
boto3.client("ec2", **theirs).create_volume(AvailabilityZone="us-east-1a", Size=1, Encrypted=False)
print(*made)
"#;

impl Live {
    pub(super) fn organization(&self, port: u16) -> Result<(), String> {
        let address = format!("http://127.0.0.1:{port}");
        let made = std::process::Command::new(&self.python).args(["-c", MAKE, &address]).output();
        let made = made.map_err(|e| e.to_string())?;
        let told = String::from_utf8_lossy(&made.stdout).trim().to_owned();
        let accounts: Vec<&str> = told.split(' ').collect();
        let [clinic, empty, closed] = accounts.as_slice() else {
            return Err(format!("no organisation was made: {}", String::from_utf8_lossy(&made.stderr)));
        };
        let folder = self.folder.join("organization");
        let _ = fs::remove_dir_all(&folder);
        let role = "arn:aws:iam::{account}:role/audit";
        let more = ["--organization", "--role-arn", role, "--region", REGION];
        let code = self.command(&address, &folder, &more).status().map_err(|e| e.to_string())?.code();
        if !matches!(code, Some(0 | 3)) {
            return Err(format!("`attesta collect aws --organization` ended with {code:?}"));
        }
        let mut found: Vec<String> = fs::read_dir(&folder)
            .map_err(|e| e.to_string())?
            .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
            .filter(|name| name.ends_with(".json"))
            .collect();
        found.sort();
        let mut expected = vec!["123456789012.json".to_owned(), format!("{clinic}.json"), format!("{empty}.json")];
        expected.sort();
        if found != expected || found.contains(&format!("{closed}.json")) {
            return Err(format!("the organisation's accounts are {found:?}, not {expected:?}"));
        }
        for account in &found {
            let said = read(&folder.join(account))?;
            let number = said.get("account").and_then(Value::as_str).unwrap_or_default().to_owned();
            if format!("{number}.json") != *account {
                return Err(format!("{account} says that it is account `{number}`"));
            }
        }
        // The member's own disk is judged as the member's, and the empty one has none.
        let report = folder.join("report.out");
        let paths = [folder.display().to_string(), report.display().to_string()];
        let arguments = ["check", &paths[0], "--format", "json", "--fail-on", "never", "--output", &paths[1]];
        Step::attesta("check of all accounts", &arguments).quiet().code()?;
        let report = read(&report)?;
        let outcomes = report.get("outcomes").and_then(Value::as_array);
        let open: Vec<&str> = outcomes
            .into_iter()
            .flatten()
            .filter(|o| o.get("policy").and_then(Value::as_str) == Some("volume-encryption-at-rest"))
            .filter(|o| o.get("status").and_then(Value::as_str) == Some("fail"))
            .filter_map(|o| o.get("file").and_then(Value::as_str).or_else(|| o.pointer("/location/path")?.as_str()))
            .collect();
        let of = |account: &str| open.iter().filter(|path| path.contains(account)).count();
        if !open.is_empty() && (of(clinic) != 1 || of(empty) != 0) {
            return Err(format!("disks that are not encrypted: {open:?}; one is {clinic}'s, none {empty}'s"));
        }
        println!("xtask: an organisation of {} accounts, one closed and not asked", found.len());
        Ok(())
    }
}
