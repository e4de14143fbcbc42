//! The local stack's command line.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};
use sandbox::background;
use sandbox::dropbox::{self, Partner};
use sandbox::dropsuite;
use sandbox::sqs::Queues;
use sandbox::stack::{API_KEY, APPLICATION_ID, Options, REPORTER_ID, REPORTER_KEY, Stack, StartError};
use service_manager::app::App;
use service_manager::provisioning::recovery;
use service_manager::runtime::registration;
use service_manager::vendor::VendorName;
use tokio::signal::unix::{SignalKind, signal};
use uuid::Uuid;

/// The service manager with everything it needs, in one process.
#[derive(Debug, Parser)]
struct Arguments {
    /// The vendor that is sold.
    #[arg(long, default_value_t)]
    vendor: VendorName,
    /// Keeps the data in this folder; without it, in memory.
    #[arg(long)]
    data: Option<PathBuf>,
    /// The first of the block of ports.
    #[arg(long, default_value_t = 9000)]
    port: u16,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Prints what to paste into the BSS's registration page.
    Urls {
        /// Where the service manager is, like `https://euw.dropmyemail.com/api/interworks`.
        base_url: String,
    },
}

fn main() -> Result<(), StartError> {
    let arguments = Arguments::parse();
    if let Some(Command::Urls { base_url }) = arguments.command {
        print!("{}", registration::table(arguments.vendor, &base_url));
        return Ok(());
    }
    tracing_subscriber::fmt().json().with_writer(std::io::stderr).with_max_level(tracing::Level::INFO).init();
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run(&arguments))
}

async fn run(arguments: &Arguments) -> Result<(), StartError> {
    let options = Options {
        vendor: arguments.vendor,
        port: arguments.port,
        data: arguments.data.clone(),
        stream: true,
        ..Options::from_env()
    };
    let stack = Stack::start(&options).await?;
    println!("service manager     {}", stack.base_url);
    println!("portal              {}", stack.portal_url());
    println!("Dropsuite sandbox   {}{}", stack.dropsuite_url, unused(options.dropsuite.as_ref()));
    println!("ConnectWise sandbox {}{}", stack.connectwise_url, unused(options.connectwise.as_ref()));
    println!("Dropbox sandbox     {}{}", stack.dropbox_url, unused(options.dropbox.as_ref()));
    println!("DynamoDB engine     {}{}", stack.dynamodb_url, unused(options.dynamodb.as_ref()));
    println!("Secrets, keys, queues {}", stack.aws_url);
    println!();
    println!("X-CloudPlatform-ApplicationId: {APPLICATION_ID}");
    println!("X-CloudPlatform-APIKey: the base64 of {API_KEY}");
    for (field, value) in settings(arguments.vendor) {
        println!("X-CloudPlatform-Setting-{field}: {value}");
    }
    println!("X-Reporter-Id: {REPORTER_ID}, whose key is {REPORTER_KEY}");
    println!();
    println!("Ready. Ctrl-C ends it.");
    tokio::spawn(reconcile_now_and_then(Arc::clone(&stack.app)));
    tokio::spawn(redrive_now_and_then(Arc::clone(&stack.app)));
    tokio::spawn(monitor_now_and_then(Arc::clone(&stack.app)));
    tokio::spawn(check_what_is_sent(Arc::clone(&stack.app), stack.queues.clone()));
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminated.recv() => {}
    }
    Ok(())
}

/// The demo partner's settings.
fn settings(vendor: VendorName) -> Vec<(&'static str, &'static str)> {
    match vendor {
        VendorName::Dropsuite => {
            let [partner, _] = dropsuite::PARTNERS;
            vec![("ResellerToken", partner.reseller_token), ("AccessToken", partner.admin_token)]
        }
        VendorName::Dropbox => {
            let [partner, _] = dropbox::PARTNERS;
            let Partner { user, password, distributor_id, .. } = partner;
            vec![("ApiKey", user), ("ApiSecret", password), ("DistributorID", distributor_id)]
        }
    }
}

/// What a schedule does for the deployed reconciler.
async fn reconcile_now_and_then(app: Arc<App>) {
    let config = recovery::Config::default();
    loop {
        tokio::time::sleep(Duration::from_mins(1)).await;
        let run_id = Uuid::new_v4().to_string();
        if let Err(failure) = recovery::run(&app, &config, &run_id, Duration::from_mins(1)).await {
            tracing::error!(error = failure.log_message(), "the reconciler failed");
        }
    }
}

/// What a schedule does for the deployed monitor, which is asked for less often.
async fn monitor_now_and_then(app: Arc<App>) {
    loop {
        tokio::time::sleep(Duration::from_mins(1)).await;
        if let Err(failure) = background::monitor(&app).await {
            tracing::error!(error = failure.log_message(), "the monitor failed");
        }
    }
}

/// What the queue does for the deployed check.
async fn check_what_is_sent(app: Arc<App>, queues: Queues) {
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        if let Err(error) = background::check(&app, &queues).await {
            tracing::error!(error, "the queue of what is to be looked at failed");
        }
    }
}

/// What a schedule does for the deployed redrive.
async fn redrive_now_and_then(app: Arc<App>) {
    loop {
        tokio::time::sleep(Duration::from_mins(1)).await;
        if let Err(failure) = background::redrive(&app).await {
            tracing::error!(error = failure.log_message(), "the redrive failed");
        }
    }
}

fn unused(replacement: Option<&String>) -> String {
    replacement.map(|used| format!(" (not used: {used} is)")).unwrap_or_default()
}
