//! OPA refuses recursion when it compiles; regorus finds it by running out of stack. So it is refused here.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::RuleName;

/// What each rule refers to.
pub(crate) type Graph = BTreeMap<RuleName, BTreeSet<RuleName>>;

/// Every cycle that a walk of the graph closes, as the rules on it, first one first and last.
pub(crate) fn cycles(graph: &Graph) -> Vec<Vec<&RuleName>> {
    let mut walk = Walk { graph, done: BTreeSet::new(), path: Vec::new(), cycles: Vec::new() };
    for rule in graph.keys() {
        walk.visit(rule);
    }
    walk.cycles
}

struct Walk<'a> {
    graph: &'a Graph,
    done: BTreeSet<&'a RuleName>,
    path: Vec<&'a RuleName>,
    cycles: Vec<Vec<&'a RuleName>>,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, rule: &'a RuleName) {
        if self.done.contains(rule) {
            return;
        }
        if let Some(start) = self.path.iter().position(|earlier| *earlier == rule) {
            self.cycles.push(self.path.iter().skip(start).copied().chain([rule]).collect());
            return;
        }
        self.path.push(rule);
        for target in self.graph.get(rule).into_iter().flatten() {
            self.visit(target);
        }
        self.path.pop();
        self.done.insert(rule);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(edges: &[(&str, &str)], expected: &[&str]) {
        let name = |text: &str| (vec!["p".to_owned()], text.to_owned());
        let mut graph = Graph::new();
        for (from, to) in edges {
            graph.entry(name(from)).or_default().insert(name(to));
        }
        let found: Vec<String> =
            cycles(&graph).iter().map(|cycle| cycle.iter().map(|rule| rule.1.as_str()).collect()).collect();
        assert_eq!(found, expected, "{edges:?}");
    }

    #[test]
    fn finds_cycles_and_nothing_else() {
        check(&[], &[]);
        check(&[("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")], &[]);
        check(&[("a", "a")], &["aa"]);
        check(&[("a", "b"), ("b", "c"), ("c", "b"), ("d", "a")], &["bcb"]);
        check(&[("a", "b"), ("b", "a"), ("c", "d"), ("d", "c")], &["aba", "cdc"]);
    }
}
