//! Additions: the lines of an agreement, each with a product and a quantity.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::connectwise::date::{day, midnight};
use crate::connectwise::id::reference;
use crate::connectwise::patch::Patch;
use crate::connectwise::text::truncate;
use crate::connectwise::{AdditionId, AgreementId, CatalogItemId, Entity, ListRequest, Reference, SingleRequest};

const MAX_INVOICE_DESCRIPTION: usize = 6000;

/// An addition.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Addition {
    /// The addition's id.
    pub id: AdditionId,
    /// The catalog item.
    #[serde(default)]
    pub product: Option<Reference<CatalogItemId>>,
    /// The quantity.
    #[serde(default)]
    pub quantity: Option<Decimal>,
    /// The quantity on the last invoice.
    #[serde(default)]
    pub billed_quantity: Option<Decimal>,
    /// Price of a unit.
    #[serde(default)]
    pub unit_price: Option<Decimal>,
    /// Cost of a unit for the MSP.
    #[serde(default)]
    pub unit_cost: Option<Decimal>,
    /// The billing mode.
    #[serde(default)]
    pub bill_customer: Option<Billing>,
    /// `true` if the addition is taxed.
    #[serde(default)]
    pub taxable_flag: Option<bool>,
    /// Text on the invoice.
    #[serde(default)]
    pub invoice_description: Option<String>,
    /// The first day.
    #[serde(default, deserialize_with = "day")]
    pub effective_date: Option<Date>,
    /// The last day. `None` if the addition has no end.
    #[serde(default, deserialize_with = "day")]
    pub cancelled_date: Option<Date>,
}

impl Addition {
    /// Returns the billing mode; that of a billed addition if ConnectWise does not tell.
    pub fn billing(&self) -> Billing {
        self.bill_customer.clone().unwrap_or(Billing::Billable)
    }
}

/// Billing mode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Billing {
    /// Billed.
    Billable,
    /// Not billed, and not on the invoice.
    DoNotBill,
    /// On the invoice, free of charge.
    NoCharge,
    /// A mode that this version does not know.
    #[serde(untagged)]
    Other(String),
}

/// An addition to create. A field that is `None` takes the product's value.
#[derive(Clone, Debug)]
pub struct NewAddition {
    /// The catalog item. It must not be a bundle.
    pub product: CatalogItemId,
    /// The quantity.
    pub quantity: Decimal,
    /// The billing mode.
    pub bill_customer: Billing,
    /// The first day, within the limits of [`effective_date`](crate::connectwise::date::effective_date).
    pub effective_date: Date,
    /// Price of a unit.
    pub unit_price: Option<Decimal>,
    /// Cost of a unit for the MSP.
    pub unit_cost: Option<Decimal>,
    /// Text on the invoice, truncated to 6,000 characters.
    pub invoice_description: Option<String>,
}

/// Changes to an addition. A field that is `None` stays as it is, unless the product changes: see [`Addition::current_values`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The catalog item.
    pub product: Option<CatalogItemId>,
    /// The quantity from now on. ConnectWise keeps no history.
    pub quantity: Option<Decimal>,
    /// Price of a unit. MSPs set prices by hand, so change it only if the MSP set a price here.
    pub unit_price: Option<Decimal>,
    /// Cost of a unit for the MSP.
    pub unit_cost: Option<Decimal>,
    /// The billing mode.
    pub bill_customer: Option<Billing>,
    /// `true` to tax the addition.
    pub taxable: Option<bool>,
    /// Text on the invoice, truncated to 6,000 characters.
    pub invoice_description: Option<String>,
    /// The first day.
    pub effective_date: Option<Date>,
    /// The last day.
    pub cancelled_date: Option<Date>,
}

impl Addition {
    /// Returns changes that repeat the values that a new product would otherwise replace: quantity, price, cost,
    /// billing mode, tax and text.
    pub fn current_values(&self) -> Changes {
        Changes {
            quantity: self.quantity,
            unit_price: self.unit_price,
            unit_cost: self.unit_cost,
            bill_customer: self.bill_customer.clone(),
            taxable: self.taxable_flag,
            invoice_description: self.invoice_description.clone(),
            ..Changes::default()
        }
    }
}

impl Entity for Addition {
    const FIELDS: &'static str = "id,product,quantity,billedQuantity,unitPrice,unitCost,billCustomer,taxableFlag,invoiceDescription,effectiveDate,cancelledDate";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

/// Lists all additions of an agreement, including ended ones.
pub fn list(agreement: AgreementId) -> ListRequest<Addition> {
    ListRequest::all("additions", format!("/finance/agreements/{agreement}/additions"))
}

/// Gets an addition.
pub fn get(agreement: AgreementId, id: AdditionId) -> SingleRequest<Addition> {
    SingleRequest::get("addition", format!("/finance/agreements/{agreement}/additions/{id}"))
}

/// Creates an addition. Keep the id that ConnectWise returns: nothing else distinguishes the addition from those that
/// people add.
pub fn create(agreement: AgreementId, new: &NewAddition) -> SingleRequest<Addition> {
    let body = json!({
        "product": reference(new.product),
        "quantity": number(new.quantity),
        "billCustomer": new.bill_customer,
        "effectiveDate": midnight(new.effective_date),
        "unitPrice": new.unit_price.map(number),
        "unitCost": new.unit_cost.map(number),
        "invoiceDescription": new.invoice_description.as_deref().map(|text| truncate(text, MAX_INVOICE_DESCRIPTION)),
    });
    SingleRequest::post("create-addition", format!("/finance/agreements/{agreement}/additions"), body)
}

/// Changes an addition.
pub fn patch(agreement: AgreementId, id: AdditionId, changes: &Changes) -> SingleRequest<Addition> {
    let text = changes.invoice_description.as_deref().map(|text| truncate(text, MAX_INVOICE_DESCRIPTION));
    let patch = Patch::new()
        .set_reference("product", changes.product)
        .replace("quantity", changes.quantity.map(number))
        .replace("unitPrice", changes.unit_price.map(number))
        .replace("unitCost", changes.unit_cost.map(number))
        .replace("billCustomer", changes.bill_customer.as_ref())
        .replace("taxableFlag", changes.taxable)
        .replace("invoiceDescription", text)
        .replace("effectiveDate", changes.effective_date.map(midnight))
        .replace("cancelledDate", changes.cancelled_date.map(midnight));
    SingleRequest::patch("change-addition", format!("/finance/agreements/{agreement}/additions/{id}"), &patch)
}

/// Returns an amount as a JSON number.
pub(crate) fn number(amount: Decimal) -> Value {
    amount.normalize().to_string().parse().map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn amounts_travel_as_they_are(units in -999_999_999_999_i64..999_999_999_999, scale in 0..4_u32) {
            let amount = Decimal::new(units, scale);
            let text = format!(r#"{{"id": 1, "unitPrice": {}}}"#, number(amount));
            let read: Addition = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(read.unit_price, Some(amount));
        }
    }
}
