//! The seed of the instance. Dates are relative to the month in which it is created.

mod service;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::access::{Member, Role};
use super::date::{first_of_month, text};
use super::definition::Resource;
use super::state::{Context, State};

/// The board of tickets that name none.
pub const DEFAULT_BOARD: u32 = 1;
/// The priority of tickets that name none.
pub const DEFAULT_PRIORITY: u32 = 3;
/// The status of companies for which no ticket can be created.
pub const COMPANY_INACTIVE: u32 = 2;
/// The status of a new configuration.
pub const CONFIGURATION_ACTIVE: u32 = 1;
/// Configurations of this type must answer [`REQUIRED_QUESTION`].
pub const TYPE_WITH_QUESTION: u32 = 1;
/// The screen of a ticket, which custom fields name.
pub const TICKET_SCREEN: &str = "sr100";
/// The question "Operating System".
pub const REQUIRED_QUESTION: u32 = 81;

/// Returns the initial state of the instance.
pub fn state(now: Timestamp) -> State {
    let mut state = State::new(Member::seeded());
    for (resource, rows) in
        [setup(), tables(), service::boards(), customers(), agreements(now), things()].into_iter().flatten()
    {
        insert_rows(&mut state, resource, rows, now);
    }
    state
}

/// Returns the context of a person who works in ConnectWise.
pub fn person(now: Timestamp) -> Context {
    let member = Member {
        identifier: "zadmin".to_owned(),
        public_key: String::new(),
        private_key: String::new(),
        role: Role::admin(),
    };
    Context { member, client_id: String::new(), now }
}

/// Adds an API member. Replaces a member that has the same public key.
pub fn add_member(state: &mut State, member: Member, now: Timestamp) {
    if state.member(&member.identifier).is_none() {
        let Value::Object(fields) = json!({ "identifier": member.identifier, "name": member.identifier }) else {
            return;
        };
        state.insert(Resource::Member, fields, &person(now));
    }
    state.members.retain(|existing| existing.public_key != member.public_key);
    state.members.push(member);
}

type Rows = Vec<(Resource, Value)>;

fn insert_rows(state: &mut State, resource: Resource, rows: Value, now: Timestamp) {
    let Value::Array(rows) = rows else { return };
    for row in rows {
        let Value::Object(mut fields) = row else { continue };
        let id = fields.remove("id").and_then(|id| u32::try_from(id.as_u64()?).ok());
        state.seed(resource, id.unwrap_or_default(), fields, &person(now));
    }
}

fn with(mut row: Value, more: Value) -> Value {
    if let (Value::Object(row), Value::Object(more)) = (&mut row, more) {
        row.extend(more);
    }
    row
}

fn setup() -> Rows {
    let named =
        |names: &[(u32, &str)]| -> Value { names.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect() };
    let members = ["zadmin", "Dropsuite", "DropsuiteLimited"].into_iter().zip(1..);
    let members = members.map(|(name, id)| json!({ "id": id, "identifier": name, "name": name })).collect();
    let menu = ["Companies", "Sales", "Marketing", "Procurement", "Project", "Service Desk", "Finance", "System"];
    let menu = menu.into_iter().zip(11..).map(|(name, id)| json!({ "id": id, "name": name })).collect();
    vec![
        (Resource::Member, members),
        (Resource::MenuLocation, menu),
        (Resource::Location, named(&[(1, "Tampa Office")])),
        (Resource::Department, json!([{ "id": 1, "identifier": "Services", "name": "Professional Services" }])),
        (Resource::BillingCycle, named(&[(1, "Monthly"), (2, "Yearly")])),
        (Resource::CompanyStatus, named(&[(1, "Active"), (COMPANY_INACTIVE, "Inactive")])),
        (Resource::ServiceLocation, named(&[(1, "On-Site"), (2, "Remote")])),
    ]
}

fn tables() -> Rows {
    let billing = json!({
        "employeeCompRate": "Hourly", "employeeCompNotExceed": "Billing", "invoicingCycle": "CalendarYear",
        "billTime": "NoDefault", "billExpenses": "NoDefault", "billProducts": "NoDefault", "inactiveFlag": false
    });
    let kind = |id: u32, name: &str, prorates: bool| {
        with(billing.clone(), json!({ "id": id, "name": name, "prorateFlag": prorates }))
    };
    vec![
        (Resource::AgreementType, json!([kind(1, "Managed Services", false), kind(2, "Block Time - Recurring", true)])),
        (
            Resource::Category,
            json!([
                { "id": 1, "name": "Software", "inactiveFlag": false, "defaultFlag": true },
                { "id": 2, "name": "Hardware", "inactiveFlag": false, "defaultFlag": false },
                { "id": 3, "name": "Retired", "inactiveFlag": true, "defaultFlag": false }
            ]),
        ),
        (
            Resource::Subcategory,
            json!([
                { "id": 11, "name": "Backup", "category": { "id": 1 }, "inactiveFlag": false, "defaultFlag": true },
                { "id": 12, "name": "Licences", "category": { "id": 1 }, "inactiveFlag": false },
                { "id": 21, "name": "Laptops", "category": { "id": 2 }, "inactiveFlag": false }
            ]),
        ),
        (
            Resource::ProductType,
            json!([
                { "id": 1, "name": "Software", "typeXref": "NonInventoryPart", "inactiveFlag": false, "defaultFlag": true },
                { "id": 2, "name": "Service", "typeXref": "Service", "inactiveFlag": false },
                { "id": 3, "name": "Hardware", "typeXref": "InventoryPart", "inactiveFlag": false }
            ]),
        ),
        (
            Resource::UnitOfMeasure,
            json!([
                { "id": 1, "name": "Each", "inactiveFlag": false, "defaultFlag": true },
                { "id": 2, "name": "GB", "inactiveFlag": false, "defaultFlag": false }
            ]),
        ),
        (
            Resource::ConfigurationType,
            json!([
                { "id": TYPE_WITH_QUESTION, "name": "Managed Workstation", "inactiveFlag": false, "systemFlag": false },
                { "id": 2, "name": "Server", "inactiveFlag": false, "systemFlag": false }
            ]),
        ),
        (
            Resource::ConfigurationStatus,
            json!([
                { "id": CONFIGURATION_ACTIVE, "description": "Active", "closedFlag": false, "defaultFlag": true },
                { "id": 2, "description": "Inactive", "closedFlag": true, "defaultFlag": false }
            ]),
        ),
    ]
}

fn customers() -> Rows {
    let company = |id: u32, identifier: &str, name: &str, status: u32| {
        json!({
            "id": id, "identifier": identifier, "name": name, "status": { "id": status }, "deletedFlag": false,
            "site": { "id": id + 50 }, "defaultContact": { "id": id + 80 },
            "types": [{ "id": 1, "name": "Customer" }]
        })
    };
    let old = with(company(22, "OldData", "Old Data GmbH", 1), json!({ "yearEstablished": 0 }));
    let own = with(company(2, "DemoMSP", "Demo MSP", 1), json!({ "types": [{ "id": 2, "name": "Owner" }] }));
    let contact = |company: u32, first: &str, last: &str, email: &str| {
        json!({
            "id": company + 80, "firstName": first, "lastName": last, "company": { "id": company },
            "inactiveFlag": false, "defaultFlag": true,
            "communicationItems": [{
                "id": company, "type": { "id": 1, "name": "Email" }, "value": email, "defaultFlag": true,
                "communicationType": "Email"
            }]
        })
    };
    let sites = [2, 19, 20, 21, 22].map(|id| json!({ "id": id + 50, "name": "Main", "company": { "id": id } }));
    vec![
        (
            Resource::Company,
            json!([
                own,
                company(19, "AcmeCorp", "Acme Corp", 1),
                company(20, "BlueLight", "Blue Light, Co.", 1),
                company(21, "Dormant", "Dormant Ltd", COMPANY_INACTIVE),
                old
            ]),
        ),
        (Resource::Site, json!(sites)),
        (
            Resource::Contact,
            json!([
                contact(2, "Zoe", "Admin", "zoe@demo-msp.example"),
                contact(19, "Ann", "Acme", "ann@acme.example"),
                contact(20, "Gordon", "Packard", "gordon.packard@bluelight.example"),
                contact(21, "Dora", "Dormant", "dora@dormant.example"),
                contact(22, "Olaf", "Old", "olaf@old-data.example")
            ]),
        ),
    ]
}

/// One agreement each that is not invoiced yet this month, expired, cancelled, invoiced, invoiced and prorated, and not
/// yet started.
fn agreements(now: Timestamp) -> Rows {
    let month = |months: i64| text(first_of_month(now, months));
    let agreement = |id: u32, name: &str, company: u32, starts: i64, next: i64| {
        json!({
            "id": id, "name": name, "type": { "id": 1 }, "company": { "id": company },
            "contact": { "id": company + 80 }, "site": { "id": company + 50 }, "location": { "id": 1 },
            "department": { "id": 1 }, "startDate": month(starts), "billStartDate": month(starts),
            "noEndingDateFlag": true, "cancelledFlag": false, "prorateFlag": false, "nextInvoiceDate": month(next),
            "billingCycle": { "id": 1 }, "periodType": "Current", "invoicingCycle": "CalendarYear",
            "employeeCompRate": "Hourly", "billTime": "NoDefault", "billExpenses": "NoDefault",
            "billProducts": "NoDefault"
        })
    };
    let expired =
        with(agreement(102, "Expired Support", 19, -24, 0), json!({ "noEndingDateFlag": false, "endDate": month(-1) }));
    let cancelled = with(
        agreement(103, "Cancelled Backup", 19, -24, 0),
        json!({ "cancelledFlag": true, "dateCancelled": month(-1), "reasonCancelled": "Moved away" }),
    );
    let prorated = with(agreement(105, "Prorated Services", 20, -12, 1), json!({ "prorateFlag": true }));
    vec![
        (
            Resource::Agreement,
            json!([
                agreement(101, "Managed Services", 19, -12, 0),
                expired,
                cancelled,
                agreement(104, "Dropsuite Email Backup", 20, -12, 1),
                prorated,
                agreement(106, "Starts Later", 20, 2, 2)
            ]),
        ),
        (
            Resource::Addition,
            json!([{
                "id": 401, "agreementId": 104, "product": { "id": 201 }, "quantity": 3, "lessIncluded": 0,
                "unitPrice": 950, "unitCost": 800, "billCustomer": "Billable", "effectiveDate": month(-6),
                "taxableFlag": false, "description": "Laptop 15 inch", "invoiceDescription": "Laptop, rented",
                "uom": "Each", "billedQuantity": 3
            }]),
        ),
    ]
}

fn things() -> Rows {
    let product = |id: u32, identifier: &str, description: &str, class: &str, price: u32| {
        let (subcategory, category, kind) = if class == "Inventory" { (21, 2, 3) } else { (12, 1, 2) };
        json!({
            "id": id, "identifier": identifier, "description": description, "inactiveFlag": false,
            "subcategory": { "id": subcategory }, "category": { "id": category }, "type": { "id": kind },
            "productClass": class, "customerDescription": format!("{description}, rented"), "price": price,
            "cost": price / 2, "taxableFlag": true, "unitOfMeasure": { "id": 1 }, "serializedFlag": false,
            "billableOption": "Billable", "priceAttribute": "FixedFee"
        })
    };
    vec![
        (
            Resource::CatalogItem,
            json!([
                product(201, "LAPTOP-15", "Laptop 15 inch", "Inventory", 950),
                product(202, "WORKPLACE", "Workplace bundle", "Bundle", 1200),
                product(203, "SUPPORT", "Support", "Service", 100)
            ]),
        ),
        (
            Resource::Configuration,
            json!([
                {
                    "id": 301, "name": "ACME-SRV01", "type": { "id": 2 }, "company": { "id": 19 },
                    "status": { "id": CONFIGURATION_ACTIVE }, "activeFlag": true, "billFlag": false,
                    "deviceIdentifier": "rmm-1"
                },
                {
                    "id": 302, "name": "BLUE-SRV01", "type": { "id": 2 }, "company": { "id": 20 },
                    "status": { "id": CONFIGURATION_ACTIVE }, "activeFlag": true, "billFlag": false
                }
            ]),
        ),
        (
            Resource::Ticket,
            json!([{
                "id": 1001, "summary": "Printer on fire", "recordType": "ServiceTicket", "board": { "id": 1 },
                "status": { "id": 11 }, "company": { "id": 19 }, "priority": { "id": 1 }, "severity": "High",
                "impact": "Low"
            }]),
        ),
        (
            Resource::MenuEntry,
            json!([{
                "id": 1, "menuLocation": { "id": 16 }, "caption": "Remote Monitoring",
                "link": "https://rmm.example/login", "newWindowFlag": true, "locationIds": [1]
            }]),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectwise::schema::{Kind, fields};

    #[test]
    fn new_records_get_ids_beyond_the_seeds() {
        let state = state(Timestamp::UNIX_EPOCH);
        for resource in state.kinds() {
            let last = state.all(resource).map(|(id, _)| id).max().unwrap();
            assert!(last < resource.definition().first_id, "{resource:?}");
        }
    }

    #[test]
    fn references_of_the_seed_exist() {
        let state = state(Timestamp::UNIX_EPOCH);
        for resource in state.kinds() {
            for (name, kind) in fields(resource.definition().schema) {
                let Kind::Reference(to) = kind else { continue };
                for (id, record) in state.all(resource) {
                    let target = record.reference(name);
                    assert!(target.is_none_or(|target| state.find(to, target).is_some()), "{resource:?} {id} {name}");
                }
            }
        }
    }
}
