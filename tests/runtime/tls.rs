//! HTTPS in front of a server that speaks HTTP, as in front of every system that a deployed function calls.

use std::sync::Arc;

use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// A certificate for `localhost`, and servers with it.
pub struct Tls {
    certificate: CertifiedKey<KeyPair>,
    servers: JoinSet<()>,
}

impl Tls {
    /// Makes a certificate.
    pub fn new() -> Self {
        Self { certificate: generate_simple_self_signed(["localhost".to_owned()]).unwrap(), servers: JoinSet::new() }
    }

    /// Returns the certificate, as DER.
    pub fn certificate(&self) -> &[u8] {
        self.certificate.cert.der()
    }

    /// Starts a server in front of `origin`, such as `http://127.0.0.1:80`, for as long as this lives. Returns its origin.
    pub async fn in_front_of(&mut self, origin: &str) -> String {
        let key = PrivateKeyDer::try_from(self.certificate.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let target = origin.strip_prefix("http://").unwrap().to_owned();
        self.servers.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let (acceptor, target) = (acceptor.clone(), target.clone());
                connections.spawn(async move {
                    client.set_nodelay(true)?;
                    let mut client = acceptor.accept(client).await?;
                    let mut server = TcpStream::connect(target).await?;
                    server.set_nodelay(true)?;
                    copy_bidirectional(&mut client, &mut server).await
                });
            }
        });
        format!("https://localhost:{port}")
    }
}
