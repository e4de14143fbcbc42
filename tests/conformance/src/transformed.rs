//! The template that SAM makes of `template.yaml`, whose roles must be those that are tested.

use std::path::Path;

use crate::Error;
use crate::deployment::Deployment;
use crate::template::Template;

/// The ARN of the table's stream, which neither template has.
const STREAM: &str = "arn:aws:dynamodb:eu-west-1:000000000000:table/table/stream/2026-11-21T00:00:00.000";

/// Compares the account that a transformed template in JSON has with that of `template.yaml`, with the same values of the
/// parameters. Returns the differences.
///
/// # Errors
/// A template has something that is not understood, such as a policy that SAM has added.
pub fn findings(file: &Path) -> Result<Vec<String>, Error> {
    compare(&Template::read()?, &Template::parse(&std::fs::read_to_string(file)?)?)
}

fn compare(source: &Template, transformed: &Template) -> Result<Vec<String>, Error> {
    let mut parameters = Vec::new();
    for (name, _) in source.at("/Parameters").as_object().into_iter().flatten() {
        let default = transformed.at(&format!("/Parameters/{name}/Default"));
        parameters.extend(default.as_str().map(|default| (name.clone(), default.to_owned())));
    }
    let parameters: Vec<_> = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let deployed = |template: &Template| Deployment::new(template.clone(), &parameters, "table", STREAM);
    let (source, transformed) = (deployed(source)?, deployed(transformed)?);
    let (source, transformed) = (source.account(), transformed.account());
    let mut findings = Vec::new();
    for (function, role) in &source.roles {
        if transformed.roles.get(function) != Some(role) {
            findings.push(format!("{function} has other policies"));
        }
    }
    for (what, is_equal) in [
        ("policies of keys", source.keys == transformed.keys),
        ("resources that are encrypted", source.encrypted == transformed.encrypted),
        ("tables", source.tables == transformed.tables),
    ] {
        if !is_equal {
            findings.push(format!("the {what} differ"));
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Compares `template.yaml` with itself, changed at a JSON pointer.
    fn changed(pointer: &str, change: impl FnOnce(&mut Value)) -> Result<Vec<String>, Error> {
        let source = Template::read()?;
        let mut transformed = source.at("").clone();
        change(transformed.pointer_mut(pointer).ok_or("no such pointer")?);
        compare(&source, &Template::parse(&transformed.to_string())?)
    }

    #[test]
    fn another_policy_is_noticed() {
        assert_eq!(changed("", |_| {}).unwrap(), [""; 0]);
        let own = "/Resources/FieldsGetRole/Properties/ManagedPolicyArns";
        assert_eq!(changed(own, |policies| *policies = json!([])).unwrap(), ["fields-get has other policies"]);
        let role = "/Resources/FieldsGetFunction/Properties/Role";
        let another = json!({ "Fn::GetAtt": ["FieldsValidateRole", "Arn"] });
        assert_eq!(changed(role, |role| *role = another).unwrap(), ["fields-get has other policies"]);
        let shared = "/Resources/FunctionPolicy/Properties/PolicyDocument/Statement/1/Condition";
        assert_eq!(changed(shared, |condition| *condition = json!({})).unwrap().len(), 17, "each function of the BSS");
        let key = "/Resources/Key/Properties/KeyPolicy/Statement/0/Action";
        assert_eq!(changed(key, |action| *action = json!("kms:Decrypt")).unwrap(), ["the policies of keys differ"]);
        let added = json!({ "Type": "AWS::IAM::Policy", "Properties": { "Roles": ["FieldsGetRole"] } });
        changed("/Resources", |resources| resources["Added"] = added).unwrap_err();
    }
}
