//! The vocabulary of the rules, as types.
//!
//! This crate owns what the words of the contract mean: what an [`Account`] is, why someone is a
//! member ([`Grant`]), who says what about a value ([`Layers`]), and the pure decisions that need
//! no database: how a value is resolved ([`precedence`]), where a group name maps to
//! ([`mapping`]), which names are allowed ([`name`]).
//!
//! It must not know: wire formats (SCIM, SAML, HTTP), SQL, time or randomness. Start reading at
//! [`membership`] and [`grant`]: everything else serves the question "who is where, and why".

pub mod account;
pub mod client;
pub mod connection;
pub mod directory;
pub mod domain;
pub mod factor;
pub mod grant;
pub mod guard;
pub mod held;
pub mod id;
pub mod invitation;
pub mod layers;
pub mod ledger;
pub mod mapping;
pub mod membership;
pub mod name;
pub mod organization;
pub mod precedence;
pub mod role;
pub mod rule;
pub mod session;
pub mod sign_in;
pub mod source;
pub mod stream;
pub mod texts;
pub mod time;
pub mod token;
pub mod trace;
pub mod webhook;

pub use account::{Account, AccountState, Departure};
pub use client::{Authorization, Client};
pub use connection::{Connection, ConnectionState};
pub use directory::{DirectoryGroup, DirectoryUser, UserStatement};
pub use domain::{Domain, DomainState};
pub use factor::{Factor, FactorKind};
pub use grant::Grant;
pub use held::{HeldChange, HeldState};
pub use id::*;
pub use invitation::Invitation;
pub use layers::{Layers, Statement};
pub use membership::{Membership, MembershipState};
pub use name::{Email, NameError};
pub use organization::{Company, Organization, Team};
pub use role::Role;
pub use rule::Rule;
pub use session::Session;
pub use sign_in::SignIn;
pub use source::{Actor, Source};
pub use stream::Stream;
pub use time::Timestamp;
pub use token::Token;
pub use webhook::Webhook;

/// Counts the changes of one row; starts at 1. The entity tag of a directory resource is made of it.
pub type Version = i64;
