//! What each function may do: its own, and no more.

use std::collections::{BTreeMap, BTreeSet};

use conformance::template::{Statement, Template};

/// What every function may do: log, find its callers, and, if the stack asks for it, trace.
const EVERY: [&str; 6] = [
    "kms:Decrypt",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "secretsmanager:GetSecretValue",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
];

/// What a function may do to the table. A transaction needs the actions that it consists of.
fn in_table(binary: &str) -> &'static [&'static str] {
    match binary {
        "fields-get" | "fields-validate" | "service-definitions" | "accounts-syncoptions" => &[],
        // Reads records and links; remembers and forgets how far a search has come.
        "accounts-exists" => &["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"],
        // Claims the account (UpdateItem), writes records (PutItem), gives back or forgets them (DeleteItem).
        _ => &["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
    }
}

#[test]
fn each_function_may_do_its_own_and_no_more() {
    let template = Template::read().unwrap();
    let functions = template.functions();
    for function in &functions {
        let actions: BTreeSet<_> = function.statements.iter().flat_map(|one| one.actions.clone()).collect();
        let allowed: BTreeSet<_> = EVERY.iter().chain(in_table(&function.binary)).map(|&one| one.to_owned()).collect();
        println!("{:<24} {}", function.binary, actions.iter().cloned().collect::<Vec<_>>().join(" "));
        assert_eq!(actions, allowed, "{}", function.binary);
        assert_eq!(function.knows_table, !in_table(&function.binary).is_empty(), "{}", function.binary);
    }
    let roles: BTreeSet<_> = functions.iter().map(|function| &function.role).collect();
    assert_eq!(roles.len(), functions.len(), "two functions share a role");
}

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
            // AWS has no resources to name.
            ("xray", r#""*""#),
        ]);
        for Statement { actions, resources } in function.statements {
            for action in actions {
                let service = action.split(':').next().unwrap();
                assert_eq!(resources, [resource[service]], "{}: {action}", function.binary);
            }
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
