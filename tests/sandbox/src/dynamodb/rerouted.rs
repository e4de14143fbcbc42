//! Sends requests that are signed for another engine to the forwarder in front of it. Their signatures stay valid, because
//! the forwarder passes them on to the host for which they are signed.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

#[derive(Debug)]
struct Rerouted<T> {
    inner: T,
    forwarder: String,
}

/// Returns a client that sends every request to `forwarder`, a URL.
pub fn rerouted(inner: SharedHttpClient, forwarder: &str) -> SharedHttpClient {
    SharedHttpClient::new(Rerouted { inner, forwarder: forwarder.to_owned() })
}

impl HttpClient for Rerouted<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Rerouted { inner, forwarder: self.forwarder.clone() })
    }
}

impl HttpConnector for Rerouted<SharedHttpConnector> {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        match request.set_uri(self.forwarder.as_str()) {
            Ok(()) => self.inner.call(request),
            Err(error) => HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        }
    }
}
