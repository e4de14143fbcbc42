//! The client. No other code of this room sends.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::Method;
use http::header::AUTHORIZATION;
use url::Url;

use crate::connectwise::permission::Permission;
use crate::connectwise::request::RawRequest;
use crate::connectwise::{
    Config, ConnectWiseError, Credentials, Entity, ListRequest, MODELS, SingleRequest, Site, codebase, decode, error,
    probe, query,
};
use crate::http_client::Deadline;
use crate::http_client::{Effect, HttpClient, OutboundCallLog, Request, Response};

/// Limit of a list's pages. No list that a person could use is longer.
const MAX_PAGES: u32 = 200;

/// Shared state of all ConnectWise clients: one per process.
#[derive(Debug)]
pub struct ConnectWise {
    config: Config,
    sender: HttpClient,
    /// The codebase by site and company, as last reported.
    codebases: Mutex<HashMap<(Url, String), String>>,
}

impl ConnectWise {
    /// Returns the shared state. Requests use the connections of `sender`, limited to `config.requests_per_minute`.
    pub fn new(config: Config, sender: HttpClient) -> Self {
        let sender = sender.with_rate_limit(config.requests_per_minute);
        Self { config, sender, codebases: Mutex::default() }
    }

    /// Returns the configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Returns a client of one MSP's ConnectWise. Requests end by `deadline` and are recorded in `log`.
    pub fn client<'a>(
        &'a self,
        site: &Site,
        credentials: &'a Credentials,
        deadline: Deadline,
        log: &'a OutboundCallLog,
    ) -> Client<'a> {
        Client { connectwise: self, origin: site.origin(&self.config), credentials, deadline, log }
    }
}

/// A client of one MSP's ConnectWise, for one unit of work.
#[derive(Clone, Debug)]
pub struct Client<'a> {
    connectwise: &'a ConnectWise,
    origin: Url,
    credentials: &'a Credentials,
    deadline: Deadline,
    log: &'a OutboundCallLog,
}

impl Client<'_> {
    /// Sends a request and returns the one record of its response.
    pub async fn send<T: Entity>(&self, one: &SingleRequest<T>) -> Result<T, ConnectWiseError> {
        decode::read(&self.send_raw(&one.call).await?)
    }

    /// Reads all pages of a list.
    pub async fn list_all<T: Entity>(&self, list: &ListRequest<T>) -> Result<Vec<T>, ConnectWiseError> {
        let (mut rows, mut page) = (Vec::new(), 1);
        loop {
            let response = self.send_raw(&list.page(page)).await?;
            rows.extend(decode::read::<Vec<T>>(&response)?);
            match query::next_page(&response)? {
                None => return Ok(rows),
                Some(next) if next > page && next <= MAX_PAGES => page = next,
                Some(next) => {
                    return Err(ConnectWiseError::InvalidResponse { reason: format!("page {next} after page {page}") });
                }
            }
        }
    }

    /// Sends a request. A 404 is accepted only if the credentials are valid, because a cloud also answers wrong credentials
    /// with 404 (`docs/vendors/connectwise.md`, "Connection, authentication, versions").
    pub(super) async fn send_raw(&self, call: &RawRequest) -> Result<Response, ConnectWiseError> {
        let absent = match self.route(call).await {
            Err(absent @ ConnectWiseError::NotFound { .. }) => absent,
            other => return other,
        };
        match self.route(&probe::probe_request()).await {
            Ok(_) | Err(ConnectWiseError::Forbidden { .. }) => Err(absent),
            Err(ConnectWiseError::NotFound { message }) => Err(ConnectWiseError::Unauthorized { message }),
            Err(error) => Err(error),
        }
    }

    /// Sends a request, and repeats it once if the instance has migrated to another codebase.
    async fn route(&self, call: &RawRequest) -> Result<Response, ConnectWiseError> {
        let codebase = match self.known_codebase() {
            Some(codebase) => codebase,
            None => self.look_up_codebase().await?,
        };
        let error = match self.attempt(call, &codebase).await {
            Err(error) if error.may_have_migrated(&call.method) => error,
            other => return other,
        };
        match self.look_up_codebase().await {
            Ok(fresh) if fresh != codebase => self.attempt(call, &fresh).await,
            Ok(_) | Err(_) => Err(error),
        }
    }

    async fn attempt(&self, call: &RawRequest, codebase: &str) -> Result<Response, ConnectWiseError> {
        let mut url = self.origin.clone();
        url.set_path(&format!("{codebase}apis/3.0{}", call.path));
        if !call.query.is_empty() {
            url.set_query(Some(&query::encoded(&call.query)));
        }
        let request = Request {
            name: call.name,
            effect: if call.method == Method::GET { Effect::Read } else { Effect::Write },
            method: call.method.clone(),
            url,
            credentials: vec![
                (AUTHORIZATION.as_str(), self.credentials.authorization().clone()),
                ("clientid", self.connectwise.config.client_id.clone()),
            ],
            accept: MODELS,
            body: call.body.clone(),
        };
        let response = self.connectwise.sender.send(&request, self.deadline, self.log).await?;
        if response.status.is_success() {
            return Ok(response);
        }
        Err(error::classify_response(&response, &call.touched, Permission::required(&call.method, &call.path)))
    }

    async fn look_up_codebase(&self) -> Result<String, ConnectWiseError> {
        let company = self.credentials.company();
        let request = codebase::look_up(&self.origin, company);
        let response = self.connectwise.sender.send(&request, self.deadline, self.log).await?;
        let codebase = codebase::read(&response, company)?;
        let mut known = self.connectwise.codebases.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(self.instance(), codebase.clone());
        Ok(codebase)
    }

    fn known_codebase(&self) -> Option<String> {
        let known = self.connectwise.codebases.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&self.instance()).cloned()
    }

    fn instance(&self) -> (Url, String) {
        (self.origin.clone(), self.credentials.company().to_owned())
    }
}
