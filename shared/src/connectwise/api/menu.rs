//! Custom menu entries: the way from ConnectWise's menu to the portal.

use serde::Deserialize;
use serde_json::json;
use url::Url;

use crate::connectwise::id::reference;
use crate::connectwise::text::{cut, is_same};
use crate::connectwise::{List, MenuEntryId, MenuLocationId, One, Record, Reference, Search, Wanted};

const PATH: &str = "/system/menuentries";
const MAX_CAPTION: usize = 50;

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MenuEntry {
    /// Its number.
    pub id: MenuEntryId,
    /// What people see.
    #[serde(default)]
    pub caption: String,
    /// Where it leads.
    #[serde(default)]
    pub link: String,
    /// Where it stands.
    #[serde(default)]
    pub menu_location: Option<Reference<MenuLocationId>>,
}

/// An entry to be made, for all of the MSP's locations, opening a new window.
#[derive(Clone, Debug)]
pub struct NewMenuEntry {
    /// What people see; cut at 50 characters.
    pub caption: String,
    /// Where it leads; 2,000 characters at most.
    pub link: Url,
    /// Where it stands.
    pub location: Location,
}

/// A place in the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// By its number.
    Id(MenuLocationId),
    /// By its name.
    Name(String),
}

impl Location {
    /// The place with this name. No list of places is offered, so its number is learnt from an entry that stands there, if
    /// there is one.
    pub fn named(name: &str, entries: &[MenuEntry]) -> Self {
        let mut places = entries.iter().filter_map(|entry| entry.menu_location.as_ref());
        let place = places.find(|place| place.name.as_deref().is_some_and(|held| is_same(held, name)));
        place.map_or_else(|| Self::Name(name.to_owned()), |place| Self::Id(place.id))
    }
}

impl Record for MenuEntry {
    const FIELDS: &'static str = "id,caption,link,menuLocation";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

/// All entries.
pub fn entries() -> List<MenuEntry> {
    List::all("menu-entries", PATH)
}

/// An entry, made unless there is one with its caption and link.
pub fn wanted(new: &NewMenuEntry) -> Wanted<MenuEntry> {
    let (caption, link) = (cut(&new.caption, MAX_CAPTION).to_owned(), new.link.to_string());
    let location = match &new.location {
        Location::Id(id) => reference(id),
        Location::Name(name) => json!({ "name": name }),
    };
    let body = json!({
        "menuLocation": location,
        "caption": caption,
        "link": link,
        "newWindowFlag": true,
        "addAllLocations": true,
    });
    let is_it = move |entry: &MenuEntry| is_same(&entry.caption, &caption) && entry.link.trim() == link;
    Wanted {
        search: Search::new(format!("The menu entry {}", new.caption), entries(), is_it),
        create: One::post("create-menu-entry", PATH.to_owned(), body),
    }
}
