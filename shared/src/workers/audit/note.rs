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
    match send(client, ticket, &text(summary, day), &beginning(month)).await {
        Ok(true) => {
            app.store.save_audit_note(msp, ticket, month).await?;
        }
        Ok(false) => tracing::info!(%msp, %ticket, "the ticket of the audit's note is closed"),
        Err(error) => tracing::warn!(%msp, %ticket, %error, "the note of the audit was not written"),
    }
    Ok(())
}

/// Writes the note unless the ticket has the one of the month, whose text differs from day to day and begins with `beginning`.
/// Returns `false` if the ticket is closed or was merged.
async fn send(client: &Client<'_>, ticket: TicketId, text: &str, beginning: &str) -> Result<bool, ConnectWiseError> {
    let lookup = note::with_beginning(ticket, beginning);
    match client.find_widely(&lookup).await {
        Ok(None) => {}
        Ok(Some(_)) | Err(ConnectWiseError::Ambiguous { .. }) => return Ok(true),
        Err(error) => return Err(error),
    }
    // Last, because a person may close it while its notes are read.
    if client.send(&ticket::get(ticket)).await?.is_closed() {
        return Ok(false);
    }
    match client.send(&note::create(ticket, text, NoteVisibility::Internal)).await {
        // If it is not found now, the next audit looks for it.
        Err(error) if error.may_have_created() => match client.find_widely(&lookup).await {
            Ok(Some(_)) => Ok(true),
            Ok(None) | Err(_) => Err(error),
        },
        sent => sent.map(|_| true),
    }
}

/// Returns the part of the note's text that is the same on each day of a month.
fn beginning(month: Date) -> String {
    format!("Billing audit of {}-", month.strftime("%Y-%m"))
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
