//! What an operator pastes into the BSS's registration page.

use crate::endpoints::{self, Endpoint};
use crate::vendor::Name;

/// The table of URLs of `vendor`'s service manager at the base URL `base`, in the order of the page, and which of them its authentication section asks
/// for.
pub fn table(vendor: Name, base: &str) -> String {
    let base = base.trim_end_matches('/');
    let mut lines =
        vec![format!("Application name: {}", vendor.application()), "Reseller Support Enabled: checked".to_owned()];
    let row = |title: &str, endpoint: &Endpoint| format!("  {title:<38} {base}/{}", endpoint.path);
    let mut section = "";
    for endpoint in endpoints::ALL {
        if endpoint.section != section {
            section = endpoint.section;
            lines.extend([String::new(), format!("{section} end points")]);
        }
        lines.push(row(endpoint.title, endpoint));
    }
    lines.extend([String::new(), "Authentication section".to_owned()]);
    let authenticated = endpoints::ALL.into_iter().filter(|endpoint| endpoint.authenticated);
    lines.extend(authenticated.map(|endpoint| row(&format!("{} URL", endpoint.title), endpoint)));
    lines.push(String::new());
    lines.join("\n")
}
