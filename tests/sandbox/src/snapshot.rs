//! A stack's state at one moment, from which other stacks continue.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::Value;
use service_manager::auth::encryption::Sealer;

use crate::stack::{Options, Stack, StartError};
use crate::vendors::Vendors;
use crate::{connectwise, dropbox, dropsuite};

/// The state of the sandboxes, the clock and the table. Sandboxes keep their addresses, which the table contains.
pub struct Snapshot {
    vendors: Vendors,
    dropsuite: dropsuite::Saved,
    second_dropsuite: Option<dropsuite::Saved>,
    connectwise: connectwise::Saved,
    dropbox: dropbox::Saved,
    ahead: SignedDuration,
    items: Vec<Value>,
    sealer: Arc<Sealer>,
}

impl Snapshot {
    /// Takes the state of a stack that keeps its data in memory.
    ///
    /// # Errors
    /// The engine cannot be read.
    pub async fn of(stack: &Stack) -> Result<Self, StartError> {
        let vendors = stack.vendors.clone();
        Ok(Self {
            dropsuite: vendors.dropsuite.save(),
            second_dropsuite: vendors.second_dropsuite.as_ref().map(|second| second.sandbox.save()),
            connectwise: vendors.connectwise.save(),
            dropbox: vendors.dropbox.save(),
            ahead: vendors.clock.offset(),
            items: stack.dynamodb.items(&stack.table).await?,
            sealer: Arc::clone(&stack.app.sealer),
            vendors,
        })
    }

    /// Starts a stack with this state, and new clients, queues and engine. It shares the sandboxes with the stack that the
    /// snapshot is of and with others that were started from it, so those must have ended.
    ///
    /// # Errors
    /// As those of [`Stack::start`].
    pub async fn start(&self, options: &Options) -> Result<Stack, StartError> {
        let clock = &self.vendors.clock;
        clock.advance(self.ahead - clock.offset());
        self.vendors.dropsuite.restore(&self.dropsuite)?;
        if let (Some(second), Some(saved)) = (&self.vendors.second_dropsuite, &self.second_dropsuite) {
            second.sandbox.restore(saved)?;
        }
        self.vendors.connectwise.restore(&self.connectwise)?;
        self.vendors.dropbox.restore(&self.dropbox)?;
        let stack = Stack::beside(self.vendors.clone(), Arc::clone(&self.sealer), options).await?;
        stack.dynamodb.fill(&stack.table, &self.items).await?;
        Ok(stack)
    }
}
