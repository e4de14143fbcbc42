//! What an account is asked before its first synchronization.

use crate::bss::responses::{CustomField, CustomFieldCollection, CustomFieldDefinition};
use crate::vendor::definition;

/// The sync option that holds the owner's email address.
pub const LOGIN_OPTION: &str = "username";

/// `username`, exactly as the BSS wants it in order to fill it by itself, `role` and `parent`.
pub fn sync_options() -> CustomFieldCollection {
    let fields = [
        CustomFieldDefinition {
            id: LOGIN_OPTION.to_owned(),
            name: "Username".to_owned(),
            is_required: true,
            ..CustomFieldDefinition::default()
        },
        definition::role(1),
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
