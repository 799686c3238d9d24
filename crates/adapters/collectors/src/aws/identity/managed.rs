//! Managed policies: what an attachment attaches, as far as the same document shows it.

use std::collections::HashMap;

use attesta_resource::Unknown;

use crate::{
    aws::{policy_document, shared::unresolved},
    draft::Joined,
    fact::{Fact, State},
    node::Node,
    registry::Pull,
    view::{Raw, View},
};

use super::document;

pub(super) const POLICY: &[&str] = &["aws_iam_policy"];
pub(super) const CFN_POLICY: &[&str] = &["AWS::IAM::ManagedPolicy"];
pub(super) const NAMES: &[&str] = &["name", "arn", "id"];
pub(super) const CFN_NAMES: &[&str] = &["ManagedPolicyName", "PolicyArn"];

/// The policies that the property `link` names.
pub(super) const fn pull(link: &'static str) -> Pull {
    Pull { link, types: POLICY, names: NAMES }
}

/// The same in CloudFormation's dialect.
pub(super) const fn cloudformation_pull(link: &'static str) -> Pull {
    Pull { link, types: CFN_POLICY, names: CFN_NAMES }
}

/// The managed policies of one document that hang on one identity, by everything that an attachment may call them.
pub(super) struct Managed<'a>(HashMap<String, Vec<&'a Raw>>);

impl<'a> Managed<'a> {
    pub(super) fn of(joined: &'a Joined) -> Self {
        let mut policies: HashMap<String, Vec<&Raw>> = HashMap::new();
        for policy in joined.of(POLICY).chain(joined.of(CFN_POLICY)) {
            let names = NAMES.iter().chain(CFN_NAMES).filter_map(|key| policy.at(key).text().value().cloned());
            for name in names.chain([policy.address.to_string()]) {
                policies.entry(name).or_default().push(policy);
            }
        }
        Self(policies)
    }

    /// Whether the policy that is named here allows everything. The administrator policy is AWS's own:
    /// `arn:aws:iam::aws:policy/AdministratorAccess`, in every partition; AWS's others do not.
    pub(super) fn allow_all(&self, link: &View<'_>) -> Fact<bool> {
        let hidden = |what: &str| unresolved(link, &format!("what {what} allows"));
        let fact = match (link.node(), link.late()) {
            (_, Some(from)) => {
                let all = from.iter().map(|address| self.named(address));
                all.reduce(agree).flatten().unwrap_or_else(|| link.text().map(|_| false))
            }
            (Some(Node::Reference(to)), _) => self.named(&to.address).unwrap_or_else(|| hidden(&to.address)),
            (Some(Node::Text(arn)), _) if arn.ends_with(":aws:policy/AdministratorAccess") => link.derive(true),
            (Some(Node::Text(arn)), _) if arn.contains(":aws:policy/") => link.derive(false),
            (Some(Node::Text(arn)), _) => self.named(arn).unwrap_or_else(|| hidden(arn)),
            // What cannot be seen stays unknown; where nothing is named, nothing is allowed.
            _ => link.text().map(|_| false).or_default(false),
        };
        fact.derived()
    }

    /// What the policies of this name allow; `None` where the document has none. ARNs go by their last part, unless
    /// the policy's own is known to be another.
    fn named(&self, name: &str) -> Option<Fact<bool>> {
        let exact = self.0.get(name);
        let bearers = exact.or_else(|| self.0.get(name.strip_prefix("arn:")?.rsplit('/').next()?))?;
        let is_other = |own: &String| own.starts_with("arn:") && own != name;
        bearers
            .iter()
            .filter(|policy| exact.is_some() || !policy.at("arn").text().value().is_some_and(is_other))
            .map(|policy| Some(policy_document::parse(&document(policy)).full_admin))
            .reduce(agree)
            .flatten()
    }
}

/// It is one of two policies; which, cannot be told.
fn agree(one: Option<Fact<bool>>, other: Option<Fact<bool>>) -> Option<Fact<bool>> {
    let (one, other) = (one?, other?);
    if one.value() == other.value() {
        return Some(one);
    }
    let why = || Unknown::Unresolved { what: "which of several policies it is".into() };
    Some(Fact { state: State::Unknown(why()), origin: one.origin })
}
