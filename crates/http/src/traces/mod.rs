//! Traces as people read them: the requests and sign-ins of a connection, each with what was sent, each decision, and what came of
//! it (SCIM-11, SSO-13).

mod details;
mod list;
mod replayed;

pub(crate) use details::trace;
pub use details::{Decision, RequestDetails, changed, logged};
pub use list::{Person, RequestLine, Wanted, traces};
pub use replayed::{ReplayLine, ReplayView};
