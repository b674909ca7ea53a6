//! SCIM and the operations pages, through the router in memory, on a real store with a clock that stands.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test wants to stop at the first surprise")]

mod api;
mod bad_input;
mod bulk;
mod callers;
mod console;
mod cursors;
mod discovery;
mod domains;
mod erasure;
mod exchanges;
mod factors;
mod filters;
mod groups;
mod guard;
mod invitations;
mod isolation;
mod large_groups;
mod lists;
mod log;
mod oauth;
mod oidc;
mod openid;
mod openid_provider;
mod pages;
mod passkeys;
mod passwords;
mod protocol;
mod replays;
mod rerun;
mod retention;
mod searches;
mod sign_in;
mod sockets;
mod streaming;
mod support;
mod trial;
mod users;
mod webhooks;
