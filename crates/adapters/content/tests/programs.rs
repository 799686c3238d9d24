//! The programs that ship, and what is said of programs that make no sense.

use std::fs;

use attesta_content::{ContentSource, programs, rubrics};
use attesta_scoring::{MaturityLevel, Score};

#[test]
fn programs_that_ship_are_sound() {
    let programs = programs(&ContentSource::Embedded).unwrap_or_else(|f| panic!("{f:?}"));
    let ids: Vec<&str> = programs.iter().map(|p| p.id.as_str()).collect();
    assert_eq!(ids, ["e1", "i1", "r2"]);
    let day = "2026-11-22".parse().unwrap();
    for program in &programs {
        let rules = program.rules(day).unwrap();
        assert_eq!(rules.assessment_domains.value, 19);
        assert!(rules.provenances().iter().all(|(_, p)| !p.source.is_empty()));
    }
    let r2 = programs.last().unwrap();
    let shares = |day: &str| -> Vec<String> {
        r2.rules(day.parse().unwrap()).unwrap().weights.value.iter().map(|w| w.share.to_string()).collect()
    };
    assert_eq!(shares("2019-12-30"), ["25", "25", "25", "15", "10"]);
    assert_eq!(shares("2019-12-31"), ["15", "20", "40", "10", "15"]);
    let error = programs.first().unwrap().rules("2022-12-31".parse().unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "program `e1` has no `weights` that holds on 2022-12-31");
}

#[test]
fn the_rubric_that_ships_is_the_band_of_strength_times_coverage() {
    let rubrics = rubrics(&ContentSource::Embedded, "2026-11-22".parse().unwrap()).unwrap_or_else(|f| panic!("{f:?}"));
    let rubric = rubrics.first().unwrap();
    // The generator, in another shape: mid-values of strength and coverage multiplied, then banded again.
    let begins = [0_u32, 11, 33, 66, 90];
    let rate = |tier: u32, coverage: u32| {
        let percent = tier * 25 * coverage * 25 / 100;
        begins.iter().rposition(|b| *b <= percent).unwrap() * 25
    };
    for level in [MaturityLevel::Implemented, MaturityLevel::Measured, MaturityLevel::Managed] {
        for tier in 0..5_u32 {
            for (band, met) in [5_u32, 20, 50, 80, 100].into_iter().enumerate() {
                let rated = rubric.rate(level, tier.try_into().unwrap(), met, 100).unwrap();
                let worked_out = rate(tier, band.try_into().unwrap());
                assert_eq!(usize::from(rated.hundredths()), worked_out * 100, "{level} T{tier} band {band}");
            }
        }
    }
    assert_eq!(rubric.rate(MaturityLevel::Policy, 1, 1, 1).unwrap(), "25".parse::<Score>().unwrap());
}

#[test]
fn faults_name_file_and_line() {
    let r2 = include_str!("../../../../content/programs/hitrust/r2.yaml");
    let cases = [
        ("levels: {policy: 15,", "levels: {policy: 16,", "add up to 101.00"),
        ("levels: {policy: 15,", "levels: {polity: 15,", "`polity` is not a maturity level"),
        ("from: 2019-12-31", "from: 2019-12-30", "overlaps"),
        ("from: 2019-12-31", "from: yesterday", "`yesterday` is not a day"),
        ("at_least: 62", "at_least: 162", "`162` is not points"),
        ("at_least: 62", "at_most: 62", "at_most"),
        ("basis: gap-levels", "basis: hearsay", "basis `hearsay` is not one of this file's"),
        ("from: 10}", "from: 20}", "`1+` does not"),
        ("value: 19", "value: 0", "at least one"),
        ("id: r2", "id: R 2", "not a program id"),
    ];
    for (was, becomes, told) in cases {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("programs")).unwrap();
        assert!(r2.contains(was), "{was}");
        let text = r2.replacen(was, becomes, 1);
        let line = text.lines().position(|l| l.contains(becomes)).unwrap() + 1;
        fs::write(folder.path().join("programs/x.yaml"), text).unwrap();
        let faults = programs(&ContentSource::Folder(folder.path().into())).unwrap_err();
        let fault = faults.first().unwrap();
        assert!(fault.message.contains(told), "{becomes}: {fault}");
        assert!(fault.place.file.ends_with("x.yaml"), "{fault}");
        // A row that does not fit is told at its first line.
        let near = usize::try_from(fault.place.line.unwrap()).unwrap();
        assert!(near <= line && line - near <= 4, "{becomes}: line {near}, written at {line}");
    }
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("programs")).unwrap();
    for name in ["a.yaml", "b.yaml"] {
        fs::write(folder.path().join("programs").join(name), r2).unwrap();
    }
    let faults = programs(&ContentSource::Folder(folder.path().into())).unwrap_err();
    assert!(faults.first().unwrap().message.contains("stands twice"));
}
