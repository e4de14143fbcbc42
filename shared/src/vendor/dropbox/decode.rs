//! Lenient decoding of Dropbox's responses. Errors have several shapes, and a text that begins with a tag
//! (`docs/vendors/dropbox.md`, "Errors").

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
use crate::vendor::{VendorError, decode_json};

/// A team.
#[derive(Clone, Debug, Deserialize)]
pub struct Team {
    /// Vendor id.
    pub id: String,
    /// `true` if the team can be used.
    pub active: bool,
    /// `true` if the team renews automatically; also if the member is absent.
    #[serde(default = "default_auto_renew")]
    pub auto_renew: bool,
    /// Ids of the distributor and the reseller that it belongs to.
    #[serde(default)]
    reseller_ids: Value,
    /// Day on which the term ends.
    #[serde(default)]
    end_date: Option<String>,
    /// Time at which the term ends.
    #[serde(default)]
    end_datetime: Option<String>,
    /// Present state.
    pub current_state: TeamState,
    /// State from the renewal on; the present state if absent or without SKUs.
    #[serde(default)]
    renewal_state: Option<TeamState>,
}

/// SKUs of a team, now or from its renewal on.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct TeamState {
    #[serde(default)]
    skus: Vec<Sku>,
    /// `true` for a trial.
    #[serde(default)]
    pub is_trial: bool,
}

#[derive(Clone, Debug, Deserialize)]
struct Sku {
    sku_id: String,
    quantity: u32,
}

impl TeamState {
    /// Returns the SKUs with their quantities.
    pub fn skus(&self) -> Skus {
        self.skus.iter().map(|sku| (sku.sku_id.clone(), sku.quantity)).collect()
    }
}

impl Team {
    /// Returns the state from the renewal on.
    pub fn renewal_state(&self) -> &TeamState {
        self.renewal_state.as_ref().filter(|state| !state.skus.is_empty()).unwrap_or(&self.current_state)
    }

    /// Returns `true` if the team's own row names `reseller`, or names none.
    pub fn belongs_to(&self, reseller: &str) -> bool {
        let ids = self.reseller_ids.as_array().filter(|ids| !ids.is_empty());
        ids.is_none_or(|ids| ids.iter().any(|id| id.as_str() == Some(reseller)))
    }

    /// Returns `true` if the team is a trial whose term has ended by `now`.
    pub fn trial_is_over(&self, now: Timestamp) -> bool {
        self.current_state.is_trial && self.term_end().is_some_and(|end| end <= now)
    }

    /// Returns the end of the term; at midnight UTC if only the day is known.
    pub fn term_end(&self) -> Option<Timestamp> {
        let moment = self.end_datetime.as_deref().and_then(|text| text.parse().ok());
        moment.or_else(|| {
            let date: Date = self.end_date.as_deref()?.parse().ok()?;
            date.to_zoned(TimeZone::UTC).ok().map(|midnight| midnight.timestamp())
        })
    }

    /// Returns the start of the term: the time of the order or of the last renewal. If it cannot be computed exactly, returns
    /// the latest possible time: the end of the day, and the last day of the month for a term that ends on the last day of a
    /// month.
    pub fn term_start(&self, commitment: Commitment) -> Option<Timestamp> {
        let end = self.term_end()?.to_zoned(TimeZone::UTC);
        let start = end.checked_sub(i64::from(commitment.months()).months()).ok()?;
        let latest = if end.day() == end.days_in_month() { start.last_of_month().ok()? } else { start };
        let day_only = self.end_datetime.is_none();
        latest.checked_add(i64::from(day_only).days()).ok().map(|start| start.timestamp())
    }
}

/// Returns the body of a successful response.
///
/// # Errors
/// The error that the status, the tag and the body stand for.
pub fn success(response: &Response) -> Result<Value, VendorError> {
    let body: Option<Value> = serde_json::from_slice(&response.body).ok();
    let failed = body.as_ref().is_some_and(|body| body.get("error_summary").is_some());
    if response.status.is_success() && !failed {
        return body.ok_or_else(|| VendorError::InvalidResponse { reason: "the body is not JSON".to_owned() });
    }
    let tag = body.as_ref().and_then(tag);
    let message = vendor_message(response, body.as_ref());
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
pub struct ListedTeam {
    /// Vendor id.
    pub id: ExternalId,
    /// Name.
    pub name: String,
    /// ISO 3166 two-letter code.
    pub country_code: String,
    /// Present SKUs.
    pub skus: Skus,
}

/// A row of the list of teams.
#[derive(Deserialize)]
struct TeamRow {
    id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    country_code: Option<String>,
    #[serde(default)]
    current_state: Option<TeamState>,
}

/// Decodes the list of teams.
///
/// # Errors
/// [`VendorError::IncompleteList`] if the list has a further page: it is unknown how to request one, and an incomplete list
/// would be misleading. [`VendorError::InvalidResponse`] for a row without an id or of another shape.
pub fn teams(value: Value) -> Result<Vec<ListedTeam>, VendorError> {
    let (rows, has_more) = match value {
        Value::Object(mut list) => (list.remove("teams"), list.remove("has_more")),
        list => (Some(list), None),
    };
    let Some(Value::Array(rows)) = rows else {
        return Err(VendorError::InvalidResponse { reason: "the response has no list of teams".to_owned() });
    };
    if !matches!(has_more, None | Some(Value::Null | Value::Bool(false))) {
        return Err(VendorError::IncompleteList);
    }
    rows.into_iter().map(listed_team).collect()
}

fn listed_team(row: Value) -> Result<ListedTeam, VendorError> {
    let row: TeamRow = decode_json(row)?;
    let invalid = || VendorError::InvalidResponse { reason: format!("{:?} is not an id", row.id) };
    Ok(ListedTeam {
        id: ExternalId::parse(&row.id).ok_or_else(invalid)?,
        name: row.name.unwrap_or_default(),
        country_code: row.country_code.unwrap_or_default(),
        skus: row.current_state.unwrap_or_default().skus(),
    })
}

const fn default_auto_renew() -> bool {
    true
}

/// Returns the known tag with which the error begins, if any.
fn tag(body: &Value) -> Option<&'static str> {
    let texts =
        ["/error_summary", "/error/.tag", "/error"].into_iter().filter_map(|place| body.pointer(place)?.as_str());
    texts.into_iter().find_map(|text| tag::ALL.into_iter().find(|tag| starts_with_tag(text, tag)))
}

/// Returns `true` if `text` is `tag`, or continues after it with a character that no tag contains, such as `/` or a point.
fn starts_with_tag(text: &str, tag: &str) -> bool {
    text.strip_prefix(tag).is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_'))
}

/// Returns the vendor's message, truncated: the text for users, otherwise `error_summary`, otherwise the body itself.
fn vendor_message(response: &Response, body: Option<&Value>) -> String {
    let places =
        ["/user_message/text", "/user_message", "/error/user_message/text", "/error/user_message", "/error_summary"];
    let message =
        body.and_then(|body| places.into_iter().find_map(|place| body.pointer(place)?.as_str()).map(str::to_owned));
    let text = message.unwrap_or_else(|| String::from_utf8_lossy(&response.body).into_owned());
    let text = http_client::other_system_message(&text);
    // Callers embed the message in a sentence of their own.
    let text = text.trim_end_matches(['.', '/', ' ']);
    if text.is_empty() { format!("status {}", response.status.as_u16()) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;
    use serde_json::json;

    use super::*;

    fn error_of(status: u16, body: &str) -> VendorError {
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
            assert!(
                matches!(error_of(409, &body.to_string()), VendorError::Rejected { duplicate: true, .. }),
                "{body}"
            );
        }
        assert!(matches!(error_of(200, &json!({"error_summary": "x"}).to_string()), VendorError::Rejected { .. }));
    }

    #[test]
    fn a_longer_tag_is_another_one() {
        let body = json!({"error_summary": "email_invalid_domain/.."}).to_string();
        let VendorError::Rejected { members, message, .. } = error_of(409, &body) else { panic!("{body}") };
        assert_eq!((members.as_slice(), message.as_str()), ([].as_slice(), "email_invalid_domain"));
    }

    #[test]
    fn plain_text_is_passed_on() {
        let VendorError::Rejected { message, .. } = error_of(400, "Error in call: name\n") else { panic!() };
        assert_eq!(message, "Error in call: name");
        assert!(matches!(error_of(401, "Invalid"), VendorError::Unauthorized));
        assert!(matches!(error_of(409, r#"{"error_summary": "team_not_found/"}"#), VendorError::NotFound));
    }

    #[test]
    fn a_term_starts_its_length_before_its_end() {
        let team = |dates: Value| -> Team {
            let mut team = json!({"id": "dbtid:1", "active": true, "current_state": {}});
            team.as_object_mut().unwrap().extend(dates.as_object().unwrap().clone());
            serde_json::from_value(team).unwrap()
        };
        let start = |team: &Team, commitment| team.term_start(commitment).unwrap().to_string();
        let exact = team(json!({"end_date": "2027-03-15", "end_datetime": "2027-03-15T10:20:30Z"}));
        assert_eq!(start(&exact, Commitment::Annual), "2026-03-15T10:20:30Z");
        assert_eq!(start(&team(json!({"end_date": "2027-03-31"})), Commitment::Monthly), "2027-03-01T00:00:00Z");
        assert_eq!(start(&team(json!({"end_date": "2027-02-28"})), Commitment::Monthly), "2027-02-01T00:00:00Z");
        assert!(team(json!({})).term_end().is_none());
    }

    #[test]
    fn a_row_without_resellers_of_a_known_form_denies_none() {
        let belongs = |ids: Value| {
            let team = json!({"id": "dbtid:1", "active": true, "current_state": {}, "reseller_ids": ids});
            serde_json::from_value::<Team>(team).unwrap().belongs_to("R-1")
        };
        for ids in [json!(["D-1", "R-1"]), json!([]), json!(null), json!({"reseller": "R-2"})] {
            assert!(belongs(ids.clone()), "{ids}");
        }
        assert!(!belongs(json!(["D-1", "R-2"])));
    }

    #[test]
    fn a_list_of_teams_is_whole_or_says_so() {
        for has_more in [json!(true), json!("true"), json!(1)] {
            let list = json!({"teams": [], "has_more": has_more});
            assert!(matches!(teams(list), Err(VendorError::IncompleteList)), "{has_more}");
        }
        for other in
            [json!({"has_more": true}), json!({"what": "else"}), json!({"teams": {}}), json!(null), json!("OK")]
        {
            assert!(matches!(teams(other.clone()), Err(VendorError::InvalidResponse { .. })), "{other}");
        }
        assert_eq!(teams(json!([])).unwrap(), []);
    }

    #[test]
    fn an_unusual_row_is_decoded_and_a_row_without_an_id_is_refused() {
        let read = |row: Value| teams(json!({"teams": [row], "has_more": false}));
        let usual = read(json!({"id": "dbtid:1", "name": "B", "current_state": null, "new": 1})).unwrap();
        assert_eq!((usual[0].name.as_str(), usual[0].skus.len()), ("B", 0));
        let whole = json!({"id": "dbtid:1", "current_state": {"skus": [{"sku_id": "A", "quantity": 3.0}]}});
        assert_eq!(read(whole).unwrap()[0].skus, Skus::from_iter([("A".to_owned(), 3)]));
        for row in [
            json!({"name": "A"}),
            json!({"id": null}),
            json!({"id": ".."}),
            json!(["dbtid:1"]),
            json!({"id": "dbtid:1", "current_state": []}),
            json!({"id": "dbtid:1", "current_state": {"skus": {}}}),
            json!({"id": "dbtid:1", "current_state": {"skus": [["A", 1]]}}),
            json!({"id": "dbtid:1", "current_state": {"skus": [{"sku_id": "A", "quantity": 2.5}]}}),
        ] {
            assert!(matches!(read(row.clone()), Err(VendorError::InvalidResponse { .. })), "{row}");
        }
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
