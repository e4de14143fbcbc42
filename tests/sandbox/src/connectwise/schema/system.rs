//! Menu entries and callbacks.

use super::Kind::{Flag, Free, Integer, Integers, Reference, Text};
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
