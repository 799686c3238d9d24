//! Where an assessment's requirements stand, for a look across frameworks: one response serves every framework mapped to it.

use std::path::Path;

use attesta_assessment::View;
use attesta_crosswalk::{Document, NodeId, Standing, Standings};
use attesta_scoring::{MaturityLevel, Score};

use crate::{args::Common, assess::desk, exit::Failure};

/// Standings by the Implemented scores of an assessment: what is done, whatever else is written. What does not apply or
/// nobody answered has none.
pub(crate) fn standings(common: &Common, dir: &Path) -> Result<Standings, Failure> {
    let desk = desk::open(common, dir, None)?;
    let scored = desk.scored(View::Final)?;
    let mut standings = Standings::new();
    for (asked, worked) in scored.tailored.requirements.iter().zip(&scored.workings.worked) {
        let key = asked.requirement.id.as_str();
        let node = NodeId::find(Document::Attesta, key, &desk.catalog)
            .or_else(|_| NodeId::find(Document::Requirements, key, &desk.catalog));
        let score = worked.levels.get(&MaturityLevel::Implemented).and_then(|l| l.value);
        if let (Ok(node), Some(score)) = (node, score) {
            // Rounded downwards where it is off the grid: 99.996 is not all of it.
            let (millionths, over) = score.as_fraction();
            let hundredths = millionths.checked_div(over.saturating_mul(10_000)).unwrap_or(0);
            let part = u32::try_from(hundredths).unwrap_or(0);
            if let Some(standing) = Standing::of_score(part, u32::from(Score::FULL.hundredths())) {
                standings.insert(node, standing);
            }
        }
    }
    Ok(standings)
}
