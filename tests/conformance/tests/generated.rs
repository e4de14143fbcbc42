//! Tests of `cargo run -p conformance`: its generated parts are up to date, and its stanzas are those of the template.

use std::collections::BTreeSet;

use conformance::template::{Statement, Template};
use conformance::{declared, generated, stanza, template_check};
use service_manager::endpoints::all_served;

#[test]
fn the_generated_parts_are_up_to_date() {
    let files = generated::files(&declared::functions()).unwrap();
    let differences: String = files.iter().map(generated::File::diff).collect();
    assert!(differences.is_empty(), "run `cargo run -p conformance`:\n{differences}");
    assert_eq!(files.len(), 8);
}

#[test]
fn a_generated_part_is_replaced_and_the_rest_stays() {
    let text = "a\n# generated: x\nold\n# end\nb\n<!-- generated: y -->\nold\n<!-- end -->\nc\n";
    let expected = "a\n# generated: x\nnew\n# end\nb\n<!-- generated: y -->\nold\n<!-- end -->\nc\n";
    assert_eq!(generated::replace(text, "x", "new\n").as_deref(), Some(expected));
    let expected = "a\n# generated: x\nold\n# end\nb\n<!-- generated: y -->\nnew\n<!-- end -->\nc\n";
    assert_eq!(generated::replace(text, "y", "new\n").as_deref(), Some(expected));
    assert_eq!(generated::replace(text, "z", "new\n"), None);
}

#[test]
fn the_template_has_what_the_list_declares() {
    let findings = template_check::findings(&Template::read().unwrap(), &declared::functions());
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

fn statements(statements: &[Statement]) -> BTreeSet<(BTreeSet<String>, String, Option<String>)> {
    let statement = |one: &Statement| {
        let actions = one.actions.iter().cloned().collect();
        // In any order.
        let condition = one.condition.as_ref().map(|text| {
            let mut words: Vec<_> = text.split(['[', ']', ',']).collect();
            words.sort_unstable();
            words.concat()
        });
        (actions, one.resources.join(" "), condition)
    };
    statements.iter().map(statement).collect()
}

/// The stanza that the command prints for an endpoint is the one in the template, up to the order of actions.
#[test]
fn a_printed_stanza_is_the_templates() {
    let template = Template::read().unwrap();
    let mut compared = 0;
    for declared in declared::functions() {
        let Some(text) = stanza::resources(&declared) else { continue };
        let printed = Template::parse(&format!("Resources:\n{text}")).unwrap();
        let id = declared.id();
        for part in [
            "Function",
            "Log",
            "Role/Type",
            "Role/Properties/AssumeRolePolicyDocument",
            "Role/Properties/ManagedPolicyArns",
        ] {
            let pointer = format!("/Resources/{id}{part}");
            assert_eq!(printed.at(&pointer), template.at(&pointer), "{pointer}");
        }
        let own = |template: &Template| statements(&template.role(&format!("{id}Role")));
        assert_eq!(own(&printed), own(&template), "{id}Role");
        compared += 1;
    }
    assert_eq!(compared, all_served().count());
}

/// Without an endpoint's function, route and alarms, the command prints each of them.
#[test]
fn an_endpoint_that_the_template_lacks_is_printed() {
    let template = Template::parse("Resources: {}").unwrap();
    let declared: Vec<_> = declared::functions().into_iter().filter(|one| one.name == "portal-plans-list").collect();
    let findings = template_check::findings(&template, &declared).join("\n");
    for part in [
        "  PortalPlansListFunction:\n",
        "  PortalPlansListRole:\n",
        "  PortalPlansListLog:\n",
        "        Route: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: GET, Path: /portal/plans/list}}\n",
        "ManagedPolicyArns: [!Ref PortalPolicy, !If",
        "              - {Effect: Allow, Action: [dynamodb:UpdateItem, dynamodb:Query], Resource: !GetAtt Table.Arn}\n",
        "        GET /portal/plans/list: {ThrottlingRateLimit: !Ref RateLimit",
        "        - {Id: portal_plans_list, ReturnData: false, MetricStat: {Stat: p99, Period: 300, Metric: ",
    ] {
        assert!(findings.contains(part), "{part}\n{findings}");
    }
}
