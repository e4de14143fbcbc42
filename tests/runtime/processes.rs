//! The functions' binaries and their variables.

use std::collections::BTreeMap;
use std::path::Path;

use conformance::runtime_api::Function;
use conformance::template::Template;
use sandbox::background::{ACTIONS, CONNECTWISE_DEAD_LETTERS};
use sandbox::stack::{CLIENT_ID, Stack};
use service_manager::endpoints::{Access, Endpoint};

/// The binary of the recovery job.
pub const RECONCILER: &str = env!("CARGO_BIN_EXE_work-reconcile");

/// The binary of `connectwise-additions`.
pub const ADDITIONS: &str = env!("CARGO_BIN_EXE_connectwise-additions");

/// The binary of `connectwise-tickets`.
pub const TICKETS: &str = env!("CARGO_BIN_EXE_connectwise-tickets");

/// The binary of the monitor.
pub const MONITOR: &str = env!("CARGO_BIN_EXE_actions-monitor");

/// The binary of the check.
pub const CHECK: &str = env!("CARGO_BIN_EXE_actions-check");

/// The binary of the redrive.
pub const REDRIVE: &str = env!("CARGO_BIN_EXE_connectwise-redrive");

/// Returns the path of the function's binary. Cargo builds all binaries of the package for this test, into one folder.
pub fn binary(endpoint: &Endpoint) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_fields-get")).with_file_name(endpoint.name());
    assert!(binary.is_file(), "{} has no binary here", endpoint.path);
    binary.to_str().unwrap().to_owned()
}

/// Returns the variables that the template sets, for a function that uses `stack`. The template sets the table's name
/// and the key only for some functions.
pub fn variables(stack: &Stack, dynamodb: &str) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        // The tests look for secrets in the lines of every level.
        ("AWS_LAMBDA_LOG_LEVEL", "TRACE".to_owned()),
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
        ("PORTAL_URL", stack.portal_url()),
    ])
}

/// Returns the variables of the redrive.
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

/// Returns the variables of the monitor.
pub fn variables_of_monitor(stack: &Stack, dynamodb: &str) -> BTreeMap<&'static str, String> {
    let mut variables = variables(stack, dynamodb);
    variables.remove("SEAL_KEY_ID");
    variables.extend([
        ("AWS_ENDPOINT_URL_SQS", stack.aws_url.clone()),
        ("CHECK_QUEUE_URL", format!("{}/{ACTIONS}", stack.aws_url)),
    ]);
    variables
}

/// Returns the variables of the check, with a limit of requests per minute.
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
    let mut function = Function::start(&binary(endpoint), &[], &variables).await.unwrap();
    function.start_up().await.unwrap();
    function
}
