//! Menu entries.

use serde_json::json;
use service_manager::connectwise::MenuLocationId;
use service_manager::connectwise::api::menu::{self, Location, NewMenuEntry};

use super::{Desk, refusal};

pub fn portal(location: Location) -> NewMenuEntry {
    let link = "https://euw.example.com/portal?from=connectwise".parse().unwrap();
    NewMenuEntry { caption: "Dropsuite Email Backup".to_owned(), link, location }
}

#[tokio::test]
async fn an_entry_is_made_once_where_others_stand() {
    let desk = Desk::start().await;
    desk.settings(json!({ "searchLagSeconds": 30 }));
    let entries = desk.client().all(&menu::entries()).await.unwrap();
    let place = Location::named("service desk", &entries);
    assert_eq!(place, Location::Id(MenuLocationId::new(16)));
    let made = desk.client().find_or_create(&menu::wanted(&portal(place.clone()))).await.unwrap();
    assert_eq!(made.menu_location.as_ref().and_then(|place| place.name.as_deref()), Some("Service Desk"));
    assert_eq!(desk.client().find_or_create(&menu::wanted(&portal(place))).await.unwrap(), made);
    assert_eq!(desk.calls("POST", "/system/menuentries"), 1);
    assert_eq!(desk.held("menuEntry", made.id.get())["locationIds"], json!([1]));
}

#[tokio::test]
async fn a_place_that_no_entry_shows_goes_by_its_name() {
    let desk = Desk::start().await;
    let entries = desk.client().all(&menu::entries()).await.unwrap();
    let place = Location::named("Companies", &entries);
    assert_eq!(place, Location::Name("Companies".to_owned()));
    let made = desk.client().find_or_create(&menu::wanted(&portal(place))).await.unwrap();
    assert_eq!(made.menu_location.map(|place| place.id.get()), Some(11));
    let nowhere = NewMenuEntry { caption: "c".repeat(51), ..portal(Location::Name("Helpdesk".to_owned())) };
    let error = desk.client().find_or_create(&menu::wanted(&nowhere)).await.unwrap_err();
    assert_eq!(refusal(&error), (400, vec!["NotFound menuLocation/name".to_owned()]));
}
