//! Serves a router on a port. Unlike `axum::serve`, it can drop a connection without a response, for fault rules.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use http::Request;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt;

use crate::faults::Cut;
use crate::stack::{ListenError, Options, StartError};

/// Maximum body, in bytes. `DynamoDB`'s limit is also 16 MB.
pub(crate) const MAX_BODY: usize = 16 * 1024 * 1024;

/// A running server. Dropping it closes the port and every connection.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Returns the address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Listens on a port of the block.
pub(crate) async fn listen(options: &Options, offset: u16) -> Result<TcpListener, StartError> {
    let port = match options.port {
        0 => 0,
        first => first.checked_add(offset).ok_or("the block of seven ports ends above 65535")?,
    };
    let address = SocketAddr::new(options.address, port);
    Ok(TcpListener::bind(address).await.map_err(|source| ListenError { address, source })?)
}

/// Serves `router` (see [`Faults::around`](crate::faults::Faults::around)) on `listener`.
///
/// A request that was read is processed even if the client disconnects meanwhile, as at a slow vendor.
pub fn serve(listener: TcpListener, router: Router) -> io::Result<Server> {
    let address = listener.local_addr()?;
    let accepting = tokio::spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, caller)) => {
                        connections.spawn(converse(stream, caller, router.clone()));
                    }
                    // Most likely out of file descriptors. Others will be closed soon.
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                },
                Some(_) = connections.join_next() => {}
            }
        }
    });
    Ok(Server { address, accepting })
}

async fn converse(stream: TcpStream, caller: SocketAddr, router: Router) {
    let service = service_fn(|request| answer(router.clone(), caller, request));
    if stream.set_nodelay(true).is_ok()
        && let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await
    {
        tracing::debug!(%error, "connection closed");
    }
}

async fn answer(
    router: Router,
    caller: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response, Box<dyn Error + Send + Sync>> {
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(ConnectInfo(caller));
    let body = Limited::new(body, MAX_BODY).collect().await?.to_bytes();
    let request = Request::from_parts(parts, Body::from(body));
    // In a separate task, because hyper drops this future when the client disconnects.
    let response = tokio::spawn(router.oneshot(request)).await??;
    match response.extensions().get::<Cut>() {
        Some(_) => Err("dropped by a fault rule".into()),
        None => Ok(response),
    }
}
