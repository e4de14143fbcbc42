//! That the checks find what breaks a rule, in small sources made for it.

use crate::check::{self, Exception, Reserved, Room};
use crate::graph;
use crate::names::Source;
use crate::survey::Survey;

const TABLE: &[Room] =
    &[Room { name: "low", imports: &[] }, Room { name: "high", imports: &[("low", "it stands on it")] }];

fn survey(sources: &[(&str, &str)]) -> Survey {
    let root = [("lib.rs", "mod low;\nmod high;\nmod new;")];
    let sources = root.iter().chain(sources).map(|(file, text)| Source::new(*file, *text));
    Survey::of(&sources.collect::<Vec<_>>())
}

/// The findings if `low.rs` has this text. `high` may import `low`, and does.
fn imported(low: &str) -> Vec<String> {
    let high = "mod inner;\npub use inner::Thing;\nuse crate::low::Base;\npub fn make() -> Base {}";
    let sources = [("low.rs", low), ("high/mod.rs", high), ("high/inner.rs", "pub struct Thing;")];
    check::imports(&survey(&sources), TABLE)
}

#[test]
fn an_import_is_found_however_it_is_written() {
    for low in [
        "use crate::high::Thing;",
        "pub struct Base;\nuse crate::{high::{self as up}, other};",
        "use super::high::*;",
        "pub use self::super::high::inner::Thing as Other;",
        "fn f() { let x = crate::high::make(); }",
        "fn f() { use crate::high; high::make(); }",
        "fn f(thing: &[Option<crate::high::Thing>]) {}",
        "fn f() { println!(\"{}\", crate::high::make()); }",
        "macro_rules! m { () => { $crate::high::make() }; }",
        "struct S { #[serde(deserialize_with = \"crate::high::make\")] field: u32 }",
        "impl crate::high::Thing {}",
        "#[cfg(test)]\nmod tests {\n    use super::super::high::Thing;\n}",
    ] {
        let findings = imported(low);
        assert!(findings.iter().any(|finding| finding.starts_with("low must not import high")), "{low}: {findings:?}");
    }
}

#[test]
fn an_import_is_reported_with_its_place() {
    let low = "use std::fmt;\n\nuse crate::{\n    high::Thing,\n};";
    let place = "shared/src/low.rs:4: crate::high::Thing in `high::Thing,`";
    assert_eq!(imported(low), [format!("low must not import high: {place}")]);
}

#[test]
fn names_of_its_own_and_documentation_are_no_import() {
    let low = "//! See [`crate::high`].\npub struct Base { high: u32 }\nfn f(high: Base) { high.high; \"crate::high\"; }\n\
               pub(in crate::low) fn g() { std::high::f() }";
    assert_eq!(imported(low), [""; 0]);
}

#[test]
fn a_row_without_need_and_a_room_without_row_are_found() {
    let findings = check::imports(&survey(&[("low.rs", ""), ("high/mod.rs", ""), ("new.rs", "")]), TABLE);
    assert_eq!(
        findings,
        ["high may import low by the table, and does not", "new is a room that the table does not name"]
    );
    let findings = check::imports(&survey(&[("low.rs", "")]), TABLE);
    assert_eq!(findings, ["high is a room by the table, and does not exist"]);
}

#[test]
fn documentation_that_says_otherwise_is_found() {
    let with = |low: &str, high: &str| check::documentation(&survey(&[("low.rs", low), ("high/mod.rs", high)]), TABLE);
    let low = "//! This room imports no other room.";
    assert_eq!(with(low, "//! High.\n//!\n//! This room imports\n//! `low`. It never knows `other`."), [""; 0]);
    assert_eq!(with(low, "//! This room imports `low` and `other`.").len(), 1);
    assert_eq!(with(low, "//! High.").len(), 1);
}

#[test]
fn a_circle_of_files_is_found_behind_a_facade() {
    let mut sources = vec![
        ("high/mod.rs", "mod a;\nmod b;\npub use a::{A, make};\npub use b::B;"),
        ("high/a.rs", "use super::B;\npub struct A(B);\npub fn make() {}"),
        ("high/b.rs", "use crate::high;\npub struct B;\nfn f() { high::make(); }"),
    ];
    let files = survey(&sources).files;
    assert_eq!(graph::largest(&files), 2);
    let findings = check::circles(&files, &[]);
    assert_eq!(findings.len(), 1);
    for line in [
        "high/a.rs names high/b.rs (2 times)",
        "shared/src/high/a.rs:1: super::B in `use super::B;`",
        "shared/src/high/b.rs:3: high::make in `fn f() { high::make(); }`",
    ] {
        assert!(findings[0].contains(line), "{}", findings[0]);
    }
    let allowed = |from, to| Exception { from, to, reason: "a test" };
    assert_eq!(check::circles(&files, &[allowed("high/b.rs", "high/a.rs")]), [""; 0]);
    let unused = check::circles(&files, &[allowed("high/b.rs", "high/a.rs"), allowed("high/mod.rs", "high/a.rs")]);
    assert_eq!(unused, ["no circle needs the exception that high/mod.rs may name high/a.rs (a test)"]);
    // What the facade hands on is no circle by itself, nor is a module that is imported and not used.
    sources[2].1 = "use crate::high;\nuse super::super::high::b;\npub struct B;";
    assert_eq!(graph::largest(&survey(&sources).files), 1);
}

#[test]
fn a_facade_that_uses_what_it_hands_on_and_is_used_by_it_is_a_circle() {
    let sources = [
        ("high/mod.rs", "mod a;\npub use a::A;\npub struct Base;\npub fn all() -> Vec<A> {}"),
        ("high/a.rs", "use super::Base;\npub struct A(Base);"),
    ];
    assert_eq!(graph::largest(&survey(&sources).files), 2);
}

#[test]
fn a_circle_of_rooms_is_found() {
    let sources = [("low.rs", "use crate::high::A;\npub struct B;"), ("high.rs", "use crate::low::B;\npub struct A;")];
    let rooms = survey(&sources).rooms;
    assert_eq!(graph::largest(&rooms), 2);
    assert_eq!(check::circles(&rooms, &[]).len(), 1);
}

#[test]
fn a_package_in_a_room_that_must_not_name_it_is_found() {
    let table = [Reserved { path: "http::StatusCode", rooms: &["high"], reason: "a test" }];
    let with = |low: &str| {
        let sources = [("low.rs", low), ("high.rs", "use http::{Method, StatusCode};")];
        check::reserved(&survey(&sources), &table)
    };
    let found = "low must not name http::StatusCode (a test): shared/src/low.rs:";
    for low in ["use http::StatusCode as Status;", "use http as h;\nfn f() { h::StatusCode::OK; }"] {
        assert!(with(low)[0].starts_with(found), "{low}: {:?}", with(low));
    }
    assert_eq!(with("use http::Method;\nuse crate::high::StatusCodes;"), [""; 0]);
    let unused = check::reserved(&survey(&[("low.rs", ""), ("high.rs", "")]), &table);
    assert_eq!(unused, ["high may name http::StatusCode by the table, and does not"]);
}
