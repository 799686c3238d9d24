//! Virtual machines, the templates that start them and the images they start from.

mod disks;
mod image;
mod user_data;

use attesta_resource::Kind;

use crate::{
    draft::{Draft, Joined},
    fact::Fact,
    node::Node,
    registry::{Alone, Main, Satellite},
    view::{Raw, View},
};

use super::{
    logging::is_stated,
    shared::{authored, either, is_authored, some, unresolved},
};

pub(super) const MAINS: &[Main] = &[
    Main {
        types: &["aws_instance", "aws_spot_instance_request"],
        kind: Kind::ComputeInstance,
        names: &["id", "arn"],
        pulls: &[],
        build: terraform_instance,
    },
    Main {
        types: &["AWS::EC2::Instance"],
        kind: Kind::ComputeInstance,
        names: &[],
        pulls: &[],
        build: cloudformation_instance,
    },
    Main {
        types: &["aws_launch_template", "aws_launch_configuration"],
        kind: Kind::LaunchTemplate,
        names: &["name", "id", "arn"],
        pulls: &[],
        build: terraform_template,
    },
    Main {
        types: &["AWS::EC2::LaunchTemplate", "AWS::AutoScaling::LaunchConfiguration"],
        kind: Kind::LaunchTemplate,
        names: &["LaunchTemplateName", "LaunchConfigurationName"],
        pulls: &[],
        build: cloudformation_template,
    },
    Main {
        types: &["aws_ami", "aws_ami_copy", "aws_ami_from_instance"],
        kind: Kind::MachineImage,
        names: &["name", "id", "arn"],
        pulls: &[],
        build: image::terraform,
    },
];

pub(super) const SATELLITES: &[Satellite] = &[Satellite {
    types: image::PERMISSIONS,
    owners: &["aws_ami", "aws_ami_copy", "aws_ami_from_instance"],
    links: &["image_id"],
}];

/// What lets others start an image.
pub(super) const ALONE: &[Alone] =
    &[Alone { types: image::PERMISSIONS, owner: "aws_ami", links: &["image_id"], what: "the image" }];

fn terraform_instance(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    // Unset, the subnet decides; so nothing is known of it here.
    draft.put("public_address", authored(raw.at("associate_public_ip_address").bool()));
    let options = raw.at("metadata_options");
    let stated = authored(options.at("http_tokens").text()).map(|t| t == "required");
    let template = raw.at("launch_template");
    let required = if is_authored(&template) && !template.node().is_some_and(Node::is_empty) {
        stated.or_else(|| unresolved(&template, "what the launch template demands"))
    } else {
        // Unset it is `optional`, but for images and accounts that were set otherwise (EC2 user guide, "Instance
        // metadata options: order of precedence"); code that leans on that does not say so.
        stated.or_default(false)
    };
    draft.put("metadata.token_required", required);
    metadata_rest(draft, &options, ["http_endpoint", "http_put_response_hop_limit"]);
    disks::of_terraform_instance(raw, draft);
    // Off unless set, each: `monitoring`, `disable_api_termination` (API reference, RunInstances).
    draft.put("monitoring.detailed", authored(raw.at("monitoring").bool()).or_default(false));
    draft.put("termination_protection", authored(raw.at("disable_api_termination").bool()).or_default(false));
    draft.put("role.attached", is_stated(&raw.at("iam_instance_profile")));
    let groups = authored(raw.at("vpc_security_group_ids").texts());
    draft.put("firewalls", groups.or_else(|| authored(raw.at("security_groups").texts())));
    draft.put("subnet", authored(raw.at("subnet_id").text()));
    draft.put("user_data.secrets", user_data::in_terraform(raw));
}

fn cloudformation_instance(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    let interfaces = raw.at("NetworkInterfaces");
    draft.put("public_address", public_address(&interfaces, "AssociatePublicIpAddress"));
    let options = raw.at("MetadataOptions");
    // A property that this type has had for a short time only: templates that predate it leave the answer to the
    // launch template, the image or the account.
    let required = options.at("HttpTokens").text().map(|t| t == "required");
    draft.put(
        "metadata.token_required",
        required.or_else(|| unresolved(&options, "the default of the image and the account")),
    );
    metadata_rest(draft, &options, ["HttpEndpoint", "HttpPutResponseHopLimit"]);
    disks::of_mappings(raw, draft, &raw.at("BlockDeviceMappings"), &disks::CLOUDFORMATION, disks::Root::Expected);
    draft.put("monitoring.detailed", raw.at("Monitoring").bool().or_default(false));
    draft.put("termination_protection", raw.at("DisableApiTermination").bool().or_default(false));
    draft.put("role.attached", is_stated(&raw.at("IamInstanceProfile")));
    let groups = either(&raw.root(), "SecurityGroupIds", "SecurityGroups");
    draft.put("firewalls", groups.texts());
    draft.put("subnet", raw.at("SubnetId").text());
    draft.put("user_data.secrets", user_data::secrets(&raw.at("UserData")));
}

fn terraform_template(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    let old = &*raw.type_name == "aws_launch_configuration";
    let interfaces = either(&raw.root(), "network_interfaces", "network_interface");
    let public = if old {
        authored(raw.at("associate_public_ip_address").bool())
    } else {
        public_address(&interfaces, "associate_public_ip_address")
    };
    draft.put("public_address", public);
    // Terraform: `http_tokens` "Default: optional".
    let tokens = authored(raw.at("metadata_options").at("http_tokens").text());
    draft.put("metadata.token_required", tokens.map(|t| t == "required").or_default(false));
    if old {
        disks::of_launch_configuration(raw, draft);
    } else {
        let mappings = either(&raw.root(), "block_device_mappings", "block_device_mapping");
        disks::of_mappings(raw, draft, &mappings, &disks::TERRAFORM, disks::Root::LeftToTheImage);
    }
    draft.put("user_data.secrets", user_data::in_terraform(raw));
}

fn cloudformation_template(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    let old = &*raw.type_name == "AWS::AutoScaling::LaunchConfiguration";
    let data = if old { raw.root() } else { raw.at("LaunchTemplateData") };
    let public = if old {
        data.at("AssociatePublicIpAddress").bool()
    } else {
        public_address(&data.at("NetworkInterfaces"), "AssociatePublicIpAddress")
    };
    draft.put("public_address", public);
    // AWS::EC2::LaunchTemplate MetadataOptions, `HttpTokens`: "the default state is optional".
    let tokens = data.at("MetadataOptions").at("HttpTokens").text();
    draft.put("metadata.token_required", tokens.map(|t| t == "required").or_default(false));
    let mappings = data.at("BlockDeviceMappings");
    disks::of_mappings(raw, draft, &mappings, &disks::CLOUDFORMATION, disks::Root::LeftToTheImage);
    draft.put("user_data.secrets", user_data::secrets(&data.at("UserData")));
}

/// Whether some interface gets a public address. Interfaces that do not say leave it to their subnet.
fn public_address(interfaces: &View<'_>, key: &'static str) -> Fact<bool> {
    if !is_authored(interfaces) {
        return Fact::absent(interfaces.origin());
    }
    let says = some(interfaces, |interface| Fact::known(is_authored(&interface.at(key)), interface.origin()));
    if says.value() == Some(&false) {
        return Fact::absent(interfaces.origin());
    }
    some(interfaces, |interface| authored(interface.at(key).bool())).derived()
}

/// The metadata service answers unless it is turned off (API reference, InstanceMetadataOptionsRequest).
fn metadata_rest(draft: &mut Draft, options: &View<'_>, [endpoint, hops]: [&'static str; 2]) {
    draft.put("metadata.enabled", authored(options.at(endpoint).text()).map(|e| e == "enabled").or_default(true));
    draft.put("metadata.hop_limit", authored(options.at(hops).int()));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{check, one};

    #[test]
    fn an_instance_that_a_plan_leaves_open() {
        let open = || json!({"$late": []});
        let plan = json!({
            "ami": "ami-1", "associate_public_ip_address": open(), "metadata_options": open(), "root_block_device": open(),
            "ebs_block_device": open(), "monitoring": open(), "disable_api_termination": open(), "subnet_id": open(),
            "vpc_security_group_ids": open(), "security_groups": open(), "iam_instance_profile": open(), "user_data": open(),
            "user_data_base64": open(),
        });
        check(
            &one(&[("i", "aws_instance", plan)]),
            &[
                ("public_address", "absent"),
                ("metadata.token_required", "false"),
                ("metadata.enabled", "true"),
                ("metadata.hop_limit", "absent"),
                ("monitoring.detailed", "false"),
                ("role.attached", "false"),
                ("firewalls", "absent"),
                ("user_data.secrets", "false"),
                ("termination_protection", "false"),
                ("subnet", "absent"),
            ],
        );
    }

    #[test]
    fn a_full_instance() {
        let plan = json!({
            "associate_public_ip_address": true, "monitoring": true, "disable_api_termination": true,
            "metadata_options": [{"http_endpoint": "disabled", "http_tokens": "required", "http_put_response_hop_limit": 2}],
            "iam_instance_profile": {"$late": ["aws_iam_instance_profile.p"]}, "vpc_security_group_ids": ["sg-1"],
            "subnet_id": "subnet-1", "user_data": "#!/bin/sh\nexport DB_PASSWORD=hunter2\n",
        });
        check(
            &one(&[("i", "aws_instance", plan)]),
            &[
                ("public_address", "true"),
                ("metadata.token_required", "true"),
                ("metadata.enabled", "false"),
                ("metadata.hop_limit", "2"),
                ("monitoring.detailed", "true"),
                ("role.attached", "unknown"),
                ("firewalls", "[\"sg-1\"]"),
                ("user_data.secrets", "true"),
                ("termination_protection", "true"),
                ("subnet", "\"subnet-1\""),
            ],
        );
        let from_template = json!({"launch_template": [{"id": "lt-1"}]});
        check(&one(&[("i", "aws_instance", from_template)]), &[("metadata.token_required", "unknown")]);
    }

    #[test]
    fn instances_in_templates() {
        check(
            &one(&[("I", "AWS::EC2::Instance", json!({"ImageId": "ami-1", "Monitoring": "true"}))]),
            &[
                ("public_address", "absent"),
                ("metadata.token_required", "unknown"),
                ("monitoring.detailed", "true"),
                ("role.attached", "false"),
            ],
        );
        let full = json!({
            "NetworkInterfaces": [{"DeviceIndex": "0"}, {"AssociatePublicIpAddress": "true"}],
            "MetadataOptions": {"HttpTokens": "required"}, "IamInstanceProfile": {"$ref": "Profile"},
            "SecurityGroupIds": [{"$ref": "Group"}], "SubnetId": {"$unknown": "Subnet"},
        });
        check(
            &one(&[("I", "AWS::EC2::Instance", full)]),
            &[
                ("public_address", "true"),
                ("metadata.token_required", "true"),
                ("role.attached", "true"),
                ("firewalls", "[\"Group\"]"),
                ("subnet", "unknown"),
            ],
        );
    }

    #[test]
    fn launch_templates() {
        for (type_name, properties, public, token) in [
            (
                "aws_launch_template",
                json!({"network_interfaces": [{"associate_public_ip_address": "false"}], "metadata_options": [{"http_tokens": "required"}]}),
                "false",
                "true",
            ),
            ("aws_launch_template", json!({"metadata_options": {"$late": []}}), "absent", "false"),
            ("aws_launch_configuration", json!({"associate_public_ip_address": true}), "true", "false"),
            (
                "AWS::EC2::LaunchTemplate",
                json!({"LaunchTemplateData": {"MetadataOptions": {"HttpTokens": {"$unknown": "P"}}, "NetworkInterfaces": [{}]}}),
                "absent",
                "unknown",
            ),
            (
                "AWS::AutoScaling::LaunchConfiguration",
                json!({"AssociatePublicIpAddress": "true", "MetadataOptions": {"HttpTokens": "required"}}),
                "true",
                "true",
            ),
        ] {
            let template = one(&[("t", type_name, properties)]);
            check(&template, &[("public_address", public), ("metadata.token_required", token)]);
        }
    }
}
