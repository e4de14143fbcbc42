//! Custom menu entries: links in ConnectWise's menu to the portal.

use serde::Deserialize;
use serde_json::json;
use url::Url;

use crate::connectwise::id::reference;
use crate::connectwise::patch::Patch;
use crate::connectwise::text::{eq_normalized, truncate};
use crate::connectwise::{
    Entity, FindOrCreate, ListRequest, Lookup, MenuEntryId, MenuLocationId, Reference, SingleRequest,
};

const PATH: &str = "/system/menuentries";
const MAX_CAPTION: usize = 50;

/// A custom menu entry.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MenuEntry {
    /// The entry's id.
    pub id: MenuEntryId,
    /// The text that people see.
    #[serde(default)]
    pub caption: String,
    /// The URL that it opens.
    #[serde(default)]
    pub link: String,
    /// Its location in the menu.
    #[serde(default)]
    pub menu_location: Option<Reference<MenuLocationId>>,
}

/// A menu entry to create. It is shown at all of the MSP's locations and opens a new window.
#[derive(Clone, Debug)]
pub struct NewMenuEntry {
    /// The text that people see, truncated to 50 characters.
    pub caption: String,
    /// The URL that it opens, at most 2,000 characters.
    pub link: Url,
    /// Its location in the menu.
    pub location: Location,
}

/// A location in the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// By its id.
    Id(MenuLocationId),
    /// By its name.
    Name(String),
}

impl Location {
    /// Returns the location with this name. ConnectWise has no list of locations, so the id is taken from an existing
    /// entry at that location. If there is none, the location is given by its name.
    pub fn named(name: &str, entries: &[MenuEntry]) -> Self {
        let mut locations = entries.iter().filter_map(|entry| entry.menu_location.as_ref());
        let location =
            locations.find(|location| location.name.as_deref().is_some_and(|existing| eq_normalized(existing, name)));
        location.map_or_else(|| Self::Name(name.to_owned()), |location| Self::Id(location.id))
    }
}

impl Entity for MenuEntry {
    const FIELDS: &'static str = "id,caption,link,menuLocation";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

/// Lists all menu entries.
pub fn entries() -> ListRequest<MenuEntry> {
    ListRequest::all("menu-entries", PATH)
}

/// Returns the entry that leads to an earlier address and is ours, because its number is `recorded`. `None` if there is none, or
/// an entry leads to the new address already. Another integration's entry with the same caption stays as it is.
pub fn outdated<'e>(
    entries: &'e [MenuEntry],
    new: &NewMenuEntry,
    recorded: Option<MenuEntryId>,
) -> Option<&'e MenuEntry> {
    let caption = truncate(&new.caption, MAX_CAPTION);
    let mut named = entries.iter().filter(|entry| eq_normalized(&entry.caption, caption));
    if named.clone().any(|entry| entry.link.trim() == new.link.as_str()) {
        return None;
    }
    named.find(|entry| Some(entry.id) == recorded)
}

/// Changes the link of an entry.
pub fn change_link(id: MenuEntryId, link: &Url) -> SingleRequest<MenuEntry> {
    let patch = Patch::new().replace("link", Some(link.as_str()));
    SingleRequest::patch("change-menu-entry", format!("{PATH}/{id}"), &patch)
}

/// Finds the entry with this caption and link, or creates it.
pub fn find_or_create(new: &NewMenuEntry) -> FindOrCreate<MenuEntry> {
    let (caption, link) = (truncate(&new.caption, MAX_CAPTION).to_owned(), new.link.to_string());
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
    let matches = move |entry: &MenuEntry| eq_normalized(&entry.caption, &caption) && entry.link.trim() == link;
    FindOrCreate {
        lookup: Lookup::new(format!("The menu entry {}", new.caption), entries(), matches),
        create: SingleRequest::post("create-menu-entry", PATH.to_owned(), body),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_entry_of_ours_is_mended() {
        let (old, new) = ("https://vendor.example/", "https://portal.example/portal");
        let entry = |id: u32, caption: &str, link: &str| -> MenuEntry {
            serde_json::from_value(json!({ "id": id, "caption": caption, "link": link })).unwrap()
        };
        let wanted = NewMenuEntry {
            caption: "Dropsuite Email Backup".to_owned(),
            link: new.parse().unwrap(),
            location: Location::Name("Service Desk".to_owned()),
        };
        let of = |entries: &[MenuEntry], recorded: Option<u32>| {
            outdated(entries, &wanted, recorded.map(MenuEntryId::new)).map(|entry| entry.id.get())
        };
        let ours = entry(90, "dropsuite email backup", old);
        let others = [entry(1, "Remote Monitoring", old), entry(2, "Dropsuite Email Backup", "https://other.example/")];
        assert_eq!(of(&others, None), None);
        assert_eq!(of(&others, Some(2)), Some(2), "its address was ours before");
        assert_eq!(of(&others, Some(1)), None, "a person gave it another caption");
        assert_eq!(of(&[others[1].clone(), ours.clone()], None), None, "it may be another integration's");
        assert_eq!(of(&[others[1].clone(), ours.clone()], Some(90)), Some(90));
        assert_eq!(of(&[ours, entry(91, "Dropsuite Email Backup", new)], Some(90)), None);
        assert_eq!(of(&[], Some(90)), None);
    }
}
