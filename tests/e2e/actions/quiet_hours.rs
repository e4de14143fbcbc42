//! In quiet hours only authentication errors open tickets. What failed and still fails at their end opens one then.

use serde_json::json;

use crate::actions::tenant::Tenant;
use crate::portal::msp::NOTHING;

/// Returns a tenant whose nights are quiet.
async fn quiet_tenant(mailboxes: usize) -> Tenant {
    let tenant = Tenant::with_mailboxes(mailboxes).await;
    let msp = &tenant.msp;
    assert_eq!(msp.get("settings/get").await["timeZone"], "Eastern Standard Time");
    msp.done("ticketrules/save", &json!({"quietHours": {"start": "22:00", "end": "06:00"}})).await;
    tenant
}

#[tokio::test]
async fn only_authentication_errors_open_tickets_at_night() {
    let tenant = quiet_tenant(4).await;
    tenant.wait_until("2031-05-16T03:00:00Z"); // 23:00 in New York
    tenant.checked(&[1, 2], "Space Full", "").await;
    assert_eq!(tenant.msp.tickets(), NOTHING);
    let reason = tenant.rows().await[0]["reason"].as_str().unwrap().to_owned();
    assert_eq!(reason, "Quiet hours until 2031-05-16 10:00 UTC: only authentication errors open tickets.");
    tenant.checked(&[3], "Authentication Error", "").await;
    assert_eq!(tenant.msp.tickets().len(), 1);
    // One recovers, and one fails with another error, before the end.
    tenant.checked(&[1], "Completed", "").await;
    tenant.wait_until("2031-05-16T09:59:00Z");
    tenant.redrive().await;
    assert_eq!(tenant.msp.tickets().len(), 1);
    tenant.wait_until("2031-05-16T10:00:00Z"); // 6:00 in New York
    tenant.redrive().await;
    let open = tenant.rows().await.iter().filter(|row| row["failing"] == true && row["state"] == "synced").count();
    assert_eq!((tenant.msp.tickets().len(), open), (2, 2), "the mailbox that still fails");
    tenant.redrive().await;
    assert_eq!(tenant.msp.tickets().len(), 2);
    tenant.checked(&[4], "Space Full", "").await;
    assert_eq!(tenant.msp.tickets().len(), 3, "by day");
}

#[tokio::test]
async fn an_error_that_becomes_one_of_authentication_opens_its_ticket_at_once() {
    let tenant = quiet_tenant(1).await;
    tenant.wait_until("2031-05-16T03:00:00Z");
    tenant.checked(&[1], "Space Full", "").await;
    assert_eq!(tenant.msp.tickets(), NOTHING);
    tenant.checked(&[1], "Authentication Error", "").await;
    assert_eq!(tenant.msp.tickets().len(), 1);
}

#[tokio::test]
async fn quiet_hours_that_are_switched_off_hold_nothing_any_more() {
    let tenant = quiet_tenant(1).await;
    tenant.wait_until("2031-05-16T03:00:00Z");
    tenant.checked(&[1], "Space Full", "").await;
    tenant.msp.with_new_session().await.done("ticketrules/save", &json!({})).await;
    tenant.redrive().await;
    assert_eq!(tenant.msp.tickets().len(), 1);
}

#[tokio::test]
async fn many_failures_wait_for_the_end_together() {
    let tenant = quiet_tenant(12).await;
    let all: Vec<usize> = (1..=12).collect();
    tenant.wait_until("2031-05-16T03:00:00Z");
    tenant.checked(&all, "Space Full", "").await;
    assert_eq!(tenant.msp.tickets(), NOTHING);
    tenant.wait_until("2031-05-16T10:01:00Z");
    tenant.redrive().await;
    let tickets = tenant.msp.tickets();
    assert_eq!(tickets.len(), 1, "{tickets:?}");
    assert!(tickets[0]["summary"].as_str().unwrap().starts_with("Backups of 12 mailboxes"), "{}", tickets[0]);
}

#[tokio::test]
async fn many_failures_do_not_wait_if_one_is_of_authentication() {
    for at_once in [true, false] {
        let tenant = quiet_tenant(12).await;
        let all: Vec<usize> = (1..=12).collect();
        tenant.wait_until("2031-05-16T03:00:00Z");
        if at_once {
            tenant.set(&all[..11], "Space Full", "");
        } else {
            tenant.checked(&all, "Space Full", "").await;
            assert_eq!(tenant.msp.tickets(), NOTHING);
        }
        tenant.checked(&[12], "Authentication Error", "").await;
        let tickets = tenant.msp.tickets();
        assert_eq!(tickets.len(), 1, "at once: {at_once}: {tickets:?}");
        assert!(tickets[0]["summary"].as_str().unwrap().starts_with("Backups of 12 mailboxes"), "{}", tickets[0]);
    }
}

/// The night in which the clock goes back ends an hour later than that before it.
#[tokio::test]
async fn the_end_follows_the_clock_of_the_msp() {
    let tenant = quiet_tenant(1).await;
    tenant.wait_until("2031-11-02T03:00:00Z"); // 23:00 in summer time
    tenant.checked(&[1], "Space Full", "").await;
    tenant.wait_until("2031-11-02T10:30:00Z"); // 5:30 in winter time
    tenant.redrive().await;
    assert_eq!(tenant.msp.tickets(), NOTHING);
    tenant.wait_until("2031-11-02T11:00:00Z"); // 6:00 in winter time
    tenant.redrive().await;
    assert_eq!(tenant.msp.tickets().len(), 1);
}
