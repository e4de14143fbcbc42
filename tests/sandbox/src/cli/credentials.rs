//! The credentials that the local stack accepts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sandbox::{dropbox, dropsuite};
use service_manager::vendor::VendorName;

/// Settings by their field ids.
pub type Settings = Vec<(&'static str, &'static str)>;

/// The settings of each of the two demo partners of `vendor`.
pub fn settings(vendor: VendorName) -> [Settings; 2] {
    match vendor {
        VendorName::Dropsuite => dropsuite::PARTNERS
            .map(|partner| vec![("ResellerToken", partner.reseller_token), ("AccessToken", partner.admin_token)]),
        VendorName::Dropbox => dropbox::PARTNERS.map(|partner| {
            vec![("ApiKey", partner.user), ("ApiSecret", partner.password), ("DistributorID", partner.distributor_id)]
        }),
    }
}

/// The value of the header `X-CloudPlatform-APIKey` for an API key: its base64.
pub fn api_key_header(key: &str) -> String {
    STANDARD.encode(key)
}
