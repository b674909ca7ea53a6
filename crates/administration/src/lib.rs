//! What administrators do, from the shell and over the API: whatever takes more than one transaction of the engine, and the
//! values in which it is asked for and told.
//!
//! [`Administrator`] is whoever administers: the operator, or somebody who calls the API and may do only what is theirs. Its
//! methods block: they are for plain threads. Rules are the engine's; this crate knows no HTTP, and of files only the format
//! ([`declaration`]).
//!
//! | module | what |
//! |---|---|
//! | [`declaration`] | what `muster apply` reads, `muster export` writes, and the API takes for a connection's settings |
//! | [`metadata`] | an IdP's metadata as settings |
//! | [`connections`] | as people see them: certificates, keys, what needs looking after (SSO-8) |
//! | [`conflicts`] | PRE-3, readable |
//! | [`applying`] | a declaration applied, with the secrets that it turns out to need |
//! | [`attention`] | what owners should look at |
//! | [`explanation`] | PRE-2, readable |
//! | [`plans`] | MIG-2: made, shown, applied |
//! | [`adoption`] | MIG-1: who could be adopted, and a plan for it |
//! | [`drift`] | what has come apart from what the directory last said |
//! | [`held`] | MIG-3: what the mass-change guard holds |

pub mod administrator;
pub mod adoption;
pub mod applying;
pub mod attention;
pub mod change;
pub mod conflicts;
pub mod connections;
pub mod declaration;
pub mod drift;
pub mod error;
pub mod explanation;
pub mod held;
pub mod metadata;
pub mod plans;

pub use administrator::Administrator;
pub use error::{AdministrationError, Misstated};
