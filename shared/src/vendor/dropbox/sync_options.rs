//! What an account is asked before its first synchronization (the seed's four options, in its order).

use super::accounts::{LOGIN_OPTION, PARENT_OPTION};
use crate::bss::responses::{CustomField, CustomFieldCollection, CustomFieldDefinition};
use crate::domain::account::RESELLER_ID_OPTION;
use crate::vendor::definition;

/// Parent Account, Role, Email and Reseller ID.
pub fn sync_options() -> CustomFieldCollection {
    let field = |id: &str, sort_order: u32, name: &str, description: &str| CustomFieldDefinition {
        id: id.to_owned(),
        sort_order,
        name: name.to_owned(),
        description: Some(description.to_owned()),
        ..CustomFieldDefinition::default()
    };
    let fields = [
        field(
            PARENT_OPTION,
            0,
            "Parent Account",
            "The reseller of a customer, filled by the platform. Blank for a reseller.",
        ),
        definition::role(1),
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
