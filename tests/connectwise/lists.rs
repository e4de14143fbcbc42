//! Paging of lists.

use serde_json::json;
use service_manager::connectwise::api::{board, category};
use service_manager::connectwise::{BoardId, ConnectWiseError};

use super::Fixture;

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
