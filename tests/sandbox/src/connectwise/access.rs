//! API members, their keys, and the permissions of their roles.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::refusal::Refusal;

/// The login company of the demo instance.
pub const COMPANY: &str = "demo";

/// A module of the security roles.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Module {
    /// Companies > Company Maintenance.
    #[serde(rename = "Company Maintenance")]
    CompanyMaintenance,
    /// Companies > Contacts.
    Contacts,
    /// Companies > Configurations.
    Configurations,
    /// Finance > Agreements.
    Agreements,
    /// Procurement > Product Catalog.
    #[serde(rename = "Product Catalog")]
    ProductCatalog,
    /// Service Desk > Service Tickets.
    #[serde(rename = "Service Tickets")]
    ServiceTickets,
    /// Service Desk > Close Service Tickets.
    #[serde(rename = "Close Service Tickets")]
    CloseServiceTickets,
    /// System > Table Setup. Reading set-up tables requires no permission.
    #[serde(rename = "Table Setup")]
    TableSetup,
    /// System > Custom Menu Entry.
    #[serde(rename = "Custom Menu Entry")]
    CustomMenuEntry,
}

/// A level of access to a module.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Level {
    /// Create.
    Add,
    /// Change.
    Edit,
    /// Delete.
    Delete,
    /// Read.
    Inquire,
}

/// A security role.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Role(BTreeMap<Module, BTreeSet<Level>>);

impl Role {
    /// A role with every permission, for actions that a person does in ConnectWise.
    pub fn admin() -> Self {
        let all = [Level::Add, Level::Edit, Level::Delete, Level::Inquire];
        let modules = [
            Module::CompanyMaintenance,
            Module::Contacts,
            Module::Configurations,
            Module::Agreements,
            Module::ProductCatalog,
            Module::ServiceTickets,
            Module::CloseServiceTickets,
            Module::TableSetup,
            Module::CustomMenuEntry,
        ];
        Self(modules.into_iter().map(|module| (module, BTreeSet::from(all))).collect())
    }

    /// The role that the set-up guide asks the MSP to create, plus Inquire on contacts.
    pub fn integration() -> Self {
        let mut role = Self::admin();
        let tidy = [
            Module::Configurations,
            Module::ProductCatalog,
            Module::ServiceTickets,
            Module::CloseServiceTickets,
            Module::TableSetup,
        ];
        for module in tidy {
            role.forbid(module, &[Level::Delete]);
        }
        role.forbid(Module::CompanyMaintenance, &[Level::Edit, Level::Delete]);
        role.forbid(Module::Contacts, &[Level::Add, Level::Edit, Level::Delete]);
        role
    }

    /// Returns the role without these modules.
    #[must_use]
    pub fn without(mut self, modules: &[Module]) -> Self {
        self.0.retain(|module, _| !modules.contains(module));
        self
    }

    /// Returns `true` if the role has the permission.
    pub fn allows(&self, module: Module, level: Level) -> bool {
        self.0.get(&module).is_some_and(|levels| levels.contains(&level))
    }

    fn forbid(&mut self, module: Module, levels: &[Level]) {
        self.0.entry(module).or_default().retain(|level| !levels.contains(level));
    }
}

/// An API member with its key pair.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Member {
    /// The login name that records are stamped with.
    pub identifier: String,
    /// The user name's part after the plus sign.
    pub public_key: String,
    /// The password.
    pub private_key: String,
    /// Its security role.
    pub role: Role,
}

impl Member {
    /// The seeded members: the demo's, one that lacks some modules, and an administrator that stands for a person.
    pub fn seeded() -> Vec<Self> {
        let member = |identifier: &str, suffix: &str, role| Self {
            identifier: identifier.to_owned(),
            public_key: format!("pub{suffix}"),
            private_key: format!("priv{suffix}"),
            role,
        };
        let lacks = [Module::Agreements, Module::CloseServiceTickets, Module::TableSetup, Module::CustomMenuEntry];
        vec![
            member("Dropsuite", "", Role::integration()),
            member("DropsuiteLimited", "-limited", Role::integration().without(&lacks)),
            member("zadmin", "-admin", Role::admin()),
        ]
    }

    /// Returns an error unless the role has the permission.
    pub fn authorize(&self, module: Module, level: Level) -> Result<(), Refusal> {
        if self.role.allows(module, level) { Ok(()) } else { Err(Refusal::Security) }
    }
}

/// User name and password of a request.
#[derive(Debug)]
pub struct Credentials {
    company: String,
    public_key: String,
    private_key: String,
}

impl Credentials {
    /// Reads `Authorization: Basic base64(company+public:private)`. Returns `None` for any other form.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, encoded) = value.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let text = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (user, private_key) = text.split_once(':')?;
        let (company, public_key) = user.split_once('+')?;
        let [company, public_key, private_key] = [company, public_key, private_key].map(str::to_owned);
        Some(Self { company, public_key, private_key })
    }

    /// Returns `true` if the company is this instance's. Other companies are not routed to it.
    pub fn is_here(&self) -> bool {
        self.company.eq_ignore_ascii_case(COMPANY)
    }

    /// Returns the member that has these keys.
    pub fn member<'a>(&self, members: &'a [Member]) -> Option<&'a Member> {
        members.iter().find(|member| member.public_key == self.public_key && member.private_key == self.private_key)
    }
}

/// Reads the `clientId` header, which must be a GUID.
pub fn client_id(headers: &HeaderMap) -> Result<Uuid, Refusal> {
    let text = headers.get("clientid").and_then(|value| value.to_str().ok()).ok_or(Refusal::NoClientId)?;
    Uuid::try_parse(text.trim()).map_err(|_| Refusal::NoClientId)
}

/// The newest version of the models, used for requests that pin none.
pub const VERSION: &str = "2026.4";

/// Returns the version of the models that `Accept` pins, or [`VERSION`]. Rejects types other than JSON and the vendor's
/// type with a version `YYYY.N`.
pub fn accept(headers: &HeaderMap) -> Result<String, Refusal> {
    let Some(value) = headers.get(header::ACCEPT) else { return Ok(VERSION.to_owned()) };
    let text = value.to_str().map_err(|_| Refusal::NotAcceptable)?;
    let version = text.split(',').find_map(|range| version(range.trim()));
    version.map(str::to_owned).ok_or(Refusal::NotAcceptable)
}

fn version(range: &str) -> Option<&str> {
    let mut parts = range.split(';').map(str::trim);
    match parts.next()? {
        "*/*" | "application/*" | "application/json" => Some(VERSION),
        "application/vnd.connectwise.com+json" => {
            let pinned = parts.find_map(|part| part.strip_prefix("version="));
            pinned.map_or(Some(VERSION), |pinned| is_version(pinned).then_some(pinned))
        }
        _ => None,
    }
}

fn is_version(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('.').is_some_and(|(year, release)| year.len() == 4 && digits(year) && digits(release))
}

/// Rejects a content type other than JSON.
pub fn content_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next()).map(str::trim);
    match essence {
        Some("application/json" | "application/vnd.connectwise.com+json") => Ok(()),
        Some(_) | None => Err(Refusal::UnsupportedMediaType),
    }
}
