//! The connections of the AWS SDK, over the same transport as everything else.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

use super::transport::{self, TransportError};

/// Maximum duration of a connect to AWS, in its own region.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Returns the client that the SDK's clients share, with one connection pool. It ends a call after the SDK's read
/// timeout, if one is set.
///
/// # Errors
/// TLS cannot be configured.
pub fn aws_http_client() -> Result<SharedHttpClient, TransportError> {
    let client = transport::client_builder()?.connect_timeout(CONNECT_TIMEOUT).build()?;
    Ok(SharedHttpClient::new(AwsClient(client)))
}

#[derive(Clone, Debug)]
struct AwsClient(reqwest::Client);

impl HttpClient for AwsClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(AwsConnector { client: self.0.clone(), read_timeout: settings.read_timeout() })
    }
}

#[derive(Debug)]
struct AwsConnector {
    client: reqwest::Client,
    read_timeout: Option<Duration>,
}

impl HttpConnector for AwsConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.client.clone();
        let read_timeout = self.read_timeout;
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let mut request = reqwest::Request::try_from(request.map(reqwest::Body::wrap))
                .map_err(|error| ConnectorError::user(error.into()))?;
            *request.timeout_mut() = read_timeout;
            let response = client.execute(request).await.map_err(connector_error)?;
            HttpResponse::try_from(http::Response::from(response).map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// Tells the SDK which failures it may retry.
fn connector_error(error: reqwest::Error) -> ConnectorError {
    if error.is_timeout() {
        ConnectorError::timeout(error.into())
    } else if error.is_builder() {
        ConnectorError::user(error.into())
    } else {
        ConnectorError::io(error.into())
    }
}
