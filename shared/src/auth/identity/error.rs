//! The errors of a sign-in at an identity provider. None of them has a code, a token or a secret.

use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::http_client::HttpError;

/// The reason why a sign-in at an identity provider is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The provider did not answer, or not as a provider does.
    #[error("the identity provider did not answer as expected: {reason}")]
    Unavailable {
        /// The reason, for the log.
        reason: String,
    },
    /// An address of the provider is not allowed.
    #[error("the address of the {part} is not allowed: {host}")]
    NotAllowed {
        /// The part of the provider.
        part: &'static str,
        /// The host.
        host: String,
    },
    /// The provider refused the client id or the secret.
    #[error("the identity provider refused the client")]
    ClientRefused,
    /// The provider refused the code, which is used, expired or another client's.
    #[error("the identity provider refused the code")]
    CodeRefused,
    /// The ID token is missing or not valid.
    #[error("the ID token is not accepted: {reason}")]
    TokenInvalid {
        /// The reason, for the log.
        reason: String,
    },
    /// The person did not sign in anew.
    #[error("the person did not sign in anew")]
    NotFresh,
    /// The answer names another issuer than the provider's, or none where it must.
    #[error("the answer is not the provider's")]
    OtherProvider,
    /// The provider does not say that the address is verified.
    #[error("the address is missing or not verified")]
    AddressNotVerified,
}

impl From<HttpError> for IdentityError {
    fn from(error: HttpError) -> Self {
        Self::Unavailable { reason: error.to_string() }
    }
}

impl From<IdentityError> for ServiceError {
    fn from(error: IdentityError) -> Self {
        let (code, text) = match &error {
            IdentityError::Unavailable { .. } => (
                ErrorCode::IdentityProviderUnavailable,
                "The identity provider did not answer as expected. Try again in a few minutes. If it fails again, an owner must compare the issuer with the provider's.".to_owned(),
            ),
            IdentityError::NotAllowed { part, host } => (
                ErrorCode::SignInRefused,
                format!(
                    "The {part} of the identity provider is at {host}, which is not allowed. Ask your distributor to allow this host."
                ),
            ),
            IdentityError::ClientRefused => (
                ErrorCode::SignInRefused,
                "The identity provider refused the client id or the client secret. An owner must enter them again.".to_owned(),
            ),
            IdentityError::CodeRefused => (
                ErrorCode::SignInRefused,
                "The identity provider did not accept the sign-in, which may have taken too long. Sign in again.".to_owned(),
            ),
            IdentityError::TokenInvalid { .. } => (
                ErrorCode::SignInRefused,
                "The identity provider's answer is not valid. Sign in again. If it fails again, an owner must compare the issuer and the client id with the provider's.".to_owned(),
            ),
            IdentityError::NotFresh => (
                ErrorCode::SignInRefused,
                "The identity provider did not ask you to sign in anew, or does not say so. Sign out there, then sign in again. If it fails again, an owner must have the provider send auth_time.".to_owned(),
            ),
            IdentityError::OtherProvider => (
                ErrorCode::SignInRefused,
                "The answer is not that of the identity provider at which the sign-in began. Sign in again, at the address that your owner gave you.".to_owned(),
            ),
            IdentityError::AddressNotVerified => (
                ErrorCode::SignInRefused,
                "The identity provider does not say that your email address is verified. An owner must have the provider send email and email_verified; Microsoft Entra ID: email and xms_edov.".to_owned(),
            ),
        };
        Self::new(code, text).with_internal(error)
    }
}
