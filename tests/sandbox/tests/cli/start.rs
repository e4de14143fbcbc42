//! Starting a stack.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::Path;

use sandbox::stack::{API_KEY, APPLICATION_ID, REPORTER_ID, REPORTER_KEY};

use crate::program::{Ended, Running, run, run_with};

#[test]
fn the_screen_shows_addresses_credentials_and_the_next_command() {
    let stack = Running::start(&[]);
    let base_url = stack.line("Service manager");
    assert!(base_url.starts_with("http://127.0.0.1:") && base_url.ends_with("/api/interworks"), "{base_url}");
    assert!(stack.line("Portal").ends_with("/portal"));
    for part in [
        "vendor dropsuite",
        "in memory",
        &format!("\nX-CloudPlatform-ApplicationId: {APPLICATION_ID}\n"),
        "\nX-CloudPlatform-APIKey: bG9jYWwtZGVtby1rZXk=\n",
        API_KEY,
        "\nX-CloudPlatform-Setting-ResellerToken: 11111111-1111-4111-8111-111111111111\n",
        "\nX-CloudPlatform-Setting-AccessToken: 22222222-2222-4222-8222-222222222222\n",
        "\nX-CloudPlatform-Setting-ResellerToken: 33333333-3333-4333-8333-333333333333\n",
        "company demo, public key pub, private key priv",
        REPORTER_ID,
        REPORTER_KEY,
        &format!("\ncurl {base_url}/fields/get -H "),
        &format!("\ncargo run -- check {base_url}\n"),
        "\ncargo run -- demo ",
    ] {
        assert!(stack.screen.contains(part), "{part}: {}", stack.screen);
    }
}

#[test]
fn the_next_command_of_the_screen_is_answered() {
    let stack = Running::start(&[]);
    let (_, from_curl) = stack.screen.split_once("\ncurl ").unwrap();
    let (curl, _) = from_curl.split_once("\ncargo").unwrap();
    let answer = std::process::Command::new("bash").args(["-c", &format!("curl -s {curl}")]).output().unwrap();
    let answer = String::from_utf8(answer.stdout).unwrap();
    assert!(answer.starts_with("{\"Fields\":[{\"ID\":\"ResellerToken\""), "{answer}");
}

/// A shell that works with AWS has any of these variables.
#[test]
fn variables_of_aws_do_not_keep_the_stack_from_starting() {
    let key = [("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "secret"), ("AWS_CONFIG_FILE", "none")];
    Running::start_with(&key[..1]);
    Running::start_with(&[("AWS_PROFILE", "none"), ("AWS_REGION", "eu-central-1")]);
    let engine = Running::start_with(&key);
    // They are for another engine, if there is one.
    let url = engine.line("DynamoDB engine");
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    Running::start_with(&[key[0], key[1], key[2], ("AWS_ENDPOINT_URL_DYNAMODB", url)]);
}

#[test]
fn with_dropbox_there_is_no_portal_but_reseller_ids() {
    let stack = Running::start(&["--vendor", "dropbox"]);
    assert!(!stack.screen.contains("/portal"), "{}", stack.screen);
    assert!(stack.line("Portal").contains("for Dropsuite"), "{}", stack.screen);
    assert!(stack.screen.contains("\nX-CloudPlatform-Setting-DistributorID: D-1000\n"), "{}", stack.screen);
    assert_eq!(stack.line("Reseller IDs:"), "R-2001, R-2002; of the second partner: R-9001");
}

#[test]
fn the_data_folder_is_shown() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("data-{}", uuid::Uuid::new_v4()));
    let stack = Running::start(&["--data", folder.to_str().unwrap()]);
    assert!(stack.screen.contains(&format!("Data is in {}.", folder.display())), "{}", stack.screen);
    drop(stack);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn an_address_that_is_given_is_listened_on_and_printed() {
    let stack = Running::start(&["--address", "127.0.0.2"]);
    for label in ["Service manager", "Dropsuite sandbox", "DynamoDB engine", "Secrets, keys, queues"] {
        assert!(stack.line(label).starts_with("http://127.0.0.2:"), "{}", stack.screen);
    }
    let Ended { status, output, .. } = run(&["check", stack.line("Service manager")]);
    assert_eq!(status, 0, "{output}");
}

#[test]
fn a_taken_port_is_named_with_the_option() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    // The first sandbox, on the second port of the block, is the first that listens.
    for arguments in [["start", "--port"], ["demo", "--port"]] {
        let Ended { status, errors, .. } = run(&[arguments.as_slice(), &[&(port - 1).min(65530).to_string()]].concat());
        assert_eq!(status, 1, "{errors}");
        assert!(errors.starts_with("error: cannot listen on 127.0.0.1:"), "{errors}");
        assert!(port > 65531 || errors.contains(&format!("the program that uses port {port}, ")), "{errors}");
        assert!(errors.contains("--port"), "{errors}");
    }
}

#[test]
fn a_data_folder_that_cannot_be_made_is_named_with_the_option() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml/data");
    let Ended { status, errors, .. } = run(&["--port", "0", "--data", folder.to_str().unwrap()]);
    assert_eq!(status, 1, "{errors}");
    assert!(errors.starts_with(&format!("error: cannot use the data folder {}: ", folder.display())), "{errors}");
    assert!(errors.contains("--data"), "{errors}");
}

#[test]
fn a_replacement_that_is_not_a_url_is_named_with_its_variable() {
    let Ended { status, errors, .. } = run_with(&["--port", "0"], &[("CONNECTWISE_BASE_URL", "there")], "");
    assert_eq!(status, 1, "{errors}");
    assert!(errors.starts_with("error: CONNECTWISE_BASE_URL is not a URL: "), "{errors}");
}

#[test]
fn the_log_has_each_request_as_json_unless_options_say_otherwise() {
    let logged = |options: &[&str]| {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.log", uuid::Uuid::new_v4()));
        let stack = Running::start_logging(options, File::create(&path).unwrap());
        run(&["check", stack.line("Service manager")]);
        let log = fs::read_to_string(&path).unwrap();
        fs::remove_file(path).unwrap();
        log
    };
    let json = logged(&[]);
    let lines: Vec<serde_json::Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().any(|line| line["fields"]["endpoint"] == "service/definitions"), "{json}");
    let text = logged(&["--log-format", "text"]);
    assert!(text.contains("endpoint=\"service/definitions\""), "{text}");
    assert!(text.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_err()), "{text}");
    assert_eq!(logged(&["--log", "error"]), "");
}
