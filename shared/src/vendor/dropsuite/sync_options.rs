//! What an account is asked before its first synchronization.

use crate::bss::responses::{
    CustomField, CustomFieldCollection, CustomFieldDefinition, CustomFieldKind, ValueDefinition,
};

/// The sync option that holds the owner's email address.
pub const LOGIN_OPTION: &str = "username";

/// `username`, exactly as the BSS wants it in order to fill it by itself, `role` and `parent`.
pub fn sync_options() -> CustomFieldCollection {
    let role = |id: &str, sort_order: u32, name: &str| ValueDefinition {
        id: id.to_owned(),
        sort_order,
        name: name.to_owned(),
        is_default: id == "1",
        ..ValueDefinition::default()
    };
    let fields = [
        CustomFieldDefinition {
            id: LOGIN_OPTION.to_owned(),
            name: "Username".to_owned(),
            is_required: true,
            ..CustomFieldDefinition::default()
        },
        CustomFieldDefinition {
            id: "role".to_owned(),
            sort_order: 1,
            name: "Role".to_owned(),
            description: Some("User for a customer, Reseller for a reseller.".to_owned()),
            kind: CustomFieldKind::List,
            predefined_values: vec![role("1", 0, "User"), role("2", 1, "Reseller")],
            ..CustomFieldDefinition::default()
        },
        CustomFieldDefinition {
            id: "parent".to_owned(),
            sort_order: 2,
            name: "Parent Account".to_owned(),
            description: Some("The reseller of a reseller's customer; filled by the platform.".to_owned()),
            ..CustomFieldDefinition::default()
        },
    ];
    CustomFieldCollection { fields: fields.into_iter().map(CustomField::from).collect() }
}
