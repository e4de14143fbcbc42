//! The findings: each says who breaks which rule, and where.

use std::collections::BTreeSet;

use crate::graph::{self, Graph};
use crate::survey::Survey;

/// A room, and the rooms that it may import.
pub struct Room {
    /// Its folder or file in `shared/src`.
    pub name: &'static str,
    /// The rooms that it may import, each with the reason.
    pub imports: &'static [(&'static str, &'static str)],
}

/// A path outside `shared/src` that few rooms may name.
pub struct Reserved {
    /// The path, or the beginning of it.
    pub path: &'static str,
    /// The rooms that may name it.
    pub rooms: &'static [&'static str],
    /// The reason.
    pub reason: &'static str,
}

/// A file that may name an item of another although that makes a circle.
pub struct Exception {
    /// The file that names the other one, such as `store/mod.rs`.
    pub from: &'static str,
    /// The file that is named.
    pub to: &'static str,
    /// The reason.
    pub reason: &'static str,
}

/// The rooms that are not in the table, the imports that it does not name, and what it names without need.
pub fn imports(survey: &Survey, table: &[Room]) -> Vec<String> {
    let mut findings = Vec::new();
    for (room, imports) in &survey.rooms {
        let Some(row) = table.iter().find(|row| row.name == room) else {
            findings.push(format!("{room} is a room that the table does not name"));
            continue;
        };
        for (import, places) in imports {
            if !row.imports.iter().any(|(name, _)| name == import) {
                findings.extend(places.iter().map(|place| format!("{room} must not import {import}: {place}")));
            }
        }
        for (import, _) in row.imports.iter().filter(|(import, _)| !imports.contains_key(*import)) {
            findings.push(format!("{room} may import {import} by the table, and does not"));
        }
    }
    let gone = table.iter().filter(|row| !survey.rooms.contains_key(row.name));
    findings.extend(gone.map(|row| format!("{} is a room by the table, and does not exist", row.name)));
    findings
}

/// The rooms whose documentation does not say what they import: a sentence "This room imports …" that names, in backquotes,
/// the rooms of the table's row and no other.
pub fn documentation(survey: &Survey, table: &[Room]) -> Vec<String> {
    let mut findings = Vec::new();
    for row in table {
        let text = survey.documentation.get(row.name).map_or("", String::as_str);
        let Some((_, after)) = text.split_once("This room imports") else {
            findings.push(format!("the documentation of {} does not say \"This room imports …\"", row.name));
            continue;
        };
        let sentence = after.split(['.', ';']).next().unwrap_or_default();
        let says: BTreeSet<&str> = sentence.split('`').skip(1).step_by(2).collect();
        let does: BTreeSet<&str> = row.imports.iter().map(|(name, _)| *name).collect();
        if says != does {
            findings.push(format!(
                "the documentation of {} says that it imports {says:?}; it may import {does:?}",
                row.name
            ));
        }
    }
    findings
}

/// The rooms that name what is reserved for others, and those that may name it without need.
pub fn reserved(survey: &Survey, table: &[Reserved]) -> Vec<String> {
    let mut findings = Vec::new();
    for row in table {
        let below =
            |path: &str| path.strip_prefix(row.path).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
        let mut named_by = BTreeSet::new();
        for (room, paths) in &survey.outside {
            let places: Vec<_> = paths.iter().filter(|(path, _)| below(path)).flat_map(|(_, places)| places).collect();
            if places.is_empty() {
                continue;
            }
            named_by.insert(room.as_str());
            if !row.rooms.contains(&room.as_str()) {
                let finding = |place| format!("{room} must not name {} ({}): {place}", row.path, row.reason);
                findings.extend(places.into_iter().map(finding));
            }
        }
        let unused = row.rooms.iter().filter(|room| !named_by.contains(**room));
        findings.extend(unused.map(|room| format!("{room} may name {} by the table, and does not", row.path)));
    }
    findings
}

/// The circles that are left without the `exceptions`, and the exceptions that no circle needs.
pub fn circles(graph: &Graph, exceptions: &[Exception]) -> Vec<String> {
    let mut left = graph.clone();
    for exception in exceptions {
        left.get_mut(exception.from).and_then(|named| named.remove(exception.to));
    }
    let mut findings: Vec<_> = graph::circles(&left).iter().map(|circle| graph::explain(&left, circle)).collect();
    for Exception { from, to, reason } in exceptions {
        let mut with = left.clone();
        if let Some(places) = graph.get(*from).and_then(|named| named.get(*to)) {
            with.entry((*from).to_owned()).or_default().insert((*to).to_owned(), places.clone());
        }
        let needed = graph::circles(&with).iter().any(|circle| circle.contains(*from) && circle.contains(*to));
        if !needed {
            findings.push(format!("no circle needs the exception that {from} may name {to} ({reason})"));
        }
    }
    findings
}
