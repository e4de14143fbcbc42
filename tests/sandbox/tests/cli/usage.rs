//! Help, version, wrong usage, and `urls`.

use service_manager::endpoints::BSS_ENDPOINTS;

use crate::program::{Ended, run};

#[test]
fn help_names_commands_options_variables_and_examples() {
    let Ended { status, output, .. } = run(&["--help"]);
    assert_eq!(status, 0);
    for part in [
        "\n  start  Start the local stack",
        "\n  demo   Run a walk-through",
        "\n  check  Test a running stack",
        "\n  urls   Print the addresses",
        "--vendor <VENDOR>",
        "[possible values: dropsuite, dropbox]",
        "--port <PORT>",
        "[default: 9000]",
        "--address <IP>",
        "--data <DIR>",
        "--log <LEVEL>",
        "--log-format <FORMAT>",
        "\nExamples:\n  cargo run ",
        "AWS_ENDPOINT_URL_DYNAMODB",
        "DROPSUITE_BASE_URL",
        "CONNECTWISE_BASE_URL",
        "DROPBOX_BASE_URL",
        "TABLE_NAME",
    ] {
        assert!(output.contains(part), "{part}: {output}");
    }
    for command in ["start", "demo", "check", "urls"] {
        let Ended { status, output, .. } = run(&[command, "--help"]);
        assert_eq!(status, 0, "{command}");
        assert!(output.contains(&format!("Usage: local-stack {command}")), "{output}");
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    assert_eq!(run(&["--version"]).output, format!("local-stack {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_usage_names_the_option_and_ends_with_status_2() {
    for (arguments, part) in [
        (["--vendor", "box", "start"], "'--vendor <VENDOR>'"),
        (["--port", "65531", "start"], "'--port <PORT>'"),
        (["--address", "here", "start"], "'--address <IP>'"),
        (["--data", "x", "demo"], "'--data'"),
        (["--port", "1", "check"], "<BASE_URL>"),
        (["--log", "loud", "start"], "'--log <LEVEL>'"),
        (["demo", "--step", "--check"], "'--check'"),
        (["demo", "dropsuit", "--check"], "neither dropsuite, dropbox, connectwise nor the path"),
        (["urls", "nonsense", "--log=off"], "'<BASE_URL>': not an absolute URL"),
        (["urls", "https://a.example/api", "--log=off"], "must end in /api/interworks"),
    ] {
        let Ended { status, errors, .. } = run(&arguments);
        assert_eq!(status, 2, "{arguments:?}: {errors}");
        assert!(errors.contains(part), "{arguments:?}: {errors}");
    }
}

#[test]
fn urls_are_those_below_the_base_url_which_is_completed() {
    let table = run(&["urls", "https://a.example/api/interworks"]);
    assert_eq!((table.status, table.errors.as_str()), (0, ""));
    assert!(table.output.starts_with("Application name: Dropsuite Email Backup\n"), "{}", table.output);
    let entries = BSS_ENDPOINTS.iter().filter_map(|endpoint| endpoint.registration_entry());
    let rows: usize = entries.map(|(_, _, authenticated)| if authenticated { 2 } else { 1 }).sum();
    assert_eq!(table.output.matches(" https://a.example/api/interworks/").count(), rows);
    let completed = run(&["urls", "https://a.example/"]);
    assert_eq!(completed.output, table.output);
    assert_eq!(completed.errors, "note: the base URL is https://a.example/api/interworks\n");
    for arguments in [["--vendor", "dropbox", "urls"], ["urls", "--vendor", "dropbox"]] {
        let table = run(&[arguments.as_slice(), &["https://a.example"]].concat());
        assert!(table.output.starts_with("Application name: Dropbox\n"), "{}", table.output);
    }
}
