//! For tests: a [`World`] on a real store with a clock that stands still until it is moved, and builders for what
//! tests talk about. Failures panic: a test wants to stop there.

#![expect(clippy::expect_used, clippy::panic, reason = "a test wants to stop at the first surprise")]

mod asserted;
mod clock;
mod dump;
mod erase;
mod state;
mod statement;
mod world;

pub use asserted::{asserted, groups, subject};
pub use clock::Clock;
pub use dump::Stored;
pub use statement::{TestDocuments, person, team_group};
pub use world::{ConnectionBuilder, World};
