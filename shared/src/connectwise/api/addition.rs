//! Additions: the lines of an agreement, each a product and how many of it.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::connectwise::date::{day, midnight};
use crate::connectwise::id::reference;
use crate::connectwise::patch::Patch;
use crate::connectwise::text::cut;
use crate::connectwise::{AdditionId, AgreementId, CatalogItemId, List, One, Record, Reference};

const MAX_INVOICE_DESCRIPTION: usize = 6000;

/// An addition.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Addition {
    /// Its number.
    pub id: AdditionId,
    /// The item of the catalog.
    #[serde(default)]
    pub product: Option<Reference<CatalogItemId>>,
    /// How many.
    #[serde(default)]
    pub quantity: Option<Decimal>,
    /// How many were on the last invoice.
    #[serde(default)]
    pub billed_quantity: Option<Decimal>,
    /// What one is sold for.
    #[serde(default)]
    pub unit_price: Option<Decimal>,
    /// What one costs the MSP.
    #[serde(default)]
    pub unit_cost: Option<Decimal>,
    /// Whether it is billed.
    #[serde(default)]
    pub bill_customer: Option<Billing>,
    /// Whether it is taxed.
    #[serde(default)]
    pub taxable_flag: Option<bool>,
    /// What the invoice says.
    #[serde(default)]
    pub invoice_description: Option<String>,
    /// The first day.
    #[serde(default, deserialize_with = "day")]
    pub effective_date: Option<Date>,
    /// The last day; none if it has no end.
    #[serde(default, deserialize_with = "day")]
    pub cancelled_date: Option<Date>,
}

/// Whether something is billed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Billing {
    /// It is.
    Billable,
    /// It is not, and not shown.
    DoNotBill,
    /// It is shown for nothing.
    NoCharge,
    /// Something that is not known.
    #[serde(untagged)]
    Other(String),
}

/// An addition to be made. What is `None` is as the product has it.
#[derive(Clone, Debug)]
pub struct NewAddition {
    /// The item of the catalog; no bundle.
    pub product: CatalogItemId,
    /// How many.
    pub quantity: Decimal,
    /// Whether it is billed.
    pub bill_customer: Billing,
    /// The first day, as [`effective`](crate::connectwise::date::effective) allows it.
    pub effective_date: Date,
    /// What one is sold for.
    pub unit_price: Option<Decimal>,
    /// What one costs the MSP.
    pub unit_cost: Option<Decimal>,
    /// What the invoice says; cut at 6,000 characters.
    pub invoice_description: Option<String>,
}

/// What is to be changed; what is `None` stays, but for a new product: see [`Addition::kept`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The item of the catalog.
    pub product: Option<CatalogItemId>,
    /// How many, from now on: ConnectWise keeps no history.
    pub quantity: Option<Decimal>,
    /// What one is sold for. MSPs set prices by hand: leave it alone unless told to.
    pub unit_price: Option<Decimal>,
    /// What one costs the MSP.
    pub unit_cost: Option<Decimal>,
    /// Whether it is billed.
    pub bill_customer: Option<Billing>,
    /// Whether it is taxed.
    pub taxable: Option<bool>,
    /// What the invoice says; cut at 6,000 characters.
    pub invoice_description: Option<String>,
    /// The first day.
    pub effective_date: Option<Date>,
    /// The last day.
    pub cancelled_date: Option<Date>,
}

impl Addition {
    /// Changes that say again what a new product would otherwise bring along: number, price, cost, text and tax.
    pub fn kept(&self) -> Changes {
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

impl Record for Addition {
    const FIELDS: &'static str = "id,product,quantity,billedQuantity,unitPrice,unitCost,billCustomer,taxableFlag,invoiceDescription,effectiveDate,cancelledDate";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

/// All additions of an agreement, ended ones included.
pub fn of_agreement(agreement: AgreementId) -> List<Addition> {
    List::all("additions", format!("/finance/agreements/{agreement}/additions"))
}

/// One addition.
pub fn get(agreement: AgreementId, id: AdditionId) -> One<Addition> {
    One::get("addition", format!("/finance/agreements/{agreement}/additions/{id}"))
}

/// Makes an addition. Keep the number that it gives: nothing else tells it from what people add.
pub fn create(agreement: AgreementId, new: &NewAddition) -> One<Addition> {
    let body = json!({
        "product": reference(new.product),
        "quantity": number(new.quantity),
        "billCustomer": new.bill_customer,
        "effectiveDate": midnight(new.effective_date),
        "unitPrice": new.unit_price.map(number),
        "unitCost": new.unit_cost.map(number),
        "invoiceDescription": new.invoice_description.as_deref().map(|text| cut(text, MAX_INVOICE_DESCRIPTION)),
    });
    One::post("create-addition", format!("/finance/agreements/{agreement}/additions"), body)
}

/// Changes an addition.
pub fn patch(agreement: AgreementId, id: AdditionId, changes: &Changes) -> One<Addition> {
    let text = changes.invoice_description.as_deref().map(|text| cut(text, MAX_INVOICE_DESCRIPTION));
    let patch = Patch::new()
        .refer("product", changes.product)
        .replace("quantity", changes.quantity.map(number))
        .replace("unitPrice", changes.unit_price.map(number))
        .replace("unitCost", changes.unit_cost.map(number))
        .replace("billCustomer", changes.bill_customer.as_ref())
        .replace("taxableFlag", changes.taxable)
        .replace("invoiceDescription", text)
        .replace("effectiveDate", changes.effective_date.map(midnight))
        .replace("cancelledDate", changes.cancelled_date.map(midnight));
    One::patch("change-addition", format!("/finance/agreements/{agreement}/additions/{id}"), &patch)
}

/// An amount as a JSON number.
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
