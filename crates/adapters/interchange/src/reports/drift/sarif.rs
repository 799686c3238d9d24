//! SARIF with `baselineState` (SARIF 2.1.0, 3.27.24): what a code host shows as new in a pull request.
//!
//! A violation that could not be told before is *new*, so that no host hides it; one that can no longer be told is
//! *updated*. A result is *absent* only where it was mended, no longer applies or went with its resource.

use std::io;

use attesta_app::drift::DriftReport;
use attesta_drift::{Turn, Verdict, VerdictChange};

use super::BothLines;
use crate::reports::{
    Options,
    sarif::{Baseline, write_against},
};

pub(super) fn write(
    report: &DriftReport<'_>,
    lines: &BothLines,
    options: &Options<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let states = report.drift.verdicts.iter().filter_map(|v| Some((v.outcome_after?, state(v)))).collect();
    let baseline = Baseline { drift: report, lines: &lines.before, states };
    write_against(report.after, &lines.after, options, Some(&baseline), out)
}

fn state(change: &VerdictChange) -> &'static str {
    match (change.turn, change.before) {
        (Turn::NewFailure, _) | (_, None | Some(Verdict::Pass)) => "new",
        _ => "updated",
    }
}
