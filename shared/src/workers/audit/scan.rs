//! Reads the additions of our products that bill in all agreements of an MSP.
//!
//! ConnectWise has no list of additions over all agreements, so each active agreement costs a request. The position is
//! recorded, so that a run goes on where an attempt ended.

use std::collections::HashSet;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::app::App;
use crate::connectwise::api::addition::{self, Addition};
use crate::connectwise::api::agreement::{self, Agreement};
use crate::connectwise::{AgreementId, CatalogItemId, Client, ConnectWiseError};
use crate::domain::error::ServiceError;
use crate::domain::msp::MspId;
use crate::http_client::Deadline;
use crate::store::{AuditRun, FoundAddition};
use crate::workers::audit::attempt::save;

/// Number of additions from which on those that were found are recorded.
const PART: usize = 100;

/// Most agreements whose additions may be unreadable in a run.
const MAX_UNREAD: usize = 20;

/// A reader of additions.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// The client of the MSP's ConnectWise.
    pub client: &'a Client<'a>,
    /// The catalog items of our plans.
    pub products: &'a HashSet<CatalogItemId>,
    /// The MSP's business day.
    pub day: Date,
}

impl Reader<'_> {
    /// Returns the additions of our products that bill, of an agreement; none if it was deleted.
    pub async fn additions(&self, agreement: &Agreement) -> Result<Vec<FoundAddition>, ConnectWiseError> {
        let additions = match self.client.list_all(&addition::list(agreement.id)).await {
            Err(ConnectWiseError::NotFound { .. }) => Vec::new(),
            additions => additions?,
        };
        Ok(additions.iter().filter_map(|addition| self.found(agreement, addition)).collect())
    }

    /// Reads an agreement and its additions again. Returns its status if it bills nothing.
    pub async fn read_again(&self, id: AgreementId) -> Result<(Vec<FoundAddition>, Option<String>), ConnectWiseError> {
        match self.client.send(&agreement::get(id)).await {
            Err(ConnectWiseError::NotFound { .. }) => Ok((Vec::new(), Some("deleted".to_owned()))),
            Ok(agreement) if !agreement.is_active() => Ok((Vec::new(), Some(agreement.status().to_owned()))),
            agreement => Ok((self.additions(&agreement?).await?, None)),
        }
    }

    fn found(&self, agreement: &Agreement, addition: &Addition) -> Option<FoundAddition> {
        let product = addition.product.as_ref()?.id;
        let bills = addition.cancelled_date.is_none_or(|last| last >= self.day);
        (bills && self.products.contains(&product)).then(|| FoundAddition {
            agreement: agreement.id,
            company: agreement.company.as_ref().map(|company| company.id),
            addition: addition.id,
            product,
            quantity: addition.quantity.unwrap_or(Decimal::ZERO),
            unit_price: addition.unit_price,
            billing: addition.billing(),
            cancelled_date: addition.cancelled_date,
        })
    }
}

/// Reads on until all agreements are read, or until `deadline`; `run.progress` says which.
///
/// # Errors
/// ConnectWise or the table did not answer. What was recorded before stays.
pub async fn scan(
    app: &App,
    msp: MspId,
    run: &mut AuditRun,
    reader: Reader<'_>,
    deadline: Deadline,
) -> Result<(), ServiceError> {
    let mut found = Vec::new();
    let outcome = read_on(msp, app, run, reader, deadline, &mut found).await;
    // What was read before a failure is recorded as well, because the position is behind it.
    record(app, msp, run, &mut found).await?;
    outcome
}

async fn read_on(
    msp: MspId,
    app: &App,
    run: &mut AuditRun,
    reader: Reader<'_>,
    deadline: Deadline,
    found: &mut Vec<FoundAddition>,
) -> Result<(), ServiceError> {
    while !run.progress.all_read {
        let agreements = above(reader.client, run.progress.agreement).await?;
        run.progress.all_read = agreements.is_empty();
        for agreement in agreements {
            if deadline.remaining().is_zero() {
                return Ok(());
            }
            if agreement.is_active() {
                match reader.additions(&agreement).await {
                    Ok(additions) => found.extend(additions),
                    Err(error) if is_of_one(&error) && run.progress.unread.len() < MAX_UNREAD => {
                        tracing::warn!(%msp, agreement = %agreement.id, %error, "the additions of an agreement are not readable");
                        run.progress.unread.push(agreement.id);
                    }
                    Err(error) => return Err(error.into()),
                }
                run.progress.agreements += 1;
            }
            run.progress.agreement = Some(agreement.id);
            if found.len() >= PART {
                record(app, msp, run, found).await?;
            }
        }
        record(app, msp, run, found).await?;
    }
    Ok(())
}

/// Returns `true` if the error may concern one record only.
pub fn is_of_one(error: &ConnectWiseError) -> bool {
    matches!(error, ConnectWiseError::InvalidResponse { .. } | ConnectWiseError::Rejected(_))
}

/// Returns agreements with ids above `last`, the lowest first. One empty list does not prove that there are no more.
async fn above(client: &Client<'_>, last: Option<AgreementId>) -> Result<Vec<Agreement>, ServiceError> {
    let last = last.map_or(0, AgreementId::get);
    let request = agreement::list_above(last);
    let (mut agreements, _) = client.list_page(&request, 1).await?;
    if agreements.is_empty() {
        agreements = client.list_page(&request, 1).await?.0;
    }
    let is_ascending = agreements.is_sorted_by(|one, next| one.id < next.id);
    if !is_ascending || agreements.first().is_some_and(|first| first.id.get() <= last) {
        let reason = format!("the agreements above {last} are not those, ordered by id");
        return Err(ConnectWiseError::InvalidResponse { reason }.into());
    }
    Ok(agreements)
}

async fn record(app: &App, msp: MspId, run: &mut AuditRun, found: &mut Vec<FoundAddition>) -> Result<(), ServiceError> {
    while !found.is_empty() {
        let part = found.get(..PART).unwrap_or(found);
        app.store.save_found_additions(msp, run.started_at, run.progress.parts + 1, part).await?;
        found.drain(..part.len());
        run.progress.parts += 1;
    }
    save(app, msp, run).await
}
