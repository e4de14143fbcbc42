//! The functions as the sources declare them: those of the endpoints, and those without a URL.

use service_manager::app::grant::Grant;
use service_manager::endpoints::all_served;
use service_manager::workers::{BACKGROUND_FUNCTIONS, Trigger};

/// A function.
#[derive(Clone, Debug)]
pub struct Declared {
    /// Name of the function and of its binary.
    pub name: String,
    /// Event source.
    pub source: Source,
    /// AWS permissions.
    pub grants: &'static [Grant],
}

/// The event source of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A route of the gateway, or two: that of a page, and that of its assets.
    Route {
        /// HTTP method.
        method: String,
        /// Full paths.
        urls: Vec<String>,
        /// Path without the prefix, which is the path of the source files.
        path: &'static str,
    },
    /// An event source without a URL.
    Background(Trigger),
}

impl Declared {
    /// Returns method and URL of each route, none for a function that is not an endpoint's.
    pub fn routes(&self) -> Vec<(&str, &str)> {
        match &self.source {
            Source::Route { method, urls, .. } => urls.iter().map(|url| (method.as_str(), url.as_str())).collect(),
            Source::Background(_) => Vec::new(),
        }
    }

    /// Returns the file of the binary in `functions`. The first part of a background function's name is its folder.
    pub fn file(&self) -> String {
        match &self.source {
            Source::Route { path, .. } => format!("{path}.rs"),
            Source::Background(_) => format!("{}.rs", self.name.replacen('-', "/", 1)),
        }
    }

    /// Returns the beginning of the logical ids in the template: the name in camel case.
    pub fn id(&self) -> String {
        let capital = |word: &str| {
            let (first, rest) = word.split_at_checked(1).unwrap_or_default();
            first.to_uppercase() + rest
        };
        self.name.split('-').map(capital).collect()
    }
}

/// Returns all functions: those of the endpoints in the order of the lists, then those without a URL.
pub fn functions() -> Vec<Declared> {
    let of_endpoints = all_served().map(|endpoint| Declared {
        name: endpoint.name(),
        source: Source::Route { method: endpoint.method.to_string(), urls: endpoint.routes(), path: endpoint.path },
        grants: endpoint.grants,
    });
    let background = BACKGROUND_FUNCTIONS.iter().map(|function| Declared {
        name: function.name.to_owned(),
        source: Source::Background(function.trigger),
        grants: function.grants,
    });
    of_endpoints.chain(background).collect()
}
