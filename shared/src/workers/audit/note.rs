//! The monthly note on the ticket that the MSP chose.

use jiff::civil::Date;

use crate::app::App;
use crate::connectwise::api::note::{self, NoteVisibility};
use crate::connectwise::api::ticket;
use crate::connectwise::{Client, ConnectWiseError, TicketId};
use crate::domain::error::ServiceError;
use crate::domain::msp::MspId;
use crate::store::AuditSummary;

/// Writes the note of the month of `day` if the MSP wants one, there is anything to do, and the month has none.
///
/// A ticket that is closed or gone gets none, and does not hold up the audit.
///
/// # Errors
/// The table did not answer.
pub async fn write(
    app: &App,
    msp: MspId,
    client: &Client<'_>,
    summary: &AuditSummary,
    day: Date,
) -> Result<(), ServiceError> {
    let settings = app.store.audit_settings(msp).await?;
    let month = day.first_of_month();
    let Some(ticket) = settings.ticket.filter(|_| settings.noted_in != Some(month) && summary.findings() > 0) else {
        return Ok(());
    };
    match send(client, ticket, &text(summary, day)).await {
        Ok(true) => {
            app.store.save_audit_note(msp, ticket, month).await?;
        }
        Ok(false) => tracing::info!(%msp, %ticket, "the ticket of the audit's note is closed"),
        Err(error) => tracing::warn!(%msp, %ticket, %error, "the note of the audit was not written"),
    }
    Ok(())
}

/// Writes the note unless the ticket has it. Returns `false` if the ticket is closed.
async fn send(client: &Client<'_>, ticket: TicketId, text: &str) -> Result<bool, ConnectWiseError> {
    let note = note::find_or_create(ticket, text, NoteVisibility::Internal);
    if client.find(&note.lookup).await?.is_some() {
        return Ok(true);
    }
    // Last, because a person may close it while its notes are read. Without an answer, the next audit finds the note.
    if client.send(&ticket::get(ticket)).await?.is_closed() {
        return Ok(false);
    }
    client.send(&note.create).await.map(|_| true)
}

/// Returns the text of the note, on one line.
fn text(summary: &AuditSummary, day: Date) -> String {
    let sums = summary.sums.iter().map(|(currency, sums)| {
        format!(
            " {currency}: {} a month not invoiced, {} invoiced too much.",
            sums.not_invoiced.normalize(),
            sums.invoiced_too_much.normalize()
        )
    });
    let sums: String = sums.collect();
    format!("Billing audit of {day}: {} differences to look at.{sums}", summary.findings())
}
