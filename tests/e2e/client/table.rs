//! Changes and faults of the table behind the back of the service manager.

use sandbox::faults::Rule;
use serde_json::{Value, json};

use super::{Bss, merged};

impl Bss {
    /// Deletes the links of an object at the vendor from the table.
    pub async fn delete_links(&self, id: &str) {
        for item in self.table().await {
            if item["sk"]["S"] == "link" && item["pk"]["S"].as_str().unwrap().ends_with(&format!("#{id}")) {
                self.delete_item(&item).await;
            }
        }
    }

    /// Deletes all items whose sort key begins with `prefix`; with an empty one, all items of the table.
    pub async fn lose(&self, prefix: &str) {
        for item in self.table().await {
            if item["sk"]["S"].as_str().unwrap().starts_with(prefix) {
                self.delete_item(&item).await;
            }
        }
    }

    /// Writes the account and the link of an object at the vendor as releases did before ids named their instance.
    pub async fn write_as_earlier_release(&self, id: &str) {
        for mut item in self.table().await {
            let is_link = item["sk"]["S"] == "link" && item["pk"]["S"] == format!("external#{id}");
            let is_account = item["sk"]["S"] == "account" && item["external_id"]["S"] == id;
            if !is_link && !is_account {
                continue;
            }
            self.delete_item(&item).await;
            item.as_object_mut().unwrap().remove("instance").unwrap();
            if is_link {
                item["pk"] = json!({"S": format!("{}#external#{id}", item["application"]["S"].as_str().unwrap())});
            }
            let request = json!({"TableName": self.stack.table, "Item": item});
            self.stack.dynamodb.call("PutItem", &request).await.unwrap();
        }
    }

    /// Returns the keys of all links to an object at the vendor.
    pub async fn links(&self, id: &str) -> Vec<String> {
        let items = self.table().await.into_iter().filter(|item| item["sk"]["S"] == "link");
        let keys = items.map(|item| item["pk"]["S"].as_str().unwrap().to_owned());
        keys.filter(|key| key.ends_with(&format!("#{id}"))).collect()
    }

    async fn delete_item(&self, item: &Value) {
        let request = json!({"TableName": self.stack.table, "Key": {"pk": item["pk"], "sk": item["sk"]}});
        self.stack.dynamodb.call("DeleteItem", &request).await.unwrap();
    }
}

/// Returns the fault rules by which all calls of the table after `calls` fail, the first of them after it is done if
/// `is_done`. Those of its stream do not.
pub fn cut_off(calls: u64, is_done: bool) -> Vec<Rule> {
    let body = json!({"__type": "com.amazon.coral.validate#ValidationException", "message": "as asked"});
    let table = json!({"name": "x-amz-target", "value": "DynamoDB_*"});
    let fail = json!({"path": "*", "status": 400, "body": body, "header": table});
    let first = merged(fail.clone(), json!({"after": calls, "times": 1, "act": is_done}));
    serde_json::from_value(json!([first, merged(fail, json!({"after": calls + 1}))])).unwrap()
}
