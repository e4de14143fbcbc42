//! The sync options: fields of an account that the BSS asks for before the first synchronization.

use crate::bss::responses::{CustomField, CustomFieldCollection, CustomFieldDefinition};
use crate::vendor::definition;

/// Sync option that holds the owner's email address.
pub const LOGIN_OPTION: &str = "username";

/// Returns `username`, `role` and `parent`.
///
/// `username` has no description on purpose: the BSS fills it with the account's email address only if it is declared
/// exactly like this (`docs/vendors/bss.md`, "Behaviour"). `docs/reference/settings.md` describes it.
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
            description: Some(
                "The reseller that the customer belongs to, filled in by the platform. Blank for a reseller."
                    .to_owned(),
            ),
            ..CustomFieldDefinition::default()
        },
    ];
    CustomFieldCollection { fields: fields.into_iter().map(CustomField::from).collect() }
}
