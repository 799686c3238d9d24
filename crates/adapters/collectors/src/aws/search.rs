//! Search clusters: OpenSearch domains and their older name, Elasticsearch.

#[cfg(test)]
mod tests;

use attesta_resource::{Attribute, Kind, Unknown};

use super::shared::{access, authored, below, encryption, is_authored, is_cloudformation, prop};
use crate::{
    draft::{Draft, Joined},
    fact::{Fact, State},
    registry::{Alone, Main, Satellite},
    view::{Items, Raw, View},
};

const fn domain(types: &'static [&'static str], names: &'static [&'static str]) -> Main {
    Main { types, kind: Kind::SearchCluster, names, pulls: &[], build }
}

pub(super) const MAINS: &[Main] = &[
    domain(&["aws_opensearch_domain"], &["domain_name", "id", "arn"]),
    domain(&["aws_elasticsearch_domain"], &["domain_name", "id", "arn"]),
    domain(&["AWS::OpenSearchService::Domain", "AWS::Elasticsearch::Domain"], &["DomainName"]),
];

const POLICIES: &[&str] = &["aws_opensearch_domain_policy", "aws_elasticsearch_domain_policy"];

pub(super) const SATELLITES: &[Satellite] = &[
    Satellite { types: &["aws_opensearch_domain_policy"], owners: &["aws_opensearch_domain"], links: &["domain_name"] },
    Satellite {
        types: &["aws_elasticsearch_domain_policy"],
        owners: &["aws_elasticsearch_domain"],
        links: &["domain_name"],
    },
];

/// What lets others in.
pub(super) const ALONE: &[Alone] = &[
    Alone {
        types: &["aws_opensearch_domain_policy"],
        owner: "aws_opensearch_domain",
        links: &["domain_name"],
        what: "the domain",
    },
    Alone {
        types: &["aws_elasticsearch_domain_policy"],
        owner: "aws_elasticsearch_domain",
        links: &["domain_name"],
        what: "the domain",
    },
];

fn build(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    let at_rest = prop(raw, "encrypt_at_rest", "EncryptionAtRestOptions");
    let switch = |block: &View<'_>| below(raw, block, "enabled", "Enabled").bool();
    // Off unless said otherwise (CreateDomain); a provider decides where a plan leaves the whole block open.
    let key = authored(below(raw, &at_rest, "kms_key_id", "KmsKeyId").text());
    encryption(draft, authored(switch(&at_rest)).or_default(false), key);
    let between = prop(raw, "node_to_node_encryption", "NodeToNodeEncryptionOptions");
    draft.put("encryption_between_nodes", authored(switch(&between)).or_default(false));

    let endpoint = prop(raw, "domain_endpoint_options", "DomainEndpointOptions");
    let https = authored(below(raw, &endpoint, "enforce_https", "EnforceHTTPS").bool());
    // Inside the block Terraform's provider sends true; without it the service's default is false (CreateDomain).
    let stated_block =
        !is_cloudformation(raw) && is_authored(&endpoint) && endpoint.node().is_some_and(|n| !n.is_empty());
    draft.put("https_required", https.or_default(stated_block));
    let policy = authored(below(raw, &endpoint, "tls_security_policy", "TLSSecurityPolicy").text());
    // CreateDomain, `TLSSecurityPolicy`: TLS 1.0 unless said otherwise.
    let minimum = policy.or_default("Policy-Min-TLS-1-0-2019-07".to_owned());
    draft.put("tls_minimum", version(minimum));

    let subnets = below(raw, &prop(raw, "vpc_options", "VPCOptions"), "subnet_ids", "SubnetIds");
    let attached = authored(subnets.is_set()).or_default(false);
    draft.put("network.attached", attached.clone());
    let separate: Vec<_> = joined.of(POLICIES).map(|policy| policy.at("access_policies")).collect();
    let policies = if separate.is_empty() { vec![prop(raw, "access_policies", "AccessPolicies")] } else { separate };
    let access = access(raw, draft, policies);
    draft.put("public_access", access.anyone.or_default(false).and(attached.negate()));
    let fine = prop(raw, "advanced_security_options", "AdvancedSecurityOptions");
    draft.put("access_control.fine_grained", authored(switch(&fine)).or_default(false));
    draft.put("logging.types", logs(raw));
}

/// The floor that a policy's name states: `Policy-Min-TLS-1-2-PFS-2023-10` is `1.2`.
fn version(policy: Fact<String>) -> Fact<String> {
    let origin = policy.origin.clone();
    let read = policy.map(|name| {
        let rest = name.strip_prefix("Policy-Min-TLS-")?;
        let mut numbers = rest.split('-');
        let (major, minor) = (numbers.next()?, numbers.next()?);
        [major, minor]
            .iter()
            .all(|n| n.len() == 1 && n.bytes().all(|b| b.is_ascii_digit()))
            .then(|| format!("{major}.{minor}"))
    });
    match read.state {
        State::Known(Some(version)) => Fact { state: State::Known(version), origin: read.origin },
        State::Known(None) => {
            Fact { state: State::Unknown(Unknown::Unresolved { what: "a TLS policy of a later date".into() }), origin }
        }
        State::Absent => Fact::absent(origin),
        State::Unknown(why) => Fact { state: State::Unknown(why), origin },
    }
}

/// Terraform lists blocks with a type each, CloudFormation keeps a map by type; either may be switched off.
fn logs(raw: &Raw) -> Fact<Vec<Attribute>> {
    let list = prop(raw, "log_publishing_options", "LogPublishingOptions");
    let mut kinds = Vec::new();
    let mut add = |kind: Fact<String>, switched: Fact<bool>| {
        let kind = kind.map(|kind| kind.to_ascii_lowercase());
        let fact = match switched.state {
            State::Known(false) => return,
            State::Unknown(why) => Fact { state: State::Unknown(why), origin: switched.origin },
            _ => kind,
        };
        kinds.extend(fact.into_attribute());
    };
    if is_cloudformation(raw) {
        if let Some(why) = list.unknown() {
            return Fact { state: State::Unknown(why), origin: list.origin() };
        }
        for (kind, options) in list.entries() {
            add(list.derive(kind.to_owned()), options.at("Enabled").bool());
        }
    } else {
        match list.items() {
            Items::Unknown(why) => return Fact { state: State::Unknown(why), origin: list.origin() },
            Items::Known(items) => {
                for item in items {
                    match item.unknown() {
                        Some(why) => {
                            add(Fact { state: State::Unknown(why), origin: item.origin() }, Fact::absent(item.origin()))
                        }
                        None => add(item.at("log_type").text(), item.at("enabled").bool()),
                    }
                }
            }
        }
    }
    Fact::known(kinds, list.origin())
}
