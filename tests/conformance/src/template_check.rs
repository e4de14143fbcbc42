//! Compares `template.yaml` with the declared functions. A finding about a function that is missing has the text to paste.

use std::collections::BTreeSet;

use serde_json::Value;
use service_manager::workers::Trigger;

use crate::declared::{Declared, Source};
use crate::permissions::{self, queue_id};
use crate::stanza;
use crate::template::{Template, refs, text};

/// The metrics on which each function has an alarm, with their statistics.
const ALARMS: [(&str, &str); 3] = [("Errors", "Sum"), ("Throttles", "Sum"), ("Duration", "p99")];

/// The most metrics of one alarm, its sum included: CloudWatch's limit.
const MOST_METRICS: usize = 10;

/// Returns each difference between the template and the declared functions.
pub fn findings(template: &Template, declared: &[Declared]) -> Vec<String> {
    let mut findings = Vec::new();
    let functions = template.functions();
    for one in declared {
        match functions.iter().find(|function| function.binary == one.name) {
            None => findings.push(missing(one)),
            Some(function) => findings.extend(events(template, one, &function.id)),
        }
        findings.extend(one.routes().into_iter().filter_map(|route| route_settings(template, route)));
        findings.extend(ALARMS.iter().filter_map(|(metric, statistic)| alarm(template, one, metric, statistic)));
    }
    for function in functions {
        if !declared.iter().any(|one| one.name == function.binary) {
            findings.push(format!("{} is in template.yaml, and no endpoint or background function", function.id));
        }
    }
    findings.extend(permissions::findings(template, declared));
    findings
}

fn missing(declared: &Declared) -> String {
    let id = declared.id();
    stanza::resources(declared).map_or_else(
        || {
            format!(
                "template.yaml lacks {id}Function. Copy another background function; its grants: {:?}",
                declared.grants
            )
        },
        |stanza| format!("template.yaml lacks {id}Function. Paste under Resources, and review the role:\n\n{stanza}"),
    )
}

/// The event sources of a function, and the name of its log group.
fn events(template: &Template, declared: &Declared, id: &str) -> Vec<String> {
    let mut findings = Vec::new();
    if id != format!("{}Function", declared.id()) {
        findings.push(format!("{id} must have the logical id {}Function", declared.id()));
    }
    let resource = template.at(&format!("/Resources/{id}/Properties"));
    let events: Vec<_> = resource["Events"].as_object().into_iter().flatten().map(|(_, event)| event).collect();
    let (kind, property, value) = match &declared.source {
        Source::Route { .. } => {
            let routes =
                events.iter().map(|event| (text(event, "/Properties/Method"), text(event, "/Properties/Path")));
            let expected: BTreeSet<_> = declared.routes().into_iter().collect();
            if events.len() != expected.len() || routes.collect::<BTreeSet<_>>() != expected {
                findings.push(format!("{id} must have the routes {expected:?}"));
            }
            return findings;
        }
        Source::Background(Trigger::Stream) => {
            ("DynamoDB", "/Properties/Stream/Fn::GetAtt", "Table.StreamArn".to_owned())
        }
        Source::Background(Trigger::Queue(queue)) => {
            ("SQS", "/Properties/Queue/Fn::GetAtt", format!("{}.Arn", queue_id(*queue)))
        }
        Source::Background(Trigger::Schedule(rate)) => ("Schedule", "/Properties/Schedule", (*rate).to_owned()),
        Source::Background(Trigger::Operator) => {
            if !events.is_empty() {
                findings.push(format!("{id} must have no event source: an operator invokes it"));
            }
            return findings;
        }
    };
    let fits = |event: &&Value| text(event, "/Type") == kind && text(event, property) == value;
    if events.len() != 1 || !events.iter().all(fits) {
        findings.push(format!("{id} must have one event source, {kind} with {value}"));
    }
    findings
}

fn route_settings(template: &Template, (method, url): (&str, &str)) -> Option<String> {
    let settings = template.at("/Resources/Api/Properties/RouteSettings");
    let line = stanza::route_settings(method, url);
    let there = settings.get(format!("{method} {url}")).is_some();
    (!there).then(|| format!("template.yaml lacks throttling. Paste under RouteSettings of Api:\n\n{line}\n"))
}

/// Returns a finding unless an alarm on `metric` watches the function.
fn alarm(template: &Template, declared: &Declared, metric: &str, statistic: &str) -> Option<String> {
    let id = format!("{}Function", declared.id());
    let alarms = template.resources("AWS::CloudWatch::Alarm");
    let mut roomy = Vec::new();
    for (name, alarm) in alarms {
        let metrics = alarm.pointer("/Properties/Metrics").and_then(Value::as_array).into_iter().flatten();
        let metrics: Vec<_> = metrics.collect();
        let of_metric = metrics.iter().filter(|one| text(one, "/MetricStat/Metric/MetricName") == metric);
        let watched: BTreeSet<_> = of_metric.flat_map(|one| refs(one)).collect();
        if watched.contains(&id) {
            return None;
        }
        if !watched.is_empty() && metrics.len() < MOST_METRICS {
            roomy.push(name);
        }
    }
    let line = stanza::alarm_metric(declared, metric, statistic);
    Some(format!(
        "template.yaml lacks an alarm on {metric} of {id}. Paste into one of {}, or a new one:\n\n{line}\n",
        roomy.join(", ")
    ))
}
