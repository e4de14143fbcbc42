//! Permissions of the API member's role. ConnectWise refuses a request without the permission only when it is made,
//! which may be weeks after the setup. So the permissions are tested when the MSP enters its credentials.

use crate::connectwise::permission::Permission;
use crate::connectwise::probe::{IdOnly, one_row};
use crate::connectwise::{Client, ConnectWiseError, decode};

/// A list for each permission that reading it requires. Closing tickets and adding to tables cannot be tested without
/// doing it.
const PROBES: [(Permission, &str); 7] = [
    (Permission::CompanyMaintenance, "/company/companies"),
    (Permission::Configurations, "/company/configurations"),
    (Permission::Agreements, "/finance/agreements"),
    (Permission::ProductCatalog, "/procurement/catalog"),
    (Permission::ServiceTickets, "/service/tickets"),
    (Permission::TableSetup, "/service/boards"),
    (Permission::CustomMenuEntry, "/system/menuentries"),
];

impl Client<'_> {
    /// Requests one row of each list that the integration reads, and returns the permissions that are missing.
    /// `/system/info` would prove nothing, because some instances answer it without credentials.
    pub async fn missing_permissions(&self) -> Result<Vec<Permission>, ConnectWiseError> {
        let mut missing = Vec::new();
        for (permission, path) in PROBES {
            match self.probe(path).await {
                Ok(()) => {}
                Err(ConnectWiseError::Forbidden { permissions: [_, ..], .. }) => missing.push(permission),
                Err(error) => return Err(error),
            }
        }
        Ok(missing)
    }

    async fn probe(&self, path: &str) -> Result<(), ConnectWiseError> {
        let response = self.send_raw(&one_row("probe-permission", path)).await?;
        decode::decode::<Vec<IdOnly>>(&response).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Method;

    #[test]
    fn each_probe_requires_its_permission() {
        for (permission, path) in PROBES {
            assert_eq!(Permission::required(&Method::GET, path), [permission], "{path}");
        }
    }

    #[test]
    fn required_permissions_are_named_with_their_boxes() {
        for (method, path, expected) in [
            (Method::POST, "/company/configurations/types", "System > Table Setup (Add, Inquire)"),
            (Method::POST, "/company/configurations", "Companies > Configurations (Add, Edit, Inquire)"),
            (Method::PATCH, "/finance/agreements/1/additions/2", "Finance > Agreements (Add, Edit, Inquire)"),
            (Method::POST, "/service/tickets/1/notes", "Service Desk > Service Tickets (Add, Edit, Inquire)"),
            (
                Method::PATCH,
                "/service/tickets/1",
                "Service Desk > Service Tickets (Add, Edit, Inquire); Service Desk > Close Service Tickets (Edit, Inquire)",
            ),
        ] {
            let required: Vec<_> = Permission::required(&method, path).iter().map(ToString::to_string).collect();
            assert_eq!(required.join("; "), expected);
        }
    }
}
