//! The checks, in their order.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::access::Access;
use super::client::{Answer, Client};
use super::declared::{Declared, declared, mistakes};
use crate::cli::Error;

/// An API key that no installation has.
const WRONG_KEY: &str = "not-an-api-key";

/// A check that has failed.
struct Failed {
    reason: String,
    to_do: String,
}

/// A check's result: for one that is OK, a detail.
type Outcome = Result<String, Failed>;

/// The results so far.
#[derive(Debug, Default)]
pub struct Counts {
    /// How many checks were OK.
    pub ok: usize,
    /// How many have failed.
    pub failed: usize,
    /// The advice that was printed last.
    advice: String,
}

/// Runs all checks and prints the result of each.
pub async fn run(client: &Client, access: &mut Access) -> Result<Counts, Error> {
    let mut counts = Counts::default();

    let started = Instant::now();
    let fields = fields(client.get("fields/get", access.headers()?).await);
    let (outcome, fields) = match fields {
        Ok(fields) => (Ok(named(&fields)), fields),
        Err(failed) => (Err(failed), Vec::new()),
    };
    counts.print("fields/get", started.elapsed(), &outcome, access)?;
    access.complete(&fields);
    let given: Vec<_> = access.settings().map(|(name, _)| name).collect();
    let mistakes = if outcome.is_ok() { mistakes(&fields, &given) } else { Vec::new() };

    let started = Instant::now();
    let outcome = definitions(client.get("service/definitions", access.headers()?).await, &mistakes);
    counts.print("service/definitions", started.elapsed(), &outcome, access)?;

    let started = Instant::now();
    let outcome = sync_options(client.get("accounts/syncoptions", access.headers()?).await);
    counts.print("accounts/syncoptions", started.elapsed(), &outcome, access)?;

    let started = Instant::now();
    let filled: Vec<_> = access.settings().map(|(name, value)| json!({ "ID": name, "Value": value })).collect();
    let body = json!({ "Fields": filled });
    let outcome = validation(client.post("fields/validate", access.headers()?, &body).await, &mistakes);
    counts.print("fields/validate", started.elapsed(), &outcome, access)?;

    let started = Instant::now();
    let outcome = wrong_key(client.get("fields/get", access.headers_with_key(WRONG_KEY)?).await);
    counts.print("a wrong API key", started.elapsed(), &outcome, access)?;

    let started = Instant::now();
    let outcome = unknown_path(client.get("no/such/endpoint", access.headers()?).await);
    counts.print("an unknown path", started.elapsed(), &outcome, access)?;
    Ok(counts)
}

impl Counts {
    fn print(&mut self, name: &str, took: Duration, outcome: &Outcome, access: &Access) -> io::Result<()> {
        let mut out = io::stdout().lock();
        let took = took.as_millis();
        match outcome {
            Ok(detail) => {
                self.ok += 1;
                writeln!(out, "OK      {name:<22} {took:>6} ms  {}", access.redacted(detail))
            }
            Err(Failed { reason, to_do }) => {
                self.failed += 1;
                writeln!(out, "FAILED  {name:<22} {took:>6} ms  {}", access.redacted(reason))?;
                if self.advice != *to_do {
                    writeln!(out, "        What to do: {}", access.redacted(to_do))?;
                }
                self.advice.clone_from(to_do);
                Ok(())
            }
        }
    }
}

fn fields(answer: Result<Answer, String>) -> Result<Vec<Declared>, Failed> {
    let answer = answered(answer)?;
    declared(&answer.body).filter(|fields| answer.status == 200 && !fields.is_empty()).ok_or_else(|| refused(&answer))
}

fn named(fields: &[Declared]) -> String {
    let names: Vec<_> = fields.iter().map(|field| field.id.as_str()).collect();
    format!("settings: {}", names.join(", "))
}

fn definitions(answer: Result<Answer, String>, mistakes: &[String]) -> Outcome {
    let answer = answered(answer)?;
    let types = answer.body.get("ProductTypes").and_then(Value::as_array).filter(|_| answer.status == 200);
    let names: Vec<_> = types.into_iter().flatten().filter_map(|one| one.get("Name")?.as_str()).collect();
    match names.as_slice() {
        [] if types.is_some() => Err(Failed {
            reason: "the partner has nothing to sell".to_owned(),
            to_do: "Ask the vendor to activate plans for the partner of these settings.".to_owned(),
        }),
        [] => Err(with_mistakes(refused(&answer), mistakes)),
        names => Ok(format!("product types: {}", names.join(", "))),
    }
}

fn sync_options(answer: Result<Answer, String>) -> Outcome {
    let answer = answered(answer)?;
    match answer.body.get("Fields").and_then(Value::as_array).filter(|_| answer.status == 200) {
        Some(options) => Ok(format!("{} options", options.len())),
        None => Err(refused(&answer)),
    }
}

fn validation(answer: Result<Answer, String>, mistakes: &[String]) -> Outcome {
    let answer = answered(answer)?;
    let refusals = match answer.body.as_array().filter(|_| answer.status == 200) {
        None => return Err(with_mistakes(refused(&answer), mistakes)),
        Some(refusals) => refusals.iter().filter_map(Value::as_str).collect::<Vec<_>>(),
    };
    if refusals.is_empty() && mistakes.is_empty() {
        return Ok("the vendor accepts the settings".to_owned());
    }
    let reason = if refusals.is_empty() { "settings are missing or unknown".to_owned() } else { refusals.join(" ") };
    let to_do = "Correct the value with --setting NAME=VALUE, and in the BSS's settings of the partner.".to_owned();
    Err(with_mistakes(Failed { reason, to_do }, mistakes))
}

fn wrong_key(answer: Result<Answer, String>) -> Outcome {
    let answer = answered(answer)?;
    if answer.status == 401 && code(&answer) == Some(-401) {
        return Ok("refused with 401 and code -401".to_owned());
    }
    Err(Failed {
        reason: format!("expected HTTP 401 and code -401; {}", described(&answer)),
        to_do: "Callers without the API key must be refused. Do not register this address; look at the service's log."
            .to_owned(),
    })
}

fn unknown_path(answer: Result<Answer, String>) -> Outcome {
    let answer = answered(answer)?;
    if answer.status == 404 {
        return Ok("refused with 404".to_owned());
    }
    Err(Failed {
        reason: format!("expected HTTP 404; {}", described(&answer)),
        to_do: "Something else than the service manager answers here: check the base URL and the routes.".to_owned(),
    })
}

fn answered(answer: Result<Answer, String>) -> Result<Answer, Failed> {
    answer.map_err(|reason| Failed {
        reason,
        to_do: "Check that the service runs (on this machine: cargo run), the host name, the port and the certificate."
            .to_owned(),
    })
}

fn refused(answer: &Answer) -> Failed {
    let to_do = match answer.status {
        401 => {
            "Compare the application id and the API key with the application's registration page in the BSS and with the \
             service's secret of applications. Pass the key as it is shown there, not its base64."
        }
        404 => "Check the base URL: it must be that of a service manager.",
        429 => "The service is called too often: wait a minute and check again.",
        500.. => "Find the call in the service's log by its TrackId.",
        _ => "Do as the message says. Find the call in the service's log by its TrackId.",
    };
    Failed { reason: described(answer), to_do: to_do.to_owned() }
}

fn with_mistakes(failed: Failed, mistakes: &[String]) -> Failed {
    if mistakes.is_empty() { failed } else { Failed { to_do: mistakes.join(" "), ..failed } }
}

fn code(answer: &Answer) -> Option<i64> {
    answer.body.get("Code")?.as_i64()
}

fn described(answer: &Answer) -> String {
    let message = answer.body.get("Message").or_else(|| answer.body.get("message")).and_then(Value::as_str);
    match (code(answer), message) {
        (Some(code), Some(message)) => format!("HTTP {}, code {code}: {message}", answer.status),
        (_, Some(message)) => format!("HTTP {}: {message}", answer.status),
        _ => format!("HTTP {}, not an answer of the service manager", answer.status),
    }
}
