//! The sync options: fields of an account that the BSS asks for before the first synchronization. They are the four options
//! of the BSS vendor's own connector, in its order (`docs/vendors/dropbox.md` 1, "Accounts").

use super::accounts::{LOGIN_OPTION, PARENT_OPTION};
use crate::bss::responses::{CustomField, CustomFieldCollection, CustomFieldDefinition};
use crate::domain::account::RESELLER_ID_OPTION;
use crate::vendor::definition;

/// Returns Parent Account, Role, Email and Reseller ID.
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
            "The reseller that the customer belongs to, filled in by the platform. Blank for a reseller.",
        ),
        definition::role(1),
        CustomFieldDefinition {
            is_required: true,
            ..field(
                LOGIN_OPTION,
                2,
                "Email",
                "The email address of the Dropbox team's first administrator. An address can belong to one team only.",
            )
        },
        field(
            RESELLER_ID_OPTION,
            3,
            "Reseller ID",
            "The reseller's id in the Dropbox Partner Portal. A customer of a reseller uses its reseller's id: leave it blank there.",
        ),
    ];
    CustomFieldCollection { fields: fields.into_iter().map(CustomField::from).collect() }
}
