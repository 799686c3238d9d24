//! Writes every format of a made-up estate judged by the shipped policies: to look at, to measure, to validate.
//!
//! `cargo run --release -p attesta-interchange --example demo -- FOLDER [RESOURCES [PERCENT_VIOLATED]]`

use std::{
    error::Error,
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::Path,
    time::Instant,
};

use attesta_app::check::{Inputs, SourceTexts, check};
use attesta_content::{ContentSource, files, load, policies};
use attesta_evaluation::{Body, Check, Literal, Policy, Test, Waiver};
use attesta_interchange::reports::{Format, Options, write};
use attesta_kernel::{Digest, Place};
use attesta_resource::{
    Attribute, Basis, Document, DocumentIndex, Format as DocumentFormat, Kind, NotUnderstood, Origin, Reason, Record,
    Resource, Snapshot, Source, SourceIndex, Unknown, Value,
};

struct Texts;

impl SourceTexts for Texts {
    fn lines(&self, _: DocumentIndex, pointers: &[&str]) -> Vec<Option<u32>> {
        pointers.iter().map(|p| u32::try_from(p.len()).ok().map(|n| n.saturating_mul(37) % 4000)).collect()
    }
}

/// A small generator, the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("name a folder to write to")?;
    let resources: u32 = arguments.next().map_or(Ok(300), |n| n.parse())?;
    let violated: u64 = arguments.next().map_or(Ok(4), |n| n.parse())?;
    let source = ContentSource::Embedded;
    let text =
        |faults: Vec<attesta_catalog::Fault>| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let catalog = load(&source).map_err(text)?;
    let found: Vec<_> =
        files(&source, "policies").map_err(text)?.filter(|f| !f.inside.ends_with(".test.yaml")).collect();
    let policies = policies(&found, &catalog).map_err(text)?;
    let snapshot = snapshot(&policies, resources, violated);
    let waivers = waivers(&snapshot)?;
    let refused = Vec::new();
    let report =
        check(Inputs { catalog: &catalog, policies, snapshot, refused, waivers, at: "2026-11-22".parse()? }, None);
    let lines = report.find_lines(&Texts, report.places());
    fs::create_dir_all(&folder)?;
    for format in Format::ALL {
        let extension = if format == Format::Junit { "xml" } else { format.as_str() };
        let path = Path::new(&folder).join(format!("report.{extension}"));
        let begun = Instant::now();
        let mut out = BufWriter::new(File::create(&path)?);
        write(format, &report, &lines, &Options::new("0.1.0"), &mut out)?;
        out.flush()?;
        let bytes = fs::metadata(&path)?.len();
        writeln!(io::stdout(), "{format:<9} {bytes:>12} bytes {:>8} ms", begun.elapsed().as_millis())?;
    }
    writeln!(io::stdout(), "{} outcomes, {} findings", report.outcomes.len(), report.findings.len())?;
    Ok(())
}

fn snapshot(policies: &[Policy], resources: u32, violated: u64) -> Snapshot {
    let mut kinds: Vec<Kind> = policies.iter().map(|p| p.kind).filter(|k| *k != Kind::Account).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut dice = Dice(7);
    let formats = [
        ("infra/production/plan.json", DocumentFormat::TerraformPlan),
        ("stacks/portal/template.yaml", DocumentFormat::CloudFormation),
    ];
    let mut snapshot = Snapshot {
        documents: formats
            .iter()
            .map(|(path, format)| Document {
                path: (*path).into(),
                format: *format,
                digest: Digest::of(path.as_bytes()),
                bytes: 48_211,
                source_resources: resources / 2,
            })
            .collect(),
        not_understood: [("aws_location_map", 3), ("aws_braket_task", 1), ("AWS::RoboMaker::Fleet", 2)]
            .map(|(what, count)| NotUnderstood {
                path: "infra/production/plan.json".into(),
                reason: Reason::UncoveredType,
                what: what.into(),
                count,
            })
            .to_vec(),
        ..Snapshot::default()
    };
    for index in 0..resources {
        let kind = match index {
            0 => Kind::Account,
            _ => usize::try_from(dice.below(1_000_000))
                .ok()
                .and_then(|n| kinds.get(n % kinds.len()))
                .copied()
                .unwrap_or(Kind::Queue),
        };
        let names = ["records", "portal", "imaging", "billing", "claims", "audit", "intake", "archive"];
        let name = usize::try_from(dice.below(8)).ok().and_then(|n| names.get(n)).copied().unwrap_or_default();
        let document = u32::from(dice.below(3) == 0);
        let address = match document {
            0 => format!("module.{name}.aws_{kind}.{name}_{index}"),
            _ => format!("{}{kind}{index}", name.to_ascii_uppercase()).replace('_', ""),
        };
        let mut attributes = Record::new();
        for policy in policies.iter().filter(|p| p.kind == kind) {
            if let Body::Declarative { when, check } = &policy.body {
                when.iter().for_each(|when| satisfy(when, SourceIndex(index), &mut attributes, &mut dice, 0));
                satisfy(check, SourceIndex(index), &mut attributes, &mut dice, violated);
            }
        }
        snapshot.sources.push(Source {
            document: DocumentIndex(document),
            address: address.as_str().into(),
            type_name: format!("aws_{kind}").into(),
            pointer: format!("/planned_values/root_module/resources/{index}/values").into(),
        });
        let resource =
            Resource { kind, source: SourceIndex(index), address: address.into(), names: Vec::new(), attributes };
        snapshot.resources.push(resource);
    }
    snapshot
}

/// Sets attributes so that the check holds, most of the time.
fn satisfy(check: &Check, source: SourceIndex, attributes: &mut Record, dice: &mut Dice, violated: u64) {
    match check {
        Check::All(checks) => checks.iter().for_each(|c| satisfy(c, source, attributes, dice, violated)),
        Check::Any(checks) => checks.iter().take(1).for_each(|c| satisfy(c, source, attributes, dice, violated)),
        Check::Leaf(leaf) if attributes.get(&leaf.attribute).is_none() => {
            let fails = dice.below(100) < violated;
            let value = match (&leaf.test, dice.below(100)) {
                (_, 0..2) if violated > 0 => {
                    Some(Value::Unknown(Unknown::AfterApply { from: "aws_kms_key.main".into() }))
                }
                (_, 2) if violated > 0 => {
                    Some(Value::Unknown(Unknown::Unresolved { what: "!ImportValue shared-key".into() }))
                }
                (Test::Is(Literal::Bool(b)), _) => Some(Value::Bool(*b != fails)),
                (Test::Is(Literal::Text(t)), _) if !fails => Some(Value::Text(t.clone())),
                (Test::Is(Literal::Int(n)), _) if !fails => Some(Value::Int(*n)),
                (Test::In(list), _) if !fails => list.first().map(|l| match l {
                    Literal::Bool(b) => Value::Bool(*b),
                    Literal::Int(n) => Value::Int(*n),
                    Literal::Text(t) => Value::Text(t.clone()),
                }),
                (Test::AtLeast(n), _) => Some(Value::Int(if fails { n.saturating_sub(1) } else { *n })),
                (Test::AtMost(n), _) => Some(Value::Int(if fails { n.saturating_add(1) } else { *n })),
                (Test::Present(true), _) if !fails => Some(Value::Bool(true)),
                (Test::VersionAtLeast(_), _) => Some(Value::Text(if fails { "1.0" } else { "99.0" }.into())),
                _ => None,
            };
            if let Some(value) = value {
                let origin = Origin { source, path: leaf.attribute.replace('.', "/").into(), basis: Basis::Stated };
                attributes.put(leaf.attribute.to_string(), Attribute { value, origin });
            }
        }
        Check::Each { list, check } | Check::Some { list, check } if attributes.get(list).is_none() => {
            let origin = |path: String| Origin { source, path: path.into(), basis: Basis::Stated };
            let mut record = Record::new();
            satisfy(check, source, &mut record, dice, violated);
            let value = match record.get("item") {
                Some(item) => item.value.clone(),
                None => Value::Record(record),
            };
            let items = vec![Attribute { value, origin: origin(format!("{list}/0")) }];
            attributes.put(list.to_string(), Attribute { value: Value::List(items), origin: origin(list.to_string()) });
        }
        _ => {}
    }
}

fn waivers(snapshot: &Snapshot) -> Result<Vec<Waiver>, Box<dyn Error>> {
    let of = |kind: Kind| snapshot.resources.iter().find(|r| r.kind == kind).map_or("*", |r| &r.address).to_owned();
    let waiver = |policy: &str, resource: String, until: &str, line: u32| -> Result<Waiver, Box<dyn Error>> {
        Ok(Waiver {
            policy: policy.parse()?,
            resource,
            reason: "Moves to the new cluster in spring; no ePHI until then".into(),
            approved_by: "Security council".into(),
            until: until.parse()?,
            place: Place::new("attesta.waivers.yaml", line),
        })
    };
    Ok(vec![
        waiver("object-store-versioning", "*records*".into(), "2027-03-31", 4)?,
        waiver("database-encryption-at-rest", of(Kind::Database), "2026-06-30", 10)?,
    ])
}
