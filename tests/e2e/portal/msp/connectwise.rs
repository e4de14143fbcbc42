//! The MSP's ConnectWise: its records, fault rules, and actions of a person who works in it.

use reqwest::Method;
use sandbox::stack::CLIENT_ID;
use serde_json::{Value, json};

use super::Msp;

impl Msp {
    /// Returns the records of a kind in ConnectWise.
    pub fn records(&self, noun: &str) -> Vec<Value> {
        self.bss.stack.connectwise.state_json()[noun].as_array().cloned().unwrap_or_default()
    }

    /// Returns the products that the service manager created, in order of creation.
    pub fn products(&self) -> Vec<Value> {
        let ours = |item: &Value| item["identifier"].as_str().unwrap().starts_with("euwest.");
        self.records("catalogItem").into_iter().filter(ours).collect()
    }

    /// Returns the id of a plan's product.
    pub fn product(&self, plan: &str) -> u32 {
        let identifier = format!("euwest.{plan}");
        let product = self.products().into_iter().find(|item| item["identifier"] == identifier).unwrap();
        u32::try_from(product["id"].as_u64().unwrap()).unwrap()
    }

    /// Returns the additions of these products in ConnectWise, of all agreements, in order of creation.
    pub fn additions(&self) -> Vec<Value> {
        let ours: Vec<_> = self.products().iter().map(|item| item["id"].clone()).collect();
        self.records("addition").into_iter().filter(|row| ours.contains(&row["product"]["id"])).collect()
    }

    /// Returns the tickets that the service manager created, in order of creation.
    pub fn tickets(&self) -> Vec<Value> {
        let ours = |ticket: &Value| ticket["externalXRef"].as_str().is_some_and(|key| key.contains(".backup."));
        self.records("ticket").into_iter().filter(ours).collect()
    }

    /// Returns the only addition.
    pub fn addition(&self) -> Value {
        let additions = self.additions();
        assert_eq!(additions.len(), 1, "{additions:?}");
        additions[0].clone()
    }

    /// Returns the changes sent to ConnectWise so far, oldest first.
    pub fn writes(&self) -> Vec<String> {
        let calls = self.bss.stack.connectwise.calls().into_iter().filter(|call| call.method != "GET");
        calls.map(|call| format!("{} {}", call.method, call.path.split("/3.0/").last().unwrap())).collect()
    }

    /// Sends a request to ConnectWise as a person. Returns the response.
    pub async fn as_person(&self, method: Method, path: &str, body: &Value) -> Value {
        let url = format!("{}/{path}", self.bss.stack.connectwise_url);
        let request = self.client.request(method, url).basic_auth("demo+pub-admin", Some("priv-admin"));
        let response = request.header("clientId", CLIENT_ID).json(body).send().await.unwrap();
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Sets a field of an addition as a person.
    pub async fn sets(&self, agreement: u32, addition: &Value, field: &str, value: Value) {
        let patch = json!([{"op": "replace", "path": field, "value": value}]);
        self.as_person(Method::PATCH, &addition_path(agreement, addition), &patch).await;
    }

    /// Deletes an addition as a person.
    pub async fn deletes(&self, agreement: u32, addition: &Value) {
        self.as_person(Method::DELETE, &addition_path(agreement, addition), &json!({})).await;
    }

    /// Adds an addition as a person. Returns its id.
    pub async fn adds(&self, agreement: u32, product: u32, quantity: u32) -> Value {
        let addition = json!({"product": {"id": product}, "quantity": quantity, "billCustomer": "Billable",
            "effectiveDate": "2031-06-01T00:00:00Z"});
        self.as_person(Method::POST, &format!("finance/agreements/{agreement}/additions"), &addition).await["id"]
            .clone()
    }

    /// Adds a company with an agreement as a person. Returns their ids.
    pub async fn adds_company(&self, name: &str) -> (u32, u32) {
        let identifier: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let company = json!({"identifier": identifier, "name": name, "site": {"name": "Main"}});
        let company = self.as_person(Method::POST, "company/companies", &company).await["id"].clone();
        let company = u32::try_from(company.as_u64().unwrap()).unwrap();
        (company, self.adds_agreement(company, &format!("Backup of {name}")).await)
    }

    /// Adds an agreement of a company as a person. Returns its id.
    pub async fn adds_agreement(&self, company: u32, name: &str) -> u32 {
        let contact = json!({"firstName": "Ann", "company": {"id": company}});
        let contact = self.as_person(Method::POST, "company/contacts", &contact).await["id"].clone();
        let agreement = json!({"name": name, "type": {"id": 1}, "company": {"id": company}, "contact": {"id": contact},
            "startDate": "2030-01-01T00:00:00Z", "billStartDate": "2030-01-01T00:00:00Z"});
        let agreement = self.as_person(Method::POST, "finance/agreements", &agreement).await["id"].clone();
        u32::try_from(agreement.as_u64().unwrap()).unwrap()
    }

    /// Invoices the next period of an agreement.
    pub async fn invoices(&self, agreement: u32) {
        let host = self.bss.stack.connectwise_url.split("/v4").next().unwrap().to_owned();
        let url = format!("{host}/_sandbox/agreements/{agreement}/invoice");
        assert!(self.client.post(url).send().await.unwrap().status().is_success());
    }

    /// Sets fault rules for ConnectWise.
    pub fn faults(&self, rules: Value) {
        self.bss.stack.connectwise.faults().set(serde_json::from_value(rules).unwrap());
    }

    /// Makes ConnectWise return an HTML page for calls of `path`, as during maintenance.
    pub fn in_maintenance(&self, path: &str) {
        self.faults(json!([{"path": path, "status": 200, "body": "<html>Maintenance</html>"}]));
    }
}

fn addition_path(agreement: u32, addition: &Value) -> String {
    format!("finance/agreements/{agreement}/additions/{addition}")
}
