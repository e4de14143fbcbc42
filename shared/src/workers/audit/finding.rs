//! Findings that concern no organization, and the parts that findings have in common.

use rust_decimal::Decimal;

use crate::connectwise::{AdditionId, AgreementId};
use crate::domain::ids::ExternalId;
use crate::store::{Finding, FindingKind, FoundAddition, MoneyDirection};
use crate::workers::audit::catalog::Product;
use crate::workers::audit::sides::{Context, Sides};

/// Subject of the finding about the vendor's list.
pub const LIST: &str = "list";

/// Returns the subject of a finding about an addition that belongs to no organization.
pub fn addition_subject(agreement: AgreementId, addition: AdditionId) -> String {
    format!("{agreement}-{addition}")
}

/// Returns the subject of a finding about an agreement.
pub fn agreement_subject(agreement: AgreementId) -> String {
    format!("agreement-{agreement}")
}

/// Returns a finding about an addition of an organization.
pub fn of_addition(
    context: &Context<'_>,
    sides: &Sides<'_>,
    found: &FoundAddition,
    kind: FindingKind,
    text: String,
    advice: &str,
) -> Finding {
    let finding = new(context, sides, kind, text, advice);
    let subject =
        if finding.subject.is_empty() { addition_subject(found.agreement, found.addition) } else { finding.subject };
    Finding {
        subject,
        agreement: Some(found.agreement),
        addition: Some(found.addition),
        billed: Some(found.quantity.normalize()),
        ..finding
    }
}

/// Returns a finding without money.
pub fn new(context: &Context<'_>, sides: &Sides<'_>, kind: FindingKind, text: String, advice: &str) -> Finding {
    let linked = sides.link.and_then(|link| link.organization.as_ref()).map(|organization| organization.id.clone());
    let organization = sides.customer.map(|customer| customer.id.clone()).or(linked);
    Finding {
        kind,
        subject: organization.as_ref().map(ToString::to_string).unwrap_or_default(),
        organization,
        name: sides.customer.map(|customer| customer.name.clone()).unwrap_or_default(),
        account: sides.link.map(|link| link.account.clone()),
        subscription: sides.sale.map(|sale| sale.subscription.id.clone()),
        company: sides.link.map(|link| link.company),
        agreement: sides.link.map(|link| link.agreement),
        addition: None,
        billed: None,
        due: None,
        per_month: None,
        since: context.day,
        text,
        advice: advice.to_owned(),
        fix: None,
        tried: false,
        dismissed: None,
    }
}

impl Finding {
    /// Returns the finding with the quantity to invoice.
    #[must_use]
    pub fn due(self, due: u32) -> Self {
        Self { due: Some(due), ..self }
    }

    /// Returns the finding as one of several of its kind: its subject names the addition as well.
    #[must_use]
    pub fn per_addition(self, found: &FoundAddition) -> Self {
        Self { subject: format!("{}#{}", self.subject, found.addition), ..self }
    }

    /// Returns the finding with `amount` of `product` for a billing period as its money.
    #[must_use]
    pub fn costing(self, product: Option<&Product>, amount: Decimal, direction: MoneyDirection) -> Self {
        Self { per_month: product.and_then(|product| product.per_month(amount, direction)), ..self }
    }
}

/// Returns the amount that an addition bills.
pub fn amount(found: &FoundAddition) -> Decimal {
    if found.is_billable() { found.unit_price.unwrap_or_default() * found.quantity } else { Decimal::ZERO }
}

/// Returns the finding of an open addition that belongs to no organization.
pub fn stray(context: &Context<'_>, addition: &FoundAddition) -> Finding {
    Finding {
        company: addition.company,
        fix: None,
        ..of_addition(
            context,
            &Sides::default(),
            addition,
            FindingKind::AdditionWithoutOrganization,
            format!("No linked organization belongs to the addition {}.", addition.addition),
            "If it bills an organization, link that one with this company and agreement, then take the addition over. Otherwise cancel it in ConnectWise.",
        )
    }
    .costing(context.catalog.product(addition.product), amount(addition), MoneyDirection::InvoicedTooMuch)
}

/// Returns the finding of rows of the vendor's list that could not be read.
pub fn unreadable(context: &Context<'_>, rows: u32) -> Finding {
    let text = format!("{rows} organizations of Dropsuite's list are not readable, so they are not compared.");
    let advice = "Compare them by hand in Dropsuite's portal.";
    let finding = new(context, &Sides::default(), FindingKind::NotCompared, text, advice);
    Finding { subject: LIST.to_owned(), ..finding }
}

/// Returns the finding of an agreement whose additions could not be read.
pub fn unread(context: &Context<'_>, agreement: AgreementId) -> Finding {
    let text = format!("ConnectWise does not give the additions of the agreement {agreement} in a readable form.");
    let advice = "Look at its additions in ConnectWise, and save those that are not valid again.";
    let finding = new(context, &Sides::default(), FindingKind::NotCompared, text, advice);
    Finding { subject: agreement_subject(agreement), agreement: Some(agreement), ..finding }
}

/// Returns the finding of an organization that could not be compared because of `reason`.
pub fn not_compared(context: &Context<'_>, sides: &Sides<'_>, id: &ExternalId, reason: &str) -> Finding {
    let advice = "It is compared again in the next audit.";
    let finding = new(context, sides, FindingKind::NotCompared, reason.to_owned(), advice);
    Finding { subject: id.to_string(), organization: Some(id.clone()), ..finding }
}
