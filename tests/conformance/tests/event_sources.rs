//! Tests of the event sources of functions without a URL, and of their dead letters.

use conformance::template::{BUILT, Template, text};
use sandbox::stream::SortKey;
use serde_json::json;
use service_manager::store::{ACTION, AGREEMENT, FAILURES, SUBSCRIPTION};

/// Settings that the consumers rely on. Each reports failed records, so that those before them are not repeated. A
/// batch that fails as a whole is split. Records that still fail go to the dead-letter queue while the stream has them,
/// which is 24 hours.
#[test]
fn the_event_source_mappings_of_the_stream_are_correct() {
    let template = Template::read().unwrap();
    for (id, sort_keys, local) in [
        ("ConnectwiseAdditionsFunction", [SUBSCRIPTION, AGREEMENT].as_slice(), sandbox::background::consumer()),
        (
            "ConnectwiseTicketsFunction",
            &[ACTION, FAILURES, AGREEMENT, SUBSCRIPTION],
            sandbox::background::tickets_consumer(),
        ),
    ] {
        let function = template.at(&format!("/Resources/{id}"));
        let events = &function["Properties"]["Events"];
        assert_eq!(events.as_object().unwrap().len(), 1, "{events}");
        assert_eq!(text(events, "/Stream/Type"), "DynamoDB");
        let filter = json!({ "dynamodb": { "Keys": { "sk": { "S": sort_keys } } } });
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
                "OnFailure": { "Type": "SQS", "Destination": { "Fn::GetAtt": "ConnectWiseDeadLetters.Arn" } }
            },
        });
        assert_eq!(stream, expected, "{id}");
        // The local stack has the same settings.
        assert_eq!(text(function, "/Properties/CodeUri"), format!("{BUILT}{}", local.function));
        assert_eq!(json!(local.batch_size), expected["BatchSize"]);
        assert_eq!(json!(sandbox::stream::LANES), expected["ParallelizationFactor"]);
        assert_eq!(json!(local.bisect), expected["BisectBatchOnFunctionError"]);
        assert_eq!(json!(local.maximum_retry_attempts), expected["MaximumRetryAttempts"]);
        assert_eq!(json!(local.maximum_record_age.as_secs()), expected["MaximumRecordAgeInSeconds"]);
        let keys: Vec<_> = sort_keys.iter().map(|&key| SortKey::Equal(key.to_owned())).collect();
        assert_eq!(local.filter, keys, "{id}");
        assert_eq!(local.dead_letters, sandbox::background::CONNECTWISE_DEAD_LETTERS);
    }
    // All instances and one redrive together stay below ConnectWise's limit per minute and MSP.
    let reserved = ["Additions", "Tickets"].map(|of| {
        let (parameter, condition) = (format!("{of}Concurrency"), format!("Reserves{of}"));
        let is_none = json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": parameter }, 0] }] });
        assert_eq!(*template.at(&format!("/Conditions/{condition}")), is_none);
        assert_eq!(
            *template.at(&format!("/Resources/Connectwise{of}Function/Properties/ReservedConcurrentExecutions")),
            json!({ "Fn::If": [condition, { "Ref": parameter }, { "Ref": "AWS::NoValue" }] }),
        );
        template.at(&format!("/Parameters/{parameter}/Default")).as_u64().unwrap()
    });
    let of_one = template.at("/Parameters/ConnectWiseRequestsPerMinute/Default").as_u64().unwrap();
    let own_limit = |function: &str| {
        let variables = template.at(&format!("/Resources/{function}Function/Properties/Environment/Variables"));
        text(variables, "/CONNECTWISE_REQUESTS_PER_MINUTE").parse::<u64>().unwrap()
    };
    // Two checks, and one audit of an MSP.
    let others = 2 * own_limit("ActionsCheck") + own_limit("ConnectwiseAudit");
    assert!((reserved.iter().sum::<u64>() + 1) * of_one + others <= 1000, "{reserved:?} {others}");
    // Consumers read the item again, so the stream contains only keys.
    assert_eq!(text(template.at("/Resources/Table/Properties"), "/StreamSpecification/StreamViewType"), "KEYS_ONLY");
    let redrive = template.at("/Resources/ConnectwiseRedriveFunction/Properties/Environment/Variables");
    assert_eq!(text(redrive, "/CONNECTWISE_DEAD_LETTERS_URL/Ref"), "ConnectWiseDeadLetters");
}

/// Settings that the check relies on. It reports failed messages. A message in process is not visible to other
/// instances. The number of instances keeps the rate at five requests a second.
#[test]
fn the_event_source_mapping_of_the_check_queue_is_correct() {
    let template = Template::read().unwrap();
    let monitor = template.at("/Resources/ActionsMonitorFunction/Properties");
    assert_eq!(text(monitor, "/Environment/Variables/CHECK_QUEUE_URL/Ref"), "ActionsQueue");
    assert_eq!(monitor["Events"].as_object().unwrap().len(), 1);
    assert_eq!(text(monitor, "/Events/Schedule/Properties/Schedule"), "rate(1 hour)");
    let check = template.at("/Resources/ActionsCheckFunction/Properties");
    let expected = json!({ "Queue": { "Type": "SQS", "Properties": {
        "Queue": { "Fn::GetAtt": "ActionsQueue.Arn" },
        "BatchSize": 1,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "ScalingConfig": { "MaximumConcurrency": 2 },
    } } });
    assert_eq!(check["Events"], expected);
    let audit = template.at("/Resources/ConnectwiseAuditFunction/Properties");
    let per_minute = [check, audit].map(|function| {
        let of_one = text(function, "/Environment/Variables/DROPSUITE_REQUESTS_PER_MINUTE/Ref");
        2 * template.at(&format!("/Parameters/{of_one}/Default")).as_u64().unwrap()
    });
    assert_eq!(per_minute.iter().sum::<u64>() / 60, 5);
    let queue = template.at("/Resources/ActionsQueue/Properties");
    let expected = json!({
        "KmsMasterKeyId": { "Ref": "Key" },
        "VisibilityTimeout": 2 * check["Timeout"].as_u64().unwrap(),
        "MessageRetentionPeriod": 86400,
        "RedrivePolicy": { "deadLetterTargetArn": { "Fn::GetAtt": "ActionsDeadLetters.Arn" }, "maxReceiveCount": 2 },
    });
    assert_eq!(*queue, expected);
}

/// Settings that the audit relies on. It reports messages of attempts that failed, five of which may follow each other.
#[test]
fn the_event_source_mapping_of_the_audit_queue_is_correct() {
    let template = Template::read().unwrap();
    let schedule = template.at("/Resources/ConnectwiseScheduleFunction/Properties");
    assert_eq!(text(schedule, "/Events/Schedule/Properties/Schedule"), "rate(1 hour)");
    let audit = template.at("/Resources/ConnectwiseAuditFunction/Properties");
    let expected = json!({ "Queue": { "Type": "SQS", "Properties": {
        "Queue": { "Fn::GetAtt": "AuditsQueue.Arn" },
        "BatchSize": 1,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "ScalingConfig": { "MaximumConcurrency": 2 },
    } } });
    assert_eq!(audit["Events"], expected);
    for sender in [schedule, audit, template.at("/Resources/PortalAuditRunFunction/Properties")] {
        assert_eq!(text(sender, "/Environment/Variables/AUDIT_QUEUE_URL/Ref"), "AuditsQueue");
    }
    let expected = json!({
        "KmsMasterKeyId": { "Ref": "Key" },
        "VisibilityTimeout": 2 * audit["Timeout"].as_u64().unwrap(),
        "MessageRetentionPeriod": 86400,
        "RedrivePolicy": { "deadLetterTargetArn": { "Fn::GetAtt": "DeadLetters.Arn" }, "maxReceiveCount": 6 },
    });
    assert_eq!(*template.at("/Resources/AuditsQueue/Properties"), expected);
}

/// Dead letters are kept for SQS's maximum, so that people can handle them.
#[test]
fn dead_letters_are_kept_for_two_weeks() {
    let template = Template::read().unwrap();
    let mut queues = template.resources("AWS::SQS::Queue");
    queues.remove("ActionsQueue");
    queues.remove("AuditsQueue");
    assert_eq!(queues.keys().collect::<Vec<_>>(), [&"ActionsDeadLetters", &"ConnectWiseDeadLetters", &"DeadLetters"]);
    for (name, queue) in queues {
        let expected = json!({ "KmsMasterKeyId": { "Ref": "Key" }, "MessageRetentionPeriod": 14 * 24 * 60 * 60 });
        assert_eq!(queue["Properties"], expected, "{name}");
    }
}

/// Failed scheduled runs are not retried, because the next run does their work. The failure is kept.
#[test]
fn scheduled_runs_are_not_retried() {
    let template = Template::read().unwrap();
    for (id, function) in template.resources("AWS::Serverless::Function") {
        let scheduled = text(function, "/Properties/Events/Schedule/Type") == "Schedule";
        let expected = json!({
            "MaximumRetryAttempts": 0,
            "MaximumEventAgeInSeconds": 300,
            "DestinationConfig": {
                "OnFailure": { "Type": "SQS", "Destination": { "Fn::GetAtt": "DeadLetters.Arn" } }
            },
        });
        assert_eq!(function["Properties"].get("EventInvokeConfig"), scheduled.then_some(&expected), "{id}");
    }
}
