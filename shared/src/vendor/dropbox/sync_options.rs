//! What an account is asked before its first synchronization (the seed's four options, in its order).

use super::accounts::{LOGIN_OPTION, PARENT_OPTION};
use crate::account::RESELLER_ID_OPTION;
use crate::bss::responses::{
    CustomField, CustomFieldCollection, CustomFieldDefinition, CustomFieldKind, ValueDefinition,
};

/// Parent Account, Role, Email and Reseller ID.
pub fn sync_options() -> CustomFieldCollection {
    let field = |id: &str, sort_order: u32, name: &str, description: &str| CustomFieldDefinition {
        id: id.to_owned(),
        sort_order,
        name: name.to_owned(),
        description: Some(description.to_owned()),
        ..CustomFieldDefinition::default()
    };
    let role = |id: &str, sort_order: u32, name: &str| ValueDefinition {
        id: id.to_owned(),
        sort_order,
        name: name.to_owned(),
        is_default: id == "1",
        ..ValueDefinition::default()
    };
    let fields = [
        field(
            PARENT_OPTION,
            0,
            "Parent Account",
            "The reseller of a customer, filled by the platform. Blank for a reseller.",
        ),
        CustomFieldDefinition {
            kind: CustomFieldKind::List,
            predefined_values: vec![role("1", 0, "User"), role("2", 1, "Reseller")],
            ..field("role", 1, "Role", "User for a customer, Reseller for a reseller.")
        },
        CustomFieldDefinition {
            is_required: true,
            ..field(LOGIN_OPTION, 2, "Email", "Who administers the Dropbox team; an address belongs to one team only.")
        },
        field(
            RESELLER_ID_OPTION,
            3,
            "Reseller ID",
            "The reseller's id in the Dropbox Partner Portal; a customer has its reseller's.",
        ),
    ];
    CustomFieldCollection { fields: fields.into_iter().map(CustomField::from).collect() }
}
