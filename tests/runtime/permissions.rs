//! Proves the permissions of the template both ways: no call of a story is denied, and each permission is used and needed.

use std::collections::BTreeSet;

use conformance::permissions::{self, Condition, EVERY_FUNCTION, Permission};
use conformance::template::Template;
use sandbox::iam::{self, Decision, Role};
use service_manager::vendor::VendorName;

use crate::deployed::Deployed;
use crate::stories::{customer, msp};

/// Actions that no story uses, with the reasons. Statements on logs and traces are Lambda's own and not counted.
const UNUSED: &[(&str, &str)] = &[(
    "dynamodb:ListStreams",
    "AWS requires it of the role of an event source; reading the stream needs no call of it",
)];

#[tokio::test(flavor = "multi_thread")]
async fn no_call_is_denied_and_each_permission_is_used() {
    let (of_dropsuite, of_msp, of_dropbox) =
        tokio::join!(customer(VendorName::Dropsuite), msp(), customer(VendorName::Dropbox));
    let stories = [of_dropsuite, of_msp, of_dropbox];
    let judgements = stories.each_ref().map(|story| story.judge.judgements());
    let (mut findings, mut excused) = (Vec::new(), BTreeSet::new());
    let mut all = 0;
    println!("{:<33} {:>6} {:>6} {:>7} {:>6}", "function", "calls", "denied", "granted", "unused");
    for function in Template::read().unwrap().functions() {
        let name = &function.binary;
        let calls: usize = judgements.iter().filter_map(|one| one.calls.get(name).copied()).sum();
        let lines = judgements.iter().flat_map(|one| one.denied.iter().chain(&one.unknown));
        let denied: Vec<_> = lines.filter(|line| line.starts_with(&format!("{name}: "))).collect();
        let granted = permissions::of_statements(&function.statements);
        let is_unused = |one: &&Permission| !stories.iter().any(|story| is_used(story, name, one));
        let unused: Vec<_> = granted.iter().filter(is_unused).collect();
        println!("{name:<33} {calls:>6} {:>6} {:>7} {:>6}", denied.len(), granted.len(), unused.len());
        for one in unused {
            let line = format!("{name}: {} on {} ({:?})", one.action, one.resource, one.condition);
            match UNUSED.iter().find(|(action, _)| one.action == *action) {
                Some((action, reason)) => {
                    println!("    {line}: {reason}");
                    excused.insert(*action);
                }
                None => findings.push(format!("{line} is not used")),
            }
        }
        let needed: BTreeSet<_> = stories.iter().flat_map(|story| needed(story, name)).collect();
        for (index, action) in actions(&stories[0], name).into_iter().enumerate() {
            let is_counted = !excused.contains(action.as_str()) && !EVERY_FUNCTION.contains(&action.as_str());
            if is_counted && !needed.contains(&index) {
                findings
                    .push(format!("{name} is denied nothing without the action {action}, number {index} of its role"));
            }
        }
        if calls == 0 && !granted.is_empty() {
            findings.push(format!("{name} made no call"));
        }
        findings.extend(denied.into_iter().cloned());
        all += calls;
    }
    println!("{all} calls judged");
    findings.extend(
        UNUSED.iter().filter(|(action, _)| !excused.contains(action)).map(|(action, _)| format!("{action} is used")),
    );
    assert!(findings.is_empty(), "{findings:#?}");
    stories.iter().for_each(Deployed::assert_permitted);
}

/// Returns the actions of a function's role, in the order of its statements.
fn actions(story: &Deployed, function: &str) -> Vec<String> {
    story.judge.account().roles[function].without_each_action().into_iter().map(|(action, _)| action).collect()
}

/// Returns the positions of those actions without which a call of the story is denied.
fn needed(story: &Deployed, function: &str) -> Vec<usize> {
    let (account, judgements) = (story.judge.account(), story.judge.judgements());
    let used: Vec<_> = judgements.used.get(function).into_iter().flatten().collect();
    let reduced = account.roles[function].without_each_action().into_iter().enumerate();
    let is_denied = |role: &Role| used.iter().any(|one| account.decide(role, one) != Decision::Allowed);
    reduced.filter(|(_, (_, role))| is_denied(role)).map(|(index, _)| index).collect()
}

fn is_used(story: &Deployed, function: &str, granted: &Permission) -> bool {
    let judgements = story.judge.judgements();
    let resource = story.deployment.value(&granted.resource).unwrap();
    let uses = |used: &iam::Permission| {
        used.action == granted.action
            && used.resource == resource
            && match &granted.condition {
                Condition::None => true,
                Condition::Tenant => used.encrypts_for("tenant"),
                Condition::Through(service) => used.through() == Some(service.host()),
                Condition::Other(_) => false,
            }
    };
    judgements.used.get(function).into_iter().flatten().any(uses)
}
