//! Every shape of document, every special value, and every real file.

use attesta_resource::Format;
use serde_json::{Value, json};

use crate::{inventory::Inventory, node::Node};

use super::{document::looks_like_events, read};

fn load(inventory: &Inventory<'_>, address: &str) -> Node {
    let index = inventory.entries.iter().position(|e| &*e.address == address).expect(address);
    inventory.loader.load(index).expect("loads")
}

/// The properties of one resource of this type, read from a state.
fn one(token: &str, resource: &Value) -> Node {
    let mut state = json!({"urn": "u", "type": token, "custom": true});
    for (key, value) in resource.as_object().expect("an object") {
        state[key] = value.clone();
    }
    let text = json!({"version": 3, "deployment": {"resources": [state]}}).to_string();
    let (_, inventory) = read(&text).expect("reads");
    load(&inventory, "u")
}

const LATE: &str = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

#[test]
fn a_state_is_read() {
    let text = r#"{"version":3,"deployment":{"manifest":{},"resources":[
        {"urn":"urn:pulumi:p::x::pulumi:pulumi:Stack::x-p","custom":false,"type":"pulumi:pulumi:Stack"},
        {"urn":"urn:pulumi:p::x::pulumi:providers:aws::default","custom":true,"type":"pulumi:providers:aws","inputs":{"region":"eu-west-1"}},
        {"urn":"urn:pulumi:p::x::my:Component::c","custom":false,"type":"my:Component"},
        {"urn":"urn:pulumi:p::x::my:Component$aws:rds/instance:Instance::db","custom":true,"id":"db-1","type":"aws:rds/instance:Instance",
         "inputs":{"__defaults":["x"],"storageEncrypted":true,"tags":{"dataClass":"phi"},"engineVersion":null},
         "outputs":{"storageEncrypted":false,"engineVersion":"15.4","publiclyAccessible":false,"__meta":"{}"}},
        {"urn":"gone","custom":true,"delete":true,"type":"aws:s3/bucket:Bucket"},
        {"urn":"read","custom":true,"external":true,"type":"aws:s3/bucket:Bucket"},
        {"custom":true}
    ]}}"#;
    let (format, inventory) = read(text).expect("reads");
    assert_eq!(format, Format::PulumiState);
    let [entry] = inventory.entries.as_slice() else { panic!("{:?}", inventory.entries) };
    assert_eq!(&*entry.address, "urn:pulumi:p::x::my:Component$aws:rds/instance:Instance::db");
    assert_eq!((&*entry.type_name, &*entry.canonical), ("aws:rds/instance:Instance", "aws_db_instance"));
    assert_eq!(&*entry.pointer, "/deployment/resources/3/inputs");
    assert_eq!(
        load(&inventory, &entry.address).to_json(),
        json!({"storage_encrypted": true, "tags": {"dataClass": "phi"}, "engine_version": "15.4",
               "publicly_accessible": false, "id": "db-1"})
    );
    let told: Vec<&str> = inventory.left_out.iter().map(|l| &*l.what).collect();
    assert_eq!(told, ["/deployment/resources/6: missing field `urn`"]);
    assert_eq!(inventory.loader.load(9).err().as_deref(), Some("no such entry"));
}

#[test]
fn a_preview_is_read() {
    let text = json!({"config": {}, "steps": [
        {"op": "create", "urn": "a", "newState": {"urn": "a", "custom": true, "type": "aws:s3/bucket:Bucket", "inputs": {"bucket": "first"}}},
        {"op": "delete", "urn": "b", "oldState": {"urn": "b", "custom": true, "type": "aws:s3/bucket:Bucket"}},
        {"op": "delete-replaced", "urn": "a", "newState": {"urn": "a", "type": "aws:s3/bucket:Bucket"}},
        {"op": "replace", "urn": "a", "newState": {"urn": "a", "custom": true, "type": "aws:s3/bucket:Bucket", "inputs": {"bucket": "last"}}},
        {"op": "create", "urn": "c", "newState": {"urn": "c", "custom": true, "type": "aws:s3/bucketVersioning:BucketVersioning",
            "inputs": {"bucket": LATE, "versioningConfiguration": {"status": LATE}}, "propertyDependencies": {"bucket": ["a"], "versioningConfiguration": null}}},
        {"op": "create", "urn": "urn:pulumi:s::p::x$aws:sqs/queue:Queue::d", "inputs": {"name": "flat"}},
        {"op": "same", "urn": "e", "oldState": {"urn": "e"}, "newState": null},
    ], "changeSummary": {"create": 2}})
    .to_string();
    let (format, inventory) = read(&text).expect("reads");
    assert_eq!(format, Format::PulumiPreview);
    let told: Vec<(&str, &str)> = inventory.entries.iter().map(|e| (&*e.canonical, &*e.pointer)).collect();
    assert_eq!(
        told,
        [
            ("aws_s3_bucket", "/steps/3/newState/inputs"),
            ("aws_s3_bucket_versioning", "/steps/4/newState/inputs"),
            ("aws_sqs_queue", "/steps/5/inputs"),
        ]
    );
    assert_eq!(load(&inventory, "a").get("bucket"), Some(&Node::Text("last".into())));
    let versioning = load(&inventory, "c");
    assert_eq!(versioning.get("bucket"), Some(&Node::Late(vec!["a".into()])));
    let status = versioning.get("versioning_configuration").and_then(|v| v.get("status")).map(Node::to_json);
    assert_eq!(status, Some(json!({"$unknown": "known only after apply (from `the program`)"})));
}

#[test]
fn checkpoints_and_events_are_read() {
    let text = r#"{"version":3,"checkpoint":{"stack":"s","latest":{"resources":[{"urn":"u","custom":true,"type":"aws:kms/key:Key"}]}}}"#;
    let (format, inventory) = read(text).expect("reads");
    assert_eq!(
        (format, &*inventory.entries[0].pointer),
        (Format::PulumiState, "/checkpoint/latest/resources/0/inputs")
    );
    assert_eq!(read(r#"{"version":3,"deployment":{}}"#).expect("an empty stack").1.entries.len(), 0);
    assert_eq!(read(r#"{"version":3,"checkpoint":{"latest":null}}"#).expect("an empty stack").1.entries.len(), 0);

    let text = r#"{"sequence":0,"timestamp":1,"preludeEvent":{"config":{}}}
{"sequence":1,"timestamp":1,"resourcePreEvent":{"metadata":{"op":"create","urn":"u","new":{"urn":"u","type":"aws:kms/key:Key","custom":true,"inputs":{"enableKeyRotation":true}}}}}
{"sequence":2,"timestamp":1,"resOutputsEvent":{"metadata":{"op":"create","urn":"u","new":{"urn":"u","type":"aws:kms/key:Key","custom":true,"inputs":{"enableKeyRotation":true},"outputs":{"keyId":"k"}}}}}
{"sequence":3,"timestamp":1,"resourcePreEvent":{"metadata":{"op":"delete","urn":"v","old":{"urn":"v"},"new":null}}}
"#;
    assert!(looks_like_events(text));
    let (format, inventory) = read(text).expect("reads");
    assert_eq!(format, Format::PulumiPreview);
    assert_eq!(load(&inventory, "u").to_json(), json!({"enable_key_rotation": true, "key_id": "k"}));
    assert!(!looks_like_events("{\"sequence\": 1}"));
}

#[test]
fn special_values_are_told_apart() {
    let signed = |signature: &str, rest: Value| {
        let mut value = json!({"4dabf18193072939515e22adb298388d": signature});
        for (key, inner) in rest.as_object().expect("an object") {
            value[key] = inner.clone();
        }
        value
    };
    let secret = |plain: &str| signed("1b47061264138c4ac30d75fd1eb44270", json!({"plaintext": plain}));
    let hidden = json!({"$unknown": "hidden as a secret"});
    let table = [
        (json!("[secret]"), hidden.clone()),
        (signed("1b47061264138c4ac30d75fd1eb44270", json!({"ciphertext": "AAAB"})), hidden.clone()),
        (secret("\"hush\""), json!("hush")),
        (secret("[1,2]"), json!([1, 2])),
        (secret("{\"kmsKeyId\": \"k\"}"), json!({"kms_key_id": "k"})),
        (secret("not json"), hidden.clone()),
        (secret(&format!("\"{LATE}\"")), json!({"$unknown": "known only after apply, from other"})),
        (json!(LATE), json!({"$unknown": "known only after apply, from other"})),
        (json!([LATE, "x"]), json!([{"$unknown": "known only after apply, from other"}, "x"])),
        (signed("c44067f5952c0a294b673a41bacd8c17", json!({"path": "./code.zip", "hash": "h"})), json!("./code.zip")),
        (signed("0def7320c3a5731c473e5ecbe6d01bc7", json!({"assets": {}, "hash": "h"})), json!("h")),
        (signed("0def7320c3a5731c473e5ecbe6d01bc7", json!({"assets": {}})), json!("asset")),
        (
            signed("5cf8f73096256a8f31e491e813e4eb8e", json!({"urn": "other", "id": ""})),
            json!({"$reference": "other."}),
        ),
        (signed("7eb310220ed6211bd6f147f2a75bfbb6", json!({"value": "12"})), json!("12")),
        (signed("d0e6a833031e9bbcd3f4e8bde6ca49a4", json!({"value": {"someKey": 1}})), json!({"some_key": 1})),
        (
            signed("d0e6a833031e9bbcd3f4e8bde6ca49a4", json!({"dependencies": ["dep"]})),
            json!({"$unknown": "known only after apply, from dep"}),
        ),
        (signed("unheard of", json!({})), json!({"$unknown": "cannot be resolved here (`a special value`)"})),
    ];
    for (value, want) in table {
        let state = json!({"inputs": {"theKey": value}, "propertyDependencies": {"theKey": ["other"]}});
        assert_eq!(one("aws:x/y:Y", &state).get("the_key").map(Node::to_json), Some(want), "{value}");
    }
}

#[test]
fn the_users_own_keys_stay_as_they_are() {
    let state = json!({"inputs": {
        "environment": {"variables": {"dbHost": "x", "API_KEY": "y"}},
        "tags": {"CostCentre": "1", "dataClass": "phi"},
        "policy": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Condition": {"Bool": {"aws:mfa": "true"}}}]},
        "vpcConfig": {"subnetIds": ["s"]},
        "name": "f",
    }});
    assert_eq!(
        one("aws:lambda/function:Function", &state).to_json(),
        json!({
            "environment": {"variables": {"dbHost": "x", "API_KEY": "y"}},
            "tags": {"CostCentre": "1", "dataClass": "phi"},
            "policy": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Condition": {"Bool": {"aws:mfa": "true"}}}]},
            "vpc_config": {"subnet_ids": ["s"]},
            "function_name": "f",
        })
    );
}

#[test]
fn native_properties_become_cloudformations() {
    let state = json!({"id": "b", "inputs": {
        "bucketEncryption": {"serverSideEncryptionConfiguration": [{"serverSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": LATE}}]},
        "tags": [{"key": "a", "value": "b"}],
    }, "outputs": {"bucketName": "b"}});
    assert_eq!(
        one("aws-native:s3:Bucket", &state).to_json(),
        json!({
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault":
                {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"$unknown": "known only after apply (from `the program`)"}}}]},
            "Tags": [{"Key": "a", "Value": "b"}],
            "BucketName": "b",
            "PhysicalId": "b",
        })
    );
    let state = json!({"inputs": {"environment": {"variables": {"dbHost": "x"}}}});
    assert_eq!(
        one("aws-native:lambda:Function", &state).to_json(),
        json!({"Environment": {"Variables": {"dbHost": "x"}}})
    );
    let state = json!({"inputs": {"logPublishingOptions": {"AUDIT_LOGS": {"cloudWatchLogsLogGroupArn": "a", "enabled": true}}}});
    assert_eq!(
        one("aws-native:opensearchservice:Domain", &state).to_json(),
        json!({"LogPublishingOptions": {"AUDIT_LOGS": {"CloudWatchLogsLogGroupArn": "a", "Enabled": true}}})
    );
}

#[test]
fn broken_documents_are_refused_with_their_line() {
    let deep = format!(
        r#"{{"deployment":{{"resources":[{{"urn":"u","type":"aws:kms/key:Key","inputs":{}1{}}}]}}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let (_, inventory) = read(&deep).expect("the rest of the document is fine");
    assert!(inventory.loader.load(0).is_err_and(|e| e.contains("recursion limit")));
    for (text, want) in [
        ("{\"steps\": [\n{\"op\": ", "line 2: not Pulumi's JSON: EOF while parsing a value"),
        ("{\"version\": 3}", "line 1: neither `steps` nor `deployment`"),
        ("{\"steps\": {}}", "line 1: not Pulumi's JSON: invalid type: map, expected a sequence"),
        ("{\"steps\": [], \"steps\": []}", "line 1: not Pulumi's JSON: duplicate field `steps`"),
        ("[]", "line 1: neither `steps` nor `deployment`"),
        ("{\"sequence\":0,\"timestamp\":1}\n{\"sequence\":", "line 2: not Pulumi's JSON"),
    ] {
        let error = read(text).err().unwrap_or_else(|| panic!("accepted: {text}"));
        assert!(error.starts_with(want), "{error} (wanted: {want})");
    }
}

#[test]
fn every_real_file_is_read() {
    let Some(files) = crate::corpus::corpus("pulumi") else { return };
    let (mut read_files, mut resources, mut covered) = (0, 0, 0);
    let mut refused = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".json")) {
        let inventory = match read(text) {
            Ok((_, inventory)) => inventory,
            Err(error) => {
                refused.push(format!("{path}: {error}"));
                continue;
            }
        };
        read_files += 1;
        for (index, entry) in inventory.entries.iter().enumerate() {
            inventory.loader.load(index).unwrap_or_else(|e| panic!("{path}: {}: {e}", entry.address));
            resources += 1;
            covered += usize::from(crate::registry::role(&entry.canonical).is_some());
        }
    }
    println!("{read_files} files read, {resources} resources of which {covered} covered, refused: {refused:#?}");
    assert!(read_files >= 27 && resources >= 300 && refused.is_empty());
}
