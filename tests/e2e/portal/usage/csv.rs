//! `GET portal/usage/csv`

use reqwest::Method;
use serde_json::json;

use crate::portal::msp::Msp;
use crate::portal::usage::list::used;

async fn rows(key: &Msp, path: &str) -> (Vec<csv::StringRecord>, Option<String>) {
    let response = key.request(Method::GET, path, String::new()).await;
    assert_eq!(response.headers()["content-type"], "text/csv; charset=utf-8");
    let link = response.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
    let text = response.text().await.unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    (reader.records().map(Result::unwrap).collect(), link)
}

#[tokio::test]
async fn a_line_is_an_organization_or_a_seat() {
    let (key, organization) = used().await;
    let (lines, link) = rows(&key, "usage/csv").await;
    assert_eq!((lines.len(), link), (2, None), "{lines:?}");
    let (seats, _) = rows(&key, "usage/csv?seats=true").await;
    let of_sold: Vec<_> = seats.iter().filter(|line| line[0] == organization).collect();
    assert_eq!(of_sold.len(), 2, "{seats:?}");
    assert!(of_sold.iter().all(|line| line[11].contains('@')), "{seats:?}");
}

#[tokio::test]
async fn rows_that_cannot_be_read_are_counted_in_a_header() {
    let (key, _) = used().await;
    key.bss.vendor_faults(json!([
        {"path": "/users", "patch": [{"op": "replace", "path": "/result_set/0/seats_used", "value": "three"}]},
    ]));
    let response = key.request(Method::GET, "usage/csv", String::new()).await;
    assert_eq!(response.headers()["x-unreadable"], "1");
    key.bss.vendor_faults(json!([]));
    let whole = key.request(Method::GET, "usage/csv", String::new()).await;
    assert_eq!(whole.headers().get("x-unreadable"), None);
}
