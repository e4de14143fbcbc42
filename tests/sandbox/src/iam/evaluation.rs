//! The decision about a permission: an explicit deny wins, then an allow, and everything else is denied.

use super::account::{Account, Role};
use super::call::Permission;
use super::pattern::{matches, matches_arn};
use super::policy::{Effect, Policy, Statement};

/// A decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A statement allows it, and none denies it.
    Allowed,
    /// A statement denies it.
    ExplicitlyDenied,
    /// No statement allows it.
    ImplicitlyDenied,
}

/// Decides by the policies of a role.
pub fn decide<'a>(policies: impl IntoIterator<Item = &'a Policy>, permission: &Permission) -> Decision {
    of_statements(policies.into_iter().flat_map(|policy| &policy.statements), permission)
}

/// Decides about the use of a key: its own policy must allow it to the role, or leave it to the account's policies, of
/// which the role's must allow it ("Determining access to AWS KMS keys").
pub(super) fn decide_by_key(key: &Policy, account: &Account, role: &Role, permission: &Permission) -> Decision {
    let by_key = |principal: &str| {
        let of_principal = |statement: &&Statement| {
            let names = statement.principals.as_ref().and_then(|principals| principals.get("AWS"));
            names.is_some_and(|names| names.iter().any(|name| name == principal || name == "*"))
        };
        of_statements(key.statements.iter().filter(of_principal), permission)
    };
    let decisions = [by_key(&role.arn), by_key(&account.root()), decide(&role.policies, permission)];
    match decisions {
        decisions if decisions.contains(&Decision::ExplicitlyDenied) => Decision::ExplicitlyDenied,
        [Decision::Allowed, _, _] | [_, Decision::Allowed, Decision::Allowed] => Decision::Allowed,
        _ => Decision::ImplicitlyDenied,
    }
}

fn of_statements<'a>(statements: impl Iterator<Item = &'a Statement>, permission: &Permission) -> Decision {
    let mut decision = Decision::ImplicitlyDenied;
    for statement in statements.filter(|statement| statement.applies(permission)) {
        match statement.effect {
            Effect::Deny => return Decision::ExplicitlyDenied,
            Effect::Allow => decision = Decision::Allowed,
        }
    }
    decision
}

impl Statement {
    fn applies(&self, permission: &Permission) -> bool {
        let action = permission.action.to_lowercase();
        self.actions.iter().any(|pattern| matches(&pattern.to_lowercase(), &action))
            && self.resources.iter().any(|pattern| matches_arn(pattern, &permission.resource))
            && self.conditions.iter().all(|condition| condition.holds(&permission.context))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::condition::Context;
    use super::*;

    const TABLE: &str = "arn:aws:dynamodb:eu-west-1:000000000000:table/t";

    fn permission(action: &str, resource: &str) -> Permission {
        Permission { action: action.to_owned(), resource: resource.to_owned(), context: Context::default() }
    }

    fn policy(statements: &Value) -> Policy {
        Policy::of_role(&json!({ "Version": "2012-10-17", "Statement": statements })).unwrap()
    }

    #[test]
    fn what_nothing_allows_is_denied() {
        let own = policy(&json!({ "Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": TABLE }));
        let decide = |action: &str, resource: &str| decide([&own], &permission(action, resource));
        assert_eq!(decide("dynamodb:GetItem", TABLE), Decision::Allowed);
        assert_eq!(decide("DynamoDB:getitem", TABLE), Decision::Allowed, "actions have no case");
        assert_eq!(decide("dynamodb:PutItem", TABLE), Decision::ImplicitlyDenied);
        assert_eq!(decide("dynamodb:GetItem", &TABLE.replace("/t", "/T")), Decision::ImplicitlyDenied);
        assert_eq!(decide("dynamodb:GetItem", &format!("{TABLE}/index/work")), Decision::ImplicitlyDenied);
        assert_eq!(super::decide([], &permission("dynamodb:GetItem", TABLE)), Decision::ImplicitlyDenied);
    }

    #[test]
    fn an_explicit_deny_wins_wherever_it_stands() {
        let all = policy(&json!({ "Effect": "Allow", "Action": "*", "Resource": "*" }));
        let no_writes = policy(&json!([
            { "Effect": "Deny", "Action": "dynamodb:*Item", "Resource": format!("{TABLE}*") },
            { "Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "*" }
        ]));
        for policies in [[&all, &no_writes], [&no_writes, &all]] {
            assert_eq!(decide(policies, &permission("dynamodb:PutItem", TABLE)), Decision::ExplicitlyDenied);
            assert_eq!(decide(policies, &permission("dynamodb:Query", TABLE)), Decision::Allowed);
        }
    }

    #[test]
    fn all_conditions_of_a_statement_must_hold() {
        let one = policy(&json!({ "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Condition": {
            "Null": { "kms:EncryptionContext:tenant": "false" },
            "StringEquals": { "kms:EncryptionContext:kind": "token", "kms:ViaService": ["a", "b"] }
        }}));
        let context =
            Context::default().with("kms:EncryptionContext:tenant", "acme").with("kms:EncryptionContext:kind", "token");
        let decide = |context| decide([&one], &Permission { context, ..permission("kms:Decrypt", "*") });
        assert_eq!(decide(context.clone().with("kms:ViaService", "b")), Decision::Allowed);
        assert_eq!(decide(context.clone().with("kms:ViaService", "c")), Decision::ImplicitlyDenied);
        assert_eq!(decide(context), Decision::ImplicitlyDenied);
    }

    #[test]
    fn a_key_decides_itself_or_leaves_it_to_the_account() {
        let account = Account::new("aws", "eu-west-1", "000000000000");
        let (key, own) = ("arn:aws:kms:eu-west-1:000000000000:key/k", "arn:aws:iam::000000000000:role/own");
        let role = |actions: &[&str]| {
            let policy = policy(&json!({ "Effect": "Allow", "Action": actions, "Resource": key }));
            Role { arn: own.to_owned(), policies: vec![policy] }
        };
        let of_key = |effect: &str, principal: &str| json!({ "Effect": effect, "Principal": { "AWS": principal }, "Action": "kms:*", "Resource": "*" });
        let decide = |statements: Value, role: &Role| {
            let document = json!({ "Version": "2012-10-17", "Statement": statements });
            decide_by_key(&Policy::of_key(&document).unwrap(), &account, role, &permission("kms:Decrypt", key))
        };
        let root = account.root();
        assert_eq!(decide(json!([of_key("Allow", &root)]), &role(&["kms:Decrypt"])), Decision::Allowed);
        assert_eq!(decide(json!([of_key("Allow", &root)]), &role(&["kms:Encrypt"])), Decision::ImplicitlyDenied);
        assert_eq!(decide(json!([]), &role(&["kms:Decrypt"])), Decision::ImplicitlyDenied, "the key leaves nothing");
        assert_eq!(decide(json!([of_key("Allow", own)]), &role(&["kms:Encrypt"])), Decision::Allowed);
        let denied = json!([of_key("Allow", &root), of_key("Deny", own)]);
        assert_eq!(decide(denied, &role(&["kms:Decrypt"])), Decision::ExplicitlyDenied);
        let service = json!([{ "Effect": "Allow", "Principal": { "Service": "logs.eu-west-1.amazonaws.com" },
            "Action": "kms:*", "Resource": "*" }]);
        assert_eq!(decide(service, &role(&["kms:Decrypt"])), Decision::ImplicitlyDenied);
    }
}
