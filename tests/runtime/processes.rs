//! The functions' binaries.

use std::collections::BTreeMap;

use conformance::runtime_api::Function;
use conformance::template::Template;
use sandbox::background::{ACTIONS, CONNECTWISE_DEAD_LETTERS};
use sandbox::stack::{CLIENT_ID, Stack};
use service_manager::endpoints::{Access, Endpoint};

/// The reconciler's binary.
pub const RECONCILER: &str = env!("CARGO_BIN_EXE_work-reconcile");

/// The binary of the stream's consumer of subscriptions.
pub const ADDITIONS: &str = env!("CARGO_BIN_EXE_connectwise-additions");

/// The binary of the stream's consumer of actions.
pub const TICKETS: &str = env!("CARGO_BIN_EXE_connectwise-tickets");

/// The binary that has every linked organization looked at.
pub const MONITOR: &str = env!("CARGO_BIN_EXE_actions-monitor");

/// The binary that looks at organizations.
pub const CHECK: &str = env!("CARGO_BIN_EXE_actions-check");

/// The binary that takes up again what the consumer could not do.
pub const REDRIVE: &str = env!("CARGO_BIN_EXE_connectwise-redrive");

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
        "actions/report" => env!("CARGO_BIN_EXE_actions-report"),
        "portal/session/create" => env!("CARGO_BIN_EXE_portal-session-create"),
        "portal/settings/credentials" => env!("CARGO_BIN_EXE_portal-settings-credentials"),
        "portal/settings/options" => env!("CARGO_BIN_EXE_portal-settings-options"),
        "portal/settings/save" => env!("CARGO_BIN_EXE_portal-settings-save"),
        "portal/settings/get" => env!("CARGO_BIN_EXE_portal-settings-get"),
        "portal/plans/create" => env!("CARGO_BIN_EXE_portal-plans-create"),
        "portal/plans/update" => env!("CARGO_BIN_EXE_portal-plans-update"),
        "portal/plans/deactivate" => env!("CARGO_BIN_EXE_portal-plans-deactivate"),
        "portal/plans/list" => env!("CARGO_BIN_EXE_portal-plans-list"),
        "portal/companies/list" => env!("CARGO_BIN_EXE_portal-companies-list"),
        "portal/agreements/list" => env!("CARGO_BIN_EXE_portal-agreements-list"),
        "portal/organizations/create" => env!("CARGO_BIN_EXE_portal-organizations-create"),
        "portal/organizations/update" => env!("CARGO_BIN_EXE_portal-organizations-update"),
        "portal/organizations/suspend" => env!("CARGO_BIN_EXE_portal-organizations-suspend"),
        "portal/organizations/activate" => env!("CARGO_BIN_EXE_portal-organizations-activate"),
        "portal/organizations/unsubscribe" => env!("CARGO_BIN_EXE_portal-organizations-unsubscribe"),
        "portal/links/create" => env!("CARGO_BIN_EXE_portal-links-create"),
        "portal/links/list" => env!("CARGO_BIN_EXE_portal-links-list"),
        "portal/links/delete" => env!("CARGO_BIN_EXE_portal-links-delete"),
        "portal/additions/list" => env!("CARGO_BIN_EXE_portal-additions-list"),
        "portal/additions/retry" => env!("CARGO_BIN_EXE_portal-additions-retry"),
        "portal/tickets/list" => env!("CARGO_BIN_EXE_portal-tickets-list"),
        "portal/tickets/retry" => env!("CARGO_BIN_EXE_portal-tickets-retry"),
        other => panic!("{other} has no binary here"),
    }
}

/// What the template sets, for a function that is to use `stack`; the table's name and the key it sets for some only.
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
        ("CONNECTWISE_CLIENT_ID", CLIENT_ID.to_owned()),
        ("CONNECTWISE_ALLOWED_HOSTS", String::new()),
        ("CONNECTWISE_BASE_URL", stack.connectwise_url.clone()),
    ])
}

/// What the template sets for the redrive.
pub fn variables_of_redrive(stack: &Stack, dynamodb: &str) -> BTreeMap<&'static str, String> {
    let mut variables = variables(stack, dynamodb);
    variables.remove("SEAL_KEY_ID");
    variables.extend([
        ("AWS_ENDPOINT_URL_DYNAMODB_STREAMS", dynamodb.to_owned()),
        ("AWS_ENDPOINT_URL_SQS", stack.aws_url.clone()),
        ("CONNECTWISE_DEAD_LETTERS_URL", format!("{}/{CONNECTWISE_DEAD_LETTERS}", stack.aws_url)),
    ]);
    variables
}

/// What the template sets for the monitor.
pub fn variables_of_monitor(stack: &Stack, dynamodb: &str) -> BTreeMap<&'static str, String> {
    let mut variables = variables(stack, dynamodb);
    variables.remove("SEAL_KEY_ID");
    variables.extend([
        ("AWS_ENDPOINT_URL_SQS", stack.aws_url.clone()),
        ("CHECK_QUEUE_URL", format!("{}/{ACTIONS}", stack.aws_url)),
    ]);
    variables
}

/// What the template sets for what looks at organizations, which makes so many requests a minute at most.
pub fn variables_of_check(stack: &Stack, dynamodb: &str, per_minute: u32) -> BTreeMap<&'static str, String> {
    let mut variables = variables(stack, dynamodb);
    variables.remove("SEAL_KEY_ID");
    variables.insert("DROPSUITE_REQUESTS_PER_MINUTE", per_minute.to_string());
    variables
}

/// Starts the function of `endpoint`.
pub async fn start(endpoint: &Endpoint, mut variables: BTreeMap<&str, String>) -> Function {
    let functions = Template::read().unwrap().functions();
    let of_template = functions.iter().find(|function| function.binary == endpoint.name()).unwrap();
    for (name, is_set) in [("TABLE_NAME", of_template.knows_table), ("SEAL_KEY_ID", of_template.knows_key)] {
        if !is_set {
            variables.remove(name);
        }
    }
    if let Access::SignedReport(_) = endpoint.access {
        variables.insert("REPORTERS_SECRET_ID", "reporters".to_owned());
    }
    let mut function = Function::start(binary(endpoint), &[], &variables).await.unwrap();
    function.start_up().await.unwrap();
    function
}
