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

/// What a canonical type is to us.
#[derive(Clone, Copy)]
pub(crate) enum Role {
    /// Becomes a resource.
    Main {
        /// How.
        main: &'static Main,
        /// Whether satellites or other resources may refer to it, so that its names matter.
        referred_to: bool,
    },
    /// Belongs to one.
    Satellite(&'static Satellite),
    /// Is only named by main resources.
    Pulled,
}

static ROLES: LazyLock<HashMap<&'static str, Role>> = LazyLock::new(|| {
    let mut roles = HashMap::new();
    for main in aws::mains() {
        for pull in main.pulls {
            for name in pull.types {
                roles.entry(*name).or_insert(Role::Pulled);
            }
        }
    }
    for satellite in aws::satellites() {
        for name in satellite.types {
            roles.insert(*name, Role::Satellite(satellite));
        }
    }
    for main in aws::mains() {
        for name in main.types {
            roles.insert(*name, Role::Main { main, referred_to: aws::is_referred_to(main) });
        }
    }
    roles
});

/// The role of a canonical type; `None` where no kind covers it.
pub(crate) fn role(canonical: &str) -> Option<Role> {
    ROLES.get(canonical).copied()
}

/// Every canonical type that some kind covers, sorted.
pub fn covered_types() -> Vec<&'static str> {
    let mut types: Vec<_> = ROLES.keys().copied().collect();
    types.sort_unstable();
    types
}
