//! Entitlements: the seats and features to provision. Every order computes them from the subscription and all its live
//! add-ons (`docs/vendors/bss.md`, "Behaviour" and "Where the sources disagree").
//!
//! - A measured attribute is the sum over the subscription and its add-ons. An attribute with `QuantityLinked` counts
//!   once per unit of `Quantity`.
//! - A feature is on if the subscription or any live add-on has it on.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::bss::requests::{AddonDefinition, ServiceAttribute, ServiceDefinition};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;

/// Maximum number of seats of one subscription.
pub const MAX_SEATS: u32 = 100_000;

/// The names of a vendor's attributes and add-ons in its service definitions.
#[derive(Clone, Debug)]
pub struct AttributeNames {
    /// The id of the measured attribute.
    pub seats: &'static str,
    /// The ids of the features.
    pub features: Vec<String>,
    /// The codes of add-ons that add seats, for requests without attributes.
    pub seat_addons: &'static [&'static str],
}

/// The contribution of one part: of the subscription itself or of an add-on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntitlementPart {
    /// The seats; `None` if the part has no number of seats.
    #[serde(default)]
    pub seats: Option<u32>,
    /// The features that are on.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub features: BTreeSet<String>,
}

impl EntitlementPart {
    /// Returns the contribution of a subscription. Without the measured attribute, `Quantity` is the number of seats.
    ///
    /// # Errors
    /// [`ErrorCode::SeatsInvalid`].
    pub fn from_subscription(service: &ServiceDefinition, names: &AttributeNames) -> Result<Self, ServiceError> {
        let measured = service.attribute(names.seats);
        Ok(Self {
            seats: seats(measured, service.quantity)?,
            features: features(names, |id| service.attribute(id)).collect(),
        })
    }

    /// Returns the contribution of an add-on. An add-on without attributes is identified by its code.
    ///
    /// # Errors
    /// [`ErrorCode::SeatsInvalid`].
    pub fn from_addon(addon: &AddonDefinition, names: &AttributeNames) -> Result<Self, ServiceError> {
        let measured = addon.attribute(names.seats);
        let has_value =
            measured.and_then(|attribute| attribute.value.as_deref()).is_some_and(|value| !value.trim().is_empty());
        let adds_seats = has_value || contains_code(names.seat_addons, &addon.product_id);
        let mut on: BTreeSet<String> = features(names, |id| addon.attribute(id)).collect();
        let feature = names.features.iter().find(|id| id.eq_ignore_ascii_case(&addon.product_id));
        if let Some(id) = feature.filter(|id| addon.attribute(id).is_none()) {
            on.insert(id.clone());
        }
        let seats = if adds_seats { seats(measured, addon.quantity)? } else { None };
        Ok(Self { seats, features: on })
    }
}

/// The entitlements of a subscription with its live add-ons.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Entitlements {
    /// The sum of all seats; `None` if no part has a number of seats.
    pub seats: Option<u32>,
    /// All features.
    pub features: BTreeSet<String>,
}

impl Entitlements {
    /// Returns the sum of the contributions.
    ///
    /// # Errors
    /// [`ErrorCode::SeatsInvalid`] above [`MAX_SEATS`].
    pub fn sum<'a>(
        subscription: &'a EntitlementPart,
        addons: impl IntoIterator<Item = &'a EntitlementPart>,
    ) -> Result<Self, ServiceError> {
        let mut total = Self::default();
        for part in std::iter::once(subscription).chain(addons) {
            if let Some(seats) = part.seats {
                let sum = total.seats.unwrap_or(0).checked_add(seats).filter(|sum| *sum <= MAX_SEATS);
                total.seats = Some(sum.ok_or_else(invalid_seats)?);
            }
            total.features.extend(part.features.iter().cloned());
        }
        Ok(total)
    }
}

fn seats(measured: Option<&ServiceAttribute>, quantity: Option<i64>) -> Result<Option<u32>, ServiceError> {
    let value =
        measured.and_then(|attribute| attribute.value.as_deref()).map(str::trim).filter(|text| !text.is_empty());
    let amount = match (value, quantity) {
        (None, None) => return Ok(None),
        (None, Some(quantity)) => Some(quantity),
        (Some(value), quantity) => {
            let value: i64 = value.parse().map_err(|_| invalid_seats())?;
            let linked = measured.is_some_and(|attribute| attribute.quantity_linked);
            if linked { value.checked_mul(quantity.unwrap_or(1)) } else { Some(value) }
        }
    };
    amount
        .and_then(|amount| u32::try_from(amount).ok())
        .filter(|amount| *amount <= MAX_SEATS)
        .map(Some)
        .ok_or_else(invalid_seats)
}

fn features<'a>(
    names: &AttributeNames,
    attribute: impl Fn(&str) -> Option<&'a ServiceAttribute>,
) -> impl Iterator<Item = String> {
    names.features.iter().filter(move |id| attribute(id).is_some_and(is_on)).cloned()
}

fn is_on(attribute: &ServiceAttribute) -> bool {
    let value = attribute.value.as_deref().filter(|text| !text.trim().is_empty()).unwrap_or(&attribute.code);
    ["true", "1", "yes", "on"].iter().any(|on| value.trim().eq_ignore_ascii_case(on))
}

fn contains_code(codes: &[&str], code: &str) -> bool {
    codes.iter().any(|known| known.eq_ignore_ascii_case(code))
}

fn invalid_seats() -> ServiceError {
    ServiceError::new(
        ErrorCode::SeatsInvalid,
        format!("The number of seats must be a whole number from 1 to {MAX_SEATS}."),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bss;

    fn attribute_names() -> AttributeNames {
        AttributeNames { seats: "seats", features: vec!["archiving".to_owned()], seat_addons: &["extra-seats"] }
    }

    fn service(json: &serde_json::Value) -> ServiceDefinition {
        bss::parse(json.to_string().as_bytes()).unwrap()
    }

    fn entitlements(json: &serde_json::Value) -> Result<Entitlements, ServiceError> {
        let service = service(json);
        let names = attribute_names();
        let base = EntitlementPart::from_subscription(&service, &names)?;
        let addons: Vec<_> = service
            .addons
            .iter()
            .flatten()
            .map(|addon| EntitlementPart::from_addon(addon, &names))
            .collect::<Result<_, _>>()?;
        Entitlements::sum(&base, &addons)
    }

    #[test]
    fn without_attributes_the_quantity_is_used() {
        let total = entitlements(&serde_json::json!({
            "Quantity": 5,
            "Addons": [{"ProductID": "Extra-Seats", "Quantity": 2}, {"ProductID": "archiving", "Quantity": 1}],
        }))
        .unwrap();
        assert_eq!(total.seats, Some(7));
        assert!(total.features.contains("archiving"));
    }

    #[test]
    fn a_feature_with_the_value_false_is_off() {
        let total = entitlements(&serde_json::json!({
            "Addons": [{"ProductID": "archiving", "AttributeList": {"archiving": {"Value": "False"}}}],
        }))
        .unwrap();
        assert_eq!(total, Entitlements::default());
    }

    #[test]
    fn invalid_seats_are_rejected() {
        for quantity in [serde_json::json!(-1), serde_json::json!(100_001), serde_json::json!(i64::MAX)] {
            let error = entitlements(&serde_json::json!({ "Quantity": quantity })).unwrap_err();
            assert_eq!(error.code(), ErrorCode::SeatsInvalid);
        }
        let value = serde_json::json!({"AttributeList": {"seats": {"Value": "many"}}});
        assert_eq!(entitlements(&value).unwrap_err().code(), ErrorCode::SeatsInvalid);
    }

    proptest! {
        #[test]
        fn linked_attributes_count_per_unit(value in 0u32..300, units in 0u32..300, extra in prop::collection::vec((0u32..50, 0u32..50, any::<bool>()), 0..5)) {
            let addons: Vec<_> = extra.iter().map(|(value, units, linked)| serde_json::json!({
                "Quantity": units,
                "AttributeList": {"seats": {"Value": value.to_string(), "QuantityLinked": linked}},
            })).collect();
            let total = entitlements(&serde_json::json!({
                "Quantity": units,
                "AttributeList": {"seats": {"Value": value, "QuantityLinked": true}},
                "Addons": addons,
            })).unwrap();
            let expected = value * units
                + extra.iter().map(|(value, units, linked)| if *linked { value * units } else { *value }).sum::<u32>();
            prop_assert_eq!(total.seats, Some(expected));
        }

        #[test]
        fn the_order_of_add_ons_does_not_matter(seats in prop::collection::vec(prop::option::of(0u32..1000), 0..8)) {
            let parts: Vec<_> = seats.iter().map(|seats| EntitlementPart { seats: *seats, ..EntitlementPart::default() }).collect();
            let base = EntitlementPart::default();
            prop_assert_eq!(Entitlements::sum(&base, &parts).unwrap(), Entitlements::sum(&base, parts.iter().rev()).unwrap());
        }
    }
}
