//! Real infrastructure code that nobody here wrote, read in place: no crash, nothing dropped silently.
#![expect(clippy::unwrap_used, reason = "a test may stop at a surprise")]

mod support;

use support::{attesta, corpus};

#[test]
fn every_file_of_the_corpus_is_read_or_its_refusal_told() {
    let Some(corpus) = corpus() else { return };
    for (folder, least_documents, least_resources) in [("tfplan", 190, 480), ("cfn", 1_040, 1_300), ("pulumi", 27, 160)]
    {
        let path = corpus.join(folder);
        let files = walk(&path);
        let run = attesta(&["check", "--format", "json", "--fail-on", "never", path.to_str().unwrap()]);
        assert!([0, 3].contains(&run.code), "{folder}: {} {}", run.code, run.err);
        let report = run.json();
        let documents = report["snapshot"]["documents"].as_array().unwrap();
        assert!(documents.len() >= least_documents, "{folder}: {} documents", documents.len());
        let resources = report["snapshot"]["resources"].as_u64().unwrap_or_default();
        assert!(resources >= least_resources, "{folder}: {resources} resources");
        let told = report["not_understood"].to_string();
        for file in files {
            let read = documents.iter().any(|d| d["path"] == file.as_str());
            assert!(read || told.contains(&file), "{file} was dropped silently");
        }
    }
}

fn walk(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(walk(&path));
        } else {
            found.push(path.display().to_string());
        }
    }
    found
}
