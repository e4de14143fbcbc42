//! The one place that sends.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::Method;
use http::header::AUTHORIZATION;
use url::Url;

use crate::connectwise::permissions::Right;
use crate::connectwise::request::Call;
use crate::connectwise::{
    Config, ConnectWiseError, Credentials, List, MODELS, One, Record, Site, codebase, decode, error, permissions, query,
};
use crate::http_client::Deadline;
use crate::http_client::{OutboundCallLog, Effect, Request, Response, HttpClient};

/// More pages than that no list has that a person could use.
const MAX_PAGES: u32 = 200;

/// The way to every ConnectWise: one per process.
#[derive(Debug)]
pub struct ConnectWise {
    config: Config,
    sender: HttpClient,
    /// By site and company, as they were told last.
    codebases: Mutex<HashMap<(Url, String), String>>,
}

impl ConnectWise {
    /// The way that `config` says, by `sender`'s connections, no faster than `config` says.
    pub fn new(config: Config, sender: HttpClient) -> Self {
        let sender = sender.with_rate_limit(config.requests_per_minute);
        Self { config, sender, codebases: Mutex::default() }
    }

    /// What the deployment says.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// An MSP's ConnectWise, whose answers must be there by `deadline`; calls are noted in `log`.
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

/// One MSP's ConnectWise, for the time of one piece of work.
#[derive(Clone, Debug)]
pub struct Client<'a> {
    connectwise: &'a ConnectWise,
    origin: Url,
    credentials: &'a Credentials,
    deadline: Deadline,
    log: &'a OutboundCallLog,
}

impl Client<'_> {
    /// Makes a call that is answered with one record.
    pub async fn one<T: Record>(&self, one: &One<T>) -> Result<T, ConnectWiseError> {
        decode::read(&self.send(&one.call).await?)
    }

    /// Reads a list to its end.
    pub async fn all<T: Record>(&self, list: &List<T>) -> Result<Vec<T>, ConnectWiseError> {
        let (mut rows, mut page) = (Vec::new(), 1);
        loop {
            let response = self.send(&list.page(page)).await?;
            rows.extend(decode::read::<Vec<T>>(&response)?);
            match query::next_page(&response)? {
                None => return Ok(rows),
                Some(next) if next > page && next <= MAX_PAGES => page = next,
                Some(next) => {
                    return Err(ConnectWiseError::Unreadable { reason: format!("page {next} after page {page}") });
                }
            }
        }
    }

    /// Sends a call. That something is not there is believed only of keys that are good: a cloud answers wrong ones with 404
    /// as well (`reference/connectwise.md` 2).
    pub(super) async fn send(&self, call: &Call) -> Result<Response, ConnectWiseError> {
        let absent = match self.route(call).await {
            Err(absent @ ConnectWiseError::Absent { .. }) => absent,
            other => return other,
        };
        match self.route(&permissions::proof()).await {
            Ok(_) | Err(ConnectWiseError::NotPermitted { .. }) => Err(absent),
            Err(ConnectWiseError::Absent { message }) => Err(ConnectWiseError::Credentials { message }),
            Err(error) => Err(error),
        }
    }

    /// Sends a call, once more if the instance turns out to have moved to another codebase meanwhile.
    async fn route(&self, call: &Call) -> Result<Response, ConnectWiseError> {
        let codebase = match self.known_codebase() {
            Some(codebase) => codebase,
            None => self.look_up_codebase().await?,
        };
        let error = match self.attempt(call, &codebase).await {
            Err(error) if error.may_have_moved(&call.method) => error,
            other => return other,
        };
        match self.look_up_codebase().await {
            Ok(fresh) if fresh != codebase => self.attempt(call, &fresh).await,
            Ok(_) | Err(_) => Err(error),
        }
    }

    async fn attempt(&self, call: &Call, codebase: &str) -> Result<Response, ConnectWiseError> {
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
        Err(error::refused(&response, &call.touched, Right::needed(&call.method, &call.path)))
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
