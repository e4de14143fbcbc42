//! Organizations, which the API calls users (5.4, G1 to G5).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::plan::{self, Plan};

/// An organization. Members that depend on its plan and state are computed, not stored.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[expect(clippy::struct_field_names, reason = "the vendor's names")]
pub struct Organization {
    /// The id in paths, such as `440032-6`.
    pub id: String,
    /// The internal number.
    pub organization_id: u32,
    /// The partner that it belongs to.
    pub partner: u8,
    /// The sub-reseller that it belongs to.
    pub reseller_id: Option<String>,
    /// The owner's login.
    pub email: String,
    /// The owner's first name.
    pub first_name: String,
    /// The owner's last name.
    pub last_name: String,
    /// Unique among the partner's business organizations.
    pub organization_name: String,
    /// Two letters.
    pub country: Option<String>,
    /// The language of its mails.
    pub locale: Option<String>,
    /// The plan it is subscribed to.
    pub plan_id: String,
    /// Seats licensed; 0 on a personal plan.
    pub seats: u32,
    /// Seats in use.
    pub seats_used: u32,
    /// Seats that are deactivated, with their data kept.
    #[serde(default)]
    pub deactivated_seats: u32,
    /// `true` if the number of seats adapts automatically.
    pub auto_license: bool,
    /// The caller's own reference.
    pub external_id: Option<String>,
    /// Recipients of notifications.
    pub notification_email: Vec<String>,
    /// The user token.
    pub authentication_token: String,
    /// `true` if logins are disabled. Backups continue.
    pub flg_suspended: bool,
    /// Time of the unsubscription, which ends backups. The organization is purged 45 days later.
    pub unsubscribed_at: Option<Timestamp>,
    /// Time of creation.
    pub created_at: Timestamp,
}

impl Organization {
    /// Returns `true` if its plan is sold by the seat.
    pub fn is_business(&self) -> bool {
        self.plan().is_none_or(Plan::is_business)
    }

    /// Returns the seats that are billed: those in use, and the deactivated ones beyond fair use, a fifth of the licensed.
    fn billable_seats(&self) -> u32 {
        self.seats_used + self.deactivated_seats.saturating_sub(self.seats / 5)
    }

    /// Returns the row of `GET /users`.
    pub fn row(&self, reseller_token: &str) -> Value {
        let mut row = self.short_row(reseller_token);
        let more = json!({
            "organization_name": self.organization_name,
            "plan_id": self.plan_id,
            "notification_email": self.notification_email,
            "active_seats": self.seats_used,
            "deactivated_seats": self.deactivated_seats,
            "required_seats": self.billable_seats(),
            "paid_shared_mailboxes": 0,
            "free_shared_mailboxes": 0,
            "auto_license": self.auto_license,
        });
        if let (Value::Object(members), Value::Object(more)) = (&mut row, more) {
            members.extend(more);
        }
        row
    }

    /// Returns the `user` member of its mailboxes' rows (7.1).
    pub fn short_row(&self, reseller_token: &str) -> Value {
        let plan = self.plan();
        json!({
            "id": self.id,
            "email": self.email,
            "organization_id": self.organization_id,
            "reseller_token": reseller_token,
            "authentication_token": self.authentication_token,
            "external_id": self.external_id,
            "is_business": self.is_business(),
            "admin": false,
            "customer_deactivated": self.unsubscribed_at.is_some(),
            "flg_suspended": self.flg_suspended,
            "login_disabled": self.flg_suspended || self.unsubscribed_at.is_some(),
            "seats_used": self.seats_used,
            "seats_available": self.seats,
            "storage_used": 0,
            "storage_available": plan.and_then(|plan| plan.storage_gb).unwrap_or(0),
            "archive": plan.is_some_and(Plan::archives),
            "backup_summary": null,
        })
    }

    fn plan(&self) -> Option<&'static Plan> {
        plan::find(self.partner, &self.plan_id)
    }
}
