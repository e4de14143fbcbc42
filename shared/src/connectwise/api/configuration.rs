//! Configurations: the objects that tickets concern. ConnectWise does not keep device identifiers unique, so every
//! create follows a lookup.

use serde::Deserialize;
use serde_json::json;

use crate::connectwise::id::reference;
use crate::connectwise::patch::Patch;
use crate::connectwise::query::Condition;
use crate::connectwise::text::{eq_normalized, normalize, truncate};
use crate::connectwise::{
    CompanyId, ConfigurationId, ConfigurationStatusId, ConfigurationTypeId, Entity, FindOrCreate, ListRequest, Lookup,
    Reference, SingleRequest,
};

const PATH: &str = "/company/configurations";
const MAX_NAME: usize = 100;
const MAX_TYPE_NAME: usize = 50;

/// A configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Configuration {
    /// The configuration's id.
    pub id: ConfigurationId,
    /// The configuration's name.
    #[serde(default)]
    pub name: String,
    /// Our key.
    #[serde(default)]
    pub device_identifier: Option<String>,
    /// The configuration type.
    #[serde(default, rename = "type")]
    pub configuration_type: Option<Reference<ConfigurationTypeId>>,
    /// The status.
    #[serde(default)]
    pub status: Option<Reference<ConfigurationStatusId>>,
    /// The company that owns it.
    #[serde(default)]
    pub company: Option<Reference<CompanyId>>,
    /// `true` if the configuration is active.
    #[serde(default)]
    pub active_flag: Option<bool>,
}

impl Configuration {
    fn own_key(&self) -> &str {
        self.device_identifier.as_deref().unwrap_or(&self.name)
    }

    /// Returns `true` if the configuration belongs to the company.
    pub fn is_of(&self, company: CompanyId) -> bool {
        self.company.as_ref().is_some_and(|owner| owner.id == company)
    }

    /// Returns the device identifier, or the name if there is none, in the form of [`normalized_key`].
    pub fn key(&self) -> String {
        normalized_key(self.own_key())
    }
}

/// Returns a key in the form in which keys are compared.
pub fn normalized_key(key: &str) -> String {
    normalize(key)
}

/// A configuration to create.
#[derive(Clone, Debug)]
pub struct NewConfiguration {
    /// The configuration's name, truncated to 100 characters.
    pub name: String,
    /// Our key. It is not truncated, so it must have at most 100 characters.
    pub device_identifier: String,
    /// The configuration type.
    pub configuration_type: ConfigurationTypeId,
    /// The company that owns it.
    pub company: CompanyId,
    /// The status. `None` for the instance's default.
    pub status: Option<ConfigurationStatusId>,
    /// Notes for people.
    pub notes: Option<String>,
}

/// Changes to a configuration. A field that is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The status.
    pub status: Option<ConfigurationStatusId>,
    /// Notes for people.
    pub notes: Option<String>,
    /// `true` to activate the configuration, `false` to deactivate it.
    pub active: Option<bool>,
}

/// A configuration type.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ConfigurationType {
    /// The type's id.
    pub id: ConfigurationTypeId,
    /// The type's name.
    #[serde(default)]
    pub name: String,
}

/// A configuration status.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigurationStatus {
    /// The status's id.
    pub id: ConfigurationStatusId,
    /// The status's name.
    #[serde(default, rename = "description")]
    pub name: String,
    /// `true` if configurations with this status are inactive.
    #[serde(default)]
    pub closed_flag: bool,
    /// `true` if new configurations have this status.
    #[serde(default)]
    pub default_flag: bool,
}

impl Entity for Configuration {
    const FIELDS: &'static str = "id,name,deviceIdentifier,type,status,company,activeFlag";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

impl Entity for ConfigurationType {
    const FIELDS: &'static str = "id,name";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

impl Entity for ConfigurationStatus {
    const FIELDS: &'static str = "id,description,closedFlag,defaultFlag";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

/// Looks up the company's configuration whose device identifier is `key`, or whose name is `key` if it has no device
/// identifier.
pub fn find(company: CompanyId, key: &str) -> Lookup<Configuration> {
    let list = |condition| ListRequest::all("find-configuration", PATH).with_condition(condition);
    let expected = key.to_owned();
    let matches = move |row: &Configuration| eq_normalized(row.own_key(), &expected) && row.is_of(company);
    Lookup::new(format!("The configuration {key}"), list(Condition::text("deviceIdentifier", key)), matches)
        .or_among(of_company(company))
        .or_by(list(Condition::text("name", key)))
}

/// Lists the company's configurations.
pub fn of_company(company: CompanyId) -> ListRequest<Configuration> {
    ListRequest::all("configurations", PATH).with_condition(Condition::number("company/id", company.get()))
}

/// Finds the company's configuration with this device identifier, or creates it.
pub fn find_or_create(new: &NewConfiguration) -> FindOrCreate<Configuration> {
    let body = json!({
        "name": truncate(&new.name, MAX_NAME),
        "deviceIdentifier": new.device_identifier,
        "type": reference(new.configuration_type),
        "company": reference(new.company),
        "status": new.status.map(reference),
        "notes": new.notes,
    });
    let create = SingleRequest::post("create-configuration", PATH.to_owned(), body);
    FindOrCreate { lookup: find(new.company, &new.device_identifier), create }
}

/// Changes a configuration.
pub fn patch(id: ConfigurationId, changes: &Changes) -> SingleRequest<Configuration> {
    let patch = Patch::new()
        .set_reference("status", changes.status)
        .replace("notes", changes.notes.as_deref())
        .replace("activeFlag", changes.active);
    SingleRequest::patch("change-configuration", format!("{PATH}/{id}"), &patch)
}

/// Finds the type with this name, or creates it. The lookup reads all types, which are few, because a search may not
/// find a type that was just created.
pub fn find_or_create_type(name: &str) -> FindOrCreate<ConfigurationType> {
    let path = format!("{PATH}/types");
    let name = truncate(name, MAX_TYPE_NAME).to_owned();
    let create = SingleRequest::post("create-configuration-type", path.clone(), json!({ "name": name }));
    let (label, list) = (format!("The configuration type {name}"), ListRequest::all("configuration-types", path));
    FindOrCreate {
        lookup: Lookup::new(label, list, move |existing: &ConfigurationType| eq_normalized(&existing.name, &name)),
        create,
    }
}

/// Lists all configuration statuses.
pub fn statuses() -> ListRequest<ConfigurationStatus> {
    ListRequest::all("configuration-statuses", format!("{PATH}/statuses"))
}
