//! What Dropbox answers, read tolerantly: errors come in several shapes, with a text that begins with a tag
//! (`reference/dropbox.md`, "Errors").

use http::StatusCode;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;
use serde_json::Value;

use super::catalogue::{Commitment, Skus};
use super::contract::tag;
use crate::domain::ids::ExternalId;
use crate::http_client::{self, Response};
use crate::vendor::VendorError;

/// A team.
#[derive(Clone, Debug, Deserialize)]
pub struct Team {
    /// Whether it can be used.
    pub active: bool,
    /// Whether its term is followed by another.
    #[serde(default = "renews")]
    pub auto_renew: bool,
    /// When its term ends, to the day.
    #[serde(default)]
    end_date: Option<String>,
    /// When its term ends.
    #[serde(default)]
    end_datetime: Option<String>,
    /// What it has now.
    pub current_state: State,
    /// What it will have from its renewal on; what it has now if nothing is said.
    #[serde(default)]
    renewal_state: Option<State>,
}

/// What a team has.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct State {
    #[serde(default)]
    skus: Vec<Sku>,
    /// Whether it is a trial.
    #[serde(default)]
    pub is_trial: bool,
}

#[derive(Clone, Debug, Deserialize)]
struct Sku {
    sku_id: String,
    quantity: u32,
}

impl State {
    /// The SKUs.
    pub fn skus(&self) -> Skus {
        self.skus.iter().map(|sku| (sku.sku_id.clone(), sku.quantity)).collect()
    }
}

impl Team {
    /// What it will have from its renewal on.
    pub fn renewal_state(&self) -> &State {
        self.renewal_state.as_ref().filter(|state| !state.skus.is_empty()).unwrap_or(&self.current_state)
    }

    /// Whether it was a trial that has ended by `now`.
    pub fn trial_is_over(&self, now: Timestamp) -> bool {
        self.current_state.is_trial && self.ends().is_some_and(|end| end <= now)
    }

    /// When its term ends.
    pub fn ends(&self) -> Option<Timestamp> {
        let moment = self.end_datetime.as_deref().and_then(|text| text.parse().ok());
        moment.or_else(|| {
            let date: Date = self.end_date.as_deref()?.parse().ok()?;
            date.to_zoned(TimeZone::UTC).ok().map(|midnight| midnight.timestamp())
        })
    }

    /// When its term began, which is when it was ordered or last renewed. Where that is not told exactly it is the latest that
    /// it can have been: the end of the day, and the last of the month for a term until the last of a month.
    pub fn began(&self, commitment: Commitment) -> Option<Timestamp> {
        let end = self.ends()?.to_zoned(TimeZone::UTC);
        let began = end.checked_sub(commitment.months().months()).ok()?;
        let last = if end.day() == end.days_in_month() { began.last_of_month().ok()? } else { began };
        let to_the_day = self.end_datetime.is_none();
        last.checked_add(i64::from(to_the_day).days()).ok().map(|began| began.timestamp())
    }
}

/// Reads a success, or says why it is none.
pub fn success(response: &Response) -> Result<Value, VendorError> {
    let body: Option<Value> = serde_json::from_slice(&response.body).ok();
    let failed = body.as_ref().is_some_and(|body| body.get("error_summary").is_some());
    if response.status.is_success() && !failed {
        return body.ok_or_else(|| VendorError::InvalidResponse { reason: "no JSON".to_owned() });
    }
    let tag = body.as_ref().and_then(tag);
    let message = words(response, body.as_ref());
    match (response.status, tag) {
        (StatusCode::UNAUTHORIZED, _) => Err(VendorError::Unauthorized),
        (StatusCode::FORBIDDEN, _) => Err(VendorError::Forbidden { message }),
        (_, Some(tag::NO_TEAM)) => Err(VendorError::NotFound),
        (_, tag) => Err(VendorError::Rejected {
            message,
            members: tag.map(str::to_owned).into_iter().collect(),
            duplicate: tag == Some(tag::EMAIL_TAKEN),
        }),
    }
}

/// A team in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The vendor's id.
    pub id: ExternalId,
    /// Its name.
    pub name: String,
    /// ISO 3166 two-letter code.
    pub country_code: String,
    /// What it has now.
    pub skus: Skus,
}

/// Reads the list of teams; of a row that is not as expected, as much as can be read.
///
/// # Errors
/// [`VendorError::Refused`] if it says that it goes on: how, is not known, and half a list is worse than none.
pub fn teams(value: &Value) -> Result<Vec<Listed>, VendorError> {
    if value.get("has_more").and_then(Value::as_bool) == Some(true) {
        return Err(VendorError::Rejected {
            message: "the reseller has more teams than it lists at once, and how to read on is not known".to_owned(),
            members: Vec::new(),
            duplicate: false,
        });
    }
    let rows = value.get("teams").unwrap_or(value).as_array();
    let rows = rows.ok_or_else(|| VendorError::InvalidResponse { reason: "no list of teams".to_owned() })?;
    Ok(rows.iter().filter_map(listed).collect())
}

fn listed(row: &Value) -> Option<Listed> {
    let text = |place: &str| row.pointer(place).and_then(Value::as_str).unwrap_or_default().to_owned();
    let state = row.get("current_state").cloned().and_then(|state| serde_json::from_value(state).ok());
    Some(Listed {
        id: ExternalId::parse(&text("/id"))?,
        name: text("/name"),
        country_code: text("/country_code"),
        skus: state.unwrap_or_else(State::default).skus(),
    })
}

const fn renews() -> bool {
    true
}

/// Which of the known errors it is.
fn tag(body: &Value) -> Option<&'static str> {
    let texts =
        ["/error_summary", "/error/.tag", "/error"].into_iter().filter_map(|place| body.pointer(place)?.as_str());
    texts.into_iter().find_map(|text| tag::ALL.into_iter().find(|tag| begins(text, tag)))
}

/// Whether `text` is `tag`, or `tag` and more behind a `/` or a point.
fn begins(text: &str, tag: &str) -> bool {
    text.strip_prefix(tag).is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_'))
}

/// The words meant for a person, else the tag's text, else the body itself, cut.
fn words(response: &Response, body: Option<&Value>) -> String {
    let places =
        ["/user_message/text", "/user_message", "/error/user_message/text", "/error/user_message", "/error_summary"];
    let said =
        body.and_then(|body| places.into_iter().find_map(|place| body.pointer(place)?.as_str()).map(str::to_owned));
    let text = said.unwrap_or_else(|| String::from_utf8_lossy(&response.body).into_owned());
    let text = http_client::other_system_message(&text);
    // A sentence is made of it, which ends by itself.
    let text = text.trim_end_matches(['.', '/', ' ']);
    if text.is_empty() { format!("status {}", response.status.as_u16()) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;
    use serde_json::json;

    use super::*;

    fn refused(status: u16, body: &str) -> VendorError {
        let body = Bytes::copy_from_slice(body.as_bytes());
        let headers = HeaderMap::new();
        success(&Response { status: StatusCode::from_u16(status).unwrap(), headers, body }).unwrap_err()
    }

    #[test]
    fn a_tag_is_found_in_every_shape() {
        for body in [
            json!({"error_summary": "user_on_another_team/..", "error": {".tag": "user_on_another_team"}}),
            json!({"error_summary": "user_on_another_team", "user_message": "Taken."}),
            json!({"error": "user_on_another_team", "user_message": {"text": "Taken."}}),
            json!({"error": {".tag": "user_on_another_team", "user_message": {"text": "Taken."}}}),
        ] {
            assert!(matches!(refused(409, &body.to_string()), VendorError::Rejected { duplicate: true, .. }), "{body}");
        }
        assert!(matches!(refused(200, &json!({"error_summary": "x"}).to_string()), VendorError::Rejected { .. }));
    }

    #[test]
    fn a_longer_tag_is_another_one() {
        let body = json!({"error_summary": "email_invalid_domain/.."}).to_string();
        let VendorError::Rejected { members, message, .. } = refused(409, &body) else { panic!("{body}") };
        assert_eq!((members.as_slice(), message.as_str()), ([].as_slice(), "email_invalid_domain"));
    }

    #[test]
    fn plain_text_is_passed_on() {
        let VendorError::Rejected { message, .. } = refused(400, "Error in call: name\n") else { panic!() };
        assert_eq!(message, "Error in call: name");
        assert!(matches!(refused(401, "Invalid"), VendorError::Unauthorized));
        assert!(matches!(refused(409, r#"{"error_summary": "team_not_found/"}"#), VendorError::NotFound));
    }

    #[test]
    fn a_term_begins_its_length_before_its_end() {
        let team = |dates: Value| -> Team {
            let mut team = json!({"id": "dbtid:1", "active": true, "current_state": {}});
            team.as_object_mut().unwrap().extend(dates.as_object().unwrap().clone());
            serde_json::from_value(team).unwrap()
        };
        let began = |team: &Team, commitment| team.began(commitment).unwrap().to_string();
        let exact = team(json!({"end_date": "2027-03-15", "end_datetime": "2027-03-15T10:20:30Z"}));
        assert_eq!(began(&exact, Commitment::Annual), "2026-03-15T10:20:30Z");
        assert_eq!(began(&team(json!({"end_date": "2027-03-31"})), Commitment::Monthly), "2027-03-01T00:00:00Z");
        assert_eq!(began(&team(json!({"end_date": "2027-02-28"})), Commitment::Monthly), "2027-02-01T00:00:00Z");
        assert!(team(json!({})).ends().is_none());
    }

    #[test]
    fn half_a_list_is_none_and_an_odd_row_is_read() {
        assert!(teams(&json!({"teams": [], "has_more": true})).is_err());
        assert!(teams(&json!({"what": "else"})).is_err());
        assert_eq!(teams(&json!([])).unwrap(), []);
        let rows =
            json!({"teams": [{"name": "A"}, {"id": "dbtid:1", "name": "B", "current_state": null}], "has_more": false});
        let read = teams(&rows).unwrap();
        assert_eq!((read.len(), read[0].name.as_str(), read[0].skus.len()), (1, "B", 0));
    }

    #[test]
    fn a_renewal_state_without_skus_is_the_present_one() {
        let team = json!({
            "id": "dbtid:1", "active": true, "renewal_state": {},
            "current_state": {"skus": [{"sku_id": "A", "quantity": 1}]},
        });
        let team: Team = serde_json::from_value(team).unwrap();
        assert_eq!(team.renewal_state().skus(), team.current_state.skus());
        assert!(team.auto_renew);
    }
}
