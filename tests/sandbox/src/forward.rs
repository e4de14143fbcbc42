//! Passes requests on to another server.

use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, header};

/// Sends a request to `url`, and returns the response.
pub(crate) async fn forward(
    client: &reqwest::Client,
    url: &str,
    method: Method,
    mut headers: HeaderMap,
    body: Bytes,
) -> reqwest::Result<Response> {
    remove_connection_headers(&mut headers);
    let mut answer = client.request(method, url).headers(headers).body(body).send().await?;
    let mut headers = std::mem::take(answer.headers_mut());
    remove_connection_headers(&mut headers);
    Ok((answer.status(), headers, answer.bytes().await?).into_response())
}

/// Removes the headers of a single connection, and the length, which is set again.
fn remove_connection_headers(headers: &mut HeaderMap) {
    for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH, header::EXPECT, header::HOST] {
        headers.remove(name);
    }
}
