//! Requests that AWS refuses and the engine does not.

use serde_json::Value;

/// Returns the message of AWS's `ValidationException`; `None` if the engine may decide.
///
/// "Constraints in Amazon DynamoDB": a partition key and a sort key have at least 1 byte. AWS also refuses an empty value
/// in a condition on a key, such as `begins_with(sk, :prefix)`.
pub fn refusal(operation: &str, body: &[u8]) -> Option<&'static str> {
    if operation != "Query" {
        return None;
    }
    let request: Value = serde_json::from_slice(body).ok()?;
    let condition = request.get("KeyConditionExpression")?.as_str()?;
    let values = request.get("ExpressionAttributeValues")?;
    let is_part = |character: char| character.is_ascii_alphanumeric() || matches!(character, ':' | '_');
    let mut names = condition.split(|character| !is_part(character)).filter(|part| part.starts_with(':'));
    let is_empty = |name: &str| {
        let value = values.get(name).and_then(Value::as_object);
        value.is_some_and(|value| ["S", "B"].iter().any(|kind| value.get(*kind).and_then(Value::as_str) == Some("")))
    };
    names.any(is_empty).then_some(
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty \
         string value.",
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_empty_value_in_a_key_condition_is_refused_however_it_is_written() {
        let empty = json!({ ":p": { "S": "p" }, ":from": { "S": "" }, ":to": { "S": "z" } });
        for condition in [
            "pk = :from",
            "pk = :p AND sk = :from",
            "pk=:p AND begins_with(sk,:from)",
            "pk = :p AND sk > :from",
            "pk = :p AND sk BETWEEN :from AND :to",
        ] {
            let request = json!({ "KeyConditionExpression": condition, "ExpressionAttributeValues": empty });
            assert!(refusal("Query", request.to_string().as_bytes()).is_some(), "{condition}");
        }
        let binary = json!({ "KeyConditionExpression": "pk = :b", "ExpressionAttributeValues": { ":b": { "B": "" } } });
        assert!(refusal("Query", binary.to_string().as_bytes()).is_some());
    }

    #[test]
    fn an_empty_value_elsewhere_is_left_to_the_engine() {
        let request = json!({
            "KeyConditionExpression": "pk = :p", "FilterExpression": "note = :none",
            "ExpressionAttributeValues": { ":p": { "S": "p" }, ":none": { "S": "" } }
        });
        assert_eq!(refusal("Query", request.to_string().as_bytes()), None);
        assert_eq!(refusal("PutItem", request.to_string().as_bytes()), None);
    }
}
