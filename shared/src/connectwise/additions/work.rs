//! The steps in ConnectWise.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::wish::{self, Open, Products, stands_for};
use crate::app::App;
use crate::connectwise::addition::{self, Addition, Changes, NewAddition};
use crate::connectwise::agreement::{self, Agreement};
use crate::connectwise::catalog::{self, CatalogItem};
use crate::connectwise::errand::{Anew, ON_ITS_WAY, Stop, Turn};
use crate::connectwise::{AdditionId, AgreementId, CatalogItemId, Client, ConnectWiseError, date};
use crate::ids::PlanId;
use crate::store::{AdditionRecord, Creating, Line};

/// The MSP's ConnectWise.
pub struct Desk<'a> {
    /// The way in.
    pub client: Client<'a>,
    /// The zone of its business days.
    pub zone: &'a TimeZone,
}

/// Work on one addition, whose lease is held.
pub struct Work<'a> {
    /// What the function holds.
    pub app: &'a App,
    /// Whose turn it is.
    pub turn: &'a Turn<'a>,
    /// The record, written at each step that must not be forgotten.
    pub record: AdditionRecord,
}

impl Work<'_> {
    /// Finds out what became of a create that was not answered.
    pub async fn resolve(&mut self, desk: &Desk<'_>) -> Result<(), Stop> {
        let Some(creating) = self.record.creating.clone() else { return Ok(()) };
        let rows = match desk.client.all(&addition::of_agreement(creating.agreement)).await {
            Err(ConnectWiseError::Absent { .. }) => Vec::new(),
            rows => rows?,
        };
        let appeared = rows.iter().filter(|row| !creating.others.contains(&row.id));
        let found = self.free(creating.agreement, creating.product, appeared).await?;
        match found.as_slice() {
            [] if self.app.clock.now().duration_since(creating.at) < ON_ITS_WAY => Err(Stop::later(
                "ConnectWise did not answer when the addition was created. It is looked for until it can't appear any more, then created again.",
            )),
            [] => {
                self.record.creating = None;
                Ok(())
            }
            [one] => {
                let billing = one.bill_customer.clone().unwrap_or(addition::Billing::Billable);
                self.own(Line::open(creating.agreement, one.id, creating.product, billing)).await
            }
            several => Err(ambiguous(creating.agreement, several.iter().map(|row| row.id))),
        }
    }

    /// Has an open addition as wished, from the month after `from` on.
    pub async fn open(&mut self, desk: &Desk<'_>, open: &Open, from: Timestamp) -> Result<Option<String>, Stop> {
        let elsewhere = |line: &Line| !line.ended && line.agreement != open.agreement;
        if self.record.line.as_ref().is_some_and(elsewhere) {
            self.end(desk, from).await?;
        }
        let agreement = self.agreement(desk, open.agreement).await?;
        let product = self.product(desk, &open.plan).await?;
        let rows = desk.client.all(&addition::of_agreement(open.agreement)).await?;
        let line = self.record.line.clone().filter(|line| !line.ended);
        let line = match line {
            Some(line) if self.turn.anew == Anew::Recreate && is_over(self.held(desk, &line, &rows).await?) => None,
            line => line,
        };
        match line {
            Some(line) => self.change(desk, open, &line, &rows, product).await,
            None => self.add(desk, open, &agreement, &rows, product, from).await,
        }
    }

    /// Ends the addition, if there is one, as of `ended`. What there is to know of it.
    pub async fn end(&mut self, desk: &Desk<'_>, ended: Timestamp) -> Result<Option<String>, Stop> {
        let Some(line) = self.record.line.clone().filter(|line| !line.ended) else { return Ok(None) };
        let note = self.end_line(desk, &line, ended).await?;
        self.record.line = Some(Line { ended: true, ..line });
        self.save().await?;
        Ok(note)
    }

    async fn end_line(&self, desk: &Desk<'_>, line: &Line, ended: Timestamp) -> Result<Option<String>, Stop> {
        let Line { agreement: id, addition, .. } = line;
        let held = match desk.client.one(&addition::get(*id, *addition)).await {
            Err(ConnectWiseError::Absent { .. }) => {
                return Ok(Some(format!("The addition {addition} of agreement {id} was deleted in ConnectWise.")));
            }
            held => held?,
        };
        if held.cancelled_date.is_some() {
            return Ok(None);
        }
        let agreement = match desk.client.one(&agreement::get(*id)).await {
            Err(ConnectWiseError::Absent { .. }) => {
                return Ok(Some(format!("The agreement {id} was deleted in ConnectWise.")));
            }
            agreement => agreement?,
        };
        if !agreement.is_active() {
            return Ok(Some(format!(
                "The agreement {} is not active any more: nothing is billed by it, and its addition {addition} is left as it is.",
                agreement.name
            )));
        }
        let last = date::last_billed(ended, desk.zone, &agreement.terms());
        desk.client.one(&addition::patch(*id, *addition, &wish::ending(&held, last))).await?;
        Ok(None)
    }

    /// The agreement, which must be one that can be billed by.
    async fn agreement(&self, desk: &Desk<'_>, id: AgreementId) -> Result<Agreement, Stop> {
        let another = "Link the account with another agreement at portal/links/create.";
        let agreement = match desk.client.one(&agreement::get(id)).await {
            Err(ConnectWiseError::Absent { .. }) => {
                return Err(Stop::mend(format!("The agreement {id} is not in ConnectWise any more."), another));
            }
            agreement => agreement?,
        };
        if agreement.is_active() {
            return Ok(agreement);
        }
        let status = agreement.status();
        Err(Stop::mend(
            format!("The agreement {} ({id}) is {status}: nothing can be added to it or changed.", agreement.name),
            &format!("Renew it in ConnectWise, then try again at portal/additions/retry. {another}"),
        ))
    }

    /// The plan's product: the one on record, else the one that has its identifier.
    async fn product(&self, desk: &Desk<'_>, plan: &PlanId) -> Result<CatalogItemId, Stop> {
        if let Some(record) = self.app.store.plan(self.record.msp, plan).await? {
            return Ok(record.catalog_item);
        }
        let identifier = catalog::identifier(self.app.vendor.region(), plan);
        let found = desk.client.find(&catalog::find(&identifier)).await?;
        found.map(|item| item.id).ok_or_else(|| {
            Stop::without_product(format!("The plan {plan} has no product {identifier} in ConnectWise."))
        })
    }

    async fn change(
        &mut self,
        desk: &Desk<'_>,
        open: &Open,
        line: &Line,
        rows: &[Addition],
        product: CatalogItemId,
    ) -> Result<Option<String>, Stop> {
        let Some(held) = self.held(desk, line, rows).await? else {
            return Err(Stop::mend(
                format!(
                    "The addition {} of agreement {} was deleted in ConnectWise, and is not made again by itself.",
                    line.addition, line.agreement
                ),
                "If it shall be billed again, say so at portal/additions/retry with \"recreate\": true.",
            ));
        };
        if let Some(day) = held.cancelled_date {
            return Err(Stop::mend(
                format!("The addition {} was cancelled in ConnectWise as of {day}.", line.addition),
                "Remove its cancelled date, then try again at portal/additions/retry; or say \"recreate\": true there for a new one.",
            ));
        }
        let others = rows.iter().filter(|row| row.id != line.addition);
        let others = self.free(line.agreement, product, others).await?;
        if !others.is_empty() {
            let ids = std::iter::once(line.addition).chain(others.iter().map(|row| row.id));
            return Err(ambiguous(line.agreement, ids));
        }
        let moves = line.product != product && held.product.as_ref().is_none_or(|of| of.id != product);
        let items = if moves { Some(items(desk, line.product, product).await?) } else { None };
        let products = items.as_ref().map(|(before, after)| Products { before: before.as_ref(), after });
        let changes = wish::changes(open, line, &held, products);
        if changes != Changes::default() {
            desk.client.one(&addition::patch(line.agreement, line.addition, &changes)).await?;
        }
        self.record.line = Some(Line { product, billing: open.billing.clone(), ..line.clone() });
        Ok(None)
    }

    /// Our addition as it is now; none if it was deleted. A list may lag, so what it lacks is asked for by its number.
    async fn held(&self, desk: &Desk<'_>, line: &Line, rows: &[Addition]) -> Result<Option<Addition>, Stop> {
        if let Some(row) = rows.iter().find(|row| row.id == line.addition) {
            return Ok(Some(row.clone()));
        }
        match desk.client.one(&addition::get(line.agreement, line.addition)).await {
            Ok(held) => Ok(Some(held)),
            Err(ConnectWiseError::Absent { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn add(
        &mut self,
        desk: &Desk<'_>,
        open: &Open,
        agreement: &Agreement,
        rows: &[Addition],
        product: CatalogItemId,
        from: Timestamp,
    ) -> Result<Option<String>, Stop> {
        let found = self.free(agreement.id, product, rows.iter()).await?;
        match found.as_slice() {
            [] => self.create(desk, open, agreement, rows, product, from).await,
            [one] => {
                let line = Line::open(agreement.id, one.id, product, open.billing.clone());
                self.own(line.clone()).await?;
                self.change(desk, open, &line, rows, product).await?;
                Ok(Some(format!("The addition {} was there already and was taken over.", one.id)))
            }
            several => Err(ambiguous(agreement.id, several.iter().map(|row| row.id))),
        }
    }

    async fn create(
        &mut self,
        desk: &Desk<'_>,
        open: &Open,
        agreement: &Agreement,
        rows: &[Addition],
        product: CatalogItemId,
        from: Timestamp,
    ) -> Result<Option<String>, Stop> {
        let wished = date::first_of_next_month(from, desk.zone);
        let new = NewAddition {
            product,
            quantity: Decimal::from(open.quantity),
            bill_customer: open.billing.clone(),
            effective_date: date::effective(wished, &agreement.terms()),
            unit_price: open.unit_price,
            unit_cost: None,
            invoice_description: None,
        };
        let others = rows.iter().filter(|row| stands_for(row, product)).map(|row| row.id).collect();
        self.record.creating = Some(Creating { agreement: agreement.id, product, others, at: self.app.clock.now() });
        self.save().await?;
        match desk.client.one(&addition::create(agreement.id, &new)).await {
            Ok(made) => {
                let line = Line::open(agreement.id, made.id, product, open.billing.clone());
                self.own(line).await?;
                Ok(None)
            }
            Err(ConnectWiseError::Unknown { .. } | ConnectWiseError::Unreadable { .. }) => {
                self.resolve(desk).await?;
                Ok(None)
            }
            Err(error) => {
                self.record.creating = None;
                Err(of_product(error))
            }
        }
    }

    /// Those of `rows` that stand for a subscription on `product` and are nobody else's.
    async fn free<'r>(
        &self,
        agreement: AgreementId,
        product: CatalogItemId,
        rows: impl Iterator<Item = &'r Addition>,
    ) -> Result<Vec<&'r Addition>, Stop> {
        let mut free = Vec::new();
        for row in rows.filter(|row| stands_for(row, product)) {
            let owner = self.app.store.owner_of(self.record.msp, agreement, row.id).await?;
            if owner.is_none_or(|owner| owner == self.record.subscription) {
                free.push(row);
            }
        }
        Ok(free)
    }

    /// Writes down that `line` is the subscription's.
    async fn own(&mut self, line: Line) -> Result<(), Stop> {
        let record = AdditionRecord { creating: None, line: Some(line.clone()), ..self.record.clone() };
        if self.app.store.own_addition(&record, &line, &self.turn.id).await? {
            self.record = record;
            return Ok(());
        }
        Err(Stop::later(format!("The addition {} was taken over for another subscription.", line.addition)))
    }

    async fn save(&self) -> Result<(), Stop> {
        Ok(self.app.store.save_errand(&self.record, &self.turn.id).await?)
    }
}

/// The products before and after a change of plan.
async fn items(
    desk: &Desk<'_>,
    before: CatalogItemId,
    after: CatalogItemId,
) -> Result<(Option<CatalogItem>, CatalogItem), Stop> {
    let before = match desk.client.one(&catalog::get(before)).await {
        Err(ConnectWiseError::Absent { .. }) => None,
        before => Some(before?),
    };
    match desk.client.one(&catalog::get(after)).await {
        Err(ConnectWiseError::Absent { .. }) => {
            Err(Stop::without_product(format!("The product {after} of the plan is not in ConnectWise any more.")))
        }
        after => Ok((before, after?)),
    }
}

/// A refusal of what an addition is of.
fn of_product(error: ConnectWiseError) -> Stop {
    match &error {
        ConnectWiseError::Refused(refusal) if refusal.faults.iter().any(|fault| fault.field.starts_with("product")) => {
            Stop::without_product(error.explain())
        }
        _ => error.into(),
    }
}

/// Whether a person deleted or cancelled it.
fn is_over(held: Option<Addition>) -> bool {
    held.is_none_or(|held| held.cancelled_date.is_some())
}

fn ambiguous(agreement: AgreementId, additions: impl Iterator<Item = AdditionId>) -> Stop {
    let ids: Vec<_> = additions.map(|id| id.to_string()).collect();
    Stop::mend(
        format!("The agreement {agreement} has more than one open addition for the product: {}.", ids.join(" and ")),
        "Cancel or delete all but one in ConnectWise, then try again at portal/additions/retry.",
    )
}
