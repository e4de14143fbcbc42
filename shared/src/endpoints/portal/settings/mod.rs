//! The two steps of setting up ConnectWise: the way in, which is proved; then the choices, which are made from what is there.

pub mod credentials;
pub mod get;
pub mod options;
pub mod save;

use jiff::SignedDuration;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::app::msp_connection::Connection;
use crate::connectwise::api::menu::{self, Location, NewMenuEntry};
use crate::connectwise::api::{board, configuration, system};
use crate::connectwise::{
    BoardId, Client, ConfigurationTypeId, ConnectWiseError, Credentials, CredentialsError, MenuEntryId, Right, Site,
    StatusId, date,
};
use crate::domain::error::ServiceError;
use crate::endpoints::portal::{Faults, PortalRequest};
use crate::store::{AdditionRecord, ConnectionRecord, DraftRecord, TicketMapping, MspRecord};

/// The configuration type of what tickets are about.
pub const CONFIGURATION_TYPE: &str = "dropsuite_mailbox_actions";

/// The entry in ConnectWise's menu, and where it stands.
const MENU_ENTRY: &str = "Dropsuite Email Backup";
const MENU_LOCATION: &str = "Service Desk";

/// How long a way in that was proved waits for the choices.
const DRAFT_LASTS: SignedDuration = SignedDuration::from_hours(1);

const SITE: &str = "siteUrl";
const COMPANY: &str = "companyIdentifier";
const PUBLIC: &str = "publicKey";
const PRIVATE: &str = "privateKey";
const ZONE: &str = "timeZone";

/// The first step's fields.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entered {
    /// Where the MSP opens ConnectWise.
    #[serde(default)]
    pub site_url: String,
    /// Its login company.
    #[serde(default)]
    pub company_identifier: String,
    /// Of the API member.
    #[serde(default)]
    pub public_key: String,
    /// Of the API member.
    #[serde(default = "blank")]
    pub private_key: SecretString,
    /// The zone of its business days; by default the instance's.
    #[serde(default)]
    pub time_zone: Option<String>,
}

fn blank() -> SecretString {
    SecretString::from("")
}

/// A way in that was proved.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Proved {
    /// The host that is called.
    pub site_url: String,
    /// The login company.
    pub company_identifier: String,
    /// The instance's release.
    pub version: String,
    /// The zone of the MSP's business days.
    pub time_zone: String,
}

/// Proves the way in, and keeps it, sealed, for the second step.
///
/// # Errors
/// [`Code::FieldsInvalid`](crate::domain::error_code::Code::FieldsInvalid), with what is wrong with each field.
pub async fn prove(portal: &PortalRequest<'_>, entered: &Entered) -> Result<Proved, ServiceError> {
    let connectwise = portal.connectwise()?;
    let mut faults = Faults::none();
    let site = Site::parse(&entered.site_url, connectwise.config()).map_err(|error| error.to_string());
    let site = faults.take(SITE, site);
    let Entered { company_identifier: company, public_key: public, private_key: private, .. } = entered;
    for fault in Credentials::faults(company, public, private) {
        let field = match fault {
            CredentialsError::Company => COMPANY,
            CredentialsError::PublicKey => PUBLIC,
            CredentialsError::PrivateKey => PRIVATE,
        };
        faults.add(field, fault.to_string());
    }
    let named = entered.time_zone.as_deref().map(str::trim).filter(|zone| !zone.is_empty());
    if let Some(zone) = named.filter(|zone| date::zone(zone).is_none()) {
        faults.add(ZONE, format!("{zone} is no time zone. Enter one like Europe/Berlin or Eastern Standard Time."));
    }
    faults.check()?;
    let Some(site) = site else { return Err(ServiceError::internal("a site without faults")) };
    same_connectwise(portal, &site, company.trim()).await?;
    let credentials = Credentials::new(company, public, private).map_err(ServiceError::internal)?;
    let client = connectwise.client(&site, &credentials, portal.call.deadline, &portal.call.outbound_calls);
    let info = tried_out(&client).await?;
    let zone = named.map(str::to_owned).or(info.server_time_zone).unwrap_or_default();
    if date::zone(&zone).is_none() {
        return Err(Faults::of(
            ZONE,
            format!(
                "ConnectWise says that its time zone is \"{zone}\", which is not known. Enter one like Europe/Berlin."
            ),
        ));
    }
    let sealed = Connection::seal(&portal.call.app.sealer, portal.msp, public, private).await?;
    let company = company.trim().to_owned();
    let connection =
        ConnectionRecord { site: site.to_string(), company: company.clone(), sealed, time_zone: zone.clone() };
    let expires_at = portal.now().saturating_add(DRAFT_LASTS).map_err(ServiceError::internal)?.as_second();
    portal.call.app.store.save_draft(portal.msp, &DraftRecord { connection, expires_at }).await?;
    Ok(Proved { site_url: site.to_string(), company_identifier: company, version: info.version, time_zone: zone })
}

/// Refuses another ConnectWise than the one in which there are plans, agreements and additions already: their numbers are
/// that one's. Every ConnectWise counts its own, and companies of different sites can have the same identifier.
async fn same_connectwise(portal: &PortalRequest<'_>, site: &Site, company: &str) -> Result<(), ServiceError> {
    let store = &portal.call.app.store;
    let Some(held) = store.msp(portal.msp).await?.map(|held| held.connection) else { return Ok(()) };
    let same_company = held.company.eq_ignore_ascii_case(company);
    if same_company && held.site == site.to_string() {
        return Ok(());
    }
    let field = if same_company { SITE } else { COMPANY };
    let its = format!("the company {} at {}", held.company, held.site);
    if !store.plans(portal.msp).await?.is_empty() || !store.agreements(portal.msp).await?.is_empty() {
        return Err(Faults::of(
            field,
            format!(
                "This MSP's plans and agreements are in {its}. Enter that one, or ask the operator to move them first."
            ),
        ));
    }
    let open =
        |record: &AdditionRecord| record.tracked.as_ref().is_some_and(|line| !line.ended) || record.pending_create.is_some();
    let open: Vec<_> = store.additions(portal.msp).await?.into_iter().filter(open).collect();
    let Some(first) = open.first() else { return Ok(()) };
    Err(Faults::of(
        field,
        format!(
            "{} subscriptions whose links have ended, {} among them, still have additions in {its}. Enter that one, or ask the operator to move them first.",
            open.len(),
            first.subscription.subscription
        ),
    ))
}

/// Tries the keys out on all that is needed, and says of a failure whose field it is.
async fn tried_out(client: &Client<'_>) -> Result<system::Info, ServiceError> {
    let of_field = |error: ConnectWiseError| {
        let field = match &error {
            ConnectWiseError::UnknownCompany { .. } => COMPANY,
            ConnectWiseError::Unroutable { .. } | ConnectWiseError::Unreached { .. } => SITE,
            ConnectWiseError::Credentials { .. } | ConnectWiseError::NotPermitted { .. } => PUBLIC,
            ConnectWiseError::Unknown { .. }
            | ConnectWiseError::Busy { .. }
            | ConnectWiseError::Absent { .. }
            | ConnectWiseError::Refused(_)
            | ConnectWiseError::Unreadable { .. }
            | ConnectWiseError::Ambiguous { .. } => return ServiceError::from(error),
        };
        Faults::of(field, error.explain()).with_internal(error)
    };
    // The keys first: that the instance tells its zone proves nothing, on some it does so without any.
    let missing = client.missing_rights().await.map_err(of_field)?;
    if !missing.is_empty() {
        let rights: Vec<_> = missing.iter().map(Right::to_string).collect();
        return Err(Faults::of(
            PUBLIC,
            format!("The API member's security role lacks rights. Give it, at the level All: {}.", rights.join("; ")),
        ));
    }
    client.one(&system::info()).await.map_err(of_field)
}

/// The MSP's ConnectWise that choices are made in: the one that was just proved, else the one in force.
pub async fn connection(portal: &PortalRequest<'_>) -> Result<(Connection, ConnectionRecord), ServiceError> {
    let store = &portal.call.app.store;
    let draft = store.draft(portal.msp).await?.filter(|draft| draft.expires_at > portal.now().as_second());
    let record = match draft {
        Some(draft) => draft.connection,
        None => store.msp(portal.msp).await?.ok_or_else(Connection::unset)?.connection,
    };
    Ok((Connection::of(portal.call.app, portal.msp, &record).await?, record))
}

/// The second step's fields.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Chosen {
    /// The service board.
    pub board: BoardId,
    /// The status of a new ticket.
    pub new_status: StatusId,
    /// The status of a ticket whose failure is mended.
    pub closed_status: StatusId,
    /// The status of a ticket that is given up.
    pub cancelled_status: StatusId,
}

impl From<Chosen> for TicketMapping {
    fn from(chosen: Chosen) -> Self {
        let Chosen { board, new_status, closed_status, cancelled_status } = chosen;
        Self { board, new_status, closed_status, cancelled_status }
    }
}

/// The MSP's settings, as they are told: without the keys.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// The host that is called.
    pub site_url: String,
    /// The login company.
    pub company_identifier: String,
    /// The zone of the MSP's business days.
    pub time_zone: String,
    /// The choices.
    #[serde(flatten)]
    pub mapping: TicketMapping,
    /// The configuration type of what tickets are about.
    pub configuration_type: ConfigurationTypeId,
    /// The entry in ConnectWise's menu.
    pub menu_entry: MenuEntryId,
}

impl From<MspRecord> for Settings {
    fn from(record: MspRecord) -> Self {
        let MspRecord { connection, mapping, configuration_type, menu_entry } = record;
        let ConnectionRecord { site, company, time_zone, .. } = connection;
        Self { site_url: site, company_identifier: company, time_zone, mapping, configuration_type, menu_entry }
    }
}

/// Checks the choices, makes in ConnectWise what is needed there, and puts the settings in force.
///
/// # Errors
/// [`Code::FieldsInvalid`](crate::domain::error_code::Code::FieldsInvalid), with what is wrong with each choice.
pub async fn submit(portal: &PortalRequest<'_>, chosen: Chosen) -> Result<Settings, ServiceError> {
    let (connection, record) = connection(portal).await?;
    let connectwise = portal.connectwise()?;
    let client = connection.client(connectwise, portal.call.deadline, &portal.call.outbound_calls);
    check(&client, &chosen).await?;
    let link = portal.call.app.vendor.reseller_portal(&portal.call.session())?;
    let link = Url::parse(&link).map_err(|error| ServiceError::internal(format!("the resellers' portal: {error}")))?;
    portal
        .with_msp_lock(Box::pin(async {
            let kind = client.find_or_create(&configuration::wanted_type(CONFIGURATION_TYPE)).await?;
            let entries = client.all(&menu::entries()).await?;
            let location = Location::named(MENU_LOCATION, &entries);
            let entry = NewMenuEntry { caption: MENU_ENTRY.to_owned(), link, location };
            let entry = client.find_or_create(&menu::wanted(&entry)).await?;
            let record = MspRecord {
                connection: record,
                mapping: chosen.into(),
                configuration_type: kind.id,
                menu_entry: entry.id,
            };
            portal.call.app.store.save_msp(portal.msp, &record).await?;
            // Whatever failed may have failed for the old ones.
            portal.call.app.store.request_retry(portal.msp, portal.now().as_millisecond()).await?;
            Ok(Settings::from(record))
        }))
        .await
}

async fn check(client: &Client<'_>, chosen: &Chosen) -> Result<(), ServiceError> {
    let boards = client.all(&board::boards()).await?;
    let Some(board) = boards.iter().find(|board| board.id == chosen.board) else {
        return Err(Faults::of("board", "It is not one of the service boards in use. Choose one of settings/options."));
    };
    let statuses = client.all(&board::statuses(chosen.board)).await?;
    let mut faults = Faults::none();
    let mut status = |field, id: StatusId| {
        let found = statuses.iter().find(|status| status.id == id);
        if found.is_none() {
            faults.add(
                field,
                format!("It is not one of the statuses in use of the board {}. Choose one of those.", board.name),
            );
        }
        found
    };
    let new = status("newStatus", chosen.new_status);
    let closed = status("closedStatus", chosen.closed_status);
    status("cancelledStatus", chosen.cancelled_status);
    if let Some(new) = new.filter(|new| new.closed_status) {
        faults.add("newStatus", format!("{} closes a ticket. Choose one that a new ticket can have.", new.name));
    }
    if let Some(closed) = closed.filter(|closed| !closed.closed_status) {
        faults.add(
            "closedStatus",
            format!(
                "{} does not close a ticket. Choose one that does, or set \"Closed\" for it on the board in ConnectWise.",
                closed.name
            ),
        );
    }
    faults.check()
}

/// What the drop-downs offer.
pub async fn statuses(client: &Client<'_>, board: u32) -> Result<Vec<board::Status>, ServiceError> {
    match client.all(&board::statuses(BoardId::new(board))).await {
        Err(ConnectWiseError::Absent { .. }) => Err(Faults::of("board", "There is no such service board.")),
        statuses => Ok(statuses?),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn what_is_left_out_is_blank_and_what_is_misspelt_is_refused() {
        let entered: Entered = serde_json::from_str("{}").unwrap();
        assert!(entered.private_key.expose_secret().is_empty() && entered.site_url.is_empty());
        assert!(serde_json::from_str::<Entered>(r#"{"privatekey": "x"}"#).is_err());
    }
}
