//! Query parameters of lists, searches and reads by id.

use axum::extract::Query as Extracted;
use http::Uri;
use serde::Deserialize;

use super::conditions::{Condition, Type, parse, type_of, type_of_child};
use super::definition::Resource;
use super::refusal::Refusal;
use super::schema::{self, Kind};
use super::settings::Settings;

const DEFAULT_SIZE: usize = 25;
const MAX_SIZE: usize = 1000;

/// The parameters of a request. Names are case-insensitive; unknown parameters are ignored.
#[derive(Debug)]
pub struct Parameters(Vec<(String, String)>);

/// The body of a search.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    conditions: Option<String>,
    #[serde(rename = "orderBy")]
    order_by: Option<String>,
    childconditions: Option<String>,
    customfieldconditions: Option<String>,
}

/// A parsed list query.
#[derive(Debug)]
pub struct Query {
    /// Conditions on the row itself.
    pub conditions: Option<Condition>,
    /// The name of a list member, and the conditions that at least one of its objects must match.
    pub child_conditions: Option<(String, Condition)>,
    /// Field names, with `true` for descending order.
    pub order: Vec<(String, bool)>,
    /// Fields to return. `None` for all.
    pub fields: Option<Vec<String>>,
    /// The requested page.
    pub page: Page,
}

/// A page of the rows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Page {
    /// Page number, from 1, and page size.
    Numbered(usize, usize),
    /// Rows with a greater id than this, and page size.
    After(u32, usize),
}

impl Parameters {
    /// Parses the query of `uri`.
    pub fn of(uri: &Uri) -> Result<Self, Refusal> {
        let Extracted(pairs) = Extracted::try_from_uri(uri).map_err(|error| Refusal::Query(error.body_text()))?;
        Ok(Self(pairs))
    }

    /// Replaces the conditions of the URL by those in the body of a search.
    pub fn with(mut self, filter: Filter) -> Self {
        let sent = [
            ("conditions", filter.conditions),
            ("orderBy", filter.order_by),
            ("childConditions", filter.childconditions),
            ("customFieldConditions", filter.customfieldconditions),
        ];
        for (name, value) in sent {
            self.0.extend(value.map(|value| (name.to_owned(), value)));
        }
        self
    }

    /// Returns all parameters, to build links.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(found.1.trim()).filter(|value| !value.is_empty())
    }

    fn number(&self, name: &str, least: usize) -> Result<Option<usize>, Refusal> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let number = text.parse().ok().filter(|number| *number >= least);
        number.map(Some).ok_or_else(|| Refusal::Query(format!("{name} must be an integer from {least}.")))
    }

    /// Parses `fields`, each of which must be a field of the resource.
    pub fn fields(&self, resource: Resource) -> Result<Option<Vec<String>>, Refusal> {
        let Some(text) = self.get("fields") else { return Ok(None) };
        let names: Vec<_> = text.split(',').map(|name| name.trim().to_owned()).collect();
        let known = |name: &str| {
            let (field, below) = name.split_once('/').map_or((name, false), |(field, _)| (field, true));
            match schema::kind(resource.definition().schema, field) {
                Some(Kind::Reference(_) | Kind::Elsewhere | Kind::Children(_)) => true,
                Some(_) => !below,
                None => field == "_info" || field == "id",
            }
        };
        match names.iter().find(|name| !known(name)) {
            None => Ok(Some(names)),
            Some(name) => Err(Refusal::Condition(format!("{name} is not a recognized name."))),
        }
    }

    /// Parses the query of a list of `resource`.
    pub fn query(&self, resource: Resource, forward_only: bool, settings: &Settings) -> Result<Query, Refusal> {
        let filterable =
            |name: &str| type_of(resource, name).filter(|_| !settings.unfilterable.iter().any(|it| it == name));
        let conditions = self.get("conditions").map(|text| parse(text, &filterable)).transpose();
        let conditions = conditions.map_err(Refusal::Condition)?;
        if conditions.as_ref().is_some_and(|condition| mentions(condition, "configuration/id") > 1) {
            return Err(Refusal::Condition("configuration/id can be asked for once.".to_owned()));
        }
        Ok(Query {
            conditions,
            child_conditions: self.child_conditions(resource)?,
            order: self.order(forward_only, &filterable)?,
            fields: self.fields(resource)?,
            page: self.page(forward_only)?,
        })
    }

    fn child_conditions(&self, resource: Resource) -> Result<Option<(String, Condition)>, Refusal> {
        let (list, text) = match (self.get("childConditions"), self.get("customFieldConditions")) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => {
                return Err(Refusal::Condition("Conditions on two lists at once are not known.".to_owned()));
            }
            (None, Some(text)) => ("customFields", text),
            (Some(text), None) => {
                let word = text.trim_start_matches(|c: char| !c.is_alphabetic());
                (word.split('/').next().unwrap_or_default(), text)
            }
        };
        let of_child = |name: &str| {
            let own = if list == "customFields" { Some(name) } else { name.strip_prefix(list)?.strip_prefix('/') };
            type_of_child(resource, list, own?)
        };
        let condition = parse(text, &of_child).map_err(Refusal::Condition)?;
        Ok(Some((list.to_owned(), condition)))
    }

    fn order(
        &self,
        forward_only: bool,
        filterable: &dyn Fn(&str) -> Option<Type>,
    ) -> Result<Vec<(String, bool)>, Refusal> {
        let Some(text) = self.get("orderBy") else { return Ok(Vec::new()) };
        if forward_only {
            return Err(Refusal::Query("orderBy is not allowed with forward-only pagination.".to_owned()));
        }
        let part = |part: &str| {
            let mut words = part.split_whitespace();
            let name = words.next().unwrap_or_default();
            let descends = match words.next().map(str::to_ascii_lowercase).as_deref() {
                None | Some("asc") => false,
                Some("desc") => true,
                Some(other) => return Err(Refusal::Condition(format!("{other} is not a recognized name."))),
            };
            filterable(name).ok_or_else(|| Refusal::Condition(format!("{name} is not a recognized name.")))?;
            Ok((name.to_owned(), descends))
        };
        text.split(',').map(part).collect()
    }

    fn page(&self, forward_only: bool) -> Result<Page, Refusal> {
        let size = self.number("pageSize", 1)?.unwrap_or(DEFAULT_SIZE).min(MAX_SIZE);
        if forward_only {
            let after = self.number("pageId", 0)?.unwrap_or(0);
            return Ok(Page::After(u32::try_from(after).unwrap_or(u32::MAX), size));
        }
        Ok(Page::Numbered(self.number("page", 1)?.unwrap_or(1), size))
    }
}

fn mentions(condition: &Condition, wanted: &str) -> usize {
    match condition {
        Condition::And(one, other) | Condition::Or(one, other) => mentions(one, wanted) + mentions(other, wanted),
        Condition::Not(one) => mentions(one, wanted),
        Condition::In(name, values) => {
            if name == wanted {
                values.len()
            } else {
                0
            }
        }
        Condition::Compare(name, _, _) => usize::from(name == wanted),
    }
}
