//! Which checks are counted together over time: frameworks, their parts, topics and severities.

use attesta_catalog::{Catalog, HipaaGroup};
use attesta_evaluation::{Policy, Topic};
use attesta_kernel::{PolicyId, Severity};
use attesta_posture::Grouping;

/// Groups with their titles, by the catalog and the policies of today: what was checked by a policy that is no longer
/// there counts in the whole and in no group.
#[derive(Debug, Clone, Default)]
pub struct Groups {
    /// The groups; their names are ids such as `hitrust-09`, `hipaa-technical`, `topic-encryption`, `severity-high`.
    pub grouping: Grouping,
    /// Their titles, in the same order.
    pub titles: Vec<String>,
}

impl Groups {
    fn add<'p>(&mut self, id: impl Into<String>, title: impl Into<String>, policies: impl Iterator<Item = &'p Policy>) {
        self.grouping.add(id, policies.map(|policy| policy.id.clone()));
        self.titles.push(title.into());
    }

    /// Each group's id and title.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.grouping.names().iter().map(String::as_str).zip(self.titles.iter().map(String::as_str))
    }

    /// The policies of a group; `None` where there is no such group.
    pub fn policies<'g>(&'g self, id: &str, all: &'g [Policy]) -> Option<impl Iterator<Item = &'g PolicyId>> {
        let index = self.grouping.names().iter().position(|name| name == id)?;
        let ids = all.iter().map(|policy| &policy.id);
        Some(ids.filter(move |policy| self.grouping.of(policy).contains(&index)))
    }
}

/// The groups: HITRUST and its assessment domains (by the elements that a policy proves), HIPAA and its groups of
/// standards (by the citations that a policy names), topics, severities.
pub fn groups(catalog: &Catalog, policies: &[Policy]) -> Groups {
    let mut groups = Groups::default();
    groups.add("hitrust", "HITRUST CSF (aligned)", policies.iter().filter(|p| !p.controls.is_empty()));
    for domain in catalog.domains() {
        let proves = |policy: &&Policy| {
            let mut statements = policy.proves.iter().filter_map(|element| catalog.statement(&element.statement()));
            statements.any(|statement| statement.domain == domain.number)
        };
        let title = format!("{:02} {}", domain.number, domain.title);
        groups.add(format!("hitrust-{:02}", domain.number), title, policies.iter().filter(proves));
    }
    groups.add("hipaa", "HIPAA Security Rule", policies.iter().filter(|p| !p.hipaa.is_empty()));
    for (group, title) in [
        (HipaaGroup::Administrative, "HIPAA administrative safeguards"),
        (HipaaGroup::Physical, "HIPAA physical safeguards"),
        (HipaaGroup::Technical, "HIPAA technical safeguards"),
        (HipaaGroup::Organizational, "HIPAA organizational requirements"),
        (HipaaGroup::Documentation, "HIPAA policies, procedures and documentation"),
    ] {
        let cites = |p: &&Policy| p.hipaa.iter().any(|c| catalog.hipaa_item(c).is_some_and(|item| item.group == group));
        groups.add(format!("hipaa-{}", group.as_str()), title, policies.iter().filter(cites));
    }
    for topic in Topic::ALL {
        groups.add(
            format!("topic-{topic}"),
            topic.as_str().replace('-', " "),
            policies.iter().filter(|p| p.topic == *topic),
        );
    }
    for severity in Severity::ALL.into_iter().rev() {
        groups.add(
            format!("severity-{severity}"),
            severity.to_string(),
            policies.iter().filter(|p| p.severity == severity),
        );
    }
    groups
}
