//! What opens and closes a finding, case by case.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

use std::collections::BTreeMap;

use attesta_kernel::Timestamp;
use attesta_posture::{
    Broken, CheckKey, Delta, Every, Finding, Follower, Grouping, Judged, Reach, Remediation, RunId, Step, Tally, Times,
    Verdict, Verdicts,
};

fn hour(number: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + number * 3_600).unwrap()
}

/// Hourly runs of one check, a letter each: P pass, F fail, W waived, U unknown, E errored, g gone, n not seen.
fn findings(letters: &str) -> Vec<Finding> {
    let mut follower = Follower::new(Grouping::default());
    let check = CheckKey { policy: "p".parse().unwrap(), resource: "r".into() };
    for (letter, number) in letters.chars().zip(1_u32..) {
        let verdict = match letter {
            'P' => Some(Verdict::Pass),
            'F' => Some(Verdict::Fail),
            'W' => Some(Verdict::Waived),
            'U' => Some(Verdict::Unknown),
            'E' => Some(Verdict::Errored),
            _ => None,
        };
        let reach = if letter == 'n' { Reach::Part } else { Reach::All };
        let verdicts: Verdicts = verdict.map(|v| (check.clone(), v)).into_iter().collect();
        let step = Step {
            run: RunId::new(u64::from(number)).unwrap(),
            at: hour(i64::from(number)),
            source: "s".parse().unwrap(),
            judged: Judged::from([("p".parse().unwrap(), reach)]),
            delta: Delta::Whole(verdicts),
        };
        follower.take(step).unwrap();
    }
    follower.finish().into_values().next().unwrap().findings
}

/// `opened-closed` in hours, with a sign of how: `m` mended, `g` gone, nothing while open; `w` behind waived ones; and how
/// often it had been open before.
fn told(letters: &str) -> String {
    let hours = |at: Timestamp| (at.as_second() - hour(0).as_second()) / 3_600;
    let one = |f: &Finding| {
        let end = f.closed.map_or(String::new(), |c| format!("{}{}", hours(c.by.at), &c.how.as_str()[..1]));
        format!(
            "{}-{end}{}{}",
            hours(f.opened.at),
            if f.waived { "w" } else { "" },
            "'".repeat(f.reopened.try_into().unwrap())
        )
    };
    findings(letters).iter().map(one).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_opens_and_closes_a_finding() {
    for (runs, expected) in [
        ("PPP", ""),
        ("F", "1-"),
        ("FP", "1-2m"),
        ("PFFP", "2-4m"),
        ("PFPFP", "2-3m 4-5m'"),
        ("Fg", "1-2g"),
        ("FgF", "1-2g 3-'"),
        // What nobody could tell neither opens nor closes.
        ("PUUP", ""),
        ("FUUF", "1-"),
        ("FUUP", "1-4m"),
        ("FEP", "1-3m"),
        ("FnnP", "1-4m"),
        ("Fnng", "1-4g"),
        ("FnnF", "1-"),
        ("UFnU", "2-"),
        // A waiver accepts a violation; it mends nothing.
        ("FWFP", "1-4m"),
        ("WW", "1-w"),
        ("FW", "1-w"),
        ("WF", "1-"),
        ("WP", "1-2mw"),
    ] {
        assert_eq!(told(runs), expected, "{runs}");
    }
}

#[test]
fn a_finding_says_between_which_runs_it_arose_and_when_it_was_last_seen() {
    for (runs, clear_before, last_seen) in [
        ("PFP", Some(1), 2),
        ("FP", None, 1),
        ("PUUFFUUP", Some(1), 5),
        ("gF", Some(1), 2),
        ("gnnF", Some(1), 4),
        ("nF", None, 2),
        ("PnF", Some(1), 3),
        ("UF", None, 2),
        ("PUnUF", Some(1), 5),
        ("UgUF", Some(2), 4),
        ("FnnP", None, 1),
        ("PFFF", Some(1), 4),
    ] {
        let found = findings(runs);
        assert_eq!(found[0].clear_before, clear_before.map(hour), "{runs}");
        assert_eq!(found[0].last_seen, hour(last_seen), "{runs}");
    }
}

#[test]
fn open_and_gone_findings_are_no_remediation() {
    let found = [findings("PFFP"), findings("FP"), findings("Fg"), findings("PFFF"), findings("WWWW")].concat();
    let told = Remediation::of(found.iter(), None, hour(4));
    assert_eq!((told.mended.count(), told.gone.count(), told.open.count(), told.waived.count()), (2, 1, 1, 1));
    let mean = told.mended.mean().unwrap();
    assert_eq!((mean.total, mean.of, mean.whole()), (3 * 3_600, 2, 5_400));
    assert_eq!(told.open.longest(), Some(2 * 3_600));
    let later = Remediation::of(found.iter(), Some(hour(3)), hour(4));
    assert_eq!(later.mended.count(), 1, "only what was closed in the time that is asked for");
    let earlier = Remediation::of(found.iter(), None, hour(3));
    assert_eq!((earlier.mended.count(), earlier.open.count()), (1, 2), "what closed later was open then");
}

#[test]
fn mean_and_median_are_exact() {
    let times = |seconds: &[u64]| seconds.iter().copied().collect::<Times>();
    assert_eq!(times(&[]).mean(), None);
    assert_eq!(times(&[]).median(), None);
    let seven = times(&[7, 1, 2]);
    let (mean, median) = (seven.mean().unwrap(), seven.median().unwrap());
    assert_eq!((mean.total, mean.of, median.total, median.of), (10, 3, 2, 1));
    let four = times(&[4, 1, 10, 3]).median().unwrap();
    assert_eq!((four.total, four.of), (7, 2));
}

#[test]
fn only_a_pass_counts_as_passing() {
    let tally = Tally::of(&Verdict::ALL);
    assert_eq!(tally.passing().to_string(), "1 of 5");
    assert_eq!(tally.failing().to_string(), "2 of 5");
    assert_eq!(tally.unknown_share().to_string(), "2 of 5");
}

#[test]
fn what_does_not_continue_is_refused() {
    let step = |number: u32, hours, delta| Step {
        run: RunId::new(u64::from(number)).unwrap(),
        at: hour(hours),
        source: "s".parse().unwrap(),
        judged: Judged::new(),
        delta,
    };
    let mut follower = Follower::new(Grouping::default());
    let changed = || Delta::Changed(BTreeMap::new());
    assert!(matches!(follower.take(step(1, 1, changed())), Err(Broken::NothingBefore(_))));
    follower.take(step(2, 2, Delta::Whole(Verdicts::new()))).unwrap();
    assert!(matches!(follower.take(step(3, 2, changed())), Err(Broken::Backwards(_))));
    follower.take(step(3, 3, changed())).unwrap();
}

#[test]
fn periods_are_the_calendars() {
    let day = |text: &str| text.parse::<attesta_kernel::Date>().unwrap();
    for (every, from, to) in [
        ("daily", "2026-05-14", "2026-05-14"),
        ("weekly", "2026-05-11", "2026-05-17"),
        ("Monthly", "2026-05-01", "2026-05-31"),
        ("quarterly", "2026-04-01", "2026-06-30"),
        ("half-yearly", "2026-01-01", "2026-06-30"),
        ("yearly", "2026-01-01", "2026-12-31"),
    ] {
        let period = every.parse::<Every>().unwrap().period(day("2026-05-14")).unwrap();
        assert_eq!((period.from, period.to), (day(from), day(to)), "{every}");
    }
    assert_eq!(Every::Month.period(day("2024-02-29")).unwrap().to, day("2024-02-29"));
    let weeks = Every::Week.periods(day("2025-12-30"), day("2026-01-12"));
    assert_eq!(
        weeks.iter().map(|p| p.from).collect::<Vec<_>>(),
        [day("2025-12-29"), day("2026-01-05"), day("2026-01-12")]
    );
    assert!("hourly".parse::<Every>().is_err());
}
