//! EC2's machines, disks, snapshots and images.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{Place, placed};
use crate::{
    ask::{Reply, unknown},
    found::{Found, Type, get, is, items, map, tags, text},
};

const INSTANCE: Type = Type { name: "AWS::EC2::Instance", canonical: "aws_instance" };
const VOLUME: Type = Type { name: "AWS::EC2::Volume", canonical: "aws_ebs_volume" };
const SNAPSHOT: Type = Type { name: "AWS::EC2::Snapshot", canonical: "aws_ebs_snapshot" };
const SHARED: Type =
    Type { name: "AWS::EC2::Snapshot (permission)", canonical: "aws_snapshot_create_volume_permission" };
const IMAGE: Type = Type { name: "AWS::EC2::Image", canonical: "aws_ami" };
const TEMPLATE: Type = Type { name: "AWS::EC2::LaunchTemplate", canonical: "AWS::EC2::LaunchTemplate" };
const LAUNCH: Type = Type { name: "AWS::EC2::Image (permission)", canonical: "aws_ami_launch_permission" };

pub(crate) async fn collect(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let everything = place.arn("ec2", "volume/*");
    let asked = ("ec2", "DescribeVolumes", json!({ "MaxResults": 500 }));
    let (volumes, disks) = place.list(&mut found, VOLUME, asked, "/Volumes", &everything).await;
    let mut by_id = HashMap::new();
    for (pointer, disk) in placed(&disks, "/Volumes") {
        let id = text(disk, "/VolumeId");
        let key = place.keys.name(get(disk, "/KmsKeyId"));
        by_id.insert(id.to_owned(), (get(disk, "/Encrypted"), key.clone()));
        found.push(
            Found::new(VOLUME, place.arn("ec2", &format!("volume/{id}")), &volumes, &pointer)
                .set("id", json!(id))
                .set("encrypted", get(disk, "/Encrypted"))
                .set("kms_key_id", key)
                .set("tags", tags(get(disk, "/Tags"))),
        );
    }
    instances(place, &volumes, &by_id, &mut found).await;
    snapshots(place, &mut found).await;
    images(place, &mut found).await;
    templates(place, &mut found).await;
    found
}

/// What the patch manager says of machines; of those that it does not manage it says nothing.
struct Patches {
    told: HashMap<String, bool>,
    /// Why of those that are not named nothing is known.
    lost: Option<String>,
}

impl Patches {
    async fn ask(place: &Place, ids: Vec<Value>) -> Self {
        // The service tells of fifty at once.
        let inputs = ids.chunks(50).map(|some| json!({ "InstanceIds": some }));
        let (mut told, mut lost) = (HashMap::new(), None);
        for reply in place.each("ssm", "DescribeInstancePatchStates", inputs).await {
            let (states, missing) = reply.list("/InstancePatchStates");
            lost = lost.or(missing);
            for state in &states {
                let count = |key: &str| get(state, key).as_i64().unwrap_or(0);
                let open = count("/MissingCount").max(count("/FailedCount")).max(count("/InstalledPendingRebootCount"));
                told.insert(text(state, "/InstanceId").to_owned(), open == 0);
            }
        }
        Self { told, lost }
    }

    fn of(&self, id: &str) -> Value {
        match (self.told.get(id), &self.lost) {
            (Some(compliant), _) => json!(compliant),
            (None, Some(why)) => unknown(why),
            (None, None) => Value::Null,
        }
    }
}

async fn instances(place: &Place, volumes: &Reply, disks: &HashMap<String, (Value, Value)>, found: &mut Vec<Found>) {
    let everything = place.arn("ec2", "instance/*");
    let asked = ("ec2", "DescribeInstances", json!({ "MaxResults": 1000 }));
    let (listed, reservations) = place.list(found, INSTANCE, asked, "/Reservations", &everything).await;
    let mut machines = Vec::new();
    for (above, reservation) in placed(&reservations, "/Reservations") {
        for (at, machine) in items(reservation, "/Instances").enumerate() {
            // A machine that is gone is still listed for an hour.
            if !matches!(text(machine, "/State/Name"), "terminated" | "shutting-down") {
                machines.push((format!("{above}/Instances/{at}"), machine));
            }
        }
    }
    let inputs = |attribute: &'static str| {
        machines
            .iter()
            .map(move |(_, machine)| json!({ "InstanceId": get(machine, "/InstanceId"), "Attribute": attribute }))
    };
    let scripts = place.each("ec2", "DescribeInstanceAttribute", inputs("userData")).await;
    let locks = place.each("ec2", "DescribeInstanceAttribute", inputs("disableApiTermination")).await;
    let patches = Patches::ask(place, machines.iter().map(|(_, machine)| get(machine, "/InstanceId")).collect()).await;
    for (((pointer, machine), script), lock) in machines.iter().zip(&scripts).zip(&locks) {
        let id = text(machine, "/InstanceId");
        let root = text(machine, "/RootDeviceName");
        let mut one = Found::new(INSTANCE, place.arn("ec2", &format!("instance/{id}")), &listed, pointer)
            .set("id", json!(id))
            .set("associate_public_ip_address", json!(has_public_address(machine)))
            .set("metadata_options", options(machine))
            .set("monitoring", is(get(machine, "/Monitoring/State"), "enabled"))
            .set("iam_instance_profile", get(machine, "/IamInstanceProfile/Arn"))
            .set("vpc_security_group_ids", groups(machine))
            .set("subnet_id", get(machine, "/SubnetId"))
            .set("tags", tags(get(machine, "/Tags")))
            .told("user_data", script, "/UserData/Value", script.at("/UserData/Value"))
            .told("disable_api_termination", lock, LOCK, lock.at(LOCK))
            .attribute("patch_compliant", patches.of(id));
        let mut further = Vec::new();
        for mapping in items(machine, "/BlockDeviceMappings") {
            let (encrypted, key) = match disks.get(text(mapping, "/Ebs/VolumeId")) {
                Some((encrypted, key)) => (encrypted.clone(), key.clone()),
                None => {
                    let why = unknown(volumes.missing().unwrap_or("the disk is not among the account's volumes"));
                    (why.clone(), why)
                }
            };
            let name = get(mapping, "/DeviceName");
            let disk = json!({ "device_name": name, "encrypted": encrypted, "kms_key_id": key });
            if name.as_str() == Some(root) { one.put("root_block_device", json!([disk])) } else { further.push(disk) }
        }
        found.push(one.set("ebs_block_device", Value::Array(further)));
    }
}

const LOCK: &str = "/DisableApiTermination/Value";

fn has_public_address(machine: &Value) -> bool {
    let interface = |interface: &Value| {
        !text(interface, "/Association/PublicIp").is_empty()
            || items(interface, "/Ipv6Addresses").any(|address| !text(address, "/Ipv6Address").is_empty())
    };
    !text(machine, "/PublicIpAddress").is_empty() || items(machine, "/NetworkInterfaces").any(interface)
}

fn options(machine: &Value) -> Value {
    map(get(machine, "/MetadataOptions"), |told| {
        json!({
            "http_tokens": get(told, "/HttpTokens"),
            "http_endpoint": get(told, "/HttpEndpoint"),
            "http_put_response_hop_limit": get(told, "/HttpPutResponseHopLimit"),
        })
    })
}

fn groups(machine: &Value) -> Value {
    items(machine, "/SecurityGroups").map(|group| get(group, "/GroupId")).collect()
}

async fn snapshots(place: &Place, found: &mut Vec<Found>) {
    let everything = place.arn("ec2", "snapshot/*");
    let asked = ("ec2", "DescribeSnapshots", json!({ "OwnerIds": ["self"], "MaxResults": 1000 }));
    let (listed, copies) = place.list(found, SNAPSHOT, asked, "/Snapshots", &everything).await;
    let inputs = copies
        .iter()
        .map(|copy| json!({ "SnapshotId": get(copy, "/SnapshotId"), "Attribute": "createVolumePermission" }));
    let shares = place.each("ec2", "DescribeSnapshotAttribute", inputs).await;
    for ((pointer, copy), share) in placed(&copies, "/Snapshots").zip(&shares) {
        let id = text(copy, "/SnapshotId");
        let arn = place.arn("ec2", &format!("snapshot/{id}"));
        found.push(
            Found::new(SNAPSHOT, &arn, &listed, &pointer)
                .set("id", json!(id))
                .set("encrypted", get(copy, "/Encrypted"))
                .set("kms_key_id", place.keys.name(get(copy, "/KmsKeyId")))
                .set("tags", tags(get(copy, "/Tags"))),
        );
        let everyone = map(share.at("/CreateVolumePermissions"), |list| {
            if items(list, "").any(|to| text(to, "/Group") == "all") { json!("all") } else { json!("") }
        });
        if !everyone.is_null() && everyone.as_str() != Some("") {
            found.push(
                Found::new(SHARED, format!("{arn}?createVolumePermission"), share, "/CreateVolumePermissions")
                    .set("snapshot_id", json!(id))
                    .set("account_id", everyone),
            );
        }
    }
}

async fn images(place: &Place, found: &mut Vec<Found>) {
    let everything = place.arn("ec2", "image/*");
    let asked = ("ec2", "DescribeImages", json!({ "Owners": ["self"], "MaxResults": 1000 }));
    let (listed, images) = place.list(found, IMAGE, asked, "/Images", &everything).await;
    for (pointer, image) in placed(&images, "/Images") {
        let id = text(image, "/ImageId");
        let arn = place.arn("ec2", &format!("image/{id}"));
        let disks: Vec<Value> = items(image, "/BlockDeviceMappings")
            .filter_map(|mapping| mapping.get("Ebs"))
            // The image says of each disk itself whether its snapshot is encrypted.
            .map(|disk| json!({ "encrypted": disk.get("Encrypted").cloned().unwrap_or(json!(false)) }))
            .collect();
        found.push(
            Found::new(IMAGE, &arn, &listed, &pointer)
                .set("id", json!(id))
                .set("name", get(image, "/Name"))
                .set("ebs_block_device", Value::Array(disks))
                .set("tags", tags(get(image, "/Tags"))),
        );
        if get(image, "/Public") == json!(true) {
            found.push(
                Found::new(LAUNCH, format!("{arn}?launchPermission"), &listed, &format!("{pointer}/Public"))
                    .set("image_id", json!(id))
                    .set("group", json!("all")),
            );
        }
    }
}

const VERSION: &str = "/LaunchTemplateVersions/0/LaunchTemplateData";

/// Templates, each by its default version: machines get it unless whoever launches them names another one.
async fn templates(place: &Place, found: &mut Vec<Found>) {
    let everything = place.arn("ec2", "launch-template/*");
    let asked = ("ec2", "DescribeLaunchTemplates", json!({ "MaxResults": 200 }));
    let (listed, templates) = place.list(found, TEMPLATE, asked, "/LaunchTemplates", &everything).await;
    let inputs = templates.iter().map(|template| {
        let id = get(template, "/LaunchTemplateId");
        json!({ "LaunchTemplateId": id, "Versions": ["$Default"] })
    });
    let versions = place.each("ec2", "DescribeLaunchTemplateVersions", inputs).await;
    for ((pointer, template), version) in placed(&templates, "/LaunchTemplates").zip(&versions) {
        let arn = place.arn("ec2", &format!("launch-template/{}", text(template, "/LaunchTemplateId")));
        let data = match version.at(VERSION) {
            Value::Null => unknown("ec2:DescribeLaunchTemplateVersions: the answer holds no default version"),
            told => map(told, |told| launched(place, told)),
        };
        found.push(
            Found::new(TEMPLATE, arn, &listed, &pointer)
                .set("LaunchTemplateName", get(template, "/LaunchTemplateName"))
                .told("LaunchTemplateData", version, VERSION, data),
        );
    }
}

/// What a template says of machines. The answer has CloudFormation's words; whose a key is must be told apart.
fn launched(place: &Place, told: &Value) -> Value {
    let mut data = json!({});
    for key in ["MetadataOptions", "NetworkInterfaces", "UserData", "SecurityGroupIds"] {
        let value = get(told, &format!("/{key}"));
        if let (Some(data), false) = (data.as_object_mut(), value.is_null()) {
            data.insert(key.to_owned(), value);
        }
    }
    let disks = items(told, "/BlockDeviceMappings").map(|mapping| {
        let mut mapping = mapping.clone();
        if let Some(key) = mapping.pointer_mut("/Ebs/KmsKeyId") {
            *key = place.keys.name(key.clone());
        }
        mapping
    });
    let disks: Vec<Value> = disks.collect();
    if let (Some(data), false) = (data.as_object_mut(), disks.is_empty()) {
        data.insert("BlockDeviceMappings".to_owned(), Value::Array(disks));
    }
    data
}
