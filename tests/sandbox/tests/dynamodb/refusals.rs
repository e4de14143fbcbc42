//! Requests that AWS refuses are refused: by dynoxide itself, or else by the forwarder. Sources: "Constraints in Amazon DynamoDB", the
//! pages on expressions, and the operations' pages of the API reference.

use serde_json::{Value, json};

use super::Table;

/// A request that must be refused: name, operation, body.
type Case = (String, &'static str, Value);

fn text(text: impl Into<String>) -> Value {
    json!({ "S": text.into() })
}

fn number(digits: &str) -> Value {
    json!({ "N": digits })
}

fn merged(mut base: Value, more: &Value) -> Value {
    for (name, value) in more.as_object().into_iter().flatten() {
        base.as_object_mut().unwrap().insert(name.clone(), value.clone());
    }
    base
}

/// Keys that are refused in an item and as a key.
fn keys() -> Vec<(&'static str, Value)> {
    vec![
        ("an empty partition key", json!({ "pk": text(""), "sk": text("1") })),
        ("an empty sort key", json!({ "pk": text("a"), "sk": text("") })),
        ("no partition key", json!({ "sk": text("1") })),
        ("no sort key", json!({ "pk": text("a") })),
        ("a number as sort key", json!({ "pk": text("a"), "sk": number("1") })),
        ("null as partition key", json!({ "pk": { "NULL": true }, "sk": text("1") })),
        ("a partition key of 2,049 bytes", json!({ "pk": text("x".repeat(2049)), "sk": text("1") })),
        (
            "a partition key of 2,050 bytes in 1,025 characters",
            json!({ "pk": text("é".repeat(1025)), "sk": text("1") }),
        ),
        ("a sort key of 1,025 bytes", json!({ "pk": text("a"), "sk": text("x".repeat(1025)) })),
    ]
}

/// Attributes with which an item is refused.
fn attributes() -> Vec<(&'static str, Value)> {
    let nested = |levels: u32| (0..levels).fold(text("x"), |inner, _| json!({ "L": [inner] }));
    vec![
        ("an empty index key", json!({ "ipk": text("") })),
        ("an index key of the wrong type", json!({ "ipk": number("1") })),
        ("an index sort key of the wrong type", json!({ "ipk": text("a"), "due": text("1") })),
        ("an index key of 2,049 bytes", json!({ "ipk": text("x".repeat(2049)), "due": number("1") })),
        ("400 KB and a byte", json!({ "x": text("x".repeat(400 * 1024 - "pkaska".len())) })),
        ("33 levels", json!({ "x": nested(33) })),
        ("an empty attribute name", json!({ "": text("x") })),
        ("an attribute name of 64 KB and a byte", json!({ "x".repeat(65_537): text("x") })),
        ("39 digits", json!({ "x": number(&"1".repeat(39)) })),
        ("39 digits in a list", json!({ "x": { "L": [number(&"1".repeat(39))] } })),
        ("a number over 9.99E+125", json!({ "x": number("1e126") })),
        ("a number under 1E-130", json!({ "x": number("1e-131") })),
        ("a number that is none", json!({ "x": number("abc") })),
        ("NaN", json!({ "x": number("NaN") })),
        ("an empty set", json!({ "x": { "SS": [] } })),
        ("an empty set in a map", json!({ "x": { "M": { "y": { "NS": [] } } } })),
        ("a set with a value twice", json!({ "x": { "SS": ["a", "a"] } })),
        ("a number set with a number twice", json!({ "x": { "NS": ["1", "1.0"] } })),
        ("null that is false", json!({ "x": { "NULL": false } })),
        ("two types", json!({ "x": { "S": "a", "N": "1" } })),
        ("no type", json!({ "x": {} })),
        ("binary that is not base64", json!({ "x": { "B": "***" } })),
    ]
}

fn values(pairs: &[(&str, Value)]) -> Value {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

/// Update expressions with their values and names.
fn updates() -> Vec<(&'static str, String, Value, Value)> {
    let (none, one) = (Value::Null, values(&[(":v", text("x"))]));
    let numbers = values(&[(":v", number("1"))]);
    let many = (0..299).map(|at| format!(", a{at} = n + :v")).collect::<Vec<_>>().concat();
    vec![
        ("a key attribute", "SET sk = :v".into(), one.clone(), none.clone()),
        ("a key attribute by a name", "SET #k = :v".into(), one.clone(), json!({ "#k": "pk" })),
        ("a key attribute removed", "REMOVE sk".into(), none.clone(), none.clone()),
        ("an empty index key", "SET ipk = :v".into(), values(&[(":v", text(""))]), none.clone()),
        ("an index key of the wrong type", "SET ipk = :v".into(), numbers.clone(), none.clone()),
        ("an index key of 2,049 bytes", "SET ipk = :v".into(), values(&[(":v", text("x".repeat(2049)))]), none.clone()),
        ("400 KB", "SET x = :v".into(), values(&[(":v", text("x".repeat(400 * 1024)))]), none.clone()),
        ("an unused value", "SET x = :v".into(), values(&[(":v", text("x")), (":w", text("x"))]), none.clone()),
        ("an unused name", "SET x = :v".into(), one.clone(), json!({ "#n": "n" })),
        ("an undefined value", "SET x = :w".into(), one.clone(), none.clone()),
        ("an undefined name", "SET #x = :v".into(), one.clone(), none.clone()),
        ("no values", "SET x = :v".into(), none.clone(), none.clone()),
        ("a value without colon", "SET x = :v".into(), values(&[(":v", text("x")), ("w", text("x"))]), none.clone()),
        ("a name without hash", "SET x = :v".into(), one.clone(), json!({ "n": "n" })),
        ("an empty map of names", "SET x = :v".into(), one.clone(), json!({})),
        ("an empty map of values", "REMOVE x".into(), json!({}), none.clone()),
        ("an empty expression", String::new(), none.clone(), none.clone()),
        ("a reserved word", "SET status = :v".into(), one.clone(), none.clone()),
        ("a leading underscore", "SET _x = :v".into(), one.clone(), none.clone()),
        ("a syntax error", "SET x == :v".into(), one.clone(), none.clone()),
        ("4 KB and a byte", format!("SET x = :v{}", " ".repeat(4097 - 10)), one.clone(), none.clone()),
        ("301 operators", format!("SET x = n + :v + :v{many}"), numbers.clone(), none.clone()),
        (
            "a name of 256 bytes",
            format!("SET #{} = :v", "n".repeat(255)),
            one.clone(),
            json!({ format!("#{}", "n".repeat(255)): "x" }),
        ),
        (
            "a value of 256 bytes",
            format!("SET x = :{}", "v".repeat(255)),
            json!({ format!(":{}", "v".repeat(255)): text("x") }),
            none.clone(),
        ),
        ("a path twice", "SET x = :v, x = :v".into(), one.clone(), none.clone()),
        ("a path and its parent", "SET m.a = :v, m = :v".into(), one.clone(), none.clone()),
        ("a path set and removed", "SET x = :v REMOVE x".into(), one.clone(), none.clone()),
        ("a clause twice", "SET x = :v SET y = :v".into(), one.clone(), none.clone()),
        ("a text added", "ADD x :v".into(), one.clone(), none.clone()),
        ("a missing operand", "SET x = zz + :v".into(), numbers.clone(), none.clone()),
        ("a missing attribute", "SET x = zz".into(), none.clone(), none.clone()),
        ("a missing map", "SET zz.a = :v".into(), one, none),
    ]
}

fn queries() -> Vec<(&'static str, Value)> {
    let of = |condition: &str, more: Vec<(&str, Value)>, members: Value| {
        let all = [vec![(":p", text("a"))], more].concat();
        merged(json!({ "KeyConditionExpression": condition, "ExpressionAttributeValues": values(&all) }), &members)
    };
    let plain = |members: Value| of("pk = :p", vec![], members);
    let indexed = |members: Value| of("ipk = :p", vec![], merged(json!({ "IndexName": "work" }), &members));
    let (empty, one, two) = ((":s", text("")), (":s", text("1")), (":t", text("2")));
    vec![
        ("an empty partition key", of("pk = :p", vec![(":p", text(""))], json!({}))),
        ("an empty sort key", of("pk = :p AND sk = :s", vec![empty.clone()], json!({}))),
        ("an empty prefix", of("pk=:p AND begins_with(sk,:s)", vec![empty.clone()], json!({}))),
        ("an empty bound", of("pk = :p AND sk BETWEEN :s AND :t", vec![empty.clone(), two.clone()], json!({}))),
        ("an empty lower bound", of("pk = :p AND sk > :s", vec![empty], json!({}))),
        ("an empty binary key", of("pk = :p", vec![(":p", json!({ "B": "" }))], json!({}))),
        ("a number as partition key", of("pk = :p", vec![(":p", number("1"))], json!({}))),
        ("a number as sort key", of("pk = :p AND sk > :s", vec![(":s", number("1"))], json!({}))),
        (
            "a prefix of a number",
            of("ipk = :p AND begins_with(due, :s)", vec![(":s", number("1"))], json!({ "IndexName": "work" })),
        ),
        ("bounds the wrong way", of("pk = :p AND sk BETWEEN :t AND :s", vec![one.clone(), two.clone()], json!({}))),
        ("no partition key", of("sk = :p", vec![], json!({}))),
        ("a range of partition keys", of("pk > :p", vec![], json!({}))),
        ("OR", of("pk = :p OR sk = :s", vec![one.clone()], json!({}))),
        ("<>", of("pk = :p AND sk <> :s", vec![one.clone()], json!({}))),
        ("IN", of("pk = :p AND sk IN (:s)", vec![one.clone()], json!({}))),
        ("contains", of("pk = :p AND contains(sk, :s)", vec![one.clone()], json!({}))),
        ("an attribute that is no key", of("pk = :p AND n = :s", vec![one.clone()], json!({}))),
        ("two conditions on the sort key", of("pk = :p AND sk > :s AND sk < :t", vec![one.clone(), two], json!({}))),
        ("no condition", json!({})),
        ("an index that is missing", of("ipk = :p", vec![], json!({ "IndexName": "none" }))),
        ("a consistent read of an index", indexed(json!({ "ConsistentRead": true }))),
        ("all attributes of an index of keys", indexed(json!({ "Select": "ALL_ATTRIBUTES" }))),
        ("an attribute that the index lacks", indexed(json!({ "ProjectionExpression": "pk, n" }))),
        ("a filter on a key", of("pk = :p", vec![one.clone()], json!({ "FilterExpression": "sk = :s" }))),
        ("Limit 0", plain(json!({ "Limit": 0 }))),
        ("a start key without sort key", plain(json!({ "ExclusiveStartKey": { "pk": text("a") } }))),
        (
            "a start key of another partition",
            plain(json!({ "ExclusiveStartKey": { "pk": text("b"), "sk": text("1") } })),
        ),
        ("an unused value", of("pk = :p", vec![one], json!({}))),
        ("an unused name", plain(json!({ "ExpressionAttributeNames": { "#n": "n" } }))),
        ("4 KB and a byte", of(&format!("pk = :p{}", " ".repeat(4097 - 7)), vec![], json!({}))),
        ("a reserved word in a projection", plain(json!({ "ProjectionExpression": "ttl" }))),
    ]
}

/// Parts of a transaction, or whole ones.
fn transactions() -> Vec<(&'static str, Value)> {
    let key = json!({ "pk": text("a"), "sk": text("t") });
    let put = |sort: &str, item: Value, members: Value| {
        let item = merged(json!({ "pk": text("a"), "sk": text(sort) }), &item);
        json!({ "Put": merged(json!({ "TableName": "records", "Item": item }), &members) })
    };
    let plain = |sort: &str| put(sort, json!({}), json!({}));
    let update = |members: Value| json!({ "Update": merged(json!({ "TableName": "records", "Key": key }), &members) });
    let absent = "attribute_not_exists(pk)";
    let check = json!({ "ConditionCheck": { "TableName": "records", "Key": key, "ConditionExpression": absent } });
    let items = |items: Vec<Value>| json!({ "TransactItems": items });
    let one = |item: Value| items(vec![item]);
    let value = values(&[(":v", text("x"))]);
    let both = merged(
        plain("t"),
        &json!({ "Delete": { "TableName": "records", "Key": { "pk": text("a"), "sk": text("u") } } }),
    );
    vec![
        ("no action", items(vec![])),
        ("101 actions", items((0..101).map(|at| plain(&at.to_string())).collect())),
        ("two actions on one item", items(vec![plain("t"), plain("t")])),
        ("a check and a put of one item", items(vec![check, plain("t")])),
        ("two actions in one", one(both)),
        (
            "4 MB and more",
            items(
                (0..11).map(|at| put(&at.to_string(), json!({ "x": text("x".repeat(400_000)) }), json!({}))).collect(),
            ),
        ),
        ("an item over 400 KB", one(put("t", json!({ "x": text("x".repeat(400 * 1024)) }), json!({})))),
        ("an empty key", one(plain(""))),
        ("an empty index key", one(put("t", json!({ "ipk": text("") }), json!({})))),
        ("an index key of the wrong type", one(put("t", json!({ "ipk": number("1") }), json!({})))),
        (
            "an index key of 2,049 bytes",
            one(put("t", json!({ "ipk": text("x".repeat(2049)), "due": number("1") }), json!({}))),
        ),
        (
            "an unused value",
            one(put("t", json!({}), json!({ "ConditionExpression": absent, "ExpressionAttributeValues": value }))),
        ),
        (
            "an unused name",
            one(put(
                "t",
                json!({}),
                json!({ "ConditionExpression": absent, "ExpressionAttributeNames": { "#n": "n" } }),
            )),
        ),
        ("values without an expression", one(put("t", json!({}), json!({ "ExpressionAttributeValues": value })))),
        ("a reserved word", one(put("t", json!({}), json!({ "ConditionExpression": "attribute_not_exists(name)" })))),
        (
            "a leading underscore",
            one(put("t", json!({}), json!({ "ConditionExpression": "attribute_not_exists(_x)" }))),
        ),
        (
            "an update of a key",
            one(update(json!({ "UpdateExpression": "SET sk = :v", "ExpressionAttributeValues": value }))),
        ),
        ("an update without expression", one(update(json!({})))),
        ("a token of 37 characters", merged(one(plain("t")), &json!({ "ClientRequestToken": "x".repeat(37) }))),
        ("an empty token", merged(one(plain("t")), &json!({ "ClientRequestToken": "" }))),
        (
            "a condition of 4 KB and a byte",
            one(put("t", json!({}), json!({ "ConditionExpression": format!("{absent}{}", " ".repeat(4097 - 24)) }))),
        ),
    ]
}

fn batches() -> Vec<(&'static str, &'static str, Value)> {
    let put = |sort: &str| json!({ "PutRequest": { "Item": { "pk": text("b"), "sk": text(sort) } } });
    let delete = json!({ "DeleteRequest": { "Key": { "pk": text("b"), "sk": text("2") } } });
    let write = |requests: Vec<Value>| json!({ "RequestItems": { "records": requests } });
    let read = |keys: Vec<Value>| json!({ "RequestItems": { "records": { "Keys": keys } } });
    let key = |sort: &str| json!({ "pk": text("b"), "sk": text(sort) });
    vec![
        ("26 writes", "BatchWriteItem", write((0..26).map(|at| put(&at.to_string())).collect())),
        ("no write", "BatchWriteItem", write(vec![])),
        ("a key written twice", "BatchWriteItem", write(vec![put("2"), delete.clone()])),
        ("both in one request", "BatchWriteItem", write(vec![merged(put("1"), &delete)])),
        ("an empty key", "BatchWriteItem", write(vec![put("")])),
        ("101 keys", "BatchGetItem", read((0..101).map(|at| key(&at.to_string())).collect())),
        ("no key", "BatchGetItem", read(vec![])),
        ("a key twice", "BatchGetItem", read(vec![key("1"), key("1")])),
        ("an empty key", "BatchGetItem", read(vec![key("")])),
    ]
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let records = json!({ "TableName": "records" });
    let key = json!({ "TableName": "records", "Key": { "pk": text("a"), "sk": text("1") } });
    for (name, key) in keys() {
        cases.push((name.to_owned(), "PutItem", merged(records.clone(), &json!({ "Item": key }))));
        for operation in ["GetItem", "DeleteItem"] {
            cases.push((name.to_owned(), operation, merged(records.clone(), &json!({ "Key": key }))));
        }
        let update = json!({ "Key": key, "UpdateExpression": "REMOVE x" });
        cases.push((name.to_owned(), "UpdateItem", merged(records.clone(), &update)));
    }
    for (name, more) in attributes() {
        let item = merged(json!({ "pk": text("a"), "sk": text("a") }), &more);
        cases.push((name.to_owned(), "PutItem", merged(records.clone(), &json!({ "Item": item }))));
    }
    for (name, expression, values, names) in updates() {
        let mut body = merged(key.clone(), &json!({ "UpdateExpression": expression }));
        for (member, value) in [("ExpressionAttributeValues", values), ("ExpressionAttributeNames", names)] {
            if !value.is_null() {
                body = merged(body, &json!({ member: value }));
            }
        }
        cases.push((name.to_owned(), "UpdateItem", body));
    }
    cases.extend(queries().into_iter().map(|(name, body)| (name.to_owned(), "Query", merged(records.clone(), &body))));
    cases.extend(transactions().into_iter().map(|(name, body)| (name.to_owned(), "TransactWriteItems", body)));
    cases.extend(batches().into_iter().map(|(name, operation, body)| (name.to_owned(), operation, body)));
    for (name, operation, more) in [
        (
            "a key with another attribute",
            "GetItem",
            json!({ "Key": { "pk": text("a"), "sk": text("1"), "n": text("x") } }),
        ),
        ("a reserved word in a condition", "DeleteItem", json!({ "ConditionExpression": "attribute_exists(name)" })),
        ("an unknown function", "DeleteItem", json!({ "ConditionExpression": "attribute_exist(n)" })),
        (
            "301 operators",
            "DeleteItem",
            json!({
                "ConditionExpression": vec!["n = :v"; 151].join(" OR "), "ExpressionAttributeValues": { ":v": text("x") }
            }),
        ),
        ("Limit 0", "Scan", json!({ "Limit": 0 })),
        ("an index that is missing", "Scan", json!({ "IndexName": "none" })),
    ] {
        let base = if operation == "Scan" { &records } else { &key };
        cases.push((name.to_owned(), operation, merged(base.clone(), &more)));
    }
    cases
}

#[tokio::test(flavor = "multi_thread")]
async fn what_aws_refuses_is_refused_and_changes_nothing() {
    let table = Table::start().await;
    let item = json!({ "pk": text("a"), "sk": text("1"), "n": text("x") });
    assert_eq!(table.call("PutItem", json!({ "TableName": "records", "Item": item })).await.0, 200);
    let before = table.state().await;
    let mut accepted = Vec::new();
    let cases = cases();
    println!("{} refusals", cases.len());
    for (name, operation, body) in cases {
        let (status, answer) = table.call(operation, body).await;
        let kind = answer["__type"].as_str().unwrap_or_default();
        let kinds = ["ValidationException", "SerializationException", "TransactionCanceledException"];
        if status != 400 || !kinds.iter().any(|one| kind.ends_with(one)) {
            accepted.push(format!("{operation} with {name}: {status} {answer:.200}"));
        }
    }
    assert!(accepted.is_empty(), "{accepted:#?}");
    assert_eq!(table.state().await, before);
}

/// At the limits, nothing is refused.
#[tokio::test(flavor = "multi_thread")]
async fn what_aws_accepts_is_accepted() {
    let table = Table::start().await;
    let key = json!({ "pk": text("x".repeat(2048)), "sk": text("x".repeat(1024)) });
    let item = merged(key.clone(), &json!({ "ipk": text("x".repeat(2048)), "due": number("1"), "note": text("") }));
    let query = json!({
        "TableName": "records", "IndexName": "work", "KeyConditionExpression": "ipk = :p",
        "FilterExpression": "pk = :none", "ProjectionExpression": "pk, #due", "ExpressionAttributeNames": { "#due": "due" },
        "ExpressionAttributeValues": { ":p": text("a"), ":none": text("") }
    });
    let update = json!({
        "TableName": "records", "Key": key, "UpdateExpression": "SET note = if_not_exists(sk, :v), m.#k = :v REMOVE ipk, due",
        "ExpressionAttributeNames": { "#k": "_private" }, "ExpressionAttributeValues": { ":v": text("") }
    });
    let item = merged(item, &json!({ "m": { "M": {} } }));
    for (operation, body) in [
        ("PutItem", json!({ "TableName": "records", "Item": item })),
        ("Query", query),
        ("UpdateItem", update),
        (
            "TransactWriteItems",
            json!({
                "ClientRequestToken": "x".repeat(36),
                "TransactItems": [{ "Put": { "TableName": "records", "Item": item, "ConditionExpression": "attribute_exists(pk)" } }]
            }),
        ),
    ] {
        let (status, answer) = table.call(operation, body).await;
        assert_eq!(status, 200, "{operation}: {answer:.300}");
    }
}
