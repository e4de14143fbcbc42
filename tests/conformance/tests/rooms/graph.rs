//! Who names whom, and the circles in it.

use std::collections::{BTreeMap, BTreeSet};

/// The nodes, and for each the nodes that it names with the places that do.
pub type Graph = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// Every node that is reached from `start`, one step or more away.
fn reached(graph: &Graph, start: &str) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut open = vec![start.to_owned()];
    while let Some(node) = open.pop() {
        for next in graph.get(&node).into_iter().flat_map(BTreeMap::keys) {
            if seen.insert(next.clone()) {
                open.push(next.clone());
            }
        }
    }
    seen
}

/// The sets of two nodes or more of which each reaches each (the strongly connected components), largest first.
pub fn circles(graph: &Graph) -> Vec<BTreeSet<String>> {
    let reach: BTreeMap<_, _> = graph.keys().map(|node| (node, reached(graph, node))).collect();
    let mut circles = BTreeSet::new();
    for (node, from_here) in &reach {
        let circle: BTreeSet<_> = from_here
            .iter()
            .filter(|other| reach.get(other).is_some_and(|back| back.contains(*node)))
            .cloned()
            .collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    let mut circles: Vec<_> = circles.into_iter().collect();
    circles.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
    circles
}

/// How many nodes the largest circle has: 1 if there is none.
pub fn largest(graph: &Graph) -> usize {
    circles(graph).first().map_or(1, BTreeSet::len)
}

/// Each edge within `circle`, with the first places that make it.
pub fn explain(graph: &Graph, circle: &BTreeSet<String>) -> String {
    let mut lines = vec![format!("a circle of {}:", circle.len())];
    for node in circle {
        for (next, places) in graph.get(node).into_iter().flatten().filter(|(next, _)| circle.contains(*next)) {
            lines.push(format!("  {node} names {next} ({} times):", places.len()));
            lines.extend(places.iter().take(3).map(|place| format!("    {place}")));
        }
    }
    lines.join("\n")
}
