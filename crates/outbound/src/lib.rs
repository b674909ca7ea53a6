//! The one client for every outbound request that a tenant can cause: metadata, discovery, keys, userinfo, webhooks,
//! logout (rule SEC-3).
//!
//! Whoever can set an address on a connection can make this server send a request. So [`Outbound::send`] goes nowhere
//! that is not public unless the operator said so, never further than it was told, and never for long:
//!
//! 1. [`Allowed`]: what the operator allows beyond that, from `[outbound] allow`.
//! 2. `address`: which IP addresses are public, in every way in which IPv6 writes down IPv4.
//! 3. `resolver`: a name is resolved once, all of its addresses are checked, and the connection goes to those and no others.
//! 4. `client`: https, redirects on the same host only, limits of size and time, no proxy, no cookies.
//!
//! [`dns`] asks for TXT records, of resolvers that the operator chose.
//!
//! It knows nothing of connections, protocols or tenants.

mod address;
mod allowed;
mod client;
pub mod dns;
mod error;
mod resolver;
mod target;

pub use allowed::{Allowed, AllowedError};
pub use client::{Limits, Outbound, Trust};
pub use error::{OutboundError, SetUpError};
pub use resolver::{Resolve, Resolved, SystemResolver};
