//! Pages, order, fields and counts.

use reqwest::Method;
use serde_json::{Value, json};

use super::{DEMO, Fixture, done, query};

const LIST: &str = "/procurement/categories";

async fn filled(count: usize) -> Fixture {
    let fixture = Fixture::start().await;
    for number in 4..=count {
        fixture.created(LIST, json!({ "name": format!("Category {number:02}") })).await;
    }
    fixture
}

#[tokio::test]
async fn links_lead_through_pages() {
    let fixture = filled(30).await;
    let get = async |path: &str| {
        let answer = fixture.send(DEMO, Method::GET, path, None).await;
        let link = answer.header("link").map(str::to_owned);
        (answer.body.as_array().unwrap().len(), link)
    };
    let to = |parameters: &str, relation: &str| {
        format!(
            "<https://connectwise.internal/v4_6_release/apis/3.0/procurement/categories?{parameters}>; rel=\"{relation}\""
        )
    };
    assert_eq!(get(LIST).await, (25, Some([to("page=2", "next"), to("page=2", "last")].join(", "))));
    let (count, link) = get(&format!("{LIST}?pageSize=10&page=2&orderBy=name")).await;
    let page = |number: u32| format!("pageSize=10&orderBy=name&page={number}");
    let links = [to(&page(3), "next"), to(&page(3), "last"), to(&page(1), "prev"), to(&page(1), "first")];
    assert_eq!((count, link), (10, Some(links.join(", "))));
    let last = [to("page=1", "prev"), to("page=1", "first")].join(", ");
    assert_eq!(get(&format!("{LIST}?page=2")).await, (5, Some(last)));
    assert_eq!(get(&format!("{LIST}?page=9")).await.0, 0);
    assert_eq!(get(&format!("{LIST}?pageSize=5000")).await, (30, None));
    for wrong in ["page=0", "pageSize=0", "pageSize=all"] {
        assert_eq!(fixture.get(&format!("{LIST}?{wrong}")).await.0, 400, "{wrong}");
    }
}

#[tokio::test]
async fn forward_only_goes_by_id() {
    let fixture = filled(12).await;
    let mut seen = Vec::new();
    let mut next = Some(format!("{LIST}?pageSize=5&page=7"));
    while let Some(path) = next {
        let answer = done(fixture.request(DEMO, Method::GET, &path).header("pagination-type", "forward-only")).await;
        seen.extend(answer.body.as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()));
        next = answer.header("link").map(|link| {
            let (url, relation) = link.split_once("; ").unwrap();
            assert_eq!(relation, "rel=\"next\"");
            let (_, query) = url.trim_end_matches('>').split_once('?').unwrap();
            format!("{LIST}?{query}")
        });
    }
    assert_eq!(seen, [1, 2, 3, 90, 91, 92, 93, 94, 95, 96, 97, 98]);
    let ordered = fixture.request(DEMO, Method::GET, &format!("{LIST}?orderBy=name"));
    let answer = done(ordered.header("pagination-type", "forward-only")).await;
    assert_eq!((answer.status, &answer.body["code"]), (400, &json!("ConnectWiseApi")));
}

#[tokio::test]
async fn order_fields_and_counts() {
    let fixture = Fixture::start().await;
    let statuses = "/service/boards/1/statuses";
    assert_eq!(fixture.ids(statuses, &[("orderBy", "closedStatus desc, name")]).await, [13, 14, 12, 11, 15]);
    assert_eq!(fixture.ids(statuses, &[("orderBy", "board/name,sortOrder DESC")]).await, [15, 14, 13, 12, 11]);
    let (_, row) = fixture.get(&format!("{statuses}/13?fields=name,board/name,board/id")).await;
    assert_eq!(row, json!({ "name": ">Closed", "board": { "id": 1, "name": "Service Desk" } }));
    let (_, row) = fixture.get("/company/contacts/99?fields=communicationItems/value,_info").await;
    assert_eq!(row["communicationItems"], json!([{ "value": "ann@acme.example" }]));
    assert!(row["_info"]["lastUpdated"].is_string());
    for path in [
        query(statuses, &[("orderBy", "title")]),
        query(statuses, &[("orderBy", "name up")]),
        query(statuses, &[("fields", "id,title")]),
        query(statuses, &[("conditions", "title=\"x\"")]),
        query(&format!("{statuses}/count"), &[("conditions", "title=\"x\"")]),
    ] {
        let (status, body) = fixture.get(&path).await;
        assert_eq!((status, &body["code"], &body["errors"]), (400, &json!("ApiFindCondition"), &Value::Null));
    }
    let open = query(&format!("{statuses}/count"), &[("conditions", "closedStatus=false and inactive=false")]);
    assert_eq!(fixture.get(&open).await, (200, json!({ "count": 2 })));
    assert_eq!(fixture.get("/service/boards/9/statuses").await.0, 404);
}
