//! The local stack: gateway, engine and sandboxes in one process, each on a port.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::{io, iter};

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::Credentials;
use service_manager::app::audit_queue::AuditQueue;
use service_manager::app::check_queue::CheckQueue;
use service_manager::app::dead_letters::DeadLetters;
use service_manager::app::fair_use::FairUse;
use service_manager::app::ticket_policy::TicketPolicy;
use service_manager::app::{App, DEADLINE};
use service_manager::auth::applications::Applications;
use service_manager::auth::encryption::Sealer;
use service_manager::auth::identity::IdentityProviders;
use service_manager::auth::partner_credentials::PartnerCredentialStore;
use service_manager::auth::reporters::Reporters;
use service_manager::connectwise::{self, ConnectWise};
use service_manager::domain::clock::Clock;
use service_manager::http_client::{HttpClient, aws_http_client};
use service_manager::store::Store;
use service_manager::vendor::dropbox::{self, Dropbox};
use service_manager::vendor::dropsuite::{self, Dropsuite};
use service_manager::vendor::{Vendor, VendorName};
use thiserror::Error;
use url::Url;
use uuid::Uuid;

use crate::aws;
use crate::background::{self, ACTIONS, AUDITS, CONNECTWISE_DEAD_LETTERS, Invocations};
use crate::clock::SandboxClock;
use crate::connectwise::ConnectWiseSandbox;
use crate::dropbox::DropboxSandbox;
use crate::dropsuite::DropsuiteSandbox;
use crate::dynamodb::{DynamoDb, TemporaryTable, rerouted};
use crate::gateway;
use crate::identity::IdentitySandbox;
use crate::second_dropsuite::SecondDropsuite;
use crate::serve::{Server, listen, serve};
use crate::sqs::Queues;
use crate::stream::Mapping;
use crate::vendors::Vendors;

/// The demo application's id.
pub const APPLICATION_ID: &str = "B1A7C0DE-0000-4000-8000-000000000001";
/// Its API key; the header carries its base64.
pub const API_KEY: &str = "local-demo-key";

/// The id of a second installation, whose partners may be the first one's. See [`Options::second_channel`].
pub const SECOND_APPLICATION_ID: &str = "B1A7C0DE-0000-4000-8000-000000000002";
/// Its API key.
pub const SECOND_API_KEY: &str = "local-second-key";

/// The demo reporter's id.
pub const REPORTER_ID: &str = "0E904E00-0000-4000-8000-000000000001";
/// The key that signs its reports.
pub const REPORTER_KEY: &str = "local-reporter-key";

/// Requests per minute to ConnectWise if only one process calls it.
const ALONE: NonZeroU32 = NonZeroU32::new(900).unwrap();

/// The local stack's client id at ConnectWise.
pub const CLIENT_ID: &str = "5ad00000-0000-4000-8000-000000000001";
/// An error during the start of the stack.
pub type StartError = Box<dyn std::error::Error + Send + Sync>;

impl Clock for SandboxClock {
    fn now(&self) -> jiff::Timestamp {
        Self::now(self)
    }
}

/// The default for the first of the block of ports.
pub const DEFAULT_PORT: u16 = 9000;

/// An address that the stack cannot listen on.
#[derive(Debug, Error)]
#[error("cannot listen on {address}: {source}")]
pub struct ListenError {
    /// The address.
    pub address: SocketAddr,
    /// The reason.
    pub source: io::Error,
}

/// A data folder that cannot be used.
#[derive(Debug, Error)]
#[error("cannot use the data folder {path}: {source}", path = path.display())]
pub struct DataError {
    /// The folder.
    pub path: PathBuf,
    source: io::Error,
}

/// Options for starting the stack.
#[derive(Clone, Debug)]
pub struct Options {
    /// The vendor that is sold.
    pub vendor: VendorName,
    /// The IP address to listen on.
    pub address: IpAddr,
    /// The first port of the block. 0 for any free ports.
    pub port: u16,
    /// Data directory. `None` to keep data in memory.
    pub data: Option<PathBuf>,
    /// URL of a `DynamoDB` engine other than dynoxide. The forwarder passes calls on to it.
    pub dynamodb: Option<String>,
    /// URL of a Dropsuite other than the sandbox.
    pub dropsuite: Option<String>,
    /// URL of a ConnectWise other than the sandbox.
    pub connectwise: Option<String>,
    /// `CONNECTWISE_REQUESTS_PER_MINUTE`. The default is the limit of a single process.
    pub connectwise_requests_per_minute: Option<NonZeroU32>,
    /// URL of a Dropbox other than the sandbox.
    pub dropbox: Option<String>,
    /// Processes the table's stream.
    pub stream: bool,
    /// Name of the table.
    pub table: String,
    /// Deletes the table from another engine when the stack ends.
    pub is_table_temporary: bool,
    /// Time limit of a request.
    pub deadline: Duration,
    /// `DROPSUITE_SEARCH_PAGES`.
    pub search_pages: Option<u32>,
    /// `DROPBOX_CANCEL_AFTER_WINDOW`. Only the command line reads the variable.
    pub cancel_after_window: dropbox::CancelAfterWindow,
    /// Registers a second installation, and runs a second host of Dropsuite with equal ids, which `ApiUrl` may name.
    pub second_channel: bool,
}

impl Options {
    /// Returns the default ports, and the URLs in `AWS_ENDPOINT_URL_DYNAMODB`, `DROPSUITE_BASE_URL`,
    /// `CONNECTWISE_BASE_URL` and `DROPBOX_BASE_URL` if they are set.
    pub fn from_env() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        Self {
            vendor: VendorName::default(),
            address: Ipv4Addr::LOCALHOST.into(),
            port: DEFAULT_PORT,
            data: None,
            dynamodb: variable("AWS_ENDPOINT_URL_DYNAMODB"),
            dropsuite: variable("DROPSUITE_BASE_URL"),
            connectwise: variable("CONNECTWISE_BASE_URL"),
            connectwise_requests_per_minute: None,
            dropbox: variable("DROPBOX_BASE_URL"),
            stream: false,
            table: variable("TABLE_NAME").unwrap_or_else(|| "service-manager".to_owned()),
            is_table_temporary: false,
            deadline: DEADLINE,
            search_pages: None,
            cancel_after_window: dropbox::CancelAfterWindow::default(),
            second_channel: false,
        }
    }

    /// Returns the options of a stack of its own: on free ports, and with none of the URLs that the environment names.
    pub fn isolated(vendor: VendorName) -> Self {
        Self { vendor, port: 0, dynamodb: None, dropsuite: None, connectwise: None, dropbox: None, ..Self::from_env() }
    }

    /// Chooses the name of a table that no other stack uses, and that is deleted when the stack ends.
    #[must_use]
    pub fn with_own_table(self) -> Self {
        Self { table: format!("test-{}", Uuid::new_v4()), is_table_temporary: true, ..self }
    }
}

/// A running stack. Dropping it stops it.
pub struct Stack {
    /// The service manager's base URL.
    pub base_url: String,
    /// The clock of all its parts.
    pub clock: SandboxClock,
    /// Dropsuite.
    pub dropsuite: DropsuiteSandbox,
    /// URL of Dropsuite, `http://…/api`.
    pub dropsuite_url: String,
    /// The second host of Dropsuite. `None` unless [`Options::second_channel`] is set.
    pub second_dropsuite: Option<Arc<SecondDropsuite>>,
    /// `ConnectWise` Manage.
    pub connectwise: ConnectWiseSandbox,
    /// URL of ConnectWise, `http://…/v4_6_release/apis/3.0`.
    pub connectwise_url: String,
    /// Dropbox.
    pub dropbox: DropboxSandbox,
    /// URL of Dropbox, `http://…/2`.
    pub dropbox_url: String,
    /// The identity provider.
    pub identity: IdentitySandbox,
    /// The forwarder in front of the engine.
    pub dynamodb: DynamoDb,
    /// URL of the forwarder.
    pub dynamodb_url: String,
    /// Name of the table.
    pub table: String,
    /// URL of the stand-ins for Secrets Manager, KMS and SQS.
    pub aws_url: String,
    /// The queues.
    pub queues: Queues,
    /// The application that the endpoints run on.
    pub app: Arc<App>,
    /// Event source mapping of `connectwise-additions`. `None` if the stream is not processed.
    pub additions: Option<Mapping>,
    /// Event source mapping of `connectwise-tickets`. `None` if the stream is not processed.
    pub tickets: Option<Mapping>,
    pub(crate) vendors: Vendors,
    _temporary_table: Option<TemporaryTable>,
    servers: [Server; 3],
}

impl Stack {
    /// Starts the stack.
    pub async fn start(options: &Options) -> Result<Self, StartError> {
        let vendors = Vendors::start(options).await?;
        let key = options.data.as_ref().map(|directory| directory.join("seal.key"));
        Self::beside(vendors, Arc::new(Sealer::local(key.as_deref())?), options).await
    }

    /// Starts the rest of the stack beside running sandboxes.
    pub(crate) async fn beside(vendors: Vendors, sealer: Arc<Sealer>, options: &Options) -> Result<Self, StartError> {
        let Vendors { clock, dropsuite_url, connectwise_url, dropbox_url, .. } = vendors.clone();
        let dynamodb = match &options.dynamodb {
            None => DynamoDb::start(options.data.as_deref()).map_err(|source| unusable(options, source))?,
            Some(url) => DynamoDb::in_front_of(url, &options.table)?,
        };
        let dynamodb_server = serve(listen(options, 4).await?, dynamodb.router())?;
        let queues = Queues::new(clock.clone());
        let invocations = Invocations::default();
        let router = aws::router(&queues, &sealer).merge(invocations.router());
        let aws_server = serve(listen(options, 5).await?, router)?;
        let dynamodb_url = format!("http://{}", dynamodb_server.address());

        let sdk = sdk(options.dynamodb.as_deref(), &dynamodb_url).await?;
        let store = store(&sdk, options);
        store.create_table().await.map_err(|error| match &options.dynamodb {
            Some(url) => format!("no table at {url} (AWS_ENDPOINT_URL_DYNAMODB): {error}"),
            None => format!("no table: {error}"),
        })?;
        let temporary_table = options
            .dynamodb
            .clone()
            .filter(|_| options.is_table_temporary)
            .map(|url| TemporaryTable::new(url, options.table.clone()));
        let vendor = vendor(options, &vendors)?;
        let base = replaced("CONNECTWISE_BASE_URL", options.connectwise.as_deref(), &connectwise_url)?;
        let defaults = connectwise::Config::with_client_id(CLIENT_ID)?;
        let requests_per_minute = options.connectwise_requests_per_minute.unwrap_or(ALONE);
        let config = connectwise::Config { base: Some(base), requests_per_minute, ..defaults };
        // The stand-in for SQS has another address than the engine.
        let queues_sdk = sdk
            .to_builder()
            .endpoint_url(format!("http://{}", aws_server.address()))
            .http_client(aws_http_client()?)
            .build();
        let queue = |name| format!("http://{}/{name}", aws_server.address());
        let letters = DeadLetters::new(&queues_sdk, &sdk, queue(CONNECTWISE_DEAD_LETTERS));
        let listener = listen(options, 0).await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let portal_url = format!("{origin}{}", service_manager::endpoints::portal::BASE_PATH);
        vendors.register_portal(&portal_url)?;
        let app = Arc::new(App {
            portal_url: Some(portal_url.parse()?),
            applications: applications(options)?,
            store,
            vendor,
            partner_credentials: PartnerCredentialStore::new(Arc::clone(&sealer)),
            sealer,
            connectwise: Some(ConnectWise::new(config, HttpClient::new()?)),
            identity_providers: IdentityProviders::new(vendors.identity.config(), HttpClient::new()?),
            dead_letters: Some(letters),
            ticket_policy: TicketPolicy::default(),
            reporters: Reporters::from_keys([(Uuid::try_parse(REPORTER_ID)?, REPORTER_KEY.into())]),
            check_queue: Some(CheckQueue::new(&queues_sdk, queue(ACTIONS))),
            audit_queue: Some(AuditQueue::new(&queues_sdk, queue(AUDITS))),
            fair_use: FairUse::default(),
            clock: Arc::new(clock.clone()),
            deadline: options.deadline,
        });
        invocations.run_on(&app);
        let mapping = |settings, handler| {
            let writes = options.dynamodb.is_none().then(|| dynamodb.writes());
            Mapping::start(settings, &sdk, options.table.clone(), queues.clone(), clock.clone(), handler, writes)
        };
        let additions = options.stream.then(|| mapping(background::consumer(), background::consume(&app)));
        let tickets =
            options.stream.then(|| mapping(background::tickets_consumer(), background::consume_tickets(&app)));
        let service = serve(listener, gateway::router(Arc::clone(&app)))?;
        Ok(Self {
            base_url: format!("{origin}{}", service_manager::endpoints::BASE_PATH),
            clock,
            dropsuite: vendors.dropsuite.clone(),
            dropsuite_url,
            second_dropsuite: vendors.second_dropsuite.clone(),
            connectwise: vendors.connectwise.clone(),
            connectwise_url,
            dropbox: vendors.dropbox.clone(),
            dropbox_url,
            identity: vendors.identity.clone(),
            dynamodb,
            dynamodb_url,
            table: options.table.clone(),
            aws_url: format!("http://{}", aws_server.address()),
            queues,
            app,
            additions,
            tickets,
            vendors,
            _temporary_table: temporary_table,
            servers: [service, dynamodb_server, aws_server],
        })
    }

    /// Returns the portal's base URL.
    pub fn portal_url(&self) -> String {
        self.base_url.replace(service_manager::endpoints::BASE_PATH, service_manager::endpoints::portal::BASE_PATH)
    }

    /// The ports, in the order of the block.
    pub fn ports(&self) -> impl Iterator<Item = u16> {
        let [service, others @ ..] = &self.servers;
        let servers = iter::once(service).chain(self.vendors.servers()).chain(others);
        let servers = servers.chain(iter::once(self.vendors.identity_server()));
        servers.map(|server| server.address().port())
    }
}

/// The registered BSS installations.
fn applications(options: &Options) -> Result<Applications, StartError> {
    let mut keys = vec![(Uuid::try_parse(APPLICATION_ID)?, API_KEY.into())];
    if options.second_channel {
        keys.push((Uuid::try_parse(SECOND_APPLICATION_ID)?, SECOND_API_KEY.into()));
    }
    Ok(Applications::from_keys(keys))
}

/// Returns the vendor of the stack, at its sandbox or at the address that replaces it.
fn vendor(options: &Options, vendors: &Vendors) -> Result<Vendor, StartError> {
    match options.vendor {
        VendorName::Dropsuite => {
            let base = replaced("DROPSUITE_BASE_URL", options.dropsuite.as_deref(), &vendors.dropsuite_url)?;
            let mut config = dropsuite::Config::at("euwest", base);
            config.search_pages = options.search_pages.unwrap_or(config.search_pages);
            config.allowed_hosts.extend(vendors.second_dropsuite.as_ref().map(|second| second.origin()));
            Ok(Vendor::Dropsuite(Dropsuite::new(config, HttpClient::new()?)))
        }
        VendorName::Dropbox => {
            let base = replaced("DROPBOX_BASE_URL", options.dropbox.as_deref(), &vendors.dropbox_url)?;
            let cancel_after_window = options.cancel_after_window;
            let config = dropbox::Config { cancel_after_window, ..dropbox::Config::at(base)? };
            Ok(Vendor::Dropbox(Dropbox::new(config, HttpClient::new()?)))
        }
    }
}

/// The address of a vendor: `value`, which `variable` holds, or the sandbox's own.
fn replaced(variable: &str, value: Option<&str>, own: &str) -> Result<Url, StartError> {
    let url = value.unwrap_or(own);
    url.parse().map_err(|error| format!("{variable} is not a URL: {error}: {url}").into())
}

/// The error of a data folder.
pub(crate) fn unusable(options: &Options, source: io::Error) -> DataError {
    DataError { path: options.data.clone().unwrap_or_default(), source }
}

/// Signs for the engine at `other` if there is one, and sends to the forwarder. Another engine may need the environment's
/// credentials and region, so these are used if there are any; dynoxide accepts any.
async fn sdk(other: Option<&str>, forwarder: &str) -> Result<SdkConfig, StartError> {
    let region = Region::new("eu-west-1");
    let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(rerouted(aws_http_client()?, forwarder))
        .endpoint_url(other.unwrap_or(forwarder));
    if other.is_some() && std::env::var_os("AWS_ACCESS_KEY_ID").is_some() {
        let found = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
            .or_else(ProfileFileRegionProvider::new())
            .or_else(region);
        return Ok(loader.region(found).load().await);
    }
    let credentials = Credentials::new("local", "local", None, None, "local stack");
    Ok(loader.credentials_provider(credentials).region(region).load().await)
}

/// Another engine may be much slower than `DynamoDB`.
fn store(sdk: &SdkConfig, options: &Options) -> Store {
    let table = options.table.clone();
    match options.dynamodb {
        None => Store::new(sdk, table),
        Some(_) => Store::with_timeouts(sdk, table, Duration::from_secs(12), Duration::from_secs(20)),
    }
}
