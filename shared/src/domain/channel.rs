//! Channels: the installations of the BSS and the MSPs' portals. What one of them sold belongs to it.
//!
//! Each has an application id, which begins the reference that the vendor's object carries: `{application}/{account}`. An
//! object without such a reference existed before; the first channel that links it owns it.

use uuid::Uuid;

use crate::domain::ids::ApplicationId;

/// Returns `true` if `reference`, which an object at the vendor carries, names an account of another channel than `own` does.
pub fn is_of_another_channel(reference: &str, own: &str) -> bool {
    match (channel(reference), channel(own)) {
        (Some(theirs), Some(own)) => theirs != own && checks_owners(),
        (None, _) | (_, None) => false,
    }
}

/// Returns `false` only with the feature `adopt-any-owner`, with which tests see that they find such a defect.
pub const fn checks_owners() -> bool {
    !cfg!(feature = "adopt-any-owner")
}

fn channel(reference: &str) -> Option<ApplicationId> {
    let (application, account) = reference.trim().split_once('/')?;
    let application: Uuid = application.parse().ok()?;
    (!account.is_empty()).then(|| ApplicationId::new(application))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_names_its_channel() {
        let own = "b1a7c0de-0000-4000-8000-000000000001/1001";
        for same in ["", "our CRM: 17", "a/b", "B1A7C0DE-0000-4000-8000-000000000001/1002", own] {
            assert!(!is_of_another_channel(same, own), "{same}");
        }
        for other in ["b1a7c0de-0000-4000-8000-000000000002/1001", "0f8fad5b-d9cb-469f-a165-70867728950e/20"] {
            assert!(is_of_another_channel(other, own), "{other}");
        }
    }
}
