//! What each function may do: its own, and no more.

use std::collections::{BTreeMap, BTreeSet};

use conformance::template::{Statement, Template};

/// What every function may do: log, and, if the stack asks for it, trace.
const EVERY: [&str; 4] =
    ["logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTelemetryRecords", "xray:PutTraceSegments"];

/// What a function may do besides. A transaction needs the actions that it consists of.
#[expect(clippy::too_many_lines, reason = "a table")]
fn own(binary: &str) -> &'static [&'static str] {
    match binary {
        // Finds out who calls.
        "fields-get" | "fields-validate" | "service-definitions" | "accounts-syncoptions" => {
            &["kms:Decrypt", "secretsmanager:GetSecretValue"]
        }
        // Reads records and links as well; remembers and forgets how far a search has come.
        "accounts-exists" => &[
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "kms:Decrypt",
            "secretsmanager:GetSecretValue",
        ],
        // Finds the session and opens its settings, as all of the portal does.
        "portal-settings-options" | "portal-settings-get" | "portal-companies-list" | "portal-agreements-list" => {
            &["dynamodb:GetItem", "kms:Decrypt"]
        }
        // Proves the tokens of who signs in, and keeps them, sealed.
        "portal-session-create" => &["dynamodb:GetItem", "dynamodb:PutItem", "kms:Decrypt", "kms:Encrypt"],
        // Proves the keys to ConnectWise, and keeps them, sealed; another company's are not taken if there are plans.
        "portal-settings-credentials" => {
            &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "kms:Decrypt", "kms:Encrypt"]
        }
        // Makes something in ConnectWise under the MSP's lock, which it gives back.
        "portal-settings-save" | "portal-plans-create" => {
            &["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "kms:Decrypt"]
        }
        "portal-plans-update" | "portal-plans-deactivate" | "portal-links-create" => {
            &["dynamodb:GetItem", "dynamodb:PutItem", "kms:Decrypt"]
        }
        // Reads what is the MSP's.
        "portal-plans-list" | "portal-links-list" | "portal-additions-list" | "portal-tickets-list" => {
            &["dynamodb:GetItem", "dynamodb:Query", "kms:Decrypt"]
        }
        "portal-links-delete" => &["dynamodb:DeleteItem", "dynamodb:GetItem", "kms:Decrypt"],
        // Does what the consumer of the stream does, for all that is the MSP's.
        "portal-additions-retry" | "portal-tickets-retry" => {
            &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem", "kms:Decrypt"]
        }
        // Orders like the BSS does, without being one of its installations.
        "portal-organizations-create"
        | "portal-organizations-update"
        | "portal-organizations-suspend"
        | "portal-organizations-activate"
        | "portal-organizations-unsubscribe" => {
            &["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "kms:Decrypt"]
        }
        // Is handed the table's stream; what it could not work off is parked.
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
        // Likewise, but needs no list.
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
        // Finds out who reports, and takes in what.
        "actions-report" => &["dynamodb:GetItem", "dynamodb:PutItem", "kms:Decrypt", "secretsmanager:GetSecretValue"],
        // Lists what is linked, remembers and forgets how far it has come, and sends it; a failed run is kept.
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
        // Is handed what the monitor sent, opens the partner's settings, and takes in what it saw.
        "actions-check" => &[
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "kms:Decrypt",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
        ],
        // Finds what is due, what was parked and what is to be tried again, and reads on the stream what was parked; a failed
        // run is kept.
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
        // Is called by nobody. Finds work, opens the settings that were kept with it, does it; a failed run is kept.
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
        // Claims the account (UpdateItem), seals the partner's settings (Encrypt), writes records (PutItem), gives them
        // back or forgets them (DeleteItem).
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
fn each_function_may_do_its_own_and_no_more() {
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

/// What is done with the table's stream rather than with the table.
const STREAM: [&str; 4] =
    ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"];

/// The index of what is due.
const OF_INDEX: &str = r#"{"Fn::Sub":"${Table.Arn}/index/work"}"#;

/// The queue of what is to be looked at.
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
            // AWS has no resources to name.
            ("xray", r#""*""#),
        ]);
        for Statement { actions, resources, condition } in function.statements {
            for action in actions {
                let service = action.split(':').next().unwrap();
                let expected = match (&*function.binary, &*action) {
                    // What is due stands in the index; what is an MSP's, in its partition.
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
                    // The BSS's applications are none of the reporters' business.
                    ("actions-report", "secretsmanager:GetSecretValue") => r#"{"Ref":"Reporters"}"#,
                    _ => resource[service],
                };
                assert_eq!(resources, [expected], "{}: {action}", function.binary);
                // The key is used through a service that encrypts with it, or for a tenant that is named.
                let through =
                    |condition: &String| ["kms:ViaService", ":tenant"].iter().any(|key| condition.contains(key));
                assert!(service != "kms" || condition.as_ref().is_some_and(through), "{}: {action}", function.binary);
            }
        }
    }
}

/// What is encrypted by the key is of no use to a function that may not use the key through the service.
#[test]
fn each_function_may_use_the_key_through_what_encrypts_with_it() {
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

/// Where a `*` may stand, and why.
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
