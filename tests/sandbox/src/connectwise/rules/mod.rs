//! Rules of each kind of record that [`Definition`](super::definition::Definition) cannot express.

mod addition;
mod agreement;
mod catalog;
mod company;
mod configuration;
mod system;
mod ticket;

use super::definition::Resource;
use super::draft::Draft;
use super::refusal::Refusal;
use super::state::{Context, Record, State};

pub use self::addition::invoice;
pub use self::ticket::{is_of_company, take_initial_notes, ticket_fields};

/// Prepares the draft before its references are resolved.
pub fn prepare(resource: Resource, draft: &mut Draft, before: Option<&Record>) {
    match resource {
        Resource::Ticket => ticket::prepare(draft),
        Resource::CatalogItem => catalog::prepare(draft, before),
        _ => {}
    }
}

/// Sets defaults and records errors, after references are resolved.
pub fn check(
    state: &State,
    context: &Context,
    resource: Resource,
    draft: &mut Draft,
    before: Option<&Record>,
) -> Result<(), Refusal> {
    match resource {
        Resource::Addition => addition::check(state, context, draft, before),
        Resource::Agreement => agreement::check(state, context, draft, before),
        Resource::CatalogItem => catalog::check(state, draft, before),
        Resource::Category | Resource::Subcategory | Resource::ProductType | Resource::UnitOfMeasure => {
            draft.default("inactiveFlag", false);
        }
        Resource::Company => company::check(state, draft, before),
        Resource::Configuration => configuration::check(draft, before),
        Resource::ConfigurationType => {
            draft.default("inactiveFlag", false);
            draft.default("systemFlag", false);
        }
        Resource::MenuEntry => system::check_menu_entry(context, draft),
        Resource::Callback => system::check_callback(state, context, draft, before),
        Resource::Ticket => return ticket::check(state, context, draft, before),
        Resource::Note => ticket::check_note(state, context, draft, before),
        _ => {}
    }
    Ok(())
}

/// Returns `true` if a record other than `except` has the same text in `field`, ignoring case.
fn taken(state: &State, resource: Resource, field: &str, text: &str, except: Option<&Record>) -> bool {
    let same = |record: &Record| record.text(field).is_some_and(|found| found.eq_ignore_ascii_case(text));
    state.all(resource).any(|(_, record)| same(record) && !except.is_some_and(|except| std::ptr::eq(except, record)))
}
