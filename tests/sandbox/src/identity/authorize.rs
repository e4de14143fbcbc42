//! The page at which a person signs in, and the way back with a code (OpenID Connect Core, section 3.1.2).

use std::collections::BTreeMap;

use axum::extract::{Path, Query, State as Extracted};
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use http::header::LOCATION;
use url::Url;
use uuid::Uuid;

use super::{CLIENTS, Code, IdentitySandbox, PEOPLE, Request};

/// A sign-in that the provider does not offer.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The address is no request of a registered client.
    #[error("the request is refused: {0}")]
    Refused(String),
    /// The provider has no such person.
    #[error("no such person")]
    NoPerson,
}

impl IdentitySandbox {
    /// Signs a person in at the address of a request, as one does on the page. Returns the address to which the person is sent
    /// back.
    ///
    /// # Errors
    /// The provider refuses the request, or has no such person.
    pub fn sign_in(&self, address: &str, email: &str) -> Result<Url, SignInError> {
        let refused = |text: &str| SignInError::Refused(text.to_owned());
        let url = Url::parse(address).map_err(|_| refused("it is no address"))?;
        let number = self.begin(&url.query_pairs().into_owned().collect()).map_err(|refusal| match refusal {
            Refusal::Page(text) => refused(text),
            Refusal::Back(url) => refused(url.as_str()),
        })?;
        let person = PEOPLE.iter().position(|person| person.email == email).ok_or(SignInError::NoPerson)?;
        self.choose(number, person).ok_or_else(|| refused("it is over"))
    }

    /// Checks a request and keeps it. Returns its number.
    fn begin(&self, query: &BTreeMap<String, String>) -> Result<u64, Refusal> {
        let text = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
        let mut provider = self.lock();
        let client_id = text("client_id");
        if !CLIENTS.iter().any(|client| client.id == client_id) {
            return Err(Refusal::Page("The client is unknown."));
        }
        // No person is sent to an address that is not registered.
        let redirect = text("redirect_uri");
        let is_registered = provider
            .redirects
            .iter()
            .any(|registered| registered.client_id == client_id && registered.redirect_uri == redirect);
        if !is_registered {
            return Err(Refusal::Page("The redirect URI is not registered."));
        }
        let back = |error: &str| match Url::parse(redirect) {
            Ok(mut url) => {
                url.query_pairs_mut()
                    .append_pair("error", error)
                    .append_pair("state", text("state"))
                    .append_pair("iss", self.issuer());
                Refusal::Back(url)
            }
            Err(_) => Refusal::Page("The redirect URI is no address."),
        };
        if text("response_type") != "code" {
            return Err(back("unsupported_response_type"));
        }
        if !text("scope").split(' ').any(|scope| scope == "openid") {
            return Err(back("invalid_scope"));
        }
        let challenge = text("code_challenge");
        if text("code_challenge_method") != "S256" || challenge.len() != 43 || text("state").is_empty() {
            return Err(back("invalid_request"));
        }
        provider.count += 1;
        let number = provider.count;
        let request = Request {
            client_id: client_id.to_owned(),
            redirect_uri: redirect.to_owned(),
            state: text("state").to_owned(),
            nonce: text("nonce").to_owned(),
            challenge: challenge.to_owned(),
        };
        provider.requests.insert(number, request);
        Ok(number)
    }

    /// Gives a person a code. Returns the address to which the person is sent back; `None` if the request is over.
    fn choose(&self, number: u64, person: usize) -> Option<Url> {
        let now = self.now();
        let mut provider = self.lock();
        let request = provider.requests.remove(&number)?;
        let code = format!("code-{}", Uuid::new_v4().simple());
        let mut url = Url::parse(&request.redirect_uri).ok()?;
        url.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &request.state)
            .append_pair("iss", self.issuer());
        provider.codes.insert(code, Code { request, person, auth_time: now, is_used: false });
        Some(url)
    }
}

/// A request that is refused.
enum Refusal {
    /// The person sees a page, because nothing says where else to go.
    Page(&'static str),
    /// The person is sent back.
    Back(Url),
}

/// The page: a link for each person. No sign-in is remembered, so each is a new one.
pub(super) async fn page(
    provider: Extracted<IdentitySandbox>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    match provider.begin(&query) {
        Ok(number) => {
            let link = |(place, person): (usize, &super::Person)| {
                let email = person.email;
                format!("<li><a href=\"/authorize/{number}/{place}\">{email}</a></li>")
            };
            let links: String = PEOPLE.iter().enumerate().map(link).collect();
            Html(format!(
                "<!DOCTYPE html><html lang=\"en\"><title>Identity provider</title><h1>Who are you?</h1><ul>{links}</ul></html>"
            ))
            .into_response()
        }
        Err(Refusal::Page(text)) => (StatusCode::BAD_REQUEST, Html(format!("<h1>{text}</h1>"))).into_response(),
        Err(Refusal::Back(url)) => found(&url),
    }
}

/// A person was chosen.
pub(super) async fn chosen(
    provider: Extracted<IdentitySandbox>,
    Path((number, person)): Path<(u64, usize)>,
) -> Response {
    if person >= PEOPLE.len() {
        return (StatusCode::NOT_FOUND, Html("<h1>There is no such person.</h1>")).into_response();
    }
    match provider.choose(number, person) {
        Some(url) => found(&url),
        None => (StatusCode::BAD_REQUEST, Html("<h1>This sign-in is over.</h1>")).into_response(),
    }
}

fn found(url: &Url) -> Response {
    (StatusCode::FOUND, [(LOCATION, url.to_string())]).into_response()
}
