//! Task definitions: containers as JSON text (Terraform, Pulumi) or as a list (CloudFormation).

use attesta_resource::{Basis, Origin, Record, Unknown};

use crate::{
    aws::{
        function::plain_secrets,
        logging::is_stated,
        shared::{authored, either, is_authored, some},
    },
    draft::{Draft, Joined, Records, put},
    fact::{Fact, State},
    node::Node,
    view::{Items, Raw, View},
};

pub(super) fn terraform(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    definition(draft, authored(raw.at("network_mode").text()), &raw.at("task_role_arn"));
    let volumes = either(&raw.root(), "volume", "volumes");
    shared_volumes(draft, &volumes, "efs_volume_configuration", "transit_encryption");
    containers(raw, draft, &raw.at("container_definitions"));
}

pub(super) fn cloudformation(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    definition(draft, raw.at("NetworkMode").text(), &raw.at("TaskRoleArn"));
    // The type's own spelling and the one that older templates use.
    let volumes = raw.at("Volumes");
    let old = some(&volumes, |v| Fact::known(is_authored(&v.at("EfsVolumeConfiguration")), v.origin()));
    let key = if old.value() == Some(&true) { "EfsVolumeConfiguration" } else { "EFSVolumeConfiguration" };
    shared_volumes(draft, &volumes, key, "TransitEncryption");
    containers(raw, draft, &raw.at("ContainerDefinitions"));
}

fn definition(draft: &mut Draft, mode: Fact<String>, role: &View<'_>) {
    // "If no network mode is specified, the default is bridge" (ECS API reference, TaskDefinition).
    draft.put("network_mode", mode.or_default("bridge".to_owned()));
    draft.put("task_role.attached", is_stated(role));
}

/// "If this parameter is omitted, the default value of DISABLED is used" (ECS API reference, EFSVolumeConfiguration).
fn shared_volumes(draft: &mut Draft, volumes: &View<'_>, block: &'static str, flag: &'static str) {
    let plain = if is_authored(volumes) {
        some(volumes, |volume| {
            let mount = volume.at(block);
            if !is_authored(&mount) || mount.node().is_some_and(Node::is_empty) {
                return mount.derive(false);
            }
            mount.at(flag).text().map(|f| f != "ENABLED").or_default(true)
        })
    } else {
        volumes.derive(false)
    };
    draft.put("volumes_encrypted_in_transit", plain.negate().derived());
}

fn containers(raw: &Raw, draft: &mut Draft, list: &View<'_>) {
    let whole = |why: Unknown| Fact::<String> { state: State::Unknown(why), origin: list.origin() };
    match list.node() {
        Some(Node::Text(text)) => match super::parsed(list, text) {
            Ok(inner) => {
                // Inside the text there are no paths: everything stands where the text does.
                let place = Origin { basis: Basis::Derived, ..list.origin() };
                records(draft, &inner.root(), raw, Some(&place));
            }
            Err(why) => draft.put("containers", whole(why)),
        },
        _ => match list.unknown() {
            Some(why) => draft.put("containers", whole(why)),
            None => records(draft, list, raw, None),
        },
    }
}

fn records(draft: &mut Draft, list: &View<'_>, raw: &Raw, place: Option<&Origin>) {
    let mut records = Records::new();
    match list.items() {
        Items::Unknown(why) => records.push_unknown(why, list.origin()),
        Items::Known(items) => {
            for item in &items {
                let origin = place.cloned().unwrap_or_else(|| item.origin());
                match item.unknown() {
                    Some(why) => records.push_unknown(why, origin),
                    None => records.push(container(item, place), origin),
                }
            }
        }
    }
    records.put(draft, "containers", place.cloned().unwrap_or_else(|| raw.origin()));
}

/// ECS writes members with a small letter in its own JSON and CloudFormation with a capital.
fn container(view: &View<'_>, place: Option<&Origin>) -> Record {
    let moved = |origin: Origin| place.cloned().unwrap_or(origin);
    let text = |small, capital| {
        let fact = either(view, small, capital).text();
        Fact { origin: moved(fact.origin.clone()), ..fact }
    };
    // Neither is on unless stated (ECS API reference, ContainerDefinition).
    let flag = |small, capital| {
        let fact = either(view, small, capital).bool().or_default(false);
        Fact { origin: moved(fact.origin.clone()), ..fact }
    };
    let mut record = Record::new();
    put(&mut record, "name", text("name", "Name"));
    put(&mut record, "image", text("image", "Image"));
    put(&mut record, "privileged", flag("privileged", "Privileged"));
    put(&mut record, "read_only_root", flag("readonlyRootFilesystem", "ReadonlyRootFilesystem"));
    put(&mut record, "user", text("user", "User"));
    let logs = either(view, "logConfiguration", "LogConfiguration");
    let driver = either(&logs, "logDriver", "LogDriver").text();
    put(&mut record, "logging.driver", Fact { origin: moved(driver.origin.clone()), ..driver });
    let secrets = environment(&either(view, "environment", "Environment"));
    put(&mut record, "plain_secrets", Fact { origin: moved(secrets.origin.clone()), ..secrets });
    record
}

fn environment(list: &View<'_>) -> Fact<bool> {
    match list.items() {
        Items::Unknown(why) => Fact { state: State::Unknown(why), ..list.derive(false) },
        Items::Known(items) => {
            let hidden = items.iter().find_map(View::unknown);
            let pairs = items.iter().map(|item| {
                let name = either(item, "name", "Name").text().value().cloned().unwrap_or_default();
                (name, either(item, "value", "Value"))
            });
            let seen = plain_secrets(list, pairs);
            match hidden {
                Some(why) => seen.or(Fact { state: State::Unknown(why), ..list.derive(false) }),
                None => seen,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use attesta_resource::{Resource, Value};
    use serde_json::{Value as Json, json};

    use crate::testing::{check, one, show, show_in};

    fn first(task: &Resource) -> Vec<String> {
        let Some(Value::List(items)) = task.get("containers").map(|a| &a.value) else {
            panic!("{}", show(task, "containers"))
        };
        let Value::Record(record) = &items[0].value else { panic!("{}", items[0].value) };
        ["name", "image", "privileged", "read_only_root", "user", "logging.driver", "plain_secrets"]
            .iter()
            .map(|name| show_in(record, name).replace('"', ""))
            .collect()
    }

    #[test]
    fn containers_as_text_or_as_a_list() {
        let text = json!([{
            "name": "app", "image": "app:1", "privileged": true, "readonlyRootFilesystem": true, "user": "1000",
            "logConfiguration": {"logDriver": "awslogs"}, "environment": [{"name": "DB_PASSWORD", "value": "hunter2"}],
        }]);
        let want = ["app", "app:1", "true", "true", "1000", "awslogs", "true"];
        for definitions in [json!(text.to_string()), text] {
            let task = one(&[("t", "aws_ecs_task_definition", json!({"container_definitions": definitions}))]);
            assert_eq!(first(&task), want);
        }
        let list = json!({"ContainerDefinitions": [{
            "Name": "app", "Image": {"$unknown": "Image"}, "Environment": [{"Name": "STAGE", "Value": {"$unknown": "P"}}],
        }]});
        let task = one(&[("T", "AWS::ECS::TaskDefinition", list)]);
        assert_eq!(first(&task), ["app", "unknown", "false", "false", "absent", "absent", "false"]);
        for hidden in [json!("not json"), json!({"$late": ["aws_ecr_repository.r"]}), json!("${Containers}")] {
            let task = one(&[("t", "aws_ecs_task_definition", json!({"container_definitions": hidden}))]);
            check(&task, &[("containers", "unknown")]);
        }
        let secrets =
            json!({"ContainerDefinitions": [{"Environment": [{"$unknown": ""}, {"Name": "A", "Value": "b"}]}]});
        assert_eq!(first(&one(&[("T", "AWS::ECS::TaskDefinition", secrets)]))[6], "unknown");
    }

    #[test]
    fn the_task_itself() {
        let efs = |flag: Json| json!([{"name": "a"}, {"name": "b", "efs_volume_configuration": [{"file_system_id": "fs", "transit_encryption": flag}]}]);
        for (volumes, want) in [
            (json!([]), "true"),
            (efs(json!("ENABLED")), "true"),
            (efs(json!(null)), "false"),
            (efs(json!({"$unknown": ""})), "unknown"),
        ] {
            let task =
                one(&[("t", "aws_ecs_task_definition", json!({"volume": volumes, "network_mode": {"$late": []}}))]);
            check(
                &task,
                &[
                    ("volumes_encrypted_in_transit", want),
                    ("network_mode", "\"bridge\""),
                    ("task_role.attached", "false"),
                ],
            );
        }
        let template = json!({
            "NetworkMode": "awsvpc", "TaskRoleArn": {"$ref": "Role"},
            "Volumes": [{"Name": "v", "EFSVolumeConfiguration": {"FilesystemId": "fs", "TransitEncryption": "DISABLED"}}],
        });
        check(
            &one(&[("T", "AWS::ECS::TaskDefinition", template)]),
            &[
                ("network_mode", "\"awsvpc\""),
                ("task_role.attached", "true"),
                ("volumes_encrypted_in_transit", "false"),
            ],
        );
    }
}
