//! The first order, which makes the team.

use sandbox::dropbox::PARTNERS;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use super::demo::{
    ADVANCED, CANCEL, CREATE, EDUCATION, STANDARD, STANDARD_LICENCE, SUBSCRIPTION, SYNCHRONIZE, TEAM, account, bare,
    days, order, other_account, other_order, reseller,
};
use crate::client::{Bss, merged, provisioned};

#[tokio::test]
async fn makes_a_team_as_ordered() {
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
async fn again_has_no_effect_and_the_same_answer() {
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
    let unheard = order(STANDARD, 3, json!({"Account": account(json!({}))}));
    bss.never(ErrorCode::AccountUnknown, CREATE, &unheard, &["Save & Synchronize"]).await;
    bss.done(SYNCHRONIZE, &reseller(json!({}))).await;
    let reselling = order(STANDARD, 3, json!({"Account": reseller(json!({}))}));
    bss.never(ErrorCode::RoleInvalid, CREATE, &reselling, &["reseller"]).await;
    assert_eq!(bss.stack.dropbox.calls(), []);
}

#[tokio::test]
async fn refused_credentials_show_now_and_are_named() {
    let bss = Bss::with_dropbox_account().await;
    let wrong = bss.with("x-cloudplatform-setting-apisecret", "not-the-secret");
    for _ in 0..2 {
        let message = wrong
            .never(ErrorCode::CredentialsRefused, CREATE, &order(STANDARD, 3, json!({})), &["API Key", "API Secret"])
            .await;
        assert!(!message.contains("not-the-secret"), "{message}");
    }
    assert_eq!(bss.done(CREATE, &order(STANDARD, 3, json!({}))).await, SUBSCRIPTION, "Retry, with the mended setting");
}

#[tokio::test]
async fn an_unknown_reseller_or_distributor_shows_now_and_both_fields_are_named() {
    let bss = Bss::with_dropbox().await;
    let [_, second] = PARTNERS;
    let both = ["Reseller ID", "Distributor ID"];
    for reseller in ["R-4711", second.reseller_ids[0]] {
        bss.done(SYNCHRONIZE, &account(json!({"SyncOptions": {"resellerid": reseller}}))).await;
        bss.never(ErrorCode::ResellerIdInvalid, CREATE, &order(STANDARD, 3, json!({})), &both).await;
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
    bss.never(ErrorCode::CountryInvalid, CREATE, &order(STANDARD, 3, json!({})), &["country"]).await;
    let nowhere = bare(json!({"Address": {"Country": {"Code": "XX"}}}));
    bss.never(ErrorCode::CountryInvalid, CREATE, &order(STANDARD, 3, json!({"Account": nowhere})), &["country"]).await;
    let nobody = bare(json!({"SyncOptions": {"email": "nobody"}, "Address": {"Country": {"Code": "DE"}}}));
    bss.never(ErrorCode::EmailInvalid, CREATE, &order(STANDARD, 3, json!({"Account": nobody})), &["email"]).await;
    assert_eq!(bss.dropbox_calls(), [""; 0], "none of it is the vendor's to say");
    let told = bare(json!({"Address": {"Country": {"Code": "de"}}}));
    bss.done(CREATE, &order(STANDARD, 3, json!({"Account": told}))).await;
    assert_eq!(bss.team()["country_code"], "DE");
}

#[tokio::test]
async fn an_account_that_only_the_order_describes_is_to_be_synchronized_first() {
    let bss = Bss::with_dropbox().await;
    let told = order(STANDARD, 3, json!({"Account": account(json!({"ExternalID": "dropbox-1001"}))}));
    bss.never(ErrorCode::AccountUnknown, CREATE, &told, &["Save & Synchronize"]).await;
    assert_eq!(bss.stack.dropbox.calls(), []);
}

#[tokio::test]
async fn what_the_order_says_of_the_account_comes_first() {
    let bss = Bss::with_dropbox_account().await;
    let told = json!({
        "Name": "Contoso Iberia", "Email": "other@contoso.example", "Address": {"Country": {"Code": "ES"}},
        "SyncOptions": {"resellerid": "R-2002"},
    });
    bss.done(CREATE, &order(STANDARD, 3, json!({"Account": bare(told)}))).await;
    let team = bss.team();
    assert_eq!((&team["name"], &team["country_code"]), (&json!("Contoso Iberia"), &json!("ES")));
    assert_eq!(team["reseller_ids"], json!(["D-1000", "R-2001"]), "the reseller is settled by synchronization");
    assert_eq!(team["invite_admin"], "it@contoso.example", "the account's own address does not push the login aside");
}

#[tokio::test]
async fn the_login_of_the_order_comes_before_that_of_the_account() {
    let bss = Bss::with_dropbox_account().await;
    let told = bare(json!({"SyncOptions": {"email": "new@contoso.example"}}));
    bss.done(CREATE, &order(STANDARD, 3, json!({"Account": told}))).await;
    assert_eq!(bss.team()["invite_admin"], "new@contoso.example");
}

#[tokio::test]
async fn the_name_is_cut_to_20_characters() {
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
        bss.never(ErrorCode::SeatsInvalid, CREATE, &order(plan, seats, json!({})), &[minimum, "licences or more"]).await;
    }
    for seats in [json!(null), json!(-1), json!(100_001)] {
        let body = order(STANDARD, 3, json!({"Quantity": seats}));
        bss.never(ErrorCode::SeatsInvalid, CREATE, &body, &[]).await;
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
        bss.never(ErrorCode::PlanUnknown, CREATE, &order("", 3, choice), &[named]).await;
    }
    assert_eq!(bss.stack.dropbox.calls(), []);
    // By its product, or by its name.
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
        bss.never(ErrorCode::SubscriptionExists, CREATE, &second, &["S1"]).await;
    }
    assert_eq!(bss.dropbox_calls(), calls);
}

#[tokio::test]
async fn the_address_of_another_account_of_ours_is_refused_without_asking_the_vendor() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    bss.stack.dropbox.tolerate_duplicates();
    bss.done(SYNCHRONIZE, &other_account(json!({"SyncOptions": {"email": "IT@Contoso.example"}}))).await;
    let calls = bss.dropbox_calls();
    bss.never(ErrorCode::EmailInUse, CREATE, &other_order(json!({})), &["1001"]).await;
    assert_eq!(bss.dropbox_calls(), calls);
    bss.done(SYNCHRONIZE, &other_account(json!({"ExternalID": "dropbox-1002"}))).await;
    bss.done(CREATE, &other_order(json!({}))).await;
    assert_eq!(bss.teams().len(), 2, "with an address of its own");
}

#[tokio::test]
async fn the_address_of_somebody_elses_team_is_refused_by_the_vendor() {
    let bss = Bss::with_dropbox_account().await;
    let [_, second] = PARTNERS;
    bss.team_of_somebody_else(&second, "Contoso", "It@Contoso.example").await;
    let before = bss.teams();
    for _ in 0..4 {
        let message = bss.refused(ErrorCode::EmailInUse, CREATE, &order(STANDARD, 3, json!({}))).await;
        assert!(message.contains("another Dropbox team") && message.contains("Sync Options"), "{message}");
    }
    assert_eq!(bss.teams(), before);
    // What the message tells to do, and the first order is free of what was before.
    bss.done(SYNCHRONIZE, &account(json!({"SyncOptions": {"email": "new@contoso.example"}}))).await;
    bss.done(CREATE, &order(STANDARD, 3, json!({}))).await;
    assert_eq!(bss.teams().len(), 2);
}

#[tokio::test]
async fn a_deleted_accounts_address_is_free_on_our_side() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    bss.stack.dropbox.tolerate_duplicates();
    bss.done(SYNCHRONIZE, &other_account(json!({"SyncOptions": {"email": "it@contoso.example"}}))).await;
    bss.done(CANCEL, &order(STANDARD, 3, json!({}))).await;
    bss.never(ErrorCode::EmailInUse, CREATE, &other_order(json!({})), &["1001"]).await;
    bss.done("accounts/delete", &account(json!({}))).await;
    bss.done(CREATE, &other_order(json!({}))).await;
    assert_eq!(bss.teams().len(), 2);
}

#[tokio::test]
async fn a_subscription_belongs_to_its_account() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    bss.done(SYNCHRONIZE, &other_account(json!({}))).await;
    let stranger = merged(other_order(json!({})), json!({"SubscriptionID": "S1"}));
    bss.never(ErrorCode::StateConflict, CREATE, &stranger, &["1001", "1002"]).await;
    let never = order(STANDARD, 3, json!({"SubscriptionID": "S9"}));
    bss.never(ErrorCode::SubscriptionUnknown, "subscriptions/update", &never, &["S9"]).await;
}

#[tokio::test]
async fn a_team_that_is_gone_at_the_vendor_is_told() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    bss.stack.clock.advance(days(1));
    bss.stack.dropbox.reset().unwrap();
    let message = bss.refused(ErrorCode::MissingAtVendor, "subscriptions/update", &order(STANDARD, 4, json!({}))).await;
    assert!(message.contains("Reseller ID"), "{message}");
    assert_eq!(bss.teams(), [Value::Null; 0], "a live subscription's team is never made anew behind one's back");
}

#[tokio::test]
async fn one_distributor_does_not_reach_anothers_team() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    let other = bss.of_distributor(PARTNERS[1]);
    for path in ["subscriptions/update", "subscriptions/suspend", CANCEL] {
        other.never(ErrorCode::ResellerIdInvalid, path, &order(STANDARD, 4, json!({})), &["Distributor ID"]).await;
    }
    assert_eq!(bss.team()["active"], true);
}

#[tokio::test]
async fn a_team_stays_in_reach_when_the_account_has_another_reseller() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    let moved = account(json!({"ExternalID": "dropbox-1001", "SyncOptions": {"resellerid": "R-2002"}}));
    bss.done(SYNCHRONIZE, &moved).await;
    bss.done("subscriptions/update", &order(STANDARD, 4, json!({}))).await;
    bss.assert_team_has(&[(STANDARD, 1), (STANDARD_LICENCE, 1)]);
}
