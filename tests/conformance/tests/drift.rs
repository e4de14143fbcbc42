//! One list of endpoints, and all that must be like it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use conformance::root;
use conformance::template::{Template, refs, text};
use sandbox::stream::SortKey;
use serde_json::{Value, json};
use service_manager::endpoints::{self, ALL, BASE_PATH, Endpoint};
use service_manager::registration;
use service_manager::store::{AGREEMENT, SUBSCRIPTION};
use service_manager::vendor::Name;

/// Functions that no URL leads to.
const BACKGROUND: [&str; 3] = ["connectwise-additions", "connectwise-redrive", "work-reconcile"];

/// Method and path of each endpoint.
fn routes() -> BTreeSet<(String, String)> {
    endpoints::every().map(|endpoint| (endpoint.method.to_string(), endpoint.url())).collect()
}

fn names() -> BTreeSet<String> {
    endpoints::every().map(Endpoint::name).chain(BACKGROUND.map(str::to_owned)).collect()
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

/// The Rust files in `folder` and below.
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
        assert_eq!(text(resource, "/Metadata/BuildMethod"), "rust-cargolambda", "{}", function.id);
        let name = format!("${{AWS::StackName}}-{}", function.binary);
        assert_eq!(text(resource, "/Properties/FunctionName/Fn::Sub"), name);
        let log = text(resource, "/Properties/LoggingConfig/LogGroup/Ref");
        let log = template.at(&format!("/Resources/{log}/Properties"));
        assert_eq!(text(log, "/LogGroupName/Fn::Sub"), format!("/aws/lambda/{name}"));
        let expected = endpoints::every().find(|endpoint| endpoint.name() == function.binary);
        let expected = expected.map(|endpoint| (endpoint.method.to_string(), endpoint.url()));
        assert_eq!(function.routes, expected.into_iter().collect::<Vec<_>>(), "{}", function.id);
        seen.extend(function.routes.clone());
    }
    assert_eq!(seen, routes());
    let throttled = template.at("/Resources/Api/Properties/RouteSettings").as_object().unwrap().keys();
    let keys: BTreeSet<_> = routes().into_iter().map(|(method, path)| format!("{method} {path}")).collect();
    assert_eq!(throttled.cloned().collect::<BTreeSet<_>>(), keys);
}

/// Lambda takes no longer ones.
#[test]
fn names_of_functions_have_at_most_64_characters() {
    let environments = std::fs::read_to_string(root().join("samconfig.toml")).unwrap();
    let stacks = environments.lines().filter_map(|line| line.strip_prefix("stack_name = "));
    let longest = stacks.map(|name| name.trim_matches('"').len()).max().unwrap();
    for name in names() {
        assert!(longest + 1 + name.len() <= 64, "{name}");
    }
}

/// What the consumer relies on: it says which records failed, so that those before them are done; a batch that fails as a
/// whole is split, and what stays undone is parked while the stream still has it, for 24 hours.
#[test]
fn the_stream_is_handed_to_its_consumer_as_it_relies_on() {
    let template = Template::read().unwrap();
    let events = template.at("/Resources/ConnectwiseAdditionsFunction/Properties/Events");
    assert_eq!(events.as_object().unwrap().len(), 1, "{events}");
    assert_eq!(text(events, "/Stream/Type"), "DynamoDB");
    let filter = json!({ "dynamodb": { "Keys": { "sk": { "S": [SUBSCRIPTION, AGREEMENT] } } } });
    let mut stream = events["Stream"]["Properties"].clone();
    let pattern = stream.pointer_mut("/FilterCriteria/Filters/0/Pattern").unwrap();
    *pattern = serde_json::from_str(pattern.as_str().unwrap()).unwrap();
    let expected = json!({
        "Stream": { "Fn::GetAtt": "Table.StreamArn" },
        "StartingPosition": "TRIM_HORIZON",
        "BatchSize": 25,
        "MaximumBatchingWindowInSeconds": 1,
        "ParallelizationFactor": 4,
        "BisectBatchOnFunctionError": true,
        "MaximumRetryAttempts": 5,
        "MaximumRecordAgeInSeconds": 3600,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "FilterCriteria": { "Filters": [{ "Pattern": filter }] },
        "DestinationConfig": {
            "OnFailure": { "Type": "SQS", "Destination": { "Fn::GetAtt": "AdditionDeadLetters.Arn" } }
        },
    });
    assert_eq!(stream, expected);
    // The local stack does the same.
    let local = sandbox::background::consumer();
    assert_eq!(json!(local.batch_size), expected["BatchSize"]);
    assert_eq!(json!(sandbox::stream::LANES), expected["ParallelizationFactor"]);
    assert_eq!(json!(local.bisect), expected["BisectBatchOnFunctionError"]);
    assert_eq!(json!(local.maximum_retry_attempts), expected["MaximumRetryAttempts"]);
    assert_eq!(json!(local.maximum_record_age.as_secs()), expected["MaximumRecordAgeInSeconds"]);
    assert_eq!(local.filter, [SUBSCRIPTION, AGREEMENT].map(|key| SortKey::Equal(key.to_owned())));
    // A record is read anew when its write arrives: the stream says no more than keys.
    assert_eq!(text(template.at("/Resources/Table/Properties"), "/StreamSpecification/StreamViewType"), "KEYS_ONLY");
    let redrive = template.at("/Resources/ConnectwiseRedriveFunction/Properties/Environment/Variables");
    assert_eq!(text(redrive, "/ADDITION_DEAD_LETTERS_URL/Ref"), "AdditionDeadLetters");
}

/// What may be done but is not answered for by a caller: the queues, and how additions stand.
#[test]
fn what_runs_in_the_background_has_its_alarms() {
    let template = Template::read().unwrap();
    let alarms = template.resources("AWS::CloudWatch::Alarm");
    for (alarm, metric, of) in [
        ("DeadLettersAlarm", "ApproximateNumberOfMessagesVisible", r#"{"Fn::GetAtt":"DeadLetters.QueueName"}"#),
        (
            "AdditionDeadLettersAlarm",
            "ApproximateNumberOfMessagesVisible",
            r#"{"Fn::GetAtt":"AdditionDeadLetters.QueueName"}"#,
        ),
        ("AdditionIteratorAgeAlarm", "IteratorAge", r#"{"Ref":"ConnectwiseAdditionsFunction"}"#),
        ("AdditionsPendingAlarm", "AdditionsPending", "null"),
        ("WorkStuckAlarm", "WorkStuck", "null"),
    ] {
        assert_eq!(text(alarms[alarm], "/Properties/MetricName"), metric, "{alarm}");
        let watched = alarms[alarm].pointer("/Properties/Dimensions/0/Value").unwrap_or(&Value::Null);
        assert_eq!(watched.to_string(), of, "{alarm}");
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
            let below = path.strip_prefix(BASE_PATH).unwrap_or(path).trim_start_matches('/');
            assert_eq!(below.replace('/', "-"), function);
            watched.insert((target["method"].as_str().unwrap().to_owned(), path.clone()));
        }
    }
    assert_eq!(watched, routes());
}

/// The BSS's, and none of the portal's.
#[test]
fn the_registration_page_has_the_urls() {
    let base = format!("https://euw.example.com{BASE_PATH}");
    let of_bss: BTreeSet<_> = ALL.iter().map(|endpoint| endpoint.url()).collect();
    for vendor in Name::ALL {
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
    assert_eq!(*sold, serde_json::json!(Name::ALL.map(Name::as_str)));
    let environments = std::fs::read_to_string(root().join("samconfig.toml")).unwrap();
    for vendor in Name::ALL {
        for region in ["euwest", "eucentral"] {
            let parameters = format!(r#"["Vendor={vendor}", "RegionCode={region}"]"#);
            assert!(environments.contains(&parameters), "samconfig.toml lacks {parameters}");
        }
    }
}

/// A variable that a vendor or `ConnectWise` reads and the template does not set can't be set in a deployment at all.
#[test]
fn the_template_sets_what_the_vendors_read() {
    let template = Template::read().unwrap();
    let set = template.at("/Globals/Function/Environment/Variables").as_object().unwrap();
    let mut prefixes = Name::ALL.map(|vendor| format!("{}_", vendor.as_str().to_uppercase())).to_vec();
    prefixes.push("CONNECTWISE_".to_owned());
    let named = |text: &str| prefixes.iter().any(|prefix| text.starts_with(prefix));
    let set: BTreeSet<_> = set.keys().filter(|name| named(name)).cloned().collect();
    let folders = ["shared/src/vendor", "shared/src/connectwise"].map(|folder| files(&root().join(folder)));
    let sources = folders.into_iter().flatten().map(|file| std::fs::read_to_string(file).unwrap());
    let literals: Vec<_> = sources.flat_map(|text| text.split('"').map(str::to_owned).collect::<Vec<_>>()).collect();
    let variable =
        |text: &String| named(text) && text.chars().all(|letter| letter == '_' || letter.is_ascii_uppercase());
    assert_eq!(literals.into_iter().filter(variable).collect::<BTreeSet<_>>(), set);
}

#[test]
fn the_openapi_description_has_the_paths() {
    let file = std::fs::read(root().join("tests/conformance/openapi.json")).unwrap();
    let description: Value = serde_json::from_slice(&file).unwrap();
    let mut described = BTreeSet::new();
    for (path, operations) in description["paths"].as_object().unwrap() {
        let base = if operations.get("servers").is_some() { "" } else { BASE_PATH };
        for method in operations.as_object().unwrap().keys().filter(|key| !["parameters", "servers"].contains(&&***key))
        {
            described.insert((method.to_uppercase(), format!("{base}{path}")));
        }
    }
    assert_eq!(described, routes());
}
