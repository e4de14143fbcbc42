//! The functions' binaries.

use std::collections::BTreeMap;

use conformance::runtime_api::Function;
use conformance::template::Template;
use sandbox::stack::Stack;
use service_manager::endpoints::Endpoint;

/// The reconciler's binary.
pub const RECONCILER: &str = env!("CARGO_BIN_EXE_work-reconcile");

/// The function's binary, as cargo built it for this test.
pub fn binary(endpoint: &Endpoint) -> &'static str {
    match endpoint.path {
        "fields/get" => env!("CARGO_BIN_EXE_fields-get"),
        "fields/validate" => env!("CARGO_BIN_EXE_fields-validate"),
        "service/definitions" => env!("CARGO_BIN_EXE_service-definitions"),
        "accounts/syncoptions" => env!("CARGO_BIN_EXE_accounts-syncoptions"),
        "accounts/synchronize" => env!("CARGO_BIN_EXE_accounts-synchronize"),
        "accounts/delete" => env!("CARGO_BIN_EXE_accounts-delete"),
        "accounts/exists" => env!("CARGO_BIN_EXE_accounts-exists"),
        "subscriptions/create" => env!("CARGO_BIN_EXE_subscriptions-create"),
        "subscriptions/update" => env!("CARGO_BIN_EXE_subscriptions-update"),
        "subscriptions/activate" => env!("CARGO_BIN_EXE_subscriptions-activate"),
        "subscriptions/suspend" => env!("CARGO_BIN_EXE_subscriptions-suspend"),
        "subscriptions/cancel" => env!("CARGO_BIN_EXE_subscriptions-cancel"),
        "addons/create" => env!("CARGO_BIN_EXE_addons-create"),
        "addons/update" => env!("CARGO_BIN_EXE_addons-update"),
        "addons/cancel" => env!("CARGO_BIN_EXE_addons-cancel"),
        other => panic!("{other} has no binary here"),
    }
}

/// What the template sets, for a function that is to use `stack`; the table's name it sets for some only.
pub fn variables(stack: &Stack, dynamodb: &str) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("VENDOR", "dropsuite".to_owned()),
        ("REGION_CODE", "euwest".to_owned()),
        ("DROPSUITE_BASE_URL", stack.dropsuite_url.clone()),
        ("DROPSUITE_PORTAL_URL", String::new()),
        ("APPLICATIONS_SECRET_ID", "applications".to_owned()),
        ("TABLE_NAME", "service-manager".to_owned()),
        ("METRICS_NAMESPACE", "ServiceManager/test".to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.to_owned()),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", stack.aws_url.clone()),
        ("AWS_ENDPOINT_URL_KMS", stack.aws_url.clone()),
        ("SEAL_KEY_ID", "key".to_owned()),
    ])
}

/// Starts the function of `endpoint`.
pub async fn start(endpoint: &Endpoint, mut variables: BTreeMap<&str, String>) -> Function {
    let functions = Template::read().unwrap().functions();
    if !functions.iter().any(|function| function.binary == endpoint.name() && function.knows_table) {
        variables.remove("TABLE_NAME");
    }
    let mut function = Function::start(binary(endpoint), &[], &variables).await.unwrap();
    function.start_up().await.unwrap();
    function
}
