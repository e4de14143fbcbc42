use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::bss::lenient::tests::json_value;
use crate::bss::{Malformed, parse};

fn service(body: &Value) -> ServiceDefinition {
    parse(body.to_string().as_bytes()).unwrap()
}

/// Returns a body with every member.
fn sample() -> Value {
    json!({
        "ID": "s-1", "SubscriptionID": "71", "OriginalSubscriptionID": "70", "Name": "Backup", "ServiceType": "backup",
        "ProductID": "p-1", "ActionType": "Upgrade", "Quantity": 5, "Status": 1, "IsTest": false, "IsTrial": true, "CheckOnly": true,
        "Account": {
            "ID": "3000", "ExternalID": "customer_3932", "ResellerID": "2000", "ResellerExternalID": "reseller_1", "Name": "Direct",
            "Code": "D", "Phone": "1", "Fax": "2", "WebSite": "w", "Email": "a@b.example", "IsTest": true, "Description": "d",
            "ExtraDetails": {"Location": "us"}, "SyncOptions": {"UserName": "a@b.example", "role": "1"},
            "ContactDetails": {"ID": "15200", "FirstName": "User", "LastName": "Direct", "Phone": "3", "Fax": "4", "Email": "c@b.example"},
            "Address": {"Address1": "123 Main Street", "Address2": "Unit 12", "City": "Chicago", "PostCode": "94903",
                "State": {"Code": "CA", "Name": "California"}, "Country": {"Code": "US", "Name": "United States"}},
        },
        "AttributeList": {"Plan": {"ID": "Plan", "Name": "Plan", "Value": "Gold", "ValueExternal": "g", "Code": "GOLD", "QuantityLinked": true,
            "DataType": 4, "ExtraParameters": {"Region": "eu"}}, "Storage": {"Value": 100}},
        "Addons": [{"ID": "s-1:x", "ParentID": "s-1", "Name": "X", "ProductID": "a-1", "ActionType": "Cancel", "Quantity": 2,
            "AttributeList": {"X": {"Value": true}}, "ExtraDetails": {"k": "v"}}],
        "ExtraDetails": {"Location": "us"}, "BillingCycle": {"Duration": 1, "DurationType": "Month"},
        "RequestedBy": {"ID": 7, "FirstName": "Ann", "LastName": "Acme", "DisplayName": "Ann A.", "Email": "d@b.example", "Type": "Storefront"},
    })
}

fn text_map(pairs: &[(&str, &str)]) -> TextMap {
    pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
}

#[test]
fn every_member_is_read() {
    let addon = AddonDefinition {
        id: "s-1:x".to_owned(),
        parent_id: "s-1".to_owned(),
        name: "X".to_owned(),
        product_id: "a-1".to_owned(),
        action_type: ActionType::Cancel,
        quantity: Some(2),
        attribute_list: BTreeMap::from([(
            "x".to_owned(),
            ServiceAttribute { id: "x".to_owned(), value: Some("true".to_owned()), ..Default::default() },
        )]),
        extra_details: text_map(&[("k", "v")]),
    };
    let account = AccountDefinition {
        id: "3000".to_owned(),
        external_id: "customer_3932".to_owned(),
        reseller_id: "2000".to_owned(),
        reseller_external_id: "reseller_1".to_owned(),
        name: "Direct".to_owned(),
        code: "D".to_owned(),
        phone: "1".to_owned(),
        fax: "2".to_owned(),
        website: "w".to_owned(),
        email: "a@b.example".to_owned(),
        is_test: true,
        description: "d".to_owned(),
        extra_details: text_map(&[("location", "us")]),
        sync_options: text_map(&[("username", "a@b.example"), ("role", "1")]),
        contact_details: ContactDetails {
            id: "15200".to_owned(),
            first_name: "User".to_owned(),
            last_name: "Direct".to_owned(),
            phone: "3".to_owned(),
            fax: "4".to_owned(),
            email: "c@b.example".to_owned(),
        },
        address: Some(Address {
            address1: "123 Main Street".to_owned(),
            address2: "Unit 12".to_owned(),
            city: "Chicago".to_owned(),
            post_code: "94903".to_owned(),
            state: Place { code: "CA".to_owned(), name: "California".to_owned() },
            country: Place { code: "US".to_owned(), name: "United States".to_owned() },
        }),
    };
    let plan = ServiceAttribute {
        id: "Plan".to_owned(),
        name: "Plan".to_owned(),
        value: Some("Gold".to_owned()),
        value_external: Some("g".to_owned()),
        code: "GOLD".to_owned(),
        quantity_linked: true,
        data_type: Some(4),
        extra_parameters: text_map(&[("region", "eu")]),
    };
    let storage = ServiceAttribute { id: "storage".to_owned(), value: Some("100".to_owned()), ..Default::default() };
    let expected = ServiceDefinition {
        id: "s-1".to_owned(),
        subscription_id: "71".to_owned(),
        original_subscription_id: "70".to_owned(),
        name: "Backup".to_owned(),
        service_type: "backup".to_owned(),
        product_id: "p-1".to_owned(),
        action_type: ActionType::Upgrade,
        quantity: Some(5),
        status: SubscriptionStatus::Active,
        account,
        attribute_list: BTreeMap::from([("plan".to_owned(), plan), ("storage".to_owned(), storage)]),
        addons: Some(vec![addon]),
        is_test: false,
        is_trial: Some(true),
        check_only: true,
        extra_details: text_map(&[("location", "us")]),
        billing_cycle: Some(BillingCycle { duration: Some(1), duration_type: "Month".to_owned() }),
        requested_by: RequestedBy {
            first_name: "Ann".to_owned(),
            last_name: "Acme".to_owned(),
            display_name: "Ann A.".to_owned(),
            email: "d@b.example".to_owned(),
            kind: "Storefront".to_owned(),
        },
    };
    assert_eq!(service(&sample()), expected);
}

#[test]
fn a_requester_of_another_form_is_unknown() {
    for requester in [json!("Ann"), json!(7), json!([]), json!({"DisplayName": ["Ann"]})] {
        assert_eq!(service(&json!({"RequestedBy": requester})).requested_by, RequestedBy::default());
    }
}

#[test]
fn every_member_may_be_absent_or_null() {
    let nulls: Value =
        sample().as_object().unwrap().keys().map(|name| (name.clone(), Value::Null)).collect::<Map<_, _>>().into();
    assert_eq!(service(&nulls), ServiceDefinition::default());
    assert_eq!(service(&json!({})), ServiceDefinition::default());
}

#[test]
fn an_empty_add_on_list_differs_from_a_missing_one() {
    assert_eq!(service(&json!({"Addons": null})).addons, None);
    assert_eq!(service(&json!({"Addons": []})).addons, Some(vec![]));
}

#[test]
fn an_attribute_is_found_in_any_letter_case() {
    let service = service(&sample());
    assert_eq!(service.attribute("pLAN").unwrap().code, "GOLD");
    assert_eq!(service.attribute("other"), None);
    assert_eq!(service.addons.unwrap()[0].attribute("X").unwrap().value.as_deref(), Some("true"));
}

#[test]
fn attributes_can_be_a_list() {
    let list = json!({"AttributeList": [{"ID": "Plan", "Code": "GOLD"}, {"Code": "lost"}, null, {"ID": "plan", "Code": "second"}]});
    assert_eq!(service(&list), service(&json!({"AttributeList": {"Plan": {"ID": "Plan", "Code": "GOLD"}}})));
}

#[test]
fn a_wrong_type_is_reported_with_its_path() {
    let error = |body: &Value| parse::<ServiceDefinition>(body.to_string().as_bytes()).unwrap_err().to_string();
    assert_eq!(error(&json!({"Account": {"ContactDetails": []}})), "Account.ContactDetails must be an object");
    assert_eq!(error(&json!({"Account": "x"})), "Account must be an object");
    assert_eq!(error(&json!({"Account": {"Address": "x"}})), "Account.Address must be an object");
    assert_eq!(error(&json!({"AttributeList": "x"})), "AttributeList must be an object or a list of attributes");
    assert_eq!(error(&json!({"AttributeList": {"Plan": "x"}})), "AttributeList.Plan must be an object");
    assert_eq!(
        error(&json!({"AttributeList": [{"QuantityLinked": "x"}]})),
        "AttributeList[0].QuantityLinked must be true or false"
    );
    assert_eq!(error(&json!({"Addons": {}})), "Addons must be a list");
    assert_eq!(error(&json!({"Addons": [null, {"Quantity": "x"}]})), "Addons[1].Quantity must be a whole number");
    assert_eq!(error(&json!({"ActionType": {}})), "ActionType must be text");
}

#[test]
fn a_field_value_of_any_type_is_read_and_hidden_in_debug() {
    let body = json!({"Fields": [{"ID": "Token", "Value": "swordfish"}, {"ID": "n", "Value": 5}, {"ID": "l", "Value": ["a", "b"]}, {"ID": "e"}]});
    let fields: FieldCollection = parse(body.to_string().as_bytes()).unwrap();
    let values: Vec<_> = fields.fields.iter().map(|field| field.value.as_deref()).collect();
    assert_eq!(values, [Some("swordfish"), Some("5"), Some("a|b"), None]);
    let debug = format!("{fields:?}");
    assert!(debug.contains("Token") && !debug.contains("swordfish"), "{debug}");
    assert_eq!(
        parse::<FieldCollection>(br#"{"Fields": 1}"#).unwrap_err(),
        Malformed::Field { path: "Fields".to_owned(), expected: "a list".to_owned() }
    );
}

#[test]
fn unknown_enum_values_are_kept() {
    let service = service(&json!({"ActionType": "Renew", "Status": 9}));
    assert_eq!(service.action_type, ActionType::Other("Renew".to_owned()));
    assert_eq!(service.status, SubscriptionStatus::Other("9".to_owned()));
}

const ACTIONS: [&str; 8] =
    ["None", "Provision", "Cancel", "Suspend", "Activate", "Upgrade", "Downgrade", "UpgradeToPaid"];
const STATUSES: [&str; 6] = ["All", "Active", "Suspended", "Inactive", "Cancelled", "PendingCancellation"];

#[test]
fn an_enum_is_read_by_name_and_by_number() {
    for (number, name) in ACTIONS.iter().enumerate() {
        let action = service(&json!({"ActionType": name})).action_type;
        assert_eq!(format!("{action:?}"), *name);
        for other in [json!(number), json!(number.to_string()), json!(name.to_uppercase()), json!(format!(" {name} "))]
        {
            assert_eq!(service(&json!({"ActionType": other})).action_type, action);
        }
    }
    for (number, name) in STATUSES.iter().enumerate() {
        let status = service(&json!({"Status": name})).status;
        assert_eq!(format!("{status:?}"), *name);
        for other in [json!(number), json!(number.to_string()), json!(name.to_lowercase())] {
            assert_eq!(service(&json!({"Status": other})).status, status);
        }
    }
}

/// Returns the same value with property names in other letter case.
fn recased(value: &Value, upper: &mut impl Iterator<Item = bool>) -> Value {
    let letter = |(letter, upper): (char, bool)| {
        if upper { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() }
    };
    match value {
        Value::Object(members) => {
            let mut recase = |name: &String| name.chars().zip(upper.by_ref()).map(letter).collect::<String>();
            let names: Vec<String> = members.keys().map(&mut recase).collect();
            names.into_iter().zip(members.values()).map(|(name, member)| (name, recased(member, upper))).collect()
        }
        Value::Array(elements) => elements.iter().map(|element| recased(element, upper)).collect(),
        scalar => scalar.clone(),
    }
}

/// Returns the same value with one more member in each object.
fn extended(value: &Value, extra: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let known = members.iter().map(|(name, member)| {
                let free = ["AttributeList", "ExtraDetails", "SyncOptions", "ExtraParameters"].contains(&name.as_str());
                (name.clone(), if free { member.clone() } else { extended(member, extra) })
            });
            known.chain([("NewInNextRelease".to_owned(), extra.clone())]).collect()
        }
        Value::Array(elements) => elements.iter().map(|element| extended(element, extra)).collect(),
        scalar => scalar.clone(),
    }
}

/// Names of known members, so that arbitrary JSON is parsed beyond the first level.
const NAMES: &str = "ID Account AttributeList Addons Quantity Status ActionType CheckOnly ExtraDetails \
    Address State ContactDetails Value BillingCycle Duration QuantityLinked";

fn any_json() -> impl Strategy<Value = Value> {
    let known = proptest::sample::select(NAMES.split(' ').collect::<Vec<_>>()).prop_map(str::to_owned);
    json_value(prop_oneof![4 => known, 1 => ".{0,6}"])
}

proptest! {
    #[test]
    fn letter_case_of_names_never_matters(upper in vec(any::<bool>(), 1..64)) {
        let other = recased(&sample(), &mut upper.into_iter().cycle());
        prop_assert_eq!(service(&other), service(&sample()));
    }

    #[test]
    fn unknown_members_never_matter(extra in any_json()) {
        prop_assert_eq!(service(&extended(&sample(), &extra)), service(&sample()));
    }

    #[test]
    fn arbitrary_json_never_panics(value in any_json()) {
        let _ = parse::<ServiceDefinition>(value.to_string().as_bytes());
        let _ = parse::<AccountDefinition>(json!({"Address": value, "SyncOptions": value}).to_string().as_bytes());
        let _ = parse::<FieldCollection>(json!({"Fields": [{"Value": value}]}).to_string().as_bytes()).unwrap();
    }

    #[test]
    fn ids_are_the_same_as_number_and_as_text(id in any::<i64>()) {
        for name in ["ID", "SubscriptionID", "OriginalSubscriptionID", "ServiceType", "ProductID"] {
            prop_assert_eq!(service(&json!({name: id})), service(&json!({name: id.to_string()})));
        }
    }
}
