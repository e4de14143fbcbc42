//! Puts a router on a port. Plain `axum::serve` cannot leave a request unanswered; this can, for the faults that drop
//! the connection.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
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

/// `DynamoDB` takes no more than 16 MB either.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// A running server: dropping it closes the port and every connection.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Serves `router` (see [`Faults::around`](crate::faults::Faults::around)) on `listener`.
///
/// A request once read is worked off even if the client goes away meanwhile, as a slow vendor does.
pub fn serve(listener: TcpListener, router: Router) -> io::Result<Server> {
    let address = listener.local_addr()?;
    let accepting = tokio::spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(converse(stream, router.clone()));
                    }
                    // Out of file descriptors, most likely: some will be closed soon.
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                },
                Some(_) = connections.join_next() => {}
            }
        }
    });
    Ok(Server { address, accepting })
}

async fn converse(stream: TcpStream, router: Router) {
    let service = service_fn(|request| answer(router.clone(), request));
    if stream.set_nodelay(true).is_ok()
        && let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await
    {
        tracing::debug!(%error, "connection closed");
    }
}

async fn answer(router: Router, request: Request<Incoming>) -> Result<Response, Box<dyn Error + Send + Sync>> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY).collect().await?.to_bytes();
    let request = Request::from_parts(parts, Body::from(body));
    // A task of its own: hyper drops this future when the client disconnects.
    let response = tokio::spawn(router.oneshot(request)).await??;
    match response.extensions().get::<Cut>() {
        Some(_) => Err("dropped by a fault rule".into()),
        None => Ok(response),
    }
}
