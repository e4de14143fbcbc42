//! What people read: the table of URLs for the BSS's registration page, and the README's table of codes.

use service_manager::code::Code;
use service_manager::registration;

#[test]
fn the_table_of_urls_is_the_registration_pages() {
    insta::assert_snapshot!(registration::table("https://euw.dropmyemail.com/api/interworks/"), @r"
    ");
}

#[test]
fn the_readme_lists_every_code_with_its_status_and_meaning() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
    let row = |code: &Code| {
        let shown = if code.is_for_customer() { "yes" } else { "no" };
        format!("| {} | {} | {shown} | {} |", code.number(), code.status().as_u16(), code.meaning())
    };
    let missing: Vec<_> = Code::ALL.iter().map(row).filter(|row| !readme.lines().any(|line| line == row)).collect();
    assert!(missing.is_empty(), "README.md, Error codes, lacks:\n{}", missing.join("\n"));
    let rows = readme.lines().filter(|line| line.starts_with("| -")).filter(|line| !line.starts_with("| ---"));
    assert_eq!(rows.count(), Code::ALL.len(), "README.md lists a code that no longer is");
}
