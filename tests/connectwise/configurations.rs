//! Configurations and their types.

use serde_json::json;
use service_manager::connectwise::api::configuration::{self, Changes, NewConfiguration};
use service_manager::connectwise::{ConfigurationStatusId, ConfigurationTypeId, ConnectWiseError};

use super::{ACME, BLUE_LIGHT, Fixture};

const TYPE: &str = "Dropsuite_Mailbox_actions";
const KEY: &str = "euwest.backup.10";

pub fn action() -> NewConfiguration {
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
async fn a_type_is_created_once_with_lagging_searches() {
    let fixture = Fixture::start().await;
    fixture.settings(json!({ "searchLagSeconds": 30 }));
    let made = fixture.client().find_or_create(&configuration::find_or_create_type(TYPE)).await.unwrap();
    assert_eq!(made.name, TYPE);
    let found = fixture
        .client()
        .find_or_create(&configuration::find_or_create_type("dropsuite_mailbox_actions"))
        .await
        .unwrap();
    assert_eq!((found, fixture.count("configurationType")), (made, 3));
}

#[tokio::test]
async fn a_configuration_is_created_once_and_retired() {
    let fixture = Fixture::start().await;
    let made = fixture.client().find_or_create(&configuration::find_or_create(&action())).await.unwrap();
    assert_eq!(fixture.client().find_or_create(&configuration::find_or_create(&action())).await.unwrap(), made);
    assert_eq!((made.device_identifier.as_deref(), made.active_flag), (Some(KEY), Some(true)));
    assert_eq!(made.configuration_type.as_ref().map(|kind| kind.id), Some(ConfigurationTypeId::new(2)));
    // The same key for another company is a different configuration.
    assert_eq!(fixture.client().find(&configuration::find(BLUE_LIGHT, KEY)).await.unwrap(), None);
    let retired =
        Changes { status: Some(ConfigurationStatusId::new(2)), notes: Some("Done".to_owned()), active: Some(false) };
    let changed = fixture.client().send(&configuration::patch(made.id, &retired)).await.unwrap();
    assert_eq!(changed.status.and_then(|status| status.name).as_deref(), Some("Inactive"));
    assert_eq!(
        (changed.active_flag, fixture.record("configuration", made.id.get())["notes"].clone()),
        (Some(false), json!("Done"))
    );
    let other = NewConfiguration {
        company: BLUE_LIGHT,
        name: "n".repeat(120),
        status: Some(ConfigurationStatusId::new(2)),
        ..action()
    };
    let other = fixture.client().find_or_create(&configuration::find_or_create(&other)).await.unwrap();
    assert_eq!((other.name.len(), other.company.map(|company| company.id)), (100, Some(BLUE_LIGHT)));
}

#[tokio::test]
async fn an_instance_that_does_not_support_searches_by_device_identifier() {
    let fixture = Fixture::start().await;
    fixture.settings(json!({ "unfilterable": ["deviceIdentifier"] }));
    let made = fixture.client().find_or_create(&configuration::find_or_create(&action())).await.unwrap();
    assert_eq!(fixture.client().find_or_create(&configuration::find_or_create(&action())).await.unwrap().id, made.id);
    // A configuration created by a person has only the name.
    let named = NewConfiguration { name: "euwest.backup.11".to_owned(), device_identifier: String::new(), ..action() };
    fixture.client().send(&configuration::find_or_create(&named).create).await.unwrap();
    let found = fixture.client().find(&configuration::find(ACME, "euwest.backup.11")).await.unwrap();
    assert_eq!(found.map(|row| row.device_identifier), Some(None));
}

#[tokio::test]
async fn two_configurations_with_one_key_are_ambiguous() {
    let fixture = Fixture::start().await;
    for key in [KEY, "EUWEST.backup.10"] {
        let new = NewConfiguration { device_identifier: key.to_owned(), ..action() };
        fixture.client().send(&configuration::find_or_create(&new).create).await.unwrap();
    }
    let error = fixture.client().find_or_create(&configuration::find_or_create(&action())).await.unwrap_err();
    let ConnectWiseError::Ambiguous { label, ids } = &error else { panic!("{error}") };
    assert_eq!((label.as_str(), ids.as_slice()), ("The configuration euwest.backup.10", [321, 322].as_slice()));
    assert!(error.user_message().contains("(records 321 and 322)"), "{}", error.user_message());
    assert_eq!(fixture.count("configuration"), 4);
}
