//! Entry points for `tests/fuzz`: the decoders of ConnectWise's responses, conditions and dates.

use http::Method;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

use super::api::{
    addition, agreement, board, catalog, category, company, configuration, menu, note, system, ticket, ticket_field,
};
use super::date::{self, BillingTerms};
use super::query::{self, Condition};
use super::{ConnectWiseError, Entity, classify, codebase, decode};
use crate::http_client::{Effect, Response};

/// Decodes `response` as everything that ConnectWise answers, and makes the messages for people.
///
/// # Errors
/// The response has no success.
pub fn decode_all(response: &Response) -> Result<(), ConnectWiseError> {
    let _ = codebase::parse(response, "company");
    let _ = query::next_page(response);
    if !response.status.is_success() {
        let error = classify::classify_response(response, Effect::Write, &["status", "name"], &[]);
        error.user_message();
        error.concerns_field("status");
        error.may_have_created();
        error.may_have_migrated(&Method::GET);
        return Err(error);
    }
    decode_as::<addition::Addition>(response);
    decode_as::<agreement::Agreement>(response);
    decode_as::<board::Board>(response);
    decode_as::<board::Status>(response);
    decode_as::<catalog::CatalogItem>(response);
    decode_as::<category::Category>(response);
    decode_as::<category::Subcategory>(response);
    decode_as::<category::ProductType>(response);
    decode_as::<company::Company>(response);
    decode_as::<configuration::Configuration>(response);
    decode_as::<configuration::ConfigurationStatus>(response);
    decode_as::<configuration::ConfigurationType>(response);
    decode_as::<menu::MenuEntry>(response);
    decode_as::<note::Note>(response);
    decode_as::<system::Info>(response);
    decode_as::<ticket::Ticket>(response);
    decode_as::<ticket::TicketConfiguration>(response);
    decode_as::<ticket_field::TicketType>(response);
    decode_as::<ticket_field::Priority>(response);
    decode_as::<ticket_field::CustomField>(response);
    Ok(())
}

fn decode_as<T: Entity>(response: &Response) {
    let _ = decode::decode::<T>(response).map(|record| record.id());
    let _ = decode::decode::<Vec<T>>(response);
}

/// Writes a condition that compares `field` with `value`, and returns it with its encoded form.
pub fn condition(field: &str, value: &str) -> (String, String) {
    let written = Condition::text(field, value).to_string();
    let encoded = query::encoded(&[("conditions", written.clone())]);
    (written, encoded)
}

/// Reads `text` as each kind of date and zone that ConnectWise sends, and computes with them.
pub fn dates(text: &str, now: Timestamp) {
    #[derive(Deserialize)]
    struct Row {
        #[serde(deserialize_with = "date::day")]
        day: Option<Date>,
    }
    let row = serde_json::from_value::<Row>(serde_json::json!({ "day": text }));
    let day = row.ok().and_then(|row| row.day);
    if let Some(zone) = date::zone(text).or_else(|| date::zone("UTC")) {
        let terms = BillingTerms { start: day, bill_start: day, next_invoice: day, prorated: false };
        let effective = date::effective_date(date::business_day(now, &zone), &terms);
        date::midnight(effective);
        date::midnight(date::last_billed_day(date::business_day(now, &zone), &terms, terms.prorated));
        date::midnight(date::first_of_next_month(now, &zone));
    }
}
