//! Agreements: dates that follow when they are not sent, and what a replacement needs.

use crate::connectwise::date;
use crate::connectwise::definition::Resource;
use crate::connectwise::draft::Draft;
use crate::connectwise::reference::target;
use crate::connectwise::state::{Context, Record, State};

/// Fills in what follows, and asks a replacement for what it must say.
pub fn check(state: &State, context: &Context, draft: &mut Draft, before: Option<&Record>) {
    let today = date::text(date::midnight(context.now));
    let kind = target(state, draft.fields(), Resource::AgreementType, "type");
    let prorates = kind.is_some_and(|(_, kind)| kind.flag("prorateFlag"));
    draft.default("startDate", today.clone());
    // Not the start date: who sends one without the other gets what the vendor gives.
    draft.default("billStartDate", today.clone());
    let ends = draft.has("endDate");
    draft.default("noEndingDateFlag", !ends);
    draft.default("prorateFlag", prorates);
    draft.default("cancelledFlag", false);
    if draft.flag("cancelledFlag") {
        draft.default("dateCancelled", today);
    }
    let next = draft.text("billStartDate").map(str::to_owned);
    draft.default("nextInvoiceDate", next);
    if before.is_none() {
        draft.default("billTime", "NoDefault");
        draft.default("billExpenses", "NoDefault");
        draft.default("billProducts", "NoDefault");
        draft.default("invoicingCycle", "CalendarYear");
        draft.default("employeeCompRate", "Hourly");
    } else {
        draft.require("billTime billExpenses billProducts invoicingCycle employeeCompRate");
    }
}
