//! Identity and access management: users, roles, policies, the account's rules for passwords.

mod access_policy;
mod managed;
mod role;

use attesta_resource::{Kind, Unknown};

use crate::{
    draft::{Draft, Joined},
    fact::{Fact, State},
    registry::{Alone, Chain, Main, Pull, Satellite},
    view::{Items, Raw, View},
};

use super::{
    logging::is_stated,
    policy_document,
    shared::{authored, either, is_authored, is_cloudformation, points_to, prop, some},
};

use managed::Managed;

const USER: &[&str] = &["aws_iam_user"];
const CFN_USER: &[&str] = &["AWS::IAM::User"];
const ROLE: &[&str] = &["aws_iam_role"];
const CFN_ROLE: &[&str] = &["AWS::IAM::Role"];
const GROUP: &[&str] = &["aws_iam_group"];
const CFN_GROUP: &[&str] = &["AWS::IAM::Group"];
/// Policies written into one identity by a resource of their own.
const INLINE: &[&str] = &["aws_iam_user_policy", "aws_iam_role_policy", "aws_iam_group_policy"];
const CFN_INLINE: &[&str] =
    &["AWS::IAM::Policy", "AWS::IAM::UserPolicy", "AWS::IAM::RolePolicy", "AWS::IAM::GroupPolicy"];

pub(super) const MAINS: &[Main] = &[
    main(USER, Kind::Identity, &["name", "arn", "id"], &[], user),
    main(CFN_USER, Kind::Identity, &["UserName"], CFN_POLICIES, user),
    main(ROLE, Kind::Role, &["name", "arn", "id"], &[managed::pull("managed_policy_arns")], role::build),
    main(CFN_ROLE, Kind::Role, &["RoleName"], CFN_POLICIES, role::build),
    main(managed::POLICY, Kind::AccessPolicy, managed::NAMES, &[], access_policy::standalone),
    main(managed::CFN_POLICY, Kind::AccessPolicy, managed::CFN_NAMES, &[], access_policy::standalone),
    main(INLINE, Kind::AccessPolicy, &["name", "id"], &[], access_policy::inline),
    main(CFN_INLINE, Kind::AccessPolicy, &["PolicyName"], &[], access_policy::inline),
    main(GROUP, Kind::AccessPolicy, &["name", "arn", "id"], &[], access_policy::group),
    main(CFN_GROUP, Kind::AccessPolicy, &["GroupName"], CFN_POLICIES, access_policy::group),
    main(&["aws_iam_account_password_policy"], Kind::CredentialPolicy, &[], &[], password_policy),
];

const CFN_POLICIES: &[Pull] = &[managed::cloudformation_pull("ManagedPolicyArns")];

const fn main(
    types: &'static [&'static str],
    kind: Kind,
    names: &'static [&'static str],
    pulls: &'static [Pull],
    build: fn(&Raw, &Joined, &mut Draft),
) -> Main {
    Main { types, kind, names, pulls, build }
}

const KEYS: &[&str] = &["aws_iam_access_key", "AWS::IAM::AccessKey"];
const LOGINS: &[&str] = &["aws_iam_user_login_profile"];
const ATTACHMENTS: &[&str] = &[
    "aws_iam_user_policy_attachment",
    "aws_iam_role_policy_attachment",
    "aws_iam_group_policy_attachment",
    "aws_iam_policy_attachment",
];

/// What an attachment attaches may stand in the same document, so that one can see what it allows.
pub(super) const CHAINS: &[Chain] = &[Chain { types: ATTACHMENTS, pulls: &[managed::pull("policy_arn")] }];

pub(super) const SATELLITES: &[Satellite] = &[
    Satellite {
        types: &[
            "aws_iam_access_key",
            "aws_iam_user_login_profile",
            "aws_iam_user_policy_attachment",
            "aws_iam_user_policy",
        ],
        owners: USER,
        links: &["user"],
    },
    Satellite { types: &["AWS::IAM::AccessKey", "AWS::IAM::UserPolicy"], owners: CFN_USER, links: &["UserName"] },
    Satellite { types: &["aws_iam_role_policy_attachment", "aws_iam_role_policy"], owners: ROLE, links: &["role"] },
    Satellite { types: &["aws_iam_user_group_membership"], owners: USER, links: &["user"] },
    Satellite { types: &["aws_iam_group_membership"], owners: USER, links: &["users"] },
    Satellite { types: &["AWS::IAM::UserToGroupAddition"], owners: CFN_USER, links: &["Users"] },
    Satellite { types: &["aws_iam_user_policy_attachments_exclusive"], owners: USER, links: &["user_name"] },
    Satellite { types: &["aws_iam_role_policy_attachments_exclusive"], owners: ROLE, links: &["role_name"] },
    Satellite { types: &["aws_iam_group_policy_attachments_exclusive"], owners: GROUP, links: &["group_name"] },
    Satellite { types: &["AWS::IAM::RolePolicy"], owners: CFN_ROLE, links: &["RoleName"] },
    Satellite { types: &["aws_iam_group_policy_attachment", "aws_iam_group_policy"], owners: GROUP, links: &["group"] },
    Satellite { types: &["AWS::IAM::GroupPolicy"], owners: CFN_GROUP, links: &["GroupName"] },
    Satellite {
        types: &["aws_iam_policy_attachment"],
        owners: &["aws_iam_user", "aws_iam_role", "aws_iam_group"],
        links: &["users", "roles", "groups"],
    },
    Satellite {
        types: &["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"],
        owners: &["AWS::IAM::User", "AWS::IAM::Role", "AWS::IAM::Group"],
        links: &["Users", "Roles", "Groups"],
    },
];

/// Keys that someone holds, and administrators that are made, wherever their identity stands. A policy written into an
/// identity is judged as itself.
pub(super) const ALONE: &[Alone] = &[
    Alone {
        types: &["aws_iam_access_key", "aws_iam_user_login_profile", "aws_iam_user_policy_attachment"],
        owner: "aws_iam_user",
        links: &["user"],
        what: "the user",
    },
    Alone { types: &["AWS::IAM::AccessKey"], owner: "AWS::IAM::User", links: &["UserName"], what: "the user" },
    Alone { types: &["aws_iam_role_policy_attachment"], owner: "aws_iam_role", links: &["role"], what: "the role" },
    Alone { types: &["aws_iam_group_policy_attachment"], owner: "aws_iam_group", links: &["group"], what: "the group" },
    // The most personal first.
    Alone { types: &["aws_iam_policy_attachment"], owner: "aws_iam_user", links: &["users"], what: "the user" },
    Alone { types: &["aws_iam_policy_attachment"], owner: "aws_iam_group", links: &["groups"], what: "the group" },
    Alone { types: &["aws_iam_policy_attachment"], owner: "aws_iam_role", links: &["roles"], what: "the role" },
];

fn user(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    let console = match joined.first(LOGINS) {
        Some(login) => login.derive(true),
        None => is_stated(&raw.at("LoginProfile")),
    };
    draft.put("console_access", console);
    let keys =
        joined.of(KEYS).filter(|key| prop(key, "status", "Status").text().value().is_none_or(|s| s != "Inactive"));
    let count = i64::try_from(keys.count()).unwrap_or(i64::MAX);
    // Of a user that is not in the document these keys are known, and there may be more.
    draft.put("access_keys", if count > 0 { raw.by_type(count) } else { raw.derive(count) });
    let beside = attachments(raw, joined).chain(written(raw, joined)).next();
    let beside = beside.map_or_else(|| raw.derive(false), |policy| policy.derive(true));
    let exclusive = joined.first(EXCLUSIVE).map_or_else(|| raw.derive(false), |list| list.at("policy_arns").is_set());
    let direct = [beside, exclusive, is_stated(&raw.at("ManagedPolicyArns")), is_stated(&raw.at("Policies"))];
    draft.put("direct_policies", direct.into_iter().fold(raw.derive(false), Fact::or));
    draft.put("full_admin", full_admin(raw, joined).or(through_groups(raw, joined)));
}

/// Attachments to this identity.
fn attachments<'a>(raw: &'a Raw, joined: &'a Joined) -> impl Iterator<Item = &'a Raw> {
    joined.of(ATTACHMENTS).filter(|attachment| is_meant(raw, attachment))
}

/// Policies that resources of their own write into this identity, or attach to it themselves.
fn written<'a>(raw: &'a Raw, joined: &'a Joined) -> impl Iterator<Item = &'a Raw> {
    joined
        .of(INLINE)
        .chain(joined.of(CFN_INLINE))
        .chain(joined.of(managed::CFN_POLICY))
        .filter(|policy| is_meant(raw, policy))
}

/// Attachments that list every policy of an identity.
const EXCLUSIVE: &[&str] = &[
    "aws_iam_user_policy_attachments_exclusive",
    "aws_iam_role_policy_attachments_exclusive",
    "aws_iam_group_policy_attachments_exclusive",
];

const MEMBERSHIPS: &[&str] =
    &["aws_iam_user_group_membership", "aws_iam_group_membership", "AWS::IAM::UserToGroupAddition"];

/// What a user may do through groups cannot be told from the user: each group is judged by itself, so a member is never
/// known to be without full rights.
fn through_groups(raw: &Raw, joined: &Joined) -> Fact<bool> {
    let listed = is_stated(&raw.at("Groups"));
    let origin = match joined.first(MEMBERSHIPS) {
        Some(membership) => membership.origin(),
        None if listed.value() == Some(&false) || listed.is_absent() => return raw.derive(false),
        None => listed.origin,
    };
    Fact { state: State::Unknown(Unknown::Unresolved { what: "what its groups allow".into() }), origin }
}

/// Whether a satellite is about this identity. Those that list users, roles and groups are linked by name alone, and a
/// user may be called like a role.
fn is_meant(raw: &Raw, satellite: &Raw) -> bool {
    let lists =
        matches!(&*satellite.type_name, "aws_iam_policy_attachment" | "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy");
    // Satellites of an identity outside the document were gathered by the list that names it.
    if !lists || raw.unseen().is_some() {
        return true;
    }
    let (key, names): (_, &[&str]) = match &*raw.type_name {
        "aws_iam_user" => ("users", &["name", "id"]),
        "aws_iam_role" => ("roles", &["name", "id"]),
        "aws_iam_group" => ("groups", &["name", "id"]),
        "AWS::IAM::User" => ("Users", &["UserName"]),
        "AWS::IAM::Role" => ("Roles", &["RoleName"]),
        _ => ("Groups", &["GroupName"]),
    };
    let list = satellite.at(key);
    match list.items() {
        Items::Known(items) => items.iter().any(|item| points_to(item, raw, names)),
        Items::Unknown(_) => points_to(&list, raw, &[]),
    }
}

/// Whether an identity can do everything: it has the administrator policy, attached to it in whichever way, or another
/// that allows all, written inside it or standing in the same document.
fn full_admin(raw: &Raw, joined: &Joined) -> Fact<bool> {
    let policies = Managed::of(joined);
    let attached = attachments(raw, joined).map(|attachment| policies.allow_all(&attachment.at("policy_arn")));
    let named = prop(raw, "managed_policy_arns", "ManagedPolicyArns");
    let named = if is_authored(&named) { some(&named, |arn| policies.allow_all(arn)) } else { named.derive(false) };
    let exclusive = joined.of(EXCLUSIVE).map(|list| some(&list.at("policy_arns"), |arn| policies.allow_all(arn)));
    let beside = written(raw, joined).map(|policy| policy_document::parse(&document(policy)).full_admin);
    let inside = inline_policies(raw, |policy| policy_document::parse(policy).full_admin);
    attached.chain(exclusive).chain(beside).fold(named, Fact::or).or(inside)
}

/// What a policy that is a resource says.
fn document(policy: &Raw) -> View<'_> {
    prop(policy, "policy", "PolicyDocument")
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

/// How many policies are written inside, here or by resources of their own.
fn inline_count(raw: &Raw, joined: &Joined) -> Fact<i64> {
    let beside = written(raw, joined).filter(|policy| !managed::CFN_POLICY.contains(&&*policy.type_name)).count();
    let beside = i64::try_from(beside).unwrap_or(i64::MAX);
    let list = inline_list(raw);
    let state = match list.items() {
        Items::Unknown(_) if !is_authored(&list) => State::Known(beside),
        Items::Unknown(why) => State::Unknown(why),
        Items::Known(items) => {
            // Terraform takes an empty block to mean: none, and remove any other.
            let written = items.iter().filter(|item| item.node().is_none_or(|node| !node.is_empty()));
            State::Known(i64::try_from(written.count()).unwrap_or(i64::MAX).saturating_add(beside))
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
        check(&one(&[("U", "AWS::IAM::User", json!({}))]), &bare);
        let joins = |kind: &'static str, user: serde_json::Value| ("m", kind, user);
        for members in [
            joins("aws_iam_user_group_membership", json!({"user": link(), "groups": ["admins"]})),
            joins("aws_iam_group_membership", json!({"users": ["ann"], "group": "admins"})),
        ] {
            let member = one(&[("aws_iam_user.u", "aws_iam_user", json!({"name": "ann"})), members]);
            check(&member, &[("full_admin", "unknown"), ("direct_policies", "false")]);
        }
        check(&one(&[("U", "AWS::IAM::User", json!({"Groups": ["g"]}))]), &[("full_admin", "unknown")]);
        let added = ("A", "AWS::IAM::UserToGroupAddition", json!({"GroupName": "g", "Users": [{"$ref": "U"}]}));
        check(&one(&[("U", "AWS::IAM::User", json!({})), added]), &[("full_admin", "unknown")]);
        let only = "arn:aws:iam::aws:policy/AdministratorAccess";
        let role = one(&[
            ("r", "aws_iam_role", json!({"name": "app"})),
            ("e", "aws_iam_role_policy_attachments_exclusive", json!({"role_name": "app", "policy_arns": [only]})),
        ]);
        check(&role, &[("full_admin", "true")]);
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
    fn policies_written_beside_an_identity() {
        let all = || json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
        let some = || json!({"Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]});
        let found = normalise(&[
            ("aws_iam_user.u", "aws_iam_user", json!({"name": "ann"})),
            ("aws_iam_group.g", "aws_iam_group", json!({"name": "ann"})),
            ("p", "aws_iam_user_policy", json!({"user": "ann", "policy": some()})),
            (
                "q",
                "aws_iam_group_policy",
                json!({"group": {"$late": ["aws_iam_group.g"]}, "policy": all().to_string()}),
            ),
        ]);
        check(&found[0], &[("direct_policies", "true"), ("full_admin", "false")]);
        check(&found[1], &[("full_admin", "true")]);

        // One name for a user and a role: each list means its own sort.
        let found = normalise(&[
            ("U", "AWS::IAM::User", json!({"UserName": "app"})),
            ("R", "AWS::IAM::Role", json!({"RoleName": "app"})),
            ("P", "AWS::IAM::Policy", json!({"Roles": ["app"], "PolicyDocument": all()})),
            ("Q", "AWS::IAM::UserPolicy", json!({"UserName": {"$ref": "U"}, "PolicyDocument": some()})),
            ("S", "AWS::IAM::RolePolicy", json!({"RoleName": {"$ref": "R"}, "PolicyDocument": {"$unknown": "P"}})),
        ]);
        check(&found[0], &[("direct_policies", "true"), ("full_admin", "false")]);
        check(&found[1], &[("inline_policies", "2"), ("full_admin", "true")]);
    }

    #[test]
    fn managed_policies_of_a_template() {
        let all = || json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
        let some = || json!({"Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]});
        let policy = |document| json!({"PolicyDocument": document});
        for (arns, power, reader, want) in [
            (json!([{"$ref": "Power"}, {"$ref": "Reader"}]), policy(all()), policy(some()), "true"),
            (json!([{"$ref": "Reader"}]), policy(all()), policy(some()), "false"),
            (json!([{"$ref": "Reader"}, {"$ref": "Elsewhere"}]), policy(all()), policy(some()), "unknown"),
            (json!([{"$ref": "Reader"}]), policy(all()), policy(json!({"$unknown": "P"})), "unknown"),
            // A managed policy may attach itself.
            (json!([]), json!({"PolicyDocument": all(), "Roles": [{"$ref": "R"}]}), policy(some()), "true"),
            (json!([]), json!({"PolicyDocument": all(), "Users": [{"$ref": "U"}]}), policy(some()), "false"),
        ] {
            let found = normalise(&[
                ("R", "AWS::IAM::Role", json!({"ManagedPolicyArns": arns})),
                ("Power", "AWS::IAM::ManagedPolicy", power.clone()),
                ("Reader", "AWS::IAM::ManagedPolicy", reader),
                ("U", "AWS::IAM::User", json!({})),
            ]);
            check(&found[0], &[("full_admin", want), ("inline_policies", "0")]);
            let direct = if power["Users"].is_array() { "true" } else { "false" };
            check(&found[3], &[("direct_policies", direct), ("full_admin", direct)]);
        }
    }

    #[test]
    fn which_policy_it_is_must_be_certain() {
        let all = || json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
        let some = || json!({"Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]});
        for (arn, want) in [
            (json!({"$late": ["p.some"]}), "false"),
            (json!({"$late": ["p.some", "p.all"]}), "unknown"),
            (json!({"$late": ["p.some", "aws_ssm_parameter.x"]}), "unknown"),
            (json!({"$late": []}), "unknown"),
            (json!({"$unknown": "x"}), "unknown"),
            (json!("arn:aws:iam::111122223333:policy/reader"), "false"),
            // The policy of that name in this document is another account's.
            (json!("arn:aws:iam::444455556666:policy/reader"), "unknown"),
            (json!("arn:aws:iam::111122223333:policy/other"), "unknown"),
            // AWS's own is not the one here that is called like it.
            (json!("arn:aws:iam::aws:policy/power"), "false"),
        ] {
            let found = normalise(&[
                ("r", "aws_iam_role", json!({"name": "r"})),
                ("a", "aws_iam_role_policy_attachment", json!({"role": "r", "policy_arn": arn})),
                (
                    "p.some",
                    "aws_iam_policy",
                    json!({"name": "reader", "arn": "arn:aws:iam::111122223333:policy/reader", "policy": some()}),
                ),
                ("p.all", "aws_iam_policy", json!({"name": "power", "policy": all()})),
            ]);
            assert_eq!(crate::testing::show(&found[0], "full_admin"), want, "{arn}");
        }
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
