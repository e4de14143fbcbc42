//! Rules of additions: bounds set by the agreement and the product, and defaults taken from the product.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::connectwise::date;
use crate::connectwise::definition::Resource;
use crate::connectwise::draft::Draft;
use crate::connectwise::reference::target;
use crate::connectwise::refusal::Refusal;
use crate::connectwise::row::agreement_status;
use crate::connectwise::state::{Context, Fields, Record, State};

/// Checks a draft against its agreement and its product.
pub fn check(state: &State, context: &Context, draft: &mut Draft, before: Option<&Record>) {
    let Some((_, agreement)) = target(state, draft.fields(), Resource::Agreement, "agreementId") else { return };
    let status = agreement_status(&agreement.fields, context.now);
    if status != "Active" {
        draft.refuse("InvalidAgreement", "agreementId", format!("The agreement is {status}."));
    }
    follow_product(state, draft, before);
    round_amounts(state.settings.price_decimals, draft);
    let today = date::text(date::midnight(context.now));
    draft.default("effectiveDate", today);
    draft.default("lessIncluded", 0);
    for flag in ["taxableFlag", "purchaseItemFlag", "specialOrderFlag", "prorateCurrentPeriodFlag"] {
        draft.default(flag, false);
    }
    draft.default("billedQuantity", 0);
    let moved = draft.text("effectiveDate") != before.and_then(|before| before.text("effectiveDate"));
    if let Some(effective) = draft.date("effectiveDate").filter(|_| moved) {
        check_effective_date(draft, agreement, effective);
    }
    let ends_early =
        draft.date("cancelledDate").zip(draft.date("effectiveDate")).is_some_and(|(end, start)| end < start);
    if ends_early {
        draft.refuse("OutOfRange", "cancelledDate", "cancelledDate cannot be less than the effectiveDate");
    }
}

/// Applies a new product's price, cost, texts and tax, and sets the quantity to 1. Values that are to be kept must be
/// sent with the product.
fn follow_product(state: &State, draft: &mut Draft, before: Option<&Record>) {
    let Some((id, product)) = target(state, draft.fields(), Resource::CatalogItem, "product") else { return };
    if before.is_some_and(|before| before.reference("product") == Some(id)) {
        return;
    }
    if product.text("productClass") == Some("Bundle") {
        draft.refuse("InvalidField", "product/id", "A bundle cannot be added to an agreement.");
    }
    let unit = target(state, &product.fields, Resource::UnitOfMeasure, "unitOfMeasure")
        .and_then(|(_, unit)| unit.text("name"));
    let of_product = |name: &str| product.fields.get(name).cloned().unwrap_or_default();
    for (name, value) in [
        ("unitPrice", of_product("price")),
        ("unitCost", of_product("cost")),
        ("description", of_product("description")),
        ("invoiceDescription", of_product("customerDescription")),
        ("taxableFlag", of_product("taxableFlag")),
        ("uom", json!(unit)),
        ("quantity", json!(1)),
    ] {
        if !draft.sent(name) {
            draft.set(name, value);
        }
    }
}

/// Rounds price and cost, midpoints away from zero.
fn round_amounts(decimals: Option<u8>, draft: &mut Draft) {
    let Some(decimals) = decimals else { return };
    let unit = 10_f64.powi(decimals.into());
    for name in ["unitPrice", "unitCost"] {
        if let Some(amount) = draft.fields().get(name).and_then(Value::as_f64) {
            draft.set(name, json!((amount * unit).round() / unit));
        }
    }
}

fn check_effective_date(draft: &mut Draft, agreement: &Record, effective: Timestamp) {
    let date = |name: &str| agreement.text(name).and_then(date::parse);
    let bills_from = date("startDate").max(date("billStartDate"));
    if bills_from.is_some_and(|start| effective < start) {
        draft.refuse(
            "OutOfRange",
            "effectiveDate",
            "effectiveDate cannot be less than the agreement billing start date",
        );
    } else if !agreement.flag("prorateFlag") && date("nextInvoiceDate").is_some_and(|next| effective < next) {
        draft.refuse(
            "OutOfRange",
            "effectiveDate",
            "Since this period has already been invoiced there will not be an invoice generated for additional \
             products for this period. Prorate the agreement or start on or after the Next Invoice Date.",
        );
    }
}

/// Invoices the agreement's next period, as a person does in ConnectWise. Additions in force are billed, and the
/// invoice date advances.
pub fn invoice(state: &mut State, context: &Context, id: u32) -> Result<(), Refusal> {
    let mut agreement = state.get(Resource::Agreement, id)?.fields.clone();
    let next = agreement.get("nextInvoiceDate").and_then(Value::as_str).and_then(date::parse).unwrap_or(context.now);
    let after = date::first_of_month(next, 1);
    let date = |fields: &Fields, name: &str| fields.get(name).and_then(Value::as_str).and_then(date::parse);
    let additions = state.all(Resource::Addition).filter(|(_, addition)| addition.reference("agreementId") == Some(id));
    let in_force = additions.filter(|(_, addition)| {
        date(&addition.fields, "effectiveDate").is_some_and(|start| start < after)
            && date(&addition.fields, "cancelledDate").is_none_or(|end| end >= next)
    });
    let in_force: Vec<_> = in_force.map(|(id, addition)| (id, addition.fields.clone())).collect();
    for (id, mut addition) in in_force {
        let quantity = addition.get("quantity").cloned().unwrap_or(json!(0));
        addition.insert("billedQuantity".to_owned(), quantity);
        state.update(Resource::Addition, id, addition, context);
    }
    agreement.insert("nextInvoiceDate".to_owned(), json!(date::text(after)));
    state.update(Resource::Agreement, id, agreement, context);
    Ok(())
}
