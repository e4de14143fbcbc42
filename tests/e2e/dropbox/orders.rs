//! The first order, which creates the team.

use sandbox::dropbox::PARTNERS;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use super::demo::{
    ADVANCED, CANCEL, CREATE, EDUCATION, STANDARD, STANDARD_LICENCE, SUBSCRIPTION, SYNCHRONIZE, TEAM, account, bare,
    days, order, other_account, other_order, reseller,
};
use crate::client::{Bss, merged, provisioned};

#[tokio::test]
async fn creates_a_team_as_ordered() {
    let bss = Bss::with_dropbox_account().await;
    let answer = bss.answer(CREATE, &order(STANDARD, 5, json!({}))).await;
    assert_eq!(answer, provisioned(SUBSCRIPTION));
    bss.assert_team_has(&[(STANDARD, 1), (STANDARD_LICENCE, 2)]);
    let team = bss.team();
    let expected = json!({
        "id": TEAM, "name": "Contoso", "country_code": "DE", "invite_admin": "it@contoso.example", "active": true,
        "reseller_ids": ["D-1000", "R-2001"], "partner": 1, "num_licensed_users": 5, "auto_renew": true,
    });
    for (member, value) in expected.as_object().unwrap() {
        assert_eq!(team[member], *value, "{member}");
    }
    assert_eq!(team["current_state"]["is_trial"], false);
    assert_eq!(bss.dropbox_writes(), ["create"]);
}

#[tokio::test]
async fn a_repeated_call_has_no_effect_and_returns_the_same() {
    let bss = Bss::with_dropbox_account().await;
    let first = bss.answer(CREATE, &order(STANDARD, 3, json!({}))).await;
    let after = bss.at_dropbox();
    assert_eq!(bss.answer(CREATE, &order(STANDARD, 3, json!({}))).await, first);
    assert_eq!(bss.answer(CREATE, &order(STANDARD, 3, json!({"ID": SUBSCRIPTION}))).await, first);
    assert_eq!(bss.at_dropbox(), after);
}

#[tokio::test]
async fn needs_a_synchronized_customer() {
    let bss = Bss::with_dropbox().await;
    let without_stream = order(STANDARD, 3, json!({"Account": account(json!({}))}));
    bss.assert_rejected(ErrorCode::AccountUnknown, CREATE, &without_stream, &["Save & Synchronize"]).await;
    bss.done(SYNCHRONIZE, &reseller(json!({}))).await;
    let reselling = order(STANDARD, 3, json!({"Account": reseller(json!({}))}));
    bss.assert_rejected(ErrorCode::RoleInvalid, CREATE, &reselling, &["reseller"]).await;
    assert_eq!(bss.stack.dropbox.calls(), []);
}

#[tokio::test]
async fn rejected_credentials_are_reported_at_the_first_order() {
    let bss = Bss::with_dropbox_account().await;
    let wrong = bss.with("x-cloudplatform-setting-apisecret", "not-the-secret");
    for _ in 0..2 {
        let message = wrong
            .assert_rejected(
                ErrorCode::CredentialsRefused,
                CREATE,
                &order(STANDARD, 3, json!({})),
                &["API Key", "API Secret"],
            )
            .await;
        assert!(!message.contains("not-the-secret"), "{message}");
    }
    assert_eq!(
        bss.done(CREATE, &order(STANDARD, 3, json!({}))).await,
        SUBSCRIPTION,
        "a retry with the corrected setting"
    );
}

#[tokio::test]
async fn an_unknown_reseller_or_distributor_is_reported_with_both_fields() {
    let bss = Bss::with_dropbox().await;
    let [_, second] = PARTNERS;
    let both = ["Reseller ID", "Distributor ID"];
    for reseller in ["R-4711", second.reseller_ids[0]] {
        bss.done(SYNCHRONIZE, &account(json!({"SyncOptions": {"resellerid": reseller}}))).await;
        bss.assert_rejected(ErrorCode::ResellerIdInvalid, CREATE, &order(STANDARD, 3, json!({})), &both).await;
    }
    bss.done(SYNCHRONIZE, &account(json!({}))).await;
    let elsewhere = bss.with("x-cloudplatform-setting-distributorid", second.distributor_id);
    let message = elsewhere.refused(ErrorCode::ResellerIdInvalid, CREATE, &order(STANDARD, 3, json!({}))).await;
    assert!(both.iter().all(|field| message.contains(field)), "{message}");
    assert_eq!(bss.teams(), [Value::Null; 0]);
    bss.done(CREATE, &order(STANDARD, 3, json!({}))).await;
}

#[tokio::test]
async fn needs_a_country_and_a_valid_email() {
    let bss = Bss::with_dropbox().await;
    bss.done(SYNCHRONIZE, &account(json!({"Address": null}))).await;
    bss.assert_rejected(ErrorCode::CountryInvalid, CREATE, &order(STANDARD, 3, json!({})), &["country"]).await;
    let nowhere = bare(json!({"Address": {"Country": {"Code": "XX"}}}));
    bss.assert_rejected(
        ErrorCode::CountryInvalid,
        CREATE,
        &order(STANDARD, 3, json!({"Account": nowhere})),
        &["country"],
    )
    .await;
    let no_address = bare(json!({"SyncOptions": {"email": "no-address"}, "Address": {"Country": {"Code": "DE"}}}));
    bss.assert_rejected(
        ErrorCode::EmailInvalid,
        CREATE,
        &order(STANDARD, 3, json!({"Account": no_address})),
        &["email"],
    )
    .await;
    assert_eq!(bss.dropbox_calls(), [""; 0], "the vendor is not called");
    let details = bare(json!({"Address": {"Country": {"Code": "de"}}}));
    bss.done(CREATE, &order(STANDARD, 3, json!({"Account": details}))).await;
    assert_eq!(bss.team()["country_code"], "DE");
}

#[tokio::test]
async fn an_account_must_be_synchronized_before_the_order() {
    let bss = Bss::with_dropbox().await;
    let details = order(STANDARD, 3, json!({"Account": account(json!({"ExternalID": "dropbox-1001"}))}));
    bss.assert_rejected(ErrorCode::AccountUnknown, CREATE, &details, &["Save & Synchronize"]).await;
    assert_eq!(bss.stack.dropbox.calls(), []);
}

#[tokio::test]
async fn account_details_of_the_order_take_precedence() {
    let bss = Bss::with_dropbox_account().await;
    let details = json!({
        "Name": "Contoso Iberia", "Email": "other@contoso.example", "Address": {"Country": {"Code": "ES"}},
        "SyncOptions": {"resellerid": "R-2002"},
    });
    bss.done(CREATE, &order(STANDARD, 3, json!({"Account": bare(details)}))).await;
    let team = bss.team();
    assert_eq!((&team["name"], &team["country_code"]), (&json!("Contoso Iberia"), &json!("ES")));
    assert_eq!(team["reseller_ids"], json!(["D-1000", "R-2001"]), "the synchronization sets the reseller");
    assert_eq!(team["invite_admin"], "it@contoso.example", "the login takes precedence over the account's address");
}

#[tokio::test]
async fn the_login_of_the_order_takes_precedence() {
    let bss = Bss::with_dropbox_account().await;
    let details = bare(json!({"SyncOptions": {"email": "new@contoso.example"}}));
    bss.done(CREATE, &order(STANDARD, 3, json!({"Account": details}))).await;
    assert_eq!(bss.team()["invite_admin"], "new@contoso.example");
}

#[tokio::test]
async fn the_name_is_truncated_to_20_characters() {
    for (name, cut) in [
        ("Contoso International Holding", "Contoso Internationa"),
        ("Contoso Deutschland & Co. KG", "Contoso Deutschland"),
        ("Ünïcödé Ünïcödé Ünïcödé", "Ünïcödé Ünïcödé Ünïc"),
    ] {
        let bss = Bss::with_dropbox().await;
        bss.done(SYNCHRONIZE, &account(json!({"Name": name}))).await;
        bss.done(CREATE, &order(STANDARD, 3, json!({}))).await;
        assert_eq!(bss.team()["name"], cut);
    }
}

#[tokio::test]
async fn a_plan_is_sold_from_its_minimum() {
    let bss = Bss::with_dropbox_account().await;
    for (plan, seats, minimum) in [(STANDARD, 2, "3"), (STANDARD, 0, "3"), (ADVANCED, 1, "3"), (EDUCATION, 299, "300")]
    {
        bss.assert_rejected(
            ErrorCode::SeatsInvalid,
            CREATE,
            &order(plan, seats, json!({})),
            &[minimum, "licences or more"],
        )
        .await;
    }
    for seats in [json!(null), json!(-1), json!(100_001)] {
        let body = order(STANDARD, 3, json!({"Quantity": seats}));
        bss.assert_rejected(ErrorCode::SeatsInvalid, CREATE, &body, &[]).await;
    }
    assert_eq!(bss.stack.dropbox.calls(), []);
}

#[tokio::test]
async fn education_contains_300_licences() {
    let bss = Bss::with_team(EDUCATION, 300, json!({})).await;
    bss.assert_team_has(&[(EDUCATION, 1)]);
    assert_eq!(bss.team()["num_licensed_users"], 300);
}

#[tokio::test]
async fn a_plan_that_is_not_in_the_catalogue_is_refused() {
    let bss = Bss::with_dropbox_account().await;
    for (choice, named) in [
        (json!({"AttributeList": {"plan": {"Code": "TEAM-NEW"}}}), "TEAM-NEW"),
        (json!({"AttributeList": {"plan": {"Code": "TEAM-NEW"}}, "ProductID": STANDARD}), "TEAM-NEW"),
        (json!({"AttributeList": {"plan": {"Code": STANDARD_LICENCE}}}), STANDARD_LICENCE),
        (json!({"AttributeList": null, "ProductID": "17"}), "17"),
        (json!({"AttributeList": null}), "no plan"),
    ] {
        bss.assert_rejected(ErrorCode::PlanUnknown, CREATE, &order("", 3, choice), &[named]).await;
    }
    assert_eq!(bss.stack.dropbox.calls(), []);
    // Identified by its product or by its name.
    let named =
        json!({"AttributeList": {"plan": {"Code": null, "Value": "dropbox standard, annual"}}, "ProductID": "77"});
    bss.done(CREATE, &order("", 3, named)).await;
    bss.assert_team_has(&[(STANDARD, 1)]);
}

#[tokio::test]
async fn a_second_live_subscription_of_an_account_is_refused() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    let calls = bss.dropbox_calls();
    for plan in [STANDARD, ADVANCED] {
        let second = order(plan, 3, json!({"SubscriptionID": "S2"}));
        bss.assert_rejected(ErrorCode::SubscriptionExists, CREATE, &second, &["S1"]).await;
    }
    assert_eq!(bss.dropbox_calls(), calls);
}

#[tokio::test]
async fn the_address_of_another_account_is_rejected_without_a_call() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    bss.stack.dropbox.tolerate_duplicates();
    bss.done(SYNCHRONIZE, &other_account(json!({"SyncOptions": {"email": "IT@Contoso.example"}}))).await;
    let calls = bss.dropbox_calls();
    bss.assert_rejected(ErrorCode::EmailInUse, CREATE, &other_order(json!({})), &["1001"]).await;
    assert_eq!(bss.dropbox_calls(), calls);
    bss.done(SYNCHRONIZE, &other_account(json!({"ExternalID": "dropbox-1002"}))).await;
    bss.done(CREATE, &other_order(json!({}))).await;
    assert_eq!(bss.teams().len(), 2, "with another address");
}

#[tokio::test]
async fn the_address_of_a_foreign_team_is_rejected_by_the_vendor() {
    let bss = Bss::with_dropbox_account().await;
    let [_, second] = PARTNERS;
    bss.foreign_team(&second, "Contoso", "It@Contoso.example").await;
    let before = bss.teams();
    for _ in 0..4 {
        let message = bss.refused(ErrorCode::EmailInUse, CREATE, &order(STANDARD, 3, json!({}))).await;
        assert!(message.contains("another Dropbox team") && message.contains("contact your provider"), "{message}");
    }
    assert_eq!(bss.teams(), before);
    // After the action that the message asks for, the order succeeds.
    bss.done(SYNCHRONIZE, &account(json!({"SyncOptions": {"email": "new@contoso.example"}}))).await;
    bss.done(CREATE, &order(STANDARD, 3, json!({}))).await;
    assert_eq!(bss.teams().len(), 2);
}

#[tokio::test]
async fn the_address_of_a_deleted_account_can_be_used_again() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    bss.stack.dropbox.tolerate_duplicates();
    bss.done(SYNCHRONIZE, &other_account(json!({"SyncOptions": {"email": "it@contoso.example"}}))).await;
    bss.done(CANCEL, &order(STANDARD, 3, json!({}))).await;
    bss.assert_rejected(ErrorCode::EmailInUse, CREATE, &other_order(json!({})), &["1001"]).await;
    bss.done("accounts/delete", &account(json!({}))).await;
    bss.done(CREATE, &other_order(json!({}))).await;
    assert_eq!(bss.teams().len(), 2);
}

#[tokio::test]
async fn a_subscription_belongs_to_its_account() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    bss.done(SYNCHRONIZE, &other_account(json!({}))).await;
    let stranger = merged(other_order(json!({})), json!({"SubscriptionID": "S1"}));
    bss.assert_rejected(ErrorCode::StateConflict, CREATE, &stranger, &["1001", "1002"]).await;
    let assert_rejected = order(STANDARD, 3, json!({"SubscriptionID": "S9"}));
    bss.assert_rejected(ErrorCode::SubscriptionUnknown, "subscriptions/update", &assert_rejected, &["S9"]).await;
}

#[tokio::test]
async fn a_team_missing_at_the_vendor_is_reported() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    bss.stack.clock.advance(days(1));
    bss.stack.dropbox.reset().unwrap();
    let message = bss.refused(ErrorCode::MissingAtVendor, "subscriptions/update", &order(STANDARD, 4, json!({}))).await;
    assert!(message.contains("Reseller ID"), "{message}");
    assert_eq!(bss.teams(), [Value::Null; 0], "the team of a live subscription is not recreated silently");
}

#[tokio::test]
async fn a_distributor_cannot_access_anothers_team() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    let other = bss.of_distributor(PARTNERS[1]);
    for path in ["subscriptions/update", "subscriptions/suspend", CANCEL] {
        other
            .assert_rejected(ErrorCode::ResellerIdInvalid, path, &order(STANDARD, 4, json!({})), &["Distributor ID"])
            .await;
    }
    assert_eq!(bss.team()["active"], true);
}

#[tokio::test]
async fn a_team_remains_accessible_when_the_account_has_another_reseller() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    let moved = account(json!({"ExternalID": "dropbox-1001", "SyncOptions": {"resellerid": "R-2002"}}));
    bss.done(SYNCHRONIZE, &moved).await;
    bss.done("subscriptions/update", &order(STANDARD, 4, json!({}))).await;
    bss.assert_team_has(&[(STANDARD, 1), (STANDARD_LICENCE, 1)]);
}
