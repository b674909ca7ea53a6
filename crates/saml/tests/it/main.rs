//! What comes from identity providers, honest and hostile, through the public functions of the crate.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod idp;

mod encrypted;
mod forged;
mod logout;
mod metadata;
mod profile;
mod request;
mod valid;
