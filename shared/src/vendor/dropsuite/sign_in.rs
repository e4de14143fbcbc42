//! Proof that a partner's two tokens belong together, for a sign-in to the portal.
//!
//! A 2xx alone proves nothing: for a token of another kind the vendor answers 200 with an empty list
//! (`docs/vendors/dropsuite.md` 3). So the plans must be there, and a row of an organization must carry the reseller token.
//! The rows also carry each organization's own token, which must not open its partner's portal.

use std::time::Duration;

use secrecy::ExposeSecret;
use serde_json::Value;
use subtle::ConstantTimeEq;

use super::decode::{self, More, Pages};
use super::settings::Partner;
use super::{Dropsuite, contract};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::msp::MspId;
use crate::vendor::VendorContext;

/// Time that the proof leaves for storing the session.
const SESSION_RESERVE: Duration = Duration::from_secs(2);

/// Maximum number of pages of organizations that a proof reads. The first shows it as a rule; wrong tokens must cost little.
const MAX_PAGES: u32 = 40;

/// The proof that a page of organizations gives of a partner's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Evidence {
    /// A row carries the reseller token.
    BelongTogether,
    /// A row carries the access token: it is that organization's own.
    OwnToken,
    /// No row carries either token.
    None,
}

impl Dropsuite {
    /// Returns the MSP that the partner's settings name. Nothing proves it yet.
    pub fn claimed_msp(&self, context: &VendorContext<'_>) -> Result<MspId, ServiceError> {
        Ok(self.partner(context)?.msp())
    }

    /// Returns the MSP that the partner's tokens identify, once they are proved: the vendor shows plans, and an organization
    /// that carries the reseller token. Reads organizations until the first proof, at most 40 pages
    /// and [`Config::search_pages`](super::Config::search_pages).
    ///
    /// # Errors
    /// [`ErrorCode::CredentialsRefused`] if the vendor refuses the tokens, or its answers do not prove them;
    /// [`ErrorCode::VendorUnavailable`] if it does not answer, or not in time.
    pub async fn msp(&self, context: &VendorContext<'_>) -> Result<MspId, ServiceError> {
        let partner = self.partner(context)?;
        if !self.shows_partner(context).await? {
            return Err(unproved(
                "Dropsuite shows no plans to these tokens. Send the Reseller Token and the Authentication Token of Settings > API Settings, not an organization's own token. A partner without plans creates one in Dropsuite's portal first.",
            ));
        }
        let mut pages = Pages::default();
        for page in 1..=self.config.search_pages.min(MAX_PAGES) {
            if context.deadline.remaining_for_calls() < SESSION_RESERVE && page > 1 {
                return Err(ServiceError::new(
                    ErrorCode::VendorUnavailable,
                    "Dropsuite did not list your organizations in time, so the tokens could not be proved. Try again in a few minutes.",
                ));
            }
            let request = contract::page::request(partner.call(&contract::ORGANIZATIONS, None), page);
            let list = pages.take(decode::page(self.send(context, &request).await?)?)?;
            match evidence(&list.rows, &partner) {
                Evidence::BelongTogether => return Ok(partner.msp()),
                Evidence::OwnToken => {
                    return Err(unproved(
                        "The Access Token is an organization's own. Send the Authentication Token of Settings > API Settings in Dropsuite's portal.",
                    ));
                }
                Evidence::None => {}
            }
            if list.more == More::No {
                break;
            }
        }
        Err(unproved(
            "None of the organizations that Dropsuite shows to these tokens belongs to the Reseller Token, so the tokens are not proved. Copy both tokens again from Settings > API Settings. A partner without organizations creates one in Dropsuite's portal first, for example its own.",
        ))
    }
}

fn evidence(rows: &[Value], partner: &Partner) -> Evidence {
    let carries = |member: &str, token: &str| {
        rows.iter().filter_map(|row| row.get(member)?.as_str()).any(|carried| same_token(carried, token))
    };
    if carries("authentication_token", partner.access_token().expose_secret()) {
        Evidence::OwnToken
    } else if carries("reseller_token", partner.reseller_token().expose_secret()) {
        Evidence::BelongTogether
    } else {
        Evidence::None
    }
}

/// Compares two tokens in constant time. Their case differs in practice.
pub(super) fn same_token(carried: &str, token: &str) -> bool {
    let normal = |text: &str| text.trim().to_ascii_lowercase();
    normal(carried).as_bytes().ct_eq(normal(token).as_bytes()).into()
}

fn unproved(message: &str) -> ServiceError {
    ServiceError::new(ErrorCode::CredentialsRefused, message)
}
