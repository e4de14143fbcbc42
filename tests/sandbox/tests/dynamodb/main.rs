//! The engine serves the `DynamoDB` protocol through the forwarder, subject to fault rules.
#![expect(clippy::unwrap_used, reason = "a test's own calls must succeed")]

mod refusals;

use sandbox::dynamodb::DynamoDb;
use sandbox::serve::{Server, serve};
use serde_json::{Value, json};
use tokio::net::TcpListener;

struct Table {
    server: Server,
    client: reqwest::Client,
}

impl Table {
    async fn start() -> Self {
        let dynamodb = DynamoDb::start(None).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = serve(listener, dynamodb.router()).unwrap();
        let table = Self { server, client: sandbox::http_client().unwrap() };
        let attributes = [("pk", "S"), ("sk", "S"), ("ipk", "S"), ("due", "N")];
        let attributes = attributes.map(|(name, kind)| json!({ "AttributeName": name, "AttributeType": kind }));
        let keys = |hash: &str, range: &str| json!([{ "AttributeName": hash, "KeyType": "HASH" }, { "AttributeName": range, "KeyType": "RANGE" }]);
        let create = json!({
            "TableName": "records", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": attributes,
            "KeySchema": keys("pk", "sk"),
            "GlobalSecondaryIndexes": [{
                "IndexName": "work", "KeySchema": keys("ipk", "due"), "Projection": { "ProjectionType": "KEYS_ONLY" }
            }]
        });
        let (status, answer) = table.call("CreateTable", create).await;
        assert_eq!(status, 200, "{answer}");
        table
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address())
    }

    async fn call(&self, operation: &str, body: Value) -> (u16, Value) {
        let request = self.client.post(self.url("/")).body(body.to_string());
        let response = request
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
            .header("x-amz-date", "20260101T000000Z")
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=x/20260101/eu-west-1/dynamodb/aws4_request, \
                 SignedHeaders=host;x-amz-date, Signature=x",
            )
            .send()
            .await
            .unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn put(&self, key: &str) -> (u16, Value) {
        self.call("PutItem", json!({ "TableName": "records", "Item": { "pk": { "S": key }, "sk": { "S": "1" } } }))
            .await
    }

    async fn state(&self) -> Value {
        self.client.get(self.url("/_sandbox/state")).send().await.unwrap().json().await.unwrap()
    }

    async fn control(&self, path: &str, body: Value) -> u16 {
        self.client.post(self.url(path)).json(&body).send().await.unwrap().status().as_u16()
    }
}

#[tokio::test]
async fn state_shows_the_items_and_reset_removes_them() {
    let table = Table::start().await;
    table.put("b").await;
    table.put("a").await;
    let items = json!(["a", "b"].map(|key| json!({ "pk": { "S": key }, "sk": { "S": "1" } })));
    assert_eq!(table.state().await, json!({ "tables": { "records": items } }));
    assert_eq!(table.control("/_sandbox/reset", json!({})).await, 200);
    assert_eq!(table.state().await, json!({ "tables": { "records": [] } }));
}

#[tokio::test]
async fn a_fault_can_select_an_operation_by_its_target_header() {
    let table = Table::start().await;
    let throttled = json!({ "__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "slow" });
    let rule = json!([{
        "path": "/", "header": { "name": "x-amz-target", "value": "*PutItem" }, "times": 1,
        "status": 400, "body": throttled
    }]);
    assert_eq!(table.control("/_sandbox/faults", rule).await, 200);
    assert_eq!(table.call("ListTables", json!({})).await, (200, json!({ "TableNames": ["records"] })));
    assert_eq!(table.put("a").await, (400, throttled));
    assert_eq!(table.put("a").await.0, 200);
}
