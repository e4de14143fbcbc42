//! Paging of lists.

use serde_json::json;
use service_manager::connectwise::api::{board, category, configuration, ticket};
use service_manager::connectwise::{BoardId, CompanyId, ConnectWiseError};

use super::tickets::failure;
use super::{ACME, Fixture};

#[tokio::test]
async fn a_list_is_read_to_its_end_at_the_configured_address() {
    let fixture = Fixture::start().await;
    let list = board::statuses(BoardId::new(1)).with_page_size(1);
    let names: Vec<_> = fixture.client().list_all(&list).await.unwrap().into_iter().map(|status| status.name).collect();
    // In the order of the board, not by name.
    assert_eq!(names, ["New", "In Progress", ">Closed", "Cancelled"]);
    assert_eq!(fixture.calls("GET", "/service/boards/1/statuses"), 4);
    let list = board::statuses(BoardId::new(1));
    assert_eq!(fixture.client().list_all(&list).await.unwrap().len(), 4);
    assert_eq!(fixture.calls("GET", "/service/boards/1/statuses"), 5);
}

#[tokio::test]
async fn a_circular_link_is_an_error() {
    let fixture = Fixture::start().await;
    for link in ["<https://evil.example/?page=1>; rel=\"next\"", "<https://evil.example/>; rel=\"next\""] {
        fixture.faults(
            json!([{ "path": "/procurement/categories", "status": 200, "body": [], "headers": { "Link": link } }]),
        );
        let error = fixture.client().list_all(&category::categories()).await.unwrap_err();
        assert!(matches!(error, ConnectWiseError::InvalidResponse { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_read_is_repeated() {
    let fixture = Fixture::start().await;
    fixture.faults(json!([
        { "path": "/procurement/categories", "times": 1, "status": 500, "body": { "code": "Timeout", "message": "timeout" } },
        { "path": "/procurement/categories", "times": 1, "drop": "after" }
    ]));
    assert_eq!(fixture.client().list_all(&category::categories()).await.unwrap().len(), 2);
    assert_eq!(fixture.calls("GET", "/procurement/categories"), 3);
}

#[tokio::test]
async fn a_full_page_without_links_is_followed_by_a_look_at_the_next() {
    let fixture = Fixture::start().await;
    fixture.faults(json!([{ "path": "/service/boards/1/statuses", "without_headers": ["link"] }]));
    for (page_size, calls) in [(1, 5), (2, 3), (3, 2), (4, 2), (5, 1)] {
        let before = fixture.calls("GET", "/service/boards/1/statuses");
        let list = board::statuses(BoardId::new(1)).with_page_size(page_size);
        assert_eq!(fixture.client().list_all(&list).await.unwrap().len(), 4, "{page_size}");
        assert_eq!(fixture.calls("GET", "/service/boards/1/statuses") - before, calls, "{page_size}");
    }
}

#[tokio::test]
async fn a_server_that_repeats_a_page_has_no_whole_list() {
    let fixture = Fixture::start().await;
    fixture.faults(json!([{ "path": "/service/boards/1/statuses", "status": 200, "body": [{ "id": 11 }] }]));
    let list = board::statuses(BoardId::new(1)).with_page_size(1);
    let error = fixture.client().list_all(&list).await.unwrap_err();
    assert!(matches!(error, ConnectWiseError::InvalidResponse { .. }), "{error}");
}

#[tokio::test]
async fn rows_of_another_shape_are_refused() {
    let fixture = Fixture::start().await;
    for body in [json!({}), json!([{}]), json!([[11]]), json!([{ "id": null }]), json!([{ "id": 11.5 }]), json!(null)] {
        fixture.faults(json!([{ "path": "/service/boards", "status": 200, "body": body }]));
        let error = fixture.client().list_all(&board::boards()).await.unwrap_err();
        assert!(matches!(error, ConnectWiseError::InvalidResponse { .. }), "{body}: {error}");
    }
    fixture.faults(json!([{ "path": "/service/boards", "status": 200, "body": [{ "id": 11.0 }] }]));
    assert_eq!(fixture.client().list_all(&board::boards()).await.unwrap()[0].id, BoardId::new(11));
    fixture.faults(json!([{ "path": "/service/tickets/1001", "status": 200, "body": [{ "id": 1001 }] }]));
    let error = fixture.client().send(&ticket::get(super::tickets::PRINTER)).await.unwrap_err();
    assert!(matches!(error, ConnectWiseError::InvalidResponse { .. }), "{error}");
}

#[tokio::test]
async fn an_instance_that_finds_nothing_by_several_conditions() {
    let fixture = Fixture::start().await;
    fixture.settings(json!({ "emptyCompoundSearches": true }));
    let names = fixture.client().list_all(&board::boards()).await.unwrap().into_iter().map(|board| board.name);
    assert_eq!(names.collect::<Vec<_>>(), ["Backup Alerts", "Service Desk"]);
    let made = fixture.client().find_or_create(&ticket::find_or_create(&failure())).await.unwrap();
    assert_eq!(fixture.client().find_or_create(&ticket::find_or_create(&failure())).await.unwrap(), made);
    let new = super::configurations::action();
    let made = fixture.client().find_or_create(&configuration::find_or_create(&new)).await.unwrap();
    assert_eq!(fixture.client().find_or_create(&configuration::find_or_create(&new)).await.unwrap(), made);
    assert_eq!((fixture.count("ticket"), fixture.count("configuration")), (2, 3));
}

/// A search finds nothing although the create has arrived.
#[tokio::test]
async fn a_wider_look_precedes_the_second_create() {
    for path in ["/service/tickets", "/company/configurations", "/procurement/catalog"] {
        let fixture = Fixture::start().await;
        // The search before the create finds nothing. The one after it neither.
        fixture.faults(json!([
            { "method": "POST", "path": path, "times": 1, "drop": "after" },
            { "method": "GET", "path": path, "after": 1, "times": 1, "status": 200, "body": [] },
        ]));
        let client = fixture.client();
        let made = match path {
            "/service/tickets" => client.find_or_create(&ticket::find_or_create(&failure())).await.map(drop),
            "/company/configurations" => {
                let new = configuration::find_or_create(&super::configurations::action());
                client.find_or_create(&new).await.map(drop)
            }
            _ => {
                let new = service_manager::connectwise::api::catalog::find_or_create(&super::catalog::plan());
                client.find_or_create(&new).await.map(drop)
            }
        };
        assert!(made.is_ok(), "{path}: {made:?}");
        assert_eq!((fixture.calls("GET", path), fixture.calls("POST", path)), (3, 1), "{path}");
    }
}

#[tokio::test]
async fn a_key_of_another_company_is_another_record() {
    let fixture = Fixture::start().await;
    let made = fixture.client().find_or_create(&ticket::find_or_create(&failure())).await.unwrap();
    let key = failure().external_reference;
    assert_eq!(fixture.client().find(&ticket::find(ACME, &key)).await.unwrap(), Some(made));
    assert_eq!(fixture.client().find_widely(&ticket::find(CompanyId::new(22), &key)).await.unwrap(), None);
}
