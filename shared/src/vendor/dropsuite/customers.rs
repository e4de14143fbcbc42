//! The partner's organizations as its portal shows them: the list, and one organization.
//!
//! The list has the organizations of the partner's sub-resellers too. They carry another reseller token. Sub-resellers with
//! tokens of their own are MSPs of their own, so only a row that carries the partner's token is shown as the partner's.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use super::decode;
use super::list::ListRead;
use super::organization::Row;
use super::plan::Plans;
use super::settings::Partner;
use super::sign_in::same_token;
use super::{Dropsuite, contract};
use crate::domain::account::Country;
use crate::domain::error::ServiceError;
use crate::domain::ids::{ExternalId, PlanId};
use crate::domain::list_position::ListPosition;
use crate::http_client::other_system_message;
use crate::vendor::{
    Customer, CustomerAccess, CustomerList, CustomerState, Extent, VendorContext, VendorError, decode_json,
};

/// Time that a search leaves for reading the records of what it found.
const RECORDS_RESERVE: Duration = Duration::from_secs(4);

/// Members of an organization's row that only its portal shows.
#[derive(Deserialize)]
struct Details {
    #[serde(default)]
    reseller_token: Option<SecretString>,
    #[serde(default)]
    authentication_token: Option<SecretString>,
    #[serde(default, deserialize_with = "decode::flag")]
    login_disabled: bool,
    #[serde(default)]
    notification_email: Value,
}

impl Dropsuite {
    /// Returns a part of the partner's organizations, from `from` on.
    ///
    /// # Errors
    /// The vendor does not answer; its list breaks off; or it begins with an empty page, which proves nothing, because every
    /// partner that signed in has an organization.
    pub async fn customers(
        &self,
        context: &VendorContext<'_>,
        from: ListPosition,
        extent: Extent,
    ) -> Result<CustomerList, ServiceError> {
        let partner = self.partner(context)?;
        let plans = self.plans(context, &partner, |_| true).await?;
        let mut list = CustomerList { customers: Vec::new(), other_resellers: 0, unreadable: 0, next: None };
        let limit = match extent {
            Extent::Page => 1,
            Extent::Search => self.config.search_pages,
        };
        let read =
            ListRead { list: partner.call(&contract::ORGANIZATIONS, None), from, limit, reserve: RECORDS_RESERVE };
        let take = |number, rows: Vec<Value>| {
            if number == 1 && rows.is_empty() {
                let reason = "the list of organizations is empty, and the partner has one".to_owned();
                return Err(VendorError::InvalidResponse { reason }.into());
            }
            for row in rows {
                match Read::row(row, &partner, &plans) {
                    Read::Own(access) => list.customers.push(access.customer),
                    Read::OtherReseller => list.other_resellers += 1,
                    Read::Unreadable => list.unreadable += 1,
                }
            }
            Ok(())
        };
        list.next = self.read_list(context, read, take).await?;
        Ok(list)
    }

    /// Returns one of the partner's organizations; `None` if the vendor does not show it, or shows it as another reseller's.
    pub async fn customer(
        &self,
        context: &VendorContext<'_>,
        id: &ExternalId,
    ) -> Result<Option<CustomerAccess>, ServiceError> {
        let partner = self.partner(context)?;
        let row = match self.send(context, &partner.call(&contract::ORGANIZATION, Some(id.as_str()))).await {
            Err(VendorError::NotFound) => return Ok(None),
            row => row?,
        };
        let shown = decode_json::<Row>(row.clone())?.id;
        if shown != id.as_str() {
            let reason = format!("the row of {id} has the id {shown:?}");
            return Err(VendorError::InvalidResponse { reason }.into());
        }
        let plans = self.plans(context, &partner, |_| true).await?;
        match Read::row(row, &partner, &plans) {
            Read::Own(access) => Ok(Some(*access)),
            Read::OtherReseller => Ok(None),
            Read::Unreadable => {
                Err(VendorError::InvalidResponse { reason: format!("the row of {id} is not readable") }.into())
            }
        }
    }
}

/// A row of the list, as the partner may see it.
enum Read {
    /// It is the partner's own.
    Own(Box<CustomerAccess>),
    /// It carries another reseller token, or none.
    OtherReseller,
    /// It lacks an id, or a member of it has no meaning.
    Unreadable,
}

impl Read {
    fn row(row: Value, partner: &Partner, plans: &Plans) -> Self {
        let at = |names: &[&str]| names.iter().find_map(|name| row.get(*name)?.as_str()?.parse::<Timestamp>().ok());
        let created_at = at(contract::row_member::CREATED_AT);
        let last_signed_in = at(contract::row_member::LAST_SIGNED_IN);
        let deactivated_since = at(contract::row_member::DEACTIVATED_SINCE);
        let country = contract::row_member::COUNTRY.iter().find_map(|name| row.get(*name)?.as_str());
        let country = country.and_then(|code| Country::parse(code).ok());
        let (Ok(details), Ok(members)) = (decode_json::<Details>(row.clone()), decode_json::<Row>(row)) else {
            return Self::Unreadable;
        };
        let Some(id) = ExternalId::parse(&members.id) else { return Self::Unreadable };
        let carried = details.reseller_token.as_ref().map(SecretString::expose_secret).unwrap_or_default();
        if !same_token(carried, partner.reseller_token().expose_secret()) {
            return Self::OtherReseller;
        }
        let state = match (members.customer_deactivated, members.flg_suspended) {
            (true, _) => CustomerState::Unsubscribed,
            (false, true) => CustomerState::Suspended,
            (false, false) => CustomerState::Active,
        };
        let customer = Customer {
            id,
            name: other_system_message(members.name()),
            email: other_system_message(&members.email),
            state,
            login_disabled: details.login_disabled || state != CustomerState::Active,
            plan: PlanId::parse(&members.plan_id),
            listed_plan: plans.get(&members.plan_id).map(super::plan::Plan::listed),
            seats: members.seats_available,
            seats_used: members.seats_used,
            auto_license: members.auto_license,
            billable_seats: members.required_seats,
            active_seats: members.active_seats,
            deactivated_seats: members.deactivated_seats,
            created_at,
            last_signed_in,
            deactivated_since,
            country,
            notification_emails: texts(&details.notification_email),
            reference: members.external_id,
        };
        Self::Own(Box::new(CustomerAccess { customer, token: details.authentication_token }))
    }
}

/// Returns the texts of a list, or of a single text.
fn texts(value: &Value) -> Vec<String> {
    let one = |value: &Value| {
        let text = value.as_str().map(other_system_message)?;
        (!text.is_empty()).then_some(text)
    };
    match value {
        Value::Array(values) => values.iter().filter_map(one).collect(),
        other => one(other).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::bss::Settings;
    use crate::http_client::{Deadline, OutboundCallLog};
    use crate::vendor::dropsuite::Config;

    const TOKEN: &str = "11111111-1111-4111-8111-111111111111";

    fn read(row: Value) -> Read {
        let settings: Settings = [("resellertoken", TOKEN), ("accesstoken", "t")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into_iter()
            .collect();
        let log = OutboundCallLog::default();
        let context =
            VendorContext { settings: &settings, deadline: Deadline::after(Duration::ZERO), outbound_calls: &log };
        let config = Config::at("euwest", "https://vendor.example/api".parse().unwrap());
        Read::row(row, &Partner::from_settings(&context, &config).unwrap(), &Plans::default())
    }

    fn own(row: Value) -> Customer {
        match read(row) {
            Read::Own(access) => access.customer,
            Read::OtherReseller | Read::Unreadable => panic!("not the partner's"),
        }
    }

    #[test]
    fn only_a_row_with_the_partners_token_is_its_own() {
        for token in [json!(TOKEN), json!(format!(" {} ", TOKEN.to_uppercase()))] {
            assert!(matches!(read(json!({"id": "440032-6", "reseller_token": token})), Read::Own(_)));
        }
        for token in [json!(null), json!(""), json!("99999999-9999-4999-8999-999999999999")] {
            assert!(matches!(read(json!({"id": "440032-6", "reseller_token": token})), Read::OtherReseller), "{token}");
        }
        assert!(matches!(read(json!({"id": "440032-6"})), Read::OtherReseller));
        for row in [json!({"reseller_token": TOKEN}), json!([]), json!(1), json!({"id": "440032-6", "seats_used": "x"})]
        {
            assert!(matches!(read(row.clone()), Read::Unreadable), "{row}");
        }
    }

    #[test]
    fn times_and_texts_are_taken_as_they_come() {
        let customer = own(json!({
            "id": "440032-6", "reseller_token": TOKEN, "organization_name": "<b>Blue</b>\u{202e} Light [a0f9]", "email": null,
            "flg_suspended": 1, "created_at": "2017-07-21T04:08:56.000Z", "last_sign_in_at": "yesterday",
            "current_sign_in_at": "2017-07-21T06:14:38Z", "country": "us", "notification_email": ["a@b.example", "", 3],
        }));
        assert_eq!((customer.name.as_str(), customer.email.as_str()), ("Blue Light", ""));
        assert_eq!((customer.state, customer.login_disabled), (CustomerState::Suspended, true));
        assert_eq!(customer.created_at, "2017-07-21T04:08:56Z".parse().ok());
        assert_eq!(customer.last_signed_in, "2017-07-21T06:14:38Z".parse().ok());
        assert_eq!((customer.deactivated_since, customer.plan), (None, None));
        assert_eq!(customer.country, Country::parse("US").ok());
        assert_eq!(customer.notification_emails, ["a@b.example"]);
        let ended = own(json!({"id": 7, "reseller_token": TOKEN, "customer_deactivated": true, "flg_suspended": true}));
        assert_eq!((ended.state, ended.id.as_str()), (CustomerState::Unsubscribed, "7"));
        assert_eq!(
            own(json!({"id": 7, "reseller_token": TOKEN, "notification_email": "x@y"})).notification_emails,
            ["x@y"]
        );
    }
}
