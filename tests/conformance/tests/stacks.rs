//! Tests that a stack may have any name, keeps its data, and serves what was deployed last.

use std::collections::BTreeSet;

use conformance::root;
use conformance::template::{Template, text};
use serde_json::Value;

/// Properties that name a resource after the stack, and how long the name may be (AWS's service quotas).
const NAMES: [(&str, &str, usize); 4] = [
    ("AWS::CloudWatch::Dashboard", "/Properties/DashboardName", 255),
    ("AWS::Logs::LogGroup", "/Properties/LogGroupName", 512),
    ("AWS::Logs::QueryDefinition", "/Properties/Name", 255),
    ("AWS::Serverless::HttpApi", "/Properties/Name", 128),
];

/// The longest name of a stack that `CloudFormation` accepts.
const LONGEST_STACK: usize = 128;

/// A resource has a name of `CloudFormation`'s making, or one that fits for each name of a stack.
#[test]
fn no_name_is_too_long_for_any_name_of_a_stack() {
    let template = Template::read().unwrap();
    let mut named = BTreeSet::new();
    for (id, resource) in template.at("/Resources").as_object().unwrap() {
        let kind = text(resource, "/Type");
        // Properties that name the resource itself, not the one that it belongs to.
        let own = ["Name", "FunctionName", "RoleName", "ManagedPolicyName", "QueueName", "TableName", "AlarmName"];
        let own = own.into_iter().chain(["LogGroupName", "DashboardName"]);
        for property in own {
            let pointer = format!("/Properties/{property}");
            let Some(name) = resource.pointer(&pointer) else { continue };
            // The name of a DNS record is the host name.
            if kind == "AWS::Route53::RecordSet" {
                continue;
            }
            let limit = NAMES.iter().find(|(of, at, _)| *of == kind && *at == pointer);
            let (_, _, limit) = limit.unwrap_or_else(|| panic!("{id} has a fixed {property}"));
            let pattern = name.get("Fn::Sub").and_then(Value::as_str).unwrap_or("${AWS::StackName}");
            let length = pattern.replace("${AWS::StackName}", "").len() + LONGEST_STACK;
            assert!(pattern.contains("${AWS::StackName}"), "two stacks would both make {id}");
            assert!(length <= *limit, "{id}: {property} can have {length} characters, {limit} are allowed");
            named.insert(kind);
        }
    }
    assert_eq!(named, NAMES.iter().map(|(kind, ..)| *kind).collect());
}

/// Data outlives the stack and a replacement, but not a creation that fails. Nothing else is kept.
#[test]
fn data_outlives_the_stack() {
    let template = Template::read().unwrap();
    let resources = template.at("/Resources").as_object().unwrap();
    let with = |policy: &str, value: &str| -> Vec<_> {
        let kept = |(id, resource): (&String, &Value)| (text(resource, policy) == value).then(|| id.clone());
        resources.iter().filter_map(kept).collect()
    };
    let kept = with("/DeletionPolicy", "RetainExceptOnCreate");
    let data =
        ["ActionsDeadLetters", "Applications", "ConnectWiseDeadLetters", "DeadLetters", "Key", "Reporters", "Table"];
    assert_eq!(kept.iter().collect::<BTreeSet<_>>(), data.map(str::to_owned).iter().collect());
    assert_eq!(with("/UpdateReplacePolicy", "Retain"), kept);
    assert!(with("/DeletionPolicy", "Retain").is_empty());
}

/// A call reaches what was deployed last: an alias would lead to the code and the variables of the last published version.
#[test]
fn no_function_has_an_alias() {
    let text = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    for property in ["AutoPublishAlias", "DeploymentPreference", "AWS::Lambda::Alias", "AWS::Lambda::Version"] {
        assert!(!text.contains(property), "{property}");
    }
}
