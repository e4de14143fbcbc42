//! Tests that each function has the permissions that its grants declare, and no others.

use std::collections::{BTreeMap, BTreeSet};

use conformance::template::{Statement, Template};
use conformance::{declared, permissions, root};
use service_manager::app::grant::Grant;

#[test]
fn each_function_has_minimal_permissions() {
    let template = Template::read().unwrap();
    let functions = template.functions();
    let declared = declared::functions();
    for function in &functions {
        let grants = declared.iter().find(|one| one.name == function.binary).unwrap().grants;
        println!("{:<24} {grants:?}", function.binary);
        let in_table = permissions::of_grants(grants).iter().any(|one| one.action.starts_with("dynamodb:"));
        assert_eq!(function.knows_table, in_table, "{}", function.binary);
        assert_eq!(function.knows_key, grants.contains(&Grant::Encrypt), "{}", function.binary);
        let repeated: BTreeSet<_> = grants.iter().map(|grant| format!("{grant:?}")).collect();
        assert_eq!(repeated.len(), grants.len(), "{} declares a grant twice", function.binary);
    }
    let findings = permissions::findings(&template, &declared);
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    let roles: BTreeSet<_> = functions.iter().map(|function| &function.role).collect();
    assert_eq!(roles.len(), functions.len(), "two functions share a role");
}

/// The comparison notices an action that is missing, one too many, one on another resource, and a lost condition.
#[test]
fn the_comparison_notices_each_difference() {
    let template = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let declared = declared::functions();
    let role = template.find("  AccountsExistsRole:").unwrap();
    let (before, after) = template.split_at(role);
    let findings = |old: &str, new: &str| {
        let (at, _) = after.match_indices(old).next().unwrap();
        let changed = format!("{before}{}{new}{}", &after[..at], &after[at + old.len()..]);
        permissions::findings(&Template::parse(&changed).unwrap(), &declared)
    };
    let own = "[dynamodb:GetItem, dynamodb:PutItem, dynamodb:DeleteItem], Resource: !GetAtt Table.Arn";
    assert!(findings(own, own).is_empty());
    for (new, count, contained) in [
        ("[dynamodb:GetItem, dynamodb:PutItem], Resource: !GetAtt Table.Arn", 1, "lacks dynamodb:DeleteItem"),
        (
            "[dynamodb:GetItem, dynamodb:PutItem, dynamodb:DeleteItem, dynamodb:Scan], Resource: !GetAtt Table.Arn",
            1,
            "has more than the grants: dynamodb:Scan",
        ),
        ("[dynamodb:GetItem, dynamodb:PutItem, dynamodb:DeleteItem], Resource: !GetAtt Key.Arn", 6, "Key.Arn"),
    ] {
        let found = findings(own, new);
        assert_eq!(found.len(), count, "{found:?}");
        assert!(found.iter().any(|finding| finding.starts_with("AccountsExistsRole") && finding.contains(contained)));
    }
    // Encrypt of subscriptions-create, the next role that has the condition, without it.
    let found = findings("                Condition: {\"Null\": {kms:EncryptionContext:tenant: \"false\"}}\n", "");
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|finding| finding.contains("kms:Encrypt")), "{found:?}");
}

/// Actions on the table's stream.
const STREAM: [&str; 4] =
    ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"];

/// The index of due work.
const OF_INDEX: &str = r#"{"Fn::Sub":"${Table.Arn}/index/work"}"#;

/// The dead letters of the stream's consumers.
const OF_CONNECTWISE: &str = r#"{"Fn::GetAtt":"ConnectWiseDeadLetters.Arn"}"#;

/// The check queue.
const TO_CHECK: &str = r#"{"Fn::GetAtt":"ActionsQueue.Arn"}"#;

/// The audit queue.
const TO_AUDIT: &str = r#"{"Fn::GetAtt":"AuditsQueue.Arn"}"#;

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
                    // Due work is in the index, and what failed, which a digest names; an MSP's items and a reseller's
                    // customers are in their partitions.
                    ("work-reconcile" | "connectwise-redrive" | "connectwise-schedule", "dynamodb:Query")
                        if resources == [OF_INDEX] =>
                    {
                        OF_INDEX
                    }
                    (_, action) if STREAM.contains(&action) => r#"{"Fn::GetAtt":"Table.StreamArn"}"#,
                    ("connectwise-additions" | "connectwise-tickets", "sqs:SendMessage")
                    | ("connectwise-redrive", "sqs:ReceiveMessage" | "sqs:DeleteMessage") => OF_CONNECTWISE,
                    // The rest of a batch, and its own failed runs.
                    ("connectwise-redrive", "sqs:SendMessage") if resources == [OF_CONNECTWISE] => OF_CONNECTWISE,
                    ("actions-check", action) if action.starts_with("sqs:") => TO_CHECK,
                    ("connectwise-audit" | "portal-audit-run", action) if action.starts_with("sqs:") => TO_AUDIT,
                    ("connectwise-schedule", "sqs:SendMessage") if resources == [TO_AUDIT] => TO_AUDIT,
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
