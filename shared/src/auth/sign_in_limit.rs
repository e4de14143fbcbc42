//! The limit of wrong sign-ins to the portal: at most [`TRIES_PER_TOKEN`] with one reseller token and [`TRIES_PER_SOURCE`]
//! from one source in [`WINDOW`]; and of the sign-ins of people that are begun and not ended: [`STARTS_PER_SOURCE`].
//!
//! The counts are in the table, because concurrent requests run in separate instances of the function. A try is counted
//! before the vendor is asked, so concurrent tries share one limit, and it is taken back unless the vendor refused the
//! tokens. API Gateway could limit the route as a whole only, so one caller would lock all MSPs out.

use std::net::{IpAddr, Ipv6Addr};

use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::fingerprint::Fingerprint;
use crate::store::{Store, Try};

/// Time in which tries are counted. Windows begin at multiples of it, so a caller who knows that can make twice the tries
/// around the beginning of one.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// Wrong tries with one reseller token in a window.
pub const TRIES_PER_TOKEN: u32 = 10;

/// Wrong tries from one source in a window. It is higher, because an office can share one address.
pub const TRIES_PER_SOURCE: u32 = 30;

/// Sign-ins at identity providers that one source begins in a window and does not end with a session. An office can share one
/// address. The item of the tries has 11 KB then.
pub const STARTS_PER_SOURCE: u32 = 300;

/// The caller of a sign-in, as far as its tries are counted.
#[derive(Clone, Copy, Debug)]
pub struct SignInCaller<'a> {
    /// The reseller token of the try.
    pub reseller_token: &'a SecretString,
    /// The address that the gateway saw; `None` if it is unknown. Only the token is counted then.
    pub source: Option<IpAddr>,
    /// `true` if the tokens are those of the MSP's last sign-in. The limit per token does not apply to them, so that others
    /// cannot lock an MSP out by wrong tries with its reseller token, which is no secret to its customers.
    pub is_known: bool,
}

/// Runs `sign_in`, unless the caller has too many wrong tries.
///
/// # Errors
/// [`ErrorCode::TooManyTries`], which says when the window ends; [`ErrorCode::StoreUnavailable`]; the errors of `sign_in`.
pub async fn limited<T>(
    store: &Store,
    now: Timestamp,
    caller: SignInCaller<'_>,
    sign_in: BoxFuture<'_, Result<T, ServiceError>>,
) -> Result<T, ServiceError> {
    let source = caller.source.map(|source| (Fingerprint::hash(&("source", network(source))), TRIES_PER_SOURCE));
    let token = caller.reseller_token.expose_secret().trim().to_ascii_lowercase();
    let token = (!caller.is_known).then(|| (Fingerprint::hash(&("reseller token", token)), TRIES_PER_TOKEN));
    let mut reserved = Vec::new();
    for (subject, limit) in source.into_iter().chain(token) {
        let counted = Try::new(subject, now, WINDOW);
        if !store.count_try(&counted, limit).await? {
            return Err(too_many(counted.seconds_left(now)));
        }
        reserved.push(counted);
    }
    let signed_in = sign_in.await;
    let wrong = matches!(&signed_in, Err(error) if error.code() == ErrorCode::CredentialsRefused);
    if !wrong {
        for counted in &reserved {
            if let Err(error) = store.discount_try(counted).await {
                tracing::warn!(%error, "failed to take back a counted sign-in; it counts until the window ends");
            }
        }
    }
    signed_in
}

/// Counts the beginning of a person's sign-in, which asks an identity provider for its documents. [`discount_start`] takes it
/// back.
///
/// # Errors
/// [`ErrorCode::TooManyTries`] after [`STARTS_PER_SOURCE`] from one source, [`ErrorCode::StoreUnavailable`].
pub async fn count_start(store: &Store, now: Timestamp, source: Option<IpAddr>) -> Result<(), ServiceError> {
    let counted = start(now, source);
    if store.count_try(&counted, STARTS_PER_SOURCE).await? {
        return Ok(());
    }
    let seconds = counted.seconds_left(now);
    let text = "Too many sign-ins were begun from your network. Try again in a quarter of an hour.";
    Err(ServiceError::new(ErrorCode::TooManyTries, text).with_retry_after(seconds))
}

/// Takes back the beginning, at `began_at`, of a sign-in that ended with a session. If it was begun from another source than
/// `source`, it counts until the window ends.
pub async fn discount_start(store: &Store, began_at: Timestamp, source: Option<IpAddr>) {
    if let Err(error) = store.discount_try(&start(began_at, source)).await {
        tracing::warn!(%error, "failed to take back the beginning of a sign-in; it counts until the window ends");
    }
}

/// Returns the try of a sign-in that begins at `now`. Its id is that time, so the end of the sign-in needs no other. Callers
/// without an address are one source.
fn start(now: Timestamp, source: Option<IpAddr>) -> Try {
    let counted = Try::new(Fingerprint::hash(&("sign-in", source.map(network))), now, WINDOW);
    Try { id: Uuid::from_u128(now.as_nanosecond().unsigned_abs()), ..counted }
}

/// Returns the network that counts as one source: an IPv4 address, or the 64 bits that a provider assigns to one customer of
/// IPv6.
fn network(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        IpAddr::V4(address) => address.into(),
    }
}

fn too_many(seconds: i64) -> ServiceError {
    let minutes = u64::try_from(seconds).unwrap_or_default().div_ceil(60).max(1);
    let unit = if minutes == 1 { "minute" } else { "minutes" };
    ServiceError::new(
        ErrorCode::TooManyTries,
        format!(
            "Too many sign-ins with wrong tokens. Try again in {minutes} {unit}, with both tokens copied from Settings > API Settings in Dropsuite's portal."
        ),
    )
    .with_retry_after(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_ipv6_is_one_source() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2::9"));
        assert_ne!(of("2001:db8:1:2::9"), of("2001:db8:1:3::9"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }

    #[test]
    fn the_end_of_a_sign_in_finds_its_beginning() {
        let (now, source) = (Timestamp::constant(1_900_000_000, 123_456_789), "192.0.2.1".parse().ok());
        assert_eq!(start(now, source), start(now, source));
        let later = start(Timestamp::constant(1_900_000_000, 123_456_790), source);
        assert_eq!(later.subject, start(now, source).subject);
        assert_ne!(later.id, start(now, source).id);
        assert_ne!(start(now, None).subject, start(now, source).subject);
    }

    #[test]
    fn the_refusal_says_when_to_try_again() {
        let error = too_many(61);
        assert!(error.message().contains("in 2 minutes"), "{}", error.message());
        assert_eq!(error.retry_after(), Some(61));
        assert!(too_many(1).message().contains("in 1 minute,"));
    }
}
