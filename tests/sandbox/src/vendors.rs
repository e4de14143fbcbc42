//! The sandboxes of the systems that the service manager calls, each on a port.

use std::fs;
use std::sync::Arc;

use service_manager::domain::msp::MspId;
use service_manager::endpoints::portal::identity;
use url::Url;

use crate::clock::SandboxClock;
use crate::connectwise::{self, ConnectWiseSandbox};
use crate::dropbox::DropboxSandbox;
use crate::dropsuite::{DropsuiteSandbox, PARTNERS};
use crate::identity::{CLIENTS, IdentitySandbox, Redirect};
use crate::second_dropsuite::SecondDropsuite;
use crate::serve::{Server, listen, serve};
use crate::stack::{Options, StartError, unusable};

/// The running sandboxes, and the clock that they share. They stop when the last clone is dropped.
#[derive(Clone)]
pub struct Vendors {
    /// The clock.
    pub clock: SandboxClock,
    /// Dropsuite.
    pub dropsuite: DropsuiteSandbox,
    /// Its URL, `http://…/api`.
    pub dropsuite_url: String,
    /// The second host of Dropsuite. `None` unless [`Options::second_channel`] is set.
    pub second_dropsuite: Option<Arc<SecondDropsuite>>,
    /// ConnectWise Manage.
    pub connectwise: ConnectWiseSandbox,
    /// Its URL, `http://…/v4_6_release/apis/3.0`.
    pub connectwise_url: String,
    /// Dropbox.
    pub dropbox: DropboxSandbox,
    /// Its URL, `http://…/2`.
    pub dropbox_url: String,
    /// The identity provider.
    pub identity: IdentitySandbox,
    servers: Arc<[Server; 3]>,
    identity_server: Arc<Server>,
}

impl Vendors {
    /// Starts the sandboxes on ports 1 to 3 and 6 of the block, with the state in the data directory, if there is one.
    pub(crate) async fn start(options: &Options) -> Result<Self, StartError> {
        let clock = SandboxClock::default();
        let data = options.data.as_deref();
        let unusable = |source| unusable(options, source);
        data.map_or(Ok(()), fs::create_dir_all).map_err(unusable)?;
        let dropsuite = DropsuiteSandbox::open(data, clock.clone()).map_err(unusable)?;
        let connectwise = ConnectWiseSandbox::open(data, clock.clone()).map_err(unusable)?;
        let dropbox = DropboxSandbox::open(data, clock.clone()).map_err(unusable)?;
        let second_dropsuite =
            if options.second_channel { Some(Arc::new(SecondDropsuite::start(clock.clone()).await?)) } else { None };
        let servers = [
            serve(listen(options, 1).await?, dropsuite.router())?,
            serve(listen(options, 2).await?, connectwise.router())?,
            serve(listen(options, 3).await?, dropbox.router())?,
        ];
        let listener = listen(options, 6).await?;
        let identity = IdentitySandbox::new(format!("http://{}", listener.local_addr()?), clock.clone())?;
        let identity_server = Arc::new(serve(listener, identity.router())?);
        let [at_dropsuite, at_connectwise, at_dropbox] = servers.each_ref().map(Server::address);
        Ok(Self {
            clock,
            dropsuite,
            dropsuite_url: format!("http://{at_dropsuite}/api"),
            second_dropsuite,
            connectwise,
            connectwise_url: format!("http://{at_connectwise}{}", connectwise::BASE),
            dropbox,
            dropbox_url: format!("http://{at_dropbox}/2"),
            identity,
            servers: Arc::new(servers),
            identity_server,
        })
    }

    /// Registers each partner's redirect URI of a portal at the identity provider, as an MSP does.
    pub(crate) fn register_portal(&self, portal: &str) -> Result<(), StartError> {
        let (portal, vendor): (Url, Url) = (portal.parse()?, self.dropsuite_url.parse()?);
        for (partner, client) in PARTNERS.iter().zip(CLIENTS) {
            let msp = MspId::from_reseller_token(&vendor, &partner.reseller_token.into());
            let redirect_uri = identity::redirect_url(&portal, msp).into();
            self.identity.register(Redirect { client_id: client.id.to_owned(), redirect_uri });
        }
        Ok(())
    }

    /// Returns the servers on ports 1 to 3.
    pub(crate) fn servers(&self) -> impl Iterator<Item = &Server> {
        self.servers.iter()
    }

    /// Returns the server of the identity provider.
    pub(crate) fn identity_server(&self) -> &Server {
        &self.identity_server
    }
}
