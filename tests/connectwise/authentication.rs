//! Authentication: site, company, keys and codebase.

use serde_json::json;
use service_manager::connectwise::api::{company, system};
use service_manager::connectwise::{ConnectWiseError, CredentialsError, SiteError};

use super::{ACME, DEMO, Fixture};
use service_manager::connectwise::{Config, Credentials, Site};

#[tokio::test]
async fn the_codebase_is_looked_up_once() {
    let fixture = Fixture::start().await;
    fixture.client().send(&company::get(ACME)).await.unwrap();
    fixture.client().send(&company::get(ACME)).await.unwrap();
    let paths: Vec<_> = fixture.sandbox.calls().into_iter().map(|call| call.path).collect();
    let get = "/v4_6_release/apis/3.0/company/companies/19";
    assert_eq!(paths, ["/login/companyinfo/demo", get, get]);
    let names: Vec<_> = fixture.log.calls().iter().map(|call| call.name).collect();
    assert_eq!(names, ["company-info", "company", "company"]);
}

#[tokio::test]
async fn after_an_upgrade_the_call_is_repeated_at_the_new_codebase() {
    let old = json!({ "path": "/login/companyinfo/*", "times": 1, "status": 200, "body": { "Codebase": "v2017_3/" } });
    // The response of the gateway, and that of a server without this codebase.
    for gone in [json!([old]), json!([old, { "path": "/v2017_3/*", "status": 404, "body": "<html>Not found</html>" }])]
    {
        let fixture = Fixture::start().await;
        fixture.faults(gone);
        assert_eq!(fixture.client().send(&company::get(ACME)).await.unwrap().identifier, "AcmeCorp");
        assert_eq!(fixture.sandbox.calls().len(), 4);
    }
}

#[tokio::test]
async fn not_found_is_not_retried() {
    let fixture = Fixture::start().await;
    let error = fixture.client().send(&company::get(super::CompanyId::new(7))).await.unwrap_err();
    assert!(matches!(&error, ConnectWiseError::NotFound { message } if message == "Company 7 not found"), "{error}");
    assert_eq!(fixture.calls("GET", "/company/companies/7"), 1);
    assert!(error.user_message().contains("Company 7 not found"));
}

#[tokio::test]
async fn a_site_without_codebase_look_up_has_the_default_codebase() {
    let fixture = Fixture::start().await;
    fixture.faults(json!([{ "path": "/login/companyinfo/*", "status": 404, "body": "<html>" }]));
    assert_eq!(fixture.client().send(&company::get(ACME)).await.unwrap().name, "Acme Corp");
}

#[tokio::test]
async fn a_company_unknown_to_the_site() {
    let fixture = Fixture::of_member(["other", "pub", "priv"]).await;
    let error = fixture.client().missing_permissions().await.unwrap_err();
    assert!(matches!(&error, ConnectWiseError::UnknownCompany { company } if company == "other"), "{error}");
    assert!(error.user_message().contains("has no company other"), "{}", error.user_message());
}

#[tokio::test]
async fn a_company_that_is_not_routed() {
    let fixture = Fixture::of_member(["other", "pub", "priv"]).await;
    fixture.faults(json!([{ "path": "/login/*", "status": 200, "body": { "Codebase": "v4_6_release/" } }]));
    let error = fixture.client().send(&company::get(ACME)).await.unwrap_err();
    assert!(matches!(error, ConnectWiseError::SiteMismatch { .. }), "{error}");
    assert_eq!(fixture.calls("GET", "/company/companies/19"), 1);
}

#[tokio::test]
async fn the_time_zone_needs_no_keys() {
    let fixture = Fixture::of_member(["demo", "pub", "guess"]).await;
    let info = fixture.client().send(&system::info()).await.unwrap();
    assert_eq!((info.version.as_str(), info.server_time_zone.as_deref()), ("v2026.4", Some("Eastern Standard Time")));
    let error = fixture.client().missing_permissions().await.unwrap_err();
    assert!(matches!(error, ConnectWiseError::Unauthorized { .. }), "{error}");
}

#[test]
fn invalid_input_of_the_msp_is_named() {
    let config = Config::with_client_id(super::CLIENT_ID).unwrap();
    assert_eq!(Site::parse("", &config).unwrap_err(), SiteError::Missing);
    let site = Site::parse("https://na.myconnectwise.net/v4_6_release/", &config).unwrap();
    assert_eq!(site.to_string(), "api-na.myconnectwise.net");
    let [company, _, private] = DEMO;
    assert_eq!(Credentials::new(company, "", &private.into()).unwrap_err(), CredentialsError::PublicKey);
    assert!(Config::with_client_id("mine").unwrap_err().to_string().starts_with("CONNECTWISE_CLIENT_ID"));
}
