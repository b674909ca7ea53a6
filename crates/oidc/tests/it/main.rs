//! Providers, honest and hostile, through the public functions of the crate.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod idp;

mod discovery;
mod graph;
mod keys;
mod logout;
mod redeeming;
mod requests;
mod tokens;
mod userinfo;
