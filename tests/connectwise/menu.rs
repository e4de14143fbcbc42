//! Menu entries.

use serde_json::json;
use service_manager::connectwise::MenuLocationId;
use service_manager::connectwise::api::menu::{self, Location, NewMenuEntry};

use super::{Fixture, refusal};

pub fn portal(location: Location) -> NewMenuEntry {
    let link = "https://euw.example.com/portal?from=connectwise".parse().unwrap();
    NewMenuEntry { caption: "Dropsuite Email Backup".to_owned(), link, location }
}

#[tokio::test]
async fn an_entry_is_created_once_where_others_exist() {
    let fixture = Fixture::start().await;
    fixture.settings(json!({ "searchLagSeconds": 30 }));
    let entries = fixture.client().list_all(&menu::entries()).await.unwrap();
    let place = Location::named("service desk", &entries);
    assert_eq!(place, Location::Id(MenuLocationId::new(16)));
    let made = fixture.client().find_or_create(&menu::find_or_create(&portal(place.clone()))).await.unwrap();
    assert_eq!(made.menu_location.as_ref().and_then(|place| place.name.as_deref()), Some("Service Desk"));
    assert_eq!(fixture.client().find_or_create(&menu::find_or_create(&portal(place))).await.unwrap(), made);
    assert_eq!(fixture.calls("POST", "/system/menuentries"), 1);
    assert_eq!(fixture.record("menuEntry", made.id.get())["locationIds"], json!([1]));
}

#[tokio::test]
async fn a_location_without_entries_is_identified_by_name() {
    let fixture = Fixture::start().await;
    let entries = fixture.client().list_all(&menu::entries()).await.unwrap();
    let place = Location::named("Companies", &entries);
    assert_eq!(place, Location::Name("Companies".to_owned()));
    let made = fixture.client().find_or_create(&menu::find_or_create(&portal(place))).await.unwrap();
    assert_eq!(made.menu_location.map(|place| place.id.get()), Some(11));
    let nowhere = NewMenuEntry { caption: "c".repeat(51), ..portal(Location::Name("Helpdesk".to_owned())) };
    let error = fixture.client().find_or_create(&menu::find_or_create(&nowhere)).await.unwrap_err();
    assert_eq!(refusal(&error), (400, vec!["NotFound menuLocation/name".to_owned()]));
}
