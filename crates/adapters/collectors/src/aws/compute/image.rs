//! Machine images.

use crate::{
    aws::shared::{either, is_authored, unresolved},
    draft::{Draft, Joined},
    fact::{Fact, State},
    view::{Items, Raw},
};

pub(super) const PERMISSIONS: &[&str] = &["aws_ami_launch_permission"];

pub(super) fn terraform(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    let encrypted = match &*raw.type_name {
        // "The default behavior … is to create an unencrypted copy of an unencrypted image" (API reference, CopyImage).
        "aws_ami_copy" => raw.at("encrypted").bool().or_default(false),
        "aws_ami_from_instance" => unresolved(&raw.root(), "the encryption of the machine's disks"),
        _ => registered(raw),
    };
    draft.put("encryption_at_rest.enabled", encrypted);
    // Who may start it is said beside the image, and only there.
    let public = joined.of(PERMISSIONS).fold(raw.derive(false), |public, permission| {
        public.or(permission.at("group").text().map(|group| group == "all"))
    });
    draft.put("public", public);
}

/// An image is encrypted when all of its disks are; those from snapshots are as encrypted as these.
fn registered(raw: &Raw) -> Fact<bool> {
    let disks = either(&raw.root(), "ebs_block_device", "ebs_block_devices");
    if !is_authored(&disks) {
        return Fact::absent(disks.origin());
    }
    match disks.items() {
        Items::Unknown(why) => Fact { state: State::Unknown(why), origin: disks.origin() },
        Items::Known(items) => items
            .iter()
            .map(|disk| {
                let snapshot = disk.at("snapshot_id");
                let from_snapshot = is_authored(&snapshot) && snapshot.node().is_none_or(|n| !n.is_empty());
                let stated = disk.at("encrypted").bool();
                if from_snapshot && stated.value() != Some(&true) {
                    unresolved(&snapshot, "the encryption of its snapshot")
                } else {
                    stated.or_default(false)
                }
            })
            .reduce(Fact::and)
            .unwrap_or_else(|| Fact::absent(disks.origin()))
            .derived(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{check, one};

    #[test]
    fn encryption_and_who_may_start_them() {
        for (type_name, properties, want) in [
            (
                "aws_ami",
                json!({"ebs_block_device": [{"encrypted": true}, {"encrypted": false, "snapshot_id": ""}]}),
                "false",
            ),
            ("aws_ami", json!({"ebs_block_device": [{"encrypted": true}]}), "true"),
            ("aws_ami", json!({"ebs_block_device": [{"encrypted": false, "snapshot_id": "snap-1"}]}), "unknown"),
            ("aws_ami", json!({"ebs_block_device": {"$late": []}}), "absent"),
            ("aws_ami_copy", json!({}), "false"),
            ("aws_ami_copy", json!({"encrypted": true}), "true"),
            ("aws_ami_from_instance", json!({}), "unknown"),
        ] {
            check(&one(&[("i", type_name, properties)]), &[("encryption_at_rest.enabled", want), ("public", "false")]);
        }
        for (group, want) in [(json!("all"), "true"), (json!(null), "false"), (json!({"$unknown": ""}), "unknown")] {
            let image = one(&[
                ("aws_ami.i", "aws_ami", json!({"name": "base"})),
                ("p", "aws_ami_launch_permission", json!({"image_id": {"$late": ["aws_ami.i"]}, "group": group})),
            ]);
            check(&image, &[("public", want)]);
        }
    }
}
