//! What several families need: name and tags, keys, policy documents.

use attesta_resource::Record;

use crate::{
    draft::{Draft, Records, put},
    fact::Fact,
    view::{Raw, View},
};

/// `name` and `tags`. Tags are a map in Terraform and a list of `Key`/`Value` in CloudFormation.
pub(super) fn common(raw: &Raw, name: Option<String>, draft: &mut Draft) {
    if let Some(name) = name {
        draft.put("name", raw.derive(name));
    }
    let mut tags = Records::new();
    let as_map = raw.at("tags");
    for (key, value) in as_map.entries() {
        let mut tag = Record::new();
        put(&mut tag, "key", value.derive(key));
        put(&mut tag, "value", value.text());
        tags.push(tag, value.origin());
    }
    tags.add(&raw.at("Tags"), |item| {
        let mut tag = Record::new();
        put(&mut tag, "key", item.at("Key").text());
        put(&mut tag, "value", item.at("Value").text());
        (!tag.is_empty()).then_some(tag)
    });
    if !tags.is_empty() {
        tags.put(draft, "tags", raw.origin());
    }
}

/// `<prefix>.key` and `<prefix>.customer_managed_key` from the property that names a KMS key.
/// No key named means a key of the provider's; so do the aliases `alias/aws/…`.
pub(super) fn customer_key(draft: &mut Draft, key_name: &'static str, managed_name: &'static str, key: &View<'_>) {
    draft.put(key_name, key.text());
    draft.put(managed_name, is_customer_key(key));
}

/// Whether the property names a key that the customer controls.
pub(super) fn is_customer_key(key: &View<'_>) -> Fact<bool> {
    key.text().map(|name| !name.contains("alias/aws/")).or_default(false)
}
