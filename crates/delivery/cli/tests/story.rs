//! Two fictional companies from nothing to their goal, by commands alone: the transcripts are golden, and the tutorial quotes
//! nothing but them. `ATTESTA_BLESS=1 cargo test -p attesta --test story` writes them anew.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "a test's own module")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;
#[path = "support/story.rs"]
mod telling;

use support::root;
use telling::Story;

#[test]
fn riverbend_goes_from_an_empty_folder_to_its_certificate() {
    let root = root();
    let fixture = root.join("fixtures/telehealth-r2");
    let infra = (root.join("examples/telehealth/plan.json"), "infra/plan.json");
    let story = Story::play(&fixture, &[infra, (fixture.join("populations"), "populations")]);
    story.check();
    // The fixture's folder is what the story leaves: files that commands wrote are compared, those of people were put there.
    let written = ["lifecycle.yaml", "proposals.yaml", "checks.yaml", "inheritance/requests.yaml"];
    story.check_files("riverbend", &written);
    story.check_files("riverbend", &["samples/leavers.yaml", "samples/leavers.csv"]);
    let (commands, refused) = story.counts();
    assert!(commands >= 60 && refused >= 10, "{commands} commands, {refused} refused");
    let quotes = story.check_quotes(&root.join("docs/tutorial-assessment.md"));
    assert!(quotes >= 8, "{quotes} quotes in the tutorial");
}

#[test]
fn fernhill_takes_the_small_assessment_and_mends_a_gap() {
    let story = Story::play(&root().join("fixtures/wellness-e1"), &[]);
    story.check();
}
