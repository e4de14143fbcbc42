//! Parses the paths below the base. Case and a trailing slash are ignored.

use super::definition::Resource;
use super::write::Parent;

/// The target of a path.
#[derive(Debug)]
pub enum Target {
    /// `/system/info`.
    Info,
    /// A list of records.
    List(Resource, Option<Parent>),
    /// The number of records.
    Count(Resource, Option<Parent>),
    /// A search, whose conditions are in the body.
    Search(Resource),
    /// One record.
    One(Resource, Option<Parent>, u32),
    /// Configurations attached to a ticket or an agreement.
    Attachments((Resource, u32)),
    /// The number of attached configurations.
    AttachmentCount((Resource, u32)),
    /// One attached configuration.
    Attachment((Resource, u32), u32),
}

/// A path, where `{}` is the id of the parent, and the parent's kind and field.
type Route = (&'static str, Resource, Option<(Resource, &'static str)>);

const ROUTES: [Route; 29] = [
    ("company/companies", Resource::Company, None),
    ("company/contacts", Resource::Contact, None),
    ("company/configurations", Resource::Configuration, None),
    ("company/configurations/types", Resource::ConfigurationType, None),
    ("company/configurations/statuses", Resource::ConfigurationStatus, None),
    ("finance/agreements", Resource::Agreement, None),
    ("finance/agreements/types", Resource::AgreementType, None),
    ("finance/agreements/{}/additions", Resource::Addition, Some((Resource::Agreement, "agreementId"))),
    ("procurement/catalog", Resource::CatalogItem, None),
    ("procurement/categories", Resource::Category, None),
    ("procurement/subcategories", Resource::Subcategory, None),
    ("procurement/categories/{}/subcategories", Resource::Subcategory, Some((Resource::Category, "category"))),
    ("procurement/types", Resource::ProductType, None),
    ("procurement/unitofmeasures", Resource::UnitOfMeasure, None),
    ("service/boards", Resource::Board, None),
    ("service/boards/{}/statuses", Resource::BoardStatus, Some((Resource::Board, "board"))),
    ("service/boards/{}/types", Resource::ServiceType, Some((Resource::Board, "board"))),
    ("service/boards/{}/subtypes", Resource::ServiceSubtype, Some((Resource::Board, "board"))),
    ("service/boards/{}/items", Resource::ServiceItem, Some((Resource::Board, "board"))),
    ("service/boards/{}/typesubtypeitemassociations", Resource::ServiceAssociation, Some((Resource::Board, "board"))),
    ("service/boards/{}/teams", Resource::ServiceTeam, Some((Resource::Board, "board"))),
    ("service/priorities", Resource::Priority, None),
    ("service/sources", Resource::Source, None),
    ("service/locations", Resource::ServiceLocation, None),
    ("service/tickets", Resource::Ticket, None),
    ("service/tickets/{}/notes", Resource::Note, Some((Resource::Ticket, "ticketId"))),
    ("system/menuentries", Resource::MenuEntry, None),
    ("system/callbacks", Resource::Callback, None),
    ("system/userdefinedfields", Resource::CustomField, None),
];

/// Returns the target of `path`, or `None` if there is no such path.
pub fn target(path: &str) -> Option<Target> {
    let path = path.to_ascii_lowercase();
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    let number = |segment: &str| segment.parse::<u32>().ok();
    match segments.as_slice() {
        ["system", "info"] => return Some(Target::Info),
        ["service", "tickets", "search"] => return Some(Target::Search(Resource::Ticket)),
        [area @ ("service" | "finance"), _, holder, "configurations", rest @ ..] => {
            let resource = if *area == "service" { Resource::Ticket } else { Resource::Agreement };
            let holder = (resource, number(holder)?);
            return match rest {
                [] => Some(Target::Attachments(holder)),
                ["count"] => Some(Target::AttachmentCount(holder)),
                [id] => Some(Target::Attachment(holder, number(id)?)),
                _ => None,
            };
        }
        _ => {}
    }
    ROUTES.iter().find_map(|route| along(route, &segments))
}

fn along((path, resource, parent): &Route, segments: &[&str]) -> Option<Target> {
    let wanted: Vec<&str> = path.split('/').collect();
    let (head, rest) = segments.split_at_checked(wanted.len())?;
    let mut above = None;
    for (wanted, segment) in wanted.into_iter().zip(head) {
        if wanted == "{}" {
            above = Some(segment.parse::<u32>().ok()?);
        } else if wanted != *segment {
            return None;
        }
    }
    let parent = parent.zip(above).map(|((resource, field), id)| Parent { resource, field, id });
    match rest {
        [] => Some(Target::List(*resource, parent)),
        ["count"] => Some(Target::Count(*resource, parent)),
        [id] => Some(Target::One(*resource, parent, id.parse().ok()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_targets() {
        for (path, expected) in [
            ("/system/info", "Info"),
            ("/company/Companies", "List(Company, None)"),
            ("/company/companies/19", "One(Company, None, 19)"),
            ("/company/companies/x", "-"),
            ("/company/configurations/types/count", "Count(ConfigurationType, None)"),
            ("/procurement/subcategories/", "List(Subcategory, None)"),
            (
                "/finance/agreements/101/additions/501",
                "One(Addition, Some(Parent { resource: Agreement, field: \"agreementId\", id: 101 }), 501)",
            ),
            ("/service/tickets/search", "Search(Ticket)"),
            ("/service/tickets/7/configurations/3", "Attachment((Ticket, 7), 3)"),
            ("/finance/agreements/7/configurations", "Attachments((Agreement, 7))"),
            ("/service/tickets/7/notes/3/x", "-"),
            ("/nonsense", "-"),
            ("", "-"),
        ] {
            let led = target(path).map_or_else(|| "-".to_owned(), |target| format!("{target:?}"));
            assert_eq!(led, expected, "{path}");
        }
    }
}
