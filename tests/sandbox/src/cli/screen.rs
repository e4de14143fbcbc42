//! The start-up screen: where everything listens, with which credentials, and the next command.

use sandbox::stack::{API_KEY, APPLICATION_ID, DEFAULT_PORT, Options, REPORTER_ID, REPORTER_KEY, Stack};
use sandbox::{dropbox, identity};
use service_manager::vendor::VendorName;

use super::credentials::{Settings, api_key_header, settings};

/// The text of the screen. Its last line begins with `Ready`, for programs that wait for it.
pub fn text(options: &Options, stack: &Stack) -> String {
    let [first, second] = settings(options.vendor);
    let sections = [
        title(options),
        addresses(options, stack),
        format!("Headers of a call of the BSS (the API key is {API_KEY}, sent as base64):\n{}", headers(&first)),
        format!("A second partner:\n{}{}", setting_headers(&second), resellers(options.vendor)),
        format!(
            "ConnectWise: company demo, public key pub, private key priv, any GUID as clientId\n\
                 Identity:    client id {}, client secret {}, chosen on its page\n\
                 Reports:     X-Reporter-Id: {REPORTER_ID}, signed with the key {REPORTER_KEY}\n",
            identity::CLIENT_ID,
            identity::CLIENT_SECRET
        ),
        next(options, stack, &first),
    ];
    sections.join("\n") + "\nReady. Press Ctrl-C to stop.\n"
}

fn title(options: &Options) -> String {
    let (vendor, application) = (options.vendor, options.vendor.application());
    match &options.data {
        None => format!(
            "Local stack for the vendor {vendor} ({application}). Data is in memory only; --data DIR keeps it.\n"
        ),
        Some(folder) => {
            let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
            format!("Local stack for the vendor {vendor} ({application}). Data is in {}.\n", folder.display())
        }
    }
}

fn addresses(options: &Options, stack: &Stack) -> String {
    let portal = match options.vendor {
        VendorName::Dropsuite => stack.portal_url(),
        VendorName::Dropbox => "none: the portal is for Dropsuite only (--vendor dropsuite)".to_owned(),
    };
    let rows = [
        ("Service manager", stack.base_url.clone()),
        ("Portal", portal),
        ("Dropsuite sandbox", or_replaced(&stack.dropsuite_url, "DROPSUITE_BASE_URL", options.dropsuite.as_ref())),
        (
            "ConnectWise sandbox",
            or_replaced(&stack.connectwise_url, "CONNECTWISE_BASE_URL", options.connectwise.as_ref()),
        ),
        ("Dropbox sandbox", or_replaced(&stack.dropbox_url, "DROPBOX_BASE_URL", options.dropbox.as_ref())),
        ("DynamoDB engine", or_replaced(&stack.dynamodb_url, "AWS_ENDPOINT_URL_DYNAMODB", options.dynamodb.as_ref())),
        ("Secrets, keys, queues", stack.aws_url.clone()),
        ("Identity provider", stack.identity.issuer().to_owned()),
    ];
    rows.map(|(name, address)| format!("  {name:<22} {address}\n")).concat()
}

fn or_replaced(own: &str, variable: &str, replacement: Option<&String>) -> String {
    match replacement {
        Some(used) => format!("{own} (not used: {variable} is {used})"),
        None => own.to_owned(),
    }
}

fn headers(settings: &Settings) -> String {
    format!(
        "X-CloudPlatform-ApplicationId: {APPLICATION_ID}\nX-CloudPlatform-APIKey: {}\n{}",
        api_key_header(API_KEY),
        setting_headers(settings)
    )
}

fn setting_headers(settings: &Settings) -> String {
    let headers: Vec<_> =
        settings.iter().map(|(field, value)| format!("X-CloudPlatform-Setting-{field}: {value}\n")).collect();
    headers.concat()
}

/// The reseller ids that orders at Dropbox need.
fn resellers(vendor: VendorName) -> String {
    match vendor {
        VendorName::Dropsuite => String::new(),
        VendorName::Dropbox => {
            let [first, second] = dropbox::PARTNERS.map(|partner| partner.reseller_ids.join(", "));
            format!("Reseller IDs: {first}; of the second partner: {second}\n")
        }
    }
}

fn next(options: &Options, stack: &Stack, settings: &Settings) -> String {
    let base_url = &stack.base_url;
    // A walk-through that runs beside this stack needs ports of its own.
    let demo_port = if stack.ports().any(|port| port == 9100) { DEFAULT_PORT } else { 9100 };
    format!(
        "Next, in another terminal:\n\
         curl {base_url}/fields/get -H 'X-CloudPlatform-ApplicationId: {APPLICATION_ID}' \\\n  \
           -H 'X-CloudPlatform-APIKey: {}'\n\
         cargo run -- check {base_url}{}\n\
         cargo run -- demo --step --port {demo_port}\n",
        api_key_header(API_KEY),
        check_options(options, settings)
    )
}

/// The options that `check` needs: none on this machine, where it knows them.
fn check_options(options: &Options, settings: &Settings) -> String {
    if options.address.is_loopback() || options.address.is_unspecified() {
        return String::new();
    }
    let settings = settings.iter().map(|(name, value)| format!(" --setting {name}={value}"));
    let key = format!(" --application-id {APPLICATION_ID} --api-key {API_KEY}");
    std::iter::once(key).chain(settings).collect::<Vec<_>>().join(" \\\n ")
}
