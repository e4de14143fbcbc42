//! Configurations: what tickets are about. Nothing makes a device identifier unique, so it is looked for before a create.

use serde::Deserialize;
use serde_json::json;

use crate::connectwise::id::reference;
use crate::connectwise::patch::Patch;
use crate::connectwise::query::Conditions;
use crate::connectwise::text::{cut, is_same};
use crate::connectwise::{
    CompanyId, ConfigurationId, ConfigurationStatusId, ConfigurationTypeId, List, One, Record, Reference, Search,
    Wanted,
};

const PATH: &str = "/company/configurations";
const MAX_NAME: usize = 100;
const MAX_TYPE_NAME: usize = 50;

/// A configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Configuration {
    /// Its number.
    pub id: ConfigurationId,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Our key.
    #[serde(default)]
    pub device_identifier: Option<String>,
    /// Its type.
    #[serde(default, rename = "type")]
    pub configuration_type: Option<Reference<ConfigurationTypeId>>,
    /// Its status.
    #[serde(default)]
    pub status: Option<Reference<ConfigurationStatusId>>,
    /// Whose it is.
    #[serde(default)]
    pub company: Option<Reference<CompanyId>>,
    /// Whether it is in use.
    #[serde(default)]
    pub active_flag: Option<bool>,
}

/// A configuration to be made.
#[derive(Clone, Debug)]
pub struct NewConfiguration {
    /// Its name; cut at 100 characters.
    pub name: String,
    /// Our key; not cut, so 100 characters at most.
    pub device_identifier: String,
    /// Its type.
    pub configuration_type: ConfigurationTypeId,
    /// Whose it is.
    pub company: CompanyId,
    /// Its status; the instance's default for `None`.
    pub status: Option<ConfigurationStatusId>,
    /// What people should know.
    pub notes: Option<String>,
}

/// What is to be changed; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Its status.
    pub status: Option<ConfigurationStatusId>,
    /// What people should know.
    pub notes: Option<String>,
    /// Whether it is in use.
    pub active: Option<bool>,
}

/// A configuration type.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ConfigurationType {
    /// Its number.
    pub id: ConfigurationTypeId,
    /// Its name.
    #[serde(default)]
    pub name: String,
}

/// A configuration status.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigurationStatus {
    /// Its number.
    pub id: ConfigurationStatusId,
    /// Its name.
    #[serde(default, rename = "description")]
    pub name: String,
    /// Whether configurations that have it are out of use.
    #[serde(default)]
    pub closed_flag: bool,
    /// Whether new configurations have it.
    #[serde(default)]
    pub default_flag: bool,
}

impl Record for Configuration {
    const FIELDS: &'static str = "id,name,deviceIdentifier,type,status,company,activeFlag";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

impl Record for ConfigurationType {
    const FIELDS: &'static str = "id,name";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

impl Record for ConfigurationStatus {
    const FIELDS: &'static str = "id,description,closedFlag,defaultFlag";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

/// The company's configuration that has the device identifier or, if it has none, the name `key`.
pub fn find(company: CompanyId, key: &str) -> Search<Configuration> {
    let of_company = || Conditions::new().number("company/id", company.get());
    let list = |conditions| List::all("find-configuration", PATH).only(conditions);
    let wanted = key.to_owned();
    let is_it = move |row: &Configuration| {
        let held = row.device_identifier.as_deref().unwrap_or(&row.name);
        is_same(held, &wanted) && row.company.as_ref().is_some_and(|held| held.id == company)
    };
    // Whether conditions know the device identifier is not documented; they know the name.
    Search::new(format!("The configuration {key}"), list(of_company().text("deviceIdentifier", key)), is_it)
        .or_among(list(of_company().text("name", cut(key, MAX_NAME))))
}

/// A configuration, made unless the company has one with its device identifier.
pub fn wanted(new: &NewConfiguration) -> Wanted<Configuration> {
    let body = json!({
        "name": cut(&new.name, MAX_NAME),
        "deviceIdentifier": new.device_identifier,
        "type": reference(new.configuration_type),
        "company": reference(new.company),
        "status": new.status.map(reference),
        "notes": new.notes,
    });
    let create = One::post("create-configuration", PATH.to_owned(), body);
    Wanted { search: find(new.company, &new.device_identifier), create }
}

/// Changes a configuration.
pub fn patch(id: ConfigurationId, changes: &Changes) -> One<Configuration> {
    let patch = Patch::new()
        .refer("status", changes.status)
        .replace("notes", changes.notes.as_deref())
        .replace("activeFlag", changes.active);
    One::patch("change-configuration", format!("{PATH}/{id}"), &patch)
}

/// The type with this name, made unless it is there. All are looked through, which are few, since a search may not see yet
/// what was made a moment ago.
pub fn wanted_type(name: &str) -> Wanted<ConfigurationType> {
    let path = format!("{PATH}/types");
    let name = cut(name, MAX_TYPE_NAME).to_owned();
    let create = One::post("create-configuration-type", path.clone(), json!({ "name": name }));
    let (what, list) = (format!("The configuration type {name}"), List::all("configuration-types", path));
    Wanted { search: Search::new(what, list, move |held: &ConfigurationType| is_same(&held.name, &name)), create }
}

/// All statuses.
pub fn statuses() -> List<ConfigurationStatus> {
    List::all("configuration-statuses", format!("{PATH}/statuses"))
}
