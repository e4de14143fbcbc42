//! The desired state of an account, parsed from `accounts/*` requests.

use std::str::FromStr;

use email_address::{EmailAddress, Options};
use serde::{Deserialize, Serialize};

use crate::bss::requests::AccountDefinition;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{AccountId, ExternalId, MAX_LENGTH};

/// Maximum length of an account's name, in characters.
pub const MAX_NAME: usize = 100;

/// The Sync Option with the reseller's id in the vendor's partner portal.
pub const RESELLER_ID_OPTION: &str = "resellerid";

/// The role of an account at the vendor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A customer, which orders for itself.
    #[default]
    User,
    /// A reseller, which has customers.
    Reseller,
}

impl FromStr for Role {
    type Err = ServiceError;

    /// Parses the id or the name of the list value, in any letter case. An empty text is a customer.
    fn from_str(text: &str) -> Result<Self, ServiceError> {
        match text.trim().to_ascii_lowercase().as_str() {
            "" | "1" | "user" => Ok(Self::User),
            "2" | "reseller" => Ok(Self::Reseller),
            _ => Err(ServiceError::new(
                ErrorCode::RoleInvalid,
                "The account's role must be User or Reseller. Contact your provider to correct it.",
            )),
        }
    }
}

/// A valid email address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// Parses an address. The domain must contain a dot. Display names and literal IP addresses are rejected.
    ///
    /// # Errors
    /// [`ErrorCode::EmailInvalid`].
    pub fn parse(text: &str) -> Result<Self, ServiceError> {
        let text = text.trim();
        let options = Options::default().without_display_text().without_domain_literal().with_required_tld();
        EmailAddress::parse_with_options(text, options).map(|email| Self(email.to_string())).map_err(|error| {
            let problem = if text.is_empty() { "missing".to_owned() } else { format!("not an email address ({error})") };
            ServiceError::new(
                ErrorCode::EmailInvalid,
                format!("The email address (the username) is {problem}. Enter a valid address in your account's details, or contact your provider."),
            )
        })
    }

    /// Returns the address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns `true` if `other` is the same address, in any letter case.
    pub fn is(&self, other: &str) -> bool {
        self.0.eq_ignore_ascii_case(other.trim())
    }
}

/// An ISO 3166-1 two-letter code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Country(String);

impl Country {
    /// Parses the code, in any letter case.
    ///
    /// # Errors
    /// [`ErrorCode::CountryInvalid`].
    pub fn parse(text: &str) -> Result<Self, ServiceError> {
        rust_iso3166::from_alpha2(&text.trim().to_ascii_uppercase()).map(|country| Self(country.alpha2.to_owned())).ok_or_else(|| {
            ServiceError::new(
                ErrorCode::CountryInvalid,
                "The country of the account's billing address is not an ISO 3166 two-letter code. Select the country again, or contact your provider.",
            )
        })
    }

    /// Returns the code, in upper case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The reseller that a customer belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reseller {
    /// The BSS's id of the reseller.
    pub account: AccountId,
    /// The vendor's id of the reseller, as recorded in the BSS.
    pub external_id: Option<ExternalId>,
}

/// The data of an account that is sent to the vendor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The login.
    pub email: Email,
    /// The company's name.
    pub name: String,
    /// The name of the primary contact; the company's name if it is empty.
    pub first_name: String,
    /// The name of the primary contact; the company's name if it is empty.
    pub last_name: String,
    /// The country, if the BSS sends one.
    pub country: Option<Country>,
    /// `true` if the vendor sends the owner a sign-in email when it creates the account. `None` uses the vendor's
    /// default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_email: Option<bool>,
}

impl Profile {
    /// Returns the fingerprint, which differs between different profiles.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::hash(self)
    }
}

/// The desired state of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DesiredAccount {
    /// The BSS's id.
    pub account: AccountId,
    /// The vendor's id, if the BSS has recorded it.
    pub external_id: Option<ExternalId>,
    /// The desired role.
    pub role: Role,
    /// The reseller that the account belongs to.
    pub reseller: Option<Reseller>,
    /// The id in the vendor's partner portal of the account's reseller, or of the account if it is a reseller. Few
    /// vendors have such ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reseller_id: Option<String>,
    /// The data that is sent to the vendor.
    pub profile: Profile,
}

impl DesiredAccount {
    /// Parses a request. `login` is the Sync Option with the email address. If it is empty, the account's address is
    /// used, then the primary contact's, as the BSS itself does.
    ///
    /// # Errors
    /// The code of the first invalid member.
    pub fn parse(account: &AccountDefinition, login: &str) -> Result<Self, ServiceError> {
        let id = account_id(account)?;
        let role = role(account)?;
        Ok(Self {
            external_id: external_id(&account.external_id)?,
            role,
            reseller: reseller(account, &id, role)?,
            reseller_id: reseller_id(account)?,
            profile: profile(account, login)?,
            account: id,
        })
    }
}

/// The known details of an account that the vendor creates with the first order. Each detail may be missing; it is
/// requested from the caller when it is needed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountDetails {
    /// The login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// The company's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// The id in the vendor's partner portal of the account's reseller, or of the account if it is a reseller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reseller_id: Option<String>,
    /// The BSS's id of the account's reseller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reseller: Option<AccountId>,
}

impl AccountDetails {
    /// Returns `true` if no detail is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the details of a synchronized account.
    pub fn from_account(account: &DesiredAccount) -> Self {
        let Profile { email, name, country, .. } = account.profile.clone();
        let reseller = account.reseller.as_ref().map(|reseller| reseller.account.clone());
        Self { email: Some(email), name: Some(name), country, reseller_id: account.reseller_id.clone(), reseller }
    }

    /// Returns the details in the account of an order. The reseller is missing, because only a synchronization sends
    /// it.
    ///
    /// # Errors
    /// [`ErrorCode::EmailInvalid`] or [`ErrorCode::CountryInvalid`].
    pub fn from_order(account: &AccountDefinition, login: &str) -> Result<Self, ServiceError> {
        let login = account.sync_options.get(login).map_or("", |option| option.trim());
        let name: String = account.name.trim().chars().take(MAX_NAME).collect();
        Ok(Self {
            email: if login.is_empty() { None } else { Some(Email::parse(login)?) },
            name: (!name.is_empty()).then_some(name),
            country: country(account)?,
            ..Self::default()
        })
    }

    /// Returns these details, with missing ones taken from `before`.
    #[must_use]
    pub fn or_else(self, before: Self) -> Self {
        Self {
            email: self.email.or(before.email),
            name: self.name.or(before.name),
            country: self.country.or(before.country),
            reseller_id: self.reseller_id.or(before.reseller_id),
            reseller: self.reseller.or(before.reseller),
        }
    }
}

/// An object at the vendor that may be the account searched for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts of one row")]
pub struct Candidate {
    /// The vendor's id.
    pub id: ExternalId,
    /// `true` if it has our reference.
    pub reference: bool,
    /// `true` if it has the account's email address.
    pub email: bool,
    /// `true` if it has the account's name.
    pub name: bool,
    /// `true` if another channel sold it. It can never be linked then.
    #[serde(default)]
    pub other_channel: bool,
}

/// Returns the BSS's id of the account in a request.
pub fn account_id(account: &AccountDefinition) -> Result<AccountId, ServiceError> {
    AccountId::parse(&account.id).ok_or_else(|| {
        ServiceError::new(
            ErrorCode::BadRequest,
            "The account's ID is missing or invalid. Send the BSS's id of the account, at most 128 characters.",
        )
    })
}

/// Returns the role in a request.
pub fn role(account: &AccountDefinition) -> Result<Role, ServiceError> {
    account.sync_options.get("role").map_or("", String::as_str).parse()
}

/// Returns the email address in a request: the Sync Option `login`, the account's address, or the primary contact's.
pub fn email(account: &AccountDefinition, login: &str) -> Result<Email, ServiceError> {
    let option = account.sync_options.get(login).map_or("", String::as_str);
    let found =
        [option, &account.email, &account.contact_details.email].into_iter().find(|text| !text.trim().is_empty());
    Email::parse(found.unwrap_or_default())
}

fn reseller(account: &AccountDefinition, id: &AccountId, role: Role) -> Result<Option<Reseller>, ServiceError> {
    // `ResellerID` is filled for a reseller as well as for its customers.
    let reseller = AccountId::parse(&account.reseller_id).filter(|reseller| role == Role::User && reseller != id);
    let Some(reseller) = reseller else { return Ok(None) };
    Ok(Some(Reseller { account: reseller, external_id: external_id(&account.reseller_external_id)? }))
}

/// Returns the vendor's id that the BSS holds for an account; `None` if it is empty.
///
/// # Errors
/// [`ErrorCode::BadRequest`] for a text that is no id. It is not ignored, because another object would be created.
pub fn external_id(text: &str) -> Result<Option<ExternalId>, ServiceError> {
    let id = ExternalId::parse(text);
    if id.is_none() && !text.trim().is_empty() {
        return Err(ServiceError::new(
            ErrorCode::BadRequest,
            "The external id of the account is not an id. Clear it or correct it, then Save & Synchronize the account.",
        ));
    }
    Ok(id)
}

fn reseller_id(account: &AccountDefinition) -> Result<Option<String>, ServiceError> {
    let text = account.sync_options.get(RESELLER_ID_OPTION).map_or("", |option| option.trim());
    if text.chars().count() > MAX_LENGTH || text.chars().any(char::is_control) {
        return Err(ServiceError::new(
            ErrorCode::ResellerIdInvalid,
            format!(
                "The Reseller ID is longer than {MAX_LENGTH} characters or contains control characters. Correct it in the account's Sync Options."
            ),
        ));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn profile(account: &AccountDefinition, login: &str) -> Result<Profile, ServiceError> {
    let email = email(account, login)?;
    let name = account.name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME {
        return Err(ServiceError::new(
            ErrorCode::NameInvalid,
            format!("The account's name is missing or longer than {MAX_NAME} characters. Enter the company's name."),
        ));
    }
    let or_name = |text: &str| {
        let text = if text.trim().is_empty() { name } else { text.trim() };
        text.chars().take(MAX_NAME).collect()
    };
    Ok(Profile {
        email,
        name: name.to_owned(),
        first_name: or_name(&account.contact_details.first_name),
        last_name: or_name(&account.contact_details.last_name),
        country: country(account)?,
        send_email: None,
    })
}

fn country(account: &AccountDefinition) -> Result<Option<Country>, ServiceError> {
    let code = account.address.as_ref().map_or("", |address| address.country.code.trim());
    if code.is_empty() { Ok(None) } else { Country::parse(code).map(Some) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bss;

    fn parse(json: &serde_json::Value) -> Result<DesiredAccount, ServiceError> {
        let account: AccountDefinition = bss::parse(json.to_string().as_bytes()).unwrap();
        DesiredAccount::parse(&account, "username")
    }

    #[test]
    fn the_username_takes_precedence_over_other_addresses() {
        let with = |options: serde_json::Value| {
            let json = serde_json::json!({"ID": 1, "Name": "A", "Email": "b@example.com", "SyncOptions": options});
            parse(&json).unwrap().profile.email
        };
        assert_eq!(with(serde_json::json!({"username": "a@example.com"})).as_str(), "a@example.com");
        assert_eq!(with(serde_json::json!({"username": " "})).as_str(), "b@example.com");
    }

    #[test]
    fn each_invalid_field_has_its_code() {
        let code_of = |json: serde_json::Value| parse(&json).unwrap_err().code();
        let account = |member: &str, value: serde_json::Value| {
            let mut json = serde_json::json!({"ID": "1", "Name": "A", "Email": "a@example.com"});
            json[member] = value;
            json
        };
        assert_eq!(code_of(account("ID", serde_json::json!(""))), ErrorCode::BadRequest);
        assert_eq!(code_of(account("Name", serde_json::json!(" "))), ErrorCode::NameInvalid);
        assert_eq!(code_of(account("Email", serde_json::json!("a@localhost"))), ErrorCode::EmailInvalid);
        assert_eq!(code_of(account("Email", serde_json::json!("A <a@example.com>"))), ErrorCode::EmailInvalid);
        assert_eq!(
            code_of(account("Address", serde_json::json!({"Country": {"Code": "XX"}}))),
            ErrorCode::CountryInvalid
        );
        assert_eq!(code_of(account("SyncOptions", serde_json::json!({"role": "king"}))), ErrorCode::RoleInvalid);
    }

    #[test]
    fn a_reseller_is_not_its_own_customer() {
        let reseller_of = |role: &str, reseller: &str| {
            let json = serde_json::json!({
                "ID": "7", "Name": "A", "Email": "a@example.com", "ResellerID": reseller, "SyncOptions": {"Role": role},
            });
            parse(&json).unwrap().reseller.map(|reseller| reseller.account.to_string())
        };
        assert_eq!(reseller_of("2", "7"), None);
        assert_eq!(reseller_of("Reseller", "6"), None);
        assert_eq!(reseller_of("USER", "6"), Some("6".to_owned()));
        assert_eq!(reseller_of("1", ""), None);
    }
}
