//! The permissions of calls to `DynamoDB` and its streams.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::account::Account;
use super::call::{Permission, Unknown, text, through};
use super::condition::Context;

/// A part of a transaction, with its action and the member that contains the partition key.
const PARTS: [(&str, &str, &str); 5] = [
    ("Get", "dynamodb:GetItem", "Key"),
    ("Put", "dynamodb:PutItem", "Item"),
    ("Update", "dynamodb:UpdateItem", "Key"),
    ("Delete", "dynamodb:DeleteItem", "Key"),
    ("ConditionCheck", "dynamodb:ConditionCheckItem", "Key"),
];

/// "Actions defined by Amazon DynamoDB". A transaction requires the permissions of its parts.
pub(super) fn of_table(account: &Account, operation: &str, body: &Value) -> Result<Vec<Permission>, Unknown> {
    let action = format!("dynamodb:{operation}");
    let mut permissions = match operation {
        "GetItem" | "UpdateItem" | "DeleteItem" => vec![of_item(account, &action, "Key", body)?],
        "PutItem" => vec![of_item(account, &action, "Item", body)?],
        "TransactWriteItems" | "TransactGetItems" => {
            let parts = body.get("TransactItems").and_then(Value::as_array).ok_or("a transaction without parts")?;
            let parts = parts.iter().map(|part| {
                let known = PARTS.iter().find_map(|(name, action, member)| Some((part.get(name)?, action, member)));
                let (part, action, member) = known.ok_or_else(|| format!("the part of a transaction {part}"))?;
                of_item(account, action, member, part)
            });
            parts.collect::<Result<_, _>>()?
        }
        "Query" => vec![of_query(account, body)?],
        "Scan" => vec![Permission::new(action, of_table_or_index(account, body)?, Context::default())],
        "DescribeTable" => {
            // It reads no data, and uses no key.
            return Ok(vec![Permission::new(action, arn(account, text(body, "TableName")?), Context::default())]);
        }
        _ => return Err(format!("the operation {operation} of DynamoDB")),
    };
    permissions.extend(use_of_key(account, text_of_table(body)?));
    Ok(permissions)
}

pub(super) fn of_stream(account: &Account, operation: &str, body: &Value) -> Result<Vec<Permission>, Unknown> {
    let stream = match operation {
        "DescribeStream" | "GetShardIterator" => text(body, "StreamArn")?.to_owned(),
        "GetRecords" => of_iterator(account, text(body, "ShardIterator")?)?,
        _ => return Err(format!("the operation {operation} of DynamoDB streams")),
    };
    let mut permissions = vec![Permission::new(format!("dynamodb:{operation}"), &stream, Context::default())];
    let table = account.tables.iter().find(|(_, table)| table.stream == stream);
    // A stream is encrypted with the key of its table.
    permissions.extend(table.into_iter().flat_map(|(name, _)| use_of_key(account, name)));
    Ok(permissions)
}

/// Returns the stream's ARN of the engine's iterator: base64 of JSON that names the table.
fn of_iterator(account: &Account, iterator: &str) -> Result<String, Unknown> {
    let decoded = STANDARD.decode(iterator).ok().and_then(|json| serde_json::from_slice::<Value>(&json).ok());
    let table = decoded.as_ref().and_then(|iterator| iterator.get("table_name")?.as_str());
    let stream = table.and_then(|name| account.tables.get(name)).map(|table| table.stream.clone());
    stream.ok_or_else(|| "an iterator of another engine".to_owned())
}

/// Returns the name of the table of a call. All parts of a transaction are in tables with the same key.
fn text_of_table(body: &Value) -> Result<&str, Unknown> {
    let part = |part: &'static str| body.pointer(&format!("/TransactItems/0/{part}/TableName"));
    let in_part = PARTS.iter().find_map(|(name, _, _)| part(name));
    body.get("TableName").or(in_part).and_then(Value::as_str).ok_or_else(|| format!("a call without a table: {body}"))
}

/// `DynamoDB` decrypts the table's key for the caller ("Authorizing use of your KMS key" with DynamoDB).
fn use_of_key(account: &Account, table: &str) -> Vec<Permission> {
    let context = [("aws:dynamodb:tableName", table), ("aws:dynamodb:subscriberId", &account.id)];
    through(account, "dynamodb", &arn(account, table), &["kms:Decrypt"], &context)
}

fn arn(account: &Account, table: &str) -> String {
    if table.starts_with("arn:") { table.to_owned() } else { account.arn("dynamodb", &format!("table/{table}")) }
}

fn of_table_or_index(account: &Account, body: &Value) -> Result<String, Unknown> {
    let table = arn(account, text(body, "TableName")?);
    let index = body.get("IndexName").and_then(Value::as_str);
    Ok(index.map_or_else(|| table.clone(), |index| format!("{table}/index/{index}")))
}

fn of_item(account: &Account, action: &str, member: &str, call: &Value) -> Result<Permission, Unknown> {
    let name = text(call, "TableName")?;
    let key = match account.tables.get(name) {
        Some(table) => Some(scalar(call.get(member).and_then(|key| key.get(&table.partition_key)))?),
        // Nothing is known of another table, and no policy allows it.
        None => None,
    };
    Ok(Permission::new(action, arn(account, name), leading(key)))
}

fn of_query(account: &Account, body: &Value) -> Result<Permission, Unknown> {
    let table = account.tables.get(text(body, "TableName")?);
    let key = match (table, body.get("IndexName").and_then(Value::as_str)) {
        (Some(table), None) => Some(&table.partition_key),
        (Some(table), Some(index)) => table.indexes.get(index),
        (None, _) => None,
    };
    let value = key.map(|key| scalar(equal_to(body, key))).transpose()?;
    Ok(Permission::new("dynamodb:Query", of_table_or_index(account, body)?, leading(value)))
}

fn leading(key: Option<String>) -> Context {
    key.map_or_else(Context::default, |key| Context::default().with_leading_keys(vec![key]))
}

/// Returns the value that the key condition requires of `key`.
fn equal_to<'a>(body: &'a Value, key: &str) -> Option<&'a Value> {
    let condition = body.get("KeyConditionExpression")?.as_str()?;
    let is_key = |name: &str| {
        let placeholder =
            body.get("ExpressionAttributeNames").and_then(|names| names.get(name)).and_then(Value::as_str);
        placeholder.unwrap_or(name) == key
    };
    let value = condition.split(" AND ").find_map(|part| {
        let (name, value) = part.trim_matches(['(', ')', ' ']).split_once('=')?;
        is_key(name.trim()).then(|| value.trim())
    })?;
    body.get("ExpressionAttributeValues")?.get(value)
}

fn scalar(value: Option<&Value>) -> Result<String, Unknown> {
    let found = value.and_then(|value| value.get("S").or_else(|| value.get("N"))).and_then(Value::as_str);
    found.map(str::to_owned).ok_or_else(|| "a call without a partition key".to_owned())
}
