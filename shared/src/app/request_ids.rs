//! The ids in a request, for its log line.

use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

use crate::bss::{AccountDefinition, ServiceDefinition};
use crate::domain::ids::{AccountId, ApplicationId, ExternalId, PartnerId, PlanId};
use crate::domain::msp::MspId;
use crate::domain::subscription::SubscriptionRef;
use crate::store::AccountRecord;
use crate::vendor::{Vendor, VendorContext};

/// The ids in a request, or in a record that a background function processes. It never contains a name, an address or a
/// secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestIds {
    /// The BSS installation; for the portal, the MSP's own.
    pub application: Option<ApplicationId>,
    /// The MSP: of the portal's session, or the one that the partner's credentials name.
    pub msp: Option<MspId>,
    /// The partner whose credentials the vendor receives.
    pub partner: Option<PartnerId>,
    /// The sender of a report.
    pub reporter: Option<Uuid>,
    /// The number of the caller's key in the secret that registers it, from 1.
    pub key_number: Option<usize>,
    /// The BSS's id of the account.
    pub account: Option<String>,
    /// The BSS's id of the subscription; the external id if the request has no other.
    pub subscription: Option<String>,
    /// The id of the plan, or the code of the add-on.
    pub product: Option<String>,
    /// The ordered number of units.
    pub quantity: Option<i64>,
    /// The number of the company in ConnectWise.
    pub company: Option<u32>,
    /// The vendor's id of the organization or team; before the vendor has one, the external id in the request.
    pub organization: Option<String>,
}

/// Collects the ids of one request while it is processed. Clones share one collection, so that the ids are known even if the
/// request fails or exceeds its deadline.
#[derive(Clone, Debug, Default)]
pub struct RequestIdLog(Arc<Mutex<RequestIds>>);

impl RequestIdLog {
    /// Returns the ids collected so far.
    pub fn ids(&self) -> RequestIds {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes the collected ids.
    pub fn record(&self, change: impl FnOnce(&mut RequestIds)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Records the account of a BSS request. An id that cannot be parsed is omitted.
    pub fn record_account(&self, account: &AccountDefinition) {
        let id = AccountId::parse(&account.id).map(|id| id.to_string());
        let organization = ExternalId::parse(&account.external_id).map(|id| id.to_string());
        self.record(|ids| (ids.account, ids.organization) = (id, organization));
    }

    /// Records the organization or team of an account, if the vendor has one.
    pub fn record_organization(&self, account: &AccountRecord) {
        let tenant = account.tenant.as_ref().map(|tenant| &tenant.id);
        if let Some(id) = tenant.or(account.external_id.as_ref()) {
            self.record(|ids| ids.organization = Some(id.to_string()));
        }
    }

    /// Records the partner of a BSS request, and its MSP if the vendor has MSPs. Credentials that the vendor cannot have
    /// issued name no partner.
    pub fn record_partner(&self, vendor: &Vendor, context: &VendorContext<'_>) {
        let partner = vendor.issued_partner_id(context);
        let msp = partner.as_ref().and_then(|_| vendor.claimed_msp(context).ok());
        self.record(|ids| (ids.partner, ids.msp) = (partner, msp));
    }

    /// Records the MSP of a portal request in place of the one that the tokens name: a token that replaced another names none.
    pub fn record_msp(&self, msp: MspId) {
        self.record(|ids| ids.msp = ids.msp.map(|_| msp));
    }

    /// Records account, subscription, plan and quantity of a BSS request. An id that cannot be parsed is omitted.
    pub fn record_order(&self, service: &ServiceDefinition) {
        self.record_account(&service.account);
        let target = SubscriptionRef::parse(service);
        let external_id = target.external_id.as_ref().map(ExternalId::to_string);
        let plan = service.attribute("plan").and_then(|plan| PlanId::parse(&plan.code));
        let product = plan.or_else(|| PlanId::parse(&service.product_id));
        self.record(|ids| {
            ids.subscription = target.id.map(|id| id.to_string()).or(external_id);
            ids.product = product.map(|product| product.to_string());
            ids.quantity = service.quantity;
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::bss;

    fn ids(body: &serde_json::Value) -> RequestIds {
        let log = RequestIdLog::default();
        log.clone().record_order(&bss::parse(body.to_string().as_bytes()).unwrap());
        log.ids()
    }

    #[test]
    fn an_order_names_account_subscription_plan_and_quantity() {
        let order = json!({
            "SubscriptionID": "S-1", "ProductID": "P-7", "Quantity": 5,
            "Account": {"ID": "1001", "Name": "Acme", "Email": "ann@acme.example"},
            "AttributeList": {"plan": {"Code": "16921"}},
        });
        let text = |text: &str| Some(text.to_owned());
        let expected = RequestIds {
            account: text("1001"),
            subscription: text("S-1"),
            product: text("16921"),
            quantity: Some(5),
            ..RequestIds::default()
        };
        assert_eq!(ids(&order), expected);
    }

    #[test]
    fn other_ids_replace_missing_ones_and_invalid_ids_are_omitted() {
        let order = json!({"ID": "440032-6.S1:extra", "ProductID": "P-7", "Account": {"ID": "a\nb"}});
        let found = ids(&order);
        assert_eq!((found.account, found.quantity), (None, None));
        assert_eq!((found.subscription.as_deref(), found.product.as_deref()), (Some("440032-6.S1"), Some("P-7")));
    }
}
