//! Rules of agreements: default dates, and required fields of a replacement.

use crate::connectwise::date;
use crate::connectwise::definition::Resource;
use crate::connectwise::draft::Draft;
use crate::connectwise::reference::target;
use crate::connectwise::state::{Context, Record, State};

/// Sets defaults, and checks the required fields of a replacement.
pub fn check(state: &State, context: &Context, draft: &mut Draft, before: Option<&Record>) {
    let today = date::text(date::midnight(context.now));
    let kind = target(state, draft.fields(), Resource::AgreementType, "type");
    let prorates = kind.is_some_and(|(_, kind)| kind.flag("prorateFlag"));
    draft.default("startDate", today.clone());
    // Not the start date: the vendor does not derive one date from the other.
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
