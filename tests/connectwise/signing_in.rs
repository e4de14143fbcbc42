//! Site, company, keys and codebase.

use serde_json::json;
use service_manager::connectwise::api::{company, system};
use service_manager::connectwise::{ConnectWiseError, CredentialsError, SiteError};

use super::{ACME, DEMO, Desk};
use service_manager::connectwise::{Config, Credentials, Site};

#[tokio::test]
async fn the_codebase_is_looked_up_once() {
    let desk = Desk::start().await;
    desk.client().one(&company::get(ACME)).await.unwrap();
    desk.client().one(&company::get(ACME)).await.unwrap();
    let paths: Vec<_> = desk.sandbox.calls().into_iter().map(|call| call.path).collect();
    let get = "/v4_6_release/apis/3.0/company/companies/19";
    assert_eq!(paths, ["/login/companyinfo/demo", get, get]);
    let names: Vec<_> = desk.log.calls().iter().map(|call| call.name).collect();
    assert_eq!(names, ["company-info", "company", "company"]);
}

#[tokio::test]
async fn after_an_upgrade_the_call_is_made_again_where_the_instance_is_now() {
    let old = json!({ "path": "/login/companyinfo/*", "times": 1, "status": 200, "body": { "Codebase": "v2017_3/" } });
    // As the gateway answers, and as a server that has nothing there.
    for gone in [json!([old]), json!([old, { "path": "/v2017_3/*", "status": 404, "body": "<html>Not found</html>" }])]
    {
        let desk = Desk::start().await;
        desk.faults(gone);
        assert_eq!(desk.client().one(&company::get(ACME)).await.unwrap().identifier, "AcmeCorp");
        assert_eq!(desk.sandbox.calls().len(), 4);
    }
}

#[tokio::test]
async fn what_is_not_there_is_asked_for_once() {
    let desk = Desk::start().await;
    let error = desk.client().one(&company::get(super::CompanyId::new(7))).await.unwrap_err();
    assert!(matches!(&error, ConnectWiseError::Absent { message } if message == "Company 7 not found"), "{error}");
    assert_eq!(desk.calls("GET", "/company/companies/7"), 1);
    assert!(error.explain().contains("Company 7 not found"));
}

#[tokio::test]
async fn a_site_that_does_not_tell_has_the_usual_codebase() {
    let desk = Desk::start().await;
    desk.faults(json!([{ "path": "/login/companyinfo/*", "status": 404, "body": "<html>" }]));
    assert_eq!(desk.client().one(&company::get(ACME)).await.unwrap().name, "Acme Corp");
}

#[tokio::test]
async fn a_company_that_the_site_does_not_know() {
    let desk = Desk::of_member(["other", "pub", "priv"]).await;
    let error = desk.client().missing_rights().await.unwrap_err();
    assert!(matches!(&error, ConnectWiseError::UnknownCompany { company } if company == "other"), "{error}");
    assert!(error.explain().contains("knows no company other"), "{}", error.explain());
}

#[tokio::test]
async fn a_company_that_is_not_routed() {
    let desk = Desk::of_member(["other", "pub", "priv"]).await;
    desk.faults(json!([{ "path": "/login/*", "status": 200, "body": { "Codebase": "v4_6_release/" } }]));
    let error = desk.client().one(&company::get(ACME)).await.unwrap_err();
    assert!(matches!(error, ConnectWiseError::Unroutable { .. }), "{error}");
    assert_eq!(desk.calls("GET", "/company/companies/19"), 1);
}

#[tokio::test]
async fn the_instance_tells_its_zone_even_without_keys() {
    let desk = Desk::of_member(["demo", "pub", "guess"]).await;
    let info = desk.client().one(&system::info()).await.unwrap();
    assert_eq!((info.version.as_str(), info.server_time_zone.as_deref()), ("v2026.4", Some("Eastern Standard Time")));
    let error = desk.client().missing_rights().await.unwrap_err();
    assert!(matches!(error, ConnectWiseError::Credentials { .. }), "{error}");
}

#[test]
fn what_the_msp_typed_wrongly_is_named() {
    let config = Config::of_client(super::CLIENT_ID).unwrap();
    assert_eq!(Site::parse("", &config).unwrap_err(), SiteError::Missing);
    let site = Site::parse("https://na.myconnectwise.net/v4_6_release/", &config).unwrap();
    assert_eq!(site.to_string(), "api-na.myconnectwise.net");
    let [company, _, private] = DEMO;
    assert_eq!(Credentials::new(company, "", &private.into()).unwrap_err(), CredentialsError::PublicKey);
    assert!(Config::of_client("mine").unwrap_err().to_string().starts_with("CONNECTWISE_CLIENT_ID"));
}
