//! Policies as resources: managed ones, ones written inside one identity, and what a group gives its members.

use attesta_resource::{Attribute, Value};

use crate::{
    aws::{
        policy_document::{self, Document},
        shared::{either, is_authored},
    },
    draft::{Draft, Joined},
    fact::{Fact, State},
    view::{Items, Raw},
};

use super::{document, full_admin, inline_list};

pub(super) fn standalone(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    draft.put("attached_to", raw.derive("standalone"));
    draft.put("inline", raw.derive(false));
    put_document(draft, policy_document::parse(&document(raw)));
}

pub(super) fn inline(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    draft.put("attached_to", raw.derive(owner(raw)));
    draft.put("inline", raw.derive(true));
    put_document(draft, policy_document::parse(&document(raw)));
}

/// Whose policy it is. The one type that may be written into several kinds of identities at once counts for the first
/// of users, groups and roles, the most personal of them.
fn owner(raw: &Raw) -> &'static str {
    match &*raw.type_name {
        "aws_iam_user_policy" | "AWS::IAM::UserPolicy" => "user",
        "aws_iam_group_policy" | "AWS::IAM::GroupPolicy" => "group",
        "aws_iam_role_policy" | "AWS::IAM::RolePolicy" => "role",
        _ if is_authored(&raw.at("Users")) => "user",
        _ if is_authored(&raw.at("Groups")) => "group",
        _ => "role",
    }
}

/// A group is no identity: it is what it lets its members do.
pub(super) fn group(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    draft.put("attached_to", raw.by_type("group"));
    let list = inline_list(raw);
    draft.put("inline", super::is_stated(&list));
    draft.put("full_admin", full_admin(raw, joined));
    if !is_authored(&list) {
        return;
    }
    let mut statements: Vec<Attribute> = Vec::new();
    let state = match list.items() {
        Items::Unknown(why) => State::Unknown(why),
        Items::Known(items) => {
            for item in &items {
                let inside = policy_document::parse(&either(item, "policy", "PolicyDocument")).statements;
                match inside.state {
                    State::Known(more) => statements.extend(more),
                    State::Unknown(why) => {
                        statements.push(Attribute { value: Value::Unknown(why), origin: inside.origin })
                    }
                    State::Absent => {}
                }
            }
            State::Known(statements)
        }
    };
    draft.put("statements", Fact { state, origin: list.origin() });
}

fn put_document(draft: &mut Draft, document: Document) {
    draft.put("statements", document.statements);
    draft.put("full_admin", document.full_admin);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::testing::{check, one, show};

    fn document(action: Json, resource: Json) -> Json {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})
    }

    #[test]
    fn policies_of_every_sort() {
        let all = document(json!("*"), json!("*"));
        let some = document(json!(["s3:GetObject"]), json!("arn:aws:s3:::acme/*"));
        for (type_name, properties, attached, inline, admin) in [
            ("aws_iam_policy", json!({"policy": all.to_string()}), "\"standalone\"", "false", "true"),
            ("aws_iam_policy", json!({"policy": some.to_string()}), "\"standalone\"", "false", "false"),
            ("aws_iam_policy", json!({"policy": {"$late": ["data.x"]}}), "\"standalone\"", "false", "unknown"),
            ("aws_iam_user_policy", json!({"policy": all.to_string()}), "\"user\"", "true", "true"),
            ("aws_iam_role_policy", json!({"policy": all}), "\"role\"", "true", "true"),
            ("aws_iam_group_policy", json!({"policy": "${Text}"}), "\"group\"", "true", "unknown"),
            ("AWS::IAM::ManagedPolicy", json!({"PolicyDocument": some}), "\"standalone\"", "false", "false"),
            ("AWS::IAM::Policy", json!({"PolicyDocument": all, "Roles": [{"$ref": "R"}]}), "\"role\"", "true", "true"),
            (
                "AWS::IAM::Policy",
                json!({"PolicyDocument": some, "Users": ["u"], "Roles": ["r"]}),
                "\"user\"",
                "true",
                "false",
            ),
            ("AWS::IAM::GroupPolicy", json!({"PolicyDocument": {"$unknown": "P"}}), "\"group\"", "true", "unknown"),
        ] {
            let policy = one(&[("p", type_name, properties)]);
            check(&policy, &[("attached_to", attached), ("inline", inline), ("full_admin", admin)]);
        }
    }

    #[test]
    fn groups() {
        let group = one(&[
            ("aws_iam_group.g", "aws_iam_group", json!({"name": "admins"})),
            (
                "a",
                "aws_iam_group_policy_attachment",
                json!({"group": {"$late": ["aws_iam_group.g"]}, "policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
            ),
        ]);
        check(
            &group,
            &[("attached_to", "\"group\""), ("inline", "false"), ("full_admin", "true"), ("statements", "absent")],
        );
        let template = json!({
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
            "Policies": [{"PolicyName": "p", "PolicyDocument": document(json!("s3:*"), json!("*"))}],
        });
        let group = one(&[("G", "AWS::IAM::Group", template)]);
        check(&group, &[("inline", "true"), ("full_admin", "false")]);
        assert!(show(&group, "statements").contains("wildcard_actions: true"));
    }
}
