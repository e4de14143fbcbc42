//! The configuration of the AWS clients, from the variables that Lambda sets for a function.
//!
//! The SDK's own loader also looks into profiles, containers and the instance's metadata, and brings a client of STS for them.
//! A function has no use for these.

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use crate::config::{self, ConfigError};
use crate::http_client::aws_http_client;

/// Returns the configuration: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION`, and
/// `AWS_ENDPOINT_URL` or `AWS_ENDPOINT_URL_SERVICE` of a local stack.
///
/// # Errors
/// `AWS_REGION` is not set, or TLS cannot be configured.
pub fn sdk_config() -> Result<SdkConfig, ConfigError> {
    let http_client = aws_http_client().map_err(|error| ConfigError::new("the HTTP client", error.to_string()))?;
    // A stalled connection must not use up a request's time. The store has its own limits.
    let timeouts = TimeoutConfig::builder().operation_timeout(Duration::from_secs(2)).build();
    Ok(SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(config::required("AWS_REGION")?))
        .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
        .service_config(EndpointUrls)
        .timeout_config(timeouts)
        .http_client(http_client)
        .build())
}

/// Reads the settings of a service, for instance `AWS_ENDPOINT_URL_DYNAMODB_STREAMS`, or those of all services.
#[derive(Debug)]
struct EndpointUrls;

impl LoadServiceConfig for EndpointUrls {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_uppercase().replace(' ', "_");
        let names = [format!("{}_{service}", key.env()), key.env().to_owned()];
        names.iter().find_map(|name| config::optional(name))
    }
}
