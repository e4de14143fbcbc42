//! What the API member's role lets the integration do. A call without the right to it is refused at that step only, which
//! may be weeks after the set-up: so the rights are tried out when the MSP saves the settings.

use std::fmt;

use http::Method;
use serde::Deserialize;

use crate::connectwise::request::Call;
use crate::connectwise::{Client, ConnectWiseError, List, Record, decode};

/// A line of a security role, as ConnectWise's page for it (System > Security Roles) calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
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

/// What a list needs to be read at all. Closing tickets and changing tables can't be tried out without doing it.
const PROVED: [(Right, &str); 7] = [
    (Right::CompanyMaintenance, "/company/companies"),
    (Right::Configurations, "/company/configurations"),
    (Right::Agreements, "/finance/agreements"),
    (Right::ProductCatalog, "/procurement/catalog"),
    (Right::ServiceTickets, "/service/tickets"),
    (Right::TableSetup, "/service/boards"),
    (Right::CustomMenuEntry, "/system/menuentries"),
];

impl Right {
    /// The rights one of which is missing if a call is refused for security.
    pub(super) fn needed(method: &Method, path: &str) -> &'static [Self] {
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

impl fmt::Display for Right {
    /// The line, with the boxes to tick.
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

/// A record of which nothing but the number is read.
#[derive(Debug, Deserialize)]
struct Numbered {
    id: u32,
}

impl Record for Numbered {
    const FIELDS: &'static str = "id";

    fn id(&self) -> u32 {
        self.id
    }
}

impl Client<'_> {
    /// Tries the keys out on one row of each list that the integration reads, and gives the rights that are missing. That
    /// `/system/info` answers would prove nothing: on some instances it does so without keys.
    pub async fn missing_rights(&self) -> Result<Vec<Right>, ConnectWiseError> {
        let mut missing = Vec::new();
        for (right, path) in PROVED {
            match self.try_out(path).await {
                Ok(()) => {}
                Err(ConnectWiseError::NotPermitted { rights: [_, ..], .. }) => missing.push(right),
                Err(error) => return Err(error),
            }
        }
        Ok(missing)
    }

    async fn try_out(&self, path: &str) -> Result<(), ConnectWiseError> {
        let response = self.send(&one_row("try-right", path)).await?;
        decode::read::<Vec<Numbered>>(&response).map(drop)
    }
}

/// A call that good keys get an answer to, if only that they are not for it.
pub(super) fn proof() -> Call {
    one_row("prove-keys", "/company/companies")
}

fn one_row(name: &'static str, path: &str) -> Call {
    List::<Numbered>::all(name, path).in_pages_of(1).page(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_that_prove_a_right_need_it() {
        for (right, path) in PROVED {
            assert_eq!(Right::needed(&Method::GET, path), [right], "{path}");
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
            let rights: Vec<_> = Right::needed(&method, path).iter().map(ToString::to_string).collect();
            assert_eq!(rights.join("; "), expected);
        }
    }
}
