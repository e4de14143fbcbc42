//! Boards that require more of a ticket than a status.

use sandbox::background::sweep;
use sandbox::connectwise::Settings;
use serde_json::{Value, json};

use crate::portal::msp::bodies::ticket_mapping;
use crate::portal::msp::{Msp, SAVE};
use crate::portal::tickets::{fail, failing};

fn requires(msp: &Msp, fields: &[&str]) {
    let connectwise = &msp.bss.stack.connectwise;
    let fields = fields.iter().map(|field| (*field).to_owned()).collect();
    connectwise.set_settings(Settings { ticket_requires: [(1, fields)].into(), ..connectwise.settings() });
}

async fn listed(msp: &Msp) -> Value {
    msp.get("tickets/list").await["tickets"][0].clone()
}

#[tokio::test]
async fn a_board_that_requires_a_type_a_priority_and_a_custom_field_gets_them_from_the_settings() {
    let msp = failing(0).await;
    requires(&msp, &["type", "priority"]);
    let cost_centre = "system/userDefinedFields/1";
    let required = json!([{"op": "replace", "path": "requiredFlag", "value": true}]);
    msp.as_person(reqwest::Method::PATCH, cost_centre, &required).await;
    fail(&msp, 1).await;
    let row = listed(&msp).await;
    assert_eq!((&row["state"], msp.tickets().len()), (&json!("failed"), 0), "{row}");
    let reason = row["reason"].as_str().unwrap();
    assert!(reason.contains("ConnectWise requires type") && reason.contains("Cost Centre is required"), "{reason}");
    assert_eq!(
        row["requiredAction"],
        "Choose customFields, priority, ticketType at portal/settings/save. portal/settings/options?board=1 lists the values. Then try again at portal/tickets/retry."
    );
    let options = msp.get("settings/options?board=1").await;
    assert_eq!(
        (&options["customFields"][0]["required"], &options["customFields"][1]["required"]),
        (&json!(true), &json!(false))
    );

    let chosen = json!({
        "ticketType": 12, "priority": 2,
        "customFields": [{"id": 1, "value": "4711"}, {"id": 3, "value": 2.5}, {"id": 4, "value": true}],
    });
    let saved = msp.done(SAVE, &ticket_mapping(chosen.clone())).await;
    let read = msp.get("settings/get").await;
    for member in ["ticketType", "priority", "customFields"] {
        assert_eq!((&saved[member], &read[member]), (&chosen[member], &chosen[member]));
    }
    msp.done("tickets/retry", &json!({})).await;
    assert_eq!(listed(&msp).await["state"], "synced");
    let ticket = &msp.tickets()[0];
    assert_eq!((&ticket["type"]["id"], &ticket["priority"]["id"]), (&json!(12), &json!(2)));
    let values: Vec<_> = ticket["customFields"].as_array().unwrap().iter().map(|field| &field["value"]).collect();
    assert_eq!(values, [&json!("4711"), &json!(null), &json!(2.5), &json!(true), &json!(null)]);
}

#[tokio::test]
async fn a_field_without_a_setting_is_not_called_one() {
    let msp = failing(0).await;
    requires(&msp, &["team"]);
    fail(&msp, 1).await;
    let action = listed(&msp).await["requiredAction"].as_str().unwrap().to_owned();
    assert!(action.starts_with("The settings have no team. In ConnectWise, let tickets"), "{action}");
    assert!(action.ends_with("Then try again at portal/tickets/retry."), "{action}");
}

/// All fields but custom ones, as a board can require them.
const ALL: [&str; 7] = ["type", "subType", "item", "source", "contact", "impact", "severity"];

#[tokio::test]
async fn a_board_that_requires_every_field_gets_them_from_the_settings() {
    let msp = failing(0).await;
    requires(&msp, &ALL);
    fail(&msp, 1).await;
    let action = listed(&msp).await["requiredAction"].as_str().unwrap().to_owned();
    assert!(
        action.starts_with(
            "Choose impact, item, source, subtype, ticketType, urgency at portal/settings/save, or for the company 20 at portal/ticketfields/save."
        ),
        "{action}"
    );
    assert!(action.contains("send contact companyDefault to portal/settings/save"), "{action}");
    let chosen = json!({
        "ticketType": 11, "subtype": 12, "item": 11, "source": 3, "impact": "high", "urgency": "low",
        "contact": "companyDefault",
    });
    let saved = msp.done(SAVE, &ticket_mapping(chosen.clone())).await;
    let read = msp.get("settings/get").await;
    for (member, value) in chosen.as_object().unwrap() {
        assert_eq!((&saved[member], &read[member]), (value, value));
    }
    msp.done("tickets/retry", &json!({})).await;
    let ticket = &msp.tickets()[0];
    let ids = ["type", "subType", "item", "source", "contact"].map(|field| &ticket[field]["id"]);
    assert_eq!(ids, [&json!(11), &json!(12), &json!(11), &json!(3), &json!(100)], "the contact of company 20");
    assert_eq!((&ticket["impact"], &ticket["severity"]), (&json!("High"), &json!("Low")));
}

#[tokio::test]
async fn a_companys_own_fields_replace_those_of_the_settings() {
    let msp = failing(0).await;
    requires(&msp, &ALL);
    msp.done(SAVE, &ticket_mapping(json!({"ticketType": 11, "subtype": 12, "item": 11, "source": 3}))).await;
    fail(&msp, 1).await;
    assert_eq!(listed(&msp).await["state"], "failed", "contact, impact and urgency are missing");
    let own = json!({"company": 20, "ticketType": 11, "subtype": 11, "item": 12, "contact": 100, "impact": "low",
        "urgency": "medium"});
    msp.done("ticketfields/save", &own).await;
    sweep(&msp.bss.stack.app).await.unwrap();
    assert_eq!(listed(&msp).await["state"], "synced", "saving requests the retry");
    let ticket = &msp.tickets()[0];
    let ids = ["type", "subType", "item", "source", "contact"].map(|field| &ticket[field]["id"]);
    assert_eq!(ids, [&json!(11), &json!(11), &json!(12), &json!(3), &json!(100)]);
    assert_eq!((&ticket["impact"], &ticket["severity"]), (&json!("Low"), &json!("Medium")));
}

#[tokio::test]
async fn a_company_without_a_main_contact_gets_a_ticket_without_one() {
    let msp = failing(0).await;
    msp.done(SAVE, &ticket_mapping(json!({"contact": "companyDefault"}))).await;
    let none = json!([{"op": "replace", "path": "defaultContact", "value": null}]);
    msp.as_person(reqwest::Method::PATCH, "company/companies/20", &none).await;
    fail(&msp, 1).await;
    assert_eq!((listed(&msp).await["state"].clone(), msp.tickets()[0].get("contact")), (json!("synced"), None));
}

#[tokio::test]
async fn a_main_contact_that_connectwise_refuses_is_left_out() {
    let msp = failing(0).await;
    msp.done(SAVE, &ticket_mapping(json!({"contact": "companyDefault"}))).await;
    let inactive = json!([{"op": "replace", "path": "inactiveFlag", "value": true}]);
    msp.as_person(reqwest::Method::PATCH, "company/contacts/100", &inactive).await;
    fail(&msp, 1).await;
    let row = listed(&msp).await;
    assert_eq!((&row["state"], msp.tickets()[0].get("contact")), (&json!("synced"), None), "{row}");
    let reason = row["reason"].as_str().unwrap();
    assert!(reason.contains("rejected the company's main contact 100") && reason.contains("is inactive"), "{reason}");
}

#[tokio::test]
async fn a_contact_that_was_chosen_for_the_company_is_not_left_out() {
    let msp = failing(0).await;
    msp.done("ticketfields/save", &json!({"company": 20, "contact": 100})).await;
    let inactive = json!([{"op": "replace", "path": "inactiveFlag", "value": true}]);
    msp.as_person(reqwest::Method::PATCH, "company/contacts/100", &inactive).await;
    fail(&msp, 1).await;
    let row = listed(&msp).await;
    assert_eq!((&row["state"], msp.tickets().len()), (&json!("failed"), 0), "{row}");
    assert!(row["requiredAction"].as_str().unwrap().starts_with("Choose the contact of the company 20"), "{row}");
}

#[tokio::test]
async fn a_board_that_requires_the_contact_that_is_refused_names_it() {
    let msp = failing(0).await;
    requires(&msp, &["contact"]);
    msp.done(SAVE, &ticket_mapping(json!({"contact": "companyDefault"}))).await;
    let inactive = json!([{"op": "replace", "path": "inactiveFlag", "value": true}]);
    msp.as_person(reqwest::Method::PATCH, "company/contacts/100", &inactive).await;
    fail(&msp, 1).await;
    let row = listed(&msp).await;
    assert_eq!((&row["state"], msp.tickets().len()), (&json!("failed"), 0), "{row}");
    assert!(row["requiredAction"].as_str().unwrap().starts_with("Choose the contact of the company 20"), "{row}");
}
