//! What people read: the table of URLs for the BSS's registration page, and the README's table of codes.

use service_manager::domain::error_code::ErrorCode;
use service_manager::runtime::registration;
use service_manager::runtime::status::bss_status;
use service_manager::vendor::VendorName;

#[test]
fn the_table_of_urls_is_the_registration_pages() {
    insta::assert_snapshot!(registration::table(VendorName::Dropsuite, "https://euw.dropmyemail.com/api/interworks/"), @r"
    Application name: Dropsuite Email Backup
    Reseller Support Enabled: checked

    Setup Configuration end points
      Getting Settings Fields                https://euw.dropmyemail.com/api/interworks/fields/get
      Validate Setting Fields                https://euw.dropmyemail.com/api/interworks/fields/validate
      Get Service Definitions                https://euw.dropmyemail.com/api/interworks/service/definitions

    Account Management end points
      Account Get Synchronization Options    https://euw.dropmyemail.com/api/interworks/accounts/syncoptions
      Account Synchronize                    https://euw.dropmyemail.com/api/interworks/accounts/synchronize
      Account Delete                         https://euw.dropmyemail.com/api/interworks/accounts/delete
      Account Exists                         https://euw.dropmyemail.com/api/interworks/accounts/exists

    Subscriptions Management end points
      Subscription Create                    https://euw.dropmyemail.com/api/interworks/subscriptions/create
      Subscription Update                    https://euw.dropmyemail.com/api/interworks/subscriptions/update
      Subscription Activate                  https://euw.dropmyemail.com/api/interworks/subscriptions/activate
      Subscription Suspend                   https://euw.dropmyemail.com/api/interworks/subscriptions/suspend
      Subscription Cancel                    https://euw.dropmyemail.com/api/interworks/subscriptions/cancel

    Addons Management end points
      Addon Create                           https://euw.dropmyemail.com/api/interworks/addons/create
      Addon Update                           https://euw.dropmyemail.com/api/interworks/addons/update
      Addon Cancel                           https://euw.dropmyemail.com/api/interworks/addons/cancel

    Authentication section
      Account Synchronize URL                https://euw.dropmyemail.com/api/interworks/accounts/synchronize
      Subscription Create URL                https://euw.dropmyemail.com/api/interworks/subscriptions/create
      Subscription Update URL                https://euw.dropmyemail.com/api/interworks/subscriptions/update
      Subscription Activate URL              https://euw.dropmyemail.com/api/interworks/subscriptions/activate
      Subscription Cancel URL                https://euw.dropmyemail.com/api/interworks/subscriptions/cancel
      Addon Create URL                       https://euw.dropmyemail.com/api/interworks/addons/create
      Addon Update URL                       https://euw.dropmyemail.com/api/interworks/addons/update
      Addon Cancel URL                       https://euw.dropmyemail.com/api/interworks/addons/cancel
    ");
}

#[test]
fn the_readme_lists_every_code_with_its_status_and_meaning() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
    let row = |code: &ErrorCode| {
        let shown = if code.is_for_customer() { "yes" } else { "no" };
        format!("| {} | {} | {shown} | {} |", code.number(), bss_status(*code).as_u16(), code.description())
    };
    let missing: Vec<_> = ErrorCode::ALL.iter().map(row).filter(|row| !readme.lines().any(|line| line == row)).collect();
    assert!(missing.is_empty(), "README.md, Error codes, lacks:\n{}", missing.join("\n"));
    let rows = readme.lines().filter(|line| line.starts_with("| -")).filter(|line| !line.starts_with("| ---"));
    assert_eq!(rows.count(), ErrorCode::ALL.len(), "README.md lists a code that no longer is");
}
