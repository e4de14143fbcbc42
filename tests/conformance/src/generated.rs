//! The files, and parts of files, that follow from the sources: binaries, routes and the `OpenAPI` description from the list
//! of endpoints, tables of the documentation from error codes and settings fields, saved queries.
//!
//! A generated part stands between a line `generated: NAME` and a line `end`, which are comments of the file's language.

use std::fmt::Write as _;
use std::path::PathBuf;

use service_manager::bss::responses::FieldKind;
use service_manager::domain::error_code::ErrorCode;
use service_manager::http_client::HttpClient;
use service_manager::runtime::status::bss_status;
use service_manager::vendor::dropbox::{self, Dropbox};
use service_manager::vendor::dropsuite::{self, Dropsuite};
use service_manager::vendor::{Vendor, VendorName};
use similar::TextDiff;

use crate::declared::{Declared, Source};
use crate::{Error, openapi, queries, root};

/// A file that has generated parts.
#[derive(Debug)]
pub struct File {
    /// Path in the repository.
    pub path: String,
    /// Content of the file; empty if there is none.
    pub old: String,
    /// Content with the parts generated anew.
    pub new: String,
}

impl File {
    /// Returns the changes, as `diff -u` shows them; empty if there are none.
    pub fn diff(&self) -> String {
        let diff = TextDiff::from_lines(&self.old, &self.new);
        diff.unified_diff().context_radius(2).header(&self.path, &self.path).to_string()
    }

    /// Writes the new content.
    pub fn write(&self) -> Result<(), Error> {
        let path = root().join(&self.path);
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        Ok(std::fs::write(path, &self.new)?)
    }
}

/// Returns all files with generated parts, and the missing binaries of endpoints.
pub fn files(declared: &[Declared]) -> Result<Vec<File>, Error> {
    let mut files = vec![
        file("functions/Cargo.toml", &[("binaries", binaries(declared)?)])?,
        file("Cargo.toml", &[("routes", routes(declared)?)])?,
        file("docs/reference/error-codes.md", &[("error codes", error_codes()?)])?,
        file("docs/how-to/operate.md", &[("saved queries", queries::table()?)])?,
        file("docs/reference/metrics-and-logs.md", &[("saved queries", queries::texts()?)])?,
        file("template.yaml", &[("saved queries", queries::resources(declared)?)])?,
    ];
    let mut settings = Vec::new();
    for vendor in VendorName::ALL {
        settings.push((format!("settings {vendor}"), settings_fields(vendor)?));
    }
    let settings: Vec<_> = settings.iter().map(|(name, table)| (name.as_str(), table.clone())).collect();
    files.push(file("docs/reference/settings.md", &settings)?);
    let openapi = std::fs::read_to_string(openapi::file())?;
    files.push(File { path: "tests/conformance/openapi.json".to_owned(), old: openapi, new: openapi::text() });
    files.extend(declared.iter().filter_map(binary));
    Ok(files)
}

fn file(path: &str, parts: &[(&str, String)]) -> Result<File, Error> {
    let old = std::fs::read_to_string(root().join(path))?;
    let mut new = old.clone();
    for (name, content) in parts {
        new = replace(&new, name, content)
            .ok_or_else(|| format!("{path} has no lines \"generated: {name}\" and \"end\""))?;
    }
    Ok(File { path: path.to_owned(), old, new })
}

/// Returns `text` with the content of a generated part replaced, or `None` if it has no such part.
pub fn replace(text: &str, name: &str, content: &str) -> Option<String> {
    [("<!-- ", " -->\n"), ("# ", "\n")].into_iter().find_map(|(open, close)| {
        let (before, rest) = text.split_once(&format!("{open}generated: {name}{close}"))?;
        let (_, after) = rest.split_once(&format!("{open}end{close}"))?;
        Some(format!("{before}{open}generated: {name}{close}{content}{open}end{close}{after}"))
    })
}

fn binaries(declared: &[Declared]) -> Result<String, Error> {
    let mut text = String::new();
    for one in declared {
        writeln!(text, "[[bin]]\nname = \"{}\"\npath = \"{}\"\ntest = false\n", one.name, one.file())?;
    }
    Ok(text)
}

fn routes(declared: &[Declared]) -> Result<String, Error> {
    let mut text = "[workspace.metadata.lambda.watch.router]\n".to_owned();
    for one in declared {
        for (method, url) in one.routes() {
            writeln!(text, "\"{url}\" = [{{ method = \"{method}\", function = \"{}\" }}]", one.name)?;
        }
    }
    Ok(text)
}

/// Returns the binary of an endpoint, if its file is missing.
fn binary(declared: &Declared) -> Option<File> {
    let Source::Route { method, path, .. } = &declared.source else { return None };
    let file = PathBuf::from("functions").join(declared.file());
    let module = path.replace('/', "::");
    let new = format!(
        "//! Serves `{method} {path}`.

use service_manager::endpoints::{module}::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {{
    service_manager::runtime::lambda::serve(&ENDPOINT)
}}
"
    );
    let path = file.to_string_lossy().into_owned();
    (!root().join(&file).exists()).then_some(File { path, old: String::new(), new })
}

fn error_codes() -> Result<String, Error> {
    let mut table = "| Code | HTTP | Shown to the customer | Description |\n| --- | --- | --- | --- |\n".to_owned();
    for code in ErrorCode::ALL {
        let shown = yes(code.is_for_customer());
        writeln!(table, "| {} | {} | {shown} | {} |", code.number(), bss_status(code).as_u16(), code.description())?;
    }
    Ok(table)
}

fn settings_fields(vendor: VendorName) -> Result<String, Error> {
    let client = HttpClient::new()?;
    let vendor = match vendor {
        VendorName::Dropsuite => Vendor::Dropsuite(Dropsuite::new(dropsuite::Config::for_region("euwest")?, client)),
        VendorName::Dropbox => {
            let config = dropbox::Config::at("https://dropbox.invalid".parse()?)?;
            Vendor::Dropbox(Dropbox::new(config, client))
        }
    };
    let mut table =
        "| Field | ID | Kind | Required | Longest | Description |\n| --- | --- | --- | --- | --- | --- |\n".to_owned();
    for field in vendor.fields().fields {
        let definition = field.definition;
        let (kind, required) = (kind(definition.kind), yes(definition.is_required));
        let description = definition.description.unwrap_or_default();
        let (name, longest) = (definition.name, definition.max_length);
        writeln!(table, "| {name} | `{}` | {kind} | {required} | {longest} | {description} |", field.id)?;
    }
    Ok(table)
}

const fn yes(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

const fn kind(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text => "text",
        FieldKind::PasswordText => "password",
        FieldKind::Url => "URL",
        FieldKind::Integer => "integer",
        FieldKind::PredefinedChooseOne => "one choice",
        FieldKind::PredefinedChooseMany => "several choices",
        FieldKind::CustomMultipleValues => "several values",
        FieldKind::MultiLineTextBox => "lines of text",
        FieldKind::Checkbox => "yes or no",
        FieldKind::Hidden => "hidden",
        FieldKind::Label => "label",
        FieldKind::CertificateFile => "certificate",
    }
}
