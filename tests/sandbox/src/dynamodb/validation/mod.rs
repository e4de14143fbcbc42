//! Requests that AWS refuses and dynoxide does not. `tests/dynamodb/refusals.rs` lists all that are refused.
//!
//! Sources: "Constraints in Amazon DynamoDB", "Expression attribute names", and the operations' pages of the API reference.

mod expression;
mod schema;

use serde_json::{Map, Value};

use self::expression::{assignments, has_leading_underscore, operators, targets, words};
pub(super) use self::schema::Schema;

/// Maximum length of `#name` and `:value`, in bytes.
const MAX_PLACEHOLDER: usize = 255;
/// Maximum length of an attribute's name, in bytes.
const MAX_NAME: usize = 65_535;
/// Maximum number of operators in an expression.
const MAX_OPERATORS: usize = 300;
const NAMES: &str = "ExpressionAttributeNames";
const VALUES: &str = "ExpressionAttributeValues";
const EXPRESSIONS: [&str; 5] =
    ["ConditionExpression", "FilterExpression", "KeyConditionExpression", "ProjectionExpression", "UpdateExpression"];

const EMPTY_KEY: &str = "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain \
     an empty string value.";

/// Returns the names of the tables whose schemas [`refusal`] needs.
pub(super) fn tables(operation: &str, request: &Value) -> Vec<String> {
    let written = actions(operation, request).into_iter().filter_map(|action| Some(action.table?.to_owned()));
    let queried = (operation == "Query").then(|| text(request, "TableName")).flatten().map(str::to_owned);
    let mut names: Vec<_> = written.chain(queried).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Returns the message of AWS's `ValidationException`; `None` if the engine may decide.
pub(super) fn refusal(operation: &str, request: &Value, schema: impl Fn(&str) -> Option<Schema>) -> Option<String> {
    if operation == "TransactWriteItems" && text(request, "ClientRequestToken") == Some("") {
        return Some("Member must have length greater than or equal to 1: clientRequestToken".to_owned());
    }
    if operation == "BatchWriteItem" && holds_both(request) {
        return Some("A WriteRequest holds a PutRequest or a DeleteRequest, not both".to_owned());
    }
    let of_query = || query_refusal(request, &schema(text(request, "TableName")?)?);
    expression_refusal(request)
        .or_else(|| (operation == "Query").then(of_query).flatten())
        .or_else(|| actions(operation, request).into_iter().find_map(|action| action.refusal(&schema)))
}

/// A write of an item.
struct Action<'a> {
    kind: &'a str,
    table: Option<&'a str>,
    body: &'a Value,
    is_in_transaction: bool,
}

fn actions<'a>(operation: &'a str, request: &'a Value) -> Vec<Action<'a>> {
    let lists = |lists: &'a Value| lists.as_object().into_iter().flatten();
    match operation {
        "PutItem" | "UpdateItem" => {
            let kind = operation.trim_end_matches("Item");
            vec![Action { kind, table: text(request, "TableName"), body: request, is_in_transaction: false }]
        }
        "TransactWriteItems" => {
            let items = request.get("TransactItems").and_then(Value::as_array).into_iter().flatten();
            let action = |(kind, body): (&'a String, &'a Value)| Action {
                kind,
                table: text(body, "TableName"),
                body,
                is_in_transaction: true,
            };
            items.flat_map(lists).map(action).collect()
        }
        "BatchWriteItem" => {
            let tables = request.get("RequestItems").into_iter().flat_map(lists);
            let requests = tables.flat_map(|(table, requests)| {
                requests.as_array().into_iter().flatten().map(move |request| (table, request))
            });
            let put = |(table, request): (&'a String, &'a Value)| {
                let body = request.get("PutRequest")?;
                Some(Action { kind: "Put", table: Some(table), body, is_in_transaction: false })
            };
            requests.filter_map(put).collect()
        }
        _ => Vec::new(),
    }
}

impl Action<'_> {
    fn refusal(&self, schema: impl Fn(&str) -> Option<Schema>) -> Option<String> {
        let has_expression = EXPRESSIONS.iter().any(|name| self.body.get(name).is_some());
        for name in [NAMES, VALUES] {
            if self.is_in_transaction && !has_expression && self.body.get(name).is_some() {
                return Some(format!("{name} can only be specified when using expressions"));
            }
        }
        if self.is_in_transaction
            && let Some(message) = expression_refusal(self.body)
        {
            return Some(message);
        }
        let item = self.body.get("Item").and_then(Value::as_object);
        if item.into_iter().flatten().any(|(name, _)| name.len() > MAX_NAME) {
            return Some("Attribute name is too large, must be less than 65536 bytes".to_owned());
        }
        let schema = schema(self.table?)?;
        let names = self.body.get(NAMES);
        let update = (self.kind == "Update").then(|| text(self.body, "UpdateExpression")).flatten().unwrap_or_default();
        if let Some(name) = targets(update, names).into_iter().find(|name| schema.is_key(name)) {
            return Some(format!(
                "One or more parameter values were invalid: Cannot update attribute {name}. This attribute is part of the \
                 key"
            ));
        }
        let values = self.body.get(VALUES);
        let put = item.into_iter().flatten().map(|(name, value)| (name.clone(), value));
        let set = assignments(update, names)
            .into_iter()
            .filter_map(|(name, placeholder)| Some((name, values?.get(placeholder)?)));
        put.chain(set).find_map(|(name, value)| schema.index_key_refusal(&name, value))
    }
}

fn expression_refusal(request: &Value) -> Option<String> {
    let placeholders =
        [NAMES, VALUES].into_iter().filter_map(|name| request.get(name)?.as_object()).flat_map(Map::keys);
    if placeholders.into_iter().any(|name| name.len() > MAX_PLACEHOLDER) {
        return Some(format!("A name or value of an expression is longer than {MAX_PLACEHOLDER} bytes"));
    }
    let is_condition = |name: &&&str| name.ends_with("ConditionExpression") || **name == "FilterExpression";
    let mut conditions = EXPRESSIONS.iter().filter(is_condition).filter_map(|name| Some((*name, text(request, name)?)));
    if let Some((name, _)) = conditions.find(|(_, condition)| operators(condition) > MAX_OPERATORS) {
        return Some(format!("Invalid {name}: the expression contains more than {MAX_OPERATORS} operators"));
    }
    let mut expressions = EXPRESSIONS.iter().filter_map(|name| Some((*name, text(request, name)?)));
    let (name, _) = expressions.find(|(_, expression)| has_leading_underscore(expression))?;
    Some(format!("Invalid {name}: Syntax error; token: \"_\""))
}

fn query_refusal(request: &Value, schema: &Schema) -> Option<String> {
    let condition = text(request, "KeyConditionExpression").unwrap_or_default();
    let is_empty = |name: &&str| {
        let value = request.get(VALUES).and_then(|values| values.get(*name)).and_then(Value::as_object);
        value.is_some_and(|value| ["S", "B"].iter().any(|kind| value.get(*kind).and_then(Value::as_str) == Some("")))
    };
    if words(condition).filter(|word| word.starts_with(':')).any(|name| is_empty(&name)) {
        return Some(EMPTY_KEY.to_owned());
    }
    let (index, projection) = (text(request, "IndexName")?, text(request, "ProjectionExpression")?);
    let names = request.get(NAMES);
    let asked =
        projection.split(',').filter_map(|path| words(path).next()).map(|word| expression::resolved(word, names));
    let missing: Vec<_> = asked.filter(|name| !schema.projects(index, name)).collect();
    (!missing.is_empty()).then(|| {
        format!(
            "One or more parameter values were invalid: Global secondary index {index} does not project {missing:?}"
        )
    })
}

fn holds_both(request: &Value) -> bool {
    let tables = request.get("RequestItems").and_then(Value::as_object).into_iter().flatten();
    let requests = tables.flat_map(|(_, requests)| requests.as_array().into_iter().flatten());
    requests.into_iter().any(|request| request.get("PutRequest").is_some() && request.get("DeleteRequest").is_some())
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}
