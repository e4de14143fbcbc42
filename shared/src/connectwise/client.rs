//! The client. No other code of this room sends.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::header::AUTHORIZATION;
use url::Url;

use crate::connectwise::permission::Permission;
use crate::connectwise::query::NextPage;
use crate::connectwise::request::RawRequest;
use crate::connectwise::{
    Config, ConnectWiseError, Credentials, Entity, ListRequest, MODELS, SingleRequest, Site, classify, codebase,
    decode, probe, query,
};
use crate::http_client::Deadline;
use crate::http_client::{Effect, HttpClient, OutboundCallLog, Request, Response};

/// Limit of a list's pages. No list that a person could use is longer.
const MAX_PAGES: u32 = 200;

/// Shared state of all ConnectWise clients: one per process.
#[derive(Debug)]
pub struct ConnectWise {
    config: Config,
    http_client: HttpClient,
    /// The codebase by site and company, as last reported.
    codebases: Mutex<HashMap<(Url, String), String>>,
}

impl ConnectWise {
    /// Returns the shared state. Requests use the connections of `http_client`, limited to `config.requests_per_minute`.
    pub fn new(config: Config, http_client: HttpClient) -> Self {
        let http_client = http_client.with_rate_limit(config.requests_per_minute);
        Self { config, http_client, codebases: Mutex::default() }
    }

    /// Returns the configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Returns a client of one MSP's ConnectWise. Requests end by `deadline` and are recorded in `outbound_calls`.
    pub fn client<'a>(
        &'a self,
        site: &Site,
        credentials: &'a Credentials,
        deadline: Deadline,
        outbound_calls: &'a OutboundCallLog,
    ) -> Client<'a> {
        Client { connectwise: self, origin: site.origin(&self.config), credentials, deadline, outbound_calls }
    }
}

/// A client of one MSP's ConnectWise, for one unit of work.
#[derive(Clone, Debug)]
pub struct Client<'a> {
    connectwise: &'a ConnectWise,
    origin: Url,
    credentials: &'a Credentials,
    deadline: Deadline,
    outbound_calls: &'a OutboundCallLog,
}

impl Client<'_> {
    /// Sends a request and returns the one record of its response.
    pub async fn send<T: Entity>(&self, request: &SingleRequest<T>) -> Result<T, ConnectWiseError> {
        decode::decode(&self.send_raw(&request.raw).await?).map_err(|error| match error {
            // The change was probably made. Without its record it is not known to be the one that was asked for.
            ConnectWiseError::InvalidResponse { reason } if request.raw.effect() == Effect::Write => {
                ConnectWiseError::OutcomeUnknown { reason }
            }
            error => error,
        })
    }

    /// Requests one record. `None` if ConnectWise does not have it.
    pub async fn send_optional<T: Entity>(&self, request: &SingleRequest<T>) -> Result<Option<T>, ConnectWiseError> {
        match self.send(request).await {
            Err(ConnectWiseError::NotFound { .. }) => Ok(None),
            found => found.map(Some),
        }
    }

    /// Shows that ConnectWise accepts the site, the company and the keys.
    ///
    /// # Errors
    /// The error of ConnectWise. A missing permission is none.
    pub async fn check_credentials(&self) -> Result<(), ConnectWiseError> {
        match self.send_raw(&probe::probe_request()).await {
            Ok(_) | Err(ConnectWiseError::Forbidden { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Reads all pages of a list. A full page without links is followed by a look at the next one.
    ///
    /// # Errors
    /// [`ConnectWiseError::InvalidResponse`] if the list cannot be read to its end.
    pub async fn list_all<T: Entity>(&self, list: &ListRequest<T>) -> Result<Vec<T>, ConnectWiseError> {
        let (mut rows, mut page, mut previous) = (Vec::new(), 1, None);
        loop {
            let (read, next) = self.read_page(list, page).await?;
            let first = read.first().map(Entity::id);
            if first.is_some() && first == previous {
                return Err(ConnectWiseError::InvalidResponse {
                    reason: format!("page {page} repeats the one before"),
                });
            }
            previous = first;
            rows.extend(read.into_iter().filter(|row| list.keeps(row)));
            match next {
                None => return Ok(rows),
                Some(next) => page = next,
            }
        }
    }

    /// Reads one page of a list, and returns the number of the next page. The first page has the number 1.
    ///
    /// # Errors
    /// [`ConnectWiseError::InvalidResponse`] if the number of the next page does not lead on.
    pub async fn list_page<T: Entity>(
        &self,
        list: &ListRequest<T>,
        page: u32,
    ) -> Result<(Vec<T>, Option<u32>), ConnectWiseError> {
        let (rows, next) = self.read_page(list, page).await?;
        Ok((rows.into_iter().filter(|row| list.keeps(row)).collect(), next))
    }

    async fn read_page<T: Entity>(
        &self,
        list: &ListRequest<T>,
        page: u32,
    ) -> Result<(Vec<T>, Option<u32>), ConnectWiseError> {
        let response = self.send_raw(&list.page(page)).await?;
        let rows = decode::decode::<Vec<T>>(&response)?;
        let next = match query::next_page(&response)? {
            NextPage::Number(next) => Some(next),
            NextPage::NotStated if rows.len() >= usize::from(list.page_size) => Some(page.saturating_add(1)),
            NextPage::NotStated | NextPage::None => None,
        };
        match next {
            Some(next) if next <= page || next > MAX_PAGES => {
                Err(ConnectWiseError::InvalidResponse { reason: format!("page {next} after page {page}") })
            }
            next => Ok((rows, next)),
        }
    }

    /// Sends a request. A 404 is accepted only if the credentials are valid, because a cloud also answers wrong credentials
    /// with 404 (`docs/vendors/connectwise.md`, "Connection, authentication, versions").
    pub(super) async fn send_raw(&self, request: &RawRequest) -> Result<Response, ConnectWiseError> {
        let not_found = match self.route(request).await {
            Err(not_found @ ConnectWiseError::NotFound { .. }) => not_found,
            other => return other,
        };
        match self.route(&probe::probe_request()).await {
            Ok(_) | Err(ConnectWiseError::Forbidden { .. }) => Err(not_found),
            Err(ConnectWiseError::NotFound { message }) => Err(ConnectWiseError::Unauthorized { message }),
            Err(error) => Err(error),
        }
    }

    /// Sends a request, and repeats it once if the instance has migrated to another codebase.
    async fn route(&self, request: &RawRequest) -> Result<Response, ConnectWiseError> {
        let codebase = match self.known_codebase() {
            Some(codebase) => codebase,
            None => self.fetch_codebase().await?,
        };
        let error = match self.attempt(request, &codebase).await {
            Err(error) if error.may_have_migrated(&request.method) => error,
            other => return other,
        };
        match self.fetch_codebase().await {
            Ok(current) if current != codebase => self.attempt(request, &current).await,
            Ok(_) | Err(_) => Err(error),
        }
    }

    async fn attempt(&self, request: &RawRequest, codebase: &str) -> Result<Response, ConnectWiseError> {
        let mut url = self.origin.clone();
        url.set_path(&format!("{codebase}apis/3.0{}", request.path));
        if !request.query.is_empty() {
            url.set_query(Some(&query::encoded(&request.query)));
        }
        let http_request = Request {
            name: request.name,
            effect: request.effect(),
            method: request.method.clone(),
            url,
            path_template: request.path_template().into(),
            credentials: vec![
                (AUTHORIZATION.as_str(), self.credentials.authorization().clone()),
                ("clientid", self.connectwise.config.client_id.clone()),
            ],
            accept: MODELS,
            body: request.body.clone(),
        };
        let response = self.connectwise.http_client.send(&http_request, self.deadline, self.outbound_calls).await?;
        if response.status.is_success() {
            return Ok(response);
        }
        Err(classify::classify_response(
            &response,
            request.effect(),
            &request.touched,
            Permission::required(&request.method, &request.path),
        ))
    }

    async fn fetch_codebase(&self) -> Result<String, ConnectWiseError> {
        let company = self.credentials.company();
        let request = codebase::lookup_request(&self.origin, company);
        let response = self.connectwise.http_client.send(&request, self.deadline, self.outbound_calls).await?;
        let codebase = codebase::parse(&response, company)?;
        let mut codebases = self.connectwise.codebases.lock().unwrap_or_else(PoisonError::into_inner);
        codebases.insert(self.instance(), codebase.clone());
        Ok(codebase)
    }

    fn known_codebase(&self) -> Option<String> {
        let codebases = self.connectwise.codebases.lock().unwrap_or_else(PoisonError::into_inner);
        codebases.get(&self.instance()).cloned()
    }

    fn instance(&self) -> (Url, String) {
        (self.origin.clone(), self.credentials.company().to_owned())
    }
}
