//! A desk over documents of a store is the desk over the folder.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::{path::Path, sync::Arc, time::Instant};

use attesta_assessment::View;
use attesta_content::ContentSource;
use attesta_desk::{Desk, Kind, Library};
use attesta_kernel::Date;
use attesta_workspace::{Change, Folder, Over, held_files};

const FIXTURES: [(&str, &str); 2] = [("telehealth-r2", "2026-10-12"), ("wellness-e1", "2026-10-12")];

fn folder(name: &str) -> Folder {
    Folder::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures").join(name)).unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn documents_give_the_same_dossier_scores_and_frozen_files() {
    let library = Library::new(ContentSource::Embedded);
    for (name, today) in FIXTURES {
        let disk = folder(name);
        let documents = disk.documents().unwrap();
        let held = Folder::of_documents(disk.shown("").trim_end_matches('/'), documents.clone());
        assert_eq!(held_files(&held).unwrap(), held_files(&disk).unwrap());
        assert_eq!(held.documents().unwrap(), documents);
        let there = Desk::open(disk, &library, day(today)).unwrap();
        let here = Desk::open(held, &library, day(today)).unwrap();
        assert_eq!(here.dossier, there.dossier, "places too");
        let [there, here] = [&there, &here].map(|desk| desk.scored(View::Final).unwrap());
        assert!(!there.card.requirements.is_empty());
        assert_eq!((here.card.clone(), here.verdict()), (there.card.clone(), there.verdict()));
    }
}

#[test]
fn a_folder_with_content_of_its_own_has_a_library_of_its_own() {
    let library = Library::new(ContentSource::Embedded);
    let plain = folder("wellness-e1");
    assert!(Arc::ptr_eq(&library.of(&plain), &library));
    let held = Folder::of_documents("asm_1", plain.documents().unwrap());
    assert!(Arc::ptr_eq(&library.of(&held), &library));
    let program = ContentSource::Embedded.file("programs/hitrust/e1.yaml").unwrap();
    let change =
        |text: &str| Change { inside: "content/programs/hitrust/e1.yaml".into(), text: text.into(), over: Over::Older };
    held.write(&[change(&program.text)]).unwrap();
    let own = library.of(&held);
    assert!(!Arc::ptr_eq(&own, &library));
    assert_eq!(own.programs().unwrap(), library.programs().unwrap());
    assert_eq!(own.source().overridden().unwrap().len(), 1);
    held.write(&[change("schema: no")]).unwrap();
    let failure = Desk::open(held.clone(), &library.of(&held), day("2026-10-12")).unwrap_err();
    assert_eq!(failure.kind, Kind::Unknown);
    assert!(failure.says().contains("asm_1/content/programs/hitrust/e1.yaml"), "{failure}");
}

/// `cargo test --release -p attesta-desk --test held -- --ignored --nocapture`
#[test]
#[ignore = "a measurement, not a rule"]
#[allow(clippy::print_stdout, clippy::print_stderr)]
fn how_long_a_desk_takes_to_open() {
    let library = Library::new(ContentSource::Embedded);
    let documents = folder("telehealth-r2").documents().unwrap();
    let open = || {
        let held = Folder::of_documents("asm_1", documents.clone());
        Desk::open(held, &library, day("2026-10-12")).unwrap()
    };
    let cold = Instant::now();
    open();
    let cold = cold.elapsed();
    let mut times: Vec<_> = (0..200)
        .map(|_| {
            let begun = Instant::now();
            let desk = open();
            let opened = begun.elapsed();
            desk.scored(View::Final).unwrap();
            (opened, begun.elapsed())
        })
        .collect();
    times.sort();
    println!("cold {cold:?}; open, and open and score: median {:?}, slowest {:?}", times[100], times[199]);
}
