use std::collections::BTreeMap;

use maud::{Markup, html};

use super::shortened;

/// Where a box stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// People and systems outside the organisation.
    Outside,
    /// The organisation's systems.
    Systems,
    /// Service providers.
    Providers,
}

/// A box of the picture.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its id: what flows name.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// A second line.
    pub note: String,
    /// Where it stands.
    pub lane: Lane,
    /// Whether it is out of scope.
    pub out: bool,
    /// Whether it touches protected data.
    pub protected: bool,
    /// The frame around it and its neighbours; empty for none.
    pub group: String,
}

/// Data that moves between two boxes.
#[derive(Debug, Clone)]
pub struct Arrow {
    /// From which box.
    pub from: String,
    /// To which.
    pub to: String,
    /// The kinds of data, in words.
    pub data: String,
    /// Whether protected data are among them.
    pub protected: bool,
}

const HIGH: u64 = 48;
const STEP: u64 = 64;
const HEAD: u64 = 22;
const TOP: u64 = 34;
const WIDTH: u64 = 900;

/// The left edge and the width of a column.
fn lane(lane: Lane) -> (u64, u64) {
    match lane {
        Lane::Outside => (10, 170),
        Lane::Systems => (300, 280),
        Lane::Providers => (690, 200),
    }
}

struct Drawn<'n> {
    node: &'n Node,
    left: u64,
    wide: u64,
    top: u64,
}

impl Drawn<'_> {
    fn middle(&self) -> u64 {
        self.top + HIGH / 2
    }
}

/// Frames: title, top, height.
type Frames<'n> = Vec<(&'n str, u64, u64)>;

fn laid(nodes: &[Node]) -> (Vec<Drawn<'_>>, Frames<'_>, u64) {
    let (mut drawn, mut frames, mut lowest) = (Vec::new(), Vec::new(), TOP);
    for which in [Lane::Outside, Lane::Systems, Lane::Providers] {
        let (left, wide) = lane(which);
        let mut top = TOP;
        let mut open: Option<(&str, u64)> = None;
        for node in nodes.iter().filter(|n| n.lane == which) {
            let group = node.group.as_str();
            if open.is_some_and(|(name, _)| name != group) {
                frames.extend(open.take().map(|(name, from)| (name, from, top - from - 8)));
                top += 8;
            }
            if open.is_none() && !group.is_empty() {
                open = Some((group, top));
                top += HEAD;
            }
            drawn.push(Drawn { node, left, wide, top });
            top += STEP;
        }
        frames.extend(open.map(|(name, from)| (name, from, top - from - 8)));
        lowest = lowest.max(top);
    }
    (drawn, frames, lowest)
}

/// The line of an arrow, and where its number stands.
fn line(from: &Drawn<'_>, to: &Drawn<'_>, nth: u64) -> (String, (u64, u64)) {
    let (y1, y2) = (from.middle() + 6 * nth, to.middle() + 6 * nth);
    if from.left == to.left {
        // Within a column it goes around, on the left; one further away goes wider.
        let (x, bend) = (from.left, 28 + from.top.abs_diff(to.top) / 6);
        let out = x.saturating_sub(bend);
        let path = format!("M{x} {y1}C{out} {y1} {out} {y2} {x} {y2}");
        return (path, (x.saturating_sub(bend * 3 / 4), y1.midpoint(y2)));
    }
    let (x1, x2) = if from.left < to.left { (from.left + from.wide, to.left) } else { (from.left, to.left + to.wide) };
    let half = x1.midpoint(x2);
    (format!("M{x1} {y1}C{half} {y1} {half} {y2} {x2} {y2}"), (half, y1.midpoint(y2)))
}

/// Systems and providers as boxes, in frames where they are scored together, and the data that move between them; `runs` are
/// systems with the providers that run them. The table below says the same.
pub fn flows(title: &str, nodes: &[Node], arrows: &[Arrow], runs: &[(String, String)]) -> Markup {
    let (drawn, frames, height) = laid(nodes);
    let find = |id: &str| drawn.iter().find(|d| d.node.id == id);
    let mut between: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    let lines: Vec<_> = arrows
        .iter()
        .zip(1usize..)
        .filter_map(|(arrow, number)| {
            let (from, to) = (find(&arrow.from)?, find(&arrow.to)?);
            let pair = if arrow.from < arrow.to { (&*arrow.from, &*arrow.to) } else { (&*arrow.to, &*arrow.from) };
            let nth = between.entry(pair).or_insert(0);
            *nth += 1;
            Some((arrow, number, line(from, to, *nth - 1)))
        })
        .collect();
    // Nobody outside: nothing is drawn where they would stand.
    let from = if drawn.iter().any(|d| d.node.lane == Lane::Outside) { 0 } else { 170 };
    let name = |id: &str| nodes.iter().find(|n| n.id == id).map_or_else(|| id.to_owned(), |n| n.title.clone());
    html! {
        figure #flows {
            svg.chart.flows viewBox={ (from) " 0 " (WIDTH - from) " " (height + 4) } role="img" aria-label=(title) {
                defs {
                    marker #tip viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse" {
                        path d="M0 0L8 4L0 8z" class="accent" {}
                    }
                }
                @for (which, word) in [(Lane::Outside, "Outside"), (Lane::Systems, "Systems"), (Lane::Providers, "Providers")] {
                    @if drawn.iter().any(|d| d.node.lane == which) {
                        text.soft x=(lane(which).0) y="16" { (word) }
                    }
                }
                @for (title, top, high) in &frames {
                    @let (left, wide) = lane(Lane::Systems);
                    rect.frame x=(left - 12) y=(top) width=(wide + 24) height=(high) rx="8" {}
                    text.soft x=(left) y=(top + 15) { (shortened(title, 44)) }
                }
                @for (system, provider) in runs {
                    @if let (Some(from), Some(to)) = (find(system), find(provider)) {
                        path.runs d=(line(from, to, 0).0) {}
                    }
                }
                @for (arrow, _, (path, _)) in &lines {
                    path class=(if arrow.protected { "flow protected" } else { "flow" }) d=(path) marker-end="url(#tip)" {}
                }
                @for box_ in &drawn {
                    @let node = box_.node;
                    rect class={ "node" @if node.out { " out" } @if node.protected { " protected" } }
                        x=(box_.left) y=(box_.top) width=(box_.wide) height=(HIGH) rx="6" {}
                    @let room = usize::try_from(box_.wide / 8).unwrap_or(20);
                    text x=(box_.left + 10) y=(box_.top + 20) { (shortened(&node.title, room)) }
                    text.soft x=(box_.left + 10) y=(box_.top + 37) { (shortened(&node.note, room)) }
                }
                @for (arrow, number, (_, (x, y))) in &lines {
                    circle.sheet cx=(x) cy=(y) r="10" { title { (name(&arrow.from)) " to " (name(&arrow.to)) ": " (arrow.data) } }
                    text x=(x) y=(y + 4) text-anchor="middle" { (number) }
                }
            }
            figcaption.soft.small {
                "A thick border or line: protected data. Dashed: out of scope. Dotted: who runs it. The numbers are those of the table."
            }
            details open[arrows.len() <= 12] {
                summary { "The same as a table" }
                div.scroll tabindex="0" role="region" aria-label="Flows as a table" {
                    table #flows-table data-table {
                        caption.unseen { (title) }
                        thead { tr { th.n scope="col" { "#" } th scope="col" { "From" } th scope="col" { "To" } th scope="col" { "Data" } } }
                        tbody {
                            @for (arrow, number) in arrows.iter().zip(1usize..) {
                                tr { td.n { (number) } td { (name(&arrow.from)) } td { (name(&arrow.to)) } td { (arrow.data) } }
                            }
                            @for (system, provider) in runs {
                                tr { td.n { "·" } td { (name(system)) } td { (name(provider)) } td.soft { "is run there" } }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: &str, lane: Lane, group: &str) -> Node {
        Node {
            id: id.into(),
            title: format!("The {id}"),
            note: String::new(),
            lane,
            out: false,
            protected: false,
            group: group.into(),
        }
    }

    #[test]
    fn no_two_boxes_of_a_column_overlap_and_every_flow_stands_in_picture_and_table() {
        let nodes = [
            node("outside", Lane::Outside, ""),
            node("a", Lane::Systems, "one"),
            node("b", Lane::Systems, "one"),
            node("c", Lane::Systems, "two"),
            node("d", Lane::Systems, ""),
            node("host", Lane::Providers, ""),
        ];
        let (drawn, frames, height) = laid(&nodes);
        for (at, one) in drawn.iter().enumerate() {
            assert!(one.top + HIGH <= height);
            for other in drawn.iter().skip(at + 1).filter(|o| o.left == one.left) {
                assert!(one.top + HIGH < other.top, "{} and {}", one.node.id, other.node.id);
            }
        }
        assert_eq!(frames.len(), 2);
        let arrow =
            |from: &str, to: &str| Arrow { from: from.into(), to: to.into(), data: "ephi".into(), protected: true };
        let arrows =
            [arrow("outside", "a"), arrow("a", "b"), arrow("b", "a"), arrow("c", "host"), arrow("a", "nowhere")];
        let html = flows("Flows", &nodes, &arrows, &[("a".into(), "host".into())]).into_string();
        // What leads nowhere cannot be drawn; the table tells it all the same.
        assert_eq!(html.matches("marker-end").count(), 4);
        assert_eq!(html.matches("<td>ephi</td>").count(), 5);
        assert_eq!(html.matches("is run there").count(), 1);
    }
}
