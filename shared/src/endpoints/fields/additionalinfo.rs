//! `GET fields/additionalinfo`: returns what the service manager tells the BSS about itself beyond the settings fields, as
//! a string map. Nothing is told: no settings field is declared as an additional one, so the map is empty.

use futures::FutureExt;
use futures::future::ready;
use http::Method;

use crate::app::grant::Grant;
use crate::bss::TextMap;
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "fields/additionalinfo",
    method: Method::GET,
    contract: Contract::get::<TextMap>(),
    grants: &[Grant::ReadApplications],
    access: Access::Application {
        section: "Setup Configuration",
        title: "Get Additional Info",
        authenticated: false,
        run: |_| ready(EndpointResponse::json(&TextMap::new())).boxed(),
    },
};
