//! A second host of Dropsuite. It counts its ids from the same number as the first, as two instances of the vendor's API do,
//! so equal ids mean different customers.

use std::io;
use std::net::Ipv4Addr;

use tokio::net::TcpListener;

use crate::clock::SandboxClock;
use crate::dropsuite::DropsuiteSandbox;
use crate::serve::{Server, serve};

/// A running second host, on a free port. Dropping it stops it.
pub struct SecondDropsuite {
    /// Its state.
    pub sandbox: DropsuiteSandbox,
    server: Server,
}

impl SecondDropsuite {
    /// Starts it, with the state in memory.
    pub(crate) async fn start(clock: SandboxClock) -> io::Result<Self> {
        let sandbox = DropsuiteSandbox::open(None, clock)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let server = serve(listener, sandbox.router())?;
        Ok(Self { sandbox, server })
    }

    /// Returns its origin, as an entry of `DROPSUITE_ALLOWED_HOSTS`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Returns its URL, for the setting `ApiUrl`.
    pub fn url(&self) -> String {
        format!("{}/api", self.origin())
    }
}
