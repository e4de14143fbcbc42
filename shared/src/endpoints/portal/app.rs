//! `GET portal/app`: serves the portal's pages, at `/portal` and `/portal/{asset}`. The page is also at the redirect URI of each
//! MSP, which is one of the latter.
//!
//! The files are those of the folder `portal`, which a browser understands as they are. They are part of the binary. The name
//! of an asset begins with a hash of all of them, so a browser keeps it for good, and never mixes two releases.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::LazyLock;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use sha2::{Digest, Sha256};

use crate::app::request::PageRequest;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::endpoints::portal::identity;
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint. Its function needs no table: a page gets its data from the other endpoints.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/app",
    method: Method::GET,
    contract: Contract::get::<String>(),
    grants: &[],
    access: Access::Page(run),
};

/// The page's name in [`FILES`]. It is served at `/portal`.
const PAGE: &str = "index.html";

/// Name in [`ASSETS`] of the same page as it is served at a redirect URI, beside the assets.
const RETURN_PAGE: &str = "return.html";

/// The policy of the pages: they load their own assets and nothing inline, and no other site shows them in a frame.
const POLICY: &str = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; \
                      require-trusted-types-for 'script'";

/// Builds the table of [`FILES`] from the folder `portal`.
macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../../portal/", $name)))),*]
    };
}

/// The files of the folder `portal`, by name.
const FILES: [(&str, &str); 38] = files![
    "api.js",
    "app.js",
    "audit-chart.js",
    "audit-findings.js",
    "audit-run.js",
    "dialog.js",
    "dom.js",
    "form.js",
    "format.js",
    "icon.svg",
    "impersonate.js",
    "index.html",
    "link-many.js",
    "page-audit.js",
    "page-billing.js",
    "page-history.js",
    "page-home.js",
    "page-identity.js",
    "page-links.js",
    "page-manage.js",
    "page-new-user.js",
    "page-people.js",
    "page-plans.js",
    "page-rules.js",
    "page-settings.js",
    "page-tickets.js",
    "page-users.js",
    "page.js",
    "rules-companies.js",
    "rules-snoozes.js",
    "rules-times.js",
    "session.js",
    "sign-in.js",
    "style.css",
    "table.js",
    "texts.js",
    "ticket-fields.js",
    "usage-key.js",
];

/// A file as it is sent.
struct Asset {
    content_type: &'static str,
    plain: Bytes,
    /// `None` if it could not be compressed.
    gzip: Option<Bytes>,
}

/// The page under [`PAGE`] and [`RETURN_PAGE`], the others under the hash, a hyphen and their name.
static ASSETS: LazyLock<BTreeMap<String, Asset>> = LazyLock::new(|| {
    let mut digest = Sha256::new();
    for (name, text) in FILES {
        digest.update(name);
        digest.update(text);
    }
    let hash: String = hex::encode(digest.finalize()).chars().take(16).collect();
    let asset = |(name, text): (&str, &str)| {
        // Files refer to each other as "./NAME"; the page, which is one level up, as "./portal/NAME".
        let (name, text) = match name {
            PAGE => (name.to_owned(), text.replace("\"./portal/", &format!("\"./portal/{hash}-"))),
            RETURN_PAGE => (name.to_owned(), text.replace("\"./portal/", &format!("\"./{hash}-"))),
            _ => (format!("{hash}-{name}"), text.replace("\"./", &format!("\"./{hash}-"))),
        };
        let asset = Asset { content_type: content_type(&name), gzip: gzip(&text), plain: text.into() };
        (name, asset)
    };
    let page = FILES.into_iter().find(|(name, _)| *name == PAGE).map(|(_, text)| (RETURN_PAGE, text));
    FILES.into_iter().chain(page).map(asset).collect()
});

fn run(request: &PageRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    let last = request.path.rsplit('/').next().filter(|last| ![PAGE, RETURN_PAGE].contains(last));
    let name = last.map(|last| match last {
        _ if request.path.ends_with(super::BASE_PATH) => PAGE,
        _ if identity::is_redirect(last) => RETURN_PAGE,
        _ => last,
    });
    let Some(asset) = name.and_then(|name| ASSETS.get(name)) else {
        let message = "The portal has no such file. Reload the page: the portal may have been updated.";
        return Err(ServiceError::new(ErrorCode::NotFound, message));
    };
    let is_page = matches!(name, Some(PAGE | RETURN_PAGE));
    let mut headers = HeaderMap::new();
    let mut insert = |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    insert(CONTENT_TYPE, asset.content_type);
    insert(CONTENT_SECURITY_POLICY, POLICY);
    insert(REFERRER_POLICY, "no-referrer");
    insert(CACHE_CONTROL, if is_page { "no-store" } else { "public, max-age=31536000, immutable" });
    insert(VARY, "accept-encoding");
    let body = match &asset.gzip {
        Some(gzip) if request.accepts_gzip => {
            insert(CONTENT_ENCODING, "gzip");
            gzip
        }
        _ => &asset.plain,
    };
    Ok(EndpointResponse { code: 0, body: body.to_vec(), headers })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/html; charset=utf-8",
    }
}

fn gzip(text: &str) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::Read as _;
    use std::path::Path;

    use flate2::read::GzDecoder;

    use super::*;

    fn get(path: &str, accepts_gzip: bool) -> EndpointResponse {
        run(&PageRequest { path, accepts_gzip }).unwrap()
    }

    #[test]
    fn every_file_of_the_folder_is_served() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../portal");
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let served: BTreeSet<_> = FILES.into_iter().map(|(name, _)| name.to_owned()).collect();
        assert_eq!(names.collect::<BTreeSet<_>>(), served);
        assert_eq!(ASSETS.len(), FILES.len() + 1, "the page is there twice");
    }

    /// Each reference leads to an asset, by its hashed name.
    #[test]
    fn a_reference_leads_to_an_asset() {
        let mut references = 0;
        for asset in ASSETS.values() {
            let text = std::str::from_utf8(&asset.plain).unwrap();
            for (at, _) in text.match_indices("\"./") {
                let reference: String = text[at + 3..].chars().take_while(|letter| *letter != '"').collect();
                let name = reference.trim_start_matches("portal/");
                assert!(ASSETS.contains_key(name), "{reference}");
                references += 1;
            }
        }
        assert!(references >= FILES.len() - 1, "{references}");
    }

    #[test]
    fn the_page_is_never_stored_and_an_asset_for_good() {
        let page = get("/portal", false);
        assert_eq!(page.headers[CACHE_CONTROL], "no-store");
        assert_eq!(page.headers[CONTENT_TYPE], "text/html; charset=utf-8");
        assert_eq!(page.headers[CONTENT_SECURITY_POLICY], POLICY);
        assert!(!page.headers.contains_key(CONTENT_ENCODING));
        assert_eq!(get("/stage/portal", false).body, page.body);
        for name in ASSETS.keys().filter(|name| ![PAGE, RETURN_PAGE].contains(&name.as_str())) {
            let asset = get(&format!("/portal/{name}"), false);
            assert_eq!(asset.headers[CACHE_CONTROL], "public, max-age=31536000, immutable", "{name}");
        }
        for unknown in [
            "/portal/",
            "/portal/index.html",
            "/portal/return.html",
            "/portal/app.js",
            "/portal/0-app.js",
            "/portal/../app.js",
            "/portal/signed-in-x",
        ] {
            let error = run(&PageRequest { path: unknown, accepts_gzip: false }).unwrap_err();
            assert_eq!(error.code(), ErrorCode::NotFound, "{unknown}");
        }
    }

    /// A browser resolves the references of the page against its address, which is beside the assets here.
    #[test]
    fn the_page_is_at_the_redirect_uri_of_each_msp() {
        let page = get("/portal/signed-in-0f8fad5b-d9cb-469f-a165-70867728950e", false);
        assert_eq!(page.headers[CACHE_CONTROL], "no-store");
        let text = String::from_utf8(page.body).unwrap();
        assert!(!text.contains("\"./portal/") && text.contains("-app.js\""), "{text}");
        let plain = String::from_utf8(get("/portal", false).body).unwrap();
        assert_eq!(text, plain.replace("\"./portal/", "\"./"));
    }

    #[test]
    fn a_browser_that_accepts_gzip_gets_it() {
        let compressed = get("/portal", true);
        assert_eq!(compressed.headers[CONTENT_ENCODING], "gzip");
        let mut text = Vec::new();
        GzDecoder::new(compressed.body.as_slice()).read_to_end(&mut text).unwrap();
        assert_eq!(text, get("/portal", false).body);
    }
}
