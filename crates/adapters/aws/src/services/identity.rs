//! IAM: users with their credentials, groups, roles, policies, the rules for passwords, the root user.

use std::{collections::HashMap, time::Duration};

use serde_json::{Value, json};

use super::{Place, nothing, placed};
use crate::{
    ask::{Reply, unknown},
    found::{Found, Type, get, items, map, tags, text},
};

const USER: Type = Type { name: "AWS::IAM::User", canonical: "aws_iam_user" };
const ROLE: Type = Type { name: "AWS::IAM::Role", canonical: "aws_iam_role" };
const GROUP: Type = Type { name: "AWS::IAM::Group", canonical: "aws_iam_group" };
const POLICY: Type = Type { name: "AWS::IAM::ManagedPolicy", canonical: "aws_iam_policy" };
const PASSWORDS: Type = Type { name: "AWS::IAM::AccountPasswordPolicy", canonical: "aws_iam_account_password_policy" };
const LOGIN: Type = Type { name: "AWS::IAM::LoginProfile", canonical: "aws_iam_user_login_profile" };
const KEY: Type = Type { name: "AWS::IAM::AccessKey", canonical: "aws_iam_access_key" };

/// What hangs on an identity: the inline policy, the attachment, and the property that names the identity.
struct Hangers {
    inline: Type,
    attachment: Type,
    owner: &'static str,
}

const OF_USER: Hangers = Hangers {
    inline: Type { name: "AWS::IAM::UserPolicy", canonical: "aws_iam_user_policy" },
    attachment: Type { name: "AWS::IAM::UserPolicyAttachment", canonical: "aws_iam_user_policy_attachment" },
    owner: "user",
};
const OF_ROLE: Hangers = Hangers {
    inline: Type { name: "AWS::IAM::RolePolicy", canonical: "aws_iam_role_policy" },
    attachment: Type { name: "AWS::IAM::RolePolicyAttachment", canonical: "aws_iam_role_policy_attachment" },
    owner: "role",
};
const OF_GROUP: Hangers = Hangers {
    inline: Type { name: "AWS::IAM::GroupPolicy", canonical: "aws_iam_group_policy" },
    attachment: Type { name: "AWS::IAM::GroupPolicyAttachment", canonical: "aws_iam_group_policy_attachment" },
    owner: "group",
};

pub(crate) async fn collect(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let filter = json!({ "Filter": ["User", "Role", "Group", "LocalManagedPolicy"] });
    let details = place.one("iam", "GetAccountAuthorizationDetails", filter).await;
    let report = Report::ask(place).await;
    let everything = |what: &str| format!("arn:{}:iam::{}:{what}/*", place.partition, place.account);
    let users = place.listed(&mut found, USER, &details, "/UserDetailList", &everything("user"));
    let groups = place.listed(&mut found, GROUP, &details, "/GroupDetailList", &everything("group"));
    let roles = place.listed(&mut found, ROLE, &details, "/RoleDetailList", &everything("role"));
    let policies = place.listed(&mut found, POLICY, &details, "/Policies", &everything("policy"));
    let broken = details.missing();
    // The one thing of a role that the details leave out.
    let sessions = place.one("iam", "ListRoles", nothing()).await;
    let (bounds, _) = sessions.list("/Roles");
    let bounds: HashMap<&str, Value> =
        bounds.iter().map(|role| (text(role, "/Arn"), get(role, "/MaxSessionDuration"))).collect();

    for (pointer, user) in placed(&users, "/UserDetailList") {
        let (arn, name) = (text(user, "/Arn"), text(user, "/UserName"));
        let one = Found::new(USER, arn, &details, &pointer)
            .set("name", json!(name))
            .set("arn", json!(arn))
            .set("permissions_boundary", get(user, "/PermissionsBoundary/PermissionsBoundaryArn"))
            .set("tags", tags(get(user, "/Tags")))
            .set("$groups", get(user, "/GroupList"));
        found.push(report.tell(one, name, place));
        report.credentials(name, arn, &mut found);
        hang(&OF_USER, &details, &pointer, user, "/UserPolicyList", name, &mut found);
    }
    for (pointer, group) in placed(&groups, "/GroupDetailList") {
        let (arn, name) = (text(group, "/Arn"), text(group, "/GroupName"));
        found.push(Found::new(GROUP, arn, &details, &pointer).set("name", json!(name)).set("arn", json!(arn)));
        hang(&OF_GROUP, &details, &pointer, group, "/GroupPolicyList", name, &mut found);
    }
    for (pointer, role) in placed(&roles, "/RoleDetailList") {
        let (arn, name) = (text(role, "/Arn"), text(role, "/RoleName"));
        let longest = bounds
            .get(arn)
            .cloned()
            .unwrap_or_else(|| unknown(sessions.missing().unwrap_or("the role was made while the account was asked")));
        found.push(
            Found::new(ROLE, arn, &details, &pointer)
                .set("name", json!(name))
                .set("arn", json!(arn))
                .set("assume_role_policy", document(get(role, "/AssumeRolePolicyDocument")))
                .set("permissions_boundary", get(role, "/PermissionsBoundary/PermissionsBoundaryArn"))
                .told("max_session_duration", &sessions, "/Roles", longest)
                .set("tags", tags(get(role, "/Tags"))),
        );
        hang(&OF_ROLE, &details, &pointer, role, "/RolePolicyList", name, &mut found);
    }
    for (pointer, policy) in placed(&policies, "/Policies") {
        let arn = text(policy, "/Arn");
        // AWS's own are the same for everyone and not the account's to change.
        if arn.contains(":iam::aws:") {
            continue;
        }
        let current =
            items(policy, "/PolicyVersionList").find(|version| get(version, "/IsDefaultVersion") == json!(true));
        let told = match (current, broken) {
            (Some(version), _) => document(get(version, "/Document")),
            (None, why) => unknown(why.unwrap_or("the policy has no version that is in force")),
        };
        found.push(
            Found::new(POLICY, arn, &details, &pointer)
                .set("name", get(policy, "/PolicyName"))
                .set("arn", json!(arn))
                .set("policy", told),
        );
    }
    passwords(place, &mut found).await;
    found.push(report.root(place));
    found
}

/// Policies of one identity: written into it and attached to it.
fn hang(
    hangers: &Hangers,
    details: &Reply,
    above: &str,
    identity: &Value,
    inline: &str,
    name: &str,
    found: &mut Vec<Found>,
) {
    let arn = text(identity, "/Arn");
    for (at, policy) in items(identity, inline).enumerate() {
        let id = format!("{arn}?policy={}", text(policy, "/PolicyName"));
        found.push(
            Found::new(hangers.inline, id, details, &format!("{above}{inline}/{at}"))
                .set(hangers.owner, json!(name))
                .set("name", get(policy, "/PolicyName"))
                .set("policy", document(get(policy, "/PolicyDocument"))),
        );
    }
    for (at, policy) in items(identity, "/AttachedManagedPolicies").enumerate() {
        let id = format!("{arn}?attached={}", text(policy, "/PolicyArn"));
        found.push(
            Found::new(hangers.attachment, id, details, &format!("{above}/AttachedManagedPolicies/{at}"))
                .set(hangers.owner, json!(name))
                .set("policy_arn", get(policy, "/PolicyArn")),
        );
    }
}

/// IAM writes policies percent-encoded (IAM API, GetAccountAuthorizationDetails).
fn document(value: Value) -> Value {
    map(value, |told| match told.as_str() {
        Some(text) if text.trim_start().starts_with('%') => json!(decoded(text)),
        _ => told.clone(),
    })
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
        let pair = digit().zip(digit()).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        bytes.push(pair.unwrap_or(b'?'));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn passwords(place: &Place, found: &mut Vec<Found>) {
    let reply = place.one("iam", "GetAccountPasswordPolicy", nothing()).await;
    let id = format!("arn:{}:iam::{}:account-password-policy", place.partition, place.account);
    if let Some(why) = reply.missing() {
        found.push(Found::unseen(PASSWORDS, id, &reply.call, why));
        return;
    }
    // None is set: then nothing here is a rule of the account's own.
    let told = reply.at("/PasswordPolicy");
    if told.is_null() {
        return;
    }
    let mut one = Found::new(PASSWORDS, id, &reply, "/PasswordPolicy");
    for (property, wire) in [
        ("minimum_password_length", "/MinimumPasswordLength"),
        ("require_symbols", "/RequireSymbols"),
        ("require_numbers", "/RequireNumbers"),
        ("require_uppercase_characters", "/RequireUppercaseCharacters"),
        ("require_lowercase_characters", "/RequireLowercaseCharacters"),
        ("max_password_age", "/MaxPasswordAge"),
        ("password_reuse_prevention", "/PasswordReusePrevention"),
        ("allow_users_to_change_password", "/AllowUsersToChangePassword"),
    ] {
        one = one.set(property, get(&told, wire));
    }
    found.push(one);
}

/// The credential report: one line for each user, made at most every four hours by IAM.
struct Report {
    reply: Reply,
    lines: HashMap<String, HashMap<String, String>>,
    missing: Option<String>,
}

const ROOT: &str = "<root_account>";

impl Report {
    async fn ask(place: &Place) -> Self {
        let mut asked = place.one("iam", "GenerateCredentialReport", nothing()).await;
        for _ in 0..20 {
            if asked.missing().is_some() || text(&asked.at(""), "/State") == "COMPLETE" {
                break;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
            asked = place.one("iam", "GenerateCredentialReport", nothing()).await;
        }
        let reply = match asked.missing() {
            Some(_) => asked,
            None => place.one("iam", "GetCredentialReport", nothing()).await,
        };
        let mut missing = reply.missing().map(str::to_owned);
        let mut lines = HashMap::new();
        if missing.is_none() {
            match read(text(&reply.at(""), "/Content")) {
                Ok(read) => lines = read,
                Err(why) => missing = Some(format!("{}: {why}", reply.call)),
            }
        }
        Self { reply, lines, missing }
    }

    /// A user's line, or why there is none.
    fn line(&self, name: &str) -> Result<&HashMap<String, String>, String> {
        match (&self.missing, self.lines.get(name)) {
            (Some(why), _) => Err(why.clone()),
            (None, Some(line)) => Ok(line),
            (None, None) => Err("the credential report was made before this user".to_owned()),
        }
    }

    /// What the report tells of one user.
    fn tell(&self, one: Found, name: &str, place: &Place) -> Found {
        let line = match self.line(name) {
            Ok(line) => line,
            Err(why) => {
                return HIDDEN.iter().fold(one, |one, name| one.attribute(name, unknown(&why)));
            }
        };
        let said = |key: &str| line.get(key).map(String::as_str).unwrap_or_default();
        let days = |key: &str| place.days_since(said(key));
        let ages =
            KEYS.iter().filter(|(active, ..)| said(active) == "true").filter_map(|(_, rotated, _)| days(rotated));
        let used = KEYS.iter().map(|(_, _, used)| *used).chain(["password_last_used"]).filter_map(days).min();
        // Credentials that were never used count from the day that they were made.
        let made =
            KEYS.iter().filter(|(active, ..)| said(active) == "true").filter_map(|(_, rotated, _)| days(rotated));
        let password = (said("password_enabled") == "true").then(|| days("password_last_changed")).flatten();
        let idle = used.or_else(|| made.chain(password).max());
        one.told("$report", &self.reply, "/Content", Value::Null)
            .attribute("mfa.enabled", json!(said("mfa_active") == "true"))
            .attribute("key_age_days", ages.max().map_or(Value::Null, Value::from))
            .attribute("last_used_days", idle.map_or(Value::Null, Value::from))
            .attribute("root", json!(false))
    }

    /// A user's password and keys.
    fn credentials(&self, name: &str, arn: &str, found: &mut Vec<Found>) {
        let Ok(line) = self.line(name) else { return };
        let said = |key: &str| line.get(key).map(String::as_str).unwrap_or_default();
        if said("password_enabled") == "true" {
            found.push(Found::new(LOGIN, format!("{arn}?login"), &self.reply, "/Content").set("user", json!(name)));
        }
        for (at, (active, ..)) in KEYS.iter().enumerate() {
            if said(active) == "true" {
                let id = format!("{arn}?key={at}");
                let key = Found::new(KEY, id, &self.reply, "/Content").set("user", json!(name));
                found.push(key.set("status", json!("Active")));
            }
        }
    }

    /// The root user, of whom only this report tells.
    fn root(&self, place: &Place) -> Found {
        let arn = format!("arn:{}:iam::{}:root", place.partition, place.account);
        let one = Found::new(USER, &arn, &self.reply, "/Content").set("name", json!("root")).set("arn", json!(arn));
        // It has no policies: it may do everything, and no policy takes that away.
        let one = one.attribute("full_admin", json!(true));
        match self.line(ROOT) {
            Err(why) => HIDDEN.iter().fold(one, |one, name| one.attribute(name, unknown(&why))),
            Ok(line) => {
                let keys = KEYS.iter().filter(|(active, ..)| line.get(*active).is_some_and(|told| told == "true"));
                let keys = u32::try_from(keys.count()).unwrap_or(u32::MAX);
                let console = line.get("password_enabled").is_none_or(|told| told != "false");
                self.tell(one, ROOT, place)
                    .attribute("access_keys", json!(keys))
                    .attribute("console_access", json!(console))
            }
        }
        .attribute("root", json!(true))
    }
}

/// Columns of each key: whether it is active, when it was made, when it was used.
const KEYS: [(&str, &str, &str); 2] = [
    ("access_key_1_active", "access_key_1_last_rotated", "access_key_1_last_used_date"),
    ("access_key_2_active", "access_key_2_last_rotated", "access_key_2_last_used_date"),
];

/// What only the report tells.
const HIDDEN: [&str; 5] = ["mfa.enabled", "key_age_days", "last_used_days", "access_keys", "console_access"];

/// The report is CSV in base 64; its first column is the user.
fn read(content: &str) -> Result<HashMap<String, HashMap<String, String>>, String> {
    let bytes = aws_smithy_types::base64::decode(content.trim()).map_err(|_| "the report is not base 64".to_owned())?;
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let heads = reader.headers().map_err(|error| format!("the report is not CSV: {error}"))?.clone();
    if heads.get(0) != Some("user") {
        return Err("the report has no column `user`".to_owned());
    }
    let mut lines = HashMap::new();
    for line in reader.records() {
        let line = line.map_err(|error| format!("the report is not CSV: {error}"))?;
        let cells = heads.iter().zip(line.iter()).map(|(head, cell)| (head.to_owned(), cell.to_owned()));
        lines.insert(line.get(0).unwrap_or_default().to_owned(), cells.collect());
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_decoded() {
        assert_eq!(decoded("%7B%22a%22%3A%20%22b%2Bc%22%7D"), r#"{"a": "b+c"}"#);
        assert_eq!(document(json!("{\"a%20b\":1}")), json!("{\"a%20b\":1}"));
        assert_eq!(decoded("%7"), "?");
    }

    #[test]
    fn the_report_is_read_by_its_columns() {
        let text = "user,arn,password_enabled,mfa_active\nann,x,true,false\n\"a,b\",y,false,true\n";
        let lines = read(&aws_smithy_types::base64::encode(text)).unwrap();
        assert_eq!(lines["ann"]["password_enabled"], "true");
        assert_eq!(lines["a,b"]["mfa_active"], "true");
        assert!(read("?").is_err());
        assert!(read(&aws_smithy_types::base64::encode("<html>")).is_err());
    }
}
