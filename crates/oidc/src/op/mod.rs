//! The provider's side: what clients ask for, and what they are answered
//! ([RFC 6749](https://www.rfc-editor.org/rfc/rfc6749), OpenID Connect Core).
//!
//! Bytes become requests here, and answers bytes; whether something is granted is decided elsewhere. Where to start reading:
//!
//! 1. [`Parameters`]: what came, each parameter once.
//! 2. [`AuthorizationRequest`]: what a browser brings; [`Answer`]: how it is sent back.
//! 3. [`TokenRequest`] and [`ClientAuthentication`]: what a client brings.
//! 4. [`Signer`] and [`Verifier`]: tokens of ours, made and known again; `claims`: what they say.
//! 5. [`Metadata`]: what we say of ourselves.

mod answer;
mod authorization;
pub mod claims;
mod error;
mod jose;
mod metadata;
mod parameters;
mod pkce;
mod token;

pub use answer::{Answer, signed_out};
pub use authorization::{AuthorizationRequest, Prompt};
pub use error::{OAuthError, OAuthErrorCode};
pub use jose::{JoseError, NotOurs, Signer, TokenType, Verifier};
pub use metadata::Metadata;
pub use parameters::Parameters;
pub use pkce::{challenge_of, is_challenge};
pub use token::{ClientAuthentication, ClientSecretMethod, TokenRequest};
