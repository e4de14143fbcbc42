//! The rooms of `shared/src`: what each may import, and that no circle joins rooms or files.
//!
//! The sources are read with `syn`: `use` declarations and the paths in expressions, types, patterns, macros and attributes,
//! those of tests included. A finding begins with the file and line that breaks the rule.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod check;
mod graph;
mod names;
mod planted;
mod references;
mod survey;
mod table;

use std::path::PathBuf;
use std::sync::LazyLock;

use survey::Survey;
use table::{EXCEPTIONS, RESERVED, ROOMS};

/// The survey of `shared/src`, or of the folder that `ROOMS_OF` names.
static SURVEY: LazyLock<Survey> = LazyLock::new(|| {
    let ours = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/src"));
    Survey::read(&std::env::var_os("ROOMS_OF").map_or_else(ours, PathBuf::from))
});

#[track_caller]
fn none(findings: &[String]) {
    assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), findings.join("\n"));
}

#[test]
fn a_room_imports_what_its_row_names_and_nothing_else() {
    none(&check::imports(&SURVEY, ROOMS));
}

#[test]
fn a_room_stands_below_the_rooms_that_it_imports() {
    for (place, row) in ROOMS.iter().enumerate() {
        for (import, _) in row.imports {
            let above = ROOMS[..place].iter().any(|other| other.name == *import);
            assert!(above, "{} imports {import}, which does not stand above it in the table", row.name);
        }
    }
    none(&check::circles(&SURVEY.rooms, &[]));
}

#[test]
fn the_documentation_of_a_room_says_what_it_imports() {
    none(&check::documentation(&SURVEY, ROOMS));
}

#[test]
fn packages_are_named_only_in_their_rooms() {
    none(&check::reserved(&SURVEY, RESERVED));
}

#[test]
fn no_circle_joins_files() {
    none(&check::circles(&SURVEY.files, EXCEPTIONS));
}

/// The sizes of the largest circles, which `--nocapture` shows. With `ROOMS_OF=…/shared/src`, those of another tree.
#[test]
fn figures() {
    for (what, graph) in [("rooms", &SURVEY.rooms), ("files", &SURVEY.files)] {
        println!("{} {what}; the largest circle has {}", graph.len(), graph::largest(graph));
    }
    assert!(SURVEY.rooms.values().flatten().count() > 20, "hardly an import was found");
}
