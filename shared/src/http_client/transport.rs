//! The connections of this process: one TLS configuration for the vendors, ConnectWise and AWS.
//!
//! The provider of cryptography is ring and the roots are Mozilla's, compiled in; see
//! `docs/decisions/0006-one-tls-stack-with-ring.md`.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

/// Built once: parsing the roots takes most of the time.
static TLS: LazyLock<Result<ClientConfig, rustls::Error>> = LazyLock::new(|| {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    #[cfg(feature = "extra-root")]
    let roots = with_extra_root(roots)?;
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
});

/// Adds the DER certificate in the file that `EXTRA_ROOT` named when this was compiled.
#[cfg(feature = "extra-root")]
fn with_extra_root(mut roots: RootCertStore) -> Result<RootCertStore, rustls::Error> {
    let path = option_env!("EXTRA_ROOT").unwrap_or_default();
    let certificate = std::fs::read(path).map_err(|error| rustls::Error::General(format!("{path}: {error}")))?;
    roots.add(certificate.into())?;
    Ok(roots)
}

/// A client that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// TLS cannot be configured.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
    /// The client cannot be built.
    #[error(transparent)]
    Client(#[from] reqwest::Error),
}

/// Returns the settings of a client: this process's TLS configuration, HTTP/1.1, and no redirects, because an address
/// from a setting must not lead to another host.
///
/// # Errors
/// TLS cannot be configured.
pub fn client_builder() -> Result<reqwest::ClientBuilder, TransportError> {
    let tls = TLS.as_ref().map_err(Clone::clone)?.clone();
    let builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        // A frozen Lambda environment resumes with dead sockets, so idle ones are closed before the other side closes
        // them.
        .pool_idle_timeout(Duration::from_secs(15));
    Ok(builder)
}
