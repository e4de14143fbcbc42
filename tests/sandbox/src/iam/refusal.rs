//! AWS's answers to calls that are denied, in the form of the service's protocol (AWS JSON 1.0 and 1.1).

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use super::account::Account;
use super::call::Permission;
use super::evaluation::Decision;

/// Header by which SQS repeats its error as clients of its former protocol know it.
const QUERY_ERROR: &str = "x-amzn-query-error";

/// Returns the service's `AccessDeniedException`, with the message of "Troubleshoot access denied error messages".
pub(super) fn access_denied(
    account: &Account,
    target: &str,
    role: &str,
    permission: &Permission,
    decision: Decision,
) -> Response {
    let role = role.rsplit('/').next().unwrap_or(role);
    let Permission { action, resource, .. } = permission;
    let reason = match decision {
        Decision::ExplicitlyDenied => "with an explicit deny in an identity-based policy".to_owned(),
        Decision::Allowed | Decision::ImplicitlyDenied => {
            format!("because no identity-based policy allows the {action} action")
        }
    };
    let message = format!(
        "User: arn:{}:sts::{}:assumed-role/{role}/function is not authorized to perform: {action} on resource: \
         {resource} {reason}",
        account.partition, account.id,
    );
    // How a service names a key that its caller may not use.
    let through_queue = permission.through() == Some("sqs");
    if target.starts_with("AmazonSQS.") {
        let (status, code, old) = if through_queue {
            (StatusCode::BAD_REQUEST, "com.amazonaws.sqs#KmsAccessDenied", "KMS.AccessDeniedException;Sender")
        } else {
            (StatusCode::FORBIDDEN, "com.amazon.coral.service#AccessDeniedException", "AccessDenied;Sender")
        };
        return (status, [(QUERY_ERROR, old)], Json(json!({ "__type": code, "message": message }))).into_response();
    }
    let code = match target.split('.').next() {
        Some("DynamoDB_20120810" | "DynamoDBStreams_20120810") => "com.amazon.coral.service#AccessDeniedException",
        _ => "AccessDeniedException",
    };
    (StatusCode::BAD_REQUEST, Json(json!({ "__type": code, "Message": message }))).into_response()
}

/// Returns AWS's answer to an access key that it does not know.
pub(super) fn unknown_caller() -> Response {
    let body = json!({
        "__type": "com.amazon.coral.service#UnrecognizedClientException",
        "message": "The security token included in the request is invalid.",
    });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

/// Returns an answer to a call that the judge does not know. AWS has none like it.
pub(super) fn not_judged(what: &str) -> Response {
    let body = json!({ "__type": "NotJudged", "message": format!("The judge does not know {what}") });
    (StatusCode::NOT_IMPLEMENTED, Json(body)).into_response()
}
