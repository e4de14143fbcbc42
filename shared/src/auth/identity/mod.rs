//! The client of the MSPs' identity providers: OpenID Connect, authorization code with PKCE.
//!
//! The library `openidconnect` reads the provider's documents, makes the address of the sign-in, and verifies the ID token. It
//! sends nothing: all requests pass our own client, whose deadline, log and rules of hosts apply. The token of a sign-in is
//! used for nothing but the person's address, and is not kept.
//!
//! Nothing of a sign-in that is under way is secret in the table: the verifier of PKCE and the nonce are made of a secret that
//! only the person's browser has.

mod attempt;
mod claims;
mod config;
mod error;
mod provider;

pub use attempt::SignInAttempt;
pub use claims::NamedPerson;
pub use config::IdentityConfig;
pub use error::IdentityError;
pub use provider::{ClientSecret, IdentityProviders, Provider};
