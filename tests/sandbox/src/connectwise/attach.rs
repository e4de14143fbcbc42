//! Configurations attached to tickets and agreements.

use http::Method;
use serde_json::{Value, json};

use super::access::Level;
use super::definition::Resource;
use super::path::Target;
use super::reference::expand;
use super::refusal::{Fault, Refusal};
use super::routes::Answer;
use super::rules;
use super::state::{Context, Fields, State};

const NOUN: &str = "configurationReference";

/// Lists, counts, shows, attaches and detaches configurations.
pub fn perform(
    state: &mut State,
    context: &Context,
    target: &Target,
    method: &Method,
    body: &[u8],
) -> Result<Answer, Refusal> {
    let (Target::Attachments(holder) | Target::AttachmentCount(holder) | Target::Attachment(holder, _)) = target else {
        return Err(Refusal::Nowhere);
    };
    let level = if *method == Method::GET { Level::Inquire } else { Level::Edit };
    context.member.authorize(holder.0.definition().module, level)?;
    state.get(holder.0, holder.1)?;
    match (target, method) {
        (Target::Attachments(_), &Method::GET) => {
            Ok(Answer::Rows(attached(state, *holder).map(|id| reference(state, id)).collect(), None))
        }
        (Target::AttachmentCount(_), &Method::GET) => {
            Ok(Answer::Row(json!({ "count": attached(state, *holder).count() })))
        }
        (Target::Attachments(_), &Method::POST) => {
            let id = wanted(state, body)?;
            rules::is_of_company(state, *holder, id)?;
            if !state.attached.entry(holder.0).or_default().entry(holder.1).or_default().insert(id) {
                return Err(invalid("ObjectExists", "id", format!("Configuration {id} is already attached.")));
            }
            Ok(Answer::Created(reference(state, id)))
        }
        (Target::Attachment(_, id), &Method::GET) => {
            let found = attached(state, *holder).find(|held| held == id);
            found.map(|id| Answer::Row(reference(state, id))).ok_or(Refusal::NotFound("Configuration", *id))
        }
        (Target::Attachment(_, id), &Method::DELETE) => {
            if state.attached.entry(holder.0).or_default().entry(holder.1).or_default().remove(id) {
                Ok(Answer::Gone)
            } else {
                Err(Refusal::NotFound("Configuration", *id))
            }
        }
        (_, _) => Err(Refusal::MethodNotAllowed),
    }
}

fn attached(state: &State, (resource, id): (Resource, u32)) -> impl Iterator<Item = u32> {
    state.attached.get(&resource).and_then(|holders| holders.get(&id)).into_iter().flatten().copied()
}

fn reference(state: &State, id: u32) -> Value {
    expand(state, Resource::Configuration, id)
}

/// Returns the id of the configuration that the body names by id or by device identifier.
fn wanted(state: &State, body: &[u8]) -> Result<u32, Refusal> {
    let sent: Fields = serde_json::from_slice(body).map_err(|error| Refusal::Malformed(error.to_string()))?;
    if let Some(id) = sent.get("id").filter(|id| !id.is_null()) {
        let number = id.as_u64().and_then(|id| u32::try_from(id).ok());
        return number.ok_or_else(|| invalid("InvalidField", "id", "id must be an integer.".to_owned()));
    }
    let Some(device) = sent.get("deviceIdentifier").and_then(Value::as_str) else {
        return Err(invalid("MissingRequiredField", "id", "id or deviceIdentifier is required.".to_owned()));
    };
    let mut found = state.all(Resource::Configuration);
    let found = found.find(|(_, record)| record.text("deviceIdentifier") == Some(device));
    found
        .map(|(id, _)| id)
        .ok_or_else(|| invalid("NotFound", "deviceIdentifier", format!("Configuration \"{device}\" not found")))
}

fn invalid(code: &'static str, field: &str, message: String) -> Refusal {
    Refusal::Invalid(NOUN, vec![Fault { code, message, resource: NOUN, field: field.to_owned() }])
}
