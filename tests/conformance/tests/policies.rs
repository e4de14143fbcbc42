//! Tests that each function has the permissions it needs, and no others.

use std::collections::{BTreeMap, BTreeSet};

use conformance::template::{Statement, Template};

/// Actions of every function: logging and, if enabled, tracing.
const EVERY: [&str; 4] =
    ["logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTelemetryRecords", "xray:PutTraceSegments"];

/// Returns the other actions of a function. A transaction requires the actions that it consists of.
#[expect(clippy::too_many_lines, reason = "a table")]
fn own(binary: &str) -> &'static [&'static str] {
    match binary {
        // Authenticates the caller.
        "fields-get" | "fields-validate" | "service-definitions" | "accounts-syncoptions" => {
            &["kms:Decrypt", "secretsmanager:GetSecretValue"]
        }
        // Also reads records and links; saves and deletes the search cursor.
        "accounts-exists" => &[
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "kms:Decrypt",
            "secretsmanager:GetSecretValue",
        ],
        // Reads the session and decrypts its settings, as all portal functions do.
        "portal-settings-options" | "portal-settings-get" | "portal-companies-list" | "portal-agreements-list" => {
            &["dynamodb:GetItem", "kms:Decrypt"]
        }
        // Verifies the tokens of the sign-in and stores them encrypted.
        "portal-session-create" => &["dynamodb:GetItem", "dynamodb:PutItem", "kms:Decrypt", "kms:Encrypt"],
        // Verifies the ConnectWise keys and stores them encrypted. Rejects another company's keys if there are plans.
        "portal-settings-credentials" => {
            &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "kms:Decrypt", "kms:Encrypt"]
        }
        // Creates records in ConnectWise under the MSP's lock, which it releases.
        "portal-settings-save" | "portal-plans-create" => {
            &["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "kms:Decrypt"]
        }
        "portal-plans-update" | "portal-plans-deactivate" | "portal-links-create" => {
            &["dynamodb:GetItem", "dynamodb:PutItem", "kms:Decrypt"]
        }
        // Reads the MSP's items.
        "portal-plans-list" | "portal-links-list" | "portal-additions-list" | "portal-tickets-list" => {
            &["dynamodb:GetItem", "dynamodb:Query", "kms:Decrypt"]
        }
        "portal-links-delete" => &["dynamodb:DeleteItem", "dynamodb:GetItem", "kms:Decrypt"],
        // Synchronizes all items of the MSP, as the stream's consumer does.
        "portal-additions-retry" | "portal-tickets-retry" => {
            &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem", "kms:Decrypt"]
        }
        // Orders like the BSS, without one of its applications.
        "portal-organizations-create"
        | "portal-organizations-update"
        | "portal-organizations-suspend"
        | "portal-organizations-activate"
        | "portal-organizations-unsubscribe" => {
            &["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "kms:Decrypt"]
        }
        // Reads the table's stream. Failed batches go to the dead-letter queue.
        "connectwise-additions" => &[
            "dynamodb:DescribeStream",
            "dynamodb:GetItem",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:ListStreams",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
            "kms:Decrypt",
            "kms:GenerateDataKey",
            "sqs:SendMessage",
        ],
        // The same, but without queries of lists.
        "connectwise-tickets" => &[
            "dynamodb:DescribeStream",
            "dynamodb:GetItem",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:ListStreams",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "kms:Decrypt",
            "kms:GenerateDataKey",
            "sqs:SendMessage",
        ],
        // Authenticates the reporter and records the events.
        "actions-report" => &["dynamodb:GetItem", "dynamodb:PutItem", "kms:Decrypt", "secretsmanager:GetSecretValue"],
        // Lists linked organizations, saves and deletes its cursor, and queues checks. A failed run goes to the
        // dead-letter queue.
        "actions-monitor" => &[
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "kms:Decrypt",
            "kms:GenerateDataKey",
            "sqs:GetQueueAttributes",
            "sqs:SendMessage",
        ],
        // Reads the check queue, decrypts the partner's settings, and records events.
        "actions-check" => &[
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "kms:Decrypt",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
        ],
        // Reads tasks that are due, dead letters and retry requests, and reads the stream records that dead letters
        // name. A failed run goes to the dead-letter queue.
        "connectwise-redrive" => &[
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
            "kms:Decrypt",
            "kms:GenerateDataKey",
            "sqs:DeleteMessage",
            "sqs:ReceiveMessage",
            "sqs:SendMessage",
        ],
        // Has no caller. Finds abandoned jobs, decrypts the settings stored with them, and completes them. A failed run
        // goes to the dead-letter queue.
        "work-reconcile" => &[
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
            "kms:Decrypt",
            "kms:GenerateDataKey",
            "sqs:SendMessage",
        ],
        // Acquires the account's lease (UpdateItem), encrypts the partner's settings (Encrypt), writes records
        // (PutItem), releases or deletes them (DeleteItem).
        _ => &[
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "kms:Decrypt",
            "kms:Encrypt",
            "secretsmanager:GetSecretValue",
        ],
    }
}

#[test]
fn each_function_has_minimal_permissions() {
    let template = Template::read().unwrap();
    let functions = template.functions();
    for function in &functions {
        let actions: BTreeSet<_> = function.statements.iter().flat_map(|one| one.actions.clone()).collect();
        let allowed: BTreeSet<_> = EVERY.iter().chain(own(&function.binary)).map(|&one| one.to_owned()).collect();
        println!("{:<24} {}", function.binary, actions.iter().cloned().collect::<Vec<_>>().join(" "));
        assert_eq!(actions, allowed, "{}", function.binary);
        let in_table = allowed.iter().any(|action| action.starts_with("dynamodb:"));
        assert_eq!(function.knows_table, in_table, "{}", function.binary);
        assert_eq!(function.knows_key, allowed.contains("kms:Encrypt"), "{}", function.binary);
    }
    let roles: BTreeSet<_> = functions.iter().map(|function| &function.role).collect();
    assert_eq!(roles.len(), functions.len(), "two functions share a role");
}

/// Actions on the table's stream.
const STREAM: [&str; 4] =
    ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"];

/// The index of due work.
const OF_INDEX: &str = r#"{"Fn::Sub":"${Table.Arn}/index/work"}"#;

/// The check queue.
const TO_CHECK: &str = r#"{"Fn::GetAtt":"ActionsQueue.Arn"}"#;

#[test]
fn each_action_is_on_its_one_resource() {
    let template = Template::read().unwrap();
    for function in template.functions() {
        let log = format!(r#"{{"Fn::GetAtt":"{}Log.Arn"}}"#, function.id.trim_end_matches("Function"));
        let resource = BTreeMap::from([
            ("dynamodb", r#"{"Fn::GetAtt":"Table.Arn"}"#),
            ("kms", r#"{"Fn::GetAtt":"Key.Arn"}"#),
            ("logs", &log),
            ("secretsmanager", r#"{"Ref":"Applications"}"#),
            ("sqs", r#"{"Fn::GetAtt":"DeadLetters.Arn"}"#),
            // The service has no resources that could be named.
            ("xray", r#""*""#),
        ]);
        for Statement { actions, resources, condition } in function.statements {
            for action in actions {
                let service = action.split(':').next().unwrap();
                let expected = match (&*function.binary, &*action) {
                    // Due work is in the index, an MSP's items are in its partition.
                    ("work-reconcile", "dynamodb:Query") => OF_INDEX,
                    ("connectwise-redrive", "dynamodb:Query") if resources == [OF_INDEX] => OF_INDEX,
                    (_, action) if STREAM.contains(&action) => r#"{"Fn::GetAtt":"Table.StreamArn"}"#,
                    ("connectwise-additions" | "connectwise-tickets", "sqs:SendMessage")
                    | ("connectwise-redrive", "sqs:ReceiveMessage" | "sqs:DeleteMessage") => {
                        r#"{"Fn::GetAtt":"ConnectWiseDeadLetters.Arn"}"#
                    }
                    ("actions-check", action) if action.starts_with("sqs:") => TO_CHECK,
                    ("actions-monitor", "sqs:GetQueueAttributes") => TO_CHECK,
                    ("actions-monitor", "sqs:SendMessage") if resources == [TO_CHECK] => TO_CHECK,
                    // Only the secret of the reporters, not that of the BSS's applications.
                    ("actions-report", "secretsmanager:GetSecretValue") => r#"{"Ref":"Reporters"}"#,
                    _ => resource[service],
                };
                assert_eq!(resources, [expected], "{}: {action}", function.binary);
                // The key is used through a service that encrypts with it, or with an encryption context.
                let through =
                    |condition: &String| ["kms:ViaService", ":tenant"].iter().any(|key| condition.contains(key));
                assert!(service != "kms" || condition.as_ref().is_some_and(through), "{}: {action}", function.binary);
            }
        }
    }
}

/// A function can use a service that encrypts with the key only if it may use the key through that service.
#[test]
fn each_function_may_use_the_key_through_the_services_it_uses() {
    for function in Template::read().unwrap().functions() {
        for (prefix, service, needed) in [
            ("dynamodb:", "dynamodb", "kms:Decrypt"),
            ("secretsmanager:", "secretsmanager", "kms:Decrypt"),
            ("sqs:", "sqs", "kms:Decrypt"),
            ("sqs:SendMessage", "sqs", "kms:GenerateDataKey"),
        ] {
            let uses = function.statements.iter().flat_map(|one| &one.actions).any(|action| action.starts_with(prefix));
            let through = format!("{service}.${{AWS::Region}}.amazonaws.com");
            let may = function.statements.iter().any(|one| {
                let condition = one.condition.as_deref().unwrap_or_default();
                one.actions.iter().any(|action| action == needed)
                    && condition.contains("kms:ViaService")
                    && condition.contains(&through)
            });
            assert!(!uses || may, "{}: {needed} through {service}", function.binary);
        }
    }
}

/// Allowed wildcards, with reasons.
const WILDCARDS: [(&str, &str); 2] =
    [("Key", "the policy of a key, in which * is the key itself"), ("TracingPolicy", "X-Ray has no resources to name")];

#[test]
fn nothing_else_in_the_template_has_a_wildcard() {
    let template = Template::read().unwrap();
    let mut found = BTreeSet::new();
    for (resource, statement) in template.statements() {
        if statement.actions.iter().chain(&statement.resources).any(|text| text.contains('*')) {
            found.insert(resource);
        }
    }
    assert_eq!(found, WILDCARDS.map(|(resource, _)| resource).into());
}
