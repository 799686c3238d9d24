//! Parameter groups: settings of the engine that stand in a resource of their own.

use attesta_resource::Origin;

use super::super::shared::{authored, either, is_cloudformation};
use crate::{
    draft::Joined,
    fact::{Fact, State},
    view::{Items, Raw, View},
};

/// The group that a database names.
pub(super) enum Group<'a> {
    /// It is in these inputs.
    Here(&'a Raw),
    /// AWS's own group for the engine, whose values AWS documents.
    Default(Origin),
    /// Somewhere else: its values cannot be seen.
    Elsewhere(Fact<String>),
}

impl<'a> Group<'a> {
    /// The group at `link`, one of `types` among what was joined.
    pub(super) fn find(joined: &'a Joined, types: &[&str], link: View<'_>) -> Self {
        if let Some(raw) = joined.satellites.iter().find(|raw| types.contains(&&*raw.type_name)) {
            return Self::Here(raw);
        }
        let name = authored(link.text());
        match &name.state {
            State::Absent => Self::Default(name.origin),
            State::Known(text) if text.starts_with("default.") => Self::Default(name.origin),
            State::Known(text) => {
                let what = format!("the parameter group `{text}` is not in these inputs");
                Self::Elsewhere(super::unresolved(&link, &what))
            }
            State::Unknown(_) => Self::Elsewhere(name),
        }
    }

    /// What the group sets a parameter to; absent where it leaves the engine's default.
    pub(super) fn setting(&self, name: &str) -> Fact<String> {
        match self {
            Self::Here(raw) => listed(raw, name),
            Self::Default(origin) => Fact::absent(origin.clone()),
            Self::Elsewhere(unknown) => unknown.clone(),
        }
    }

    /// Whether the group turns a parameter on; absent where it leaves the engine's default.
    pub(super) fn turns_on(&self, name: &str) -> Fact<bool> {
        self.setting(name)
            .map(|value| !matches!(value.to_ascii_lowercase().as_str(), "0" | "off" | "false" | "disabled" | "none"))
    }

    /// The engine's version that the group is for, from its family: `postgres15`, `aurora-mysql8.0`.
    pub(super) fn version(&self) -> Option<(u32, u32)> {
        match self {
            Self::Here(raw) => {
                let keys = ["family", "Family", "ParameterGroupFamily"];
                keys.iter().find_map(|key| {
                    version(raw.at(key).text().value()?.trim_start_matches(|c: char| !c.is_ascii_digit()))
                })
            }
            _ => None,
        }
    }
}

fn listed(raw: &Raw, name: &str) -> Fact<String> {
    let list =
        if is_cloudformation(raw) { raw.at("Parameters") } else { either(&raw.root(), "parameter", "parameters") };
    // RDS, DocumentDB and Neptune take a map in CloudFormation, everything else a list of names and values.
    if let Some((_, value)) = list.entries().into_iter().find(|(key, _)| *key == name) {
        return value.text();
    }
    match list.items() {
        Items::Unknown(why) => Fact { state: State::Unknown(why), origin: list.origin() },
        Items::Known(items) => {
            let named = |item: &View<'_>| either(item, "name", "ParameterName").text();
            if let Some(item) = items.iter().find(|item| named(item).value().is_some_and(|own| own == name)) {
                return either(item, "value", "ParameterValue").text();
            }
            // A parameter whose name cannot be seen may be this one.
            match items.iter().find_map(|item| {
                item.unknown().or_else(|| match named(item).state {
                    State::Unknown(why) => Some(why),
                    _ => None,
                })
            }) {
                Some(why) => Fact { state: State::Unknown(why), origin: list.origin() },
                None => Fact::absent(list.origin()),
            }
        }
    }
}

/// Major and minor number at the start of a version.
pub(super) fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).map(str::parse::<u32>);
    let major = numbers.next()?.ok()?;
    Some((major, numbers.next().and_then(Result::ok).unwrap_or(0)))
}
