//! What Elastic Load Balancing's named TLS policies accept.

use attesta_resource::Unknown;

use crate::fact::{Fact, State};

/// The policy of listeners for which none is named; it takes TLS 1.0.
pub(super) const DEFAULT_POLICY: &str = "ELBSecurityPolicy-2016-08";

/// The lowest TLS version that the policy accepts; a name that we do not know is unknown.
pub(super) fn minimum(policy: Fact<String>) -> Fact<String> {
    let state = match policy.state {
        State::Known(name) => match version(&name) {
            Some(version) => State::Known(version.to_owned()),
            None => State::Unknown(Unknown::Unresolved { what: format!("TLS policy {name}").into() }),
        },
        State::Absent => State::Absent,
        State::Unknown(why) => State::Unknown(why),
    };
    Fact { state, origin: policy.origin }.derived()
}

/// The names tell it (ALB and NLB user guides, "Security policies"; classic guide, "Predefined SSL security policies"):
/// `TLS13-1-2-…`, `TLS-1-2-…` and `FS-1-2-…` end at 1.2; those named only by a date (`2016-08`, `FS-2018-06`) at 1.0.
fn version(name: &str) -> Option<&'static str> {
    let name = name.strip_prefix("ELBSecurityPolicy-")?;
    let oldest = |rest: &str| rest.starts_with("20").then_some("1.0");
    let Some(rest) = ["TLS13-", "TLS-", "FS-"].iter().find_map(|family| name.strip_prefix(family)) else {
        return oldest(name);
    };
    match rest.get(..4) {
        Some("1-0-") => Some("1.0"),
        Some("1-1-") => Some("1.1"),
        Some("1-2-") => Some("1.2"),
        Some("1-3-") => Some("1.3"),
        _ => oldest(rest),
    }
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_by_name() {
        for (name, want) in [
            ("ELBSecurityPolicy-TLS13-1-3-2021-06", Some("1.3")),
            ("ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04", Some("1.3")),
            ("ELBSecurityPolicy-TLS13-1-2-Res-2021-06", Some("1.2")),
            ("ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09", Some("1.2")),
            ("ELBSecurityPolicy-TLS13-1-1-2021-06", Some("1.1")),
            ("ELBSecurityPolicy-TLS13-1-0-2021-06", Some("1.0")),
            ("ELBSecurityPolicy-TLS-1-2-Ext-2018-06", Some("1.2")),
            ("ELBSecurityPolicy-TLS-1-1-2017-01", Some("1.1")),
            ("ELBSecurityPolicy-TLS-1-0-2015-04", Some("1.0")),
            ("ELBSecurityPolicy-FS-1-2-Res-2020-10", Some("1.2")),
            ("ELBSecurityPolicy-FS-2018-06", Some("1.0")),
            ("ELBSecurityPolicy-2016-08", Some("1.0")),
            ("ELBSecurityPolicy-2014-01", Some("1.0")),
            ("ELBSecurityPolicy-TLS14-1-4-2030-01", None),
            ("ELBSecurityPolicy-TLS-", None),
            ("mine", None),
        ] {
            assert_eq!(version(name), want, "{name}");
        }
    }
}
