//! Handing people on to products: the OpenID provider's decisions (interfaces §3, SES-1 to SES-4, SEC-1).
//!
//! A product is a [`Client`](muster_model::Client). What somebody lets it do for the length of a session is an
//! [`Authorization`](muster_model::Authorization): every code, refresh token and access token of that sign-in belongs to one, and
//! none works longer than it, which works no longer than its session. So whatever ends a session ends everything at every
//! product, in the same commit.
//!
//! - [`clients`]: what a product may do, and who says so;
//! - [`requests`]: whether a browser that comes from a product is sent back with a code, or what must come first;
//! - [`codes`]: a code, and what it is exchanged for;
//! - [`devices`]: those without a browser;
//! - [`refresh`]: refresh tokens, each used once;
//! - [`pushed`]: requests that clients state beforehand;
//! - [`introspection`]: what a token is worth, for who may ask;
//! - [`standing`]: whether an authorization still holds, asked with every use of a token;
//! - [`people`]: what a product is told of somebody;
//! - [`uses`]: which products somebody uses, and what they were told;
//! - [`telling`]: products that are to be told that a session is over;
//! - [`keys`]: the keys that tokens are signed with, which change without anybody noticing.

pub mod clients;
pub mod codes;
pub mod devices;
pub mod introspection;
pub mod keys;
pub mod people;
pub mod pushed;
pub mod refresh;
pub mod requests;
pub mod standing;
pub mod telling;
pub mod uses;

use std::time::Duration;

use muster_model::Session;

/// How long an access token and an ID token hold: what products check offline is at most this old.
pub const TOKEN_LIVES: Duration = Duration::from_mins(5);

/// How somebody signed in: at an identity provider.
pub const ACR_SSO: &str = "urn:muster:acr:sso";
/// How somebody signed in: with what they have here.
pub const ACR_LOCAL: &str = "urn:muster:acr:local";

/// How the person of a session signed in, as tokens say it.
#[must_use]
pub fn acr(session: &Session) -> &'static str {
    if session.connection.is_some() { ACR_SSO } else { ACR_LOCAL }
}
