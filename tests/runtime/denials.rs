//! The judge is not kinder than AWS: it denies what a role lacks, with the service's own error, and a function meets it.

use conformance::event;
use conformance::template::Template;
use sandbox::iam::{Judge, Policy};
use serde_json::{Value, json};
use service_manager::endpoints::BSS_ENDPOINTS;
use service_manager::vendor::VendorName;

use crate::deployed::{Deployed, stack, start};
use crate::parity::invoked;

const TABLE: &str = "DynamoDB_20120810";

/// A key of an item, for calls that name no other.
fn key(partition: &str) -> Value {
    json!({ "pk": { "S": partition }, "sk": { "S": "x" } })
}

/// Returns the status and the body of a call with a function's role.
async fn called(judge: &Judge, function: &str, target: &str, body: &Value) -> (u16, Value) {
    let signed = format!(
        "AWS4-HMAC-SHA256 Credential={function}/20261121/eu-west-1/s/aws4_request, SignedHeaders=host, Signature=0"
    );
    let request = sandbox::http_client().unwrap().post(judge.url()).header("x-amz-target", target);
    let request = request.header("authorization", signed).header("x-amz-date", "20261121T101500Z");
    let answer =
        request.header("content-type", "application/x-amz-json-1.0").body(body.to_string()).send().await.unwrap();
    (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_role_lacks_is_denied() {
    let deployed = Deployed::new().await;
    let value = |json: Value| deployed.deployment.value(&json.to_string()).unwrap();
    let (reporters, key_arn) = (value(json!({ "Ref": "Reporters" })), value(json!({ "Fn::GetAtt": "Key.Arn" })));
    let queue = |id: &str| value(json!({ "Ref": id }));
    let table = &deployed.stack.table;
    let query = |index: Option<&str>, attribute: &str| {
        let mut query = json!({
            "TableName": table, "KeyConditionExpression": format!("{attribute} = :k"),
            "ExpressionAttributeValues": { ":k": { "S": "k" } },
        });
        if let Some(index) = index {
            query["IndexName"] = json!(index);
        }
        query
    };
    let transaction = json!({ "TransactItems": [
        { "Put": { "TableName": table, "Item": key("a") } },
        { "ConditionCheck": { "TableName": table, "Key": key("b"), "ConditionExpression": "attribute_exists(pk)" } },
    ] });
    let encrypted = json!({ "KeyId": key_arn, "Plaintext": "eA==" });
    for (function, service, operation, body, action) in [
        ("accounts-exists", TABLE, "GetItem", json!({ "TableName": "another", "Key": key("a") }), "dynamodb:GetItem"),
        ("accounts-exists", TABLE, "UpdateItem", json!({ "TableName": table, "Key": key("a") }), "dynamodb:UpdateItem"),
        ("accounts-exists", TABLE, "Scan", json!({ "TableName": table }), "dynamodb:Scan"),
        ("accounts-delete", TABLE, "Query", query(Some("work"), "work_shard"), "dynamodb:Query"),
        ("accounts-exists", TABLE, "Query", query(None, "pk"), "dynamodb:Query"),
        ("accounts-exists", TABLE, "TransactWriteItems", transaction, "dynamodb:ConditionCheckItem"),
        ("fields-get", TABLE, "GetItem", json!({ "TableName": table, "Key": key("a") }), "dynamodb:GetItem"),
        ("accounts-synchronize", "TrentService", "Encrypt", encrypted.clone(), "kms:Encrypt"),
        (
            "fields-get",
            "secretsmanager",
            "GetSecretValue",
            json!({ "SecretId": reporters }),
            "secretsmanager:GetSecretValue",
        ),
        (
            "actions-check",
            "AmazonSQS",
            "SendMessage",
            json!({ "QueueUrl": queue("ActionsQueue"), "MessageBody": "x" }),
            "sqs:SendMessage",
        ),
        (
            "actions-monitor",
            "AmazonSQS",
            "SendMessage",
            json!({ "QueueUrl": queue("ConnectWiseDeadLetters"), "MessageBody": "x" }),
            "sqs:SendMessage",
        ),
    ] {
        let (status, answer) = called(&deployed.judge, function, &format!("{service}.{operation}"), &body).await;
        let code = answer["__type"].as_str().unwrap();
        let message = answer.get("Message").or(answer.get("message")).unwrap().as_str().unwrap();
        assert!(code.ends_with("AccessDeniedException"), "{function} {operation}: {answer}");
        assert_eq!(status, if service == "AmazonSQS" { 403 } else { 400 }, "{answer}");
        assert!(
            message.contains(&format!("is not authorized to perform: {action} on resource: arn:aws:")),
            "{message}"
        );
        assert!(
            message.ends_with(&format!("because no identity-based policy allows the {action} action")),
            "{message}"
        );
    }
    let mut with_context = encrypted;
    with_context["EncryptionContext"] = json!({ "tenant": "t" });
    let (status, answer) = called(&deployed.judge, "accounts-synchronize", "TrentService.Encrypt", &with_context).await;
    assert_eq!(status, 200, "{answer}");
    let (_, stranger) = called(&deployed.judge, "no-such-role", &format!("{TABLE}.GetItem"), &json!({})).await;
    assert!(stranger["__type"].as_str().unwrap().ends_with("UnrecognizedClientException"), "{stranger}");
    let (status, unknown) =
        called(&deployed.judge, "accounts-exists", &format!("{TABLE}.ExecuteStatement"), &json!({})).await;
    assert_eq!((status, &unknown["__type"]), (501, &json!("NotJudged")), "{unknown}");
    assert_eq!(deployed.judge.judgements().unknown.len(), 1);
}

/// Calls whose permission depends on the partition key, and on a deny.
#[tokio::test(flavor = "multi_thread")]
async fn a_condition_on_partition_keys_is_judged() {
    let mut deployed = Deployed::new().await;
    let mut account = deployed.judge.account().clone();
    let arn = account.arn("dynamodb", &format!("table/{}", deployed.stack.table));
    let own = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "dynamodb:*Item", "Resource": arn,
          "Condition": { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["acme#*"] } } },
        { "Effect": "Deny", "Action": "dynamodb:DeleteItem", "Resource": "*" },
        { "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*" },
    ] });
    account.roles.get_mut("accounts-exists").unwrap().policies = vec![Policy::of_role(&own).unwrap()];
    deployed.judge = Judge::in_front_of(&deployed.stack, account).await.unwrap();
    for (operation, partition, expected) in [
        ("GetItem", "acme#1", None),
        ("GetItem", "other#1", Some("because no identity-based policy allows")),
        ("DeleteItem", "acme#1", Some("with an explicit deny in an identity-based policy")),
    ] {
        let body = json!({ "TableName": deployed.stack.table, "Key": key(partition) });
        let (status, answer) = called(&deployed.judge, "accounts-exists", &format!("{TABLE}.{operation}"), &body).await;
        let message = answer["Message"].as_str().unwrap_or_default();
        assert_eq!(status == 200, expected.is_none(), "{operation} {partition}: {answer}");
        assert!(expected.is_none_or(|expected| message.contains(expected)), "{message}");
    }
}

/// Roles without one action or with another condition: the function is denied a call, so that a story of it fails.
#[tokio::test(flavor = "multi_thread")]
async fn a_function_meets_the_denial() {
    let whole = std::fs::read_to_string(conformance::root().join("template.yaml")).unwrap();
    for (policy, old, new, expected, fails) in [
        ("AccountsSynchronizeRole", "dynamodb:UpdateItem, ", "", "dynamodb:UpdateItem on arn:aws:dynamodb:", true),
        (
            "FunctionPolicy",
            "secretsmanager:GetSecretValue",
            "secretsmanager:Get",
            "secretsmanager:GetSecretValue on",
            true,
        ),
        ("FunctionPolicy", "secretsmanager.$", "sqs.$", "through secretsmanager", true),
        ("TablePolicy", "dynamodb.$", "sqs.$", "through dynamodb", true),
        // The settings are not stored, so a recovery would lack them. The synchronization does not.
        ("AccountsSynchronizeRole", r#"tenant: "false""#, r#"tenant: "true""#, "kms:Encrypt on arn:aws:kms:", false),
    ] {
        let (before, after) = whole.split_at(whole.find(&format!("\n  {policy}:\n")).unwrap());
        let narrower = format!("{before}{}", after.replacen(old, new, 1));
        assert_ne!(narrower, whole);
        let stack = stack(VendorName::Dropsuite).await;
        let deployed = Deployed::with(stack, Template::parse(&narrower).unwrap(), &[]).await;
        let endpoint = BSS_ENDPOINTS.into_iter().find(|endpoint| endpoint.path == "accounts/synchronize").unwrap();
        let mut function = start(&endpoint.name(), &deployed.variables(&endpoint.name())).await;
        let answer = invoked(&mut function, &event::of(endpoint).unwrap()).await;
        assert_eq!(answer["body"]["Code"] != 0, fails, "{policy}: {answer}");
        let denied = deployed.judge.judgements().denied;
        let names_it = |line: &String| line.starts_with("accounts-synchronize: ") && line.contains(expected);
        assert!(denied.iter().any(names_it), "{policy}: {denied:?}");
    }
}
