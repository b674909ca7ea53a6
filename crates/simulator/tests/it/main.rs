//! Every sequence, played against a small service provider in memory.

#[cfg(feature = "client")]
mod client;
mod sequences;
mod stub;
