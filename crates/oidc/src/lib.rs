//! OpenID Connect. As a relying party: the authorization code flow with PKCE
//! ([OpenID Connect Core](https://openid.net/specs/openid-connect-core-1_0.html) §3.1), discovery, userinfo. As a provider: [`op`].
//!
//! This crate turns what a browser carried back into a checked [`Login`]. It knows nothing of accounts, connections or
//! databases, reads no clock and makes no randomness; requests go out through the caller's [`Transport`]. Nothing in it
//! panics, whatever a provider answers.
//!
//! Where to start reading:
//!
//! 1. [`Issuer`]: who may speak, and what a shared issuer (Google, Entra ID) must state beside it (SSO-1).
//! 2. [`Provider`]: what a provider says of itself, and its keys, which rotate.
//! 3. [`AuthorizationRequest`] and [`Callback`]: how the browser goes there, and what it brings back.
//! 4. [`Client::sign_in`]: from a callback to a [`Login`]: the code is redeemed, the ID token checked, userinfo asked.
//!    [`Received`] is what came, for the administrator.
//! 5. `token`: every check of an ID token. `openidconnect` checks first; what it leaves to its users is here.
//! 6. `logout`: what a provider says is over, and how it is told what is over here.
//!
//! Which requests are pending in which browser is the caller's to know: [`Pending`] is what was remembered of one.

mod assertion;
mod authorization;
mod callback;
mod client;
mod endpoint;
mod error;
mod exchange;
mod graph;
mod issuer;
mod json;
mod keys;
mod login;
mod logout;
pub mod op;
mod provider;
mod received;
mod token;
mod transport;
mod userinfo;

pub use assertion::{KeyError, SigningKey};
pub use authorization::AuthorizationRequest;
pub use callback::Callback;
pub use client::{Client, ClientAuthentication, Pending};
pub use error::{CallbackError, IssuerError, ProviderError, SignInError};
pub use graph::groups as graph_groups;
pub use issuer::Issuer;
pub use login::Login;
pub use logout::{EndSessionRequest, IdToken, LogoutError, LogoutToken};
pub use provider::Provider;
pub use received::Received;
pub use token::SKEW;
pub use transport::{Transport, Unreachable};
