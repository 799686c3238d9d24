//! What a database logs outside itself, and whether connections or statements are among it.

use attesta_resource::{Attribute, Value};

use super::{
    super::shared::{authored, prop},
    parameters::Group,
};
use crate::{
    draft::{Draft, Joined},
    fact::{Fact, State},
    view::Raw,
};

/// Sends every statement of an Aurora cluster to a stream that its administrators cannot change.
pub(super) const STREAM: &str = "aws_rds_cluster_activity_stream";

/// `logging.exports` and `logging.audit`.
pub(super) fn put(raw: &Raw, joined: &Joined, draft: &mut Draft, engine: &Fact<String>, group: &Group<'_>) {
    let list = match &*raw.type_name {
        "aws_neptune_cluster" => raw.at("enable_cloudwatch_logs_exports"),
        _ => prop(raw, "enabled_cloudwatch_logs_exports", "EnableCloudwatchLogsExports"),
    };
    // Nothing is exported by default.
    let exports = authored(list.texts()).or_default(Vec::new());
    draft.put(
        "logging.audit",
        match joined.first(&[STREAM]) {
            Some(stream) => stream.derive(true),
            None => audited(engine, &exports, group),
        },
    );
    draft.put("logging.exports", exports);
}

/// An export carries only what the engine was told to write.
fn audited(engine: &Fact<String>, exports: &Fact<Vec<Attribute>>, group: &Group<'_>) -> Fact<bool> {
    let name = match &engine.state {
        State::Known(name) => name.as_str(),
        State::Absent => return Fact::absent(engine.origin.clone()),
        State::Unknown(why) => return Fact { state: State::Unknown(why.clone()), origin: engine.origin.clone() },
    };
    let export = |word| contains(exports, word);
    let on = |parameter| group.turns_on(parameter).or_default(false);
    match name {
        // DocumentDB developer guide, "Auditing events": off until the parameter is set.
        "docdb" => export("audit").and(on("audit_logs")),
        // Neptune user guide, "Using audit logs": the same.
        "neptune" => export("audit").and(on("neptune_enable_audit_log")),
        // Aurora user guide, "Using Advanced Auditing with an Aurora MySQL DB cluster".
        "aurora-mysql" | "aurora" => {
            export("audit").and(on("server_audit_logging")).or(export("general").and(on("general_log")))
        }
        // The audit plugin stands in an option group; exporting its log without it would be refused.
        "mysql" | "mariadb" => export("audit").or(export("general").and(on("general_log"))),
        _ if name.contains("postgres") => {
            // RDS user guide, "RDS for PostgreSQL database log files": neither is logged by default.
            let logged = on("log_connections").or(on("log_statement")).or(on("pgaudit.log"));
            export("postgresql").and(logged)
        }
        _ if name.starts_with("oracle") => export("audit"),
        // SQL Server audits to an object store by way of an option group, Db2 by a procedure: neither is seen here.
        _ => Fact::absent(engine.origin.clone()),
    }
}

fn contains(exports: &Fact<Vec<Attribute>>, word: &str) -> Fact<bool> {
    let state = match &exports.state {
        State::Absent => State::Known(false),
        State::Unknown(why) => State::Unknown(why.clone()),
        State::Known(items) => {
            let said = |item: &Attribute| matches!(&item.value, Value::Text(text) if **text == *word);
            let hidden = |item: &Attribute| match &item.value {
                Value::Unknown(why) => Some(why.clone()),
                _ => None,
            };
            match (items.iter().any(said), items.iter().find_map(hidden)) {
                (true, _) => State::Known(true),
                (false, Some(why)) => State::Unknown(why),
                (false, None) => State::Known(false),
            }
        }
    };
    Fact { state, origin: exports.origin.clone() }.derived()
}
