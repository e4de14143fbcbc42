//! `POST portal/ticketrules/save`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::portal::msp::Msp;

const SAVE: &str = "ticketrules/save";

#[tokio::test]
async fn what_is_left_out_does_not_apply() {
    let msp = Msp::signed_in().await;
    let rules = json!({"quietHours": {"start": "9:05", "end": "17:00"}});
    let saved = json!({"quietHours": {"start": "09:05", "end": "17:00"}});
    for _ in 0..2 {
        assert_eq!(msp.done(SAVE, &rules).await, saved);
    }
    assert_eq!(msp.done(SAVE, &json!({"quietHours": null})).await, json!({}));
    assert_eq!(msp.get("ticketrules/get").await, json!({}));
}

#[tokio::test]
async fn times_that_are_none_are_refused_and_nothing_is_saved() {
    let msp = Msp::signed_in().await;
    for (start, end) in [("22", "06:00"), ("22:00", "24:00"), ("22:00", ""), ("22:00", "22:00"), ("10 pm", "06:00")] {
        msp.invalid_fields(&["quietHours"], SAVE, &json!({"quietHours": {"start": start, "end": end}})).await;
    }
    for body in [json!({"quietHours": {"start": "22:00"}}), json!({"quiethours": null})] {
        msp.refused(ErrorCode::BadRequest, SAVE, &body).await;
    }
    assert_eq!(msp.get("ticketrules/get").await, json!({}));
}

/// Held tickets are looked at every five minutes, so the time outside must be long enough for that.
#[tokio::test]
async fn quiet_hours_that_leave_less_than_an_hour_are_refused() {
    let msp = Msp::signed_in().await;
    for (start, end) in [("00:00", "23:59"), ("00:00", "23:01"), ("12:00", "11:59"), ("22:30", "21:31")] {
        let quiet = json!({"quietHours": {"start": start, "end": end}});
        let text = msp.invalid_fields(&["quietHours"], SAVE, &quiet).await;
        assert!(text.contains("at least one hour"), "{text}");
    }
    assert_eq!(msp.get("ticketrules/get").await, json!({}));
    for (start, end) in [("00:00", "23:00"), ("22:30", "21:30")] {
        let quiet = json!({"quietHours": {"start": start, "end": end}});
        assert_eq!(msp.done(SAVE, &quiet).await, quiet);
    }
}

#[tokio::test]
async fn the_first_digest_is_that_of_the_next_period() {
    let msp = Msp::set_up().await;
    let rules = json!({"digest": {"every": "weekly", "company": 2}});
    let saved = msp.done(SAVE, &rules).await;
    assert_eq!(saved["digest"], rules["digest"]);
    assert_eq!(saved.get("lastDigest"), None, "nothing was looked at");
    let more = json!({"digest": {"every": "daily", "company": 2}, "quietHours": {"start": "22:00", "end": "06:00"}});
    assert_eq!(msp.done(SAVE, &more).await["digest"], more["digest"]);
    assert_eq!(msp.done(SAVE, &json!({})).await.get("digest"), None);
    for wrong in [json!({"every": "daily", "company": 7}), json!({"every": "daily", "company": 4711})] {
        msp.invalid_fields(&["digest"], SAVE, &json!({"digest": wrong})).await;
    }
    for wrong in [json!({"every": "hourly", "company": 2}), json!({"every": "daily"})] {
        msp.refused(ErrorCode::BadRequest, SAVE, &json!({"digest": wrong})).await;
    }
}

#[tokio::test]
async fn a_digest_needs_the_settings() {
    let msp = Msp::signed_in().await;
    let digest = json!({"digest": {"every": "daily", "company": 2}});
    msp.refused(ErrorCode::ConnectWiseNotConfigured, SAVE, &digest).await;
    assert_eq!(msp.get("ticketrules/get").await, json!({}));
}
