//! Roles: who may assume them and what they may then do.

use attesta_resource::{Attribute, Origin, Record, Unknown, Value};

use crate::{
    aws::{
        logging::is_stated,
        policy_document::{self, Document},
        shared::prop,
    },
    draft::{Draft, Joined},
    fact::{Fact, State},
    view::{Raw, View},
};

use super::{full_admin, inline_count};

pub(super) fn build(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    let trust = prop(raw, "assume_role_policy", "AssumeRolePolicyDocument");
    let document = policy_document::parse(&trust);
    draft.put("trust.principals", principals(&document));
    draft.put("trust.external_without_condition", external(raw, &trust, &document));
    draft.put("trust.anyone", document.anyone);
    draft.put("full_admin", full_admin(raw, joined));
    draft.put("inline_policies", inline_count(raw, joined));
    draft.put("permissions_boundary", is_stated(&prop(raw, "permissions_boundary", "PermissionsBoundary")));
    // "If you do not specify a value for this setting, the default value of one hour is applied" (API reference,
    // CreateRole).
    draft.put("max_session_seconds", prop(raw, "max_session_duration", "MaxSessionDuration").int().or_default(3600));
}

/// Everyone whom some statement allows.
fn principals(document: &Document) -> Fact<Vec<Attribute>> {
    let statements = &document.statements;
    let state = match &statements.state {
        State::Absent => State::Absent,
        State::Unknown(why) => State::Unknown(why.clone()),
        State::Known(items) => {
            let mut named: Vec<Attribute> = Vec::new();
            for item in items {
                match &item.value {
                    Value::Record(statement) if allows(statement) => match statement.get("principals") {
                        Some(Attribute { value: Value::List(who), .. }) => named.extend(who.iter().cloned()),
                        Some(unknown) => named.push(unknown.clone()),
                        None => {}
                    },
                    Value::Unknown(_) => named.push(item.clone()),
                    _ => {}
                }
            }
            State::Known(named)
        }
    };
    Fact { state, origin: statements.origin.clone() }
}

fn allows(statement: &Record) -> bool {
    // An effect that cannot be seen may allow.
    !matches!(statement.get("effect").map(|a| &a.value), Some(Value::Text(effect)) if &**effect == "deny")
}

/// Whether another account may assume the role with nothing asked of it (IAM user guide, "The confused deputy
/// problem"). Which account is ours only the role's own ARN tells, and that a plan does not know yet.
fn external(raw: &Raw, trust: &View<'_>, document: &Document) -> Fact<bool> {
    let none = trust.derive(false);
    let unknown = |why: &Unknown| Fact { state: State::Unknown(why.clone()), origin: none.origin.clone() };
    let statements = match &document.statements.state {
        State::Absent => return none,
        State::Unknown(why) => return unknown(why),
        State::Known(statements) => statements,
    };
    let own_arn = raw.at("arn").text();
    let own = own_arn.value().and_then(|arn| account_of(arn));
    statements.iter().fold(none.clone(), |found, item| {
        let here = match &item.value {
            Value::Unknown(why) => unknown(why),
            Value::Record(statement) if allows(statement) => {
                let open = flag(statement, "conditional", &none.origin).negate();
                let foreign = match statement.get("principals").map(|a| &a.value) {
                    Some(Value::List(who)) => {
                        who.iter().fold(none.clone(), |any, one| any.or(is_foreign(one, own, &none.origin)))
                    }
                    Some(Value::Unknown(why)) => unknown(why),
                    _ => none.clone(),
                };
                foreign.and(open)
            }
            _ => none.clone(),
        };
        found.or(here)
    })
}

fn flag(statement: &Record, name: &str, origin: &Origin) -> Fact<bool> {
    let state = match statement.get(name).map(|a| &a.value) {
        Some(Value::Bool(b)) => State::Known(*b),
        Some(Value::Unknown(why)) => State::Unknown(why.clone()),
        _ => State::Known(false),
    };
    Fact { state, origin: origin.clone() }
}

/// Whether a principal belongs to another account. Services and identity providers belong to none, and what the same
/// document makes belongs to ours.
fn is_foreign(principal: &Attribute, own: Option<&str>, origin: &Origin) -> Fact<bool> {
    let state = match &principal.value {
        Value::Unknown(why) => State::Unknown(why.clone()),
        Value::Text(who) => match (account_of(who), own) {
            (None, _) => State::Known(false),
            (Some(theirs), Some(ours)) => State::Known(theirs != ours),
            (Some(theirs), None) => {
                State::Unknown(Unknown::Unresolved { what: format!("whether account {theirs} is another one").into() })
            }
        },
        _ => State::Known(false),
    };
    Fact { state, origin: origin.clone() }
}

/// The account number of an ARN of IAM or STS, or a bare account number.
fn account_of(principal: &str) -> Option<&str> {
    let account = match principal.strip_prefix("arn:") {
        Some(rest) => rest.split(':').nth(3)?,
        None => principal,
    };
    (account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit())).then_some(account)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::testing::{check, one};

    fn trust(principal: Json, condition: Json) -> Json {
        json!({"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, "Condition": condition}]})
    }

    #[test]
    fn who_may_assume_it() {
        let external_id = json!({"StringEquals": {"sts:ExternalId": "x"}});
        let none = json!({});
        for (principal, condition, arn, anyone, external) in [
            (json!({"Service": "ec2.amazonaws.com"}), &none, json!(null), "false", "false"),
            (json!("*"), &none, json!(null), "true", "false"),
            (json!({"AWS": "*"}), &external_id, json!(null), "false", "false"),
            (json!({"AWS": "arn:aws:iam::111122223333:root"}), &none, json!(null), "false", "unknown"),
            (
                json!({"AWS": "arn:aws:iam::111122223333:root"}),
                &none,
                json!("arn:aws:iam::444455556666:role/r"),
                "false",
                "true",
            ),
            (json!({"AWS": "111122223333"}), &none, json!("arn:aws:iam::111122223333:role/r"), "false", "false"),
            (json!({"AWS": "111122223333"}), &external_id, json!(null), "false", "false"),
            (json!({"AWS": {"$ref": "Other"}}), &none, json!(null), "false", "false"),
            (json!({"AWS": {"$unknown": ""}}), &none, json!(null), "unknown", "unknown"),
            (json!({"AWS": "arn:aws:iam::${AWS::AccountId}:root"}), &none, json!(null), "false", "false"),
        ] {
            let role = one(&[(
                "r",
                "aws_iam_role",
                json!({"assume_role_policy": trust(principal, condition.clone()), "arn": arn}),
            )]);
            check(&role, &[("trust.anyone", anyone), ("trust.external_without_condition", external)]);
        }
        let hidden = one(&[("R", "AWS::IAM::Role", json!({"AssumeRolePolicyDocument": {"$unknown": "P"}}))]);
        check(
            &hidden,
            &[
                ("trust.anyone", "unknown"),
                ("trust.principals", "unknown"),
                ("trust.external_without_condition", "unknown"),
            ],
        );
    }

    #[test]
    fn roles_in_both_dialects() {
        let service = trust(json!({"Service": "lambda.amazonaws.com"}), json!({}));
        let role = one(&[
            (
                "aws_iam_role.r",
                "aws_iam_role",
                json!({
                    "name": "r", "assume_role_policy": service.to_string(), "managed_policy_arns": {"$late": []},
                    "inline_policy": {"$late": []}, "permissions_boundary": "arn:aws:iam::1:policy/b",
                }),
            ),
            (
                "a",
                "aws_iam_role_policy_attachment",
                json!({"role": "r", "policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
            ),
        ]);
        check(
            &role,
            &[
                ("trust.principals", "[\"service:lambda.amazonaws.com\"]"),
                ("full_admin", "true"),
                ("inline_policies", "0"),
                ("permissions_boundary", "true"),
                ("max_session_seconds", "3600"),
            ],
        );
        let own = one(&[
            ("aws_iam_role.r", "aws_iam_role", json!({"assume_role_policy": service, "inline_policy": [{}]})),
            (
                "a",
                "aws_iam_role_policy_attachment",
                json!({"role": {"$late": ["aws_iam_role.r"]}, "policy_arn": {"$late": ["aws_iam_policy.p"]}}),
            ),
        ]);
        check(&own, &[("full_admin", "unknown"), ("inline_policies", "0")]);
        let template = json!({
            "AssumeRolePolicyDocument": service, "MaxSessionDuration": "7200",
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"],
            "Policies": [
                {"PolicyName": "a", "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}},
                {"PolicyName": "b", "PolicyDocument": {"Statement": {"Effect": "Allow", "Action": ["*"], "Resource": ["*"]}}},
            ],
        });
        check(
            &one(&[("R", "AWS::IAM::Role", template)]),
            &[
                ("full_admin", "true"),
                ("inline_policies", "2"),
                ("permissions_boundary", "false"),
                ("max_session_seconds", "7200"),
            ],
        );
    }
}
