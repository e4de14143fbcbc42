//! Checks every request that the client can send against the vendor's OpenAPI description. The list is here;
//! [`RecordingProxy`](super::recording_proxy::RecordingProxy) checks the contents.

use service_manager::connectwise::api::addition::{self, Billing, NewAddition};
use service_manager::connectwise::api::configuration::{self, NewConfiguration};
use service_manager::connectwise::api::menu::{self, Location};
use service_manager::connectwise::api::note::{self, NoteVisibility};
use service_manager::connectwise::api::{
    agreement, board, catalog, category, company, contact, system, ticket, ticket_class, ticket_field,
};
use service_manager::connectwise::{AgreementId, BoardId, ConfigurationStatusId, StatusId};

use super::{ACME, Fixture, amount};

const REQUESTS: [&str; 42] = [
    "GET /company/companies",
    "GET /company/companies/*",
    "GET /company/configurations",
    "GET /company/configurations/statuses",
    "GET /company/configurations/types",
    "GET /company/contacts",
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
    "GET /service/boards/*/items",
    "GET /service/boards/*/statuses",
    "GET /service/boards/*/subtypes",
    "GET /service/boards/*/typeSubTypeItemAssociations",
    "GET /service/boards/*/types",
    "GET /service/priorities",
    "GET /service/sources",
    "GET /service/tickets",
    "GET /service/tickets/*",
    "GET /service/tickets/*/configurations",
    "GET /service/tickets/*/notes",
    "GET /system/info",
    "GET /system/menuentries",
    "GET /system/userDefinedFields",
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
async fn every_request_conforms_to_the_description() {
    let fixture = Fixture::start().await;
    let client = fixture.client();
    assert!(client.missing_permissions().await.unwrap().is_empty());
    client.send(&system::info()).await.unwrap();
    read_tables(&fixture).await;
    let item = client.find_or_create(&catalog::find_or_create(&super::catalog::plan())).await.unwrap();
    client.send(&catalog::get(item.id)).await.unwrap();
    let changes = catalog::Changes {
        description: Some("d".repeat(99)),
        customer_description: Some("c".repeat(9999)),
        subcategory: item.subcategory.as_ref().map(|reference| reference.id),
        product_type: item.product_type.as_ref().map(|reference| reference.id),
        price: Some(amount("1.25")),
        cost: Some(amount("1")),
        inactive: Some(false),
    };
    client.send(&catalog::patch(item.id, &changes)).await.unwrap();
    bill(&fixture, item.id).await;
    let kind = client.find_or_create(&configuration::find_or_create_type(&"t".repeat(99))).await.unwrap();
    let new = NewConfiguration {
        name: "n".repeat(200),
        device_identifier: "euwest.backup.10".to_owned(),
        configuration_type: kind.id,
        company: ACME,
        status: Some(ConfigurationStatusId::new(1)),
        notes: Some("Notes".to_owned()),
    };
    let thing = client.find_or_create(&configuration::find_or_create(&new)).await.unwrap();
    let status = Some(ConfigurationStatusId::new(2));
    let changes = configuration::Changes { status, notes: Some("x".to_owned()), active: Some(false) };
    client.send(&configuration::patch(thing.id, &changes)).await.unwrap();
    let made = client.find_or_create(&ticket::find_or_create(&super::tickets::failure())).await.unwrap();
    client.send(&ticket::get(made.id)).await.unwrap();
    client.find_or_create(&ticket::find_or_create(&super::tickets::complete())).await.unwrap();
    client.find_or_create(&ticket::find_or_create_configuration(made.id, thing.id)).await.unwrap();
    client.send(&note::create(made.id, "Text", NoteVisibility::Internal)).await.unwrap();
    client.list_all(&note::list(made.id)).await.unwrap();
    client.send(&ticket::set_status(made.id, StatusId::new(13))).await.unwrap();
    let place = Location::Name("Companies".to_owned());
    client.find_or_create(&menu::find_or_create(&super::menu::portal(place))).await.unwrap();
    assert_eq!(fixture.proxy.requests(), REQUESTS);
}

async fn read_tables(fixture: &Fixture) {
    let client = fixture.client();
    client.list_all(&company::active()).await.unwrap();
    client.send(&company::get(ACME)).await.unwrap();
    client.list_all(&agreement::list(ACME)).await.unwrap();
    client.send(&agreement::get(AgreementId::new(101))).await.unwrap();
    client.list_all(&category::categories()).await.unwrap();
    client.list_all(&category::subcategories()).await.unwrap();
    client.list_all(&category::product_types()).await.unwrap();
    client.list_all(&board::boards()).await.unwrap();
    client.list_all(&board::statuses(BoardId::new(1))).await.unwrap();
    client.list_all(&ticket_field::types(BoardId::new(1))).await.unwrap();
    client.list_all(&ticket_field::priorities()).await.unwrap();
    client.list_all(&ticket_field::sources()).await.unwrap();
    client.list_all(&ticket_class::subtypes(BoardId::new(1))).await.unwrap();
    client.list_all(&ticket_class::items(BoardId::new(1))).await.unwrap();
    client.list_all(&ticket_class::associations(BoardId::new(1))).await.unwrap();
    client.list_all(&contact::of_company(ACME)).await.unwrap();
    client.list_all(&ticket_field::custom_fields()).await.unwrap();
    client.list_all(&configuration::statuses()).await.unwrap();
}

async fn bill(fixture: &Fixture, product: service_manager::connectwise::CatalogItemId) {
    let (client, id) = (fixture.client(), AgreementId::new(104));
    let new = NewAddition {
        product,
        quantity: amount("2.5"),
        bill_customer: Billing::Billable,
        effective_date: fixture.month(1),
        unit_price: Some(amount("1.5")),
        unit_cost: Some(amount("1")),
        invoice_description: Some("i".repeat(9999)),
    };
    let made = client.send(&addition::create(id, &new)).await.unwrap();
    client.list_all(&addition::list(id)).await.unwrap();
    client.send(&addition::get(id, made.id)).await.unwrap();
    let changes = addition::Changes {
        product: Some(product),
        effective_date: Some(fixture.month(1)),
        cancelled_date: Some(fixture.month(2)),
        ..made.current_values()
    };
    client.send(&addition::patch(id, made.id, &changes)).await.unwrap();
}
