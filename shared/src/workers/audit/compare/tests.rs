use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::*;
use crate::app::fair_use::FairUse;
use crate::connectwise::{AdditionId, AgreementId, CatalogItemId, CompanyId};
use crate::domain::ids::{AccountId, ApplicationId, ExternalId, PlanId, SubscriptionId};
use crate::domain::msp::MspId;
use crate::domain::subscription_record::{Billed, SubscriptionRecord};
use crate::domain::vendor_id::VendorId;
use crate::store::AccountKey;
use crate::vendor::ListedPlan;
use crate::workers::audit::catalog::Catalog;
use crate::workers::audit::sides::Sale;

const BACKUP: u32 = 1;
const ARCHIVE: u32 = 2;
const COMPANY: CompanyId = CompanyId::new(20);
const AGREEMENT: AgreementId = AgreementId::new(104);

fn plan(id: &str) -> PlanId {
    PlanId::parse(id).unwrap()
}

fn product(item: u32, id: &str, price: i64, months: u32) -> Product {
    Product {
        item: CatalogItemId::new(item),
        plan: plan(id),
        price: Some(Decimal::new(price, 2)),
        currency: Some("EUR".to_owned()),
        months: Some(months),
    }
}

fn catalog() -> Catalog {
    Catalog::of([product(BACKUP, "backup", 350, 1), product(ARCHIVE, "archive", 6000, 12)])
}

fn msp() -> MspId {
    MspId::from_reseller_token(&"https://vendor.example".parse().unwrap(), &"token".into())
}

fn customer() -> Customer {
    Customer {
        id: ExternalId::parse("440032-6").unwrap(),
        name: "Blue Light".to_owned(),
        email: String::new(),
        state: CustomerState::Active,
        login_disabled: false,
        plan: Some(plan("backup")),
        listed_plan: Some(ListedPlan {
            name: "Backup".to_owned(),
            by_seats: Some(true),
            price: Some(Decimal::new(250, 2)),
            currency: "EUR".to_owned(),
            periodicity: "monthly".to_owned(),
            months: Some(1),
            period: "month".to_owned(),
        }),
        seats: 3,
        seats_used: 2,
        auto_license: false,
        billable_seats: Some(2),
        active_seats: Some(2),
        deactivated_seats: Some(0),
        created_at: None,
        last_signed_in: None,
        deactivated_since: None,
        country: None,
        notification_emails: Vec::new(),
        reference: String::new(),
    }
}

fn link() -> AgreementLink {
    AgreementLink {
        msp: msp(),
        account: AccountKey { application: msp().as_application_id(), account: AccountId::parse("20").unwrap() },
        organization: VendorId::parse("440032-6"),
        company: COMPANY,
        agreement: AGREEMENT,
        unit_price: None,
        used_seats: None,
        billing_dates: None,
        linked_at: Timestamp::UNIX_EPOCH,
        left_at: None,
    }
}

fn sale() -> Sale {
    let subscription = SubscriptionRecord {
        application: msp().as_application_id(),
        id: SubscriptionId::parse("20-1").unwrap(),
        account: AccountId::parse("20").unwrap(),
        external_id: ExternalId::parse("440032-6").unwrap(),
        plan: plan("backup"),
        billed: Some(Billed { plan: plan("backup"), quantity: 3 }),
        contribution: crate::domain::entitlements::EntitlementPart::default(),
        addons: Vec::new(),
        state: SubscriptionState::Live,
        trial: false,
        live_since: None,
        paid_since: None,
        cancelled_at: None,
        ends_at: None,
        renewal: None,
        trial_period: None,
        version: 1,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    };
    Sale { subscription, addition: None }
}

fn addition() -> FoundAddition {
    FoundAddition {
        agreement: AGREEMENT,
        company: Some(COMPANY),
        addition: AdditionId::new(7),
        product: CatalogItemId::new(BACKUP),
        quantity: Decimal::from(3),
        unit_price: Some(Decimal::new(350, 2)),
        billing: Billing::Billable,
        cancelled_date: None,
    }
}

/// Returns the findings as `kind billed/due money fix`.
fn found(
    customer: Option<&Customer>,
    link: Option<&AgreementLink>,
    sale: Option<&Sale>,
    own: &[FoundAddition],
) -> String {
    let catalog = catalog();
    let context =
        Context { msp: msp(), catalog: &catalog, fair_use: FairUse::default(), day: Date::constant(2026, 11, 29) };
    let sides = Sides { customer, link, sale, own: own.iter().collect(), ..Sides::default() };
    let findings = organization(&context, &sides);
    let ids: std::collections::HashSet<_> = findings.iter().map(Finding::id).collect();
    assert_eq!(ids.len(), findings.len(), "ids are different");
    let short = findings.iter().map(|finding| {
        let number = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        let money = finding.per_month.as_ref().map_or_else(
            || "-".to_owned(),
            |money| format!("{} {} {:?}", money.currency, money.amount, money.direction),
        );
        let (billed, due) = (finding.billed.map(|billed| billed.to_string()), finding.due.map(|due| due.to_string()));
        format!("{} {}/{} {money} {:?}", finding.kind.name(), number(billed), number(due), finding.fix)
    });
    short.collect::<Vec<_>>().join("; ")
}

#[test]
fn what_is_billed_as_sold_is_no_finding() {
    let (customer, link, sale) = (customer(), link(), sale());
    assert_eq!(found(Some(&customer), Some(&link), Some(&sale), &[addition()]), "");
    let suspended = Customer { state: CustomerState::Suspended, ..customer.clone() };
    assert_eq!(found(Some(&suspended), Some(&link), Some(&sale), &[addition()]), "");
    let ended = Customer { state: CustomerState::Unsubscribed, ..customer };
    assert_eq!(found(Some(&ended), Some(&link), Some(&sale), &[]), "");
    assert_eq!(found(None, Some(&link), None, &[]), "");
}

#[test]
fn quantities_are_those_that_the_vendor_bills() {
    let (link, sale) = (link(), sale());
    let of = |customer: &Customer, link: &AgreementLink| found(Some(customer), Some(link), Some(&sale), &[addition()]);
    let grown = Customer { seats: 8, ..customer() };
    assert_eq!(of(&grown, &link), "tooFew 3/8 EUR 17.5 NotInvoiced Some(ChangeSeats)");
    // Sold in the shop: the MSP cannot order.
    let of_shop = AgreementLink {
        account: AccountKey { application: ApplicationId::new(Uuid::nil()), ..link.account.clone() },
        ..link.clone()
    };
    assert_eq!(of(&grown, &of_shop), "tooFew 3/8 EUR 17.5 NotInvoiced None");
    let floating = Customer { auto_license: true, billable_seats: Some(5), ..customer() };
    assert_eq!(of(&floating, &link), "tooFew 3/5 EUR 7 NotInvoiced Some(ChangeSeats)");
    let untold = Customer { billable_seats: None, ..floating };
    assert_eq!(of(&untold, &link), "notCompared -/- - None");
    let used = UsedSeats { minimum: Some(1), maximum: None, counted: Some(2) };
    let used = AgreementLink { used_seats: Some(used), ..link.clone() };
    assert_eq!(of(&customer(), &used), "tooMany 3/2 EUR 3.5 InvoicedTooMuch Some(Retry)");
    let personal = ListedPlan { by_seats: Some(false), ..customer().listed_plan.unwrap() };
    let personal = Customer { listed_plan: Some(personal), seats: 0, ..customer() };
    assert_eq!(of(&personal, &link), "tooMany 3/1 EUR 7 InvoicedTooMuch Some(ChangeSeats)");
}

#[test]
fn money_is_for_a_month() {
    let (link, sale) = (link(), sale());
    let yearly = Customer { plan: Some(plan("archive")), seats: 4, ..customer() };
    let billed =
        FoundAddition { product: CatalogItemId::new(ARCHIVE), unit_price: Some(Decimal::new(6000, 2)), ..addition() };
    assert_eq!(
        found(Some(&yearly), Some(&link), Some(&sale), &[billed]),
        "tooFew 3/4 EUR 5 NotInvoiced Some(ChangeSeats)"
    );
    let priced = AgreementLink { unit_price: Some(Decimal::new(3001, 4)), ..link };
    // ConnectWise rounds.
    let rounded = FoundAddition { unit_price: Some(Decimal::new(30, 2)), ..addition() };
    assert_eq!(found(Some(&customer()), Some(&priced), Some(&sale), &[rounded]), "");
    assert_eq!(
        found(Some(&customer()), Some(&priced), Some(&sale), &[addition()]),
        "priceDiffers 3/- EUR 9.6 InvoicedTooMuch None"
    );
}

#[test]
fn what_bills_nothing_or_the_wrong_thing_is_told() {
    let (customer, link, sale) = (customer(), link(), sale());
    let of = |own: &[FoundAddition]| found(Some(&customer), Some(&link), Some(&sale), own);
    assert_eq!(of(&[]), "notBilled 0/3 EUR 10.5 NotInvoiced Some(Retry)");
    let free = FoundAddition { billing: Billing::NoCharge, ..addition() };
    assert_eq!(of(&[free]), "notBilled 3/3 EUR 10.5 NotInvoiced None");
    let other = FoundAddition { product: CatalogItemId::new(ARCHIVE), ..addition() };
    // 10.50 are due a month, and 3 times 3.50 a year are billed.
    assert_eq!(of(&[other]), "wrongProduct 3/3 EUR 9.62 NotInvoiced None");
    let dearer =
        FoundAddition { unit_price: Some(Decimal::from(5)), product: CatalogItemId::new(ARCHIVE), ..addition() };
    assert_eq!(of(&[dearer]), "wrongProduct 3/3 EUR 9.25 NotInvoiced None");
    let idle = FoundAddition { billing: Billing::DoNotBill, ..addition() };
    let by_hand = FoundAddition { addition: AdditionId::new(8), ..addition() };
    assert_eq!(of(&[idle, by_hand]), "", "one bills, the other does not");
    let elsewhere = FoundAddition { company: Some(CompanyId::new(21)), ..addition() };
    assert_eq!(of(&[elsewhere]), "wrongCompany 3/- EUR 10.5 InvoicedTooMuch Some(Link)");
    let second = FoundAddition { addition: AdditionId::new(8), ..addition() };
    assert_eq!(of(&[addition(), second]), "billedTwice 3/- EUR 10.5 InvoicedTooMuch None");
    let unknown = Customer { plan: Some(plan("x")), ..customer.clone() };
    assert_eq!(found(Some(&unknown), Some(&link), Some(&sale), &[addition()]), "notCompared -/- - None");
    assert_eq!(found(Some(&customer), None, None, &[]), "organizationWithoutLink -/3 EUR 10.5 NotInvoiced Some(Link)");
    assert_eq!(found(None, Some(&link), Some(&sale), &[addition()]), "afterEnd 3/0 EUR 10.5 InvoicedTooMuch None");
    let cancelled = SubscriptionRecord { state: SubscriptionState::Cancelled, ..sale.subscription.clone() };
    let cancelled = Sale { subscription: cancelled, addition: None };
    assert_eq!(found(Some(&customer), Some(&link), Some(&cancelled), &[]), "notBilled 0/3 EUR 10.5 NotInvoiced None");
}

#[test]
fn an_addition_that_ends_is_neither_open_nor_missing() {
    let (customer, link, sale) = (customer(), link(), sale());
    let ending =
        FoundAddition { addition: AdditionId::new(8), cancelled_date: Some(Date::constant(2027, 1, 31)), ..addition() };
    let of = |customer: Option<&Customer>, own: &[FoundAddition]| found(customer, Some(&link), Some(&sale), own);
    // Ended here, to the end of the invoiced period; moved to another agreement; or cancelled by a person.
    assert_eq!(of(None, std::slice::from_ref(&ending)), "");
    assert_eq!(of(Some(&customer), &[ending.clone(), addition()]), "");
    assert_eq!(of(Some(&customer), &[ending]), "");
}

#[test]
fn none_billed_while_some_are_in_use_is_not_believed() {
    let (link, sale) = (link(), sale());
    let customer = Customer { auto_license: true, billable_seats: Some(0), ..customer() };
    assert_eq!(found(Some(&customer), Some(&link), Some(&sale), &[addition()]), "notCompared -/- - None");
    let empty = Customer { seats_used: 0, ..customer };
    assert_eq!(
        found(Some(&empty), Some(&link), Some(&sale), &[addition()]),
        "tooMany 3/0 EUR 10.5 InvoicedTooMuch Some(ChangeSeats)"
    );
}

#[test]
fn a_trial_is_billed_nothing() {
    let (customer, link) = (customer(), link());
    let trial = SubscriptionRecord { trial: true, ..sale().subscription };
    let trial = Sale { subscription: trial, addition: None };
    let of = |own: &[FoundAddition]| found(Some(&customer), Some(&link), Some(&trial), own);
    assert_eq!(of(&[]), "");
    assert_eq!(of(&[FoundAddition { billing: Billing::NoCharge, ..addition() }]), "");
    assert_eq!(of(&[addition()]), "tooMany 3/0 EUR 10.5 InvoicedTooMuch None");
}

#[test]
fn deactivated_seats_cost_beyond_their_share() {
    let (link, sale) = (link(), sale());
    let of = |deactivated| {
        let customer = Customer { seats: 3, deactivated_seats: Some(deactivated), ..customer() };
        found(Some(&customer), Some(&link), Some(&sale), &[addition()])
    };
    assert_eq!(of(0), "");
    // A fifth of three seats is none.
    assert_eq!(of(2), "fairUse -/- EUR 5 Vendor None");
}
