//! The resources and roles of an account, as a deployed template has them.

use std::collections::BTreeMap;

use super::call::Permission;
use super::evaluation::{Decision, decide, decide_by_key};
use super::policy::{Effect, Policy};

/// An account in one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// `aws`, except in China and in the government's regions.
    pub partition: String,
    /// The region.
    pub region: String,
    /// The account id.
    pub id: String,
    /// The tables, by name.
    pub tables: BTreeMap<String, Table>,
    /// The ARN of the key that encrypts a table, secret or queue, by its ARN.
    pub encrypted: BTreeMap<String, String>,
    /// The policies of the keys, by the keys' ARNs.
    pub keys: BTreeMap<String, Policy>,
    /// The roles, by the access key id with which a function of the role signs.
    pub roles: BTreeMap<String, Role>,
}

/// The parts of a table on which a permission depends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The ARN of its stream.
    pub stream: String,
    /// The attribute of the partition key.
    pub partition_key: String,
    /// The attributes of the partition keys of the indexes, by the index's name.
    pub indexes: BTreeMap<String, String>,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its ARN.
    pub arn: String,
    /// Its own policies and those that are attached to it.
    pub policies: Vec<Policy>,
}

impl Role {
    /// Returns the role without each of the actions that it allows in turn, with the action.
    pub fn without_each_action(&self) -> Vec<(String, Self)> {
        let reduced = |policy: usize, statement: usize, action: usize| {
            let mut role = self.clone();
            let from = role.policies.get_mut(policy)?.statements.get_mut(statement)?;
            let removed = from.actions.remove(action);
            Some((removed, role))
        };
        let mut all = Vec::new();
        for (policy, document) in self.policies.iter().enumerate() {
            for (index, statement) in document.statements.iter().enumerate() {
                if statement.effect == Effect::Allow {
                    all.extend((0..statement.actions.len()).filter_map(|action| reduced(policy, index, action)));
                }
            }
        }
        all
    }
}

impl Account {
    /// Creates an account without resources.
    pub fn new(partition: &str, region: &str, id: &str) -> Self {
        Self {
            partition: partition.to_owned(),
            region: region.to_owned(),
            id: id.to_owned(),
            tables: BTreeMap::new(),
            encrypted: BTreeMap::new(),
            keys: BTreeMap::new(),
            roles: BTreeMap::new(),
        }
    }

    /// Returns the ARN of a resource of the account in its region.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition, self.region, self.id)
    }

    /// Decides about a call with a role, by the role's policies and the policy of the key that it uses.
    pub fn decide(&self, role: &Role, permission: &Permission) -> Decision {
        match self.keys.get(&permission.resource) {
            Some(key) => decide_by_key(key, self, role, permission),
            None => decide(&role.policies, permission),
        }
    }

    /// Returns the ARN by which a policy names the account as a principal.
    pub fn root(&self) -> String {
        format!("arn:{}:iam::{}:root", self.partition, self.id)
    }
}
