//! `check` against a stack.

use sandbox::stack::{Options, Stack};
use service_manager::vendor::VendorName;

use crate::program::{Ended, run_with};

async fn stack(vendor: VendorName) -> Stack {
    Stack::start(&Options::isolated(vendor)).await.unwrap()
}

/// The checks of `output` by result.
fn results<'a>(output: &'a str, result: &str) -> Vec<&'a str> {
    let lines = output.lines().filter_map(|line| line.strip_prefix(result));
    lines.map(|line| line.trim_start().split("  ").next().unwrap()).collect()
}

const ALL: [&str; 6] = [
    "fields/get",
    "service/definitions",
    "accounts/syncoptions",
    "fields/validate",
    "a wrong API key",
    "an unknown path",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_check_of_a_local_stack_is_ok_and_changes_nothing() {
    for vendor in VendorName::ALL {
        let stack = stack(vendor).await;
        let before = stack.dynamodb.state_json().await.unwrap();
        let Ended { status, output, errors } = run_with(&["check", &stack.base_url], &[], "");
        assert_eq!((status, errors.as_str()), (0, ""), "{output}");
        assert_eq!(results(&output, "OK "), ALL, "{output}");
        assert!(output.ends_with("6 checks: 6 OK, 0 failed\n"), "{output}");
        assert_eq!(stack.dynamodb.state_json().await.unwrap(), before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_api_key_fails_with_what_to_do_and_is_not_printed() {
    let stack = stack(VendorName::Dropsuite).await;
    let variables = [("SERVICE_MANAGER_API_KEY", "swordfish")];
    let Ended { status, output, errors } = run_with(&["check", &stack.base_url], &variables, "");
    assert_eq!(status, 1, "{output}");
    assert_eq!(results(&output, "FAILED "), ALL[..4], "{output}");
    assert_eq!(results(&output, "OK "), ALL[4..], "{output}");
    assert!(output.contains("code -401") && output.contains("What to do: Compare the application id"), "{output}");
    assert!(!(output + &errors).contains("swordfish"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_the_vendor_refuses_fails_and_is_not_printed() {
    let stack = stack(VendorName::Dropsuite).await;
    let secret = "99999999-9999-4999-8999-999999999999";
    let by_option: (&[&str], &[(&str, &str)], &str) = (&["--setting", "AccessToken=-"], &[], secret);
    let by_variable: (&[&str], &[(&str, &str)], &str) = (&[], &[("SERVICE_MANAGER_SETTING_ACCESSTOKEN", secret)], "");
    for (options, variables, input) in [by_option, by_variable] {
        let arguments = [&["check", &stack.base_url], options].concat();
        let Ended { status, output, errors } = run_with(&arguments, variables, input);
        assert_eq!(status, 1, "{output}");
        assert_eq!(results(&output, "FAILED "), ["service/definitions", "fields/validate"], "{output}");
        assert!(output.contains("Access Token was rejected by Dropsuite"), "{output}");
        assert!(!(output + &errors).contains(secret));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_is_not_declared_fails_with_those_that_are() {
    let stack = stack(VendorName::Dropsuite).await;
    let Ended { status, output, .. } = run_with(&["check", &stack.base_url, "--setting", "Token=1"], &[], "");
    assert_eq!(status, 1, "{output}");
    assert!(output.contains("There is no setting Token; there are ResellerToken, AccessToken"), "{output}");
}

#[test]
fn a_service_that_does_not_answer_fails_every_check() {
    // Port 1 is not listened on.
    let Ended { status, output, .. } = run_with(&["check", "http://127.0.0.1:1"], &[], "");
    assert_eq!(status, 1, "{output}");
    assert_eq!(results(&output, "FAILED "), ALL, "{output}");
    assert!(output.contains("What to do: Check that the service runs"), "{output}");
}

#[test]
fn elsewhere_credentials_are_the_callers_own() {
    let url = "https://service.invalid/api/interworks";
    let missing = run_with(&["check", url], &[], "");
    assert_eq!(missing.status, 1);
    assert!(missing.errors.contains("--application-id is missing; pass it, or set SERVICE_MANAGER_APPLICATION_ID"));
    let missing = run_with(&["check", url, "--application-id", "x"], &[], "");
    assert!(missing.errors.contains("--api-key is missing; pass it, or set SERVICE_MANAGER_API_KEY"));
}

#[test]
fn a_setting_without_a_name_is_refused_and_not_printed() {
    let Ended { status, errors, .. } = run_with(&["check", "http://127.0.0.1:1", "--setting", "swordfish"], &[], "");
    assert_eq!(status, 1);
    assert!(errors.contains("--setting must be NAME=VALUE") && !errors.contains("swordfish"), "{errors}");
}
