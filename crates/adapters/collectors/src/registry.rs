//! Which source types become which kinds, and which are satellites of others.

use std::{collections::HashMap, sync::LazyLock};

use attesta_resource::Kind;

use crate::{
    aws,
    draft::{Draft, Joined},
    view::Raw,
};

/// Source types that each become one neutral resource.
pub(crate) struct Main {
    /// Canonical type names: Terraform's (`aws_s3_bucket`; Pulumi's bridged types are brought to it) and
    /// CloudFormation's (`AWS::S3::Bucket`; Pulumi's native types are brought to it).
    pub(crate) types: &'static [&'static str],
    /// What they become.
    pub(crate) kind: Kind,
    /// Top-level properties under whose text others may refer to the resource; the first that is set is its `name`.
    pub(crate) names: &'static [&'static str],
    /// Other resources that this one names, handed to `build` among the satellites.
    pub(crate) pulls: &'static [Pull],
    /// Fills the attributes.
    pub(crate) build: fn(&Raw, &Joined, &mut Draft),
}

/// A property by which a main resource names another source resource that holds part of its settings.
pub(crate) struct Pull {
    /// Property path from the main resource, segments parted by `/`.
    pub(crate) link: &'static str,
    /// Types that it may name.
    pub(crate) types: &'static [&'static str],
    /// Top-level properties under whose text the other one may be named.
    pub(crate) names: &'static [&'static str],
}

/// Source types that hold settings of a main resource.
pub(crate) struct Satellite {
    /// Canonical type names.
    pub(crate) types: &'static [&'static str],
    /// Types of the main resource.
    pub(crate) owners: &'static [&'static str],
    /// Property paths, segments parted by `/`, that name the main resource; a list names several.
    pub(crate) links: &'static [&'static str],
}

/// Satellites that are judged by themselves when their owner is not in the document: they may carry what no one else
/// would show. What they say is joined to an owner of which nothing is known.
pub(crate) struct Alone {
    /// Canonical type names of the satellites.
    pub(crate) types: &'static [&'static str],
    /// The type of main resource that they then stand for.
    pub(crate) owner: &'static str,
    /// Property paths, segments parted by `/`, that name such an owner.
    pub(crate) links: &'static [&'static str],
    /// The owner in words, with its article: `the bucket`.
    pub(crate) what: &'static str,
}

/// Satellites that name other source resources in turn; those are handed to the owner's `build` as well.
pub(crate) struct Chain {
    /// Canonical type names of the satellites.
    pub(crate) types: &'static [&'static str],
    /// What they name.
    pub(crate) pulls: &'static [Pull],
}

/// What a canonical type is to us. It may be several things at once: a policy written into a role is judged as itself
/// and says something of the role.
#[derive(Default)]
pub(crate) struct Role {
    /// How it becomes a resource, if it does.
    pub(crate) main: Option<&'static Main>,
    /// How it belongs to others, if it does.
    pub(crate) satellite: Option<&'static Satellite>,
    /// As what it may stand alone; several where it may belong to several sorts of owners.
    pub(crate) alone: Vec<&'static Alone>,
    /// By which properties it names others that hold part of what is to be known.
    pub(crate) pulls: Vec<&'static Pull>,
    /// Top-level properties that hold the names under which others refer to it; `None` where no one does, so that its
    /// names need not be gathered.
    pub(crate) names: Option<&'static [&'static str]>,
}

static ROLES: LazyLock<HashMap<&'static str, Role>> = LazyLock::new(|| {
    let mut roles: HashMap<&'static str, Role> = HashMap::new();
    let mut each = |types: &'static [&'static str], change: &dyn Fn(&mut Role)| {
        for name in types {
            change(roles.entry(*name).or_default());
        }
    };
    for main in aws::mains() {
        each(main.types, &|role| {
            role.main = Some(main);
            role.pulls.extend(main.pulls);
        });
    }
    for satellite in aws::satellites() {
        each(satellite.types, &|role| role.satellite = Some(satellite));
        each(satellite.owners, &|role| role.names = role.names.or(Some(&[])));
    }
    for alone in aws::alone() {
        each(alone.types, &|role| role.alone.push(alone));
    }
    for chain in aws::chains() {
        each(chain.types, &|role| role.pulls.extend(chain.pulls));
    }
    let pulls = aws::mains().flat_map(|main| main.pulls).chain(aws::chains().flat_map(|chain| chain.pulls));
    for pull in pulls {
        each(pull.types, &|role| role.names = role.names.or(Some(pull.names)));
    }
    for role in roles.values_mut() {
        if let (Some(main), Some(names)) = (role.main, &mut role.names) {
            *names = main.names;
        }
    }
    roles
});

/// The role of a canonical type; `None` where no kind covers it.
pub(crate) fn role(canonical: &str) -> Option<&'static Role> {
    ROLES.get(canonical)
}

/// Every canonical type that some kind covers, sorted.
pub fn covered_types() -> Vec<&'static str> {
    let mut types: Vec<_> = ROLES.keys().copied().collect();
    types.sort_unstable();
    types
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_fit_together() {
        let mut linked: Vec<&str> = aws::satellites().flat_map(|satellite| satellite.types).copied().collect();
        linked.sort_unstable();
        assert!(linked.windows(2).all(|pair| pair[0] != pair[1]), "a type that is two satellites: {linked:?}");
        for satellite in aws::satellites() {
            for owner in satellite.owners {
                assert!(role(owner).is_some_and(|r| r.main.is_some() && r.names.is_some()), "{owner} owns nothing");
            }
        }
        for alone in aws::alone() {
            for name in alone.types {
                let role = role(name).unwrap();
                let satellite = role.satellite.unwrap_or_else(|| panic!("{name} stands alone but belongs to no one"));
                assert!(satellite.owners.contains(&alone.owner), "{name} never belongs to {}", alone.owner);
                assert!(alone.links.iter().all(|link| satellite.links.contains(link)), "{name}: {:?}", alone.links);
                // What is judged as itself must not be judged a second time.
                assert!(role.main.is_none(), "{name} is a resource of its own");
            }
        }
    }
}
