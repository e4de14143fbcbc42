//! Tests of the ConnectWise client with the sandbox. Every request of every test is checked against the vendor's
//! OpenAPI description.
#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test's own calls must succeed")]

mod additions;
mod authentication;
mod catalog;
mod configurations;
mod conformance;
mod interception;
mod lists;
mod menu;
mod outcomes;
mod rate_limits;
mod recording_proxy;
mod records;
mod rights;
mod tickets;

use std::num::NonZeroU32;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;
use sandbox::clock::SandboxClock;
use sandbox::connectwise::{ConnectWiseSandbox, Settings};
use sandbox::faults::Rule;
use sandbox::serve::{Server, serve};
use serde_json::Value;
use service_manager::connectwise::{Client, CompanyId, Config, ConnectWise, ConnectWiseError, Credentials, Site};
use service_manager::http_client::Deadline;
use service_manager::http_client::{HttpClient, OutboundCallLog};
use tokio::net::TcpListener;

use self::recording_proxy::RecordingProxy;

const ACME: CompanyId = CompanyId::new(19);
const BLUE_LIGHT: CompanyId = CompanyId::new(20);
const CLIENT_ID: &str = "5ad00000-0000-4000-8000-000000000001";
const DEMO: [&str; 3] = ["demo", "pub", "priv"];
const LIMITED: [&str; 3] = ["demo", "pub-limited", "priv-limited"];

/// The sandbox and a client.
struct Fixture {
    sandbox: ConnectWiseSandbox,
    clock: SandboxClock,
    proxy: RecordingProxy,
    server: Server,
    connectwise: ConnectWise,
    credentials: Credentials,
    budget: Duration,
    log: OutboundCallLog,
}

impl Fixture {
    async fn start() -> Self {
        Self::of_member(DEMO).await
    }

    async fn of_member(keys: [&str; 3]) -> Self {
        Self::with(keys, 60_000).await
    }

    async fn with([company, public, private]: [&str; 3], per_minute: u32) -> Self {
        let clock = SandboxClock::default();
        let sandbox = ConnectWiseSandbox::open(None, clock.clone()).unwrap();
        let proxy = RecordingProxy::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = serve(listener, proxy.before(sandbox.router())).unwrap();
        let config = Config {
            base: Some(format!("http://{}/v4_6_release/apis/3.0", server.address()).parse().unwrap()),
            requests_per_minute: NonZeroU32::new(per_minute).unwrap(),
            ..Config::with_client_id(CLIENT_ID).unwrap()
        };
        let connectwise = ConnectWise::new(config, HttpClient::new().unwrap());
        let credentials = Credentials::new(company, public, &private.into()).unwrap();
        let budget = Duration::from_secs(20);
        Self { sandbox, clock, proxy, server, connectwise, credentials, budget, log: OutboundCallLog::default() }
    }

    fn client(&self) -> Client<'_> {
        let site = Site::parse(&self.server.address().to_string(), self.connectwise.config()).unwrap();
        self.connectwise.client(&site, &self.credentials, Deadline::after(self.budget), &self.log)
    }

    /// Sets fault rules.
    fn faults(&self, rules: Value) {
        self.sandbox.faults().set(serde_json::from_value::<Vec<Rule>>(rules).unwrap());
    }

    fn settings(&self, settings: Value) {
        self.sandbox.set_settings(serde_json::from_value::<Settings>(settings).unwrap());
    }

    /// Returns the number of records of a kind in the sandbox.
    fn count(&self, noun: &str) -> usize {
        self.sandbox.state_json()[noun].as_array().map_or(0, Vec::len)
    }

    /// Returns the sandbox's record of this kind and id.
    fn record(&self, noun: &str, id: u32) -> Value {
        let state = self.sandbox.state_json();
        state[noun].as_array().unwrap().iter().find(|row| row["id"] == id).unwrap().clone()
    }

    /// Returns the number of calls of this method and path, including rejected and dropped ones.
    fn calls(&self, method: &str, path: &str) -> usize {
        let path = format!("/v4_6_release/apis/3.0{path}");
        self.sandbox.calls().iter().filter(|call| call.method == method && call.path == path).count()
    }

    /// Returns the first day of the month that is `months` after the current one, by the sandbox's clock.
    fn month(&self, months: i64) -> Date {
        first_of_month(self.clock.now()).saturating_add(months.months())
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.proxy.assert_conformant();
        }
    }
}

fn first_of_month(now: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(now).date().first_of_month()
}

fn amount(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn refusal(error: &ConnectWiseError) -> (u16, Vec<String>) {
    match error {
        ConnectWiseError::Rejected(refusal) => {
            let faults = refusal.field_errors.iter().map(|fault| format!("{:?} {}", fault.reason, fault.field));
            (refusal.status, faults.collect())
        }
        other => panic!("{other}"),
    }
}
