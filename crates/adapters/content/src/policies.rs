//! Policies in the declarative format (`docs/reference/policy-format.md`): read, checked against the catalog, compiled.

use std::collections::BTreeMap;

use attesta_catalog::{Catalog, Fault, Field, FrameworkId, Shape};
use attesta_evaluation::{Body, Check, Leaf, Literal, Policy, Remediation, Test, Topic, Version};
use attesta_kernel::{Place, PolicyId, Provenance};
use attesta_resource::Kind;
use ipnet::IpNet;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{File, yaml};

const SCHEMA: &str = "attesta.policy/1";

/// Checks nest a handful deep; a stranger's pack may nest more.
const DEPTH: usize = 32;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPolicy {
    #[expect(dead_code, reason = "checked before the rest is read")]
    schema: String,
    id: Spanned<String>,
    title: String,
    topic: Spanned<String>,
    severity: Spanned<String>,
    kind: Spanned<String>,
    when: Option<RawCheck>,
    check: RawCheck,
    #[serde(default)]
    controls: Vec<Spanned<String>>,
    #[serde(default)]
    hipaa: Vec<Spanned<String>>,
    #[serde(default)]
    nist_800_53: Vec<Spanned<String>>,
    #[serde(default)]
    proves: Vec<Spanned<String>>,
    rationale: String,
    remediation: RawRemediation,
    source: String,
    confidence: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRemediation {
    text: String,
    terraform: Option<String>,
    cloudformation: Option<String>,
    pulumi: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCheck {
    attribute: Option<Spanned<String>>,
    is: Option<RawLiteral>,
    is_not: Option<RawLiteral>,
    #[serde(rename = "in")]
    one_of: Option<Vec<RawLiteral>>,
    not_in: Option<Vec<RawLiteral>>,
    at_least: Option<i64>,
    at_most: Option<i64>,
    above: Option<i64>,
    below: Option<i64>,
    matches: Option<String>,
    not_matches: Option<String>,
    present: Option<bool>,
    version_at_least: Option<String>,
    cidr_within: Option<Vec<String>>,
    cidr_overlaps: Option<Vec<String>>,
    cidr_broader_than: Option<u8>,
    has: Option<RawLiteral>,
    has_all: Option<Vec<RawLiteral>>,
    has_any: Option<Vec<RawLiteral>>,
    all: Option<Spanned<Vec<RawCheck>>>,
    any: Option<Spanned<Vec<RawCheck>>>,
    not: Option<Box<RawCheck>>,
    each: Option<RawList>,
    some: Option<RawList>,
    lookup: Option<RawLookup>,
    exists: Option<RawExists>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawList {
    #[serde(rename = "in")]
    list: Spanned<String>,
    check: Box<RawCheck>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLookup {
    by: Spanned<String>,
    kind: Spanned<String>,
    check: Box<RawCheck>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExists {
    kind: Spanned<String>,
    check: Box<RawCheck>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawLiteral {
    Bool(bool),
    Int(i64),
    Text(String),
}

impl From<RawLiteral> for Literal {
    fn from(raw: RawLiteral) -> Self {
        match raw {
            RawLiteral::Bool(b) => Self::Bool(b),
            RawLiteral::Int(n) => Self::Int(n),
            RawLiteral::Text(t) => Self::Text(t.into()),
        }
    }
}

/// Reads policy files. Files named `*.test.yaml` are left alone.
///
/// # Errors
/// Every fault of every file, sorted by place.
pub fn policies<'a>(files: impl IntoIterator<Item = &'a File>, catalog: &Catalog) -> Result<Vec<Policy>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut found: BTreeMap<PolicyId, Policy> = BTreeMap::new();
    for file in files.into_iter().filter(|file| is_policy(&file.inside)) {
        let mut reader = Reader { file, catalog, faults: &mut faults };
        let Some(policy) = reader.policy() else { continue };
        if let Some(first) = found.get(&policy.id) {
            faults.push(Fault::new(
                policy.place.clone(),
                format!("the policy id `{}` stands twice, first in {}", policy.id, first.place),
                "give one of them another id",
            ));
            continue;
        }
        found.insert(policy.id.clone(), policy);
    }
    faults.sort();
    if faults.is_empty() { Ok(found.into_values().collect()) } else { Err(faults) }
}

fn is_policy(path: &str) -> bool {
    path.ends_with(".yaml") && !path.ends_with(".test.yaml")
}

struct Reader<'a> {
    file: &'a File,
    catalog: &'a Catalog,
    faults: &'a mut Vec<Fault>,
}

/// What names inside a check may be.
#[derive(Clone, Copy)]
enum Names<'a> {
    Kind(Kind),
    Record(&'a BTreeMap<Box<str>, Field>),
    Item,
}

impl<'a> Reader<'a> {
    fn policy(&mut self) -> Option<Policy> {
        let raw: RawPolicy = match yaml::parse(self.file, SCHEMA) {
            Ok(raw) => raw,
            Err(fault) => {
                self.faults.push(fault);
                return None;
            }
        };
        let before = self.faults.len();
        let id = self.parse::<PolicyId>(&raw.id);
        if !self.file.inside.ends_with(&format!("{}.yaml", raw.id.value)) {
            self.fault(
                &raw.id,
                format!("the file is not named for its policy `{}`", raw.id.value),
                format!("name it {}.yaml", raw.id.value),
            );
        }
        let topic = self.parse::<Topic>(&raw.topic);
        let severity = self.parse(&raw.severity);
        let kind = self.parse::<Kind>(&raw.kind);
        let confidence = self.parse(&raw.confidence);
        let catalog = self.catalog;
        let controls = self.known(&raw.controls, "control reference", |c| catalog.reference(c).is_some());
        let hipaa = self.known(&raw.hipaa, "HIPAA citation", |c| catalog.hipaa_item(c).is_some());
        let proves = self.known(&raw.proves, "evaluative element", |e| catalog.element(e).is_some());
        let nist = catalog.framework(FrameworkId::Nist80053);
        let nist_800_53 = raw.nist_800_53.iter().map(|s| s.value.clone()).collect();
        for id in raw.nist_800_53.iter().filter(|id| nist.is_none_or(|f| f.entry(&id.value).is_none())) {
            self.fault(
                id,
                format!("`{}` is not an id of NIST SP 800-53 r5", id.value),
                "`attesta catalog list nist-800-53` shows them".to_owned(),
            );
        }
        for element in &proves {
            let takes = catalog.element(element).is_some_and(|e| e.element.proof.takes_settings());
            if !takes {
                let at = raw.proves.iter().find(|s| s.value == element.as_str());
                let message = format!("`{element}` is for people to prove, no setting can");
                match at {
                    Some(at) => self.fault(at, message, "leave it out, or change the element's `proof`".to_owned()),
                    None => self.faults.push(Fault::plain(self.file.at(None), message)),
                }
            }
        }
        let names = Names::Kind(kind?);
        let when = raw.when.map(|when| self.check(when, names, 0));
        let check = self.check(raw.check, names, 0);
        if self.faults.len() > before {
            return None;
        }
        Some(Policy {
            id: id?,
            title: raw.title,
            topic: topic?,
            severity: severity?,
            kind: kind?,
            body: Body::Declarative { when: when.flatten(), check: check? },
            controls,
            hipaa,
            nist_800_53,
            proves,
            rationale: raw.rationale.trim().to_owned(),
            remediation: Remediation {
                text: raw.remediation.text.trim().to_owned(),
                terraform: raw.remediation.terraform,
                cloudformation: raw.remediation.cloudformation,
                pulumi: raw.remediation.pulumi,
            },
            provenance: Provenance { source: raw.source, confidence: confidence? },
            place: self.at(&raw.id),
        })
    }

    fn check(&mut self, raw: RawCheck, names: Names<'_>, depth: usize) -> Option<Check> {
        if depth > DEPTH {
            self.faults.push(Fault::plain(self.file.at(None), format!("checks nest deeper than {DEPTH}")));
            return None;
        }
        if raw.attribute.is_some() {
            return self.leaf(raw, names);
        }
        let mut forms = Vec::new();
        if let Some(checks) = raw.all {
            forms.push(self.group(checks, names, depth).map(Check::All));
        }
        if let Some(checks) = raw.any {
            forms.push(self.group(checks, names, depth).map(Check::Any));
        }
        if let Some(check) = raw.not {
            forms.push(self.check(*check, names, depth + 1).map(|c| Check::Not(Box::new(c))));
        }
        if let Some(list) = raw.each {
            forms.push(self.list(list, names, depth).map(|(list, check)| Check::Each { list, check }));
        }
        if let Some(list) = raw.some {
            forms.push(self.list(list, names, depth).map(|(list, check)| Check::Some { list, check }));
        }
        if let Some(lookup) = raw.lookup {
            self.field(&lookup.by, names);
            let kind = self.parse::<Kind>(&lookup.kind);
            let check = self.check(*lookup.check, Names::Kind(kind?), depth + 1);
            forms.push(check.map(|c| Check::Lookup {
                by: lookup.by.value.into(),
                kind: kind.unwrap_or(Kind::Account),
                check: Box::new(c),
            }));
        }
        if let Some(exists) = raw.exists {
            let kind = self.parse::<Kind>(&exists.kind);
            let check = self.check(*exists.check, Names::Kind(kind?), depth + 1);
            forms.push(check.map(|c| Check::Exists { kind: kind.unwrap_or(Kind::Account), check: Box::new(c) }));
        }
        if forms.len() != 1 {
            self.faults.push(Fault::new(
                self.file.at(None),
                format!("a check has {} forms instead of one", forms.len()),
                "give it exactly one of: attribute with a test, all, any, not, each, some, lookup, exists",
            ));
            return None;
        }
        forms.pop().flatten()
    }

    fn group(&mut self, checks: Spanned<Vec<RawCheck>>, names: Names<'_>, depth: usize) -> Option<Vec<Check>> {
        if checks.value.is_empty() {
            self.fault(&checks, "an empty list of checks".to_owned(), "name at least one check".to_owned());
        }
        checks.value.into_iter().map(|c| self.check(c, names, depth + 1)).collect()
    }

    fn list(&mut self, raw: RawList, names: Names<'_>, depth: usize) -> Option<(Box<str>, Box<Check>)> {
        let field = self.field(&raw.list, names)?.clone();
        let check = match &field.shape {
            Shape::Records(fields) => self.check(*raw.check, Names::Record(fields), depth + 1),
            Shape::Texts => self.check(*raw.check, Names::Item, depth + 1),
            other => {
                let message = format!("`{}` is {}, not a list", raw.list.value, other.as_str());
                self.fault(&raw.list, message, "ask it as an attribute".to_owned());
                None
            }
        };
        Some((raw.list.value.into(), Box::new(check?)))
    }

    fn leaf(&mut self, raw: RawCheck, names: Names<'_>) -> Option<Check> {
        let attribute = raw.attribute?;
        let mut tests = Vec::new();
        let many = |values: Vec<RawLiteral>| values.into_iter().map(Literal::from).collect::<Vec<_>>();
        tests.extend(raw.is.map(|v| Test::Is(v.into())));
        tests.extend(raw.is_not.map(|v| Test::IsNot(v.into())));
        tests.extend(raw.one_of.map(|v| Test::In(many(v))));
        tests.extend(raw.not_in.map(|v| Test::NotIn(many(v))));
        tests.extend(raw.at_least.map(Test::AtLeast));
        tests.extend(raw.at_most.map(Test::AtMost));
        tests.extend(raw.above.map(|n| Test::AtLeast(n.saturating_add(1))));
        tests.extend(raw.below.map(|n| Test::AtMost(n.saturating_sub(1))));
        tests.extend(raw.present.map(Test::Present));
        tests.extend(raw.cidr_broader_than.map(Test::CidrBroaderThan));
        tests.extend(raw.has.map(|v| Test::HasAll(vec![v.into()])));
        tests.extend(raw.has_all.map(|v| Test::HasAll(many(v))));
        tests.extend(raw.has_any.map(|v| Test::HasAny(many(v))));
        for (pattern, wanted) in [(raw.matches, true), (raw.not_matches, false)] {
            if let Some(pattern) = pattern {
                match regex::RegexBuilder::new(&pattern).size_limit(1 << 20).build() {
                    Ok(regex) => tests.push(if wanted { Test::Matches(regex) } else { Test::NotMatches(regex) }),
                    Err(error) => self.fault(
                        &attribute,
                        format!("`{pattern}` is not a regular expression: {error}"),
                        "mend the expression".to_owned(),
                    ),
                }
            }
        }
        if let Some(text) = raw.version_at_least {
            match Version::read(&text) {
                Some(version) => tests.push(Test::VersionAtLeast(version)),
                None => self.fault(
                    &attribute,
                    format!("`{text}` is not a version"),
                    "write numbers with dots between".to_owned(),
                ),
            }
        }
        if let Some(blocks) = raw.cidr_within {
            tests.push(Test::CidrWithin(self.blocks(&attribute, blocks)));
        }
        if let Some(blocks) = raw.cidr_overlaps {
            tests.push(Test::CidrOverlaps(self.blocks(&attribute, blocks)));
        }
        let field = self.field(&attribute, names).cloned();
        if tests.len() != 1 {
            let message = format!("`{}` has {} tests instead of one", attribute.value, tests.len());
            self.fault(&attribute, message, "give it exactly one test; join several with `all`".to_owned());
            return None;
        }
        let test = tests.pop()?;
        if let Some(field) = field
            && !fits(&test, &field.shape)
        {
            let message =
                format!("`{}` is {}, which this test cannot be asked of", attribute.value, field.shape.as_str());
            self.fault(&attribute, message, "see docs/reference/policy-format.md for what fits".to_owned());
        }
        Some(Check::Leaf(Leaf { attribute: attribute.value.into(), test }))
    }

    fn blocks(&mut self, at: &Spanned<String>, texts: Vec<String>) -> Vec<IpNet> {
        let mut blocks = Vec::new();
        for text in texts {
            match text.parse() {
                Ok(block) => blocks.push(block),
                Err(_) => self.fault(
                    at,
                    format!("`{text}` is not an address block"),
                    "write it like 10.0.0.0/8 or fc00::/7".to_owned(),
                ),
            }
        }
        blocks
    }

    /// The dictionary's entry for a name, or a fault.
    fn field<'n>(&mut self, name: &Spanned<String>, names: Names<'n>) -> Option<&'n Field>
    where
        'a: 'n,
    {
        static ITEM: std::sync::LazyLock<Field> =
            std::sync::LazyLock::new(|| Field { shape: Shape::Text, means: "one item of a list of text".into() });
        let field = match names {
            Names::Kind(kind) => self.catalog.dictionary().attribute(kind, &name.value),
            Names::Record(fields) => fields.get(name.value.as_str()),
            Names::Item => (name.value == "item").then(|| &*ITEM),
        };
        if field.is_none() {
            let whose = match names {
                Names::Kind(kind) => format!("the kind `{kind}`"),
                Names::Record(_) => "records of this list".to_owned(),
                Names::Item => "items of this list, whose only name is `item`,".to_owned(),
            };
            let message = format!("{whose} has no attribute `{}` in the dictionary", name.value);
            self.fault(name, message, "`attesta catalog show KIND` lists the attributes".to_owned());
        }
        field
    }

    fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(&mut self, text: &Spanned<String>) -> Option<T> {
        match text.value.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                let place = self.at(text);
                self.faults.push(Fault::plain(place, error.to_string()));
                None
            }
        }
    }

    fn known<T: std::str::FromStr<Err: std::fmt::Display>>(
        &mut self,
        texts: &[Spanned<String>],
        what: &str,
        exists: impl Fn(&T) -> bool,
    ) -> Vec<T> {
        let mut known = Vec::new();
        for text in texts {
            if let Some(value) = self.parse::<T>(text) {
                if !exists(&value) {
                    self.fault(
                        text,
                        format!("`{}` is not a {what} of the catalog", text.value),
                        "`attesta catalog list` shows what there is".to_owned(),
                    );
                }
                known.push(value);
            }
        }
        known
    }

    fn at<T>(&self, spanned: &Spanned<T>) -> Place {
        self.file.at(yaml::line(spanned.referenced))
    }

    fn fault<T>(&mut self, at: &Spanned<T>, message: String, help: impl Into<String>) {
        let place = self.at(at);
        self.faults.push(Fault::new(place, message, help));
    }
}

/// Whether a test can be asked of an attribute of this shape.
fn fits(test: &Test, shape: &Shape) -> bool {
    let literal = |l: &Literal| {
        matches!(
            (l, shape),
            (Literal::Bool(_), Shape::Bool) | (Literal::Int(_), Shape::Int) | (Literal::Text(_), Shape::Text)
        )
    };
    match test {
        Test::Is(l) | Test::IsNot(l) => literal(l),
        Test::In(ls) | Test::NotIn(ls) => ls.iter().all(literal),
        Test::AtLeast(_) | Test::AtMost(_) => *shape == Shape::Int,
        Test::Present(_) => true,
        Test::Matches(_) | Test::NotMatches(_) | Test::VersionAtLeast(_) => *shape == Shape::Text,
        Test::CidrWithin(_) | Test::CidrOverlaps(_) | Test::CidrBroaderThan(_) => *shape == Shape::Text,
        Test::HasAll(ls) | Test::HasAny(ls) => {
            *shape == Shape::Texts && ls.iter().all(|l| matches!(l, Literal::Text(_)))
        }
    }
}
