//! A subscription as the BSS wishes it to be, parsed from `subscriptions/*` and `addons/*` requests.

use serde::{Deserialize, Serialize};

use crate::bss::requests::{ActionType, AddonDefinition, ServiceDefinition};
use crate::domain::entitlements::{EntitlementPart, Entitlements, AttributeNames};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::{ExternalId, MAX_LENGTH, PlanId, SubscriptionId};
use crate::domain::subscription_record::{AddonRecord, SubscriptionRecord, SubscriptionState};

/// The most add-ons of one subscription.
const MAX_ADDONS: usize = 100;

/// The plan that a request names, in the order in which its members are to be believed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanChoice {
    /// The code of the picked list value: the vendor's id of the plan, for certain.
    pub code: Option<PlanId>,
    /// Members that hold the vendor's id in some installations and something else in others.
    pub candidates: Vec<PlanId>,
}

impl PlanChoice {
    fn parse(service: &ServiceDefinition) -> Self {
        let attribute = service.attribute("plan");
        let text = |value: Option<&Option<String>>| value.and_then(Option::as_deref).unwrap_or_default().to_owned();
        let hints = [
            text(attribute.map(|plan| &plan.value_external)),
            service.product_id.clone(),
            text(attribute.map(|plan| &plan.value)),
        ];
        Self {
            code: attribute.and_then(|plan| PlanId::parse(&plan.code)),
            candidates: hints.iter().filter_map(|hint| PlanId::parse(hint)).collect(),
        }
    }
}

/// Which subscription a request means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionRef {
    /// The BSS's own id.
    pub id: Option<SubscriptionId>,
    /// The id that we gave, without an add-on's suffix.
    pub external_id: Option<ExternalId>,
    /// The BSS's id of the subscription that this one goes back to.
    pub original_id: Option<SubscriptionId>,
}

impl SubscriptionRef {
    /// Reads the ids of a request.
    pub fn parse(service: &ServiceDefinition) -> Self {
        let external = service.id.split(':').next().unwrap_or_default();
        Self {
            id: SubscriptionId::parse(&service.subscription_id),
            external_id: ExternalId::parse(external),
            original_id: SubscriptionId::parse(&service.original_subscription_id),
        }
    }
}

/// A subscription as wished: the whole state, never a delta.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Where it shall stand.
    pub state: SubscriptionState,
    /// The plan.
    pub plan: PlanChoice,
    /// What the subscription itself has.
    pub own: EntitlementPart,
    /// Its live add-ons; none if the request does not speak of add-ons, which leaves them as they are.
    pub addons: Option<Vec<AddonRecord>>,
    /// An add-on that is cancelled, by its code.
    pub without: Option<String>,
    /// Whether it shall be a trial; none if the request does not say, which leaves it as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<bool>,
}

impl Wish {
    /// Reads what `service` shall be, in `state`.
    pub fn parse(service: &ServiceDefinition, state: SubscriptionState, words: &AttributeNames) -> Result<Self, ServiceError> {
        let addons = service.addons.as_ref().map(|addons| live_addons(addons, words)).transpose()?;
        Ok(Self {
            state,
            plan: PlanChoice::parse(service),
            own: EntitlementPart::from_subscription(service, words)?,
            addons,
            without: None,
            trial: if service.action_type == ActionType::UpgradeToPaid { Some(false) } else { service.is_trial },
        })
    }

    /// The wish that the subscription be in `state`, and that all else stay.
    pub fn to_be(state: SubscriptionState) -> Self {
        Self {
            state,
            plan: PlanChoice::default(),
            own: EntitlementPart::default(),
            addons: None,
            without: None,
            trial: None,
        }
    }

    /// The live add-ons, given those on record.
    pub fn addons(&self, record: Option<&SubscriptionRecord>) -> Vec<AddonRecord> {
        let all = self.addons.as_deref().or(record.map(|record| record.addons.as_slice())).unwrap_or_default();
        all.iter().filter(|addon| self.without.as_ref() != Some(&addon.code)).cloned().collect()
    }

    /// What shall be there, given the record for what the request does not speak of.
    pub fn resources(&self, record: Option<&SubscriptionRecord>) -> Result<Entitlements, ServiceError> {
        let own = self.contribution(record);
        Entitlements::sum(&own, self.addons(record).iter().map(|addon| &addon.contribution))
    }

    /// Whether it is a trial, given the record.
    pub fn trial(&self, record: Option<&SubscriptionRecord>) -> bool {
        self.trial.unwrap_or_else(|| record.is_some_and(|record| record.trial))
    }

    /// What the subscription itself has, given the record.
    pub fn contribution(&self, record: Option<&SubscriptionRecord>) -> EntitlementPart {
        match record {
            Some(record) if self.own == EntitlementPart::default() => record.contribution.clone(),
            Some(_) | None => self.own.clone(),
        }
    }
}

/// The code by which an add-on is named in ids.
pub fn addon_code(addon: &AddonDefinition) -> Result<String, ServiceError> {
    let from_id = addon.id.split_once(':').map_or("", |(_, code)| code);
    let code = [from_id, &addon.product_id, &addon.name].into_iter().map(str::trim).find(|text| !text.is_empty());
    let code = code.filter(|code| code.chars().count() <= MAX_LENGTH);
    code.map(|code| code.replace(':', "-")).ok_or_else(|| {
        ServiceError::new(
            ErrorCode::BadRequest,
            "An add-on in the request has neither an ID nor a ProductID, or one that is too long: it can't be told which one it is.",
        )
    })
}

fn live_addons(addons: &[AddonDefinition], words: &AttributeNames) -> Result<Vec<AddonRecord>, ServiceError> {
    if addons.len() > MAX_ADDONS {
        return Err(ServiceError::new(
            ErrorCode::BadRequest,
            format!("The request has more than {MAX_ADDONS} add-ons, which no subscription needs."),
        ));
    }
    addons
        .iter()
        .filter(|addon| addon.action_type != ActionType::Cancel)
        .map(|addon| Ok(AddonRecord { code: addon_code(addon)?, contribution: EntitlementPart::from_addon(addon, words)? }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bss;

    fn wish(json: &serde_json::Value) -> Wish {
        let words =
            AttributeNames { seats: "seats", features: vec!["archiving".to_owned()], seat_addons: &["extra-seats"] };
        let service: ServiceDefinition = bss::parse(json.to_string().as_bytes()).unwrap();
        Wish::parse(&service, SubscriptionState::Live, &words).unwrap()
    }

    #[test]
    fn a_cancelled_add_on_does_not_count() {
        let wish = wish(&serde_json::json!({"Quantity": 3, "Addons": [
            {"ID": "440032-6.S1:extra-seats", "Quantity": 2, "ActionType": "Cancel"},
            {"ProductID": "extra-seats", "Quantity": 4},
        ]}));
        assert_eq!(wish.resources(None).unwrap().seats, Some(7));
    }

    #[test]
    fn a_trial_ends_by_upgrade_to_paid() {
        let trial = |json: serde_json::Value| wish(&json).trial;
        assert_eq!(trial(serde_json::json!({"IsTrial": true, "ActionType": "Provision"})), Some(true));
        assert_eq!(trial(serde_json::json!({"IsTrial": true, "ActionType": 7})), Some(false));
        assert_eq!(trial(serde_json::json!({"ActionType": "Upgrade"})), None);
    }

    #[test]
    fn the_plan_is_the_attributes_code_before_all_else() {
        let plan = wish(&serde_json::json!({
            "ProductID": "P-1",
            "AttributeList": {"Plan": {"Code": "16921-6", "Value": "Business Backup"}},
        }))
        .plan;
        assert_eq!(plan.code, PlanId::parse("16921-6"));
        assert_eq!(plan.candidates, [PlanId::parse("P-1").unwrap(), PlanId::parse("Business Backup").unwrap()]);
    }
}
