use std::{collections::BTreeSet, fmt, str::FromStr};

use attesta_kernel::{Citation, ControlRef, ElementId, RequirementId, StatementId};
use attesta_scoring::MaturityLevel;

use crate::{Text, words::is_word};

/// What a piece of evidence is for: an item of any framework, by its id. One document serves as many as it can.
///
/// ```
/// use attesta_evidence::Target;
/// assert_eq!("45 CFR 164.312(b)".parse::<Target>()?.to_string(), "hipaa:164.312(b)");
/// assert_eq!("1123.01q1System.2".parse::<Target>()?.framework(), "hitrust");
/// assert_eq!("soc2:CC6.1".parse::<Target>()?.framework(), "soc2");
/// # Ok::<(), attesta_evidence::TargetError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    framework: Box<str>,
    id: Box<str>,
}

/// The text is no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is nothing that evidence can be for; write a requirement (`1123.01q1System.2`), a control reference (`09.aa`), \
     a citation (`164.312(b)`), a statement or element (`ATT-09-02.1`), or `framework:id`"
)]
pub struct TargetError(pub String);

impl Target {
    /// Whose id it is: `hitrust`, `hipaa`, `attesta` or another framework's name.
    pub fn framework(&self) -> &str {
        &self.framework
    }

    /// The id in the framework.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let of = |framework: &str, id: String| Ok(Self { framework: framework.into(), id: id.into() });
        let hitrust = |id: &str| {
            let requirement = id.parse::<RequirementId>().map(|r| r.to_string());
            requirement.or_else(|_| id.parse::<ControlRef>().map(|r| r.to_string())).ok()
        };
        let attesta = |id: &str| {
            let element = id.parse::<ElementId>().map(|e| e.to_string());
            element.or_else(|_| id.parse::<StatementId>().map(|s| s.to_string())).ok()
        };
        let wrong = || TargetError(text.chars().take(80).collect());
        let (framework, id) = text.split_once(':').unwrap_or(("", text));
        let known = match framework {
            "" => attesta(id)
                .map(|id| ("attesta", id))
                .or_else(|| id.parse::<Citation>().ok().map(|c| ("hipaa", c.to_string())))
                .or_else(|| hitrust(id).map(|id| ("hitrust", id))),
            "attesta" => attesta(id).map(|id| ("attesta", id)),
            "hipaa" => id.parse::<Citation>().ok().map(|c| ("hipaa", c.to_string())),
            "hitrust" => hitrust(id).map(|id| ("hitrust", id)),
            other => {
                let fits = is_word(other) && (1..=80).contains(&id.len()) && !id.contains(char::is_control);
                return if fits { of(other, id.trim().to_owned()) } else { Err(wrong()) };
            }
        };
        known.ok_or_else(wrong).and_then(|(framework, id)| of(framework, id))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}:{}", self.framework, self.id))
    }
}

/// That evidence is for a target, and how: on which levels, for which of its elements, and where in the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What for.
    pub target: Target,
    /// On which maturity levels; empty when nobody said.
    pub levels: BTreeSet<MaturityLevel>,
    /// For which evaluative elements, by number; empty when nobody said.
    pub elements: BTreeSet<u16>,
    /// Where in the document: section, page, paragraph.
    pub place: Option<Text>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_found_by_its_form() {
        for (text, told) in [
            ("164.308(a)(1)(ii)(A)", "hipaa:164.308(a)(1)(ii)(A)"),
            ("09.aa", "hitrust:09.aa"),
            ("0101.00a1Organizational.123", "hitrust:0101.00a1Organizational.123"),
            ("07.07aAISecOrganizational.3", "hitrust:07.07aAISecOrganizational.3"),
            ("ATT-09-02", "attesta:ATT-09-02"),
            ("ATT-09-02.1", "attesta:ATT-09-02.1"),
            ("iso27001:A.8.15", "iso27001:A.8.15"),
            ("hitrust:09.aa", "hitrust:09.aa"),
        ] {
            let target: Target = text.parse().unwrap();
            assert_eq!(target.to_string(), told);
            assert_eq!(told.parse(), Ok(target));
        }
        for bad in ["", ":", "x", "hipaa:09.aa", "hitrust:164.312(b)", "Soc2:CC6.1", "soc2:", "soc2:a\nb"] {
            assert!(bad.parse::<Target>().is_err(), "{bad}");
        }
    }
}
