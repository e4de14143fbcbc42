//! Setup of an MSP's ConnectWise, in two steps.
//!
//! This file has the logic of `portal/settings/…`. Step 1 tests the site, the keys and the permissions, and stores them as a
//! draft. Step 2 checks the choices for tickets (`ticket_check.rs`), creates the configuration type and the menu entry, and puts
//! the settings in force. `other_connectwise.rs` has the change to another site or company.

pub mod credentials;
pub mod get;
mod named_option;
pub mod options;
mod other_connectwise;
pub mod save;
#[cfg(test)]
mod tests;
pub mod ticket_check;
pub mod ticket_choices;

use jiff::SignedDuration;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::app::msp_connection::Connection;
use crate::connectwise::api::menu::{self, Location, MenuEntry, NewMenuEntry};
use crate::connectwise::api::ticket_field::{CustomFieldValue, Level, TicketFields};
use crate::connectwise::api::{configuration, system};
use crate::connectwise::{
    BoardId, Client, ConfigurationTypeId, ConnectWiseError, Credentials, CredentialsError, ItemId, MenuEntryId,
    Permission, PriorityId, Site, SourceId, StatusId, SubtypeId, TicketTypeId, date,
};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::endpoints::portal::refused_credentials::RefusedCredentials;
use crate::endpoints::portal::settings::other_connectwise::{COMPANY, Destination, SITE};
use crate::endpoints::portal::{FieldErrors, PortalRequest, RequiredMember, ensure_written};
use crate::store::{ConnectionRecord, DraftRecord, MspRecord, NewHistoryEntry, TicketContact, TicketMapping};

/// Name of the configuration type whose configurations stand for mailbox actions.
pub const CONFIGURATION_TYPE: &str = "dropsuite_mailbox_actions";

/// Caption and location of the entry in ConnectWise's menu.
const MENU_ENTRY: &str = "Dropsuite Email Backup";
const MENU_LOCATION: &str = "Service Desk";

/// Name of the settings in the history.
const OBJECT: &str = "settings";

/// Lifetime of a draft: the time between step 1 and step 2.
const DRAFT_TTL: SignedDuration = SignedDuration::from_hours(1);

const PUBLIC: &str = "publicKey";
const PRIVATE: &str = "privateKey";
const ZONE: &str = "timeZone";

/// Body of step 1.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CredentialsRequest {
    /// Host at which the MSP opens ConnectWise.
    #[serde(default)]
    pub site_url: String,
    /// Company that the MSP enters on ConnectWise's sign-in page.
    #[serde(default)]
    pub company_identifier: String,
    /// Public key of the API member.
    #[serde(default)]
    pub public_key: String,
    /// Private key of the API member.
    #[serde(default = "blank_secret")]
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "password")))]
    pub private_key: SecretString,
    /// Time zone of the MSP's business days; default: the ConnectWise server's.
    #[serde(default)]
    pub time_zone: Option<String>,
}

fn blank_secret() -> SecretString {
    SecretString::from("")
}

/// Response of step 1: the tested connection.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct VerifiedConnection {
    /// Host of the API.
    pub site_url: String,
    /// Company that the MSP enters on ConnectWise's sign-in page.
    pub company_identifier: String,
    /// Release of the ConnectWise server.
    pub version: String,
    /// Time zone of the MSP's business days.
    pub time_zone: String,
}

/// Tests the connection and stores it, with encrypted keys, as the draft for step 2.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`], with one text per invalid field, and
/// the errors of ConnectWise.
pub async fn verify_connection(
    portal: &PortalRequest<'_>,
    request: &CredentialsRequest,
) -> Result<VerifiedConnection, ServiceError> {
    let connectwise = portal.connectwise()?;
    let mut errors = FieldErrors::new();
    let site = Site::parse(&request.site_url, connectwise.config()).map_err(|error| error.to_string());
    let site = errors.collect(SITE, site);
    let CredentialsRequest { company_identifier: company, public_key: public, private_key: private, .. } = request;
    for error in Credentials::errors(company, public, private) {
        let field = match error {
            CredentialsError::Company => COMPANY,
            CredentialsError::PublicKey => PUBLIC,
            CredentialsError::PrivateKey => PRIVATE,
        };
        errors.add(field, error.to_string());
    }
    let named = request.time_zone.as_deref().map(str::trim).filter(|zone| !zone.is_empty());
    if let Some(zone) = named.filter(|zone| date::zone(zone).is_none()) {
        errors
            .add(ZONE, format!("{zone} is not a time zone. Enter one such as Europe/Berlin or Eastern Standard Time."));
    }
    errors.into_result()?;
    let Some(site) = site else { return Err(ServiceError::internal("an unparsed site without an error")) };
    let credentials = Credentials::new(company, public, private).map_err(ServiceError::internal)?;
    let client = connectwise.client(&site, &credentials, portal.call.deadline, &portal.call.outbound_calls);
    let info = probe_permissions(&client).await?;
    other_connectwise::compare(portal, &client, &site.to_string(), company.trim()).await?;
    let zone = named.map(str::to_owned).or(info.server_time_zone).unwrap_or_default();
    if date::zone(&zone).is_none() {
        return Err(FieldErrors::single(
            ZONE,
            format!("ConnectWise reports the unknown time zone \"{zone}\". Enter yours, such as Europe/Berlin."),
        ));
    }
    let sealed = Connection::seal(&portal.call.app.sealer, portal.msp, public, private).await?;
    let company = company.trim().to_owned();
    let connection =
        ConnectionRecord { site: site.to_string(), company: company.clone(), sealed, time_zone: zone.clone() };
    let expires_at = portal.now().saturating_add(DRAFT_TTL).map_err(ServiceError::internal)?.as_second();
    portal.call.app.store.save_draft(portal.msp, &DraftRecord { connection, expires_at }).await?;
    Ok(VerifiedConnection {
        site_url: site.to_string(),
        company_identifier: company,
        version: info.version,
        time_zone: zone,
    })
}

/// Tests the keys with every required permission. Returns the server's information, or the error of the field at fault.
async fn probe_permissions(client: &Client<'_>) -> Result<system::Info, ServiceError> {
    let of_field = |error: ConnectWiseError| {
        let field = match &error {
            ConnectWiseError::UnknownCompany { .. } => COMPANY,
            ConnectWiseError::SiteMismatch { .. }
            | ConnectWiseError::NotSent { .. }
            | ConnectWiseError::Intercepted { .. } => SITE,
            ConnectWiseError::Unauthorized { .. } | ConnectWiseError::Forbidden { .. } => PUBLIC,
            ConnectWiseError::OutcomeUnknown { .. }
            | ConnectWiseError::RateLimited { .. }
            | ConnectWiseError::NotFound { .. }
            | ConnectWiseError::Rejected(_)
            | ConnectWiseError::InvalidResponse { .. }
            | ConnectWiseError::Ambiguous { .. } => return ServiceError::from(error),
        };
        FieldErrors::single(field, error.user_message()).with_internal(error)
    };
    // The permissions are tested first: some servers return the system information without valid keys.
    let missing = client.missing_permissions().await.map_err(of_field)?;
    if !missing.is_empty() {
        let rights: Vec<_> = missing.iter().map(Permission::to_string).collect();
        return Err(FieldErrors::single(
            PUBLIC,
            format!(
                "The API member's security role lacks rights. Add these to the role, at the level All: {}.",
                rights.join("; ")
            ),
        ));
    }
    client.send(&system::info()).await.map_err(of_field)
}

/// Returns the connection for step 2: the draft of step 1 until it expires, otherwise the connection in force.
///
/// # Errors
/// [`ErrorCode::ConnectWiseNotConfigured`] if there is
/// neither.
pub async fn connection(portal: &PortalRequest<'_>) -> Result<(Connection, ConnectionRecord), ServiceError> {
    let store = &portal.call.app.store;
    let draft = store.draft(portal.msp).await?.filter(|draft| draft.expires_at > portal.now().as_second());
    let record = match draft {
        Some(draft) => draft.connection,
        None => store.msp(portal.msp).await?.ok_or_else(Connection::not_configured_error)?.connection,
    };
    Ok((Connection::from_record(portal.call.app, portal.msp, &record).await?, record))
}

/// Body of step 2.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SettingsRequest {
    /// Service board of the tickets.
    pub board: BoardId,
    /// Status of a new ticket. It must not close a ticket.
    pub new_status: StatusId,
    /// Status of a ticket whose action works again. It must close a ticket.
    pub closed_status: StatusId,
    /// Status of a ticket whose action was abandoned.
    pub cancelled_status: StatusId,
    /// Type of a new ticket, one of the board's. For boards that require one.
    #[serde(default)]
    pub ticket_type: Option<TicketTypeId>,
    /// Subtype of a new ticket, one of the type's.
    #[serde(default)]
    pub subtype: Option<SubtypeId>,
    /// Item of a new ticket, one that goes with the type and the subtype.
    #[serde(default)]
    pub item: Option<ItemId>,
    /// Priority of a new ticket. Without one, ConnectWise's default applies.
    #[serde(default)]
    pub priority: Option<PriorityId>,
    /// Source of a new ticket. Without one, ConnectWise's default applies.
    #[serde(default)]
    pub source: Option<SourceId>,
    /// Impact of a new ticket. Without one, ConnectWise's default applies.
    #[serde(default)]
    pub impact: Option<Level>,
    /// Urgency of a new ticket, which ConnectWise's API calls severity. Without one, ConnectWise's default applies.
    #[serde(default)]
    pub urgency: Option<Level>,
    /// Contact of a new ticket. Without one, the ticket has none.
    #[serde(default)]
    pub contact: Option<TicketContact>,
    /// Values of custom fields of a new ticket, each field once.
    #[serde(default)]
    pub custom_fields: Vec<CustomFieldValue>,
    /// `true` to create configurations of actions that completed, too. `false` for those of failed actions only.
    #[serde(default = "on")]
    pub completed_configurations: bool,
}

fn on() -> bool {
    true
}

impl SettingsRequest {
    /// Members that a request must have, each with the text that is reported if it is missing.
    pub const REQUIRED: [RequiredMember; 4] = [
        ("board", "It is required: the number of a service board of settings/options."),
        ("newStatus", "It is required: the number of a status that does not close a ticket."),
        ("closedStatus", "It is required: the number of a status that closes a ticket."),
        ("cancelledStatus", "It is required: the number of a status of the board."),
    ];
}

impl From<SettingsRequest> for TicketMapping {
    fn from(choices: SettingsRequest) -> Self {
        let SettingsRequest { board, new_status, closed_status, cancelled_status, .. } = choices;
        let SettingsRequest { ticket_type, subtype, item, priority, source, impact, urgency, .. } = choices;
        let SettingsRequest { contact, custom_fields, .. } = choices;
        let fields = TicketFields { ticket_type, subtype, item, priority, source, impact, urgency };
        Self { board, new_status, closed_status, cancelled_status, fields, contact, custom_fields }
    }
}

/// The MSP's settings in a response, without the keys.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// Host of the API.
    pub site_url: String,
    /// Company that the MSP enters on ConnectWise's sign-in page.
    pub company_identifier: String,
    /// Time zone of the MSP's business days.
    pub time_zone: String,
    /// The choices for tickets.
    #[serde(flatten)]
    pub mapping: TicketMapping,
    /// `true` if actions that completed have configurations, too.
    pub completed_configurations: bool,
    /// Number of the configuration type in ConnectWise.
    pub configuration_type: ConfigurationTypeId,
    /// Number of the menu entry in ConnectWise.
    pub menu_entry: MenuEntryId,
    /// Credentials of the MSP that are refused at present; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused_credentials: Vec<RefusedCredentials>,
}

impl From<MspRecord> for Settings {
    fn from(record: MspRecord) -> Self {
        let MspRecord { connection, mapping, configuration_type, menu_entry, completed_configurations, .. } = record;
        let ConnectionRecord { site, company, time_zone, .. } = connection;
        Self {
            site_url: site,
            company_identifier: company,
            time_zone,
            mapping,
            completed_configurations,
            configuration_type,
            menu_entry,
            refused_credentials: Vec::new(),
        }
    }
}

/// Checks the choices, creates the configuration type and the menu entry in ConnectWise if they are missing, and puts the
/// settings in force.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`], with one text per invalid choice, and
/// the errors of ConnectWise.
pub async fn save(portal: &PortalRequest<'_>, choices: SettingsRequest) -> Result<Settings, ServiceError> {
    // Those that a request that was cut off left.
    other_connectwise::delete_former_plans(portal).await?;
    let (connection, record) = connection(portal).await?;
    let connectwise = portal.connectwise()?;
    let client = connection.client(connectwise, portal.call.deadline, &portal.call.outbound_calls);
    let completed_configurations = choices.completed_configurations;
    let mapping = TicketMapping::from(choices);
    ticket_check::check(&client, &mapping).await?;
    let former_plans = match other_connectwise::compare(portal, &client, &record.site, &record.company).await? {
        Destination::Same => Vec::new(),
        // Their numbers are not valid with the new settings.
        Destination::Other(plans) => plans,
    };
    let link = portal.portal_url()?;
    portal
        .with_msp_lock(Box::pin(async {
            // Those of a request that was cut off since.
            let before = other_connectwise::delete_former_plans(portal).await?;
            let same = before.as_ref().filter(|before| {
                (&before.connection.site, &before.connection.company) == (&record.site, &record.company)
            });
            let recorded = same.map(|before| before.menu_entry);
            let kind = client.find_or_create(&configuration::find_or_create_type(CONFIGURATION_TYPE)).await?;
            let entry = menu_entry(&client, link, recorded).await?;
            let record = MspRecord {
                connection: record,
                mapping,
                configuration_type: kind.id,
                menu_entry: entry.id,
                completed_configurations,
                former_plans,
                refusal: None,
            };
            let entry = entry_of(portal, before.as_ref(), &record);
            ensure_written(
                portal.call.app.store.save_msp(portal.msp, before.as_ref(), &record, entry.as_ref()).await?,
            )?;
            if !record.former_plans.is_empty() {
                other_connectwise::delete_former_plans(portal).await?;
            }
            // The old settings may have been the cause of a failure.
            portal.call.app.store.request_retry(portal.msp, portal.now().as_millisecond()).await?;
            Ok(Settings::from(record))
        }))
        .await
}

/// Returns the history's entry of saved settings, which tells that there are other keys, and no key.
fn entry_of(portal: &PortalRequest<'_>, before: Option<&MspRecord>, after: &MspRecord) -> Option<NewHistoryEntry> {
    let view = |record: &MspRecord| Settings::from(record.clone());
    let change = portal.change(OBJECT, before.map(view).as_ref(), Some(&view(after)));
    if before.is_none_or(|before| before.connection.sealed == after.connection.sealed) {
        return change;
    }
    Some(change.unwrap_or_else(|| portal.entry(OBJECT)).with_reason("The keys of ConnectWise were entered again."))
}

/// Returns the entry in ConnectWise's menu that leads to the portal. The recorded entry is changed if it leads elsewhere, as that
/// of earlier releases does.
async fn menu_entry(client: &Client<'_>, link: Url, recorded: Option<MenuEntryId>) -> Result<MenuEntry, ServiceError> {
    let entries = client.list_all(&menu::entries()).await?;
    let location = Location::named(MENU_LOCATION, &entries);
    let new = NewMenuEntry { caption: MENU_ENTRY.to_owned(), link, location };
    let Some(outdated) = menu::outdated(&entries, &new, recorded) else {
        return Ok(client.find_or_create(&menu::find_or_create(&new)).await?);
    };
    let changed = client.send(&menu::change_link(outdated.id, &new.link)).await?;
    if changed.link.trim() == new.link.as_str() {
        return Ok(changed);
    }
    Err(ServiceError::new(
        ErrorCode::ConnectWiseRefused,
        format!(
            "ConnectWise accepted the new link of the menu entry {} but does not show it. Save the settings again. If the error persists, delete the entry in ConnectWise first.",
            outdated.id
        ),
    ))
}
