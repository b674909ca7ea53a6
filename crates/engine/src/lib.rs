//! The rules.
//!
//! Everything here is synchronous, runs inside a transaction of the store, and knows no wire format, no HTTP and no
//! SQL. Time, ids and randomness come in through [`Env`]; nothing else comes from outside, so a rule can be tested
//! with a fixed clock, rehearsed for a plan (MIG-2), and run again after a collision.
//!
//! A module for each family of rules:
//!
//! | module | rules |
//! |---|---|
//! | [`directory`] | SCIM users and groups: creating, changing, deactivating, deleting (SCIM), group mapping (GRP) |
//! | [`accounts`] | whose account an email is (TEN-2, ACC-1), names and session minutes (PRE) |
//! | [`standing`] | memberships and grants, loaded, changed in memory, and saved as one (GRP-6, SCIM-6, SCIM-8) |
//! | [`roles`] | the effective role, its cap, the last owner (ORG-1, PRE-5) |
//! | [`sifting`] | members by what no index finds |
//! | [`seats`] | SCIM-9 |
//! | [`sign_in`] | which connection an address leads to, what an IdP's answer comes to (SSO, JIT) |
//! | [`sessions`] | how long people stay signed in, and what ends it (SES) |
//! | [`guard`] | the mass-change guard: what is held, and what an owner decides (MIG-3) |
//! | [`organizations`] | owners' acts: members, teams, removal by hand (ORG-2, GRP-5) |
//! | [`returns`] | ORG-2: what brings removed members back, and the block that does not |
//! | [`companies`] | parents of organizations, and their owners (ORG-1) |
//! | [`members`] | who is in an organization, as lists show it |
//! | [`invitations`] | ORG-3: sent, accepted, expired, used up by whichever way their person comes in |
//! | [`credentials`], [`mail`] | passwords, lock-out, enforcement, break-glass (SSO-9 to SSO-11, SEC-5); what is sent |
//! | [`metadata`], [`certificates`] | SSO-8: what an IdP says of itself, and until when its keys and ours are good |
//! | [`conflicts`] | PRE-3: where SSO and SCIM disagree |
//! | [`domains`] | ORG-4: claimed, proven, lapsed, passed on; whose accounts a domain's addresses are |
//! | [`connections`], [`tokens`] | who may call, and what a connection covers (TEN-1, SCIM-1, SCIM-7) |
//! | [`setup`] | SEC-2: somebody without an account sets a connection up |
//! | [`authority`] | who may do what to an organization: one table (ORG-1, TEN-3, SEC-1) |
//! | [`declare`] | what `muster apply` states, and its plan |
//! | [`installation`] | the master key is the right one; data keys |
//! | [`describe`] | changes as people read them |
//! | [`explain`] | PRE-2: who is where, and why |
//! | [`drift`] | what has come apart from what the directory last said |
//! | [`plans`], [`adoption`] | MIG-2, MIG-1: what a change would do, kept, and applied as it was shown |
//! | [`names`] | ACC-3: former names keep leading to whose they were |
//! | [`ledger`] | recording every change, and replaying them |
//! | [`activity`] | ORG-9: the ledger as people read it |
//! | [`retention`] | what is kept how long: request log, details, ledger (SCIM-11, PRE-2, ORG-9) |
//! | [`erasure`] | ACC-2: ending a person's account, and whatever says who that was |
//! | [`roster`] | ORG-7: everybody in an organization, as an export tells of them |
//! | [`search`] | lists and filters over a directory (SCIM-2) |
//! | [`watch`] | what a run makes of people's places, for plans |
//!
//! Start reading at [`directory::create_user`].

pub mod accounts;
pub mod activity;
pub mod adoption;
pub mod authority;
mod blocks;
pub mod certificates;
pub mod companies;
pub mod conflicts;
pub mod connections;
pub mod credentials;
pub mod declare;
pub mod describe;
pub mod directory;
pub mod domains;
pub mod drift;
pub mod env;
pub mod erasure;
pub mod error;
pub mod events;
pub mod explain;
pub mod guard;
mod guests;
pub mod installation;
pub mod invitations;
pub mod ledger;
pub mod mail;
pub mod members;
pub mod metadata;
pub mod names;
pub mod openid;
pub mod organizations;
pub mod plans;
pub mod retention;
pub mod returns;
pub mod roles;
pub mod roster;
pub mod search;
pub mod seats;
pub mod sessions;
mod settle;
pub mod setup;
pub mod sifting;
pub mod sign_in;
pub mod standing;
pub mod teams;
pub mod tokens;
pub mod traffic;
pub mod watch;
pub mod webhooks;

pub use env::{Env, Origin, Surroundings};
pub use error::{EngineError, Refusal};
pub use settle::transact;
