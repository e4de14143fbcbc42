//! An account as the BSS wishes it to be, parsed from `accounts/*` requests.

use std::str::FromStr;

use email_address::{EmailAddress, Options};
use serde::{Deserialize, Serialize};

use crate::bss::requests::AccountDefinition;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{AccountId, ExternalId, MAX_LENGTH};

/// The longest name of an account, in characters.
pub const MAX_NAME: usize = 100;

/// The sync option that holds the id of the vendor's partner portal.
pub const RESELLER_ID_OPTION: &str = "resellerid";

/// What an account is at the vendor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A customer.
    #[default]
    User,
    /// A reseller, who has customers.
    Reseller,
}

impl FromStr for Role {
    type Err = ServiceError;

    /// The list value's id or its name, in any letter case; nothing is a customer.
    fn from_str(text: &str) -> Result<Self, ServiceError> {
        match text.trim().to_ascii_lowercase().as_str() {
            "" | "1" | "user" => Ok(Self::User),
            "2" | "reseller" => Ok(Self::Reseller),
            _ => Err(ServiceError::new(
                ErrorCode::RoleInvalid,
                "The role must be User or Reseller. Choose one in the account's Sync Options.",
            )),
        }
    }
}

/// An email address that mail can be sent to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// Takes an address with a domain that has a dot; no display name, no literal IP address.
    pub fn parse(text: &str) -> Result<Self, ServiceError> {
        let text = text.trim();
        let options = Options::default().without_display_text().without_domain_literal().with_required_tld();
        EmailAddress::parse_with_options(text, options).map(|email| Self(email.to_string())).map_err(|error| {
            let what = if text.is_empty() { "missing".to_owned() } else { format!("not an email address ({error})") };
            ServiceError::new(
                ErrorCode::EmailInvalid,
                format!("The email address (the username) is {what}. Enter it in the account's Sync Options, or on the account or its primary contact."),
            )
        })
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `other` is the same address; letter case does not matter.
    pub fn is(&self, other: &str) -> bool {
        self.0.eq_ignore_ascii_case(other.trim())
    }
}

/// An ISO 3166-1 two-letter code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Country(String);

impl Country {
    /// Takes the code in any letter case.
    pub fn parse(text: &str) -> Result<Self, ServiceError> {
        rust_iso3166::from_alpha2(&text.trim().to_ascii_uppercase()).map(|country| Self(country.alpha2.to_owned())).ok_or_else(|| {
            ServiceError::new(
                ErrorCode::CountryInvalid,
                "The country of the account's billing address is not an ISO 3166 two-letter code. Choose the country anew.",
            )
        })
    }

    /// The code, in capitals.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The reseller that a customer belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reseller {
    /// The BSS's id of the reseller.
    pub account: AccountId,
    /// The vendor's id of it, as the BSS knows it.
    pub external_id: Option<ExternalId>,
}

/// What the vendor is told of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The login.
    pub email: Email,
    /// The company's name.
    pub name: String,
    /// Of the primary contact; the company's name if there is none.
    pub first_name: String,
    /// Of the primary contact; the company's name if there is none.
    pub last_name: String,
    /// Where it is, if the BSS says so.
    pub country: Option<Country>,
    /// Whether the vendor mails the owner how to sign in, when it makes the account; none leaves that to the vendor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_email: Option<bool>,
}

impl Profile {
    /// What tells two profiles apart.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::hash(self)
    }
}

/// An account as wished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DesiredAccount {
    /// The BSS's id.
    pub account: AccountId,
    /// The vendor's id, once the BSS knows it.
    pub external_id: Option<ExternalId>,
    /// What it shall be.
    pub role: Role,
    /// The reseller that it belongs to.
    pub reseller: Option<Reseller>,
    /// The id that its reseller, or it as a reseller, has in the vendor's partner portal; few vendors give one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reseller_id: Option<String>,
    /// What the vendor is told.
    pub profile: Profile,
}

impl DesiredAccount {
    /// Reads a request. `login` is the sync option that holds the email address; without it the account's, then the
    /// primary contact's address is taken, as the BSS itself does.
    pub fn parse(account: &AccountDefinition, login: &str) -> Result<Self, ServiceError> {
        let id = account_id(account)?;
        let role = role(account)?;
        Ok(Self {
            external_id: ExternalId::parse(&account.external_id),
            role,
            reseller: reseller(account, &id, role),
            reseller_id: reseller_id(account)?,
            profile: profile(account, login)?,
            account: id,
        })
    }
}

/// What is known of an account that a vendor first hears of with an order. Each of it may be missing, and is asked for when it
/// is needed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountDetails {
    /// The login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// The company's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// The id of its reseller, or of it as a reseller, in the vendor's partner portal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reseller_id: Option<String>,
    /// The BSS's id of its reseller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reseller: Option<AccountId>,
}

impl AccountDetails {
    /// What a synchronized account said.
    pub fn from_account(wish: &DesiredAccount) -> Self {
        let Profile { email, name, country, .. } = wish.profile.clone();
        let reseller = wish.reseller.as_ref().map(|reseller| reseller.account.clone());
        Self { email: Some(email), name: Some(name), country, reseller_id: wish.reseller_id.clone(), reseller }
    }

    /// What an order says of its account; who its reseller is, only a synchronization says.
    pub fn from_order(account: &AccountDefinition, login: &str) -> Result<Self, ServiceError> {
        let stated = account.sync_options.get(login).map_or("", |option| option.trim());
        let name: String = account.name.trim().chars().take(MAX_NAME).collect();
        Ok(Self {
            email: if stated.is_empty() { None } else { Some(Email::parse(stated)?) },
            name: (!name.is_empty()).then_some(name),
            country: country(account)?,
            ..Self::default()
        })
    }

    /// This, and `before` for what it does not say.
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

/// Something at the vendor that may be the account that is looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The vendor's id.
    pub id: ExternalId,
    /// Whether it carries our reference.
    pub reference: bool,
    /// Whether it has the email address.
    pub email: bool,
    /// Whether it has the name.
    pub name: bool,
}

/// The BSS's id of the account in a request.
pub fn account_id(account: &AccountDefinition) -> Result<AccountId, ServiceError> {
    AccountId::parse(&account.id).ok_or_else(|| {
        ServiceError::new(ErrorCode::BadRequest, "The account's ID is missing or not an id. It must be the BSS's own id.")
    })
}

/// The role in a request.
pub fn role(account: &AccountDefinition) -> Result<Role, ServiceError> {
    account.sync_options.get("role").map_or("", String::as_str).parse()
}

/// The email address in a request.
pub fn email(account: &AccountDefinition, login: &str) -> Result<Email, ServiceError> {
    let option = account.sync_options.get(login).map_or("", String::as_str);
    let found =
        [option, &account.email, &account.contact_details.email].into_iter().find(|text| !text.trim().is_empty());
    Email::parse(found.unwrap_or_default())
}

fn reseller(account: &AccountDefinition, id: &AccountId, role: Role) -> Option<Reseller> {
    // `ResellerID` is filled for a reseller as well as for its customers.
    let reseller = AccountId::parse(&account.reseller_id).filter(|reseller| role == Role::User && reseller != id)?;
    Some(Reseller { account: reseller, external_id: ExternalId::parse(&account.reseller_external_id) })
}

fn reseller_id(account: &AccountDefinition) -> Result<Option<String>, ServiceError> {
    let text = account.sync_options.get(RESELLER_ID_OPTION).map_or("", |option| option.trim());
    if text.chars().count() > MAX_LENGTH || text.chars().any(char::is_control) {
        return Err(ServiceError::new(
            ErrorCode::ResellerIdInvalid,
            "The Reseller ID is not one of the vendor's partner portal. Mend it in the account's Sync Options.",
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

    fn wish(json: &serde_json::Value) -> Result<DesiredAccount, ServiceError> {
        let account: AccountDefinition = bss::parse(json.to_string().as_bytes()).unwrap();
        DesiredAccount::parse(&account, "username")
    }

    #[test]
    fn the_username_comes_before_the_other_addresses() {
        let with = |options: serde_json::Value| {
            let json = serde_json::json!({"ID": 1, "Name": "A", "Email": "b@example.com", "SyncOptions": options});
            wish(&json).unwrap().profile.email
        };
        assert_eq!(with(serde_json::json!({"username": "a@example.com"})).as_str(), "a@example.com");
        assert_eq!(with(serde_json::json!({"username": " "})).as_str(), "b@example.com");
    }

    #[test]
    fn each_field_has_its_code() {
        let refused = |json: serde_json::Value| wish(&json).unwrap_err().code();
        let account = |member: &str, value: serde_json::Value| {
            let mut json = serde_json::json!({"ID": "1", "Name": "A", "Email": "a@example.com"});
            json[member] = value;
            json
        };
        assert_eq!(refused(account("ID", serde_json::json!(""))), ErrorCode::BadRequest);
        assert_eq!(refused(account("Name", serde_json::json!(" "))), ErrorCode::NameInvalid);
        assert_eq!(refused(account("Email", serde_json::json!("a@localhost"))), ErrorCode::EmailInvalid);
        assert_eq!(refused(account("Email", serde_json::json!("A <a@example.com>"))), ErrorCode::EmailInvalid);
        assert_eq!(refused(account("Address", serde_json::json!({"Country": {"Code": "XX"}}))), ErrorCode::CountryInvalid);
        assert_eq!(refused(account("SyncOptions", serde_json::json!({"role": "king"}))), ErrorCode::RoleInvalid);
    }

    #[test]
    fn a_reseller_is_not_its_own_customer() {
        let of = |role: &str, reseller: &str| {
            let json = serde_json::json!({
                "ID": "7", "Name": "A", "Email": "a@example.com", "ResellerID": reseller, "SyncOptions": {"Role": role},
            });
            wish(&json).unwrap().reseller.map(|reseller| reseller.account.to_string())
        };
        assert_eq!(of("2", "7"), None);
        assert_eq!(of("Reseller", "6"), None);
        assert_eq!(of("USER", "6"), Some("6".to_owned()));
        assert_eq!(of("1", ""), None);
    }
}
