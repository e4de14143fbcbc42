//! `/service`

use serde_json::{Value, json};

use super::{ADMIN, Fixture, error, id, with, without};

const LIST: &str = "/service/tickets";

fn failed() -> Value {
    json!({
        "summary": "Backup of 3 mailboxes failed", "company": { "id": 19 }, "board": { "id": 2 }, "status": { "id": 21 },
        "externalXRef": "euwest.backup.10", "initialDescription": "The token has expired.", "processNotifications": false
    })
}

#[tokio::test]
async fn created_updated_closed_and_reopened() {
    let fixture = Fixture::start().await;
    let row = fixture.created(LIST, failed()).await;
    assert_eq!(
        (id(&row), &row["board"]["name"], &row["status"]["name"]),
        (1021, &json!("Backup Alerts"), &json!("New"))
    );
    assert_eq!((&row["priority"]["id"], &row["recordType"]), (&json!(3), &json!("ServiceTicket")));
    assert_eq!((row.get("initialDescription"), &row["closedFlag"]), (None, &json!(false)));
    assert_eq!(
        fixture.ids(LIST, &[("conditions", "externalXRef=\"euwest.backup.10\" and closedFlag=false")]).await,
        [1021]
    );

    let path = format!("{LIST}/1021");
    let (status, row) = fixture.patch(&path, json!({ "status": { "name": "closed" } })).await;
    assert_eq!((status, &row["status"]["id"], &row["closedFlag"]), (200, &json!(23), &json!(true)));
    assert_eq!((&row["closedBy"], row["closedDate"].is_string()), (&json!("Dropsuite"), true));
    let (_, row) = fixture.patch(&path, json!({ "status": { "id": 22 } })).await;
    assert_eq!((&row["closedFlag"], row.get("closedDate")), (&json!(false), None));
    // On this board, "Cancelled" does not count as closed.
    let (_, row) = fixture.patch(&path, json!({ "status": { "id": 24 } })).await;
    assert_eq!((&row["status"]["name"], &row["closedFlag"]), (&json!("Cancelled"), &json!(false)));
    assert_eq!(fixture.delete(&path).await.0, 204);
    assert_eq!(fixture.get(&path).await.0, 404);
    assert_eq!(fixture.get(&format!("{path}/notes")).await.0, 404);
}

#[tokio::test]
async fn board_and_status_have_defaults() {
    let fixture = Fixture::start().await;
    let row = fixture.created(LIST, json!({ "summary": "x", "company": { "identifier": "acmecorp" } })).await;
    assert_eq!((&row["board"]["id"], &row["status"]["id"]), (&json!(1), &json!(11)));
    let row = fixture.created(LIST, without(failed(), "status")).await;
    assert_eq!(row["status"]["id"], 21);
}

#[tokio::test]
async fn invalid_requests_are_rejected() {
    let fixture = Fixture::start().await;
    for (body, expected) in [
        (without(failed(), "summary"), ("MissingRequiredField", "summary is required.", "summary")),
        (without(failed(), "company"), ("MissingRequiredField", "company is required.", "company")),
        (
            with(failed(), "summary", json!("ä".repeat(101))),
            ("MaxLengthField", "The summary field has a maximum length of 100.", "summary"),
        ),
        (
            with(failed(), "status", json!({ "id": 11 })),
            ("NotFound", "Service Status 11 not found for Service Board 2", "status/id"),
        ),
        (
            with(failed(), "status", json!({ "id": 25 })),
            ("NotFound", "Service Status 25 not found for Service Board 2", "status/id"),
        ),
        (
            with(failed(), "type", json!({ "id": 11 })),
            ("NotFound", "Service Type 11 not found for Service Board 2", "type/id"),
        ),
        (with(failed(), "company", json!({ "id": 21 })), ("NotFound", "Company 21 is inactive", "company/id")),
        (with(failed(), "company", json!({ "id": 7 })), ("NotFound", "Company 7 not found", "company/id")),
        (
            with(failed(), "agreement", json!({ "id": 104 })),
            ("NotFound", "Agreement 104 not found for Company 19", "agreement/id"),
        ),
        (with(failed(), "owner", json!({ "id": 77 })), ("NotFound", "Member 77 not found", "owner/id")),
    ] {
        let (status, answer) = fixture.post(LIST, body).await;
        assert_eq!((status, error(&answer)), (400, expected));
    }
    let retired = with(with(failed(), "board", json!({ "id": 3 })), "status", json!({ "id": 31 }));
    assert_eq!(error(&fixture.post(LIST, retired).await.1).1, "Service Board 3 is inactive");
    assert_eq!(fixture.created(LIST, with(failed(), "summary", json!("ä".repeat(100)))).await["id"], 1021);
}

#[tokio::test]
async fn another_board_requires_one_of_its_statuses() {
    let fixture = Fixture::start().await;
    fixture.created(LIST, failed()).await;
    let path = format!("{LIST}/1021");
    let (status, body) = fixture.patch(&path, json!({ "board": { "id": 1 } })).await;
    assert_eq!((status, error(&body).1), (400, "Service Status 21 not found for Service Board 1"));
    let moved = json!({ "board": { "id": 1 }, "status": { "id": 12 } });
    assert_eq!(fixture.patch(&path, moved).await.1["status"]["name"], "In Progress");
    let (status, body) = fixture.patch(&path, json!({ "status": { "id": 23 } })).await;
    assert_eq!((status, error(&body).2), (400, "status/id"));
}

#[tokio::test]
async fn a_replacement_ignores_initial_texts() {
    let fixture = Fixture::start().await;
    fixture.created(LIST, failed()).await;
    let (status, body) = fixture.put(&format!("{LIST}/1021"), failed()).await;
    let expected = ("InvalidField", "initialDescription can only be used when creating.", "initialDescription");
    assert_eq!((status, error(&body)), (400, expected));
    let (status, row) = fixture.put(&format!("{LIST}/1021"), without(failed(), "initialDescription")).await;
    assert_eq!((status, &row["summary"]), (200, &failed()["summary"]));
}

#[tokio::test]
async fn notes_need_a_visibility_flag() {
    let fixture = Fixture::start().await;
    fixture.created(LIST, failed()).await;
    let notes = format!("{LIST}/1021/notes");
    let (_, first) = fixture.get(&notes).await;
    assert_eq!(
        (&first[0]["text"], &first[0]["detailDescriptionFlag"]),
        (&failed()["initialDescription"], &json!(true))
    );
    let (status, body) = fixture.post(&notes, json!({ "text": "Tried again" })).await;
    assert_eq!((status, error(&body).1), (400, "Please choose where to display the notes."));
    let row = fixture.created(&notes, json!({ "text": "Tried\nagain", "internalAnalysisFlag": true })).await;
    assert_eq!((&row["text"], &row["ticketId"]), (&json!("Tried again"), &json!(1021)));
    assert_eq!((&row["member"]["identifier"], &row["createdBy"]), (&json!("Dropsuite"), &json!("Dropsuite")));
    let path = format!("{notes}/{}", id(&row));
    assert_eq!(fixture.patch(&path, json!({ "text": "Tried twice" })).await.1["text"], "Tried twice");
    assert_eq!(fixture.post(&notes, json!({ "resolutionFlag": true })).await.0, 400);
    assert_eq!(fixture.get(&format!("{LIST}/1001/notes")).await, (200, json!([])));
    assert_eq!(fixture.get(&format!("{notes}/count")).await.1["count"], 2);
    let blank = fixture.created(LIST, with(failed(), "initialDescription", json!(" "))).await;
    assert_eq!(fixture.get(&format!("{LIST}/{}/notes", id(&blank))).await.1, json!([]));
}

#[tokio::test]
async fn configurations_are_attached() {
    let fixture = Fixture::start().await;
    let attached = format!("{LIST}/1001/configurations");
    assert_eq!(fixture.get(&attached).await, (200, json!([])));
    let (status, row) = fixture.post(&attached, json!({ "id": 301 })).await;
    assert_eq!((status, &row["id"], &row["deviceIdentifier"]), (201, &json!(301), &json!("rmm-1")));
    for (body, expected) in [
        (json!({ "name": "x" }), ("MissingRequiredField", "id or deviceIdentifier is required.", "id")),
        (json!({ "id": 302 }), ("NotFound", "Configuration 302 not found for Company 19", "id")),
        (json!({ "id": 999 }), ("NotFound", "Configuration 999 not found for Company 19", "id")),
        (json!({ "deviceIdentifier": "rmm-1" }), ("ObjectExists", "Configuration 301 is already attached.", "id")),
    ] {
        let (status, answer) = fixture.post(&attached, body).await;
        assert_eq!((status, error(&answer)), (400, expected));
    }
    assert_eq!(fixture.ids(LIST, &[("conditions", "configuration/id=301")]).await, [1001]);
    assert_eq!(
        fixture.get(&format!("{LIST}?conditions=configuration/id=301%20or%20configuration/id=302")).await.0,
        400
    );
    assert_eq!(fixture.get(&format!("{attached}/count")).await.1, json!({ "count": 1 }));
    assert_eq!(fixture.delete("/company/configurations/301").await.0, 409);
    assert_eq!(fixture.patch(&format!("{attached}/301"), json!({ "id": 302 })).await.0, 405);
    assert_eq!(fixture.delete(&format!("{attached}/301")).await.0, 204);
    assert_eq!(fixture.delete(&format!("{attached}/301")).await.0, 404);
}

#[tokio::test]
async fn people_merge_tickets() {
    let fixture = Fixture::start().await;
    fixture.created(LIST, failed()).await;
    let merged = json!({ "mergedParentTicket": { "id": 1001 } });
    let (status, row) = fixture.patch_as(ADMIN, &format!("{LIST}/1021"), merged).await;
    assert_eq!((status, &row["mergedParentTicket"]["summary"]), (200, &json!("Printer on fire")));
}

#[tokio::test]
async fn boards_have_statuses_and_types() {
    let fixture = Fixture::start().await;
    assert_eq!(
        fixture.ids("/service/boards", &[("conditions", "inactiveFlag=false and projectFlag=false")]).await,
        [1, 2]
    );
    let statuses = "/service/boards/2/statuses";
    assert_eq!(fixture.ids(statuses, &[("conditions", "inactive=false")]).await, [21, 22, 23, 24]);
    assert_eq!(fixture.ids(statuses, &[("conditions", "closedStatus=true")]).await, [23]);
    assert_eq!(fixture.ids("/service/boards/1/statuses", &[("conditions", "closedStatus=true")]).await, [13, 14]);
    for (path, expected) in
        [("types", &[21, 22][..]), ("subtypes", &[21, 22, 23]), ("items", &[21, 22]), ("teams", &[21, 22])]
    {
        assert_eq!(fixture.ids(&format!("/service/boards/2/{path}"), &[]).await, expected, "{path}");
    }
    assert_eq!(fixture.ids("/service/boards/2/subtypes", &[("conditions", "inactiveFlag=false")]).await, [21, 22]);
    let (_, rows) = fixture.get("/service/boards/2/typeSubTypeItemAssociations").await;
    let rows: Vec<_> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| [&row["type"]["id"], &row["subType"]["name"], &row["item"]["id"]])
        .collect();
    assert_eq!(
        json!(rows),
        json!([[21, "Backup", 21], [21, "Backup", 22], [21, "E-mail", 21], [21, "Fax", null], [22, "E-mail", null]])
    );
    assert_eq!(fixture.ids("/service/priorities", &[("conditions", "defaultFlag=true")]).await, [3]);
    assert_eq!(fixture.ids("/service/sources", &[("conditions", "name=\"Sync\"")]).await, [3]);
    let row = fixture.created(statuses, json!({ "name": "Waiting" })).await;
    assert_eq!(row["board"]["id"], 2);
    assert_eq!(fixture.delete("/service/boards/1/statuses/11").await.0, 409);
    assert_eq!(fixture.get("/service/boards/1/statuses/21").await.0, 404);
}

#[tokio::test]
async fn a_board_can_require_fields_of_a_new_ticket() {
    let fixture = Fixture::start().await;
    fixture.control("/_sandbox/settings", json!({ "ticketRequires": { "2": ["type", "priority"] } })).await;
    let (status, body) = fixture.post(LIST, failed()).await;
    let fields: Vec<_> = body["errors"].as_array().unwrap().iter().map(|error| error["field"].clone()).collect();
    assert_eq!((status, fields), (400, vec![json!("type"), json!("priority")]));
    assert_eq!(body["errors"][0]["code"], "MissingRequiredField");
    let elsewhere = with(without(failed(), "status"), "board", json!({ "id": 1 }));
    let row = fixture.created(LIST, elsewhere).await;
    assert_eq!(row["priority"]["id"], 3, "another board");
    let typed = with(with(failed(), "type", json!({ "id": 21 })), "priority", json!({ "id": 1 }));
    let row = fixture.created(LIST, typed).await;
    assert_eq!((&row["type"]["name"], &row["priority"]["id"]), (&json!("Incident"), &json!(1)));
    let path = format!("{LIST}/{}", id(&row));
    assert_eq!(fixture.patch(&path, json!({ "type": null })).await.0, 200, "an existing ticket");
}

#[tokio::test]
async fn a_board_can_require_each_field() {
    let fixture = Fixture::start().await;
    let fields = json!({
        "type": { "id": 21 }, "subType": { "id": 22 }, "item": { "id": 21 }, "source": { "id": 3 },
        "contact": { "id": 99 }, "impact": "High", "severity": "Low"
    });
    let complete =
        fields.as_object().unwrap().iter().fold(failed(), |body, (name, value)| with(body, name, value.clone()));
    for name in fields.as_object().unwrap().keys() {
        fixture.control("/_sandbox/settings", json!({ "ticketRequires": { "2": [name] } })).await;
        let (status, body) = fixture.post(LIST, failed()).await;
        assert_eq!(
            (status, &body["errors"][0]["code"], &body["errors"][0]["field"]),
            (400, &json!("MissingRequiredField"), &json!(name))
        );
        let row = fixture.created(LIST, complete.clone()).await;
        assert!(row[name]["id"] == fields[name]["id"] && row[name].is_string() == fields[name].is_string(), "{row}");
    }
}

#[tokio::test]
async fn subtype_and_item_go_with_the_type_and_a_contact_with_the_company() {
    let fixture = Fixture::start().await;
    let classed = |kind: u32, subtype: u32, item: u32| {
        let body = with(failed(), "subType", json!({ "id": subtype }));
        let body = if kind == 0 { body } else { with(body, "type", json!({ "id": kind })) };
        if item == 0 { body } else { with(body, "item", json!({ "id": item })) }
    };
    for (body, expected) in [
        (classed(22, 21, 0), ("NotFound", "Service SubType 21 not found for Service Type 22", "subType/id")),
        (classed(0, 21, 0), ("NotFound", "Service SubType 21 not found", "subType/id")),
        (classed(21, 11, 0), ("NotFound", "Service SubType 11 not found for Service Board 2", "subType/id")),
        (classed(21, 23, 0), ("NotFound", "Service SubType 23 is inactive", "subType/id")),
        (classed(21, 22, 22), ("NotFound", "Service Item 22 not found for Service SubType 22", "item/id")),
        (classed(22, 22, 21), ("NotFound", "Service Item 21 not found for Service SubType 22", "item/id")),
        (with(failed(), "item", json!({ "id": 21 })), ("NotFound", "Service Item 21 not found", "item/id")),
        (with(failed(), "source", json!({ "id": 9 })), ("NotFound", "Service Source 9 not found", "source/id")),
        (
            with(failed(), "contact", json!({ "id": 100 })),
            ("NotFound", "Contact 100 not found for Company 19", "contact/id"),
        ),
    ] {
        let (status, answer) = fixture.post(LIST, body).await;
        assert_eq!((status, error(&answer)), (400, expected));
    }
    let row = fixture.created(LIST, classed(21, 22, 21)).await;
    let path = format!("{LIST}/{}", id(&row));
    assert_eq!(fixture.patch(&path, json!({ "type": { "id": 22 } })).await.0, 400, "the item does not go with it");
    fixture.patch_as(ADMIN, "/service/boards/2/subtypes/22", json!({ "inactiveFlag": true })).await;
    assert_eq!(fixture.patch(&path, json!({ "summary": "y" })).await.0, 200, "an existing ticket");
    fixture.patch_as(ADMIN, "/company/contacts/99", json!({ "inactiveFlag": true })).await;
    let (status, answer) = fixture.post(LIST, with(failed(), "contact", json!({ "id": 99 }))).await;
    assert_eq!((status, error(&answer)), (400, ("NotFound", "Contact 99 is inactive", "contact/id")));
}

#[tokio::test]
async fn custom_fields_have_a_type_and_can_be_required() {
    let fixture = Fixture::start().await;
    let sent = |values: Value| with(failed(), "customFields", values);
    let row = fixture.created(LIST, failed()).await;
    let captions: Vec<_> =
        row["customFields"].as_array().unwrap().iter().map(|field| field["caption"].clone()).collect();
    assert_eq!(captions, ["Cost Centre", "Service Level", "Billable Hours", "Reviewed", "Survey Score"]);
    let values = json!([{ "id": 1, "value": "4711" }, { "id": 2, "value": "Gold" }, { "id": 4, "value": true }]);
    let row = fixture.created(LIST, sent(values)).await;
    assert_eq!((&row["customFields"][0]["value"], &row["customFields"][3]["value"]), (&json!("4711"), &json!(true)));
    assert_eq!(row["customFields"][2].get("value"), None);
    for (values, code) in [
        (json!([{ "id": 6, "value": "2026-09-01" }]), "NotFound"),
        (json!([{ "id": 2, "value": "Lead" }]), "InvalidField"),
        (json!([{ "id": 3, "value": "two" }]), "InvalidField"),
    ] {
        let (status, body) = fixture.post(LIST, sent(values.clone())).await;
        assert_eq!((status, &body["errors"][0]["code"]), (400, &json!(code)), "{values}");
    }
    fixture.patch_as(ADMIN, "/system/userDefinedFields/1", json!({ "requiredFlag": true })).await;
    let (status, body) = fixture.post(LIST, failed()).await;
    assert_eq!((status, &body["errors"][0]["message"]), (400, &json!("Cost Centre is required.")));
    fixture.created(LIST, sent(json!([{ "id": 1, "value": "4711" }]))).await;
}
