//! The permissions of an API member's security role, and those that a request requires.

use http::Method;
use std::fmt;

/// A line of a security role, as System > Security Roles in ConnectWise names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Companies > Company Maintenance.
    CompanyMaintenance,
    /// Companies > Contacts.
    Contacts,
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

impl Permission {
    /// Returns the permissions at least one of which is missing if ConnectWise refuses a request for security reasons.
    pub(super) fn required(method: &Method, path: &str) -> &'static [Self] {
        let below = |start: &str| path.starts_with(start);
        if below("/company/configurations/types") || below("/company/configurations/statuses") {
            &[Self::TableSetup]
        } else if below("/service/tickets") && *method == Method::PATCH {
            &[Self::ServiceTickets, Self::CloseServiceTickets]
        } else if below("/company/companies") {
            &[Self::CompanyMaintenance]
        } else if below("/company/contacts") {
            &[Self::Contacts]
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
            Self::Contacts => "Companies > Contacts (Inquire)",
            Self::Configurations => "Companies > Configurations (Add, Edit, Inquire)",
            Self::Agreements => "Finance > Agreements (Add, Edit, Inquire)",
            Self::ProductCatalog => "Procurement > Product Catalog (Add, Edit, Inquire)",
            Self::ServiceTickets => "Service Desk > Service Tickets (Add, Edit, Inquire)",
            Self::CloseServiceTickets => "Service Desk > Close Service Tickets (Edit, Inquire)",
            Self::TableSetup => "System > Table Setup (Add, Inquire)",
            Self::CustomMenuEntry => "System > Custom Menu Entry (Add, Edit, Inquire)",
        })
    }
}
