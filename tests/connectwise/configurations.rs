//! Configurations and their types.

use serde_json::json;
use service_manager::connectwise::api::configuration::{self, Changes, NewConfiguration};
use service_manager::connectwise::{ConfigurationStatusId, ConfigurationTypeId, ConnectWiseError};

use super::{ACME, BLUE_LIGHT, Desk};

const TYPE: &str = "Dropsuite_Mailbox_actions";
const KEY: &str = "euwest.backup.10";

fn action() -> NewConfiguration {
    NewConfiguration {
        name: KEY.to_owned(),
        device_identifier: KEY.to_owned(),
        configuration_type: ConfigurationTypeId::new(2),
        company: ACME,
        status: None,
        notes: Some("Backup of ann@acme.example".to_owned()),
    }
}

#[tokio::test]
async fn a_type_is_made_once_even_while_searches_lag() {
    let desk = Desk::start().await;
    desk.settings(json!({ "searchLagSeconds": 30 }));
    let made = desk.client().find_or_create(&configuration::wanted_type(TYPE)).await.unwrap();
    assert_eq!(made.name, TYPE);
    let found = desk.client().find_or_create(&configuration::wanted_type("dropsuite_mailbox_actions")).await.unwrap();
    assert_eq!((found, desk.count("configurationType")), (made, 3));
}

#[tokio::test]
async fn a_configuration_is_made_once_and_retired() {
    let desk = Desk::start().await;
    let made = desk.client().find_or_create(&configuration::wanted(&action())).await.unwrap();
    assert_eq!(desk.client().find_or_create(&configuration::wanted(&action())).await.unwrap(), made);
    assert_eq!((made.device_identifier.as_deref(), made.active_flag), (Some(KEY), Some(true)));
    assert_eq!(made.configuration_type.as_ref().map(|kind| kind.id), Some(ConfigurationTypeId::new(2)));
    // The same key at another company is another configuration.
    assert_eq!(desk.client().find(&configuration::find(BLUE_LIGHT, KEY)).await.unwrap(), None);
    let retired =
        Changes { status: Some(ConfigurationStatusId::new(2)), notes: Some("Done".to_owned()), active: Some(false) };
    let changed = desk.client().one(&configuration::patch(made.id, &retired)).await.unwrap();
    assert_eq!(changed.status.and_then(|status| status.name).as_deref(), Some("Inactive"));
    assert_eq!(
        (changed.active_flag, desk.held("configuration", made.id.get())["notes"].clone()),
        (Some(false), json!("Done"))
    );
    let other = NewConfiguration {
        company: BLUE_LIGHT,
        name: "n".repeat(120),
        status: Some(ConfigurationStatusId::new(2)),
        ..action()
    };
    let other = desk.client().find_or_create(&configuration::wanted(&other)).await.unwrap();
    assert_eq!((other.name.len(), other.company.map(|company| company.id)), (100, Some(BLUE_LIGHT)));
}

#[tokio::test]
async fn an_instance_that_does_not_search_by_device_identifier() {
    let desk = Desk::start().await;
    desk.settings(json!({ "unfilterable": ["deviceIdentifier"] }));
    let made = desk.client().find_or_create(&configuration::wanted(&action())).await.unwrap();
    assert_eq!(desk.client().find_or_create(&configuration::wanted(&action())).await.unwrap().id, made.id);
    // One that people made has the name alone.
    let named = NewConfiguration { name: "euwest.backup.11".to_owned(), device_identifier: String::new(), ..action() };
    desk.client().one(&configuration::wanted(&named).create).await.unwrap();
    let found = desk.client().find(&configuration::find(ACME, "euwest.backup.11")).await.unwrap();
    assert_eq!(found.map(|row| row.device_identifier), Some(None));
}

#[tokio::test]
async fn of_two_with_one_key_none_is_chosen() {
    let desk = Desk::start().await;
    for key in [KEY, "EUWEST.backup.10"] {
        let new = NewConfiguration { device_identifier: key.to_owned(), ..action() };
        desk.client().one(&configuration::wanted(&new).create).await.unwrap();
    }
    let error = desk.client().find_or_create(&configuration::wanted(&action())).await.unwrap_err();
    let ConnectWiseError::Ambiguous { what, ids } = &error else { panic!("{error}") };
    assert_eq!((what.as_str(), ids.as_slice()), ("The configuration euwest.backup.10", [321, 322].as_slice()));
    assert!(error.explain().contains("(records 321 and 322)"), "{}", error.explain());
    assert_eq!(desk.count("configuration"), 4);
}
