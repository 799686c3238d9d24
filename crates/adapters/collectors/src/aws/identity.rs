//! Identity and access management: users, roles, policies, the account's rules for passwords.

mod access_policy;
mod role;

use attesta_resource::{Kind, Unknown};

use crate::{
    draft::{Draft, Joined},
    fact::{Fact, State},
    registry::{Main, Satellite},
    view::{Items, Raw, View},
};

use super::{
    logging::is_stated,
    policy_document,
    shared::{authored, either, is_authored, is_cloudformation, points_to, prop, some},
};

const USER: &[&str] = &["aws_iam_user"];
const CFN_USER: &[&str] = &["AWS::IAM::User"];
const ROLE: &[&str] = &["aws_iam_role"];
const GROUP: &[&str] = &["aws_iam_group"];

pub(super) const MAINS: &[Main] = &[
    main(USER, Kind::Identity, &["name", "arn", "id"], user),
    main(CFN_USER, Kind::Identity, &["UserName"], user),
    main(ROLE, Kind::Role, &["name", "arn", "id"], role::build),
    main(&["AWS::IAM::Role"], Kind::Role, &["RoleName"], role::build),
    main(&["aws_iam_policy"], Kind::AccessPolicy, &["name", "arn", "id"], access_policy::standalone),
    main(&["AWS::IAM::ManagedPolicy"], Kind::AccessPolicy, &["ManagedPolicyName"], access_policy::standalone),
    main(
        &["aws_iam_user_policy", "aws_iam_role_policy", "aws_iam_group_policy"],
        Kind::AccessPolicy,
        &["name", "id"],
        access_policy::inline,
    ),
    main(
        &["AWS::IAM::Policy", "AWS::IAM::UserPolicy", "AWS::IAM::RolePolicy", "AWS::IAM::GroupPolicy"],
        Kind::AccessPolicy,
        &["PolicyName"],
        access_policy::inline,
    ),
    main(GROUP, Kind::AccessPolicy, &["name", "arn", "id"], access_policy::group),
    main(&["AWS::IAM::Group"], Kind::AccessPolicy, &["GroupName"], access_policy::group),
    main(&["aws_iam_account_password_policy"], Kind::CredentialPolicy, &[], password_policy),
];

const fn main(
    types: &'static [&'static str],
    kind: Kind,
    names: &'static [&'static str],
    build: fn(&Raw, &Joined, &mut Draft),
) -> Main {
    Main { types, kind, names, pulls: &[], build }
}

const KEYS: &[&str] = &["aws_iam_access_key", "AWS::IAM::AccessKey"];
const LOGINS: &[&str] = &["aws_iam_user_login_profile"];
const ATTACHMENTS: &[&str] = &[
    "aws_iam_user_policy_attachment",
    "aws_iam_role_policy_attachment",
    "aws_iam_group_policy_attachment",
    "aws_iam_policy_attachment",
];

pub(super) const SATELLITES: &[Satellite] = &[
    Satellite {
        types: &["aws_iam_access_key", "aws_iam_user_login_profile", "aws_iam_user_policy_attachment"],
        owners: USER,
        links: &["user"],
    },
    Satellite { types: &["AWS::IAM::AccessKey"], owners: CFN_USER, links: &["UserName"] },
    Satellite { types: &["aws_iam_role_policy_attachment"], owners: ROLE, links: &["role"] },
    Satellite { types: &["aws_iam_group_policy_attachment"], owners: GROUP, links: &["group"] },
    Satellite {
        types: &["aws_iam_policy_attachment"],
        owners: &["aws_iam_user", "aws_iam_role", "aws_iam_group"],
        links: &["users", "roles", "groups"],
    },
];

fn user(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    let console = match joined.first(LOGINS) {
        Some(login) => login.derive(true),
        None => is_stated(&raw.at("LoginProfile")),
    };
    draft.put("console_access", console);
    let keys =
        joined.of(KEYS).filter(|key| prop(key, "status", "Status").text().value().is_none_or(|s| s != "Inactive"));
    draft.put("access_keys", raw.derive(i64::try_from(keys.count()).unwrap_or(i64::MAX)));
    let attached = match attachments(raw, joined).next() {
        Some(attachment) => attachment.derive(true),
        None => raw.derive(false),
    };
    let direct = [attached, is_stated(&raw.at("ManagedPolicyArns")), is_stated(&raw.at("Policies"))];
    draft.put("direct_policies", direct.into_iter().fold(raw.derive(false), Fact::or));
    draft.put("full_admin", full_admin(raw, joined));
}

/// Attachments to this identity. The one that lists users, roles and groups is linked by name alone, and a user may be
/// called like a role.
fn attachments<'a>(raw: &'a Raw, joined: &'a Joined) -> impl Iterator<Item = &'a Raw> {
    let key = match &*raw.type_name {
        "aws_iam_user" => "users",
        "aws_iam_role" => "roles",
        _ => "groups",
    };
    joined.of(ATTACHMENTS).filter(move |attachment| {
        let list = attachment.at(key);
        &*attachment.type_name != "aws_iam_policy_attachment"
            || match list.items() {
                Items::Known(items) => items.iter().any(|item| points_to(item, raw, &["name", "id"])),
                Items::Unknown(_) => points_to(&list, raw, &[]),
            }
    })
}

/// Whether an identity can do everything: it has the administrator policy, attached to it in whichever way, or a policy
/// written inside it allows all. Policies inside that are resources of their own are judged as such.
fn full_admin(raw: &Raw, joined: &Joined) -> Fact<bool> {
    let attached = attachments(raw, joined).map(|attachment| is_administrator(&attachment.at("policy_arn")));
    let named = prop(raw, "managed_policy_arns", "ManagedPolicyArns");
    let named = if is_authored(&named) { some(&named, is_administrator) } else { named.derive(false) };
    attached.fold(named, Fact::or).or(inline_policies(raw, |policy| policy_document::parse(policy).full_admin))
}

/// The administrator policy is AWS's own: `arn:aws:iam::aws:policy/AdministratorAccess`, in every partition. A policy of
/// the same document may allow as much; that is seen where it stands, but not from here.
fn is_administrator(policy: &View<'_>) -> Fact<bool> {
    let arn = policy.text();
    let state = match arn.state {
        State::Known(arn) if arn.ends_with(":aws:policy/AdministratorAccess") => State::Known(true),
        State::Known(arn) if arn.contains(":aws:policy/") => State::Known(false),
        State::Known(arn) => State::Unknown(Unknown::Unresolved { what: format!("what {arn} allows").into() }),
        State::Absent => State::Known(false),
        State::Unknown(why) => State::Unknown(why),
    };
    Fact { state, origin: arn.origin }.derived()
}

/// Kleene's *or* over the policies written inside an identity.
fn inline_policies(raw: &Raw, test: impl Fn(&View<'_>) -> Fact<bool>) -> Fact<bool> {
    let list = inline_list(raw);
    if !is_authored(&list) {
        return list.derive(false);
    }
    some(&list, |item| test(&either(item, "policy", "PolicyDocument")))
}

fn inline_list<'a>(raw: &'a Raw) -> View<'a> {
    if is_cloudformation(raw) { raw.at("Policies") } else { either(&raw.root(), "inline_policy", "inline_policies") }
}

/// How many policies are written inside.
fn inline_count(raw: &Raw) -> Fact<i64> {
    let list = inline_list(raw);
    let state = match list.items() {
        Items::Unknown(_) if !is_authored(&list) => State::Known(0),
        Items::Unknown(why) => State::Unknown(why),
        Items::Known(items) => {
            // Terraform takes an empty block to mean: none, and remove any other.
            let written = items.iter().filter(|item| item.node().is_none_or(|node| !node.is_empty()));
            State::Known(i64::try_from(written.count()).unwrap_or(i64::MAX))
        }
    };
    Fact { state, origin: list.origin() }.derived()
}

/// Defaults of the API reference, UpdateAccountPasswordPolicy; that users may change their own is Terraform's.
fn password_policy(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    let int = |key| authored(raw.at(key).int());
    let flag = |key| authored(raw.at(key).bool());
    draft.put("minimum_length", int("minimum_password_length").or_default(6));
    draft.put("require_symbols", flag("require_symbols").or_default(false));
    draft.put("require_numbers", flag("require_numbers").or_default(false));
    draft.put("require_uppercase", flag("require_uppercase_characters").or_default(false));
    draft.put("require_lowercase", flag("require_lowercase_characters").or_default(false));
    draft.put("maximum_age_days", int("max_password_age").or_default(0));
    draft.put("reuse_prevention", int("password_reuse_prevention").or_default(0));
    draft.put("users_may_change", flag("allow_users_to_change_password").or_default(true));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{check, normalise, one};

    #[test]
    fn users() {
        let link = || json!({"$late": ["aws_iam_user.u"]});
        let full = one(&[
            ("aws_iam_user.u", "aws_iam_user", json!({"name": "ann"})),
            ("k", "aws_iam_access_key", json!({"user": "ann"})),
            ("off", "aws_iam_access_key", json!({"user": link(), "status": "Inactive"})),
            ("l", "aws_iam_user_login_profile", json!({"user": link()})),
            (
                "a",
                "aws_iam_user_policy_attachment",
                json!({"user": link(), "policy_arn": "arn:aws-us-gov:iam::aws:policy/AdministratorAccess"}),
            ),
        ]);
        check(
            &full,
            &[
                ("console_access", "true"),
                ("access_keys", "1"),
                ("direct_policies", "true"),
                ("full_admin", "true"),
                ("mfa.enabled", "absent"),
            ],
        );
        let bare =
            [("console_access", "false"), ("access_keys", "0"), ("direct_policies", "false"), ("full_admin", "false")];
        check(&one(&[("u", "aws_iam_user", json!({"name": "bob"}))]), &bare);
        check(&one(&[("U", "AWS::IAM::User", json!({"Groups": ["g"]}))]), &bare);
        let template = one(&[
            (
                "U",
                "AWS::IAM::User",
                json!({
                    "LoginProfile": {"Password": {"$unknown": "P"}},
                    "Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}}],
                }),
            ),
            ("K", "AWS::IAM::AccessKey", json!({"UserName": {"$ref": "U"}})),
        ]);
        check(
            &template,
            &[("console_access", "true"), ("access_keys", "1"), ("direct_policies", "true"), ("full_admin", "true")],
        );
    }

    #[test]
    fn one_attachment_for_many() {
        let user = one(&[
            ("u", "aws_iam_user", json!({"name": "ann"})),
            (
                "a",
                "aws_iam_policy_attachment",
                json!({"users": ["ann", "bob"], "roles": [], "policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
            ),
        ]);
        check(&user, &[("direct_policies", "true"), ("full_admin", "false")]);
        let both = normalise(&[
            ("u", "aws_iam_user", json!({"name": "app"})),
            ("r", "aws_iam_role", json!({"name": "app"})),
            (
                "a",
                "aws_iam_policy_attachment",
                json!({"roles": [{"$late": ["r"]}], "policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
            ),
            (
                "b",
                "aws_iam_policy_attachment",
                json!({"users": ["app"], "policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
            ),
        ]);
        check(&both[0], &[("direct_policies", "true"), ("full_admin", "false")]);
        check(&both[1], &[("full_admin", "true")]);
    }

    #[test]
    fn passwords() {
        let open = json!({"$late": []});
        check(
            &one(&[(
                "p",
                "aws_iam_account_password_policy",
                json!({"max_password_age": open, "require_symbols": open}),
            )]),
            &[
                ("minimum_length", "6"),
                ("require_symbols", "false"),
                ("maximum_age_days", "0"),
                ("reuse_prevention", "0"),
                ("users_may_change", "true"),
            ],
        );
        let strict = json!({
            "minimum_password_length": 14, "require_numbers": true, "require_uppercase_characters": true,
            "require_lowercase_characters": {"$unknown": ""}, "password_reuse_prevention": 24,
        });
        check(
            &one(&[("p", "aws_iam_account_password_policy", strict)]),
            &[
                ("minimum_length", "14"),
                ("require_numbers", "true"),
                ("require_uppercase", "true"),
                ("require_lowercase", "unknown"),
                ("reuse_prevention", "24"),
            ],
        );
    }
}
