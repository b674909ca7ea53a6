//! What people see, in headless Chromium: `cargo xtask test --only browser` installs it and chromedriver where it may.
//!
//! Pictures are kept in `target/browser`, to be looked at.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test wants to stop at the first surprise")]

mod console;
mod driver;
mod factors;
mod invitation;
mod setup;
mod sign_in;
#[path = "../it/staying.rs"]
mod staying;
