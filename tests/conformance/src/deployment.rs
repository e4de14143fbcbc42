//! The template as it would be deployed beside a local stack: `CloudFormation`'s functions resolved, with the names that the
//! stack's resources have.

use std::collections::BTreeMap;

use sandbox::background::{ACTIONS, AUDITS, CONNECTWISE_DEAD_LETTERS};
use sandbox::iam::{Account, Policy, Role, Table};
use sandbox::stack::Stack;
use serde_json::{Map, Value, json};

use crate::Error;
use crate::declared::{self, Declared};
use crate::template::{Template, text};

/// The account and region in which the local stack's stand-ins are.
const ACCOUNT: [&str; 3] = ["aws", "eu-west-1", "000000000000"];

/// The six characters that AWS adds to the name of a secret.
const SECRET_SUFFIX: &str = "a1B2c3";

/// The template with parameters, beside a stack.
#[derive(Debug)]
pub struct Deployment {
    template: Template,
    /// Parameters and pseudo parameters.
    parameters: BTreeMap<String, Value>,
    table: String,
    stream: String,
    account: Account,
}

impl Deployment {
    /// Deploys the template for the vendor and the addresses of `stack`, with `more` parameters.
    ///
    /// # Errors
    /// The template has something that is not understood.
    pub async fn beside(stack: &Stack, template: Template, more: &[(&str, &str)]) -> Result<Self, Error> {
        let (batch, _) = stack.dynamodb.stream_batch(&stack.table).await?;
        let stream = text(&batch, "/streamArn").to_owned();
        let vendor = stack.app.vendor.name().to_string();
        let portal = stack.portal_url();
        let own = [
            ("Vendor", vendor.as_str()),
            ("RegionCode", "euwest"),
            ("DropsuiteBaseUrl", &stack.dropsuite_url),
            ("DropboxBaseUrl", &stack.dropbox_url),
            ("ConnectWiseBaseUrl", &stack.connectwise_url),
            ("ConnectWiseClientId", sandbox::stack::CLIENT_ID),
            ("MspPortalUrl", &portal),
            ("IdentityAllowedHosts", stack.identity.issuer()),
        ];
        let parameters: Vec<_> = own.iter().chain(more).copied().collect();
        Self::new(template, &parameters, &stack.table, &stream)
    }

    /// Deploys the template with parameters, and with a table of this name and stream.
    ///
    /// # Errors
    /// The template has something that is not understood.
    pub fn new(template: Template, parameters: &[(&str, &str)], table: &str, stream: &str) -> Result<Self, Error> {
        let [partition, region, account] = ACCOUNT;
        let mut all: BTreeMap<String, Value> = BTreeMap::new();
        for (name, parameter) in template.at("/Parameters").as_object().into_iter().flatten() {
            all.extend(parameter.get("Default").map(|default| (name.clone(), default.clone())));
        }
        for (name, value) in parameters {
            if template.at(&format!("/Parameters/{name}")).is_null() {
                return Err(format!("the template has no parameter {name}").into());
            }
            all.insert((*name).to_owned(), json!(value));
        }
        for (name, value) in [
            ("Partition", partition),
            ("Region", region),
            ("AccountId", account),
            ("StackName", "service-manager"),
            ("URLSuffix", "amazonaws.com"),
        ] {
            all.insert(format!("AWS::{name}"), json!(value));
        }
        let mut deployment = Self {
            template,
            parameters: all,
            table: table.to_owned(),
            stream: stream.to_owned(),
            account: Account::new(partition, region, account),
        };
        deployment.account = deployment.read_account()?;
        Ok(deployment)
    }

    /// Returns the account, in which each function signs with its name as access key id.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Returns the variables of a function that the template sets.
    ///
    /// # Errors
    /// The template lacks the function, or a variable is not understood.
    pub fn variables(&self, function: &str) -> Result<BTreeMap<String, String>, Error> {
        let declared = declared::functions();
        let declared = declared.iter().find(|one| one.name == function).ok_or_else(|| format!("no {function}"))?;
        let own = self.function(declared)?.pointer("/Environment/Variables");
        let mut variables = BTreeMap::new();
        for set in self
            .template
            .at("/Globals/Function/Environment/Variables")
            .as_object()
            .into_iter()
            .chain(own.and_then(Value::as_object))
        {
            for (name, value) in set {
                match self.resolved(value)? {
                    Some(value) => variables.insert(name.clone(), plain(&value)?),
                    None => variables.remove(name),
                };
            }
        }
        Ok(variables)
    }

    /// Returns the ARN or other value that a JSON text of the template, such as a resource of a statement, stands for.
    ///
    /// # Errors
    /// It is not understood.
    pub fn value(&self, json: &str) -> Result<String, Error> {
        let value = self.resolved(&serde_json::from_str(json)?)?;
        plain(&value.ok_or("no value")?)
    }

    fn function(&self, declared: &Declared) -> Result<&Value, Error> {
        let properties = self.template.at(&format!("/Resources/{}Function/Properties", declared.id()));
        if properties.is_null() {
            Err(format!("the template has no {}Function", declared.id()).into())
        } else {
            Ok(properties)
        }
    }

    fn read_account(&self) -> Result<Account, Error> {
        let mut account = self.account.clone();
        for (id, table) in self.existing("AWS::DynamoDB::Table")? {
            account.tables.insert(self.reference(id)?, self.table(id, table)?);
            self.encrypt(&mut account, self.attribute(id, "Arn")?, table.pointer("/SSESpecification/KMSMasterKeyId"))?;
        }
        for (id, queue) in self.existing("AWS::SQS::Queue")? {
            self.encrypt(&mut account, self.attribute(id, "Arn")?, queue.get("KmsMasterKeyId"))?;
        }
        for (id, secret) in self.existing("AWS::SecretsManager::Secret")? {
            self.encrypt(&mut account, self.reference(id)?, secret.get("KmsKeyId"))?;
        }
        for (id, key) in self.existing("AWS::KMS::Key")? {
            let policy = self.document(key.get("KeyPolicy"))?;
            account
                .keys
                .insert(self.attribute(id, "Arn")?, Policy::of_key(&policy).map_err(|error| format!("{id}: {error}"))?);
        }
        // Their statements would reach roles that do not name them.
        if let Some((id, _)) = self.existing("AWS::IAM::Policy")?.into_iter().next() {
            return Err(format!("{id}: policies are written in their roles, or managed").into());
        }
        for declared in declared::functions() {
            let role = self.function(&declared)?.get("Role").ok_or("a function without a role")?;
            let arn = plain(&self.resolved(role)?.ok_or("a function without a role")?)?;
            let id = arn.rsplit('/').next().unwrap_or_default();
            let policies = self.policies(id).map_err(|error| format!("{id}: {error}"))?;
            account.roles.insert(declared.name, Role { arn, policies });
        }
        Ok(account)
    }

    fn table(&self, id: &str, table: &Value) -> Result<Table, Error> {
        let partition_key = |schema: Option<&Value>| {
            let mut elements = schema.and_then(Value::as_array).into_iter().flatten();
            let hash = elements.find(|element| text(element, "/KeyType") == "HASH");
            hash.map(|element| text(element, "/AttributeName").to_owned()).ok_or("a table without a partition key")
        };
        let mut indexes = BTreeMap::new();
        for index in table.get("GlobalSecondaryIndexes").and_then(Value::as_array).into_iter().flatten() {
            indexes.insert(text(index, "/IndexName").to_owned(), partition_key(index.get("KeySchema"))?);
        }
        let partition_key = partition_key(table.get("KeySchema"))?;
        Ok(Table { stream: self.attribute(id, "StreamArn")?, partition_key, indexes })
    }

    fn encrypt(&self, account: &mut Account, resource: String, key: Option<&Value>) -> Result<(), Error> {
        if let Some(key) = key.map(|key| self.resolved(key)).transpose()?.flatten() {
            let key = plain(&key)?;
            let key = if key.starts_with("arn:") { key } else { account.arn("kms", &format!("key/{key}")) };
            account.encrypted.insert(resource, key);
        }
        Ok(())
    }

    /// Returns the policies of a role: its own, and those that are attached to it.
    fn policies(&self, role: &str) -> Result<Vec<Policy>, Error> {
        let properties = self.template.at(&format!("/Resources/{role}/Properties"));
        if properties.get("PermissionsBoundary").is_some() {
            return Err("permissions boundaries are not known".into());
        }
        let mut policies = Vec::new();
        for policy in properties.get("Policies").and_then(Value::as_array).into_iter().flatten() {
            policies.push(Policy::of_role(&self.document(policy.get("PolicyDocument"))?)?);
        }
        for managed in properties.get("ManagedPolicyArns").and_then(Value::as_array).into_iter().flatten() {
            let Some(arn) = self.resolved(managed)? else { continue };
            let arn = plain(&arn)?;
            let id = arn.rsplit('/').next().unwrap_or_default();
            let managed = self.template.at(&format!("/Resources/{id}/Properties"));
            if managed.is_null() || ["Roles", "Users", "Groups"].iter().any(|name| managed.get(*name).is_some()) {
                return Err(format!("the managed policy {arn} is not known").into());
            }
            policies.push(Policy::of_role(&self.document(managed.get("PolicyDocument"))?)?);
        }
        Ok(policies)
    }

    fn document(&self, document: Option<&Value>) -> Result<Value, Error> {
        Ok(self.resolved(document.ok_or("a policy without a document")?)?.unwrap_or_default())
    }

    /// Returns the properties of the resources of a type whose condition holds.
    fn existing(&self, kind: &str) -> Result<Vec<(&str, &Value)>, Error> {
        let mut existing = Vec::new();
        for (id, resource) in self.template.resources(kind) {
            let exists = match resource.get("Condition").and_then(Value::as_str) {
                Some(condition) => self.condition(condition)?,
                None => true,
            };
            if exists {
                existing.push((id, resource.get("Properties").unwrap_or(&Value::Null)));
            }
        }
        Ok(existing)
    }

    fn condition(&self, name: &str) -> Result<bool, Error> {
        self.holds(self.template.at(&format!("/Conditions/{name}")))
    }

    fn holds(&self, condition: &Value) -> Result<bool, Error> {
        let unknown = || Error::from(format!("the condition {condition} is not known"));
        let (name, operand) = only_member(condition).ok_or_else(unknown)?;
        let operands = operand.as_array().map(Vec::as_slice).unwrap_or_default();
        let each = || operands.iter().map(|operand| self.holds(operand)).collect::<Result<Vec<_>, _>>();
        Ok(match (name, operands) {
            ("Condition", _) => self.condition(operand.as_str().ok_or_else(unknown)?)?,
            ("Fn::Equals", [left, right]) => self.resolved(left)? == self.resolved(right)?,
            ("Fn::Not", [negated]) => !self.holds(negated)?,
            ("Fn::And", _) => each()?.into_iter().all(|holds| holds),
            ("Fn::Or", _) => each()?.into_iter().any(|holds| holds),
            _ => return Err(unknown()),
        })
    }

    /// Returns the value, without its functions; `None` for `AWS::NoValue`.
    fn resolved(&self, value: &Value) -> Result<Option<Value>, Error> {
        if let Some((name, argument)) =
            only_member(value).filter(|(name, _)| *name == "Ref" || name.starts_with("Fn::"))
        {
            return self.called(name, argument);
        }
        Ok(Some(match value {
            Value::Array(elements) => {
                let elements = elements.iter().map(|element| self.resolved(element)).collect::<Result<Vec<_>, _>>()?;
                elements.into_iter().flatten().collect()
            }
            Value::Object(members) => {
                let mut resolved = Map::new();
                for (name, value) in members {
                    resolved.extend(self.resolved(value)?.map(|value| (name.clone(), value)));
                }
                Value::Object(resolved)
            }
            plain => plain.clone(),
        }))
    }

    fn called(&self, name: &str, argument: &Value) -> Result<Option<Value>, Error> {
        let elements = argument.as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(match (name, argument, elements) {
            ("Ref", Value::String(name), _) if name == "AWS::NoValue" => None,
            ("Ref", Value::String(name), _) => Some(self.referenced(name)?),
            ("Fn::GetAtt", Value::String(path), _) => {
                let (id, attribute) = path.split_once('.').ok_or("a GetAtt without an attribute")?;
                Some(json!(self.attribute(id, attribute)?))
            }
            ("Fn::GetAtt", _, [Value::String(id), Value::String(attribute)]) => {
                Some(json!(self.attribute(id, attribute)?))
            }
            ("Fn::Sub", Value::String(text), _) => Some(json!(self.substituted(text)?)),
            ("Fn::If", _, [Value::String(condition), then, otherwise]) => {
                self.resolved(if self.condition(condition)? { then } else { otherwise })?
            }
            ("Fn::Join", _, [Value::String(separator), Value::Array(parts)]) => {
                let mut joined = Vec::new();
                for part in parts {
                    joined.push(plain(&self.resolved(part)?.ok_or("no value in a Join")?)?);
                }
                Some(json!(joined.join(separator)))
            }
            _ => return Err(format!("{name} with {argument} is not known").into()),
        })
    }

    fn substituted(&self, text: &str) -> Result<String, Error> {
        let mut parts = text.split("${");
        let mut substituted = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').ok_or("a Sub that is not closed")?;
            substituted += &match name.split_once('.') {
                Some((id, attribute)) => self.attribute(id, attribute)?,
                None => plain(&self.referenced(name)?)?,
            };
            substituted += rest;
        }
        Ok(substituted)
    }

    fn referenced(&self, name: &str) -> Result<Value, Error> {
        match self.parameters.get(name) {
            Some(value) => Ok(value.clone()),
            None => Ok(json!(self.reference(name)?)),
        }
    }

    /// Returns what `Ref` of a resource is.
    fn reference(&self, id: &str) -> Result<String, Error> {
        let resource = self.template.at(&format!("/Resources/{id}"));
        let account = &self.account;
        Ok(match text(resource, "/Type") {
            "AWS::DynamoDB::Table" => self.table.clone(),
            "AWS::SQS::Queue" => {
                format!("https://sqs.{}.amazonaws.com/{}/{}", account.region, account.id, queue_name(id))
            }
            "AWS::SecretsManager::Secret" => {
                account.arn("secretsmanager", &format!("secret:{}-{SECRET_SUFFIX}", id.to_lowercase()))
            }
            "AWS::KMS::Key" => format!("{}-key", id.to_lowercase()),
            "AWS::IAM::ManagedPolicy" => format!("arn:{}:iam::{}:policy/{id}", account.partition, account.id),
            "AWS::Logs::LogGroup" => {
                let name = resource.pointer("/Properties/LogGroupName").ok_or("a log group without a name")?;
                plain(&self.resolved(name)?.ok_or("a log group without a name")?)?
            }
            other => return Err(format!("Ref of {id}, {other:?}, is not known").into()),
        })
    }

    fn attribute(&self, id: &str, attribute: &str) -> Result<String, Error> {
        let account = &self.account;
        let kind = text(self.template.at(&format!("/Resources/{id}")), "/Type");
        Ok(match (kind, attribute) {
            ("AWS::DynamoDB::Table", "Arn") => account.arn("dynamodb", &format!("table/{}", self.table)),
            ("AWS::DynamoDB::Table", "StreamArn") => self.stream.clone(),
            ("AWS::SQS::Queue", "Arn") => account.arn("sqs", &queue_name(id)),
            ("AWS::KMS::Key", "Arn") => account.arn("kms", &format!("key/{}", self.reference(id)?)),
            ("AWS::IAM::Role", "Arn") => format!("arn:{}:iam::{}:role/{id}", account.partition, account.id),
            ("AWS::Logs::LogGroup", "Arn") => account.arn("logs", &format!("log-group:{}:*", self.reference(id)?)),
            _ => return Err(format!("{attribute} of {id}, {kind:?}, is not known").into()),
        })
    }
}

/// Returns the name that the local stack has for a queue.
fn queue_name(id: &str) -> String {
    match id {
        "ActionsQueue" => ACTIONS.to_owned(),
        "AuditsQueue" => AUDITS.to_owned(),
        "ConnectWiseDeadLetters" => CONNECTWISE_DEAD_LETTERS.to_owned(),
        other => other.to_lowercase(),
    }
}

fn only_member(value: &Value) -> Option<(&str, &Value)> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.iter().next().map(|(name, value)| (name.as_str(), value))
}

fn plain(value: &Value) -> Result<String, Error> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(is) => Ok(is.to_string()),
        other => Err(format!("{other} is no plain value").into()),
    }
}
