//! Every sequence, played against a small service provider in memory.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[cfg(feature = "client")]
mod client;
mod recordings;
mod sequences;
mod sso;
mod stub;
