//! Searching for an account at the vendor when its id is unknown.
//!
//! Dropsuite's list has no filter (`docs/vendors/dropsuite.md`, Gaps, G12), so the list is read page by page. The
//! vendor's page limit and the deadline bound how much one call reads. The position of an unfinished search is stored
//! for 15 minutes, and the next call continues there. "Not found" is answered only after the whole list was read, and if
//! a create of ours may have made the account, after it was read twice: one list that lacks it proves nothing.

use std::time::Duration;

use crate::app::request::RequestContext;
use crate::domain::account::Candidate;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::ExternalId;
use crate::domain::list_position::ListPosition;
use crate::store::{AccountKey, SearchCursor};
use crate::vendor::{SearchCriteria, other_channel_error};

/// Maximum number of candidates that are kept. An error message lists them by id. Candidates that may be ours are kept
/// beyond this limit.
const MAX_CANDIDATES: usize = 10;

/// Time of the call with which a second look begins.
const LOOK_RESERVE: Duration = Duration::from_secs(2);

/// Purpose of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchPurpose {
    /// Links a customer that existed before.
    Link,
    /// Finds the account that an unconfirmed create of ours may have made. The list is read twice.
    Adopt,
    /// Proves that an account is gone.
    Prove,
}

impl SearchPurpose {
    /// Returns the name of the search's cursor. Each purpose has its own: calls alternate between them, and a search from
    /// before a create must not be continued after it, because the pages that it read do not show the created account.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Adopt => "adopt",
            Self::Prove => "prove",
        }
    }

    /// Returns `true` if `found`, of `looks` readings of the whole list, is the result.
    fn is_complete(self, found: &[Candidate], looks: u8) -> bool {
        self != Self::Adopt
            || looks > 1
            || cfg!(feature = "trust-first-answer")
            || !matches!(pick_for_adoption(found), Ok(None))
    }
}

/// Returns every account at the vendor that may be the account `key`.
///
/// # Errors
/// [`ErrorCode::SearchIncomplete`] if one call cannot read the whole list. The next call continues the search.
pub async fn candidates(
    call: &RequestContext<'_>,
    key: &AccountKey,
    criteria: &SearchCriteria<'_>,
    purpose: SearchPurpose,
) -> Result<Vec<Candidate>, ServiceError> {
    // The settings are part of the fingerprint: another partner, or another host, has other pages.
    let SearchCriteria { role, email, name, reference: _, denied } = criteria;
    let fingerprint = Fingerprint::hash(&(role, email, name, denied, call.credentials_id()));
    let store = &call.app.store;
    let cursor = store.search_cursor(key, purpose.name(), &fingerprint, call.now()).await?;
    let is_stored = cursor.is_some();
    let (mut from, mut looks, mut found) = cursor
        .map_or((ListPosition::START, 0, Vec::new()), |cursor| (cursor.position(), cursor.looks, cursor.candidates));
    loop {
        let result_page = call.app.vendor.search(&call.vendor_context(), criteria, from).await?;
        for candidate in result_page.candidates {
            let may_be_ours =
                candidate.reference || candidate.email && candidate.name || *denied == Some(&candidate.id);
            let room = found.len() < MAX_CANDIDATES || may_be_ours;
            if room && !found.iter().any(|known| known.id == candidate.id) {
                found.push(candidate);
            }
        }
        let is_whole = result_page.next.is_none();
        if is_whole {
            looks += 1;
            if purpose.is_complete(&found, looks) {
                break;
            }
        }
        from = result_page.next.unwrap_or(ListPosition::START);
        if is_whole && call.deadline.remaining_for_calls() >= LOOK_RESERVE {
            continue;
        }
        let failure = incomplete(&from, looks);
        let cursor = SearchCursor::at(fingerprint, from, looks, found, call.now());
        store.save_search_cursor(key, purpose.name(), &cursor).await?;
        return Err(failure);
    }
    if is_stored {
        store.clear_search_cursor(key, purpose.name()).await?;
    }
    Ok(found)
}

fn incomplete(next: &ListPosition, looks: u8) -> ServiceError {
    let (searched, look) = (next.page - 1, if looks == 0 { "" } else { " of the second look" });
    ServiceError::new(
        ErrorCode::SearchIncomplete,
        format!(
            "The partner has more customers at the vendor than one call can search; {searched} pages{look} were searched so far. Press Retry: the search continues from where it stopped."
        ),
    )
}

/// Returns the candidate to link with an account of the BSS: the match by email or by our reference.
///
/// # Errors
/// [`ErrorCode::Ambiguous`] if several candidates match. The choice is never guessed. [`ErrorCode::ExternalIdTaken`] if the
/// match belongs to another channel.
pub fn pick_for_link(candidates: &[Candidate]) -> Result<Option<&ExternalId>, ServiceError> {
    let ours: Vec<_> = candidates.iter().filter(|candidate| candidate.reference).collect();
    let mailed: Vec<_> = candidates.iter().filter(|candidate| candidate.email).collect();
    match (ours.as_slice(), mailed.as_slice()) {
        ([], []) => Ok(None),
        ([], [one]) | ([one], []) => unless_of_another_channel(one).map(|one| Some(&one.id)),
        ([one], mailed) if mailed.contains(one) => Ok(Some(&one.id)),
        (ours, mailed) => Err(ambiguous(ours.iter().chain(mailed))),
    }
}

/// Returns the candidate that an unconfirmed create of ours made: the match by our reference, else by email and name
/// together.
///
/// # Errors
/// [`ErrorCode::Ambiguous`] if several candidates match. [`ErrorCode::ExternalIdTaken`] if the email address is that of an
/// object of another channel.
pub fn pick_for_adoption(candidates: &[Candidate]) -> Result<Option<&Candidate>, ServiceError> {
    let ours: Vec<_> = candidates.iter().filter(|candidate| candidate.reference).collect();
    let alike: Vec<_> = candidates.iter().filter(|candidate| candidate.email && candidate.name).collect();
    match (ours.as_slice(), alike.as_slice()) {
        ([], []) => match candidates.iter().find(|candidate| candidate.email && candidate.other_channel) {
            Some(theirs) => unless_of_another_channel(theirs).map(Some),
            None => Ok(None),
        },
        ([one], _) | ([], [one]) => unless_of_another_channel(one).map(Some),
        (ours @ [_, _, ..], _) => Err(ambiguous(ours.iter())),
        ([], alike) => Err(ambiguous(alike.iter())),
    }
}

fn unless_of_another_channel(candidate: &Candidate) -> Result<&Candidate, ServiceError> {
    if candidate.other_channel { Err(other_channel_error(&candidate.id)) } else { Ok(candidate) }
}

fn ambiguous<'a>(candidates: impl Iterator<Item = &'a &'a Candidate>) -> ServiceError {
    let mut ids: Vec<_> = candidates.map(|candidate| candidate.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    ServiceError::new(
        ErrorCode::Ambiguous,
        format!(
            "More than one customer at the vendor may be this account: {}. At the vendor, give all but one of them another email address, then press Retry.",
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
            other_channel: matches.contains('o'),
        }
    }

    fn id(found: Result<Option<&ExternalId>, ServiceError>) -> Result<Option<String>, ErrorCode> {
        found.map(|id| id.map(ToString::to_string)).map_err(|failure| failure.code())
    }

    #[test]
    fn linking_goes_by_email_and_never_guesses() {
        let link = |all: &[Candidate]| id(pick_for_link(all));
        assert_eq!(link(&[]), Ok(None));
        assert_eq!(link(&[candidate("1", "e")]), Ok(Some("1".to_owned())));
        assert_eq!(link(&[candidate("1", "r")]), Ok(Some("1".to_owned())));
        assert_eq!(link(&[candidate("1", "re"), candidate("2", "e")]), Ok(Some("1".to_owned())));
        assert_eq!(link(&[candidate("1", "r"), candidate("2", "e")]), Err(ErrorCode::Ambiguous));
        assert_eq!(link(&[candidate("1", "e"), candidate("2", "e")]), Err(ErrorCode::Ambiguous));
    }

    #[test]
    fn what_another_channel_sold_is_neither_linked_nor_adopted() {
        let theirs = [candidate("1", "eno")];
        assert_eq!(id(pick_for_link(&theirs)), Err(ErrorCode::ExternalIdTaken));
        let adopted = |all: &[Candidate]| id(pick_for_adoption(all).map(|found| found.map(|found| &found.id)));
        assert_eq!(adopted(&theirs), Err(ErrorCode::ExternalIdTaken));
        assert_eq!(adopted(&[candidate("1", "eo")]), Err(ErrorCode::ExternalIdTaken), "whatever its name");
        assert_eq!(adopted(&[candidate("1", "eo"), candidate("2", "r")]), Ok(Some("2".to_owned())));
    }

    #[test]
    fn adopting_goes_by_reference_and_not_by_email_alone() {
        let adopt = |all: &[Candidate]| id(pick_for_adoption(all).map(|found| found.map(|found| &found.id)));
        assert_eq!(adopt(&[candidate("1", "e")]), Ok(None));
        assert_eq!(adopt(&[candidate("1", "en")]), Ok(Some("1".to_owned())));
        assert_eq!(adopt(&[candidate("1", "r"), candidate("2", "en")]), Ok(Some("1".to_owned())));
        assert_eq!(adopt(&[candidate("1", "r"), candidate("2", "r")]), Err(ErrorCode::Ambiguous));
    }
}
