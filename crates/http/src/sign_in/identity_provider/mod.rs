//! What is known of a connection's IdP (SSO-8): read from its metadata, fetched again and again, and until when its keys and
//! ours are good.

mod ends;
mod refresh;

pub(crate) use ends::warn_of_ends;
pub use refresh::Refreshed;
pub(crate) use refresh::{metadata_at, newer, refresh_due, refresh_or_wait};
