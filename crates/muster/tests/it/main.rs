//! The binary from end to end: real processes, sockets, signals and files.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test wants to stop at the first surprise")]

mod administration;
mod backup;
mod client;
mod configuration;
mod connection;
mod crash;
mod demo;
mod doctor;
mod domain;
mod erasure;
mod examples;
mod factors;
mod held;
mod mail;
mod migration;
mod organization;
mod process;
mod recordings;
mod remote;
mod requests;
mod serving;
mod sign_in;
mod simulate;
mod staying;
mod streaming;
mod webhook;
