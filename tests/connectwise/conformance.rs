//! Every request that the client can make, held against the vendor's description: the list of them is here, and what each
//! sends is checked by [`Witness`](super::witness::Witness).

use service_manager::connectwise::api::addition::{self, Billing, NewAddition};
use service_manager::connectwise::api::configuration::{self, NewConfiguration};
use service_manager::connectwise::api::menu::{self, Location};
use service_manager::connectwise::api::note::{self, Place};
use service_manager::connectwise::api::{agreement, board, catalog, category, company, system, ticket};
use service_manager::connectwise::{AgreementId, BoardId, ConfigurationStatusId, StatusId};

use super::{ACME, Desk, amount};

const REQUESTS: [&str; 34] = [
    "GET /company/companies",
    "GET /company/companies/*",
    "GET /company/configurations",
    "GET /company/configurations/statuses",
    "GET /company/configurations/types",
    "GET /finance/agreements",
    "GET /finance/agreements/*",
    "GET /finance/agreements/*/additions",
    "GET /finance/agreements/*/additions/*",
    "GET /procurement/catalog",
    "GET /procurement/catalog/*",
    "GET /procurement/categories",
    "GET /procurement/subcategories/",
    "GET /procurement/types",
    "GET /service/boards",
    "GET /service/boards/*/statuses",
    "GET /service/tickets",
    "GET /service/tickets/*",
    "GET /service/tickets/*/configurations",
    "GET /service/tickets/*/notes",
    "GET /system/info",
    "GET /system/menuentries",
    "PATCH /company/configurations/*",
    "PATCH /finance/agreements/*/additions/*",
    "PATCH /procurement/catalog/*",
    "PATCH /service/tickets/*",
    "POST /company/configurations",
    "POST /company/configurations/types",
    "POST /finance/agreements/*/additions",
    "POST /procurement/catalog",
    "POST /service/tickets",
    "POST /service/tickets/*/configurations",
    "POST /service/tickets/*/notes",
    "POST /system/menuentries",
];

#[tokio::test]
async fn every_request_is_the_vendors() {
    let desk = Desk::start().await;
    let client = desk.client();
    assert!(client.missing_rights().await.unwrap().is_empty());
    client.one(&system::info()).await.unwrap();
    read_tables(&desk).await;
    let item = client.find_or_create(&catalog::wanted(&super::catalog::plan())).await.unwrap();
    client.one(&catalog::get(item.id)).await.unwrap();
    let changes = catalog::Changes {
        description: Some("d".repeat(99)),
        customer_description: Some("c".repeat(9999)),
        subcategory: item.subcategory.as_ref().map(|reference| reference.id),
        product_type: item.product_type.as_ref().map(|reference| reference.id),
        price: Some(amount("1.25")),
        cost: Some(amount("1")),
        inactive: Some(false),
    };
    client.one(&catalog::patch(item.id, &changes)).await.unwrap();
    bill(&desk, item.id).await;
    let kind = client.find_or_create(&configuration::wanted_type(&"t".repeat(99))).await.unwrap();
    let new = NewConfiguration {
        name: "n".repeat(200),
        device_identifier: "euwest.backup.10".to_owned(),
        configuration_type: kind.id,
        company: ACME,
        status: Some(ConfigurationStatusId::new(1)),
        notes: Some("Notes".to_owned()),
    };
    let thing = client.find_or_create(&configuration::wanted(&new)).await.unwrap();
    let status = Some(ConfigurationStatusId::new(2));
    let changes = configuration::Changes { status, notes: Some("x".to_owned()), active: Some(false) };
    client.one(&configuration::patch(thing.id, &changes)).await.unwrap();
    let made = client.find_or_create(&ticket::wanted(&super::tickets::failure())).await.unwrap();
    client.one(&ticket::get(made.id)).await.unwrap();
    client.all(&ticket::changed_since(desk.clock.now(), &[made.id])).await.unwrap();
    client.find_or_create(&ticket::wanted_configuration(made.id, thing.id)).await.unwrap();
    client.one(&note::create(made.id, "Text", Place::Internal)).await.unwrap();
    client.all(&note::of_ticket(made.id)).await.unwrap();
    client.one(&ticket::set_status(made.id, StatusId::new(13))).await.unwrap();
    let place = Location::Name("Companies".to_owned());
    client.find_or_create(&menu::wanted(&super::menu::portal(place))).await.unwrap();
    assert_eq!(desk.witness.requests(), REQUESTS);
}

async fn read_tables(desk: &Desk) {
    let client = desk.client();
    client.all(&company::active()).await.unwrap();
    client.one(&company::get(ACME)).await.unwrap();
    client.all(&agreement::of_company(ACME)).await.unwrap();
    client.one(&agreement::get(AgreementId::new(101))).await.unwrap();
    client.all(&category::categories()).await.unwrap();
    client.all(&category::subcategories()).await.unwrap();
    client.all(&category::product_types()).await.unwrap();
    client.all(&board::boards()).await.unwrap();
    client.all(&board::statuses(BoardId::new(1))).await.unwrap();
    client.all(&configuration::statuses()).await.unwrap();
}

async fn bill(desk: &Desk, product: service_manager::connectwise::CatalogItemId) {
    let (client, id) = (desk.client(), AgreementId::new(104));
    let new = NewAddition {
        product,
        quantity: amount("2.5"),
        bill_customer: Billing::Billable,
        effective_date: desk.month(1),
        unit_price: Some(amount("1.5")),
        unit_cost: Some(amount("1")),
        invoice_description: Some("i".repeat(9999)),
    };
    let made = client.one(&addition::create(id, &new)).await.unwrap();
    client.all(&addition::of_agreement(id)).await.unwrap();
    client.one(&addition::get(id, made.id)).await.unwrap();
    let changes = addition::Changes {
        product: Some(product),
        effective_date: Some(desk.month(1)),
        cancelled_date: Some(desk.month(2)),
        ..made.kept()
    };
    client.one(&addition::patch(id, made.id, &changes)).await.unwrap();
}
