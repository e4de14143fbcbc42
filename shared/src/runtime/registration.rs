//! What an operator pastes into the BSS's registration page.

use crate::endpoints::{self, Endpoint};
use crate::vendor::VendorName;

/// The table of URLs of `vendor`'s service manager at the base URL `base`, in the order of the page, and which of them its authentication section asks
/// for.
pub fn table(vendor: VendorName, base: &str) -> String {
    let base = base.trim_end_matches('/');
    let mut lines =
        vec![format!("Application name: {}", vendor.application()), "Reseller Support Enabled: checked".to_owned()];
    let row = |title: &str, endpoint: &Endpoint| format!("  {title:<38} {base}/{}", endpoint.path);
    let mut section = "";
    let entries: Vec<_> =
        endpoints::BSS_ENDPOINTS.into_iter().filter_map(|endpoint| Some((endpoint, endpoint.registration_entry()?))).collect();
    for (endpoint, (of_endpoint, title, _)) in &entries {
        if *of_endpoint != section {
            section = of_endpoint;
            lines.extend([String::new(), format!("{section} end points")]);
        }
        lines.push(row(title, endpoint));
    }
    lines.extend([String::new(), "Authentication section".to_owned()]);
    let authenticated = entries.iter().filter(|(_, (_, _, authenticated))| *authenticated);
    lines.extend(authenticated.map(|(endpoint, (_, title, _))| row(&format!("{title} URL"), endpoint)));
    lines.push(String::new());
    lines.join("\n")
}
