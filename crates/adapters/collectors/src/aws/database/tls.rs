//! Whether a database refuses clients that do not speak TLS: a parameter whose default depends on engine and version.

use attesta_resource::Unknown;

use super::parameters::{Group, version};
use crate::fact::{Fact, State};

/// `encryption_in_transit.required`; absent for engines that have no such parameter (Oracle, Db2).
pub(super) fn required(engine: &Fact<String>, stated: &Fact<String>, group: &Group<'_>) -> Fact<bool> {
    let name = match &engine.state {
        State::Known(name) => name.to_ascii_lowercase(),
        State::Absent => {
            let what = "no engine is named: it is that of what this database is a copy of".into();
            return Fact { state: State::Unknown(Unknown::Unresolved { what }), origin: engine.origin.clone() };
        }
        State::Unknown(why) => return Fact { state: State::Unknown(why.clone()), origin: engine.origin.clone() },
    };
    let Some(parameter) = parameter(&name) else { return Fact::absent(engine.origin.clone()) };
    let setting = group.turns_on(parameter);
    if !setting.is_absent() {
        return setting;
    }
    let known = group.version().or_else(|| stated.value().and_then(|text| version(text)));
    match by_default(&name, known) {
        Some(required) => setting.or_default(required),
        None => {
            let why = match &stated.state {
                State::Unknown(why) => why.clone(),
                _ => Unknown::Unresolved {
                    what: format!("`{parameter}` is not set, and its default depends on the version of {name}").into(),
                },
            };
            Fact { state: State::Unknown(why), origin: stated.origin.clone() }
        }
    }
}

fn parameter(engine: &str) -> Option<&'static str> {
    match engine {
        "docdb" => Some("tls"),
        "neptune" => Some("neptune_enforce_ssl"),
        _ if engine.starts_with("sqlserver") || engine.contains("postgres") => Some("rds.force_ssl"),
        _ if engine.contains("mysql") || engine == "mariadb" || engine == "aurora" => Some("require_secure_transport"),
        _ => None,
    }
}

/// The parameter's documented default; `None` where it depends on a version that is not known.
fn by_default(engine: &str, version: Option<(u32, u32)>) -> Option<bool> {
    match engine {
        // DocumentDB developer guide, "Managing cluster TLS settings"; Neptune user guide, "Encrypting connections".
        "docdb" | "neptune" => Some(true),
        // RDS user guide, "Requiring an SSL connection to a PostgreSQL DB instance".
        "postgres" => version.map(|(major, _)| major >= 15),
        // Aurora user guide, "Securing Aurora PostgreSQL data with SSL/TLS".
        "aurora-postgresql" => version.map(|(major, _)| major >= 17),
        // RDS user guide, "Requiring SSL/TLS for all connections to a MariaDB DB instance".
        "mariadb" => version.map(|version| version >= (11, 8)),
        // Aurora user guide, "Comparing Aurora MySQL version 3 and Aurora MySQL version 8.4".
        "aurora-mysql" => version.map(|version| version >= (8, 4)),
        // RDS user guide, "Requiring SSL/TLS for all connections to a MySQL DB instance": off. For SQL Server see
        // "Using SSL with a Microsoft SQL Server DB instance": off as well.
        _ => Some(false),
    }
}
