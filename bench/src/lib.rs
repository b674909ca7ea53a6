//! Measures a SCIM server from outside, and the yardsticks it is compared with.
//!
//! Four programs are built on this library: `load` drives any SCIM base URL with one workload, `bare` and `thin`
//! are the yardsticks (what the HTTP stack alone can do, and what it can do with SQLite behind it and no rules),
//! and `compare` starts all of them and prints the table of `docs/performance.md`.
//!
//! The generator shares the machine with the server it measures, so it is made to be cheap: one thread, raw
//! sockets, requests written into reused buffers, answers searched rather than parsed. It checks every answer's
//! status and identity all the same: a fast wrong answer is not an answer.
//!
//! Start reading at [`workload::run`].

mod answer;
pub mod connection;
pub mod error;
pub mod people;
pub mod prepare;
pub mod process;
mod random;
pub mod response;
pub mod state;
pub mod statistics;
pub mod target;
pub mod workload;
