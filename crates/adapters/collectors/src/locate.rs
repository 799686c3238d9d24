//! From a JSON pointer to the line on which its value stands, for JSON and YAML.

use std::collections::HashMap;

use crate::{
    json,
    tree::{DocumentError, Event, Sink, Tag},
    yaml,
};

/// The 1-based line of each pointer, in one pass over the text.
///
/// Where a pointer's tail does not stand in the text (a default, a value that a reader worked out or renamed, what is
/// behind an alias or an intrinsic), the line is that of the nearest ancestor that does. `None` means that the text
/// cannot be parsed at all. A key of the text also answers to a segment that differs only in case, underscores and a
/// plural's `s`, because readers bring Pulumi's keys to Terraform's and CloudFormation's spelling.
pub(crate) fn lines(text: &str, pointers: &[&str]) -> Vec<Option<u32>> {
    let mut walk = Walk::new(pointers);
    let parsed = if text.trim_start().starts_with(['{', '[']) && json::events(text, &mut walk).is_ok() {
        true
    } else {
        walk.forget();
        yaml(text, &mut walk)
    };
    pointers.iter().map(|pointer| if parsed { walk.nearest(pointer) } else { None }).collect()
}

fn yaml(text: &str, walk: &mut Walk) -> bool {
    if yaml::events(text, walk).is_ok() {
        return true;
    }
    if let Some(mended) = yaml::mended(text) {
        walk.forget();
        return yaml::events(&mended, walk).is_ok();
    }
    // Whatever comes before a mistake can still be pointed to.
    walk.found_any()
}

/// The pointers as one tree of segments, and where the walk through the text stands in it.
struct Walk {
    nodes: Vec<Wanted>,
    open: Vec<Frame>,
}

#[derive(Default)]
struct Wanted {
    children: HashMap<Box<str>, usize>,
    /// Children by what is left of their names after [`fold`].
    folded: HashMap<String, usize>,
    line: Option<u32>,
    /// Whether the line is that of a key spelled exactly so.
    exact: bool,
}

struct Frame {
    wanted: Option<usize>,
    position: Position,
}

enum Position {
    Item(usize),
    Key,
    Value(Option<usize>, u32),
}

impl Walk {
    fn new(pointers: &[&str]) -> Self {
        let mut nodes = vec![Wanted::default()];
        for pointer in pointers {
            let mut at = 0_usize;
            for segment in segments(pointer) {
                let next = nodes.len();
                let Some(node) = nodes.get_mut(at) else { break };
                at = match node.children.get(&*segment) {
                    Some(child) => *child,
                    None => {
                        node.folded.entry(fold(&segment)).or_insert(next);
                        node.children.insert(segment.into(), next);
                        nodes.push(Wanted::default());
                        next
                    }
                };
            }
        }
        Self { nodes, open: Vec::new() }
    }

    fn forget(&mut self) {
        self.open.clear();
        for node in &mut self.nodes {
            node.line = None;
            node.exact = false;
        }
    }

    fn found_any(&self) -> bool {
        self.nodes.iter().any(|n| n.line.is_some())
    }

    fn nearest(&self, pointer: &str) -> Option<u32> {
        let mut node = self.nodes.first()?;
        let mut line = node.line;
        for segment in segments(pointer) {
            let Some(next) = node.children.get(&*segment).and_then(|child| self.nodes.get(*child)) else { break };
            if next.line.is_none() {
                break;
            }
            (node, line) = (next, next.line);
        }
        line
    }

    /// The node that the next value stands for, if anybody asked for it; notes its line.
    fn arrive(&mut self, line: u32) -> Option<usize> {
        let (node, line) = match self.open.last_mut() {
            None => (Some(0), line),
            Some(Frame { wanted, position }) => match position {
                Position::Item(index) => {
                    let segment = index.to_string();
                    *index = index.saturating_add(1);
                    (wanted.and_then(|at| self.nodes.get(at)?.children.get(&*segment).copied()), line)
                }
                Position::Value(node, line) => {
                    let found = (*node, *line);
                    *position = Position::Key;
                    found
                }
                Position::Key => (None, line),
            },
        };
        let slot = self.nodes.get_mut(node?)?;
        slot.line.get_or_insert(line);
        node
    }

    /// The node for a key, exact spelling before a similar one.
    fn key(&mut self, wanted: Option<usize>, key: &str, line: u32) -> Option<usize> {
        let node = self.nodes.get(wanted?)?;
        if node.children.is_empty() {
            return None;
        }
        let exact = node.children.get(key).copied();
        let found = exact.or_else(|| node.folded.get(&fold(key)).copied())?;
        let slot = self.nodes.get_mut(found)?;
        if exact.is_none() && slot.line.is_some() {
            return None;
        }
        if exact.is_some() && !slot.exact {
            slot.exact = true;
            slot.line = Some(line);
        }
        Some(found)
    }
}

impl Sink<'_> for Walk {
    fn event(&mut self, event: Event<'_>, line: u32) -> Result<(), DocumentError> {
        if let Event::End = event {
            self.open.pop();
            return Ok(());
        }
        if let Some(Frame { wanted, position: Position::Key }) = self.open.last() {
            let wanted = *wanted;
            let node = match &event {
                Event::Scalar { text, .. } => self.key(wanted, text, line),
                _ => None,
            };
            if let Some(frame) = self.open.last_mut() {
                frame.position = Position::Value(node, line);
            }
            if !matches!(event, Event::List(_) | Event::Map(_)) {
                return Ok(());
            }
            // A key that is itself a list or map: nobody points into it.
            let position = if matches!(event, Event::Map(_)) { Position::Key } else { Position::Item(0) };
            self.open.push(Frame { wanted: None, position });
            return Ok(());
        }
        let wanted = self.arrive(line).filter(|_| !is_function(&event));
        match event {
            Event::List(_) => self.open.push(Frame { wanted, position: Position::Item(0) }),
            Event::Map(_) => self.open.push(Frame { wanted, position: Position::Key }),
            Event::Scalar { .. } | Event::Alias(_) | Event::End => {}
        }
        Ok(())
    }
}

/// What stands behind an application's tag are a function's arguments, not the value that it gives.
fn is_function(event: &Event<'_>) -> bool {
    match event {
        Event::List(mark) | Event::Map(mark) => matches!(mark.tag, Tag::Local(_)),
        _ => false,
    }
}

/// The segments of a JSON pointer, unescaped.
fn segments(pointer: &str) -> impl Iterator<Item = String> + '_ {
    let inner = pointer.strip_prefix('/').unwrap_or(pointer);
    let count = if inner.is_empty() { 0 } else { usize::MAX };
    inner
        .split('/')
        .take(count)
        .map(|s| if s.contains('~') { s.replace("~1", "/").replace("~0", "~") } else { s.to_owned() })
}

/// What two spellings of one name have in common.
fn fold(key: &str) -> String {
    let mut folded: String = key.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect();
    if folded.len() > 1 && folded.ends_with('s') {
        folded.pop();
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn json_pointers_with_escapes_and_missing_tails() {
        let text = "{\r\n  \"a\": {\r\n    \"b/c\": [\r\n      1,\r\n      {\"d~e\": \"ü \\\" }\",\r\n       \"f\": null}\r\n    ],\r\n    \"\\u0067\": 1\r\n  }\r\n}\r\n";
        let pointers = [
            "",
            "/a",
            "/a/b~1c",
            "/a/b~1c/0",
            "/a/b~1c/1",
            "/a/b~1c/1/d~0e",
            "/a/b~1c/1/f",
            "/a/b~1c/9",
            "/a/g",
            "/a/x/y",
            "/z",
        ];
        let want = [1, 2, 3, 4, 5, 5, 6, 3, 8, 2, 1];
        assert_eq!(lines(text, &pointers), want.map(Some));
    }

    #[test]
    fn yaml_pointers_in_every_style() {
        let text = "# head\nResources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties:\n      Tags: [{Key: a,\n        Value: b}]\n      Name: !Sub\n        - x\n        - {}\n      Rules: !If\n        - C\n        - - Id: one\n        - !Ref AWS::NoValue\n";
        let pointers = [
            "/Resources/B/Properties",
            "/Resources/B/Properties/Tags/0",
            "/Resources/B/Properties/Tags/0/Value",
            "/Resources/B/Properties/Name",
            "/Resources/B/Properties/Rules/0/Id",
            "/Resources/C/Properties",
        ];
        assert_eq!(lines(text, &pointers), [5, 6, 7, 8, 11, 2].map(Some));
    }

    #[test]
    fn spellings_that_readers_change_are_found() {
        let text = "{\n\"inputs\": {\n\"storageEncrypted\": true,\n\"ebsBlockDevices\": [\n{\"kmsKeyId\":\n1}]}}";
        let pointers = ["/inputs/storage_encrypted", "/inputs/ebs_block_device/0/kms_key_id", "/inputs/KMSKeyID"];
        assert_eq!(lines(text, &pointers), [3, 5, 2].map(Some));
        let text = "{\n\"tags\": 1,\n\"tag\": 2}";
        assert_eq!(lines(text, &["/tag", "/tags"]), [Some(3), Some(2)]);
    }

    #[test]
    fn broken_text_gives_what_came_before() {
        assert_eq!(lines("{\"a\": ", &["/a"]), [Some(1)]);
        assert_eq!(lines("a: 1\nb: [\n", &["/a", "/b"]), [Some(1), Some(2)]);
        assert_eq!(lines("", &["/a"]), [None]);
        assert_eq!(lines("a: *nowhere", &["/a"]).len(), 1);
    }
}
