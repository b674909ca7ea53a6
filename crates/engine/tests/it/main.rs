//! The rules, through the engine's public functions, on a real store with a clock that stands.
//!
//! A file for each family; a test's name is its rule and a true sentence.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test wants to stop at the first surprise")]

mod acc;
mod activity;
mod adoption;
mod conflicts;
mod declare;
mod departures;
mod domain_people;
mod domains;
mod drift;
mod enforcement;
mod erasure;
mod factors;
mod feed;
mod grp;
mod guard;
mod indexes;
mod installation;
mod invitations;
mod jit;
mod ledger;
mod life;
mod metadata;
mod moves;
mod names;
mod org;
mod passkeys;
mod passwords;
mod pilots;
mod plans;
mod pre;
mod proofs;
mod races;
mod retention;
mod returns;
mod scim;
mod search;
mod seats;
mod ses;
mod setup;
mod sifting;
mod streams;
mod successor;
mod ten;
mod traffic;
