//! The state of the instance.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::access::Member;
use super::definition::Resource;
use super::refusal::Refusal;
use super::schema::{self, Kind};
use super::settings::{Limiter, Settings};

/// Fields by name. References contain only `{"id": …}`.
pub type Fields = Map<String, Value>;

/// A record, without computed members.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Record {
    /// Its fields, without the id.
    pub fields: Fields,
    /// Time of creation.
    pub entered: Timestamp,
    /// Login name of the creator.
    pub entered_by: String,
    /// Time of the last change.
    pub updated: Timestamp,
    /// Login name of the member who changed it last.
    pub updated_by: String,
    /// The older version that lagging searches still see.
    #[serde(skip)]
    shadow: Option<Shadow>,
}

/// The version of a record before a write.
#[derive(Clone, Debug)]
struct Shadow {
    before: Option<Fields>,
    until: Option<Timestamp>,
    reads: Option<u32>,
}

impl Shadow {
    fn stands(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until) && self.reads.is_none_or(|reads| reads > 0)
    }
}

impl Record {
    /// Returns the id that the field refers to.
    pub fn reference(&self, name: &str) -> Option<u32> {
        reference(&self.fields, name)
    }

    /// Returns `true` if the flag is present and set.
    pub fn flag(&self, name: &str) -> bool {
        self.fields.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// Returns the text of the field.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.as_str()
    }

    /// Returns the fields as a search sees them. `None` if searches do not see the record yet.
    pub fn searched(&self, now: Timestamp) -> Option<&Fields> {
        match &self.shadow {
            Some(shadow) if shadow.stands(now) => shadow.before.as_ref(),
            Some(_) | None => Some(&self.fields),
        }
    }
}

/// Returns the id that the field refers to, as a reference or as a plain number.
pub fn reference(fields: &Fields, name: &str) -> Option<u32> {
    let value = fields.get(name)?;
    let number = value.get("id").unwrap_or(value).as_u64()?;
    u32::try_from(number).ok()
}

/// The author and time of a write.
#[derive(Clone, Debug)]
pub struct Context {
    /// The caller.
    pub member: Member,
    /// The client id of the calling integration.
    pub client_id: String,
    /// The current time.
    pub now: Timestamp,
}

/// The state.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct State {
    /// The API members.
    pub members: Vec<Member>,
    /// Attached configurations, by ticket or agreement.
    pub attached: BTreeMap<Resource, BTreeMap<u32, BTreeSet<u32>>>,
    ids: BTreeMap<Resource, u32>,
    records: BTreeMap<Resource, BTreeMap<u32, Record>>,
    /// The settings.
    #[serde(skip)]
    pub settings: Settings,
    /// The rate limiter.
    #[serde(skip)]
    pub limiter: Limiter,
}

impl State {
    /// Creates a state that contains only the members.
    pub fn new(members: Vec<Member>) -> Self {
        Self {
            members,
            attached: BTreeMap::new(),
            ids: BTreeMap::new(),
            records: BTreeMap::new(),
            settings: Settings::default(),
            limiter: Limiter::default(),
        }
    }

    /// Returns the records of a kind, by id.
    pub fn all(&self, resource: Resource) -> impl Iterator<Item = (u32, &Record)> {
        self.records.get(&resource).into_iter().flatten().map(|(id, record)| (*id, record))
    }

    /// Returns the kinds that have records.
    pub fn kinds(&self) -> impl Iterator<Item = Resource> {
        self.records.keys().copied()
    }

    /// Returns a record, if it exists.
    pub fn find(&self, resource: Resource, id: u32) -> Option<&Record> {
        self.records.get(&resource)?.get(&id)
    }

    /// Returns a record, or a not-found error.
    pub fn get(&self, resource: Resource, id: u32) -> Result<&Record, Refusal> {
        self.find(resource, id).ok_or(Refusal::NotFound(resource.definition().label, id))
    }

    /// Inserts a record of the seed.
    pub fn seed(&mut self, resource: Resource, id: u32, fields: Fields, context: &Context) {
        let record = fresh(fields, context, None);
        self.records.entry(resource).or_default().insert(id, record);
    }

    /// Inserts a new record and returns its id.
    pub fn insert(&mut self, resource: Resource, fields: Fields, context: &Context) -> u32 {
        let next = self.ids.entry(resource).or_insert(resource.definition().first_id);
        let id = *next;
        *next += 1;
        let record = fresh(fields, context, self.shadow(None, context.now));
        self.records.entry(resource).or_default().insert(id, record);
        id
    }

    /// Replaces the fields of a record.
    pub fn update(&mut self, resource: Resource, id: u32, fields: Fields, context: &Context) {
        let before = self.find(resource, id).map(|record| match &record.shadow {
            Some(shadow) if shadow.stands(context.now) => shadow.before.clone(),
            Some(_) | None => Some(record.fields.clone()),
        });
        let shadow = before.and_then(|before| self.shadow(before, context.now));
        if let Some(record) = self.records.entry(resource).or_default().get_mut(&id) {
            record.fields = fields;
            record.updated = context.now;
            record.updated_by.clone_from(&context.member.identifier);
            record.shadow = shadow;
        }
    }

    /// Removes a record.
    pub fn remove(&mut self, resource: Resource, id: u32) {
        self.records.entry(resource).or_default().remove(&id);
    }

    /// Counts a search, which advances the search lag.
    pub fn count_search(&mut self, resource: Resource) {
        let records = self.records.entry(resource).or_default().values_mut();
        for reads in records.filter_map(|record| record.shadow.as_mut()?.reads.as_mut()) {
            *reads = reads.saturating_sub(1);
        }
    }

    /// Returns the id of the member's record.
    pub fn member(&self, identifier: &str) -> Option<u32> {
        let mut members = self.all(Resource::Member);
        members.find(|(_, record)| record.text("identifier") == Some(identifier)).map(|(id, _)| id)
    }

    /// Returns the ticket or agreement that a configuration is attached to.
    pub fn holder_of(&self, configuration: u32) -> Option<(Resource, u32)> {
        let holders = self.attached.iter().flat_map(|(resource, by_holder)| {
            by_holder.iter().filter(|(_, attached)| attached.contains(&configuration)).map(|(id, _)| (*resource, *id))
        });
        holders.into_iter().next()
    }

    /// Returns a record that refers to this one, if any.
    pub fn user_of(&self, target: Resource, id: u32) -> Option<(Resource, u32)> {
        let refers = |resource: Resource, record: &Record| {
            let mut references = schema::fields(resource.definition().schema)
                .filter(|(_, kind)| matches!(kind, Kind::Reference(to) if *to == target));
            references.any(|(name, _)| record.reference(name) == Some(id))
        };
        let mut users = self.records.iter().flat_map(|(resource, records)| {
            records.iter().filter(|(_, record)| refers(*resource, record)).map(|(id, _)| (*resource, *id))
        });
        users.find(|user| *user != (target, id))
    }

    fn shadow(&self, before: Option<Fields>, now: Timestamp) -> Option<Shadow> {
        let Settings { search_lag_seconds: seconds, search_lag_reads: reads, .. } = self.settings;
        let until =
            (seconds > 0).then(|| now.checked_add(SignedDuration::from_secs(seconds.into()))).and_then(Result::ok);
        self.settings.lags().then(|| Shadow { before, until, reads: (reads > 0).then_some(reads) })
    }
}

fn fresh(fields: Fields, context: &Context, shadow: Option<Shadow>) -> Record {
    let by = &context.member.identifier;
    Record {
        fields,
        entered: context.now,
        entered_by: by.clone(),
        updated: context.now,
        updated_by: by.clone(),
        shadow,
    }
}
