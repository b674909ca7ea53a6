//! For tests: a [`World`] on a real store with a clock that stands still until it is moved, and builders for what
//! tests talk about. Failures panic: a test wants to stop there.

#![expect(clippy::expect_used, clippy::panic, reason = "a test wants to stop at the first surprise")]

mod asserted;
pub mod authenticator;
pub mod browser;
mod clock;
mod dns;
mod dump;
mod erase;
mod schema;
mod state;
mod statement;
mod world;

pub use asserted::{asserted, groups, subject};
pub use clock::Clock;
pub use dns::DnsServer;
pub use dump::Stored;
pub use statement::{TestDocuments, person, team_group};
pub use world::{ConnectionBuilder, World};

/// How many cases of a property are tried: all on SQLite, a quarter on PostgreSQL. The rules are the same there, and each
/// statement is met by the first cases, but a case takes ten times as long.
#[must_use]
pub fn cases(all: u32) -> u32 {
    if std::env::var_os("MUSTER_TEST_POSTGRES").is_some() { all / 4 } else { all }
}
