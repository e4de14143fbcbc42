//! What an operator pastes into the BSS's registration page.

use crate::endpoints;

/// The table of URLs for the base URL `base`, in the order of the page, and which of them its authentication section asks
/// for.
pub fn table(base: &str) -> String {
    let base = base.trim_end_matches('/');
    let mut text = String::from("Application name: Dropsuite Email Backup\nReseller Support Enabled: checked\n");
    let mut section = "";
    for endpoint in endpoints::ALL {
        if endpoint.section != section {
            section = endpoint.section;
            text.push_str(&format!("\n{section} end points\n"));
        }
        text.push_str(&format!("  {:<35} {base}/{}\n", endpoint.title, endpoint.path));
    }
    text.push_str("\nAuthentication section\n");
    for endpoint in endpoints::ALL.iter().filter(|endpoint| endpoint.authenticated) {
        text.push_str(&format!("  {:<35} {base}/{}\n", format!("{} URL", endpoint.title), endpoint.path));
    }
    text
}
