//! The permissions that a call requires: those of the operation, and the use of the key that encrypts the resource.

use serde_json::Value;

use super::account::Account;
use super::condition::Context;
use super::dynamodb;

/// An action on a resource, with what conditions can depend on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// The action, as `dynamodb:GetItem`.
    pub action: String,
    /// The ARN of the resource; `*` for an action without one.
    pub resource: String,
    /// The condition keys of the call.
    pub context: Context,
}

impl Permission {
    pub(super) fn new(action: impl Into<String>, resource: impl Into<String>, context: Context) -> Self {
        Self { action: action.into(), resource: resource.into(), context }
    }

    /// Returns the first part of the host name of the service through which a key is used.
    pub fn through(&self) -> Option<&str> {
        self.context.value("kms:ViaService").and_then(|host| host.split('.').next())
    }

    /// Returns `true` if a member of the encryption context has this name.
    pub fn encrypts_for(&self, member: &str) -> bool {
        self.context.value(&format!("kms:EncryptionContext:{member}")).is_some()
    }
}

/// A call that the judge does not know. At AWS it would have some result.
pub(super) type Unknown = String;

/// Returns the permissions that a call requires. `target` is its `x-amz-target`.
pub(super) fn permissions(account: &Account, target: &str, body: &Value) -> Result<Vec<Permission>, Unknown> {
    match target.split_once('.') {
        Some(("DynamoDB_20120810", operation)) => dynamodb::of_table(account, operation, body),
        Some(("DynamoDBStreams_20120810", operation)) => dynamodb::of_stream(account, operation, body),
        Some(("AmazonSQS", operation)) => of_queue(account, operation, body),
        Some(("TrentService", operation)) => of_key(account, operation, body),
        Some(("secretsmanager", operation)) => of_secret(account, operation, body),
        _ => Err(format!("the target {target}")),
    }
}

/// Returns the text of a member.
pub(super) fn text<'a>(body: &'a Value, member: &str) -> Result<&'a str, Unknown> {
    body.get(member).and_then(Value::as_str).ok_or_else(|| format!("a call without {member}: {body}"))
}

/// Returns the use of the key that encrypts `resource`, if one does.
pub(super) fn through(
    account: &Account,
    service: &str,
    resource: &str,
    actions: &[&str],
    context: &[(&str, &str)],
) -> Vec<Permission> {
    let Some(key) = account.encrypted.get(resource) else { return Vec::new() };
    let via = Context::default().with("kms:ViaService", format!("{service}.{}.amazonaws.com", account.region));
    let context = context
        .iter()
        .fold(via, |context, (name, value)| context.with(&format!("kms:EncryptionContext:{name}"), *value));
    actions.iter().map(|action| Permission::new(*action, key, context.clone())).collect()
}

/// "Amazon SQS permissions": a batch requires the permission of its single operation. "Key management": a producer of an
/// encrypted queue needs a data key and must decrypt it again, a consumer decrypts.
fn of_queue(account: &Account, operation: &str, body: &Value) -> Result<Vec<Permission>, Unknown> {
    let (single, keys): (_, &[&str]) = match operation.strip_suffix("Batch").unwrap_or(operation) {
        single @ "SendMessage" => (single, &["kms:GenerateDataKey", "kms:Decrypt"]),
        single @ "ReceiveMessage" => (single, &["kms:Decrypt"]),
        single @ ("DeleteMessage" | "ChangeMessageVisibility" | "GetQueueAttributes" | "PurgeQueue") => (single, &[]),
        _ => return Err(format!("the operation {operation} of SQS")),
    };
    let url = text(body, "QueueUrl")?;
    let queue = account.arn("sqs", url.rsplit('/').next().unwrap_or(url));
    let mut permissions = vec![Permission::new(format!("sqs:{single}"), &queue, Context::default())];
    permissions.extend(through(account, "sqs", &queue, keys, &[("aws:sqs:arn", &queue)]));
    Ok(permissions)
}

/// A key is named by its id or ARN. Its ciphertexts name it themselves, so decryption may leave it out: then it is the only
/// key of the account.
fn of_key(account: &Account, operation: &str, body: &Value) -> Result<Vec<Permission>, Unknown> {
    if !["Encrypt", "Decrypt", "GenerateDataKey", "DescribeKey"].contains(&operation) {
        return Err(format!("the operation {operation} of KMS"));
    }
    let key = match (body.get("KeyId").and_then(Value::as_str), operation) {
        (None, "Decrypt") => {
            let mut keys = account.keys.keys();
            match (keys.next(), keys.next()) {
                (Some(only), None) => only.clone(),
                _ => return Err("a decryption without KeyId, and not one key".to_owned()),
            }
        }
        (Some(alias), _) if alias.contains("alias/") => return Err(format!("the alias {alias}")),
        (Some(arn), _) if arn.starts_with("arn:") => arn.to_owned(),
        (Some(id), _) => account.arn("kms", &format!("key/{id}")),
        (None, _) => return Err(format!("{operation} without KeyId")),
    };
    let members = body.get("EncryptionContext").and_then(Value::as_object).into_iter().flatten();
    let context = members.fold(Context::default(), |context, (name, value)| {
        context.with(&format!("kms:EncryptionContext:{name}"), value.as_str().unwrap_or_default())
    });
    Ok(vec![Permission::new(format!("kms:{operation}"), key, context)])
}

/// A secret is named by its ARN, or by its name, which is the ARN without the six characters that AWS adds.
fn of_secret(account: &Account, operation: &str, body: &Value) -> Result<Vec<Permission>, Unknown> {
    if operation != "GetSecretValue" {
        return Err(format!("the operation {operation} of Secrets Manager"));
    }
    let id = text(body, "SecretId")?;
    let secret = if id.starts_with("arn:") {
        id.to_owned()
    } else {
        let prefix = account.arn("secretsmanager", &format!("secret:{id}-"));
        let named = |arn: &&String| arn.strip_prefix(&prefix).is_some_and(|suffix| suffix.len() == 6);
        let found = account.encrypted.keys().find(named);
        found.cloned().ok_or_else(|| format!("the secret {id}"))?
    };
    let mut permissions = vec![Permission::new("secretsmanager:GetSecretValue", &secret, Context::default())];
    permissions.extend(through(account, "secretsmanager", &secret, &["kms:Decrypt"], &[("SecretARN", &secret)]));
    Ok(permissions)
}
