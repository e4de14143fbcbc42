//! The lists of one organization that its Manage page shows: tenants, login accounts and mailboxes. The organization's own
//! token selects them.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::contract::{Operation, tenant_status};
use super::decode::{self, More, Pages};
use super::settings::Partner;
use super::{Dropsuite, contract};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::http_client::other_system_message;
use crate::vendor::{
    CustomerAccess, LoginAccount, MailboxBackup, PartialList, Tenant, TenantState, VendorContext, VendorError,
    decode_json,
};

/// Most pages of a list that are read. The vendor limits a page of mailboxes to 25.
const MAX_PAGES: u32 = 40;

/// Number of rows from which a list that is not whole is too long, and not broken off.
const MANY: usize = 1000;

/// A list, and how it is read.
struct List {
    operation: &'static Operation,
    /// `true` if public clients page through it. Of another list, a further page is requested only if one is announced.
    is_paged: bool,
}

#[derive(Deserialize)]
struct TenantRow {
    #[serde(default, deserialize_with = "decode::text")]
    domain: String,
    #[serde(default, rename = "type", deserialize_with = "decode::text")]
    kind: String,
    #[serde(default)]
    status: Option<u64>,
    #[serde(default, deserialize_with = "decode::count")]
    total_users: u32,
    #[serde(default, deserialize_with = "decode::text")]
    created_at: String,
}

#[derive(Deserialize)]
struct LoginRow {
    #[serde(default, deserialize_with = "decode::text")]
    email: String,
    #[serde(default, deserialize_with = "decode::text")]
    role: String,
    #[serde(default, deserialize_with = "decode::flag")]
    login_enabled: bool,
    #[serde(default, deserialize_with = "decode::flag")]
    activated: bool,
    #[serde(default, deserialize_with = "decode::text")]
    created_at: String,
}

impl Dropsuite {
    /// Returns the organization's connected tenants.
    pub async fn tenants(&self, context: &VendorContext<'_>, access: &CustomerAccess) -> PartialList<Tenant> {
        let list =
            self.list_of::<TenantRow>(context, access, &List { operation: &contract::TENANTS, is_paged: true }).await;
        list.map(|row| Tenant {
            domain: other_system_message(&row.domain),
            kind: other_system_message(&row.kind),
            state: tenant_state(row.status),
            users: row.total_users,
            created_at: row.created_at.parse().ok(),
        })
    }

    /// Returns the organization's login accounts.
    pub async fn login_accounts(
        &self,
        context: &VendorContext<'_>,
        access: &CustomerAccess,
    ) -> PartialList<LoginAccount> {
        let list =
            self.list_of::<LoginRow>(context, access, &List { operation: &contract::LOGINS, is_paged: false }).await;
        list.map(|row| LoginAccount {
            email: other_system_message(&row.email),
            role: other_system_message(&row.role),
            login_enabled: row.login_enabled,
            activated: row.activated,
            created_at: row.created_at.parse().ok(),
        })
    }

    /// Returns the organization's mailboxes with the states of their backups at `now`.
    pub async fn customer_mailboxes(
        &self,
        context: &VendorContext<'_>,
        access: &CustomerAccess,
        now: Timestamp,
    ) -> PartialList<MailboxBackup> {
        let partner = match self.partner_of(context, access) {
            Ok(partner) => partner,
            Err(error) => return PartialList::failed(error),
        };
        match self.mailboxes_of(context, &partner, access.customer.seats_used, MAX_PAGES, now).await {
            Ok(list) => PartialList { rows: list.mailboxes, incomplete: list.incomplete }.named_if_long(),
            Err(error) => PartialList::failed(error),
        }
    }

    /// Reads a list with the organization's own token.
    async fn list_of<T: DeserializeOwned>(
        &self,
        context: &VendorContext<'_>,
        access: &CustomerAccess,
        list: &List,
    ) -> PartialList<T> {
        let mut rows = Vec::new();
        let partner = match self.partner_of(context, access) {
            Ok(partner) => partner,
            Err(error) => return PartialList::failed(error),
        };
        let incomplete = self.read_rows(context, &partner, access, list, &mut rows).await.err().map(list_error);
        PartialList { rows, incomplete }.named_if_long()
    }

    async fn read_rows<T: DeserializeOwned>(
        &self,
        context: &VendorContext<'_>,
        partner: &Partner,
        access: &CustomerAccess,
        list: &List,
        rows: &mut Vec<T>,
    ) -> Result<(), VendorError> {
        let (mut pages, mut unreadable) = (Pages::default(), None);
        for number in 1..=MAX_PAGES {
            let request = partner.call(list.operation, Some(access.customer.id.as_str()));
            let request = if list.is_paged || number > 1 { contract::page::request(request, number) } else { request };
            let page = pages.take(decode::page(self.send(context, &request).await?)?)?;
            for row in page.rows {
                match decode_json(row) {
                    Ok(row) => rows.push(row),
                    Err(error) => unreadable = Some(error),
                }
            }
            if page.more == More::No || (page.more == More::Unknown && !list.is_paged) {
                return unreadable.map_or(Ok(()), Err);
            }
        }
        Err(VendorError::IncompleteList)
    }

    /// Returns the partner with the organization's own token.
    fn partner_of(&self, context: &VendorContext<'_>, access: &CustomerAccess) -> Result<Partner, ServiceError> {
        let token = access.token.clone().ok_or_else(|| {
            let reason = format!("the row of {} has no token of its own", access.customer.id);
            ServiceError::from(VendorError::InvalidResponse { reason })
        })?;
        Ok(self.partner(context)?.with_token(token))
    }
}

impl<T> PartialList<T> {
    fn failed(error: ServiceError) -> Self {
        Self { rows: Vec::new(), incomplete: Some(error) }
    }

    fn map<U>(self, view: impl Fn(T) -> U) -> PartialList<U> {
        PartialList { rows: self.rows.into_iter().map(view).collect(), incomplete: self.incomplete }
    }

    /// Gives a list that is not whole because of its length that reason.
    fn named_if_long(self) -> Self {
        if self.incomplete.is_none() || self.rows.len() < MANY {
            return self;
        }
        let text = "The list is longer than can be shown here. Dropsuite's own portal shows all of it.";
        Self { incomplete: Some(ServiceError::new(ErrorCode::VendorUnavailable, text)), ..self }
    }
}

/// Returns the error of a list that the vendor does not show. It refuses lists of products that an organization does not
/// have (`docs/vendors/dropsuite.md` 4).
fn list_error(error: VendorError) -> ServiceError {
    match error {
        VendorError::Unauthorized | VendorError::Forbidden { .. } | VendorError::NotFound => ServiceError::new(
            ErrorCode::VendorRefused,
            "Dropsuite does not show this list of the organization. Open the organization in Dropsuite's own portal.",
        )
        .with_internal(error),
        error => error.into(),
    }
}

fn tenant_state(status: Option<u64>) -> TenantState {
    let Some(status) = status else { return TenantState::Unknown };
    [
        (tenant_status::QUEUED, TenantState::Queued),
        (tenant_status::PROCESSING, TenantState::Processing),
        (tenant_status::COMPLETED, TenantState::Completed),
        (tenant_status::BROKEN, TenantState::Broken),
    ]
    .into_iter()
    .find_map(|(numbers, state)| numbers.contains(&status).then_some(state))
    .unwrap_or(TenantState::Unknown)
}
