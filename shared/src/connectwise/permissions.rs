//! Permissions of the API member's role. ConnectWise refuses a request without the permission only when it is made,
//! which may be weeks after the setup. So the permissions are tested when the MSP enters its credentials.

use std::fmt;

use http::Method;
use serde::Deserialize;

use crate::connectwise::request::RawRequest;
use crate::connectwise::{Client, ConnectWiseError, ListRequest, Entity, decode};

/// A line of a security role, as System > Security Roles in ConnectWise names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Companies > Company Maintenance.
    CompanyMaintenance,
    /// Companies > Configurations.
    Configurations,
    /// Finance > Agreements.
    Agreements,
    /// Procurement > Product Catalog.
    ProductCatalog,
    /// Service Desk > Service Tickets.
    ServiceTickets,
    /// Service Desk > Close Service Tickets.
    CloseServiceTickets,
    /// System > Table Setup.
    TableSetup,
    /// System > Custom Menu Entry.
    CustomMenuEntry,
}

/// A list for each permission that reading it requires. Closing tickets and adding to tables cannot be tested without
/// doing it.
const PROVED: [(Permission, &str); 7] = [
    (Permission::CompanyMaintenance, "/company/companies"),
    (Permission::Configurations, "/company/configurations"),
    (Permission::Agreements, "/finance/agreements"),
    (Permission::ProductCatalog, "/procurement/catalog"),
    (Permission::ServiceTickets, "/service/tickets"),
    (Permission::TableSetup, "/service/boards"),
    (Permission::CustomMenuEntry, "/system/menuentries"),
];

impl Permission {
    /// Returns the permissions of which one is missing if ConnectWise refuses a request for security reasons.
    pub(super) fn required(method: &Method, path: &str) -> &'static [Self] {
        let below = |start: &str| path.starts_with(start);
        if below("/company/configurations/types") || below("/company/configurations/statuses") {
            &[Self::TableSetup]
        } else if below("/service/tickets") && *method == Method::PATCH {
            &[Self::ServiceTickets, Self::CloseServiceTickets]
        } else if below("/company/companies") {
            &[Self::CompanyMaintenance]
        } else if below("/company/configurations") {
            &[Self::Configurations]
        } else if below("/finance/") {
            &[Self::Agreements]
        } else if below("/procurement/catalog") {
            &[Self::ProductCatalog]
        } else if below("/service/tickets") {
            &[Self::ServiceTickets]
        } else if below("/system/menuentries") {
            &[Self::CustomMenuEntry]
        } else {
            &[Self::TableSetup]
        }
    }
}

impl fmt::Display for Permission {
    /// Writes the line with the boxes to tick.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CompanyMaintenance => "Companies > Company Maintenance (Inquire)",
            Self::Configurations => "Companies > Configurations (Add, Edit, Inquire)",
            Self::Agreements => "Finance > Agreements (Add, Edit, Inquire)",
            Self::ProductCatalog => "Procurement > Product Catalog (Add, Edit, Inquire)",
            Self::ServiceTickets => "Service Desk > Service Tickets (Add, Edit, Inquire)",
            Self::CloseServiceTickets => "Service Desk > Close Service Tickets (Edit, Inquire)",
            Self::TableSetup => "System > Table Setup (Add, Inquire)",
            Self::CustomMenuEntry => "System > Custom Menu Entry (Add, Inquire)",
        })
    }
}

/// A record of which only the id is read.
#[derive(Debug, Deserialize)]
struct IdOnly {
    id: u32,
}

impl Entity for IdOnly {
    const FIELDS: &'static str = "id";

    fn id(&self) -> u32 {
        self.id
    }
}

impl Client<'_> {
    /// Requests one row of each list that the integration reads, and returns the permissions that are missing.
    /// `/system/info` would prove nothing, because some instances answer it without credentials.
    pub async fn missing_permissions(&self) -> Result<Vec<Permission>, ConnectWiseError> {
        let mut missing = Vec::new();
        for (right, path) in PROVED {
            match self.probe(path).await {
                Ok(()) => {}
                Err(ConnectWiseError::Forbidden { permissions: [_, ..], .. }) => missing.push(right),
                Err(error) => return Err(error),
            }
        }
        Ok(missing)
    }

    async fn probe(&self, path: &str) -> Result<(), ConnectWiseError> {
        let response = self.send_raw(&one_row("try-right", path)).await?;
        decode::read::<Vec<IdOnly>>(&response).map(drop)
    }
}

/// Returns a request that valid credentials get an answer to, even if they lack the permission for it.
pub(super) fn probe_request() -> RawRequest {
    one_row("prove-keys", "/company/companies")
}

fn one_row(name: &'static str, path: &str) -> RawRequest {
    ListRequest::<IdOnly>::all(name, path).in_pages_of(1).page(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_that_prove_a_right_need_it() {
        for (right, path) in PROVED {
            assert_eq!(Permission::required(&Method::GET, path), [right], "{path}");
        }
    }

    #[test]
    fn writes_name_what_they_take() {
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
            let rights: Vec<_> = Permission::required(&method, path).iter().map(ToString::to_string).collect();
            assert_eq!(rights.join("; "), expected);
        }
    }
}
