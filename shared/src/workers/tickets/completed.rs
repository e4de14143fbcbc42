//! The configuration of an action that completed before it failed: a check creates it, perhaps at this moment.

use crate::app::App;
use crate::domain::error::ServiceError;
use crate::store::{AgreementLink, ConfigurationPlace, TicketRecord, TicketSubject};
use crate::workers::sync::CONNECTWISE_CREATE_WINDOW;

/// Returns `true` if a check may be creating the configuration of the ticket's action, or has created it since it was searched
/// for. Both sides record what they are about to create before they ask.
///
/// # Errors
/// The table did not answer.
pub async fn may_create(app: &App, ticket: &TicketRecord, link: &AgreementLink) -> Result<bool, ServiceError> {
    let (TicketSubject::Action(key), Some(organization)) = (&ticket.subject, &link.organization) else {
        return Ok(false);
    };
    let Some(settings) = app.store.msp(ticket.msp).await? else { return Ok(false) };
    let place = ConfigurationPlace::new(ticket.msp, &settings, link.company);
    let Some(last) = app.store.last_configured_actions(organization, &place).await? else { return Ok(false) };
    let (now, key) = (app.clock.now(), key.to_string());
    // A configuration that has been known for longer was deleted by a person.
    let is_new = now.duration_since(last.updated_at) < CONNECTWISE_CREATE_WINDOW;
    Ok((last.is_creating(now) && last.creating.contains(&key)) || (is_new && last.actions.contains(&key)))
}
