//! Bodies of requests: of the BSS, of the portal, of reporters.

use std::sync::LazyLock;

use http::Method;
use jiff::Timestamp;
use service_manager::bss::requests::FieldCollection;
use service_manager::bss::{self, AccountDefinition, ServiceDefinition};
use service_manager::domain::error::ServiceError;
use service_manager::domain::order::{Order, OrderKind};
use service_manager::endpoints;
use service_manager::endpoints::portal;
use service_manager::http_client::HttpClient;
use service_manager::vendor::Vendor;
use service_manager::vendor::dropbox::{self, Dropbox};
use service_manager::vendor::dropsuite::{self, Dropsuite};
use service_manager::workers::actions::report::Report;
use url::Url;

/// Both vendors. Nothing is sent to them.
static VENDORS: LazyLock<[Vendor; 2]> = LazyLock::new(|| {
    let nowhere: Url = "http://127.0.0.1:9/".parse().expect("a URL");
    let client = || HttpClient::new().expect("a client");
    let config = dropbox::Config::at(nowhere.clone()).expect("the built-in catalogue");
    [
        Vendor::Dropsuite(Dropsuite::new(dropsuite::Config::at("euwest", nowhere), client())),
        Vendor::Dropbox(Dropbox::new(config, client())),
    ]
});

/// Parses a body of the BSS as each of its types, and what both vendors make of it.
pub fn bss(data: &[u8]) {
    let account = bss::parse::<AccountDefinition>(data);
    let service = bss::parse::<ServiceDefinition>(data);
    if let Err(malformed) = &account {
        assert!(malformed.to_string().len() < 1000 + data.len(), "the message quotes too much");
    }
    let _ = bss::parse::<FieldCollection>(data);
    for vendor in VENDORS.iter() {
        if let Ok(account) = &account {
            explained(vendor.desired_account(account));
        }
        let Ok(service) = &service else { continue };
        let terms = vendor.order_terms();
        for kind in [OrderKind::Create, OrderKind::Update, OrderKind::Cancel, OrderKind::Suspend] {
            explained(Order::parse(service, kind, &terms));
        }
    }
}

/// Parses a body as each type of the portal.
pub fn portal(data: &[u8]) {
    let posts = portal::PORTAL_ENDPOINTS.iter().filter(|endpoint| endpoint.method == Method::POST);
    for body in posts.filter_map(|endpoint| endpoint.contract.request) {
        (body.parses)(data);
    }
    explained(portal::body::<serde_json::Value>(data));
    assert!(endpoints::all_endpoints().count() > 30);
}

/// Parses and validates a report.
pub fn reports(data: &[u8]) {
    if let Ok(report) = portal::body::<Report>(data) {
        let now = Timestamp::from_second(1_795_256_130).expect("a time");
        explained(report.validate("euwest", now));
    }
}

/// Asserts that an error has a message for a person, of a bounded length.
fn explained<T>(result: Result<T, ServiceError>) {
    if let Err(error) = result {
        assert!((10..2_000).contains(&error.message().len()), "{error:?}");
    }
}
