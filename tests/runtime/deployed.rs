//! The functions' binaries beside a local stack, with the variables that the template sets and under a judge of the
//! permissions that it grants.

use std::collections::BTreeMap;
use std::path::Path;

use conformance::deployment::Deployment;
use conformance::runtime_api::Function;
use conformance::template::Template;
use sandbox::iam::Judge;
use sandbox::stack::{Options, Stack};
use serde_json::Value;
use service_manager::endpoints::Endpoint;
use service_manager::vendor::VendorName;

/// Variables of a function.
pub type Variables = BTreeMap<String, String>;

/// Returns the path of a function's binary. Cargo builds all binaries of the package for this test, into one folder.
pub fn binary(name: &str) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_fields-get")).with_file_name(name);
    assert!(binary.is_file(), "{name} has no binary here");
    binary.to_str().unwrap().to_owned()
}

/// Starts an empty stack on free ports.
pub async fn stack(vendor: VendorName) -> Stack {
    Stack::start(&Options::isolated(vendor)).await.unwrap()
}

/// The template, deployed beside a stack.
pub struct Deployed {
    pub stack: Stack,
    pub judge: Judge,
    pub deployment: Deployment,
}

impl Deployed {
    /// Deploys for Dropsuite, with the template's defaults.
    pub async fn new() -> Self {
        Self::of(VendorName::Dropsuite, &[]).await
    }

    /// Deploys with these parameters of the template.
    pub async fn of(vendor: VendorName, parameters: &[(&str, &str)]) -> Self {
        Self::with(stack(vendor).await, Template::read().unwrap(), parameters).await
    }

    /// Deploys a template beside a stack.
    pub async fn with(stack: Stack, template: Template, parameters: &[(&str, &str)]) -> Self {
        let deployment = Deployment::beside(&stack, template, parameters).await.unwrap();
        let judge = Judge::in_front_of(&stack, deployment.account().clone()).await.unwrap();
        Self { stack, judge, deployment }
    }

    /// Returns the variables of a function: those of the template, and its credentials, which name its role.
    pub fn variables(&self, function: &str) -> Variables {
        let mut variables = self.deployment.variables(function).unwrap();
        variables.insert("AWS_ENDPOINT_URL".to_owned(), self.judge.url());
        variables.insert("AWS_ACCESS_KEY_ID".to_owned(), function.to_owned());
        // The tests look for secrets in the lines of every level.
        variables.insert("AWS_LAMBDA_LOG_LEVEL".to_owned(), "TRACE".to_owned());
        variables
    }

    /// Returns the variables of a function, with changes.
    pub fn variables_with(&self, function: &str, changes: &[(&str, &str)]) -> Variables {
        let mut variables = self.variables(function);
        variables.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        variables
    }

    /// Starts the function of `endpoint`.
    pub async fn start(&self, endpoint: &Endpoint) -> Function {
        start(&endpoint.name(), &self.variables(&endpoint.name())).await
    }

    /// Calls an AWS service as Lambda does for a function: with the function's role.
    pub async fn call_as(&self, function: &str, target: &str, body: &Value) -> Value {
        let signed = format!(
            "AWS4-HMAC-SHA256 Credential={function}/20261121/eu-west-1/service/aws4_request, SignedHeaders=host, Signature=0"
        );
        let request = sandbox::http_client().unwrap().post(self.judge.url()).header("x-amz-target", target);
        let request = request.header("authorization", signed).header("x-amz-date", "20261121T101500Z");
        let answer =
            request.header("content-type", "application/x-amz-json-1.0").body(body.to_string()).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{function}: {target}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Asserts that the functions have been judged, and that no call was denied.
    pub fn assert_permitted(&self) {
        let judgements = self.judge.judgements();
        assert!(!judgements.calls.is_empty(), "no call was judged");
        assert!(judgements.unknown.is_empty(), "not known to the judge: {:#?}", judgements.unknown);
        assert!(judgements.denied.is_empty(), "denied: {:#?}", judgements.denied);
    }
}

/// Starts a binary.
pub async fn start(name: &str, variables: &Variables) -> Function {
    let mut function = Function::start(binary(name), &[], variables).await.unwrap();
    function.start_up().await.unwrap();
    function
}
