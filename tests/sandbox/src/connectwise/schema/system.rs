//! Menu entries, callbacks and custom fields.

use super::Kind::{Children, Choice, Date, Flag, Free, Integer, Integers, Reference, Text};
use super::Schema;
use crate::connectwise::definition::Resource;

/// A custom menu entry: the schema `MenuEntry`.
pub const MENU_ENTRY: Schema = &[
    (Text(36), "clientId"),
    (Text(50), "caption"),
    (Text(2000), "link origin"),
    (Free, "connectWiseId"),
    (Integer, "id smallMenuIconId largeMenuIconId"),
    (Flag, "newWindowFlag addAllLocations removeAllLocations"),
    (Reference(Resource::MenuLocation), "menuLocation"),
    (Integers, "locationIds"),
];

/// A callback: the schema `CallbackEntry`.
pub const CALLBACK_ENTRY: Schema = &[
    (Text(100), "description"),
    (Free, "url type level payloadVersion connectWiseID"),
    (Integer, "id objectId memberId"),
    (Flag, "inactiveFlag isSoapCallbackFlag isSelfSuppressedFlag"),
];

/// A custom field: the schema `UserDefinedField`.
pub const USER_DEFINED_FIELD: Schema = &[
    (Text(25), "caption screenId"),
    (Text(1000), "helpText buttonUrl"),
    (Free, "connectWiseId"),
    (
        Choice("TextArea Button Currency Date Hyperlink IPAddress Checkbox Number Percent PhoneNumber Text Password"),
        "fieldTypeIdentifier",
    ),
    (Choice("Date EntryField List Option"), "entryTypeIdentifier"),
    (Integer, "id podId sequenceNumber numberDecimals"),
    (
        Flag,
        "requiredFlag displayOnScreenFlag readOnlyFlag listViewFlag addAllBusinessUnits removeAllBusinessUnits \
         addAllLocations removeAllLocations",
    ),
    (Date, "dateCreated"),
    (Children("id optionValue defaultFlag inactiveFlag sortOrder"), "options"),
    (Integers, "businessUnitIds locationIds"),
];
