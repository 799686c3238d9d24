//! KMS: keys of the account's own, and which keys are AWS's.

use std::{collections::HashMap, sync::Arc};

use serde_json::{Value, json};

use super::{Place, nothing, placed};
use crate::{
    ask::{Ask, Call, unknown},
    found::{Found, Type, get, map, text},
};

const KEY: Type = Type { name: "AWS::KMS::Key", canonical: "aws_kms_key" };

/// The aliases `alias/aws/…` of every region that was asked: a database that names such a key is encrypted with AWS's
/// key, not with one that the customer controls, and its ARN alone does not tell.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    account: String,
    managed: HashMap<String, String>,
    /// Why a region's aliases were not seen.
    regions: HashMap<String, Option<String>>,
}

impl Keys {
    pub(crate) async fn of(ask: &Arc<Ask>, account: &str, regions: &[String]) -> Self {
        let calls = regions.iter().map(|region| Call::new("kms", "ListAliases", region, nothing())).collect();
        let mut keys = Self { account: account.to_owned(), ..Self::default() };
        for (region, reply) in regions.iter().zip(ask.many(calls).await) {
            let (aliases, missing) = reply.list("/Aliases");
            keys.managed.extend(aliases.iter().filter_map(|alias| {
                let name = alias.get("AliasName")?.as_str()?;
                let key = alias.get("TargetKeyId")?.as_str()?;
                name.starts_with("alias/aws/").then(|| (key.to_owned(), name.to_owned()))
            }));
            keys.regions.insert(region.clone(), missing);
        }
        keys
    }

    /// A key under the name that tells whose it is: AWS's own by its alias, others as they are written.
    pub(crate) fn name(&self, key: Value) -> Value {
        map(key, |told| {
            let Some(name) = told.as_str().filter(|name| !name.is_empty() && !name.contains("alias/")) else {
                return told.clone();
            };
            let id = name.rsplit('/').next().unwrap_or(name);
            if let Some(alias) = self.managed.get(id) {
                return json!(alias);
            }
            let parts: Vec<&str> = name.split(':').collect();
            let unseen = match (parts.get(3), parts.get(4)) {
                // AWS's own keys belong to the account that uses them: a key of another account is a customer's.
                (_, Some(owner)) if **owner != *self.account => None,
                (Some(region), _) => match self.regions.get(*region) {
                    Some(missing) => missing.clone(),
                    None => Some(format!("the keys of {region} were not asked for")),
                },
                (None, _) => self.regions.values().flatten().next().cloned(),
            };
            unseen.map_or_else(|| told.clone(), |why| unknown(&format!("whose key {name} is: {why}")))
        })
    }
}

pub(crate) async fn collect(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let everything = place.arn("kms", "key/*");
    let (listed, keys) = place.list(&mut found, KEY, ("kms", "ListKeys", nothing()), "/Keys", &everything).await;
    let ids = || keys.iter().map(|key| json!({ "KeyId": get(key, "/KeyId") }));
    let described = place.each("kms", "DescribeKey", ids()).await;
    // Of a key that AWS manages or that cannot rotate, the service refuses to tell the rotation; it is not asked.
    let theirs: Vec<bool> =
        described.iter().map(|reply| reply.at("/KeyMetadata/KeyManager").as_str() == Some("AWS")).collect();
    let mine = |at: &usize| theirs.get(*at) == Some(&false);
    let rotating: Vec<usize> = (0..keys.len())
        .filter(mine)
        .filter(|at| {
            described.get(*at).is_some_and(|reply| {
                let says = |pointer, word: &str| {
                    let value = reply.at(pointer);
                    value.is_null() || value.get("$unknown").is_some() || value.as_str() == Some(word)
                };
                let pending = text(&reply.at("/KeyMetadata"), "/KeyState").starts_with("Pending");
                !pending && says("/KeyMetadata/Origin", "AWS_KMS") && says("/KeyMetadata/KeySpec", "SYMMETRIC_DEFAULT")
            })
        })
        .collect();
    let id_at = |at: &usize| keys.get(*at).map(|key| get(key, "/KeyId")).unwrap_or_default();
    let rotations =
        place.each("kms", "GetKeyRotationStatus", rotating.iter().map(|at| json!({ "KeyId": id_at(at) }))).await;
    let own: Vec<usize> = (0..keys.len()).filter(mine).collect();
    let policies = place
        .each("kms", "GetKeyPolicy", own.iter().map(|at| json!({ "KeyId": id_at(at), "PolicyName": "default" })))
        .await;
    for (at, (pointer, key)) in placed(&keys, "/Keys").enumerate() {
        let (Some(reply), true) = (described.get(at), mine(&at)) else { continue };
        let of = |pointer: &str| reply.at(&format!("/KeyMetadata{pointer}"));
        let mut one = Found::new(KEY, text(key, "/KeyArn"), &listed, &pointer)
            .set("key_id", get(key, "/KeyId"))
            .set("arn", get(key, "/KeyArn"))
            .told("is_enabled", reply, "/KeyMetadata/Enabled", of("/Enabled"))
            .set("key_usage", of("/KeyUsage"))
            .set("customer_master_key_spec", of("/KeySpec"))
            .set("origin", of("/Origin"))
            .set("custom_key_store_id", of("/CustomKeyStoreId"))
            .set("multi_region", of("/MultiRegion"))
            .attribute("deletion_window_days", unknown("it is chosen when somebody asks for the deletion"));
        let rotation = rotating.iter().position(|rotates| *rotates == at).and_then(|rotates| rotations.get(rotates));
        one = match rotation {
            Some(rotation) => {
                one.told("enable_key_rotation", rotation, "/KeyRotationEnabled", rotation.at("/KeyRotationEnabled"))
            }
            None => one.set("enable_key_rotation", json!(false)),
        };
        let policy = own.iter().position(|own| *own == at).and_then(|own| policies.get(own));
        if let Some(policy) = policy {
            one = one.told("policy", policy, "/Policy", policy.at("/Policy"));
        }
        found.push(one);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_aws_are_told_from_customers_keys() {
        let managed = HashMap::from([("1111".to_owned(), "alias/aws/ebs".to_owned())]);
        let keys = |missing: Option<&str>| Keys {
            account: "123456789012".to_owned(),
            managed: managed.clone(),
            regions: HashMap::from([("us-east-1".to_owned(), missing.map(str::to_owned))]),
        };
        let (seen, unseen) = (keys(None), keys(Some("denied")));
        let arn = |region: &str, account: &str, id: &str| json!(format!("arn:aws:kms:{region}:{account}:key/{id}"));
        let hidden = |value: Value| value.get("$unknown").is_some();
        assert_eq!(seen.name(arn("us-east-1", "123456789012", "1111")), json!("alias/aws/ebs"));
        let own = arn("us-east-1", "123456789012", "2222");
        assert_eq!(seen.name(own.clone()), own);
        assert_eq!(seen.name(Value::Null), Value::Null);
        assert!(hidden(unseen.name(own)));
        assert!(hidden(seen.name(arn("eu-west-1", "123456789012", "2222"))), "a region that was not asked");
        let others = arn("us-east-1", "999999999999", "2222");
        assert_eq!(unseen.name(others.clone()), others);
        assert_eq!(unseen.name(json!("alias/aws/rds")), json!("alias/aws/rds"));
        assert!(hidden(unseen.name(json!("2222"))));
    }
}
