//! The desired state of a subscription, parsed from `subscriptions/*` and `addons/*` requests.

use serde::{Deserialize, Serialize};

use crate::bss::requests::{ActionType, AddonDefinition, ServiceDefinition};
use crate::domain::entitlements::{AttributeNames, EntitlementPart, Entitlements};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::{ExternalId, MAX_LENGTH, PlanId, SubscriptionId};
use crate::domain::subscription_record::{AddonRecord, SubscriptionRecord, SubscriptionState};

/// Maximum number of add-ons of one subscription.
const MAX_ADDONS: usize = 100;

/// The plan in a request. `code` takes precedence over `candidates`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanChoice {
    /// The code of the selected list value, which is always the vendor's id of the plan.
    pub code: Option<PlanId>,
    /// The values of members that contain the vendor's id in some installations only, most reliable first.
    pub candidates: Vec<PlanId>,
}

impl PlanChoice {
    fn parse(service: &ServiceDefinition) -> Self {
        let attribute = service.attribute("plan");
        let text = |value: Option<&Option<String>>| value.and_then(Option::as_deref).unwrap_or_default().to_owned();
        let candidates = [
            text(attribute.map(|plan| &plan.value_external)),
            service.product_id.clone(),
            text(attribute.map(|plan| &plan.value)),
        ];
        Self {
            code: attribute.and_then(|plan| PlanId::parse(&plan.code)),
            candidates: candidates.iter().filter_map(|candidate| PlanId::parse(candidate)).collect(),
        }
    }
}

/// A reference to the subscription of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionRef {
    /// The BSS's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<SubscriptionId>,
    /// The external id that the service manager returned, without an add-on's suffix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// The BSS's id of the subscription that this one replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_id: Option<SubscriptionId>,
}

impl SubscriptionRef {
    /// Parses the ids of a request.
    pub fn parse(service: &ServiceDefinition) -> Self {
        let external = service.id.split(':').next().unwrap_or_default();
        Self {
            id: SubscriptionId::parse(&service.subscription_id),
            external_id: ExternalId::parse(external),
            original_id: SubscriptionId::parse(&service.original_subscription_id),
        }
    }
}

/// The desired state of a subscription: always the complete state, never a delta.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DesiredSubscription {
    /// The desired lifecycle state.
    pub state: SubscriptionState,
    /// The desired plan.
    pub plan: PlanChoice,
    /// The contribution of the subscription itself, without its add-ons.
    pub base: EntitlementPart,
    /// The live add-ons. `None` if the request has no add-on list, which leaves them unchanged.
    pub addons: Option<Vec<AddonRecord>>,
    /// The code of an add-on to remove.
    pub removed_addon: Option<String>,
    /// `true` for a trial. `None` if the request does not state it, which leaves it unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<bool>,
}

impl DesiredSubscription {
    /// Parses the desired state of `service`, in the lifecycle state `state`.
    ///
    /// # Errors
    /// [`ErrorCode::BadRequest`] or [`ErrorCode::SeatsInvalid`].
    pub fn parse(
        service: &ServiceDefinition,
        state: SubscriptionState,
        names: &AttributeNames,
    ) -> Result<Self, ServiceError> {
        let addons = service.addons.as_ref().map(|addons| live_addons(addons, names)).transpose()?;
        Ok(Self {
            state,
            plan: PlanChoice::parse(service),
            base: EntitlementPart::from_subscription(service, names)?,
            addons,
            removed_addon: None,
            trial: if service.action_type == ActionType::UpgradeToPaid { Some(false) } else { service.is_trial },
        })
    }

    /// Returns a desired state that differs from the record in the lifecycle state only.
    pub fn with_state(state: SubscriptionState) -> Self {
        Self {
            state,
            plan: PlanChoice::default(),
            base: EntitlementPart::default(),
            addons: None,
            removed_addon: None,
            trial: None,
        }
    }

    /// Returns the live add-ons; those on record if the request has none.
    pub fn addons(&self, record: Option<&SubscriptionRecord>) -> Vec<AddonRecord> {
        let all = self.addons.as_deref().or(record.map(|record| record.addons.as_slice())).unwrap_or_default();
        all.iter().filter(|addon| self.removed_addon.as_ref() != Some(&addon.code)).cloned().collect()
    }

    /// Returns the desired entitlements. Parts that the request omits are taken from the record.
    ///
    /// # Errors
    /// [`ErrorCode::SeatsInvalid`].
    pub fn entitlements(&self, record: Option<&SubscriptionRecord>) -> Result<Entitlements, ServiceError> {
        let base = self.contribution(record);
        Entitlements::sum(&base, self.addons(record).iter().map(|addon| &addon.contribution))
    }

    /// Returns `true` for a trial, as requested or else as recorded.
    pub fn trial(&self, record: Option<&SubscriptionRecord>) -> bool {
        self.trial.unwrap_or_else(|| record.is_some_and(|record| record.trial))
    }

    /// Returns the contribution of the subscription itself, as requested or else as recorded.
    pub fn contribution(&self, record: Option<&SubscriptionRecord>) -> EntitlementPart {
        match record {
            Some(record) if self.base == EntitlementPart::default() => record.contribution.clone(),
            Some(_) | None => self.base.clone(),
        }
    }
}

/// Returns the code of an add-on, which is part of its external id.
///
/// # Errors
/// [`ErrorCode::BadRequest`] if the add-on has no usable code.
pub fn addon_code(addon: &AddonDefinition) -> Result<String, ServiceError> {
    let from_id = addon.id.split_once(':').map_or("", |(_, code)| code);
    let code = [from_id, &addon.product_id, &addon.name].into_iter().map(str::trim).find(|text| !text.is_empty());
    let code = code.filter(|code| code.chars().count() <= MAX_LENGTH);
    code.map(|code| code.replace(':', "-")).ok_or_else(|| {
        ServiceError::new(
            ErrorCode::BadRequest,
            format!("An add-on in the request has no usable ID: its ID and ProductID are missing, or longer than {MAX_LENGTH} characters. Send a ProductID."),
        )
    })
}

fn live_addons(addons: &[AddonDefinition], names: &AttributeNames) -> Result<Vec<AddonRecord>, ServiceError> {
    if addons.len() > MAX_ADDONS {
        return Err(ServiceError::new(
            ErrorCode::BadRequest,
            format!("The request has more than {MAX_ADDONS} add-ons. Send at most {MAX_ADDONS}."),
        ));
    }
    addons
        .iter()
        .filter(|addon| addon.action_type != ActionType::Cancel)
        .map(|addon| {
            Ok(AddonRecord { code: addon_code(addon)?, contribution: EntitlementPart::from_addon(addon, names)? })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bss;

    fn desired(json: &serde_json::Value) -> DesiredSubscription {
        let names =
            AttributeNames { seats: "seats", features: vec!["archiving".to_owned()], seat_addons: &["extra-seats"] };
        let service: ServiceDefinition = bss::parse(json.to_string().as_bytes()).unwrap();
        DesiredSubscription::parse(&service, SubscriptionState::Live, &names).unwrap()
    }

    #[test]
    fn a_cancelled_add_on_does_not_count() {
        let desired = desired(&serde_json::json!({"Quantity": 3, "Addons": [
            {"ID": "440032-6.S1:extra-seats", "Quantity": 2, "ActionType": "Cancel"},
            {"ProductID": "extra-seats", "Quantity": 4},
        ]}));
        assert_eq!(desired.entitlements(None).unwrap().seats, Some(7));
    }

    #[test]
    fn upgrade_to_paid_ends_a_trial() {
        let trial = |json: serde_json::Value| desired(&json).trial;
        assert_eq!(trial(serde_json::json!({"IsTrial": true, "ActionType": "Provision"})), Some(true));
        assert_eq!(trial(serde_json::json!({"IsTrial": true, "ActionType": 7})), Some(false));
        assert_eq!(trial(serde_json::json!({"ActionType": "Upgrade"})), None);
    }

    #[test]
    fn the_plan_attributes_code_takes_precedence() {
        let plan = desired(&serde_json::json!({
            "ProductID": "P-1",
            "AttributeList": {"Plan": {"Code": "16921-6", "Value": "Business Backup"}},
        }))
        .plan;
        assert_eq!(plan.code, PlanId::parse("16921-6"));
        assert_eq!(plan.candidates, [PlanId::parse("P-1").unwrap(), PlanId::parse("Business Backup").unwrap()]);
    }
}
