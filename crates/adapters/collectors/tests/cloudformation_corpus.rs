//! Every real CloudFormation template becomes resources, or is refused with the line that is wrong.
//! Files are read in place; without the corpus beside this checkout there is nothing to read.

use std::{collections::BTreeMap, path::Path};

use attesta_collectors::{Limits, Request, Silent, collect};
use attesta_resource::{Format, Reason};

#[test]
fn real_templates() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/corpus/cfn");
    if !folder.is_dir() {
        println!("skipped: {} does not exist", folder.display());
        return;
    }
    let collection = collect(
        &Request { paths: vec![folder], keep_raw: false, limits: Limits::default(), dictionary: None },
        &Silent,
    );
    let snapshot = &collection.snapshot;
    let mut told: BTreeMap<Reason, Vec<(u32, &str)>> = BTreeMap::new();
    for out in &snapshot.not_understood {
        told.entry(out.reason).or_default().push((out.count, &out.what));
    }
    let entries: u32 = snapshot.documents.iter().map(|d| d.source_resources).sum();
    println!(
        "{} documents, {entries} source resources, {} resources",
        snapshot.documents.len(),
        snapshot.resources.len()
    );
    println!("{:#?}", snapshot.count_by_kind());
    for (reason, what) in &told {
        println!("{}: {} different", reason.as_str(), what.len());
    }
    let broken = told.get(&Reason::Unreadable).map_or(&[][..], Vec::as_slice);
    println!("{broken:#?}");
    assert!(snapshot.documents.iter().all(|d| d.format == Format::CloudFormation));
    assert!(snapshot.documents.len() >= 1_050, "{} documents", snapshot.documents.len());
    assert!(entries >= 10_000, "{entries} source resources");
    assert!(snapshot.resources.len() >= 1_000, "{} resources", snapshot.resources.len());
    assert!(broken.len() <= 10 && broken.iter().all(|(_, what)| what.contains("line ")));
}
