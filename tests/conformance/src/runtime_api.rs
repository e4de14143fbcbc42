//! An emulated Lambda Runtime API (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>), and a function's
//! binary that runs against it as a process.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;
use sandbox::serve::{Server, serve};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::Error;

/// Time limit of every wait.
const PATIENCE: Duration = Duration::from_mins(1);

/// The outcome of an invocation.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The function's response.
    Response(Value),
    /// The runtime's error, after the handler failed.
    Error(Value),
}

/// A running function.
#[derive(Debug)]
pub struct Function {
    process: Child,
    started: Instant,
    invocations: mpsc::Sender<(u32, Vec<u8>)>,
    outcomes: mpsc::Receiver<(String, Outcome)>,
    polled: watch::Receiver<Option<Instant>>,
    lines: Arc<Mutex<Vec<String>>>,
    readers: JoinSet<()>,
    count: u32,
    api: Arc<Api>,
    _server: Server,
}

#[derive(Debug)]
struct Api {
    invocations: tokio::sync::Mutex<mpsc::Receiver<(u32, Vec<u8>)>>,
    outcomes: mpsc::Sender<(String, Outcome)>,
    polled: watch::Sender<Option<Instant>>,
    time_limit: Mutex<Duration>,
}

impl Function {
    /// Starts `program` with `arguments`, the variables that Lambda sets, and `variables`.
    pub async fn start(
        program: impl AsRef<OsStr>,
        arguments: &[&str],
        variables: &BTreeMap<String, String>,
    ) -> Result<Self, Error> {
        let (invocations, taken) = mpsc::channel(1);
        let (finished, outcomes) = mpsc::channel(1);
        let (poll, polled) = watch::channel(None);
        let api = Arc::new(Api {
            invocations: taken.into(),
            outcomes: finished,
            polled: poll,
            time_limit: Duration::from_secs(29).into(),
        });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .with_state(Arc::clone(&api));
        let server = serve(TcpListener::bind("127.0.0.1:0").await?, router)?;
        let started = Instant::now();
        let mut process = Command::new(program)
            .args(arguments)
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", server.address().to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "function")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_LOG_FORMAT", "JSON")
            .env("AWS_LAMBDA_LOG_LEVEL", "INFO")
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .envs(variables)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let lines = Arc::<Mutex<Vec<String>>>::default();
        let mut readers = JoinSet::new();
        readers.spawn(keep(Arc::clone(&lines), process.stdout.take()));
        readers.spawn(keep(Arc::clone(&lines), process.stderr.take()));
        Ok(Self { process, started, invocations, outcomes, polled, lines, readers, count: 0, api, _server: server })
    }

    /// Sets the time that later invocations may take.
    pub fn limit_time(&self, limit: Duration) {
        *self.api.time_limit.lock().unwrap_or_else(PoisonError::into_inner) = limit;
    }

    /// Returns the time from the start of the process to its first poll for an event.
    pub async fn start_up(&mut self) -> Result<Duration, Error> {
        let polled = *timeout(PATIENCE, self.polled.wait_for(Option::is_some)).await??;
        Ok(polled.ok_or("not polled")?.duration_since(self.started))
    }

    /// Sends `event`, which need not be valid, and waits for the outcome.
    pub async fn invoke(&mut self, event: impl Into<Vec<u8>>) -> Result<Outcome, Error> {
        self.count += 1;
        self.invocations.send((self.count, event.into())).await?;
        let (id, outcome) =
            timeout(PATIENCE, self.outcomes.recv()).await?.ok_or("the emulated Runtime API has stopped")?;
        if id == request_id(self.count) { Ok(outcome) } else { Err(format!("answered {id}").into()) }
    }

    /// Returns the lines printed so far.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the process id.
    pub fn id(&self) -> Option<u32> {
        self.process.id()
    }

    /// Sends SIGTERM and waits for the end of the process.
    pub async fn terminate(&mut self) -> Result<ExitStatus, Error> {
        let id = self.process.id().ok_or("it has ended already")?;
        Command::new("kill").args(["-TERM", &id.to_string()]).status().await?;
        self.ended().await
    }

    /// Waits until the process ends and all its output has been read.
    pub async fn ended(&mut self) -> Result<ExitStatus, Error> {
        let status = timeout(PATIENCE, self.process.wait()).await??;
        timeout(PATIENCE, async { while self.readers.join_next().await.is_some() {} }).await?;
        Ok(status)
    }
}

async fn keep(lines: Arc<Mutex<Vec<String>>>, from: Option<impl AsyncRead + Unpin>) {
    let Some(from) = from else { return };
    let mut from = BufReader::new(from).lines();
    while let Ok(Some(line)) = from.next_line().await {
        lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

fn request_id(count: u32) -> String {
    format!("00000000-0000-4000-8000-{count:012}")
}

async fn next(State(api): State<Arc<Api>>) -> Response {
    api.polled.send_if_modified(|polled| polled.is_none() && polled.replace(Instant::now()).is_none());
    let Some((count, event)) = api.invocations.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let deadline = SystemTime::now() + *api.time_limit.lock().unwrap_or_else(PoisonError::into_inner);
    let deadline = deadline.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let headers = [
        ("Lambda-Runtime-Aws-Request-Id", request_id(count)),
        ("Lambda-Runtime-Deadline-Ms", deadline.to_string()),
        ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:123456789012:function:function".to_owned()),
        ("Lambda-Runtime-Trace-Id", "Root=1-5e6722a7-cc56eb5e46db7ae02d4da47e;Sampled=0".to_owned()),
        ("Content-Type", "application/json".to_owned()),
    ];
    (headers, event).into_response()
}

async fn response(State(api): State<Arc<Api>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    finish(&api, id, Outcome::Response(serde_json::from_slice(&body).unwrap_or_default())).await
}

async fn error(State(api): State<Arc<Api>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    finish(&api, id, Outcome::Error(serde_json::from_slice(&body).unwrap_or_default())).await
}

async fn init_error(State(api): State<Arc<Api>>, body: Bytes) -> StatusCode {
    let error = Outcome::Error(serde_json::from_slice(&body).unwrap_or_default());
    finish(&api, "init".to_owned(), error).await
}

async fn finish(api: &Api, id: String, outcome: Outcome) -> StatusCode {
    match api.outcomes.send((id, outcome)).await {
        Ok(()) => StatusCode::ACCEPTED,
        Err(_) => StatusCode::GONE,
    }
}
