//! The part of `template.yaml` that belongs to an endpoint: function, role, log group and route, as the template writes them.
//! People paste it, and review it there.

use std::collections::BTreeSet;

use service_manager::app::grant::{Grant, Queue};

use crate::declared::Declared;
use crate::permissions::{Condition, Permission, Service, of_grant, of_grants};
use crate::template::BUILT;

/// The role's trust policy, up to its managed policies.
const TRUST: &str = "    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: \"2012-10-17\"
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
";

/// The role's own policy, up to its statements.
const OWN: &str = "      Policies:
        - PolicyName: own
          PolicyDocument:
            Version: \"2012-10-17\"
            Statement:
";

/// Returns the function, the role and the log group of an endpoint, or `None` for a function without a URL: its event source
/// is written by hand.
pub fn resources(declared: &Declared) -> Option<String> {
    let routes = declared.routes();
    if routes.is_empty() {
        return None;
    }
    let names = ["Route", "Assets"];
    let events: String = names.iter().zip(routes).map(|(name, (method, url))| event(name, method, url)).collect();
    let (id, name, grants) = (declared.id(), &declared.name, declared.grants);
    let variables = variables(grants);
    let environment = if variables.is_empty() {
        String::new()
    } else {
        format!("      Environment: {{Variables: {{{}}}}}\n", variables.join(", "))
    };
    let (managed, covered) = managed_policy(grants);
    let statements = statements(grants, covered);
    Some(format!(
        "  {id}Function:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: {BUILT}{name}
      Role: !GetAtt {id}Role.Arn
      LoggingConfig: {{LogGroup: !Ref {id}Log}}
{environment}      Events:
{events}  {id}Role:
{TRUST}      ManagedPolicyArns: [{managed}!If [Traced, !Ref TracingPolicy, !Ref AWS::NoValue]]
{OWN}              - {{Effect: Allow, Action: [logs:CreateLogStream, logs:PutLogEvents], Resource: !GetAtt {id}Log.Arn}}
{statements}  {id}Log:
    Type: AWS::Logs::LogGroup
    Properties:
      LogGroupName: !Sub /aws/lambda/${{AWS::StackName}}-{name}
      RetentionInDays: !Ref LogRetentionDays
      KmsKeyId: !GetAtt Key.Arn
"
    ))
}

fn event(name: &str, method: &str, url: &str) -> String {
    let path = if url.contains('{') { format!("\"{url}\"") } else { url.to_owned() };
    format!("        {name}: {{Type: HttpApi, Properties: {{ApiId: !Ref Api, Method: {method}, Path: {path}}}}}\n")
}

/// Returns the line of an endpoint in the gateway's `RouteSettings`.
pub fn route_settings(method: &str, url: &str) -> String {
    if url.contains('{') {
        // A view of a page asks for a dozen assets at once, and a browser keeps them.
        return format!("        \"{method} {url}\": {{ThrottlingRateLimit: 200, ThrottlingBurstLimit: 400}}");
    }
    format!("        {method} {url}: {{ThrottlingRateLimit: !Ref RateLimit, ThrottlingBurstLimit: !Ref BurstLimit}}")
}

/// Returns the line of a function in an alarm on `metric`.
pub fn alarm_metric(declared: &Declared, metric: &str, statistic: &str) -> String {
    format!(
        "        - {{Id: {}, ReturnData: false, MetricStat: {{Stat: {statistic}, Period: 300, Metric: {{Namespace: AWS/Lambda, \
         MetricName: {metric}, Dimensions: [{{Name: FunctionName, Value: !Ref {}Function}}]}}}}}}",
        declared.name.replace('-', "_"),
        declared.id(),
    )
}

/// Returns the environment variables that a function's grants require.
fn variables(grants: &[Grant]) -> Vec<&'static str> {
    let in_table = of_grants(grants).iter().any(|one| one.action.starts_with("dynamodb:"));
    [
        (in_table, "TABLE_NAME: !Ref Table"),
        (grants.contains(&Grant::Encrypt), "SEAL_KEY_ID: !GetAtt Key.Arn"),
        (grants.contains(&Grant::ReadReporters), "REPORTERS_SECRET_ID: !Ref Reporters"),
        (grants.contains(&Grant::Send(Queue::Audits)), "AUDIT_QUEUE_URL: !Ref AuditsQueue"),
    ]
    .into_iter()
    .filter_map(|(needed, variable)| needed.then_some(variable))
    .collect()
}

/// Returns the references to the managed policies that a role has, and the grants that they cover.
fn managed_policy(grants: &[Grant]) -> (&'static str, &'static [Grant]) {
    if grants == [Grant::ReadApplications] {
        ("!Ref FunctionPolicy, ", &[Grant::ReadApplications])
    } else if grants.contains(&Grant::ReadApplications) {
        ("!Ref FunctionPolicy, !Ref TablePolicy, ", &[Grant::ReadApplications])
    } else if grants.contains(&Grant::Get) && grants.contains(&Grant::Decrypt) {
        ("!Ref PortalPolicy, ", &[Grant::Get, Grant::Decrypt])
    } else {
        ("", &[])
    }
}

/// Returns the role's own statements: those that no managed policy has.
fn statements(grants: &[Grant], covered: &[Grant]) -> String {
    let own: Vec<_> = grants.iter().copied().filter(|grant| !covered.contains(grant)).collect();
    let permissions: Vec<_> = own.iter().copied().flat_map(of_grant).collect();
    let mut statements = String::new();
    let mut written = BTreeSet::new();
    for Permission { resource, .. } in permissions.iter().filter(|one| one.condition == Condition::None) {
        if written.insert(resource) {
            let on_it = permissions.iter().filter(|one| one.resource == *resource && one.condition == Condition::None);
            let actions = list(&on_it.map(|one| one.action.as_str()).collect::<Vec<_>>());
            let resource = tag(resource);
            let statement = format!("              - {{Effect: Allow, Action: {actions}, Resource: {resource}}}\n");
            statements.push_str(&statement);
        }
    }
    for one in permissions.iter().filter(|one| one.condition == Condition::Tenant) {
        statements += &key(&one.action, r#"{"Null": {kms:EncryptionContext:tenant: "false"}}"#);
    }
    // The managed policies allow the use of the key through DynamoDB.
    let managed = !covered.is_empty();
    for action in ["kms:Decrypt", "kms:GenerateDataKey"] {
        let through = |service: &Service| {
            let needed =
                permissions.iter().any(|one| one.action == action && one.condition == Condition::Through(*service));
            needed && !(managed && *service == Service::Table)
        };
        let services: Vec<_> = Service::ALL.into_iter().filter(through).collect();
        let hosts =
            services.iter().map(|service| format!(r#"!Sub "{}.${{AWS::Region}}.amazonaws.com""#, service.host()));
        let hosts = hosts.collect::<Vec<_>>().join(", ");
        if !services.is_empty() {
            statements += &key(action, &format!("{{StringEquals: {{kms:ViaService: [{hosts}]}}}}"));
        }
    }
    statements
}

fn key(action: &str, condition: &str) -> String {
    format!(
        "              - Effect: Allow
                Action: {action}
                Resource: !GetAtt Key.Arn
                Condition: {condition}
"
    )
}

fn list(actions: &[&str]) -> String {
    match actions {
        [one] => (*one).to_owned(),
        several => format!("[{}]", several.join(", ")),
    }
}

/// Returns a resource with `CloudFormation`'s short tag.
fn tag(resource: &str) -> String {
    let inner = |prefix: &str| resource.strip_prefix(prefix)?.strip_suffix("\"}");
    inner("{\"Fn::GetAtt\":\"")
        .map(|target| format!("!GetAtt {target}"))
        .or_else(|| inner("{\"Ref\":\"").map(|target| format!("!Ref {target}")))
        .or_else(|| inner("{\"Fn::Sub\":\"").map(|target| format!("!Sub \"{target}\"")))
        .unwrap_or_else(|| resource.to_owned())
}
