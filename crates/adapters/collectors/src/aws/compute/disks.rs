//! Block devices that are stated with a machine or its template.

use attesta_resource::{Record, Unknown};

use crate::{
    aws::shared::{authored, either, is_authored, names_customer_key, unresolved},
    draft::{Draft, Records, put},
    fact::Fact,
    view::{Items, Raw, View},
};

/// How a dialect writes a mapping from device to disk.
pub(super) struct Words {
    device: &'static str,
    disk: &'static str,
    encrypted: &'static str,
    key: &'static str,
    snapshot: &'static str,
    left_out: &'static str,
    ephemeral: &'static str,
}

pub(super) const TERRAFORM: Words = Words {
    device: "device_name",
    disk: "ebs",
    encrypted: "encrypted",
    key: "kms_key_id",
    snapshot: "snapshot_id",
    left_out: "no_device",
    ephemeral: "virtual_name",
};

pub(super) const CLOUDFORMATION: Words = Words {
    device: "DeviceName",
    disk: "Ebs",
    encrypted: "Encrypted",
    key: "KmsKeyId",
    snapshot: "SnapshotId",
    left_out: "NoDevice",
    ephemeral: "VirtualName",
};

/// What a list of mappings without a root device means.
pub(super) enum Root {
    /// The machine has one all the same.
    Expected,
    /// The list belongs to a template; what it leaves out is the image's.
    LeftToTheImage,
}

/// Root and further devices, each in a block of its own.
pub(super) fn of_terraform_instance(raw: &Raw, draft: &mut Draft) {
    let mut disks = Records::new();
    let root = raw.at("root_block_device");
    let stated = is_authored(&root) && root.node().is_none_or(|node| !node.is_empty());
    if stated {
        disks.add(&root, |item| Some(disk(item, Fact::known("root".to_owned(), item.origin()), &TERRAFORM)));
    } else {
        disks.push(hidden_root(&root), root.origin());
    }
    further(raw, &mut disks);
    disks.put(draft, "disks", raw.origin());
}

/// The same blocks, but of a template: what it does not state is the image's.
pub(super) fn of_launch_configuration(raw: &Raw, draft: &mut Draft) {
    let mut disks = Records::new();
    let root = raw.at("root_block_device");
    if is_authored(&root) {
        disks.add(&root, |item| Some(disk(item, Fact::known("root".to_owned(), item.origin()), &TERRAFORM)));
    }
    further(raw, &mut disks);
    disks.put(draft, "disks", raw.origin());
}

fn further(raw: &Raw, disks: &mut Records) {
    let list = either(&raw.root(), "ebs_block_device", "ebs_block_devices");
    if is_authored(&list) {
        disks.add(&list, |item| Some(disk(item, item.at(TERRAFORM.device).text(), &TERRAFORM)));
    }
}

/// A list of devices, each with its disk inside.
pub(super) fn of_mappings(raw: &Raw, draft: &mut Draft, list: &View<'_>, words: &Words, root: Root) {
    let mut disks = Records::new();
    if is_authored(list) {
        disks.add(list, |item| {
            let inner = item.at(words.disk);
            let gone = is_authored(&item.at(words.left_out)) || is_authored(&item.at(words.ephemeral));
            (!gone || is_authored(&inner)).then(|| disk(&inner, item.at(words.device).text(), words))
        });
    }
    if matches!(root, Root::Expected) && !names_root(list, words) {
        disks.push(hidden_root(list), list.origin());
    }
    disks.put(draft, "disks", raw.origin());
}

/// Whether the list holds the root device, or may as a whole: images name it `/dev/xvda` or `/dev/sda1` (EC2 user guide, "Device names
/// for volumes").
fn names_root(list: &View<'_>, words: &Words) -> bool {
    match list.items() {
        Items::Unknown(_) => true,
        Items::Known(items) => items.iter().any(|item| {
            item.at(words.device)
                .text()
                .value()
                .is_some_and(|d| matches!(d.as_str(), "/dev/xvda" | "/dev/sda1" | "/dev/sda"))
        }),
    }
}

/// A root device of which the code says nothing: image and account decide whether it is encrypted.
fn hidden_root(place: &View<'_>) -> Record {
    let mut record = Record::new();
    put(&mut record, "device", Fact::known("root".to_owned(), place.origin()).derived());
    put(&mut record, "encrypted", unresolved::<bool>(place, BY_DEFAULT));
    put(&mut record, "customer_managed_key", unresolved::<bool>(place, BY_DEFAULT));
    record
}

const BY_DEFAULT: &str = "the default of the image and the account";

fn disk(view: &View<'_>, device: Fact<String>, words: &Words) -> Record {
    let stated = authored(view.at(words.encrypted).bool());
    let encrypted = if is_authored(&view.at(words.snapshot)) {
        // A disk made from a snapshot is as encrypted as that (EBS user guide, "How Amazon EBS encryption works").
        stated.or_else(|| Fact {
            state: crate::fact::State::Unknown(Unknown::Unresolved { what: "the encryption of its snapshot".into() }),
            origin: view.at(words.snapshot).origin(),
        })
    } else {
        // Unset it is not encrypted, unless the account was told to encrypt by default; code cannot lean on that.
        stated.or_default(false)
    };
    let key = names_customer_key(authored(view.at(words.key).text())).and(encrypted.clone());
    let mut record = Record::new();
    put(&mut record, "device", device);
    put(&mut record, "encrypted", encrypted);
    put(&mut record, "customer_managed_key", key);
    record
}

#[cfg(test)]
mod tests {
    use attesta_resource::Value;
    use serde_json::{Value as Json, json};

    use crate::testing::{one, show, show_in};

    /// Each disk as `device encrypted customer_managed_key`.
    fn disks(type_name: &str, properties: Json) -> Vec<String> {
        let machine = one(&[("m", type_name, properties)]);
        let Some(Value::List(items)) = machine.get("disks").map(|a| &a.value) else {
            panic!("{}", show(&machine, "disks"))
        };
        items
            .iter()
            .map(|item| match &item.value {
                Value::Record(r) => ["device", "encrypted", "customer_managed_key"]
                    .map(|name| show_in(r, name).replace('"', ""))
                    .join(" "),
                other => other.to_string().chars().take(7).collect(),
            })
            .collect()
    }

    #[test]
    fn of_instances() {
        for (properties, want) in [
            (json!({"root_block_device": {"$late": []}}), vec!["root unknown unknown"]),
            (json!({"root_block_device": []}), vec!["root unknown unknown"]),
            (json!({}), vec!["root unknown unknown"]),
            (json!({"root_block_device": [{"encrypted": true, "kms_key_id": "arn:k"}]}), vec!["root true true"]),
            (json!({"root_block_device": {"encrypted": {"$late": []}}}), vec!["root false false"]),
            (
                json!({
                    "root_block_device": [{"encrypted": true, "kms_key_id": {"$late": []}}],
                    "ebs_block_device": [
                        {"device_name": "/dev/sdf", "encrypted": false}, {"device_name": "/dev/sdg", "snapshot_id": "snap-1"},
                        {"device_name": "/dev/sdh", "encrypted": {"$unknown": ""}, "kms_key_id": "alias/aws/ebs"},
                    ],
                }),
                vec!["root true false", "/dev/sdf false false", "/dev/sdg unknown false", "/dev/sdh unknown false"],
            ),
            (json!({"root_block_device": {"$unknown": ""}}), vec!["unknown"]),
        ] {
            assert_eq!(disks("aws_instance", properties.clone()), want, "{properties}");
        }
        let mapping = |device: &str, ebs: Json| json!({"DeviceName": device, "Ebs": ebs});
        for (properties, want) in [
            (json!({}), vec!["root unknown unknown"]),
            // Which device that is cannot be seen.
            (
                json!({"BlockDeviceMappings": [{"DeviceName": {"$unknown": ""}, "Ebs": {"Encrypted": true}}]}),
                vec!["unknown true false", "root unknown unknown"],
            ),
            (
                json!({"BlockDeviceMappings": [mapping("/dev/xvda", json!({"Encrypted": true}))]}),
                vec!["/dev/xvda true false"],
            ),
            (
                json!({"BlockDeviceMappings": [
                    mapping("/dev/sdf", json!({"Encrypted": "true", "KmsKeyId": {"$ref": "Key"}})),
                    {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"}, {"DeviceName": "/dev/sdc", "NoDevice": {}},
                ]}),
                vec!["/dev/sdf true true", "root unknown unknown"],
            ),
            (json!({"BlockDeviceMappings": {"$unknown": ""}}), vec!["unknown"]),
        ] {
            assert_eq!(disks("AWS::EC2::Instance", properties.clone()), want, "{properties}");
        }
    }

    #[test]
    fn of_templates() {
        let ebs = json!({"block_device_mappings": [{"device_name": "/dev/xvda", "ebs": [{"encrypted": "true", "kms_key_id": {"$late": []}}]}]});
        assert_eq!(disks("aws_launch_template", ebs), ["/dev/xvda true false"]);
        assert_eq!(disks("aws_launch_template", json!({})), [""; 0]);
        let old = json!({"root_block_device": [{"encrypted": false}], "ebs_block_device": {"$late": []}});
        assert_eq!(disks("aws_launch_configuration", old), ["root false false"]);
        let data = json!({"LaunchTemplateData": {"BlockDeviceMappings": [{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 8}}]}});
        assert_eq!(disks("AWS::EC2::LaunchTemplate", data), ["/dev/sdf false false"]);
    }
}
