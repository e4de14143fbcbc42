//! The IAM actions that a grant consists of, as they stand in `template.yaml`.

use std::collections::BTreeSet;

use service_manager::app::grant::{Grant, Queue};

use crate::declared::Declared;
use crate::template::{Statement, Template};

/// Logging and, if enabled, tracing: actions of every function.
pub const EVERY_FUNCTION: [&str; 4] =
    ["logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTelemetryRecords", "xray:PutTraceSegments"];

/// An action on a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// IAM action.
    pub action: String,
    /// Resource, as JSON.
    pub resource: String,
    /// Condition.
    pub condition: Condition,
}

/// The condition of a permission.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// None.
    None,
    /// The encryption context names a tenant.
    Tenant,
    /// The key is used through a service that encrypts with it.
    Through(Service),
    /// Any other condition, as JSON.
    Other(String),
}

/// A service that encrypts with the stack's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// DynamoDB.
    Table,
    /// Secrets Manager.
    Secrets,
    /// SQS.
    Queues,
}

impl Service {
    /// All services, in the order of the template.
    pub const ALL: [Self; 3] = [Self::Table, Self::Secrets, Self::Queues];

    /// Returns the first part of the service's host name.
    pub const fn host(self) -> &'static str {
        match self {
            Self::Table => "dynamodb",
            Self::Secrets => "secretsmanager",
            Self::Queues => "sqs",
        }
    }

    fn endpoint(self) -> String {
        format!(r#"{{"Fn::Sub":"{}.${{AWS::Region}}.amazonaws.com"}}"#, self.host())
    }
}

/// Returns the logical id of a queue.
pub const fn queue_id(queue: Queue) -> &'static str {
    match queue {
        Queue::Checks => "ActionsQueue",
        Queue::Audits => "AuditsQueue",
        Queue::DeadLetters => "DeadLetters",
        Queue::ConnectWiseDeadLetters => "ConnectWiseDeadLetters",
    }
}

/// Returns the permissions that a grant consists of.
pub fn of_grant(grant: Grant) -> Vec<Permission> {
    let arn = |id: &str| format!(r#"{{"Fn::GetAtt":"{id}.Arn"}}"#);
    let stream = || r#"{"Fn::GetAtt":"Table.StreamArn"}"#.to_owned();
    let index = || r#"{"Fn::Sub":"${Table.Arn}/index/work"}"#.to_owned();
    let secret = |id: &str| format!(r#"{{"Ref":"{id}"}}"#);
    let (actions, resource, through): (&[&str], _, _) = match grant {
        Grant::Get => (&["dynamodb:GetItem"], arn("Table"), Some(Service::Table)),
        Grant::Put => (&["dynamodb:PutItem"], arn("Table"), Some(Service::Table)),
        Grant::Update => (&["dynamodb:UpdateItem"], arn("Table"), Some(Service::Table)),
        Grant::Delete => (&["dynamodb:DeleteItem"], arn("Table"), Some(Service::Table)),
        Grant::Query => (&["dynamodb:Query"], arn("Table"), Some(Service::Table)),
        Grant::QueryDue => (&["dynamodb:Query"], index(), Some(Service::Table)),
        // Lambda asks for all four before it reads a stream.
        Grant::ConsumeStream => (
            &["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"],
            stream(),
            Some(Service::Table),
        ),
        Grant::ReadStream => (&["dynamodb:GetRecords", "dynamodb:GetShardIterator"], stream(), Some(Service::Table)),
        Grant::ReadApplications => (&["secretsmanager:GetSecretValue"], secret("Applications"), Some(Service::Secrets)),
        Grant::ReadReporters => (&["secretsmanager:GetSecretValue"], secret("Reporters"), Some(Service::Secrets)),
        Grant::Decrypt => return vec![key("kms:Decrypt", Condition::Tenant)],
        Grant::Encrypt => return vec![key("kms:Encrypt", Condition::Tenant)],
        Grant::Send(queue) => (&["sqs:SendMessage"], arn(queue_id(queue)), Some(Service::Queues)),
        Grant::Receive(queue) => {
            (&["sqs:ReceiveMessage", "sqs:DeleteMessage"], arn(queue_id(queue)), Some(Service::Queues))
        }
        Grant::Count(queue) => (&["sqs:GetQueueAttributes"], arn(queue_id(queue)), None),
    };
    let permission = |action: &&str| Permission {
        action: (*action).to_owned(),
        resource: resource.clone(),
        condition: Condition::None,
    };
    let mut permissions: Vec<_> = actions.iter().map(permission).collect();
    permissions.extend(through.map(|service| key("kms:Decrypt", Condition::Through(service))));
    // SQS encrypts a message with a new data key.
    if matches!(grant, Grant::Send(_)) {
        permissions.push(key("kms:GenerateDataKey", Condition::Through(Service::Queues)));
    }
    permissions
}

fn key(action: &str, condition: Condition) -> Permission {
    Permission { action: action.to_owned(), resource: r#"{"Fn::GetAtt":"Key.Arn"}"#.to_owned(), condition }
}

/// Returns the permissions that the grants consist of.
pub fn of_grants(grants: &[Grant]) -> BTreeSet<Permission> {
    grants.iter().copied().flat_map(of_grant).collect()
}

/// Returns the permissions of a role's statements, without those of every function.
pub fn of_statements(statements: &[Statement]) -> BTreeSet<Permission> {
    let mut permissions = BTreeSet::new();
    for statement in statements {
        let conditions = conditions(statement.condition.as_deref());
        for action in statement.actions.iter().filter(|action| !EVERY_FUNCTION.contains(&action.as_str())) {
            for (resource, condition) in
                statement.resources.iter().flat_map(|one| conditions.iter().map(move |condition| (one, condition)))
            {
                let (action, resource, condition) = (action.clone(), resource.clone(), condition.clone());
                permissions.insert(Permission { action, resource, condition });
            }
        }
    }
    permissions
}

fn conditions(condition: Option<&str>) -> Vec<Condition> {
    let Some(condition) = condition else { return vec![Condition::None] };
    if condition == r#"{"Null":{"kms:EncryptionContext:tenant":"false"}}"# {
        return vec![Condition::Tenant];
    }
    let services: Vec<_> = Service::ALL.into_iter().filter(|service| condition.contains(&service.endpoint())).collect();
    let named: Vec<_> = services.iter().map(|service| service.endpoint()).collect();
    // In any order.
    let left = named.iter().fold(condition.to_owned(), |left, one| left.replacen(one, "", 1)).replace(',', "");
    if services.is_empty() || left != r#"{"StringEquals":{"kms:ViaService":[]}}"# {
        return vec![Condition::Other(condition.to_owned())];
    }
    services.into_iter().map(Condition::Through).collect()
}

/// Compares the roles in the template with the grants. Returns each permission that is missing or not granted.
pub fn findings(template: &Template, declared: &[Declared]) -> Vec<String> {
    let mut findings = Vec::new();
    for function in template.functions() {
        let Some(declared) = declared.iter().find(|one| one.name == function.binary) else { continue };
        let (actual, expected) = (of_statements(&function.statements), of_grants(declared.grants));
        let line = |what: &str, one: &Permission| {
            format!("{}: {what} {} on {} ({:?})", function.role, one.action, one.resource, one.condition)
        };
        findings.extend(expected.difference(&actual).map(|one| line("lacks", one)));
        findings.extend(actual.difference(&expected).map(|one| line("has more than the grants:", one)));
    }
    findings
}
