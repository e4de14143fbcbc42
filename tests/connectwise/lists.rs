//! Pages.

use serde_json::json;
use service_manager::connectwise::api::{board, category};
use service_manager::connectwise::{BoardId, ConnectWiseError};

use super::Desk;

#[tokio::test]
async fn a_list_is_read_to_its_end_from_our_own_address() {
    let desk = Desk::start().await;
    let list = board::statuses(BoardId::new(1)).in_pages_of(1);
    let names: Vec<_> = desk.client().all(&list).await.unwrap().into_iter().map(|status| status.name).collect();
    // In the order of the board, and not by name.
    assert_eq!(names, ["New", "In Progress", ">Closed", "Cancelled"]);
    assert_eq!(desk.calls("GET", "/service/boards/1/statuses"), 4);
    let list = board::statuses(BoardId::new(1));
    assert_eq!(desk.client().all(&list).await.unwrap().len(), 4);
    assert_eq!(desk.calls("GET", "/service/boards/1/statuses"), 5);
}

#[tokio::test]
async fn a_link_that_leads_in_a_circle_is_no_list() {
    let desk = Desk::start().await;
    for link in ["<https://evil.example/?page=1>; rel=\"next\"", "<https://evil.example/>; rel=\"next\""] {
        desk.faults(
            json!([{ "path": "/procurement/categories", "status": 200, "body": [], "headers": { "Link": link } }]),
        );
        let error = desk.client().all(&category::categories()).await.unwrap_err();
        assert!(matches!(error, ConnectWiseError::Unreadable { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_read_is_repeated() {
    let desk = Desk::start().await;
    desk.faults(json!([
        { "path": "/procurement/categories", "times": 1, "status": 500, "body": { "code": "Timeout", "message": "timeout" } },
        { "path": "/procurement/categories", "times": 1, "drop": "after" }
    ]));
    assert_eq!(desk.client().all(&category::categories()).await.unwrap().len(), 2);
    assert_eq!(desk.calls("GET", "/procurement/categories"), 3);
}
