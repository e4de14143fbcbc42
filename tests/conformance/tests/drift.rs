//! Tests that binaries, template, registration page and `OpenAPI` description agree with the list of endpoints.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use conformance::root;
use conformance::template::{Template, refs, text};
use serde_json::Value;
use service_manager::endpoints::{self, BASE_PATH, BSS_ENDPOINTS, Endpoint, portal};
use service_manager::runtime::registration;
use service_manager::vendor::VendorName;
use service_manager::workers::BACKGROUND_FUNCTIONS;

/// Returns method and path of each route of an endpoint.
fn routes_of(endpoint: &Endpoint) -> BTreeSet<(String, String)> {
    endpoint.routes().into_iter().map(|url| (endpoint.method.to_string(), url)).collect()
}

fn routes() -> BTreeSet<(String, String)> {
    endpoints::all_served().flat_map(routes_of).collect()
}

fn names() -> BTreeSet<String> {
    let background = BACKGROUND_FUNCTIONS.iter().map(|function| function.name.to_owned());
    endpoints::all_served().map(Endpoint::name).chain(background).collect()
}

fn metadata() -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["metadata", "--no-deps", "--offline", "--format-version=1"];
    let output = Command::new(cargo).args(arguments).current_dir(root()).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn binaries_are_the_endpoints() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let functions = packages.iter().find(|package| package["name"] == "functions").unwrap();
    let targets = functions["targets"].as_array().unwrap();
    let folder = root().canonicalize().unwrap().join("functions");
    let mut binaries = BTreeSet::new();
    let mut sources = BTreeSet::new();
    for target in targets.iter().filter(|target| target["kind"][0] == "bin") {
        let name = target["name"].as_str().unwrap().to_owned();
        let source = Path::new(target["src_path"].as_str().unwrap()).strip_prefix(&folder).unwrap();
        assert_eq!(source.with_extension("").to_str().unwrap().replace('/', "-"), name, "the file is not the URL's");
        sources.insert(source.to_owned());
        binaries.insert(name);
    }
    assert_eq!(binaries, names());
    for file in files(&folder) {
        let relative = file.strip_prefix(&folder).unwrap();
        assert!(sources.contains(relative), "functions/{} is no binary", relative.display());
    }
}

/// Returns the Rust files in `folder` and below.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (below, here): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let rust = here.into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs"));
    below.iter().flat_map(|folder| files(folder)).chain(rust).collect()
}

#[test]
fn the_template_has_a_function_and_a_route_for_each() {
    let template = Template::read().unwrap();
    let functions = template.functions();
    assert_eq!(functions.iter().map(|function| function.binary.clone()).collect::<BTreeSet<_>>(), names());
    assert_eq!(functions.len(), names().len());
    let mut seen = BTreeSet::new();
    for function in &functions {
        let resource = template.at(&format!("/Resources/{}", function.id));
        let log = text(resource, "/Properties/LoggingConfig/LogGroup/Ref");
        let log = template.at(&format!("/Resources/{log}/Properties"));
        let name = format!("/aws/lambda/${{AWS::StackName}}-{}", function.binary);
        assert_eq!(text(log, "/LogGroupName/Fn::Sub"), name);
        let expected = endpoints::all_served().find(|endpoint| endpoint.name() == function.binary);
        let expected = expected.map(routes_of).unwrap_or_default();
        assert_eq!(function.routes.iter().cloned().collect::<BTreeSet<_>>(), expected, "{}", function.id);
        assert_eq!(function.routes.len(), expected.len(), "{}", function.id);
        seen.extend(function.routes.clone());
    }
    assert_eq!(seen, routes());
    let throttled = template.at("/Resources/Api/Properties/RouteSettings").as_object().unwrap().keys();
    let keys: BTreeSet<_> = routes().into_iter().map(|(method, path)| format!("{method} {path}")).collect();
    assert_eq!(throttled.cloned().collect::<BTreeSet<_>>(), keys);
}

/// Each secret is readable only by the functions that need it, and is created empty.
#[test]
fn callers_are_in_secrets() {
    let template = Template::read().unwrap();
    let secrets = template.resources("AWS::SecretsManager::Secret");
    assert_eq!(secrets.keys().collect::<Vec<_>>(), [&"Applications", &"Reporters"]);
    for (name, secret) in secrets {
        assert_eq!(text(secret, "/Properties/SecretString"), "{}", "{name}");
        assert_eq!(text(secret, "/Properties/KmsKeyId/Ref"), "Key", "{name}");
        assert_eq!(text(template.at(&format!("/Outputs/{name}Secret")), "/Value/Ref"), name);
    }
    let of_all = template.at("/Globals/Function/Environment/Variables");
    assert_eq!(text(of_all, "/APPLICATIONS_SECRET_ID/Ref"), "Applications");
    let of_report = template.at("/Resources/ActionsReportFunction/Properties/Environment/Variables");
    assert_eq!(text(of_report, "/REPORTERS_SECRET_ID/Ref"), "Reporters");
}

/// Background work has no caller who sees a failure: queues, additions and tickets need alarms.
#[test]
fn background_work_has_alarms() {
    let template = Template::read().unwrap();
    let alarms = template.resources("AWS::CloudWatch::Alarm");
    for (alarm, metric, of) in [
        ("DeadLettersAlarm", "ApproximateNumberOfMessagesVisible", r#"{"Fn::GetAtt":"DeadLetters.QueueName"}"#),
        (
            "ConnectWiseDeadLettersAlarm",
            "ApproximateNumberOfMessagesVisible",
            r#"{"Fn::GetAtt":"ConnectWiseDeadLetters.QueueName"}"#,
        ),
        (
            "ActionsDeadLettersAlarm",
            "ApproximateNumberOfMessagesVisible",
            r#"{"Fn::GetAtt":"ActionsDeadLetters.QueueName"}"#,
        ),
        ("AdditionIteratorAgeAlarm", "IteratorAge", r#"{"Ref":"ConnectwiseAdditionsFunction"}"#),
        ("TicketIteratorAgeAlarm", "IteratorAge", r#"{"Ref":"ConnectwiseTicketsFunction"}"#),
        ("SyncBacklogAlarm", "SyncPending", "null"),
        ("JobsStuckAlarm", "JobsStuck", "null"),
    ] {
        assert_eq!(text(alarms[alarm], "/Properties/MetricName"), metric, "{alarm}");
        let watched = alarms[alarm].pointer("/Properties/Dimensions/0/Value").unwrap_or(&Value::Null);
        assert_eq!(watched.to_string(), of, "{alarm}");
    }
    let failed = alarms["SyncFailedAlarm"].pointer("/Properties/Metrics").unwrap().as_array().unwrap();
    let watched = failed.iter().filter_map(|one| one.pointer("/MetricStat/Metric"));
    let watched: Vec<_> = watched
        .map(|metric| {
            let dimension = |number: usize| text(metric, &format!("/Dimensions/{number}/Value"));
            (text(metric, "/MetricName"), dimension(0), dimension(1))
        })
        .collect();
    assert_eq!(watched, [("SyncAttempts", "addition", "failed"), ("SyncAttempts", "ticket", "failed")]);
}

/// An alarm on a metric that is never published would never fire.
#[test]
fn alarmed_metrics_are_published() {
    let sources = files(&root().join("shared/src"));
    let sources: String = sources.into_iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let template = Template::read().unwrap();
    let alarms = template.resources("AWS::CloudWatch::Alarm");
    let of_alarms =
        alarms.values().filter(|alarm| text(alarm, "/Properties/Namespace/Fn::Sub").contains("ServiceManager"));
    let mut watched: BTreeSet<_> = of_alarms.map(|alarm| text(alarm, "/Properties/MetricName").to_owned()).collect();
    for resource in template.at("/Resources").as_object().unwrap().values() {
        let selected = resource.to_string();
        let names = selected.split("SELECT SUM(").skip(1).filter_map(|rest| rest.split(')').next());
        watched.extend(names.map(str::to_owned));
    }
    let expected = [
        "SyncAttempts",
        "SyncPending",
        "Requests",
        "JobsStuck",
        "ChecksFailed",
        "CredentialsRefused",
        "KeysMalformed",
        "ConfigurationsFailed",
        "AuditsFailed",
    ]
    .map(str::to_owned);
    assert_eq!(watched, expected.into());
    for metric in watched {
        assert!(sources.contains(&format!("metrics::counter!(\"{metric}\"")), "{metric}");
    }
}

#[test]
fn every_function_has_its_alarms() {
    let template = Template::read().unwrap();
    let functions: BTreeSet<_> = template.functions().into_iter().map(|function| function.id).collect();
    for (name, alarm) in template.resources("AWS::CloudWatch::Alarm") {
        let metrics = alarm.pointer("/Properties/Metrics").and_then(Value::as_array);
        assert!(metrics.is_none_or(|metrics| metrics.len() <= 10), "{name}");
    }
    for metric in ["Errors", "Throttles", "Duration"] {
        let alarms = template.resources("AWS::CloudWatch::Alarm").into_values();
        let metrics = alarms.filter_map(|alarm| alarm.pointer("/Properties/Metrics")?.as_array()).flatten();
        let of_metric = metrics.filter(|one| text(one, "/MetricStat/Metric/MetricName") == metric);
        let watched: BTreeSet<_> = of_metric.flat_map(refs).collect();
        assert_eq!(watched, functions, "{metric}");
    }
}

#[test]
fn cargo_lambda_watch_has_the_routes() {
    let metadata = metadata();
    let router = metadata["metadata"]["lambda"]["watch"]["router"].as_object().unwrap();
    let mut watched = BTreeSet::new();
    for (path, targets) in router {
        for target in targets.as_array().unwrap() {
            let function = target["function"].as_str().unwrap();
            let endpoint = endpoints::all_served().find(|endpoint| endpoint.routes().contains(path)).unwrap();
            assert_eq!(endpoint.name(), function);
            watched.insert((target["method"].as_str().unwrap().to_owned(), path.clone()));
        }
    }
    assert_eq!(watched, routes());
}

/// Only the URLs of the BSS's endpoints, not the portal's.
#[test]
fn the_registration_page_has_the_urls() {
    let base = format!("https://euw.example.com{BASE_PATH}");
    let of_bss: BTreeSet<_> = BSS_ENDPOINTS.iter().map(|endpoint| endpoint.url()).collect();
    for vendor in VendorName::ALL {
        let printed = registration::table(vendor, &base);
        let urls: BTreeSet<_> = printed.split_whitespace().filter(|word| word.starts_with("https://")).collect();
        let paths = urls.iter().map(|url| url.trim_start_matches("https://euw.example.com").to_owned());
        assert_eq!(paths.collect::<BTreeSet<_>>(), of_bss, "{vendor}");
    }
}

#[test]
fn the_template_sells_every_vendor() {
    let template = Template::read().unwrap();
    let sold = template.at("/Parameters/Vendor/AllowedValues");
    assert_eq!(*sold, serde_json::json!(VendorName::ALL.map(VendorName::as_str)));
    let environments = std::fs::read_to_string(root().join("samconfig.toml")).unwrap();
    for vendor in VendorName::ALL {
        for region in ["euwest", "eucentral"] {
            let parameters = format!(r#"["Vendor={vendor}", "RegionCode={region}"]"#);
            assert!(environments.contains(&parameters), "samconfig.toml lacks {parameters}");
        }
    }
}

/// A variable of a vendor, of `ConnectWise` or of actions that the template does not set cannot be set in a deployment.
#[test]
fn the_template_sets_all_variables() {
    let template = Template::read().unwrap();
    let functions = template.resources("AWS::Serverless::Function").into_values();
    let own = functions.filter_map(|function| function.pointer("/Properties/Environment/Variables"));
    let set =
        own.chain([template.at("/Globals/Function/Environment/Variables")]).filter_map(Value::as_object).flatten();
    let mut prefixes = VendorName::ALL.map(|vendor| format!("{}_", vendor.as_str().to_uppercase())).to_vec();
    prefixes.extend(["CONNECTWISE_", "ACTIONS_"].map(str::to_owned));
    let named = |text: &str| prefixes.iter().any(|prefix| text.starts_with(prefix));
    let set: BTreeSet<_> = set.map(|(name, _)| name.clone()).filter(|name| named(name)).collect();
    let sources = files(&root().join("shared/src")).into_iter().map(|file| std::fs::read_to_string(file).unwrap());
    let literals: Vec<_> = sources.flat_map(|text| text.split('"').map(str::to_owned).collect::<Vec<_>>()).collect();
    let variable =
        |text: &String| named(text) && text.chars().all(|letter| letter == '_' || letter.is_ascii_uppercase());
    assert_eq!(literals.into_iter().filter(variable).collect::<BTreeSet<_>>(), set);
}

#[test]
fn the_openapi_description_has_the_paths() {
    let description = std::fs::read(root().join("tests/conformance/openapi.json")).unwrap();
    let description: Value = serde_json::from_slice(&description).unwrap();
    let mut described = BTreeSet::new();
    for (path, operations) in description["paths"].as_object().unwrap() {
        let base = if operations.get("servers").is_some() { "" } else { BASE_PATH };
        for method in operations.as_object().unwrap().keys().filter(|key| !["parameters", "servers"].contains(&&***key))
        {
            described.insert((method.to_uppercase(), format!("{base}{path}")));
        }
    }
    // The pages are no API.
    assert_eq!(described, &routes() - &routes_of(&portal::app::ENDPOINT));
}
