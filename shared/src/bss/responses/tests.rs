use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{json, to_string, to_value};

use super::*;

#[test]
fn settings_fields_are_spelled_exactly() {
    let definition = FieldDefinition {
        id: "Region".to_owned(),
        sort_order: 1,
        name: "Region".to_owned(),
        kind: FieldKind::PredefinedChooseOne,
        max_length: 20,
        is_required: true,
        predefined_values: [("us", "United States"), ("eu", "Europe")]
            .map(|(id, name)| (id.to_owned(), name.to_owned()))
            .into(),
        ..Default::default()
    };
    let fields = FieldCollection { fields: vec![definition.into()] };
    let expected = json!({"Fields": [{
        "ID": "Region",
        "Value": null,
        "Definition": {
            "ID": "Region", "SortOrder": 1, "Name": "Region", "Description": null, "Kind": 4, "MaxLength": 20, "IsRequired": true,
            "PredefinedValues": {"us": "United States", "eu": "Europe"}, "IsAdditionalField": false, "IncludeVerification": false,
            "IsDistributorOption": false, "IsPartnerOption": false, "InitialValue": null,
        },
    }]});
    assert_eq!(to_value(&fields).unwrap(), expected);
    let text = to_string(&fields).unwrap();
    assert!(text.contains(r#"{"us":"United States","eu":"Europe"}"#), "choices keep their order: {text}");
}

/// The BSS fills in `username` only if it is declared exactly like this (`docs/vendors/bss.md`, "Behaviour").
#[test]
fn the_username_option_is_spelled_exactly() {
    let username = CustomFieldDefinition {
        id: "username".to_owned(),
        name: "Username".to_owned(),
        is_required: true,
        ..Default::default()
    };
    let options = CustomFieldCollection { fields: vec![username.into()] };
    let expected = json!({"Fields": [{
        "ID": "username",
        "Definition": {
            "ID": "username", "SortOrder": 0, "Name": "Username", "Description": null, "Kind": "SimpleValue", "DataType": "Text",
            "IsRequired": true, "PredefinedValues": [], "IsReadOnly": false, "AvailableToStorefront": false,
        },
    }]});
    assert_eq!(to_value(options).unwrap(), expected);
}

#[test]
fn a_choice_of_an_option_is_spelled_exactly() {
    let reseller = ValueDefinition {
        id: "2".to_owned(),
        sort_order: 1,
        name: "Reseller".to_owned(),
        description: None,
        is_default: false,
    };
    let expected = json!({"ID": "2", "SortOrder": 1, "Name": "Reseller", "Description": null, "IsDefault": false});
    assert_eq!(to_value(reseller).unwrap(), expected);
}

#[test]
fn services_are_spelled_exactly() {
    let plan = AttributeDefinition {
        id: "plan".to_owned(),
        name: "Plan".to_owned(),
        kind: AttributeKind::PredefinedChooseOne,
        predefined_values: vec![AttributeValue {
            id: "gold".to_owned(),
            code: "GOLD".to_owned(),
            name: "Gold".to_owned(),
            ..Default::default()
        }],
        ..Default::default()
    };
    let service = ProductTypeDefinition {
        id: "backup".to_owned(),
        name: "Backup".to_owned(),
        portal_url: Some("https://portal.example".to_owned()),
        scope: Scope::Both,
        service_links: vec![ServiceLink {
            title: "Help".to_owned(),
            description: None,
            url: "https://help.example".to_owned(),
        }],
        attribute_list: vec![plan],
        derivative: Derivative::Subscription,
        ..Default::default()
    };
    let expected = json!({"ProductTypes": [{
        "ID": "backup", "Name": "Backup", "Description": null, "PortalUrl": "https://portal.example", "EnforceCustomerRequestUpdate": false,
        "AllowMultipleSubscriptions": false, "AutoExecuteAddonCancelRequest": false, "AutoExecuteSubscriptionCancelRequest": false,
        "AutoExecuteSubscriptionDowngradeRequest": false, "QuantityLimit": 0, "QuantityLimitLocked": false, "Scope": 2,
        "ServiceLinks": [{"Title": "Help", "Description": null, "URL": "https://help.example"}],
        "Restrictions": null,
        "AttributeList": [{
            "ID": "plan", "SortOrder": 0, "Name": "Plan", "Description": null, "Usage": "ProductCharacteristic", "UsageSpecified": true,
            "Kind": "PredefinedChooseOne", "KindSpecified": true, "IsRequired": false, "LinkedToQuantity": false, "AllowUnlimited": false,
            "PredefinedValues": [{"ID": "gold", "Code": "GOLD", "Name": "Gold", "IsDefault": false, "ResourceId": 0, "ExtraParameters": null}],
            "SliderMin": 0, "SliderMax": 0, "SliderStep": 0,
        }],
        "RuleList": null, "ExtraInfo": null, "ProductsCollection": {"Products": [], "Addons": []}, "Derivative": 1,
        "SplitQuantity": false, "DefineProductState": false,
    }]});
    assert_eq!(to_value(ProductTypeCollection { product_types: vec![service] }).unwrap(), expected);
}

#[test]
fn products_are_spelled_exactly() {
    let gold = ProductAttribute {
        id: "plan".to_owned(),
        is_primary_key: true,
        values: vec!["gold".to_owned()],
        update: false,
    };
    let prices = vec![Price {
        currency: "EUR".to_owned(),
        units: vec![UnitPrice {
            billing_cycle: UnitBillingCycle::Annually,
            price: Decimal::new(250, 2),
            cost: Decimal::new(2, 0),
        }],
    }];
    let product = Product {
        id: "gold".to_owned(),
        code: "GOLD".to_owned(),
        name: "Gold".to_owned(),
        attributes: vec![gold.clone()],
        charge_type: ChargeType::RecurringPayPerUse,
        unit_type: Some("Seat".to_owned()),
        unit_billing_cycles: vec![UnitBillingCycle::Monthly, UnitBillingCycle::SixYears],
        update_options: vec![UpdateOption::Name, UpdateOption::RelatedProducts],
        derivative: Derivative::ReservedInstance,
        is_activated: true,
        enable_cancellation: true,
        trial_enabled: true,
        trial_duration: 1,
        trial_duration_type: TrialDurationType::Months,
        prices: prices.clone(),
        related_products: vec![RelatedProduct { product_id: "platinum".to_owned(), relation: Relation::Upgrade }],
        ..Default::default()
    };
    let addon = Addon {
        id: "x".to_owned(),
        products: vec!["gold".to_owned()],
        attributes: vec![gold],
        prices,
        ..Default::default()
    };
    let wire_attributes = json!([{"ID": "plan", "IsPrimaryKey": true, "Values": ["gold"], "Update": false}]);
    let wire_prices = json!([{"Currency": "EUR", "Units": [{"BillingCycle": 1, "Price": 2.5, "Cost": 2.0}]}]);
    let expected = json!({
        "Products": [{
            "ID": "gold", "Code": "GOLD", "Name": "Gold", "Description": null, "Attributes": wire_attributes, "ChargeType": 1, "UnitType": "Seat",
            "UnitBillingCycles": [0, 4], "UpdateOptions": [1, 6], "Derivative": 4, "IsActivated": true, "EnableCancellation": true,
            "TrialEnabled": true, "TrialDuration": 1, "TrialDurationType": 1, "Prices": wire_prices,
            "RelatedProducts": [{"ProductID": "platinum", "Relation": 5}],
        }],
        "Addons": [{
            "ID": "x", "Products": ["gold"], "Code": "", "Name": "", "Description": null, "Attributes": wire_attributes,
            "UnitBillingCycles": [], "UpdateOptions": [], "Prices": wire_prices,
        }],
    });
    assert_eq!(to_value(ProductsCollection { products: vec![product], addons: vec![addon] }).unwrap(), expected);
}

proptest! {
    /// Eleven digits before the decimal point, two after it.
    #[test]
    fn amounts_are_exact(cents in -9_999_999_999_999_i64..=9_999_999_999_999) {
        let price = Decimal::new(cents, 2);
        let wire = to_string(&UnitPrice { price, ..Default::default() }).unwrap();
        let number = wire.split_once(r#""Price":"#).unwrap().1.split_once(',').unwrap().0;
        let plain = price.normalize().to_string();
        let plain = if plain.contains('.') { plain } else { format!("{plain}.0") };
        prop_assert_eq!(number, plain);
    }
}
