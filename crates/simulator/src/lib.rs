//! A simulated identity provider: it plays what real IdPs send to a SCIM 2.0 service provider.
//!
//! Each IdP's traffic is a list of [`Step`]s: requests as data, with placeholders for ids that earlier answers give.
//! [`run`] plays such a list through a [`Transport`] and reports, step by step, what was asked, what was due and what
//! came. The same lists serve the demonstration, the golden transcripts of the SCIM endpoints (through a router in
//! memory), and the trial of any SCIM server over HTTP (feature `client`).
//!
//! What each IdP sends is taken from its own documentation where there is any; every module of [`sequences`] says from
//! where, and what is only inferred.
//!
//! [`trial`] goes further: it lives through a directory's days with a server, at any size, and compares what the server
//! holds at the end with a model of what it acknowledged.
//!
//! [`recording`] plays what a client once sent to one server to any other.
//!
//! This crate knows nothing of the server it talks to: no other crate of Muster, no database, no clock.
//!
//! Where to start reading: [`sequences::okta`], then [`player`], then [`trial`].

#[cfg(feature = "client")]
pub mod client;
pub mod directory;
pub mod encode;
pub mod idp;
pub mod intent;
pub mod known;
pub mod player;
pub mod recording;
pub mod report;
pub mod sequences;
#[cfg(feature = "sso")]
pub mod sso;
pub mod step;
pub mod transport;
pub mod trial;

pub use directory::Directory;
pub use idp::{Idp, Length};
pub use intent::Intent;
pub use player::{play, run};
pub use report::Report;
pub use step::Step;
pub use transport::{Request, Response, Transport};
