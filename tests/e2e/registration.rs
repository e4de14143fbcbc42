//! Documentation generated from the code: the URLs for the BSS's registration page, and the table of error codes.

use service_manager::domain::error_code::ErrorCode;
use service_manager::runtime::registration;
use service_manager::runtime::status::bss_status;
use service_manager::vendor::VendorName;

#[test]
fn the_table_of_urls_matches_the_registration_page() {
    insta::assert_snapshot!(registration::table(VendorName::Dropsuite, "https://euw.dropmyemail.com/api/interworks/"), @r"
    Application name: Dropsuite Email Backup
    Reseller Support Enabled: checked

    Setup Configuration end points
      Getting Settings Fields                https://euw.dropmyemail.com/api/interworks/fields/get
      Validate Setting Fields                https://euw.dropmyemail.com/api/interworks/fields/validate
      Get Additional Info                    https://euw.dropmyemail.com/api/interworks/fields/additionalinfo
      Get Service Definitions                https://euw.dropmyemail.com/api/interworks/service/definitions

    Account Management end points
      Account Get Synchronization Options    https://euw.dropmyemail.com/api/interworks/accounts/syncoptions
      Account Synchronize                    https://euw.dropmyemail.com/api/interworks/accounts/synchronize
      Account Delete                         https://euw.dropmyemail.com/api/interworks/accounts/delete
      Account Exists                         https://euw.dropmyemail.com/api/interworks/accounts/exists

    Subscriptions Management end points
      Subscription Create                    https://euw.dropmyemail.com/api/interworks/subscriptions/create
      Subscription Update                    https://euw.dropmyemail.com/api/interworks/subscriptions/update
      Subscription Upgrade To Paid           https://euw.dropmyemail.com/api/interworks/subscriptions/upgradetopaid
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
fn the_reference_lists_every_code_with_its_status_and_description() {
    const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/error-codes.md");
    let page = std::fs::read_to_string(PAGE).unwrap();
    let (_, table) = page.split_once("<!-- generated: error codes -->").unwrap();
    let (table, _) = table.split_once("<!-- end -->").unwrap();
    let row = |code: &ErrorCode| {
        let shown = if code.is_for_customer() { "yes" } else { "no" };
        format!("| {} | {} | {shown} | {} |", code.number(), bss_status(*code).as_u16(), code.description())
    };
    let missing: Vec<_> = ErrorCode::ALL.iter().map(row).filter(|row| !table.lines().any(|line| line == row)).collect();
    assert!(missing.is_empty(), "docs/reference/error-codes.md lacks:\n{}", missing.join("\n"));
    let rows = table.lines().filter(|line| line.starts_with("| -")).filter(|line| !line.starts_with("| ---"));
    assert_eq!(rows.count(), ErrorCode::ALL.len(), "docs/reference/error-codes.md lists a code that no longer exists");
}
