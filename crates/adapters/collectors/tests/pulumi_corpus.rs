//! Every real Pulumi state and preview becomes resources; programs are told to be no infrastructure yet.
//! Files are read in place; without the corpus beside this checkout there is nothing to read.

use std::path::Path;

use attesta_collectors::{Limits, Request, Silent, collect};
use attesta_resource::{Format, Reason};

#[test]
fn real_states_and_previews() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/corpus/pulumi");
    if !folder.is_dir() {
        println!("skipped: {} does not exist", folder.display());
        return;
    }
    let collection = collect(
        &Request { paths: vec![folder], keep_raw: false, limits: Limits::default(), dictionary: None },
        &Silent,
    );
    let snapshot = &collection.snapshot;
    let of = |format: Format| snapshot.documents.iter().filter(|d| d.format == format).count();
    let entries: u32 = snapshot.documents.iter().map(|d| d.source_resources).sum();
    println!("{} states, {} previews", of(Format::PulumiState), of(Format::PulumiPreview));
    println!("{entries} source resources, {} resources, {:#?}", snapshot.resources.len(), snapshot.count_by_kind());
    let unreadable: Vec<_> = snapshot.not_understood.iter().filter(|n| n.reason == Reason::Unreadable).collect();
    assert!(unreadable.is_empty(), "{unreadable:#?}");
    assert!(of(Format::PulumiState) >= 20 && of(Format::PulumiPreview) >= 6);
    assert!(entries >= 390, "{entries} source resources");
    assert!(snapshot.resources.len() >= 100, "{} resources", snapshot.resources.len());
}
