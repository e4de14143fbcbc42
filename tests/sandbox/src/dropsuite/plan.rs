//! The plans that the partners sell (5.2). No call changes them.

use serde_json::{Value, json};

/// A plan.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The partner that sells it.
    pub partner: u8,
    /// Id in the API.
    pub id: &'static str,
    name: &'static str,
    currency: &'static str,
    periodicity: &'static str,
    amount: &'static str,
    product_type: &'static str,
    /// Storage in GB. `None` for seat plans, which are unlimited.
    pub storage_gb: Option<u32>,
}

impl Plan {
    /// Returns `true` if the plan is sold by the seat.
    pub fn is_business(&self) -> bool {
        self.product_type != "res_personal"
    }

    /// Returns `true` if the plan includes archiving.
    pub fn archives(&self) -> bool {
        self.product_type == "res_archive"
    }

    /// Returns the row of `GET /plans`.
    pub fn row(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "currency": self.currency,
            "data_storage": self.storage_gb.map_or_else(|| "Unlimited".to_owned(), |size| format!("{size} GB")),
            "periodicity": self.periodicity,
            "amount": self.amount,
            "product_type": self.product_type,
        })
    }
}

/// Returns the plans of one partner.
pub fn plans_of(partner: u8) -> impl Iterator<Item = &'static Plan> {
    PLANS.iter().filter(move |plan| plan.partner == partner)
}

/// Returns the plan with this id, if the partner sells it.
pub fn find(partner: u8, id: &str) -> Option<&'static Plan> {
    plans_of(partner).find(|plan| plan.id == id)
}

const fn seat_plan(
    partner: u8,
    id: &'static str,
    name: &'static str,
    [currency, periodicity, amount, product_type]: [&'static str; 4],
) -> Plan {
    Plan { partner, id, name, currency, periodicity, amount, product_type, storage_gb: None }
}

const fn personal_plan(id: &'static str, name: &'static str, amount: &'static str, storage_gb: u32) -> Plan {
    Plan {
        partner: 1,
        id,
        name,
        currency: "EUR",
        periodicity: "monthly",
        amount,
        product_type: "res_personal",
        storage_gb: Some(storage_gb),
    }
}

/// All plans of all partners.
pub const PLANS: [Plan; 13] = [
    seat_plan(1, "16921-6-3378-14", "Business Backup EUR monthly", ["EUR", "monthly", "2.50", "res_backup"]),
    seat_plan(1, "16921-6-3379-14", "Business Backup EUR yearly", ["EUR", "yearly", "27.00", "res_backup"]),
    seat_plan(1, "16921-6-3380-14", "Business Backup USD monthly", ["USD", "monthly", "2.75", "res_backup"]),
    seat_plan(1, "16921-6-3381-14", "Business Backup USD yearly", ["USD", "yearly", "29.70", "res_backup"]),
    seat_plan(1, "16921-6-3382-14", "Business Archiver EUR monthly", ["EUR", "monthly", "4.00", "res_archive"]),
    seat_plan(1, "16921-6-3383-14", "Business Archiver EUR yearly", ["EUR", "yearly", "43.20", "res_archive"]),
    seat_plan(1, "16921-6-3384-14", "Business Archiver USD monthly", ["USD", "monthly", "4.40", "res_archive"]),
    seat_plan(1, "16921-6-3385-14", "Business Archiver USD yearly", ["USD", "yearly", "47.52", "res_archive"]),
    personal_plan("16921-6-3386-14", "Personal 5 GB EUR monthly", "1.00", 5),
    personal_plan("16921-6-3387-14", "Personal 10 GB EUR monthly", "1.80", 10),
    seat_plan(1, "16921-6-3388-14", "Compliance Vault EUR monthly", ["EUR", "monthly", "6.00", "res_vault"]),
    seat_plan(2, "20077-6-4101-14", "Second Partner Backup EUR", ["EUR", "monthly", "2.40", "res_backup"]),
    seat_plan(2, "20077-6-4102-14", "Second Partner Archiver EUR", ["EUR", "monthly", "3.90", "res_archive"]),
];
