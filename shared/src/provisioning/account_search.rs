//! Finding an account at the vendor when its id is not known.
//!
//! The vendor's list has no filter (`reference/dropsuite.md` G12), so this reads it page by page. What one call reads is
//! bounded, by the vendor's page limit and by the deadline; what is not finished is remembered for a quarter of an hour,
//! and the next call goes on there. So the answer is never "not there" unless all has been looked at.

use serde::Serialize;

use crate::app::request::RequestContext;
use crate::domain::account::Candidate;
use crate::domain::account::{Email, Role};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::ExternalId;
use crate::store::{AccountKey, SearchCursor};
use crate::vendor::SearchCriteria;

/// More candidates than anybody would name one by one. What may be ours is kept beyond that.
const MAX_CANDIDATES: usize = 10;

/// What a search is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Purpose {
    /// To link a customer that was there before us.
    Link,
    /// To find what a create of ours may have made.
    Adopt,
}

/// Everything at the vendor that may be the account `key`.
///
/// # Errors
/// [`Code::SearchUnfinished`] if one call is not enough.
pub async fn candidates(
    call: &RequestContext<'_>,
    key: &AccountKey,
    role: Role,
    email: Option<&Email>,
    name: &str,
    purpose: Purpose,
) -> Result<Vec<Candidate>, ServiceError> {
    let reference = key.reference();
    let wanted = SearchCriteria { role, email, name, reference: &reference };
    // A search before a create does not know what that create made: another one begins anew.
    let fingerprint = Fingerprint::hash(&(role, email, name, purpose));
    let store = &call.app.store;
    let begun = store.search(key, &fingerprint, call.now()).await?;
    let (from, mut found) = begun.as_ref().map_or((1, Vec::new()), |begun| (begun.page, begun.candidates.clone()));
    let searched = call.app.vendor.search(&call.session(), &wanted, from).await?;
    for candidate in searched.candidates {
        let may_be_ours = candidate.reference || candidate.email && candidate.name;
        let room = found.len() < MAX_CANDIDATES || may_be_ours;
        if room && !found.iter().any(|known| known.id == candidate.id) {
            found.push(candidate);
        }
    }
    if let Some(page) = searched.next_page {
        store.save_search(key, &SearchCursor::at(fingerprint, page, found, call.now())).await?;
        return Err(ServiceError::new(
            ErrorCode::SearchIncomplete,
            format!(
                "The partner has more customers at the vendor than one call may look through; {} pages are done. Press Retry: the search goes on where it stopped.",
                page - 1
            ),
        ));
    }
    if begun.is_some() {
        store.end_search(key).await?;
    }
    Ok(found)
}

/// The one that an account of the BSS is to be linked with: by email, then by our reference.
///
/// # Errors
/// [`Code::Ambiguous`] if that can't be told; two candidates are never guessed between.
pub fn to_link(candidates: &[Candidate]) -> Result<Option<&ExternalId>, ServiceError> {
    let ours: Vec<_> = candidates.iter().filter(|candidate| candidate.reference).collect();
    let mailed: Vec<_> = candidates.iter().filter(|candidate| candidate.email).collect();
    match (ours.as_slice(), mailed.as_slice()) {
        ([], []) => Ok(None),
        ([], [one]) | ([one], []) => Ok(Some(&one.id)),
        ([one], mailed) if mailed.contains(one) => Ok(Some(&one.id)),
        (ours, mailed) => Err(ambiguous(ours.iter().chain(mailed))),
    }
}

/// The one that an unanswered create of ours has made: by our reference, else by email and name together.
///
/// # Errors
/// [`Code::Ambiguous`] if there is more than one.
pub fn to_adopt(candidates: &[Candidate]) -> Result<Option<&Candidate>, ServiceError> {
    let ours: Vec<_> = candidates.iter().filter(|candidate| candidate.reference).collect();
    let alike: Vec<_> = candidates.iter().filter(|candidate| candidate.email && candidate.name).collect();
    match (ours.as_slice(), alike.as_slice()) {
        ([], []) => Ok(None),
        ([one], _) | ([], [one]) => Ok(Some(one)),
        (ours @ [_, _, ..], _) => Err(ambiguous(ours.iter())),
        ([], alike) => Err(ambiguous(alike.iter())),
    }
}

fn ambiguous<'a>(candidates: impl Iterator<Item = &'a &'a Candidate>) -> ServiceError {
    let mut ids: Vec<_> = candidates.map(|candidate| candidate.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    ServiceError::new(
        ErrorCode::Ambiguous,
        format!(
            "More than one customer at the vendor may be this account: {}. Give all but one another email address there, then Retry.",
            ids.join(", ")
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(id: &str, matches: &str) -> Candidate {
        Candidate {
            id: ExternalId::parse(id).unwrap(),
            reference: matches.contains('r'),
            email: matches.contains('e'),
            name: matches.contains('n'),
        }
    }

    fn id(found: Result<Option<&ExternalId>, ServiceError>) -> Result<Option<String>, ErrorCode> {
        found.map(|id| id.map(ToString::to_string)).map_err(|failure| failure.code())
    }

    #[test]
    fn linking_goes_by_email_and_never_guesses() {
        let link = |all: &[Candidate]| id(to_link(all));
        assert_eq!(link(&[]), Ok(None));
        assert_eq!(link(&[candidate("1", "e")]), Ok(Some("1".to_owned())));
        assert_eq!(link(&[candidate("1", "r")]), Ok(Some("1".to_owned())));
        assert_eq!(link(&[candidate("1", "re"), candidate("2", "e")]), Ok(Some("1".to_owned())));
        assert_eq!(link(&[candidate("1", "r"), candidate("2", "e")]), Err(ErrorCode::Ambiguous));
        assert_eq!(link(&[candidate("1", "e"), candidate("2", "e")]), Err(ErrorCode::Ambiguous));
    }

    #[test]
    fn adopting_goes_by_reference_and_not_by_email_alone() {
        let adopt = |all: &[Candidate]| id(to_adopt(all).map(|found| found.map(|found| &found.id)));
        assert_eq!(adopt(&[candidate("1", "e")]), Ok(None));
        assert_eq!(adopt(&[candidate("1", "en")]), Ok(Some("1".to_owned())));
        assert_eq!(adopt(&[candidate("1", "r"), candidate("2", "en")]), Ok(Some("1".to_owned())));
        assert_eq!(adopt(&[candidate("1", "r"), candidate("2", "r")]), Err(ErrorCode::Ambiguous));
    }
}
